"""Runs steps on the models, and keeps apart what a failure concerns."""

import logging
from collections.abc import Mapping
from typing import TypeGuard

from triwire_server.engine.models.base import Model, Rows
from triwire_server.engine.sequence import Batch, Pool, RunAgain, Sequence
from triwire_server.errors import InferenceFailed

_log = logging.getLogger(__name__)


class DeviceLost(Exception):
    """The device answers no more; the process has to end."""


class ModelRunner:
    """Runs batches on the models it was given, and holds the rows of each pool. Called on the device's thread alone."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        self._pools: dict[Pool, Rows] = {}
        self.max_batch_sequences: int | None = None
        """Bound learned from running out of memory; None: never ran out."""

    def run(self, batch: Batch) -> list[int | Exception]:
        """The next token of each of `batch.sequences`, or why it has none.

        What was kept for sequences that are not in the batch any more is dropped first. If the step raises, the
        sequences it held get `RunAgain`, for the scheduler to run them in smaller groups; the last one left alone at
        fault gets `InferenceFailed`.

        Raises:
            DeviceLost: the device itself failed.
        """
        for pool in [pool for pool in self._pools if pool not in batch.pools]:
            del self._pools[pool]
        outcomes: dict[int, int | Exception] = {}
        if batch.running:
            outcomes |= self._step(batch)
        if batch.joining:
            outcomes |= self._join(batch, [s for s in batch.running if _is_token(outcomes[s.number])])
        return [outcomes[sequence.number] for sequence in batch.sequences]

    def release(self) -> None:
        """Drop everything: nothing runs."""
        self._pools.clear()

    def _step(self, batch: Batch) -> Mapping[int, int | Exception]:
        rows = self._pools[batch.pool]
        try:
            for number in set(rows.numbers) - {sequence.number for sequence in batch.running}:
                rows.drop(number)
            return rows.step()
        except Exception as error:
            del self._pools[batch.pool]
            return self._failed(error, batch, batch.running)

    def _join(self, batch: Batch, running: list[Sequence]) -> Mapping[int, int | Exception]:
        if batch.pool not in self._pools:
            self._pools[batch.pool] = self._models[batch.pool.model_name].new_rows()
        rows = self._pools[batch.pool]
        if not running:
            for number in list(rows.numbers):
                rows.drop(number)
        try:
            return rows.add({sequence.number: sequence.prompt for sequence in batch.joining})
        except Exception as error:
            if rows.is_sound:
                return self._failed(error, batch, batch.joining)
            del self._pools[batch.pool]
            return self._failed(error, batch, (*running, *batch.joining))

    def _failed(self, error: Exception, batch: Batch, sequences: tuple[Sequence, ...]) -> dict[int, int | Exception]:
        if is_device_lost(error):
            raise DeviceLost(type(error).__name__) from error
        no_memory = is_out_of_memory(error)
        if no_memory and len(sequences) > 1:
            self.max_batch_sequences = min(self.max_batch_sequences or len(sequences), len(sequences) // 2)
        # The message of an exception may quote its input, so only its type is logged.
        _log.warning("batch of %d failed with %s", len(sequences), type(error).__name__)
        had_company = len(batch.sequences) > 1 or len(batch.pools) > 1
        if len(sequences) > 1 or (no_memory and had_company):
            return {sequence.number: RunAgain(alone=no_memory) for sequence in sequences}
        return {sequences[0].number: InferenceFailed()}


def _is_token(outcome: int | Exception) -> TypeGuard[int]:
    return not isinstance(outcome, Exception)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out, on the host or on a GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # torch has an exception of its own for GPUs alone; on the host it raises this text.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def is_device_lost(error: Exception) -> bool:
    """Whether an exception says that the accelerator is unusable from now on."""
    return type(error).__name__ == "AcceleratorError"
