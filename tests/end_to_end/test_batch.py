"""ProcessBatch over real gRPC: each item is answered once, by its id, and a bad one fails alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import code_pb2

from tests.refusals import told_in
from tests.server import running_server, target
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "The harbour council voted on Tuesday to reopen the northern pier."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(tiny_profile: Path) -> AsyncIterator[Any]:
    """A stub of a server with tiny models."""
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as channel:
        yield article_service_pb2_grpc.ArticleServiceStub(channel)


def item(item_id: str, text: str = TEXT, language: str = "ko") -> article_service_pb2.ProcessBatchRequest:
    """An item that asks for a translation."""
    return article_service_pb2.ProcessBatchRequest(
        item_id=item_id,
        translate=article_service_pb2.TranslateRequest(
            content=article_pb2.Content(text=text, language="en"), target_language=language
        ),
    )


def reason_of(response: article_service_pb2.ProcessBatchResponse) -> str:
    """Reason of an item's error."""
    return told_in(response.error).reason


async def test_every_item_is_answered_once_and_a_bad_one_fails_alone(stub: Any) -> None:
    requests = [item(f"i{number}", f"Prices rose by {number} percent in May.") for number in range(40)]
    requests[7].translate.target_language = "fr"
    requests[9].ClearField("translate")
    requests[11].translate.options.model = "gpt-0"
    answers = [answer async for answer in stub.ProcessBatch(iter(requests), timeout=60)]
    assert sorted(answer.item_id for answer in answers) == sorted(request.item_id for request in requests)
    failed = {answer.item_id: answer for answer in answers if answer.WhichOneof("outcome") == "error"}
    assert {name: (answer.error.code, reason_of(answer)) for name, answer in failed.items()} == {
        "i7": (code_pb2.INVALID_ARGUMENT, "LANGUAGE_UNSUPPORTED"),
        "i9": (code_pb2.INVALID_ARGUMENT, "INVALID_FIELD"),
        "i11": (code_pb2.NOT_FOUND, "MODEL_NOT_FOUND"),
    }


async def test_each_operation_is_answered_in_kind(stub: Any) -> None:
    content = article_pb2.Content(text=TEXT, language="en")
    summary = article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)
    request = article_service_pb2.ProcessBatchRequest
    requests = [
        item("translate"),
        request(item_id="summarize", summarize=article_service_pb2.SummarizeRequest(content=content, options=summary)),
        request(
            item_id="extract_article",
            extract_article=article_service_pb2.ExtractArticleRequest(
                content=article_pb2.Content(text=TEXT, cleaning=article_pb2.CLEANING_NONE)
            ),
        ),
        request(
            item_id="detect_language",
            detect_language=article_service_pb2.DetectLanguageRequest(content=article_pb2.Content(text=TEXT)),
        ),
        request(
            item_id="process_article",
            process_article=article_service_pb2.ProcessArticleRequest(
                content=article_pb2.Content(text=TEXT, language="en", cleaning=article_pb2.CLEANING_NONE),
                target_languages=["ja"],
            ),
        ),
    ]
    answers = [answer async for answer in stub.ProcessBatch(iter(requests), timeout=60)]
    kinds = {answer.item_id: answer.WhichOneof("outcome") for answer in answers}
    assert len(kinds) == 5
    assert {name: kind for name, kind in kinds.items() if name != kind} == {}


async def test_an_id_used_twice_fails_the_second_time(stub: Any) -> None:
    answers = [answer async for answer in stub.ProcessBatch(iter([item("a"), item("a")]), timeout=60)]
    outcomes = sorted((answer.WhichOneof("outcome") or "", reason_of(answer)) for answer in answers)
    assert outcomes == [("error", "ITEM_ID_REUSED"), ("translate", "")]


async def test_a_long_id_used_twice_is_answered_in_messages_that_can_be_received(stub: Any) -> None:
    name = "i" * 2_500_000
    answers = [answer async for answer in stub.ProcessBatch(iter([item(name), item(name)]), timeout=60)]
    assert [answer.item_id == name for answer in answers] == [True, True]
    assert sorted(reason_of(answer) for answer in answers) == ["INVALID_FIELD", "ITEM_ID_REUSED"]


async def test_a_half_open_stream_answers_what_it_has(stub: Any) -> None:
    call = stub.ProcessBatch(timeout=60)
    await call.write(item("a"))
    first = await asyncio.wait_for(call.read(), 30)
    assert (first.item_id, first.WhichOneof("outcome")) == ("a", "translate")
    await call.write(item("b"))
    second = await asyncio.wait_for(call.read(), 30)
    assert second.item_id == "b"
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), 30) is grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
    assert await call.code() == grpc.StatusCode.OK


async def test_a_cancelled_stream_leaves_the_server_well(stub: Any) -> None:
    call = stub.ProcessBatch(timeout=60)
    for number in range(30):
        await call.write(item(f"i{number}", " ".join([TEXT] * 40)))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.read()
    answers = [answer async for answer in stub.ProcessBatch(iter([item("after")]), timeout=60)]
    assert [answer.item_id for answer in answers] == ["after"]
