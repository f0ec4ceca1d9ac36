"""Models of published sizes with random weights under which outputs depend on the source and on what was written.

The library's initial weights repeat one token whatever the source is; that the ways write the same tokens would then
prove nothing.
"""

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import (
    GenerationConfig,
    M2M100Config,
    M2M100ForConditionalGeneration,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from ways.work import END, PAD, UNKNOWN


@dataclass(frozen=True)
class TranslatorShape:
    """Sizes of an M2M100: encoder and decoder have as many layers."""

    size: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int


@dataclass(frozen=True)
class ChatShape:
    """Sizes of a Qwen2."""

    size: int
    layers: int
    heads: int
    key_heads: int
    ffn: int
    vocabulary: int


M2M100_VOCABULARY = 128_112
"""Rows of the published embedding: most pieces are of languages that triwire does not serve."""

TRANSLATORS = {
    "148M": TranslatorShape(768, 6, 12, 3072, 32_000),
    "128k": TranslatorShape(768, 6, 12, 3072, M2M100_VOCABULARY),
    "418M-128k": TranslatorShape(1024, 12, 16, 4096, M2M100_VOCABULARY),
    "tiny": TranslatorShape(64, 2, 4, 128, 500),
}
"""Encoder-decoders by name: 148M parameters; the same layers with the vocabulary of M2M100; all of M2M100-418M."""

CHATS = {
    "125M": ChatShape(768, 12, 12, 4, 2048, 32_000),
    "tiny": ChatShape(64, 2, 4, 2, 128, 500),
}
"""Decoder-only models by name."""


@torch.no_grad()
def make_translator(shape: str, *, seed: int = 0) -> Any:
    """An encoder-decoder of a shape, in float32. Its embedding and its output head are apart."""
    sizes = TRANSLATORS[shape]
    config = M2M100Config(
        vocab_size=sizes.vocabulary,
        d_model=sizes.size,
        encoder_layers=sizes.layers,
        decoder_layers=sizes.layers,
        encoder_attention_heads=sizes.heads,
        decoder_attention_heads=sizes.heads,
        encoder_ffn_dim=sizes.ffn,
        decoder_ffn_dim=sizes.ffn,
        tie_word_embeddings=False,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
    )
    torch.manual_seed(seed)
    model = M2M100ForConditionalGeneration(config).eval()
    _draw_weights(model)
    model.lm_head.weight[[PAD, END]] = 0  # neither is written: lengths are given
    model.generation_config = GenerationConfig()
    return model


@torch.no_grad()
def make_chat(shape: str, *, seed: int = 0) -> Any:
    """A decoder-only model of a shape, in float32. Its embedding and its output head are apart."""
    sizes = CHATS[shape]
    config = Qwen2Config(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.size,
        intermediate_size=sizes.ffn,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.key_heads,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
        pad_token_id=PAD,
        eos_token_id=None,
        bos_token_id=None,
    )
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(config).eval()
    _draw_weights(model)
    model.lm_head.weight[: UNKNOWN + 1] = 0  # no control token is written: lengths are given
    model.generation_config = GenerationConfig()
    return model


def _draw_weights(model: nn.Module) -> None:
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            gain = 1.6 if "q_proj" in name or "k_proj" in name else 1.5 if "encoder_attn" in name else 1.0
            weight.normal_(0, gain / math.sqrt(weight.shape[1]))


@torch.no_grad()
def trimmed(model: Any, vocabulary: int) -> Any:
    """The same encoder-decoder with the first rows of embedding and output head alone, as if no other piece were used.

    It shares all other weights with the model it is made from.
    """
    made = twin(model)
    whole = made.get_input_embeddings()
    kept = copy.copy(whole)  # of the family's own class, which scales what it looks up
    kept._parameters = {"weight": nn.Parameter(whole.weight[:vocabulary].clone(), requires_grad=False)}
    kept.num_embeddings = vocabulary
    made.set_input_embeddings(kept)
    for part in (made.get_encoder(), made.get_decoder()):
        part.embed_tokens = kept
    head = nn.Linear(made.lm_head.in_features, vocabulary, bias=False, device="meta")
    head.weight = nn.Parameter(made.lm_head.weight[:vocabulary].clone(), requires_grad=False)
    made.lm_head = head
    made.config.vocab_size = vocabulary
    return made


def twin(model: Any) -> Any:
    """The same model in modules of its own, which may be replaced; the weights are shared and must not be written."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)
