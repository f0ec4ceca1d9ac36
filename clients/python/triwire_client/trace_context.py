"""The caller's trace goes on in the service, if the caller's program has OpenTelemetry. The client does not need it."""

import sys


def trace_metadata() -> tuple[tuple[str, str], ...]:
    """Metadata that names the span that is active in the caller's program (W3C Trace Context); empty if none is."""
    # Who has an active span has imported this. Nobody else shall wait for the import, such as the command's users.
    if "opentelemetry.trace" not in sys.modules:
        return ()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return tuple(headers.items())
