"""Tiny models for tests: real architectures with random weights, and real tokenizers trained on the text below.

Random weights as they are initialised repeat one token whatever the source is; here they are scaled so that outputs
depend on source and history, and equality tests prove something. Everything is saved to a directory and loaded through
the same code as a published checkpoint.
"""

import io
import json
import math
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers.utils.logging
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

TEXT = {
    "en": """The harbour council voted on Tuesday to reopen the northern pier after a winter of repairs.
Engineers said the concrete had been weakened by salt and by the storms of last January.
About 1,200 people signed a letter asking for the ferry to return before the summer holidays.
"We have waited long enough," said Mara Ellison, who runs a bakery near the old ticket office.
The work cost 3.4 million pounds, which is more than twice the first estimate.
A spokesman for the region declined to say when the second phase would begin.
Prices of fish at the market rose by 6 percent in May, the highest figure in eight years.
Schools on the island will close early on Friday because of the wind.
The minister promised to publish the report, but no date was given.
Volunteers planted four hundred trees along the river and in the park behind the museum.
Police are looking for a grey van that was seen leaving the warehouse at about 5.30pm.
The team won ten matches in a row and then lost the final in the last minute.""",
    "ko": """항만 위원회는 화요일 북쪽 부두를 다시 열기로 결정했다.
기술자들은 지난 1월 폭풍과 소금 때문에 콘크리트가 약해졌다고 설명했다.
주민 약 1,200명이 여름 휴가 전에 여객선을 다시 운항해 달라는 편지에 서명했다.
"우리는 충분히 기다렸다"고 옛 매표소 근처에서 빵집을 운영하는 박서윤 씨가 말했다.
공사비는 340만 파운드로 처음 예상의 두 배가 넘었다.
지역 대변인은 두 번째 단계가 언제 시작될지 밝히지 않았다.
시장의 생선 가격은 5월에 6% 올라 8년 만에 가장 높았다.
섬의 학교들은 바람 때문에 금요일에 일찍 문을 닫는다.
장관은 보고서를 공개하겠다고 약속했지만 날짜는 말하지 않았다.
자원봉사자들은 강가와 박물관 뒤 공원에 나무 400그루를 심었다.
경찰은 오후 5시 30분쯤 창고를 떠난 회색 승합차를 찾고 있다.
팀은 열 경기를 연달아 이겼지만 결승전에서 마지막 순간에 졌다.""",
    "ja": """港湾委員会は火曜日、北側の桟橋を再開することを決めた。
技術者は、昨年一月の嵐と塩の影響でコンクリートが弱くなったと説明した。
約1200人の住民が、夏休みの前にフェリーの再開を求める手紙に署名した。
「もう十分に待った」と、古い切符売り場の近くでパン屋を営む森川あかりさんは話した。
工事の費用は340万ポンドで、最初の見積もりの二倍を超えた。
地域の広報担当者は、第二段階がいつ始まるかを明らかにしなかった。
市場の魚の価格は五月に6％上がり、八年ぶりの高さとなった。
島の学校は強風のため金曜日に早く閉まる。
大臣は報告書を公表すると約束したが、日付は示さなかった。
ボランティアは川沿いと博物館の裏の公園に木を四百本植えた。
警察は午後五時半ごろに倉庫を出た灰色の車を探している。
チームは十試合続けて勝ったが、決勝の最後の瞬間に敗れた。""",
}
"""Training text of the tokenizers, written for the project: the same invented news in three languages, line by line."""

LANGUAGES = ("en", "ko", "ja")

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML, as Qwen publishes it, without its tools."""


def all_lines() -> list[str]:
    """Every line of the training text."""
    return [line for text in TEXT.values() for line in text.splitlines()]


def train_sentencepiece(path: Path, *, vocab_size: int = 900, **options: Any) -> sentencepiece.SentencePieceProcessor:
    """Train a sentencepiece model on the text and write it to a file.

    Args:
        path: the file, with the name that the family publishes it under.
        vocab_size: pieces, special ones included.
        options: further options of the trainer (model_type, ids of special pieces).
    """
    buffer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(all_lines()),
        model_writer=buffer,
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
        **options,
    )
    path.write_bytes(buffer.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=buffer.getvalue())


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


def save_m2m100(directory: Path, *, seed: int = 0) -> None:
    """A two-layer M2M100 with the files of facebook/m2m100_418M."""
    directory.mkdir(parents=True, exist_ok=True)
    pieces = train_sentencepiece(directory / "sentencepiece.bpe.model", model_type="bpe")
    # fairseq puts its four special tokens first; the pieces of sentencepiece follow without its own three.
    names = ["<s>", "<pad>", "</s>", "<unk>"] + [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    vocabulary = {name: index for index, name in enumerate(dict.fromkeys(names))}
    (directory / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    tokenizer = M2M100Tokenizer(
        vocab_file=str(directory / "vocab.json"), spm_file=str(directory / "sentencepiece.bpe.model"), src_lang="en"
    )
    tokenizer.save_pretrained(directory)
    config = M2M100Config(
        vocab_size=len(vocabulary) + 108,  # 100 languages and 8 made-up words, as published
        d_model=48,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=96,
        decoder_ffn_dim=96,
        max_position_embeddings=256,
        scale_embedding=True,
        tie_word_embeddings=False,
        decoder_start_token_id=2,
        pad_token_id=1,
        eos_token_id=2,
        bos_token_id=0,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
    )
    torch.manual_seed(seed)
    model = M2M100ForConditionalGeneration(config)
    scale_weights(model, seed=seed, end_id=2, end_bias=0.6)
    _save(model, directory, num_beams=5, max_length=200, early_stopping=True)


def save_chat(directory: Path, *, seed: int = 0, end_bias: float = 0.6) -> None:
    """A two-layer Qwen2 with grouped-query attention, byte-level BPE and a ChatML template."""
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(all_lines(), trainer)
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


def _save(model: Any, directory: Path, **published_generation: Any) -> None:
    """Write a model with decoding settings such as publishers put beside it; the server must not follow them."""
    transformers.utils.logging.disable_progress_bar()
    for name, value in published_generation.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(directory)


def write_tiny_profile(folder: Path) -> Path:
    """Save a translation model (en, ko, ja, all directions) and a chat model for summaries, with their profile.

    Returns:
        Path of the profile's TOML file.
    """
    save_m2m100(folder / "tiny-m2m100")
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
