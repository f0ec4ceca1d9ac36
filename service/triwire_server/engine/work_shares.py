"""What the device did lately, by priority."""

import math
from collections.abc import Callable

from triwire_server.segment import Priority

_SECONDS = 10.0
"""Time constant of the average."""


class WorkShares:
    """Tokens a second of work that was done, the last ten seconds counting most. Used on the event loop.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._tokens = dict.fromkeys(Priority, 0.0)

    def add(self, priority: Priority, tokens: int) -> None:
        """Count tokens that the device has read or written for a call of a priority."""
        self._fade()
        self._tokens[priority] += tokens

    def above(self, priority: Priority) -> float:
        """Tokens a second that were read or written for more urgent calls than those of a priority."""
        self._fade()
        return sum(tokens for other, tokens in self._tokens.items() if other < priority) / _SECONDS

    def _fade(self) -> None:
        now = self._clock()
        kept = math.exp((self._since - now) / _SECONDS)
        self._since = now
        for priority in self._tokens:
            self._tokens[priority] *= kept
