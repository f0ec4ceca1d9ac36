"""What each caller holds and has used, so that one of them cannot take it all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from triwire_server.callers import Caller

_SECONDS = 60.0
"""A quota is that of a minute: unused, it is kept for as long, and no longer."""


@dataclass(slots=True)
class _Bucket:
    """A token bucket: what a caller may still use, which grows with time up to the quota of a minute."""

    tokens: float
    since: float


class Quotas:
    """Estimated tokens by caller: held by calls that are inside, and used over time. Used on the event loop alone.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, caller: Caller, tokens: int) -> None:
        """Count a call that was let in."""
        self._held[caller.name] += tokens
        self._calls[caller.name] += 1
        if caller.max_tokens_per_minute:
            self._refilled(caller).tokens -= tokens

    def give_back(self, caller: Caller, tokens: int) -> None:
        """Count a call that ended. What it used stays used."""
        self._held[caller.name] -= tokens
        self._calls[caller.name] -= 1
        if not self._calls[caller.name]:
            del self._held[caller.name], self._calls[caller.name]

    def held(self, caller: Caller) -> int:
        """Estimated tokens of its calls that are inside."""
        return self._held[caller.name]

    def num_calls(self, caller: Caller) -> int:
        """Its calls that are inside."""
        return self._calls[caller.name]

    def seconds_until(self, caller: Caller, tokens: int) -> float:
        """When it may use so many tokens; 0: now. A call above the quota of a minute may begin when nothing is used."""
        if not caller.max_tokens_per_minute:
            return 0.0
        wanted = min(tokens, caller.max_tokens_per_minute)
        missing = wanted - self._refilled(caller).tokens
        # A bucket that was filled drop by drop misses a rounding error of what it should hold.
        return max(0.0, missing * _SECONDS / caller.max_tokens_per_minute) if missing > 1e-6 else 0.0

    @property
    def total_held(self) -> int:
        """Estimated tokens of all callers."""
        return self._held.total()

    def _refilled(self, caller: Caller) -> _Bucket:
        now = self._clock()
        quota = float(caller.max_tokens_per_minute)
        bucket = self._buckets.setdefault(caller.name, _Bucket(quota, now))
        bucket.tokens = min(quota, bucket.tokens + (now - bucket.since) * quota / _SECONDS)
        bucket.since = now
        return bucket
