"""Traces of a real server, as a collector gets them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider

from tests.end_to_end.test_server_process import PIER, SECRET
from tests.otlp_collector import Collector, attributes, collecting, tree
from tests.server import running_server, target
from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_client import Client, SyncClient, errors
from triwire_server.app import App

TEXT = f"{SECRET} harbour reopens\n\nThe harbour council voted on Tuesday. Engineers of {SECRET} said it took a year."
CALLER = TracerProvider().get_tracer("cms")
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tiny_profile: Path, collector: Collector) -> AsyncIterator[App]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # milliseconds
        patch.setenv("OTEL_SERVICE_NAME", "newsroom-triwire")
        async with running_server(tiny_profile, otlp_endpoint=collector.endpoint) as app:
            yield app


@pytest_asyncio.fixture(loop_scope="module")
async def client(app: App) -> AsyncIterator[Client]:
    async with Client(target(app), timeout=60) as client:
        yield client


async def trace_of(collector: Collector, span: trace.Span) -> list[Span]:
    """The trace that a span of the caller is in. The server may still be at work, on this event loop."""
    return await asyncio.to_thread(collector.trace, trace.format_trace_id(span.get_span_context().trace_id))


def call_of(spans: list[Span]) -> Span:
    [call] = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    return call


async def test_the_callers_trace_goes_on_through_queue_prefill_decode_and_checks(
    client: Client, collector: Collector
) -> None:
    with CALLER.start_as_current_span("publish") as publish:
        response = await client.translate(PIER, "ko", request_id="story-1", priority="interactive")
    spans = await trace_of(collector, publish)
    call = call_of(spans)
    assert call.parent_span_id.hex() == trace.format_span_id(publish.get_span_context().span_id)
    assert tree(spans) == [
        "triwire.v1.ArticleService/Translate",
        "  extract",
        "  plan",
        "  admission",
        "  translate",
        "    generate",
        "      queue",
        "      prefill",
        "      decode",
        "    checks",
        "    repair",
    ]
    findings = sum(len(block.findings) for block in response.translation.blocks)
    assert findings
    assert attributes(call) == {
        "rpc.system.name": "grpc",
        "rpc.method": "triwire.v1.ArticleService/Translate",
        "rpc.response.status_code": "OK",
        "triwire.request_id": "story-1",
        "triwire.priority": "INTERACTIVE",
        "triwire.source_language": "en",
        "triwire.target_languages": ["ko"],
        "triwire.blocks": 1,
        "triwire.segments": 2,
        "triwire.cached_segments": 0,
        "triwire.input_tokens": response.usage.input_tokens,
        "triwire.output_tokens": response.usage.output_tokens,
        "triwire.findings": findings + len(response.translation.findings),
    }
    for span in spans:
        assert call.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= call.end_time_unix_nano
    [queue] = [span for span in spans if span.name == "queue"]
    assert attributes(queue)["triwire.count"] == 2  # the segment, and its repair
    service = {a.key: a.value.string_value for a in collector.requests[0].resource_spans[0].resource.attributes}
    assert service["service.name"] == "newsroom-triwire"


async def test_a_trace_has_a_span_for_each_output_and_does_not_grow_with_the_article(
    client: Client, collector: Collector
) -> None:
    async def traced(text: str) -> list[str]:
        with CALLER.start_as_current_span("publish") as publish:
            parts = client.stream_process_article(text, target_languages=["ko", "ja"], summaries=["headline"])
            assert [part async for part in parts]
        return tree(await trace_of(collector, publish))

    short, long = await traced(TEXT), await traced("\n\n".join(f"{number} {TEXT}" for number in range(12)))
    outputs = ("translate", "summarize")
    assert [[name.strip() for name in names if name.strip() in outputs] for names in (short, long)] == [
        ["translate", "translate", "summarize"]
    ] * 2
    assert sorted(short) == sorted(long)
    assert len(long) == 25


async def test_equal_work_that_is_done_already_has_no_time_on_the_device(client: Client, collector: Collector) -> None:
    await client.translate(PIER, "ja", source_language="en")
    with CALLER.start_as_current_span("publish") as publish:
        await client.translate(PIER, "ja", source_language="en")
    spans = await trace_of(collector, publish)
    assert not {"queue", "prefill", "decode"} & {span.name for span in spans}
    call = attributes(call_of(spans))
    assert call["triwire.cached_segments"] == call["triwire.segments"] > 0


async def test_the_blocking_client_sends_the_trace_of_its_own_thread(app: App, collector: Collector) -> None:

    def call() -> str:
        with SyncClient(target(app), timeout=60) as client, CALLER.start_as_current_span("publish") as publish:
            client.detect_language(PIER)
            return trace.format_trace_id(publish.get_span_context().trace_id)

    spans = await asyncio.to_thread(collector.trace, await asyncio.to_thread(call))
    assert tree(spans) == ["triwire.v1.ArticleService/DetectLanguage", "  detect"]


async def test_without_a_span_the_client_sends_nothing_and_the_server_begins_a_trace(
    client: Client, collector: Collector
) -> None:
    await client.detect_language(PIER, request_id="no-span")
    [trace_id] = [trace_id async for trace_id in found(collector, "no-span")]
    assert call_of(await asyncio.to_thread(collector.trace, trace_id)).parent_span_id == b""


async def found(collector: Collector, request_id: str) -> AsyncIterator[str]:
    """The traces of a request."""

    async with asyncio.timeout(20):
        while not (calls := [s for s in collector.spans if attributes(s).get("triwire.request_id") == request_id]):
            await asyncio.sleep(0.05)
    for call in calls:
        yield call.trace_id.hex()


async def test_a_refused_call_has_its_reason(client: Client, collector: Collector) -> None:
    with pytest.raises(errors.InvalidRequestError), CALLER.start_as_current_span("publish") as publish:
        await client.translate(f"{SECRET}\x00", "ko")
    call = call_of(await trace_of(collector, publish))
    assert attributes(call)["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert attributes(call)["triwire.reason"] == "INVALID_FIELD"
    assert call.status.code == Status.STATUS_CODE_UNSET


async def test_a_call_out_of_time_says_where_it_was(app: App, collector: Collector) -> None:
    text = " ".join(f"The pier {number} of {SECRET} reopened on Monday." for number in range(400))
    with CALLER.start_as_current_span("publish") as publish:
        async with Client(target(app)) as client:
            with pytest.raises(errors.DeadlineExceededError):
                await client.translate(text, "ko", timeout=0.6)
    spans = await trace_of(collector, publish)
    call = call_of(spans)
    assert attributes(call)["triwire.reason"] == "DEADLINE"
    assert (call.status.code, call.status.message) == (Status.STATUS_CODE_ERROR, "DEADLINE")
    assert [span.name for span in spans if span.name in ("extract", "plan")]


async def test_a_stream_that_the_caller_leaves_is_cancelled(client: Client, collector: Collector) -> None:
    text = " ".join(f"The pier {number} of {SECRET} reopened on Tuesday." for number in range(400))
    with CALLER.start_as_current_span("publish") as publish:
        parts = client.stream_process_article(text, target_languages=["ko"], source_language="en")
        assert (await anext(parts)).WhichOneof("part") == "started"
        await parts.aclose()
    call = call_of(await trace_of(collector, publish))
    assert attributes(call)["rpc.response.status_code"] == "CANCELLED"
    assert call.status.code == Status.STATUS_CODE_UNSET


async def test_items_of_a_batch_are_within_the_span_of_their_stream(client: Client, collector: Collector) -> None:
    def items() -> Iterator[article_service_pb2.ProcessBatchRequest]:
        for item_id, text in (("good", PIER), ("bad", f"{SECRET}\x00")):
            content = article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)
            request = article_service_pb2.TranslateRequest(content=content, target_language="ja")
            yield article_service_pb2.ProcessBatchRequest(item_id=item_id, translate=request)

    with CALLER.start_as_current_span("archive") as archive:
        results = {result.item_id: result async for result in client.process_batch(items())}
    assert (results["good"].error, isinstance(results["bad"].error, errors.InvalidRequestError)) == (None, True)
    spans = await trace_of(collector, archive)
    stream = call_of(spans)
    assert attributes(stream)["triwire.items"] == 2
    by_id = {attributes(span)["triwire.item_id"]: span for span in spans if span.name == "item"}
    assert sorted(by_id) == ["bad", "good"]
    assert all(item.parent_span_id == stream.span_id for item in by_id.values())
    good, bad = attributes(by_id["good"]), attributes(by_id["bad"])
    assert (good["triwire.operation"], good["triwire.target_languages"]) == ("translate", ["ja"])
    assert good["triwire.segments"] == 2
    assert bad["triwire.reason"] == "INVALID_FIELD"
    assert by_id["bad"].status.code == Status.STATUS_CODE_ERROR


async def test_nothing_that_is_sent_holds_text(client: Client, collector: Collector) -> None:
    term = glossary_service_pb2.GlossaryTerm(forms={"en": SECRET, "ko": "퀼무어", "ja": "クイルムーア"})  # its sound
    with CALLER.start_as_current_span("publish") as publish:
        response = await client.process_article(
            TEXT,
            target_languages=["ko", "ja"],
            summaries=["bullets"],
            house_style=article_service_pb2.HouseStyle(terms=[term]),
        )
    assert attributes(call_of(await trace_of(collector, publish)))["triwire.findings"] > 0
    texts = [SECRET, *term.forms.values(), "harbour", "council"]
    texts += [block.block.text for translation in response.translations for block in translation.blocks]
    texts += [point.text for summary in response.summaries for point in summary.points]
    assert len(texts) > 9
    assert [text for text in texts if text.encode() in collector.everything] == []
