from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire_server.engine.models.base import Progress, Prompt
from triwire_server.engine.scheduler import NARROWEST_POOL, Scheduler, pool_of
from triwire_server.engine.sequence import Batch, RunAgain, Sequence, State
from triwire_server.errors import DeadlineExceeded, InferenceFailed
from triwire_server.segment import Priority

INTERACTIVE, STANDARD, BULK = Priority
BUDGET = 200
SLOTS = 6
END = 9


def written(sequence: Sequence, token: int = 5) -> Progress:
    """One more token for a sequence."""
    return Progress((token,), sequence.prompt.has_ended([*sequence.token_ids, token]))


@dataclass
class Desk:
    """A scheduler on a clock that the test turns, and what ended how often."""

    max_batch_tokens: int = BUDGET
    max_batch_sequences: int = SLOTS
    max_slot_tokens: int = 100_000
    now: float = 0.0
    ended: Counter[Sequence] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(
            max_batch_tokens=self.max_batch_tokens,
            max_batch_sequences=self.max_batch_sequences,
            max_slot_tokens=self.max_slot_tokens,
            clock=lambda: self.now,
        )

    def add(
        self,
        length: int = 10,
        priority: Priority = STANDARD,
        request_id: str = "r",
        model: str = "m@1",
        deadline: float | None = None,
        tokens: int = 1,
        prefix: int = 0,
        beams: int = 1,
        is_padded: bool = True,
    ) -> Sequence:
        """A sequence that will write so many tokens."""
        sequence = Sequence(
            request_id=request_id,
            model_name=model,
            prompt=Prompt(
                input_ids=(7,) * length,
                max_new_tokens=tokens,
                prefix_length=prefix,
                end_ids=frozenset({END}),
                num_beams=beams,
                is_padded=is_padded,
            ),
            priority=priority,
            arrival=self.now,
            deadline=deadline,
            on_finish=lambda done: self.ended.update([done]),
        )
        self.scheduler.add(sequence)
        return sequence

    def run(self) -> Batch | None:
        """One step, in which every sequence writes a token that does not end it before its limit."""
        batch = self.scheduler.schedule()
        if batch is not None:
            self.scheduler.postprocess(batch, [written(sequence) for sequence in batch.sequences])
        return batch

    def run_all(self) -> list[Batch]:
        batches = []
        while (batch := self.run()) is not None:
            batches.append(batch)
        return batches


def lengths(batch: Batch | None) -> list[int]:
    assert batch is not None
    return [len(sequence.prompt.input_ids) for sequence in batch.joining]


def test_a_slot_goes_to_a_waiting_sequence_at_the_step_after_its_owner_ended() -> None:
    desk = Desk(max_batch_sequences=2)
    short, long, next_one = desk.add(tokens=2), desk.add(tokens=4), desk.add(tokens=1)
    assert [(batch.running, batch.joining) for batch in desk.run_all()] == [
        ((), (short, long)),
        ((short, long), ()),
        ((long,), (next_one,)),
        ((long,), ()),
    ]
    assert [len(sequence.token_ids) for sequence in (short, long, next_one)] == [2, 4, 1]


def test_a_sequence_ends_with_an_end_token_or_at_its_limit() -> None:
    desk = Desk()
    ends, goes_on = desk.add(tokens=5), desk.add(tokens=5)
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [written(ends, END), written(goes_on)])
    assert (ends.state, goes_on.state) == (State.FINISHED, State.RUNNING)
    assert ends.token_ids == [END]


def test_what_joins_in_one_step_is_bounded_in_tokens() -> None:
    desk = Desk(max_batch_tokens=60)
    for length in (30, 20, 25, 28):
        desk.add(length)
    assert [lengths(batch) for batch in desk.run_all()] == [[30, 20], [25, 28]]


def test_what_still_fits_a_step_joins_past_what_does_not() -> None:
    desk = Desk(max_batch_tokens=60)
    for length in (50, 20, 10):
        desk.add(length)
    assert [lengths(batch) for batch in desk.run_all()] == [[50, 10], [20]]


def test_shared_instructions_do_not_count() -> None:
    desk = Desk(max_batch_tokens=60)
    for _ in range(4):
        desk.add(50, prefix=35)
    assert [len(batch.joining) for batch in desk.run_all()] == [4]


def test_a_sequence_longer_than_the_budget_joins_alone() -> None:
    desk = Desk(max_batch_tokens=100)
    desk.add(120)
    desk.add(120)
    assert [lengths(batch) for batch in desk.run_all()] == [[120], [120]]


def test_the_tokens_of_all_slots_are_bounded_and_what_needs_more_runs_alone() -> None:
    desk = Desk(max_batch_tokens=100_000, max_slot_tokens=3 * (NARROWEST_POOL + 10))
    for _ in range(4):
        desk.add(tokens=10)
    large = desk.add(5_000, tokens=10)
    desk.add(tokens=10)
    batches = desk.run_all()
    # It does not let later ones of its size's room pass, and has none beside it.
    assert [len(batch.sequences) for batch in batches if batch.joining] == [3, 1, 1, 1]
    assert [batch.sequences for batch in batches if large in batch.joining] == [(large,)]


def test_long_and_short_sequences_run_in_pools_that_take_turns() -> None:
    desk = Desk(max_batch_tokens=10_000)
    short, long = desk.add(10, tokens=3), desk.add(1_000, tokens=3)
    assert [batch.sequences for batch in desk.run_all()] == [(short,), (long,)] * 3


def test_a_pool_takes_lengths_up_to_its_width_and_the_next_is_four_times_as_wide() -> None:
    desk = Desk()
    widths = [pool_of(desk.add(length)).width for length in (1, 128, 129, 512, 513, 2048, 2049)]
    assert widths == [128, 128, 512, 512, 2048, 2048, 8192]
    assert pool_of(desk.add(2049, is_padded=False)).width == 0


def test_rows_that_are_not_padded_run_together_whatever_their_length() -> None:
    desk = Desk(max_batch_tokens=2_000)
    for length in (3, 3 * NARROWEST_POOL, 700):
        desk.add(length, tokens=2, is_padded=False)
    assert [len(batch.sequences) for batch in desk.run_all()] == [3, 3]


def test_rows_that_are_not_padded_hold_their_own_tokens_alone() -> None:
    desk = Desk(max_slot_tokens=3 * 20)
    for _ in range(5):
        desk.add(10, tokens=10, is_padded=False)
    batch = desk.run()
    assert batch is not None
    assert len(batch.joining) == 3


def test_a_batch_is_of_one_model() -> None:
    desk = Desk()
    for model in ("m@1", "n@1", "m@1"):
        desk.add(model=model)
    steps = [(batch.pool.model_name, len(batch.sequences)) for batch in desk.run_all()]
    assert steps == [("m@1", 2), ("n@1", 1)]


def test_a_pool_is_not_held_up_by_one_that_empties_and_fills_again() -> None:
    desk = Desk()
    long = desk.add(tokens=10, model="m@1")
    steps = 0
    while long.state is not State.FINISHED:
        desk.add(tokens=1, model="n@1", request_id=f"n{steps}", priority=INTERACTIVE)
        desk.run()
        steps += 1
    assert steps <= 2 * 10 + 1


def test_the_most_urgent_sequence_joins_first() -> None:
    desk = Desk(max_batch_sequences=1)
    waiting = [desk.add(priority=priority) for priority in (BULK, STANDARD, INTERACTIVE)]
    assert [batch.sequences[0] for batch in desk.run_all()] == waiting[::-1]


def test_a_headline_behind_a_long_article_joins_at_the_next_step() -> None:
    desk = Desk(max_batch_sequences=32, max_batch_tokens=512)
    for _ in range(400):
        desk.add(40, STANDARD, "article", tokens=50)
    for _ in range(5):
        desk.run()
    for priority in (STANDARD, INTERACTIVE):
        headline = desk.add(12, priority, f"headline {priority}", tokens=10)
        batch = desk.run()
        assert batch is not None
        assert headline in batch.joining
    assert desk.scheduler.num_running <= 32


def test_slots_are_kept_for_interactive_sequences() -> None:
    desk = Desk(max_batch_sequences=32, max_batch_tokens=10_000)
    for number in range(100):
        desk.add(10, BULK, f"archive {number}", tokens=50)
    desk.run()
    assert desk.scheduler.num_running == 30
    for number in range(3):
        desk.add(10, INTERACTIVE, f"editor {number}", tokens=50)
    desk.run()
    assert desk.scheduler.num_running == 32


def test_one_request_leaves_slots_to_others() -> None:
    desk = Desk(max_batch_sequences=32, max_batch_tokens=10_000)
    for _ in range(100):
        desk.add(10, INTERACTIVE, "article", tokens=50)
    desk.run()
    assert desk.scheduler.num_running == 28
    for number in range(3):
        desk.add(10, STANDARD, f"headline {number}", tokens=50)
    desk.run()
    assert desk.scheduler.num_running == 30  # two more are kept for INTERACTIVE ones


def test_bulk_does_not_starve_behind_a_steady_flow_of_interactive_work() -> None:
    desk = Desk(max_batch_sequences=2)
    bulk = desk.add(100, BULK, "archive")
    for second in range(200):
        desk.now = float(second)
        for number in range(3):
            desk.add(10, INTERACTIVE, f"editor {second} {number}")
        desk.run()
        if bulk.state is State.FINISHED:
            break
    assert bulk.state is State.FINISHED
    assert 30 <= desk.now < 40


def test_bulk_ages_from_its_arrival() -> None:
    desk = Desk(max_batch_sequences=2, now=1000.0)
    bulk = desk.add(100, BULK, "archive")
    for second in range(1000, 1029):
        desk.now = float(second)
        for number in range(3):
            desk.add(10, INTERACTIVE, f"editor {second} {number}")
        desk.run()
    assert bulk.state is State.WAITING


def test_an_old_archive_leaves_most_slots_to_who_waits_for_an_answer() -> None:
    desk = Desk(max_batch_sequences=1)
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
    desk.scheduler.cancel(cancelled)
    desk.now = 5.0
    batch = desk.run()
    assert batch is not None
    assert batch.sequences == (wanted,)
    errors = [type(sequence.error) for sequence in (cancelled, late, wanted)]
    assert errors == [type(None), DeadlineExceeded, type(None)]
    assert [sequence.started for sequence in (cancelled, late, wanted)] == [None, None, 5.0]
    assert desk.ended == Counter([cancelled, late, wanted])


def test_running_sequences_that_are_cancelled_or_late_leave_their_slots_at_the_next_step() -> None:
    desk = Desk(max_batch_sequences=3)
    cancelled, late, wanted = desk.add(tokens=9), desk.add(tokens=9, deadline=5.0), desk.add(tokens=9)
    waiting = [desk.add(tokens=9), desk.add(tokens=9)]
    desk.run()
    desk.scheduler.cancel(cancelled)
    desk.now = 5.0
    batch = desk.run()
    assert batch is not None
    assert (batch.running, list(batch.joining)) == ((wanted,), waiting)
    assert desk.ended == Counter([cancelled, late])


def test_a_sequence_that_has_ended_is_not_cancelled_any_more() -> None:
    desk = Desk()
    sequence = desk.add()
    desk.run_all()
    desk.scheduler.cancel(sequence)
    assert not sequence.is_cancelled
    assert desk.ended == Counter([sequence])


def test_the_arrival_of_the_oldest_is_known_by_class() -> None:
    desk = Desk()
    desk.now = 3.0
    desk.add(priority=BULK)
    desk.now = 4.0
    desk.add(priority=BULK)
    assert [desk.scheduler.oldest_arrival(priority) for priority in Priority] == [None, None, 3.0]


def test_when_all_that_wait_are_unwanted_there_is_no_batch_and_nothing_waits() -> None:
    desk = Desk()
    desk.scheduler.cancel(desk.add())
    assert desk.run() is None
    assert len(desk.scheduler) == 0
    assert sum(desk.ended.values()) == 1


def test_one_failure_in_a_batch_is_that_of_its_sequence_alone() -> None:
    desk = Desk()
    good, bad = desk.add(), desk.add()
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [written(batch.sequences[0], 1), InferenceFailed()])
    assert (good.token_ids, good.error) == ([1], None)
    assert (bad.token_ids, type(bad.error)) == ([], InferenceFailed)


def test_sequences_of_a_batch_that_raised_run_again_in_halves_and_from_their_start() -> None:
    desk = Desk()
    sequences = [desk.add(tokens=3) for _ in range(5)]
    desk.run()
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [RunAgain()] * 5)
    other = desk.add(tokens=1)
    assert len(desk.scheduler) == 6
    halves = [batch for batch in desk.run_all() if batch.joining]
    assert [set(batch.joining) for batch in halves] == [set(sequences[:2]), set(sequences[2:]), {other}]
    assert len({batch.pool for batch in halves}) == 3
    assert [sequence.token_ids for sequence in sequences] == [[5, 5, 5]] * 5


def test_a_sequence_that_runs_again_started_when_it_ran_first() -> None:
    desk = Desk(now=1.0)
    sequence, other = desk.add(), desk.add()
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [RunAgain()] * 2)
    desk.now = 2.0
    desk.run_all()
    assert (sequence.started, other.started) == (1.0, 1.0)


def test_a_half_that_is_not_to_be_alone_runs_beside_others() -> None:
    desk = Desk()
    sequences = [desk.add(tokens=3) for _ in range(2)]
    other = desk.add(tokens=9, model="n@1")
    desk.run()
    desk.run()  # the other model's
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [RunAgain()] * 2)
    joins = [batch for batch in desk.run_all() if batch.joining]
    assert [batch.joining for batch in joins] == [(sequences[0],), (sequences[1],)]
    assert all(pool_of(other) in batch.pools for batch in joins)


@pytest.mark.parametrize("outcomes", [[True, True], [True, False], [False, True]])
def test_after_running_out_of_memory_nothing_runs_beside_a_half(outcomes: list[bool]) -> None:
    desk = Desk()
    sequences = [desk.add(tokens=3) for _ in range(2)]
    other = desk.add(tokens=3, model="n@1")
    desk.run()
    desk.run()  # the other model's
    batch = desk.scheduler.schedule()
    assert batch is not None
    assert batch.running == tuple(sequences)
    desk.scheduler.postprocess(batch, [RunAgain(alone=alone) for alone in outcomes])
    rest = desk.run_all()
    assert [batch.sequences for batch in rest if batch.joining] == [(sequences[0],), (sequences[1],)]
    assert all(len(batch.pools) == 1 for batch in rest)
    assert other.state is State.FINISHED


def test_fail_all_ends_everything_that_waits_or_runs() -> None:
    desk = Desk(max_batch_sequences=2)
    waiting = [desk.add(tokens=5) for _ in range(3)]
    desk.run()
    desk.scheduler.fail_all(InferenceFailed("the device was lost"))
    assert {str(sequence.error) for sequence in waiting} == {"the device was lost"}
    assert desk.run() is None


def test_fail_all_ends_halves_too_those_that_wait_and_those_that_run() -> None:
    desk = Desk()
    sequences = [desk.add(tokens=5) for _ in range(2)]
    batch = desk.scheduler.schedule()
    assert batch is not None
    desk.scheduler.postprocess(batch, [RunAgain()] * 2)
    desk.run()  # the first half; the other waits
    desk.scheduler.fail_all(InferenceFailed("the device was lost"))
    assert desk.ended == Counter(sequences)
    assert len(desk.scheduler) == 0
    desk.scheduler.check_invariants()
    assert desk.run() is None


def test_a_sequence_that_has_ended_does_not_end_again() -> None:
    desk = Desk()
    sequence = desk.add()
    desk.run_all()
    sequence.finish(InferenceFailed())
    assert sequence.error is None
    assert desk.ended[sequence] == 1


@dataclass
class Step:
    """Sequences that arrive, one that is cancelled, seconds that pass before the next batch, and how that one fails."""

    arrivals: list[tuple[int, Priority, str, str, float | None, int]]
    cancel: int
    seconds: float
    failure: int


steps = st.lists(
    st.builds(
        Step,
        arrivals=st.lists(
            st.tuples(
                st.integers(1, 700),
                st.sampled_from(Priority),
                st.sampled_from("abcd"),
                st.sampled_from(["m@1", "n@1"]),
                st.none() | st.floats(0, 60),
                st.integers(1, 6),
            ),
            max_size=8,
        ),
        cancel=st.integers(0, 40),
        seconds=st.floats(0, 40),
        failure=st.sampled_from([0, 0, 0, 1, 2, 3]),
    ),
    max_size=14,
)


@given(steps)
def test_whatever_arrives_every_sequence_ends_once_and_slots_have_one_owner(history: list[Step]) -> None:
    desk = Desk(max_slot_tokens=2_000)
    known: list[Sequence] = []
    unwanted: set[Sequence] = set()
    failed: set[Sequence] = set()

    def run(failure: int = 0) -> bool:
        for sequence in known:
            is_late = sequence.deadline is not None and sequence.deadline <= desk.now
            if sequence.state is not State.FINISHED and is_late:
                unwanted.add(sequence)
        batch = desk.scheduler.schedule()
        if batch is None:
            return False
        together = batch.sequences
        assert len(set(together)) == len(together)
        assert not unwanted & set(together)
        assert all(sequence.state is State.RUNNING for sequence in together)
        assert {(pool_of(sequence).model_name, pool_of(sequence).width) for sequence in together} == {
            (batch.pool.model_name, batch.pool.width)
        }
        read = sum(len(sequence.prompt.input_ids) for sequence in batch.joining)
        assert batch.pool.quarantine or len(batch.joining) <= 1 or read <= BUDGET
        assert desk.scheduler.num_running == sum(sequence.state is State.RUNNING for sequence in known)
        held = sum(pool_of(s).width + s.prompt.max_new_tokens for s in known if s.state is State.RUNNING)
        assert batch.pool.quarantine or not batch.joining or desk.scheduler.num_running <= SLOTS
        assert batch.pool.quarantine or not batch.joining or desk.scheduler.num_running == 1 or held <= 2_000
        outcomes: list[Progress | Exception] = [written(sequence) for sequence in together]
        if failure == 1:
            outcomes[0] = InferenceFailed()
            failed.add(together[0])
        elif failure > 1 and len(together) > 1:
            outcomes = [RunAgain(alone=failure == 3) for _ in together]
        desk.scheduler.postprocess(batch, outcomes)
        desk.scheduler.check_invariants()
        return True

    for step in history:
        for length, priority, request_id, model, seconds, tokens in step.arrivals:
            deadline = None if seconds is None else desk.now + seconds
            known.append(desk.add(length, priority, request_id, model, deadline, tokens))
        if step.cancel < len(known) and known[step.cancel].state is not State.FINISHED:
            desk.scheduler.cancel(known[step.cancel])
            unwanted.add(known[step.cancel])
        desk.now += step.seconds
        run(step.failure)
    for _ in range(10_000):
        if not run():
            break
        desk.now += 0.01

    assert desk.ended == Counter(known)
    for sequence in known:
        assert sequence.state is State.FINISHED
        if sequence in failed:
            assert isinstance(sequence.error, InferenceFailed)
        elif sequence in unwanted:
            assert sequence.error is None if sequence.is_cancelled else isinstance(sequence.error, DeadlineExceeded)
        else:
            assert sequence.error is None
            assert sequence.token_ids == [5] * sequence.prompt.max_new_tokens
    # Idle: nothing waits in any class, and nothing is remembered.
    assert len(desk.scheduler) == desk.scheduler.num_running == 0
    assert [desk.scheduler.num_waiting(priority) for priority in Priority] == [0, 0, 0]
    assert desk.scheduler.schedule() is None
