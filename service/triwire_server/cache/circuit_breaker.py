"""Keeps calls away from something that does not answer, and finds out when it does again.

The pattern is Nygard's (Release It!, 2007). Knows no network: the owner asks before a call and says how it went.
"""

import enum
from collections.abc import Callable


class BreakerState(enum.IntEnum):
    """Whether calls pass. The numbers are those of the metric."""

    CLOSED = 0
    """All calls pass."""

    HALF_OPEN = 1
    """One call is on its way to find out; the others do not pass."""

    OPEN = 2
    """No call passes until its time is over."""


class CircuitBreaker:
    """Opens when calls fail one after another; after a while one call alone passes and decides how it goes on.

    Used on the event loop alone. The outcome of a call that began before the last change of the state says nothing
    about what came after it, and is not counted.

    Args:
        failure_threshold: failures without a success between them that open it.
        open_seconds: how long no call passes before one may try.
        clock: monotonic seconds.
        on_change: told each new state.
    """

    def __init__(
        self,
        *,
        failure_threshold: int,
        open_seconds: float,
        clock: Callable[[], float],
        on_change: Callable[[BreakerState], None] = lambda state: None,
    ) -> None:
        self._failure_threshold = failure_threshold
        self._open_seconds = open_seconds
        self._clock = clock
        self._on_change = on_change
        self._num_failures = 0
        self._num_changes = 0
        self._retry_at = 0.0
        self.state = BreakerState.CLOSED
        """Changed by the breaker itself alone."""

    @property
    def is_passable(self) -> bool:
        """Whether `enter` would let a call pass now."""
        if self.state is BreakerState.OPEN:
            return self._clock() >= self._retry_at
        return self.state is BreakerState.CLOSED

    def enter(self) -> int | None:
        """Ask for a call to pass.

        Returns:
            What to hand to `succeeded`, `failed` or `abandoned`, one of which has to follow; None: it does not pass.
        """
        if not self.is_passable:
            return None
        if self.state is BreakerState.OPEN:
            self._change(BreakerState.HALF_OPEN)
        return self._num_changes

    def succeeded(self, ticket: int) -> None:
        """A call was answered."""
        if ticket != self._num_changes:
            return
        self._num_failures = 0
        if self.state is BreakerState.HALF_OPEN:
            self._change(BreakerState.CLOSED)

    def failed(self, ticket: int) -> None:
        """A call was not answered."""
        if ticket != self._num_changes:
            return
        self._num_failures += 1
        if self.state is BreakerState.HALF_OPEN or self._num_failures >= self._failure_threshold:
            self._open(self._open_seconds)

    def abandoned(self, ticket: int) -> None:
        """A call was given up before it could tell anything; if it was to find out, the next one may."""
        if ticket == self._num_changes and self.state is BreakerState.HALF_OPEN:
            self._open(0.0)

    def _open(self, seconds: float) -> None:
        self._retry_at = self._clock() + seconds
        self._num_failures = 0
        self._change(BreakerState.OPEN)

    def _change(self, state: BreakerState) -> None:
        self.state = state
        self._num_changes += 1
        self._on_change(state)
