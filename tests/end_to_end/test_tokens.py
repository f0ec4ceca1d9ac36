"""Tokens over real gRPC: who is let in, to what, at which priority, and how many calls at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.callers import bearer, caller_entry, token_of, write_callers
from tests.refusals import refused, told_by, told_in
from tests.server import running_server, target
from triwire.v1 import (
    article_pb2,
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
    glossary_service_pb2_grpc,
)
from triwire_server.app import App

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTENT = article_pb2.Content(text="The harbour council voted on Tuesday.", language="en")
ENTRIES = (
    caller_entry("cms", ["articles", "glossaries.read"], highest_priority="standard"),
    caller_entry("plain", ["articles"], highest_priority="interactive"),
    caller_entry("terms", ["glossaries.read", "glossaries.write"]),
    caller_entry("archive", ["articles"], highest_priority="bulk", max_concurrent_calls=2),
)


class Stubs:
    """Calls to one server."""

    def __init__(self, channel: grpc.aio.Channel, app: App, file: Path) -> None:
        self.articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        self.glossaries: Any = glossary_service_pb2_grpc.GlossaryServiceStub(channel)
        self.health: Any = health_pb2_grpc.HealthStub(channel)
        self.app = app
        self.file = file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tiny_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stubs]:
    """A server with tiny models that asks for tokens."""
    file = tmp_path_factory.mktemp("tokens") / "callers.toml"
    async with (
        running_server(tiny_profile, tokens=write_callers(file, *ENTRIES)) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        yield Stubs(channel, app, file)


async def refusal(call: Any) -> tuple[grpc.StatusCode, str, str]:
    """Code, reason and message of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    told = told_by(raised.value)
    return told.code, told.reason, raised.value.details() or ""


def translation(priority: int = 0, glossary: str = "") -> article_service_pb2.TranslateRequest:
    style = article_service_pb2.HouseStyle(glossaries=[glossary]) if glossary else None
    return article_service_pb2.TranslateRequest(
        content=CONTENT,
        target_language="ko",
        priority=article_service_pb2.Priority.ValueType(priority),
        house_style=style,
    )


def _as_it_is(data: bytes) -> bytes:
    return data


async def answers_of(stream: Any) -> list[Any]:
    return [answer async for answer in stream]


UNKNOWN = (
    grpc.StatusCode.UNAUTHENTICATED,
    "CREDENTIALS_INVALID",
    "a valid token is required: authorization: Bearer TOKEN",
)
DENIED = (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


@pytest.mark.parametrize("metadata", [(), bearer("stranger"), (("authorization", token_of("cms")),)])
async def test_a_stranger_gets_the_same_answer_whatever_is_missing(
    server: Stubs, metadata: tuple[tuple[str, str], ...]
) -> None:
    articles, glossaries = server.articles, server.glossaries
    assert await refusal(articles.Translate(translation(), metadata=metadata, timeout=10)) == UNKNOWN
    assert await refusal(articles.ListModels(article_service_pb2.ListModelsRequest(), metadata=metadata)) == UNKNOWN
    listing = glossaries.ListGlossaries(glossary_service_pb2.ListGlossariesRequest(), metadata=metadata)
    assert await refusal(listing) == UNKNOWN
    stream = articles.StreamProcessArticle(article_service_pb2.StreamProcessArticleRequest(), metadata=metadata)
    assert await refusal(answers_of(stream)) == UNKNOWN
    items = [article_service_pb2.ProcessBatchRequest(item_id="a", translate=translation())]
    assert await refusal(answers_of(articles.ProcessBatch(iter(items), metadata=metadata, timeout=10))) == UNKNOWN


async def test_a_stranger_s_message_is_neither_read_nor_parsed(server: Stubs) -> None:
    async with grpc.aio.insecure_channel(target(server.app)) as channel:
        call: Any = channel.unary_unary("/triwire.v1.ArticleService/Translate", _as_it_is, _as_it_is)
        # Not protobuf, and seven times what the server reads: with a token the size would be refused.
        garbage = b"\xff" * 30_000_000
        assert await refusal(call(garbage, timeout=20)) == UNKNOWN
        code, reason, message = await refusal(call(garbage, metadata=bearer("cms"), timeout=20))
    assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "")
    assert "larger than max" in message


async def test_health_asks_for_no_token_on_either_port(server: Stubs) -> None:
    request = health_pb2.HealthCheckRequest(service="triwire.v1.ArticleService")
    assert (await server.health.Check(request, timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.app.health_port}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        assert (await health.Check(request, timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
        articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        code, _, _ = await refusal(articles.Translate(translation(), metadata=bearer("cms"), timeout=10))
        assert code == grpc.StatusCode.UNIMPLEMENTED


async def test_a_token_opens_what_its_rights_say_and_nothing_else(server: Stubs) -> None:
    articles, glossaries = server.articles, server.glossaries
    glossary = glossary_service_pb2.Glossary(
        terms=[glossary_service_pb2.GlossaryTerm(forms={"en": "harbour", "ko": "항구"})]  # harbour
    )
    create = glossary_service_pb2.CreateGlossaryRequest(glossary_id="house", glossary=glossary)
    read = glossary_service_pb2.GetGlossaryRequest(name="glossaries/house")
    delete = glossary_service_pb2.DeleteGlossaryRequest(name="glossaries/house")
    lacks_write = (*DENIED, "caller 'cms' lacks the right 'glossaries.write'")
    assert await refusal(glossaries.CreateGlossary(create, metadata=bearer("cms"), timeout=10)) == lacks_write
    await glossaries.CreateGlossary(create, metadata=bearer("terms"), timeout=10)
    await glossaries.GetGlossary(read, metadata=bearer("cms"), timeout=10)
    assert await refusal(glossaries.DeleteGlossary(delete, metadata=bearer("cms"), timeout=10)) == lacks_write
    update = glossary_service_pb2.UpdateGlossaryRequest(glossary=glossary, allow_missing=True)
    assert await refusal(glossaries.UpdateGlossary(update, metadata=bearer("cms"), timeout=10)) == lacks_write
    assert await refusal(glossaries.GetGlossary(read, metadata=bearer("plain"), timeout=10)) == (
        *DENIED,
        "caller 'plain' lacks the right 'glossaries.read'",
    )
    assert await refusal(articles.Translate(translation(), metadata=bearer("terms"), timeout=10)) == (
        *DENIED,
        "caller 'terms' lacks the right 'articles'",
    )
    named = translation(glossary="glossaries/house")
    await articles.Translate(named, metadata=bearer("cms"), timeout=60)
    assert await refusal(articles.Translate(named, metadata=bearer("plain"), timeout=60)) == (
        *DENIED,
        "house_style.glossaries: caller 'plain' lacks the right 'glossaries.read'",
    )
    await articles.Translate(translation(), metadata=bearer("plain"), timeout=60)
    await glossaries.DeleteGlossary(delete, metadata=bearer("terms"), timeout=10)


async def test_a_priority_above_the_caller_s_ceiling_is_refused_with_its_field(server: Stubs) -> None:
    articles = server.articles
    above = "priority: INTERACTIVE is above STANDARD, the highest for caller 'cms'"
    urgent = translation(article_service_pb2.PRIORITY_INTERACTIVE)
    assert await refusal(articles.Translate(urgent, metadata=bearer("cms"), timeout=10)) == (*DENIED, above)
    await articles.Translate(urgent, metadata=bearer("plain"), timeout=60)
    await articles.Translate(translation(), metadata=bearer("cms"), timeout=60)
    article = article_service_pb2.ProcessArticleRequest(
        content=CONTENT, target_languages=["ko"], priority=article_service_pb2.PRIORITY_INTERACTIVE
    )
    assert await refusal(articles.ProcessArticle(article, metadata=bearer("cms"), timeout=10)) == (*DENIED, above)
    stream = article_service_pb2.StreamProcessArticleRequest(request=article)
    refused = await refusal(answers_of(articles.StreamProcessArticle(stream, metadata=bearer("cms"), timeout=10)))
    assert refused == (*DENIED, f"request.{above}")
    summary = article_service_pb2.SummarizeRequest(
        content=CONTENT, options=article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)
    )
    refused = await refusal(articles.Summarize(summary, metadata=bearer("archive"), timeout=10))
    assert refused == (
        *DENIED,
        "priority: STANDARD, which is what unset means, is above BULK, the highest for caller 'archive'",
    )


async def test_items_of_a_batch_are_refused_one_by_one(server: Stubs) -> None:
    def item(item_id: str, request: article_service_pb2.TranslateRequest) -> article_service_pb2.ProcessBatchRequest:
        return article_service_pb2.ProcessBatchRequest(item_id=item_id, translate=request)

    items = [
        item("bulk", translation(article_service_pb2.PRIORITY_BULK)),
        item("unset", translation()),
        item("glossary", translation(article_service_pb2.PRIORITY_BULK, "glossaries/house")),
        article_service_pb2.ProcessBatchRequest(
            item_id="detect", detect_language=article_service_pb2.DetectLanguageRequest(content=CONTENT)
        ),
    ]
    answers = await answers_of(server.articles.ProcessBatch(iter(items), metadata=bearer("archive"), timeout=60))
    assert {answer.item_id: answer.WhichOneof("outcome") for answer in answers} == {
        "bulk": "translate",
        "unset": "error",
        "glossary": "error",
        "detect": "detect_language",
    }
    for answer in answers:
        if answer.WhichOneof("outcome") == "error":
            assert (answer.error.code, told_in(answer.error).reason) == (code_pb2.PERMISSION_DENIED, "ACCESS_DENIED")


async def test_a_caller_with_all_its_calls_under_way_is_told_to_wait_and_others_are_not(server: Stubs) -> None:
    gone = asyncio.Event()

    async def held() -> AsyncIterator[article_service_pb2.ProcessBatchRequest]:
        detect = article_service_pb2.DetectLanguageRequest(content=CONTENT)
        yield article_service_pb2.ProcessBatchRequest(item_id="a", detect_language=detect)
        await gone.wait()

    articles = server.articles
    streams = [articles.ProcessBatch(held(), metadata=bearer("archive"), timeout=60) for _ in range(2)]
    for stream in streams:
        assert (await stream.read()).item_id == "a"
    listing = article_service_pb2.ListModelsRequest()
    told = await refused(articles.ListModels(listing, metadata=bearer("archive"), timeout=10))
    assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    assert told.retry_seconds is not None
    assert 0.1 <= told.retry_seconds <= 60
    await articles.ListModels(listing, metadata=bearer("cms"), timeout=10)
    gone.set()
    for stream in streams:
        assert await stream.read() is grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs
    await articles.ListModels(listing, metadata=bearer("archive"), timeout=10)


async def test_refusals_are_counted_by_reason(server: Stubs) -> None:
    def counted(reason: str) -> float:
        return server.app.registry.get_sample_value("triwire_errors_total", {"reason": reason}) or 0.0

    before = {reason: counted(reason) for reason in ("CREDENTIALS_INVALID", "ACCESS_DENIED")}
    await refusal(server.articles.Translate(translation(), timeout=10))
    await refusal(server.articles.Translate(translation(), metadata=bearer("terms"), timeout=10))
    assert {reason: counted(reason) - before[reason] for reason in before} == {
        "CREDENTIALS_INVALID": 1,
        "ACCESS_DENIED": 1,
    }


async def test_a_changed_file_is_taken_up_and_a_bad_one_leaves_the_callers_that_there_were(server: Stubs) -> None:
    listing = article_service_pb2.ListModelsRequest()

    async def is_known(name: str) -> bool:
        try:
            await server.articles.ListModels(listing, metadata=bearer(name), timeout=10)
        except grpc.aio.AioRpcError as error:
            assert error.code() == grpc.StatusCode.UNAUTHENTICATED  # noqa: PT017  # one of the two outcomes
            return False
        return True

    async def until(expected: bool, name: str) -> None:
        end = time.monotonic() + 20
        while await is_known(name) is not expected:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)

    def failing() -> float | None:
        return server.app.registry.get_sample_value("triwire_reload_failing", {"file": "tokens"})

    assert (await is_known("cms"), await is_known("desk")) == (True, False)
    write_callers(server.file, *ENTRIES, caller_entry("desk"))
    await until(True, "desk")
    server.file.write_text("[[callers]]\nname = 3\n", encoding="utf-8")
    end = time.monotonic() + 20
    while failing() != 1:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    assert (await is_known("cms"), await is_known("desk")) == (True, True)
    write_callers(server.file, *ENTRIES)
    await until(False, "desk")
    assert (await is_known("cms"), failing()) == (True, 0)
