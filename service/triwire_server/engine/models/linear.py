"""Linear layers in other forms than the library's: packed float32 or bfloat16, and 8 bits with a scale for each row.

Packed: on a CPU, torch's float32 product of two or more rows costs twice what one row does. With weights in the layout
of oneDNN it does not, and it gives a row the same bits whatever is beside it.

The usual dynamic quantization takes one activation scale for a whole batch, so that a text would read differently
beside other texts. Here every row is scaled by its own largest value: a row's result depends on that row alone.
"""

import functools
import warnings

import torch
from torch import nn

WEIGHT_MAXIMUM = 127
"""Weights are integers of -127..127: symmetric, so that no zero point is needed."""


def quantize_weight(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """8-bit weights with a scale for each output row: `weight` is about `quantized * scales[:, None]`.

    Args:
        weight: Shape (outputs, inputs), any float type.

    Returns:
        Quantized weights, shape (outputs, inputs), int8; scales, shape (outputs,), float32.
    """
    weight = weight.to(torch.float32)
    # A row of zeros needs a scale other than zero.
    scales = weight.abs().amax(dim=1).clamp_min(1e-12) / WEIGHT_MAXIMUM
    quantized = torch.round(weight / scales[:, None]).clamp_(-WEIGHT_MAXIMUM, WEIGHT_MAXIMUM).to(torch.int8)
    return quantized, scales


class RowwiseInt8Linear(nn.Module):
    """`nn.Linear` over int8 weights, on a CPU.

    Args:
        weight: Shape (outputs, inputs), int8, of `quantize_weight`.
        scales: Shape (outputs,), float32, of `quantize_weight`.
        bias: Shape (outputs,), or None.
        use_operator: False computes without the int8 operator, as machines do where it is missing or inexact.
    """

    weight: torch.Tensor | None = None
    """T5 asks its layers for it, to learn their number type."""

    def __init__(
        self,
        weight: torch.Tensor,
        scales: torch.Tensor,
        bias: torch.Tensor | None = None,
        *,
        use_operator: bool = True,
    ) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        offset = torch.zeros(self.out_features) if bias is None else bias.detach().to(torch.float32).clone()
        self.register_buffer("bias", offset, persistent=False)
        self.bias: torch.Tensor  # (outputs,), float32
        self._packed: object | None = None
        self._weight = torch.empty(0)
        self._scales = torch.empty(0)
        if use_operator and int8_operator_is_exact():
            self._packed = _pack(weight, scales)
        else:
            self._weight, self._scales = weight, scales

    @classmethod
    def from_linear(cls, linear: nn.Linear) -> "RowwiseInt8Linear":
        """The int8 form of a layer."""
        return cls(*quantize_weight(linear.weight), linear.bias)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Apply the layer. Shape (..., inputs) to (..., outputs), in the type of the inputs."""
        rows = inputs.to(torch.float32)
        largest = rows.abs().amax(dim=-1, keepdim=True).clamp_min(1e-12)  # (..., 1)
        scaled = rows / largest  # within -1..1, so that one activation scale of 1/127 fits every row
        if self._packed is None:
            outputs = _apply(scaled, self._weight, self._scales)
        else:
            outputs = _apply_packed(scaled, self._packed)
        return torch.addcmul(self.bias, outputs, largest).to(inputs.dtype)

    def extra_repr(self) -> str:
        """Shape, as `nn.Linear` shows it."""
        return f"in_features={self.in_features}, out_features={self.out_features}"


class PackedLinear(nn.Module):
    """`nn.Linear` in float32 or bfloat16 over weights in oneDNN's own layout, on a CPU.

    Args:
        linear: the layer; its weight is not kept.
    """

    weight: torch.Tensor | None = None
    """T5 asks its layers for it, to learn their number type."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.out_features, self.in_features = linear.weight.shape
        self._packed = _reorder(linear.weight.detach())
        self._bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Apply the layer. Shape (..., inputs) to (..., outputs)."""
        return _apply_reordered(inputs, self._packed, self._bias)

    def extra_repr(self) -> str:
        """Shape, as `nn.Linear` shows it."""
        return f"in_features={self.in_features}, out_features={self.out_features}"


def pack_linears(module: nn.Module) -> None:
    """Replace every `nn.Linear` inside a module by its packed form, if this machine has the operators for its type."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            if packed_operator_is_exact(child.weight.dtype):
                setattr(module, name, PackedLinear(child))
        else:
            pack_linears(child)


def _reorder(weight: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, None)
    return packed


def _apply_reordered(inputs: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    outputs: torch.Tensor = torch.ops.mkldnn._linear_pointwise.default(inputs, packed, bias, "none", [], "")
    return outputs


_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2e-2}
"""Of packed products, against those of unpacked weights; types that are not here are not packed."""


@functools.cache
def packed_operator_is_exact(dtype: torch.dtype) -> bool:
    """Whether this build of torch has the operators, which are private to it, and they compute as `nn.Linear` does."""
    if dtype not in _TOLERANCE:
        return False
    generator = torch.Generator().manual_seed(0)
    weight, bias, inputs = (
        torch.randn(shape, generator=generator).to(dtype) for shape in ((48, 80), (48,), (3, 11, 80))
    )
    try:
        packed = _reorder(weight)
        outputs = [_apply_reordered(rows, packed, own) for rows in (inputs, inputs[:1, :1]) for own in (bias, None)]
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
    expected = [nn.functional.linear(rows, weight, own) for rows in (inputs, inputs[:1, :1]) for own in (bias, None)]
    tolerance = _TOLERANCE[dtype]
    return all(
        torch.allclose(made, wanted, rtol=tolerance, atol=tolerance)
        for made, wanted in zip(outputs, expected, strict=True)
    )


def quantize_linears(module: nn.Module) -> None:
    """Replace every `nn.Linear` inside a module by its int8 form, the output head included."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, RowwiseInt8Linear.from_linear(child))
        else:
            quantize_linears(child)


def _pack(weight: torch.Tensor, scales: torch.Tensor) -> object:
    """Weights in the layout of the operator."""
    zero_points = torch.zeros(weight.shape[0], dtype=torch.int64)
    with warnings.catch_warnings():
        # The tensor type is deprecated; the operator, which takes no other, is not.
        warnings.simplefilter("ignore")
        quantized = torch._make_per_channel_quantized_tensor(weight, scales.to(torch.float64), zero_points, 0)
    packed: object = torch.ops.quantized.linear_prepack(quantized, None)
    return packed


def _apply_packed(scaled: torch.Tensor, packed: object) -> torch.Tensor:
    """The int8 operator, which inductor uses for quantized models: quantize, multiply as integers, scale back."""
    outputs: torch.Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
        scaled, 1 / WEIGHT_MAXIMUM, 128, packed
    )
    return outputs


def _apply(scaled: torch.Tensor, weight: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """What the operator computes, in float32: slower, and equal but for rounding."""
    integers = torch.round(scaled * WEIGHT_MAXIMUM)
    return nn.functional.linear(integers, weight.to(torch.float32)) * (scales / WEIGHT_MAXIMUM)


@functools.cache
def int8_operator_is_exact() -> bool:
    """Whether this machine has the int8 operator and it computes what it should.

    Processors without VNNI add pairs of products in 16 bits, which the largest values overflow; the inputs here do so.
    """
    weight = torch.full((8, 64), WEIGHT_MAXIMUM, dtype=torch.int8)
    weight[1::2] = -WEIGHT_MAXIMUM
    weight[2] = torch.arange(64) - 32
    scales = torch.linspace(0.5, 1.0, 8)
    scaled = torch.stack([torch.ones(64), -torch.ones(64), torch.linspace(-1.0, 1.0, 64)])
    try:
        outputs = _apply_packed(scaled, _pack(weight, scales))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
    return torch.allclose(outputs, _apply(scaled, weight, scales), rtol=1e-4, atol=1e-2)
