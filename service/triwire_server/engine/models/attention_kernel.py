"""Attention of single tokens over the kept keys and values of their rows, compiled for the CPU.

The library's attention computes a batch as a rectangle: a row of ten tokens beside one of three hundred costs as much
as that one, and the order of its sums depends on the padding. Here each token reads the columns of its own row and no
others, so that a step costs what its rows hold, and a token's result does not depend, to the last bit, on the rows
beside it. Compiled by numba when first used, which takes seconds; what it made is kept beside this file, or in numba's
folder of the user, for the next start. Keys and values are float32.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

NO_BIAS = np.zeros((0, 0), dtype=np.float32)
"""Stands for no relative positions."""


def _compiled(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Compile a function, or take what an earlier start has kept of it."""

    def compiled(function: Callable[..., None]) -> Any:
        try:
            return numba.njit(function, cache=True, nogil=True, **options)
        except RuntimeError:  # nowhere to write, as in a container that is read-only
            return numba.njit(function, nogil=True, **options)

    return compiled


@functools.cache
def attend_for(size: int) -> Any:
    """The kernel for heads of some size, which the compiler has to know to unroll the products.

    It computes scaled dot product attention of some tokens, each over the first columns of one slot:

        attend(queries, keys, values, tokens, slots, lengths, scaling, window, bias, outputs)

    queries: Shape (all tokens, heads, size), float32.
    keys, values: Shape (slots, columns, key heads, size), float32.
    tokens: which of the queries to compute. Shape (tokens,), int64.
    slots: slot of each of all tokens. Shape (all tokens,), int64.
    lengths: columns that each of all tokens sees, at least 1. Shape (all tokens,), int64.
    scaling: factor of the products.
    window: how many of these columns are seen, the last ones; 0: all.
    bias: added by head and distance from the last column. Shape (heads, columns), or `NO_BIAS`.
    outputs: written at `tokens`. Shape (all tokens, heads, size), float32.
    """

    @_compiled(parallel=True, fastmath=True)
    def attend(
        queries: Any,
        keys: Any,
        values: Any,
        tokens: Any,
        slots: Any,
        lengths: Any,
        scaling: float,
        window: int,
        bias: Any,
        outputs: Any,
    ) -> None:
        heads, key_heads = queries.shape[1], keys.shape[2]
        group = heads // key_heads
        for index in numba.prange(len(tokens)):
            token = tokens[index]
            slot, length = slots[token], lengths[token]
            first = max(0, length - window) if window > 0 else 0
            seen = length - first
            weights = np.empty((seen, heads), np.float32)
            # Column by column over all heads: memory is read in the order in which it lies.
            for place in range(seen):
                for key_head in range(key_heads):
                    for head in range(key_head * group, (key_head + 1) * group):
                        product = np.float32(0.0)
                        for part in range(size):
                            product += queries[token, head, part] * keys[slot, first + place, key_head, part]
                        weights[place, head] = product * np.float32(scaling)
            if bias.shape[0] > 0:
                for place in range(seen):
                    for head in range(heads):
                        weights[place, head] += bias[head, seen - 1 - place]
            largest = np.full(heads, np.float32(-3.0e38), np.float32)
            for place in range(seen):
                for head in range(heads):
                    largest[head] = max(largest[head], weights[place, head])
            total = np.zeros(heads, np.float32)
            for place in range(seen):
                for head in range(heads):
                    weights[place, head] = math.exp(weights[place, head] - largest[head])
                    total[head] += weights[place, head]
            output = np.zeros((heads, size), np.float32)
            for place in range(seen):
                for key_head in range(key_heads):
                    for head in range(key_head * group, (key_head + 1) * group):
                        for part in range(size):
                            output[head, part] += weights[place, head] * values[slot, first + place, key_head, part]
            for head in range(heads):
                for part in range(size):
                    outputs[token, head, part] = output[head, part] / total[head]

    return attend


@_compiled()
def write(keys: Any, values: Any, key_buffer: Any, value_buffer: Any, slots: Any, columns: Any) -> None:
    """Put the keys and values of tokens into their places.

    Args:
        keys: heads of a token behind each other. Shape (tokens, width), float32.
        values: as `keys`.
        key_buffer: Shape (slots, columns, width), float32.
        value_buffer: Shape (slots, columns, width), float32.
        slots: Shape (tokens,), int64.
        columns: Shape (tokens,), int64.
    """
    for token in range(keys.shape[0]):
        key_buffer[slots[token], columns[token]] = keys[token]
        value_buffer[slots[token], columns[token]] = values[token]
