from pathlib import Path

import pytest
import sentencepiece

from tests.service.engine.models import facts
from tests.service.engine.models.reference import library_tokenizer, line, load, mixed_translations, translation
from tests.tiny_models import save_nllb
from triwire_server.model_errors import CheckpointError

CODES = {"en": "eng_Latn", "ko": "kor_Hang", "ja": "jpn_Jpan"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nllb")
    save_nllb(path)
    return path


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_source_is_what_the_published_tokenizer_writes(directory: Path, language: str) -> None:
    model, tokenizer = load("m2m100", directory, language_codes=CODES), library_tokenizer(directory)
    tokenizer.src_lang = CODES[language]
    text = line(language, 3)
    prompt = model.encode(translation(text, language, "en" if language == "ko" else "ko"))
    assert list(prompt.input_ids) == tokenizer(text).input_ids
    # fairseq's four special tokens stand where sentencepiece has three.
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(directory / "sentencepiece.bpe.model"))
    assert list(prompt.input_ids[1:-1]) == [number + 1 for number in pieces.encode(text)]


def test_output_is_made_to_start_with_the_target_language(directory: Path) -> None:
    model, tokenizer = load("m2m100", directory, language_codes=CODES), library_tokenizer(directory)
    assert model.encode(translation("x", "en", "ja")).forced_ids == (tokenizer.convert_tokens_to_ids("jpn_Jpan"),)


def test_reads_as_the_library(directory: Path) -> None:
    model = load("m2m100", directory, language_codes=CODES)
    facts.check_reads_as_the_library(model, directory, mixed_translations())
    facts.check_published_settings_are_not_followed(model, directory, mixed_translations())


@pytest.mark.parametrize("text", ["stop </s> now", "kor_Hang first", "<s>", "say jpn_Jpan"])
def test_names_of_control_tokens_are_plain_characters(directory: Path, text: str) -> None:
    model = load("m2m100", directory, language_codes=CODES)
    inner = model.encode(translation(text, "en", "ko")).input_ids[1:-1]
    assert not set(library_tokenizer(directory).all_special_ids) & set(inner)
    assert model.decode(translation(text, "en", "ko"), inner) == text


def test_codes_of_another_model_are_refused(directory: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^tiny@1: language_codes\.en: the vocabulary has no token 'en'$"):
        load("m2m100", directory)
