"""Who is let in: the work ahead of a call by its priority, its deadline and its caller, and when to come back."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from triwire_server.callers import ANYONE, Caller
from triwire_server.engine.drain_rate import Rate
from triwire_server.engine.quotas import Quotas
from triwire_server.engine.sent_away import SentAway
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.engine.waiting_line import Refusal, Ticket, WaitingLine
from triwire_server.engine.work_shares import WorkShares
from triwire_server.errors import DeadlineExceeded, QueueFull, QuotaExceeded, RetryableError
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

_SHARE = {Priority.INTERACTIVE: 1.0, Priority.STANDARD: 0.8, Priority.BULK: 0.5}
"""Share of the queue that a priority may fill: BULK is refused first, INTERACTIVE last."""

_KEPT_PER_CALL = 0.9
"""Weight that what calls cost keeps when another one ends."""

_SPARE = 1.25
"""A call is let in if it can be answered within its time though everything takes this much longer than foreseen."""

_LEAST_LEFT = 0.01
"""Share of the device that is counted on at least, however much of it more urgent calls take."""

LEAST_RETRY_SECONDS = 0.1
"""A caller that is refused is never sent to try again sooner."""


class Admission:
    """Counts the work of admitted calls and says whether there is room for more. Used on the event loop.

    A call is refused at the door

    * if the calls inside and it have more estimated tokens than the share of the queue that its priority may fill,
    * if what is ahead of it, of its priority and more urgent ones, takes longer than a call may wait,
    * if it, or another one of its priority that is inside, would not be answered within its time for it, or
    * if its caller has, or has used, as much as it may.

    Calls of a priority take turns, so that each of n of them has an n-th of what the more urgent ones leave: those that
    are inside, and those that will come, if they go on to take as much of the device as they did lately.

    Args:
        max_tokens: estimated tokens of the calls that may be inside.
        max_seconds: that the work ahead of a call may take; 0: any time.
        metrics: where refusals and tokens are counted.
        clock: monotonic seconds; deadlines are on it.
        rate: of the device, or of what else works off the queue.
    """

    def __init__(
        self,
        max_tokens: int,
        metrics: Metrics,
        clock: Callable[[], float],
        rate: Rate,
        max_seconds: float = 0.0,
    ) -> None:
        self._max_tokens = max_tokens
        self._max_seconds = max_seconds
        self._metrics = metrics
        self._clock = clock
        self._rate = rate
        self._quotas = Quotas(clock)
        self._shares = WorkShares(clock)
        self._tickets: set[Ticket] = set()
        self._outstanding = 0
        self._ended_estimates = 0.0
        self._ended_tokens = 0.0
        self._sent_away = SentAway(clock)
        self._line = WaitingLine(self._take, lambda ticket: self.leave(ticket, is_complete=False), clock)
        self._empty = asyncio.Event()
        self._empty.set()

    async def enter(
        self, tokens: int, priority: Priority, deadline: float | None, caller: Caller = ANYONE, *, wait: bool
    ) -> Ticket:
        """Take room for a call, see `Engine.admit`."""
        ticket = Ticket(tokens, priority, caller, deadline)
        self._check_deadline(ticket)
        if wait:
            await self._line.wait(ticket)
        elif (refusal := self._take(ticket)) is not None:
            self._refuse(ticket, *refusal)
        return ticket

    def check(self, tokens: int, priority: Priority, deadline: float | None, caller: Caller = ANYONE) -> None:
        """Refuse a call before its work is known, see `Engine.check_room`."""
        ticket = Ticket(tokens, priority, caller, deadline)
        self._check_deadline(ticket)
        if (refusal := self._why_not(ticket)) is not None:
            self._refuse(ticket, *refusal)

    def leave(self, ticket: Ticket, *, is_complete: bool) -> None:
        """Give the room of a call back and let waiting ones in.

        Args:
            ticket: of the call.
            is_complete: whether it ended by itself; how its cost compares with its estimate is learned from that, if
                there was one.
        """
        self._tickets.remove(ticket)
        self._outstanding -= ticket.estimated_tokens
        self._quotas.give_back(ticket.caller, ticket.estimated_tokens)
        if is_complete and ticket.estimated_tokens:
            self._ended_estimates = _KEPT_PER_CALL * self._ended_estimates + ticket.estimated_tokens
            self._ended_tokens = _KEPT_PER_CALL * self._ended_tokens + ticket.done_tokens
        self._line.let_in()
        self._publish()

    def progress(self, ticket: Ticket, tokens: int) -> None:
        """Count what the device has read and written for a call, and let waiting ones in."""
        ticket.done_tokens += tokens
        self._shares.add(ticket.priority, tokens)
        self._line.let_in_soon()

    def close(self) -> None:
        """Let in nobody who waits: they are told that the engine stops."""
        self._line.close()

    async def drained(self) -> None:
        """Wait until no call is left."""
        await self._empty.wait()

    def check_invariants(self) -> None:
        """Compare the books with each other.

        Raises:
            InvariantBroken: they do not agree.
        """
        total = sum(ticket.estimated_tokens for ticket in self._tickets)
        if self._outstanding != total:
            raise InvariantBroken(f"{self._outstanding} tokens are outstanding, and the calls have {total}")
        if self._quotas.total_held != total:
            raise InvariantBroken(f"callers hold {self._quotas.total_held} tokens, and the calls have {total}")
        if self._empty.is_set() != (not self._tickets):
            raise InvariantBroken("whether a call is inside is not known")
        if not self._tickets and any(self._why_not(ticket) is None for ticket in self._line):
            raise InvariantBroken("calls wait for room, and nobody is inside")

    def _check_deadline(self, ticket: Ticket) -> None:
        if ticket.deadline is not None and ticket.deadline <= self._clock():
            self._refuse(ticket, DeadlineExceeded(), "deadline")

    def _refuse(self, ticket: Ticket, error: RetryableError | DeadlineExceeded, reason: str) -> NoReturn:
        """Raise what keeps a call out."""
        self._metrics.admission_refusals.labels(ticket.priority.name, reason).inc()
        if isinstance(error, QueueFull):
            own = ticket.estimated_tokens * self._cost / self._rate.estimate
            error.retry_seconds += self._sent_away.add(ticket.priority, own) * _SPARE
        if isinstance(error, RetryableError):
            self._metrics.retry_delay_seconds.labels(ticket.priority.name).observe(error.retry_seconds)
        raise error

    def _why_not(self, ticket: Ticket) -> Refusal | None:
        """What keeps a call out, and its name in the metrics; None: nothing does."""
        return self._above_quota(ticket) or self._queue_full(ticket) or self._too_late(ticket)

    def _above_quota(self, ticket: Ticket) -> tuple[QuotaExceeded, str] | None:
        caller = ticket.caller
        seconds = self._quotas.seconds_until(caller, ticket.estimated_tokens)
        if seconds > 0:
            message = f"{caller.name} has used its {caller.max_tokens_per_minute:,} tokens a minute"
            return QuotaExceeded(message, max(LEAST_RETRY_SECONDS, seconds)), "quota"
        held = self._quotas.held(caller)
        if caller.max_queue_share >= 1.0 or not held:
            # What is larger than the share is let in alone.
            return None
        over = held + ticket.estimated_tokens - self._capacity(ticket.priority) * caller.max_queue_share
        if over <= 0:
            return None
        # Its calls are not all there are: others take turns with them.
        turns = len(self._tickets) / self._quotas.num_calls(caller)
        seconds = over * self._cost * turns / self._rate.estimate
        message = f"{caller.name} has its share of the queue ({held:,} tokens)"
        return QuotaExceeded(message, max(LEAST_RETRY_SECONDS, seconds)), "quota"

    def _capacity(self, priority: Priority) -> float:
        """Estimated tokens that calls of a priority may hold: by the size of the queue, and by its length in time."""
        tokens = self._max_tokens * _SHARE[priority]
        rate = self._rate.when_full
        return min(tokens, self._max_seconds * rate / self._cost) if rate and self._max_seconds else tokens

    def _queue_full(self, ticket: Ticket) -> tuple[QueueFull, str] | None:
        # A call larger than the whole queue is let in alone, so that no valid article is refused for ever.
        if self._tickets and self._outstanding + ticket.estimated_tokens > self._max_tokens * _SHARE[ticket.priority]:
            message = f"the queue is full for {ticket.priority.name} ({self._outstanding:,} tokens are ahead)"
            return QueueFull(message, self._seconds_until_room(ticket)), "queue_full"
        rate = self._rate.when_full
        if rate is None or not self._max_seconds:
            return None
        seconds = sum(self._left(other) for other in self._tickets if other.priority <= ticket.priority) / rate
        if seconds <= self._max_seconds:
            return None
        message = f"the queue is full for {ticket.priority.name} ({seconds:.0f} seconds are ahead)"
        return QueueFull(message, max(LEAST_RETRY_SECONDS, seconds - self._max_seconds)), "queue_full"

    def _too_late(self, ticket: Ticket) -> tuple[QueueFull | DeadlineExceeded, str] | None:
        """Whether a call, or another one of its priority because of it, would be answered after its time."""
        rate = self._rate.when_full
        if rate is None:
            return None
        now = self._clock()
        own_tokens = ticket.estimated_tokens * self._cost
        if ticket.deadline is not None and own_tokens / rate > ticket.deadline - now:
            return DeadlineExceeded("the work cannot be done before the deadline"), "deadline"
        # Work takes longer by what the device has to do for more urgent calls that come meanwhile.
        rate *= max(_LEAST_LEFT, 1.0 - self._shares.above(ticket.priority) / rate)
        urgent = sum(self._left(other) for other in self._tickets if other.priority < ticket.priority) / rate
        same = [other for other in self._tickets if other.priority == ticket.priority]
        own = own_tokens / rate

        def late_by(seconds: float, deadline: float | None, num_calls: int) -> float:
            """Seconds that a call would be late if so many take turns."""
            if deadline is None:
                return 0.0
            return max(0.0, (urgent + seconds * num_calls) * _SPARE - (deadline - now))

        if not same and not urgent:
            return None
        late = late_by(own, ticket.deadline, len(same) + 1)
        for other in same:
            left = self._left(other) / rate
            if not late_by(left, other.deadline, len(same)):
                late = max(late, late_by(left, other.deadline, len(same) + 1))
        if not late:
            return None
        message = f"too much is ahead for the time that is left ({len(same):,} calls of {ticket.priority.name})"
        return QueueFull(message, max(LEAST_RETRY_SECONDS, late)), "deadline"

    @property
    def _cost(self) -> float:
        """Tokens that the device reads and writes for an estimated one, as known from the calls that ended.

        Instructions and repairs are not in an estimate, and what comes from the cache is.
        """
        return self._ended_tokens / self._ended_estimates if self._ended_tokens else 1.0

    def _left(self, ticket: Ticket) -> float:
        """Tokens that the device will read and write for a call from now on."""
        return max(0.0, ticket.estimated_tokens * self._cost - ticket.done_tokens)

    def _seconds_until_room(self, ticket: Ticket) -> float:
        """When enough of the calls inside will have ended, if the device goes on as measured and they take turns."""
        rate = self._rate.estimate
        left = sorted((self._left(other), other.estimated_tokens) for other in self._tickets)
        seconds = reached = 0.0
        room = self._max_tokens * _SHARE[ticket.priority] - self._outstanding
        for index, (tokens_left, estimated_tokens) in enumerate(left):
            # Those that are left share the device until the next of them ends.
            seconds += (tokens_left - reached) * (len(left) - index) / rate
            reached = tokens_left
            room += estimated_tokens
            if ticket.estimated_tokens <= room:
                break
        return max(LEAST_RETRY_SECONDS, seconds)

    def _take(self, ticket: Ticket) -> Refusal | None:
        """Take room for a call, or say what keeps it out."""
        refusal = self._why_not(ticket)
        if refusal is None:
            self._tickets.add(ticket)
            self._outstanding += ticket.estimated_tokens
            self._quotas.take(ticket.caller, ticket.estimated_tokens)
            self._publish()
        return refusal

    def _publish(self) -> None:
        self._metrics.queue_tokens.set(self._outstanding)
        if self._tickets:
            self._empty.clear()
        else:
            self._empty.set()
