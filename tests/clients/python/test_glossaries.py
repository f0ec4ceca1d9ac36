import pytest

from tests.clients.python.glossary_server import Glossaries, glossary_server, served_glossaries
from tests.clients.python.servers import QUICK
from triwire.v1.glossary_service_pb2 import Glossary, GlossaryTerm
from triwire_client import Client, SyncClient, errors

HARBOUR = GlossaryTerm(forms={"en": "Westmere harbour", "ko": "웨스트미어항", "ja": "ウェストミア港"})
WESTMERE = Glossary(display_name="Westmere", terms=[HARBOUR])


async def test_a_glossary_is_created_read_replaced_listed_and_deleted() -> None:
    async with glossary_server(Glossaries()) as target, Client(target, timeout=10) as client:
        created = (await client.create_glossary("westmere", WESTMERE)).glossary
        assert (created.name, created.display_name, created.term_count) == ("glossaries/westmere", "Westmere", 1)
        glossary = (await client.get_glossary("westmere")).glossary
        assert list(glossary.terms) == [HARBOUR]
        glossary.terms.add(forms={"en": "Ferrant"}, verbatim=True)
        updated = (await client.update_glossary(glossary)).glossary
        assert (updated.term_count, updated.etag == created.etag) == (2, False)
        listed = [found async for found in client.list_glossaries()]
        assert [(found.name, found.term_count, len(found.terms)) for found in listed] == [("glossaries/westmere", 2, 0)]
        await client.delete_glossary("glossaries/westmere", etag=updated.etag)
        assert [found async for found in client.list_glossaries()] == []


async def test_listing_goes_through_every_page_and_fetches_no_page_too_many() -> None:
    glossaries = Glossaries()
    async with glossary_server(glossaries) as target, Client(target, timeout=10) as client:
        for number in range(5):
            await client.create_glossary(f"g{number}", Glossary())
        names = [found.name async for found in client.list_glossaries(page_size=2)]
        assert names == [f"glossaries/g{number}" for number in range(5)]
        assert glossaries.calls.count("ListGlossaries") == 3
        async for found in client.list_glossaries(page_size=2):
            assert found.name == "glossaries/g0"
            break
        assert glossaries.calls.count("ListGlossaries") == 4


async def test_what_was_read_cannot_undo_what_somebody_else_did_meanwhile() -> None:
    async with glossary_server(Glossaries()) as target, Client(target, timeout=10) as client:
        await client.create_glossary("westmere", WESTMERE)
        mine = (await client.get_glossary("westmere")).glossary
        await client.update_glossary(Glossary(name="westmere", display_name="theirs"))
        with pytest.raises(errors.EtagMismatchError) as raised:
            await client.update_glossary(mine)
        assert raised.value.metadata == {"name": "glossaries/westmere"}
        with pytest.raises(errors.EtagMismatchError):
            await client.delete_glossary("westmere", etag=mine.etag)
        assert (await client.update_glossary(mine, etag="")).glossary.display_name == "Westmere"
        assert mine.etag, "the caller's message is left as it is"


async def test_failures_have_their_classes() -> None:
    async with glossary_server(Glossaries()) as target, Client(target, timeout=10) as client:
        await client.create_glossary("westmere", WESTMERE)
        with pytest.raises(errors.GlossaryExistsError):
            await client.create_glossary("westmere", WESTMERE)
        for call in (client.get_glossary("nowhere"), client.delete_glossary("nowhere")):
            with pytest.raises(errors.GlossaryNotFoundError):
                await call
        with pytest.raises(errors.GlossaryNotFoundError):
            await client.update_glossary(Glossary(name="nowhere"))
        made = await client.update_glossary(Glossary(name="nowhere"), allow_missing=True)
        assert made.glossary.name == "glossaries/nowhere"
        with pytest.raises(errors.InvalidRequestError) as raised:
            await client.create_glossary("West Mere", Glossary(terms=[GlossaryTerm(), GlossaryTerm(forms={"de": "x"})]))
        assert [violation.field for violation in raised.value.violations] == [
            "glossary_id",
            "glossary.terms[0].forms",
            'glossary.terms[1].forms["de"]',
        ]


async def test_a_change_whose_answer_was_lost_is_not_repeated() -> None:
    glossaries = Glossaries(["lost", "", "", "lost", "lost"])
    async with glossary_server(glossaries) as target, Client(target, timeout=10, retry=QUICK) as client:
        with pytest.raises(errors.UnavailableError):
            await client.create_glossary("westmere", WESTMERE)
        glossary = (await client.get_glossary("westmere")).glossary  # it was carried out
        glossary = (await client.update_glossary(glossary)).glossary
        with pytest.raises(errors.UnavailableError):
            await client.update_glossary(glossary)
        with pytest.raises(errors.UnavailableError):
            await client.delete_glossary("westmere")
    assert glossaries.calls == [
        *["CreateGlossary", "GetGlossary", "UpdateGlossary"],
        *["UpdateGlossary", "DeleteGlossary"],
    ]
    assert glossaries.stored == {}


async def test_a_replacement_without_an_etag_is_repeated_since_twice_is_the_same_as_once() -> None:
    glossaries = Glossaries(["lost", "lost", ""])
    async with glossary_server(glossaries) as target, Client(target, timeout=10, retry=QUICK) as client:
        made = await client.update_glossary(Glossary(name="westmere", terms=[HARBOUR]), allow_missing=True)
    assert glossaries.calls == ["UpdateGlossary"] * 3
    assert list(made.glossary.terms) == [HARBOUR]


@pytest.mark.parametrize("reason", ["QUEUE_FULL", "SHUTTING_DOWN", "STARTING"])
async def test_a_change_that_was_refused_before_it_began_is_repeated(reason: str) -> None:
    glossaries = Glossaries([reason, "", reason, "", reason, ""])
    async with glossary_server(glossaries) as target, Client(target, timeout=10, retry=QUICK) as client:
        glossary = (await client.create_glossary("westmere", WESTMERE)).glossary
        await client.update_glossary(glossary)
        await client.delete_glossary("westmere")
    assert len(glossaries.calls) == 6


async def test_a_store_that_does_not_answer_leaves_a_change_s_outcome_open_but_not_that_of_a_reading() -> None:
    glossaries = Glossaries(["", "GLOSSARIES_UNAVAILABLE", "", "GLOSSARIES_UNAVAILABLE"])
    async with glossary_server(glossaries) as target, Client(target, timeout=10, retry=QUICK) as client:
        await client.create_glossary("westmere", WESTMERE)
        assert (await client.get_glossary("westmere")).glossary.term_count == 1
        with pytest.raises(errors.GlossariesUnavailableError):
            await client.delete_glossary("westmere")
    assert glossaries.calls[-1] == "DeleteGlossary"
    assert glossaries.calls.count("DeleteGlossary") == 1


def test_the_synchronous_face_makes_the_same_calls() -> None:
    with served_glossaries(Glossaries()) as target, SyncClient(target, timeout=10) as client:
        etag = client.create_glossary("westmere", WESTMERE).glossary.etag
        assert list(client.get_glossary("westmere").glossary.terms) == [HARBOUR]
        client.update_glossary(Glossary(name="ferries"), allow_missing=True, timeout=5)
        assert [found.name for found in client.list_glossaries(page_size=1)] == [
            "glossaries/ferries",
            "glossaries/westmere",
        ]
        with pytest.raises(errors.EtagMismatchError):
            client.update_glossary(Glossary(name="westmere"), etag="stale")
        client.delete_glossary("westmere", etag=etag)
        with pytest.raises(errors.GlossaryNotFoundError):
            client.get_glossary("westmere")
