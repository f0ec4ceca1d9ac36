"""ArticleService: validate, call the pipeline, encode."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.rpc.status_pb2 import Status

from triwire.v1 import article_service_pb2, article_service_pb2_grpc
from triwire_server.api.batch import BatchStream
from triwire_server.api.interceptors import current_call, log_bug, new_request_id
from triwire_server.api.model_list import list_models
from triwire_server.api.rights import check_request, priority_of
from triwire_server.api.status import code_of, to_status
from triwire_server.api.validation import Validator
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import InvalidRequest, ShuttingDown, Starting, Violation, reason_of
from triwire_server.glossary_terms import TermResolver
from triwire_server.limits import Limits
from triwire_server.pipeline.context import CallContext, PartFailure
from triwire_server.pipeline.process import Pipeline
from triwire_server.segment import Task
from triwire_server.telemetry import tracing
from triwire_server.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Ready:
    """What the service needs to answer, known once the models are loaded."""

    pipeline: Pipeline
    catalog: ModelCatalog
    validator: Validator


class ArticleService(article_service_pb2_grpc.ArticleServiceServicer):
    """All methods of the contract's ArticleService.

    Args:
        limits: of the deployment.
        metrics: where findings and failed items are counted.
        draining: set when the replica shuts down.
        resolver: of the terms that a request names.
    """

    def __init__(self, limits: Limits, metrics: Metrics, draining: asyncio.Event, resolver: TermResolver) -> None:
        self._limits = limits
        self._resolver = resolver
        self._metrics = metrics
        self._draining = draining
        self._ready: Ready | None = None

    def serve(self, pipeline: Pipeline, catalog: ModelCatalog) -> None:
        """Begin to answer; until then every call gets STARTING."""
        self._ready = Ready(pipeline, catalog, Validator(self._limits, catalog))

    async def Translate(
        self, request: article_service_pb2.TranslateRequest, context: Any
    ) -> article_service_pb2.TranslateResponse:
        """See the contract."""
        return await self._translate(request, _deadline(context))

    async def Summarize(
        self, request: article_service_pb2.SummarizeRequest, context: Any
    ) -> article_service_pb2.SummarizeResponse:
        """See the contract."""
        return await self._summarize(request, _deadline(context))

    async def ExtractArticle(
        self, request: article_service_pb2.ExtractArticleRequest, context: Any
    ) -> article_service_pb2.ExtractArticleResponse:
        """See the contract."""
        return await self._extract(request)

    async def DetectLanguage(
        self, request: article_service_pb2.DetectLanguageRequest, context: Any
    ) -> article_service_pb2.DetectLanguageResponse:
        """See the contract."""
        return await self._detect(request)

    async def ProcessArticle(
        self, request: article_service_pb2.ProcessArticleRequest, context: Any
    ) -> article_service_pb2.ProcessArticleResponse:
        """See the contract."""
        return await self._process(request, _deadline(context))

    async def StreamProcessArticle(
        self, request: article_service_pb2.StreamProcessArticleRequest, context: Any
    ) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        """See the contract."""
        ready = self._get_ready()
        if not request.HasField("request"):
            raise InvalidRequest([Violation("request", "is required")])
        check_request(current_call().caller, request.request, prefix="request.")
        ready.validator.process_article(request.request, prefix="request.")
        await self._resolve_terms(request.request, "request.house_style")
        call = _call_context(request.request, _deadline(context), wait=False)
        parts = ready.pipeline.stream(request.request, call)
        try:
            async for part in parts:
                yield self._encode_part(part)
        except InvalidRequest as error:
            raise InvalidRequest(
                [Violation(f"request.{v.field_path}", v.description, v.reason, v.metadata) for v in error.violations]
            ) from error

    async def ProcessBatch(
        self, request_iterator: AsyncIterator[article_service_pb2.ProcessBatchRequest], context: Any
    ) -> AsyncIterator[article_service_pb2.ProcessBatchResponse]:
        """See the contract."""
        self._get_ready()
        deadline = _deadline(context)

        async def answer(item: article_service_pb2.ProcessBatchRequest) -> article_service_pb2.ProcessBatchResponse:
            tracing.current_span().add(items=1)
            with tracing.span("item"):
                return await self._answer_item(item, deadline)

        stream = BatchStream(request_iterator, answer, self._limits.max_items_in_flight, self._draining)
        async for response in stream.responses():
            yield response
        if stream.was_interrupted:
            raise ShuttingDown("this replica is shutting down; send unanswered items to another one")

    async def ListModels(
        self, request: article_service_pb2.ListModelsRequest, context: Any
    ) -> article_service_pb2.ListModelsResponse:
        """See the contract."""
        return list_models(request, self._get_ready().catalog, self._limits)

    def _get_ready(self, *, is_accepted: bool = False) -> Ready:
        # An item that was read from its stream is accepted, and answered however far the shutdown has come.
        if self._draining.is_set() and not is_accepted:
            raise ShuttingDown
        if self._ready is None:
            raise Starting
        return self._ready

    async def _resolve_terms(self, request: Any, path: str = "house_style") -> None:
        """Let the request hold all terms that apply to it, as they are at its start."""
        if request.HasField("house_style"):
            with tracing.phase("glossaries"):
                terms = await self._resolver.resolve(request.house_style, path)
            request.house_style.CopyFrom(terms)

    async def _prepare(
        self, validate: Callable[[Validator, Any], None], request: Any, deadline: float | None, *, wait: bool
    ) -> tuple[Pipeline, CallContext]:
        """Check a request and let it hold its terms; what does the work, and for which call."""
        ready = self._get_ready(is_accepted=wait)
        check_request(current_call().caller, request)
        validate(ready.validator, request)
        await self._resolve_terms(request)
        return ready.pipeline, _call_context(request, deadline, wait=wait)

    async def _translate(
        self, request: article_service_pb2.TranslateRequest, deadline: float | None, *, wait: bool = False
    ) -> article_service_pb2.TranslateResponse:
        pipeline, call = await self._prepare(Validator.translate, request, deadline, wait=wait)
        response = await pipeline.translate(request, call)
        self._count_translation(response.translation)
        current_call().add_usage(response.usage)
        return response

    async def _summarize(
        self, request: article_service_pb2.SummarizeRequest, deadline: float | None, *, wait: bool = False
    ) -> article_service_pb2.SummarizeResponse:
        pipeline, call = await self._prepare(Validator.summarize, request, deadline, wait=wait)
        response = await pipeline.summarize(request, call)
        self._count_summary(response.summary)
        current_call().add_usage(response.usage)
        return response

    async def _extract(
        self, request: article_service_pb2.ExtractArticleRequest, *, is_accepted: bool = False
    ) -> article_service_pb2.ExtractArticleResponse:
        ready = self._get_ready(is_accepted=is_accepted)
        ready.validator.extract_article(request)
        return await ready.pipeline.extract(request)

    async def _detect(
        self, request: article_service_pb2.DetectLanguageRequest, *, is_accepted: bool = False
    ) -> article_service_pb2.DetectLanguageResponse:
        ready = self._get_ready(is_accepted=is_accepted)
        ready.validator.detect_language(request)
        return await ready.pipeline.detect(request)

    async def _process(
        self, request: article_service_pb2.ProcessArticleRequest, deadline: float | None, *, wait: bool = False
    ) -> article_service_pb2.ProcessArticleResponse:
        pipeline, call = await self._prepare(Validator.process_article, request, deadline, wait=wait)
        response = await pipeline.process(request, call)
        for translation in response.translations:
            self._count_translation(translation)
        for summary in response.summaries:
            self._count_summary(summary)
        current_call().add_usage(response.usage)
        return response

    async def _answer_item(
        self, item: article_service_pb2.ProcessBatchRequest, deadline: float | None
    ) -> article_service_pb2.ProcessBatchResponse:
        response = article_service_pb2.ProcessBatchResponse(item_id=item.item_id)
        operation = item.WhichOneof("operation")
        try:
            if self._ready is None:
                raise Starting
            self._ready.validator.item_id(item.item_id)
            if operation is None:
                raise InvalidRequest([Violation("operation", "is required: exactly one of the operations")])
            request = getattr(item, operation)
            request.request_id = request.request_id or new_request_id()
            tracing.current_span().annotate(item_id=item.item_id, operation=operation, request_id=request.request_id)
            getattr(response, operation).CopyFrom(await self._operation(operation, request, deadline))
        except Exception as error:  # whatever failed, the item is answered and the stream goes on
            request_id = getattr(item, operation).request_id if operation else ""
            tracing.current_span().fail(reason_of(error))
            response.error.CopyFrom(self._failure(error, request_id or current_call().request_id))
        # Without an operation the item is malformed, whatever it was meant to be.
        self._metrics.batch_items.labels(operation or "none", code_of(response.error).name).inc()
        return response

    def _operation(self, operation: str, request: Any, deadline: float | None) -> Awaitable[Any]:
        plain: dict[str, Callable[..., Awaitable[Any]]] = {
            "extract_article": self._extract,
            "detect_language": self._detect,
        }
        if operation in plain:
            return plain[operation](request, is_accepted=True)
        queued: dict[str, Callable[..., Awaitable[Any]]] = {
            "translate": self._translate,
            "summarize": self._summarize,
            "process_article": self._process,
        }
        # An overloaded stream is slowed by flow control rather than refused.
        return queued[operation](request, deadline, wait=True)

    def _encode_part(
        self, part: article_service_pb2.StreamProcessArticleResponse | PartFailure
    ) -> article_service_pb2.StreamProcessArticleResponse:
        if isinstance(part, PartFailure):
            error = article_service_pb2.ArticleError(
                target_language=part.target_language,
                summary_style=article_service_pb2.SummaryStyle.ValueType(part.summary_style),
                status=self._failure(part.error, current_call().request_id),
            )
            return article_service_pb2.StreamProcessArticleResponse(error=error)
        match part.WhichOneof("part"):
            case "block":
                self._time_first_part()
                self._count_output(Task.TRANSLATION, part.block.block.findings)
            case "translation":
                self._count_findings(part.translation.findings)
            case "summary":
                self._time_first_part()
                self._count_summary(part.summary)
            case "usage":
                current_call().add_usage(part.usage)
        return part

    def _failure(self, error: Exception, request_id: str) -> Status:
        """The status of an item or a part that failed, which is counted, and logged where it is a bug."""
        reason = reason_of(error)
        self._metrics.errors.labels(reason).inc()
        if reason == "INTERNAL":
            log_bug(error, request_id)
        return to_status(error)

    def _count_translation(self, translation: article_service_pb2.Translation) -> None:
        self._count_findings(translation.findings)
        for block in translation.blocks:
            self._count_output(Task.TRANSLATION, block.findings)

    def _count_summary(self, summary: article_service_pb2.Summary) -> None:
        of_points = [finding for point in summary.points for finding in point.findings]
        self._count_output(Task.SUMMARIZATION, [*summary.findings, *of_points])

    def _count_output(self, task: Task, findings: Sequence[article_service_pb2.Finding]) -> None:
        self._count_findings(findings)
        worst = max((finding.severity for finding in findings), default=None)
        severity = "NONE" if worst is None else article_service_pb2.Finding.Severity.Name(worst)
        self._metrics.outputs.labels(task.value, severity).inc()

    def _count_findings(self, findings: Sequence[article_service_pb2.Finding]) -> None:
        tracing.current_span().add(findings=len(findings))
        for finding in findings:
            kind = article_service_pb2.Finding.Kind.Name(finding.kind)
            severity = article_service_pb2.Finding.Severity.Name(finding.severity)
            self._metrics.findings.labels(kind, severity).inc()

    def _time_first_part(self) -> None:
        call = current_call()
        if not call.has_sent_part:
            call.has_sent_part = True
            self._metrics.first_part_duration_seconds.observe(time.monotonic() - call.started)


def _call_context(request: Any, deadline: float | None, *, wait: bool) -> CallContext:
    priority = priority_of(request)
    tracing.current_span().annotate(priority=priority.name)
    return CallContext(
        request_id=request.request_id,
        caller=current_call().caller,
        priority=priority,
        deadline=deadline,
        wait_for_queue=wait,
    )


def _deadline(context: Any) -> float | None:
    remaining = context.time_remaining()
    return None if remaining is None else time.monotonic() + remaining
