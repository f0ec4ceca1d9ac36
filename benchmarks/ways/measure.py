"""Ways in turns, their time by the wall and by the CPU, and what follows from it."""

import argparse
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import torch
import transformers.utils.logging

from ways.processes import ServerProcess
from ways.work import Work, num_output_tokens


@dataclass(frozen=True)
class Run:
    """What one pass over the work took, in seconds."""

    wall: float
    cpu: float
    """Of this process, and of a server that the way has."""


@dataclass(frozen=True)
class Way:
    """One way to do the work."""

    run: Callable[[list[Work]], list[list[int]]]
    reference: str = ""
    """Name of the way whose tokens these should be."""

    process: ServerProcess | None = None
    """A server that does the work; its CPU time counts."""

    once: bool = False
    """Run in the first repetition alone: it is there for its tokens."""


@dataclass
class Figures:
    """All runs of all ways."""

    tokens: int
    runs: dict[str, list[Run | None]] = field(default_factory=dict)
    """By way, one for each repetition; None where it took no part."""

    outputs: dict[str, list[list[int]]] = field(default_factory=dict)

    def ratios(self, name: str, base: str, kind: str) -> list[float]:
        """How many times as fast a way is, for each repetition that both took part in.

        A way that ran once is compared with the other's run of the same repetition.

        Args:
            name: the way.
            base: the other.
            kind: "wall" or "cpu".
        """
        pairs = zip(self.runs[name], self.runs[base], strict=True)
        return [getattr(other, kind) / getattr(own, kind) for own, other in pairs if own and other]


def take_turns(
    ways: Mapping[str, Way], work: list[Work], repetitions: int, *, limit_seconds: float | None = None
) -> Figures:
    """Let every way do all of the work, again and again; their servers are stopped at the end.

    Args:
        ways: by name.
        work: what is to be done.
        repetitions: how often.
        limit_seconds: no repetition is begun that would not end within so many seconds since the process started.
    """
    try:
        return _take_turns(ways, work, repetitions, limit_seconds)
    finally:
        for way in ways.values():
            if way.process is not None:
                way.process.stop()


def _take_turns(ways: Mapping[str, Way], work: list[Work], repetitions: int, limit_seconds: float | None) -> Figures:
    shortest = sorted(work, key=lambda each: each.length)[:4]
    for way in ways.values():
        way.run(shortest)  # allocations of a first run
        if way.process is not None:
            way.process.pause()
    figures = Figures(num_output_tokens(work), {name: [] for name in ways})
    longest = 0.0
    for repetition in range(repetitions):
        if repetition and limit_seconds is not None and time.monotonic() - STARTED + longest > limit_seconds:
            print(f"stopped after {repetition} repetitions, to end in time")
            break
        seconds = 0.0
        # Every other repetition in the other order, so that no way always follows the same one.
        for name in list(ways)[:: -1 if repetition % 2 else 1]:
            way = ways[name]
            if way.once and repetition:
                figures.runs[name].append(None)
                continue
            run, figures.outputs[name] = measure(way, work)
            figures.runs[name].append(run)
            seconds += 0.0 if way.once else run.wall
            print(f"{name}: {run.wall:.1f} s, {run.cpu:.1f} s of CPU", flush=True)
        longest = max(longest, seconds)
    return figures


Made = TypeVar("Made")

STARTED = time.monotonic()
"""When this process began, near enough."""


def measure(way: Way, work: list[Work]) -> tuple[Run, list[list[int]]]:
    """One pass of one way."""
    if way.process is not None:
        way.process.resume()
    with Stopwatch(way.process) as watch:
        outputs = way.run(work)
    if way.process is not None:
        way.process.pause()
    return Run(watch.wall, watch.cpu), outputs


class Stopwatch:
    """Seconds of a `with` block, by the wall and by the CPU.

    Args:
        process: whose CPU time counts besides that of this process.
    """

    def __init__(self, process: ServerProcess | None = None) -> None:
        self._process = process
        self.wall = self.cpu = 0.0

    def _cpu(self) -> float:
        return time.process_time() + (self._process.cpu_seconds() if self._process else 0.0)

    def __enter__(self) -> "Stopwatch":
        self._began, self._cpu_before = time.perf_counter(), self._cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._began
        self.cpu = self._cpu() - self._cpu_before


def median_and_range(values: Iterable[float], digits: int = 2) -> dict[str, Any] | None:
    """Median, least and greatest; None without any value."""
    values = list(values)
    if not values:
        return None
    low, middle, high = min(values), statistics.median(values), max(values)
    return {"median": round(middle, digits), "range": [round(low, digits), round(high, digits)]}


def report(
    figures: Figures,
    work: Sequence[Work],
    ways: Mapping[str, Way],
    base: str,
    comparisons: Sequence[tuple[str, str]],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Print the tables, and give them with what was run.

    Args:
        figures: of the ways.
        work: that they did.
        ways: by name.
        base: the way that all are compared with; if it did not run, the first one.
        comparisons: pairs of ways to compare besides.
        arguments: those of `add_common_arguments`.
    """
    base = base if base in ways else next(iter(ways))
    return {
        "sequences": len(work),
        "tokens": figures.tokens,
        "repetitions": max(len(runs) for runs in figures.runs.values()),
        "slots": arguments.slots,
        "threads": arguments.threads,
        "base": base,
        "ways": tabulate(figures, ways, base),
        "comparisons": compare(figures, comparisons),
    }


def tabulate(figures: Figures, ways: Mapping[str, Way], base: str) -> dict[str, Any]:
    """Print a table of all ways, and return it."""
    width = max(len(name) for name in ways)
    print(f"\n{'':{width}} {'tok/s':>8} {'tok/CPU-s':>10} {'ratio':>6} {'range':>11} {'wall':>6}   equal")
    rows: dict[str, Any] = {}
    for name, way in ways.items():
        runs = [run for run in figures.runs[name] if run is not None]
        cpu = median_and_range(figures.ratios(name, base, "cpu"))
        wall = median_and_range(figures.ratios(name, base, "wall"))
        equal, of = _equal(figures, name, way.reference)
        rows[name] = {
            "tokens_per_second": round(figures.tokens / statistics.median(run.wall for run in runs), 1),
            "tokens_per_cpu_second": round(figures.tokens / statistics.median(run.cpu for run in runs), 1),
            "cpu_ratio": cpu,
            "wall_ratio": wall,
            "equal": equal,
            "of": of,
        }
        row = rows[name]
        print(
            f"{name:{width}} {row['tokens_per_second']:>8} {row['tokens_per_cpu_second']:>10}"
            f" {cpu['median'] if cpu else '':>6} {_range_text(cpu):>11} {wall['median'] if wall else '':>6}"
            f"   {f'{equal}/{of}' if of else ''}"
        )
    print(f"ratio, range: by CPU time to {base!r}; wall: the same by the wall; equal: outputs as written one by one")
    return rows


def compare(figures: Figures, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Print how many times as fast the first of each pair is as the second, and return it. Absent ways are left out."""
    made: dict[str, Any] = {}
    for name, base in pairs:
        if name in figures.runs and base in figures.runs:
            cpu = median_and_range(figures.ratios(name, base, "cpu"))
            wall = median_and_range(figures.ratios(name, base, "wall"))
            made[f"{name} / {base}"] = {"cpu_ratio": cpu, "wall_ratio": wall}
    if made:
        print("\nhow many times as fast                     by CPU time        by the wall")
        for name, row in made.items():
            texts = [f"{row[kind]['median']:.2f} ({_range_text(row[kind])})" for kind in row if row[kind]]
            print(f"{name}: {'   '.join(texts)}")
    return made


def _equal(figures: Figures, name: str, reference: str) -> tuple[int, int]:
    expected = figures.outputs.get(reference)
    if expected is None:
        return 0, 0
    return sum(one == other for one, other in zip(figures.outputs[name], expected, strict=True)), len(expected)


def _range_text(value: dict[str, Any] | None) -> str:
    return f"{value['range'][0]:.2f}-{value['range'][1]:.2f}" if value else ""


def add_common_arguments(parser: argparse.ArgumentParser, *, sequences: int) -> None:
    """Arguments that all throughput benchmarks take."""
    parser.add_argument("--sequences", type=int, default=sequences)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slots", type=int, default=32, help="sequences that the engine runs at once")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", metavar="WAY", help="names of the ways to run")
    parser.add_argument("--json", type=Path, help="where to write all figures")


def make_all(makers: Mapping[str, Callable[[], Made]], only: Sequence[str] | None) -> dict[str, Made]:
    """The ways that were asked for. A peer that does not come up is left out, with a line that says why.

    Args:
        makers: of all ways, by name.
        only: the names that are wanted; None or empty: all.

    Raises:
        SystemExit: one of them does not exist.
    """
    made = {}
    for name in chosen(makers, only):
        try:
            made[name] = makers[name]()
        except RuntimeError as error:
            if name.startswith(("generate", "triwire")):
                raise
            print(f"{name} is left out: {error}", flush=True)
    return made


def chosen(names: Iterable[str], only: Sequence[str] | None) -> list[str]:
    """The names that were asked for.

    Raises:
        SystemExit: one of them does not exist.
    """
    names = list(names)
    if unknown := [name for name in only or () if name not in names]:
        raise SystemExit(f"there is no way {unknown[0]!r}; there are: {', '.join(names)}")
    return [name for name in names if not only or name in only]


def set_up(threads: int) -> None:
    """Torch with so many threads and without gradients, and no progress bars of the library."""
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)


def surroundings() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    versions: dict[str, str | None] = {}
    for package in ("torch", "transformers", "ctranslate2", "litserve"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY"),
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def finish(result: dict[str, Any], path: Path | None, runs: Mapping[str, Any] | None = None) -> None:
    """Write the figures to a file if asked to, and print them as one line of JSON, the last one.

    Args:
        result: what is printed.
        path: the file, or None.
        runs: single measurements, for the file alone.
    """
    result = {**result, "surroundings": surroundings()}
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result | ({"runs": runs} if runs else {}), indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result), flush=True)


def runs_for_file(figures: Figures) -> dict[str, list[list[float] | None]]:
    """Seconds (wall, CPU) of each run."""
    return {name: [[run.wall, run.cpu] if run else None for run in runs] for name, runs in figures.runs.items()}


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(-(-len(ordered) * percent // 100)) - 1))]


def pairwise_ratio(one: Sequence[float], other: Sequence[float]) -> dict[str, Any] | None:
    """`one / other` for each repetition."""
    return median_and_range(itertools.starmap(lambda a, b: a / b, zip(one, other, strict=True)))
