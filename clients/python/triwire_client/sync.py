"""The synchronous face of the client: the same methods, on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

import grpc

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_client.batch import BatchResult
from triwire_client.client import Client
from triwire_client.connection import Tls
from triwire_client.content import CleaningName, ContentLike, PriorityLike, SummaryLike, to_summaries
from triwire_client.errors import CancelledError
from triwire_client.glossaries import Glossary
from triwire_client.process import BlockCallback, Processing, ProgressCallback, SummaryCallback
from triwire_client.results import Result
from triwire_client.retry import RetryPolicy

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

_Made = TypeVar("_Made")
_TURN_SECONDS = 0.1 if sys.platform == "win32" else None
"""How long a call is waited for at once. On Windows nothing interrupts a wait, Ctrl-C neither."""


class _CallOptions(TypedDict, total=False):
    request_id: str
    timeout: float | None


class _ContentOptions(_CallOptions, total=False):
    source_language: str
    cleaning: CleaningName | None


class _WorkOptions(_ContentOptions, total=False):
    house_style: article_service_pb2.HouseStyle | None
    priority: PriorityLike


class _SummaryOptions(_WorkOptions, total=False):
    target_language: str


class _TranslationOptions(_WorkOptions, total=False):
    options: article_service_pb2.TranslationOptions | None


class _BatchOptions(TypedDict, total=False):
    window: int
    timeout: float | None


class _ListOptions(TypedDict, total=False):
    page_size: int
    timeout: float | None


class _GlossaryOptions(TypedDict, total=False):
    timeout: float | None


class _UpdateOptions(_GlossaryOptions, total=False):
    etag: str | None
    allow_missing: bool


class _DeleteOptions(_GlossaryOptions, total=False):
    etag: str


class SyncClient:
    """`Client` for code without an event loop. Arguments, results and errors are the same; see there.

    It may be used from several threads. `with SyncClient() as triwire:` closes it at the end. Ctrl-C cancels the call
    on the server too; `close` from another thread ends the calls under way with `CancelledError`.

    Args:
        target: "host:port", "dns:///service:port", ...; None: TRIWIRE_TARGET, else 127.0.0.1:50051.
        token: bearer token; None: TRIWIRE_TOKEN, else none.
        tls: how to secure the connection; None: TRIWIRE_TLS_*, else plaintext.
        timeout: seconds for each call, retries included, where the call gives none; None: no limit.
        retry: what is tried again.
        channel_options: gRPC options that go before the client's own.
        allow_plaintext_token: see `Client`.

    Raises:
        PlaintextTokenError: the token would go over the network in plaintext.

    Examples:
        >>> from triwire_client import SyncClient
        >>> with SyncClient(timeout=60) as triwire:
        ...     triwire.detect_language("항구가 다시 열렸다.").languages[0].language  # "The harbour opened again."
        'ko'
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        token: str | None = None,
        tls: Tls | None = None,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        channel_options: Sequence[tuple[str, Any]] = (),
        allow_plaintext_token: bool | None = None,
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, name="triwire-client", daemon=True)
        self._thread.start()

        async def make() -> Client:
            return Client(
                target,
                token=token,
                tls=tls,
                timeout=timeout,
                retry=retry,
                channel_options=channel_options,
                allow_plaintext_token=allow_plaintext_token,
            )

        # gRPC ties a channel to the loop that it was made on.
        try:
            self._client = self._run(make())
        except BaseException:
            self._end_thread()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Calls under way on other threads raise `CancelledError`."""
        with self._closing:
            if self._is_closed:
                return
            closed = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
            self._is_closed = True
        closed.result()
        self._end_thread()

    def translate(
        self, content: ContentLike, target_language: str, **options: Unpack[_TranslationOptions]
    ) -> article_service_pb2.TranslateResponse:
        """See `Client.translate`."""
        return self._run(self._client.translate(content, target_language, **options))

    def summarize(
        self, content: ContentLike, style: SummaryLike = "bullets", **options: Unpack[_SummaryOptions]
    ) -> article_service_pb2.SummarizeResponse:
        """See `Client.summarize`."""
        return self._run(self._client.summarize(content, style, **options))

    def extract_article(
        self, content: ContentLike, **options: Unpack[_ContentOptions]
    ) -> article_service_pb2.ExtractArticleResponse:
        """See `Client.extract_article`."""
        return self._run(self._client.extract_article(content, **options))

    def detect_language(
        self, content: ContentLike, **options: Unpack[_CallOptions]
    ) -> article_service_pb2.DetectLanguageResponse:
        """See `Client.detect_language`."""
        return self._run(self._client.detect_language(content, **options))

    def process(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        on_block: BlockCallback | None = None,
        on_summary: SummaryCallback | None = None,
        on_progress: ProgressCallback | None = None,
        **options: Unpack[_TranslationOptions],
    ) -> Result:
        """See `Client.process`. Callbacks are plain functions; they run on the thread that made the call."""
        wanted = to_summaries(summaries)
        request = article_service_pb2.ProcessArticleRequest(
            target_languages=target_languages, summaries=wanted, translation_options=options.get("options")
        )
        processing = Processing(request, on_block, on_summary, on_progress)
        parts = self.stream_process_article(content, target_languages=target_languages, summaries=wanted, **options)
        with closing(parts):
            while True:
                with processing.reading():
                    part = next(parts, None)
                if part is None:
                    return processing.result()
                for returned in processing.take(part):
                    _check_plain(returned)

    def process_article(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        **options: Unpack[_TranslationOptions],
    ) -> article_service_pb2.ProcessArticleResponse:
        """See `Client.process_article`."""
        return self._run(
            self._client.process_article(content, target_languages=target_languages, summaries=summaries, **options)
        )

    def stream_process_article(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        **options: Unpack[_TranslationOptions],
    ) -> Generator[article_service_pb2.StreamProcessArticleResponse, None, None]:
        """See `Client.stream_process_article`."""
        return self._iterate(
            self._client.stream_process_article(
                content, target_languages=target_languages, summaries=summaries, **options
            )
        )

    def process_batch(
        self, items: Iterable[article_service_pb2.ProcessBatchRequest], **options: Unpack[_BatchOptions]
    ) -> Iterator[BatchResult]:
        """See `Client.process_batch`. The items are read on the client's own thread."""
        return self._iterate(self._client.process_batch(items, **options))

    def list_models(self, **options: Unpack[_ListOptions]) -> article_service_pb2.ListModelsResponse:
        """See `Client.list_models`."""
        return self._run(self._client.list_models(**options))

    def create_glossary(
        self, glossary_id: str, glossary: Glossary, **options: Unpack[_GlossaryOptions]
    ) -> glossary_service_pb2.CreateGlossaryResponse:
        """See `Client.create_glossary`."""
        return self._run(self._client.create_glossary(glossary_id, glossary, **options))

    def get_glossary(self, name: str, **options: Unpack[_GlossaryOptions]) -> glossary_service_pb2.GetGlossaryResponse:
        """See `Client.get_glossary`."""
        return self._run(self._client.get_glossary(name, **options))

    def list_glossaries(self, **options: Unpack[_ListOptions]) -> Iterator[Glossary]:
        """See `Client.list_glossaries`."""
        return self._iterate(self._client.list_glossaries(**options))

    def update_glossary(
        self, glossary: Glossary, **options: Unpack[_UpdateOptions]
    ) -> glossary_service_pb2.UpdateGlossaryResponse:
        """See `Client.update_glossary`."""
        return self._run(self._client.update_glossary(glossary, **options))

    def delete_glossary(
        self, name: str, **options: Unpack[_DeleteOptions]
    ) -> glossary_service_pb2.DeleteGlossaryResponse:
        """See `Client.delete_glossary`."""
        return self._run(self._client.delete_glossary(name, **options))

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls)
        await self._client.close()

    def _run(self, work: Coroutine[Any, Any, _Made]) -> _Made:
        with self._closing:
            if self._is_closed:
                work.close()
                raise RuntimeError("the client is closed")
            future = asyncio.run_coroutine_threadsafe(self._noted(work), self._loop)
        try:
            while not future.done():
                concurrent.futures.wait((future,), _TURN_SECONDS)
            return future.result()
        except concurrent.futures.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise CancelledError("the client was closed while the call was under way", code=code) from None
        except BaseException:
            future.cancel()
            raise

    async def _noted(self, work: Coroutine[Any, Any, _Made]) -> _Made:
        call = cast("asyncio.Task[Any]", asyncio.current_task())
        self._calls.add(call)
        try:
            return await work
        finally:
            self._calls.discard(call)

    def _iterate(self, source: AsyncIterator[_Made]) -> Generator[_Made, None, None]:
        async def step() -> tuple[bool, _Made | None]:
            try:
                return True, await anext(source)
            except StopAsyncIteration:
                return False, None

        try:
            while True:
                has_item, item = self._run(step())
                if not has_item:
                    return
                yield item  # type: ignore[misc]  # None only where there is no item
        finally:
            close = getattr(source, "aclose", None)
            if close is not None and not self._is_closed:
                self._run(close())


def _check_plain(returned: object) -> None:
    if inspect.isawaitable(returned):
        if inspect.iscoroutine(returned):
            returned.close()
        raise TypeError("SyncClient calls plain functions back, not coroutine functions; Client takes both")
