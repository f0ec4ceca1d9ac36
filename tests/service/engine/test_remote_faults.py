"""Calls to a model behind an address while its server is full, slow, broken, away, or all of it."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.model_server import CUT, Request, response
from tests.service.engine.gate import until
from tests.service.engine.remote_service import echo, running, said
from triwire_server.errors import InferenceFailed, ModelUnavailable, TriwireError
from triwire_server.segment import Output, Priority


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
        outputs = await service.ask(*(f"text {number}" for number in range(40)))
        assert [output.text for output in outputs] == [f"re: text {number}" for number in range(40)]
        first = refused_at[0]
        assert not [at for at in asked_at if first + 0.05 < at < first + 0.3]
        assert service.count("answered") == 40
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
        asking = asyncio.ensure_future(service.ask(*(f"text {number}" for number in range(120))))
        await until(lambda: service.count("busy") >= 9)
        assert service.value("remote_request_limit") < 8
        is_full = False
        await asking
        assert service.value("remote_request_limit") == 8


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

    source = "max_concurrent_requests = 8, request_timeout_seconds = 0.4, retry_seconds = 1"
    async with running(tmp_path, script, source) as service:

        async def one(number: int) -> str:
            await asyncio.sleep(draw.random() * 0.5)
            text = f"text {number % 130}"
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
            ended = await asyncio.gather(*(one(number) for number in range(150)))
        allowed = {"answered", "CANCELLED", "DEADLINE", "MODEL_UNAVAILABLE", "INFERENCE_FAILED", "QUEUE_FULL"}
        assert set(ended) <= allowed
        assert ended.count("answered") > 50
        await until(lambda: service.server.in_flight == 0)
        assert service.server.most_in_flight <= 8
        assert service.value("remote_requests_waiting") == service.value("remote_requests_in_flight") == 0
