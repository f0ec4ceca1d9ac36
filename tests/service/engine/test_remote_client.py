"""One request to a model server: what comes back, whatever the server does."""

import asyncio
import json
import ssl
import time
from contextlib import suppress
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.model_server import CUT, ModelServer, Request, completion, model_server, response
from tests.server_process import free_port
from triwire_server.engine.remote_client import MAX_ANSWER_BYTES, RemoteClient, RequestFailed, Trouble, retry_after
from triwire_server.profiles.remote_source import OpenAISource

BODY = {"model": "m", "messages": [{"role": "user", "content": "항구"}]}


def source(base_url: str, **fields: object) -> OpenAISource:
    return OpenAISource.model_validate({"kind": "openai", "base_url": base_url, "model": "m", **fields})


async def ask(server: ModelServer, api_key: str = "") -> bytes:
    client = RemoteClient(source(server.base_url), api_key)
    try:
        return await client.complete(BODY)
    finally:
        await client.close()


async def failure(answer: bytes) -> RequestFailed:
    """What a client makes of an answer that is none."""

    async def script(request: Request) -> bytes:
        return answer

    async with model_server(script) as server:
        with pytest.raises(RequestFailed) as raised:
            await ask(server)
    return raised.value


async def test_the_request_is_posted_with_the_key_and_its_answer_given() -> None:
    async def script(request: Request) -> bytes:
        return completion("a port")

    async with model_server(script) as server:
        answer = json.loads(await ask(server, "sk-1"))
    assert answer["choices"][0]["message"]["content"] == "a port"
    [request] = server.requests
    assert request.body == BODY
    assert request.headers["authorization"] == "Bearer sk-1"


async def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")

    async def script(request: Request) -> bytes:
        return completion("a port")

    async with model_server(script) as server:
        await ask(server)
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (429, Trouble.BUSY),
        (503, Trouble.BUSY),
        (502, Trouble.UNREACHABLE),
        (504, Trouble.UNREACHABLE),
        (500, Trouble.BROKEN),
        (204, Trouble.BROKEN),
        (400, Trouble.INPUT),
        (413, Trouble.INPUT),
        (422, Trouble.INPUT),
        (401, Trouble.SETUP),
        (403, Trouble.SETUP),
        (404, Trouble.SETUP),
        (307, Trouble.SETUP),
    ],
)
async def test_a_status_says_what_became_of_the_request(status: int, trouble: Trouble) -> None:
    failed = await failure(response(status, b"The harbour opened.", Location="http://127.0.0.1:1/elsewhere"))
    assert failed.trouble is trouble
    assert str(failed) == f"it answers {status} Said"


async def test_the_wait_that_the_server_asks_for_is_told() -> None:
    assert (await failure(response(429, Retry_After="7"))).retry_seconds == 7
    assert (await failure(response(429))).retry_seconds is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": formatdate(1_000_010, usegmt=True)}, 10.0),
        ({"retry-after": formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "9" * 400}, 3600.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, 1_000_000) == seconds


@pytest.mark.parametrize(
    "answer",
    [CUT, b"HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\n{", b"\x00\x00\x12\x04 no HTTP\r\n\r\n"],
    ids=["no answer", "half an answer", "another protocol"],
)
async def test_a_connection_that_breaks_is_told(answer: bytes) -> None:
    async def script(request: Request) -> bytes:
        return answer

    async with model_server(script) as server:
        client = RemoteClient(source(server.base_url, request_timeout_seconds=5))
        asking = asyncio.ensure_future(client.complete(BODY))
        while not server.requests:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        await server.stop()
        with pytest.raises(RequestFailed) as raised:
            await asking
        await client.close()
    assert raised.value.trouble is Trouble.CUT


async def test_an_answer_without_end_is_given_up() -> None:
    failed = await failure(response(200, b"x" * (MAX_ANSWER_BYTES + 1)))
    assert failed.trouble is Trouble.BROKEN


async def test_an_answer_that_drips_is_bounded_in_time() -> None:
    has_ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        has_ended.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = RemoteClient(source(f"http://127.0.0.1:{port}/v1", request_timeout_seconds=0.3))
    started = time.monotonic()
    with pytest.raises(RequestFailed) as raised:
        await client.complete(BODY)
    await client.close()
    await has_ended.wait()
    server.close()
    assert raised.value.trouble is Trouble.SLOW
    assert 0.3 <= time.monotonic() - started < 2


async def test_nobody_there_is_unreachable() -> None:
    client = RemoteClient(source(f"http://127.0.0.1:{free_port()}/v1"))
    with pytest.raises(RequestFailed) as raised:
        await client.complete(BODY)
    await client.close()
    assert raised.value.trouble is Trouble.UNREACHABLE


async def test_a_cancelled_request_closes_its_connection() -> None:
    async def script(request: Request) -> bytes:
        await asyncio.sleep(30)
        return completion("too late")

    async with model_server(script) as server:
        client = RemoteClient(source(server.base_url))
        asking = asyncio.ensure_future(client.complete(BODY))
        while not server.requests:
            await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait({asking})
        while server.in_flight:
            await asyncio.sleep(0.005)
        assert server.requests[0].was_closed
        await client.close()


async def test_a_certificate_is_checked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def script(request: Request) -> bytes:
        return completion("a port")

    async def trouble(lifetime: timedelta, trusted: ssl.SSLContext | None) -> Trouble | None:
        certificate, key = authority.sign("model", lifetime=lifetime)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        async with model_server(script, context) as server:
            client = RemoteClient(source(server.base_url), "sk-1", trusted)
            try:
                await client.complete(BODY)
            except RequestFailed as failed:
                assert not server.requests
                return failed.trouble
            finally:
                await client.close()
        return None

    trusted = ssl.create_default_context(cafile=authority.certificate)
    assert await trouble(timedelta(days=1), trusted) is None
    assert await trouble(timedelta(days=1), None) is Trouble.SETUP
    assert await trouble(timedelta(days=-1), trusted) is Trouble.SETUP
