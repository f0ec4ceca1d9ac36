"""A streamed article over streams that break: no part is given twice, and none is lost."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc

from tests.clients.python.servers import QUICK, Scripted, fail, make_status, scripted_server
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import Client, errors
from triwire_client.errors import TriwireError

STARTED = article_service_pb2.StreamProcessArticleResponse(
    started=article_service_pb2.ArticleStarted(request_id="r", source=article_pb2.Article(language="en"))
)
USAGE = article_service_pb2.StreamProcessArticleResponse(usage=article_service_pb2.Usage(segments=1))


class Streams:
    """StreamProcessArticle that plays one list of parts and failures for each call."""

    def __init__(self, *plays: Iterable[article_service_pb2.StreamProcessArticleResponse | grpc.StatusCode]) -> None:
        self.plays = iter(plays)
        self.request_ids: list[str] = []

    async def __call__(
        self, request: Any, context: Any
    ) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        self.request_ids.append(request.request.request_id)
        for part in next(self.plays):
            if isinstance(part, grpc.StatusCode):
                await fail(context, part)
            else:
                yield part


async def parts_of(target: str) -> tuple[list[str | None], TriwireError | None]:
    """The parts that a client gets, and the failure that it ends with."""
    names: list[str | None] = []
    async with Client(target, retry=QUICK) as client:
        try:
            async for part in client.stream_process_article("text", summaries=["headline"]):
                names.append(part.WhichOneof("part"))
        except TriwireError as error:
            return names, error
    return names, None


async def test_a_stream_that_fails_before_its_first_part_is_opened_again() -> None:
    streams = Streams([grpc.StatusCode.UNAVAILABLE], [STARTED, USAGE])
    async with scripted_server(Scripted(stream=streams)) as target:
        assert await parts_of(target) == (["started", "usage"], None)


def block(language: str, block_id: str) -> article_service_pb2.StreamProcessArticleResponse:
    translated = article_service_pb2.TranslatedBlock(block=article_pb2.Block(block_id=block_id, text=language))
    return article_service_pb2.StreamProcessArticleResponse(
        block=article_service_pb2.ArticleBlock(target_language=language, block=translated)
    )


def translation(language: str) -> article_service_pb2.StreamProcessArticleResponse:
    whole = article_service_pb2.Translation(target_language=language)
    return article_service_pb2.StreamProcessArticleResponse(translation=whole)


def summary(language: str) -> article_service_pb2.StreamProcessArticleResponse:
    whole = article_service_pb2.Summary(style=article_service_pb2.SUMMARY_STYLE_HEADLINE, target_language=language)
    return article_service_pb2.StreamProcessArticleResponse(summary=whole)


def failed(language: str, style: article_service_pb2.SummaryStyle.ValueType) -> Any:
    error = article_service_pb2.ArticleError(
        target_language=language,
        summary_style=style,
        status=make_status(grpc.StatusCode.INTERNAL, "INFERENCE_FAILED"),
    )
    return article_service_pb2.StreamProcessArticleResponse(error=error)


async def test_a_stream_that_breaks_midway_goes_on_and_gives_no_part_twice() -> None:
    unset, headline = article_service_pb2.SUMMARY_STYLE_UNSPECIFIED, article_service_pb2.SUMMARY_STYLE_HEADLINE
    streams = Streams(
        [STARTED, block("ko", "b1"), failed("ja", unset), failed("", headline), grpc.StatusCode.UNAVAILABLE],
        [STARTED, block("ko", "b2"), block("ko", "b1"), block("ja", "b1"), grpc.StatusCode.CANCELLED],
        [STARTED, block("ko", "b1"), block("ko", "b2"), translation("ko")],  # ends without a word
        [STARTED, summary("en"), block("ko", "b2"), translation("ja"), summary("ko"), translation("ko"), USAGE],
    )
    parts: list[Any] = []
    async with scripted_server(Scripted(stream=streams)) as target, Client(target, retry=QUICK) as client:
        async for part in client.stream_process_article("text", target_languages=["ko", "ja"]):
            parts.append(part)
    assert parts == [
        STARTED,
        block("ko", "b1"),
        failed("ja", unset),
        failed("", headline),
        block("ko", "b2"),
        translation("ko"),
        summary("ko"),
        USAGE,
    ]
    # The server made the first id up; what goes on is the same call.
    assert streams.request_ids == ["", "r", "r", "r"]


async def test_a_stream_is_not_gone_on_with_by_a_replica_that_reads_the_article_differently() -> None:
    other = article_service_pb2.StreamProcessArticleResponse(
        started=article_service_pb2.ArticleStarted(request_id="r", source=article_pb2.Article(language="ja"))
    )
    streams = Streams([STARTED, block("ko", "b1"), grpc.StatusCode.UNAVAILABLE], [other, block("ko", "b1"), USAGE])
    async with scripted_server(Scripted(stream=streams)) as target:
        names, error = await parts_of(target)
    assert names == ["started", "block"]
    assert type(error) is errors.UnavailableError
    assert error.__notes__ == ["not gone on with: another replica reads the article differently"]


async def test_a_stream_that_makes_no_progress_gives_up() -> None:
    streams = Streams(*[(STARTED, grpc.StatusCode.UNAVAILABLE)] * 9)
    async with scripted_server(Scripted(stream=streams)) as target:
        names, error = await parts_of(target)
    assert names == ["started"]
    assert type(error) is errors.UnavailableError
    assert len(streams.request_ids) == 5


async def test_a_stream_that_breaks_after_its_last_part_is_whole() -> None:
    async with scripted_server(Scripted(stream=Streams([STARTED, USAGE, grpc.StatusCode.UNAVAILABLE]))) as target:
        assert await parts_of(target) == (["started", "usage"], None)


async def test_a_stream_without_its_last_part_is_a_failure() -> None:
    async with scripted_server(Scripted(stream=Streams(*[[STARTED]] * 9))) as target:
        names, error = await parts_of(target)
    assert names == ["started"]
    assert type(error) is errors.UnavailableError
