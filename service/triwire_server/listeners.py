"""The ports that gRPC listens on: what connections may take, and how they are secured."""

from typing import Any

import grpc

from triwire_server.exposure import is_loopback
from triwire_server.settings import Settings
from triwire_server.tls import ServerTls

_HEALTH_MESSAGE_BYTES = 4096
_HEALTH_STREAMS = 100


def channel_options(settings: Settings) -> list[tuple[str, Any]]:
    """Options of the server for calls."""

    def milliseconds(seconds: float) -> int:
        return round(1000 * seconds)

    return [
        # A second process on the port would silently get a share of the calls.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        # Between the two gRPC refuses at random.
        ("grpc.max_metadata_size", settings.max_metadata_bytes),
        ("grpc.absolute_max_metadata_size", settings.max_metadata_bytes),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.max_concurrent_streams", settings.max_concurrent_streams),
        ("grpc.max_connection_age_ms", milliseconds(settings.max_connection_age_seconds)),
        ("grpc.max_connection_age_grace_ms", 600_000),
        ("grpc.max_connection_idle_ms", milliseconds(settings.max_connection_idle_seconds)),
        ("grpc.keepalive_time_ms", milliseconds(settings.keepalive_seconds)),
        ("grpc.keepalive_timeout_ms", milliseconds(settings.keepalive_answer_seconds)),
        # By itself gRPC waits a minute for any ping, whatever the line above says.
        ("grpc.http2.ping_timeout_ms", milliseconds(settings.keepalive_answer_seconds)),
        # A client that waits for its next article may ask too, at the same pace.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", milliseconds(settings.min_ping_seconds)),
        ("grpc.http2.max_ping_strikes", 2),
    ]


def health_options(settings: Settings) -> list[tuple[str, Any]]:
    """Options of the server for health alone: as above, and nothing on it is large."""
    return [
        *(option for option in channel_options(settings) if option[0] not in _HEALTH_OPTIONS),
        *_HEALTH_OPTIONS.items(),
    ]


_HEALTH_OPTIONS = {
    "grpc.max_receive_message_length": _HEALTH_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": _HEALTH_STREAMS,
}


def open_port(server: grpc.aio.Server, settings: Settings, tls: ServerTls | None) -> int:
    """Listen for calls; gives the port.

    Raises:
        RuntimeError: the port is taken, or the address is not of this machine.
    """
    address = f"{settings.host}:{settings.port}"
    if tls is not None:
        return server.add_secure_port(address, tls.credentials())
    return server.add_insecure_port(address)


def open_health_port(server: grpc.aio.Server, settings: Settings) -> int:
    """Listen for questions about health, in plaintext; gives the port.

    Raises:
        RuntimeError: the port is taken, or the address is not of this machine.
    """
    return server.add_insecure_port(f"{settings.health_host}:{settings.health_port}")


def health_target(settings: Settings) -> str:
    """Where a probe on this machine finds the health service."""
    return f"{on_this_machine(settings.health_host)}:{settings.health_port}"


def on_this_machine(host: str) -> str:
    """The address by which this machine itself reaches what listens on `host`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "::": "[::1]"}  # noqa: S104  # compared, not listened on
    return everywhere.get(host, host)


def security_of(settings: Settings) -> str:
    """In a few words for the log, what a caller needs."""
    words = [
        "TLS" if settings.tls_certificate else "plaintext",
        *(["client certificate"] if settings.tls_client_ca else []),
        *(["token"] if settings.tokens else []),
        *(["this machine only"] if is_loopback(settings.host) else []),
    ]
    return ", ".join(words)
