"""The asyncio client: one typed method for each call of the contract."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import grpc
from grpc.aio import EOF  # type: ignore[attr-defined]  # missing in the published stubs

from triwire.v1 import (
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
    glossary_service_pb2_grpc,
)
from triwire_client.batch import BatchItems, BatchResult, run_batch, translated
from triwire_client.content import (
    CleaningName,
    ContentLike,
    PriorityLike,
    SummaryLike,
    to_content,
    to_priority,
    to_summaries,
    to_summary,
)
from triwire_client.errors import UnavailableError
from triwire_client.retry import RetryPolicy, with_retries

DEFAULT_TARGET = "127.0.0.1:50051"
_Answer = TypeVar("_Answer")
_Request = TypeVar("_Request")

_SERVICE_CONFIG = (
    '{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"triwire.v1.ArticleService"}}'
)
"""All addresses of a name take turns, and a replica that drains is left before it refuses."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the connection is secured. Files are PEM."""

    root_certificates: Path | None = None
    """Who may have signed the server's certificate; None: gRPC's own list."""

    client_certificate: Path | None = None
    """This client's certificate, for mutual TLS; needs `client_key`."""

    client_key: Path | None = None
    server_name: str = ""
    """Name to expect in the certificate, if it is not that of the target."""

    def __post_init__(self) -> None:
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key belong together: give both or neither")

    @classmethod
    def from_environment(cls) -> "Tls | None":
        """From TRIWIRE_TLS_ROOT_CERTIFICATES, _CLIENT_CERTIFICATE, _CLIENT_KEY, _SERVER_NAME; None if none is set.

        TRIWIRE_TLS=1 alone asks for TLS with gRPC's own list.
        """

        def path(name: str) -> Path | None:
            value = os.environ.get(f"TRIWIRE_TLS_{name}")
            return Path(value) if value else None

        tls = cls(
            path("ROOT_CERTIFICATES"),
            path("CLIENT_CERTIFICATE"),
            path("CLIENT_KEY"),
            os.environ.get("TRIWIRE_TLS_SERVER_NAME", ""),
        )
        return tls if tls != cls() or os.environ.get("TRIWIRE_TLS") == "1" else None

    def credentials(self) -> grpc.ChannelCredentials:
        """Credentials for a channel.

        Raises:
            OSError: a file cannot be read.
        """

        def read(path: Path | None) -> bytes | None:
            return path.read_bytes() if path else None

        return grpc.ssl_channel_credentials(
            read(self.root_certificates), read(self.client_key), read(self.client_certificate)
        )


class Client:
    """Calls a triwire service.

    Args:
        target: "host:port", "dns:///service:port", ...; None: TRIWIRE_TARGET, else 127.0.0.1:50051.
        token: bearer token; None: TRIWIRE_TOKEN, else none.
        tls: how to secure the connection; None: TRIWIRE_TLS_*, else plaintext.
        timeout: seconds for each call, retries included, where the call gives none; None: no limit.
        retry: what is tried again.
        channel: a channel to use instead of making one; the caller closes it.

    `async with Client() as triwire:` closes the connection at the end.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        token: str | None = None,
        tls: Tls | None = None,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        self.target = target or os.environ.get("TRIWIRE_TARGET") or DEFAULT_TARGET
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        token = token if token is not None else os.environ.get("TRIWIRE_TOKEN", "")
        self._metadata: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {token}"),) if token else ()
        self._owns_channel = channel is None
        self._channel = channel or _open(self.target, tls or Tls.from_environment())
        self._articles = article_service_pb2_grpc.ArticleServiceStub(self._channel)
        self._glossaries = glossary_service_pb2_grpc.GlossaryServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        if self._owns_channel:
            await self._channel.close(None)

    async def translate(
        self,
        content: ContentLike,
        target_language: str,
        *,
        source_language: str = "",
        cleaning: CleaningName | None = None,
        options: article_service_pb2.TranslationOptions | None = None,
        house_style: article_service_pb2.HouseStyle | None = None,
        priority: PriorityLike = "standard",
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.TranslateResponse:
        """Translate content into one language, block by block.

        Raises:
            TriwireError: as its subclass for the reason.
        """
        request = article_service_pb2.TranslateRequest(
            request_id=request_id,
            priority=to_priority(priority),
            content=to_content(content, source_language, cleaning),
            target_language=target_language,
            house_style=house_style,
            options=options,
        )
        return await self._call(self._articles.Translate, request, timeout)

    async def summarize(
        self,
        content: ContentLike,
        style: SummaryLike = "bullets",
        *,
        target_language: str = "",
        source_language: str = "",
        cleaning: CleaningName | None = None,
        house_style: article_service_pb2.HouseStyle | None = None,
        priority: PriorityLike = "standard",
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.SummarizeResponse:
        """Summarize content, in its own language or in another.

        Args:
            content: text, Html, Article or Content.
            style: "headline", "bullets", "paragraph", or SummaryOptions, which carry their own target language.
            target_language: of the summary; empty: that of the article.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: as the method does by default.
            house_style: how the newsroom writes.
            priority: place in the queue.
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Raises:
            TriwireError: as its subclass for the reason.
        """
        request = article_service_pb2.SummarizeRequest(
            request_id=request_id,
            priority=to_priority(priority),
            content=to_content(content, source_language, cleaning),
            house_style=house_style,
            options=to_summary(style, target_language),
        )
        return await self._call(self._articles.Summarize, request, timeout)

    async def extract_article(
        self,
        content: ContentLike,
        *,
        source_language: str = "",
        cleaning: CleaningName | None = None,
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.ExtractArticleResponse:
        """Turn text or HTML into an article with labelled blocks."""
        request = article_service_pb2.ExtractArticleRequest(
            request_id=request_id, content=to_content(content, source_language, cleaning)
        )
        return await self._call(self._articles.ExtractArticle, request, timeout)

    async def detect_language(
        self,
        content: ContentLike,
        *,
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.DetectLanguageResponse:
        """Name the languages in content, most likely first."""
        request = article_service_pb2.DetectLanguageRequest(request_id=request_id, content=to_content(content))
        return await self._call(self._articles.DetectLanguage, request, timeout)

    async def process_article(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        source_language: str = "",
        cleaning: CleaningName | None = None,
        options: article_service_pb2.TranslationOptions | None = None,
        house_style: article_service_pb2.HouseStyle | None = None,
        priority: PriorityLike = "standard",
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.ProcessArticleResponse:
        """Extract, summarize and translate in one call."""
        request = article_service_pb2.ProcessArticleRequest(
            request_id=request_id,
            priority=to_priority(priority),
            content=to_content(content, source_language, cleaning),
            house_style=house_style,
            target_languages=target_languages,
            translation_options=options,
            summaries=to_summaries(summaries),
        )
        return await self._call(self._articles.ProcessArticle, request, timeout)

    async def stream_process_article(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        source_language: str = "",
        cleaning: CleaningName | None = None,
        options: article_service_pb2.TranslationOptions | None = None,
        house_style: article_service_pb2.HouseStyle | None = None,
        priority: PriorityLike = "standard",
        request_id: str = "",
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        """`process_article` with each part as soon as it is ready; the usage comes last.

        A stream that fails before its first part is tried again; one that fails later raises.

        Raises:
            TriwireError: as its subclass for the reason; also if the stream ends without its usage.
        """
        request = article_service_pb2.StreamProcessArticleRequest(
            request=article_service_pb2.ProcessArticleRequest(
                request_id=request_id,
                priority=to_priority(priority),
                content=to_content(content, source_language, cleaning),
                house_style=house_style,
                target_languages=target_languages,
                translation_options=options,
                summaries=to_summaries(summaries),
            )
        )

        async def open_stream(left: float | None) -> tuple[Any, Any]:
            stream = self._articles.StreamProcessArticle(request, timeout=left, metadata=self._metadata)
            return stream, await translated(stream.read())

        stream, part = await self._with_retries(open_stream, timeout)
        is_complete = False
        try:
            while part is not EOF:
                is_complete = part.WhichOneof("part") == "usage"
                yield part
                part = await translated(stream.read())
        finally:
            stream.cancel()
        if not is_complete:
            raise UnavailableError("the stream ended before its last part", code=grpc.StatusCode.UNAVAILABLE)

    def process_batch(
        self,
        items: BatchItems,
        *,
        window: int = 64,
        timeout: float | None = None,
    ) -> AsyncIterator[BatchResult]:
        """Send any number of items over one stream and yield each answer as it comes, in order of completion.

        Args:
            items: with ids that are unique; read only as fast as answers come. An item without an id, or with one
                that was used before, is answered with an error and not sent.
            window: unanswered items at most.
            timeout: seconds for the whole batch; None: no limit, the client's own timeout does not apply.

        Raises:
            TriwireError: the stream failed, and failed again when the unanswered items were sent once more. A failed
                item raises nothing: it is a result with an error.
        """

        def open_stream(left: float | None) -> Any:
            # The published stubs do not know that a stream may be written to instead of given an iterator.
            return cast(Any, self._articles.ProcessBatch)(timeout=left, metadata=self._metadata)

        return run_batch(open_stream, items, window, timeout, self._retry)

    async def list_models(
        self,
        *,
        page_size: int = 0,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> article_service_pb2.ListModelsResponse:
        """Every model of the deployment, over all pages, and its limits."""
        whole = article_service_pb2.ListModelsResponse()
        token = ""
        while True:
            request = article_service_pb2.ListModelsRequest(page_size=page_size, page_token=token)
            page: article_service_pb2.ListModelsResponse = await self._call(self._articles.ListModels, request, timeout)
            whole.models.extend(page.models)
            whole.limits.CopyFrom(page.limits)
            token = page.next_page_token
            if not token:
                return whole

    async def create_glossary(
        self,
        request: glossary_service_pb2.CreateGlossaryRequest,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> glossary_service_pb2.CreateGlossaryResponse:
        """Create a glossary.

        Raises:
            GlossaryExistsError: the id is taken.
        """
        return await self._call(self._glossaries.CreateGlossary, request, timeout, is_repeatable=False)

    async def get_glossary(
        self,
        request: glossary_service_pb2.GetGlossaryRequest,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> glossary_service_pb2.GetGlossaryResponse:
        """A glossary with its terms.

        Raises:
            GlossaryNotFoundError: there is none of this name.
        """
        return await self._call(self._glossaries.GetGlossary, request, timeout)

    async def list_glossaries(
        self,
        request: glossary_service_pb2.ListGlossariesRequest,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> glossary_service_pb2.ListGlossariesResponse:
        """One page of glossaries, without terms; its `next_page_token` goes into the request for the next one."""
        return await self._call(self._glossaries.ListGlossaries, request, timeout)

    async def update_glossary(
        self,
        request: glossary_service_pb2.UpdateGlossaryRequest,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> glossary_service_pb2.UpdateGlossaryResponse:
        """Replace a glossary as a whole, or create it where the request allows that.

        Raises:
            EtagMismatchError: the request has an etag, and it is not the current one.
            GlossaryNotFoundError: there is none of this name, and `allow_missing` is not set.
        """
        is_repeatable = not request.glossary.etag  # which a first attempt makes stale
        return await self._call(self._glossaries.UpdateGlossary, request, timeout, is_repeatable=is_repeatable)

    async def delete_glossary(
        self,
        request: glossary_service_pb2.DeleteGlossaryRequest,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the gRPC deadline
    ) -> glossary_service_pb2.DeleteGlossaryResponse:
        """Delete a glossary.

        Raises:
            EtagMismatchError: the request has an etag, and it is not the current one.
            GlossaryNotFoundError: there is none of this name.
        """
        return await self._call(self._glossaries.DeleteGlossary, request, timeout, is_repeatable=False)

    async def _call(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[_Request, _Answer]",
        request: _Request,
        timeout: float | None,  # noqa: ASYNC109 - the gRPC deadline
        *,
        is_repeatable: bool = True,
    ) -> _Answer:
        return await self._with_retries(
            lambda left: translated(method(request, timeout=left, metadata=self._metadata)),
            timeout,
            is_repeatable=is_repeatable,
        )

    async def _with_retries(
        self,
        attempt: Callable[[float | None], Awaitable[_Answer]],
        timeout: float | None,  # noqa: ASYNC109 - the gRPC deadline
        *,
        is_repeatable: bool = True,
    ) -> _Answer:
        seconds = timeout or self._timeout
        return await with_retries(attempt, self._retry, seconds, asyncio.sleep, is_repeatable=is_repeatable)


def _open(target: str, tls: Tls | None) -> grpc.aio.Channel:
    options: list[tuple[str, Any]] = [("grpc.service_config", _SERVICE_CONFIG)]
    if tls is None:
        return grpc.aio.insecure_channel(target, options)
    if tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return grpc.aio.secure_channel(target, tls.credentials(), options)
