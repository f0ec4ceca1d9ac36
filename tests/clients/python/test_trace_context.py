import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

from triwire_client.trace_context import trace_metadata

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736
SPAN = 0x00F067AA0BA902B7
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("flags", "state", "metadata"),
    [
        (TraceFlags.SAMPLED, {}, {"traceparent": f"{TRACEPARENT}-01"}),
        (TraceFlags.DEFAULT, {}, {"traceparent": f"{TRACEPARENT}-00"}),
        (TraceFlags.SAMPLED, {"cms": "1"}, {"traceparent": f"{TRACEPARENT}-01", "tracestate": "cms=1"}),
    ],
)
def test_the_active_span_is_named_as_the_standard_says(
    flags: int, state: dict[str, str], metadata: dict[str, str]
) -> None:
    context = SpanContext(TRACE, SPAN, False, TraceFlags(flags), TraceState(list(state.items())))
    with trace.use_span(NonRecordingSpan(context)):
        assert dict(trace_metadata()) == metadata
    assert trace_metadata() == ()


def test_the_client_works_without_opentelemetry() -> None:
    script = """
import sys
BLOCK
import triwire_client.cli
from triwire_client.trace_context import trace_metadata
print(trace_metadata(), [name for name in sys.modules if name.startswith("opentelemetry.")])
"""
    for blocked in ("", 'sys.modules["opentelemetry"] = None'):  # installed and not used, and not installed
        command = [sys.executable, "-c", script.replace("BLOCK", blocked)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.stdout, ended.returncode) == ("() []\n", 0), ended.stderr
