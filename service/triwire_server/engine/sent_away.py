"""Work that was refused and is expected back, so that those who were sent away do not all come at once."""

from collections.abc import Callable

from triwire_server.segment import Priority

MOST_EXPECTED_SECONDS = 60.0
"""Work of callers that were sent away is expected back for this long at most: some never come."""


class SentAway:
    """Seconds of work that will come back, by priority. Used on the event loop.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._seconds = dict.fromkeys(Priority, 0.0)

    def add(self, priority: Priority, seconds: float) -> float:
        """Count a call that is sent away.

        Args:
            priority: of the call.
            seconds: that the device will work on it.

        Returns:
            Seconds that it is to stay away longer than if it were the only one: those of the work that comes back
            before it and will use the device as it would.
        """
        now = self._clock()
        passed, self._since = now - self._since, now
        for each, left in self._seconds.items():
            self._seconds[each] = max(0.0, left - passed)
        ahead = sum(left for each, left in self._seconds.items() if each <= priority)
        self._seconds[priority] = min(MOST_EXPECTED_SECONDS, self._seconds[priority] + seconds)
        return ahead
