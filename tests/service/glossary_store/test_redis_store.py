import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer, running_redis
from triwire_server.errors import GlossariesUnavailable
from triwire_server.glossary_store import GlossaryDraft
from triwire_server.glossary_store.redis_store import RedisStore

DRAFT = GlossaryDraft("Westmere", 1, b"term")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
async def store(redis: RedisServer) -> AsyncIterator[RedisStore]:
    store = RedisStore(redis.url, timeout_seconds=0.5)
    yield store
    await store.close()


async def test_a_killed_redis_is_unavailable_and_back_with_its_data_after_a_restart(
    redis: RedisServer, store: RedisStore
) -> None:
    head = await store.create("westmere", DRAFT)
    redis.kill()
    with pytest.raises(GlossariesUnavailable):
        await store.head("westmere")
    with pytest.raises(GlossariesUnavailable) as raised:
        await store.update("westmere", DRAFT)
    assert raised.value.retry_seconds > 0
    redis.start()
    assert await store.head("westmere") == head
    assert (await store.update("westmere", DRAFT, etag=head.etag)).create_time == head.create_time


async def test_a_redis_that_hangs_costs_the_time_out_and_not_the_event_loop(
    redis: RedisServer, store: RedisStore
) -> None:
    await store.create("westmere", DRAFT)
    redis.freeze()
    started = time.monotonic()
    read = asyncio.ensure_future(store.get("westmere"))
    ticks = 0
    while not read.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert isinstance(read.exception(), GlossariesUnavailable)
    assert 0.4 < time.monotonic() - started < 3
    assert ticks > 10
    redis.thaw()
    assert await store.get("westmere") is not None


async def test_a_redis_that_was_restarted_between_two_calls_is_not_noticed(
    redis: RedisServer, store: RedisStore
) -> None:
    await asyncio.gather(*(store.create(f"g{number}", DRAFT) for number in range(8)))
    redis.kill()
    redis.start()
    assert [head.glossary_id for head in await store.list_heads("", 8)] == [f"g{number}" for number in range(8)]
    assert all(await asyncio.gather(*(store.get(f"g{number}") for number in range(8))))


async def test_a_list_goes_on_over_ids_whose_glossary_is_gone(redis: RedisServer, store: RedisStore) -> None:
    for number in range(6):
        await store.create(f"g{number}", DRAFT)
    for number in (0, 1, 3):
        await store._redis.delete("triwire:{glossaries}:1:glossary:" + f"g{number}")
    assert [head.glossary_id for head in await store.list_heads("", 2)] == ["g2", "g4"]
    assert [head.glossary_id for head in await store.list_heads("g4", 2)] == ["g5"]


async def test_more_calls_than_connections_wait_for_their_turn(store: RedisStore) -> None:
    await store.create("westmere", DRAFT)
    assert all(await asyncio.gather(*(store.get("westmere") for _ in range(200))))


def test_the_location_for_logs_has_no_password() -> None:
    assert RedisStore("rediss://news:secret@store:6380/2?health_check_interval=3").location == "rediss://store:6380/2"
    assert RedisStore("unix:///run/redis.sock").location == "unix:///run/redis.sock"


@pytest.mark.parametrize(
    "url", ["redis://:sec/ret@store:6379", "redis://store:port", "redis://:secret@store:6379?health_chek_interval=3"]
)
def test_an_address_that_cannot_be_read_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="this is no address of a Redis such as ") as raised:
        RedisStore(url)
    assert "sec" not in str(raised.value)
