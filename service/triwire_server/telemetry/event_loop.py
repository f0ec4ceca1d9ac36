"""Measures whether the event loop keeps up: it must never wait for anything."""

import asyncio
from collections.abc import Callable

INTERVAL_SECONDS = 0.25
"""Between two looks. A loop that is blocked for longer is seen in one of them."""


async def measure_lag(
    observe: Callable[[float], None], clock: Callable[[], float], interval_seconds: float = INTERVAL_SECONDS
) -> None:
    """Sleep again and again, and tell how many seconds late each wake-up was. Runs until it is cancelled.

    Args:
        observe: told the lag, 0 or more.
        clock: monotonic seconds.
        interval_seconds: of each sleep.
    """
    while True:
        due = clock() + interval_seconds
        await asyncio.sleep(interval_seconds)
        observe(max(0.0, clock() - due))
