"""Finished work by content: a least-recently-used cache bounded in bytes."""

from dataclasses import dataclass

from cachetools import LRUCache

from triwire_server.segment import Segment

_OVERHEAD_BYTES = 512
"""Estimated size of the objects around the texts of one entry."""


@dataclass(frozen=True, slots=True)
class CachedResult:
    """What is kept of an output, with its estimated size in bytes."""

    text: str
    truncated: bool
    num_bytes: int


class ResultCache:
    """Results by model version and segment, which holds all that they depend on. Used on the event loop alone.

    Args:
        max_bytes: memory for entries, estimated from their texts; the least recently used go first.
    """

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[tuple[str, Segment], CachedResult] = LRUCache(
            max_bytes, getsizeof=lambda result: result.num_bytes
        )

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def num_bytes(self) -> int:
        """Estimated memory of all entries."""
        return int(self._entries.currsize)

    def get(self, model_name: str, segment: Segment) -> CachedResult | None:
        """The result of equal work, or None."""
        return self._entries.get((model_name, segment))

    def put(self, model_name: str, segment: Segment, text: str, *, truncated: bool) -> None:
        """Keep a result. One larger than the whole cache is not kept."""
        texts = [segment.text, text, *(form for term in segment.terms for form in term)]
        num_bytes = _OVERHEAD_BYTES + sum(len(each.encode()) for each in texts)
        if num_bytes <= self._entries.maxsize:
            self._entries[model_name, segment] = CachedResult(text, truncated, num_bytes)
