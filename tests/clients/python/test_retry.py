"""Which calls are made again, when, and how often."""

import asyncio
import time
from typing import Any

import grpc
import pytest

from tests.clients.python.servers import QUICK, Scripted, fail, make_status, scripted_server
from triwire.v1 import article_service_pb2
from triwire_client import Client, RetryPolicy, errors
from triwire_client.errors import TriwireError, from_status
from triwire_client.retry import RetryBudget

ANSWER = article_service_pb2.DetectLanguageResponse(request_id="ok")


def error_of(code: grpc.StatusCode, reason: str = "", retry_seconds: float | None = None) -> TriwireError:
    return from_status(make_status(code, reason, retry_seconds))


class TestDelay:
    def test_without_a_wish_of_the_server_it_doubles_up_to_the_longest(self) -> None:
        policy = RetryPolicy(max_attempts=8, initial_seconds=0.1, max_seconds=1.0, random=lambda: 1.0)
        error = error_of(grpc.StatusCode.UNAVAILABLE)
        assert [policy.delay(error, attempt) for attempt in range(1, 9)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, None]

    def test_it_is_a_random_share_so_that_clients_spread(self) -> None:
        policy = RetryPolicy(initial_seconds=0.1, random=lambda: 0.25)
        assert policy.delay(error_of(grpc.StatusCode.UNAVAILABLE), 2) == 0.05

    def test_the_server_s_wish_is_obeyed_as_it_is(self) -> None:
        policy = RetryPolicy(max_seconds=1.0, random=lambda: 0.5)
        assert policy.delay(error_of(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 30.0), 1) == 30.0
        assert policy.delay(error_of(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0.0), 1) == 0.0

    def test_a_failed_inference_is_tried_once_more(self) -> None:
        error = error_of(grpc.StatusCode.INTERNAL, "INFERENCE_FAILED")
        assert [QUICK.delay(error, attempt) for attempt in (1, 2)] == [0.01, None]

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
            (grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"),
            (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_INVALID"),
            (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED"),
            (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE"),
            (grpc.StatusCode.UNIMPLEMENTED, ""),
            (grpc.StatusCode.INTERNAL, ""),
            (grpc.StatusCode.RESOURCE_EXHAUSTED, ""),
        ],
    )
    def test_what_fails_again_is_not_tried_again(self, code: grpc.StatusCode, reason: str) -> None:
        assert QUICK.delay(error_of(code, reason), 1) is None

    @pytest.mark.parametrize(
        ("code", "reason", "is_tried_again"),
        [
            (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", True),
            (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", True),
            (grpc.StatusCode.UNAVAILABLE, "STARTING", True),
            (grpc.StatusCode.UNAVAILABLE, "GLOSSARIES_UNAVAILABLE", False),
            (grpc.StatusCode.UNAVAILABLE, "", False),
            (grpc.StatusCode.CANCELLED, "", False),
            (grpc.StatusCode.INTERNAL, "INFERENCE_FAILED", False),
        ],
    )
    def test_a_change_is_tried_again_only_where_the_server_has_not_begun(
        self, code: grpc.StatusCode, reason: str, is_tried_again: bool
    ) -> None:
        error = error_of(code, reason)
        assert QUICK.delay(error, 1) is not None
        assert (QUICK.delay(error, 1, is_repeatable=False) is not None) == is_tried_again


class TestBudget:
    POLICY = RetryPolicy(budget_share=0.2, budget_reserve=3)
    LOST = error_of(grpc.StatusCode.UNAVAILABLE)

    def test_retries_are_a_share_of_the_calls_beyond_the_reserve(self) -> None:
        budget = RetryBudget(self.POLICY, clock=lambda: 0.0)
        assert [budget.take(self.LOST) for _ in range(4)] == [True, True, True, False]
        granted = 0
        for _ in range(100):
            budget.note_call()
            granted += budget.take(self.LOST)
        assert granted == pytest.approx(20, abs=1)

    def test_calls_that_are_answered_save_up_no_more_than_the_reserve(self) -> None:
        budget = RetryBudget(self.POLICY, clock=lambda: 0.0)
        for _ in range(1000):
            budget.note_call()
        assert [budget.take(self.LOST) for _ in range(4)] == [True, True, True, False]

    def test_one_comes_back_each_second_for_clients_that_call_seldom(self) -> None:
        now = 0.0
        budget = RetryBudget(self.POLICY, clock=lambda: now)
        assert [budget.take(self.LOST) for _ in range(4)] == [True, True, True, False]
        now = 2.0
        assert [budget.take(self.LOST) for _ in range(3)] == [True, True, False]

    def test_a_wait_that_the_server_asked_for_costs_nothing_and_at_once_elsewhere_does(self) -> None:
        budget = RetryBudget(self.POLICY, clock=lambda: 0.0)
        full = error_of(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 1.5)
        elsewhere = error_of(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0.0)
        assert [budget.take(full) for _ in range(20)] == [True] * 20
        assert [budget.take(elsewhere) for _ in range(4)] == [True, True, True, False]


class Calls:
    """A unary method that fails as listed, then answers; notes when it was called and with how much time left."""

    def __init__(self, *failures: tuple[grpc.StatusCode, str, float | None]) -> None:
        self.failures = list(failures)
        self.times: list[float] = []
        self.seconds_left: list[float | None] = []

    async def __call__(self, request: Any, context: Any) -> article_service_pb2.DetectLanguageResponse:
        self.times.append(time.monotonic())
        self.seconds_left.append(context.time_remaining())
        if self.failures:
            await fail(context, *self.failures.pop(0))
        return ANSWER


async def test_a_call_is_repeated_after_the_delay_that_the_server_asks_for() -> None:
    calls = Calls((grpc.StatusCode.UNAVAILABLE, "STARTING", 0.3))
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, retry=QUICK) as client:
        assert (await client.detect_language("text")).request_id == "ok"
    assert len(calls.times) == 2
    assert 0.3 <= calls.times[1] - calls.times[0] < 2.0


async def test_a_refused_request_is_sent_once() -> None:
    calls = Calls((grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", None))
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, retry=QUICK) as client:
        with pytest.raises(errors.InvalidRequestError):
            await client.detect_language("text")
    assert len(calls.times) == 1


async def test_the_last_failure_is_raised_when_the_attempts_are_used_up() -> None:
    calls = Calls(*[(grpc.StatusCode.UNAVAILABLE, "STARTING", 0.0)] * 9)
    policy = RetryPolicy(max_attempts=3)
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, retry=policy) as client:
        with pytest.raises(errors.StartingError):
            await client.detect_language("text")
    assert len(calls.times) == 3


async def test_a_client_whose_calls_all_fail_makes_few_more_than_it_was_asked_for() -> None:
    calls = Calls(*[(grpc.StatusCode.UNAVAILABLE, "", None)] * 9999)
    policy = RetryPolicy(initial_seconds=0.001, max_seconds=0.002, budget_reserve=10)
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, retry=policy) as client:
        outcomes = await asyncio.gather(*[client.detect_language("text") for _ in range(200)], return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {errors.UnavailableError}
    # Each may be made five times, 1000 in all: it is 200, at most the reserve, a fifth, and one for each second.
    assert 200 < len(calls.times) <= 200 + 10 + 40 + 10
    told = {note for outcome in outcomes for note in getattr(outcome, "__notes__", [])}
    assert told == {"not tried again: too many calls of this client failed (RetryPolicy.budget_share)"}


async def test_a_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    calls = Calls((grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 30.0))
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, retry=QUICK) as client:
        started = time.monotonic()
        with pytest.raises(errors.QueueFullError) as raised:
            await client.detect_language("text", timeout=5)
    assert time.monotonic() - started < 3
    assert raised.value.retry_delay == 30.0


async def test_each_attempt_gets_the_time_that_is_left_to_the_caller() -> None:
    calls = Calls((grpc.StatusCode.UNAVAILABLE, "STARTING", 0.4))
    async with scripted_server(Scripted(detect=calls)) as target, Client(target, timeout=5, retry=QUICK) as client:
        await client.detect_language("text")
    first, second = calls.seconds_left
    assert first is not None
    assert second is not None
    # gRPC sends what is left rounded upwards, to at most three digits.
    assert 4 < first < 5.1
    assert second < first - 0.3


async def test_a_server_that_does_not_answer_is_left_at_the_deadline() -> None:
    async def hang(request: Any, context: Any) -> article_service_pb2.DetectLanguageResponse:
        await asyncio.sleep(30)
        return ANSWER

    async with scripted_server(Scripted(detect=hang)) as target, Client(target, retry=QUICK) as client:
        with pytest.raises(errors.DeadlineExceededError):
            await client.detect_language("text", timeout=0.2)


async def test_a_server_that_cannot_be_reached_is_tried_and_then_unavailable() -> None:
    async with Client("127.0.0.1:1", retry=RetryPolicy(max_attempts=2, initial_seconds=0.01)) as client:
        with pytest.raises(errors.UnavailableError):
            await client.list_models(timeout=5)
