"""What does a step of the scheduler cost when thousands of sequences wait?

    python benchmarks/scheduler.py

`schedule()` and `postprocess()` over 200 steps with 32 slots and 10,000 BULK sequences waiting, of one request, of 25
and of as many as there are sequences; young ones, and ones that have all aged. No model and no device. Prints the
median and the slowest step in milliseconds; the last line is one JSON object.
"""

import argparse
import statistics
import time
from pathlib import Path

from triwire_server.engine.models.base import Progress, Prompt
from triwire_server.engine.queue import AGEING_SECONDS
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Sequence
from triwire_server.segment import Priority
from ways.measure import finish

WAITING = 10_000
SLOTS = 32
STEPS = 200
TOKENS = 20
"""Written by each sequence, so that some join and some end in most steps."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    steps: dict[str, dict[str, float]] = {}
    for requests in (1, 25, WAITING):
        for has_aged in (False, True):
            name = f"{requests} request{'' if requests == 1 else 's'}{', all aged' if has_aged else ''}"
            milliseconds = measure(requests, has_aged=has_aged)
            steps[name] = {"median_ms": statistics.median(milliseconds), "slowest_ms": max(milliseconds)}
            print(f"{name:28} median {steps[name]['median_ms']:6.3f} ms   slowest {steps[name]['slowest_ms']:6.2f} ms")
    finish({"benchmark": "scheduler", "waiting": WAITING, "slots": SLOTS, "steps": steps}, arguments.json, {})


def measure(requests: int, *, has_aged: bool) -> list[float]:
    """Milliseconds of each step."""
    now = 0.0
    scheduler = Scheduler(max_batch_tokens=512, max_batch_sequences=SLOTS, max_slot_tokens=1_000_000, clock=lambda: now)
    for number in range(WAITING):
        scheduler.add(
            Sequence(
                request_id=str(number % requests),
                model_name="m@1",
                prompt=Prompt(input_ids=(7,) * 40, max_new_tokens=TOKENS, is_padded=False),
                priority=Priority.BULK,
                arrival=0.0,
            )
        )
    if has_aged:
        now = 3 * AGEING_SECONDS
    milliseconds = []
    for _ in range(STEPS):
        began = time.perf_counter()
        batch = scheduler.schedule()
        assert batch is not None  # more waits than these steps can finish
        middle = time.perf_counter()
        outcomes: list[Progress | Exception] = [
            Progress((5,), sequence.prompt.has_ended([*sequence.token_ids, 5])) for sequence in batch.sequences
        ]
        resumed = time.perf_counter()
        scheduler.postprocess(batch, outcomes)
        milliseconds.append(1_000 * (middle - began + time.perf_counter() - resumed))
    return milliseconds


if __name__ == "__main__":
    main()
