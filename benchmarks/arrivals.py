"""How long do requests wait that arrive at random, and how many of them are served in time?

    python benchmarks/arrivals.py --quick
    python benchmarks/arrivals.py --json figures/arrivals.json

Poisson arrivals in real time at 0.5, 0.8 and 1.3 times the capacity of static batches of 16, which is measured in the
same run. Every way gets the same arrivals with the same sources and lengths, in turns: dynamic batching (up to 16, up
to 10 ms) over `generate`; the engine's own thread; dynamic batching over CTranslate2 at equal precision, where a
request counts as answered when its row ends, although its batch goes on (its callback tells). Over `generate` a
request is answered with its batch, as that library gives nothing earlier.

Latency is from arrival to the last token. In time means within 2 s and 0.15 s for each token written. CPU time is that
of the whole process from the first arrival to the last answer, for each token. Medians over the repetitions, each of
which has arrivals of its own. The last line is one JSON object.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ways.generate import STATIC_BATCH, run_batch, run_static
from ways.measure import finish, make_all, median_and_range, pairwise_ratio, percentile, set_up
from ways.models import TRANSLATORS, make_translator
from ways.online import DynamicBatching, EngineThread, OnEnd, Server
from ways.peers import is_installed
from ways.triwire import EngineTranslator
from ways.work import Work, make_work, num_output_tokens

SLO_SECONDS, SLO_SECONDS_PER_TOKEN = 2.0, 0.15
LOADS = (0.5, 0.8, 1.3)
CAPACITY_BATCHES = 4
GENERATE = "dynamic 16 over generate"

COMPARISONS = (
    ("triwire packed", GENERATE),
    ("triwire int8", GENERATE),
    ("triwire packed", "dynamic 16 over CTranslate2 float32"),
    ("triwire int8", "dynamic 16 over CTranslate2 int8"),
)
RATIOS = ("p50_seconds", "p95_seconds", "p95_seconds_per_token", "cpu_ms_per_token")

Start = Callable[[OnEnd], Server]
"""Starts a server that tells of each output when it is complete."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=TRANSLATORS, default="148M")
    parser.add_argument("--loads", type=float, nargs="+", default=LOADS, help="times the capacity of static batches")
    parser.add_argument("--requests", type=int, default=120, help="for each way, load and repetition")
    parser.add_argument("--unscored", type=int, default=8, help="first requests, which find everything idle")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="32 requests, once, at the two higher loads")
    parser.add_argument("--only", nargs="*", metavar="WAY", help="names of the ways to run")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.loads, arguments.requests, arguments.repetitions = LOADS[1:], min(arguments.requests, 32), 1
    if arguments.unscored >= arguments.requests:
        parser.error("--unscored has to be less than --requests")
    set_up(arguments.threads)
    plain = make_translator(arguments.shape)
    vocabulary = TRANSLATORS[arguments.shape].vocabulary
    starts = make_starts(plain, arguments)
    for start in starts.values():
        serve(start, make_work(4, vocabulary), [0.0] * 4)  # allocations of a first run
    capacity = measure_capacity(plain, vocabulary)
    print(f"static 16 serves {capacity:.2f} requests a second", flush=True)
    runs = measure(starts, capacity, vocabulary, arguments)
    loads = {}
    for load, found in runs.items():
        print(f"\nat {load} times the capacity of static batches")
        loads[str(load)] = summarize(found)
    result = {
        "benchmark": "arrivals",
        "shape": arguments.shape,
        "capacity_requests_per_second": round(capacity, 3),
        "slo_seconds": [SLO_SECONDS, SLO_SECONDS_PER_TOKEN],
        "requests": arguments.requests,
        "scored": arguments.requests - arguments.unscored,
        "repetitions": arguments.repetitions,
        "slots": arguments.slots,
        "threads": arguments.threads,
        "loads": loads,
    }
    finish(result, arguments.json, {str(load): found for load, found in runs.items()})


def make_starts(plain: Any, arguments: argparse.Namespace) -> dict[str, Start]:
    """How to start each way, by name."""
    slots, threads = arguments.slots, arguments.threads

    def generate(batch: Sequence[Work], on_row: Callable[[int], None]) -> list[list[int]]:
        return run_batch(plain, batch)

    def triwire(form: str) -> Start:
        model = EngineTranslator(plain, form)
        return lambda on_end: EngineThread(model, slots, on_end)

    def ctranslate2(compute_type: str) -> Start:
        from ways.ctranslate2_ways import Translator

        translator = Translator(plain, compute_type, threads)
        return lambda on_end: DynamicBatching(translator.run_batch, on_end)

    makers: dict[str, Callable[[], Start]] = {
        GENERATE: lambda: lambda on_end: DynamicBatching(generate, on_end),
        "triwire packed": lambda: triwire("packed"),
        "triwire int8": lambda: triwire("int8"),
    }
    if is_installed("CTranslate2"):
        makers["dynamic 16 over CTranslate2 float32"] = lambda: ctranslate2("float32")
        makers["dynamic 16 over CTranslate2 int8"] = lambda: ctranslate2("int8")
    return make_all(makers, arguments.only)


Runs = dict[float, dict[str, list[dict[str, float]]]]
"""Figures of each repetition, by load and way."""


def measure(starts: Mapping[str, Start], capacity: float, vocabulary: int, arguments: argparse.Namespace) -> Runs:
    """Every load on every way in turns, as often as asked for.

    Args:
        starts: how to start each way, by name.
        capacity: of static batches, in requests a second.
        vocabulary: of the model.
        arguments: those of the command line.
    """
    runs: Runs = {load: {name: [] for name in starts} for load in arguments.loads}
    for repetition in range(arguments.repetitions):
        work = make_work(arguments.requests, vocabulary, seed=100 + repetition)
        for load in arguments.loads:
            times = poisson(arguments.requests, load * capacity, seed=200 + repetition)
            for name in list(starts)[:: -1 if repetition % 2 else 1]:
                figures = score(*serve(starts[name], work, times), work, times, arguments.unscored)
                runs[load][name].append(figures)
                print(
                    f"load {load}, {name}: p50 {figures['p50_seconds']:.2f} s, p95 {figures['p95_seconds']:.2f} s,"
                    f" {figures['in_time']:.0%} in time",
                    flush=True,
                )
    return runs


def measure_capacity(model: Any, vocabulary: int) -> float:
    """Requests a second of static batches as they come, always full: the median of three passes."""
    work = make_work(CAPACITY_BATCHES * STATIC_BATCH, vocabulary, seed=300)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        run_static(model, work, STATIC_BATCH)
        seconds.append(time.perf_counter() - began)
    return len(work) / statistics.median(seconds)


def poisson(count: int, rate: float, *, seed: int) -> list[float]:
    """Arrival times in seconds from the start."""
    gaps = torch.empty(count).exponential_(rate, generator=torch.Generator().manual_seed(seed))
    times: list[float] = gaps.cumsum(0).tolist()
    return times


def serve(start: Start, work: list[Work], times: list[float]) -> tuple[list[float], float]:
    """Submit each request at its time, and wait for all answers.

    Returns:
        Seconds from the start to the end of each, and CPU seconds of it all.
    """
    ends = [0.0] * len(work)
    missing = len(work)
    done = threading.Event()
    lock = threading.Lock()

    def on_end(number: int, moment: float) -> None:
        nonlocal missing
        with lock:
            ends[number] = moment
            missing -= 1
            if not missing:
                done.set()

    server = start(on_end)
    began, cpu = time.monotonic(), time.process_time()
    for number, (each, moment) in enumerate(zip(work, times, strict=True)):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        server.submit(number, each)
    server.close()
    if not done.is_set():
        raise RuntimeError(f"{missing} requests were never answered")
    return [end - began for end in ends], time.process_time() - cpu


def score(
    ends: list[float], cpu_seconds: float, work: list[Work], times: list[float], unscored: int
) -> dict[str, float]:
    """What the scored requests of one pass met."""
    rows = [(end - moment, each.length) for end, moment, each in list(zip(ends, times, work, strict=True))[unscored:]]
    in_time = sum(latency <= SLO_SECONDS + SLO_SECONDS_PER_TOKEN * length for latency, length in rows)
    return {
        "p50_seconds": percentile((latency for latency, _ in rows), 50),
        "p95_seconds": percentile((latency for latency, _ in rows), 95),
        "p95_seconds_per_token": percentile((latency / length for latency, length in rows), 95),
        "in_time": in_time / len(rows),
        "in_time_per_second": in_time / (max(ends) - times[unscored]),
        "cpu_ms_per_token": 1000 * cpu_seconds / num_output_tokens(work),
    }


def summarize(runs: Mapping[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Medians and ranges for each way, and the ratios of the ways that are to be compared."""
    ways = {
        name: {figure: median_and_range((one[figure] for one in found), 4) for figure in found[0]}
        for name, found in runs.items()
    }
    comparisons = {
        f"{name} / {base}": {
            figure: pairwise_ratio([one[figure] for one in runs[name]], [one[figure] for one in runs[base]])
            for figure in RATIOS
        }
        for name, base in COMPARISONS
        if name in runs and base in runs
    }
    width = max(map(len, [*ways, *comparisons]))
    print(f"{'':{width}} {'p50 s':>7} {'p95 s':>7} {'p95 ms/token':>13} {'in time':>8} {'CPU ms/token':>13}")
    for name, row in ways.items():
        p50, p95, per_token, in_time, _, cpu = (value["median"] for value in row.values() if value)
        print(f"{name:{width}} {p50:7.2f} {p95:7.2f} {1000 * per_token:13.0f} {in_time:8.1%} {cpu:13.1f}")
    for name, ratios in comparisons.items():
        p50, p95, per_token, cpu = (value["median"] for value in ratios.values() if value)
        print(f"{name:{width}} {p50:7.2f} {p95:7.2f} {per_token:13.2f} {'':8} {cpu:13.2f}   (ratios; less is better)")
    return {"ways": ways, "comparisons": comparisons}


if __name__ == "__main__":
    main()
