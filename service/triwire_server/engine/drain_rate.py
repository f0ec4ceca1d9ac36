"""How fast the device works off what waits for it."""

from collections.abc import Sequence
from typing import Protocol

START_TOKENS_PER_SECOND = 500.0
"""Rate assumed before anything was measured."""

_KEPT_PER_SECOND = 0.7
"""Weight that the measured rate keeps over a second in which another one is measured."""


class _Average:
    """Tokens a second over windows of at least a second, the last ones counting most."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._tokens = 0
        self._seconds = 0.0

    def add(self, tokens: int, seconds: float) -> None:
        self._tokens += tokens
        self._seconds += seconds
        if self._seconds >= 1.0:
            rate = self._tokens / self._seconds
            kept = 0.0 if self.rate is None else _KEPT_PER_SECOND**self._seconds * (self.rate - rate)
            self.rate = max(1.0, rate + kept)
            self._tokens, self._seconds = 0, 0.0


class DrainRate:
    """Tokens a second, read and written, of the steps of the device. Written by its thread, read on the event loop.

    A device that is not full is as fast as its work comes, which says nothing of how fast a queue would shrink. So
    steps count for the rate of a full device only while something waited.
    """

    def __init__(self) -> None:
        self._full = _Average()
        self._any = _Average()

    def observe(self, tokens: int, seconds: float, *, is_full: bool) -> None:
        """Learn from a step.

        Args:
            tokens: inputs of the sequences that joined, and one for each that wrote.
            seconds: from the end of the step before, or from its own start if the device rested.
            is_full: whether something waited for a slot meanwhile.
        """
        self._any.add(tokens, seconds)
        if is_full:
            self._full.add(tokens, seconds)

    def forget(self) -> None:
        """Begin anew: first steps take seconds, and say nothing of those that follow."""
        self._full = _Average()
        self._any = _Average()

    @property
    def when_full(self) -> float | None:
        """Of a full device; None: not measured yet."""
        return self._full.rate

    @property
    def measured(self) -> float | None:
        """Of a full device, or else of one that was not; None: not measured yet."""
        return self._full.rate or self._any.rate

    @property
    def estimate(self) -> float:
        """Of a full device, or what comes nearest to it."""
        return self.measured or START_TOKENS_PER_SECOND


class Rate(Protocol):
    """How fast what is admitted is worked off."""

    @property
    def when_full(self) -> float | None:
        """Tokens a second while something waits; None: not measured yet."""

    @property
    def estimate(self) -> float:
        """The same, or what comes nearest to it."""


class SlowestRate:
    """Of several that work side by side, the slowest: what is ahead of a call may all be meant for that one.

    Args:
        rates: of the device and of other servers, those that have no work included.
    """

    def __init__(self, rates: Sequence[DrainRate]) -> None:
        self._rates = rates

    @property
    def when_full(self) -> float | None:
        """See `Rate`."""
        return min((rate.when_full for rate in self._rates if rate.when_full is not None), default=None)

    @property
    def estimate(self) -> float:
        """See `Rate`."""
        measured = min((rate.measured for rate in self._rates if rate.measured is not None), default=None)
        return self.when_full or measured or START_TOKENS_PER_SECOND
