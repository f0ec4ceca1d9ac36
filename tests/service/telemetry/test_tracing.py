import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from triwire_server.errors import DeadlineExceeded, QueueFull
from triwire_server.settings import SettingsError
from triwire_server.settings_sources import load_settings
from triwire_server.telemetry import tracing
from triwire_server.telemetry.otel_tracing import MAX_CHILDREN, OtelTracer
from triwire_server.wiring import make_tracer

METHOD = "/triwire.v1.ArticleService/Translate"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SAMPLED = (("traceparent", f"00-{TRACE}-{SPAN}-01"), ("tracestate", "cms=1"), ("user-agent", "cms"))
NOT_SAMPLED = (("traceparent", f"00-{TRACE}-{SPAN}-00"),)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> OtelTracer:
    return OtelTracer(SimpleSpanProcessor(exporter))


@pytest.fixture
def call(tracer: OtelTracer) -> Iterator[tracing.Span]:
    """A call that goes on with the caller's trace, current in the test."""
    span = tracer.start_call(METHOD, SAMPLED)
    token = tracing.enter(span)
    yield span
    tracing.leave(token)


def named(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    [found] = [span for span in exporter.get_finished_spans() if span.name == name]
    return found


def values(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def milliseconds(span: ReadableSpan) -> float:
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.end_time - span.start_time) / 1e6


def test_the_span_of_a_call_goes_on_with_the_callers_trace(call: tracing.Span, exporter: InMemorySpanExporter) -> None:
    call.annotate(request_id="story-1", target_languages=["ko", "ja"])
    call.add(segments=2)
    call.add(segments=3)
    call.end("OK")
    [span] = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("triwire.v1.ArticleService/Translate", SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == call.trace_id == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.context.trace_state == {"cms": "1"}
    assert span.status.status_code is StatusCode.UNSET
    assert values(span) == {
        "rpc.system.name": "grpc",
        "rpc.method": "triwire.v1.ArticleService/Translate",
        "rpc.response.status_code": "OK",
        "triwire.request_id": "story-1",
        "triwire.target_languages": ("ko", "ja"),
        "triwire.segments": 5,
    }


@pytest.mark.parametrize(
    ("metadata", "ratio", "is_recorded"),
    [
        (SAMPLED, 0.0, True),
        (NOT_SAMPLED, 1.0, False),
        ((), 1.0, True),
        ((), 0.0, False),
        ((("traceparent", "00-zz-zz-01"),), 1.0, True),
        ((("traceparent", "00-zz-zz-01"),), 0.0, False),
        ((("traceparent-bin", b"\xff"),), 0.0, False),
    ],
)
def test_the_caller_says_whether_its_trace_is_recorded_and_the_ratio_for_those_that_begin_here(
    metadata: tuple[tuple[str, str | bytes], ...], ratio: float, is_recorded: bool, exporter: InMemorySpanExporter
) -> None:
    span = OtelTracer(SimpleSpanProcessor(exporter), ratio).start_call(METHOD, metadata)
    assert span.is_recorded is is_recorded
    assert (len(span.trace_id) == 32) is is_recorded
    span.end("OK")
    assert len(exporter.get_finished_spans()) == is_recorded


@pytest.mark.parametrize(
    ("code", "reason", "status", "kind"),
    [
        ("INVALID_ARGUMENT", "INVALID_FIELD", StatusCode.UNSET, None),
        ("RESOURCE_EXHAUSTED", "QUEUE_FULL", StatusCode.UNSET, None),
        ("DEADLINE_EXCEEDED", "DEADLINE", StatusCode.ERROR, "DEADLINE_EXCEEDED"),
        ("UNAVAILABLE", "STARTING", StatusCode.ERROR, "UNAVAILABLE"),
        ("INTERNAL", "INFERENCE_FAILED", StatusCode.ERROR, "INTERNAL"),
    ],
)
def test_a_failed_call_has_its_reason_and_is_an_error_if_the_fault_is_the_servers(
    code: str, reason: str, status: StatusCode, kind: str | None, call: tracing.Span, exporter: InMemorySpanExporter
) -> None:
    call.fail(reason)
    call.end(code)
    [span] = exporter.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (status, reason if kind else None)
    found = values(span)
    assert (found["rpc.response.status_code"], found["triwire.reason"]) == (code, reason)
    assert found.get("error.type") == kind


def test_a_phase_is_one_span_however_often_it_is_entered(call: tracing.Span, exporter: InMemorySpanExporter) -> None:
    call.record("generate", 10.0, 11.0)
    call.record("queue", 10.1, 10.2, under="generate")
    call.record("queue", 10.3, 10.35, under="generate")
    call.record("generate", 10.5, 12.0)
    call.end("OK")
    generate, queue = named(exporter, "generate"), named(exporter, "queue")
    assert len(exporter.get_finished_spans()) == 3
    assert milliseconds(generate) == pytest.approx(2000)
    assert milliseconds(queue) == pytest.approx(250)
    assert values(generate) == {"triwire.count": 2, "triwire.busy_seconds": 2.5}
    assert values(queue) == {"triwire.count": 2, "triwire.busy_seconds": 0.15}
    assert queue.parent is not None
    assert queue.parent.span_id == generate.context.span_id
    assert generate.parent is not None
    assert generate.parent.span_id == named(exporter, METHOD[1:]).context.span_id


async def test_phases_and_spans_find_their_place_in_tasks_and_threads(
    call: tracing.Span, exporter: InMemorySpanExporter
) -> None:
    def check() -> None:
        with tracing.phase("checks"):
            threading.Event().wait(0.001)

    async def translate(language: str) -> None:
        with tracing.span("translate", target_language=language):
            await asyncio.gather(*(asyncio.to_thread(check) for _ in range(20)))

    with tracing.phase("plan"):
        await asyncio.gather(translate("ko"), translate("ja"))
    call.end("OK")
    spans = {span.context.span_id: span for span in exporter.get_finished_spans()}
    checks = [span for span in spans.values() if span.name == "checks"]
    languages = []
    for span in checks:
        assert values(span)["triwire.count"] == 20
        assert span.parent is not None
        around = spans[span.parent.span_id]
        assert around.name == "translate"
        languages.append(values(around)["triwire.target_language"])
    assert sorted(map(str, languages)) == ["ja", "ko"]
    plan = named(exporter, "plan")
    assert plan.parent is not None
    assert spans[plan.parent.span_id].name == METHOD[1:]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DeadlineExceeded(), "DEADLINE"),
        (QueueFull("full", 1.0), "QUEUE_FULL"),
        (asyncio.CancelledError(), "CANCELLED"),
        (KeyError("the text of an article"), "INTERNAL"),
    ],
)
def test_what_fails_within_a_call_has_the_reason_and_nothing_that_the_failure_says(
    error: BaseException, reason: str, call: tracing.Span, exporter: InMemorySpanExporter
) -> None:
    with pytest.raises(type(error)), tracing.span("translate"):
        raise error
    assert tracing.current_span() is call
    span = named(exporter, "translate")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, reason)
    assert values(span) == {"triwire.reason": reason, "error.type": reason}
    assert span.events == ()


def test_a_span_has_a_bounded_number_of_spans_within(call: tracing.Span, exporter: InMemorySpanExporter) -> None:
    for _ in range(MAX_CHILDREN + 50):
        with tracing.span("item") as item, tracing.phase("extract"):
            pass
    assert not item.is_recorded
    call.end("OK")
    names = [span.name for span in exporter.get_finished_spans()]
    assert (names.count("item"), names.count("extract"), len(names)) == (100, 100, 201)


def test_what_comes_after_the_end_is_lost_without_a_word(
    call: tracing.Span, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    with tracing.phase("plan"):
        call.end("CANCELLED")
    call.annotate(blocks=3)
    call.add(findings=1)
    with tracing.span("translate"), tracing.phase("checks"):
        pass
    assert [span.name for span in exporter.get_finished_spans()] == [METHOD[1:]]
    assert caplog.records == []


def test_off_nothing_is_made() -> None:
    tracer = make_tracer(load_settings({}, {}))
    span = tracer.start_call(METHOD, SAMPLED)
    token = tracing.enter(span)
    with tracing.span("translate", target_language="ko") as inner, tracing.phase("checks"):
        assert inner is span is tracing.NO_SPAN
    assert tracing.phase("checks") is tracing.phase("plan")
    span.end("OK")
    tracing.leave(token)
    tracer.stop()
    assert span.trace_id == ""


@pytest.mark.parametrize(
    "endpoint", ["http://collector:4317", "https://otel.example.org:4317", "http://[::1]:4317/", "http://10.0.0.7:4317"]
)
def test_addresses_of_collectors(endpoint: str) -> None:
    assert load_settings({}, {"TRIWIRE_OTLP_ENDPOINT": endpoint}).otlp_endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "collector:4317",
        "http://collector",
        "grpc://collector:4317",
        "http://collector:4318/v1/traces",
        "http://u:p@h:1",
    ],
)
def test_what_is_no_address_of_a_collector_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match=r"TRIWIRE_OTLP_ENDPOINT: .* is not allowed") as raised:
        load_settings({}, {"TRIWIRE_OTLP_ENDPOINT": endpoint})
    assert "u:p@" not in str(raised.value)


def test_without_the_extra_the_setting_says_what_to_install() -> None:
    script = """
import sys
sys.modules["opentelemetry"] = None  # as where it is not installed
from triwire_server.__main__ import main
sys.argv = ["triwire-server", "serve", "--profile", "extractive", "--port", "0", "--metrics-port", "0"]
sys.argv += ["--health-port", "0"]
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"TRIWIRE_OTLP_ENDPOINT": "http://127.0.0.1:4317", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "triwire-server: otlp_endpoint needs OpenTelemetry: pip install triwire[otel]" in ended.stderr
    assert "Traceback" not in ended.stderr
