from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from triwire_server.engine.models.attention import row_attention

HEADS, SIZE = 3, 8
ENCODER = SimpleNamespace(is_decoder=False, is_causal=False, training=False)
CROSS = SimpleNamespace(is_decoder=True, is_causal=False, training=False)
DECODER_ONLY = SimpleNamespace(is_causal=True, training=False, num_key_value_groups=1)


def states(rows: int, columns: int, seed: int) -> torch.Tensor:
    return torch.randn(rows, HEADS, columns, SIZE, generator=torch.Generator().manual_seed(seed))


def attend(
    module: SimpleNamespace, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    return row_attention(module, query, key, value, mask, dropout=0.0, scaling=SIZE**-0.5)[0]


@settings(deadline=None)
@given(st.lists(st.integers(1, 70), min_size=1, max_size=5), st.integers(0, 40))
def test_a_row_of_an_encoder_has_the_bits_that_it_has_alone(lengths: list[int], padding: int) -> None:
    width = max(lengths) + padding
    query, key, value = (states(len(lengths), width, seed) for seed in (1, 2, 3))
    mask = torch.zeros(len(lengths), 1, width, width, dtype=torch.bool)
    for row, length in enumerate(lengths):
        mask[row, :, :, :length] = True
    together = attend(ENCODER, query, key, value, mask)
    library = sdpa_attention_forward(ENCODER, query, key, value, mask, scaling=SIZE**-0.5)[0]
    for row, length in enumerate(lengths):
        own_query, own_key, own_value = (each[row : row + 1, :, :length].contiguous() for each in (query, key, value))
        assert torch.equal(together[row, :length], attend(ENCODER, own_query, own_key, own_value, None)[0])
        torch.testing.assert_close(together[row, :length], library[row, :length])


@settings(deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=5), st.integers(0, 40))
def test_a_row_of_a_step_has_the_bits_that_it_has_alone(lengths: list[int], padding: int) -> None:
    width = max(lengths) + padding
    query, key, value = states(len(lengths), 1, 1), states(len(lengths), width, 2), states(len(lengths), width, 3)
    mask = torch.zeros(len(lengths), 1, 1, width, dtype=torch.bool)
    for row, length in enumerate(lengths):
        mask[row, :, :, width - length :] = True
    for module in (DECODER_ONLY, CROSS):
        together = attend(module, query, key, value, mask)
        for row, length in enumerate(lengths):
            own_key, own_value = (each[row : row + 1, :, width - length :].contiguous() for each in (key, value))
            assert torch.equal(together[row], attend(module, query[row : row + 1], own_key, own_value, None)[0])


@pytest.mark.parametrize("prefix", [0, 7])
def test_texts_read_behind_instructions_have_the_bits_that_they_have_alone(prefix: int) -> None:
    lengths, longest = [5, 9, 2], 9
    query = states(3, longest, 1)
    key, value = states(3, prefix + longest, 2), states(3, prefix + longest, 3)
    causal = torch.ones(longest, prefix + longest, dtype=torch.bool).tril(prefix)
    mask = causal.expand(3, 1, -1, -1).clone()
    for row, length in enumerate(lengths):
        mask[row, :, :, prefix : prefix + longest - length] = False
    together = attend(DECODER_ONLY, query, key, value, mask)
    for row, length in enumerate(lengths):
        own = [*range(prefix), *range(prefix + longest - length, prefix + longest)]
        alone = attend(
            DECODER_ONLY,
            query[row : row + 1, :, longest - length :].contiguous(),
            key[row : row + 1, :, own],
            value[row : row + 1, :, own],
            None,
        )
        assert torch.equal(together[row, longest - length :], alone[0])
        assert not together[row, : longest - length].any()
