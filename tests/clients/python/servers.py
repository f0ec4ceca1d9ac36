"""Servers for the tests of the client: a real one in a thread of its own, and one that misbehaves as it is told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.server import running_server, target
from triwire.v1 import article_service_pb2, article_service_pb2_grpc
from triwire_client import RetryPolicy
from triwire_server.app import App

_Server = TypeVar("_Server")
QUICK = RetryPolicy(initial_seconds=0.01, max_seconds=0.02, random=lambda: 1.0)
"""Tries again as often as usual, but does not wait."""


@contextmanager
def served(profile: str | Path) -> Iterator[str]:
    """A real server on a thread of its own, for clients that block; gives its address."""
    with on_a_thread(running_server(profile)) as app:
        yield target(app)


def under_way(app: App) -> float:
    """How much a server is at: calls, admitted tokens, sequences that wait, slots in use."""
    names = ("requests_in_flight", "queue_tokens", "queue_sequences", "slots_in_use")
    samples = [sample for metric in app.registry.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name.removeprefix("triwire_") in names)


def ended(app: App, method: str, code: str) -> float:
    """How many calls of a method have ended with a code."""
    return app.registry.get_sample_value("triwire_requests_total", {"method": method, "code": code}) or 0.0


@contextmanager
def on_a_thread(server: AbstractAsyncContextManager[_Server]) -> Iterator[_Server]:
    """What an asynchronous context gives, while its event loop runs on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test-server")
    thread.start()
    try:
        entered = asyncio.run_coroutine_threadsafe(_enter(server), loop).result(60)
        try:
            yield entered
        finally:
            asyncio.run_coroutine_threadsafe(_leave(server), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _enter(server: AbstractAsyncContextManager[_Server]) -> _Server:
    return await server.__aenter__()


async def _leave(server: AbstractAsyncContextManager[_Server]) -> None:
    await server.__aexit__(None, None, None)


Detect = Callable[
    [article_service_pb2.DetectLanguageRequest, Any], Awaitable[article_service_pb2.DetectLanguageResponse]
]
Stream = Callable[
    [article_service_pb2.StreamProcessArticleRequest, Any],
    AsyncIterator[article_service_pb2.StreamProcessArticleResponse],
]
Batch = Callable[
    [AsyncIterator[article_service_pb2.ProcessBatchRequest], Any],
    AsyncIterator[article_service_pb2.ProcessBatchResponse],
]


class Scripted(article_service_pb2_grpc.ArticleServiceServicer):
    """Answers each method with what the test gave it."""

    def __init__(
        self, *, detect: Detect | None = None, stream: Stream | None = None, batch: Batch | None = None
    ) -> None:
        self._detect = detect
        self._stream = stream
        self._batch = batch

    async def _unexpected(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not part of the test")

    Translate = Summarize = ExtractArticle = ProcessArticle = ListModels = _unexpected

    async def DetectLanguage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        assert self._detect is not None
        return await self._detect(request, context)

    async def StreamProcessArticle(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        assert self._stream is not None
        async for part in self._stream(request, context):
            yield part

    async def ProcessBatch(self, request_iterator: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        assert self._batch is not None
        async for answer in self._batch(request_iterator, context):
            yield answer


@asynccontextmanager
async def scripted_server(servicer: Scripted) -> AsyncIterator[str]:
    """A real gRPC server with a scripted service; gives its address."""
    async with serving(article_service_pb2_grpc.add_ArticleServiceServicer_to_server, servicer) as address:
        yield address


@asynccontextmanager
async def serving(add: Callable[[Any, Any], None], servicer: object) -> AsyncIterator[str]:
    """A gRPC server on a free port with one service, added by its generated function; gives its address."""
    server = grpc.aio.server()
    add(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def fail(context: Any, code: grpc.StatusCode, reason: str = "", retry_seconds: float | None = None) -> None:
    """End a call with a status as the contract has it."""
    status = make_status(code, reason, retry_seconds)
    details = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(code, status.message, details)


def make_status(code: grpc.StatusCode, reason: str = "", retry_seconds: float | None = None) -> status_pb2.Status:
    """A status with ErrorInfo and RetryInfo where they are given."""
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=f"{code.name} as told")
    details: list[Message] = []
    if reason:
        details.append(error_details_pb2.ErrorInfo(reason=reason, domain="triwire.v1"))
    if retry_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(retry_seconds * 1e9))
        details.append(retry)
    for detail in details:
        status.details.add().Pack(detail)
    return status
