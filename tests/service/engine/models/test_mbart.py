from pathlib import Path

import pytest
import sentencepiece

from tests.service.engine.models import facts
from tests.service.engine.models.reference import library_tokenizer, line, load, mixed_translations, translation
from tests.tiny_models import save_m2m100, save_mbart
from triwire_server.model_errors import CheckpointError

CODES = {"en": "en_XX", "ko": "ko_KR", "ja": "ja_XX"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mbart")
    save_mbart(path)
    return path


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_source_is_what_the_published_tokenizer_writes(directory: Path, language: str) -> None:
    model, tokenizer = load("mbart", directory), library_tokenizer(directory)
    tokenizer.src_lang = CODES[language]
    text = line(language, 3)
    prompt = model.encode(translation(text, language, "en" if language == "ko" else "ko"))
    assert list(prompt.input_ids) == tokenizer(text).input_ids
    # fairseq's four special tokens stand where sentencepiece has three.
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(directory / "sentencepiece.bpe.model"))
    assert list(prompt.input_ids[1:-1]) == [number + 1 for number in pieces.encode(text)]


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_output_is_made_to_start_with_the_target_code(directory: Path, language: str) -> None:
    model, tokenizer = load("mbart", directory), library_tokenizer(directory)
    prompt = model.encode(translation("x", "en" if language != "en" else "ko", language))
    assert prompt.forced_ids == (tokenizer.convert_tokens_to_ids(CODES[language]),)


def test_reads_as_the_library(directory: Path) -> None:
    facts.check_reads_as_the_library(load("mbart", directory), directory, mixed_translations())


@pytest.mark.parametrize("seed", range(2))
def test_joins_change_nothing(directory: Path, seed: int) -> None:
    facts.check_joins_change_nothing(load("mbart", directory), 3 * mixed_translations(), seed)


def test_int8_rows_are_independent(directory: Path) -> None:
    facts.check_int8_rows_are_independent(load("mbart", directory, dtype="int8"), mixed_translations())


def test_published_settings_are_not_followed(directory: Path) -> None:
    facts.check_published_settings_are_not_followed(load("mbart", directory), directory, mixed_translations())


def test_ends_are_told(directory: Path) -> None:
    facts.check_ends_are_told(load("mbart", directory), mixed_translations(), end_id=2)


def test_repair_does_not_repeat(directory: Path) -> None:
    facts.check_repair_does_not_repeat(load("mbart", directory), mixed_translations())


@pytest.mark.parametrize("text", ["stop </s> now", "ko_KR first", "<s>", "<mask> and <pad>", "say ja_XX"])
def test_names_of_control_tokens_are_plain_characters(directory: Path, text: str) -> None:
    model, tokenizer = load("mbart", directory), library_tokenizer(directory)
    inner = model.encode(translation(text, "en", "ko")).input_ids[1:-1]
    controls = {*tokenizer.all_special_ids, *tokenizer.lang_code_to_id.values()}
    # The published tokenizer reads them as tokens.
    assert controls & set(tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))
    assert not controls & set(inner)
    assert model.decode(translation(text, "en", "ko"), inner) == text


def test_unknown_language_code_names_the_field(directory: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^tiny@1: language_codes\.ja: the vocabulary has no token 'jp_XX'$"):
        load("mbart", directory, language_codes={"ja": "jp_XX"})


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_m2m100(tmp_path)
    with pytest.raises(CheckpointError, match="architecture 'mbart' reads mbart, the checkpoint is 'm2m_100'"):
        load("mbart", tmp_path)
