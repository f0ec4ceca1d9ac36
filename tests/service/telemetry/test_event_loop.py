"""Whether the lag of the event loop is seen."""

import asyncio
import time

from triwire_server.telemetry.event_loop import measure_lag


async def lags(block_seconds: float) -> list[float]:
    """What is measured while something blocks the loop once."""
    observed: list[float] = []
    measuring = asyncio.ensure_future(measure_lag(observed.append, time.monotonic, interval_seconds=0.02))
    await asyncio.sleep(0.05)
    time.sleep(block_seconds)  # noqa: ASYNC251 - what must never be done is what is measured
    await asyncio.sleep(0.05)
    measuring.cancel()
    return observed


async def test_a_loop_that_is_blocked_is_late_by_as_much() -> None:
    observed = await lags(0.5)
    assert 0.45 < max(observed) < 5
    assert min(observed) >= 0
    assert len(observed) >= 3
