"""Attention of single tokens over the kept keys and values of their rows, compiled for the CPU.

The library's attention computes a batch as a rectangle: a row of ten tokens beside one of three hundred costs as much
as that one, and the order of its sums depends on the padding. Here each token reads the columns of its own row and no
others, so that a step costs what its rows hold, and a token's result does not depend, to the last bit, on the rows
beside it. Compiled by numba when first used, which takes about a second; float32 alone.
"""

import math
from typing import Any

import numba
import numpy as np

NO_BIAS = np.zeros((0, 0), dtype=np.float32)
"""Stands for no relative positions."""


@numba.njit(parallel=True, fastmath=True, nogil=True)
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
    """Scaled dot product attention of some tokens, each over the first columns of one slot.

    Args:
        queries: Shape (all tokens, heads, size), float32.
        keys: Shape (slots, columns, key heads, size), float32.
        values: Shape (slots, columns, key heads, size), float32.
        tokens: which of the queries to compute. Shape (tokens,), int64.
        slots: slot of each of all tokens. Shape (all tokens,), int64.
        lengths: columns that each of all tokens sees, at least 1. Shape (all tokens,), int64.
        scaling: factor of the products.
        window: how many of these columns are seen, the last ones; 0: all.
        bias: added by head and distance from the last column. Shape (heads, columns), or `NO_BIAS`.
        outputs: written at `tokens`. Shape (all tokens, heads, size), float32.
    """
    heads, size = queries.shape[1], queries.shape[2]
    group = heads // keys.shape[2]
    for index in numba.prange(len(tokens)):
        token = tokens[index]
        slot, length = slots[token], lengths[token]
        first = max(0, length - window) if window > 0 else 0
        own_keys, own_values = keys[slot], values[slot]
        weights = np.empty((heads, length - first), np.float32)
        # Column by column over all heads: memory is read in the order in which it lies.
        for place in range(length - first):
            for head in range(heads):
                product = np.float32(0.0)
                for part in range(size):
                    product += queries[token, head, part] * own_keys[first + place, head // group, part]
                product *= np.float32(scaling)
                if bias.shape[0] > 0:
                    product += bias[head, length - 1 - first - place]
                weights[head, place] = product
        for head in range(heads):
            largest = np.float32(-3.0e38)
            for place in range(length - first):
                largest = max(largest, weights[head, place])
            total = np.float32(0.0)
            for place in range(length - first):
                weights[head, place] = math.exp(weights[head, place] - largest)
                total += weights[head, place]
            for place in range(length - first):
                weights[head, place] /= total
        outputs[token] = 0.0
        for place in range(length - first):
            for head in range(heads):
                weight = weights[head, place]
                for part in range(size):
                    outputs[token, head, part] += weight * own_values[first + place, head // group, part]


@numba.njit(fastmath=True, nogil=True)
def write(states: Any, buffer: Any, slots: Any, columns: Any) -> None:
    """Put the states of tokens into their places.

    Args:
        states: Shape (tokens, heads, size), float32.
        buffer: Shape (slots, columns, heads, size), float32.
        slots: Shape (tokens,), int64.
        columns: Shape (tokens,), int64.
    """
    for token in range(states.shape[0]):
        for head in range(states.shape[1]):
            for part in range(states.shape[2]):
                buffer[slots[token], columns[token], head, part] = states[token, head, part]
