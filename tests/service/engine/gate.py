"""Holds the device of a running engine at a step, so that tests say what comes before what."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from triwire_server.engine.engine import Engine
from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Model
from triwire_server.engine.sequence import Batch


class GatedRunner(ModelRunner):
    """Runs batches, keeps them, and stops before one when a test wants it to."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        super().__init__(models)
        self.batches: list[Batch] = []
        self.stop_before: int | None = None
        """How many batches run before the one that waits."""

        self.is_waiting = threading.Event()
        self.go_on = threading.Event()

    def run(self, batch):  # type: ignore[no-untyped-def]  # as the runner's
        if len(self.batches) == self.stop_before:
            self.is_waiting.set()
            assert self.go_on.wait(30)
        self.batches.append(batch)
        return super().run(batch)

    def close(self, after: int) -> None:
        """Let so many batches more run, and hold the next."""
        self.stop_before = len(self.batches) + after
        self.is_waiting.clear()
        self.go_on.clear()

    def open(self) -> None:
        """Let the batch that waits run, and all others."""
        self.stop_before = None
        self.go_on.set()


@contextmanager
def gate(engine: Engine) -> Iterator[GatedRunner]:
    """Put a gate before the device of an engine that has not run anything yet."""
    runner = engine._worker.model_runner = GatedRunner(engine._models)
    try:
        yield runner
    finally:
        runner.open()


async def until(is_true: Callable[[], bool]) -> None:
    """Give the event loop back until something is true."""
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end
        await asyncio.sleep(0.001)


async def messages(engine: Engine, number: int) -> None:
    """Wait until so many messages wait for the device's thread."""
    await until(lambda: engine._worker._inbox.qsize() >= number)
