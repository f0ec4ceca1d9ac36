"""Clients that ask and do not read the answers: memory is bounded, and nobody else is held up."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.faults.calls import (
    article,
    is_idle,
    metrics_of,
    outcome,
    resident_mebibytes,
    stub_of,
    text_content,
    texts,
    translation,
    until,
)
from tests.faults.report import FaultReport
from tests.server_process import Server, process
from triwire.v1 import article_service_pb2

pytestmark = pytest.mark.faults

STREAMS = 40
WINDOW = 64  # items in flight of a batch
ITEM_BYTES = 20_000
SMALL_WINDOW = {"http2.bdp_probe": 0, "http2.lookahead_bytes": 65_536}  # the client's, which gRPC widens by itself
KOREAN = "여객선이 정오에 부두를 떠났다. "  # the ferry left the pier at noon
SENTENCE = "The ferry left the pier at noon. "
EOF = grpc.aio.EOF  # type: ignore[attr-defined]  # missing in the stubs


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[Server]:
    with process(tiny_profile) as running:
        running.wait_until_serving()
        yield running


async def test_streams_that_nobody_reads_hold_no_room_and_little_memory(
    server: Server, fault_report: FaultReport
) -> None:
    # Parts of many flow-control windows: the first block is work for a model, the others are Korean already.
    content = article("Prices rose.", *([KOREAN * 60] * 90))
    for block in content.article.blocks[1:]:
        block.language = "ko"
    request = article_service_pb2.ProcessArticleRequest(content=content, target_languages=["ko"])
    size_mebibytes = content.ByteSize() / 2**20
    async with stub_of(server) as stub, stub_of(server, **SMALL_WINDOW) as slow:
        first = await stub.Translate(translation("Prices rose on Monday."), timeout=60)
        memory = resident_mebibytes(server)
        wrapped = article_service_pb2.StreamProcessArticleRequest(request=request)
        streams = [slow.StreamProcessArticle(wrapped) for _ in range(STREAMS)]
        for stream in streams:
            assert (await stream.read()).WhichOneof("part") == "started"
        # All of the work is done, and its room in the queue is free, though nobody has read the answers.
        recovery = await until(lambda: metrics_of(server)["triwire_queue_tokens"] == 0, 120)
        assert metrics_of(server)["triwire_requests_in_flight{method=StreamProcessArticle}"] == STREAMS
        grown = resident_mebibytes(server) - memory
        calls = [stub.Translate(translation(f"Pier {number} reopened."), timeout=30) for number in range(20)]
        answers = await asyncio.gather(*(outcome(call) for call in calls))
        again = await stub.Translate(translation("Prices rose on Monday."), timeout=60)
        # One of them reads after all.
        kinds = []
        while (part := await streams[0].read()) is not EOF:
            kinds.append(part.WhichOneof("part"))
        for stream in streams[1:]:
            stream.cancel()
        await until(lambda: is_idle(server))
    lost = sum(isinstance(answer, str) for answer in answers)
    run = f"{STREAMS} streams of {size_mebibytes:.2f} MiB beside Translate; memory {grown:+.0f} MiB"
    fault_report("streams that are not read", run, len(answers), lost, int(texts(again) != texts(first)), recovery)
    assert lost == 0
    assert texts(again) == texts(first)
    assert kinds.count("block") == len(content.article.blocks)
    assert kinds[-1] == "usage"
    # For each stream its parts, the article itself and its translation, as messages and encoded.
    assert grown < 30 + 8 * STREAMS * size_mebibytes


async def test_a_batch_that_writes_and_never_reads_is_read_to_the_window_and_no_further(
    server: Server, fault_report: FaultReport
) -> None:
    text = (SENTENCE * (ITEM_BYTES // len(SENTENCE) + 1))[:ITEM_BYTES]
    written = 0
    items = 3_000

    async with stub_of(server) as stub, stub_of(server, **SMALL_WINDOW) as slow:
        memory = resident_mebibytes(server)
        call = slow.ProcessBatch()

        async def write() -> None:
            nonlocal written
            for number in range(items):
                same = article_service_pb2.TranslateRequest(content=text_content(text), target_language="en")
                await call.write(article_service_pb2.ProcessBatchRequest(item_id=f"i{number}", translate=same))
                written += 1
            await call.done_writing()

        writing = asyncio.ensure_future(write())
        while True:
            before = written
            await asyncio.sleep(2)
            if written == before:
                break
        stalled_at, grown = written, resident_mebibytes(server) - memory
        began = time.monotonic()
        other = await outcome(stub.Translate(translation("Prices rose on Tuesday."), timeout=30))
        seconds = time.monotonic() - began
        answers: list[Any] = []
        while (answer := await call.read()) is not EOF:
            answers.append(answer)
        await writing
    lost = items - len({answer.item_id for answer in answers})
    wrong = sum(answer.translate.translation.blocks[0].block.text != text.strip() for answer in answers)
    run = f"{items} items; written until it stalls: {stalled_at}; memory {grown:+.0f} MiB"
    fault_report("a batch that is not read", run, items, lost, wrong, seconds)
    assert not isinstance(other, str)
    assert (len(answers), lost, wrong) == (items, 0, 0)
    # The window, and what flow control lets lie in the buffers of both ends.
    assert WINDOW <= stalled_at < items / 2
    assert grown < 60
