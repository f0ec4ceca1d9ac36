"""Slots and their keys and values.

A running row has a slot in preallocated buffers; its tokens stand in columns 0..n-1 of it. Slots in use are 0..m-1,
without a hole: who leaves gives its slot to the last one. Nothing else is ever moved, except when the buffers grow.
"""

import math
import mmap
from collections.abc import Sequence
from typing import Any

import torch
from transformers import Cache
from transformers.cache_utils import DynamicLayer

from triwire_server.engine.models.attention import write_states

FEWEST_SLOTS = 8
COLUMNS = 64
"""Columns are a multiple of so many."""


class SlotLayer(DynamicLayer):  # type: ignore[misc]  # transformers is published without types
    """Keys and values of one layer: `keys` and `values` have shape (slots, heads, columns, size)."""

    def __init__(self) -> None:
        super().__init__()
        self.num_slots = 0
        self.num_columns = 0

    def resize(self, slots: int, columns: int, lengths: Sequence[int]) -> None:
        """Take room for so many slots and columns; the first columns of the slots in use stay."""
        self.num_slots, self.num_columns = slots, columns
        if not self.is_initialized:
            return
        old = (self.keys, self.values)
        self.make(self.keys)
        for grown, buffer in zip((self.keys, self.values), old, strict=True):
            for slot, length in enumerate(lengths):
                grown[slot, :, :length] = buffer[slot, :, :length]

    def make(self, states: torch.Tensor) -> None:
        """Make the buffers, for states of shape (..., heads, any, size). On a CPU they are float32, for the kernel."""
        # In memory the heads of a column lie together: a slot is then one run of memory, which is read in its order.
        shape = (self.num_slots, self.num_columns, states.shape[-3], states.shape[-1])
        self.keys, self.values = _zeros(shape, states).transpose(1, 2), _zeros(shape, states).transpose(1, 2)
        self.dtype, self.device = self.keys.dtype, states.device
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by the library: keep the new tokens of the pass. Shape (1, heads, tokens, size)."""
        if not self.is_initialized:
            self.make(key_states)
        write_states(key_states, value_states, self.keys, self.values)
        return self.keys, self.values

    def put(self, slot: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Fill the first columns of a slot. Shape (heads, tokens, size)."""
        if not self.is_initialized:
            self.make(keys)
        self.keys[slot, :, : keys.shape[1]] = keys
        self.values[slot, :, : values.shape[1]] = values

    def copy(self, sources: Sequence[int], targets: Sequence[int], columns: int) -> None:
        """Put the first columns of some slots into others."""
        for buffer in (self.keys, self.values):
            for source, target in zip(sources, targets, strict=True):
                buffer[target, :, :columns] = buffer[source, :, :columns]

    def get_seq_length(self) -> int:
        """Asked for by the library, to count positions: rows have their own, which it is told."""
        return 0


class SlotCache(Cache):  # type: ignore[misc]  # transformers is published without types
    """The slots of all layers, with the face of the library's cache.

    Args:
        num_layers: attention layers that keep states.
        device: where the model runs.
    """

    def __init__(self, num_layers: int, device: torch.device) -> None:
        super().__init__(layers=[SlotLayer() for _ in range(num_layers)])
        # Where columns take no memory until they are written, there are twice as many each time.
        self._doubles = device.type == "cpu"
        self.num_slots = 0
        self.num_columns = 0
        self.generation = 0
        """Counts how often the buffers were moved."""

    @property
    def is_made(self) -> bool:
        """Whether the buffers exist: the first states make them."""
        return bool(self.layers[0].is_initialized)

    def reserve(self, slots: int, columns: int, lengths: Sequence[int] = ()) -> None:
        """See to it that there are so many slots and columns.

        Slots are a power of two and columns a multiple of a few, so that copies are rare.

        Args:
            slots: how many there are to be.
            columns: of each.
            lengths: columns that each slot in use keeps.
        """
        if slots <= self.num_slots and columns <= self.num_columns:
            return
        if slots > self.num_slots:
            self.num_slots = max(FEWEST_SLOTS, 1 << (slots - 1).bit_length())
        if columns > self.num_columns:
            columns = max(columns, 2 * self.num_columns) if self._doubles else columns
            self.num_columns = columns + -columns % COLUMNS
        self.generation += 1
        for layer in self.layers:
            layer.resize(self.num_slots, self.num_columns, lengths)

    def put(self, slot: int, states: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """Fill the first columns of a slot in all layers. Shape of each (heads, tokens, size)."""
        for layer, (keys, values) in zip(self.layers, states, strict=True):
            layer.put(slot, keys, values)

    def copy(self, sources: Sequence[int], targets: Sequence[int], columns: int) -> None:
        """Put the first columns of some slots into others, in all layers. No slot is both read and written."""
        for layer in self.layers:
            layer.copy(sources, targets, columns)


def _zeros(shape: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
    """Zeros, since a column that is masked still takes part in a product with zero."""
    if like.device.type != "cpu":
        return like.new_zeros(shape)
    # Pages of their own, which take no memory and no time until they are written: torch writes its zeros at once, and
    # numpy asks for pages so large that the first token in each costs milliseconds.
    memory = mmap.mmap(-1, math.prod(shape) * torch.float32.itemsize)
    return torch.frombuffer(memory, dtype=torch.float32).view(shape)
