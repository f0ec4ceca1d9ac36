"""Keys and values of the rows that a model is decoding. Rows join and leave at any step.

Rows are kept in slots 0..n-1 of preallocated buffers, without a hole: the last row takes the slot of one that leaves.
All rows write their next token into the same column; a row that joins is aligned to it on the right, and a mask hides
what stands before its first token. So a step writes one column, and distances between columns are those between
tokens, which relative positions need.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

GROWTH = 64
"""Least number of columns by which full buffers grow, so that copies are rare."""

ROW_GROWTH = 8
"""Rows by which full buffers grow."""


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


@dataclass(slots=True)
class _Window:
    """The part of the buffers that is in use: rows 0..rows-1, columns start..end-1."""

    rows: int = 0
    start: int = 0
    end: int = 0


class _RowLayer(DynamicLayer):  # type: ignore[misc]  # transformers is published without types
    """Keys and values of one layer, written in place."""

    def __init__(self, pair: tuple[torch.Tensor, torch.Tensor], window: _Window) -> None:
        super().__init__()
        self._window = window
        self._buffers = tuple(states.new_zeros(0, states.shape[1], 0, states.shape[3]) for states in pair)
        self.dtype, self.device = pair[0].dtype, pair[0].device
        self.is_initialized = True

    def move(self, rows: int, columns: int, target: int) -> None:
        """Put the window into new buffers of so many rows and columns, from column `target` on."""
        self._buffers = tuple(_moved(buffer, self._window, rows, columns, target) for buffer in self._buffers)

    def put(self, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Write rows behind the last one, up to the end of the window."""
        window = self._window
        for buffer, states in zip(self._buffers, pair, strict=True):
            rows, columns = states.shape[0], states.shape[2]
            buffer[window.rows : window.rows + rows, :, window.end - columns : window.end] = states

    def drop(self, row: int) -> None:
        """Copy the last row into the slot of one that leaves."""
        window = self._window
        for buffer in self._buffers:
            buffer[row, :, window.start : window.end] = buffer[window.rows - 1, :, window.start : window.end]

    def show(self) -> None:
        """Let the library see the window."""
        window = self._window
        self.keys, self.values = (buffer[: window.rows, :, window.start : window.end] for buffer in self._buffers)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        window = self._window
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[: window.rows, :, window.end - 1 : window.end] = states
        self.show()
        return self.keys, self.values

    def get_seq_length(self) -> int:
        # Asked for within a step, whose own column is already in the window.
        return self._window.end - self._window.start - 1


class KeyValueRows:
    """Self-attention keys and values of a running batch, with the mask that says which columns a row owns."""

    def __init__(self) -> None:
        self._window = _Window()
        self._layers: list[_RowLayer] = []
        self._mask = torch.zeros(0, 0, dtype=torch.int64)
        self._starts: list[int] = []
        """First column of each row."""

        self._lengths: list[int] = []
        """Tokens of each row."""

        self.cache: Any = None
        """The library's face of the window; None while there are no rows."""

    def __len__(self) -> int:
        return self._window.rows

    def add(self, part: KeyValues) -> None:
        """Let the rows of a part join behind those that are there."""
        part = _without_holes(part)
        window = self._window
        rows, columns = part.mask.shape
        if not self._layers:
            self._layers = [_RowLayer(pair, window) for pair in part.layers]
            self._mask = part.mask.new_zeros(0, 0)
            self.cache = Cache(layers=self._layers)
        if window.rows + rows > self._mask.shape[0] or window.end < columns:
            self._make_room(window.rows + rows, columns)
        for layer, pair in zip(self._layers, part.layers, strict=True):
            layer.put(pair)
        self._mask[window.rows : window.rows + rows] = 0
        self._mask[window.rows : window.rows + rows, window.end - columns : window.end] = part.mask
        lengths = part.mask.sum(dim=1).tolist()
        self._starts += [window.end - length for length in lengths]
        self._lengths += lengths
        window.rows += rows
        window.start = min(self._starts)
        self._show()

    def next_token(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Make room for one more token in each row.

        Returns:
            The attention mask with the new column, shape (rows, columns), and the positions of the new tokens, shape
            (rows, 1); both int64.
        """
        window = self._window
        if window.end == self._mask.shape[1]:
            self._make_room(self._mask.shape[0], 0)
        self._mask[: window.rows, window.end] = 1
        window.end += 1
        positions = torch.tensor(self._lengths, device=self._mask.device)[:, None]
        self._lengths = [length + 1 for length in self._lengths]
        return self._mask[: window.rows, window.start : window.end], positions

    def drop(self, row: int) -> None:
        """Forget a row; the last row takes its slot."""
        window = self._window
        for layer in self._layers:
            layer.drop(row)
        self._mask[row] = self._mask[window.rows - 1]
        for values in (self._starts, self._lengths):
            values[row] = values[-1]
            values.pop()
        window.rows -= 1
        if not window.rows:
            self.__init__()  # type: ignore[misc]  # as new, and the memory is free
            return
        window.start = min(self._starts)
        self._show()

    def _make_room(self, rows: int, columns: int) -> None:
        """Move the window to the start of new buffers that hold more rows, or more columns before or after its end."""
        window = self._window
        width = window.end - window.start
        end = max(width, columns)
        capacity = end + max(GROWTH, end // 2)
        if rows > self._mask.shape[0]:
            rows += -rows % ROW_GROWTH
        for layer in self._layers:
            layer.move(rows, capacity, end - width)
        self._mask = _moved(self._mask[:, None, :, None], window, rows, capacity, end - width)[:, 0, :, 0]
        shift = end - window.end
        self._starts = [start + shift for start in self._starts]
        window.start, window.end = end - width, end

    def _show(self) -> None:
        for layer in self._layers:
            layer.show()


class SourceRows:
    """Cross-attention keys and values of a running batch: written once for each row, aligned on the left."""

    def __init__(self) -> None:
        self._buffers: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._mask = torch.zeros(0, 0, dtype=torch.int64)
        self._lengths: list[int] = []
        self.cache: Any = None
        """The library's face of the rows; None while there are none."""

    @property
    def mask(self) -> torch.Tensor:
        """1 where a source has a token. Shape (rows, tokens of the longest source), int64."""
        return self._mask[: len(self._lengths), : max(self._lengths, default=0)]

    def add(self, part: KeyValues) -> None:
        """Let the sources of a part join behind those that are there."""
        rows, columns = part.mask.shape
        first = len(self._lengths)
        if not self._buffers:
            empty = [
                tuple(states.new_zeros(0, states.shape[1], 0, states.shape[3]) for states in p) for p in part.layers
            ]
            self._buffers = [(keys, values) for keys, values in empty]
            self._mask = part.mask.new_zeros(0, 0)
            self.cache = Cache(layers=[DynamicLayer() for _ in part.layers])
        if first + rows > self._mask.shape[0] or columns > self._mask.shape[1]:
            self._make_room(first + rows, columns)
        for buffers, pair in zip(self._buffers, part.layers, strict=True):
            for buffer, states in zip(buffers, pair, strict=True):
                buffer[first : first + rows, :, :columns] = states
        self._mask[first : first + rows] = 0
        self._mask[first : first + rows, :columns] = part.mask
        self._lengths += part.mask.sum(dim=1).tolist()
        self._show()

    def drop(self, row: int) -> None:
        """Forget a source; the last one takes its slot."""
        last = len(self._lengths) - 1
        length = self._lengths[last]
        for buffers in self._buffers:
            for buffer in buffers:
                buffer[row, :, :length] = buffer[last, :, :length]
        self._mask[row] = self._mask[last]
        self._lengths[row] = length
        self._lengths.pop()
        if not self._lengths:
            self.__init__()  # type: ignore[misc]  # as new, and the memory is free
            return
        self._show()

    def _make_room(self, rows: int, columns: int) -> None:
        rows = max(rows + -rows % ROW_GROWTH, self._mask.shape[0])
        columns = max(columns, self._mask.shape[1])
        window = _Window(len(self._lengths), 0, self._mask.shape[1])
        self._buffers = [
            (_moved(keys, window, rows, columns, 0), _moved(values, window, rows, columns, 0))
            for keys, values in self._buffers
        ]
        self._mask = _moved(self._mask[:, None, :, None], window, rows, columns, 0)[:, 0, :, 0]

    def _show(self) -> None:
        rows, columns = self.mask.shape
        for layer, (keys, values) in zip(self.cache.layers, self._buffers, strict=True):
            layer.keys, layer.values = keys[:rows, :, :columns], values[:rows, :, :columns]
            layer.is_initialized = True


def _moved(buffer: torch.Tensor, window: _Window, rows: int, columns: int, target: int) -> torch.Tensor:
    """A buffer of zeros of another size that holds the window from column `target` on.

    Zeros, not what memory holds: a masked column still takes part in a product with zero.
    """
    moved = buffer.new_zeros(rows, buffer.shape[1], columns, buffer.shape[3])
    width = window.end - window.start
    moved[: window.rows, :, target : target + width] = buffer[: window.rows, :, window.start : window.end]
    return moved


def _without_holes(part: KeyValues) -> KeyValues:
    """The same rows with their padding in front of all their tokens, so that a row is one run of columns.

    Instructions that rows share stand before the padding of their texts.
    """
    if bool((part.mask[:, 1:] >= part.mask[:, :-1]).all()):
        return part
    order = part.mask.argsort(dim=1, stable=True)  # (rows, columns): padding first, tokens in their order

    def sort(states: torch.Tensor) -> torch.Tensor:
        return states.gather(2, order[:, None, :, None].expand_as(states))

    layers = tuple((sort(keys), sort(values)) for keys, values in part.layers)
    return KeyValues(layers, part.mask.gather(1, order))


def left_padded(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids below each other, aligned on the right, and their mask. Shape (rows, longest), int64, both."""
    longest = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, longest - len(row) :] = torch.tensor(row)
        mask[number, longest - len(row) :] = 1
    return ids, mask
