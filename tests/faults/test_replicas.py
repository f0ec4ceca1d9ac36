"""Replicas that are drained, killed, restarted, frozen, starting or full, under calls of the client library."""

import asyncio
import signal
import time
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.faults.replicas import TEXTS, Load, Replica, expected_of, replicas, stream, summarize, target_of, translate
from tests.faults.report import FaultReport
from triwire.v1 import article_service_pb2, article_service_pb2_grpc
from triwire_client import Client, RetryPolicy, errors

CALLS = 500
faults = pytest.mark.faults


async def first_refusal(address: str, connected: asyncio.Event) -> grpc.StatusCode:
    """How a plain channel without any retries, connected before, is told that a replica is going."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = article_service_pb2_grpc.ArticleServiceStub(channel)
        while True:
            try:
                await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=30)
            except grpc.aio.AioRpcError as error:
                return error.code()
            connected.set()
            await asyncio.sleep(0.05)


@faults
async def test_sigterm_under_load_loses_nothing(tiny_profile: Path, tmp_path: Path, fault_report: FaultReport) -> None:
    async with replicas(tiny_profile, tmp_path, 2) as servers, Client(target_of(servers)) as client:
        load = Load(await expected_of(servers[0].address, translate))
        running = asyncio.ensure_future(load.run(client, translate, CALLS, workers=16))
        connected = asyncio.Event()
        refusal = asyncio.ensure_future(first_refusal(servers[0].address, connected))
        await connected.wait()
        fault = await load.until(CALLS // 3)
        code = await servers[0].drain()
        await running
        seconds = load.seconds_after(fault)
        fault_report("SIGTERM", "unary, 1 of 2 replicas", CALLS, len(load.failures), load.wrong, seconds)
        assert (load.num_done, load.failures, load.wrong) == (CALLS, [], 0)
        assert code == 0
        assert await refusal == grpc.StatusCode.UNAVAILABLE
        # Whatever came to a handler was finished, or refused before it began.
        ended = servers[0].requests()
        assert set(ended) <= {"OK", "UNAVAILABLE"}
        assert ended["OK"] > 50
        assert servers[1].requests()["OK"] > 50


@faults
async def test_sigkill_of_one_of_three_loses_nothing(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    async with replicas(tiny_profile, tmp_path, 3) as servers, Client(target_of(servers)) as client:
        load = Load(await expected_of(servers[0].address, translate))
        running = asyncio.ensure_future(load.run(client, translate, CALLS, workers=16))
        fault = await load.until(CALLS // 3)
        servers[0].kill()
        await running
        seconds = load.seconds_after(fault)
        fault_report("SIGKILL", "unary, 1 of 3 replicas", CALLS, len(load.failures), load.wrong, seconds)
        assert (load.num_done, load.failures, load.wrong) == (CALLS, [], 0)
        assert servers[0].server.wait() == -signal.SIGKILL


@faults
async def test_streams_of_a_killed_replica_go_on_elsewhere_and_give_no_part_twice(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    num_retries = 0

    def count() -> float:
        nonlocal num_retries
        num_retries += 1
        return 0.5

    num_open = 0

    def note(name: str) -> None:
        nonlocal num_open
        num_open += {"started": 1, "usage": -1}.get(name, 0)

    async def ask(client: Client, text: str) -> tuple[bytes, ...]:
        return await stream(client, text, note)

    articles = ["\n\n".join(TEXTS[start : start + 20]) for start in range(0, 50, 5)]
    async with (
        replicas(tiny_profile, tmp_path, 3) as servers,
        Client(target_of(servers), retry=RetryPolicy(random=count)) as client,
    ):
        load = Load(await expected_of(servers[0].address, stream, articles))
        running = asyncio.ensure_future(load.run(client, ask, 90, workers=12))
        await load.until(30)
        while num_open < 11:  # in turns over three replicas: those of each have begun and not ended
            await asyncio.sleep(0.005)
        fault = time.monotonic()
        servers[0].kill()
        await running
        seconds = load.seconds_after(fault)
        fault_report("SIGKILL", "streams, 1 of 3 replicas", 90, len(load.failures), load.wrong, seconds)
        assert (load.num_done, load.failures, load.wrong) == (90, [], 0)
        assert num_retries > 0


@faults
async def test_one_of_three_killed_and_one_drained_loses_nothing(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    async with replicas(tiny_profile, tmp_path, 3) as servers, Client(target_of(servers)) as client:
        load = Load(await expected_of(servers[0].address, translate))
        running = asyncio.ensure_future(load.run(client, translate, CALLS, workers=16))
        fault = await load.until(CALLS // 3)
        servers[0].kill()
        code = await servers[1].drain()
        await running
        seconds = load.seconds_after(fault)
        fault_report("SIGKILL and SIGTERM", "unary, 2 of 3 replicas", CALLS, len(load.failures), load.wrong, seconds)
        assert (load.num_done, load.failures, load.wrong) == (CALLS, [], 0)
        assert code == 0


@faults
@pytest.mark.timeout(900)
async def test_a_rolling_restart_loses_no_call_and_answers_every_item_once(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    async with replicas(tiny_profile, tmp_path, 3) as servers, Client(target_of(servers)) as client:
        expected = await expected_of(servers[0].address, translate)
        calls, items = Load(expected), Load(expected)
        over = asyncio.Event()
        running = asyncio.ensure_future(calls.run(client, translate, CALLS, 4, over.is_set))
        batches = asyncio.gather(
            *(items.run_batch(client, f"b{number}", CALLS // 4, over.is_set) for number in range(4))
        )
        faults_at = []
        await items.until(20)
        for replica in servers:
            faults_at.append(time.monotonic())
            assert await replica.drain() == 0
            await replica.serve()
        over.set()
        await running
        answered = await batches
        times = [times for batch in answered for times in batch.values()]
        for name, load in (("unary", calls), ("ProcessBatch, 4 streams", items)):
            twice = sum(number > 1 for number in times) if load is items else 0
            lost = len(load.failures) + (sum(number == 0 for number in times) if load is items else 0)
            seconds = max(load.seconds_after(fault) for fault in faults_at)
            run = f"{name}, 3 replicas one by one"
            fault_report("rolling restart", run, load.num_done, lost, load.wrong + twice, seconds)
        assert len(times) >= CALLS
        assert set(times) == {1}
        assert (items.failures, items.wrong, calls.failures, calls.wrong) == ([], 0, [], 0)
        assert calls.num_done >= CALLS


@faults
async def test_a_frozen_replica_is_given_up_and_used_again_when_it_is_back(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    # The client's own 30 and 20 seconds, shortened for the test, but not below what the server takes for abuse.
    options = [("grpc.keepalive_time_ms", 12_000), ("grpc.http2.ping_timeout_ms", 6_000)]
    async with (
        replicas("extractive", tmp_path, 3) as servers,
        Client(target_of(servers), channel_options=options) as client,
    ):
        load = Load(await expected_of(servers[0].address, summarize))
        over = asyncio.Event()
        running = asyncio.ensure_future(load.run(client, summarize, CALLS, 8, over.is_set))
        fault = await load.until(100)
        frozen = servers[0]
        frozen.server.process.send_signal(signal.SIGSTOP)
        async with Client(frozen.address) as alone:
            with pytest.raises(errors.DeadlineExceededError):
                await alone.detect_language("The ferry left.", timeout=1)
        end = time.monotonic() + 60
        while (seconds := load.seconds_after(fault)) < 5:
            assert time.monotonic() < end
            await asyncio.sleep(0.5)
        before = frozen.requests()["OK"]
        frozen.server.process.send_signal(signal.SIGCONT)
        while frozen.requests()["OK"] < before + 30:
            assert time.monotonic() < end
            await asyncio.sleep(0.5)
        over.set()
        await running
        fault_report("SIGSTOP", "unary, 1 of 3 replicas", load.num_done, len(load.failures), load.wrong, seconds)
        assert (load.failures, load.wrong) == ([], 0)
        assert seconds < 20


@faults
async def test_a_client_that_asks_whether_the_connection_lives_is_not_thrown_out(tmp_path: Path) -> None:
    # gRPC's own server ends the connection at the third question within five minutes: here, after half a minute.
    options = [("grpc.keepalive_time_ms", 10_500)]
    async with (
        replicas("extractive", tmp_path, 1) as [replica],
        Client(replica.address, channel_options=options) as client,
    ):
        health = health_pb2_grpc.HealthStub(client._channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=120)
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        silence = asyncio.ensure_future(watch.read())
        done, _ = await asyncio.wait((silence,), timeout=55)
        assert not done
        watch.cancel()


@faults
async def test_a_replica_that_starts_costs_no_call(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    starting = Replica(tiny_profile, tmp_path)
    async with replicas(tiny_profile, tmp_path, 1) as [ready]:
        load = Load(await expected_of(ready.address, translate))
        try:
            starting.start()
            async with Client(target_of([starting, ready])) as client:
                await load.run(client, translate, 60, 4)
        finally:
            starting.close()
    fault_report("replica starting", "unary, 1 of 2 replicas", 60, len(load.failures), load.wrong, None)
    assert (load.failures, load.wrong) == ([], 0)


@faults
async def test_a_replica_that_is_full_costs_no_call(
    tiny_profile: Path, tmp_path: Path, fault_report: FaultReport
) -> None:
    full = Replica(tiny_profile, tmp_path)
    # Turns are taken whoever is full: a call meets the full one every second time.
    patient = RetryPolicy(max_attempts=20)
    async with replicas(tiny_profile, tmp_path, 1) as [ready]:
        load = Load(await expected_of(ready.address, translate))
        try:
            await full.serve(TRIWIRE_MAX_QUEUE_TOKENS="1")
            async with Client(target_of([full, ready]), retry=patient) as client:
                await load.run(client, translate, 100, 6)
            refused = full.requests()["RESOURCE_EXHAUSTED"]
        finally:
            full.close()
    run = "unary, 1 of 2 replicas without a queue"
    fault_report("replica overloaded", run, 100, len(load.failures), load.wrong, None)
    assert (load.failures, load.wrong) == ([], 0)
    assert refused > 0


@faults
async def test_with_every_replica_gone_calls_fail_soon_and_succeed_when_one_is_back(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    async with replicas("extractive", tmp_path, 3) as servers, Client(target_of(servers)) as client:
        load = Load(await expected_of(servers[0].address, summarize))
        for replica in servers:
            replica.kill()
            replica.server.wait()
        begun = time.monotonic()
        await load.run(client, summarize, 200, 50)
        assert {type(failure) for failure in load.failures} == {errors.UnavailableError}
        assert len(load.failures) == 200
        assert time.monotonic() - begun < 20
        await servers[0].serve()
        back = time.monotonic()
        while True:
            try:
                await summarize(client, next(iter(load.expected)))
                break
            except errors.UnavailableError:
                assert time.monotonic() - back < 20
                await asyncio.sleep(0.2)
        fault_report("SIGKILL", "unary, 3 of 3 replicas", 200, 200, 0, time.monotonic() - back)


async def test_one_replica_killed_and_one_drained_are_not_noticed_by_the_caller(tmp_path: Path) -> None:
    async with replicas("extractive", tmp_path, 3) as servers, Client(target_of(servers)) as client:
        load = Load(await expected_of(servers[0].address, summarize))
        running = asyncio.ensure_future(load.run(client, summarize, 200, 8))
        await load.until(60)
        servers[0].kill()
        assert await servers[1].drain() == 0
        await running
        assert (load.num_done, load.failures, load.wrong) == (200, [], 0)
        assert servers[2].requests()["OK"] > 60
