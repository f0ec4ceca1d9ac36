"""Resolves the house style of a request: its own terms, then those of the glossaries that it names."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_server.errors import InvalidRequest, Violation, glossary_not_found
from triwire_server.glossary_store import GlossaryStore, StoredGlossary, glossary_id_of
from triwire_server.text.normalize import normalize

_CACHE_BYTES = 16 * 1024 * 1024
"""Encoded terms that are kept parsed; parsed, they take about ten times as much memory."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of one version of a glossary, ready to be added to a request."""

    etag: str
    style: article_service_pb2.HouseStyle
    size: int


class TermResolver:
    """Gives each request the terms that hold at its start.

    The store is asked for the etag of each glossary every time, so that a change applies to the next call on every
    replica; terms are read and parsed again only when it differs.

    Args:
        store: where the glossaries are.
        max_terms: of a request, those of its glossaries included.
        cache_bytes: encoded terms that are kept.
    """

    def __init__(self, store: GlossaryStore, max_terms: int, cache_bytes: int = _CACHE_BYTES) -> None:
        self._store = store
        self._max_terms = max_terms
        self._cache: LRUCache[str, _Terms] = LRUCache(cache_bytes, getsizeof=lambda terms: max(terms.size, 1))

    async def resolve(
        self, style: article_service_pb2.HouseStyle, path: str = "house_style"
    ) -> article_service_pb2.HouseStyle:
        """A copy of a house style whose terms are all that apply, in order of priority.

        Inline terms come first, then the glossaries in the order given; one that is named twice counts once. Forms
        are in NFC, as the text is that they are looked for in.

        Args:
            style: of the request; not changed.
            path: of its field, for violations.

        Raises:
            NotFound: a glossary does not exist.
            InvalidRequest: there are more terms than a request may have.
            GlossariesUnavailable: the store does not answer.
        """
        resolved = article_service_pb2.HouseStyle()
        resolved.CopyFrom(style)
        _normalize(resolved.terms)
        names = list(dict.fromkeys(style.glossaries))
        parts = await asyncio.gather(*(self._terms_of(name) for name in names))
        count = len(style.terms) + sum(len(part.style.terms) for part in parts)
        if count > self._max_terms:
            field = "glossaries" if len(style.terms) <= self._max_terms and names else "terms"
            raise InvalidRequest([self._too_many(f"{path}.{field}", count)])
        for part in parts:
            resolved.MergeFrom(part.style)
        return resolved

    def _too_many(self, path: str, count: int) -> Violation:
        return Violation(
            path,
            f"bring {count:,} terms to the request, inline ones included; max_terms is {self._max_terms:,}",
            "CONTENT_TOO_LARGE",
            {"limit": "max_terms", "actual": str(count), "maximum": str(self._max_terms)},
        )

    async def _terms_of(self, name: str) -> _Terms:
        glossary_id = glossary_id_of(name)
        cached = self._cache.get(glossary_id)
        if cached is not None:
            head = await self._store.head(glossary_id)
            if head is not None and head.etag == cached.etag:
                return cached
        stored = await self._store.get(glossary_id)
        if stored is None:
            self._cache.pop(glossary_id, None)
            raise glossary_not_found(name)
        terms = await asyncio.to_thread(_parse, stored)
        if terms.size <= self._cache.maxsize:
            self._cache[glossary_id] = terms
        return terms


def _parse(stored: StoredGlossary) -> _Terms:
    glossary = glossary_service_pb2.Glossary.FromString(stored.terms)
    _normalize(glossary.terms)
    return _Terms(stored.head.etag, article_service_pb2.HouseStyle(terms=glossary.terms), len(stored.terms))


def _normalize(terms: Sequence[glossary_service_pb2.GlossaryTerm]) -> None:
    for term in terms:
        for language, form in list(term.forms.items()):
            normal = normalize(form)
            if normal != form:
                term.forms[language] = normal
