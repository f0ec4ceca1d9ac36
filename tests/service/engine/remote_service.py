"""An engine with a model behind an address, and a server that does as a test tells it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from tests.model_server import ModelServer, Request, Script, completion, model_server, profile_text
from tests.service.engine.small_model import CopyModel, segment
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.remote import RemoteModel
from triwire_server.profiles.profile import load_profile
from triwire_server.segment import Output, Priority
from triwire_server.telemetry.metrics import Metrics

FAR = "far@1"


def said(request: Request) -> str:
    """The text of the segment that a request is for."""
    return request.text.rpartition("\n")[2]


async def echo(request: Request) -> bytes:
    return completion(f"re: {said(request)}", prompt_tokens=11, completion_tokens=3)


class Clock:
    """The time, which a test can put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Service:
    """An engine with one remote model, its server and its registry."""

    def __init__(self, engine: Engine, server: ModelServer, registry: CollectorRegistry, clock: "Clock") -> None:
        self.engine = engine
        self.server = server
        self.registry = registry
        self.clock = clock

    @asynccontextmanager
    async def call(
        self, name: str = "r1", priority: Priority = Priority.STANDARD, seconds: float | None = None
    ) -> AsyncIterator[EngineCall]:
        deadline = None if seconds is None else time.monotonic() + seconds
        async with self.engine.admit(
            request_id=name, priority=priority, deadline=deadline, estimated_tokens=10
        ) as call:
            yield call

    async def ask(
        self, *texts: str, name: str = "r1", priority: Priority = Priority.STANDARD, seconds: float | None = None
    ) -> list[Output]:
        async with self.call(name, priority, seconds) as call:
            return await call.generate(FAR, [segment(text) for text in texts])

    def start(self, text: str, priority: Priority = Priority.STANDARD) -> "asyncio.Task[Output]":
        async def one() -> Output:
            return (await self.ask(text, name=text, priority=priority))[0]

        return asyncio.ensure_future(one())

    def count(self, outcome: str) -> float:
        labels = {"model": FAR, "outcome": outcome}
        return self.registry.get_sample_value("triwire_remote_requests_total", labels) or 0.0

    def value(self, name: str) -> float:
        return self.registry.get_sample_value(f"triwire_{name}", {"model": FAR}) or 0.0


@asynccontextmanager
async def running(
    folder: Path, script: Script, source: str = "", cache: ResultCache | None = None
) -> AsyncIterator[Service]:
    async with model_server(script) as server:
        path = folder / "remote.toml"
        path.write_text(profile_text(server.base_url, source), encoding="utf-8")
        registry = CollectorRegistry()
        model = RemoteModel(load_profile(str(path)).models[0])
        clock = Clock()
        models = [model, CopyModel()]
        engine = Engine(models, limits=EngineLimits(), metrics=Metrics(registry), cache=cache, clock=clock)
        await engine.start()
        try:
            yield Service(engine, server, registry, clock)
            engine.check_invariants()
            assert not engine._remote[FAR]._running
        finally:
            await engine.stop()
