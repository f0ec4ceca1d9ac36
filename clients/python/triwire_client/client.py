"""The asyncio client: one typed method for each call of the contract. Those of glossaries are in `glossaries`."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from triwire.v1 import article_service_pb2
from triwire_client.article_stream import run_article_stream
from triwire_client.batch import BatchItems, BatchResult, run_batch
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
from triwire_client.glossaries import GlossaryCalls
from triwire_client.process import BlockCallback, Processing, ProgressCallback, SummaryCallback
from triwire_client.results import Result


class Client(GlossaryCalls):
    """Calls a triwire service.

    Args:
        target: "host:port", "dns:///service:port", ...; None: TRIWIRE_TARGET, else 127.0.0.1:50051.
        token: bearer token; None: TRIWIRE_TOKEN, else none.
        tls: how to secure the connection; None: TRIWIRE_TLS_*, else plaintext.
        timeout: seconds for each call, retries included, where the call gives none; None: no limit.
        retry: what is tried again.
        channel: a channel to use instead of making one; the caller closes it. How it balances is the caller's choice.
        channel_options: gRPC options ("grpc.keepalive_time_ms", 60_000) that go before the client's own.
        allow_plaintext_token: send the token in plaintext to other machines too, where a mesh or a proxy on this one
            encrypts it; None: if TRIWIRE_ALLOW_PLAINTEXT_TOKEN is 1.

    Raises:
        PlaintextTokenError: the token would go over the network in plaintext.

    `async with Client() as triwire:` closes the connection at the end.
    """

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
        timeout: float | None = None,
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
        timeout: float | None = None,
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
        timeout: float | None = None,
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
        timeout: float | None = None,
    ) -> article_service_pb2.DetectLanguageResponse:
        """Name the languages in content, most likely first."""
        request = article_service_pb2.DetectLanguageRequest(request_id=request_id, content=to_content(content))
        return await self._call(self._articles.DetectLanguage, request, timeout)

    async def process(
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
        timeout: float | None = None,
        on_block: BlockCallback | None = None,
        on_summary: SummaryCallback | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> Result:
        """Extract, summarize and translate, and be told of each part as it is ready; gives the whole at the end.

        Callbacks are functions or coroutine functions. They run one after the other on the event loop, and the next
        part waits for them; an exception in one ends the call, on the server too, and is raised as it is.

        Args:
            content: text, Html, Article or Content.
            target_languages: to translate into.
            summaries: "headline", "bullets", "paragraph", or SummaryOptions, which carry their own target language.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            options: how the translations are made.
            house_style: how the newsroom writes.
            priority: place in the queue.
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.
            on_block: called with each translated block, in any order.
            on_summary: called with each summary.
            on_progress: called when it is known how much there is to do, and after each step.

        Returns:
            The result, complete: as `process_article` gives it, in a `Result`.

        Raises:
            TriwireError: as its subclass for the reason, also if one of the translations or summaries alone failed;
                the others are in its `partial`.

        Example:
            >>> from triwire_client import Client
            >>> async def main() -> None:
            ...     async with Client() as triwire:
            ...         result = await triwire.process(
            ...             "The harbour of Westmere opened again on Monday.",
            ...             target_languages=["ko"],
            ...             summaries=["headline"],
            ...             source_language="en",
            ...             on_progress=lambda progress: print(progress.done, "of", progress.total),
            ...         )
            ...     print(list(result.translations), [summary.style for summary in result.summaries])
            >>> asyncio.run(main())
            0 of 2
            1 of 2
            2 of 2
            ['ko'] ['headline']
        """
        wanted = to_summaries(summaries)
        request = article_service_pb2.ProcessArticleRequest(
            target_languages=target_languages, summaries=wanted, translation_options=options
        )
        processing = Processing(request, on_block, on_summary, on_progress)
        parts = self.stream_process_article(
            content,
            target_languages=target_languages,
            summaries=wanted,
            source_language=source_language,
            cleaning=cleaning,
            options=options,
            house_style=house_style,
            priority=priority,
            request_id=request_id,
            timeout=timeout,
        )
        async with aclosing(parts):
            while True:
                with processing.reading():
                    part = await anext(parts, None)
                if part is None:
                    return processing.result()
                for returned in processing.take(part):
                    if inspect.isawaitable(returned):
                        await returned

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
        timeout: float | None = None,
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
        timeout: float | None = None,
    ) -> AsyncGenerator[article_service_pb2.StreamProcessArticleResponse, None]:
        """`process_article` with each part as soon as it is ready; the usage comes last.

        A stream that breaks is opened again, by another replica if there is one; parts that came before are not
        given twice. The usage is that of the last stream.

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

        def open_stream(sent: article_service_pb2.StreamProcessArticleRequest, left: float | None) -> Any:
            return self._articles.StreamProcessArticle(sent, timeout=left, metadata=self._metadata)

        parts = run_article_stream(open_stream, request, self._attempts(timeout or self._timeout))
        async with aclosing(parts):
            async for part in parts:
                yield part

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
            TriwireError: the stream failed, and failed again when the unanswered items were sent once more, to
                another replica if there is one. A failed item raises nothing: it is a result with an error.
        """

        def open_stream(left: float | None) -> Any:
            # The published stubs do not know that a stream may be written to instead of given an iterator.
            return cast(Any, self._articles.ProcessBatch)(timeout=left, metadata=self._metadata)

        return run_batch(open_stream, items, window, partial(self._attempts, timeout))

    async def list_models(
        self,
        *,
        page_size: int = 0,
        timeout: float | None = None,
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
