"""The glossary terms of a request, ready to be looked up in either step of a translation."""

import hashlib
import threading
from collections.abc import Sequence

from cachetools import LRUCache

from triwire.v1.article_service_pb2 import HouseStyle
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.glossary import TermHit, TermIndex

_MAX_KEPT = 16


class HouseTerms:
    """The terms of a request, with an index for each direction that it turns out to need.

    Args:
        terms: in order of priority.
    """

    def __init__(self, terms: Sequence[GlossaryTerm] = ()) -> None:
        self._terms = terms
        self._indexes: dict[tuple[str, str], TermIndex] = {}

    def find(self, text: str, source_language: str, target_language: str) -> list[TermHit]:
        """The terms that a text in the source language holds, in order, with their forms in the target language."""
        if not self._terms:
            return []
        direction = (source_language, target_language)
        if direction not in self._indexes:
            self._indexes[direction] = TermIndex(self._terms, source_language, target_language)
        return self._indexes[direction].find_terms(text)


NO_TERMS = HouseTerms()


class TermsCache:
    """The terms of the last house styles: an index of 10,000 terms takes a tenth of a second to build.

    Used from several threads.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[bytes, HouseTerms] = LRUCache(_MAX_KEPT)
        self._lock = threading.Lock()

    def terms_of(self, style: HouseStyle) -> HouseTerms:
        """The terms of a house style, those of its glossaries among them."""
        if not style.terms:
            return NO_TERMS
        key = hashlib.sha256(HouseStyle(terms=style.terms).SerializeToString(deterministic=True)).digest()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = HouseTerms(tuple(style.terms))
            return self._kept[key]


def named(hits: Sequence[TermHit]) -> tuple[tuple[str, str], ...]:
    """Hits as a model is told of them: each pair of forms once."""
    return tuple(dict.fromkeys((hit.source_form, hit.target_form) for hit in hits))
