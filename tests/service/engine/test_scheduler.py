from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from triwire_server.engine.models.base import Prompt
from triwire_server.engine.scheduler import Scheduler, finish
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Batch, Sequence, State
from triwire_server.errors import DeadlineExceeded, InferenceFailed

INTERACTIVE, STANDARD, BULK = Priority
BUDGET = 200
MAX_SEQUENCES = 6


@dataclass
class Desk:
    """A scheduler on a clock that the test turns, and what ended how often."""

    max_batch_tokens: int = BUDGET
    max_batch_sequences: int = MAX_SEQUENCES
    ageing_seconds: float = 30.0
    now: float = 0.0
    ended: Counter[Sequence] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(
            max_batch_tokens=self.max_batch_tokens,
            max_batch_sequences=self.max_batch_sequences,
            clock=lambda: self.now,
            ageing_seconds=self.ageing_seconds,
        )

    def add(
        self,
        length: int = 10,
        priority: Priority = STANDARD,
        request_id: str = "r",
        model: str = "m@1",
        deadline: float | None = None,
    ) -> Sequence:
        sequence = Sequence(
            request_id=request_id,
            model_name=model,
            prompt=Prompt(input_ids=(7,) * length, max_new_tokens=5),
            priority=priority,
            arrival=self.now,
            deadline=deadline,
            on_finish=lambda done: self.ended.update([done]),
        )
        self.scheduler.add(sequence)
        return sequence

    def run(self) -> Batch | None:
        """One batch, whose sequences all end with the token 9."""
        batch = self.scheduler.schedule()
        if batch is not None:
            self.scheduler.postprocess(batch, [[9] for _ in batch.sequences])
        return batch

    def run_all(self) -> list[Batch]:
        batches = []
        while (batch := self.run()) is not None:
            batches.append(batch)
        return batches


def lengths(batch: Batch | None) -> list[int]:
    assert batch is not None
    return [len(sequence.prompt.input_ids) for sequence in batch.sequences]


def test_a_batch_is_sorted_by_length_and_padding_counts_in_its_budget() -> None:
    desk = Desk(max_batch_tokens=100)
    for length in (30, 20, 25, 28):
        desk.add(length)
    # Four would be 4 x 30 = 120 tokens.
    assert lengths(desk.run()) == [20, 25, 30]
    assert lengths(desk.run()) == [28]
    assert desk.run() is None


def test_a_sequence_longer_than_the_budget_runs_alone() -> None:
    desk = Desk(max_batch_tokens=100)
    desk.add(500)
    desk.add(500)
    assert [lengths(batch) for batch in desk.run_all()] == [[500], [500]]


def test_lengths_of_a_batch_are_close_so_that_little_is_padding() -> None:
    desk = Desk(max_batch_tokens=10_000)
    for length in (100, 10, 100, 12, 90):
        desk.add(length)
    first = desk.run()
    assert lengths(first) == [90, 100, 100]
    assert first is not None
    assert round(first.padding_ratio, 3) == 0.033
    assert lengths(desk.run()) == [10, 12]


def test_a_batch_is_of_one_model() -> None:
    desk = Desk()
    for model in ("m@1", "n@1", "m@1"):
        desk.add(model=model)
    assert [(batch.model_name, len(batch.sequences)) for batch in desk.run_all()] == [("m@1", 2), ("n@1", 1)]


def test_the_most_urgent_sequence_leads_the_next_batch() -> None:
    desk = Desk(max_batch_sequences=1)
    waiting = [desk.add(priority=priority) for priority in (BULK, STANDARD, INTERACTIVE)]
    assert [batch.sequences[0] for batch in desk.run_all()] == waiting[::-1]


def test_bulk_does_not_starve_behind_interactive_work_of_another_length() -> None:
    desk = Desk(ageing_seconds=30.0)
    bulk = desk.add(100, BULK, "archive")
    for second in range(100):
        desk.now = float(second)
        # There is always an interactive request that waits, and none that would fit into a batch with the other.
        desk.add(10, INTERACTIVE, f"editor {second} a")
        desk.add(40, INTERACTIVE, f"editor {second} b")
        batch = desk.run()
        assert batch is not None
        if bulk in batch.sequences:
            break
    assert bulk.state is State.FINISHED
    assert desk.now >= 30


def test_an_old_archive_leaves_most_batches_to_who_waits_for_an_answer() -> None:
    desk = Desk(max_batch_sequences=1, ageing_seconds=30.0)
    for number in range(100):
        desk.add(10, BULK, f"archive {number}")
    desk.now = 1000.0
    for number in range(12):
        desk.add(10, INTERACTIVE, f"editor {number}")
    first = [batch.sequences[0].priority for batch in desk.run_all()[:16]]
    assert first.count(INTERACTIVE) == 12


def test_cancelled_and_late_sequences_end_without_having_run() -> None:
    desk = Desk()
    cancelled, late, wanted = desk.add(), desk.add(deadline=5.0), desk.add(deadline=50.0)
    cancelled.is_cancelled = True
    desk.now = 5.0
    batch = desk.run()
    assert batch is not None
    assert batch.sequences == (wanted,)
    assert [type(sequence.error) for sequence in (cancelled, late, wanted)] == [
        type(None),
        DeadlineExceeded,
        type(None),
    ]
    assert [sequence.first_batch for sequence in (cancelled, late, wanted)] == [None, None, 5.0]
    assert desk.ended == Counter([cancelled, late, wanted])


def test_when_all_that_wait_are_unwanted_there_is_no_batch_and_nothing_waits() -> None:
    desk = Desk()
    desk.add().is_cancelled = True
    assert desk.run() is None
    assert len(desk.scheduler) == 0
    assert sum(desk.ended.values()) == 1


def test_one_failure_in_a_batch_is_that_of_its_sequence_alone() -> None:
    desk = Desk()
    good, bad = desk.add(), desk.add()
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [[1, 2], InferenceFailed()])
    assert (good.token_ids, good.error) == ([1, 2], None)
    assert (bad.token_ids, type(bad.error)) == ([], InferenceFailed)


def test_fail_all_ends_everything_that_waits() -> None:
    desk = Desk()
    waiting = [desk.add() for _ in range(3)]
    desk.scheduler.fail_all(InferenceFailed("the device was lost"))
    assert {str(sequence.error) for sequence in waiting} == {"the device was lost"}
    assert desk.run() is None


def test_a_sequence_that_has_ended_does_not_end_again() -> None:
    desk = Desk()
    sequence = desk.add()
    desk.run_all()
    finish(sequence, InferenceFailed())
    assert sequence.error is None
    assert desk.ended[sequence] == 1


@dataclass
class Step:
    """Sequences that arrive, one that is cancelled, and seconds that pass before the next batch."""

    arrivals: list[tuple[int, Priority, str, str, float | None]]
    cancel: int
    seconds: float
    failures: int


steps = st.lists(
    st.builds(
        Step,
        arrivals=st.lists(
            st.tuples(
                st.integers(1, 250),
                st.sampled_from(Priority),
                st.sampled_from("abcd"),
                st.sampled_from(["m@1", "n@1"]),
                st.none() | st.floats(0, 60),
            ),
            max_size=8,
        ),
        cancel=st.integers(0, 40),
        seconds=st.floats(0, 40),
        failures=st.integers(0, 3),
    ),
    max_size=12,
)


@given(steps)
def test_whatever_arrives_every_sequence_ends_once_in_a_batch_within_its_bounds(history: list[Step]) -> None:
    desk = Desk()
    known: list[Sequence] = []
    started: Counter[Sequence] = Counter()
    stopped_by: dict[Sequence, str] = {}

    def run() -> bool:
        before = {s for s in known if s.state is State.WAITING}
        for sequence in before:
            if sequence.is_cancelled:
                stopped_by[sequence] = "cancelled"
            elif sequence.deadline is not None and sequence.deadline <= desk.now:
                stopped_by[sequence] = "late"
        batch = desk.scheduler.schedule()
        if batch is None:
            return False
        sizes = lengths(batch)
        assert sizes == sorted(sizes)
        assert len(sizes) == 1 or len(sizes) * max(sizes) == batch.num_tokens <= BUDGET
        assert len(sizes) <= MAX_SEQUENCES
        assert {sequence.model_name for sequence in batch.sequences} == {batch.model_name}
        assert 0 <= batch.padding_ratio < 0.5
        assert not stopped_by.keys() & set(batch.sequences)
        assert all(sequence.state is State.RUNNING for sequence in batch.sequences)
        started.update(batch.sequences)
        failures = history[0].failures if history else 0
        outcomes: list[list[int] | Exception] = [
            InferenceFailed() if number < failures else [9] for number in range(len(batch.sequences))
        ]
        desk.scheduler.postprocess(batch, outcomes)
        return True

    for step in history:
        for length, priority, request_id, model, seconds in step.arrivals:
            deadline = None if seconds is None else desk.now + seconds
            known.append(desk.add(length, priority, request_id, model, deadline))
        if step.cancel < len(known):
            known[step.cancel].is_cancelled = True
        desk.now += step.seconds
        run()
    while run():
        desk.now += 1.0

    assert desk.ended == Counter(known)
    assert set(started.values()) <= {1}
    for sequence in known:
        assert sequence.state is State.FINISHED
        if stopped_by.get(sequence) == "cancelled":
            assert (sequence.first_batch, sequence.error) == (None, None)
        elif stopped_by.get(sequence) == "late":
            assert sequence.first_batch is None
            assert isinstance(sequence.error, DeadlineExceeded)
        else:
            assert started[sequence] == 1
            assert (sequence.token_ids == [9]) != isinstance(sequence.error, InferenceFailed)
    # Idle: nothing waits in any class, and nothing is remembered.
    assert len(desk.scheduler) == 0
    assert [desk.scheduler.num_waiting(priority) for priority in Priority] == [0, 0, 0]
    assert desk.scheduler.schedule() is None
