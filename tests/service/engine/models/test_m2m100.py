from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from tests.service.engine.models import facts
from tests.service.engine.models.reference import library_tokenizer, line, load, mixed_translations, translation
from tests.tiny_models import save_m2m100, save_mbart
from triwire_server.model_errors import CheckpointError


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("m2m100")
    save_m2m100(path)
    return path


def test_files_are_those_that_are_published(directory: Path) -> None:
    assert {path.name for path in directory.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "sentencepiece.bpe.model",
        "tokenizer_config.json",
        "vocab.json",
    }


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_source_is_what_the_published_tokenizer_writes(directory: Path, language: str) -> None:
    model, tokenizer = load("m2m100", directory), library_tokenizer(directory)
    tokenizer.src_lang = language
    text = line(language, 0)
    prompt = model.encode(translation(text, language, "en" if language == "ko" else "ko"))
    assert list(prompt.input_ids) == tokenizer(text).input_ids


def test_output_is_made_to_start_with_the_target_language(directory: Path) -> None:
    model, tokenizer = load("m2m100", directory), library_tokenizer(directory)
    forced = [model.encode(translation("x", "en", target)).forced_ids for target in ("ko", "ja")]
    assert forced == [(tokenizer.get_lang_id("ko"),), (tokenizer.get_lang_id("ja"),)]


def test_reads_as_the_library(directory: Path) -> None:
    facts.check_reads_as_the_library(load("m2m100", directory), directory, mixed_translations())


def test_memory_of_a_token_is_known(directory: Path) -> None:
    # Two layers, keys and values of 48 numbers each, in float32.
    assert load("m2m100", directory).token_bytes == 2 * 2 * 48 * 4


@pytest.mark.parametrize("seed", range(2))
def test_joins_change_nothing(directory: Path, seed: int) -> None:
    facts.check_joins_change_nothing(load("m2m100", directory), 3 * mixed_translations(), seed)


def test_int8_rows_are_independent(directory: Path) -> None:
    facts.check_int8_rows_are_independent(load("m2m100", directory, dtype="int8"), mixed_translations())


def test_repair_does_not_repeat(directory: Path) -> None:
    facts.check_repair_does_not_repeat(load("m2m100", directory), mixed_translations())


def test_a_repair_searches_in_another_way_than_the_first_attempt(directory: Path) -> None:
    """Greedy models search with beams, models with beams sample: the same every time, from one seed."""
    greedy, wide = load("m2m100", directory), load("m2m100", directory, beams=5)
    for model, expected in ((greedy, [(1, None), (4, None)]), (wide, [(5, None), (1, 1)])):
        prompts = [model.encode(translation("The harbour reopened.", "en", "ko", attempt=n)) for n in (0, 1)]
        assert [(prompt.num_beams, prompt.sampling_seed) for prompt in prompts] == expected
        assert model.generate([prompts[1]]) == model.generate(prompts[::-1])[:1]


def test_published_settings_are_not_followed(directory: Path) -> None:
    facts.check_published_settings_are_not_followed(load("m2m100", directory), directory, mixed_translations())


def test_ends_are_told(directory: Path) -> None:
    facts.check_ends_are_told(load("m2m100", directory), mixed_translations(), end_id=2)


def test_each_row_of_a_batch_stops_at_its_own_limit(directory: Path) -> None:
    output = {"max_tokens": 30, "tokens_per_input_token": 1.0, "extra_tokens": 2}
    model = load("m2m100", directory, output=output)
    texts = ["Police", line("en", 2, 3)]
    tokens = [model.count_tokens(text, "en") for text in texts]
    prompts = [model.encode(translation(text, "en", "ja")) for text in texts]
    assert [prompt.max_new_tokens for prompt in prompts] == [tokens[0] + 2, 30]
    assert tokens[1] > 28
    assert [
        len(ids) <= prompt.max_new_tokens for ids, prompt in zip(model.generate(prompts), prompts, strict=True)
    ] == [
        True,
        True,
    ]


@pytest.mark.parametrize("text", ["stop </s> now", "__ko__ first", "<s>", "<pad><unk>", "say __ja__"])
def test_names_of_control_tokens_are_plain_characters(directory: Path, text: str) -> None:
    model = load("m2m100", directory)
    inner = model.encode(translation(text, "en", "ko")).input_ids[1:-1]
    specials = {0, 1, 2, 3, *library_tokenizer(directory).lang_token_to_id.values()}
    assert not specials & set(inner)
    assert model.decode(translation(text, "en", "ko"), inner) == text


def test_language_tokens_are_no_part_of_the_output(directory: Path) -> None:
    model, tokenizer = load("m2m100", directory), library_tokenizer(directory)
    segment = translation("x", "en", "ko")
    ids = [tokenizer.get_lang_id("ko"), *model.encode(segment).input_ids[1:]]
    assert model.decode(segment, ids) == "x"


def test_unknown_language_code_names_the_field(directory: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"^tiny@1: language_codes\.ko: the vocabulary has no token '__kor_Hang__'$"
    ):
        load("m2m100", directory, language_codes={"ko": "kor_Hang"})


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_mbart(tmp_path)
    with pytest.raises(CheckpointError, match="architecture 'm2m100' reads m2m_100, the checkpoint is 'mbart'"):
        load("m2m100", tmp_path)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"max_input_tokens": 253}, "max_input_tokens"), ({"output": {"max_tokens": 300}}, r"output\.")],
)
def test_lengths_beyond_the_positions_are_refused(directory: Path, fields: dict[str, object], field: str) -> None:
    with pytest.raises(CheckpointError, match=f"^tiny@1: {field}.* the model has 256 positions"):
        load("m2m100", directory, **fields)


def test_checkpoint_without_safetensors_is_refused_until_it_is_converted(directory: Path, tmp_path: Path) -> None:
    published, converted = tmp_path / "published", tmp_path / "converted"
    published.mkdir()
    for path in directory.iterdir():
        if path.suffix != ".safetensors":
            (published / path.name).write_bytes(path.read_bytes())
    weights = AutoModelForSeq2SeqLM.from_pretrained(directory).state_dict()
    torch.save(weights, published / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="holds no safetensors weights; other formats are not read"):
        load("m2m100", published)
    # The commands in profiles/m2m100.toml.
    AutoModelForSeq2SeqLM.from_pretrained(published).save_pretrained(converted)
    AutoTokenizer.from_pretrained(published).save_pretrained(converted)
    segments = mixed_translations()
    original, other = load("m2m100", directory), load("m2m100", converted)
    prompts = [other.encode(segment) for segment in segments]
    assert prompts == [original.encode(segment) for segment in segments]
    assert other.generate(prompts) == original.generate(prompts)
