"""Attention over rows of different lengths that stand behind each other in one long row, without padding.

A pass of a model is ragged: the new tokens of all its rows are concatenated, so that linear layers compute no padding,
and attention computes each row over its own tokens. The library calls `ragged_attention` in every attention layer; what
the rows are it learns from the `Ragged` that is in use on the thread.

Padding does more harm than its cost: it changes the order in which a kernel sums, and with it the last bit. With 8-bit
linears a value at the edge between two integers is then rounded the other way, and a few layers on another token is the
best one. Here a row's result depends on that row alone.
"""

from typing import Any

import numpy as np
import torch
from transformers import AttentionInterface

from triwire_server.engine.models import attention_kernel
from triwire_server.engine.models.ragged import Ragged, View, current

RAGGED_ATTENTION = "triwire_ragged"
"""Name under which the library knows it."""

_sdpa = torch.nn.functional.scaled_dot_product_attention


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
        kwargs: of the library, of no meaning here but for what changes the result.

    Returns:
        Shape (1, tokens, heads, size); and None.

    Raises:
        NotImplementedError: the layer wants its scores capped, or sinks (Gemma 2, gpt-oss).
    """
    if kwargs.get("softcap") is not None or kwargs.get("s_aux") is not None:
        raise NotImplementedError("attention with capped scores or sinks")
    ragged = current()
    queries = query[0].transpose(0, 1)  # (tokens, heads, size)
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    outputs = torch.empty_like(queries, memory_format=torch.contiguous_format)
    if ragged.is_encoder:
        _attend_themselves(ragged, query, key, value, scaling, position_bias, outputs)
    elif getattr(module, "is_causal", False):
        _attend_slots(ragged, query, queries, key, value, scaling, sliding_window or 0, position_bias, outputs)
    elif _is_for_kernel(key):
        tokens, slots, seen = ragged.all_tokens, ragged.token_sources, ragged.seen_sources
        _attend(queries, key, value, tokens, slots, seen, scaling, 0, None, outputs)
    elif ragged.source_view is not None:
        _attend_view(queries, key, value, ragged.source_view, scaling, 0, None, outputs)
    return outputs[None], None


def write_states(
    keys: torch.Tensor, values: torch.Tensor, key_buffer: torch.Tensor, value_buffer: torch.Tensor
) -> None:
    """Put keys and values of the new tokens into their places.

    Args:
        keys: Shape (1, heads, tokens, size).
        values: as `keys`.
        key_buffer: Shape (slots, heads, columns, size).
        value_buffer: as `key_buffer`.
    """
    ragged = current()
    by_token = [states[0].transpose(0, 1).to(key_buffer.dtype) for states in (keys, values)]  # (tokens, heads, size)
    if _is_for_kernel(key_buffer):
        rows = [states.flatten(1).numpy() for states in by_token]
        buffers = [_by_column(buffer) for buffer in (key_buffer, value_buffer)]
        buffers = [buffer.reshape(*buffer.shape[:2], -1) for buffer in buffers]
        attention_kernel.write(rows[0], rows[1], buffers[0], buffers[1], ragged.token_slots, ragged.columns)
    else:
        slots, columns = ragged.places
        for states, buffer in zip(by_token, (key_buffer, value_buffer), strict=True):
            buffer[slots, :, columns] = states


def _is_for_kernel(buffer: torch.Tensor) -> bool:
    return buffer.device.type == "cpu"


def _by_column(buffer: torch.Tensor) -> np.ndarray:
    """The memory of a buffer as it lies. Shape (slots, columns, heads, size)."""
    array: np.ndarray = buffer.transpose(1, 2).numpy()
    return array


def _attend_themselves(
    ragged: Ragged,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scaling: float,
    bias: torch.Tensor | None,
    outputs: torch.Tensor,
) -> None:
    """Encoder: all tokens of each row over all of that row. Shapes as in `ragged_attention`."""
    for first, end in ragged.spans:
        own = slice(first, end)
        added = None if bias is None else _by_distance(bias, end - first)
        made = _sdpa(query[:, :, own], key[:, :, own], value[:, :, own], attn_mask=added, scale=scaling)
        outputs[own] = made[0].transpose(0, 1)


def _attend_slots(
    ragged: Ragged,
    query: torch.Tensor,
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    scaling: float,
    window: int,
    bias: torch.Tensor | None,
    outputs: torch.Tensor,
) -> None:
    """Decoder: the new tokens of each row over its slot, one by one or, where there are many, as a matrix.

    Args:
        ragged: the rows.
        query: Shape (1, heads, tokens, size).
        queries: the same by token. Shape (tokens, heads, size).
        keys: Shape (slots, key heads, columns, size).
        values: as `keys`.
        scaling: of the products.
        window: how many columns are seen, the last ones; 0: all.
        bias: by head and distance. Shape (heads, distances).
        outputs: written. Shape (tokens, heads, size).
    """
    if _is_for_kernel(keys):
        tokens, slots, seen = ragged.single_tokens, ragged.token_slots, ragged.seen
        _attend(queries, keys, values, tokens, slots, seen, scaling, window, bias, outputs)
    elif ragged.own_view is not None:
        _attend_view(queries, keys, values, ragged.own_view, scaling, window, bias, outputs)
    for first, end, slot, start in ragged.long_rows:
        columns = start + end - first
        outputs[first:end] = _sdpa(
            query[:, :, first:end],
            keys[slot, None, :, :columns].to(query.dtype),
            values[slot, None, :, :columns].to(query.dtype),
            attn_mask=_causal_mask(end - first, columns, window, bias, ragged.device),
            scale=scaling,
            enable_gqa=keys.shape[1] != query.shape[1],
        )[0].transpose(0, 1)


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
    """Each of some tokens over the first columns of its slot: see `attention_kernel.attend_for`."""
    made = outputs if outputs.dtype == torch.float32 else torch.empty_like(outputs, dtype=torch.float32)
    attention_kernel.attend_for(queries.shape[2])(
        queries.float().numpy(), _by_column(keys), _by_column(values), tokens, slots, lengths, scaling, window,
        attention_kernel.NO_BIAS if bias is None else bias.float().numpy(), made.numpy(),
    )  # fmt: skip
    if made is not outputs:
        outputs[tokens] = made[tokens].to(outputs.dtype)


def _attend_view(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    view: View,
    scaling: float,
    window: int,
    bias: torch.Tensor | None,
    outputs: torch.Tensor,
) -> None:
    """The same without the kernel, as a rectangle of tokens and columns with a mask."""
    mask = view.mask(window)
    if bias is not None:
        added = bias[:, view.distances.clamp_min(0)].permute(1, 0, 2)[:, :, None]  # (tokens, heads, 1, columns)
        mask = added.masked_fill(~mask, -torch.inf)
    own = queries if view.tokens is None else queries[view.tokens]
    made = _sdpa(
        own[:, :, None], view.of(keys).to(own.dtype), view.of(values).to(own.dtype), attn_mask=mask, scale=scaling,
        enable_gqa=keys.shape[1] != queries.shape[1],
    )[:, :, 0]  # fmt: skip  # (tokens, heads, size)
    if view.tokens is None:
        outputs.copy_(made)
    else:
        outputs[view.tokens] = made


def _causal_mask(
    count: int, seen: int, window: int, bias: torch.Tensor | None, device: torch.device
) -> torch.Tensor | None:
    """What the last `count` tokens of a row of `seen` tokens see. Shape (1, 1 or heads, count, seen)."""
    places = torch.arange(seen, device=device)  # (seen,), int64
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
    places = torch.arange(length, device=bias.device)  # (length,), int64
    return bias[:, places - places[:, None] + middle][None]
