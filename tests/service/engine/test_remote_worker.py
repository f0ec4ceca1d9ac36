"""Calls to a model behind an address: who is next, how many at once, and what is left when a call ends."""

import asyncio
from pathlib import Path

import pytest

from tests.model_server import Request, Script, completion
from tests.service.engine.gate import until
from tests.service.engine.remote_service import FAR, echo, running, said
from tests.service.engine.small_model import segment
from triwire_server.cache.result_cache import ResultCache
from triwire_server.errors import DeadlineExceeded
from triwire_server.segment import Priority

INTERACTIVE, STANDARD, BULK = Priority


def noting(order: list[str], gate: asyncio.Event) -> Script:
    """Notes the texts as they come, and answers once the gate is open."""

    async def script(request: Request) -> bytes:
        order.append(said(request))
        await gate.wait()
        return await echo(request)

    return script


async def test_outputs_come_in_order_with_what_the_server_counted(tmp_path: Path) -> None:
    async with running(tmp_path, echo) as service, service.call() as call:
        outputs = await call.generate(FAR, [segment("one"), segment("two")])
        assert [output.text for output in outputs] == ["re: one", "re: two"]
        assert (call.usage.input_tokens, call.usage.output_tokens) == (22, 6)
        assert call.usage.segments == 2
        timing = outputs[0].timing
        assert timing is not None
        assert timing.arrived <= timing.started <= timing.finished
        assert service.count("answered") == 2


async def test_no_more_requests_are_under_way_than_the_profile_allows(tmp_path: Path) -> None:
    async def slow(request: Request) -> bytes:
        await asyncio.sleep(0.02)
        return await echo(request)

    async with running(tmp_path, slow, "max_concurrent_requests = 3") as service:
        outputs = await service.ask(*(f"text {number}" for number in range(20)))
        assert [output.text for output in outputs] == [f"re: text {number}" for number in range(20)]
        assert service.server.most_in_flight == 3


async def test_the_most_urgent_go_first_and_requests_take_turns(tmp_path: Path) -> None:
    order: list[str] = []
    gate = asyncio.Event()
    async with running(tmp_path, noting(order, gate), "max_concurrent_requests = 1") as service:
        first = service.start("first")
        await until(lambda: bool(order))
        long = asyncio.ensure_future(service.ask("a1", "a2", name="a"))
        bulk = service.start("bulk", BULK)
        other = asyncio.ensure_future(service.ask("b1", name="b"))
        await until(lambda: service.value("remote_requests_waiting") == 4)
        urgent = service.start("urgent", INTERACTIVE)
        await until(lambda: service.value("remote_requests_waiting") == 5)
        gate.set()
        await asyncio.gather(first, long, bulk, other, urgent)
    assert order == ["first", "urgent", "a1", "b1", "a2", "bulk"]


async def test_some_requests_are_kept_for_interactive_calls(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def script(request: Request) -> bytes:
        if said(request) != "urgent":
            await gate.wait()
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 16") as service:
        archive = asyncio.ensure_future(service.ask(*(f"text {number}" for number in range(30))))
        await until(lambda: service.server.in_flight == 15)
        assert (await service.start("urgent", INTERACTIVE)).text == "re: urgent"
        gate.set()
        await archive


async def test_equal_work_is_asked_for_once_and_kept(tmp_path: Path) -> None:
    async def slow(request: Request) -> bytes:
        await asyncio.sleep(0.05)
        return await echo(request)

    async with running(tmp_path, slow, cache=ResultCache(1 << 20)) as service:
        await asyncio.gather(*(service.ask("same", name=f"call {number}") for number in range(5)))
        [again] = await service.ask("same")
        assert again.cached
        assert len(service.server.requests) == 1


async def test_a_cancelled_call_closes_its_request_and_leaves_the_queue(tmp_path: Path) -> None:
    async def hang(request: Request) -> bytes:
        await asyncio.sleep(30)
        return await echo(request)

    async with running(tmp_path, hang, "max_concurrent_requests = 1") as service:
        calls = [service.start("one"), service.start("two")]
        await until(lambda: service.server.in_flight == 1 and service.value("remote_requests_waiting") == 1)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await until(lambda: service.server.in_flight == 0)
        assert [request.was_closed for request in service.server.requests] == [True]
        assert service.value("remote_requests_waiting") == 0
        assert service.count("cancelled") == 1


async def test_a_deadline_closes_the_request(tmp_path: Path) -> None:
    async def hang(request: Request) -> bytes:
        await asyncio.sleep(30)
        return await echo(request)

    async with running(tmp_path, hang) as service:
        with pytest.raises(DeadlineExceeded):
            await service.ask("late", seconds=0.2)
        await until(lambda: service.server.in_flight == 0)
        assert service.server.requests[0].was_closed


async def test_the_rate_of_the_server_is_measured_while_something_waits(tmp_path: Path) -> None:
    async def steady(request: Request) -> bytes:
        await asyncio.sleep(0.05)
        return completion("x", prompt_tokens=40, completion_tokens=10)

    async with running(tmp_path, steady, "max_concurrent_requests = 4") as service:
        await service.ask(*(f"text {number}" for number in range(100)))
        rate = service.engine._remote[FAR].rate.when_full
        # Four at once, each 50 tokens in a twentieth of a second.
        assert rate is not None
        assert 1000 < rate <= 4400


async def test_models_here_and_there_serve_side_by_side(tmp_path: Path) -> None:
    async with running(tmp_path, echo) as service, service.call() as call:
        there, here = await asyncio.gather(
            call.generate(FAR, [segment("text")]), call.generate("copy@1", [segment("text")])
        )
        assert (there[0].text, here[0].text) == ("re: text", "text")
        assert call.usage.segments == 2


async def test_waiting_work_that_someone_more_urgent_wants_too_goes_first(tmp_path: Path) -> None:
    order: list[str] = []
    gate = asyncio.Event()
    async with running(tmp_path, noting(order, gate), "max_concurrent_requests = 1") as service:
        calls = [service.start("first")]
        await until(lambda: bool(order))
        calls += [service.start("standard"), service.start("shared", BULK)]
        await until(lambda: service.value("remote_requests_waiting") == 2)
        calls.append(service.start("shared", INTERACTIVE))
        await asyncio.sleep(0.05)
        gate.set()
        assert [call.text for call in await asyncio.gather(*calls)] == [
            "re: first",
            "re: standard",
            "re: shared",
            "re: shared",
        ]
    assert order == ["first", "shared", "standard"]


async def test_work_that_has_aged_takes_the_place_that_is_kept_for_urgent_calls(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def script(request: Request) -> bytes:
        await gate.wait()
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 16") as service:
        archive = asyncio.ensure_future(service.ask(*(f"text {number}" for number in range(17)), priority=BULK))
        await until(lambda: service.server.in_flight == 15)
        service.clock.ahead = 31
        other = service.start("other")  # whatever comes, the queue is looked at
        await until(lambda: service.server.in_flight == 16)
        assert said(service.server.requests[-1]).startswith("text")
        gate.set()
        await asyncio.gather(archive, other)


async def test_a_flow_of_urgent_calls_does_not_keep_the_oldest_waiting(tmp_path: Path) -> None:
    order: list[str] = []

    async def script(request: Request) -> bytes:
        order.append(said(request))
        await asyncio.sleep(0.005)
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 1") as service:
        first = service.start("first", INTERACTIVE)
        await until(lambda: len(order) == 1)
        bulk = service.start("bulk", BULK)
        urgent = [service.start(f"urgent {number}", INTERACTIVE) for number in range(40)]
        await until(lambda: len(order) == 6)
        service.clock.ahead = 31
        await asyncio.gather(first, *urgent, bulk)
    assert 6 <= order.index("bulk") <= 10
