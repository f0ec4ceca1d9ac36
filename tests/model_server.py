"""An HTTP server that speaks OpenAI's API as a test tells it to: full, slow, broken, cut off, gone and back."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

CUT = b""
"""Instead of an answer: the connection is closed."""


@dataclass(slots=True)
class Request:
    """What the server was asked."""

    body: dict[str, Any]
    headers: dict[str, str]
    was_closed: bool = False
    """Whether the client closed the connection before it had its answer."""

    @property
    def text(self) -> str:
        """The user's message."""
        content: str = self.body["messages"][-1]["content"]
        return content


Script = Callable[[Request], Awaitable[bytes]]


@dataclass(slots=True)
class ModelServer:
    """Answers each request with what `script` gives for it."""

    script: Script
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    _server: asyncio.Server | None = None
    _talks: dict[asyncio.StreamWriter, "asyncio.Task[Any] | None"] = field(default_factory=dict)
    ssl_context: ssl.SSLContext | None = None

    @property
    def base_url(self) -> str:
        return f"http{'s' if self.ssl_context else ''}://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        """Listen, on the same port again after `stop`."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=self.ssl_context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Die: nobody listens any more, and open connections break."""
        if self._server is not None:
            self._server.close()
            talks = dict(self._talks)
            for writer in talks:
                writer.transport.abort()
            await asyncio.gather(*(talk for talk in talks.values() if talk is not None))
            await self._server.wait_closed()
            self._server = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks[writer] = asyncio.current_task()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if not await self._answer(Request(json.loads(body) if body else {}, headers), reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            del self._talks[writer]

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        making = asyncio.ensure_future(self.script(request))
        # A client sends nothing while it waits: what comes is the end of the connection.
        closing = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((making, closing), return_when=asyncio.FIRST_COMPLETED)
            if not making.done():
                request.was_closed = True
                return False
            answer = making.result()
            if answer == CUT:
                writer.transport.abort()
                return False
            writer.write(answer)
            await writer.drain()
            return True
        finally:
            making.cancel()
            closing.cancel()
            await asyncio.gather(making, closing, return_exceptions=True)
            self.in_flight -= 1


@asynccontextmanager
async def model_server(script: Script, ssl_context: ssl.SSLContext | None = None) -> AsyncIterator[ModelServer]:
    """A running server."""
    server = ModelServer(script, ssl_context=ssl_context)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def response(status: int, content: bytes = b"{}", **headers: str) -> bytes:
    """An HTTP response; names of headers with "_" for "-"."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def completion(text: str | None, finish_reason: str = "stop", **usage: int) -> bytes:
    """A chat completion, as a response."""
    answer: dict[str, Any] = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason},
        ],
    }
    if usage:
        answer["usage"] = usage
    return response(200, json.dumps(answer).encode())


PROFILE = """\
name = "remote"
description = "A model behind an address, for tests."

[[models]]
name = "far"
version = "1"
architecture = "chat"
tasks = ["translation", "summarization"]
language_pairs = [["en", "ko"], ["ko", "en"], ["en", "ja"], ["ja", "en"]]
summary_languages = [["en", "en"]]
license = "MIT"
origin_uri = "https://example.org/far"
source = {{ kind = "openai", base_url = "{base_url}", model = "org/far", {source} }}

[models.prompts]
system = "You translate news."
translation = "{{source_language}} to {{target_language}}.{{strict}}{{terms}}\\n{{text}}"
terms = 'Write "{{source}}" as "{{target}}".'
strict = {{ translation = " Strictly." }}

[models.prompts.summaries]
headline = "Headline, {{max_characters}} characters:{{terms}}\\n<article>{{text}}</article>"
bullets = "{{bullet_count}} bullets:{{terms}}\\n<article>{{text}}</article>"
paragraph = "Paragraph:{{terms}}\\n<article>{{text}}</article>"
"""


def profile_text(base_url: str, source: str = "") -> str:
    """A profile whose one model runs at an address; further fields of its source as TOML ("a = 1, b = 2")."""
    return PROFILE.format(base_url=base_url, source=source).replace(",  }", " }")
