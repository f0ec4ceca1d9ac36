"""Attention that computes each row over its own tokens alone, so that no bit depends on the rows beside it.

Padding is masked, but it changes the order in which a kernel sums, and with it the last bit. In float that rarely
matters. With 8-bit linears it does: a value at the edge between two integers is rounded the other way, and a few layers
on another token is the best one.
"""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ROW_ATTENTION = "triwire_rows"
"""Name under which the library knows it."""

_Places = list[tuple[torch.Tensor | slice, torch.Tensor | slice]]


def row_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    position_bias: torch.Tensor | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """The library's scaled dot product attention, row by row. Called by the library in every attention layer.

    Args:
        module: the layer.
        query: Shape (rows, heads, queries, size).
        key: Shape (rows, key heads, columns, size).
        value: Shape (rows, key heads, columns, size).
        attention_mask: True where a query sees a column, None for everything (that came before, if the layer is
            causal). Shape (rows, 1, queries, columns), bool.
        position_bias: of T5. Shape (1 or rows, heads, queries, columns).
        kwargs: passed on.

    Returns:
        Shape (rows, queries, heads, size), zero where a query is padding; and None.
    """
    rows, _, queries, size = query.shape
    if attention_mask is None:
        seen = torch.ones(queries, key.shape[2], dtype=torch.bool, device=query.device)
        if getattr(module, "is_causal", False) and queries > 1:
            seen = seen.tril(key.shape[2] - queries)
        attention_mask = seen.expand(rows, 1, -1, -1)
    output = query.new_zeros(rows, queries, query.shape[1], size)
    for row, (own_queries, own_columns) in enumerate(_places(module, attention_mask)):
        if queries == 1 and position_bias is None:
            # A step: the query sees all columns of its row, and the way through the library costs more than the sums.
            output[row] = torch.nn.functional.scaled_dot_product_attention(
                query[row : row + 1],
                key[row : row + 1, :, own_columns],
                value[row : row + 1, :, own_columns],
                scale=kwargs.get("scaling"),
                enable_gqa=key.shape[1] != query.shape[1],
            )[0].transpose(0, 1)
            continue
        bias = None
        if position_bias is not None:
            bias = position_bias[row % position_bias.shape[0], None][:, :, own_queries][..., own_columns]
        made, _ = sdpa_attention_forward(
            module,
            query[row, None][:, :, own_queries],
            key[row, None][:, :, own_columns],
            value[row, None][:, :, own_columns],
            attention_mask[row, None][:, :, own_queries][..., own_columns],
            position_bias=bias,
            **kwargs,
        )
        output[row, own_queries] = made[0]
    return output, None


def _places(module: Any, mask: torch.Tensor) -> _Places:
    """For each row its own queries and columns. Every layer asks with the same mask, so the last answers are kept."""
    is_encoder = not getattr(module, "is_decoder", True)
    is_decoder_only = not hasattr(module, "is_decoder")
    key = (id(mask), is_encoder)
    for known, tensor, places in _last:
        if known == key and tensor is mask:
            return places
    queries, columns = mask.shape[2:]
    found: _Places = []
    # The last query of a decoder, and any of an encoder, sees all columns of its row.
    for own in mask[:, 0, -1]:
        indices = own.nonzero()[:, 0]
        own_columns = _as_slice(indices)
        if is_encoder:
            found.append((own_columns, own_columns))
        elif is_decoder_only and queries > 1:
            first = columns - queries
            found.append((_as_slice(indices[indices >= first] - first), own_columns))
        else:
            found.append((slice(None), own_columns))
    # The masks of self-attention and cross-attention; holding them keeps their ids from being given to others.
    _last[:] = [(key, mask, found), *_last[:1]]
    return found


_last: list[tuple[tuple[int, bool], torch.Tensor, _Places]] = []


def _as_slice(indices: torch.Tensor) -> torch.Tensor | slice:
    """A slice where the indices are consecutive: it needs no copy."""
    first, last = int(indices[0]), int(indices[-1])
    return slice(first, last + 1) if last - first + 1 == len(indices) else indices


def use_row_attention(model: Any) -> None:
    """Let a model of the library compute its attention row by row."""
    AttentionInterface.register(ROW_ATTENTION, row_attention)
    AttentionMaskInterface.register(ROW_ATTENTION, sdpa_mask)
    model.set_attn_implementation(ROW_ATTENTION)
