"""What holds for every store, with a real SQLite file and a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer, running_redis
from triwire_server.errors import EtagMismatch, GlossariesUnavailable, GlossaryExists, NotFound
from triwire_server.glossary_store import GlossaryDraft, GlossaryHead, GlossaryStore, make_store
from triwire_server.glossary_store.base import WriteMode, WriteOutcome, decide

DRAFT = GlossaryDraft("Westmere", 2, b"two terms")
OTHER = GlossaryDraft("웨스트미어", 1, b"one \x00 term")  # "Westmere" in Korean letters


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/glossaries.sqlite3"
    server: RedisServer = request.getfixturevalue("redis")
    server.flush()
    return server.url


@pytest.fixture
async def store(url: str) -> AsyncIterator[GlossaryStore]:
    store = make_store(url)
    yield store
    await store.close()


async def test_a_created_glossary_is_there_with_its_terms_and_times(store: GlossaryStore) -> None:
    head = await store.create("westmere", DRAFT)
    assert (head.glossary_id, head.display_name, head.term_count) == ("westmere", "Westmere", 2)
    assert head.create_time == head.update_time > 1_600_000_000 * 10**9
    stored = await store.get("westmere")
    assert stored is not None
    assert (stored.head, stored.terms) == (head, b"two terms")
    assert await store.head("westmere") == head


async def test_what_is_not_there_is_none(store: GlossaryStore) -> None:
    assert await store.head("nothing") is None
    assert await store.get("nothing") is None
    assert await store.list_heads("", 10) == []


async def test_an_id_is_taken_once(store: GlossaryStore) -> None:
    first = await store.create("westmere", DRAFT)
    with pytest.raises(GlossaryExists) as raised:
        await store.create("westmere", OTHER)
    assert raised.value.resource_name == "glossaries/westmere"
    assert await store.head("westmere") == first


async def test_an_update_replaces_everything_but_the_time_of_creation(store: GlossaryStore) -> None:
    first = await store.create("westmere", DRAFT)
    second = await store.update("westmere", OTHER, etag=first.etag)
    assert (second.display_name, second.term_count) == ("웨스트미어", 1)
    assert second.create_time == first.create_time
    assert second.update_time > first.update_time
    assert second.etag != first.etag
    stored = await store.get("westmere")
    assert stored is not None
    assert (stored.head, stored.terms) == (second, b"one \x00 term")


async def test_the_etag_changes_although_the_content_does_not_and_never_comes_back(store: GlossaryStore) -> None:
    etags = {(await store.create("westmere", DRAFT)).etag}
    etags.add((await store.update("westmere", DRAFT)).etag)
    await store.delete("westmere")
    etags.add((await store.create("westmere", DRAFT)).etag)
    assert len(etags) == 3


async def test_a_stale_etag_changes_nothing(store: GlossaryStore) -> None:
    first = await store.create("westmere", DRAFT)
    second = await store.update("westmere", OTHER)
    with pytest.raises(EtagMismatch):
        await store.update("westmere", DRAFT, etag=first.etag)
    with pytest.raises(EtagMismatch):
        await store.update("westmere", DRAFT, etag=first.etag, allow_missing=True)
    with pytest.raises(EtagMismatch):
        await store.delete("westmere", etag=first.etag)
    assert await store.head("westmere") == second


async def test_a_missing_glossary_is_created_only_where_that_is_allowed(store: GlossaryStore) -> None:
    with pytest.raises(NotFound) as raised:
        await store.update("westmere", DRAFT)
    assert (raised.value.reason, raised.value.resource_name) == ("GLOSSARY_NOT_FOUND", "glossaries/westmere")
    with pytest.raises(NotFound):
        await store.update("westmere", DRAFT, etag="abc")
    head = await store.update("westmere", DRAFT, allow_missing=True)
    assert await store.head("westmere") == head


async def test_an_etag_of_a_deleted_glossary_does_not_bring_it_back(store: GlossaryStore) -> None:
    head = await store.create("westmere", DRAFT)
    await store.delete("westmere", etag=head.etag)
    with pytest.raises(EtagMismatch):
        await store.update("westmere", DRAFT, etag=head.etag, allow_missing=True)
    assert await store.head("westmere") is None


async def test_a_deleted_glossary_is_gone(store: GlossaryStore) -> None:
    await store.create("westmere", DRAFT)
    await store.create("sport", DRAFT)
    await store.delete("westmere")
    assert await store.get("westmere") is None
    assert [head.glossary_id for head in await store.list_heads("", 10)] == ["sport"]
    with pytest.raises(NotFound):
        await store.delete("westmere")
    with pytest.raises(NotFound):
        await store.delete("westmere", etag="abc")


async def test_lists_are_in_order_of_name_and_go_on_behind_a_name(store: GlossaryStore) -> None:
    for glossary_id in ("b", "a-2", "a", "a2", "c", "a-10"):
        await store.create(glossary_id, DRAFT)
    heads = await store.list_heads("", 10)
    assert [head.glossary_id for head in heads] == ["a", "a-10", "a-2", "a2", "b", "c"]
    assert heads[0] == await store.head("a")
    assert [head.glossary_id for head in await store.list_heads("a-2", 2)] == ["a2", "b"]
    assert [head.glossary_id for head in await store.list_heads("a-5", 2)] == ["a2", "b"]
    assert await store.list_heads("c", 2) == []


async def test_of_concurrent_updates_with_one_etag_a_single_one_wins(store: GlossaryStore, url: str) -> None:
    head = await store.create("westmere", DRAFT)
    others = [store, make_store(url), make_store(url)]  # as replicas have

    async def change(number: int) -> GlossaryHead | EtagMismatch:
        draft = GlossaryDraft(f"number {number}", 1, b"x")
        try:
            return await others[number % 3].update("westmere", draft, etag=head.etag)
        except EtagMismatch as error:
            return error

    outcomes = await asyncio.gather(*(change(number) for number in range(12)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, GlossaryHead)]
    assert len(winners) == 1
    assert await store.head("westmere") == winners[0]
    for other in others[1:]:
        await other.close()


async def test_of_concurrent_creations_a_single_one_wins(store: GlossaryStore, url: str) -> None:
    other = make_store(url)
    calls = [(store, other)[number % 2].create("westmere", DRAFT) for number in range(8)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["GlossaryExists"] * 7 + ["GlossaryHead"]
    await other.close()


async def test_glossaries_survive_a_restart(url: str) -> None:
    store = make_store(url)
    head = await store.create("westmere", OTHER)
    await store.close()
    again = make_store(url)
    stored = await again.get("westmere")
    assert stored is not None
    assert (stored.head, stored.terms) == (head, OTHER.terms)
    await again.close()


async def test_two_mebibytes_go_in_and_out(store: GlossaryStore) -> None:
    terms = bytes(range(256)) * 8192
    await store.create("large", GlossaryDraft("", 1, terms))
    stored = await store.get("large")
    assert stored is not None
    assert stored.terms == terms


@pytest.mark.parametrize("mode", list(WriteMode))
@pytest.mark.parametrize("current", [None, "a"])
@pytest.mark.parametrize("expected", ["", "a", "b"])
async def test_both_stores_decide_alike(
    store: GlossaryStore, mode: WriteMode, current: str | None, expected: str
) -> None:
    if current is not None:
        await store._put(WriteMode.CREATE, GlossaryHead("w", "", 0, current, 1, 1), b"", "")
    outcome, create_time = await store._put(mode, GlossaryHead("w", "", 0, "new", 2, 2), b"", expected)
    assert outcome is decide(mode, current, expected)
    if outcome is WriteOutcome.DONE:
        assert create_time == (2 if current is None else 1)


async def test_a_store_that_is_only_checked_creates_nothing(tmp_path: Path) -> None:
    store = make_store(f"sqlite:///{tmp_path}/data/glossaries.sqlite3")
    await store.check()
    await store.close()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "postgres://host/db", "redis", "glossaries.sqlite3"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="glossaries are kept in sqlite:///FILE or redis://HOST:PORT"):
        make_store(url)


async def test_a_folder_that_cannot_be_made_is_unavailable_and_then_tried_again(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be", encoding="utf-8")
    store = make_store(f"sqlite:///{tmp_path}/data/glossaries.sqlite3")
    with pytest.raises(GlossariesUnavailable):
        await store.create("westmere", DRAFT)
    (tmp_path / "data").unlink()
    await store.create("westmere", DRAFT)
    await store.close()


async def test_a_file_that_is_no_database_or_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "glossaries.sqlite3"
    path.write_bytes(b"not a database " * 100)
    store = make_store(f"sqlite:///{path}")
    with pytest.raises(GlossariesUnavailable):
        await store.check()
    await store.close()
    assert path.read_bytes() == b"not a database " * 100
