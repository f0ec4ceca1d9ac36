"""Runs steps on the models, and keeps apart what a failure concerns."""

import logging
from collections.abc import Mapping

from triwire_server.engine.models.base import Model, Progress, Rows
from triwire_server.engine.sequence import Batch, Pool, RunAgain, Sequence
from triwire_server.engine.slot_bound import SlotBound
from triwire_server.errors import InferenceFailed

_log = logging.getLogger(__name__)


class DeviceLost(Exception):
    """The device answers no more; the process has to end."""


class ModelRunner:
    """Runs batches on the models it was given, and holds the rows of each pool. Called on the device's thread alone.

    Args:
        models: by `name@version`.
        max_batch_sequences: slots while memory suffices.
    """

    def __init__(self, models: Mapping[str, Model], max_batch_sequences: int) -> None:
        self._models = models
        self._pools: dict[Pool, Rows] = {}
        self._bound = SlotBound(max_batch_sequences)
        self.num_out_of_memory = 0
        """Passes that ran out of memory."""

        self.num_computed_tokens = 0
        """Tokens that the passes of the last run computed, see `Rows.num_computed_tokens`."""

        self.num_padding_tokens = 0
        """How many of them were padding."""

    @property
    def max_batch_sequences(self) -> int:
        """Slots that the memory has room for, as far as is known."""
        return self._bound.slots

    def run(self, batch: Batch) -> list[Progress | Exception]:
        """What each of `batch.sequences` writes in this step, or why it cannot.

        What was kept for sequences that are not in the batch any more is dropped first. If a pass raises, the
        sequences it held get `RunAgain`, for the scheduler to run them in smaller groups; the last one left alone at
        fault gets `InferenceFailed`. What raises while it is read leaves the others as they were.

        Raises:
            DeviceLost: the device itself failed.
        """
        for pool in [pool for pool in self._pools if pool not in batch.pools]:
            del self._pools[pool]
        outcomes: dict[int, Progress | Exception] = {}
        failures = self.num_out_of_memory
        stepping = batch.sequences
        rows = self._rows_of(batch)
        computed, padding = rows.num_computed_tokens, rows.num_padding_tokens
        if batch.joining:
            try:
                rows.add({sequence.number: sequence.prompt for sequence in batch.joining})
            except Exception as error:
                outcomes |= self._failed(error, batch, batch.joining)
                stepping = batch.running
        if stepping:
            try:
                outcomes |= rows.step()
            except Exception as error:
                # What the pool kept may be half written.
                del self._pools[batch.pool]
                outcomes |= self._failed(error, batch, stepping)
        self.num_computed_tokens = rows.num_computed_tokens - computed
        self.num_padding_tokens = rows.num_padding_tokens - padding
        if self.num_out_of_memory == failures:
            self._bound.sufficed(batch.num_slots)
        return [outcomes[sequence.number] for sequence in batch.sequences]

    def release(self) -> None:
        """Drop everything: nothing runs."""
        self._pools.clear()

    def _rows_of(self, batch: Batch) -> Rows:
        """The rows of a batch's pool, without those that run no more."""
        if batch.pool not in self._pools:
            self._pools[batch.pool] = self._models[batch.pool.model_name].new_rows()
        rows = self._pools[batch.pool]
        for number in set(rows.numbers) - {sequence.number for sequence in batch.running}:
            rows.drop(number)
        return rows

    def _failed(
        self, error: Exception, batch: Batch, sequences: tuple[Sequence, ...]
    ) -> dict[int, Progress | Exception]:
        if is_device_lost(error):
            raise DeviceLost(type(error).__name__) from error
        no_memory = is_out_of_memory(error)
        self.num_out_of_memory += no_memory
        if no_memory and batch.num_slots > 1:
            # One alone may be uncommonly long: those beside it had room.
            lone = sequences[0].prompt.num_beams if len(sequences) == 1 else 0
            self._bound.ran_out(batch.num_slots - lone if lone else batch.num_slots // 2)
        # The message of an exception may quote its input, so only its type is logged.
        _log.warning("batch of %d failed with %s", len(sequences), type(error).__name__)
        had_company = len(batch.sequences) > 1 or len(batch.pools) > 1
        if len(sequences) > 1 or (no_memory and had_company):
            return {sequence.number: RunAgain(alone=no_memory) for sequence in sequences}
        return {sequences[0].number: InferenceFailed()}


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out, on the host or on a GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # torch has an exception of its own for GPUs alone; on the host it raises this text.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def is_device_lost(error: Exception) -> bool:
    """Whether an exception says that the device is unusable from now on."""
    return type(error).__name__ == "AcceleratorError"
