"""Everything that can be asked of one article: extraction, detection, translations, summaries, together or streamed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server import tracing
from triwire_server.engine.call import CallUsage, EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import InvalidRequest, Violation
from triwire_server.limits import Limits
from triwire_server.pipeline.article import cleaning_of, read_article, source_if_new
from triwire_server.pipeline.context import CallContext, PartFailure
from triwire_server.pipeline.house_terms import TermsCache
from triwire_server.pipeline.summarize import Summarizer, SummaryPlan
from triwire_server.pipeline.translate import DirectionUnsupported, TranslationPlan, Translator
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text, replace_text
from triwire_server.text.language import detect_languages

_Made = TypeVar("_Made")
StreamPart = article_service_pb2.StreamProcessArticleResponse | PartFailure


@dataclass(frozen=True, slots=True)
class _Plan:
    """An article and all that is to be made of it."""

    article: article_pb2.Article
    content: article_pb2.Content
    translations: Sequence[TranslationPlan]
    summaries: Sequence[SummaryPlan]
    keeps_html: bool

    @property
    def estimated_tokens(self) -> int:
        translations = sum(plan.estimated_tokens for plan in self.translations)
        return translations + sum(plan.estimated_tokens for plan in self.summaries)


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
        self._limits = limits
        self._terms = TermsCache()

    async def extract(
        self, request: article_service_pb2.ExtractArticleRequest
    ) -> article_service_pb2.ExtractArticleResponse:
        """Turn content into an article with labelled blocks.

        Raises:
            InvalidRequest: see `read_article`.
        """
        with tracing.phase("extract"):
            article = await asyncio.to_thread(self._read, request.content, article_pb2.CLEANING_PAGE)
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
        plan = await asyncio.to_thread(self._plan, process, article_pb2.CLEANING_NONE, ["target_language"], [])
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
        plan = await asyncio.to_thread(self._plan, process, article_pb2.CLEANING_PAGE, [], [path])
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
        plan = await self._plan_article(request)
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
        plan = await self._plan_article(request)
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

    async def _make_parts(self, plan: _Plan, context: CallContext, parts: "asyncio.Queue[StreamPart | None]") -> None:
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
    async def _admit(self, plan: _Plan, context: CallContext) -> AsyncIterator[EngineCall]:
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

    def _read(
        self, content: article_pb2.Content, default_cleaning: article_pb2.Cleaning.ValueType
    ) -> article_pb2.Article:
        article = read_article(content, default_cleaning, self._limits)
        metrics = self._engine.metrics
        metrics.extractions.labels(content.WhichOneof("kind") or "text").inc()
        for kind, number in Counter(block.kind for block in article.blocks).items():
            metrics.extracted_blocks.labels(article_pb2.BlockKind.Name(kind)).inc(number)
        return article

    async def _plan_article(self, request: article_service_pb2.ProcessArticleRequest) -> _Plan:
        return await asyncio.to_thread(
            self._plan,
            request,
            article_pb2.CLEANING_PAGE,
            [f"target_languages[{index}]" for index in range(len(request.target_languages))],
            [f"summaries[{index}].target_language" for index in range(len(request.summaries))],
        )

    def _plan(
        self,
        request: article_service_pb2.ProcessArticleRequest,
        default_cleaning: article_pb2.Cleaning.ValueType,
        translation_paths: Sequence[str],
        summary_paths: Sequence[str],
    ) -> _Plan:
        """Read the article and plan every output; all directions that are not served are reported at once."""
        with tracing.phase("extract"):
            article = self._read(request.content, default_cleaning)
        with tracing.phase("plan"):
            translations, summaries = self._plan_outputs(request, article, translation_paths, summary_paths)
        tracing.current_span().annotate(
            source_language=article.language,
            target_languages=list(request.target_languages),
            blocks=len(article.blocks),
        )
        cleaning = cleaning_of(request.content, default_cleaning)
        keeps_html = request.content.WhichOneof("kind") == "html" and cleaning == article_pb2.CLEANING_NONE
        return _Plan(article, request.content, translations, summaries, keeps_html)

    def _plan_outputs(
        self,
        request: article_service_pb2.ProcessArticleRequest,
        article: article_pb2.Article,
        translation_paths: Sequence[str],
        summary_paths: Sequence[str],
    ) -> tuple[list[TranslationPlan], list[SummaryPlan]]:
        violations: list[Violation] = []
        terms = self._terms.terms_of(request.house_style)
        translations = []
        summaries = []
        for path, language in zip(translation_paths, request.target_languages, strict=True):
            try:
                translations.append(
                    self._translator.plan(article, language, request.translation_options, request.house_style, terms)
                )
            except DirectionUnsupported as error:
                violations.append(_unsupported(path, error))
        for path, options in zip(summary_paths, request.summaries, strict=True):
            try:
                summaries.append(self._summarizer.plan(article, options, request.house_style, terms))
            except DirectionUnsupported as error:
                violations.append(_unsupported(path, error))
        if violations:
            raise InvalidRequest(violations)
        return translations, summaries

    async def _translation(
        self,
        call: EngineCall,
        plan: _Plan,
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
        self, call: EngineCall, plan: _Plan, translation: TranslationPlan, send: Callable[[StreamPart], None]
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


def _unsupported(path: str, error: DirectionUnsupported) -> Violation:
    metadata = {"source": error.source, "target": error.target}
    return Violation(path, f"translation or summary {error}", "LANGUAGE_UNSUPPORTED", metadata)


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
