"""The end of a server: what it finishes, what it gives up and says so, and what it does not wait for."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.server import make_app, target
from tests.service.test_app import details
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server.app import App

EOF: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs


def long_text(sentences: int) -> str:
    return " ".join(f"The pier {number} reopened on Monday." for number in range(sentences))


def translation(text: str) -> article_service_pb2.TranslateRequest:
    content = article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)
    return article_service_pb2.TranslateRequest(content=content, target_language="ko")


def item(number: int, text: str) -> article_service_pb2.ProcessBatchRequest:
    return article_service_pb2.ProcessBatchRequest(item_id=f"i{number}", translate=translation(text))


@asynccontextmanager
async def serving(profile: str | Path, **settings: object) -> AsyncIterator[tuple[App, Any]]:
    """A server that the test stops, and a stub for it."""
    app = make_app(profile, **{"cache_bytes": 0, **settings})
    await app.start()
    await app.load()
    # As little is sent unread as gRPC can do with.
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1024)]
    async with grpc.aio.insecure_channel(target(app), options) as channel:
        yield app, article_service_pb2_grpc.ArticleServiceStub(channel)


async def seconds_to_stop(app: App) -> float:
    begun = time.monotonic()
    await asyncio.wait_for(app.stop(), 30)
    return time.monotonic() - begun


async def test_what_the_grace_is_too_short_for_is_told_to_go_elsewhere(tiny_profile: Path) -> None:
    async with serving(tiny_profile, shutdown_grace_seconds=0.3) as (app, stub):
        unary = asyncio.ensure_future(stub.Translate(translation(long_text(150)), timeout=60))
        batch = stub.ProcessBatch(timeout=60)
        await batch.write(item(1, long_text(150)))
        await asyncio.sleep(0.5)
        assert not unary.done()
        assert await seconds_to_stop(app) < 10
        for call in (unary, batch.read()):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await call
            assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
            assert details(raised.value) == ("SHUTTING_DOWN", 0.0)
        assert app.registry.get_sample_value("triwire_errors_total", {"reason": "SHUTTING_DOWN"}) == 2


async def test_every_item_that_was_read_is_answered_and_none_with_a_refusal(tiny_profile: Path) -> None:
    async with serving(tiny_profile, shutdown_grace_seconds=60) as (app, stub):
        batch = stub.ProcessBatch(timeout=60)
        for number in range(40):
            await batch.write(item(number, f"The pier {number} reopened on Monday."))
        answers = [await batch.read()]
        stopping = asyncio.ensure_future(app.stop())

        async def read_on() -> None:
            while True:
                answers.append(await batch.read())

        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await read_on()
        assert details(raised.value) == ("SHUTTING_DOWN", 0.0)
        await stopping
    assert len({answer.item_id for answer in answers}) == len(answers) >= 2
    assert {answer.WhichOneof("outcome") for answer in answers} == {"translate"}


def large_article() -> article_pb2.Content:
    """270 KB of which a headline is worked on: more than gRPC sends before it is read."""
    skipped = [
        article_pb2.Block(block_id=f"p{number}", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="가" * 900)
        for number in range(100)
    ]
    headline = article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="The pier reopened.")
    return article_pb2.Content(article=article_pb2.Article(language="en", blocks=[headline, *skipped]))


def unread_stream(stub: Any) -> Any:
    request = article_service_pb2.ProcessArticleRequest(content=large_article(), target_languages=["ko"])
    return stub.StreamProcessArticle(article_service_pb2.StreamProcessArticleRequest(request=request), timeout=60)


def unread_batch(stub: Any) -> Any:
    extract = article_service_pb2.ExtractArticleRequest(content=large_article())
    items = (article_service_pb2.ProcessBatchRequest(item_id=str(n), extract_article=extract) for n in range(64))
    return stub.ProcessBatch(items, timeout=60)


@pytest.mark.parametrize("open_call", [unread_stream, unread_batch])
async def test_a_reader_that_does_not_read_holds_the_end_for_the_grace_and_not_longer(
    tiny_profile: Path, open_call: Callable[[Any], Any]
) -> None:
    async with serving(tiny_profile, shutdown_grace_seconds=1) as (app, stub):
        call = open_call(stub)
        await call.wait_for_connection()
        await asyncio.sleep(0.5)
        assert 1 <= await seconds_to_stop(app) < 10
        call.cancel()


async def test_who_only_watches_health_does_not_hold_the_end() -> None:
    async with (
        serving("extractive", shutdown_grace_seconds=20) as (app, _),
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        assert await seconds_to_stop(app) < 10
        watch.cancel()


async def test_who_is_in_a_hurry_waits_neither_for_load_balancers_nor_for_the_grace(tiny_profile: Path) -> None:
    async with serving(tiny_profile, shutdown_wait_seconds=3600, shutdown_grace_seconds=3600) as (app, stub):
        call = asyncio.ensure_future(stub.Translate(translation(long_text(150)), timeout=60))
        await asyncio.sleep(0.3)
        stopping = asyncio.ensure_future(app.stop())
        await asyncio.sleep(0.1)
        assert not stopping.done()
        app.hurry()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call
        assert details(raised.value) == ("SHUTTING_DOWN", 0.0)
        await asyncio.wait_for(stopping, 20)
