"""Who is let in: estimated tokens of admitted calls, and when there will be room for another."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from triwire_server.callers import ANYONE, Caller
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.errors import DeadlineExceeded, QueueFull, ShuttingDown
from triwire_server.metrics import Metrics

_SHARE = {Priority.INTERACTIVE: 1.0, Priority.STANDARD: 0.8, Priority.BULK: 0.5}
"""Share of the queue that a priority may fill: BULK is refused first, INTERACTIVE last."""

START_TOKENS_PER_SECOND = 500.0
"""Rate of the device assumed before anything was measured."""

_KEPT_PER_SECOND = 0.7
"""Weight that the measured rate keeps over a second in which another one is measured."""

_KEPT_PER_CALL = 0.9
"""Weight that what calls cost keeps when another one ends."""

LEAST_RETRY_SECONDS = 0.1
"""A caller that is refused is never sent to try again sooner."""


@dataclass(slots=True, eq=False)
class Ticket:
    """The room of one admitted call."""

    estimated_tokens: int
    done_tokens: int = 0
    """What the device has read and written for it."""


class Admission:
    """Counts the estimated tokens of admitted calls and says whether there is room for more. Used on the event loop.

    Args:
        max_tokens: estimated tokens of the calls that may be inside.
        metrics: where refusals and tokens are counted.
        clock: monotonic seconds; deadlines are on it.
    """

    def __init__(self, max_tokens: int, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._max_tokens = max_tokens
        self._metrics = metrics
        self._clock = clock
        self._tickets: set[Ticket] = set()
        self._outstanding = 0
        self._rate: float | None = None
        """Tokens a second of the device; None: not measured yet."""

        self._measured_tokens = 0
        self._measured_since = clock()
        self._ended_estimates = 0.0
        self._ended_tokens = 0.0
        self._waiting: list[tuple[int, int, int, asyncio.Future[Ticket]]] = []
        self._numbers = itertools.count()
        self._empty = asyncio.Event()
        self._empty.set()

    async def enter(
        self, tokens: int, priority: Priority, deadline: float | None, caller: Caller = ANYONE, *, wait: bool
    ) -> Ticket:
        """Take room for a call, see `Engine.admit`."""
        if deadline is not None and deadline <= self._clock():
            self._metrics.admission_refusals.labels(priority.name, "deadline").inc()
            raise DeadlineExceeded
        if wait:
            return await self._wait_for_room(tokens, priority, deadline)
        if not self._has_room(tokens, priority):
            self._metrics.admission_refusals.labels(priority.name, "queue_full").inc()
            seconds = self._seconds_until_room(tokens, priority)
            self._metrics.retry_delay_seconds.labels(priority.name).observe(seconds)
            message = f"the queue is full for {priority.name} ({self._outstanding:,} tokens are ahead)"
            raise QueueFull(message, seconds)
        return self._take(tokens)

    def leave(self, ticket: Ticket, *, is_complete: bool) -> None:
        """Give the room of a call back and let waiting ones in.

        Args:
            ticket: of the call.
            is_complete: whether it ended by itself; how its cost compares with its estimate is learned from that.
        """
        self._tickets.remove(ticket)
        self._outstanding -= ticket.estimated_tokens
        if is_complete:
            self._ended_estimates = _KEPT_PER_CALL * self._ended_estimates + ticket.estimated_tokens
            self._ended_tokens = _KEPT_PER_CALL * self._ended_tokens + ticket.done_tokens
        self._let_in()
        self._publish()

    def close(self) -> None:
        """Let in nobody who waits: they are told that the engine stops."""
        waiting, self._waiting = self._waiting, []
        for *_, turn in waiting:
            if not turn.done():
                turn.set_exception(ShuttingDown())

    async def drained(self) -> None:
        """Wait until no call is left."""
        await self._empty.wait()

    def measured(self, tokens: int) -> None:
        """Learn the rate of the device from finished tokens, over windows of at least a second."""
        self._measured_tokens += tokens
        elapsed = self._clock() - self._measured_since
        if elapsed >= 1.0:
            rate = self._measured_tokens / elapsed
            kept = 0.0 if self._rate is None else _KEPT_PER_SECOND**elapsed * (self._rate - rate)
            self._rate = max(1.0, rate + kept)
            self._measured_tokens, self._measured_since = 0, self._clock()

    def check_invariants(self) -> None:
        """Compare the books with each other.

        Raises:
            InvariantBroken: they do not agree.
        """
        total = sum(ticket.estimated_tokens for ticket in self._tickets)
        if self._outstanding != total:
            raise InvariantBroken(f"{self._outstanding} tokens are outstanding, and the calls have {total}")
        if self._empty.is_set() != (not self._tickets):
            raise InvariantBroken("whether a call is inside is not known")
        if not self._tickets and self._waiting:
            raise InvariantBroken("calls wait for room, and nobody is inside")

    def _seconds_until_room(self, tokens: int, priority: Priority) -> float:
        """When enough of the calls inside will have ended, if the device goes on as measured and they take turns.

        What an estimated token costs is known from the calls that ended: instructions and repairs are not in an
        estimate, and what comes from the cache is.
        """
        rate = START_TOKENS_PER_SECOND if self._rate is None else self._rate
        cost = self._ended_tokens / self._ended_estimates if self._ended_tokens else 1.0
        left = sorted(
            (max(0.0, ticket.estimated_tokens * cost - ticket.done_tokens), ticket.estimated_tokens)
            for ticket in self._tickets
        )
        seconds = reached = 0.0
        room = self._max_tokens * _SHARE[priority] - self._outstanding
        for index, (tokens_left, estimated_tokens) in enumerate(left):
            # Those that are left share the device until the next of them ends.
            seconds += (tokens_left - reached) * (len(left) - index) / rate
            reached = tokens_left
            room += estimated_tokens
            if tokens <= room:
                break
        return max(LEAST_RETRY_SECONDS, seconds)

    def _let_in(self) -> None:
        """Give those who wait the room that there is, by priority and then in order."""
        while self._waiting:
            priority, _, wanted, turn = self._waiting[0]
            if not turn.done():
                if not self._has_room(wanted, Priority(priority)):
                    break
                turn.set_result(self._take(wanted))
            heapq.heappop(self._waiting)

    def _has_room(self, tokens: int, priority: Priority) -> bool:
        # A call larger than the whole queue is let in alone, so that no valid article is refused for ever.
        return not self._tickets or self._outstanding + tokens <= self._max_tokens * _SHARE[priority]

    def _take(self, tokens: int) -> Ticket:
        if not self._tickets:
            # Idle time says nothing about how fast the device is.
            self._measured_tokens, self._measured_since = 0, self._clock()
        ticket = Ticket(tokens)
        self._tickets.add(ticket)
        self._outstanding += tokens
        self._publish()
        return ticket

    async def _wait_for_room(self, tokens: int, priority: Priority, deadline: float | None) -> Ticket:
        turn: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), tokens, turn))
        self._let_in()
        try:
            async with asyncio.timeout(None if deadline is None else deadline - self._clock()):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(turn.result(), is_complete=False)
            turn.cancel()
            self._let_in()  # whoever stood behind it
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded from None
            raise

    def _publish(self) -> None:
        self._metrics.queue_tokens.set(self._outstanding)
        if self._tickets:
            self._empty.clear()
        else:
            self._empty.set()
