"""The life of a server: starting, serving, draining, and what health says meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from tests.server import make_app, running_server, target
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc

NAMES = ("", "triwire.v1.ArticleService", "triwire.v1.GlossaryService")
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(channel: grpc.aio.Channel) -> dict[str, int]:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return {name: (await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)).status for name in NAMES}


def details(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """Reason and seconds to wait of a failed call."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # works for asyncio's too
    assert status is not None
    reason, seconds = "", None
    for detail in status.details:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        if detail.Unpack(retry):
            seconds = retry.retry_delay.ToNanoseconds() / 1e9
    return reason, seconds


async def test_nothing_is_served_before_the_models_are_loaded_and_everything_after(tiny_profile: Path) -> None:
    app = make_app(tiny_profile)
    await app.start()
    try:
        async with grpc.aio.insecure_channel(target(app)) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            assert await health(channel) == dict.fromkeys(NAMES, NOT_SERVING)
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
            assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
            assert details(raised.value) == ("STARTING", 2.0)
            await app.load()
            assert await health(channel) == dict.fromkeys(NAMES, SERVING)
            assert (await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)).models
    finally:
        await app.stop()


async def test_health_of_an_unknown_service_is_not_found() -> None:
    async with running_server("extractive") as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Check(health_pb2.HealthCheckRequest(service="news"), timeout=10)
        assert raised.value.code() == grpc.StatusCode.NOT_FOUND


async def test_draining_is_told_to_those_who_watch_before_a_call_is_refused() -> None:
    app = make_app("extractive", shutdown_wait_seconds=0.5)
    await app.start()
    await app.load()
    async with grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=""), timeout=20)
        assert (await watch.read()).status == SERVING
        stopping = asyncio.ensure_future(app.stop())
        assert (await watch.read()).status == NOT_SERVING
        assert not stopping.done()
        await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
        watch.cancel()
        await asyncio.wait_for(stopping, 20)


async def test_a_call_under_way_is_finished_by_a_server_that_stops(tiny_profile: Path) -> None:
    app = make_app(tiny_profile, shutdown_grace_seconds=60)
    await app.start()
    await app.load()
    async with grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        text = " ".join(f"The pier {number} reopened on Monday." for number in range(60))
        request = article_service_pb2.StreamProcessArticleRequest(
            request=article_service_pb2.ProcessArticleRequest(
                content=article_pb2.Content(text=text, language="en"), target_languages=["ko"]
            )
        )
        call = stub.StreamProcessArticle(request, timeout=60)
        parts = [(await call.read()).WhichOneof("part")]
        stopping = asyncio.ensure_future(app.stop())
        while (part := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in the stubs
            parts.append(part.WhichOneof("part"))
        assert (parts[0], parts[-1]) == ("started", "usage")
        assert "error" not in parts
        await asyncio.wait_for(stopping, 20)


async def test_a_full_queue_says_when_to_come_back(tiny_profile: Path) -> None:
    text = " ".join(f"The pier {number} reopened on Monday." for number in range(80))
    request = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE), target_language="ko"
    )
    async with (
        running_server(tiny_profile, max_queue_tokens=1) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        calls = [stub.Translate(request, timeout=60) for _ in range(8)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
        # The first is let in because nothing is ahead of it, however small the queue is.
        assert len(refused) == 7
        for error in refused:
            reason, seconds = details(error)
            assert (error.code(), reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
            assert seconds is not None
            assert seconds >= 0.1
            metadata: Any = error.trailing_metadata()
            [pushback] = [text for key, text in metadata if key == "grpc-retry-pushback-ms"]
            assert float(pushback) == pytest.approx(1000 * seconds, abs=1)
        assert app.registry.get_sample_value("triwire_errors_total", {"reason": "QUEUE_FULL"}) == 7
        # The first went on undisturbed, and there is room again.
        await stub.Translate(request, timeout=60)


async def test_a_lost_device_ends_serving_and_is_reported(tiny_profile: Path) -> None:
    lost = asyncio.Event()
    app = make_app(tiny_profile, lost.set)
    await app.start()
    try:
        await app.load()
        async with grpc.aio.insecure_channel(target(app)) as channel:
            # What the engine calls on the device's thread, called from another thread than the loop's.
            assert app._engine is not None
            await asyncio.to_thread(app._engine._on_failure, RuntimeError("gone"))
            await asyncio.wait_for(lost.wait(), 10)
            assert await health(channel) == dict.fromkeys(NAMES, NOT_SERVING)
        assert app.registry.get_sample_value("triwire_model_ready", {"model": "tiny-m2m100@1"}) == 0
    finally:
        await app.stop()


@pytest.mark.parametrize("setting", ["port", "health_port", "metrics_port"])
async def test_a_taken_port_is_an_error_that_names_it(setting: str) -> None:
    async with running_server("extractive") as first:
        port = getattr(first, setting)
        with pytest.raises((RuntimeError, OSError), match=str(port)):
            await make_app("extractive", **{setting: port}).start()


async def test_a_server_that_never_served_stops_without_waiting_for_load_balancers() -> None:
    app = make_app("extractive", shutdown_wait_seconds=3600)
    await app.start()
    await asyncio.wait_for(app.stop(), 20)
