"""The converted form of a model: int8 linears with a scale for each row, in safetensors, ready to load.

`model_store.pull` writes it once (`gguf_conversion.py`, `checkpoint_conversion.py`); loading it takes seconds and no
more memory than it has bytes.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

from triwire_server.engine.models.linear import RowwiseInt8Linear
from triwire_server.engine.models.tensor_file import TensorFileError, TensorFileReader
from triwire_server.model_errors import CheckpointError

WEIGHTS = "rowwise-int8.safetensors"
"""Tensors under the names of the transformers library; a linear's `weight` is int8 beside its `weight_scale`."""

SCALE = "_scale"
"""Ending of the name of a weight's scales."""

TIED = "tied"
"""Key of the file's metadata: JSON, the names of weights that are those of another, with that other's name."""


class RoundedEmbedding(nn.Module):
    """Token embeddings stored in bfloat16, for layers that compute in another type.

    Args:
        weight: Shape (vocabulary, size).
        compute_dtype: type of what it gives.
        scale: what it is multiplied by, as some families do.
    """

    def __init__(self, weight: torch.Tensor, compute_dtype: torch.dtype, scale: float = 1.0) -> None:
        super().__init__()
        # No parameter: the library takes a model's type from its first one.
        self.register_buffer("weight", weight, persistent=False)
        self.weight: torch.Tensor
        self._compute_dtype = compute_dtype
        self.embed_scale = scale

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of ids. Shape (...) to (..., size)."""
        return nn.functional.embedding(input_ids, self.weight).to(self._compute_dtype) * self.embed_scale


def is_converted(directory: Path) -> bool:
    """Whether a directory holds the converted form."""
    return (directory / WEIGHTS).is_file()


def load_converted(directory: Path, device: torch.device, auto_class: Any = AutoModelForCausalLM) -> Any:
    """A model of the transformers library whose linears are int8 on a CPU, bfloat16 elsewhere.

    Args:
        directory: the converted form.
        device: where it runs.
        auto_class: class of the library that picks the architecture.

    Raises:
        CheckpointError: tensors are missing, or the file is damaged.
    """
    config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    compute_dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    with torch.device("meta"):
        model = auto_class.from_config(config, dtype=compute_dtype)
    try:
        with TensorFileReader(directory / WEIGHTS) as tensors:
            _fill(model, tensors, device, compute_dtype)
    except TensorFileError as error:
        raise CheckpointError(f"{directory}: {WEIGHTS} is damaged ({error}); pull the model again") from error
    _compute(model, config, device)
    if missing := [
        name for name, tensor in (*model.named_parameters(), *model.named_buffers()) if tensor.device.type == "meta"
    ]:
        raise CheckpointError(f"{directory}: {missing[0]} is missing; pull the model again")
    model.generation_config = GenerationConfig(**json.loads((directory / "generation_config.json").read_text()))
    return model.eval()


def _fill(model: Any, tensors: TensorFileReader, device: torch.device, compute_dtype: torch.dtype) -> None:
    """Put the tensors of the file in place, one after the other."""
    names = tensors.keys()
    tied: dict[str, str] = json.loads(tensors.metadata.get(TIED, "{}"))
    linears = {name.removesuffix(f".weight{SCALE}") for name in names if name.endswith(SCALE)}

    def make_linear(path: str) -> nn.Module:
        weight, scales = tensors.get_tensor(f"{path}.weight"), tensors.get_tensor(f"{path}.weight{SCALE}")
        return _make_linear(
            weight, scales, tensors.get_tensor(f"{path}.bias") if f"{path}.bias" in names else None, device
        )

    # Packing a weight takes one processor, and most of the time of a start.
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for path, linear in zip(sorted(linears), pool.map(make_linear, sorted(linears)), strict=True):
            parent, _, leaf = path.rpartition(".")
            setattr(model.get_submodule(parent), leaf, linear)
    sharers: dict[str, list[str]] = {}
    for target, source in tied.items():
        sharers.setdefault(source, []).append(target)
    for name in sorted(names):
        path, _, leaf = name.rpartition(".")
        if path in linears:
            continue
        tensor = tensors.get_tensor(name).to(device)
        module = model.get_submodule(path)
        if isinstance(module, nn.Embedding) and tensor.dtype == torch.bfloat16 and model.config.is_encoder_decoder:
            for place in (name, *sharers.get(name, ())):
                _set_embedding(model, place.rpartition(".")[0], tensor, compute_dtype)
        elif leaf in dict(module.named_buffers(recurse=False)):
            setattr(module, leaf, tensor.to(compute_dtype))
        else:
            # Chat models keep their embedding as it is stored, and convert what it gives.
            dtype = compute_dtype if model.config.is_encoder_decoder else tensor.dtype
            setattr(module, leaf, nn.Parameter(tensor.to(dtype), requires_grad=False))


def _set_embedding(model: Any, path: str, weight: torch.Tensor, compute_dtype: torch.dtype) -> None:
    parent, _, leaf = path.rpartition(".")
    scale = float(getattr(model.get_submodule(path), "embed_scale", 1.0))
    setattr(model.get_submodule(parent), leaf, RoundedEmbedding(weight, compute_dtype, scale))


def _make_linear(
    weight: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None, device: torch.device
) -> nn.Module:
    """A linear in the form that its device computes."""
    if device.type == "cpu":
        return RowwiseInt8Linear(weight, scales, bias)
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    dense = (weight.to(torch.float32) * scales[:, None]).to(device, torch.bfloat16)
    linear.weight = nn.Parameter(dense, requires_grad=False)
    if bias is not None:
        linear.bias = nn.Parameter(bias.to(device, torch.bfloat16), requires_grad=False)
    return linear


def _compute(model: Any, config: Any, device: torch.device) -> None:
    """What is computed, not stored: rotary tables and sinusoidal positions."""
    if not config.is_encoder_decoder:
        rotary = model.model.rotary_emb
        model.model.rotary_emb = type(rotary)(config=config).to(device)
        return
    for module in model.modules():
        if "Sinusoidal" in type(module).__name__ and any(
            tensor.is_meta for tensor in (*module.parameters(), *module.buffers())
        ):
            module.to_empty(device="cpu")
            model._init_weights(module)
            module.to(device)
