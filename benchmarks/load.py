"""What do callers get when there are more of them than the service can serve?

    python benchmarks/load.py --quick
    python benchmarks/load.py --json docs/figures/load.json

Calls of three priorities and lengths arrive at random (Poisson, whatever became of those before) over many channels at
a real server process, at 0.5, 0.8, 1, 2 and 10 times its capacity. The capacity is measured first: calls of the same
mix without deadlines, as many at a time as keep the queue from running dry. Every text is new, so that nothing comes
from the cache, and every call has a deadline: the time in which its caller can use the answer.

Goodput is the work of the calls that were answered in their time, in source characters a second, counted when the
answer comes; a call that is not, counts nothing. Latency is from sending to the whole answer. A refused call is one
that the server turned away at its door, QUEUE_FULL or DEADLINE before the time was up; calls that ran out of time are
counted apart. Memory is the resident memory of the server while calls arrive. Medians over the repetitions; the last
line is one JSON object.

At the end, whether the delay is true that refused callers are told: a burst of calls comes at once to a server whose
queue may be 5 seconds long, and each refused one comes back when it was told to.

The model is a small M2M100 with random weights, made for the measurement. Untrained, it writes what the checks find
broken, and most segments are decoded again: work that no estimate foresees.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import argparse
import asyncio
import gc
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from triwire.v1 import article_service_pb2_grpc
from ways.measure import finish, median_and_range, percentile
from ways.mixed_calls import KINDS, Call, Outcome, Texts, make_call
from ways.processes import memory_now
from ways.service import Service, make_tiny_profile

LOADS = (0.5, 0.8, 1.0, 2.0, 10.0)
NUM_CHANNELS = 16
BURST_QUEUE_SECONDS = 5.0


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", help="a TOML file; default: one with a small model, made now")
    parser.add_argument("--loads", type=float, nargs="+", default=LOADS, help="times the capacity")
    parser.add_argument("--seconds", type=float, default=60.0, help="that calls arrive, for each load and repetition")
    parser.add_argument("--unscored", type=float, default=20.0, help="seconds at the start that are not counted")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="that the model computes with")
    parser.add_argument("--quick", action="store_true", help="once, 20 seconds each")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.unscored, arguments.repetitions = 20.0, 5.0, 1
    with tempfile.TemporaryDirectory() as folder:
        profile = arguments.profile or make_tiny_profile(Path(folder), width=256, num_layers=4)
        settings = {"torch_threads": arguments.threads, "cache_dir": folder, "log_level": "warning"}
        with Service(profile, **settings) as service:
            result, runs = asyncio.run(measure(service, arguments))
        with Service(profile, max_queue_seconds=BURST_QUEUE_SECONDS, **settings) as service:
            result["burst"] = asyncio.run(measure_burst(service, result["capacity"]["calls_per_second"]))
    finish(result, arguments.json, runs)


@asynccontextmanager
async def connected(service: Service) -> AsyncIterator[list[Any]]:
    """Stubs on connections of their own."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(service.target, options=options) for _ in range(NUM_CHANNELS)]
    try:
        yield [article_service_pb2_grpc.ArticleServiceStub(channel) for channel in channels]
    finally:
        for channel in channels:
            await channel.close(None)


async def measure(service: Service, arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Capacity, and then every load in turn, as often as asked for: the result, and single measurements."""
    gc.freeze()  # a pause of this process would be taken for one of the server's
    gc.collect()
    texts = Texts(seed=1)
    async with connected(service) as stubs:
        capacity = await measure_capacity(stubs, texts, max(40.0, arguments.seconds))
        print(
            f"capacity: {capacity['calls_per_second']:.2f} calls, {capacity['characters_per_second']:.0f}"
            " characters a second",
            flush=True,
        )
        runs: dict[float, list[dict[str, Any]]] = {load: [] for load in arguments.loads}
        for repetition in range(arguments.repetitions):
            for load in list(arguments.loads)[:: -1 if repetition % 2 else 1]:
                rate = load * capacity["calls_per_second"]
                calls = list(texts.poisson(rate, arguments.seconds))
                memory: list[float] = []
                outcomes = await offer(stubs, calls, service.process.pid, memory)
                figures = score(outcomes, memory, arguments)
                runs[load].append(figures)
                show(load, figures)
                await asyncio.sleep(2.0)
    loads = {str(load): summarize(found) for load, found in runs.items()}
    result = {
        "benchmark": "load",
        "shape": "service",
        "capacity": capacity,
        "seconds": arguments.seconds,
        "repetitions": arguments.repetitions,
        "threads": arguments.threads,
        "kinds": {
            name: {"share": kind.share, "sentences": kind.sentences, "seconds": kind.seconds}
            for name, kind in KINDS.items()
        },
        "loads": loads,
        "bars": bars(loads),
    }
    return result, {str(load): found for load, found in runs.items()}


async def measure_burst(service: Service, rate: float) -> dict[str, float]:
    """Calls that come all at once, four times as many as may wait, and come back when they were told to.

    Returns:
        Their number, the visits that refused calls made after their delays, and the share of these that was let in.
    """
    texts = Texts(seed=2)
    calls = [Call("STANDARD", texts.call().text) for _ in range(int(4 * BURST_QUEUE_SECONDS * rate))]
    visits: list[bool] = []

    async def visitor(stub: Any, call: Call) -> None:
        for visit in itertools.count():
            outcome = await make_call(stub, call, has_deadline=False)
            if visit:
                visits.append(outcome.outcome == "answered")
            if outcome.retry_seconds is None:
                return
            await asyncio.sleep(outcome.retry_seconds)

    async with connected(service) as stubs:
        # The rate of the device is to be known before the burst.
        await measure_capacity(stubs, texts, 20.0)
        await asyncio.gather(*(visitor(stubs[number % len(stubs)], call) for number, call in enumerate(calls)))
    share = sum(visits) / len(visits) if visits else 1.0
    print(f"burst of {len(calls)} calls: {len(visits)} visits after the delay that was told, {share:.0%} let in")
    return {"calls": len(calls), "visits": len(visits), "let_in": share}


async def measure_capacity(stubs: Sequence[Any], texts: Texts, seconds: float, at_once: int = 32) -> dict[str, float]:
    """Calls and source characters a second of a queue that does not run dry."""
    end = time.monotonic() + seconds
    done: list[tuple[float, int]] = []

    async def caller(stub: Any) -> None:
        while time.monotonic() < end:
            outcome = await make_call(stub, texts.call(), has_deadline=False)
            if outcome.outcome == "answered":
                done.append((time.monotonic(), len(outcome.call.text)))
            else:
                await asyncio.sleep(outcome.retry_seconds or 0.1)

    await asyncio.gather(*(caller(stubs[number % len(stubs)]) for number in range(at_once)))
    # From when the queue is full to the moment at which callers begin to leave.
    start = end - seconds * 2 / 3
    counted = [size for moment, size in done if start <= moment <= end]
    return {
        "calls_per_second": len(counted) / (end - start),
        "characters_per_second": sum(counted) / (end - start),
    }


async def offer(stubs: Sequence[Any], calls: Sequence[Call], pid: int, memory: list[float]) -> list[Outcome]:
    """Make each call at its time, whatever became of those before, and wait for all outcomes."""
    began = time.monotonic()
    under_way: list[asyncio.Task[Outcome]] = []

    async def sample() -> None:
        while True:
            memory.append(memory_now(pid))
            await asyncio.sleep(0.5)

    sampling = asyncio.ensure_future(sample())
    for number, call in enumerate(calls):
        await asyncio.sleep(max(0.0, began + call.at - time.monotonic()))
        under_way.append(asyncio.ensure_future(make_call(stubs[number % len(stubs)], call)))
    sampling.cancel()
    return list(await asyncio.gather(*under_way))


def score(outcomes: Sequence[Outcome], memory: Sequence[float], arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures of one load: of the calls that arrived, and of the answers that came, after the first seconds."""
    scored = [outcome for outcome in outcomes if outcome.call.at >= arguments.unscored]
    seconds = arguments.seconds - arguments.unscored
    # By the moment of the answer: what is still in the queue when the last call has come is no throughput.
    answered = [
        outcome
        for outcome in outcomes
        if outcome.outcome == "answered"
        and arguments.unscored <= outcome.call.at + outcome.seconds <= arguments.seconds
    ]
    refused = [outcome.seconds for outcome in scored if outcome.outcome == "refused"]
    told = [outcome.retry_seconds for outcome in scored if outcome.retry_seconds is not None]
    # The first fifth of the samples is from the time in which the queue fills.
    rest = memory[len(memory) // 5 :]
    half = len(rest) // 2
    return {
        "offered_calls_per_second": len(scored) / seconds,
        "goodput_calls_per_second": len(answered) / seconds,
        "goodput_characters_per_second": sum(len(outcome.call.text) for outcome in answered) / seconds,
        "refused_p99_seconds": percentile(refused, 99) if refused else None,
        "told_median_seconds": statistics.median(told) if told else None,
        "late": sum(outcome.outcome == "late" for outcome in scored),
        "failed": sum(outcome.outcome == "failed" for outcome in scored),
        "memory_growth": statistics.median(rest[half:]) / statistics.median(rest[:half]) - 1 if half else 0.0,
        "memory_mib": max(memory) / 2**20,
        "kinds": {name: _score_kind([o for o in scored if o.call.kind == name]) for name in KINDS},
    }


def _score_kind(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    answered = [outcome.seconds for outcome in outcomes if outcome.outcome == "answered"]
    return {
        "calls": len(outcomes),
        "answered": len(answered) / max(1, len(outcomes)),
        "refused": sum(outcome.outcome == "refused" for outcome in outcomes) / max(1, len(outcomes)),
        "p50_seconds": percentile(answered, 50) if answered else None,
        "p95_seconds": percentile(answered, 95) if answered else None,
        "p99_seconds": percentile(answered, 99) if answered else None,
    }


def summarize(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians and ranges over the repetitions."""

    def over(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        keys = [key for key in rows[0] if key != "kinds"]
        return {key: median_and_range((row[key] for row in rows if row[key] is not None), 4) for key in keys}

    return {**over(found), "kinds": {name: over([run["kinds"][name] for run in found]) for name in KINDS}}


def bars(loads: dict[str, Any]) -> dict[str, float | None]:
    """The figures that were asked for, where their loads were measured."""

    def p95(load: str) -> float | None:
        value = loads.get(load, {}).get("kinds", {}).get("INTERACTIVE", {}).get("p95_seconds")
        return value["median"] if value else None

    goodput = {load: found["goodput_characters_per_second"]["median"] for load, found in loads.items()}
    high, low = p95("2.0"), p95("0.8")
    refused = loads.get("10.0", {}).get("refused_p99_seconds")
    return {
        "goodput_at_10_to_best": goodput["10.0"] / max(goodput.values()) if "10.0" in goodput else None,
        "interactive_p95_at_2_to_0.8": high / low if high and low else None,
        "refused_p99_seconds_at_10": refused["median"] if refused else None,
    }


def show(load: float, figures: dict[str, Any]) -> None:
    """One line for a load, and one for each kind of call."""
    refused = figures["refused_p99_seconds"]
    print(
        f"load {load}: {figures['goodput_characters_per_second']:.0f} characters a second answered in time,"
        f" refused p99 {'-' if refused is None else f'{1000 * refused:.0f} ms'}, late {figures['late']},"
        f" failed {figures['failed']}, memory {figures['memory_mib']:.0f} MiB ({figures['memory_growth']:+.1%})"
    )
    for name, kind in figures["kinds"].items():
        times = [f"{kind[key]:.2f}" if kind[key] is not None else "-" for key in ("p50_seconds", "p95_seconds")]
        print(
            f"    {name:11} {kind['calls']:5} calls, {kind['answered']:.0%} answered, {kind['refused']:.0%} refused,"
            f" p50 {times[0]} s, p95 {times[1]} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
