"""What holds for the scheduler whatever happens: drawn histories, without a model."""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.service.engine.test_scheduler import BULK, INTERACTIVE, STANDARD, Desk, written
from triwire_server.engine.models.base import Progress, Prompt
from triwire_server.engine.scheduler import NARROWEST_POOL, pool_of
from triwire_server.engine.sequence import Batch, InvariantBroken, Pool, RunAgain, Sequence, State
from triwire_server.errors import DeadlineExceeded, InferenceFailed
from triwire_server.segment import Priority

REQUESTS = ["a", "b", "c", "d"]
MODELS = ["m@1", "n@1"]


class History(RuleBasedStateMachine):
    """Arrivals, changes of mind, time and failures in any order, with everything checked after each step."""

    @initialize(
        slots=st.sampled_from([1, 2, 5, 16, 33]),
        batch_tokens=st.integers(1, 400),
        slot_tokens=st.integers(1, 3_000),
    )
    def begin(self, slots: int, batch_tokens: int, slot_tokens: int) -> None:
        self.desk = Desk(max_batch_tokens=batch_tokens, max_batch_sequences=slots, max_slot_tokens=slot_tokens)
        self.known: list[Sequence] = []
        self.cancelled: set[Sequence] = set()
        self.late: set[Sequence] = set()
        self.failed: set[Sequence] = set()

    def alive(self) -> list[Sequence]:
        return [sequence for sequence in self.known if sequence.state is not State.FINISHED]

    def tokens_held(self) -> int:
        running = [sequence for sequence in self.known if sequence.state is State.RUNNING]
        return sum(
            s.num_slots * ((pool_of(s).width or len(s.prompt.input_ids)) + s.prompt.max_new_tokens) for s in running
        )

    @rule(
        number=st.integers(1, 6),
        length=st.integers(1, 700),
        priority=st.sampled_from(Priority),
        request_id=st.sampled_from(REQUESTS),
        model=st.sampled_from(MODELS),
        seconds=st.none() | st.floats(0, 90),
        tokens=st.integers(1, 5),
        beams=st.sampled_from([1, 1, 1, 2, 4]),
        is_padded=st.booleans(),
    )
    def arrive(
        self,
        number: int,
        length: int,
        priority: Priority,
        request_id: str,
        model: str,
        seconds: float | None,
        tokens: int,
        beams: int,
        is_padded: bool,
    ) -> None:
        for _ in range(number):
            deadline = None if seconds is None else self.desk.now + seconds
            sequence = self.desk.add(
                length, priority, request_id, model, deadline, tokens, beams=beams, is_padded=is_padded
            )
            self.known.append(sequence)

    @precondition(lambda self: self.alive())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(self.alive()))
        self.cancelled.add(sequence)
        self.desk.scheduler.cancel(sequence)
        assert sequence.state is State.FINISHED

    @precondition(lambda self: self.alive())
    @rule(
        data=st.data(),
        request_id=st.sampled_from(REQUESTS),
        priority=st.sampled_from(Priority),
        seconds=st.none() | st.floats(0, 90),
    )
    def change(self, data: st.DataObject, request_id: str, priority: Priority, seconds: float | None) -> None:
        sequence = data.draw(st.sampled_from(self.alive()))
        was_waiting = self.desk.scheduler.num_waiting
        before = Counter({p: was_waiting(p) for p in Priority})
        deadline = None if seconds is None else self.desk.now + seconds
        had = sequence.priority
        self.desk.scheduler.change(sequence, request_id=request_id, priority=priority, deadline=deadline)
        assert sequence.deadline == deadline
        after = Counter({p: was_waiting(p) for p in Priority})
        assert after.total() == before.total()
        if sequence.priority is not had:
            assert after == before - Counter([had]) + Counter([sequence.priority])

    @rule(seconds=st.floats(0, 40))
    def pass_time(self, seconds: float) -> None:
        self.desk.now += seconds

    @rule(failure=st.sampled_from(["", "", "", "one", "all", "memory"]))
    def step(self, failure: str) -> None:
        self.run_step(failure)

    def run_step(self, failure: str = "") -> bool:
        late = {s for s in self.alive() if s.deadline is not None and s.deadline <= self.desk.now}
        self.late |= late
        joined_before = {sequence for sequence in self.known if sequence.state is State.RUNNING}
        batch = self.desk.scheduler.schedule()
        # Whoever is late has no slot and no place in the queue any more.
        assert all(isinstance(sequence.error, DeadlineExceeded) for sequence in late)
        if batch is None:
            assert not self.alive()
            return False
        self.check_batch(batch, joined_before)
        outcomes: list[Progress | Exception] = [written(sequence) for sequence in batch.sequences]
        if failure == "one":
            outcomes[0] = InferenceFailed()
            self.failed.add(batch.sequences[0])
        elif failure and len(batch.sequences) > 1:
            outcomes = [RunAgain(alone=failure == "memory") for _ in outcomes]
        self.desk.scheduler.postprocess(batch, outcomes)
        return True

    def check_batch(self, batch: Batch, joined_before: set[Sequence]) -> None:
        running = {sequence for sequence in self.known if sequence.state is State.RUNNING}
        assert len(set(batch.sequences)) == len(batch.sequences) >= 1
        assert set(batch.joining) == running - joined_before
        assert {pool_of(sequence) for sequence in batch.sequences} == {Pool(batch.pool.model_name, batch.pool.width)}
        assert self.desk.scheduler.num_slots == sum(s.num_slots for s in running)
        assert len(running) == 1 or self.desk.scheduler.num_slots <= self.desk.max_batch_sequences
        assert len(running) == 1 or self.tokens_held() <= self.desk.max_slot_tokens
        read = sum(len(sequence.prompt.input_ids) for sequence in batch.joining)
        # Halves of a batch that raised join as they are.
        assert batch.pool.quarantine or len(batch.joining) <= 1 or read <= self.desk.max_batch_tokens

    @invariant()
    def the_books_agree_and_nobody_ended_twice(self) -> None:
        self.desk.scheduler.check_invariants()
        assert self.desk.ended == Counter(s for s in self.known if s.state is State.FINISHED)
        assert len(self.desk.scheduler) == len(self.alive())

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        for _ in range(10_000):
            if not self.run_step():
                break
            self.desk.now += 0.01
        assert not self.alive()
        self.the_books_agree_and_nobody_ended_twice()
        for sequence in self.known:
            if sequence in self.failed:
                assert isinstance(sequence.error, InferenceFailed)
            elif sequence in self.cancelled:
                assert sequence.error is None
                assert len(sequence.token_ids) < sequence.prompt.max_new_tokens
            elif sequence in self.late:
                assert isinstance(sequence.error, DeadlineExceeded)
            else:
                assert sequence.error is None
                assert sequence.token_ids == [5] * sequence.prompt.max_new_tokens


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=40)


@given(
    st.lists(st.tuples(st.sampled_from(REQUESTS), st.integers(1, 20)), min_size=1, max_size=8),
    st.integers(1, 12),
    st.sampled_from(Priority),
    st.lists(st.integers(1, 4), min_size=1, max_size=20),
)
def test_requests_of_a_class_take_turns_over_all_steps(
    work: list[tuple[str, int]], slots: int, priority: Priority, tokens: list[int]
) -> None:
    desk = Desk(max_batch_sequences=slots, max_batch_tokens=10_000)
    left: Counter[str] = Counter()
    for request_id, number in work:
        for index in range(number):
            desk.add(10, priority, request_id, tokens=tokens[index % len(tokens)])
        left[request_id] += number
    turns: Counter[str] = Counter()
    while (batch := desk.run()) is not None:
        for sequence in batch.joining:
            turns[sequence.request_id] += 1
            left[sequence.request_id] -= 1
            # No request is two turns ahead of one that still waits.
            assert all(turns[sequence.request_id] - turns[other] <= 1 for other in left if left[other])
    assert not +left


def test_two_articles_that_came_one_after_the_other_share_the_slots() -> None:
    desk = Desk(max_batch_sequences=4)
    first = [desk.add(10, STANDARD, "first", tokens=3) for _ in range(40)]
    for _ in range(6):
        desk.run()
    second = [desk.add(10, STANDARD, "second", tokens=3) for _ in range(40)]
    joined_before = sum(sequence.state is not State.WAITING for sequence in first)
    while second[9].state is State.WAITING:
        desk.run()
    joined = sum(sequence.state is not State.WAITING for sequence in first) - joined_before
    assert joined in (9, 10, 11)


@given(
    st.sampled_from([1, 3, 16, 32]),
    st.lists(
        st.tuples(
            st.sampled_from([INTERACTIVE, STANDARD]),
            st.sampled_from([10, 200]),
            st.sampled_from(MODELS),
            st.integers(1, 4),
            st.sampled_from(["one", "each"]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([10, 200]),
)
def test_bulk_waits_no_longer_than_its_age_and_a_bounded_number_of_steps(
    slots: int, flow: list[tuple[Priority, int, str, int, str]], length: int
) -> None:
    desk = Desk(max_batch_sequences=slots, max_batch_tokens=250, max_slot_tokens=slots * 600)
    for number in range(slots):
        desk.add(10, INTERACTIVE, f"before {number}", tokens=4)
    bulk = desk.add(length, BULK, "archive")
    for second in range(400):
        # More urgent work than there are slots, at every step.
        for number in range(2 * slots):
            priority, flow_length, model, tokens, who = flow[number % len(flow)]
            desk.add(flow_length, priority, "r" if who == "one" else f"{second} {number}", model, None, tokens)
        desk.run()
        if bulk.state is not State.WAITING:
            break
        desk.now += 1.0
    # Four pools take turns and a sequence holds its slot for four of them, so that one is free every sixteen steps:
    # three of them pass, the fourth goes to the oldest, when the turn is at its pool.
    assert desk.now <= 30 + 4 * 16 + 4


def test_slots_that_are_kept_for_urgent_work_do_not_keep_out_the_oldest() -> None:
    desk = Desk(max_batch_sequences=32, max_batch_tokens=10_000)
    for number in range(32):
        desk.add(10, INTERACTIVE, f"first {number}", tokens=1 + number // 2)
    desk.run()
    bulk = desk.add(10, BULK, "archive")
    desk.now = 31.0
    steps = 0
    while bulk.state is State.WAITING:
        # Never more than two slots are free, which are those kept for INTERACTIVE.
        assert desk.scheduler.num_slots >= 30
        for number in range(32 - desk.scheduler.num_slots):
            desk.add(10, INTERACTIVE, f"{steps} {number}", tokens=16)
        desk.run()
        steps += 1
        assert steps <= 8
    assert steps == 3  # the join before it came was the first of three


@pytest.mark.parametrize("tokens", [1, 3])
def test_slots_of_cancelled_and_late_sequences_are_taken_in_the_very_next_batch(tokens: int) -> None:
    desk = Desk(max_batch_sequences=4)
    running = [desk.add(tokens=9, deadline=deadline) for deadline in (None, None, 5.0, None)]
    waiting = [desk.add(tokens=9) for _ in range(4)]
    for _ in range(tokens):
        desk.run()
    desk.scheduler.cancel(running[0])
    desk.scheduler.cancel(running[3])
    assert desk.scheduler.num_slots == 2
    desk.now = 5.0
    batch = desk.run()
    assert batch is not None
    assert (batch.running, list(batch.joining)) == ((running[1],), waiting[:3])


def test_a_sequence_that_someone_more_urgent_wants_joins_with_the_urgent() -> None:
    desk = Desk(max_batch_sequences=1)
    archive = [desk.add(priority=BULK, request_id="archive") for _ in range(5)]
    standard = desk.add(priority=STANDARD, request_id="cms")
    desk.scheduler.change(archive[3], request_id="editor", priority=INTERACTIVE, deadline=None)
    assert [desk.scheduler.num_waiting(priority) for priority in Priority] == [1, 1, 4]
    joined = [batch.joining[0] for batch in desk.run_all()]
    assert joined == [archive[3], standard, archive[0], archive[1], archive[2], archive[4]]


def test_a_sequence_whose_deadline_alone_changes_keeps_its_place() -> None:
    desk = Desk(max_batch_sequences=1)
    first, second = desk.add(), desk.add()
    desk.scheduler.change(first, request_id="r", priority=STANDARD, deadline=50.0)
    assert [batch.joining for batch in desk.run_all()] == [(first,), (second,)]


def test_a_deadline_that_is_put_off_does_not_end_the_work_and_one_brought_forward_does() -> None:
    desk = Desk(max_batch_sequences=2)
    put_off, forward, dropped = desk.add(tokens=9, deadline=5.0), desk.add(tokens=9), desk.add(deadline=5.0)
    for sequence, deadline in ((put_off, 50.0), (forward, 4.0), (dropped, None)):
        desk.scheduler.change(sequence, request_id="r", priority=STANDARD, deadline=deadline)
    desk.run()
    desk.now = 5.0
    desk.run()
    assert [type(sequence.error) for sequence in (put_off, forward, dropped)] == [
        type(None),
        DeadlineExceeded,
        type(None),
    ]
    assert (put_off.state, dropped.state) == (State.RUNNING, State.FINISHED)
    desk.now = 50.0
    desk.run()
    assert isinstance(put_off.error, DeadlineExceeded)


def test_slots_are_counted_in_beams_and_what_needs_more_than_there_are_runs_alone() -> None:
    desk = Desk(max_batch_sequences=4)
    sequences = [desk.add(tokens=2, beams=beams) for beams in (3, 1, 2, 6, 1)]
    assert [batch.joining for batch in desk.run_all() if batch.joining] == [
        (sequences[0], sequences[1]),
        (sequences[2],),
        (sequences[3],),
        (sequences[4],),
    ]


def test_nothing_is_remembered_of_deadlines_that_never_came() -> None:
    desk = Desk()
    for number in range(2_000):
        desk.add(deadline=1e6 + number)
        desk.run()
    assert not desk.scheduler._deadlines._sequences
    assert len(desk.scheduler._deadlines._heap) <= 64


def lines_run(function: Callable[[], object]) -> int:
    """Lines of Python that a call runs, which unlike its time are the same everywhere."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("requests", [1, 25, 10_000])
@pytest.mark.parametrize("age", [0.0, 100.0])
@pytest.mark.parametrize("free", [1, 32])
def test_what_a_step_costs_does_not_grow_with_the_queue(requests: int, age: float, free: int) -> None:
    def cost(waiting: int) -> int:
        desk = Desk(max_batch_sequences=32, max_batch_tokens=512)
        for number in range(32 - free):
            desk.add(10, INTERACTIVE, f"editor {number}", tokens=99)
        desk.run()
        for number in range(waiting):
            desk.add(40, BULK, f"archive {number % requests}", tokens=30, deadline=1e6 + number)
        desk.now = age
        return max(lines_run(desk.run) for _ in range(3))

    assert cost(10_000) <= 1.05 * cost(1_000)


def broken_desk() -> Desk:
    """A scheduler with something in each of its books: waiting, running and deadlines."""
    desk = Desk(max_batch_sequences=2)
    for number in range(5):
        desk.add(tokens=9, deadline=100.0 + number, request_id=f"r{number % 2}")
    desk.run()
    desk.scheduler.check_invariants()
    return desk


def first_running(desk: Desk) -> Sequence:
    return next(iter(desk.scheduler._running.values()))[0]


def give_a_slot_to_two(desk: Desk) -> None:
    next(iter(desk.scheduler._running.values())).append(next(iter(desk.scheduler._queue)))


def keep_the_slot_of_one_that_ended(desk: Desk) -> None:
    first_running(desk).state = State.FINISHED


def run_in_the_pool_of_others(desk: Desk) -> None:
    first_running(desk).prompt = Prompt(input_ids=(7,) * (NARROWEST_POOL + 1), max_new_tokens=9)


def keep_an_empty_pool(desk: Desk) -> None:
    desk.scheduler._running[Pool("n@1", NARROWEST_POOL)] = []


def keep_the_turn_of_a_pool_that_is_gone(desk: Desk) -> None:
    desk.scheduler._served[Pool("m@1", NARROWEST_POOL, quarantine=1)] = 1


def let_one_that_ended_wait(desk: Desk) -> None:
    next(iter(desk.scheduler._queue)).state = State.FINISHED


def forget_one_in_its_lane(desk: Desk) -> None:
    desk.scheduler._queue._sequences.popitem()


def count_wrong(desk: Desk) -> None:
    desk.scheduler._queue._counts[BULK] += 1


def change_the_class_behind_the_back_of_the_queue(desk: Desk) -> None:
    lane = next(iter(desk.scheduler._queue._lanes.values()))
    lane.level = INTERACTIVE


def keep_a_turn_of_an_empty_lane(desk: Desk) -> None:
    turns = desk.scheduler._queue._turns
    turns[BULK, False].update(turns[STANDARD, False])


def keep_the_deadline_of_one_that_ended(desk: Desk) -> None:
    gone = Desk().add(deadline=3.0)
    desk.scheduler._deadlines.add(gone)


def forget_a_deadline(desk: Desk) -> None:
    desk.scheduler._deadlines._heap.pop()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (give_a_slot_to_two, "a sequence has two places"),
        (keep_the_slot_of_one_that_ended, "a slot is held by sequence"),
        (run_in_the_pool_of_others, "runs in the pool of others"),
        (keep_an_empty_pool, "nothing runs in it"),
        (keep_the_turn_of_a_pool_that_is_gone, "the pool is gone"),
        (let_one_that_ended_wait, "waits, and is"),
        (forget_one_in_its_lane, "2 sequences wait, and the lanes hold 3"),
        (count_wrong, "the counts of waiting sequences"),
        (change_the_class_behind_the_back_of_the_queue, "stands in the wrong place"),
        (keep_a_turn_of_an_empty_lane, "has two turns"),
        (keep_the_deadline_of_one_that_ended, "6 deadlines are watched of 5"),
        (forget_a_deadline, "a deadline would never come"),
    ],
)
def test_books_that_do_not_agree_are_found(damage: Callable[[Desk], None], message: str) -> None:
    desk = broken_desk()
    damage(desk)
    with pytest.raises(InvariantBroken, match=message):
        desk.scheduler.check_invariants()
