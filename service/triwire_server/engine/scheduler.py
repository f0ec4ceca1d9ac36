"""Which sequences the device works on next. A pure object: no device, no thread, the clock is passed in."""

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from triwire_server.engine.models.base import Progress
from triwire_server.engine.queue import AGEING_SECONDS, WaitingQueue
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Batch, Pool, RunAgain, Sequence, State
from triwire_server.errors import DeadlineExceeded, TriwireError

NARROWEST_POOL = 128
"""Input tokens of the sequences in the narrowest pool; each wider one takes sequences of up to four times as many.
A long article among headlines would make each of them pay for its width."""

_OLDEST_LEADS_EVERY = 4
"""Every so many joins the oldest sequence is first if it has aged: a steady flow of more urgent work would keep it out
in spite of its ageing."""

_RESERVED_SHARE = 16
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

    Each step works on one pool: sequences of one model and of similar length. Pools with running sequences take turns.

    Args:
        max_batch_tokens: input tokens that one step may read of sequences that join, shared instructions not counted;
            it bounds how long the running ones stall. A longer sequence joins alone.
        max_batch_sequences: slots; sequences that run at once.
        max_slot_tokens: tokens that the running sequences may come to hold, which bounds memory. A sequence for more
            runs alone.
        clock: monotonic seconds.
        ageing_seconds: see `AGEING_SECONDS`.
    """

    def __init__(
        self,
        *,
        max_batch_tokens: int,
        max_batch_sequences: int,
        max_slot_tokens: int,
        clock: Callable[[], float],
        ageing_seconds: float = AGEING_SECONDS,
    ) -> None:
        self.max_batch_tokens = max_batch_tokens
        self.max_batch_sequences = max_batch_sequences
        self.max_slot_tokens = max_slot_tokens
        self._clock = clock
        self._ageing_seconds = ageing_seconds
        self._queue = WaitingQueue(ageing_seconds)
        self._running: dict[Pool, list[Sequence]] = {}
        self._again: deque[_Half] = deque()
        """Halves of batches that raised; each runs in a pool of its own until the sequence at fault is alone."""

        self._served: dict[Pool, int] = {}
        """Number of the last batch of each pool."""

        self._num_joins = 0
        self._batch_numbers = itertools.count(1)
        self._quarantine_numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._queue) + self.num_running + sum(len(half.sequences) for half in self._again)

    @property
    def num_running(self) -> int:
        """Sequences that have a slot."""
        return sum(len(sequences) for sequences in self._running.values())

    def add(self, sequence: Sequence) -> None:
        """Let a sequence wait for its turn."""
        self._queue.add(sequence)

    def num_waiting(self, priority: Priority) -> int:
        """Waiting sequences of a priority."""
        return self._queue.count(priority)

    def schedule(self) -> Batch | None:
        """The next step: a pool, what runs in it and what joins it; None if nothing waits or runs.

        Cancelled and expired sequences are finished first, also those that run: their slots are free at once.
        """
        now = self._clock()
        self._drop_unwanted(now)
        plan = self._plan(now)
        if not plan and not self._running:
            return None
        turn = min([*plan, *self._running], key=lambda pool: self._served.get(pool, 0))
        joining = plan.get(turn, [])
        number = next(self._batch_numbers)
        self._served[turn] = number
        running = tuple(self._running.get(turn, ()))
        self._start(turn, joining, now)
        return Batch(number, turn, running, tuple(joining), frozenset(self._running))

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
                finish(sequence, outcome)
            else:
                sequence.token_ids += outcome.token_ids
                if outcome.has_ended:
                    finish(sequence)
        middle = len(again) // 2
        for half in (again[:middle], again[middle:]):
            if half:
                pool = replace(batch.pool, quarantine=next(self._quarantine_numbers))
                self._again.append(_Half(pool, half, alone))
        self._keep(lambda sequence: sequence.state is State.RUNNING)

    def fail_all(self, error: Exception) -> None:
        """Finish everything that waits or runs with a failure."""
        everything = list(self._everything())
        self._queue.remove(set(everything))
        self._running.clear()
        self._again.clear()
        for sequence in everything:
            finish(sequence, error)

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
            self._num_joins += 1
            self._queue.remove(set(joining))
        for sequence in joining:
            sequence.state = State.RUNNING
            sequence.first_batch = now if sequence.first_batch is None else sequence.first_batch
        if joining:
            self._running.setdefault(pool, []).extend(joining)

    def _plan(self, now: float) -> dict[Pool, list[Sequence]]:
        """The sequences that are to get the free slots, by pool."""
        if self._again:
            half = self._again[0]
            return {} if half.alone and self._running else {half.pool: list(half.sequences)}
        if self.num_running >= self.max_batch_sequences or not len(self._queue):
            return {}
        waiting = list(self._queue.in_order(now))
        first = self._pick_first(waiting, now)
        return self._fill([first, *(sequence for sequence in waiting if sequence is not first)])

    def _fill(self, waiting: list[Sequence]) -> dict[Pool, list[Sequence]]:
        """As many of the waiting sequences, in their order, as there are slots for and each pool may read in a step."""
        plan: dict[Pool, list[Sequence]] = {}
        read: Counter[Pool] = Counter()
        reserved = self.max_batch_sequences // _RESERVED_SHARE
        of_request = Counter(sequence.request_id for sequences in self._running.values() for sequence in sequences)
        held = sum(_slot_tokens(sequence, pool) for pool, sequences in self._running.items() for sequence in sequences)
        num_running = self.num_running
        for sequence in waiting:
            if num_running >= self.max_batch_sequences:
                break
            is_urgent = sequence.priority is Priority.INTERACTIVE
            if (not is_urgent and num_running >= self.max_batch_sequences - reserved) or of_request[
                sequence.request_id
            ] >= self.max_batch_sequences - 2 * reserved:
                continue
            pool = pool_of(sequence)
            to_read = sequence.prompt.num_tokens
            if pool in plan and read[pool] + to_read > self.max_batch_tokens:
                continue
            if num_running and held + _slot_tokens(sequence, pool) > self.max_slot_tokens:
                # Nothing smaller passes it, or it might never find room.
                break
            plan.setdefault(pool, []).append(sequence)
            read[pool] += to_read
            of_request[sequence.request_id] += 1
            held += _slot_tokens(sequence, pool)
            num_running += 1
        return plan

    def _pick_first(self, waiting: list[Sequence], now: float) -> Sequence:
        oldest = min(waiting, key=lambda sequence: (sequence.arrival, sequence.number))
        has_aged = now - oldest.arrival >= self._ageing_seconds
        return oldest if has_aged and self._num_joins % _OLDEST_LEADS_EVERY == 0 else waiting[0]

    def _drop_unwanted(self, now: float) -> None:
        unwanted: dict[Sequence, TriwireError | None] = {}
        for sequence in self._everything():
            if sequence.is_cancelled:
                unwanted[sequence] = None
            elif sequence.deadline is not None and sequence.deadline <= now:
                unwanted[sequence] = DeadlineExceeded()
        if not unwanted:
            return
        self._queue.remove(set(unwanted))
        self._keep(lambda sequence: sequence not in unwanted)
        for half in self._again:
            half.sequences[:] = [sequence for sequence in half.sequences if sequence not in unwanted]
        self._again = deque(half for half in self._again if half.sequences)
        for sequence, error in unwanted.items():
            finish(sequence, error)

    def _keep(self, is_wanted: Callable[[Sequence], bool]) -> None:
        """Take the slots of all others."""
        for pool, sequences in list(self._running.items()):
            sequences[:] = filter(is_wanted, sequences)
            if not sequences:
                del self._running[pool]
                if pool.quarantine:
                    self._served.pop(pool, None)


def pool_of(sequence: Sequence) -> Pool:
    """The pool that a sequence belongs to by its model and length."""
    width = NARROWEST_POOL
    while width < len(sequence.prompt.input_ids):
        width *= 4
    return Pool(sequence.model_name, width)


def _slot_tokens(sequence: Sequence, pool: Pool) -> int:
    """Tokens that a slot may come to hold; its input is padded to those of its pool."""
    return pool.width + sequence.prompt.max_new_tokens


def finish(sequence: Sequence, error: Exception | None = None) -> None:
    """End a sequence and tell whoever waits for it; one that has ended already stays as it is."""
    if sequence.state is State.FINISHED:
        return
    sequence.state = State.FINISHED
    sequence.error = error
    sequence.on_finish(sequence)
