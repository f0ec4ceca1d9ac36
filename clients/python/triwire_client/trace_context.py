"""The caller's trace goes on in the service, if the caller's program has OpenTelemetry. The client does not need it."""

from collections.abc import Callable


def _find_injector() -> Callable[[dict[str, str]], None] | None:
    try:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    except ImportError:
        return None
    return TraceContextTextMapPropagator().inject


_inject = _find_injector()


def trace_metadata() -> tuple[tuple[str, str], ...]:
    """Metadata that names the span that is active in the caller's program (W3C Trace Context); empty if none is."""
    if _inject is None:
        return ()
    headers: dict[str, str] = {}
    _inject(headers)
    return tuple(headers.items())
