"""Does a server stay as it is? Half an hour of everything at once, with what it holds sampled all along.

    python tests/faults/soak.py [--minutes 30] [--json build/faults/soak.json]

A real server process with tiny models gets all methods in three languages, bad requests, cancelled calls and streams,
deadlines that are too short, batches, glossary writes, and now and then more than it takes. Exit code 1: memory,
objects, tasks, threads or descriptors grow, or a call ended as none of its kind should.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import grpc

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults.calls import events, is_idle, metrics_of, num_descriptors, num_threads, resident_mebibytes
from tests.faults.mixed_load import LIMITS, MixedLoad
from tests.faults.watched_server import OBJECTS, TASKS
from tests.server_process import Server, process
from tests.tiny_models import write_tiny_profile
from triwire.v1 import article_service_pb2_grpc, glossary_service_pb2_grpc

SAMPLE_SECONDS = 2.0
WARM_UP_SHARE = 0.25
"""Of the time, in which caches fill and the allocator learns."""

MOST_SLOPE = 1.0
"""Mebibytes that memory may grow in ten minutes, by the Theil-Sen estimate. Judged from ten minutes on."""

MOST_GROWTH = 0.02
"""By how much the last third may lie above the middle one: the median of memory, and the first decile of objects."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server holds at one moment."""

    seconds: float
    memory_mebibytes: float
    objects: float
    tasks: float
    threads: float
    descriptors: float
    queue_tokens: float


async def sample(server: Server, seconds: float) -> Sample:
    """Read what a server holds. Its garbage is collected first."""
    samples = await asyncio.to_thread(metrics_of, server)
    return Sample(
        seconds,
        resident_mebibytes(server),
        samples[OBJECTS],
        samples[TASKS],
        num_threads(server),
        num_descriptors(server),
        samples["triwire_queue_tokens"],
    )


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Median of the slopes between all pairs of points. Sen 1968, doi:10.1080/01621459.1968.10480934."""
    return median((y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :])


def first_decile(values: Sequence[float]) -> float:
    """What a tenth of the values lies below."""
    return quantiles(values, n=10)[0]


def growth(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> float:
    """By which share a figure of the last third lies above that of the middle third."""
    third = len(values) // 3
    return of(values[2 * third :]) / of(values[third : 2 * third]) - 1


def judge(samples: Sequence[Sample], minutes: float) -> list[str]:
    """What is wrong with a run, by its samples after the warm-up."""
    problems = []
    if minutes >= 10:
        slope = 600 * theil_sen([(each.seconds, each.memory_mebibytes) for each in samples])
        if slope > MOST_SLOPE:
            problems.append(f"memory grows by {slope:.2f} MiB in ten minutes; {MOST_SLOPE} is allowed")
    # Objects go up and down with the load, and are compared where there is least of it.
    for name, of in (("memory_mebibytes", median), ("objects", first_decile)):
        share = growth([getattr(each, name) for each in samples], of)
        if share > MOST_GROWTH:
            problems.append(f"{name}: {share:.1%} more in the last third than in the middle one")
    for name in ("threads", "descriptors", "tasks"):
        values = [getattr(each, name) for each in samples]
        third = len(values) // 3
        # They go up and down with the load: their floor is what has to stay.
        if min(values[2 * third :]) > min(values[: 2 * third]) + 1:
            problems.append(f"{name}: never below {min(values[2 * third :]):.0f} in the last third")
    return problems


async def soak(server: Server, minutes: float) -> tuple[list[Sample], MixedLoad, list[str]]:
    """Load a server for some minutes; samples after the warm-up, the load, and what is wrong."""
    samples: list[Sample] = []
    began = time.monotonic()
    async with grpc.aio.insecure_channel(server.target) as channel:
        load = MixedLoad(
            article_service_pb2_grpc.ArticleServiceStub(channel),
            glossary_service_pb2_grpc.GlossaryServiceStub(channel),
        )
        running = asyncio.ensure_future(load.run(60 * minutes))
        while not running.done():
            await asyncio.wait({running}, timeout=SAMPLE_SECONDS)
            samples.append(await sample(server, time.monotonic() - began))
        await running
        idle_by = time.monotonic() + 30
        while not (is_idle_now := await asyncio.to_thread(is_idle, server)) and time.monotonic() < idle_by:
            await asyncio.sleep(0.2)
    warm = [each for each in samples if each.seconds > 60 * minutes * WARM_UP_SHARE]
    problems = judge(warm, minutes)
    if not is_idle_now:
        problems.append("half a minute after the last call something is still inside")
    problems += [f"unexplained: {each}" for each in sorted(set(load.unexplained))]
    problems += [f"a bug: {event['error']} at {event['frames'][-1]}" for event in events(server, "bug")]
    return warm, load, problems


def show(samples: Sequence[Sample], load: MixedLoad) -> None:
    """A short table of what was held and of how the calls ended."""
    third = len(samples) // 3
    print(f"{'':18}{'first third':>14}{'middle':>14}{'last':>14}")
    for name in ("memory_mebibytes", "objects", "tasks", "threads", "descriptors"):
        values = [getattr(each, name) for each in samples]
        medians = [median(part) for part in (values[:third], values[third : 2 * third], values[2 * third :])]
        print(f"{name:18}" + "".join(f"{value:14,.0f}" for value in medians))
    slope = 600 * theil_sen([(each.seconds, each.memory_mebibytes) for each in samples])
    print(f"memory: {slope:+.2f} MiB in ten minutes (Theil-Sen)")
    for name, number in sorted(load.outcomes.items()):
        print(f"{number:8,} {name}")


def main() -> int:
    """Run, print, write; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("SOAK_MINUTES", "30")))
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "faults" / "soak.json")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        profile = write_tiny_profile(Path(folder))
        command = [sys.executable, str(Path(__file__).with_name("watched_server.py"))]
        variables = {
            "TRIWIRE_GLOSSARIES": f"sqlite:///{folder}/glossaries.sqlite3",
            "TRIWIRE_LOG_LEVEL": "info",
            **LIMITS,
        }
        with process(profile, command=command, **variables) as server:
            server.wait_until_serving()
            samples, load, problems = asyncio.run(soak(server, arguments.minutes))
            code = server.stop()
    if code:
        problems.append(f"the server ended with {code}")
    show(samples, load)
    for problem in problems:
        print(problem)
    print(
        "not as it was"
        if problems
        else f"as it was after {arguments.minutes:g} minutes, {load.outcomes.total():,} calls"
    )
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "minutes": arguments.minutes,
        "outcomes": load.outcomes,
        "problems": problems,
        "samples": [asdict(each) for each in samples],
    }
    arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
