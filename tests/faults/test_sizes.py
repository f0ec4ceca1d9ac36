"""The largest messages that the contract allows, and those just above."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.faults.calls import article, is_idle, outcome, resident_mebibytes, stub_of, texts, translation, until
from tests.faults.report import FaultReport
from tests.refusals import refused
from tests.server_process import Server, process
from triwire.v1 import article_pb2, article_service_pb2

pytestmark = pytest.mark.faults

MEBIBYTE = 2**20
MAX_BYTES, MAX_CHARACTERS, MAX_BLOCKS = 2 * MEBIBYTE, 100_000, 2_000
STORY = "<p>The harbour council voted on Tuesday to reopen the northern pier after a winter of repairs.</p>" * 12


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[Server]:
    with process(tiny_profile) as running:
        running.wait_until_serving()
        yield running


def page(num_bytes: int) -> article_pb2.Content:
    """A page whose script is most of it, of exactly so many bytes."""
    start, end = "<html><body><script>//", f"</script><article><h1>Pier</h1>{STORY}</article></body></html>"
    filler = "x" * (num_bytes - len(start) - len(end))
    return article_pb2.Content(html=start + filler + end)


def blocks(number: int, characters: int) -> article_pb2.Content:
    """An article of so many blocks, and so many characters in all."""
    each, rest = divmod(characters, number)
    return article(*("x" * (each + (rest if index == 0 else 0)) for index in range(number)))


async def refusal(call: Any) -> tuple[str, dict[str, str]]:
    """Reason and metadata of a refused call; no reason where gRPC itself refused."""
    told = await refused(call)
    return told.reason or told.code.name, told.metadata


def limit(name: str, actual: int, maximum: int) -> tuple[str, dict[str, str]]:
    return "CONTENT_TOO_LARGE", {"limit": name, "actual": str(actual), "maximum": str(maximum)}


async def test_at_each_limit_a_call_is_served_and_just_above_it_refused_by_name(server: Server) -> None:
    def extract(content: article_pb2.Content) -> Any:
        return stub.ExtractArticle(article_service_pb2.ExtractArticleRequest(content=content), timeout=100)

    async with stub_of(server) as stub:
        whole = await extract(page(MAX_BYTES))
        assert whole.article.blocks[0].text == "Pier"
        assert await refusal(extract(page(MAX_BYTES + 1))) == limit("max_content_bytes", MAX_BYTES + 1, MAX_BYTES)
        most = await extract(blocks(MAX_BLOCKS, MAX_CHARACTERS))
        assert len(most.article.blocks) == MAX_BLOCKS
        assert await refusal(extract(blocks(MAX_BLOCKS + 1, MAX_CHARACTERS))) == limit(
            "max_blocks", MAX_BLOCKS + 1, MAX_BLOCKS
        )
        long = blocks(MAX_BLOCKS, MAX_CHARACTERS + 1)
        assert await refusal(extract(long)) == limit("max_article_characters", MAX_CHARACTERS + 1, MAX_CHARACTERS)
        # Languages are told of any text that may be sent.
        text = article_pb2.Content(text=("The ferry left at noon. " * 90_000)[:MAX_BYTES])
        detected = await stub.DetectLanguage(article_service_pb2.DetectLanguageRequest(content=text), timeout=100)
        assert detected.languages[0].language == "en"


async def test_a_message_above_4_mebibytes_is_refused_by_grpc_and_the_channel_lives(server: Server) -> None:
    async with stub_of(server) as stub:
        request = article_service_pb2.ExtractArticleRequest(content=page(4 * MEBIBYTE))
        assert request.ByteSize() > 4 * MEBIBYTE
        assert await refusal(stub.ExtractArticle(request, timeout=60)) == ("RESOURCE_EXHAUSTED", {})
        assert texts(await stub.Translate(translation("Prices rose.", "en"), timeout=60)) == ["Prices rose."]


@pytest.mark.parametrize("depth", [50, 5_000, 1_000_000])
async def test_deeply_nested_groups_are_malformed_or_skipped(server: Server, depth: int) -> None:
    # Field 100 as a group in a group in a group (tags 0xA3 0x06 and 0xA4 0x06), which no version of the contract has.
    nested = b"\xa3\x06" * depth + b"\xa4\x06" * depth
    async with grpc.aio.insecure_channel(server.target) as channel:
        good = translation("Prices rose.", "en")
        raw: Any = channel.unary_unary("/triwire.v1.ArticleService/Translate", bytes, bytes)
        answer = await outcome(raw(good.SerializeToString() + nested, timeout=60))
        if depth == 50:
            assert texts(article_service_pb2.TranslateResponse.FromString(answer)) == ["Prices rose."]
        else:
            assert answer == "INVALID_ARGUMENT INVALID_FIELD"


async def test_a_window_of_the_largest_items_is_answered_in_bounded_memory(
    server: Server, fault_report: FaultReport
) -> None:
    items = 64
    async with stub_of(server) as stub, stub_of(server) as large:
        await outcome(stub.ExtractArticle(article_service_pb2.ExtractArticleRequest(content=page(MAX_BYTES))))
        memory = resident_mebibytes(server)
        began = time.monotonic()
        most = 0.0
        waits: list[float] = []

        async def watch() -> None:
            nonlocal most
            number = 0
            while True:
                number += 1
                most = max(most, resident_mebibytes(server))
                asked = time.monotonic()
                await stub.Translate(translation(f"Pier {number} reopened.", "en"), timeout=60)
                waits.append(time.monotonic() - asked)
                await asyncio.sleep(0.1)

        watching = asyncio.ensure_future(watch())
        request = article_service_pb2.ProcessBatchRequest
        extract = article_service_pb2.ExtractArticleRequest(content=page(MAX_BYTES))
        requests = (request(item_id=f"i{number}", extract_article=extract) for number in range(items))
        answers = [answer async for answer in large.ProcessBatch(requests, timeout=300)]
        seconds = time.monotonic() - began
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await until(lambda: is_idle(server))
    lost = items - len(answers)
    wrong = sum(len(answer.extract_article.article.blocks) != 13 for answer in answers)
    run = f"{items} items of 2 MiB in {seconds:.0f} s; memory {most - memory:+.0f} MiB; others wait {max(waits):.1f} s"
    fault_report("largest items", run, items, lost, wrong, None)
    assert (lost, wrong) == (0, 0)
    # Twice what came in, and what the two pages that are read at a time are taken apart into.
    assert most - memory < 600
