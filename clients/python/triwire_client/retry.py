"""When a failed call is tried again, and after how long."""

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

    initial_seconds: float = 0.1
    max_seconds: float = 5.0
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


async def with_retries(
    call: Callable[[float | None], Awaitable[_Answer]],
    policy: RetryPolicy,
    timeout: float | None,  # noqa: ASYNC109 - spans the attempts, and each attempt gets what is left
    sleep: Callable[[float], Awaitable[None]],
    clock: Callable[[], float] = time.monotonic,
    *,
    is_repeatable: bool = True,
) -> _Answer:
    """Make a call until it answers, fails for good or the time is up.

    Args:
        call: one attempt, given the seconds that are left.
        policy: what is tried again.
        timeout: seconds for everything, retries included; None: no limit.
        sleep: waits for seconds.
        clock: monotonic seconds.
        is_repeatable: whether carrying the call out twice is the same as once; if not, only refusals are repeated.

    Raises:
        TriwireError: the last failure. A wait that would pass the deadline is not begun.
    """
    end = None if timeout is None else clock() + timeout
    attempt = 0
    while True:
        attempt += 1
        left = None if end is None else end - clock()
        if left is not None and left <= 0:
            raise DeadlineExceededError(
                "the time given passed before the call was answered",
                code=grpc.StatusCode.DEADLINE_EXCEEDED,
                reason="DEADLINE",
            )
        try:
            return await call(left)
        except TriwireError as error:
            delay = policy.delay(error, attempt, is_repeatable=is_repeatable)
            if delay is None or (end is not None and clock() + delay >= end):
                raise
        await sleep(delay)
