"""Replicas that share results while their Redis is killed, hangs, is slow, is full, and comes back.

A replica here has no cache of its own, so that each call asks Redis. What an outage may cost is time, within a bound;
never an answer, and never a wrong one.
"""

import asyncio
import json
import time
import urllib.request
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.report import FaultReport
from tests.redis_server import RedisServer, running_redis
from tests.server_process import Server, process
from tests.sharing_replicas import CACHE_ONLY, Replica, replica, segment, until
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server.cache.shared_result import SharedResult

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

TIMEOUT_SECONDS = 0.3
"""More than the default: on a busy machine this process itself may stand still for as long as that."""

PATIENT_SECONDS = 2.0
"""For what is not about time."""

BACK_SECONDS = 3.0
"""Within which results are found again: the breaker tries every half second, and this machine may be busy."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path, CACHE_ONLY) as server:
        yield server


@asynccontextmanager
async def two_replicas(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> AsyncIterator[tuple[Replica, Replica]]:
    async with (
        replica(url, timeout_seconds=timeout_seconds) as one,
        replica(url, timeout_seconds=timeout_seconds) as two,
    ):
        # Both have connected.
        await until_shared(one, two, "warm")
        yield one, two


async def answers(made: Replica, name: str, number: int) -> list[float]:
    """Calls one after another, each answered rightly: how many seconds each took."""
    seconds = []
    for index in range(number):
        started = time.monotonic()
        [output] = await made.translate(f"{name} {index}")
        seconds.append(time.monotonic() - started)
        assert output.text == f"{name} {index}"
    return seconds


async def is_shared(one: Replica, two: Replica, text: str) -> bool:
    """Whether the second replica finds what the first one has just made."""
    await one.translate(text)
    await one.written()
    [output] = await two.translate(text)
    assert output.text == text
    return output.cached


async def until_shared(one: Replica, two: Replica, name: str) -> float:
    """Seconds until results are shared again, as calls come in."""
    started = time.monotonic()
    for number in range(1000):
        if await is_shared(one, two, f"{name} {number}"):
            return time.monotonic() - started
        await asyncio.sleep(0.02)
    pytest.fail("results were not shared again")


async def test_while_it_is_killed_replicas_answer_alone_and_share_again_when_it_returns(
    redis: RedisServer, fault_report: FaultReport
) -> None:
    async with two_replicas(redis.url) as (one, two):
        assert await is_shared(one, two, "before")
        redis.kill()
        began = time.monotonic()
        for made in (one, two):
            await answers(made, "killed", 300)
        lasted = time.monotonic() - began
        for made in (one, two):
            assert made.breaker_state != 0
            # Three to find out, then one at each try, twice a second.
            assert 3 <= made.errors() <= 4 + lasted / 0.5
            assert made.errors("connection") == made.errors()
        assert one.value("shared_cache_dropped_results_total") == 300
        redis.start()
        back = await until_shared(one, two, "returned")
        fault_report(
            "Redis killed and started again", "segments, 2 replicas; until results are shared", 600, 0, 0, back
        )
        assert back < BACK_SECONDS
        await until(lambda: one.breaker_state == two.breaker_state == 0)
        errors = one.errors() + two.errors()
        for number in range(50):
            assert await is_shared(one, two, f"after {number}")
        assert one.errors() + two.errors() == errors


async def test_frozen_it_costs_few_calls_the_bound_and_thawed_it_still_has_what_it_had(
    redis: RedisServer, fault_report: FaultReport
) -> None:
    async with two_replicas(redis.url) as (one, two):
        assert await is_shared(one, two, "before")
        redis.freeze()
        began = time.monotonic()
        seconds = await answers(two, "frozen", 300)
        lasted = time.monotonic() - began
        # A call may wait out the bound once; the breaker keeps the others from waiting at all.
        assert max(seconds) < TIMEOUT_SECONDS + 1.0
        waited = [each for each in seconds if each > TIMEOUT_SECONDS / 2]
        assert 1 <= len(waited) <= 4 + lasted / 0.5
        assert sorted(seconds)[150] < TIMEOUT_SECONDS / 2
        assert two.errors("timeout") == two.errors() <= 4 + lasted / 0.5
        assert two.breaker_state != 0
        redis.thaw()
        back = await until_shared(one, two, "thawed")
        fault_report("Redis frozen and thawed", f"segments; the slowest took {max(seconds):.2f} s", 300, 0, 0, back)
        assert back < BACK_SECONDS
        # What was there before is still found.
        [output] = await two.translate("before")
        assert (output.text, output.cached) == ("before", True)


async def test_many_calls_at_once_do_not_wait_for_each_other_when_it_hangs(redis: RedisServer) -> None:
    async with two_replicas(redis.url) as (one, _):
        assert await one.shared.check()
        redis.freeze()
        started = time.monotonic()
        outputs = await asyncio.gather(*(one.translate(f"at once {number}") for number in range(100)))
        # Far from a hundred times the bound.
        assert time.monotonic() - started < 10 * TIMEOUT_SECONDS
        assert [output.text for [output] in outputs] == [f"at once {number}" for number in range(100)]
        redis.thaw()


class SlowLink:
    """Passes bytes on to a Redis, its answers late by some seconds."""

    def __init__(self, port: int) -> None:
        self.seconds = 0.0
        self._port = port

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        async with AsyncExitStack() as stack:
            tasks: set[asyncio.Task[None]] = set()

            async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                task = asyncio.current_task()
                assert task is not None
                tasks.add(task)
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
                # The link's own end is no failure.
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(self._pass(reader, far_writer, False), self._pass(far_reader, writer, True))
                writer.close()
                far_writer.close()

            listener = await stack.enter_async_context(await asyncio.start_server(connect, "127.0.0.1", 0))
            yield f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}/0"
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_late: bool) -> None:
        try:
            while data := await reader.read(65536):
                if is_late:
                    await asyncio.sleep(self.seconds)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()


async def test_an_answer_that_is_later_than_the_bound_is_none_and_never_that_of_a_later_question(
    redis: RedisServer, fault_report: FaultReport
) -> None:
    link = SlowLink(redis.port)
    bound = 1.0
    async with link.running() as url, two_replicas(url, bound) as (one, two):
        assert await is_shared(one, two, "before")
        # Late within the bound: results are shared, and nothing fails.
        link.seconds = bound / 10
        for number in range(10):
            assert await is_shared(one, two, f"late {number}")
        assert one.errors() + two.errors() == 0
        # Later than the bound: as if it were not there.
        link.seconds = 3 * bound
        seconds = await answers(two, "too late", 100)
        assert max(seconds) < bound + 1.0
        assert two.errors("timeout") >= 3
        assert two.breaker_state != 0
        # An answer that came too late is never taken for that of a later question.
        link.seconds = 0.0
        back = await until_shared(one, two, "quick")
        fault_report(
            "Redis slower than the timeout", f"segments; the slowest took {max(seconds):.2f} s", 100, 0, 0, back
        )
        assert back < BACK_SECONDS + 3 * bound
        for number in range(50):
            assert await is_shared(one, two, f"after {number}")


def fill(made: Replica, start: int, number: int) -> None:
    """Have results of about 600 bytes written."""
    for index in range(start, start + number):
        made.shared.put(made.model.identity, segment(f"filling {index}"), SharedResult("x" * 400, False))


async def test_full_and_refusing_writes_it_still_gives_what_it_has(tmp_path: Path, fault_report: FaultReport) -> None:
    settings = CACHE_ONLY | {"maxmemory": "3mb", "maxmemory-policy": "noeviction"}
    with running_redis(tmp_path, settings) as full:
        async with two_replicas(full.url, PATIENT_SECONDS) as (one, two):
            assert await is_shared(one, two, "before")
            for start in range(0, 20_000, 500):
                fill(one, start, 500)
                await one.written()
                if one.errors():
                    break
            assert one.errors("refused") == one.errors() == one.value("shared_cache_dropped_results_total") > 0
            await answers(one, "full", 100)
            fault_report("Redis full, refusing writes", "segments; what is in it is still given", 100, 0, 0, None)
            # What is in it is still given: a refusal is an answer, and the breaker stays closed.
            assert [output.cached for output in await two.translate("before")] == [True]
            assert (one.breaker_state, two.breaker_state, two.errors()) == (0, 0, 0)
            full.flush()
            assert await is_shared(one, two, "after")


async def test_full_and_forgetting_it_keeps_what_was_written_last(tmp_path: Path) -> None:
    settings = CACHE_ONLY | {"maxmemory": "3mb", "maxmemory-policy": "allkeys-lru"}
    with running_redis(tmp_path, settings) as full:
        async with two_replicas(full.url, PATIENT_SECONDS) as (one, two):
            early = [f"early {number}" for number in range(50)]
            late = [f"late {number}" for number in range(50)]
            await one.translate(*early)
            # Ten times what it has room for: Redis knows ages to the second, and guesses within one.
            for start in range(0, 40_000, 500):
                fill(one, start, 500)
                await one.written()
            await one.translate(*late)
            await one.written()
            assert (one.errors(), one.value("shared_cache_dropped_results_total")) == (0, 0)
            assert sum(output.cached for output in await two.translate(*late)) > 40
            forgotten = await two.translate(*early)
            assert sum(output.cached for output in forgotten) < 10
            assert [output.text for output in forgotten] == early


def metrics_of(server: Server) -> dict[str, float]:
    """Sums over labels by name, and hits by cache as "cache_hits_shared"."""
    [line] = [json.loads(line) for line in server.lines if '"serving"' in line]
    with urllib.request.urlopen(line["metrics"], timeout=10) as answer:  # noqa: S310 - http, from the log of the server
        text = answer.read().decode()
    sums: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("triwire_")
            sums[name] += sample.value
            if name == "cache_hits_total":
                sums[f"cache_hits_{sample.labels['cache']}"] += sample.value
    return sums


class PierCalls:
    """Translations of 75 texts, asked of servers in turn, some at once."""

    def __init__(self, stubs: Sequence[Any]) -> None:
        self.made: dict[int, set[str]] = defaultdict(set)
        """What became of each text."""

        self.failed: list[grpc.StatusCode] = []
        self._stubs = stubs
        self._room = asyncio.Semaphore(8)

    async def make(self, numbers: range) -> None:
        """Make some calls, each text on another server at the next round."""
        await asyncio.gather(*(self._make(number) for number in numbers))

    async def _make(self, number: int) -> None:
        which = number % 75
        content = article_pb2.Content(
            text=f"Pier {which} reopened on Monday.", language="en", cleaning=article_pb2.CLEANING_NONE
        )
        request = article_service_pb2.TranslateRequest(content=content, target_language="ko")
        async with self._room:
            try:
                answer = await self._stubs[number % len(self._stubs)].Translate(request, timeout=120)
            except grpc.aio.AioRpcError as error:
                self.failed.append(error.code())
                return
        self.made[which].add(answer.translation.blocks[0].block.text)


async def test_a_restart_in_the_middle_of_500_calls_to_two_servers_loses_none(
    redis: RedisServer, tiny_profile: Path, fault_report: FaultReport
) -> None:
    variables = {"TRIWIRE_SHARED_CACHE": redis.url, "TRIWIRE_CACHE_BYTES": "0"}
    variables["TRIWIRE_SHARED_CACHE_TIMEOUT_SECONDS"] = str(PATIENT_SECONDS)
    with process(tiny_profile, **variables) as first, process(tiny_profile, **variables) as second:
        servers = (first, second)
        for server in servers:
            # Its log says so; asking its health would start a process each time, on a machine that starts two servers.
            await until(lambda server=server: '"serving"' in "".join(server.lines), 150)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        async with AsyncExitStack() as stack:
            stubs = [
                article_service_pb2_grpc.ArticleServiceStub(
                    await stack.enter_async_context(grpc.aio.insecure_channel(server.target))
                )
                for server in servers
            ]
            calls = PierCalls(stubs)
            await calls.make(range(200))
            before = [metrics_of(server) for server in servers]
            under_way = asyncio.ensure_future(calls.make(range(200, 350)))
            await asyncio.sleep(0.2)
            redis.kill()
            await asyncio.sleep(1.0)
            redis.start()
            await under_way
            await asyncio.sleep(1.0)
            between = [metrics_of(server) for server in servers]
            await calls.make(range(350, 500))
            after = [metrics_of(server) for server in servers]
        for server in servers:
            assert server.stop() == 0
    wrong = sum(len(texts) - 1 for texts in calls.made.values())
    fault_report("Redis killed and started again", "Translate on 2 servers", 500, len(calls.failed), wrong, None)
    assert calls.failed == []
    # 75 texts, each asked on both servers before, while and after Redis was gone: one answer for each.
    assert len(calls.made) == 75
    assert {which: len(texts) for which, texts in calls.made.items() if len(texts) != 1} == {}
    for early, middle, late in zip(before, between, after, strict=True):
        assert early["cache_hits_shared"] > 0
        assert early["shared_cache_errors_total"] == 0
        assert middle["shared_cache_errors_total"] > 0
        assert late["cache_hits_shared"] > middle["cache_hits_shared"]
        assert late["shared_cache_breaker_state"] == 0
    events = [json.loads(line)["event"] for server in servers for line in server.lines if line.startswith("{")]
    assert events.count("shared_cache_unavailable") == events.count("shared_cache_available") == 2
