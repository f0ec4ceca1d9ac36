import asyncio
from collections.abc import AsyncIterator

from triwire.v1.article_service_pb2 import ProcessBatchRequest, ProcessBatchResponse
from triwire_server.api.batch import BatchStream


async def answered(item: ProcessBatchRequest) -> ProcessBatchResponse:
    return ProcessBatchResponse(item_id=item.item_id)


async def test_no_more_items_are_read_than_may_be_unanswered() -> None:
    read: list[str] = []

    async def items() -> AsyncIterator[ProcessBatchRequest]:
        for number in range(6):
            read.append(f"i{number}")
            yield ProcessBatchRequest(item_id=read[-1])

    responses = BatchStream(items(), answered, 2, asyncio.Event()).responses()
    async with asyncio.timeout(10):
        answers = [await anext(responses)]
        await asyncio.sleep(0.05)
        assert read == ["i0", "i1"]  # the first answer is not taken yet: whoever has it may be slow
        answers.append(await anext(responses))
        await asyncio.sleep(0.05)
        assert read == ["i0", "i1", "i2"]
        answers += [answer async for answer in responses]
    assert [answer.item_id for answer in answers] == [f"i{number}" for number in range(6)]


async def test_a_shutdown_reads_no_further_and_answers_what_was_read() -> None:
    draining = asyncio.Event()
    waiting = asyncio.Event()

    async def items() -> AsyncIterator[ProcessBatchRequest]:
        yield ProcessBatchRequest(item_id="a")
        waiting.set()
        await asyncio.Event().wait()

    stream = BatchStream(items(), answered, 8, draining)
    responses = stream.responses()
    async with asyncio.timeout(10):
        first = await anext(responses)
        await waiting.wait()
        draining.set()
        assert [answer async for answer in responses] == []
    assert (first.item_id, stream.was_interrupted) == ("a", True)
