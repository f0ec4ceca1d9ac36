from typing import Any

import pytest
import torch
from transformers import (
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
    UMT5Config,
    UMT5ForConditionalGeneration,
)

from triwire_server.engine.models.relative_positions import RelativePositions, use_relative_positions

SHAPE = {"vocab_size": 32, "d_model": 16, "d_kv": 4, "d_ff": 32, "num_layers": 2, "num_heads": 4}
FAMILIES = [
    (T5Config, T5ForConditionalGeneration),
    (MT5Config, MT5ForConditionalGeneration),
    (UMT5Config, UMT5ForConditionalGeneration),
]


def layers_with_positions(stack: torch.nn.Module) -> list[Any]:
    return [module for module in stack.modules() if getattr(module, "has_relative_attention_bias", False)]


@pytest.mark.parametrize(("config", "model"), FAMILIES)
def test_a_decoder_answers_by_tokens_back(config: type, model: type) -> None:
    layer = layers_with_positions(model(config(**SHAPE)).get_decoder())[0]
    bias = layer.compute_bias(200, 200)[0]  # (heads, queries, columns)
    table = RelativePositions(layer)(1, 200)
    assert table.shape == (4, 200)
    for query, column in ((0, 0), (5, 5), (5, 0), (40, 3), (199, 0), (199, 198)):
        assert torch.equal(table[:, query - column], bias[:, query, column])


@pytest.mark.parametrize(("config", "model"), FAMILIES)
def test_an_encoder_answers_for_both_directions(config: type, model: type) -> None:
    layer = layers_with_positions(model(config(**SHAPE)).get_encoder())[0]
    bias = layer.compute_bias(150, 150)[0]
    table = RelativePositions(layer)(150, 150)
    assert table.shape == (4, 299)
    for query, column in ((0, 0), (0, 149), (149, 0), (70, 75), (75, 70)):
        assert torch.equal(table[:, column - query + 149], bias[:, query, column])


@pytest.mark.parametrize("stack", ["get_encoder", "get_decoder"])
def test_a_shorter_row_is_answered_from_the_longer_table(stack: str) -> None:
    layer = layers_with_positions(getattr(T5ForConditionalGeneration(T5Config(**SHAPE)), stack)())[0]
    positions = RelativePositions(layer)
    positions(90, 90)
    assert torch.equal(positions(1, 20), RelativePositions(layer)(1, 20))
    assert torch.equal(positions(1, 120), RelativePositions(layer)(1, 120))


@pytest.mark.parametrize(("config", "model", "count"), [(*FAMILIES[0], 2), (*FAMILIES[2], 4)])
def test_every_layer_with_positions_is_changed(config: type, model: type, count: int) -> None:
    made = model(config(**SHAPE))
    use_relative_positions(made)
    changed = [m for m in layers_with_positions(made) if isinstance(m.compute_bias, RelativePositions)]
    assert len(changed) == count
