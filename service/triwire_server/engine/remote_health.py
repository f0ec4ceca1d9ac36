"""What is known of another server: whether it answers, how many requests it takes, until when it is left alone.

Pure: no network, and times are passed in.
"""

from collections.abc import Callable

from triwire_server.engine.concurrency_limit import ConcurrencyLimit
from triwire_server.engine.remote_client import RequestFailed, Trouble
from triwire_server.errors import ModelUnavailable

FIRST_PAUSE_SECONDS = 0.1
MOST_PAUSE_SECONDS = 5.0
"""Pauses after failures in a row, the next twice the last, where the server does not say how long."""

SETUP_PAUSE_SECONDS = 10.0
"""Pause after a refusal that a person has to mend."""


class ServerHealth:
    """One pause for all requests, and one request alone after it, until there is an answer.

    Args:
        max_requests: under way at once while nothing is refused.
        patience_seconds: how long the server may fail before nobody waits for it any more.
        jitter: gives a number from 0 to 1.
    """

    def __init__(self, max_requests: int, patience_seconds: float, jitter: Callable[[], float]) -> None:
        self.limit = ConcurrencyLimit(max_requests)
        self.paused_until = -float("inf")
        """Monotonic seconds until which nothing is sent."""

        self.last_answer = -float("inf")
        """Monotonic seconds of the last answer."""

        self.round = 0
        """Rounds of failures ever. Requests that were under way together fail in one round."""

        self._num_failures = 0
        """Rounds of failures since the last answer."""

        self._failing_since: float | None = None
        """When the first failure was since the last answer."""

        self._patience = patience_seconds
        self._jitter = jitter

    @property
    def allowed(self) -> int:
        """Requests that may be under way."""
        return self.limit.value if self._failing_since is None else 1

    @property
    def is_away(self) -> bool:
        """Whether the server has not answered for so long that nobody is to wait for it."""
        return self._failing_since is not None and self.paused_until - self._failing_since >= self._patience

    def refusal(self, deadline: float | None, now: float) -> ModelUnavailable | None:
        """Why a sequence need not wait for the end of the pause; None: it may.

        Args:
            deadline: of the sequence, monotonic seconds; None: no limit.
            now: monotonic seconds.
        """
        is_late = deadline is not None and deadline <= self.paused_until
        if now < self.paused_until and (self.is_away or is_late):
            return ModelUnavailable(retry_seconds=self.paused_until - now)
        return None

    def answered(self, now: float, in_flight: int) -> None:
        """An answer came; `in_flight` requests were under way, itself included."""
        self.last_answer = now
        self.limit.answered(in_flight)
        self._failing_since = None
        self._num_failures = 0

    def failed(self, failure: RequestFailed, now: float, sent: float, *, round_number: int, in_flight: int) -> None:
        """A request failed in a way that says nothing of its text.

        Args:
            failure: what the server did.
            now: monotonic seconds.
            sent: when it was asked, monotonic seconds.
            round_number: `round` at that time. A failure that was known since tells of this one too.
            in_flight: requests that were under way, itself included.
        """
        # What a person has to mend is not waited for.
        began = {Trouble.SLOW: sent, Trouble.SETUP: now - self._patience}.get(failure.trouble, now)
        self._failing_since = began if self._failing_since is None else min(began, self._failing_since)
        if round_number == self.round:
            self.round += 1
            self._num_failures += 1
            if failure.trouble is Trouble.BUSY:
                self.limit.refused(in_flight)
        self.paused_until = max(self.paused_until, now + self._pause_after(failure))

    def _pause_after(self, failure: RequestFailed) -> float:
        """Seconds, a little spread, so that replicas do not come back at the same moment."""
        if failure.trouble is Trouble.SETUP:
            return SETUP_PAUSE_SECONDS
        if failure.retry_seconds is not None:
            return max(FIRST_PAUSE_SECONDS, failure.retry_seconds) * (1.0 + 0.1 * self._jitter())
        doubled = FIRST_PAUSE_SECONDS * 2.0 ** min(max(0, self._num_failures - 1), 16)
        return min(MOST_PAUSE_SECONDS, doubled) * (0.5 + 0.5 * self._jitter())
