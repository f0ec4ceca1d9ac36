"""What every call of the client goes through: the connection, its credentials, and the attempts."""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from triwire.v1 import article_service_pb2_grpc, glossary_service_pb2_grpc
from triwire_client.errors import from_rpc_error
from triwire_client.plaintext import check_token
from triwire_client.retry import Attempts, RetryBudget, RetryPolicy, with_retries
from triwire_client.trace_context import trace_metadata

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_TARGET = "127.0.0.1:50051"
_Answer = TypeVar("_Answer")
_Request = TypeVar("_Request")

_OPTIONS: tuple[tuple[str, Any], ...] = (
    # All addresses of a name take turns, and a replica that drains is left before it refuses. Health of the articles
    # stands for all: the server sets that of its services together. A server without health counts as healthy.
    (
        "grpc.service_config",
        '{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"triwire.v1.ArticleService"}}',
    ),
    # A replica that hangs, or whose machine is gone, is given up after 50 seconds at most, and its calls go elsewhere.
    # The server takes a question every 10 seconds. gRPC has two names for how long an answer may take, and waits for
    # the longer one (grpc/grpc#39239).
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 20_000),
    # A rolling update replaces a replica in seconds: at gRPC's own 30 every address known could be gone by then.
    ("grpc.dns_min_time_between_resolutions_ms", 5_000),
    # A replica that is back is used again within 10 seconds; by gRPC's own limit that can take two minutes.
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Tls:
    """How the connection is secured. Files are PEM."""

    root_certificates: Path | None = None
    """Who may have signed the server's certificate; None: gRPC's own list."""

    client_certificate: Path | None = None
    """This client's certificate, for mutual TLS; needs `client_key`."""

    client_key: Path | None = None
    """The key of that certificate."""

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
        channel_options: Sequence[tuple[str, Any]] = (),
        allow_plaintext_token: bool | None = None,
    ) -> None:
        self.target = target or os.environ.get("TRIWIRE_TARGET") or DEFAULT_TARGET
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._budget = RetryBudget(self._retry)
        token = token if token is not None else os.environ.get("TRIWIRE_TOKEN", "")
        self._credentials: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {token}"),) if token else ()
        self._owns_channel = channel is None
        if channel is None:
            tls = tls or Tls.from_environment()
            if token and tls is None:
                check_token(self.target, allow_plaintext_token)
        self._channel = channel or _open(self.target, tls, channel_options)
        self._articles = article_service_pb2_grpc.ArticleServiceStub(self._channel)
        self._glossaries = glossary_service_pb2_grpc.GlossaryServiceStub(self._channel)

    async def __aenter__(self) -> "Self":
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
        timeout: float | None,
        *,
        is_repeatable: bool = True,
    ) -> _Answer:
        return await self._with_retries(
            lambda left: translated(method(request, timeout=left, metadata=self._metadata)), timeout, is_repeatable
        )

    async def _with_retries(
        self,
        attempt: Callable[[float | None], Awaitable[_Answer]],
        timeout: float | None,
        is_repeatable: bool = True,
    ) -> _Answer:
        return await with_retries(attempt, self._attempts(timeout or self._timeout, is_repeatable=is_repeatable))

    def _attempts(self, seconds: float | None, *, is_repeatable: bool = True) -> Attempts:
        return Attempts(self._retry, self._budget, seconds, is_repeatable=is_repeatable)


async def translated(answer: Awaitable[_Answer]) -> _Answer:
    """An answer, with gRPC's exception replaced by ours."""
    try:
        return await answer
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


def _open(target: str, tls: Tls | None, given: Sequence[tuple[str, Any]]) -> grpc.aio.Channel:
    options = dict(_OPTIONS)
    if tls is not None and tls.server_name:
        options["grpc.ssl_target_name_override"] = tls.server_name
    options |= dict(given)
    if tls is None:
        return grpc.aio.insecure_channel(target, list(options.items()))
    return grpc.aio.secure_channel(target, tls.credentials(), list(options.items()))
