"""Notices a device that does not come back from a step."""

import asyncio
from collections.abc import Callable


class StepTimeout(Exception):
    """A step of the device took longer than a step may: the device is taken for lost."""


class Watchdog:
    """Looks at the step that the device is at, from the event loop: the device's thread cannot tell that it hangs.

    Args:
        step_started: when the step under way began; None between steps.
        timeout_seconds: longest time that a step may take.
        clock: monotonic seconds, the same that `step_started` is on.
        on_timeout: called once, on the event loop, with a `StepTimeout`.
    """

    def __init__(
        self,
        step_started: Callable[[], float | None],
        timeout_seconds: float,
        clock: Callable[[], float],
        on_timeout: Callable[[StepTimeout], None],
    ) -> None:
        self._step_started = step_started
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._on_timeout = on_timeout

    async def run(self) -> None:
        """Watch until a step takes too long."""
        while True:
            seconds = self.seconds_left()
            if seconds <= 0:
                break
            await asyncio.sleep(seconds)
        self._on_timeout(StepTimeout(f"a step took longer than {self._timeout_seconds:g} seconds"))

    def seconds_left(self) -> float:
        """Time until the step under way has taken too long, or until the earliest at which one that begins now has."""
        now = self._clock()
        started = self._step_started()
        return self._timeout_seconds - (0.0 if started is None else now - started)
