"""The five calls of GlossaryService through both faces of the client, with a real server."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from tests.clients.python.servers import make_status, served
from tests.server import running_server, target
from triwire.v1 import glossary_service_pb2 as messages
from triwire_client import Client, RetryPolicy, SyncClient, errors
from triwire_client.errors import from_status

TERMS = [messages.GlossaryTerm(forms={"en": "ferry", "ko": "여객선", "ja": "フェリー"})]
NAME = "glossaries/westmere"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running_server("extractive") as app, Client(target(app), timeout=20) as client:
        yield client


def creation(glossary_id: str = "westmere") -> messages.CreateGlossaryRequest:
    glossary = messages.Glossary(display_name="Westmere", terms=TERMS)
    return messages.CreateGlossaryRequest(glossary_id=glossary_id, glossary=glossary)


async def test_a_glossary_lives_from_creation_to_deletion(client: Client) -> None:
    created = (await client.create_glossary(creation())).glossary
    assert (created.name, created.term_count) == (NAME, 1)
    assert (await client.get_glossary(messages.GetGlossaryRequest(name=NAME), timeout=10)).glossary == created
    update = messages.UpdateGlossaryRequest(glossary=created)
    updated = (await client.update_glossary(update)).glossary
    assert updated.etag != created.etag
    (listed,) = (await client.list_glossaries(messages.ListGlossariesRequest())).glossaries
    assert (listed.etag, len(listed.terms)) == (updated.etag, 0)
    await client.delete_glossary(messages.DeleteGlossaryRequest(name=NAME, etag=updated.etag))
    assert not (await client.list_glossaries(messages.ListGlossariesRequest())).glossaries


async def test_each_failure_is_a_class_of_its_own(client: Client) -> None:
    stale = (await client.create_glossary(creation())).glossary
    await client.update_glossary(messages.UpdateGlossaryRequest(glossary=messages.Glossary(name=NAME)))
    with pytest.raises(errors.GlossaryExistsError):
        await client.create_glossary(creation())
    with pytest.raises(errors.EtagMismatchError):
        await client.update_glossary(messages.UpdateGlossaryRequest(glossary=stale))
    with pytest.raises(errors.EtagMismatchError):
        await client.delete_glossary(messages.DeleteGlossaryRequest(name=NAME, etag=stale.etag))
    with pytest.raises(errors.GlossaryNotFoundError) as raised:
        await client.get_glossary(messages.GetGlossaryRequest(name="glossaries/sport"))
    assert raised.value.metadata == {"name": "glossaries/sport"}
    with pytest.raises(errors.InvalidRequestError) as refused:
        await client.create_glossary(messages.CreateGlossaryRequest())
    assert [violation.field for violation in refused.value.violations] == ["glossary_id", "glossary"]


def test_the_synchronous_face_makes_the_same_calls() -> None:
    with served("extractive") as address, SyncClient(address, timeout=20) as client:
        created = client.create_glossary(creation(), timeout=10).glossary
        assert client.get_glossary(messages.GetGlossaryRequest(name=NAME), timeout=10).glossary == created
        assert [found.name for found in client.list_glossaries(messages.ListGlossariesRequest()).glossaries] == [NAME]
        assert client.update_glossary(messages.UpdateGlossaryRequest(glossary=created)).glossary.term_count == 1
        client.delete_glossary(messages.DeleteGlossaryRequest(name=NAME), timeout=10)
        with pytest.raises(errors.GlossaryNotFoundError):
            client.get_glossary(messages.GetGlossaryRequest(name=NAME))


@pytest.mark.parametrize(
    ("reason", "is_tried_again"),
    [("SHUTTING_DOWN", True), ("STARTING", True), ("GLOSSARIES_UNAVAILABLE", False), ("", False)],
)
def test_a_change_that_may_have_been_done_is_not_made_again(reason: str, is_tried_again: bool) -> None:
    policy = RetryPolicy(random=lambda: 1.0)
    error = from_status(make_status(grpc.StatusCode.UNAVAILABLE, reason, 0.25))
    assert policy.delay(error, 1) == 0.25
    assert policy.delay(error, 1, is_repeatable=False) == (0.25 if is_tried_again else None)


@pytest.mark.parametrize(
    ("method", "request_message", "attempts"),
    [
        ("create_glossary", creation(), 1),
        ("get_glossary", messages.GetGlossaryRequest(name=NAME), 3),
        ("list_glossaries", messages.ListGlossariesRequest(), 3),
        ("update_glossary", messages.UpdateGlossaryRequest(glossary=messages.Glossary(name=NAME)), 3),
        ("update_glossary", messages.UpdateGlossaryRequest(glossary=messages.Glossary(name=NAME, etag="e")), 1),
        ("delete_glossary", messages.DeleteGlossaryRequest(name=NAME), 1),
    ],
)
async def test_calls_are_made_as_often_as_is_safe(method: str, request_message: Any, attempts: int) -> None:
    waits: list[float] = []

    def draw() -> float:
        waits.append(0.0)
        return 0.0

    async with Client("127.0.0.1:1", retry=RetryPolicy(max_attempts=3, random=draw), timeout=20) as client:
        with pytest.raises(errors.UnavailableError):
            await getattr(client, method)(request_message)
    assert len(waits) == attempts - 1
