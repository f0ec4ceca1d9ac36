"""Calls that wait at the door until there is room for them."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from triwire_server.callers import ANYONE, Caller
from triwire_server.errors import DeadlineExceeded, QuotaExceeded, RetryableError, ShuttingDown
from triwire_server.segment import Priority

_PAUSE_SECONDS = 0.05
"""Those who wait for room are looked at this often while calls make progress; at once when one ends."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A call that wants in, or is in."""

    estimated_tokens: int
    """To be read and written for it."""

    priority: Priority
    caller: Caller = ANYONE
    deadline: float | None = None
    """Monotonic seconds."""

    done_tokens: int = 0
    """What the device has read and written for it."""


Refusal: TypeAlias = tuple[RetryableError | DeadlineExceeded, str]
"""What keeps a call out, and its name in the metrics."""

_Entry: TypeAlias = tuple[int, int, Ticket, "asyncio.Future[None]"]
"""Priority, number by which those of a priority are in order, and what is done when room was taken."""


class WaitingLine:
    """Those who wait, by priority and then in order. Used on the event loop.

    Nobody smaller passes a call that waits for room, or it might never find any. Whose caller has its share, or who
    comes too late, keeps nobody waiting.

    Args:
        take: takes room for a call and gives None, or says what keeps it out.
        give_back: gives it back, where the call has gone meanwhile.
        clock: monotonic seconds, that of deadlines.
    """

    def __init__(
        self, take: Callable[[Ticket], Refusal | None], give_back: Callable[[Ticket], None], clock: Callable[[], float]
    ) -> None:
        self._take = take
        self._give_back = give_back
        self._clock = clock
        self._waiting: list[_Entry] = []
        self._numbers = itertools.count()
        self._look_again: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Ticket]:
        return (ticket for *_, ticket, _ in self._waiting)

    async def wait(self, ticket: Ticket) -> None:
        """Wait until room was taken for a call.

        Raises:
            DeadlineExceeded: the deadline passed, or the work cannot be done before it any more.
            ShuttingDown: the line was closed.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (ticket.priority, next(self._numbers), ticket, turn))
        self.let_in()
        try:
            async with asyncio.timeout(None if ticket.deadline is None else ticket.deadline - self._clock()):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._give_back(ticket)
            turn.cancel()
            self.let_in()  # whoever stood behind it
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded from None
            raise

    def let_in(self) -> None:
        """Give those who wait the room that there is."""
        still: list[_Entry] = []
        is_full = False
        quota_seconds = []
        while self._waiting:
            entry = heapq.heappop(self._waiting)
            *_, ticket, turn = entry
            if turn.done():
                continue
            if is_full:
                still.append(entry)
                continue
            refusal = self._take(ticket)
            if refusal is None:
                turn.set_result(None)
                continue
            error, reason = refusal
            if isinstance(error, DeadlineExceeded):
                turn.set_exception(error)
                continue
            still.append(entry)
            is_full = reason == "queue_full"
            quota_seconds += [error.retry_seconds] if isinstance(error, QuotaExceeded) else []
        self._waiting = still  # sorted, and so a heap
        if quota_seconds:
            # A quota grows by itself.
            self._let_in_after(min(quota_seconds))

    def let_in_soon(self) -> None:
        """Look a little later, for what changes often."""
        if self._waiting:
            self._let_in_after(_PAUSE_SECONDS)

    def close(self) -> None:
        """Let in nobody any more: they are told that the engine stops."""
        waiting, self._waiting = self._waiting, []
        for *_, turn in waiting:
            if not turn.done():
                turn.set_exception(ShuttingDown())
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

    def _let_in_after(self, seconds: float) -> None:
        """Look again later, or sooner if that was said before."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if self._look_again is not None:
            if self._look_again.when() <= due:
                return
            self._look_again.cancel()
        self._look_again = loop.call_at(due, self._look)

    def _look(self) -> None:
        self._look_again = None
        self.let_in()
