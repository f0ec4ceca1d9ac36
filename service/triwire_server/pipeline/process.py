"""Everything that can be asked of one article: extraction, detection, translations, summaries, together or streamed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.call import CallUsage, EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.pipeline.article import cleaning_of, source_if_new
from triwire_server.pipeline.context import CallContext, PartFailure
from triwire_server.pipeline.planning import ArticlePlan, Planner
from triwire_server.pipeline.summarize import Summarizer, SummaryPlan
from triwire_server.pipeline.translate import TranslationPlan, Translator
from triwire_server.telemetry import tracing
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text, replace_text
from triwire_server.text.language import detect_languages

_Made = TypeVar("_Made")
StreamPart = article_service_pb2.StreamProcessArticleResponse | PartFailure


class Pipeline:
    """The way of one article through text, engine and text again.

    Args:
        engine: that runs the models.
        catalog: of the models.
        limits: of the deployment.
        repair: whether a broken segment is decoded once more; measurements turn it off.
    """

    def __init__(self, engine: Engine, catalog: ModelCatalog, limits: Limits, *, repair: bool = True) -> None:
        self._engine = engine
        self._translator = Translator(engine, catalog, repair=repair)
        self._summarizer = Summarizer(engine, catalog, self._translator)
        self._planner = Planner(self._translator, self._summarizer, engine.metrics, limits)

    async def extract(
        self, request: article_service_pb2.ExtractArticleRequest
    ) -> article_service_pb2.ExtractArticleResponse:
        """Turn content into an article with labelled blocks.

        Raises:
            InvalidRequest: see `read_article`.
        """
        with tracing.phase("extract"):
            article = await asyncio.to_thread(self._planner.read, request.content, article_pb2.CLEANING_PAGE)
        return article_service_pb2.ExtractArticleResponse(request_id=request.request_id, article=article)

    async def detect(
        self, request: article_service_pb2.DetectLanguageRequest
    ) -> article_service_pb2.DetectLanguageResponse:
        """Name the languages of the content, most likely first."""
        with tracing.phase("detect"):
            languages = await asyncio.to_thread(_detect, request.content)
        return article_service_pb2.DetectLanguageResponse(request_id=request.request_id, languages=languages)

    async def translate(
        self, request: article_service_pb2.TranslateRequest, context: CallContext
    ) -> article_service_pb2.TranslateResponse:
        """Translate content into one language.

        Raises:
            InvalidRequest, NotFound, QueueFull, DeadlineExceeded, InferenceFailed.
        """
        process = article_service_pb2.ProcessArticleRequest(
            content=request.content,
            house_style=request.house_style,
            target_languages=[request.target_language],
            translation_options=request.options,
        )
        self._check_room(context)
        plan = await asyncio.to_thread(self._planner.plan, process, article_pb2.CLEANING_NONE, ["target_language"], [])
        async with self._admit(plan, context) as call:
            translation = await self._translation(call, plan, plan.translations[0])
        return article_service_pb2.TranslateResponse(
            request_id=context.request_id,
            source=source_if_new(request.content, plan.article),
            translation=translation,
            usage=_usage(call.usage),
        )

    async def summarize(
        self, request: article_service_pb2.SummarizeRequest, context: CallContext
    ) -> article_service_pb2.SummarizeResponse:
        """Write one summary.

        Raises:
            InvalidRequest, NotFound, QueueFull, DeadlineExceeded, InferenceFailed.
        """
        process = article_service_pb2.ProcessArticleRequest(
            content=request.content, house_style=request.house_style, summaries=[request.options]
        )
        path = "options.target_language"
        self._check_room(context)
        plan = await asyncio.to_thread(self._planner.plan, process, article_pb2.CLEANING_PAGE, [], [path])
        async with self._admit(plan, context) as call:
            summary = await self._summarizer.summarize(call, plan.summaries[0])
        return article_service_pb2.SummarizeResponse(
            request_id=context.request_id,
            source=source_if_new(request.content, plan.article),
            summary=summary,
            usage=_usage(call.usage),
        )

    async def process(
        self, request: article_service_pb2.ProcessArticleRequest, context: CallContext
    ) -> article_service_pb2.ProcessArticleResponse:
        """Every summary and translation that the request names: all of them, or an error.

        Raises:
            InvalidRequest, NotFound, QueueFull, DeadlineExceeded, InferenceFailed.
        """
        self._check_room(context)
        plan = await asyncio.to_thread(self._planner.plan_article, request)
        async with self._admit(plan, context) as call:
            translations, summaries = await asyncio.gather(
                asyncio.gather(*(self._translation(call, plan, part) for part in plan.translations)),
                asyncio.gather(*(self._summarizer.summarize(call, part) for part in plan.summaries)),
            )
        return article_service_pb2.ProcessArticleResponse(
            request_id=context.request_id,
            source=source_if_new(request.content, plan.article),
            translations=translations,
            summaries=summaries,
            usage=_usage(call.usage),
        )

    async def stream(
        self, request: article_service_pb2.ProcessArticleRequest, context: CallContext
    ) -> AsyncIterator[StreamPart]:
        """The parts of `process` as they are ready: the source first, the usage last.

        A translation or summary that fails becomes a `PartFailure`; the others go on.

        Raises:
            InvalidRequest, NotFound, QueueFull, DeadlineExceeded: before the first part.
        """
        self._check_room(context)
        plan = await asyncio.to_thread(self._planner.plan_article, request)
        parts: asyncio.Queue[StreamPart | None] = asyncio.Queue()
        # Not between two parts: a caller that does not read holds no room in the queue once its work is done.
        work = asyncio.ensure_future(self._make_parts(plan, context, parts))
        try:
            while (part := await parts.get()) is not None:
                yield part
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _make_parts(
        self, plan: ArticlePlan, context: CallContext, parts: "asyncio.Queue[StreamPart | None]"
    ) -> None:
        """Put every part of a stream and then None, also where it fails. There are no more than the article has."""
        send = parts.put_nowait
        try:
            async with self._admit(plan, context) as call:
                started = article_service_pb2.ArticleStarted(request_id=context.request_id, source=plan.article)
                send(article_service_pb2.StreamProcessArticleResponse(started=started))
                await asyncio.gather(
                    *(self._stream_translation(call, plan, part, send) for part in plan.translations),
                    *(self._stream_summary(call, part, send) for part in plan.summaries),
                )
            send(article_service_pb2.StreamProcessArticleResponse(usage=_usage(call.usage)))
        finally:
            send(None)

    def _check_room(self, context: CallContext) -> None:
        """Refuse before the article is read what would be refused afterwards: overload must cost little."""
        if not context.wait_for_queue:
            self._engine.check_room(context.priority, context.deadline, context.caller)

    @asynccontextmanager
    async def _admit(self, plan: ArticlePlan, context: CallContext) -> AsyncIterator[EngineCall]:
        """See `Engine.admit`."""
        admission = self._engine.admit(
            request_id=context.request_id,
            caller=context.caller,
            priority=context.priority,
            deadline=context.deadline,
            estimated_tokens=plan.estimated_tokens,
            wait=context.wait_for_queue,
        )
        async with AsyncExitStack() as stack:
            with tracing.phase("admission"):
                call = await stack.enter_async_context(admission)
            yield call

    async def _translation(
        self,
        call: EngineCall,
        plan: ArticlePlan,
        translation: TranslationPlan,
        on_block: Callable[[article_service_pb2.TranslatedBlock], None] | None = None,
    ) -> article_service_pb2.Translation:
        async def make(index: int) -> article_service_pb2.TranslatedBlock:
            block = await self._translator.translate_block(call, translation, translation.blocks[index])
            if on_block:
                on_block(block)
            return block

        with tracing.span("translate", target_language=translation.target_language):
            blocks = await _all_or_first_error([make(index) for index in range(len(translation.blocks))])
            result = self._translator.whole(translation, blocks)
            if plan.keeps_html:
                result.html = await asyncio.to_thread(
                    replace_text, plan.content.html, plan.article, [block.block for block in blocks]
                )
        return result

    async def _stream_translation(
        self, call: EngineCall, plan: ArticlePlan, translation: TranslationPlan, send: Callable[[StreamPart], None]
    ) -> None:
        def send_block(block: article_service_pb2.TranslatedBlock) -> None:
            part = article_service_pb2.ArticleBlock(target_language=translation.target_language, block=block)
            send(article_service_pb2.StreamProcessArticleResponse(block=part))

        try:
            whole = await self._translation(call, plan, translation, send_block)
        except Exception as error:  # every failure of this part alone is its error part
            send(PartFailure(translation.target_language, article_service_pb2.SUMMARY_STYLE_UNSPECIFIED, error))
            return
        whole.ClearField("blocks")
        send(article_service_pb2.StreamProcessArticleResponse(translation=whole))

    async def _stream_summary(self, call: EngineCall, plan: SummaryPlan, send: Callable[[StreamPart], None]) -> None:
        try:
            summary = await self._summarizer.summarize(call, plan)
        except Exception as error:  # every failure of this part alone is its error part
            language = plan.options.target_language or plan.article.language
            send(PartFailure(language, plan.options.style, error))
            return
        send(article_service_pb2.StreamProcessArticleResponse(summary=summary))


async def _all_or_first_error(work: Sequence[Coroutine[Any, Any, _Made]]) -> list[_Made]:
    """Results in order; at the first failure the rest is cancelled and the failure raised as it is."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _detect(content: article_pb2.Content) -> list[article_service_pb2.DetectedLanguage]:
    resolved = article_pb2.Content()
    resolved.CopyFrom(content)
    # Its language is ignored; "und" would be read as a claim, so the field is emptied instead.
    resolved.language = ""
    resolved.cleaning = cleaning_of(content, article_pb2.CLEANING_NONE)
    article = extract_article(resolved)
    return detect_languages("\n\n".join(plain_text(block) for block in article.blocks))


def _usage(usage: CallUsage) -> article_service_pb2.Usage:
    return article_service_pb2.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        segments=usage.segments,
        cached_segments=usage.cached_segments,
        queue_duration=_duration(usage.queue_seconds),
        compute_duration=_duration(usage.compute_seconds),
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration
