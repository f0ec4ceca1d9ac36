"""What every call of the client goes through: the connection, its credentials, and the attempts."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from triwire.v1 import article_service_pb2_grpc, glossary_service_pb2_grpc
from triwire_client.errors import from_rpc_error
from triwire_client.retry import RetryPolicy, with_retries
from triwire_client.trace_context import trace_metadata

DEFAULT_TARGET = "127.0.0.1:50051"
_Answer = TypeVar("_Answer")
_Request = TypeVar("_Request")

_SERVICE_CONFIG = (
    '{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"triwire.v1.ArticleService"}}'
)
"""All addresses of a name take turns, and a replica that drains is left before it refuses."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the connection is secured. Files are PEM."""

    root_certificates: Path | None = None
    """Who may have signed the server's certificate; None: gRPC's own list."""

    client_certificate: Path | None = None
    """This client's certificate, for mutual TLS; needs `client_key`."""

    client_key: Path | None = None
    server_name: str = ""
    """Name to expect in the certificate, if it is not that of the target."""

    def __post_init__(self) -> None:
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key belong together: give both or neither")

    @classmethod
    def from_environment(cls) -> "Tls | None":
        """From TRIWIRE_TLS_ROOT_CERTIFICATES, _CLIENT_CERTIFICATE, _CLIENT_KEY, _SERVER_NAME; None if none is set.

        TRIWIRE_TLS=1 alone asks for TLS with gRPC's own list.
        """

        def path(name: str) -> Path | None:
            value = os.environ.get(f"TRIWIRE_TLS_{name}")
            return Path(value) if value else None

        tls = cls(
            path("ROOT_CERTIFICATES"),
            path("CLIENT_CERTIFICATE"),
            path("CLIENT_KEY"),
            os.environ.get("TRIWIRE_TLS_SERVER_NAME", ""),
        )
        return tls if tls != cls() or os.environ.get("TRIWIRE_TLS") == "1" else None

    def credentials(self) -> grpc.ChannelCredentials:
        """Credentials for a channel.

        Raises:
            OSError: a file cannot be read.
        """

        def read(path: Path | None) -> bytes | None:
            return path.read_bytes() if path else None

        return grpc.ssl_channel_credentials(
            read(self.root_certificates), read(self.client_key), read(self.client_certificate)
        )


class Connection:
    """A channel and how calls are made on it. `Client` has the calls, and describes the arguments."""

    def __init__(
        self,
        target: str | None = None,
        *,
        token: str | None = None,
        tls: Tls | None = None,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        self.target = target or os.environ.get("TRIWIRE_TARGET") or DEFAULT_TARGET
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        token = token if token is not None else os.environ.get("TRIWIRE_TOKEN", "")
        self._credentials: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {token}"),) if token else ()
        self._owns_channel = channel is None
        self._channel = channel or _open(self.target, tls or Tls.from_environment())
        self._articles = article_service_pb2_grpc.ArticleServiceStub(self._channel)
        self._glossaries = glossary_service_pb2_grpc.GlossaryServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        """Of a call that begins now."""
        return (*self._credentials, *trace_metadata())

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        if self._owns_channel:
            await self._channel.close(None)

    async def _call(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[_Request, _Answer]",
        request: _Request,
        timeout: float | None,  # noqa: ASYNC109 - the gRPC deadline
        *,
        is_repeatable: bool = True,
    ) -> _Answer:
        return await self._with_retries(
            lambda left: translated(method(request, timeout=left, metadata=self._metadata)), timeout, is_repeatable
        )

    async def _with_retries(
        self,
        attempt: Callable[[float | None], Awaitable[_Answer]],
        timeout: float | None,  # noqa: ASYNC109 - the gRPC deadline
        is_repeatable: bool = True,
    ) -> _Answer:
        return await with_retries(
            attempt, self._retry, timeout or self._timeout, asyncio.sleep, is_repeatable=is_repeatable
        )


async def translated(answer: Awaitable[_Answer]) -> _Answer:
    """An answer, with gRPC's exception replaced by ours."""
    try:
        return await answer
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


def _open(target: str, tls: Tls | None) -> grpc.aio.Channel:
    options: list[tuple[str, Any]] = [("grpc.service_config", _SERVICE_CONFIG)]
    if tls is None:
        return grpc.aio.insecure_channel(target, options)
    if tls.server_name:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return grpc.aio.secure_channel(target, tls.credentials(), options)
