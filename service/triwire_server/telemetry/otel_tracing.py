"""Traces with OpenTelemetry, sent over OTLP. Imported only where they are asked for: it needs the extra `otel`."""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from triwire_server import __version__
from triwire_server.telemetry.tracing import NO_SPAN, Span, Tracer, Value

EXPORT_SECONDS = 2.0
"""Time for one attempt to send spans. A collector that hangs holds up the thread that sends, and nothing else."""

STOP_SECONDS = 3.0
"""Time in which the last spans are sent when the server stops; a collector that is away must not use up the drain."""

MAX_CHILDREN = 100
"""Spans directly within a span. A batch stream may have millions of items; a trace of so many helps nobody."""

# "Recording errors" in OpenTelemetry's conventions for gRPC: of a server's statuses these are its own failures.
_SERVER_FAILURES = frozenset(("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"))
_HEADERS = ("traceparent", "tracestate")
_W3C = TraceContextTextMapPropagator()


def exporting_tracer(endpoint: str, sample_ratio: float) -> "OtelTracer":
    """A tracer that sends spans to a collector, in the background.

    Args:
        endpoint: "http://HOST:PORT" or, with TLS, "https://HOST:PORT".
        sample_ratio: share of the traces begun here that are recorded; a trace that a caller began is as it says.
    """
    exporter = OTLPSpanExporter(endpoint, insecure=endpoint.startswith("http://"), timeout=EXPORT_SECONDS)
    return OtelTracer(BatchSpanProcessor(exporter), sample_ratio, exporter.shutdown)


class OtelTracer(Tracer):
    """See `Tracer`.

    Args:
        processor: is given the spans that have ended.
        sample_ratio: see `exporting_tracer`.
        give_up: ends sending at once.
    """

    def __init__(
        self, processor: SpanProcessor, sample_ratio: float = 1.0, give_up: Callable[[], None] = lambda: None
    ) -> None:
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over these.
        resource = Resource(
            {
                "service.name": "triwire",
                "service.version": __version__,
                "service.instance.id": str(uuid4()),
                "host.name": socket.gethostname(),
            }
        )
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample_ratio)),
            resource=resource.merge(OTELResourceDetector().detect()),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("triwire_server", __version__)
        self._give_up = give_up

    def start_call(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> Span:
        """See `Tracer.start_call`."""
        carrier = {key: value for key, value in metadata if key in _HEADERS and isinstance(value, str)}
        name = method.removeprefix("/")
        offset = time.time_ns() - time.monotonic_ns()
        made = self._tracer.start_span(
            name,
            _W3C.extract(carrier, Context()),
            SpanKind.SERVER,
            {"rpc.system.name": "grpc", "rpc.method": name},
            start_time=time.monotonic_ns() + offset,
        )
        return OtelSpan(self._tracer, made, offset) if made.is_recording() else NO_SPAN

    def stop(self) -> None:
        """See `Tracer.stop`."""
        stopping = threading.Thread(target=self._provider.shutdown, name="triwire-last-spans", daemon=True)
        stopping.start()
        stopping.join(STOP_SECONDS)
        if stopping.is_alive():
            self._give_up()


@dataclass(slots=True)
class _Phase:
    """Times of one kind, in monotonic seconds."""

    start: float
    end: float
    under: str
    busy_seconds: float = 0.0
    count: int = 0

    def add(self, start: float, end: float) -> None:
        self.start, self.end = min(self.start, start), max(self.end, end)
        self.busy_seconds += end - start
        self.count += 1


class OtelSpan(Span):
    """A span that is recorded; its phases become spans when it ends. May be used on several threads.

    Args:
        tracer: makes the spans within it.
        span: OpenTelemetry's.
        offset: nanoseconds from the monotonic clock to that of the world. One for all spans of a call, so that they
            keep their order when somebody sets the clock.
    """

    is_recorded = True

    def __init__(self, tracer: trace.Tracer, span: trace.Span, offset: int) -> None:
        self._tracer = tracer
        self._span = span
        self._offset = offset
        self._phases: dict[str, _Phase] = {}
        self._counts: dict[str, int] = {}
        self._num_children = 0
        self._reason = ""
        self._lock = threading.Lock()
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    def annotate(self, **values: Value) -> None:
        """See `Span.annotate`."""
        # A thread that works for a call may find that it was cancelled meanwhile.
        if self._span.is_recording():
            self._span.set_attributes({f"triwire.{name}": value for name, value in values.items()})

    def add(self, **counts: int) -> None:
        """See `Span.add`."""
        with self._lock:
            for name, count in counts.items():
                self._counts[name] = self._counts.get(name, 0) + count

    def child(self, name: str) -> Span:
        """See `Span.child`. Those after the first `MAX_CHILDREN` are not recorded."""
        with self._lock:
            self._num_children += 1
            if self._num_children > MAX_CHILDREN or not self._span.is_recording():
                return NO_SPAN
        inside = trace.set_span_in_context(self._span, Context())
        made = self._tracer.start_span(name, inside, start_time=self._now())
        return OtelSpan(self._tracer, made, self._offset)

    def phase(self, name: str) -> AbstractContextManager[None]:
        """See `Span.phase`."""
        return _Timed(self, name)

    def record(self, name: str, start: float, end: float, under: str = "") -> None:
        """See `Span.record`."""
        with self._lock:
            self._phases.setdefault(name, _Phase(start, end, under)).add(start, end)

    def fail(self, reason: str) -> None:
        """See `Span.fail`."""
        self._reason = reason

    def end(self, code: str = "") -> None:
        """See `Span.end`."""
        with self._lock:
            phases, counts = self._phases, self._counts
            self._phases, self._counts = {}, {}
        self.annotate(**counts)
        self._end_phases(phases)
        if code:
            self._span.set_attribute("rpc.response.status_code", code)
        if self._reason:
            self.annotate(reason=self._reason)
        if code in _SERVER_FAILURES or (self._reason and not code):
            self._span.set_attribute("error.type", code or self._reason)
            self._span.set_status(Status(StatusCode.ERROR, self._reason or code))
        self._span.end(self._now())

    def _end_phases(self, phases: dict[str, _Phase]) -> None:
        contexts = {"": trace.set_span_in_context(self._span, Context())}
        # What is under another phase comes after it.
        for name, phase in sorted(phases.items(), key=lambda item: bool(item[1].under)):
            made = self._tracer.start_span(
                name,
                contexts.get(phase.under, contexts[""]),
                attributes={"triwire.count": phase.count, "triwire.busy_seconds": round(phase.busy_seconds, 6)},
                start_time=self._to_world(phase.start),
            )
            contexts[name] = trace.set_span_in_context(made, Context())
            made.end(self._to_world(phase.end))

    def _now(self) -> int:
        return time.monotonic_ns() + self._offset

    def _to_world(self, seconds: float) -> int:
        """Nanoseconds since 1970 for monotonic seconds."""
        return round(seconds * 1e9) + self._offset


class _Timed:
    """Counts the time of a block as part of a phase."""

    def __init__(self, span: OtelSpan, name: str) -> None:
        self._span = span
        self._name = name

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._span.record(self._name, self._start, time.monotonic())
