"""The example for Ray, on a local Ray with three replicas; a replica, a worker and the job itself are killed."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import json_format

from tests.clients.python.tables import articles, ids_of, once, rows_of, write
from tests.faults.replicas import replicas, target_of
from triwire.v1 import article_service_pb2

pytestmark = [pytest.mark.backfill, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
NUM_ARTICLES = 2_000
DRIVER = """
import runpy, sys
import ray
ray.init(
    address="local", _node_ip_address="127.0.0.1", num_cpus=2, object_store_memory=200 << 20,
    include_dashboard=False, log_to_driver=False,
)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Job:
    """A run of the example on a Ray of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._log = folder / "driver.log"
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, str(ROOT / "examples" / "backfill_ray.py"), *arguments],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=folder,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def processes(self) -> list[psutil.Process]:
        """Those of its Ray, and itself."""
        driver = psutil.Process(self._process.pid)
        return [driver, *driver.children(recursive=True)]

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not is_so():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.02)

    def kill_worker(self) -> None:
        """One that holds a connection to the replicas; Ray starts another."""
        worker = next(process for process in self.processes() if "MapBatches(Answers)" in " ".join(process.cmdline()))
        worker.kill()

    def kill(self) -> None:
        """The driver, as when its machine is lost; Ray's own processes end with it."""
        processes = self.processes()
        self._process.kill()
        self._process.wait()
        _, alive = psutil.wait_procs(processes, timeout=20)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=20)

    def wait(self) -> str:
        """Until it has ended well; what it printed."""
        assert self._process.wait(timeout=150) == 0, self.log
        return self.log


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Job]:
    job = Job(folder, *arguments)
    try:
        yield job
    finally:
        if job._process.poll() is None:
            job.kill()


def make_input(folder: Path) -> pa.Table:
    """Files of articles, of which the last asks for what is not offered."""
    wanted = pa.array([["headline"]] * (NUM_ARTICLES - 1) + [["headline:ko"]])
    table = articles(NUM_ARTICLES).append_column("summaries", wanted).append_column("page", [["A1"] * NUM_ARTICLES])
    folder.mkdir()
    for number, start in enumerate(range(0, NUM_ARTICLES, 700)):
        write(folder / f"{number}.parquet", table.slice(start, 700))
    return table


def num_files(folder: Path) -> int:
    return len(list(folder.glob("*.parquet")))


async def test_every_article_is_answered_once_whatever_is_killed(tmp_path: Path) -> None:
    table, answers = make_input(tmp_path / "in"), tmp_path / "out"
    async with replicas("extractive", tmp_path, 3) as servers:
        arguments = ["in", "out", "--target", target_of(servers), "--workers", "3", "--rows", "40", "--window", "4"]
        with running(tmp_path, *arguments) as job:
            job.until(lambda: num_files(answers) >= 2)
            servers[0].kill()
            job.until(lambda: num_files(answers) >= 5)
            job.kill_worker()
            job.until(lambda: num_files(answers) >= 12)
            job.kill()
        answered = ids_of_whole_files(answers)
        assert 300 < len(answered) < NUM_ARTICLES
        # What a kill leaves behind that hits the writing of a file.
        (answers / "cut_000001-0.parquet").write_bytes(b"PAR1 cut off")
        (tmp_path / "out-checkpoint" / "cut_000001.pending.parquet").write_bytes(b"PAR1 cut off")
        with running(tmp_path, *arguments) as job:
            told = job.wait().splitlines()[-2:]
        assert told[1] == f"{NUM_ARTICLES:,} in all, 1 failed, 0 findings"
        assert ids_of(answers) == once(table["id"].to_pylist())
        num_again = int(told[0].partition(" ")[0].replace(",", ""))
        assert num_again < NUM_ARTICLES - 300
        assert sum(server.requests()["OK"] > 0 for server in servers[1:]) == 2
    rows = {row["id"]: row for row in rows_of(answers)}
    last = rows.pop(f"story/{NUM_ARTICLES - 1}")
    assert (last["status"], last["error_reason"], last["summaries"]) == ("failed", "LANGUAGE_UNSUPPORTED", None)
    sources = dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
    for item_id, row in rows.items():
        assert row["status"] == "done"
        assert row["summaries"][0]["text"].rstrip(".") in sources[item_id]
        assert json.loads(row["result"])["item_id"] == item_id
    json_format.Parse(rows["story/0"]["result"], article_service_pb2.ProcessBatchResponse())


def ids_of_whole_files(folder: Path) -> Counter[str]:
    """Ids that were written before the kill; a file that was cut off has none."""
    found: Counter[str] = Counter()
    for path in folder.glob("*.parquet"):
        try:
            found.update(pq.read_table(path, columns=["id"])["id"].to_pylist())
        except pa.ArrowInvalid:
            continue
    return found


def test_an_id_that_is_there_twice_is_told_before_ray_begins(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", pa.table({"id": ["a", "a"], "text": ["t", "t"]}))
    arguments = ["in.parquet", "out", "--target", "127.0.0.1:1", "--summary", "headline"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "backfill_ray.py"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    source = tmp_path / "in.parquet"
    assert (done.returncode, done.stderr) == (2, f"{source}: row 2: id: 'a' is that of {source}: row 1 too\n")
