"""Waiting sequences in the order in which they are to run."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Sequence

AGEING_SECONDS = 30.0
"""A sequence that has waited this long moves up one priority class, and again after as long: BULK never starves."""


class WaitingQueue:
    """Sequences by priority class; inside a class the requests take turns, one sequence each.

    It belongs to the scheduler's thread.
    """

    def __init__(self, ageing_seconds: float = AGEING_SECONDS) -> None:
        self._ageing_seconds = ageing_seconds
        self._classes: dict[Priority, OrderedDict[str, deque[Sequence]]] = {p: OrderedDict() for p in Priority}

    def __len__(self) -> int:
        return sum(len(waiting) for requests in self._classes.values() for waiting in requests.values())

    def __iter__(self) -> Iterator[Sequence]:
        for requests in self._classes.values():
            for waiting in requests.values():
                yield from waiting

    def add(self, sequence: Sequence) -> None:
        """Put a sequence behind those of its request."""
        self._classes[sequence.priority].setdefault(sequence.request_id, deque()).append(sequence)

    def remove(self, unwanted: set[Sequence]) -> None:
        """Take sequences out, wherever they stand."""
        for requests in self._classes.values():
            for request_id in list(requests):
                requests[request_id] = deque(s for s in requests[request_id] if s not in unwanted)
                if not requests[request_id]:
                    del requests[request_id]

    def in_order(self, now: float) -> Iterator[Sequence]:
        """All sequences, the next to run first. Nothing is removed.

        Args:
            now: monotonic seconds, for ageing.
        """
        for level in Priority:
            lanes = [
                (waiting, priority)
                for priority, requests in self._classes.items()
                for waiting in requests.values()
                if self._level(waiting[0], priority, now) == level
            ]
            # Oldest request first, then in turns: the n-th sequence of each request before the n+1-th of any.
            lanes.sort(key=lambda lane: (lane[1] != level, lane[0][0].arrival, lane[0][0].number))
            queues = [iter(waiting) for waiting, _ in lanes]
            while queues:
                still = []
                for queue in queues:
                    sequence = next(queue, None)
                    if sequence is not None:
                        yield sequence
                        still.append(queue)
                queues = still

    def count(self, priority: Priority) -> int:
        """Waiting sequences that came in with a priority."""
        return sum(len(waiting) for waiting in self._classes[priority].values())

    def _level(self, first: Sequence, priority: Priority, now: float) -> int:
        classes_up = int((now - first.arrival) / self._ageing_seconds)
        return max(Priority.INTERACTIVE, priority - classes_up)
