"""Who is let in: the work ahead of a call by its priority, its deadline and its caller, and when to come back."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from triwire_server.callers import ANYONE, Caller
from triwire_server.engine.drain_rate import Rate
from triwire_server.engine.quotas import Quotas
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.engine.work_shares import WorkShares
from triwire_server.errors import DeadlineExceeded, QueueFull, QuotaExceeded, RetryableError, ShuttingDown
from triwire_server.metrics import Metrics

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

_PAUSE_SECONDS = 0.05
"""Those who wait for room are looked at this often while calls make progress; at once when one ends."""

MOST_PROMISED_SECONDS = 60.0
"""Work of callers that were sent away is expected back for this long at most: some never come."""


@dataclass(slots=True, eq=False)
class Ticket:
    """The room of one admitted call."""

    estimated_tokens: int
    priority: Priority = Priority.STANDARD
    caller: Caller = ANYONE
    deadline: float | None = None
    """Monotonic seconds."""

    done_tokens: int = 0
    """What the device has read and written for it."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A call that wants in."""

    tokens: int
    priority: Priority
    deadline: float | None
    caller: Caller


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
        self._promised = dict.fromkeys(Priority, 0.0)
        """Seconds of work, by priority, that was sent away and will come back."""

        self._promised_since = clock()
        self._waiting: list[tuple[int, int, _Wish, asyncio.Future[Ticket]]] = []
        self._numbers = itertools.count()
        self._look_again: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def enter(
        self, tokens: int, priority: Priority, deadline: float | None, caller: Caller = ANYONE, *, wait: bool
    ) -> Ticket:
        """Take room for a call, see `Engine.admit`."""
        wish = _Wish(tokens, priority, deadline, caller)
        if deadline is not None and deadline <= self._clock():
            self._metrics.admission_refusals.labels(priority.name, "deadline").inc()
            raise DeadlineExceeded
        if wait:
            return await self._wait_for_room(wish)
        self._refuse(wish)
        return self._take(wish)

    def check(self, tokens: int, priority: Priority, deadline: float | None, caller: Caller = ANYONE) -> None:
        """Refuse a call before its work is known, see `Engine.check_room`."""
        if deadline is not None and deadline <= self._clock():
            self._metrics.admission_refusals.labels(priority.name, "deadline").inc()
            raise DeadlineExceeded
        self._refuse(_Wish(tokens, priority, deadline, caller))

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
        self._let_in()
        self._publish()

    def progress(self, ticket: Ticket, tokens: int) -> None:
        """Count what the device has read and written for a call, and let waiting ones in."""
        ticket.done_tokens += tokens
        self._shares.add(ticket.priority, tokens)
        if self._waiting:
            self._let_in_after(_PAUSE_SECONDS)

    def close(self) -> None:
        """Let in nobody who waits: they are told that the engine stops."""
        waiting, self._waiting = self._waiting, []
        for *_, turn in waiting:
            if not turn.done():
                turn.set_exception(ShuttingDown())
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

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
        if not self._tickets and any(self._why_not(wish) is None for *_, wish, _ in self._waiting):
            raise InvariantBroken("calls wait for room, and nobody is inside")

    def _refuse(self, wish: _Wish) -> None:
        """Raise what keeps a call out."""
        found = self._why_not(wish)
        if found is None:
            return
        error, reason = found
        self._metrics.admission_refusals.labels(wish.priority.name, reason).inc()
        if isinstance(error, QueueFull):
            error.retry_seconds += self._promise(wish) * _SPARE
        if isinstance(error, RetryableError):
            self._metrics.retry_delay_seconds.labels(wish.priority.name).observe(error.retry_seconds)
        raise error

    def _why_not(self, wish: _Wish) -> tuple[RetryableError | DeadlineExceeded, str] | None:
        """What keeps a call out, and its name in the metrics; None: nothing does."""
        return self._above_quota(wish) or self._queue_full(wish) or self._too_late(wish)

    def _above_quota(self, wish: _Wish) -> tuple[QuotaExceeded, str] | None:
        caller = wish.caller
        seconds = self._quotas.seconds_until(caller, wish.tokens)
        if seconds > 0:
            message = f"{caller.name} has used its {caller.max_tokens_per_minute:,} tokens a minute"
            return QuotaExceeded(message, max(LEAST_RETRY_SECONDS, seconds)), "quota"
        held = self._quotas.held(caller)
        if caller.max_queue_share >= 1.0 or not held:
            # What is larger than the share is let in alone.
            return None
        over = held + wish.tokens - self._capacity(wish.priority) * caller.max_queue_share
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

    def _queue_full(self, wish: _Wish) -> tuple[QueueFull, str] | None:
        # A call larger than the whole queue is let in alone, so that no valid article is refused for ever.
        if self._tickets and self._outstanding + wish.tokens > self._max_tokens * _SHARE[wish.priority]:
            message = f"the queue is full for {wish.priority.name} ({self._outstanding:,} tokens are ahead)"
            return QueueFull(message, self._seconds_until_room(wish)), "queue_full"
        rate = self._rate.when_full
        if rate is None or not self._max_seconds:
            return None
        seconds = sum(self._left(ticket) for ticket in self._ahead(wish.priority)) / rate
        if seconds <= self._max_seconds:
            return None
        message = f"the queue is full for {wish.priority.name} ({seconds:.0f} seconds are ahead)"
        return QueueFull(message, max(LEAST_RETRY_SECONDS, seconds - self._max_seconds)), "queue_full"

    def _too_late(self, wish: _Wish) -> tuple[QueueFull | DeadlineExceeded, str] | None:
        """Whether a call, or another one of its priority because of it, would be answered after its time."""
        rate = self._rate.when_full
        if rate is None:
            return None
        now = self._clock()
        own_tokens = wish.tokens * self._cost
        if wish.deadline is not None and own_tokens / rate > wish.deadline - now:
            return DeadlineExceeded("the work cannot be done before the deadline"), "deadline"
        # Work takes longer by what the device has to do for more urgent calls that come meanwhile.
        rate *= max(_LEAST_LEFT, 1.0 - self._shares.above(wish.priority) / rate)
        urgent = sum(self._left(t) for t in self._tickets if t.priority < wish.priority) / rate
        same = [ticket for ticket in self._tickets if ticket.priority == wish.priority]
        own = own_tokens / rate

        def late_by(seconds: float, deadline: float | None, num_calls: int) -> float:
            """Seconds that a call would be late if so many take turns."""
            if deadline is None:
                return 0.0
            return max(0.0, (urgent + seconds * num_calls) * _SPARE - (deadline - now))

        if not same and not urgent:
            return None
        late = late_by(own, wish.deadline, len(same) + 1)
        for ticket in same:
            left = self._left(ticket) / rate
            if not late_by(left, ticket.deadline, len(same)):
                late = max(late, late_by(left, ticket.deadline, len(same) + 1))
        if not late:
            return None
        message = f"too much is ahead for the time that is left ({len(same):,} calls of {wish.priority.name})"
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

    def _ahead(self, priority: Priority) -> Iterable[Ticket]:
        return (ticket for ticket in self._tickets if ticket.priority <= priority)

    def _promise(self, wish: _Wish) -> float:
        """Seconds that a refused call is to stay away longer than the one before it, so that not all come at once.

        Those that were told a time are expected then, and use the device as this call would.
        """
        now = self._clock()
        passed, self._promised_since = now - self._promised_since, now
        for priority, seconds in self._promised.items():
            self._promised[priority] = max(0.0, seconds - passed)
        promised = sum(seconds for priority, seconds in self._promised.items() if priority <= wish.priority)
        own = wish.tokens * self._cost / self._rate.estimate
        self._promised[wish.priority] = min(MOST_PROMISED_SECONDS, self._promised[wish.priority] + own)
        return promised

    def _seconds_until_room(self, wish: _Wish) -> float:
        """When enough of the calls inside will have ended, if the device goes on as measured and they take turns."""
        rate = self._rate.estimate
        left = sorted((self._left(ticket), ticket.estimated_tokens) for ticket in self._tickets)
        seconds = reached = 0.0
        room = self._max_tokens * _SHARE[wish.priority] - self._outstanding
        for index, (tokens_left, estimated_tokens) in enumerate(left):
            # Those that are left share the device until the next of them ends.
            seconds += (tokens_left - reached) * (len(left) - index) / rate
            reached = tokens_left
            room += estimated_tokens
            if wish.tokens <= room:
                break
        return max(LEAST_RETRY_SECONDS, seconds)

    def _let_in(self) -> None:
        """Give those who wait the room that there is, by priority and then in order.

        Nobody smaller passes a call that waits for room, or it might never find any. Whose caller has its share, or
        who comes too late, keeps nobody waiting.
        """
        still: list[tuple[int, int, _Wish, asyncio.Future[Ticket]]] = []
        is_full = False
        quota_seconds = []
        while self._waiting:
            entry = heapq.heappop(self._waiting)
            *_, wish, turn = entry
            if turn.done():
                continue
            if is_full:
                still.append(entry)
                continue
            found = self._why_not(wish)
            if found is None:
                turn.set_result(self._take(wish))
                continue
            error, reason = found
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
        self._let_in()

    def _take(self, wish: _Wish) -> Ticket:
        ticket = Ticket(wish.tokens, wish.priority, wish.caller, wish.deadline)
        self._tickets.add(ticket)
        self._outstanding += wish.tokens
        self._quotas.take(wish.caller, wish.tokens)
        self._publish()
        return ticket

    async def _wait_for_room(self, wish: _Wish) -> Ticket:
        turn: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (wish.priority, next(self._numbers), wish, turn))
        self._let_in()
        try:
            async with asyncio.timeout(None if wish.deadline is None else wish.deadline - self._clock()):
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
