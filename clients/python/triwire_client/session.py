"""One run of the `triwire` command: which server, how answers are shown, how a call is made and failures are told."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message
from rich.console import Console

from triwire_client.client import Client
from triwire_client.connection import Tls
from triwire_client.errors import TriwireError
from triwire_client.failures import describe, exit_code
from triwire_client.inputs import InputError
from triwire_client.plaintext import PlaintextTokenError
from triwire_client.render import Renderer

_Answer = TypeVar("_Answer", bound=Message)

_GLOBAL_OPTIONS = {
    "--target": True,
    "--timeout": True,
    "--token": True,
    "--tls": False,
    "--tls-root-certificates": True,
    "--tls-client-certificate": True,
    "--tls-client-key": True,
    "--tls-server-name": True,
    "--json": False,
    "--version": False,
}
"""Options that belong to every command, and whether a value follows."""


def hoist(arguments: Sequence[str]) -> list[str]:
    """Put the options of every command before the command, where the parser expects them.

    Raises:
        InputError: a value is missing.
    """
    hoisted: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
            break
        name, equals, _ = argument.partition("=")
        if name not in _GLOBAL_OPTIONS:
            rest.append(argument)
            continue
        hoisted.append(argument)
        if _GLOBAL_OPTIONS[name] and not equals:
            value = next(waiting, None)
            if value is None:
                raise InputError(f"{name}: needs a value")
            hoisted.append(value)
    return hoisted + rest


class CallFailed(Exception):
    """A call failed; what to say and the exit code."""

    def __init__(self, line: str, code: int) -> None:
        super().__init__(line)
        self.line = line
        self.code = code


@dataclass(frozen=True, slots=True)
class Session:
    """What the options before the command say, for the command."""

    target: str
    token: str | None
    tls: Tls | None
    timeout: float | None
    as_json: bool
    out: Console
    err: Console

    def client(self) -> Client:
        """A client for the server of this session.

        Raises:
            InputError: a certificate or key cannot be read, or the token would go over the network in plaintext.
        """
        try:
            return Client(self.target, token=self.token, tls=self.tls, timeout=self.timeout)
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read: {error.strerror}; see --tls-*") from error
        except PlaintextTokenError as error:
            raise InputError(str(error)) from error

    def show_json(self, message: Message) -> None:
        """Write a message as protobuf JSON with the field names of the contract."""
        text = json_format.MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False)
        sys.stdout.write(text + "\n")

    def run(self, call: Callable[[Client], Coroutine[Any, Any, int]]) -> int:
        """Make a call and return its exit code.

        Raises:
            CallFailed: with the line that tells why.
        """

        async def connected() -> int:
            async with self.client() as client:
                return await call(client)

        try:
            return asyncio.run(connected())
        except TriwireError as error:
            raise CallFailed(describe(error, self.target), exit_code(error)) from error

    def answer(self, ask: Callable[[Client], Awaitable[_Answer]], show: Callable[[Renderer, _Answer], None]) -> int:
        """Make a call, show its answer as JSON or to people, and return the exit code.

        Args:
            ask: makes the call.
            show: shows the answer to people.

        Raises:
            CallFailed: with the line that tells why.
        """

        async def call(client: Client) -> int:
            response = await ask(client)
            if self.as_json:
                self.show_json(response)
            else:
                show(Renderer(self.out), response)
            return 0

        return self.run(call)

    def waiting(self, what: str) -> Any:
        """A sign of life on the terminal while a single answer is awaited; a context manager."""
        return self.err.status(what) if self.err.is_terminal and not self.as_json else nullcontext()


def say(words: str) -> None:
    """Tell something on standard error; a line of it for each that is given."""
    sys.stderr.write("".join(f"triwire: {line}\n" for line in words.split("\n")))
