"""Connections to a Redis, by its address."""

from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_EXAMPLE = '"redis://:PASSWORD@HOST:PORT/NUMBER"; "/", "@" and "#" in a password are %2F, %40 and %23'


def redis_pool(url: str, max_connections: int, timeout_seconds: float) -> BlockingConnectionPool:
    """Connections that are made when they are first needed; what fails on one is not tried again.

    Args:
        url: "redis://:PASSWORD@HOST:PORT/NUMBER", "rediss://..." or "unix:///SOCKET".
        max_connections: at once; more wait.
        timeout_seconds: for that wait, for connecting, and for each answer.

    Raises:
        ValueError: the address cannot be read; the message does not repeat it, for it may hold a password.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=max_connections,
            timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            socket_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),
        )
        make: Any = pool.make_connection  # untyped
        make()  # connects to nothing yet, but finds options that do not exist
    except (ValueError, TypeError) as error:
        raise ValueError(f"this is no address of a Redis such as {_EXAMPLE}") from error
    return pool


def redis_location(url: str) -> str:
    """An address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
