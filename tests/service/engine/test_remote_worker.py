"""Calls to a model behind an address, through the engine, with a server that does as it is told."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.model_server import CUT, ModelServer, Request, Script, completion, model_server, profile_text, response
from tests.service.engine.small_model import CopyModel
from triwire_server.engine.engine import Engine, EngineCall, EngineLimits
from triwire_server.engine.models.remote import RemoteModel
from triwire_server.engine.segment import Output, Priority, Segment, Task
from triwire_server.errors import DeadlineExceeded, InferenceFailed, ModelUnavailable, TriwireError
from triwire_server.metrics import Metrics
from triwire_server.profile import load_profile
from triwire_server.result_cache import ResultCache

FAR = "far@1"
INTERACTIVE, STANDARD, BULK = Priority


def segment(text: str) -> Segment:
    return Segment(task=Task.TRANSLATION, text=text, source_language="en", target_language="ko")


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
        self, name: str = "r1", priority: Priority = STANDARD, seconds: float | None = None
    ) -> AsyncIterator[EngineCall]:
        deadline = None if seconds is None else time.monotonic() + seconds
        async with self.engine.admit(
            request_id=name, priority=priority, deadline=deadline, estimated_tokens=10
        ) as call:
            yield call

    async def ask(
        self, *texts: str, name: str = "r1", priority: Priority = STANDARD, seconds: float | None = None
    ) -> list[Output]:
        async with self.call(name, priority, seconds) as call:
            return await call.generate(FAR, [segment(text) for text in texts])

    def start(self, text: str, priority: Priority = STANDARD, seconds: float | None = None) -> "asyncio.Task[Output]":
        async def one() -> Output:
            return (await self.ask(text, name=text, priority=priority, seconds=seconds))[0]

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


async def until(is_true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


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


async def test_a_full_server_is_asked_less_and_after_the_time_it_said(tmp_path: Path) -> None:
    refused_at: list[float] = []
    asked_at: list[float] = []

    async def full(request: Request) -> bytes:
        asked_at.append(time.monotonic())
        if service.server.in_flight > 4:
            refused_at.append(time.monotonic())
            return response(429, Retry_After="0.3")
        await asyncio.sleep(0.03)
        return await echo(request)

    async with running(tmp_path, full, "max_concurrent_requests = 16") as service:
        outputs = await service.ask(*(f"text {number}" for number in range(60)))
        assert [output.text for output in outputs] == [f"re: text {number}" for number in range(60)]
        first = refused_at[0]
        assert not [at for at in asked_at if first + 0.05 < at < first + 0.3]
        assert service.count("answered") == 60
        assert service.count("busy") == len(refused_at) < 30
        assert service.value("remote_request_limit") < 16


async def test_the_limit_grows_back_once_the_server_has_room(tmp_path: Path) -> None:
    is_full = True

    async def script(request: Request) -> bytes:
        if is_full:
            return response(503)
        await asyncio.sleep(0.002)
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 8") as service:
        asking = asyncio.ensure_future(service.ask(*(f"text {number}" for number in range(300))))
        await until(lambda: service.count("busy") >= 10)
        assert service.value("remote_request_limit") < 8
        is_full = False
        await asking
        assert service.value("remote_request_limit") == 8


async def test_the_most_urgent_go_first_and_requests_take_turns(tmp_path: Path) -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def script(request: Request) -> bytes:
        order.append(said(request))
        await gate.wait()
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 1") as service:
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


@pytest.mark.parametrize("broken", [CUT, response(500), response(200, b"<html>"), response(200, b'{"choices": []}')])
async def test_a_request_that_breaks_once_is_tried_again(tmp_path: Path, broken: bytes) -> None:
    answers = [broken]

    async def script(request: Request) -> bytes:
        return answers.pop() if answers else await echo(request)

    async with running(tmp_path, script) as service:
        [output] = await service.ask("text")
        assert output.text == "re: text"
        assert len(service.server.requests) == 2


@pytest.mark.parametrize("broken", [CUT, response(500), response(200, b"<html>")])
async def test_a_text_that_breaks_the_server_each_time_fails_alone(tmp_path: Path, broken: bytes) -> None:
    async def script(request: Request) -> bytes:
        return broken if said(request) == "poison" else await echo(request)

    async with running(tmp_path, script) as service:
        made = await asyncio.gather(service.ask("poison"), service.ask("good", name="r2"), return_exceptions=True)
        assert isinstance(made[0], InferenceFailed)
        assert isinstance(made[1], list)
        assert made[1][0].text == "re: good"
        assert [said(request) for request in service.server.requests].count("poison") == 3


async def test_a_text_that_the_server_does_not_take_is_not_sent_again(tmp_path: Path) -> None:
    async def script(request: Request) -> bytes:
        return response(400)

    async with running(tmp_path, script) as service:
        with pytest.raises(InferenceFailed):
            await service.ask("too long")
        assert len(service.server.requests) == 1


async def test_calls_wait_for_a_server_that_dies_and_comes_back(tmp_path: Path) -> None:
    async def slow(request: Request) -> bytes:
        await asyncio.sleep(0.02)
        return await echo(request)

    async with running(tmp_path, slow, "max_concurrent_requests = 8") as service:
        texts = [f"text {number}" for number in range(80)]
        asking = asyncio.ensure_future(service.ask(*texts))
        await until(lambda: service.count("answered") >= 10)
        await service.server.stop()
        await until(lambda: service.count("unreachable") >= 2)
        await service.server.start()
        outputs = await asking
        assert [output.text for output in outputs] == [f"re: {text}" for text in texts]
        assert 1 <= service.count("cut") <= 8


async def test_a_server_that_stays_away_is_waited_for_as_long_as_the_profile_says(tmp_path: Path) -> None:
    async with running(tmp_path, echo, "retry_seconds = 0.6") as service:
        await service.server.stop()
        started = time.monotonic()
        with pytest.raises(ModelUnavailable) as raised:
            await service.ask("one")
        assert 0.2 < time.monotonic() - started < 3
        assert raised.value.retry_seconds > 0
        assert service.value("model_ready") == 0
        # From now on nobody waits for it, but for the call that finds out.
        started = time.monotonic()
        failed = await asyncio.gather(*(service.ask(f"t{n}", name=f"r{n}") for n in range(20)), return_exceptions=True)
        assert {type(error) for error in failed} == {ModelUnavailable}
        assert time.monotonic() - started < 0.5
        await service.server.start()
        await asyncio.sleep(raised.value.retry_seconds)
        outputs: list[Output] = []
        while not outputs:
            try:
                outputs = await service.ask("two")
            except ModelUnavailable as error:
                await asyncio.sleep(error.retry_seconds)
        assert outputs[0].text == "re: two"
        assert service.value("model_ready") == 1


async def test_a_call_is_told_at_once_when_the_wait_is_longer_than_its_time(tmp_path: Path) -> None:
    async def full(request: Request) -> bytes:
        return response(429, Retry_After="20")

    async with running(tmp_path, full) as service:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable) as raised:
            await service.ask("text", seconds=5)
        assert 20 <= raised.value.retry_seconds <= 22
        with pytest.raises(ModelUnavailable):
            await service.ask("other", seconds=5)
        assert time.monotonic() - started < 2
        assert len(service.server.requests) == 1


async def test_a_wrong_key_or_model_is_not_waited_for(tmp_path: Path) -> None:
    async def refuse(request: Request) -> bytes:
        return response(401)

    async with running(tmp_path, refuse) as service:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable) as raised:
            await service.ask("text")
        assert raised.value.needs_operator
        assert time.monotonic() - started < 2
        assert len(service.server.requests) == 1


async def test_a_server_that_hangs_is_given_up_in_bounded_time(tmp_path: Path) -> None:
    async def hang(request: Request) -> bytes:
        await asyncio.sleep(30)
        return await echo(request)

    source = "request_timeout_seconds = 0.3, retry_seconds = 0.2, max_concurrent_requests = 2"
    async with running(tmp_path, hang, source) as service:
        started = time.monotonic()
        failed = await asyncio.gather(*(service.ask(f"t{n}", name=f"r{n}") for n in range(6)), return_exceptions=True)
        assert {type(error) for error in failed} == {ModelUnavailable}
        assert time.monotonic() - started < 2


async def test_one_text_that_takes_too_long_does_not_stop_the_others(tmp_path: Path) -> None:
    async def script(request: Request) -> bytes:
        if said(request) == "endless":
            await asyncio.sleep(30)
        await asyncio.sleep(0.05)
        return await echo(request)

    async with running(tmp_path, script, "request_timeout_seconds = 0.5, retry_seconds = 0.1") as service:
        endless = service.start("endless")
        while not endless.done():
            assert (await service.start("good")).text == "re: good"
        assert isinstance(endless.exception(), InferenceFailed)


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

    async def script(request: Request) -> bytes:
        order.append(said(request))
        await gate.wait()
        return await echo(request)

    async with running(tmp_path, script, "max_concurrent_requests = 1") as service:
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


async def test_whatever_the_server_does_each_call_ends_and_nothing_is_left(tmp_path: Path) -> None:
    draw = random.Random(20)
    answers = [response(429), response(429, Retry_After="0.02"), response(503), response(500), CUT]
    answers += [response(200, b"<html>"), response(400), response(502)]

    async def script(request: Request) -> bytes:
        await asyncio.sleep(draw.random() * 0.03)
        if draw.random() < 0.3:
            return draw.choice(answers)
        if draw.random() < 0.02:
            await asyncio.sleep(30)
        return await echo(request)

    source = "max_concurrent_requests = 8, request_timeout_seconds = 0.4, retry_seconds = 2"
    async with running(tmp_path, script, source) as service:

        async def one(number: int) -> str:
            await asyncio.sleep(draw.random())
            text = f"text {number % 250}"
            seconds = draw.choice([None, None, 3.0, 0.05])
            call = asyncio.ensure_future(
                service.ask(text, name=str(number), priority=draw.choice(list(Priority)), seconds=seconds)
            )
            if draw.random() < 0.1:
                await asyncio.sleep(draw.random() * 0.1)
                call.cancel()
            try:
                [output] = await call
            except asyncio.CancelledError:
                return "CANCELLED"
            except TriwireError as error:
                return error.reason
            assert output.text == f"re: {text}"
            return "answered"

        async with asyncio.timeout(60):
            ended = await asyncio.gather(*(one(number) for number in range(300)))
        allowed = {"answered", "CANCELLED", "DEADLINE", "MODEL_UNAVAILABLE", "INFERENCE_FAILED", "QUEUE_FULL"}
        assert set(ended) <= allowed
        assert ended.count("answered") > 100
        await until(lambda: service.server.in_flight == 0)
        assert service.server.most_in_flight <= 8
        assert service.value("remote_requests_waiting") == service.value("remote_requests_in_flight") == 0
