"""Results that replicas share through Redis, while it is well and while it is not."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
import structlog
from prometheus_client import CollectorRegistry
from redis import Redis

from tests.redis_server import RedisServer, running_redis
from tests.server import running_server, target
from tests.sharing_replicas import CACHE_ONLY, Replica, replica, segment, until
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server.app import App
from triwire_server.cache.shared_cache import MAX_PENDING_WRITES, SharedCache
from triwire_server.cache.shared_result import PREFIX, ResultCodec, SharedResult
from triwire_server.settings import SettingsError
from triwire_server.telemetry.metrics import Metrics

Client: TypeAlias = Any  # the published types of Redis leave open whether answers are decoded
SECRET = "0123456789abcdef0123456789abcdef"
IDENTITY = "copy@1#"
TEXT = "The council voted on Tuesday to reopen the pier. Engineers said that the concrete was weak."
RESULT = SharedResult("copied", False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis"), CACHE_ONLY) as running:
        yield running


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Client]:
    """A client of an empty Redis."""
    server.flush()
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
async def one(server: RedisServer) -> AsyncIterator[Replica]:
    async with replica(server.url) as made:
        yield made


@pytest.fixture
async def two(server: RedisServer) -> AsyncIterator[Replica]:
    async with replica(server.url) as made:
        yield made


def get_calls(redis: Client) -> int:
    stats = redis.info("commandstats")
    return int(stats.get("cmdstat_mget", {"calls": 0})["calls"])


async def test_what_one_replica_computed_the_other_gives_for_nothing(redis: Client, one: Replica, two: Replica) -> None:
    [computed] = await one.translate("harbour")
    await one.written()
    [found] = await two.translate("harbour")
    assert (computed.text, computed.cached, computed.output_tokens) == ("harbour", False, 8)
    assert (found.text, found.cached, found.input_tokens, found.output_tokens) == ("harbour", True, 0, 0)
    assert (two.usage.segments, two.usage.cached_segments, two.usage.input_tokens) == (1, 1, 0)
    assert two.model.batches == []
    assert (one.hits(), two.hits(), two.value("cache_misses_total")) == (0, 1, 0)
    assert one.value("shared_cache_operation_duration_seconds_count", operation="put") == 1
    assert two.value("shared_cache_operation_duration_seconds_count", operation="get") == 1
    assert one.errors() == two.errors() == 0


async def test_a_result_from_another_replica_is_then_kept_in_its_own_cache(
    redis: Client, server: RedisServer, one: Replica
) -> None:
    await one.translate("harbour")
    await one.written()
    async with replica(server.url, cache_bytes=10_000) as three:
        for _ in range(3):
            assert [output.cached for output in await three.translate("harbour")] == [True]
        assert (three.hits("shared"), three.hits("local")) == (1, 2)


async def test_names_and_expiry_are_as_documented(redis: Client, one: Replica) -> None:
    await one.translate("harbour")
    await one.written()
    [name] = redis.keys()
    assert name.decode() == ResultCodec("").name(IDENTITY, segment("harbour"))
    assert name.startswith(PREFIX.encode())
    assert 3590 <= redis.ttl(name) <= 3600


async def test_a_result_that_expired_is_computed_again(redis: Client, server: RedisServer) -> None:
    async with replica(server.url, ttl_seconds=1) as made:
        await made.translate("harbour")
        await made.written()
        await until(lambda: not redis.keys())
        assert [output.cached for output in await made.translate("harbour")] == [False]


async def test_fifty_equal_segments_ask_once_and_a_whole_article_too(redis: Client, one: Replica) -> None:
    before = get_calls(redis)
    outputs = await one.translate(*["same"] * 50)
    assert [output.cached for output in outputs] == [False] + [True] * 49
    assert one.hits("joined") == 49
    assert get_calls(redis) - before == 1
    before = get_calls(redis)
    await one.translate(*(f"sentence {number}" for number in range(200)))
    assert get_calls(redis) - before == 1


async def test_replicas_that_miss_the_same_at_once_both_answer(redis: Client, one: Replica, two: Replica) -> None:
    answers = await asyncio.gather(one.translate("harbour"), two.translate("harbour"))
    assert [output.text for [output] in answers] == ["harbour", "harbour"]
    await one.written()
    await two.written()
    assert len(redis.keys()) == 1
    assert one.errors() == two.errors() == 0


async def test_a_call_that_is_cancelled_while_it_looks_up_disturbs_nobody(
    redis: Client, server: RedisServer, one: Replica
) -> None:
    await one.translate("kept")
    await one.written()
    server.freeze()
    leaving = asyncio.ensure_future(one.translate("leaving"))
    staying = asyncio.ensure_future(one.translate("kept"))
    await asyncio.sleep(0.05)
    leaving.cancel()
    server.thaw()
    assert [output.cached for output in await staying] == [True]
    assert leaving.cancelled() or await asyncio.wait({leaving})
    one.engine.check_invariants()


WRONG_VALUES = {
    "empty": b"",
    "foreign": b"harbour",
    "cut": ResultCodec("").encode(ResultCodec("").name(IDENTITY, segment("harbour")), RESULT)[:-1],
    "of another key": ResultCodec("").encode(ResultCodec("").name(IDENTITY, segment("pier")), RESULT),
    "of a later format": b"\x02" + bytes(40),
    "large": bytes(1_000_000),
}


@pytest.mark.parametrize("kind", WRONG_VALUES)
async def test_a_wrong_value_is_a_miss_that_is_counted_and_replaced(
    redis: Client, one: Replica, two: Replica, kind: str
) -> None:
    redis.set(ResultCodec("").name(IDENTITY, segment("harbour")), WRONG_VALUES[kind])
    [output] = await one.translate("harbour")
    assert (output.text, output.cached) == ("harbour", False)
    assert (one.errors("value"), one.errors()) == (1, 1)
    assert one.breaker_state == 0
    await one.written()
    assert [(output.text, output.cached) for output in await two.translate("harbour")] == [("harbour", True)]


async def test_a_key_of_another_type_is_a_miss_and_replaced(redis: Client, one: Replica, two: Replica) -> None:
    redis.rpush(ResultCodec("").name(IDENTITY, segment("harbour")), "a list")
    assert [output.cached for output in await one.translate("harbour")] == [False]
    await one.written()
    assert [output.cached for output in await two.translate("harbour")] == [True]
    assert one.errors() == 0


async def test_with_a_secret_nobody_else_can_write_a_result(redis: Client, server: RedisServer) -> None:
    async with replica(server.url, secret=SECRET) as one, replica(server.url, secret=SECRET) as two:
        await one.translate("harbour")
        await one.written()
        assert [output.cached for output in await two.translate("harbour")] == [True]
        [name] = redis.keys()
        redis.set(name, ResultCodec("").encode(name.decode(), SharedResult("planted", False)))
        assert [(output.text, output.cached) for output in await two.translate("harbour")] == [("harbour", False)]
        assert two.errors("value") == 1


async def test_a_wrong_password_costs_errors_and_no_answers(tmp_path: Path) -> None:
    with running_redis(tmp_path, CACHE_ONLY | {"requirepass": "open-sesame"}) as locked:
        url = f"redis://:%s@127.0.0.1:{locked.port}/0"
        async with replica(url % "wrong") as made, replica(url % "open-sesame") as right:
            began = time.monotonic()
            for number in range(20):
                assert [output.text for output in await made.translate(f"text {number}")] == [f"text {number}"]
            assert made.breaker_state != 0
            # Three to find out, then one at each try, twice a second.
            assert 3 <= made.errors("connection") <= 4 + (time.monotonic() - began) / 0.5
            assert await right.shared.check()
            assert "sesame" not in right.shared.location
    assert right.shared.location == f"redis://127.0.0.1:{locked.port}/0"


async def test_something_that_is_no_redis_costs_errors_and_no_answers() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n:5\r\n*1\r\n$3\r\nabc\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, replica(f"redis://127.0.0.1:{port}/0") as made:
        for number in range(10):
            assert [output.text for output in await made.translate(f"text {number}")] == [f"text {number}"]
        assert made.errors() >= 3
        assert made.breaker_state != 0


async def test_the_log_has_one_line_for_an_outage_and_one_for_its_end(tmp_path: Path) -> None:
    with running_redis(tmp_path, CACHE_ONLY) as mortal, structlog.testing.capture_logs() as lines:
        async with replica(mortal.url) as made:
            assert await made.shared.check()
            mortal.kill()
            assert not await made.shared.check()
            for number in range(20):
                await made.translate(f"text {number}")
            mortal.start()

            async def is_back() -> bool:
                return await made.shared.check()

            while not await is_back():
                await asyncio.sleep(0.05)
    told = [(line["event"], line["store"]) for line in lines if line["event"].startswith("shared_cache")]
    assert told == [("shared_cache_unavailable", mortal.url), ("shared_cache_available", mortal.url)]
    assert "text" not in str(lines)


@asynccontextmanager
async def cache(url: str, timeout_seconds: float = 0.5) -> AsyncIterator[tuple[SharedCache, CollectorRegistry]]:
    registry = CollectorRegistry()
    made = SharedCache(url, Metrics(registry), timeout_seconds=timeout_seconds, ttl_seconds=60)
    try:
        yield made, registry
    finally:
        await made.close()


def num_dropped(registry: CollectorRegistry) -> float:
    return registry.get_sample_value("triwire_shared_cache_dropped_results_total") or 0.0


async def test_results_that_wait_are_bounded_and_what_is_dropped_is_counted(redis: Client, server: RedisServer) -> None:
    async with cache(server.url, timeout_seconds=2.0) as (made, registry):
        for number in range(MAX_PENDING_WRITES + 10):
            made.put(IDENTITY, segment(f"text {number}"), RESULT)
        assert num_dropped(registry) == 10
    # Closing writes what waits.
    assert redis.dbsize() == MAX_PENDING_WRITES
    assert num_dropped(registry) == 10


async def test_closing_is_bounded_when_redis_hangs(redis: Client, server: RedisServer) -> None:
    async with cache(server.url) as (made, registry):
        assert await made.check()
        server.freeze()
        for number in range(500):
            made.put(IDENTITY, segment(f"text {number}"), RESULT)
        started = time.monotonic()
        await made.close()
        assert time.monotonic() - started < 3
        server.thaw()
        # Of the results that a call held when it was given up some may have arrived; no other one is written.
        assert num_dropped(registry) == 500
        assert await made.get(IDENTITY, segment("text 1")) is None
        made.put(IDENTITY, segment("late"), RESULT)
        assert num_dropped(registry) == 501


async def test_a_host_that_takes_no_connection_is_given_up_in_time() -> None:
    # A listener whose queue is full answers no handshake.
    with socket.socket() as listener, socket.socket() as filler:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        filler.connect(listener.getsockname())
        async with cache(f"redis://127.0.0.1:{listener.getsockname()[1]}/0") as (made, registry):
            started = time.monotonic()
            assert await made.get(IDENTITY, segment("a")) is None
            assert 0.4 < time.monotonic() - started < 2.5
            assert registry.get_sample_value("triwire_shared_cache_errors_total", {"reason": "timeout"}) == 1


@pytest.mark.parametrize("url", ["redis://store:port/0", "redis://store/0?no_such_option=1&password=hush"])
def test_an_address_that_cannot_be_read_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a Redis") as raised:
        SharedCache(url, Metrics(CollectorRegistry()), timeout_seconds=1, ttl_seconds=1)
    assert "hush" not in str(raised.value)


async def test_servers_share_results_and_warm_their_models_themselves(
    redis: Client, server: RedisServer, tiny_profile: Path
) -> None:
    settings: dict[str, object] = {"shared_cache": server.url, "shared_cache_timeout_seconds": 2.0}
    with structlog.testing.capture_logs() as lines:
        async with running_server(tiny_profile, **settings) as first:
            answer = await translate(first)
        assert answer.usage.cached_segments == 0
        async with running_server(tiny_profile, **settings) as second:
            # What it counts of computed segments now is its warming, which takes no result of another replica.
            warmed = second.registry.get_sample_value("triwire_cache_misses_total")
            assert warmed is not None
            assert warmed >= 2
            again = await translate(second)
            assert second.registry.get_sample_value("triwire_cache_misses_total") == warmed
            hits = second.registry.get_sample_value("triwire_cache_hits_total", {"cache": "shared"})
    assert again.translation.blocks == answer.translation.blocks
    assert again.usage.cached_segments == again.usage.segments == answer.usage.segments == hits
    assert (again.usage.input_tokens, again.usage.output_tokens) == (0, 0)
    assert [line["shared_cache"] for line in lines if line["event"] == "serving"] == [server.url] * 2


async def translate(app: App) -> article_service_pb2.TranslateResponse:
    content = article_pb2.Content(text=TEXT, language="en", cleaning=article_pb2.CLEANING_NONE)
    request = article_service_pb2.TranslateRequest(content=content, target_language="ko")
    async with grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        answer: article_service_pb2.TranslateResponse = await stub.Translate(request, timeout=60)
        return answer


async def test_a_server_tells_an_address_that_it_cannot_read_at_once() -> None:
    with pytest.raises(SettingsError, match="shared_cache: this is no address of a Redis"):
        async with running_server("extractive", shared_cache="redis://store:port/0"):
            pytest.fail("it served")
