import pytest
import torch
from torch import nn

from triwire_server.engine.models.linear import (
    PackedLinear,
    RowwiseInt8Linear,
    int8_operator_is_exact,
    pack_linears,
    packed_operator_is_exact,
    quantize_linears,
    quantize_weight,
)


def test_weights_are_scaled_by_the_largest_of_each_row() -> None:
    quantized, scales = quantize_weight(torch.tensor([[1.27, -0.635, 0.0], [-254.0, 1.0, 127.0], [0.0, 0.0, 0.0]]))
    assert quantized.tolist() == [[127, -64, 0], [-127, 0, 64], [0, 0, 0]]
    assert quantized.dtype == torch.int8
    assert scales[:2].tolist() == pytest.approx([0.01, 2.0])


@pytest.mark.parametrize("use_operator", [True, False])
def test_outputs_are_near_those_of_the_float_layer(use_operator: bool) -> None:
    torch.manual_seed(0)
    linear, inputs = nn.Linear(64, 32).requires_grad_(False), torch.randn(5, 7, 64)
    layer = RowwiseInt8Linear(*quantize_weight(linear.weight), linear.bias, use_operator=use_operator)
    expected = linear(inputs)
    assert layer(inputs).shape == (5, 7, 32)
    assert float((layer(inputs) - expected).norm() / expected.norm()) < 0.02


@pytest.mark.parametrize("use_operator", [True, False])
def test_a_row_is_the_same_bits_beside_any_neighbours(use_operator: bool) -> None:
    torch.manual_seed(0)
    layer = RowwiseInt8Linear(*quantize_weight(torch.randn(48, 64)), use_operator=use_operator)
    row = torch.randn(1, 64)
    # One scale for the whole batch would leave nothing of the row.
    loud = 1000 * torch.randn(7, 64)
    alone = layer(row)
    assert torch.equal(layer(torch.cat([loud, row]))[-1:], alone)
    assert torch.equal(layer(torch.cat([row, 1e-3 * loud]))[:1], alone)


def test_without_the_operator_the_results_are_the_same() -> None:
    torch.manual_seed(0)
    weight, scales = quantize_weight(torch.randn(48, 64))
    inputs = torch.randn(9, 64)
    fast, plain = (RowwiseInt8Linear(weight, scales, use_operator=use) for use in (True, False))
    assert torch.allclose(fast(inputs), plain(inputs), rtol=1e-4, atol=1e-3)


def test_rows_of_zeros_stay_zeros() -> None:
    layer = RowwiseInt8Linear(*quantize_weight(torch.randn(4, 8)), torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert layer(torch.zeros(2, 8)).tolist() == [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]]


def test_outputs_have_the_type_of_the_inputs() -> None:
    layer = RowwiseInt8Linear(*quantize_weight(torch.randn(4, 8)))
    assert layer(torch.randn(2, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_every_linear_of_a_model_is_replaced_and_nothing_else() -> None:
    model = nn.Sequential(nn.Embedding(5, 8), nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8)), nn.Linear(8, 5))
    quantize_linears(model)
    kinds = [type(module).__name__ for module in model.modules() if not list(module.children())]
    assert kinds == ["Embedding", "RowwiseInt8Linear", "LayerNorm", "RowwiseInt8Linear"]
    assert str(model[2]) == "RowwiseInt8Linear(in_features=8, out_features=5)"


def test_the_operator_is_probed_once() -> None:
    assert int8_operator_is_exact() is int8_operator_is_exact()


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (2, 37)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_packed_computes_as_it_did(shape: tuple[int, int], dtype: torch.dtype, tolerance: float) -> None:
    assert packed_operator_is_exact(dtype)
    torch.manual_seed(0)
    for has_bias in (True, False):
        linear = nn.Linear(96, 130, bias=has_bias).to(dtype)
        inputs = torch.randn(*shape, 96).to(dtype)
        torch.testing.assert_close(PackedLinear(linear)(inputs), linear(inputs), rtol=tolerance, atol=tolerance)


def test_a_packed_row_has_the_bits_that_it_has_alone() -> None:
    torch.manual_seed(0)
    packed = PackedLinear(nn.Linear(768, 512))
    rows = torch.randn(33, 768)
    together = packed(rows)
    for count in (1, 2, 8, 32):
        assert torch.equal(packed(rows[:count]), together[:count])


def test_every_linear_of_a_module_that_can_be_is_packed() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 4)), nn.Linear(4, 4).to(torch.float16))
    pack_linears(module)
    kinds = [type(child) for child in module.modules() if not isinstance(child, nn.Sequential)]
    assert kinds == [PackedLinear, PackedLinear, nn.Linear]
