"""The calls of ArticleService, as the contract has them."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.article_stream import run_article_stream
from triwire_client.batch import BatchItems, BatchResult, run_batch
from triwire_client.connection import Connection
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


class ArticleCalls(Connection):
    """One typed method for each call of ArticleService. Part of `Client`."""

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

        Args:
            content: text, Html, Article or Content.
            target_language: to translate into: "ko".
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is not.
            options: how the translation is made.
            house_style: how the newsroom writes.
            priority: place in the queue: "interactive", "standard" or "bulk".
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Returns:
            The translation; `Result(response)` has its text and findings in other forms.

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
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            house_style: how the newsroom writes.
            priority: place in the queue.
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Returns:
            The summary; `Result(response)` has its text and findings in other forms.

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
        """Turn text or HTML into an article with labelled blocks. No model runs.

        Args:
            content: text, Html, Article or Content.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Returns:
            Every block that was found, boilerplate too, which is labelled and not deleted.

        Raises:
            TriwireError: as its subclass for the reason.
        """
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
        """Name the languages in content, most likely first.

        Args:
            content: text, Html, Article or Content.
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Returns:
            The languages with confidence and proportion, 0 to 1; none if there are no words.

        Raises:
            TriwireError: as its subclass for the reason.
        """
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
        timeout: float | None = None,
    ) -> article_service_pb2.ProcessArticleResponse:
        """Extract, summarize and translate in one call, all or nothing; see `Client.process` for more comfort.

        Args:
            content: text, Html, Article or Content.
            target_languages: to translate into.
            summaries: "headline", "bullets", "paragraph", or SummaryOptions, which carry their own target language.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            options: how the translations are made.
            house_style: how the newsroom writes.
            priority: place in the queue: "interactive", "standard" or "bulk".
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Returns:
            The contract's message; `source` is absent if it would equal the Article that was sent.

        Raises:
            TriwireError: as its subclass for the reason.
        """
        request = _process_request(
            to_content(content, source_language, cleaning),
            target_languages,
            summaries,
            options,
            house_style,
            priority,
            request_id,
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
        given twice. The usage is that of the last stream. One translation or summary that failed is a part with an
        error; the others go on. Leaving the loop cancels the call.

        Args:
            content: text, Html, Article or Content.
            target_languages: to translate into.
            summaries: "headline", "bullets", "paragraph", or SummaryOptions, which carry their own target language.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            options: how the translations are made.
            house_style: how the newsroom writes.
            priority: place in the queue: "interactive", "standard" or "bulk".
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.

        Yields:
            The contract's messages: first `started`, last `usage`, blocks and summaries in any order between.

        Raises:
            TriwireError: as its subclass for the reason; also if the stream ends without its usage.
        """
        article = _process_request(
            to_content(content, source_language, cleaning),
            target_languages,
            summaries,
            options,
            house_style,
            priority,
            request_id,
        )
        request = article_service_pb2.StreamProcessArticleRequest(request=article)

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

        Yields:
            An answer to each item, once.

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
        """Every model of the deployment, over all pages, and its limits.

        Args:
            page_size: models of one call; 0: as the server has it.
            timeout: seconds for each page, retries included.

        Raises:
            TriwireError: as its subclass for the reason.
        """
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


def _process_request(
    content: article_pb2.Content,
    target_languages: Sequence[str],
    summaries: Iterable[SummaryLike],
    options: article_service_pb2.TranslationOptions | None,
    house_style: article_service_pb2.HouseStyle | None,
    priority: PriorityLike,
    request_id: str,
) -> article_service_pb2.ProcessArticleRequest:
    """What one article is asked for, in one answer or in parts."""
    return article_service_pb2.ProcessArticleRequest(
        request_id=request_id,
        priority=to_priority(priority),
        content=content,
        house_style=house_style,
        target_languages=target_languages,
        translation_options=options,
        summaries=to_summaries(summaries),
    )
