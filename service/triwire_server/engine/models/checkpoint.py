"""What every architecture needs of a checkpoint beside its tokenizer: number types, configuration, weights."""

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, GenerationConfig

from triwire_server.engine.models.checkpoint_files import weight_files
from triwire_server.engine.models.linear import pack_linears, quantize_linears
from triwire_server.model_errors import CheckpointError, first_line
from triwire_server.profiles.profile import ModelSpec


def torch_dtype(spec: ModelSpec, device: torch.device) -> torch.dtype:
    """Type of the weights and activations on a device; those of int8 linears aside."""
    if spec.dtype == "auto":
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    # int8 is a format of linear layers on a CPU; what remains of the model is float32 there.
    names = {name: getattr(torch, name) for name in ("float32", "bfloat16", "float16")} | {"int8": torch.float32}
    return torch.bfloat16 if spec.dtype == "int8" and device.type != "cpu" else names[spec.dtype]


def state_bytes(spec: ModelSpec, device: torch.device) -> int:
    """Bytes of one number of the kept keys and values: those on a CPU are float32 (`kv_cache.py`)."""
    return 4 if device.type == "cpu" else torch_dtype(spec, device).itemsize


def read_config(spec: ModelSpec, directory: Path) -> Any:
    """Configuration of a checkpoint, as the transformers library reads it.

    Raises:
        CheckpointError: there is none, or it is of no kind that the library knows.
    """
    try:
        return AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # the checks of its fields have errors of their own
        raise CheckpointError(f"{spec.full_name}: config.json cannot be read: {first_line(error)}") from error


def read_generation_config(spec: ModelSpec, directory: Path) -> Any:
    """Settings published beside the weights, of which only the special ids are followed, as the library reads them.

    Raises:
        CheckpointError: they cannot be read.
    """
    with warnings.catch_warnings():
        # It warns of settings that contradict each other; none of them is followed.
        warnings.simplefilter("ignore")
        try:
            if (directory / "generation_config.json").is_file():
                return GenerationConfig.from_pretrained(directory, local_files_only=True)
            return GenerationConfig.from_pretrained(
                directory, config_file_name="config.json", _from_model_config=True, local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{spec.full_name}: generation_config.json cannot be read: {first_line(error)}"
            ) from error


def load_weights(auto_class: Any, spec: ModelSpec, directory: Path, device: torch.device) -> Any:
    """A model of the transformers library, ready to run.

    Only safetensors are read: other formats of weights can run code while they are loaded.

    Args:
        auto_class: class of the library that picks the architecture.
        spec: says the number type.
        directory: the checkpoint.
        device: where it runs.

    Raises:
        CheckpointError: there are no safetensors (see `weight_files`), tensors are missing in them or have other shapes
            than the configuration says, or the class knows no such architecture.
    """
    weight_files(spec, directory)
    with warnings.catch_warnings():
        # Tied weights that a checkpoint stores twice are worth no warning.
        warnings.simplefilter("ignore")
        try:
            model, report = auto_class.from_pretrained(
                directory,
                dtype=torch_dtype(spec, device),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # refused below, by name
                output_loading_info=True,
            )
        except (OSError, SafetensorError, ValueError) as error:
            raise CheckpointError(f"{spec.full_name}: the weights cannot be read: {first_line(error)}") from error
    if mismatched := sorted(report["mismatched_keys"]):
        name, published, expected = mismatched[0]
        raise CheckpointError(
            f"{spec.full_name}: {name} has the shape {tuple(published)}, config.json says {tuple(expected)}; fetch the"
            " checkpoint again"
        )
    # The library fills what is missing with random numbers.
    if missing := sorted(report["missing_keys"]):
        raise CheckpointError(f"{spec.full_name}: the weights lack {missing[0]}; fetch the checkpoint again")
    model.eval().requires_grad_(False)
    if spec.dtype == "int8" and device.type == "cpu":
        quantize_linears(model)
    elif device.type == "cpu":
        pack_linears(model)
    return model.to(device)
