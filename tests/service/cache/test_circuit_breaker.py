import pytest

from triwire_server.cache.circuit_breaker import BreakerState, CircuitBreaker

CLOSED, HALF_OPEN, OPEN = BreakerState


class Made:
    """A breaker that opens after three failures for ten seconds, on a clock that the test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self.states: list[BreakerState] = []
        self.breaker = CircuitBreaker(
            failure_threshold=3, open_seconds=10, clock=lambda: self.now, on_change=self.states.append
        )

    def enter(self) -> int:
        ticket = self.breaker.enter()
        assert ticket is not None
        return ticket

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            self.breaker.failed(self.enter())


@pytest.fixture
def made() -> Made:
    return Made()


def test_failures_one_after_another_open_it(made: Made) -> None:
    made.fail(2)
    assert made.breaker.state is CLOSED
    made.fail()
    assert made.breaker.state is OPEN
    assert made.breaker.enter() is None
    assert not made.breaker.is_passable
    assert made.states == [OPEN]


def test_a_success_between_failures_keeps_it_closed(made: Made) -> None:
    for _ in range(5):
        made.fail(2)
        made.breaker.succeeded(made.enter())
    assert made.states == []


def test_after_its_time_one_call_alone_passes_and_its_success_closes_it(made: Made) -> None:
    made.fail(3)
    made.now = 109.9
    assert made.breaker.enter() is None
    made.now = 110.0
    assert made.breaker.is_passable
    probe = made.enter()
    assert made.breaker.state is HALF_OPEN
    assert made.breaker.enter() is None
    made.breaker.succeeded(probe)
    made.fail(2)
    assert made.breaker.enter() is not None
    assert made.states == [OPEN, HALF_OPEN, CLOSED]


def test_the_failure_of_that_call_opens_it_for_as_long_again(made: Made) -> None:
    made.fail(3)
    made.now = 110.0
    made.breaker.failed(made.enter())
    made.now = 119.9
    assert made.breaker.enter() is None
    made.now = 120.0
    assert made.breaker.enter() is not None
    assert made.states == [OPEN, HALF_OPEN, OPEN, HALF_OPEN]


def test_when_that_call_is_given_up_the_next_one_tries(made: Made) -> None:
    made.fail(3)
    made.now = 110.0
    made.breaker.abandoned(made.enter())
    assert made.breaker.enter() is not None
    assert made.breaker.state is HALF_OPEN


def test_a_call_from_before_the_last_change_decides_nothing(made: Made) -> None:
    early, late = made.enter(), made.enter()
    made.fail(3)
    made.breaker.succeeded(early)
    assert made.breaker.state is OPEN
    made.now = 110.0
    probe = made.enter()
    made.breaker.failed(late)
    made.breaker.abandoned(late)
    assert made.breaker.state is HALF_OPEN
    made.breaker.succeeded(probe)
    assert made.breaker.state is CLOSED


def test_a_call_that_is_given_up_while_it_is_closed_counts_as_nothing(made: Made) -> None:
    made.fail(2)
    made.breaker.abandoned(made.enter())
    assert made.breaker.state is CLOSED
    made.fail()
    assert made.breaker.state is OPEN
