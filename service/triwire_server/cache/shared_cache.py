"""Finished work that replicas share through Redis (or Valkey). Whatever Redis does, answers go on.

Nothing here raises for a Redis that is gone, slow, full or holds nonsense: a lookup then finds nothing and a result is
not kept. Each call has one bound of time; after several that were not answered a circuit breaker keeps calls away.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from triwire_server.cache.circuit_breaker import BreakerState, CircuitBreaker
from triwire_server.cache.shared_result import InvalidValue, ResultCodec, SharedResult
from triwire_server.redis_pool import redis_location, redis_pool
from triwire_server.segment import Segment
from triwire_server.telemetry.metrics import Metrics

MAX_PENDING_WRITES = 1024
"""Results that wait to be written. What comes on top is dropped: it costs another replica a computation, no answer."""

_MAX_CONNECTIONS = 16
_READ_BATCH = 256
"""Names in one MGET, which bounds how much has to arrive within the time of one call."""

_WRITE_BATCH = 64
_FAILURE_THRESHOLD = 3
_OPEN_SECONDS = 0.5
_WARN_SECONDS = 60.0
_CLOSE_SECONDS = 1.0
"""Time to write what waits at the end, and again to close the connections."""

_Answer = TypeVar("_Answer")
_Wanted = tuple[str, "asyncio.Future[SharedResult | None]"]


class SharedCache:
    """Results by model identity and segment, in a Redis. Used on the event loop alone.

    Lookups that begin in one turn of the event loop share one MGET. Results are written behind the answers, some at a
    time over one connection.

    Args:
        url: "redis://:PASSWORD@HOST:PORT/NUMBER", "rediss://..." or "unix:///SOCKET".
        metrics: where errors, durations, dropped results and the breaker's state are told.
        timeout_seconds: for one call, the wait for a connection and connecting included.
        ttl_seconds: after which Redis forgets a result.
        secret: see `ResultCodec`.

    Raises:
        ValueError: the address cannot be read; the message does not repeat it, for it may hold a password.
    """

    def __init__(
        self, url: str, metrics: Metrics, *, timeout_seconds: float, ttl_seconds: int, secret: str = ""
    ) -> None:
        pool = redis_pool(url, _MAX_CONNECTIONS, timeout_seconds)
        self.location = redis_location(url)
        # The published types leave open whether answers are decoded; here they are bytes.
        self._redis: Any = Redis.from_pool(pool)
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self._ttl_seconds = ttl_seconds
        self._codec = ResultCodec(secret)
        self._breaker = CircuitBreaker(
            failure_threshold=_FAILURE_THRESHOLD,
            open_seconds=_OPEN_SECONDS,
            clock=time.monotonic,
            on_change=self._tell_state,
        )
        self._wanted: list[_Wanted] = []
        self._reads: set[asyncio.Task[None]] = set()
        self._pending: deque[tuple[str, bytes]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_available = True
        self._last_error = ""
        self._warn_again_at: dict[str, float] = {}
        self._is_closed = False
        self._log = structlog.get_logger("triwire")

    async def check(self) -> bool:
        """Whether Redis answers. Has the log say so at the start if it does not."""
        is_there = await self._call("ping", self._redis.ping) is not None
        if not is_there:
            self._tell_unavailable()
        return is_there

    async def get(self, model: str, segment: Segment) -> SharedResult | None:
        """A result that a replica has kept, or None: there is none, or none within the time.

        Args:
            model: `Model.identity`.
            segment: what the model reads.
        """
        if self._is_closed or not self._breaker.is_passable:
            return None
        loop = asyncio.get_running_loop()
        found: asyncio.Future[SharedResult | None] = loop.create_future()
        self._wanted.append((self._codec.name(model, segment), found))
        if len(self._wanted) == 1:
            loop.call_soon(self._start_reads)
        return await found

    def put(self, model: str, segment: Segment, result: SharedResult) -> None:
        """Keep a result, some time soon, unless too many wait already. Waits for nothing."""
        if self._is_closed or len(self._pending) >= MAX_PENDING_WRITES:
            self._drop(1)
            return
        name = self._codec.name(model, segment)
        self._pending.append((name, self._codec.encode(name, result)))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write())

    async def close(self) -> None:
        """Write what still waits, for a second at most, and close the connections."""
        self._is_closed = True
        if self._writer is not None:
            await asyncio.wait({self._writer}, timeout=_CLOSE_SECONDS)
        tasks = [task for task in (self._writer, *self._reads) if task is not None and not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drop(len(self._pending))
        self._pending.clear()
        # A Redis that hangs must not hold up the end of the server.
        with suppress(Exception):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._redis.aclose()

    def _start_reads(self) -> None:
        wanted, self._wanted = self._wanted, []
        for start in range(0, len(wanted), _READ_BATCH):
            task = asyncio.ensure_future(self._read(wanted[start : start + _READ_BATCH]))
            self._reads.add(task)
            task.add_done_callback(self._reads.discard)

    async def _read(self, wanted: Sequence[_Wanted]) -> None:
        try:
            values = await self._call("get", lambda: self._redis.mget([name for name, _ in wanted]))
            for (name, found), value in zip(wanted, values if isinstance(values, list) else (), strict=False):
                # Who wanted it may have been cancelled meanwhile.
                if not found.done():
                    found.set_result(self._decode(name, value))
        finally:
            for _, found in wanted:
                if not found.done():
                    found.set_result(None)

    def _decode(self, name: str, value: object) -> SharedResult | None:
        # MGET gives nothing for a key of another type; the result that is computed then takes its place.
        if value is None:
            return None
        try:
            return self._codec.decode(name, value)
        except InvalidValue as error:
            self._metrics.shared_cache_errors.labels("value").inc()
            self._warn("shared_cache_value_invalid", f"{name}: {error}")
            return None

    async def _write(self) -> None:
        while self._pending:
            batch = [self._pending.popleft() for _ in range(min(_WRITE_BATCH, len(self._pending)))]
            num_kept = 0
            try:
                for answer in await self._call("put", partial(self._set, batch)) or ():
                    if isinstance(answer, Exception):
                        self._refused(answer)
                    else:
                        num_kept += 1
            finally:
                self._drop(len(batch) - num_kept)

    def _set(self, batch: Sequence[tuple[str, bytes]]) -> Awaitable[list[object]]:
        """Write results, each for itself: one that is refused, by a Redis that is full, is an exception in the list."""
        pipeline = self._redis.pipeline(transaction=False)
        for name, value in batch:
            pipeline.set(name, value, ex=self._ttl_seconds)
        answers: Awaitable[list[object]] = pipeline.execute(raise_on_error=False)
        return answers

    async def _call(self, operation: str, command: Callable[[], Awaitable[_Answer]]) -> _Answer | None:
        """The answer to a command, or None: it did not pass, failed or came too late."""
        ticket = self._breaker.enter()
        if ticket is None:
            return None
        started = time.monotonic()
        try:
            # The library's own bounds leave out the wait for a connection and the look-up of the host's name.
            async with asyncio.timeout(self._timeout_seconds):
                answer = await command()
        except ResponseError as error:
            self._refused(error)
            self._breaker.succeeded(ticket)
            return None
        except Exception as error:
            # What listens there need not be a Redis, and then its parser may raise anything.
            is_late = isinstance(error, TimeoutError | RedisTimeoutError)
            self._metrics.shared_cache_errors.labels("timeout" if is_late else "connection").inc()
            late = f"no answer within {self._timeout_seconds:g} s"
            self._last_error = late if is_late else f"{type(error).__name__}: {error}"
            self._breaker.failed(ticket)
            return None
        except asyncio.CancelledError:
            self._breaker.abandoned(ticket)
            raise
        finally:
            self._metrics.shared_cache_duration_seconds.labels(operation).observe(time.monotonic() - started)
        self._tell_available()
        self._breaker.succeeded(ticket)
        return answer

    def _refused(self, error: Exception) -> None:
        """Redis is there and does not do this: it is full, a replica, or the user may not."""
        self._metrics.shared_cache_errors.labels("refused").inc()
        self._warn("shared_cache_refuses", f"{type(error).__name__}: {error}")

    def _drop(self, number: int) -> None:
        self._metrics.shared_cache_dropped.inc(number)

    def _tell_state(self, state: BreakerState) -> None:
        self._metrics.shared_cache_breaker_state.set(state)
        if state is BreakerState.OPEN:
            self._tell_unavailable()

    def _tell_unavailable(self) -> None:
        """The log has one line for the begin of an outage and one for its end."""
        if self._is_available:
            self._is_available = False
            self._log.warning("shared_cache_unavailable", store=self.location, error=self._last_error)

    def _tell_available(self) -> None:
        if not self._is_available:
            self._is_available = True
            self._log.info("shared_cache_available", store=self.location)

    def _warn(self, event: str, error: str) -> None:
        """Log what may happen at every call once a minute; the metrics have the counts."""
        now = time.monotonic()
        if now >= self._warn_again_at.get(event, now):
            self._warn_again_at[event] = now + _WARN_SECONDS
            self._log.warning(event, store=self.location, error=error)
