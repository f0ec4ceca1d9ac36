import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import grpc
import pytest

from tests.clients.python.servers import Scripted, fail, make_status, scripted_server
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import BatchResult, Client, RetryPolicy, errors
from triwire_client.errors import TriwireError, from_status
from triwire_client.retry import RetryBudget

QUICK = RetryPolicy(initial_seconds=0.01, max_seconds=0.02, random=lambda: 1.0)
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


STARTED = article_service_pb2.StreamProcessArticleResponse(
    started=article_service_pb2.ArticleStarted(request_id="r", source=article_pb2.Article(language="en"))
)
USAGE = article_service_pb2.StreamProcessArticleResponse(usage=article_service_pb2.Usage(segments=1))


class Streams:
    """StreamProcessArticle that plays one list of parts and failures for each call."""

    def __init__(self, *plays: Iterable[article_service_pb2.StreamProcessArticleResponse | grpc.StatusCode]) -> None:
        self.plays = iter(plays)
        self.request_ids: list[str] = []

    async def __call__(
        self, request: Any, context: Any
    ) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        self.request_ids.append(request.request.request_id)
        for part in next(self.plays):
            if isinstance(part, grpc.StatusCode):
                await fail(context, part)
            else:
                yield part


async def parts_of(target: str) -> tuple[list[str | None], TriwireError | None]:
    """The parts that a client gets, and the failure that it ends with."""
    names: list[str | None] = []
    async with Client(target, retry=QUICK) as client:
        try:
            async for part in client.stream_process_article("text", summaries=["headline"]):
                names.append(part.WhichOneof("part"))
        except TriwireError as error:
            return names, error
    return names, None


async def test_a_stream_that_fails_before_its_first_part_is_opened_again() -> None:
    streams = Streams([grpc.StatusCode.UNAVAILABLE], [STARTED, USAGE])
    async with scripted_server(Scripted(stream=streams)) as target:
        assert await parts_of(target) == (["started", "usage"], None)


def block(language: str, block_id: str) -> article_service_pb2.StreamProcessArticleResponse:
    translated = article_service_pb2.TranslatedBlock(block=article_pb2.Block(block_id=block_id, text=language))
    return article_service_pb2.StreamProcessArticleResponse(
        block=article_service_pb2.ArticleBlock(target_language=language, block=translated)
    )


def translation(language: str) -> article_service_pb2.StreamProcessArticleResponse:
    whole = article_service_pb2.Translation(target_language=language)
    return article_service_pb2.StreamProcessArticleResponse(translation=whole)


def summary(language: str) -> article_service_pb2.StreamProcessArticleResponse:
    whole = article_service_pb2.Summary(style=article_service_pb2.SUMMARY_STYLE_HEADLINE, target_language=language)
    return article_service_pb2.StreamProcessArticleResponse(summary=whole)


def failed(language: str, style: article_service_pb2.SummaryStyle.ValueType) -> Any:
    error = article_service_pb2.ArticleError(
        target_language=language,
        summary_style=style,
        status=make_status(grpc.StatusCode.INTERNAL, "INFERENCE_FAILED"),
    )
    return article_service_pb2.StreamProcessArticleResponse(error=error)


async def test_a_stream_that_breaks_midway_goes_on_and_gives_no_part_twice() -> None:
    unset, headline = article_service_pb2.SUMMARY_STYLE_UNSPECIFIED, article_service_pb2.SUMMARY_STYLE_HEADLINE
    streams = Streams(
        [STARTED, block("ko", "b1"), failed("ja", unset), failed("", headline), grpc.StatusCode.UNAVAILABLE],
        [STARTED, block("ko", "b2"), block("ko", "b1"), block("ja", "b1"), grpc.StatusCode.CANCELLED],
        [STARTED, block("ko", "b1"), block("ko", "b2"), translation("ko")],  # ends without a word
        [STARTED, summary("en"), block("ko", "b2"), translation("ja"), summary("ko"), translation("ko"), USAGE],
    )
    parts: list[Any] = []
    async with scripted_server(Scripted(stream=streams)) as target, Client(target, retry=QUICK) as client:
        async for part in client.stream_process_article("text", target_languages=["ko", "ja"]):
            parts.append(part)
    assert parts == [
        STARTED,
        block("ko", "b1"),
        failed("ja", unset),
        failed("", headline),
        block("ko", "b2"),
        translation("ko"),
        summary("ko"),
        USAGE,
    ]
    # The server made the first id up; what goes on is the same call.
    assert streams.request_ids == ["", "r", "r", "r"]


async def test_a_stream_is_not_gone_on_with_by_a_replica_that_reads_the_article_differently() -> None:
    other = article_service_pb2.StreamProcessArticleResponse(
        started=article_service_pb2.ArticleStarted(request_id="r", source=article_pb2.Article(language="ja"))
    )
    streams = Streams([STARTED, block("ko", "b1"), grpc.StatusCode.UNAVAILABLE], [other, block("ko", "b1"), USAGE])
    async with scripted_server(Scripted(stream=streams)) as target:
        names, error = await parts_of(target)
    assert names == ["started", "block"]
    assert type(error) is errors.UnavailableError
    assert error.__notes__ == ["not gone on with: another replica reads the article differently"]


async def test_a_stream_that_makes_no_progress_gives_up() -> None:
    streams = Streams(*[(STARTED, grpc.StatusCode.UNAVAILABLE)] * 9)
    async with scripted_server(Scripted(stream=streams)) as target:
        names, error = await parts_of(target)
    assert names == ["started"]
    assert type(error) is errors.UnavailableError
    assert len(streams.request_ids) == 5


async def test_a_stream_that_breaks_after_its_last_part_is_whole() -> None:
    async with scripted_server(Scripted(stream=Streams([STARTED, USAGE, grpc.StatusCode.UNAVAILABLE]))) as target:
        assert await parts_of(target) == (["started", "usage"], None)


async def test_a_stream_without_its_last_part_is_a_failure() -> None:
    async with scripted_server(Scripted(stream=Streams(*[[STARTED]] * 9))) as target:
        names, error = await parts_of(target)
    assert names == ["started"]
    assert type(error) is errors.UnavailableError


def make_items(count: int) -> Iterator[article_service_pb2.ProcessBatchRequest]:
    for number in range(count):
        yield make_item(f"i{number}")


def make_item(item_id: str) -> article_service_pb2.ProcessBatchRequest:
    request = article_service_pb2.DetectLanguageRequest(content=article_pb2.Content(text="text"))
    return article_service_pb2.ProcessBatchRequest(item_id=item_id, detect_language=request)


class Batches:
    """ProcessBatch whose first streams break after so many answers; notes the items of each stream.

    Args:
        breaks: answers after which a stream ends, in the order of the streams; later ones are whole.
        code: how it ends; OK is an end without a failure although items wait.
        pile: items that are read before the first of them is answered.
    """

    def __init__(self, *breaks: int, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE, pile: int = 1) -> None:
        self.breaks = list(breaks)
        self.code = code
        self.pile = pile
        self.items: list[list[str]] = []

    async def __call__(self, requests: Any, context: Any) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        left = self.breaks.pop(0) if self.breaks else None
        read: list[str] = []
        self.items.append(read)
        waiting: list[str] = []
        async for request in requests:
            read.append(request.item_id)
            waiting.append(request.item_id)
            if len(waiting) < self.pile:
                continue
            while waiting:
                if left == 0:
                    await self._end(context)
                    return
                yield self._answer(waiting.pop())  # the last first: order of completion is anything
                left = None if left is None else left - 1
        while waiting:
            yield self._answer(waiting.pop())
        if left is not None:
            await self._end(context)

    async def _end(self, context: Any) -> None:
        if self.code is not grpc.StatusCode.OK:
            await fail(context, self.code, "SHUTTING_DOWN", 0.0)

    @staticmethod
    def _answer(item_id: str) -> article_service_pb2.ProcessBatchResponse:
        return article_service_pb2.ProcessBatchResponse(item_id=item_id, detect_language=ANSWER)


async def results_of(target: str, items: Any, *, window: int = 64, seconds: float | None = None) -> list[BatchResult]:
    async with Client(target, retry=QUICK) as client:
        return [result async for result in client.process_batch(items, window=window, timeout=seconds)]


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK])
@pytest.mark.parametrize("window", [1, 4, 64])
async def test_a_batch_goes_on_over_broken_streams_with_no_item_lost_or_twice(
    code: grpc.StatusCode, window: int
) -> None:
    batches = Batches(3, 0, 5, code=code, pile=min(window, 3))
    async with scripted_server(Scripted(batch=batches)) as target:
        results = await asyncio.wait_for(results_of(target, make_items(31), window=window), 20)
    assert sorted(result.item_id for result in results) == sorted(f"i{number}" for number in range(31))
    assert all(result.response == ANSWER for result in results)
    assert len(batches.items) == 4
    assert all(len(set(stream)) == len(stream) for stream in batches.items)


async def test_a_stream_that_breaks_after_the_last_answer_ends_the_batch_without_sending_anything_again() -> None:
    batches = Batches(9)  # never reached: it breaks at the client's half-close
    async with scripted_server(Scripted(batch=batches)) as target:
        results = await asyncio.wait_for(results_of(target, make_items(3), window=1), 20)
    assert [result.item_id for result in results] == ["i0", "i1", "i2"]
    assert batches.items[0] == ["i0", "i1", "i2"]
    assert not any(batches.items[1:])


async def test_an_item_that_arrives_while_a_broken_stream_waits_to_be_reopened_is_not_lost() -> None:
    async def slow() -> AsyncIterator[article_service_pb2.ProcessBatchRequest]:
        for item in make_items(6):
            await asyncio.sleep(0.03)
            yield item

    batches = Batches(1, 1, 1)
    policy = RetryPolicy(initial_seconds=0.1, random=lambda: 1.0)
    async with scripted_server(Scripted(batch=batches)) as target, Client(target, retry=policy) as client:
        results = await asyncio.wait_for(collect(client.process_batch(slow())), 20)
    assert sorted(result.item_id for result in results) == ["i0", "i1", "i2", "i3", "i4", "i5"]


async def collect(results: AsyncIterator[BatchResult]) -> list[BatchResult]:
    return [result async for result in results]


async def test_a_batch_that_is_refused_while_items_are_sent_tells_the_server_s_reason() -> None:
    async def refuse(requests: Any, context: Any) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        await fail(context, grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_INVALID")
        yield article_service_pb2.ProcessBatchResponse()

    for _ in range(10):  # a race between the client's writes and the server's end
        async with scripted_server(Scripted(batch=refuse)) as target:
            with pytest.raises(errors.CredentialsInvalidError):
                await results_of(target, make_items(64))


async def test_an_item_that_a_replica_did_not_begin_with_is_left_to_the_next_stream() -> None:
    streams: list[list[str]] = []

    async def refuse_one(requests: Any, context: Any) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        read: list[str] = []
        streams.append(read)
        async for request in requests:
            read.append(request.item_id)
            response = article_service_pb2.ProcessBatchResponse(item_id=request.item_id, detect_language=ANSWER)
            if request.item_id == "i1" and len(streams) == 1:
                response.error.CopyFrom(make_status(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0.0))
            yield response

    async with scripted_server(Scripted(batch=refuse_one)) as target:
        results = await results_of(target, make_items(3))
    assert sorted((result.item_id, result.response == ANSWER) for result in results) == [
        ("i0", True),
        ("i1", True),
        ("i2", True),
    ]
    assert streams == [["i0", "i1", "i2"], ["i1"]]


async def test_a_batch_that_makes_no_progress_gives_up() -> None:
    batches = Batches(*[0] * 99)
    async with scripted_server(Scripted(batch=batches)) as target:
        with pytest.raises(errors.ShuttingDownError):
            await results_of(target, make_items(2))
    assert len(batches.items) == 5


async def test_the_deadline_of_a_batch_spans_its_streams() -> None:
    async def trickle(requests: Any, context: Any) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        async for request in requests:
            await asyncio.sleep(0.1)
            yield article_service_pb2.ProcessBatchResponse(item_id=request.item_id, detect_language=ANSWER)
            await fail(context, grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0.0)

    async with scripted_server(Scripted(batch=trickle)) as target:
        started = time.monotonic()
        with pytest.raises((errors.DeadlineExceededError, errors.ShuttingDownError)):
            await results_of(target, make_items(200), seconds=0.5)
    assert time.monotonic() - started < 3


async def test_an_id_used_twice_or_missing_is_answered_with_an_error_and_not_sent() -> None:
    items = [make_item("a"), make_item("a"), make_item(""), make_item("b")]
    batches = Batches()
    async with scripted_server(Scripted(batch=batches)) as target:
        results = await results_of(target, items)
    kinds = sorted((result.item_id, type(result.error).__name__) for result in results)
    assert kinds == [
        ("", "InvalidRequestError"),
        ("a", "ItemIdReusedError"),
        ("a", "NoneType"),
        ("b", "NoneType"),
    ]
    assert batches.items == [["a", "b"]]


async def test_a_source_of_items_that_fails_ends_the_batch_with_its_own_exception() -> None:
    def broken() -> Iterator[article_service_pb2.ProcessBatchRequest]:
        yield from make_items(2)
        raise FileNotFoundError("archive-3.jsonl")

    async with scripted_server(Scripted(batch=Batches(pile=9))) as target:
        with pytest.raises(FileNotFoundError, match=r"archive-3\.jsonl"):
            await asyncio.wait_for(results_of(target, broken()), 10)


async def test_a_cancelled_batch_ends_at_once_and_stops_reading_its_items() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[article_service_pb2.ProcessBatchRequest]:
        try:
            for item in make_items(1_000_000):
                await asyncio.sleep(0.001)
                yield item
        finally:
            closed.set()

    async with scripted_server(Scripted(batch=Batches())) as target:
        batch = asyncio.ensure_future(results_of(target, endless()))
        await asyncio.sleep(0.2)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(batch, 5)
        await asyncio.wait_for(closed.wait(), 5)


async def test_a_window_without_room_is_refused() -> None:
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(ValueError, match="window is 0"):
            await collect(client.process_batch(make_items(1), window=0))


async def test_a_server_that_cannot_be_reached_is_tried_and_then_unavailable() -> None:
    async with Client("127.0.0.1:1", retry=RetryPolicy(max_attempts=2, initial_seconds=0.01)) as client:
        with pytest.raises(errors.UnavailableError):
            await client.list_models(timeout=5)
