"""Asks a server that speaks OpenAI's API, over HTTP: one request, one answer or what became of it."""

import asyncio
import email.utils
import enum
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from triwire_server import __version__
from triwire_server.profiles.remote_source import OpenAISource

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""An answer that is longer is none of a model that was told its limit."""

MOST_RETRY_SECONDS = 3600.0
"""A longer wait is not believed."""

_KEEPALIVE_SECONDS = 4.0
"""Idle connections are closed sooner than uvicorn, below vLLM and others, closes them (5 s): a request that is sent as
the server closes its connection is lost."""


class Trouble(enum.StrEnum):
    """What became of a request that was not answered."""

    BUSY = "busy"
    """The server has too much to do: 429 or 503."""

    UNREACHABLE = "unreachable"
    """It did not get there, or what stands before the server does not reach it."""

    CUT = "cut"
    """The connection broke after the request was sent."""

    SLOW = "slow"
    """No answer in time."""

    BROKEN = "broken"
    """The server failed, or answered nonsense."""

    INPUT = "input"
    """The server does not take this input."""

    SETUP = "setup"
    """The server is not what the profile says: another model, a wrong key, address or certificate."""


_OF_STATUS = {
    **dict.fromkeys((429, 503), Trouble.BUSY),
    **dict.fromkeys((408, 502, 504), Trouble.UNREACHABLE),
    **dict.fromkeys((400, 413, 422), Trouble.INPUT),
}


class RequestFailed(Exception):
    """A request has no answer. The message is for the operator and holds nothing that the server wrote.

    Args:
        trouble: what became of it.
        detail: more of it.
        retry_seconds: how long the server asks to be left alone; None: it did not say.
    """

    def __init__(self, trouble: Trouble, detail: str, retry_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.retry_seconds = retry_seconds


class RemoteClient:
    """Connections to one server. Used on the event loop alone; a request that is cancelled closes its connection.

    Certificates are checked. Nothing is read from the environment: no proxies, no `.netrc`.

    Args:
        source: where the server is, and how long it may take.
        api_key: sent as a bearer token; "" sends none.
        ssl_context: to check the server's certificate with; None takes what the system trusts.
    """

    def __init__(self, source: OpenAISource, api_key: str = "", ssl_context: ssl.SSLContext | None = None) -> None:
        self._timeout_seconds = source.request_timeout_seconds
        self._url = source.base_url
        headers = {"User-Agent": f"triwire/{__version__}", "Accept": "application/json"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            verify=ssl_context or True,
            timeout=httpx2.Timeout(None, connect=source.connect_timeout_seconds),
            limits=httpx2.Limits(
                max_connections=source.max_concurrent_requests,
                max_keepalive_connections=source.max_concurrent_requests,
                keepalive_expiry=_KEEPALIVE_SECONDS,
            ),
            trust_env=False,
        )

    async def complete(self, body: Mapping[str, Any]) -> bytes:
        """The body of the answer to a request.

        Raises:
            RequestFailed: there is none.
        """
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return await self._ask("POST", "/chat/completions", content)

    async def list_models(self) -> bytes:
        """The body of the answer to a question for the models that the server has.

        Raises:
            RequestFailed: there is none.
        """
        return await self._ask("GET", "/models")

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> bytes:
        try:
            # The library's own bounds are for each read: a server that sends a byte now and then would pass them.
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(method, path, content)
        except TimeoutError:
            raise RequestFailed(Trouble.SLOW, f"no answer within {self._timeout_seconds:g} s") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            if certificate := _certificate_fault(error):
                raise RequestFailed(Trouble.SETUP, f"its certificate is not valid: {certificate}") from None
            raise RequestFailed(Trouble.UNREACHABLE, str(error) or type(error).__name__) from None
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            raise RequestFailed(Trouble.CUT, f"the connection broke ({type(error).__name__})") from None
        except httpx2.HTTPError as error:
            raise RequestFailed(Trouble.BROKEN, type(error).__name__) from None

    async def _exchange(self, method: str, path: str, content: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        async with self._client.stream(method, self._url + path, content=content, headers=headers) as response:
            if response.status_code != httpx2.codes.OK:
                raise _failure(response)
            answer = bytearray()
            async for part in response.aiter_bytes():
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    raise RequestFailed(Trouble.BROKEN, f"an answer of more than {MAX_ANSWER_BYTES:,} bytes")
            return bytes(answer)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _failure(response: httpx2.Response) -> RequestFailed:
    status = response.status_code
    trouble = _OF_STATUS.get(status) or (Trouble.BROKEN if status >= 500 or status < 300 else Trouble.SETUP)
    phrase = f" {response.reason_phrase}" if response.reason_phrase.isprintable() else ""
    return RequestFailed(trouble, f"it answers {status}{phrase[:60]}", retry_after(response.headers, time.time()))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """How long a server asks to be left alone, in seconds; None: it did not say, or nothing that can be read.

    Args:
        headers: of its answer; names in any case.
        now: seconds since 1970.
    """
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif not (value := headers.get("retry-after", "").strip()):
            return None
        elif value[0].isdigit():
            seconds = float(value)
        else:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(MOST_RETRY_SECONDS, max(0.0, seconds)) if seconds == seconds else None  # not a number equals nothing


def _certificate_fault(error: BaseException | None) -> str:
    """What is wrong with a certificate, if that is why there is no connection; else ""."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""
