"""Sequences by their deadline."""

import heapq

from triwire_server.engine.sequence import InvariantBroken, Sequence

_SLACK = 64
"""Entries of sequences that are gone that may stay beside as many of living ones."""


class Deadlines:
    """Sequences that have a deadline, so that the expired are found without looking at all.

    It belongs to the scheduler's thread.
    """

    def __init__(self) -> None:
        self._sequences: dict[int, Sequence] = {}
        self._heap: list[tuple[float, int]] = []
        """Deadlines and numbers; those of sequences that are gone or have another deadline by now are passed over."""

    def add(self, sequence: Sequence) -> None:
        """Watch a sequence; one without a deadline need not be watched."""
        if sequence.deadline is not None:
            self._sequences[sequence.number] = sequence
            heapq.heappush(self._heap, (sequence.deadline, sequence.number))

    def discard(self, sequence: Sequence) -> None:
        """Watch a sequence no longer, if it was."""
        self._sequences.pop(sequence.number, None)
        if len(self._heap) > 2 * len(self._sequences) + _SLACK:
            self._heap = [(s.deadline, s.number) for s in self._sequences.values() if s.deadline is not None]
            heapq.heapify(self._heap)

    def change(self, sequence: Sequence, deadline: float | None) -> None:
        """Give a sequence another deadline."""
        self.discard(sequence)
        sequence.deadline = deadline
        self.add(sequence)

    def expired(self, now: float) -> list[Sequence]:
        """Sequences whose deadline has come, the earliest first. They are watched no longer.

        Args:
            now: monotonic seconds.
        """
        found = []
        while self._heap and self._heap[0][0] <= now:
            deadline, number = heapq.heappop(self._heap)
            sequence = self._sequences.get(number)
            if sequence is not None and sequence.deadline == deadline:
                found.append(self._sequences.pop(number))
        return found

    def check_invariants(self, alive: set[Sequence]) -> None:
        """Compare with the sequences that wait or run.

        Raises:
            InvariantBroken: another one is watched, or one with a deadline is not.
        """
        expected = {sequence for sequence in alive if sequence.deadline is not None}
        if set(self._sequences.values()) != expected:
            raise InvariantBroken(f"{len(self._sequences)} deadlines are watched of {len(expected)}")
        watched = set(self._heap)
        if any((sequence.deadline, sequence.number) not in watched for sequence in expected):
            raise InvariantBroken("a deadline would never come")
