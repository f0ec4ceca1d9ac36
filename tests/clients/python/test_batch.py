"""A batch over streams that break: no item is lost, and none is answered twice."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

from tests.clients.python.servers import QUICK, Scripted, fail, make_status, scripted_server
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import BatchResult, Client, RetryPolicy, errors

ANSWER = article_service_pb2.DetectLanguageResponse(request_id="ok")


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


async def test_an_answer_without_an_outcome_is_a_failed_item() -> None:
    async def empty(requests: Any, context: Any) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        async for request in requests:
            yield article_service_pb2.ProcessBatchResponse(item_id=request.item_id)

    async with scripted_server(Scripted(batch=empty)) as target:
        [result] = await results_of(target, make_items(1))
    assert (result.item_id, result.response) == ("i0", None)
    with pytest.raises(errors.TriwireError, match="the answer has neither response nor error"):
        result.unwrap()


async def test_a_window_without_room_is_refused() -> None:
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(ValueError, match="window is 0"):
            await collect(client.process_batch(make_items(1), window=0))
