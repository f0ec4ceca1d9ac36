"""Which sequences the device works on next. A pure object: no device, no thread, the clock is passed in."""

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from triwire_server.engine.deadlines import Deadlines
from triwire_server.engine.models.base import Progress
from triwire_server.engine.queue import AGEING_SECONDS, WaitingQueue
from triwire_server.engine.sequence import Batch, InvariantBroken, Pool, RunAgain, Sequence, State
from triwire_server.errors import DeadlineExceeded
from triwire_server.segment import Priority

NARROWEST_POOL = 128
"""Input tokens of the sequences in the narrowest pool; each wider one takes sequences of up to four times as many.
Where rows are padded, a long article among headlines would make each of them pay for its width."""

OLDEST_LEADS_EVERY = 4
"""After so many steps with joins the oldest sequence is first if it has aged, and no slot is kept from it, until it
joins: a steady flow of more urgent work would keep it out in spite of its ageing."""

LOOK_AHEAD = 256
"""Waiting sequences that a step considers at most, so that its cost does not grow with the queue."""

RESERVED_SHARE = 16
"""One slot in so many is kept for INTERACTIVE sequences, and as many again for requests other than the largest, so
that a headline does not wait for the segments of an article to end."""


@dataclass(slots=True)
class _Half:
    """Sequences of a batch that raised, which are to run again in a pool of their own."""

    pool: Pool
    sequences: list[Sequence]
    alone: bool
    """With nothing beside it on the device."""


class Scheduler:
    """Gives slots to waiting sequences at every step, and takes them back when a sequence ends.

    Each step works on one pool: sequences of one model, and of similar length where rows are padded. Pools with
    running sequences take turns.

    Args:
        max_batch_tokens: input tokens that one step may read of sequences that join, shared instructions not counted;
            it bounds how long the running ones stall. A longer sequence joins alone.
        max_batch_sequences: slots; sequences that run at once.
        max_slot_tokens: tokens that the running sequences may come to hold, which bounds memory. A sequence for more
            runs alone.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        max_batch_tokens: int,
        max_batch_sequences: int,
        max_slot_tokens: int,
        clock: Callable[[], float],
    ) -> None:
        self.max_batch_tokens = max_batch_tokens
        self.max_batch_sequences = max_batch_sequences
        self.max_slot_tokens = max_slot_tokens
        self._clock = clock
        self._queue = WaitingQueue()
        self._deadlines = Deadlines()
        self._running: dict[Pool, list[Sequence]] = {}
        self._again: deque[_Half] = deque()
        """Halves of batches that raised; each runs in a pool of its own until the sequence at fault is alone."""

        self._served: dict[Pool, int] = {}
        """Number of the last batch of each pool."""

        self._joins_since_oldest = 0
        """Steps with joins since the oldest sequence led."""

        self._batch_numbers = itertools.count(1)
        self._quarantine_numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._queue) + self.num_running + sum(len(half.sequences) for half in self._again)

    @property
    def num_running(self) -> int:
        """Sequences that have a slot."""
        return sum(len(sequences) for sequences in self._running.values())

    @property
    def num_slots(self) -> int:
        """Slots that are taken."""
        return sum(sequence.num_slots for sequences in self._running.values() for sequence in sequences)

    @property
    def num_slot_tokens(self) -> int:
        """Tokens that the slots that are taken may come to hold."""
        return sum(_slot_tokens(sequence, pool) for pool, sequences in self._running.items() for sequence in sequences)

    def oldest_arrival(self, priority: Priority) -> float | None:
        """See `WaitingQueue.oldest_arrival`."""
        return self._queue.oldest_arrival(priority)

    def add(self, sequence: Sequence) -> None:
        """Let a sequence wait for its turn."""
        self._queue.add(sequence)
        self._deadlines.add(sequence)

    def cancel(self, sequence: Sequence) -> None:
        """Finish a sequence that nobody wants any more; its slot is free at once. One that has ended stays as it is."""
        if sequence.state is not State.FINISHED:
            sequence.is_cancelled = True
            self._drop([sequence])
            sequence.finish()

    def change(self, sequence: Sequence, *, request_id: str, priority: Priority, deadline: float | None) -> None:
        """Let a sequence wait for someone else, from now on.

        Args:
            sequence: one that waits or runs; one that has ended stays as it is, and a slot stays where it is.
            request_id: whose turns it takes.
            priority: the class it waits in.
            deadline: monotonic seconds after which nobody wants it; None: no limit.
        """
        if sequence.state is State.FINISHED:
            return
        self._deadlines.change(sequence, deadline)
        if sequence in self._queue and (sequence.request_id, sequence.priority) != (request_id, priority):
            self._queue.move(sequence, priority, request_id)

    def num_waiting(self, priority: Priority) -> int:
        """Waiting sequences of a priority."""
        return self._queue.count(priority)

    def schedule(self) -> Batch | None:
        """The next step: a pool, what runs in it and what joins it; None if nothing waits or runs.

        Expired sequences are finished first, also those that run: their slots are free at once.
        """
        now = self._clock()
        self._drop_expired(now)
        plan = self._plan(now)
        if not plan and not self._running:
            return None
        turn = min([*plan, *self._running], key=lambda pool: self._served.get(pool, 0))
        joining = plan.get(turn, [])
        number = next(self._batch_numbers)
        self._served[turn] = number
        running = tuple(self._running.get(turn, ()))
        self._start(turn, joining, now)
        return Batch(number, turn, running, tuple(joining), frozenset(self._running), self.num_slots)

    def postprocess(self, batch: Batch, outcomes: list[Progress | Exception]) -> None:
        """Give the sequences of a batch their tokens, and finish those that ended or failed.

        Args:
            batch: as scheduled.
            outcomes: for each of `batch.sequences` what it wrote or why it could not; `RunAgain` for a sequence whose
                batch raised beside others.
        """
        again: list[Sequence] = []
        alone = False
        for sequence, outcome in zip(batch.sequences, outcomes, strict=True):
            if isinstance(outcome, RunAgain):
                # From its start: decoding is deterministic, so that nothing but time is lost.
                sequence.token_ids.clear()
                sequence.state = State.WAITING
                again.append(sequence)
                alone = alone or outcome.alone
            elif isinstance(outcome, Exception):
                sequence.finish(outcome)
            else:
                sequence.token_ids += outcome.token_ids
                if outcome.has_ended:
                    sequence.finish()
        middle = len(again) // 2
        for half in (again[:middle], again[middle:]):
            if half:
                pool = replace(batch.pool, quarantine=next(self._quarantine_numbers))
                self._again.append(_Half(pool, half, alone))
        self._keep(lambda sequence: sequence.state is State.RUNNING)
        for sequence in batch.sequences:
            if sequence.state is State.FINISHED:
                self._deadlines.discard(sequence)

    def fail_all(self, error: Exception) -> None:
        """Finish everything that waits or runs with a failure, and begin anew."""
        everything = list(self._everything())
        self._queue = WaitingQueue()
        self._deadlines = Deadlines()
        self._running.clear()
        self._again.clear()
        self._served.clear()
        for sequence in everything:
            sequence.finish(error)

    def check_invariants(self) -> None:
        """Compare the books with each other, between two steps.

        Raises:
            InvariantBroken: they do not agree; names what.
        """
        everything = list(self._everything())
        alive = set(everything)
        if len(alive) != len(everything):
            raise InvariantBroken("a sequence has two places")
        for pool, sequences in self._running.items():
            if not sequences:
                raise InvariantBroken("a pool is kept, and nothing runs in it")
            for sequence in sequences:
                if sequence.state is not State.RUNNING:
                    raise InvariantBroken(f"a slot is held by sequence {sequence.number}, which is {sequence.state}")
                if pool_of(sequence) != replace(pool, quarantine=0):
                    raise InvariantBroken(f"sequence {sequence.number} runs in the pool of others")
        for sequence in [*self._queue, *(sequence for half in self._again for sequence in half.sequences)]:
            if sequence.state is not State.WAITING:
                raise InvariantBroken(f"sequence {sequence.number} waits, and is {sequence.state}")
        if any(pool.quarantine and pool not in self._running for pool in self._served):
            raise InvariantBroken("the turn of a pool is kept, and the pool is gone")
        self._queue.check_invariants()
        self._deadlines.check_invariants(alive)

    def _everything(self) -> Iterable[Sequence]:
        yield from self._queue
        for sequences in self._running.values():
            yield from sequences
        for half in self._again:
            yield from half.sequences

    def _start(self, pool: Pool, joining: list[Sequence], now: float) -> None:
        if self._again and self._again[0].pool == pool:
            self._again.popleft()
        elif joining:
            leader = self._leader(now)
            self._joins_since_oldest = 0 if leader in joining else self._joins_since_oldest + 1
            self._queue.take(joining)
        for sequence in joining:
            sequence.state = State.RUNNING
            if sequence.started is None:
                sequence.started = now
        if joining:
            self._running.setdefault(pool, []).extend(joining)

    def _plan(self, now: float) -> dict[Pool, list[Sequence]]:
        """The sequences that are to get the free slots, by pool."""
        if self._again:
            half = self._again[0]
            return {} if half.alone and self._running else {half.pool: list(half.sequences)}
        if self.num_slots >= self.max_batch_sequences:
            return {}
        leader = self._leader(now)
        waiting = (sequence for sequence in self._queue.in_order(now) if sequence is not leader)
        return self._fill(leader, itertools.islice(waiting, LOOK_AHEAD))

    def _leader(self, now: float) -> Sequence | None:
        """The oldest sequence, if it has aged and others joined often enough before it."""
        oldest = self._queue.oldest
        if oldest is None or now - oldest.arrival < AGEING_SECONDS:
            return None
        return oldest if self._joins_since_oldest >= OLDEST_LEADS_EVERY - 1 else None

    def _fill(self, leader: Sequence | None, waiting: Iterator[Sequence]) -> dict[Pool, list[Sequence]]:
        """As many of the waiting sequences, in their order, as there are slots for and each pool may read in a step."""
        plan: dict[Pool, list[Sequence]] = {}
        read: Counter[Pool] = Counter()
        reserved = self.max_batch_sequences // RESERVED_SHARE
        of_request: Counter[str] = Counter()
        for sequence in itertools.chain(*self._running.values()):
            of_request[sequence.request_id] += sequence.num_slots
        held = self.num_slot_tokens
        num_slots = of_request.total()
        for sequence in itertools.chain([] if leader is None else [leader], waiting):
            if num_slots >= self.max_batch_sequences:
                break
            if num_slots and sequence is not leader and self._is_kept_from(sequence, num_slots, of_request, reserved):
                continue
            pool = pool_of(sequence)
            to_read = sequence.prompt.num_tokens
            if pool in plan and read[pool] + to_read > self.max_batch_tokens:
                continue
            slots, tokens = sequence.num_slots, _slot_tokens(sequence, pool)
            if num_slots and (num_slots + slots > self.max_batch_sequences or held + tokens > self.max_slot_tokens):
                # Nothing smaller passes it, or it might never find room.
                break
            plan.setdefault(pool, []).append(sequence)
            read[pool] += to_read
            of_request[sequence.request_id] += slots
            held += tokens
            num_slots += slots
        return plan

    def _is_kept_from(self, sequence: Sequence, num_slots: int, of_request: Counter[str], reserved: int) -> bool:
        """Whether the slots that are left are kept for others: for INTERACTIVE ones, or for other requests."""
        # By the slots that are taken, not by those that it needs: all that take one would pass what takes several.
        if of_request[sequence.request_id] >= self.max_batch_sequences - 2 * reserved:
            return True
        return sequence.priority is not Priority.INTERACTIVE and num_slots >= self.max_batch_sequences - reserved

    def _drop_expired(self, now: float) -> None:
        expired = self._deadlines.expired(now)
        if expired:
            self._drop(expired)
            for sequence in expired:
                sequence.finish(DeadlineExceeded())

    def _drop(self, unwanted: Iterable[Sequence]) -> None:
        """Take sequences out, wherever they stand."""
        placed = set()
        for sequence in unwanted:
            self._deadlines.discard(sequence)
            if not self._queue.discard(sequence):
                placed.add(sequence)
        if not placed:
            return
        self._keep(lambda sequence: sequence not in placed)
        for half in self._again:
            half.sequences[:] = [sequence for sequence in half.sequences if sequence not in placed]
        self._again = deque(half for half in self._again if half.sequences)

    def _keep(self, is_wanted: Callable[[Sequence], bool]) -> None:
        """Take the slots of all others."""
        for pool, sequences in list(self._running.items()):
            sequences[:] = filter(is_wanted, sequences)
            if not sequences:
                del self._running[pool]
                if pool.quarantine:
                    self._served.pop(pool, None)


def pool_of(sequence: Sequence) -> Pool:
    """The pool that a sequence belongs to by its model and, where rows are padded, by its length."""
    if not sequence.prompt.is_padded:
        return Pool(sequence.model_name, 0)
    width = NARROWEST_POOL
    while width < len(sequence.prompt.input_ids):
        width *= 4
    return Pool(sequence.model_name, width)


def _slot_tokens(sequence: Sequence, pool: Pool) -> int:
    """Tokens that the slots of a sequence may come to hold; padded, a slot has room for any input of its pool."""
    return sequence.num_slots * ((pool.width or len(sequence.prompt.input_ids)) + sequence.prompt.max_new_tokens)
