import asyncio
import unicodedata
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from triwire.v1.article_service_pb2 import REGISTER_POLITE, HouseStyle
from triwire.v1.glossary_service_pb2 import Glossary, GlossaryTerm
from triwire_server.errors import InvalidRequest, NotFound
from triwire_server.glossary_store import GlossaryDraft, StoredGlossary
from triwire_server.glossary_store.sqlite_store import SqliteStore
from triwire_server.glossary_terms import TermResolver


class CountingStore(SqliteStore):
    """A store that counts how often terms are read."""

    reads = 0

    async def get(self, glossary_id: str) -> StoredGlossary | None:
        self.reads += 1
        return await super().get(glossary_id)

    async def put(self, glossary_id: str, *terms: GlossaryTerm) -> None:
        draft = GlossaryDraft("", len(terms), Glossary(terms=terms).SerializeToString())
        await self.update(glossary_id, draft, allow_missing=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CountingStore]:
    store = CountingStore(tmp_path / "glossaries.sqlite3")
    yield store
    await store.close()


def term(english: str, korean: str) -> GlossaryTerm:
    return GlossaryTerm(forms={"en": english, "ko": korean})


def style_of(*names: str, terms: Sequence[GlossaryTerm] = ()) -> HouseStyle:
    return HouseStyle(glossaries=[f"glossaries/{name}" for name in names], terms=terms, register=REGISTER_POLITE)


PIER, FERRY, HARBOUR = term("pier", "부두"), term("ferry", "여객선"), term("harbour", "항구")


async def test_inline_terms_come_first_and_then_the_glossaries_in_their_order(store: CountingStore) -> None:
    await store.put("a", FERRY)
    await store.put("b", HARBOUR, FERRY)
    style = style_of("b", "a", "b", terms=[PIER])
    resolved = await TermResolver(store, 100).resolve(style)
    assert list(resolved.terms) == [PIER, HARBOUR, FERRY, FERRY]
    assert list(resolved.glossaries) == ["glossaries/b", "glossaries/a", "glossaries/b"]
    assert resolved.register == REGISTER_POLITE
    assert style == style_of("b", "a", "b", terms=[PIER])


async def test_terms_are_read_again_only_after_a_change(store: CountingStore) -> None:
    resolver = TermResolver(store, 100)
    await store.put("a", FERRY)
    first = await resolver.resolve(style_of("a"))
    await resolver.resolve(style_of("a"))
    assert store.reads == 1
    await store.put("a", HARBOUR)
    assert list((await resolver.resolve(style_of("a"))).terms) == [HARBOUR]
    assert store.reads == 2
    assert list(first.terms) == [FERRY]  # a call that runs keeps what it started with


async def test_what_a_caller_does_with_its_terms_stays_with_it(store: CountingStore) -> None:
    resolver = TermResolver(store, 100)
    await store.put("a", FERRY)
    first = await resolver.resolve(style_of("a"))
    first.terms[0].forms["en"] = "changed"
    assert list((await resolver.resolve(style_of("a"))).terms) == [FERRY]


async def test_a_deleted_glossary_is_not_found_although_its_terms_were_kept(store: CountingStore) -> None:
    resolver = TermResolver(store, 100)
    await store.put("a", FERRY)
    await resolver.resolve(style_of("a"))
    await store.delete("a")
    with pytest.raises(NotFound) as raised:
        await resolver.resolve(style_of("a"))
    assert (raised.value.reason, raised.value.resource_name) == ("GLOSSARY_NOT_FOUND", "glossaries/a")
    await store.put("a", HARBOUR)
    assert list((await resolver.resolve(style_of("a"))).terms) == [HARBOUR]


async def test_what_is_larger_than_the_cache_is_read_each_time(store: CountingStore) -> None:
    resolver = TermResolver(store, 100, cache_bytes=10)
    await store.put("a", FERRY)
    for _ in range(2):
        assert list((await resolver.resolve(style_of("a"))).terms) == [FERRY]
    assert store.reads == 2


async def test_decomposed_forms_are_composed_inline_and_stored(store: CountingStore) -> None:
    await store.put("a", term("ferry", unicodedata.normalize("NFD", "여객선")))
    inline = term("pier", unicodedata.normalize("NFD", "부두"))
    resolved = await TermResolver(store, 100).resolve(style_of("a", terms=[inline]))
    assert list(resolved.terms) == [PIER, FERRY]


@pytest.mark.parametrize(("maximum", "field"), [(2, "glossaries"), (1, "terms")])
async def test_too_many_terms_name_the_field_that_brings_them(store: CountingStore, maximum: int, field: str) -> None:
    await store.put("a", FERRY)
    style = style_of("a", terms=[PIER, HARBOUR])
    with pytest.raises(InvalidRequest) as raised:
        await TermResolver(store, maximum).resolve(style, "request.house_style")
    (violation,) = raised.value.violations
    assert violation.field_path == f"request.house_style.{field}"
    assert violation.metadata == {"limit": "max_terms", "actual": "3", "maximum": str(maximum)}
    assert len((await TermResolver(store, 3).resolve(style)).terms) == 3


async def test_many_calls_at_once_get_the_same_terms(store: CountingStore) -> None:
    resolver = TermResolver(store, 10_000)
    terms = [term(f"name {number}", f"이름 {number}") for number in range(2000)]
    await store.put("a", *terms)
    found = await asyncio.gather(*(resolver.resolve(style_of("a")) for _ in range(10)))
    assert all(list(style.terms) == terms for style in found)
