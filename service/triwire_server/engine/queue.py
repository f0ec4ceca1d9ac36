"""Waiting sequences in the order in which they are to run."""

import heapq
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from triwire_server.engine.sequence import InvariantBroken, Sequence
from triwire_server.segment import Priority

AGEING_SECONDS = 30.0
"""A sequence that has waited this long moves up one priority class, and again after as long: BULK never starves."""

_MAX_AGEING_PER_STEP = 64
"""Requests that move up in one step at most, so that thousands that came together do not make a step wait."""

_LaneKey = tuple[Priority, str]


@dataclass(slots=True, eq=False)
class _Lane:
    """What waits of one request in one priority class, oldest first."""

    priority: Priority
    request_id: str
    level: Priority
    """The class that it runs with: above `priority` once its first sequence has aged."""

    # An ordered dict takes out any of its entries, and finds its first, in constant time; a deque and a dict do not.
    sequences: OrderedDict[int, Sequence] = field(default_factory=OrderedDict)
    ages_at: float | None = None
    """When it moves up a level; None: it is at the highest."""

    @property
    def key(self) -> _LaneKey:
        return self.priority, self.request_id

    @property
    def has_aged(self) -> bool:
        return self.level is not self.priority

    @property
    def first(self) -> Sequence:
        return next(iter(self.sequences.values()))


class WaitingQueue:
    """Sequences by priority class; inside a class the requests take turns, one sequence each.

    Adding, taking and discarding a sequence take the same short time however many wait. It belongs to the scheduler's
    thread.
    """

    def __init__(self, ageing_seconds: float = AGEING_SECONDS) -> None:
        self._ageing_seconds = ageing_seconds
        self._sequences: OrderedDict[int, Sequence] = OrderedDict()
        """All of them, oldest first."""

        self._counts: Counter[Priority] = Counter()
        self._lanes: dict[_LaneKey, _Lane] = {}
        self._turns: dict[tuple[Priority, bool], OrderedDict[_LaneKey, _Lane]] = {
            (level, has_aged): OrderedDict() for level in Priority for has_aged in (False, True)
        }
        """Lanes by level and whether they moved up to it, the one whose turn it is first."""

        self._ageing: list[tuple[float, int, _LaneKey]] = []
        """When the first sequence of a lane ages, by time; of no use once that sequence is no longer the first."""

    def __len__(self) -> int:
        return len(self._sequences)

    def __iter__(self) -> Iterator[Sequence]:
        return iter(self._sequences.values())

    def __contains__(self, sequence: Sequence) -> bool:
        return sequence.number in self._sequences

    @property
    def oldest(self) -> Sequence | None:
        """The sequence that was added first; None if nothing waits."""
        return next(iter(self._sequences.values()), None)

    def count(self, priority: Priority) -> int:
        """Waiting sequences of a priority, whichever class they moved up to."""
        return self._counts[priority]

    def oldest_arrival(self, priority: Priority) -> float | None:
        """When the sequence of a priority arrived that waits longest; None if none does. Looks at every request."""
        arrivals = (lane.first.arrival for lane in self._lanes.values() if lane.priority is priority)
        return min(arrivals, default=None)

    def add(self, sequence: Sequence) -> None:
        """Put a sequence behind those of its request."""
        self._sequences[sequence.number] = sequence
        self._enter_lane(sequence)

    def take(self, sequences: Iterable[Sequence]) -> None:
        """Take out sequences that have got their turn; the turn goes to the next request of their class."""
        for sequence in sequences:
            self.discard(sequence)
            lane = self._lanes.get((sequence.priority, sequence.request_id))
            if lane is not None:
                self._turns[lane.level, lane.has_aged].move_to_end(lane.key)

    def discard(self, sequence: Sequence) -> bool:
        """Take out a sequence wherever it stands; whether it waited."""
        if self._sequences.pop(sequence.number, None) is None:
            return False
        self._leave_lane(sequence)
        return True

    def move(self, sequence: Sequence, priority: Priority, request_id: str) -> None:
        """Let a waiting sequence wait with those of another request and class. It keeps its age."""
        self._leave_lane(sequence)
        sequence.priority, sequence.request_id = priority, request_id
        self._enter_lane(sequence)

    def in_order(self, now: float) -> Iterator[Sequence]:
        """All sequences, the next to run first. Nothing is removed; who reads the first few pays for those alone.

        Args:
            now: monotonic seconds, for ageing.
        """
        self._age(now)
        for level in Priority:
            for has_aged in (False, True):
                yield from _in_turns(self._turns[level, has_aged])

    def check_invariants(self) -> None:
        """Compare the books with each other.

        Raises:
            InvariantBroken: they do not agree.
        """
        of_lanes: Counter[int] = Counter()
        counts: Counter[Priority] = Counter()
        for key, lane in self._lanes.items():
            if key != lane.key or self._turns[lane.level, lane.has_aged].get(key) is not lane or not lane.sequences:
                raise InvariantBroken("a lane of the queue is empty or stands in the wrong place")
            of_lanes.update(lane.sequences.keys())
            counts[lane.priority] += len(lane.sequences)
        if of_lanes != Counter(self._sequences.keys()):
            raise InvariantBroken(f"{len(self._sequences)} sequences wait, and the lanes hold {of_lanes.total()}")
        if sum(map(len, self._turns.values())) != len(self._lanes):
            raise InvariantBroken("a lane of the queue has two turns")
        if any(self._counts[priority] != counts[priority] for priority in Priority):
            raise InvariantBroken("the counts of waiting sequences by priority are wrong")
        if not self._sequences and self._ageing:
            raise InvariantBroken("something ages, and nothing waits")

    def _enter_lane(self, sequence: Sequence) -> None:
        self._counts[sequence.priority] += 1
        key = (sequence.priority, sequence.request_id)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(*key, level=sequence.priority)
            self._turns[lane.level, False][key] = lane
        lane.sequences[sequence.number] = sequence
        if len(lane.sequences) == 1:
            self._watch_age(lane)

    def _leave_lane(self, sequence: Sequence) -> None:
        self._counts[sequence.priority] -= 1
        lane = self._lanes[sequence.priority, sequence.request_id]
        was_first = lane.first is sequence
        del lane.sequences[sequence.number]
        if not lane.sequences:
            del self._lanes[lane.key]
            del self._turns[lane.level, lane.has_aged][lane.key]
            if not self._lanes:
                self._ageing.clear()
        elif was_first:
            # The next one may be younger: it ages by itself.
            if lane.has_aged:
                self._set_level(lane, lane.priority)
            self._watch_age(lane)

    def _age(self, now: float) -> None:
        for _ in range(_MAX_AGEING_PER_STEP):
            if not self._ageing or self._ageing[0][0] > now:
                return
            due, number, key = heapq.heappop(self._ageing)
            lane = self._lanes.get(key)
            # A sequence that left and came back is entered twice.
            if lane is not None and lane.first.number == number and lane.ages_at == due:
                self._set_level(lane, Priority(lane.level - 1))
                self._watch_age(lane, due)

    def _watch_age(self, lane: _Lane, since: float | None = None) -> None:
        lane.ages_at = None
        if lane.level > Priority.INTERACTIVE:
            lane.ages_at = (lane.first.arrival if since is None else since) + self._ageing_seconds
            heapq.heappush(self._ageing, (lane.ages_at, lane.first.number, lane.key))

    def _set_level(self, lane: _Lane, level: Priority) -> None:
        del self._turns[lane.level, lane.has_aged][lane.key]
        lane.level = level
        self._turns[lane.level, lane.has_aged][lane.key] = lane


def _in_turns(lanes: OrderedDict[_LaneKey, _Lane]) -> Iterator[Sequence]:
    """The first sequence of each lane, then the second of each, and so on."""
    queues = []
    for lane in lanes.values():
        queue = iter(lane.sequences.values())
        yield next(queue)
        queues.append(queue)
    while queues:
        still = []
        for queue in queues:
            sequence = next(queue, None)
            if sequence is not None:
                yield sequence
                still.append(queue)
        queues = still
