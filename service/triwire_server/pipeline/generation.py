"""What a model makes of segments, with the time that it took in the trace of the call."""

from collections.abc import Sequence

from triwire_server.engine.call import EngineCall
from triwire_server.segment import Output, Segment
from triwire_server.telemetry import tracing

_PHASE = "generate"


async def generate(call: EngineCall, model_name: str, segments: Sequence[Segment]) -> list[Output]:
    """See `EngineCall.generate`."""
    with tracing.phase(_PHASE):
        outputs = await call.generate(model_name, segments)
    span = tracing.current_span()
    if span.is_recorded:
        for output in outputs:
            _record(span, output)
    return outputs


def _record(span: tracing.Span, output: Output) -> None:
    """The way of a segment through the engine. What came from the cache, or was made for another call, has none."""
    timing = output.timing
    if timing is not None:
        span.record("queue", timing.arrived, timing.started, _PHASE)
        span.record("prefill", timing.started, timing.prefilled, _PHASE)
        span.record("decode", timing.prefilled, timing.finished, _PHASE)
