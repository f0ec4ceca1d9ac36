"""The stream of ProcessBatch: reads while there is room, answers in order of completion, drains on shutdown."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from triwire.v1 import article_service_pb2
from triwire_server.api.status import to_status
from triwire_server.errors import InvalidRequest, Violation
from triwire_server.limits import MAX_ID_CHARACTERS

_Request = article_service_pb2.ProcessBatchRequest
_Response = article_service_pb2.ProcessBatchResponse


class BatchStream:
    """One stream of items.

    Args:
        requests: the items as they are read; reading stops while the window is full, and gRPC's flow control then
            blocks the client.
        answer: answers one item, failures included.
        window: items that may be unanswered.
        draining: set when the replica shuts down; nothing is read from then on.
    """

    def __init__(
        self,
        requests: AsyncIterator[_Request],
        answer: Callable[[_Request], Awaitable[_Response]],
        window: int,
        draining: asyncio.Event,
    ) -> None:
        self._requests = requests
        self._answer = answer
        self._room = asyncio.Semaphore(window)
        self._draining = draining
        self._answers: asyncio.Queue[_Response | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self.was_interrupted = False
        """Whether reading ended by shutdown and not by the client's half-close."""

    async def responses(self) -> AsyncIterator[_Response]:
        """An answer for each item, in order of completion; ends when all that was read is answered.

        Raises:
            InvalidRequest: the stream held something that is no message.
        """
        reader = asyncio.ensure_future(self._read())
        try:
            while (response := await self._answers.get()) is not None:
                yield response
                # Only now is the item answered: a client that does not read gets no further items read.
                self._room.release()
            await reader
        finally:
            reader.cancel()
            for task in self._tasks:
                task.cancel()

    async def _read(self) -> None:
        seen: set[str] = set()
        try:
            while (item := await self._next()) is not None:
                if item.item_id in seen:
                    self._answers.put_nowait(_reused(item.item_id))
                    continue
                if item.item_id:
                    seen.add(item.item_id)
                task = asyncio.ensure_future(self._run(item))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            await asyncio.gather(*self._tasks)
        finally:
            self._answers.put_nowait(None)

    async def _next(self) -> _Request | None:
        """The next item when there is room for it; None at the end of the stream or on shutdown."""
        shutdown = asyncio.ensure_future(self._draining.wait())
        following = asyncio.ensure_future(self._read_when_room())
        try:
            await asyncio.wait((shutdown, following), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                return following.result()
            self.was_interrupted = True
            return None
        finally:
            shutdown.cancel()
            following.cancel()

    async def _read_when_room(self) -> _Request | None:
        await self._room.acquire()
        return await anext(self._requests, None)

    async def _run(self, item: _Request) -> None:
        self._answers.put_nowait(await self._answer(item))


def _reused(item_id: str) -> _Response:
    error = InvalidRequest(
        [
            Violation(
                "item_id", "was used before in this stream", "ITEM_ID_REUSED", {"item_id": item_id[:MAX_ID_CHARACTERS]}
            )
        ]
    )
    return _Response(item_id=item_id, error=to_status(error))
