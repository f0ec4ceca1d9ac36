"""Keys and values of a running batch of a decoder-only model, from which rows leave as they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

GROWTH = 64
"""Columns by which full buffers grow: a copy of everything each 64 tokens, and no room for outputs that end early."""


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Keys and values of some texts that were read together.

    Attributes:
        layers: for each layer keys and values. Shape (rows, heads, columns, size).
        mask: 1 where a column holds a token, 0 where it is padding. Shape (rows, columns), int64.
    """

    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]
    mask: torch.Tensor

    @classmethod
    def of_cache(cls, cache: Any, mask: torch.Tensor) -> "KeyValues":
        """What the library's cache holds after a forward pass."""
        return cls(tuple((layer.keys, layer.values) for layer in cache.layers), mask)

    def repeated(self, rows: int) -> Any:
        """A cache of the library in which each of so many rows continues this one row."""
        cache = DynamicCache()
        for number, (keys, values) in enumerate(self.layers):
            cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), number)
        return cache


class _RowLayer(DynamicLayer):  # type: ignore[misc]  # transformers is published without types
    """One layer's buffers; `keys` and `values`, which the library reads, are views of them."""

    def __init__(self, pairs: Sequence[tuple[torch.Tensor, torch.Tensor]], columns: int) -> None:
        super().__init__()
        self._buffers = tuple(_join([pair[part] for pair in pairs], columns) for part in (0, 1))
        self._rows, self._columns = self._buffers[0].shape[0], columns
        self.dtype, self.device = self._buffers[0].dtype, self._buffers[0].device
        self.is_initialized = True
        self._show()

    def _show(self) -> None:
        self.keys, self.values = (buffer[: self._rows, :, : self._columns] for buffer in self._buffers)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        end = self._columns + key_states.shape[2]
        if end > self._buffers[0].shape[2]:
            self._buffers = tuple(_widen(buffer[: self._rows], self._columns, end) for buffer in self._buffers)
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[: self._rows, :, self._columns : end] = states
        self._columns = end
        self._show()
        return self.keys, self.values

    def drop(self, row: int) -> None:
        last = self._rows - 1
        for buffer in self._buffers:
            buffer[row, :, : self._columns] = buffer[last, :, : self._columns]
        self._rows = last
        self._show()


class KeyValueRows:
    """The rows of a batch that is being decoded, in slots 0..n-1.

    Args:
        parts: texts that were read in separate passes. Shorter ones are padded on the left, so that every row writes
            its next token into the same column.
    """

    def __init__(self, parts: Sequence[KeyValues]) -> None:
        columns = max(part.mask.shape[1] for part in parts)
        numbers = range(len(parts[0].layers))
        layers = [_RowLayer([part.layers[number] for part in parts], columns) for number in numbers]
        self.cache: Any = Cache(layers=layers)
        self._mask = torch.cat(
            [torch.nn.functional.pad(part.mask, (columns - part.mask.shape[1], 0)) for part in parts]
        )

    def next_token(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Make room for one more token in each row.

        Returns:
            The attention mask with the new column, shape (rows, columns), and the positions of the new tokens, shape
            (rows, 1); both int64.
        """
        positions = self._mask.sum(dim=1, keepdim=True)
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        return self._mask, positions

    def drop(self, row: int) -> None:
        """Forget a row; the last row takes its slot."""
        for layer in self.cache.layers:
            layer.drop(row)
        self._mask[row] = self._mask[-1]
        self._mask = self._mask[:-1]


def _join(tensors: Sequence[torch.Tensor], columns: int) -> torch.Tensor:
    """Rows of several tensors below each other, each right-aligned to so many columns, with room to grow."""
    first = tensors[0]
    rows = sum(tensor.shape[0] for tensor in tensors)
    # Zeros, not what memory holds: a masked column still takes part in a product with zero.
    buffer = first.new_zeros(rows, first.shape[1], columns + GROWTH, first.shape[3])
    start = 0
    for tensor in tensors:
        end = start + tensor.shape[0]
        buffer[start:end, :, columns - tensor.shape[2] : columns] = tensor
        start = end
    return buffer


def _widen(buffer: torch.Tensor, columns: int, end: int) -> torch.Tensor:
    """A wider buffer with the same first columns."""
    wider = buffer.new_zeros(buffer.shape[0], buffer.shape[1], end + GROWTH, buffer.shape[3])
    wider[:, :, :columns] = buffer[:, :, :columns]
    return wider
