"""The whole service as a process of its own, and the pipeline's calls to the engine, to be made again without it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from triwire_server.engine.engine import Engine
from triwire_server.segment import Output, Priority, Segment
from ways.processes import ServerProcess, free_port


class Service:
    """A running server.

    Args:
        profile: name of a shipped profile, or a TOML file.
        settings: by name, what differs from the defaults.

    Raises:
        RuntimeError: it did not start.
    """

    def __init__(self, profile: str, **settings: object) -> None:
        port = free_port()
        self.target = f"127.0.0.1:{port}"
        command = [sys.executable, "-m", "triwire_server", "serve", "--profile", profile, "--port", str(port)]
        environment = {"TRIWIRE_METRICS_PORT": "0", "TRIWIRE_HEALTH_PORT": "0", "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "0"}
        environment |= {f"TRIWIRE_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = ServerProcess(command, self._is_serving, environment=environment)

    def _is_serving(self) -> bool:
        with grpc.insecure_channel(self.target) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1, wait_for_ready=True)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()


def make_tiny_profile(folder: Path, **sizes: int) -> str:
    """The TOML file of a profile with small models of random weights, made now.

    Args:
        folder: where.
        sizes: see `write_tiny_profile` of the tests.
    """
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from tests.tiny_models import write_tiny_profile

    return str(write_tiny_profile(folder, **sizes))


@dataclass
class EngineCallRecord:
    """One call of the pipeline to the engine."""

    model_name: str
    segments: Sequence[Segment]
    after: list[int]
    """Numbers of the calls that had ended when it was made: some of them it may have waited for."""

    has_ended: bool = False


@dataclass
class Recording:
    """All calls that the pipeline made for an article, in their order."""

    calls: list[EngineCallRecord] = field(default_factory=list)

    @property
    def num_segments(self) -> int:
        """Segments of all calls."""
        return sum(len(call.segments) for call in self.calls)


class RecordingEngine:
    """An engine that notes what it is asked for. It stands where the pipeline expects an engine."""

    def __init__(self, engine: Engine, recording: Recording) -> None:
        self._engine = engine
        self._recording = recording

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @asynccontextmanager
    async def admit(self, **options: Any) -> AsyncIterator[Any]:
        """See `Engine.admit`."""
        async with self._engine.admit(**options) as call:
            generate = call.generate
            calls = self._recording.calls

            async def noted(model_name: str, segments: Sequence[Segment]) -> list[Output]:
                after = [number for number, other in enumerate(calls) if other.has_ended]
                record = EngineCallRecord(model_name, list(segments), after)
                calls.append(record)
                outputs: list[Output] = await generate(model_name, segments)
                record.has_ended = True
                return outputs

            call.generate = noted  # type: ignore[method-assign]  # the call notes what it was asked
            yield call


async def replay(engine: Engine, recording: Recording, *, in_order: bool) -> tuple[float, int]:
    """Make the same calls to the engine, with nothing around them.

    Args:
        engine: without a cache.
        recording: what was asked for.
        in_order: make a call only when those have ended that had ended when it was recorded; else all at once.

    Returns:
        Seconds, and tokens written.
    """
    done = [asyncio.Event() for _ in recording.calls]
    written = 0

    async with engine.admit(request_id="replay", priority=Priority.STANDARD, deadline=None, estimated_tokens=1) as call:

        async def make(number: int) -> None:
            nonlocal written
            record = recording.calls[number]
            if in_order:
                for other in record.after:
                    await done[other].wait()
            outputs = await call.generate(record.model_name, record.segments)
            written += sum(output.output_tokens for output in outputs)
            done[number].set()

        began = time.perf_counter()
        await asyncio.gather(*(make(number) for number in range(len(recording.calls))))
        return time.perf_counter() - began, written
