"""Models loaded as the server loads them, and what the transformers library makes of the same checkpoint."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, GenerationConfig

from tests.tiny_tokenizers import TEXT
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint
from triwire_server.engine.models.registry import load_model
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment, SummarySpec, SummaryStyle, Task

PAIRS = (("en", "ko"), ("en", "ja"), ("ko", "en"), ("ko", "ja"), ("ja", "en"), ("ja", "ko"))
LIMIT = 40


def make_spec(architecture: str, directory: Path, **fields: Any) -> ModelSpec:
    """A model of a profile that translates, unless the fields say otherwise."""
    if "summary_languages" in fields:
        tasks: dict[str, Any] = {"tasks": ["summarization"]}
    else:
        tasks = {"tasks": ["translation"], "language_pairs": PAIRS}
    return ModelSpec.model_validate(
        {
            "name": "tiny",
            "version": "1",
            "architecture": architecture,
            "license": "Apache-2.0",
            "source": {"kind": "directory", "path": str(directory)},
            "max_input_tokens": 200,
            "output": {"max_tokens": LIMIT},
            **tasks,
            **fields,
        }
    )


def load(architecture: str, directory: Path, **fields: Any) -> Model:
    """A model on the CPU; converted first if the fields ask for it, as `models pull` does."""
    spec = make_spec(architecture, directory, **fields)
    if spec.needs_conversion:
        directory = converted(spec, directory)
    return load_model(spec, directory, torch.device("cpu"))


def converted(spec: ModelSpec, directory: Path) -> Path:
    """What a checkpoint is converted to, beside it; made once."""
    target = directory.with_name(f"{directory.name}-{spec.dtype}-{spec.vocabulary}")
    if not target.is_dir():
        convert_checkpoint(spec, directory, target)
    return target


def translation(text: str, source: str, target: str, *, attempt: int = 0) -> Segment:
    """A segment to translate."""
    return Segment(task=Task.TRANSLATION, text=text, source_language=source, target_language=target, attempt=attempt)


def summary(text: str, language: str, *, characters: int = 300, attempt: int = 0) -> Segment:
    """A text to summarize in its own language."""
    return Segment(
        task=Task.SUMMARIZATION,
        text=text,
        source_language=language,
        target_language=language,
        summary=SummarySpec(style=SummaryStyle.PARAGRAPH, max_characters=characters),
        attempt=attempt,
    )


def line(language: str, number: int, count: int = 1) -> str:
    """So many lines of the training text from one on, as one text."""
    return " ".join(TEXT[language].splitlines()[number : number + count])


def mixed_translations(pairs: Sequence[tuple[str, str]] = PAIRS) -> list[Segment]:
    """Texts of all directions and of very different lengths, for one batch."""
    lengths = (1, 3, 1, 2, 1, 4, 1, 1)
    return [
        translation(line(pairs[index % len(pairs)][0], index, count), *pairs[index % len(pairs)])
        for index, count in enumerate(lengths)
    ]


def mixed_summaries() -> list[Segment]:
    """Texts of all languages and of very different lengths, for one batch."""
    return [summary(line(language, 0, count), language) for language in ("en", "ko", "ja") for count in (1, 3, 2)]


@cache
def library_model(directory: Path) -> Any:
    """The checkpoint as the transformers library reads it."""
    return AutoModelForSeq2SeqLM.from_pretrained(directory, dtype=torch.float32, local_files_only=True).eval()


@cache
def library_tokenizer(directory: Path) -> Any:
    """The tokenizer as the transformers library reads it."""
    return AutoTokenizer.from_pretrained(directory, local_files_only=True)


def library_output(directory: Path, prompt: Prompt, **options: Any) -> list[int]:
    """What the library's own `generate` writes for one text behind the start and forced tokens, with as many beams."""
    model = library_model(directory)
    published = model.generation_config
    config = GenerationConfig(
        num_beams=prompt.num_beams,
        length_penalty=prompt.length_penalty,
        early_stopping=prompt.early_stopping,
        do_sample=False,
        max_new_tokens=prompt.max_new_tokens + len(prompt.forced_ids),
        forced_bos_token_id=prompt.forced_ids[0] if prompt.forced_ids else None,
        eos_token_id=published.eos_token_id,
        pad_token_id=published.pad_token_id,
        decoder_start_token_id=published.decoder_start_token_id,
        **options,
    )
    published_config, model.generation_config = model.generation_config, GenerationConfig()
    try:
        ids = model.generate(torch.tensor([prompt.input_ids]), generation_config=config)
    finally:
        model.generation_config = published_config
    return list(ids[0, 1 + len(prompt.forced_ids) :].tolist())


def library_published(directory: Path, prompt: Prompt) -> list[int]:
    """What the library writes with the settings that were published beside the weights."""
    ids = library_model(directory).generate(
        torch.tensor([prompt.input_ids]), forced_bos_token_id=prompt.forced_ids[0] if prompt.forced_ids else None
    )
    return list(ids[0, 1 + len(prompt.forced_ids) :].tolist())


def has_repeated_trigram(ids: Sequence[int]) -> bool:
    """Whether three tokens occur twice in a row of ids."""
    trigrams = list(zip(ids, ids[1:], ids[2:], strict=False))
    return len(set(trigrams)) < len(trigrams)
