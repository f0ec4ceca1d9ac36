from hypothesis import given
from hypothesis import strategies as st

from triwire_server.engine.concurrency_limit import ConcurrencyLimit


def test_a_refusal_halves_what_was_under_way() -> None:
    limit = ConcurrencyLimit(32)
    limit.refused(20)
    assert limit.value == 10


def test_it_grows_by_one_in_a_round_of_answers_and_no_further_than_set() -> None:
    limit = ConcurrencyLimit(8)
    limit.refused(8)
    values = []
    for _ in range(6):
        for _ in range(limit.value + 1):
            limit.answered(limit.value)
        values.append(limit.value)
    assert values == [5, 6, 7, 8, 8, 8]


def test_answers_to_fewer_requests_than_allowed_tell_nothing_of_more() -> None:
    limit = ConcurrencyLimit(8)
    limit.refused(8)
    for _ in range(100):
        limit.answered(3)
    assert limit.value == 4


@given(st.integers(1, 64), st.lists(st.tuples(st.booleans(), st.integers(1, 64)), max_size=200))
def test_it_stays_from_one_to_what_was_set(most: int, events: list[tuple[bool, int]]) -> None:
    limit = ConcurrencyLimit(most)
    for is_answer, in_flight in events:
        before = limit.value
        (limit.answered if is_answer else limit.refused)(min(in_flight, before))
        assert 1 <= limit.value <= most
        assert limit.value <= before + 1
