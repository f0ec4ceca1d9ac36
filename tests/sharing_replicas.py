"""Engines that share results through a real Redis, as replicas of a server do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from tests.service.engine.small_model import CopyModel
from triwire_server.cache.result_cache import ResultCache
from triwire_server.cache.shared_cache import SharedCache
from triwire_server.engine.call import CallUsage
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.segment import Output, Priority, Segment, Task
from triwire_server.telemetry.metrics import Metrics

COPY = "copy@1"
CACHE_ONLY = {"appendonly": "no"}
"""Settings of a Redis that keeps nothing on disk."""


def segment(text: str) -> Segment:
    return Segment(task=Task.TRANSLATION, text=text, source_language="en", target_language="ko")


class Replica:
    """A running engine whose model copies, with its shared cache and what it counts."""

    def __init__(self, url: str, timeout_seconds: float, ttl_seconds: int, secret: str, cache_bytes: int) -> None:
        self.registry = CollectorRegistry()
        metrics = Metrics(self.registry)
        self.model = CopyModel()
        self.shared = SharedCache(url, metrics, timeout_seconds=timeout_seconds, ttl_seconds=ttl_seconds, secret=secret)
        cache = ResultCache(cache_bytes) if cache_bytes else None
        self.engine = Engine([self.model], limits=EngineLimits(), metrics=metrics, cache=cache)
        self.engine.share_results(self.shared)
        self.usage = CallUsage()
        """Of the last call."""

    async def translate(self, *texts: str) -> list[Output]:
        """One call with a segment for each text."""
        async with self.engine.admit(
            request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=10
        ) as call:
            self.usage = call.usage
            return await call.generate(COPY, [segment(text) for text in texts])

    async def written(self) -> None:
        """Wait until no result waits to be written."""
        while self.shared._writer is not None and not self.shared._writer.done():
            await asyncio.sleep(0.005)

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"triwire_{name}", labels) or 0.0

    def hits(self, cache: str = "shared") -> float:
        return self.value("cache_hits_total", cache=cache)

    def errors(self, *reasons: str) -> float:
        names = reasons or ("timeout", "connection", "refused", "value")
        return sum(self.value("shared_cache_errors_total", reason=reason) for reason in names)

    @property
    def breaker_state(self) -> float:
        return self.value("shared_cache_breaker_state")


@asynccontextmanager
async def replica(
    url: str,
    *,
    timeout_seconds: float = 2.0,
    ttl_seconds: int = 3600,
    secret: str = "",
    cache_bytes: int = 0,
) -> AsyncIterator[Replica]:
    """Start an engine, without a cache of its own unless told, and stop it at the end.

    Args:
        url: of the Redis.
        timeout_seconds: for one call; more than the default, because machines that run tests are busy.
        ttl_seconds: of a result.
        secret: for the values.
        cache_bytes: of its own cache.
    """
    made = Replica(url, timeout_seconds, ttl_seconds, secret, cache_bytes)
    await made.engine.start()
    try:
        yield made
    finally:
        await made.engine.stop()
        await made.shared.close()


async def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "did not happen"
        await asyncio.sleep(0.01)
