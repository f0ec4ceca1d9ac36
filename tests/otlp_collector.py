"""A collector that takes traces over OTLP on a free port and keeps them."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """What was sent, as it was sent."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.requests: list[trace_service_pb2.ExportTraceServiceRequest] = []
        self._arrived = threading.Condition()

    def Export(  # noqa: N802 - named by the protocol
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: Any
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Span]:
        """All spans, in the order in which they ended."""
        return [
            span
            for request in self.requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    @property
    def everything(self) -> bytes:
        """All that was sent, in one."""
        return b"".join(request.SerializeToString() for request in self.requests)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of a trace, once that of its call is there: it is the last one to end."""

        def of_trace() -> list[Span]:
            return [span for span in self.spans if span.trace_id.hex() == trace_id]

        def is_whole() -> bool:
            return any(span.kind == Span.SPAN_KIND_SERVER for span in of_trace())

        with self._arrived:
            assert self._arrived.wait_for(is_whole, 20), f"no call of trace {trace_id} arrived"
        return of_trace()


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # published without types
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()


def attributes(span: Span) -> dict[str, Any]:
    """The attributes of a span as plain values."""

    def plain(value: Any) -> Any:
        kind = value.WhichOneof("value")
        found = getattr(value, kind)
        return [plain(item) for item in found.values] if kind == "array_value" else found

    return {attribute.key: plain(attribute.value) for attribute in span.attributes}


def tree(spans: Sequence[Span]) -> list[str]:
    """The names of spans, each behind two spaces for every span around it, in the order of their starts."""
    ids = {span.span_id for span in spans}

    def below(parent: bytes, depth: int) -> Iterator[str]:
        for span in sorted(spans, key=lambda span: span.start_time_unix_nano):
            if (span.parent_span_id if span.parent_span_id in ids else b"") == parent:
                yield "  " * depth + span.name
                yield from below(span.span_id, depth + 1)

    return list(below(b"", 0))
