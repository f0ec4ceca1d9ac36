"""Which of the waiting sequences make the next batch. A pure object: no device, no thread, the clock is passed in."""

from collections.abc import Callable

from triwire_server.engine.queue import AGEING_SECONDS, WaitingQueue
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Batch, Sequence, State
from triwire_server.errors import DeadlineExceeded, TriwireError

_LENGTH_SPREAD = 1.5
"""Longest over shortest input in a batch, so that padding stays below a third of it."""

_OLDEST_LEADS_EVERY = 4
"""Every so many batches the oldest sequence leads if it has aged: what has another model or length than a steady flow
of more urgent work would not get into its batches, and starve in spite of its ageing."""


class Scheduler:
    """Forms one batch at a time: the most urgent sequence, and of those behind it the ones of similar length.

    Args:
        max_batch_tokens: input tokens of a batch, padding counted. A longer sequence runs alone.
        max_batch_sequences: sequences of a batch.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        max_batch_tokens: int,
        max_batch_sequences: int,
        clock: Callable[[], float],
        ageing_seconds: float = AGEING_SECONDS,
    ) -> None:
        self.max_batch_tokens = max_batch_tokens
        self.max_batch_sequences = max_batch_sequences
        self._clock = clock
        self._ageing_seconds = ageing_seconds
        self._num_batches = 0
        self._queue = WaitingQueue(ageing_seconds)

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, sequence: Sequence) -> None:
        """Let a sequence wait for its turn."""
        self._queue.add(sequence)

    def num_waiting(self, priority: Priority) -> int:
        """Waiting sequences of a priority."""
        return self._queue.count(priority)

    def schedule(self) -> Batch | None:
        """The next batch, its sequences RUNNING; None if nothing waits.

        Cancelled and expired sequences are finished first, without having run.
        """
        now = self._clock()
        self._drop_unwanted(now)
        waiting = list(self._queue.in_order(now))
        if not waiting:
            return None
        self._num_batches += 1
        first = self._pick_first(waiting, now)
        chosen = [first]
        shortest = longest = len(first.prompt.input_ids)
        for sequence in waiting:
            if len(chosen) >= self.max_batch_sequences:
                break
            if sequence is first:
                continue
            length = len(sequence.prompt.input_ids)
            low, high = min(shortest, length), max(longest, length)
            fits = high * (len(chosen) + 1) <= self.max_batch_tokens and high <= _LENGTH_SPREAD * low + 8
            if sequence.model_name == first.model_name and fits:
                chosen.append(sequence)
                shortest, longest = low, high
        self._queue.remove(set(chosen))
        for sequence in chosen:
            sequence.state = State.RUNNING
            sequence.first_batch = now
        chosen.sort(key=lambda sequence: len(sequence.prompt.input_ids))
        return Batch(first.model_name, tuple(chosen))

    def postprocess(self, batch: Batch, outcomes: list[list[int] | Exception]) -> None:
        """Finish the sequences of a batch with their token ids or their failures."""
        for sequence, outcome in zip(batch.sequences, outcomes, strict=True):
            if isinstance(outcome, Exception):
                finish(sequence, outcome)
            else:
                sequence.token_ids = outcome
                finish(sequence)

    def fail_all(self, error: Exception) -> None:
        """Finish everything that waits with a failure."""
        waiting = list(self._queue)
        self._queue.remove(set(waiting))
        for sequence in waiting:
            finish(sequence, error)

    def _pick_first(self, waiting: list[Sequence], now: float) -> Sequence:
        oldest = min(waiting, key=lambda sequence: (sequence.arrival, sequence.number))
        has_aged = now - oldest.arrival >= self._ageing_seconds
        return oldest if has_aged and self._num_batches % _OLDEST_LEADS_EVERY == 0 else waiting[0]

    def _drop_unwanted(self, now: float) -> None:
        unwanted: dict[Sequence, TriwireError | None] = {}
        for sequence in self._queue:
            if sequence.is_cancelled:
                unwanted[sequence] = None
            elif sequence.deadline is not None and sequence.deadline <= now:
                unwanted[sequence] = DeadlineExceeded()
        if unwanted:
            self._queue.remove(set(unwanted))
        for sequence, error in unwanted.items():
            finish(sequence, error)


def finish(sequence: Sequence, error: Exception | None = None) -> None:
    """End a sequence and tell whoever waits for it; one that has ended already stays as it is."""
    if sequence.state is State.FINISHED:
        return
    sequence.state = State.FINISHED
    sequence.error = error
    sequence.on_finish(sequence)
