"""Ways to serve work as it arrives: dynamic batching over whatever runs a batch, and the engine's own thread."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from triwire_server.engine.sequence import Sequence as EngineSequence
from ways.generate import STATIC_BATCH
from ways.triwire import EngineChat, EngineTranslator, new_sequence, start_worker
from ways.work import Work

BATCH_SECONDS = 0.01
"""How long dynamic batching waits for company after the first request of a batch."""

OnEnd = Callable[[int, float], None]
"""Told the number of a request and the time (monotonic seconds) at which its output was complete."""


class Server(Protocol):
    """Serves one stream of requests."""

    def submit(self, number: int, work: Work) -> None:
        """Take a request, from any thread."""

    def close(self) -> None:
        """Finish what was submitted, and end.

        Raises:
            RuntimeError: something failed.
        """


class DynamicBatching:
    """Collects up to 16 requests for up to 10 ms and runs them as one batch; what comes meanwhile waits.

    Args:
        run_batch: runs a batch; it calls its second argument with the row of each output that is complete before the
            batch is.
        on_end: see `OnEnd`.
    """

    def __init__(
        self, run_batch: Callable[[Sequence[Work], Callable[[int], None]], list[list[int]]], on_end: OnEnd
    ) -> None:
        self._run_batch = run_batch
        self._on_end = on_end
        self._inbox: queue.Queue[tuple[int, Work] | None] = queue.Queue()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._loop, name="dynamic-batching", daemon=True)
        self._thread.start()

    def submit(self, number: int, work: Work) -> None:
        """See `Server.submit`."""
        self._inbox.put((number, work))

    def close(self) -> None:
        """See `Server.close`."""
        self._inbox.put(None)
        self._thread.join()
        if self._failure is not None:
            raise RuntimeError("a batch failed") from self._failure

    def _loop(self) -> None:
        try:
            while batch := self._collect():
                numbers = [number for number, _ in batch]
                ended: set[int] = set()

                def row_ended(row: int, numbers: list[int] = numbers, ended: set[int] = ended) -> None:
                    if row not in ended:
                        ended.add(row)
                        self._on_end(numbers[row], time.monotonic())

                self._run_batch([work for _, work in batch], row_ended)
                for row in range(len(batch)):
                    row_ended(row)
        except Exception as error:
            self._failure = error

    def _collect(self) -> list[tuple[int, Work]]:
        first = self._inbox.get()
        if first is None:
            return []
        batch = [first]
        until = time.monotonic() + BATCH_SECONDS
        while len(batch) < STATIC_BATCH:
            try:
                # What waits already is taken however late it is.
                another = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if another is None:
                self._inbox.put(None)  # for the next turn
                break
            batch.append(another)
        return batch


class EngineThread:
    """The engine's worker: the thread that owns the device, with scheduler, runner and metrics.

    Args:
        model: what it serves.
        slots: sequences that run at once.
        on_end: see `OnEnd`.
    """

    def __init__(self, model: EngineTranslator | EngineChat, slots: int, on_end: OnEnd) -> None:
        self._model = model
        self._on_end = on_end
        self._failure: Exception | None = None
        self._worker = start_worker(model, slots, self._failed)

    def submit(self, number: int, work: Work) -> None:
        """See `Server.submit`."""

        def ended(sequence: EngineSequence) -> None:
            if sequence.error is not None:
                self._failed(sequence.error)
            self._on_end(number, time.monotonic())

        self._worker.submit(new_sequence(self._model, work, number, ended))

    def close(self) -> None:
        """See `Server.close`."""
        self._worker.stop()
        if self._failure is not None:
            raise RuntimeError("the engine failed") from self._failure

    def _failed(self, error: Exception) -> None:
        self._failure = error
