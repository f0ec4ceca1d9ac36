"""What `triwire process` shows of the parts that a server sends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from tests.clients.python.command import Done, triwire
from tests.clients.python.servers import Scripted, fail, scripted_server
from tests.clients.python.streamed import KOREAN_DONE, STARTED, USAGE, failed_part, part_of
from triwire.v1 import article_service_pb2


async def process_with(*parts: article_service_pb2.StreamProcessArticleResponse, to: str, breaks: bool = False) -> Done:
    """Run `process` against a server that sends these parts."""

    async def stream(request: Any, context: Any) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        for part in parts:
            yield part
        if breaks:
            await fail(context, grpc.StatusCode.UNAVAILABLE)

    languages = [option for language in to.split() for option in ("--to", language)]
    async with scripted_server(Scripted(stream=stream)) as target:
        return await asyncio.to_thread(triwire, "process", "-", *languages, target=target, text="Harbour opens")


async def test_blocks_that_came_in_any_order_are_shown_in_that_of_the_article() -> None:
    parts = [STARTED, part_of("b2", "월요일에 열렸다."), part_of("b1", "항구가 열린다"), KOREAN_DONE, USAGE]
    done = await process_with(*parts, to="ko")  # "It opened on Monday.", "The harbour opens"
    assert done.code == 0, done.err
    assert done.out.splitlines()[3:6] == [
        "Korean (ko) · from English (en) · m@1 · 2 blocks",
        "b1  항구가 열린다",
        "b2  월요일에 열렸다.",
    ]


async def test_kinds_and_severities_of_a_newer_server_are_shown_as_unspecified() -> None:
    part = part_of("b1", "항구가 열린다")  # "The harbour opens"
    part.block.block.findings.add(kind=99, severity=99, message="new")
    done = await process_with(STARTED, part, KOREAN_DONE, USAGE, to="ko")
    assert done.code == 0, done.err
    assert "    ! look: unspecified: new\n" in done.out


async def test_a_part_that_failed_is_a_line_and_code_1_while_another_is_there() -> None:
    failed = failed_part("ja", grpc.StatusCode.INTERNAL, "INFERENCE_FAILED")
    done = await process_with(
        STARTED, part_of("b1", "항구"), failed, part_of("b2", "월"), KOREAN_DONE, USAGE, to="ko ja"
    )
    assert done.code == 1
    assert done.err.startswith("triwire: Japanese (ja): INTERNAL as told; try again")
    assert done.err.endswith("[INFERENCE_FAILED] (request r-1)\n")


async def test_glossaries_are_asked_for_in_the_order_given() -> None:
    styles = []

    async def stream(request: Any, context: Any) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        styles.append(request.request.house_style)
        for part in (STARTED, KOREAN_DONE, USAGE):
            yield part

    options = ["--to", "ko", "--glossary", "sport", "--glossary", "glossaries/house", "--register", "news"]
    async with scripted_server(Scripted(stream=stream)) as target:
        await asyncio.to_thread(triwire, "process", "-", *options, target=target, text="Harbour opens")
    (style,) = styles
    assert style.glossaries == ["glossaries/sport", "glossaries/house"]
    assert style.register == article_service_pb2.REGISTER_NEWS


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (grpc.StatusCode.INTERNAL, "INFERENCE_FAILED", 4),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 3),
        (grpc.StatusCode.INVALID_ARGUMENT, "LANGUAGE_UNSUPPORTED", 2),
    ],
)
async def test_when_every_part_failed_the_code_is_that_of_the_failure(
    status: grpc.StatusCode, reason: str, code: int
) -> None:
    done = await process_with(STARTED, failed_part("ko", status, reason), USAGE, to="ko")
    assert done.code == code


async def test_what_arrived_before_a_stream_broke_is_shown_as_incomplete() -> None:
    block = part_of("b2", "월요일에 열렸다.")  # "It opened on Monday."
    done = await process_with(STARTED, block, to="ko", breaks=True)
    assert done.code == 3
    assert "Korean (ko) · 1 block · incomplete: 1 missing\nb2  월요일에 열렸다.\n" in done.out
    assert done.err.count("\n") == 1
