"""Attention over rows of different lengths that stand behind each other in one long row, without padding.

A pass of a model is ragged: the new tokens of all its rows are concatenated, so that linear layers compute no padding,
and attention computes each row over its own tokens. The library calls `ragged_attention` in every attention layer; what
the rows are it learns from the `Ragged` that is in use on the thread.

Padding does more harm than its cost: it changes the order in which a kernel sums, and with it the last bit. With 8-bit
linears a value at the edge between two integers is then rounded the other way, and a few layers on another token is the
best one. Here a row's result depends on that row alone.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import torch
from transformers import AttentionInterface

from triwire_server.engine.models import attention_kernel

RAGGED_ATTENTION = "triwire_ragged"
"""Name under which the library knows it."""

MAX_SINGLE_TOKENS = 4
"""Rows of so many new tokens are computed token by token; longer ones as a matrix, which needs more of them to pay."""

_sdpa = torch.nn.functional.scaled_dot_product_attention


class Ragged:
    """The rows of one pass: how many new tokens each has, and where its earlier ones are kept.

    Args:
        counts: new tokens of each row.
        device: where the model runs.
        slots: in which slot each row keeps its keys and values; None for an encoder, which keeps none.
        starts: tokens that each row has kept already.
        sources: slot of the source of each row; None without an encoder.
        source_lengths: tokens of the source of each row.
    """

    def __init__(
        self,
        counts: Sequence[int],
        device: torch.device,
        *,
        slots: Sequence[int] | None = None,
        starts: Sequence[int] | None = None,
        sources: Sequence[int] | None = None,
        source_lengths: Sequence[int] | None = None,
    ) -> None:
        self.device = device
        self._counts = np.asarray(counts, np.int64)
        self._ends = self._counts.cumsum()
        self._slots = slots
        self._starts = np.zeros_like(self._counts) if starts is None else np.asarray(starts, np.int64)
        self._sources = sources
        self._source_lengths = source_lengths
        firsts = self._ends - self._counts
        self.columns = np.arange(self._ends[-1]) + (self._starts - firsts).repeat(self._counts)
        """Position of each token in its row. Shape (tokens,), int64."""

    @property
    def is_encoder(self) -> bool:
        """Whether each row sees all of itself, and nothing is kept."""
        return self._slots is None

    @cached_property
    def ends(self) -> list[int]:
        """Index of the last token of each row."""
        return [int(end) - 1 for end in self._ends]

    @cached_property
    def positions(self) -> torch.Tensor:
        """Position of each token in its row. Shape (1, tokens), int64."""
        return torch.from_numpy(self.columns)[None].to(self.device)

    @cached_property
    def token_slots(self) -> np.ndarray:
        """Slot of each token. Shape (tokens,), int64."""
        return np.asarray(self._slots, np.int64).repeat(self._counts)

    @cached_property
    def seen(self) -> np.ndarray:
        """Columns of its slot that each token sees, its own included. Shape (tokens,), int64."""
        seen: np.ndarray = self.columns + 1
        return seen

    @cached_property
    def token_sources(self) -> np.ndarray:
        """Slot of the source of each token. Shape (tokens,), int64."""
        return np.asarray(self._sources, np.int64).repeat(self._counts)

    @cached_property
    def seen_sources(self) -> np.ndarray:
        """Tokens of the source of each token. Shape (tokens,), int64."""
        return np.asarray(self._source_lengths, np.int64).repeat(self._counts)

    @cached_property
    def all_tokens(self) -> np.ndarray:
        """Every token. Shape (tokens,), int64."""
        return np.arange(len(self.columns))

    @cached_property
    def single_tokens(self) -> np.ndarray:
        """Tokens of the rows that are computed token by token. Shape (at most tokens,), int64."""
        return np.flatnonzero((self._counts <= MAX_SINGLE_TOKENS).repeat(self._counts))

    @cached_property
    def long_rows(self) -> list[tuple[int, int, int, int]]:
        """First token, end, slot and kept tokens of the rows that are computed as a matrix."""
        assert self._slots is not None  # noqa: S101 - for the type checker
        return [
            (int(end - count), int(end), slot, int(start))
            for count, end, slot, start in zip(self._counts, self._ends, self._slots, self._starts, strict=True)
            if count > MAX_SINGLE_TOKENS
        ]

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """First token and end of each row."""
        return [(int(end - count), int(end)) for count, end in zip(self._counts, self._ends, strict=True)]


class _Current(threading.local):
    ragged: Ragged | None = None


_current = _Current()


@contextmanager
def using(ragged: Ragged) -> Iterator[None]:
    """Let the passes of this thread be over these rows."""
    _current.ragged = ragged
    try:
        yield
    finally:
        _current.ragged = None


def current() -> Ragged:
    """The rows of the pass that is under way on this thread."""
    if _current.ragged is None:
        raise RuntimeError("a model with ragged attention runs only within using()")
    return _current.ragged


def use_ragged_attention(model: Any) -> None:
    """Let a model of the library compute its attention with `ragged_attention`."""
    AttentionInterface.register(RAGGED_ATTENTION, ragged_attention)
    # No mask is registered under the name, so the library makes none: the rows say what is seen.
    model.set_attn_implementation(RAGGED_ATTENTION)


def ragged_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    position_bias: torch.Tensor | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """The library's attention over the rows in use. Called by the library in every attention layer.

    Args:
        module: the layer; a causal one sees the slots of the rows, another one their sources.
        query: of the new tokens. Shape (1, heads, tokens, size).
        key: of an encoder, shape (1, heads, tokens, size); else of all slots, shape (slots, key heads, columns, size).
        value: as `key`.
        attention_mask: None.
        scaling: of the products; None: one over the root of `size`.
        position_bias: of T5, by head and distance, see `relative_positions`. Shape (heads, distances).
        sliding_window: how many columns are seen, the last ones; None: all.
        kwargs: of the library, of no meaning here.

    Returns:
        Shape (1, tokens, heads, size); and None.
    """
    ragged = current()
    queries = query[0].transpose(0, 1)  # (tokens, heads, size)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    outputs = torch.empty_like(queries, memory_format=torch.contiguous_format)
    if ragged.is_encoder:
        for first, end in ragged.spans:
            own = slice(first, end)
            bias = None if position_bias is None else _by_distance(position_bias, end - first)
            made = _sdpa(query[:, :, own], key[:, :, own], value[:, :, own], attn_mask=bias, scale=scaling)
            outputs[own] = made[0].transpose(0, 1)
    elif getattr(module, "is_causal", False):
        window = sliding_window or 0
        _attend(
            queries, key, value, ragged.single_tokens, ragged.token_slots, ragged.seen, scaling, window, position_bias,
            outputs,
        )  # fmt: skip
        for first, end, slot, start in ragged.long_rows:
            seen = start + end - first
            outputs[first:end] = _sdpa(
                query[:, :, first:end],
                key[slot, None, :, :seen],
                value[slot, None, :, :seen],
                attn_mask=_causal_mask(end - first, seen, window, position_bias, ragged.device),
                scale=scaling,
                enable_gqa=key.shape[1] != query.shape[1],
            )[0].transpose(0, 1)
    else:
        _attend(
            queries, key, value, ragged.all_tokens, ragged.token_sources, ragged.seen_sources, scaling, 0, None,
            outputs,
        )  # fmt: skip
    return outputs[None], None


def write_states(states: torch.Tensor, buffer: torch.Tensor) -> None:
    """Put keys or values of the new tokens into their places.

    Args:
        states: Shape (1, heads, tokens, size).
        buffer: Shape (slots, heads, columns, size).
    """
    ragged = current()
    rows = states[0].transpose(0, 1)
    if _is_for_kernel(buffer):
        attention_kernel.write(rows.numpy(), _by_column(buffer), ragged.token_slots, ragged.columns)
    else:
        slots, columns = (torch.from_numpy(a).to(buffer.device) for a in (ragged.token_slots, ragged.columns))
        buffer[slots, :, columns] = rows


def _is_for_kernel(buffer: torch.Tensor) -> bool:
    return buffer.device.type == "cpu" and buffer.dtype == torch.float32


def _by_column(buffer: torch.Tensor) -> np.ndarray:
    """The memory of a buffer as it lies. Shape (slots, columns, heads, size)."""
    array: np.ndarray = buffer.transpose(1, 2).numpy()
    return array


def _attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    tokens: np.ndarray,
    slots: np.ndarray,
    lengths: np.ndarray,
    scaling: float,
    window: int,
    bias: torch.Tensor | None,
    outputs: torch.Tensor,
) -> None:
    """Each of some tokens over the first columns of its slot: see `attention_kernel.attend`."""
    if not len(tokens):
        return
    if _is_for_kernel(keys):
        attention_kernel.attend(
            queries.numpy(), _by_column(keys), _by_column(values), tokens, slots, lengths, scaling, window,
            attention_kernel.NO_BIAS if bias is None else bias.numpy(), outputs.numpy(),
        )  # fmt: skip
        return
    columns = int(lengths[tokens].max())
    own_slots = slots[tokens]
    if np.array_equal(own_slots, np.arange(len(tokens))):
        own_keys, own_values = (buffer[: len(tokens), :, :columns] for buffer in (keys, values))
    else:
        index = torch.from_numpy(own_slots).to(keys.device)
        own_keys, own_values = (buffer[index, :, :columns] for buffer in (keys, values))
    index = torch.from_numpy(tokens).to(keys.device)
    distances = (
        torch.from_numpy(lengths[tokens])[:, None].to(keys.device) - 1 - torch.arange(columns, device=keys.device)
    )  # (tokens, columns), negative behind the row's end
    seen = distances >= 0
    if window:
        seen &= distances < window
    mask = seen[:, None, None]  # (tokens, 1, 1, columns), bool
    if bias is not None:
        added = bias[:, distances.clamp_min(0)].permute(1, 0, 2)[:, :, None]  # (tokens, heads, 1, columns)
        mask = added.masked_fill(~mask, -torch.inf)
    outputs[index] = _sdpa(
        queries[index][:, :, None], own_keys, own_values, attn_mask=mask, scale=scaling,
        enable_gqa=keys.shape[1] != queries.shape[1],
    )[:, :, 0]  # fmt: skip


def _causal_mask(
    count: int, seen: int, window: int, bias: torch.Tensor | None, device: torch.device
) -> torch.Tensor | None:
    """What the last `count` tokens of a row of `seen` tokens see. Shape (1, 1 or heads, count, seen)."""
    places = torch.arange(seen, device=device)
    distances = places[seen - count :, None] - places  # (count, seen), negative for what comes later
    mask = distances >= 0
    if window:
        mask &= distances < window
    if bias is None:
        return mask[None, None]
    return bias[:, distances.clamp_min(0)].masked_fill(~mask, -torch.inf)[None]


def _by_distance(bias: torch.Tensor, length: int) -> torch.Tensor:
    """The relative positions of an encoder's row of some length, out of those for a longer one.

    Args:
        bias: for distances of -(n-1)..n-1. Shape (heads, 2n - 1).
        length: at most n.

    Returns:
        Shape (1, heads, length, length).
    """
    middle = bias.shape[1] // 2
    places = torch.arange(length, device=bias.device)
    return bias[:, places - places[:, None] + middle][None]
