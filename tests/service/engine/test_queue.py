from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from triwire_server.engine.models.base import Prompt
from triwire_server.engine.queue import WaitingQueue
from triwire_server.engine.sequence import Sequence
from triwire_server.segment import Priority

INTERACTIVE, STANDARD, BULK = Priority


def waiting(request_id: str, priority: Priority = STANDARD, arrival: float = 0.0) -> Sequence:
    prompt = Prompt(input_ids=(1, 2, 3), max_new_tokens=4)
    return Sequence(request_id=request_id, model_name="m@1", prompt=prompt, priority=priority, arrival=arrival)


def order(sequences: list[Sequence], now: float = 0.0, ageing_seconds: float = 30.0) -> str:
    """The request ids in the order in which they would run."""
    queue = WaitingQueue(ageing_seconds)
    for sequence in sequences:
        queue.add(sequence)
    return "".join(sequence.request_id for sequence in queue.in_order(now))


arrivals = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(Priority), st.floats(0, 100)), max_size=30
).map(lambda rows: [waiting(*row) for row in sorted(rows, key=lambda row: row[2])])


def test_classes_run_in_their_order_whenever_they_came() -> None:
    assert order([waiting("b", BULK, 0), waiting("s", STANDARD, 1), waiting("i", INTERACTIVE, 2)], now=2) == "isb"


def test_requests_of_a_class_take_turns_so_that_a_long_article_does_not_hold_up_a_headline() -> None:
    article = [waiting("a", arrival=0) for _ in range(4)]
    assert order([*article, waiting("h", arrival=1), waiting("h", arrival=1)], now=2) == "ahahaa"


def test_sequences_of_a_request_keep_their_order() -> None:
    sequences = [waiting("a") for _ in range(5)]
    queue = WaitingQueue()
    for sequence in sequences:
        queue.add(sequence)
    assert list(queue.in_order(0.0)) == sequences


def test_who_waited_long_moves_up_one_class_at_a_time() -> None:
    bulk, standard = waiting("b", BULK, 0), waiting("s", STANDARD, 40)
    assert order([bulk, standard], now=29) == "sb"
    assert order([bulk, waiting("s", STANDARD, 31), waiting("i", INTERACTIVE, 31)], now=31) == "isb"
    assert order([bulk, waiting("s", STANDARD, 61)], now=61) == "bs"


def test_a_request_whose_old_sequences_have_run_waits_by_the_age_of_the_next() -> None:
    queue = WaitingQueue(ageing_seconds=30.0)
    old, young, standard = waiting("b", BULK, 0), waiting("b", BULK, 59), waiting("s", STANDARD, 59)
    for sequence in (old, young, standard):
        queue.add(sequence)
    assert list(queue.in_order(61.0)) == [old, young, standard]
    queue.take([old])
    assert list(queue.in_order(61.0)) == [standard, young]
    assert list(queue.in_order(89.5)) == [standard, young]  # both one class up
    assert list(queue.in_order(120.0)) == [standard, young]
    queue.check_invariants()


def test_the_oldest_is_known_whatever_was_taken_or_moved() -> None:
    queue = WaitingQueue()
    first, second, third = waiting("a", BULK), waiting("b", STANDARD), waiting("a", BULK)
    for sequence in (first, second, third):
        queue.add(sequence)
    queue.move(first, INTERACTIVE, "c")
    seen = [queue.oldest]
    queue.take([first])
    queue.discard(second)
    seen.append(queue.oldest)
    queue.discard(third)
    seen.append(queue.oldest)
    assert seen == [first, third, None]
    queue.check_invariants()


def test_the_count_is_by_the_priority_that_a_sequence_came_with() -> None:
    queue = WaitingQueue(ageing_seconds=1.0)
    for priority in (BULK, BULK, STANDARD):
        queue.add(waiting("a", priority))
    list(queue.in_order(1000.0))
    assert [queue.count(priority) for priority in Priority] == [0, 1, 2]


@given(arrivals, st.floats(100, 1000))
def test_the_order_holds_every_sequence_once(sequences: list[Sequence], now: float) -> None:
    queue = WaitingQueue()
    for sequence in sequences:
        queue.add(sequence)
    assert Counter(queue.in_order(now)) == Counter(sequences) == Counter(queue)
    assert len(queue) == len(sequences)


@given(arrivals)
def test_without_ageing_no_class_runs_before_a_more_urgent_one(sequences: list[Sequence]) -> None:
    queue = WaitingQueue(ageing_seconds=1_000_000)
    for sequence in sequences:
        queue.add(sequence)
    priorities = [sequence.priority for sequence in queue.in_order(100.0)]
    assert priorities == sorted(priorities)


@given(arrivals)
def test_no_request_gets_a_turn_more_than_one_ahead_of_another_that_waits(sequences: list[Sequence]) -> None:
    queue = WaitingQueue(ageing_seconds=1_000_000)
    for sequence in sequences:
        queue.add(sequence)
    for priority in Priority:
        lane = [s.request_id for s in queue.in_order(100.0) if s.priority == priority]
        left = Counter(lane)
        turns: Counter[str] = Counter()
        for request_id in lane:
            turns[request_id] += 1
            left[request_id] -= 1
            assert all(turns[request_id] - turns[other] <= 1 for other in left if left[other])


@given(arrivals, st.data())
def test_removed_sequences_are_gone_and_the_others_keep_their_order(
    sequences: list[Sequence], data: st.DataObject
) -> None:
    queue = WaitingQueue()
    for sequence in sequences:
        queue.add(sequence)
    unwanted = {s for s in sequences if data.draw(st.booleans())}
    lanes = {(s.request_id, s.priority) for s in sequences}
    for sequence in unwanted:
        assert queue.discard(sequence)
        assert not queue.discard(sequence)
        queue.check_invariants()
    for request_id, priority in lanes:
        kept = [s for s in queue if (s.request_id, s.priority) == (request_id, priority)]
        wanted = [s for s in sequences if (s.request_id, s.priority) == (request_id, priority) and s not in unwanted]
        assert kept == wanted
    queue.take(s for s in sequences if s not in unwanted)
    queue.check_invariants()
    assert len(queue) == 0
    assert not list(queue.in_order(0.0))


def test_a_sequence_that_left_and_came_back_ages_once() -> None:
    queue = WaitingQueue(30.0)
    moved, bulk = waiting("b", BULK), waiting("z", BULK, 1.0)
    for sequence in (moved, bulk):
        queue.add(sequence)
    queue.move(moved, INTERACTIVE, "a")
    queue.move(moved, BULK, "b")
    standard = waiting("s", STANDARD, 29.0)
    queue.add(standard)
    # One level up after 30 seconds, behind those that are of it.
    assert [sequence.request_id for sequence in queue.in_order(30.5)] == ["s", "b", "z"]
    # And to the highest after as long again, where nobody can go further.
    assert [sequence.request_id for sequence in queue.in_order(200.0)] == ["s", "b", "z"]
    queue.check_invariants()
