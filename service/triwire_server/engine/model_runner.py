"""Runs a batch on its model, and finds the sequence at fault when a batch fails."""

import logging
from collections.abc import Mapping, Sequence

from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.sequence import Batch
from triwire_server.errors import InferenceFailed

_log = logging.getLogger(__name__)


class DeviceLost(Exception):
    """The device answers no more; the process has to end."""


class ModelRunner:
    """Runs batches on the models it was given. Called on the device's thread alone."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        self.max_batch_sequences: int | None = None
        """Bound learned from running out of memory; None: never ran out."""

    def run(self, batch: Batch) -> list[list[int] | Exception]:
        """Token ids of each sequence, or why it has none.

        A batch that raises is run again in halves until the one sequence at fault is alone; only that one fails.

        Raises:
            DeviceLost: the device itself failed.
        """
        return self._run(self._models[batch.model_name], [sequence.prompt for sequence in batch.sequences])

    def _run(self, model: Model, prompts: Sequence[Prompt]) -> list[list[int] | Exception]:
        try:
            return list(model.generate(prompts))
        except Exception as error:
            if is_device_lost(error):
                raise DeviceLost(type(error).__name__) from error
            if is_out_of_memory(error) and len(prompts) > 1:
                self.max_batch_sequences = min(self.max_batch_sequences or len(prompts), len(prompts) // 2)
            # The message of an exception may quote its input, so only its type is logged.
            _log.warning("batch of %d failed with %s", len(prompts), type(error).__name__)
            if len(prompts) == 1:
                return [InferenceFailed()]
        middle = len(prompts) // 2
        return self._run(model, prompts[:middle]) + self._run(model, prompts[middle:])


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out, on the host or on a GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # torch has an exception of its own for GPUs alone; on the host it raises this text.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def is_device_lost(error: Exception) -> bool:
    """Whether an exception says that the accelerator is unusable from now on."""
    return type(error).__name__ == "AcceleratorError"
