"""What one connection, and all of them together, may take of a server; some of it as no gRPC client would do it."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, Event, PingAckReceived, SettingsAcknowledged
from h2.exceptions import ProtocolError

from tests.server import running_server, target
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_client import Client
from triwire_server.app import App

HEADERS = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/triwire.v1.ArticleService/ListModels"),
    (":authority", "news"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
]


_FRAME_HEADER = 9  # bytes: three with the length of what follows, type, flags, four with the number of the stream
RST_STREAM, GOAWAY = 3, 7  # types of frames


class RawConnection:
    """HTTP/2 by hand."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.frames: list[bytes] = []
        self._unread = b""
        self.http = H2Connection(H2Configuration(client_side=True))
        self.http.initiate_connection()
        self.send()

    def send(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def read(self, until: Callable[[Event], bool], seconds: float = 10.0) -> list[Event]:
        """What arrives until an event, the end of the connection, or for a time."""
        events: list[Event] = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not any(until(event) for event in events):
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65_536)
            except (TimeoutError, ConnectionError):
                break
            if not data:
                break
            self._unread += data
            while len(self._unread) >= _FRAME_HEADER and (size := self._frame_bytes()) <= len(self._unread):
                frame, self._unread = self._unread[:size], self._unread[size:]
                self.frames.append(frame)
                with suppress(ProtocolError):  # what comes after the end of the connection
                    events += self.http.receive_data(frame)
            with suppress(OSError):
                self.send()  # what has to be acknowledged
        return events

    def _frame_bytes(self) -> int:
        return _FRAME_HEADER + int.from_bytes(self._unread[:3], "big")

    def is_open(self) -> bool:
        """Whether the server answered the settings that open a connection."""
        return any(isinstance(event, SettingsAcknowledged) for event in self.read(_is(SettingsAcknowledged)))


def _is(kind: type[Event]) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, kind)


@contextmanager
def raw_connection(app: App) -> Iterator[RawConnection]:
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as opened:
        yield RawConnection(opened)


def ending(events: list[Event]) -> tuple[int | None, bytes | None]:
    """Code and words with which the server ended a connection."""
    [end] = [event for event in events if isinstance(event, ConnectionTerminated)]
    return end.error_code, end.additional_data


async def is_served(app: App) -> bool:
    async with grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        answer = await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=20)
        return int(answer.limits.max_blocks) == 2000


async def is_reachable(app: App) -> bool:
    try:
        return await is_served(app)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False


async def test_who_pings_too_often_is_disconnected_and_who_keeps_the_pace_is_not() -> None:
    def ping(app: App, count: int, pause: float) -> list[Event]:
        with raw_connection(app) as connection:
            assert connection.is_open()
            for _ in range(count):
                try:
                    connection.http.ping(b"are-you?")
                    connection.send()
                except OSError:
                    break  # thrown out before the last of them
                time.sleep(pause)
            return connection.read(_is(ConnectionTerminated), seconds=1)

    async with running_server("extractive") as app:
        abused = await asyncio.to_thread(ping, app, 8, 0.02)
        assert ending(abused) == (ErrorCodes.ENHANCE_YOUR_CALM, b"too_many_pings")
        assert await is_served(app)
    async with running_server("extractive", min_ping_seconds=0.05) as app:
        events = await asyncio.to_thread(ping, app, 8, 0.1)
        assert [type(event) for event in events if not isinstance(event, PingAckReceived)] == []
        assert sum(isinstance(event, PingAckReceived) for event in events) == 8


async def test_ten_thousand_calls_on_one_connection_are_bounded() -> None:
    limit, count = 100, 10_000

    def flood(app: App) -> tuple[int, int, bool]:
        """Streams that the server allows, those that it refused, and whether it ended the connection."""
        with raw_connection(app) as connection:
            assert connection.is_open()
            told = connection.http.remote_settings.max_concurrent_streams
            for number in (0, 1):
                connection.http.send_headers(2 * number + 1, HEADERS)
                frame = connection.http.data_to_send()
                connection.socket.sendall(frame)
            # The second one refers to what the first one said, as all that follow do: only their number differs.
            rest = [frame[:5] + (2 * number + 1).to_bytes(4, "big") + frame[9:] for number in range(2, count)]
            with suppress(OSError):
                connection.socket.sendall(b"".join(rest))
            connection.read(lambda event: False, seconds=2)
            refused = [
                frame
                for frame in connection.frames
                if frame[3] == RST_STREAM and frame[9:] == ErrorCodes.REFUSED_STREAM.to_bytes(4, "big")
            ]
            return told, len(refused), any(frame[3] == GOAWAY for frame in connection.frames)

    async with running_server("extractive", max_concurrent_streams=limit) as app:
        told, refused, ended = await asyncio.to_thread(flood, app)
        assert told == limit
        # Each above the limit is refused, or the whole connection is ended before all are.
        assert refused >= count - limit or (refused > 0 and ended)
        assert await is_served(app)


async def test_calls_above_the_limit_of_a_connection_are_kept_back_or_repeated_by_the_client() -> None:
    async with running_server("extractive", max_concurrent_streams=5) as app, Client(target(app)) as client:
        answers = await asyncio.gather(*(client.list_models(timeout=20) for _ in range(30)))
    assert len(answers) == 30


async def test_connections_above_the_limit_are_closed_and_there_is_room_again_when_others_go() -> None:
    async with running_server("extractive", max_connections=3) as app:
        opened = [socket.create_connection(("127.0.0.1", app.port), timeout=10) for _ in range(6)]
        try:
            states = await asyncio.to_thread(lambda: [RawConnection(one).is_open() for one in opened])
            assert states == [True] * 3 + [False] * 3
        finally:
            for one in opened:
                one.close()
        async with asyncio.timeout(20):
            # The server learns a little later that they are gone.
            while not await is_reachable(app):
                await asyncio.sleep(0.05)
        assert await is_served(app)


async def test_a_message_above_the_limit_is_refused_unread() -> None:
    text = "x" * 3000
    request = article_service_pb2.DetectLanguageRequest(content=article_pb2.Content(text=text))
    async with (
        running_server("extractive", max_message_bytes=2048) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.DetectLanguage(request, timeout=10)
        assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "2048" in (raised.value.details() or "")
        assert await is_served(app)


async def test_a_message_of_four_mebibytes_is_read() -> None:
    text = "x" * (4 * 1024 * 1024 - 64)
    request = article_service_pb2.DetectLanguageRequest(content=article_pb2.Content(text=text))
    async with running_server("extractive") as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.DetectLanguage(request, timeout=20)
        # The service's own limit, with its words: the message came through.
        assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "max_content_bytes is 2,097,152" in (raised.value.details() or "")


async def test_metadata_above_the_limit_are_refused() -> None:
    async with (
        running_server("extractive", max_metadata_bytes=4096) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        listing = article_service_pb2.ListModelsRequest()
        await stub.ListModels(listing, metadata=(("x-trace", "a" * 2000),), timeout=10)
        for size in (4500, 100_000):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.ListModels(listing, metadata=(("x-trace", "a" * size),), timeout=10)
            assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("setting", "words"),
    [("max_connection_idle_seconds", b"connection idle"), ("max_connection_age_seconds", b"max_age")],
)
async def test_a_connection_that_idles_or_is_old_is_told_to_go(setting: str, words: bytes) -> None:
    def wait(app: App) -> list[Event]:
        with raw_connection(app) as connection:
            return connection.read(_is(ConnectionTerminated), seconds=15)

    async with running_server("extractive", **{setting: 1}) as app:
        assert ending(await asyncio.to_thread(wait, app))[1] == words


async def test_a_caller_that_went_away_without_a_word_is_dropped() -> None:
    def vanish(app: App) -> float:
        with raw_connection(app) as connection:
            assert connection.is_open()
            started = time.monotonic()
            connection.send()
            # Reads on and answers nothing, as a machine that lost its power would.
            while connection.socket.recv(65_536):
                pass
            return time.monotonic() - started

    async with running_server("extractive", keepalive_seconds=1, keepalive_answer_seconds=1) as app:
        assert 1 <= await asyncio.to_thread(vanish, app) < 15
