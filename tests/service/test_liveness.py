"""What health says to an orchestrator that asks whether a restart would help."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.server import make_app, target
from triwire_server.app import LIVENESS, App

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def app_of(profile: str | Path, folder: Path, on_failure: Callable[[], None] = lambda: None) -> App:
    glossaries = f"sqlite:///{folder}/glossaries.sqlite3"
    return make_app(profile, on_failure, shutdown_wait_seconds=0.5, glossaries=glossaries)


async def status(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    return int(answer.status)


async def test_a_server_that_loads_or_drains_lives_and_does_not_serve(tmp_path: Path) -> None:
    app = app_of("extractive", tmp_path)
    await app.start()
    async with grpc.aio.insecure_channel(target(app)) as channel:
        assert (await status(channel, LIVENESS), await status(channel, "")) == (SERVING, NOT_SERVING)
        await app.load()
        assert (await status(channel, LIVENESS), await status(channel, "")) == (SERVING, SERVING)
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=""), timeout=20)
        assert (await watch.read()).status == SERVING
        stopping = asyncio.ensure_future(app.stop())
        assert (await watch.read()).status == NOT_SERVING
        assert (await status(channel, LIVENESS), await status(channel, "")) == (SERVING, NOT_SERVING)
        watch.cancel()
        await asyncio.wait_for(stopping, 20)


async def test_models_that_are_loaded_while_a_server_drains_do_not_bring_callers_back(tmp_path: Path) -> None:
    app = app_of("extractive", tmp_path)
    await app.start()
    await app.load()
    async with grpc.aio.insecure_channel(target(app)) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=""), timeout=20)
        assert (await watch.read()).status == SERVING
        stopping = asyncio.ensure_future(app.stop())
        assert (await watch.read()).status == NOT_SERVING
        await app._set_health(SERVING)
        assert await status(channel, "") == NOT_SERVING
        watch.cancel()
        await asyncio.wait_for(stopping, 20)


async def test_a_server_that_lost_its_device_does_not_live(tiny_profile: Path, tmp_path: Path) -> None:
    lost = asyncio.Event()
    app = app_of(tiny_profile, tmp_path, lost.set)
    await app.start()
    try:
        await app.load()
        async with grpc.aio.insecure_channel(target(app)) as channel:
            assert await status(channel, LIVENESS) == SERVING
            assert app._engine is not None
            await asyncio.to_thread(app._engine._on_failure, RuntimeError("gone"))
            await asyncio.wait_for(lost.wait(), 10)
            assert await status(channel, LIVENESS) == NOT_SERVING
    finally:
        await app.stop()
