"""Callers that give up: deadlines too short to be met, and streams that are cancelled while they run."""

import asyncio
import random
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
    num_descriptors,
    num_threads,
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

CALLS = 1_000
NORMAL = 40
STREAMS = 500  # of each kind
AT_ONCE = 25
ROW_STEPS = "triwire_batch_sequences_sum"


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[Server]:
    # What is kept for each shape of a product would hide what calls leave behind.
    few = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16", "LRU_CACHE_CAPACITY": "16"}
    with process(tiny_profile, TRIWIRE_CACHE_BYTES="0", **few) as running:
        running.wait_until_serving()
        yield running


async def normal_calls(stub: Any) -> list[Any]:
    calls = [stub.Translate(translation(f"Pier {number} reopened on Monday."), timeout=120) for number in range(NORMAL)]
    answers = await asyncio.gather(*(outcome(call) for call in calls))
    return [answer if isinstance(answer, str) else texts(answer) for answer in answers]


async def test_a_storm_of_short_deadlines_costs_the_others_nothing_but_time(
    server: Server, fault_report: FaultReport
) -> None:
    draw = random.Random(5)
    async with stub_of(server) as stub, stub_of(server) as storming:
        start = metrics_of(server)
        expected = await normal_calls(stub)
        before = metrics_of(server)

        async def give_up(number: int) -> str:
            await asyncio.sleep(draw.uniform(0, 3))
            text = " ".join(f"Ferry {number} left pier {n} at noon." for n in range(30))
            answer = await outcome(storming.Translate(translation(text), timeout=draw.uniform(0.001, 0.05)))
            return answer if isinstance(answer, str) else "OK"

        storm = [asyncio.ensure_future(give_up(number)) for number in range(CALLS)]
        answers = await normal_calls(stub)
        told = await asyncio.gather(*storm)
        seconds = await until(lambda: is_idle(server))
        after = metrics_of(server)
    lost = sum(isinstance(answer, str) for answer in answers)
    wrong = sum(answer != right for answer, right in zip(answers, expected, strict=True)) - lost
    fault_report("1,000 deadlines of 1 to 50 ms", f"beside {NORMAL} calls of Translate", NORMAL, lost, wrong, seconds)
    assert answers == expected
    # Too much is ahead for the time that a call has: it is refused, and told when there will be less.
    assert set(told) <= {"DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED DEADLINE", "RESOURCE_EXHAUSTED QUEUE_FULL"}
    code = "triwire_requests_total{code=DEADLINE_EXCEEDED}"
    ended = after[code] - before.get(code, 0.0)
    # Some never left their client.
    assert 0 < ended <= CALLS
    reason = "triwire_errors_total{reason=DEADLINE}"
    assert after[reason] - before.get(reason, 0.0) == ended
    # Whole, the storm is 30 times the work of the normal calls; what of it ran was given up within 50 ms.
    alone = before[ROW_STEPS] - start.get(ROW_STEPS, 0.0)
    assert after[ROW_STEPS] - before[ROW_STEPS] < 6 * alone
    assert after["triwire_invariant_violations_total"] == 0


async def test_a_thousand_cancelled_streams_leave_nothing_behind(server: Server, fault_report: FaultReport) -> None:
    draw = random.Random(6)
    async with stub_of(server) as stub:
        expected = await normal_calls(stub)
        await cancel_streams(stub, draw, 100)  # what is made on first use is there
        await until(lambda: is_idle(server))
        threads, descriptors, memory = num_threads(server), num_descriptors(server), resident_mebibytes(server)
        await cancel_streams(stub, draw, STREAMS)
        began = time.monotonic()
        await until(lambda: is_idle(server))
        idle = time.monotonic() - began
        answers = await normal_calls(stub)
        grown = resident_mebibytes(server) - memory
        lost = sum(answer != right for answer, right in zip(answers, expected, strict=True))
        run = f"half StreamProcessArticle, half ProcessBatch; memory {grown:+.0f} MiB"
        fault_report("1,000 cancelled streams", run, 2 * STREAMS, lost, 0, idle)
        assert answers == expected
        assert num_threads(server) <= threads
        assert num_descriptors(server) <= descriptors
        assert grown < 40
        assert metrics_of(server)["triwire_invariant_violations_total"] == 0


async def cancel_streams(stub: Any, draw: random.Random, number: int) -> None:
    """Open streams of both kinds, so many of each, and cancel each at some moment."""
    room = asyncio.Semaphore(AT_ONCE)

    async def run(kind: Any, index: int) -> None:
        async with room:
            await kind(stub, index, draw.uniform(0.0, 0.25))

    await asyncio.gather(*(run(kind, index) for index in range(number) for kind in (cancel_article, cancel_batch)))


async def cancel_article(stub: Any, number: int, seconds: float) -> None:
    content = article(*(f"Ferry {number} left pier {n} at noon. The council met at {n}." for n in range(10)))
    request = article_service_pb2.ProcessArticleRequest(
        content=content,
        target_languages=["ko", "ja"],
        summaries=[article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)],
    )
    call = stub.StreamProcessArticle(article_service_pb2.StreamProcessArticleRequest(request=request))
    await read_until(call, seconds)


async def cancel_batch(stub: Any, number: int, seconds: float) -> None:
    call = stub.ProcessBatch()

    async def write() -> None:
        for index in range(20):
            text = f"Ferry {number} left pier {index} at noon."
            request = article_service_pb2.TranslateRequest(content=text_content(text), target_language="ja")
            await call.write(article_service_pb2.ProcessBatchRequest(item_id=f"i{index}", translate=request))

    writing = asyncio.ensure_future(write())
    await read_until(call, seconds)
    writing.cancel()  # grpc.aio may leave a write waiting for ever whose call was cancelled
    await asyncio.gather(writing, return_exceptions=True)


async def read_until(call: Any, seconds: float) -> None:
    """Read for some time and then cancel; who is refused or done sooner needs no cancelling."""

    async def read() -> None:
        while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in the stubs
            pass

    reading = asyncio.ensure_future(read())
    await asyncio.wait({reading}, timeout=seconds)
    call.cancel()
    await asyncio.gather(reading, return_exceptions=True)
