"""When a failed call is tried again, and after how long."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import grpc

from triwire_client.errors import (
    CancelledError,
    DeadlineExceededError,
    InferenceFailedError,
    QueueFullError,
    ShuttingDownError,
    StartingError,
    TriwireError,
    UnavailableError,
)

_Answer = TypeVar("_Answer")
_TOKENS_PER_SECOND = 1.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which failures are tried again.

    A call that changes nothing may be repeated after any failure that passes: all of ArticleService, reading
    glossaries, and replacing one without an etag, which gives the same glossary however often it is done. Creating,
    deleting, and replacing with an etag are another matter: if an attempt was carried out and only its answer was
    lost, the next one is told that the glossary exists, is missing or was changed by somebody, which is this caller.
    These are repeated only after a refusal, where the server says that it did nothing; where the outcome is unknown
    the failure is raised, and whoever called reads what is stored.

    The delay that the server asks for is obeyed as it is; without one it is `initial_seconds`, doubled each time up
    to `max_seconds`, with "full jitter" (a random share of it), so that clients do not come back all at once.
    """

    max_attempts: int = 5
    """Calls in all; 1 turns retries off."""

    budget_share: float = 0.2
    """Retries that the calls of one client may add to its load, as a share of the calls; see `RetryBudget`."""

    budget_reserve: int = 100
    """Retries that are there beyond that share, at the start and again after a quiet time."""

    initial_seconds: float = 0.1
    """Longest wait after the first failure."""

    max_seconds: float = 5.0
    """Longest wait after any failure."""

    random: Callable[[], float] = field(default=random.random)
    """Gives a number from 0 to 1; tests pass their own."""

    def delay(self, error: TriwireError, attempt: int, *, is_repeatable: bool = True) -> float | None:
        """Seconds to wait after the failure of an attempt (from 1), or None: not to be tried again.

        Args:
            error: how the attempt failed.
            attempt: its number, from 1.
            is_repeatable: whether carrying the call out twice is the same as once.
        """
        if attempt >= self.max_attempts or not (is_repeatable or is_refusal(error)):
            return None
        if isinstance(error, InferenceFailedError) and attempt > 1:
            return None
        if not isinstance(error, QueueFullError | UnavailableError | InferenceFailedError | CancelledError):
            return None
        if error.retry_delay is not None:
            return error.retry_delay
        return self.random() * min(self.max_seconds, self.initial_seconds * 2.0 ** (attempt - 1))


def is_refusal(error: TriwireError) -> bool:
    """Whether a failure says that the server has not begun with the call."""
    return isinstance(error, QueueFullError | ShuttingDownError | StartingError)


class RetryBudget:
    """Bounds the retries of all calls of a client together, so that an outage does not multiply its own load.

    A token bucket, as in Finagle's RetryBudget and gRPC's retry throttling (gRFC A6): a call puts in
    `policy.budget_share`, a retry takes one out. The bucket holds `policy.budget_reserve`, begins full, and gets one
    a second besides, for clients that call seldom. A wait that the server asked for costs nothing: it knows its load,
    and has set the pace itself. "At once, elsewhere" (SHUTTING_DOWN) is no wait.

    Args:
        policy: has the figures.
        clock: monotonic seconds.
    """

    def __init__(self, policy: RetryPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = policy.budget_share
        self._reserve = float(policy.budget_reserve)
        self._clock = clock
        self._tokens = self._reserve
        self._filled_at = clock()

    def note_call(self) -> None:
        """A call is made for the first time."""
        self._fill()
        self._tokens = min(self._reserve, self._tokens + self._share)

    def take(self, error: TriwireError) -> bool:
        """Whether there is a retry left to take after a failure; if so, it is taken."""
        if error.retry_delay:
            return True
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._reserve, self._tokens + _TOKENS_PER_SECOND * (now - self._filled_at))
        self._filled_at = now


class Attempts:
    """The attempts of one call: how much time is left to each, and whether there is another.

    Args:
        policy: what is tried again.
        budget: shared by the calls of a client.
        seconds: for everything, retries included; None: no limit.
        is_repeatable: whether carrying the call out twice is the same as once; if not, only refusals are repeated.
        sleep: waits for seconds.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        budget: RetryBudget,
        seconds: float | None,
        *,
        is_repeatable: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._is_repeatable = is_repeatable
        self._sleep = sleep
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._number = 0
        budget.note_call()

    def begin(self) -> float | None:
        """Begin an attempt and give the seconds that are left to it; None: no limit.

        Raises:
            DeadlineExceededError: none are.
        """
        self._number += 1
        left = None if self._end is None else self._end - self._clock()
        if left is not None and left <= 0:
            raise DeadlineExceededError(
                "the time given passed before the call was answered",
                code=grpc.StatusCode.DEADLINE_EXCEEDED,
                reason="DEADLINE",
            )
        return left

    def note_progress(self) -> None:
        """Part of the answer came: what fails after it is counted anew."""
        self._number = 1

    async def wait(self, failure: TriwireError) -> None:
        """Return when it is time for another attempt.

        Raises:
            TriwireError: the failure, if there is to be none. A wait that would pass the deadline is not begun.
        """
        delay = self._policy.delay(failure, self._number, is_repeatable=self._is_repeatable)
        if delay is None or (self._end is not None and self._clock() + delay >= self._end):
            raise failure
        if not self._budget.take(failure):
            failure.add_note("not tried again: too many calls of this client failed (RetryPolicy.budget_share)")
            raise failure
        await self._sleep(delay)


async def with_retries(call: Callable[[float | None], Awaitable[_Answer]], attempts: Attempts) -> _Answer:
    """Make a call until it answers, fails for good or the time is up.

    Args:
        call: one attempt, given the seconds that are left.
        attempts: of this call.

    Raises:
        TriwireError: the last failure.
    """
    while True:
        left = attempts.begin()
        try:
            return await call(left)
        except TriwireError as error:
            failure = error
        await attempts.wait(failure)
