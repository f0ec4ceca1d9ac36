"""Glossaries in Redis (or Valkey), where several replicas of the server share them.

Keys, under a prefix with the version of their schema; the braces keep them in one slot of a cluster:

    triwire:{glossaries}:1:ids            sorted set of the ids, all with the score 0, which orders them by name
    triwire:{glossaries}:1:glossary:<id>  hash with the fields of GlossaryHead, and "terms"

Whatever is compared and then written is one Lua script, which Redis runs undivided.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from triwire_server.errors import GlossariesUnavailable
from triwire_server.glossary_store.base import (
    GlossaryHead,
    GlossaryStore,
    StoredGlossary,
    WriteMode,
    WriteOutcome,
)
from triwire_server.redis_pool import redis_location, redis_pool

_PREFIX = "triwire:{glossaries}:1:"
_IDS = f"{_PREFIX}ids"
_FIELDS = ("display_name", "term_count", "etag", "create_time", "update_time")
_TIMEOUT_SECONDS = 2.0
_MAX_CONNECTIONS = 32

# Both decide as `base.decide` does.
_PUT = """
local mode, id, expected = ARGV[1], ARGV[2], ARGV[3]
local current = redis.call('HGET', KEYS[1], 'etag')
if mode == 'create' then
  if current then return {'exists', '0'} end
elseif not current and mode == 'update' then
  return {'missing', '0'}
elseif expected ~= '' and expected ~= current then
  return {'mismatch', '0'}
end
local create_time = current and redis.call('HGET', KEYS[1], 'create_time') or ARGV[7]
redis.call('HSET', KEYS[1], 'display_name', ARGV[4], 'term_count', ARGV[5], 'etag', ARGV[6],
  'create_time', create_time, 'update_time', ARGV[8], 'terms', ARGV[9])
redis.call('ZADD', KEYS[2], 0, id)
return {'done', create_time}
"""
_REMOVE = """
local current = redis.call('HGET', KEYS[1], 'etag')
if not current then return 'missing' end
if ARGV[2] ~= '' and ARGV[2] ~= current then return 'mismatch' end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 'done'
"""

_Result = TypeVar("_Result")


class RedisStore(GlossaryStore):
    """Glossaries in Redis 6.2 or newer, or in Valkey.

    A read whose connection turns out to be closed is tried once more, for that is what a restart of Redis leaves. A
    write is not: whether it was done is unknown, and the caller is told that it got no answer.

    Args:
        url: "redis://:PASSWORD@HOST:PORT/NUMBER", "rediss://..." or "unix:///SOCKET".
        timeout_seconds: for connecting, and for each answer.

    Raises:
        ValueError: the address cannot be read; the message does not repeat it, for it may hold a password.
    """

    def __init__(self, url: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        super().__init__()
        pool = redis_pool(url, _MAX_CONNECTIONS, timeout_seconds)
        self.location = redis_location(url)
        self._log = structlog.get_logger("triwire")
        # The published types leave open whether answers are decoded; here they are bytes.
        self._redis: Any = Redis.from_pool(pool)
        self._put_script = self._redis.register_script(_PUT)
        self._remove_script = self._redis.register_script(_REMOVE)

    async def check(self) -> None:
        """See the base class."""
        await self._run(self._redis.ping, attempts=2)

    async def close(self) -> None:
        """See the base class."""
        await self._redis.aclose()

    async def head(self, glossary_id: str) -> GlossaryHead | None:
        """See the base class."""
        values = await self._run(lambda: self._redis.hmget(_key(glossary_id), list(_FIELDS)), attempts=2)
        return _head(glossary_id, values)

    async def get(self, glossary_id: str) -> StoredGlossary | None:
        """See the base class."""
        values = await self._run(lambda: self._redis.hmget(_key(glossary_id), [*_FIELDS, "terms"]), attempts=2)
        head = _head(glossary_id, values[:-1])
        return None if head is None else StoredGlossary(head, values[-1])

    async def list_heads(self, after: str, limit: int) -> list[GlossaryHead]:
        """See the base class."""
        heads: list[GlossaryHead] = []
        while len(heads) < limit:
            ids = await self._ids(after, limit - len(heads))
            heads += await self._heads(ids)
            if not ids:
                break
            after = ids[-1]
        return heads

    async def _ids(self, after: str, limit: int) -> list[str]:
        start = f"({after}" if after else "-"
        ids = await self._run(lambda: self._redis.zrangebylex(_IDS, start, "+", 0, limit), attempts=2)
        return [glossary_id.decode() for glossary_id in ids]

    async def _heads(self, ids: Sequence[str]) -> list[GlossaryHead]:
        """The glossaries of these ids, without those that were deleted meanwhile."""

        def read() -> Awaitable[list[Any]]:
            pipeline = self._redis.pipeline(transaction=False)
            for glossary_id in ids:
                pipeline.hmget(_key(glossary_id), list(_FIELDS))
            answers: Awaitable[list[Any]] = pipeline.execute()
            return answers

        found = [_head(*pair) for pair in zip(ids, await self._run(read, attempts=2), strict=True)]
        return [head for head in found if head is not None]

    async def _put(
        self, mode: WriteMode, head: GlossaryHead, terms: bytes, expected_etag: str
    ) -> tuple[WriteOutcome, int]:
        values = (head.display_name, head.term_count, head.etag, head.create_time, head.update_time)
        arguments: list[str | bytes | int] = [str(mode), head.glossary_id, expected_etag, *values, terms]
        keys = [_key(head.glossary_id), _IDS]
        outcome, create_time = await self._run(lambda: self._put_script(keys=keys, args=arguments))
        return WriteOutcome(outcome.decode()), int(create_time)

    async def _remove(self, glossary_id: str, expected_etag: str) -> WriteOutcome:
        keys = [_key(glossary_id), _IDS]
        outcome = await self._run(lambda: self._remove_script(keys=keys, args=[glossary_id, expected_etag]))
        return WriteOutcome(outcome.decode())

    async def _run(self, call: Callable[[], Awaitable[_Result]], attempts: int = 1) -> _Result:
        while True:
            attempts -= 1
            try:
                return await call()
            except (RedisError, OSError) as error:
                if attempts and isinstance(error, RedisConnectionError):
                    continue
                self._log.error("glossaries_unavailable", store=self.location, error=f"{type(error).__name__}: {error}")
                raise GlossariesUnavailable from error


def _key(glossary_id: str) -> str:
    return f"{_PREFIX}glossary:{glossary_id}"


def _head(glossary_id: str, values: Sequence[bytes | None]) -> GlossaryHead | None:
    if any(value is None for value in values):
        return None
    display_name, term_count, etag, create_time, update_time = (value.decode() for value in values if value is not None)
    return GlossaryHead(glossary_id, display_name, int(term_count), etag, int(create_time), int(update_time))
