"""One batch over as many streams as it takes: a window of unanswered items, and none lost or answered twice."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import grpc
from grpc.aio import EOF, InternalError  # type: ignore[attr-defined]  # missing in the published stubs

from triwire.v1 import article_service_pb2
from triwire_client.connection import translated
from triwire_client.errors import (
    ShuttingDownError,
    TriwireError,
    UnavailableError,
    Violation,
    from_rpc_error,
    from_status,
    invalid_request,
)
from triwire_client.retry import Attempts

BatchOutcome: TypeAlias = (
    article_service_pb2.TranslateResponse
    | article_service_pb2.SummarizeResponse
    | article_service_pb2.ExtractArticleResponse
    | article_service_pb2.DetectLanguageResponse
    | article_service_pb2.ProcessArticleResponse
)
BatchItems: TypeAlias = (
    Iterable[article_service_pb2.ProcessBatchRequest] | AsyncIterable[article_service_pb2.ProcessBatchRequest]
)
_Answer = TypeVar("_Answer")
_STATUS_WAITS = 20
_STATUS_WAIT_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The answer to one item of a batch: a response, or the error that a call of its own would have raised."""

    item_id: str
    """Of the item that is answered."""

    response: BatchOutcome | None
    """Of the call that the item asked for; None if it failed."""

    error: TriwireError | None
    """Why it failed; None if it did not."""

    def unwrap(self) -> BatchOutcome:
        """The response.

        Raises:
            TriwireError: the item failed.
        """
        if self.response is None:
            raise self.error or TriwireError(f"item {self.item_id} has neither response nor error")
        return self.response


async def run_batch(
    open_stream: Callable[[float | None], Any],
    items: BatchItems,
    window: int,
    begin: Callable[[], Attempts],
) -> AsyncIterator[BatchResult]:
    """Answers to items, in order of completion; see `Client.process_batch`.

    Args:
        open_stream: opens a stream of ProcessBatch, given the seconds that are left.
        items: what is sent; read only as fast as answers come.
        window: unanswered items at most.
        begin: begins to count attempts: which failures of a stream lead to another one. An answer makes the count
            start anew.

    Raises:
        ValueError: the window is below 1.
        TriwireError: the last stream's failure.
        Exception: whatever reading the items raised.
    """
    if window < 1:
        raise ValueError(f"window is {window}; at least 1 item has to be under way")
    attempts = begin()
    batch = _Batch(items, window)
    try:
        while True:
            stream = _Stream(open_stream(attempts.begin()), batch)
            failure: TriwireError = UnavailableError(
                "the stream ended before every item was answered", code=grpc.StatusCode.UNAVAILABLE
            )
            try:
                async with aclosing(stream.answers()) as answers:
                    async for answer in answers:
                        for refused in batch.take_refused():
                            yield refused
                        result = _batch_result(answer)
                        # An item that the replica did not begin with is left for the stream to the next one.
                        if not isinstance(result.error, ShuttingDownError) and batch.answer(answer.item_id):
                            attempts.note_progress()
                            yield result
                for refused in batch.take_refused():
                    yield refused
                if batch.is_finished:
                    return
            except TriwireError as error:
                failure = await stream.told(error)
            finally:
                await stream.close()
            stream.raise_if_items_failed()
            await attempts.wait(failure)
    finally:
        await batch.close()


class _Stream:
    """One stream of a batch, to which items are written while answers are read.

    Args:
        call: as grpc.aio has opened it.
        batch: whose items are written.
    """

    def __init__(self, call: Any, batch: "_Batch") -> None:
        self._call = call
        self._told: TriwireError | None = None
        """With which it ended first."""

        call.add_done_callback(self._note_failure)
        self._writer = asyncio.ensure_future(batch.write(call))
        self._writer.add_done_callback(self._cancel_if_items_failed)

    async def answers(self) -> AsyncGenerator[article_service_pb2.ProcessBatchResponse, None]:
        """What the server answers, until it ends the stream.

        Raises:
            TriwireError: how it ended the stream.
            Exception: whatever reading the items raised.
        """
        try:
            while (answer := await translated(self._call.read())) is not EOF:
                yield answer
        except asyncio.CancelledError:
            self.raise_if_items_failed()  # else it is the caller's
            raise

    async def told(self, error: TriwireError) -> TriwireError:
        """The failure with which reading failed, as the server told it.

        grpc.aio answers a write on a stream that has just ended by giving the stream a status of its own, INTERNAL:
        in place of the server's that is there, or until that arrives.
        """
        if not _is_local(error):
            return error
        for _ in range(_STATUS_WAITS):
            if self._told is not None and not _is_local(self._told):
                return self._told
            await asyncio.sleep(_STATUS_WAIT_SECONDS)
            self._told = None
            self._note_failure(self._call)
        return UnavailableError("the stream broke", code=grpc.StatusCode.UNAVAILABLE)

    async def close(self) -> None:
        """End it, and take no other item: nobody would send it."""
        await _stop(self._writer)
        self._call.cancel()

    def raise_if_items_failed(self) -> None:
        """Raise what reading the items raised, if it did."""
        if (reason := _items_failure(self._writer)) is not None:
            raise reason from None

    def _note_failure(self, call: Any) -> None:
        """Called by grpc.aio at the moment when the status is there."""
        code = _result_now(call.code())
        if code is not None and code is not grpc.StatusCode.OK:
            trailing, details = _result_now(call.trailing_metadata()), _result_now(call.details())
            self._told = from_rpc_error(grpc.aio.AioRpcError(code, None, trailing, details, None))  # type: ignore[arg-type]  # as grpc.aio makes it itself

    def _cancel_if_items_failed(self, writer: "asyncio.Future[None]") -> None:
        # Or the reading would wait for ever.
        if not writer.cancelled() and _items_failure(writer) is not None:
            self._call.cancel()


class _Batch:
    """The items of a batch: which are under way, and which never were because their id cannot name them."""

    def __init__(self, items: BatchItems, window: int) -> None:
        self._items = _iterate(items)
        self._reading: asyncio.Future[article_service_pb2.ProcessBatchRequest | None] | None = None
        self._is_exhausted = False
        self._room = asyncio.Semaphore(window)
        self._has_room = False
        self._seen: set[str] = set()
        self._unanswered: dict[str, article_service_pb2.ProcessBatchRequest] = {}
        self._refused: deque[BatchResult] = deque()

    @property
    def is_finished(self) -> bool:
        """Whether every item was read and answered."""
        return self._is_exhausted and not self._unanswered

    async def write(self, stream: Any) -> None:
        """Send what an earlier stream left unanswered, then the rest, then half-close."""
        for item in list(self._unanswered.values()):
            await stream.write(item)
        while (following := await self._next()) is not None:
            if (refused := self._refusal(following.item_id)) is not None:
                self._refused.append(BatchResult(following.item_id, None, refused))
                continue
            self._seen.add(following.item_id)
            self._unanswered[following.item_id] = following
            self._has_room = False
            await stream.write(following)
        await stream.done_writing()

    def answer(self, item_id: str) -> bool:
        """Note an answer, which makes room for another item; False if nobody waits for it."""
        if self._unanswered.pop(item_id, None) is None:
            return False
        self._room.release()
        return True

    def take_refused(self) -> Iterator[BatchResult]:
        """Answers that need no server, each once: to items without an id of their own."""
        while self._refused:
            yield self._refused.popleft()

    async def close(self) -> None:
        """Stop reading the items."""
        if self._reading is not None:
            await _stop(self._reading)
        await self._items.aclose()

    async def _next(self) -> article_service_pb2.ProcessBatchRequest | None:
        """The next item when there is room for it, or None. May be cancelled and called again without a loss."""
        if self._is_exhausted:
            return None
        if not self._has_room:
            await self._room.acquire()
            self._has_room = True
        if self._reading is None:
            self._reading = asyncio.ensure_future(anext(self._items, None))
        # Cancelling what waits for an item would end an asynchronous source, so only this wait is cancelled.
        await asyncio.wait((self._reading,))
        reading, self._reading = self._reading, None
        item = reading.result()
        self._is_exhausted = item is None
        return item

    def _refusal(self, item_id: str) -> TriwireError | None:
        # Refused here and not by the server, which on a second stream would not know the ids of the first.
        if not item_id:
            return invalid_request([Violation("item_id", "is required")])
        if item_id in self._seen:
            violation = Violation("item_id", "was used before in this batch")
            return invalid_request([violation], "ITEM_ID_REUSED", {"item_id": item_id})
        return None


async def _iterate(items: BatchItems) -> Any:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def _batch_result(answer: article_service_pb2.ProcessBatchResponse) -> BatchResult:
    outcome = answer.WhichOneof("outcome")
    if outcome == "error":
        return BatchResult(answer.item_id, None, from_status(answer.error))
    if outcome is None:
        return BatchResult(answer.item_id, None, TriwireError("the answer has neither response nor error"))
    return BatchResult(answer.item_id, getattr(answer, outcome), None)


def _items_failure(writer: "asyncio.Future[None]") -> BaseException | None:
    """Why items could not be read or sent, if it was not the stream's fault: that is told by reading from it."""
    failure = writer.exception() if writer.done() and not writer.cancelled() else None
    return None if isinstance(failure, grpc.RpcError | asyncio.InvalidStateError | InternalError) else failure


def _is_local(error: TriwireError) -> bool:
    return error.code is grpc.StatusCode.INTERNAL and not error.reason


def _result_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that does not have to wait for it, otherwise None."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    return None


async def _stop(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    await asyncio.wait((task,))  # and not the task itself, whose cancellation could not be told from the caller's
    if not task.cancelled():
        task.exception()  # looked at, or asyncio would report it as lost
