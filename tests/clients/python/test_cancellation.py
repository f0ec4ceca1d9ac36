"""Whoever stops waiting stops the work: the server sees it, and has nothing left of the call."""

import asyncio
from collections.abc import Callable

import pytest

from tests.clients.python.servers import ended, under_way
from tests.server import target
from triwire_client import Client, SyncClient, errors
from triwire_server.app import App

LONG = "\n\n".join(f"Ferry number {number} left the harbour at noon." for number in range(300))
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until(is_so: Callable[[], bool]) -> None:
    """Wait; the time limit of the test is that of the wait."""
    while not is_so():
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("method", "name"), [("process_article", "ProcessArticle"), ("process", "StreamProcessArticle")]
)
async def test_cancelling_a_task_cancels_the_call_on_the_server(
    method: str, name: str, app: App, client: Client
) -> None:
    before = ended(app, name, "CANCELLED")
    call = asyncio.ensure_future(getattr(client, method)(LONG, target_languages=["ko", "ja"], source_language="en"))
    await until(lambda: under_way(app) > 100)  # its tokens are in
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: not under_way(app))
    assert ended(app, name, "CANCELLED") == before + 1


async def test_a_time_limit_of_asyncio_cancels_the_call_too(app: App, client: Client) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.translate(LONG, "ko", source_language="en"), 0.2)
    await until(lambda: not under_way(app))
    assert ended(app, "Translate", "CANCELLED") == 1


async def test_breaking_out_of_a_stream_closes_it(app: App, client: Client) -> None:
    before = ended(app, "StreamProcessArticle", "CANCELLED")
    async for part in client.stream_process_article(LONG, target_languages=["ko", "ja"], source_language="en"):
        if part.WhichOneof("part") == "started":
            break
    await until(lambda: not under_way(app))
    assert ended(app, "StreamProcessArticle", "CANCELLED") == before + 1


async def test_breaking_out_of_a_synchronous_stream_closes_it(app: App) -> None:
    before = ended(app, "StreamProcessArticle", "CANCELLED")

    def use() -> None:
        with SyncClient(target(app)) as client:
            for part in client.stream_process_article(LONG, target_languages=["ko"], source_language="en"):
                if part.WhichOneof("part") == "started":
                    break

    await asyncio.to_thread(use)
    await until(lambda: not under_way(app))
    assert ended(app, "StreamProcessArticle", "CANCELLED") == before + 1


async def test_closing_a_synchronous_client_ends_its_calls_on_other_threads(app: App) -> None:
    client = SyncClient(target(app))
    call = asyncio.ensure_future(asyncio.to_thread(client.translate, LONG, "ko", source_language="en"))
    await until(lambda: under_way(app) > 100)
    await asyncio.to_thread(client.close)
    with pytest.raises(errors.CancelledError, match="the client was closed"):
        await call
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.detect_language("text")
    await until(lambda: not under_way(app))
