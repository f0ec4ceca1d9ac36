"""Would a test notice? Functions are changed a little, one change at a time, and the tests that reach it are run.

    python -m tests.mutation PATH... [--tests PATH...] [--every 1] [--again FILE] [--json build/mutation/result.json]

What the changes are: `mutants`. A mutant is killed if a test fails, survives if none does, and is unreached if none
runs its statement. "import" are those whose statement runs at import alone, where tables are made: no test sees them.

pytest collects once, in a process that runs no test. A fork of it runs them all and notes which lines each reaches.
Then each mutant gets a fork, in which caches of functions are emptied first. Quick tests run first, before them those
that killed a neighbour. Tests of time are left out: a mutant that takes too long ends at its limit of CPU time. Exit
code 1: a test fails without any change. Needs Linux.
"""

import argparse
import gc
import itertools
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import coverage
import pytest

from tests.mutation.mutants import SERVICE, Mutant, mutants_of

ROOT = SERVICE.parent

TESTS_OF_TIME = "linear_time or time_grows or backtrack or megabyte"
"""Words of their names, as pytest's -k takes them."""

SLOWDOWN = 4
"""A test may take so many times the CPU time that it takes without a mutant, and a second."""

MEMORY_BYTES = 2 << 30
"""What a mutant may take beside what the session holds: one that never ends a loop may fill a list in it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Attributes:
        path: its module, from the root of the repository.
        line: where the change is.
        change: the old code and the new.
        status: "killed", "timeout", "survived", "unreached" or "import".
        by: the first test that failed.
        seconds: how long it took.
    """

    path: str
    line: int
    change: str
    status: str
    by: str
    seconds: float


class Judge:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.outcomes: list[Outcome] = []
        self.num_made: dict[str, int] = {}
        self._arguments = arguments
        self._paths = list(_modules(arguments.paths))
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(path) for path in self._paths]
        )
        self._items: list[pytest.Item] = []
        self._durations: dict[pytest.Item, float] = {}
        """CPU seconds without any change."""
        self._reaching: dict[str, dict[str, list[str]]] = {}
        """Numbers of the tests that reach a line, by path and line; "" is the import."""
        self._verdict: int | None = None
        """Where a fork writes the test that failed."""

    def pytest_configure(self) -> None:
        """Let every mutant meet the same examples, none of them made smaller; begin to note what import reaches."""
        import hypothesis  # after pytest, which rewrites its assertions

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=phases)
        hypothesis.settings.load_profile("mutation")
        self._coverage.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first failure ends a fork."""
        if self._verdict is not None and report.failed:
            os.write(self._verdict, report.nodeid.encode())
            os._exit(1)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once, then for each mutant those that reach it."""
        self._coverage.stop()
        if session.testsfailed:
            return True
        self._items = session.items
        status, output = self._fork(self._record)
        if status != 0:
            raise pytest.UsageError(f"fails without any change: {output}")
        recorded = json.loads(output)
        self._durations = dict(zip(self._items, recorded["durations"], strict=True))
        self._reaching = recorded["lines"]
        gc.freeze()  # a fork that collects garbage would copy the pages of all that is there
        for path in self._paths:
            self._judge_module(path)
        return True

    def _record(self) -> str:
        durations = []
        for number, item in enumerate(self._items):
            _empty_caches()
            began = time.process_time()
            with self._coverage.collect():
                self._coverage.switch_context(str(number))
                self._run(item, self._items[number + 1 :][:1])
            durations.append(time.process_time() - began)
        data = self._coverage.get_data()
        lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        return json.dumps({"durations": durations, "lines": lines})

    def _judge_module(self, path: Path) -> None:
        mutants = list(mutants_of(path))
        name = str(path.relative_to(ROOT))
        self.num_made[name] = len(mutants)
        again = self._arguments.again
        killers: Counter[str] = Counter()
        for mutant in mutants[:: self._arguments.every]:
            if again is not None and (name, mutant.line, mutant.change) not in again:
                continue
            began = time.monotonic()
            status, by = self._judge(mutant, killers)
            killers[by] += 1
            outcome = Outcome(name, mutant.line, mutant.change, status, by, round(time.monotonic() - began, 2))
            self.outcomes.append(outcome)
            if status in ("survived", "unreached"):
                print(f"{name}:{mutant.line}: {status}: {mutant.change}", flush=True)
        self._write()

    def _write(self) -> None:
        into = self._arguments.json
        into.parent.mkdir(parents=True, exist_ok=True)
        written = {"made": self.num_made, "outcomes": [asdict(outcome) for outcome in self.outcomes]}
        into.write_text(json.dumps(written, ensure_ascii=False, indent=1), encoding="utf-8")

    def _judge(self, mutant: Mutant, killers: Counter[str]) -> tuple[str, str]:
        reaching = self._reaching.get(str(mutant.path), {})
        numbers = {number for line in mutant.statement for number in reaching.get(str(line), ())}
        tests = [self._items[int(number)] for number in numbers if number]
        if not tests:
            return ("import" if numbers else "unreached"), ""
        tests.sort(key=lambda item: (-killers[item.nodeid], self._durations[item], item.nodeid))
        spent = itertools.accumulate(self._durations[item] for item in tests)
        chosen = [
            item for item, seconds in zip(tests, spent, strict=True) if seconds <= self._arguments.budget
        ] or tests[:1]

        def run() -> str:
            mutant.make()
            _empty_caches()
            for number, item in enumerate(chosen):
                limit = 1 + SLOWDOWN * self._durations[item]
                signal.setitimer(signal.ITIMER_PROF, limit)
                signal.setitimer(signal.ITIMER_REAL, 10 * limit)
                self._run(item, chosen[number + 1 :][:1])
            return ""

        status, output = self._fork(run)
        if os.WIFSIGNALED(status):
            return "timeout", ""
        return ("survived" if status == 0 else "killed"), output

    @staticmethod
    def _run(item: pytest.Item, following: list[pytest.Item]) -> None:
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following[0] if following else None)

    def _fork(self, work: Callable[[], str]) -> tuple[int, str]:
        """Let a process of its own work; its status, and what it gave or the test that failed first."""
        sys.stdout.flush()
        reading, writing = os.pipe()
        process = os.fork()
        if process:
            os.close(writing)
            with os.fdopen(reading, encoding="utf-8") as output:
                written = output.read()
            return os.waitpid(process, 0)[1], written
        try:
            self._verdict = writing
            _limit()
            left = work().encode()
            while left:
                left = left[os.write(writing, left) :]
        except BaseException as error:
            os.write(writing, repr(error).encode())
            os._exit(2)
        os._exit(0)


def _limit() -> None:
    """Keep this process quiet and small, and let the signals of its timers end it."""
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY_BYTES, held + MEMORY_BYTES))
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _empty_caches() -> None:
    """Forget what functions of the service remember of earlier calls."""
    for name, module in list(sys.modules.items()):
        if name.startswith("triwire_server"):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _modules(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.resolve().rglob("*.py")) if path.is_dir() else [path.resolve()]


def _alive(path: str) -> set[tuple[str, int, str]]:
    """The mutants that nothing killed, by an earlier run."""
    outcomes = json.loads(Path(path).read_text(encoding="utf-8"))["outcomes"]
    return {(one["path"], one["line"], one["change"]) for one in outcomes if one["status"] in ("survived", "unreached")}


def _table(judge: Judge) -> Iterator[str]:
    """What became of the mutants, by module."""
    by_path: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in judge.outcomes:
        by_path[outcome.path][outcome.status] += 1
    columns = ["killed", "timeout", "survived", "unreached", "import"]
    yield f"| module | mutants | run | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * (len(columns) + 2)}"
    for path, counts in by_path.items():
        numbers = [judge.num_made[path], counts.total(), *(counts[column] for column in columns)]
        yield f"| {path} | {' | '.join(map(str, numbers))} |"


def main() -> int:
    """Make the mutants, run the tests, print who survived and a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="modules or folders of the service")
    parser.add_argument("--tests", nargs="+", default=["tests/service/text"], help="files or folders of tests")
    parser.add_argument("--every", type=int, default=1, help="one mutant of so many of each module")
    parser.add_argument("--budget", type=float, default=20.0, help="CPU seconds of tests for a mutant")
    parser.add_argument(
        "--again", type=_alive, metavar="FILE", help="only those that nothing killed, by an earlier --json"
    )
    parser.add_argument("--json", type=Path, default=ROOT / "build/mutation/result.json")
    arguments = parser.parse_args()
    judge = Judge(arguments)
    options = [
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-o",
        "timeout=0",
        "-k",
        f"not ({TESTS_OF_TIME})",
    ]
    code = pytest.main([*options, *arguments.tests], plugins=[judge])
    print("\n".join(_table(judge)))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
