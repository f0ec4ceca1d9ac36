"""The tensors of a published checkpoint, some rows at a time, and which of the library's weights each of them is."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from triwire_server.engine.models.checkpoint_files import weight_files
from triwire_server.engine.models.tensor_file import TensorShape
from triwire_server.model_errors import CheckpointError, first_line
from triwire_server.profiles.profile import ModelSpec

ROWS_AT_ONCE = 8192
"""Rows of a tensor that are held in memory at one time."""


class PublishedWeights:
    """The tensors of a published checkpoint, in one file or several.

    Raises:
        CheckpointError: a file is missing or damaged.
    """

    def __init__(self, spec: ModelSpec, directory: Path) -> None:
        self._spec = spec
        self._directory = directory
        self._stack = ExitStack()
        self._files: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        """File of each tensor."""

    def __enter__(self) -> "PublishedWeights":
        files = weight_files(self._spec, self._directory)
        try:
            for file in files:
                self._files[file] = self._stack.enter_context(safe_open(self._directory / file, framework="pt"))
                self.names |= dict.fromkeys(self._files[file].keys(), file)
        except (OSError, SafetensorError) as error:
            self._stack.close()
            raise CheckpointError(f"{self._spec.full_name}: {file} cannot be read: {first_line(error)}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def shape(self, name: str) -> TensorShape:
        """Type and shape of a tensor."""
        part = self._slice(name)
        shape = tuple(part.get_shape())
        return TensorShape((part[:0] if shape else self._tensor(name)).dtype, shape)

    def rows(self, name: str) -> Iterator[torch.Tensor]:
        """A tensor, some rows at a time; all of it if it has none."""
        shape = self._slice(name).get_shape()
        if not shape:
            yield self._tensor(name)
            return
        for start in range(0, shape[0], ROWS_AT_ONCE):
            yield self._slice(name)[start : start + ROWS_AT_ONCE]

    def _slice(self, name: str) -> Any:
        return self._files[self.names[name]].get_slice(name)

    def _tensor(self, name: str) -> torch.Tensor:
        tensor: torch.Tensor = self._files[self.names[name]].get_tensor(name)
        return tensor


@dataclass(frozen=True, slots=True)
class TensorNames:
    """Which tensor of a checkpoint fills which of the library's."""

    stored: dict[str, str]
    """Name in the checkpoint, by name in the library."""

    tied: dict[str, str]
    """Name of the weight that a weight shares, by name in the library."""


def match_names(spec: ModelSpec, model: Any, checkpoint: PublishedWeights) -> TensorNames:
    """Match names as the library does when it loads a checkpoint."""
    expected = dict.fromkeys(model.state_dict())
    stored: dict[str, str] = {}
    for name in checkpoint.names:
        # Checkpoints of the bare model lack the prefix. What nothing expects is not used, as in the library.
        for known in (name, f"{model.base_model_prefix}.{name}"):
            if known in expected:
                stored[known] = name
                break
    tied: dict[str, str] = {}
    for target, source in model.all_tied_weights_keys.items():
        if source not in stored and target in stored:
            stored[source] = stored.pop(target)
        if target not in stored:
            tied[target] = source
        elif _are_equal(checkpoint, stored[target], stored[source]):
            del stored[target]
            tied[target] = source
        # Else both are there and differ: T5's configuration calls every head tied, and MADLAD-400 has its own.
    computed = [path for path, module in model.named_modules() if "Sinusoidal" in type(module).__name__]
    for name in expected:
        is_computed = name.rpartition(".")[0] in computed or name == "final_logits_bias"
        if name not in stored and tied.get(name, name) not in stored and not is_computed:
            raise CheckpointError(f"{spec.full_name}: the weights lack {name}; fetch the checkpoint again")
    return TensorNames(stored, tied)


def _are_equal(checkpoint: PublishedWeights, left: str, right: str) -> bool:
    if left == right:
        return True
    return checkpoint.shape(left) == checkpoint.shape(right) and all(
        torch.equal(*pair) for pair in zip(checkpoint.rows(left), checkpoint.rows(right), strict=True)
    )
