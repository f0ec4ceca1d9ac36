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
    """Runs batches, keeps them, and holds the device's thread before one when a test wants it to."""

    def __init__(self, models: Mapping[str, Model], max_batch_sequences: int) -> None:
        super().__init__(models, max_batch_sequences)
        self.batches: list[Batch] = []
        self._turn = threading.Condition()
        self._allowed: int | None = None
        """Batches that may run, of all; None: any number."""

        self._is_held = False

    def run(self, batch):  # type: ignore[no-untyped-def]  # as the runner's
        with self._turn:
            self._is_held = not self._may_run()
            assert self._turn.wait_for(self._may_run, 30)
            self._is_held = False
        self.batches.append(batch)
        return super().run(batch)

    @property
    def is_held(self) -> bool:
        """Whether the thread stands before a batch that may not run yet."""
        return self._is_held and not self._may_run()

    def hold_after(self, number: int) -> None:
        """Let so many batches more run, and hold the next."""
        self._allow(len(self.batches) + number)

    def open(self) -> None:
        """Let all batches run."""
        self._allow(None)

    def _allow(self, allowed: int | None) -> None:
        with self._turn:
            self._allowed = allowed
            self._turn.notify()

    def _may_run(self) -> bool:
        return self._allowed is None or len(self.batches) < self._allowed


@contextmanager
def gate(engine: Engine) -> Iterator[GatedRunner]:
    """Put a gate before the device of an engine that has not run anything yet."""
    runner = engine._worker.model_runner = GatedRunner(
        engine._local._models, engine._worker.scheduler.max_batch_sequences
    )
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


async def held(runner: GatedRunner) -> None:
    """Wait until the device's thread is held."""
    await until(lambda: runner.is_held)


def num_known(engine: Engine) -> int:
    """Sequences that wait or run, those included that the device's thread has not heard of yet."""
    return engine._worker._inbox.qsize() + len(engine._worker.scheduler)
