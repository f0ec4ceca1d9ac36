"""`process`: callbacks while the parts come, and the whole at the end."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.clients.python.servers import (
    Scripted,
    Stream,
    ended,
    fail,
    make_status,
    on_a_thread,
    scripted_server,
    served,
    under_way,
)
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import Client, Progress, Result, RetryPolicy, SummaryText, SyncClient, TextBlock, errors
from triwire_server.app import App

Part = article_service_pb2.StreamProcessArticleResponse
ARTICLE = article_pb2.Article(
    language="en",
    blocks=[
        article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens again"),
        article_pb2.Block(block_id="p1", kind=article_pb2.BLOCK_KIND_PARAGRAPH, text="The first ferry left at noon."),
        article_pb2.Block(block_id="ad", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="Advertisement"),
    ],
)
HEADLINE = article_service_pb2.SUMMARY_STYLE_HEADLINE
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_whole_is_what_process_article_gives(client: Client) -> None:
    result = await client.process(ARTICLE, target_languages=["ja", "ko"], summaries=["bullets", "headline"])
    whole = await client.process_article(ARTICLE, target_languages=["ja", "ko"], summaries=["bullets", "headline"])
    assert result.message.translations == whole.translations
    assert result.message.summaries == whole.summaries
    assert result.article.message == ARTICLE  # which the unary answer leaves out, because it was sent so


async def test_each_block_and_summary_is_told_and_progress_goes_from_nothing_to_all(client: Client) -> None:
    blocks: list[TextBlock] = []
    summaries: list[SummaryText] = []
    steps: list[Progress] = []
    result = await client.process(
        ARTICLE,
        target_languages=["ko", "ja"],
        summaries=["headline"],
        on_block=blocks.append,
        on_summary=summaries.append,
        on_progress=steps.append,
    )
    told = {(block.language, block.block_id): block.text for block in blocks}
    assert told == {
        (made.language, block.block_id): block.text for made in result.translations.values() for block in made
    }
    assert sorted(told) == [("ja", "h"), ("ja", "p1"), ("ko", "h"), ("ko", "p1")]
    assert [summary.text for summary in summaries] == [result.summaries[0].text]
    assert steps == [Progress(done, 5) for done in range(6)]


async def test_kinds_of_blocks_that_were_chosen_are_what_progress_counts(client: Client) -> None:
    steps: list[Progress] = []
    options = article_service_pb2.TranslationOptions(
        block_kinds=[article_pb2.BLOCK_KIND_HEADLINE, article_pb2.BLOCK_KIND_BOILERPLATE]
    )
    result = await client.process(ARTICLE, target_languages=["ko"], options=options, on_progress=steps.append)
    assert [block.block_id for block in result.translations["ko"]] == ["h", "ad"]
    assert steps[-1] == Progress(2, 2)


async def test_coroutine_functions_are_awaited_before_the_next_part(client: Client) -> None:
    order: list[str] = []

    async def on_block(block: TextBlock) -> None:
        order.append(f"{block.block_id} begins")
        await asyncio.sleep(0.01)
        order.append(f"{block.block_id} ends")

    await client.process(ARTICLE, target_languages=["ko"], on_block=on_block)
    assert order in (
        ["h begins", "h ends", "p1 begins", "p1 ends"],
        ["p1 begins", "p1 ends", "h begins", "h ends"],
    )


class Full(Exception):
    """What a callback of a caller raises."""


async def test_an_exception_in_a_callback_ends_the_call_here_and_on_the_server(app: App, client: Client) -> None:
    long = "\n\n".join(f"Ferry number {number} left the harbour at noon." for number in range(40))
    problem = Full("no space")

    async def on_block(block: TextBlock) -> None:
        raise problem

    with pytest.raises(Full) as raised:
        await client.process(long, target_languages=["ko", "ja"], source_language="en", on_block=on_block)
    assert raised.value is problem
    while under_way(app):
        await asyncio.sleep(0.02)
    assert ended(app, "StreamProcessArticle", "CANCELLED") == 1


def scripted(*parts: Part, code: grpc.StatusCode | None = None) -> Stream:
    async def stream(request: Any, context: Any) -> AsyncIterator[Part]:
        for part in parts:
            yield part
        if code is not None:
            await fail(context, code)

    return stream


STARTED = Part(started=article_service_pb2.ArticleStarted(request_id="r-7", source=ARTICLE))
USAGE = Part(usage=article_service_pb2.Usage(segments=1))


def block_part(language: str, block_id: str) -> Part:
    block = article_service_pb2.TranslatedBlock(block=article_pb2.Block(block_id=block_id, text="어느 글"))  # "a text"
    return Part(block=article_service_pb2.ArticleBlock(target_language=language, block=block))


def failed_part(language: str, style: article_service_pb2.SummaryStyle.ValueType = HEADLINE) -> Part:
    status = make_status(grpc.StatusCode.INTERNAL, "INFERENCE_FAILED")
    error = article_service_pb2.ArticleError(target_language=language, summary_style=style, status=status)
    return Part(error=error)


async def test_a_part_that_failed_is_raised_as_its_reason_and_the_rest_is_with_the_error() -> None:
    done = Part(translation=article_service_pb2.Translation(source_language="en", target_language="ko"))
    parts = [
        STARTED,
        block_part("ko", "p1"),
        block_part("ja", "h"),
        failed_part("ja", article_service_pb2.SUMMARY_STYLE_UNSPECIFIED),
        block_part("ko", "h"),
        done,
        failed_part(""),
        USAGE,
    ]
    steps: list[Progress] = []
    async with scripted_server(Scripted(stream=scripted(*parts))) as address, Client(address, timeout=10) as client:
        with pytest.raises(errors.InferenceFailedError) as raised:
            await client.process(
                "text", target_languages=["ko", "ja"], summaries=["headline"], on_progress=steps.append
            )
    error = raised.value
    assert error.request_id == "r-7"
    assert error.__notes__ == ["headline failed too: INTERNAL as told"]
    assert error.partial is not None
    assert [(made.language, len(made)) for made in error.partial.translations.values()] == [("ko", 2)]
    assert [step.done for step in steps] == [0, 1, 2, 3, 4, 5]  # what failed is not waited for any more
    assert {step.total for step in steps} == {5}


async def test_a_call_that_fails_in_the_middle_has_what_was_complete() -> None:
    done = Part(translation=article_service_pb2.Translation(source_language="en", target_language="ko"))
    stream = scripted(STARTED, block_part("ko", "h"), done, block_part("ja", "h"), code=grpc.StatusCode.DATA_LOSS)
    async with scripted_server(Scripted(stream=stream)) as address, Client(address, timeout=10) as client:
        with pytest.raises(errors.TriwireError) as raised:
            await client.process("text", target_languages=["ko", "ja"])
    assert raised.value.code is grpc.StatusCode.DATA_LOSS
    assert raised.value.partial == Result(
        article_service_pb2.ProcessArticleResponse(
            request_id="r-7",
            source=ARTICLE,
            translations=[
                article_service_pb2.Translation(
                    source_language="en", target_language="ko", blocks=[block_part("ko", "h").block.block]
                )
            ],
        )
    )


async def test_a_call_that_is_refused_has_no_partial_result(client: Client) -> None:
    with pytest.raises(errors.LanguageUnsupportedError) as raised:
        await client.process("The harbour opened.", target_languages=["tlh"])
    assert raised.value.partial is None


async def test_a_stream_that_is_opened_again_tells_no_block_twice() -> None:
    calls = 0

    async def stream(request: Any, context: Any) -> AsyncIterator[Part]:
        nonlocal calls
        calls += 1
        yield STARTED
        yield block_part("ko", "h")
        if calls == 1:
            await fail(context, grpc.StatusCode.UNAVAILABLE)
        yield block_part("ko", "p1")
        yield Part(translation=article_service_pb2.Translation(target_language="ko"))
        yield USAGE

    blocks: list[TextBlock] = []
    steps: list[Progress] = []
    policy = RetryPolicy(initial_seconds=0.01)
    async with scripted_server(Scripted(stream=stream)) as address, Client(address, retry=policy) as client:
        await client.process("text", target_languages=["ko"], on_block=blocks.append, on_progress=steps.append)
    assert (calls, [block.block_id for block in blocks]) == (2, ["h", "p1"])
    assert steps == [Progress(0, 2), Progress(1, 2), Progress(2, 2)]


async def test_the_synchronous_client_calls_back_on_the_thread_of_the_call(tiny_profile: Path) -> None:
    await asyncio.to_thread(process_synchronously, tiny_profile)


def process_synchronously(profile: Path) -> None:
    here = threading.get_ident()
    threads: list[int] = []
    steps: list[Progress] = []

    async def coroutine_function(block: TextBlock) -> None:
        raise AssertionError("is not run")

    def fail_at(block: TextBlock) -> None:
        raise Full(block.block_id)

    with served(profile) as address, SyncClient(address, timeout=30) as client:
        result = client.process(
            ARTICLE,
            target_languages=["ko"],
            on_block=lambda block: threads.append(threading.get_ident()),
            on_progress=steps.append,
        )
        assert set(threads) == {here}
        assert [block.block_id for block in result.translations["ko"]] == ["h", "p1"]
        assert steps == [Progress(0, 2), Progress(1, 2), Progress(2, 2)]
        with pytest.raises(Full):
            client.process(ARTICLE, target_languages=["ko"], on_block=fail_at)
        with pytest.raises(TypeError, match="SyncClient calls plain functions back"):
            client.process(ARTICLE, target_languages=["ko"], on_block=coroutine_function)
        with pytest.raises(errors.LanguageUnsupportedError):
            client.process(ARTICLE, target_languages=["tlh"])
    with on_a_thread(scripted_server(Scripted(stream=scripted(STARTED, failed_part("en"), USAGE)))) as address:
        with SyncClient(address) as client, pytest.raises(errors.InferenceFailedError) as raised:
            client.process("text", summaries=["headline"])
        assert raised.value.partial is not None
