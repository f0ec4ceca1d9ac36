"""Tiny models for tests: real architectures with random weights, and the tokenizers of `tiny_tokenizers`.

Random weights as they are initialised repeat one token whatever the source is; here they are scaled so that outputs
depend on source and history, and equality tests prove something. Everything is saved to a directory and loaded through
the same code as a published checkpoint.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
import transformers.utils.logging
from tokenizers import normalizers
from transformers import (
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianConfig,
    MarianMTModel,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

from tests.tiny_tokenizers import LANGUAGES, train_byte_level_bpe, train_sentencepiece

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML, as Qwen publishes it, without its tools."""


@torch.no_grad()
def scale_weights(model: torch.nn.Module, *, seed: int = 0, end_id: int | None = None, end_bias: float = 0.0) -> None:
    """Give a model random weights under which its outputs depend on source and history.

    Args:
        model: any architecture; norms keep their initial values.
        seed: same seed, same weights.
        end_id: row of the embedding and of the output head that belongs to the end token.
        end_bias: strength with which the end token is favoured; 0 leaves its row as random as the others.
    """
    generator = torch.Generator().manual_seed(seed)
    seen: set[int] = set()
    for name, weight in model.named_parameters():
        if id(weight) in seen:
            continue
        seen.add(id(weight))
        if weight.dim() == 2:
            is_embedding = any(part in name for part in ("shared", "embed", "wte", "lm_head"))
            strength = 1.6 if any(part in name for part in ("q_proj", "k_proj", ".q.", ".k.")) else 1.0
            strength = 1.5 if any(part in name for part in ("encoder_attn", "EncDecAttention")) else strength
            deviation = strength / math.sqrt(weight.shape[1])
            weight.copy_(torch.randn(weight.shape, generator=generator) * deviation)
            if is_embedding and end_id is not None and "lm_head" in name:
                weight[end_id] *= 1.0 + end_bias
        elif weight.dim() == 1 and name.endswith("bias"):
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.02)
    model.eval()


def save_m2m100(
    directory: Path, *, more: Sequence[str] = (), seed: int = 0, width: int = 48, num_layers: int = 2
) -> None:
    """An M2M100 of two layers with the files of facebook/m2m100_418M. `more`: lines to train the tokenizer on."""
    directory.mkdir(parents=True, exist_ok=True)
    pieces = train_sentencepiece(directory / "sentencepiece.bpe.model", model_type="bpe", more=more)
    # fairseq puts its four special tokens first; the pieces of sentencepiece follow without its own three.
    names = ["<s>", "<pad>", "</s>", "<unk>"] + [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    vocabulary = {name: index for index, name in enumerate(dict.fromkeys(names))}
    (directory / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    tokenizer = M2M100Tokenizer(
        vocab_file=str(directory / "vocab.json"), spm_file=str(directory / "sentencepiece.bpe.model"), src_lang="en"
    )
    tokenizer.save_pretrained(directory)
    sizes = {"d_model": width, "encoder_ffn_dim": 2 * width, "decoder_ffn_dim": 2 * width}
    layers = {"encoder_layers": num_layers, "decoder_layers": num_layers}
    config = M2M100Config(
        vocab_size=len(vocabulary) + 108,  # 100 languages and 8 made-up words, as published
        max_position_embeddings=256,
        scale_embedding=True,
        **(_BART_SHAPE | sizes | layers),
    )
    model = M2M100ForConditionalGeneration(config)
    _save_seq2seq(directory, model, seed, num_beams=5, max_length=200, early_stopping=True)


def save_nllb(directory: Path, *, more: Sequence[str] = (), seed: int = 0) -> None:
    """A two-layer M2M100 with the files of facebook/nllb-200-distilled-600M: its own tokenizer and FLORES codes.

    `more`: lines to train the tokenizer on beside the text.
    """
    directory.mkdir(parents=True, exist_ok=True)
    train_sentencepiece(directory / "sentencepiece.bpe.model", model_type="bpe", more=more)
    _write_json(
        directory / "tokenizer_config.json",
        {"tokenizer_class": "NllbTokenizer", "additional_special_tokens": FAIRSEQ_LANGUAGE_CODES},
    )
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    tokenizer.save_pretrained(directory)  # NLLB is published with a tokenizer.json
    config = M2M100Config(vocab_size=len(tokenizer), max_position_embeddings=256, **_BART_SHAPE)
    _save_seq2seq(directory, M2M100ForConditionalGeneration(config), seed, num_beams=4, max_length=200)


def save_mbart(directory: Path, *, more: Sequence[str] = (), seed: int = 0) -> None:
    """A two-layer MBart-50 with the files of facebook/mbart-large-50-many-to-many-mmt.

    `more`: lines to train the tokenizer on beside the text.
    """
    directory.mkdir(parents=True, exist_ok=True)
    pieces = train_sentencepiece(directory / "sentencepiece.bpe.model", model_type="unigram", more=more)
    _write_json(
        directory / "tokenizer_config.json", {"tokenizer_class": "MBart50Tokenizer", "src_lang": None, "tgt_lang": None}
    )
    # fairseq's four special tokens replace sentencepiece's three; 52 languages and <mask> follow.
    config = MBartConfig(
        vocab_size=pieces.get_piece_size() + 1 + 53, max_position_embeddings=256, scale_embedding=True, **_BART_SHAPE
    )
    _save_seq2seq(
        directory, MBartForConditionalGeneration(config), seed, num_beams=5, max_length=200, forced_eos_token_id=2
    )


def save_marian(directory: Path, *, targets: Sequence[str] = (), more: Sequence[str] = (), seed: int = 0) -> None:
    """A two-layer Marian with the files of Helsinki-NLP/opus-mt-en-*.

    Args:
        directory: where it goes.
        targets: codes of `>>code<<` tokens, for a model with several target languages.
        more: lines to train the tokenizer on beside the text.
        seed: of the weights.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # Marian's vocabulary is made apart from sentencepiece's, over the pieces of both sides.
    sides = [train_sentencepiece(directory / f"{side}.spm", vocab_size=700, more=more) for side in ("source", "target")]
    pieces = [side.id_to_piece(number) for side in sides for number in range(3, side.get_piece_size())]
    codes = [f">>{code}<<" for code in targets]
    names = list(dict.fromkeys(["</s>", "<unk>", *codes, *pieces, "<pad>"]))
    _write_json(directory / "vocab.json", {name: number for number, name in enumerate(names)})
    _write_json(
        directory / "tokenizer_config.json",
        {"tokenizer_class": "MarianTokenizer", "source_lang": "eng", "target_lang": "mul"},
    )
    pad_id = len(names) - 1
    shape = {**_BART_SHAPE, "pad_token_id": pad_id, "eos_token_id": 0, "bos_token_id": 0}
    config = MarianConfig(
        vocab_size=len(names),
        decoder_vocab_size=len(names),
        max_position_embeddings=256,
        activation_function="swish",
        scale_embedding=True,
        share_encoder_decoder_embeddings=True,
        **{**shape, "decoder_start_token_id": pad_id},
    )
    _save_seq2seq(
        directory,
        MarianMTModel(config),
        seed,
        num_beams=6,
        max_length=128,
        bad_words_ids=[[pad_id]],
        forced_eos_token_id=0,
    )


def save_t5(
    directory: Path,
    *,
    family: Literal["t5", "mt5", "madlad"] = "t5",
    more: Sequence[str] = (),
    seed: int = 0,
) -> None:
    """A two-layer T5.

    Args:
        directory: where it goes.
        family: "t5" has the files of google-t5/t5-small, "mt5" those of google/mt5-small (no sentinel tokens, gated
            layers, a head of its own), "madlad" those of google/madlad400-3b-mt: language tokens among the pieces,
            bytes for characters without a piece, other ids for the special tokens.
        more: lines to train the tokenizer on beside the text.
        seed: of the weights.
    """
    directory.mkdir(parents=True, exist_ok=True)
    is_madlad = family == "madlad"
    if is_madlad:
        languages = [f"<2{language}>" for language in LANGUAGES]
        pieces = train_sentencepiece(
            directory / "spiece.model", vocab_size=1200, user_defined_symbols=languages, byte_fallback=True, more=more
        )
    else:
        pieces = train_sentencepiece(directory / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, more=more)
    extra_ids = 100 if family == "t5" else 0
    special = {"pad_token": "<s>" if is_madlad else "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write_json(
        directory / "tokenizer_config.json", {"tokenizer_class": "T5Tokenizer", "extra_ids": extra_ids, **special}
    )
    config_class = {"t5": T5Config, "mt5": MT5Config, "madlad": T5Config}[family]
    config = config_class(
        # Published vocabularies are padded to a round number.
        vocab_size=-(-(pieces.get_piece_size() + extra_ids) // 64) * 64,
        d_model=48,
        d_kv=12,
        d_ff=96,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="relu" if family == "t5" else "gated-gelu",
        tie_word_embeddings=family == "t5",
        dropout_rate=0.0,
        decoder_start_token_id=0,
        pad_token_id=1 if is_madlad else 0,
        eos_token_id=2 if is_madlad else 1,
    )
    model_class = MT5ForConditionalGeneration if family == "mt5" else T5ForConditionalGeneration
    _save_seq2seq(directory, model_class(config), seed, num_beams=4, max_length=128, length_penalty=2.0)


def save_bart(
    directory: Path,
    *,
    family: Literal["bart", "kobart", "pegasus"] = "bart",
    more: Sequence[str] = (),
    seed: int = 0,
) -> None:
    """A two-layer summarizer.

    Args:
        directory: where it goes.
        family: "bart" has the files of facebook/bart-large-cnn (byte-level BPE), "kobart" those of
            gogamza/kobart-summarization (tokenizer.json alone, other ids), "pegasus" those of google/pegasus-xsum.
        more: lines to train the tokenizer on beside the text.
        seed: of the weights.
    """
    directory.mkdir(parents=True, exist_ok=True)
    special = {"bart": (0, 1, 2), "kobart": (0, 3, 1), "pegasus": (0, 0, 1)}
    bos_id, pad_id, eos_id = special[family]
    if family == "pegasus":
        # 103 tokens of the pretraining, which are not in this file, come before its pieces.
        pieces = train_sentencepiece(directory / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, more=more)
        _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "PegasusTokenizer", "offset": 103})
        vocab_size = pieces.get_piece_size() + 103
    else:
        names = {
            "bart": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
            "kobart": ["<s>", "</s>", "<unk>", "<pad>", "<mask>"],
        }
        tokenizer = train_byte_level_bpe(names[family], more=more)
        vocab_size = tokenizer.get_vocab_size()
        if family == "bart":
            tokenizer.model.save(str(directory))  # vocab.json and merges.txt
            _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "BartTokenizer"})
        else:
            tokenizer.save(str(directory / "tokenizer.json"))
            tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
            _write_json(directory / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **tokens})
    ids = {"bos_token_id": bos_id, "pad_token_id": pad_id, "eos_token_id": eos_id}
    shape = {**_BART_SHAPE, **ids, "decoder_start_token_id": pad_id if family == "pegasus" else eos_id}
    if family == "pegasus":
        model = PegasusForConditionalGeneration(
            PegasusConfig(vocab_size=vocab_size, max_position_embeddings=256, scale_embedding=True, **shape)
        )
        published = {"num_beams": 8, "max_length": 64, "length_penalty": 0.6, "forced_eos_token_id": eos_id}
    else:
        model = BartForConditionalGeneration(BartConfig(vocab_size=vocab_size, max_position_embeddings=256, **shape))
        published = {"num_beams": 4, "min_length": 56, "max_length": 142, "length_penalty": 2.0}
        published |= {"no_repeat_ngram_size": 3, "early_stopping": True, "forced_eos_token_id": eos_id}
        if family == "bart":
            published["forced_bos_token_id"] = bos_id
    _save_seq2seq(directory, model, seed, **published)


def save_chat(directory: Path, *, seed: int = 0, end_bias: float = 0.6) -> None:
    """A two-layer Qwen2 with grouped-query attention, byte-level BPE and a ChatML template."""
    directory.mkdir(parents=True, exist_ok=True)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = train_byte_level_bpe(special, normalizer=normalizers.NFC())
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(directory)
    config = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=False,
        pad_token_id=0,
        eos_token_id=2,
        bos_token_id=None,
    )
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(config)
    scale_weights(model, seed=seed, end_id=2, end_bias=end_bias)
    _save(model, directory, do_sample=True, temperature=0.7, top_p=0.8, top_k=20, repetition_penalty=1.1)


_BART_SHAPE: dict[str, Any] = {
    "d_model": 48,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 96,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "encoder_layerdrop": 0.0,
    "decoder_layerdrop": 0.0,
}
"""What the tiny members of the BART family have in common."""


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _save_seq2seq(directory: Path, model: Any, seed: int, **published_generation: Any) -> None:
    """Give an encoder-decoder its weights and write it."""
    scale_weights(model, seed=seed, end_id=model.config.eos_token_id, end_bias=0.6)
    _save(model, directory, **published_generation)


def _save(model: Any, directory: Path, **published_generation: Any) -> None:
    """Write a model with decoding settings such as publishers put beside it; the server must not follow them."""
    transformers.utils.logging.disable_progress_bar()
    for name, value in published_generation.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(directory)


def write_tiny_profile(folder: Path, *, width: int = 48, num_layers: int = 2) -> Path:
    """Save a translation model (en, ko, ja, all directions) and a chat model for summaries, with their profile.

    Args:
        folder: where.
        width: of the translation model's layers; larger for measurements, where the device is to have work.
        num_layers: of its encoder, and of its decoder.

    Returns:
        Path of the profile's TOML file.
    """
    save_m2m100(folder / "tiny-m2m100", width=width, num_layers=num_layers)
    save_chat(folder / "tiny-chat")
    path = folder / "tiny.toml"
    path.write_text(TINY_PROFILE, encoding="utf-8")
    return path


TINY_PROFILE = """\
name = "tiny"
description = "Random weights for tests."

[[models]]
name = "tiny-m2m100"
version = "1"
architecture = "m2m100"
tasks = ["translation"]
language_pairs = [["en", "ko"], ["en", "ja"], ["ko", "en"], ["ko", "ja"], ["ja", "en"], ["ja", "ko"]]
license = "Apache-2.0"
max_input_tokens = 128
output = { max_tokens = 48, tokens_per_input_token = 1.0, extra_tokens = 8 }
source = { kind = "directory", path = "tiny-m2m100" }

[[models]]
name = "tiny-chat"
version = "1"
architecture = "chat"
tasks = ["summarization"]
summary_languages = [
  ["en", "en"], ["ko", "ko"], ["ja", "ja"],
  ["en", "ko"], ["en", "ja"], ["ko", "en"], ["ko", "ja"], ["ja", "en"], ["ja", "ko"],
]
license = "Apache-2.0"
max_input_tokens = 1024
registers = ["news", "polite"]
output = { max_tokens = 32 }
source = { kind = "directory", path = "tiny-chat" }

[models.prompts]
system = "You write news."

[models.prompts.registers]
polite = { ko = "Use polite endings.", ja = "Use polite endings." }

[models.prompts.summaries]
headline = "Write a headline in {target_language}. {register}\\n<article>\\n{text}\\n</article>"
bullets = "Write {bullet_count} bullets in {target_language}. {register}\\n<article>\\n{text}\\n</article>"
paragraph = "Write {max_characters} characters in {target_language}. {register}\\n<article>\\n{text}\\n</article>"
"""


def m2m100_profile(source: str, fields: str = "") -> str:
    """A profile of one translation model, `tiny@1`, from English into Korean.

    Args:
        source: members of its source table.
        fields: more lines of the model.
    """
    return f"""\
name = "tiny"
description = "A tiny translation model."
[[models]]
name = "tiny"
version = "1"
architecture = "m2m100"
tasks = ["translation"]
language_pairs = [["en", "ko"]]
license = "Apache-2.0"
max_input_tokens = 128
output = {{ max_tokens = 12 }}
{fields}
source = {{ {source} }}
"""
