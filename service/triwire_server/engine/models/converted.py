"""The converted form of a chat model: int8 linears with a scale for each row, in safetensors, ready to load.

`model_store.pull` writes it once (`gguf_conversion.py`); loading it takes seconds and no more memory than it has bytes.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

from triwire_server.engine.models.checkpoint import CheckpointError
from triwire_server.engine.models.linear import RowwiseInt8Linear

WEIGHTS = "rowwise-int8.safetensors"
"""Tensors under the names of the transformers library; a linear's `weight` is int8 beside its `weight_scale`."""

SCALE = "_scale"
"""Ending of the name of a weight's scales."""


def is_converted(directory: Path) -> bool:
    """Whether a directory holds the converted form."""
    return (directory / WEIGHTS).is_file()


def load_converted(directory: Path, device: torch.device) -> Any:
    """A causal language model of the transformers library whose linears are int8 on a CPU, bfloat16 elsewhere.

    Raises:
        CheckpointError: tensors are missing.
    """
    config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    compute_dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=compute_dtype)
    with safe_open(directory / WEIGHTS, framework="pt") as tensors:
        names = set(tensors.keys())
        linears = {name.removesuffix(f".weight{SCALE}") for name in names if name.endswith(SCALE)}
        for path in sorted(linears):
            weight, scales = tensors.get_tensor(f"{path}.weight"), tensors.get_tensor(f"{path}.weight{SCALE}")
            bias = tensors.get_tensor(f"{path}.bias") if f"{path}.bias" in names else None
            _set_linear(model, path, weight, scales, bias, device)
        for name in sorted(names):
            path, _, leaf = name.rpartition(".")
            if path not in linears:
                parameter = nn.Parameter(tensors.get_tensor(name).to(device), requires_grad=False)
                setattr(model.get_submodule(path), leaf, parameter)
    # Rotary tables are computed, not stored.
    rotary = model.model.rotary_emb
    model.model.rotary_emb = type(rotary)(config=config).to(device)
    if missing := [name for name, tensor in model.named_parameters() if tensor.is_meta]:
        raise CheckpointError(f"{directory}: {missing[0]} is missing; pull the model again")
    model.generation_config = GenerationConfig(**json.loads((directory / "generation_config.json").read_text()))
    return model.eval()


def _set_linear(
    model: Any, path: str, weight: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None, device: torch.device
) -> None:
    """Put one linear in place."""
    parent, _, leaf = path.rpartition(".")
    if device.type == "cpu":
        linear: nn.Module = RowwiseInt8Linear(weight, scales, bias)
    else:
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
        dense = (weight.to(torch.float32) * scales[:, None]).to(device, torch.bfloat16)
        linear.weight = nn.Parameter(dense, requires_grad=False)
        if bias is not None:
            linear.bias = nn.Parameter(bias.to(device, torch.bfloat16), requires_grad=False)
    setattr(model.get_submodule(parent), leaf, linear)
