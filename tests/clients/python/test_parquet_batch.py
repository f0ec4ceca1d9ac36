"""`triwire batch` with Parquet, against a server without weights."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import json_format
from rich.console import Console

from tests.clients.python.command import COMMAND, triwire
from tests.clients.python.servers import served
from tests.clients.python.tables import articles, ids_of, once, rows_of, write
from triwire.v1 import article_service_pb2
from triwire_client import Client, RetryPolicy, SyncClient
from triwire_client.batch_progress import BatchProgress
from triwire_client.errors import UnavailableError
from triwire_client.parquet_batch import ParquetBatch
from triwire_client.parquet_rows import answer_table

ASKED = article_service_pb2.ProcessArticleRequest(
    summaries=[article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)]
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served("extractive") as target:
        yield target


def test_a_row_comes_out_for_each_row_with_its_error_beside_its_result(server: str, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [7, 8, 9, 10],
            "text": ["The ferry left on Monday with 212 people.", None, None, "Prices rose."],
            "html": [None, "<p>The harbour opened again on Monday after repairs.</p>", None, None],
            "language": [None, "en", "en", "en"],
            "summaries": [None, ["headline"], None, ["bullets:ko"]],
            "published": ["2026-11-01"] * 4,
        }
    )
    source, out = write(tmp_path / "in.parquet", table), tmp_path / "out"
    request = tmp_path / "request.json"
    request.write_text(
        '{"content": {"language": "en"}, "summaries": [{"style": "SUMMARY_STYLE_BULLETS"}]}', encoding="utf-8"
    )
    options = ["--request", str(request), "--cleaning", "none"]
    done = triwire("batch", str(source), str(out), *options, target=server)
    assert done.code == 1
    first, last = done.err.splitlines()
    assert first == f"triwire: {source}: columns that are not read: published"
    assert last.startswith("triwire: 2 done, 0 skipped, 2 failed; 0 findings, 0 tokens in ")
    assert [path.name for path in out.iterdir()] == ["part-00001.parquet"]
    rows = {row["id"]: row for row in rows_of(out)}
    assert {number: row["status"] for number, row in rows.items()} == {7: "done", 8: "done", 9: "failed", 10: "failed"}
    assert rows[7]["summaries"] == [
        {
            "style": "bullets",
            "target_language": "en",
            "text": "The ferry left on Monday with 212 people.",
            "findings": 0,
        }
    ]
    assert rows[7]["models"] == ["extractive@1"]
    assert rows[8]["summaries"][0]["style"] == "headline"
    assert (rows[9]["error_code"], rows[9]["error_reason"], rows[9]["error_message"]) == (
        "INVALID_ARGUMENT",
        "INVALID_FIELD",
        "content: text, html, article: exactly one is to be filled, not none",
    )
    assert (rows[10]["error_reason"], rows[10]["summaries"]) == ("LANGUAGE_UNSUPPORTED", None)
    whole = json_format.Parse(rows[7]["result"], article_service_pb2.ProcessBatchResponse())
    assert whole.item_id == "7"
    assert whole.process_article.summaries[0].points[0].source_block_ids == ["b1"]


def test_the_same_command_answers_what_failed_and_what_is_new(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out"
    options = ["batch", str(source), str(out), "--part-rows", "3", "--json"]
    table = articles(8)
    write(source, table.set_column(1, "text", [[None, *table["text"].to_pylist()[1:]]]))
    done = triwire(*options, "--summary", "headline", target=server)
    assert (done.code, json.loads(done.out)["failed"]) == (1, 1)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    write(source, articles(10))
    told = triwire(*options, "--summary", "headline", target=server).json()
    assert (told["done"], told["skipped"], told["failed"]) == (3, 7, 0)
    assert ids_of(out) == once(articles(10)["id"].to_pylist())
    assert {row["status"] for row in rows_of(out)} == {"done"}
    changed = {path.name for path in out.iterdir() if before.get(path.name) != path.stat().st_mtime_ns}
    assert changed == {"part-00001.parquet", "part-00003.parquet", "part-00004.parquet"}


def test_a_batch_that_is_killed_again_and_again_ends_with_every_row_once(server: str, tmp_path: Path) -> None:
    moments = random.Random(7)
    table = articles(600)
    source, out = write(tmp_path / "in.parquet", table), tmp_path / "out"
    command = [COMMAND, "batch", str(source), str(out), "--summary", "headline", "--part-rows", "70", "--window", "4"]
    environment = {**os.environ, "TRIWIRE_TARGET": server}
    num_killed = 0
    for _ in range(4):
        wanted = written(out) + moments.randrange(500, 40_000)
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and written(out) < wanted:
            time.sleep(moments.uniform(0, 0.004))
        num_killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert num_killed >= 2
    assert len(ids_of(out)) < 600
    assert triwire(*command[1:], target=server).code == 0
    assert ids_of(out) == once(table["id"].to_pylist())
    assert [path.name for path in sorted(out.iterdir())] == [f"part-{number:05}.parquet" for number in range(1, 10)]


def written(folder: Path) -> int:
    """Bytes of journals and parts."""
    return sum(path.stat().st_size for path in folder.glob("*part-*")) if folder.exists() else 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "--to, --summary: say what is wanted, or {} in a column: request, summaries, target_languages"),
        (
            ["--summary", "poem"],
            "--summary: 'poem' is not one of headline, bullets, paragraph, with or without :LANGUAGE",
        ),
        (["--to", "ko", "--request", "no.json"], "no.json: cannot be read: No such file or directory"),
    ],
)
def test_what_is_asked_has_to_be_clear_before_anything_is_sent(options: list[str], line: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", articles(2))
    done = triwire("batch", str(source), str(tmp_path / "out"), *options, target="127.0.0.1:1")
    assert (done.code, done.err) == (2, f"triwire: {line.format(source)}\n")
    assert not (tmp_path / "out").exists()


def test_a_request_for_all_rows_has_no_article_of_its_own(tmp_path: Path) -> None:
    source, request = write(tmp_path / "in.parquet", articles(1)), tmp_path / "request.json"
    request.write_text('{"content": {"text": "Hi"}}', encoding="utf-8")
    done = triwire("batch", str(source), str(tmp_path / "out"), "--to", "ko", "--request", str(request))
    assert (done.code, done.err) == (
        2,
        f"triwire: --request: {request}: content: rows have it; only cleaning and language\n",
    )


def test_options_of_tables_are_refused_for_lines(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("{}\n", encoding="utf-8")
    done = triwire("batch", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), "--to", "ko")
    assert (done.code, done.err) == (
        2,
        f"triwire: --to: for Parquet; each line of {tmp_path / 'in.jsonl'} says itself what it asks\n",
    )


def test_a_folder_is_not_answered_into_itself(tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", articles(1))
    done = triwire("batch", str(tmp_path), f"{tmp_path}/", "--to", "ko")
    assert (done.code, done.err) == (2, f"triwire: {tmp_path}: is the input; give another folder\n")
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    done = triwire("batch", str(tmp_path), str(tmp_path / "out"), "--to", "ko")
    assert (done.code, done.err) == (2, f"triwire: {tmp_path / 'out'}: cannot be made a folder: File exists\n")


def test_every_problem_of_the_input_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", pa.table({"id": ["a", "a", None], "text": ["t"] * 3}))
    done = triwire("batch", str(source), str(tmp_path / "out"), "--to", "ko", target="127.0.0.1:1")
    assert (done.code, done.err) == (
        2,
        f"triwire: {source}: row 3: id: is missing\ntriwire: {source}: row 2: id: 'a' is that of {source}: row 1 too\n",
    )
    assert not (tmp_path / "out").exists()


def test_a_server_that_is_not_there_is_code_3_and_the_batch_can_go_on(tmp_path: Path, server: str) -> None:
    source, out = write(tmp_path / "in.parquet", articles(2)), tmp_path / "out"
    done = triwire("batch", str(source), str(out), "--summary", "headline", target="127.0.0.1:1")
    assert done.code == 3
    assert "; 0 items were answered before, the same command goes on from there\n" in done.err
    assert triwire("batch", str(source), str(out), "--summary", "headline", target=server).code == 0
    assert ids_of(out) == once(["story/0", "story/1"])


async def test_of_a_large_file_no_more_is_read_than_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = pa.array(range(200_000))
    source = write(tmp_path / "in.parquet", pa.table({"id": ids, "text": ids.cast(pa.string())}))
    num_read = 0
    iter_batches = pq.ParquetFile.iter_batches

    def counted(self: pq.ParquetFile, *arguments: Any, **options: Any) -> Iterator[pa.RecordBatch]:
        nonlocal num_read
        for batch in iter_batches(self, *arguments, **options):
            num_read += batch.num_rows if "text" in batch.schema.names else 0
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    batch = ParquetBatch(str(source), tmp_path / "out", ASKED, part_rows=100)
    assert (batch.total, num_read) == (200_000, 0)
    progress = BatchProgress(Console(file=io.StringIO()), batch.total)
    with closing(batch):
        async with Client("127.0.0.1:1", retry=RetryPolicy(max_attempts=1)) as client:
            for number in range(1, 4):
                with pytest.raises(UnavailableError):
                    await batch.answer(client, progress, 8, lambda: None)
                assert num_read <= (number + 1) * 100


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", articles(1))
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        f"from triwire_client.commands import run; sys.exit(run(['batch', {str(source)!r}, 'out', '--to', 'ko']))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        f"triwire: {source}: Parquet needs pyarrow: pip install 'triwire[parquet]'\n",
    )


def test_a_table_is_answered_in_a_worker_of_somebody_else(server: str) -> None:
    table = articles(20).append_column("note", [["x"] * 20])
    with SyncClient(server) as client:
        answers = answer_table(client, table, ASKED, window=3)
        assert sorted(answers["id"].to_pylist()) == sorted(table["id"].to_pylist())
        assert set(answers["status"].to_pylist()) == {"done"}
        assert answer_table(client, table.slice(0, 0), ASKED).schema == answers.schema
        with pytest.raises(ValueError, match=r"^id: is missing; every row needs one that no other has$"):
            answer_table(client, table.drop(["id"]), ASKED)
