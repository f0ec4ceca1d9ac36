"""Relative positions of the T5 family as a table by distance, for rows that are at positions of their own.

The library computes them for one position of the whole batch, as a matrix. They depend on the distance between two
tokens alone, so that one table serves every row.
"""

from typing import Any

import torch


class RelativePositions:
    """Takes the place of `compute_bias` in an attention layer of T5, mT5 or umT5.

    Args:
        attention: a layer that has relative positions of its own.
    """

    def __init__(self, attention: Any) -> None:
        self._attention = attention
        self._original = attention.compute_bias
        self._table: torch.Tensor | None = None

    def __call__(self, query_length: int, key_length: int, device: Any = None, past_seen_tokens: Any = 0) -> Any:
        """The bias by head and distance.

        Args:
            query_length: new tokens; of no meaning here.
            key_length: n, the longest row that is asked for.
            device: of no meaning here: the table is where the layer is.
            past_seen_tokens: of no meaning here.

        Returns:
            Decoder: for 0..n-1 tokens back, shape (heads, n). Encoder: for -(n-1)..n-1, shape (heads, 2n - 1).
        """
        length = key_length if self._attention.is_decoder else 2 * key_length - 1
        if self._table is None or self._table.shape[1] < length:
            self._table = self._make(key_length)
        middle = self._table.shape[1] // 2
        if self._attention.is_decoder:
            return self._table[:, :length]
        return self._table[:, middle - key_length + 1 : middle + key_length]

    def _make(self, key_length: int) -> torch.Tensor:
        """The library's own biases of one token over columns before, and for an encoder behind, its own."""
        if self._attention.is_decoder:
            table = self._original(1, key_length, past_seen_tokens=key_length - 1)[0, :, 0].flip(1)
        else:
            table = self._original(1, 2 * key_length - 1, past_seen_tokens=key_length - 1)[0, :, 0]
        contiguous: torch.Tensor = table.contiguous()
        return contiguous


def use_relative_positions(model: Any) -> None:
    """Let every layer of a model that has relative positions answer by distance."""
    for module in model.modules():
        if getattr(module, "has_relative_attention_bias", False):
            module.compute_bias = RelativePositions(module)
