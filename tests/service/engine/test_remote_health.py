"""What a server's answers and failures say of it, by a clock of the test."""

import pytest

from triwire_server.engine.remote_client import RequestFailed, Trouble
from triwire_server.engine.remote_health import ServerHealth


def health(patience_seconds: float = 30.0, jitter: float = 1.0) -> ServerHealth:
    return ServerHealth(16, patience_seconds, lambda: jitter)


def fail(server: ServerHealth, trouble: Trouble, now: float, retry_seconds: float | None = None) -> None:
    """A request that was sent a moment ago, alone."""
    failure = RequestFailed(trouble, "x", retry_seconds)
    server.failed(failure, now, now - 0.1, round_number=server.round, in_flight=16)


def test_pauses_double_up_to_five_seconds_and_begin_anew_after_an_answer() -> None:
    server = health()
    pauses = []
    for _ in range(8):
        fail(server, Trouble.UNREACHABLE, 100.0)
        pauses.append(round(server.paused_until - 100.0, 3))
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    server.answered(200.0, 1)
    fail(server, Trouble.UNREACHABLE, 200.0)
    assert server.paused_until == pytest.approx(200.1)


def test_pauses_are_spread() -> None:
    server = health(jitter=0.0)
    fail(server, Trouble.UNREACHABLE, 100.0)
    assert server.paused_until == pytest.approx(100.05)


def test_the_wait_that_is_asked_for_is_kept_and_never_shortened() -> None:
    server = health(jitter=0.0)
    fail(server, Trouble.BUSY, 100.0, 7.0)
    fail(server, Trouble.BUSY, 100.1, 1.0)
    assert server.paused_until == 107.0
    server.answered(100.2, 1)
    assert server.paused_until == 107.0


def test_a_wait_of_nothing_is_a_short_pause() -> None:
    server = health(jitter=0.0)
    fail(server, Trouble.BUSY, 100.0, 0.0)
    assert server.paused_until == 100.1


def test_after_a_failure_one_request_alone_finds_out() -> None:
    server = health()
    assert server.allowed == 16
    fail(server, Trouble.CUT, 100.0)
    assert server.allowed == 1
    server.answered(101.0, 1)
    assert server.allowed == 16


def test_requests_that_were_under_way_together_count_once() -> None:
    server = health()
    for _ in range(16):
        server.failed(RequestFailed(Trouble.BUSY, "x"), 100.0, 99.0, round_number=0, in_flight=16)
    assert server.limit.value == 8
    assert server.paused_until == pytest.approx(100.1)


def test_answers_between_refusals_of_one_round_do_not_make_it_two() -> None:
    server = health()
    for _ in range(8):
        server.failed(RequestFailed(Trouble.BUSY, "x"), 100.0, 99.0, round_number=0, in_flight=16)
        server.answered(100.0, 8)
    assert server.limit.value in (8, 9)


def test_a_server_is_away_once_it_has_failed_for_as_long_as_the_profile_waits() -> None:
    server = health(patience_seconds=2.0)
    away = []
    for now in (100.0, 101.0, 101.9):
        fail(server, Trouble.UNREACHABLE, now)
        away.append(server.is_away)
        assert (server.refusal(None, now) is not None) == server.is_away
    assert away == [False, False, True]
    refusal = server.refusal(None, 101.9)
    assert refusal is not None
    assert refusal.retry_seconds == pytest.approx(0.4)
    # When the pause is over, one may try.
    assert server.refusal(None, 102.4) is None


def test_a_long_wait_that_is_asked_for_is_away_at_once() -> None:
    server = health()
    fail(server, Trouble.BUSY, 100.0, 60.0)
    assert server.is_away


@pytest.mark.parametrize("trouble", [Trouble.SETUP, Trouble.SLOW])
def test_what_a_person_has_to_mend_and_a_server_that_hangs_are_not_waited_for(trouble: Trouble) -> None:
    server = health()
    server.failed(RequestFailed(trouble, "x"), 200.0, 80.0, round_number=0, in_flight=1)
    assert server.is_away


def test_who_has_less_time_than_the_pause_need_not_wait() -> None:
    server = health(jitter=0.0)
    fail(server, Trouble.BUSY, 100.0, 3.0)
    assert server.refusal(102.0, 100.5) is not None
    assert server.refusal(104.0, 100.5) is None
