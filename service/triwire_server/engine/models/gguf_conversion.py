"""From a GGUF file to the converted form of `converted.py`, tensor by tensor, so that memory stays small.

GGUF is the file format of llama.cpp (github.com/ggml-org/ggml, docs/gguf.md). Only the Qwen2 family is read: its
tensors are stored as they are used, where other families permute theirs.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from triwire_server.engine.models.converted import SCALE, WEIGHTS
from triwire_server.engine.models.linear import quantize_weight
from triwire_server.engine.models.published_weights import ROWS_AT_ONCE
from triwire_server.model_errors import CheckpointError

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_MODEL_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def convert_gguf(path: Path, directory: Path, report: Callable[[int, int], None] | None = None) -> None:
    """Write the converted form of a GGUF file: weights, config, tokenizer and end tokens.

    Args:
        path: the GGUF file, of the Qwen2 family.
        directory: where to write; made if it does not exist.
        report: told how many bytes of the tensors are done, and of how many.

    Raises:
        CheckpointError: the file is of another family, or holds a tensor that the family does not have.
    """
    reader = gguf.GGUFReader(path)
    family = reader.fields["general.architecture"].contents()
    if family != "qwen2":
        raise CheckpointError(f"{path.name}: GGUF files of the family {family!r} are not read, only 'qwen2'")
    directory.mkdir(parents=True, exist_ok=True)
    save_file(_converted_tensors(reader, report), directory / WEIGHTS)
    config = AutoConfig.from_pretrained(
        path.parent, gguf_file=path.name, trust_remote_code=False, local_files_only=True
    )
    config.tie_word_embeddings = False
    config.save_pretrained(directory)
    tokenizer: Any = AutoTokenizer.from_pretrained(
        path.parent, gguf_file=path.name, trust_remote_code=False, local_files_only=True
    )
    tokenizer.save_pretrained(directory)
    ends = sorted({int(tokenizer.eos_token_id), int(reader.fields["tokenizer.ggml.bos_token_id"].contents())})
    GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id).save_pretrained(directory)


def _converted_tensors(reader: Any, report: Callable[[int, int], None] | None) -> dict[str, torch.Tensor]:
    """Tensors by the names of the library: matrices in int8 with their scales, the embedding in bfloat16."""
    tensors: dict[str, torch.Tensor] = {}
    done, total = 0, sum(int(tensor.n_bytes) for tensor in reader.tensors)
    for tensor in reader.tensors:
        name = published_name(tensor.name)
        if len(tensor.shape) == 2 and name != "model.embed_tokens.weight":
            parts = [quantize_weight(rows) for rows in _rows(tensor)]
            tensors[name] = torch.cat([weight for weight, _ in parts])  # (outputs, inputs), int8
            tensors[f"{name}{SCALE}"] = torch.cat([scales for _, scales in parts])  # (outputs,), float32
        elif len(tensor.shape) == 2:
            tensors[name] = torch.cat([rows.to(torch.bfloat16) for rows in _rows(tensor)])  # (pieces, size)
        else:
            tensors[name] = torch.cat(list(_rows(tensor)))  # (size,), float32
        done += int(tensor.n_bytes)
        if report is not None:
            report(done, total)
    if "lm_head.weight" not in tensors:
        # Tied weights: the head reads in int8 what the embedding holds in bfloat16.
        tensors["lm_head.weight"], tensors[f"lm_head.weight{SCALE}"] = quantize_weight(
            tensors["model.embed_tokens.weight"]
        )
    return tensors


def published_name(name: str) -> str:
    """Name of a tensor in the transformers library: "blk.3.attn_q.bias" is "model.layers.3.self_attn.q_proj.bias".

    Raises:
        CheckpointError: the Qwen2 family has no such tensor.
    """
    stem, _, leaf = name.rpartition(".")
    if stem in _MODEL_NAMES:
        return f"{_MODEL_NAMES[stem]}.{leaf}"
    if (match := re.fullmatch(r"blk\.(\d+)\.(\w+)", stem)) and match[2] in _LAYER_NAMES:
        return f"model.layers.{match[1]}.{_LAYER_NAMES[match[2]]}.{leaf}"
    raise CheckpointError(f"unexpected tensor {name!r} in the GGUF file")


def _rows(tensor: Any) -> Iterator[torch.Tensor]:
    """A tensor in float32, some rows at a time. Shape (rows, inputs), or (size,) for a vector."""
    for start in range(0, len(tensor.data), ROWS_AT_ONCE):
        yield torch.from_numpy(gguf.dequantize(tensor.data[start : start + ROWS_AT_ONCE], tensor.tensor_type).copy())
