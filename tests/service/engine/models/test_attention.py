"""The attention of ragged rows against the library's own, for each row by itself."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from triwire_server.engine.models import attention
from triwire_server.engine.models.attention import ragged_attention, write_states
from triwire_server.engine.models.ragged import Ragged, using

SIZE = 16
CPU = torch.device("cpu")


class Layer:
    """What the function asks of a layer."""

    def __init__(self, *, is_causal: bool) -> None:
        self.is_causal = is_causal


def tensors(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def expected(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    *,
    window: int = 0,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    """The last tokens of one row, each over what came before. Shapes (heads, tokens, size)."""
    count, seen = query.shape[1], keys.shape[1]
    distances = torch.arange(seen - count, seen)[:, None] - torch.arange(seen)
    mask = torch.where((distances >= 0) & (not window or distances < window), 0.0, -torch.inf)[None]
    if bias is not None:
        mask = mask + bias[:, distances.clamp_min(0)]
    made = scaled_dot_product_attention(
        query[None], keys[None], values[None], attn_mask=mask, enable_gqa=len(query) != len(keys)
    )
    return made[0].transpose(0, 1)


def decode(
    counts: Sequence[int],
    starts: Sequence[int],
    slots: Sequence[int],
    *,
    heads: int = 4,
    key_heads: int = 4,
    dtype: torch.dtype = torch.float32,
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A pass of a decoder: the outputs with what they were made of."""
    tokens = sum(counts)
    buffer_shape = (max(slots) + 2, 40, key_heads, SIZE)
    keys, values = (tensors(*buffer_shape, seed=seed).transpose(1, 2) for seed in (1, 2))
    query = tensors(1, tokens, heads, SIZE, seed=3).to(dtype).transpose(1, 2)
    with using(Ragged(counts, CPU, slots=slots, starts=starts)):
        outputs, _ = ragged_attention(Layer(is_causal=True), query, keys, values, None, **kwargs)
    return outputs[0], query[0], keys, values


rows_of_a_pass = st.lists(st.tuples(st.sampled_from([1, 1, 1, 2, 5, 9]), st.integers(0, 30)), min_size=1, max_size=6)


@given(rows_of_a_pass, st.sampled_from([(4, 4), (4, 2), (6, 1)]), st.sampled_from([None, 1, 7]), st.randoms())
@settings(max_examples=40)  # the kernel is compiled in the first example
def test_each_token_sees_its_own_row_up_to_itself(
    rows: list[tuple[int, int]], heads: tuple[int, int], window: int | None, random: Any
) -> None:
    counts, starts = [count for count, _ in rows], [start for _, start in rows]
    slots = random.sample(range(9), len(rows))
    outputs, query, keys, values = decode(
        counts, starts, slots, heads=heads[0], key_heads=heads[1], sliding_window=window
    )
    first = 0
    for count, start, slot in zip(counts, starts, slots, strict=True):
        own = slice(first, first + count)
        wanted = expected(
            query[:, own], keys[slot, :, : start + count], values[slot, :, : start + count], window=window or 0
        )
        torch.testing.assert_close(outputs[own], wanted, rtol=1e-4, atol=1e-5)
        first += count


def test_relative_positions_are_added_by_distance() -> None:
    bias = tensors(4, 40, seed=4)
    outputs, query, keys, values = decode([1, 6], [12, 3], [1, 0], position_bias=bias)
    torch.testing.assert_close(
        outputs[:1], expected(query[:, :1], keys[1, :, :13], values[1, :, :13], bias=bias), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        outputs[1:], expected(query[:, 1:], keys[0, :, :9], values[0, :, :9], bias=bias), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("window", [None, 5])
@pytest.mark.parametrize("slots", [[0, 1, 2], [2, 0, 3]])
@pytest.mark.parametrize("has_bias", [False, True])
def test_the_way_without_the_kernel_gives_the_same(
    window: int | None, slots: list[int], has_bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bias = tensors(4, 40, seed=4) if has_bias else None
    arguments = ([1, 2, 7], [12, 0, 3], slots)
    with_kernel = decode(*arguments, key_heads=2, sliding_window=window, position_bias=bias)[0]
    monkeypatch.setattr(attention, "_is_for_kernel", lambda buffer: False)
    without = decode(*arguments, key_heads=2, sliding_window=window, position_bias=bias)[0]
    torch.testing.assert_close(without, with_kernel, rtol=1e-4, atol=1e-5)


def test_bfloat16_is_computed_in_float32_and_given_back() -> None:
    outputs, query, keys, values = decode([1, 1], [5, 9], [1, 0], dtype=torch.bfloat16)
    wanted = expected(query[:, :1].float(), keys[1, :, :6], values[1, :, :6])
    torch.testing.assert_close(outputs[:1], wanted.to(torch.bfloat16), rtol=0.01, atol=0.01)


def test_a_token_has_the_same_bits_beside_any_rows() -> None:
    counts, starts, slots = [1, 2, 1, 8], [17, 0, 3, 5], [3, 1, 0, 2]
    outputs, query, keys, values = decode(counts, starts, slots)
    first = 0
    for count, start, slot in zip(counts, starts, slots, strict=True):
        own = slice(first, first + count)
        with using(Ragged([count], CPU, slots=[slot], starts=[start])):
            alone, _ = ragged_attention(Layer(is_causal=True), query[None, :, own], keys, values, None)
        assert torch.equal(alone[0], outputs[own])
        first += count


def test_sources_are_seen_whole_by_every_token_of_their_rows() -> None:
    counts, sources, lengths = [1, 3, 1], [1, 0, 0], [9, 4, 4]
    keys, values = (tensors(2, 12, 4, SIZE, seed=seed).transpose(1, 2) for seed in (1, 2))
    query = tensors(1, 5, 4, SIZE, seed=3).transpose(1, 2)
    ragged = Ragged(counts, CPU, slots=[0, 1, 2], starts=[3, 0, 5], sources=sources, source_lengths=lengths)
    with using(ragged):
        outputs, _ = ragged_attention(Layer(is_causal=False), query, keys, values, None)
    first = 0
    for count, source, length in zip(counts, sources, lengths, strict=True):
        own = slice(first, first + count)
        wanted = scaled_dot_product_attention(
            query[:, :, own], keys[source, None, :, :length], values[source, None, :, :length]
        )[0].transpose(0, 1)
        torch.testing.assert_close(outputs[0, own], wanted, rtol=1e-4, atol=1e-5)
        first += count


@pytest.mark.parametrize("has_bias", [False, True])
def test_a_row_of_an_encoder_sees_itself_alone(has_bias: bool) -> None:
    counts = [5, 1, 8]
    query, key, value = (tensors(1, 14, 4, SIZE, seed=seed).transpose(1, 2) for seed in (1, 2, 3))
    bias = tensors(4, 2 * 14 - 1, seed=4) if has_bias else None
    with using(Ragged(counts, CPU)):
        outputs, _ = ragged_attention(Layer(is_causal=False), query, key, value, None, position_bias=bias)
    first = 0
    for count in counts:
        own = slice(first, first + count)
        places = torch.arange(count)
        mask = None if bias is None else bias[:, places - places[:, None] + 13][None]
        wanted = scaled_dot_product_attention(query[:, :, own], key[:, :, own], value[:, :, own], attn_mask=mask)
        torch.testing.assert_close(outputs[0, own], wanted[0].transpose(0, 1), rtol=1e-4, atol=1e-5)
        first += count


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_states_are_written_at_the_columns_of_their_tokens(dtype: torch.dtype) -> None:
    key_buffer, value_buffer = (torch.zeros(3, 8, 2, 4).transpose(1, 2) for _ in range(2))
    keys = torch.arange(1.0, 33.0).to(dtype).view(1, 4, 2, 4).transpose(1, 2)
    with using(Ragged([1, 3], CPU, slots=[2, 0], starts=[5, 1])):
        write_states(keys, keys + 1, key_buffer, value_buffer)
    for buffer, states in ((key_buffer, keys), (value_buffer, keys + 1)):
        assert torch.equal(buffer[2, :, 5], states[0, :, 0].float())
        assert torch.equal(buffer[0, :, 1:4], states[0, :, 1:].float())
        assert int((buffer != 0).sum()) == 32


def test_a_model_with_ragged_attention_does_not_run_outside_of_a_pass() -> None:
    with pytest.raises(RuntimeError, match="only within using"):
        ragged_attention(
            Layer(is_causal=True), tensors(1, 4, 2, SIZE), tensors(1, 4, 2, SIZE), tensors(1, 4, 2, SIZE), None
        )


@pytest.mark.parametrize("wish", [{"softcap": 50.0}, {"s_aux": torch.zeros(4)}])
def test_what_would_change_the_result_is_refused_rather_than_left_out(wish: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        decode([1], [5], [0], **wish)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 20)), min_size=1, max_size=8))
def test_positions_go_on_where_a_row_stands(rows: list[tuple[int, int]]) -> None:
    counts, starts = [count for count, _ in rows], [start for _, start in rows]
    ragged = Ragged(counts, CPU, slots=range(len(rows)), starts=starts)
    assert ragged.positions.tolist() == [[start + step for count, start in rows for step in range(count)]]
    assert ragged.ends == [sum(counts[: row + 1]) - 1 for row in range(len(rows))]
    assert ragged.seen.tolist() == [start + step + 1 for count, start in rows for step in range(count)]
