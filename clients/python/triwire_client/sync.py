"""The synchronous face of the client: the same methods, on an event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_client.batch import BatchResult
from triwire_client.client import Client
from triwire_client.connection import Tls
from triwire_client.content import CleaningName, ContentLike, PriorityLike, SummaryLike
from triwire_client.glossaries import Glossary
from triwire_client.retry import RetryPolicy

_Made = TypeVar("_Made")


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
    """`Client` for code without an event loop. Arguments and errors are the same; see there.

    It may be used from several threads. `with SyncClient() as triwire:` closes it at the end.
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
        """Close the connection and end the thread."""
        if self._loop.is_closed():
            return
        self._run(self._client.close())
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
    ) -> Iterator[article_service_pb2.StreamProcessArticleResponse]:
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

    def _run(self, work: Coroutine[Any, Any, _Made]) -> _Made:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _iterate(self, source: AsyncIterator[_Made]) -> Iterator[_Made]:
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
            if close is not None and not self._loop.is_closed():
                self._run(close())
