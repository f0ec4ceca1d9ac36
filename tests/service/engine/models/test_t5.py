from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from tests.service.engine.models import facts
from tests.service.engine.models.reference import (
    library_tokenizer,
    line,
    load,
    mixed_summaries,
    mixed_translations,
    summary,
    translation,
)
from tests.tiny_models import save_bart, save_t5
from triwire_server.engine.models.base import Model
from triwire_server.model_errors import CheckpointError

SUMMARIES = [("en", "en"), ("ko", "ko"), ("ja", "ja")]


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("t5")
    save_t5(path)
    return path


@pytest.fixture(scope="module")
def mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mt5")
    save_t5(path, family="mt5")
    return path


@pytest.fixture(scope="module")
def madlad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("madlad")
    save_t5(path, family="madlad")
    return path


def load_summarizer(directory: Path, **fields: Any) -> Model:
    return load("t5", directory, source_prefix="summarize: ", summary_languages=SUMMARIES, **fields)


def load_madlad(directory: Path, **fields: Any) -> Model:
    return load("t5", directory, source_prefix="<2{target}> ", **fields)


def pieces_of(directory: Path) -> Any:
    return sentencepiece.SentencePieceProcessor(model_file=str(directory / "spiece.model"))


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_source_of_a_summary_is_what_the_published_tokenizer_writes(t5: Path, mt5: Path, language: str) -> None:
    text = line(language, 3, 2)
    for directory in (t5, mt5):
        prompt = load_summarizer(directory).encode(summary(text, language))
        assert list(prompt.input_ids) == library_tokenizer(directory)(f"summarize: {text}").input_ids
        assert list(prompt.input_ids) == [*pieces_of(directory).encode(f"summarize: {text}"), 1]
        assert prompt.forced_ids == ()


@pytest.mark.parametrize(("source", "target"), [("en", "ko"), ("ko", "ja"), ("ja", "en")])
def test_source_of_madlad_starts_with_its_target(madlad: Path, source: str, target: str) -> None:
    text = line(source, 3)
    prompt = load_madlad(madlad).encode(translation(text, source, target))
    pieces = pieces_of(madlad)
    assert list(prompt.input_ids) == library_tokenizer(madlad)(f"<2{target}> {text}").input_ids
    assert list(prompt.input_ids) == [pieces.piece_to_id(f"<2{target}>"), *pieces.encode(text), 2]


def test_a_prefix_may_name_both_languages(mt5: Path) -> None:
    codes = {"en": "English", "ko": "Korean", "ja": "Japanese"}
    model = load("t5", mt5, source_prefix="translate {source} to {target}: ", language_codes=codes)
    expected = pieces_of(mt5).encode("translate Korean to English: " + line("ko", 1))
    assert list(model.encode(translation(line("ko", 1), "ko", "en")).input_ids) == [*expected, 1]


def test_characters_without_a_piece_are_bytes_where_the_vocabulary_holds_them(madlad: Path) -> None:
    model, pieces, text = (
        load_madlad(madlad),
        pieces_of(madlad),
        "the 鰐 \U0001f40a swam",
    )  # 鰐: crocodile, as the emoji
    inner = model.encode(translation(text, "en", "ja")).input_ids[1:-1]
    assert list(inner) == pieces.encode(text)
    assert [pieces.id_to_piece(number) for number in inner if pieces.is_byte(number)] == [
        *("<0xE9>", "<0xB0>", "<0x90>"),
        *("<0xF0>", "<0x9F>", "<0x90>", "<0x8A>"),
    ]
    assert model.decode(translation(text, "en", "ja"), inner) == text


def test_characters_without_a_piece_are_unknown_elsewhere(t5: Path) -> None:
    model = load_summarizer(t5)
    assert 2 in model.encode(summary("the 鰐 swam", "en")).input_ids  # 鰐: crocodile
    assert pieces_of(t5).unk_id() == 2


def test_reads_as_the_library(t5: Path, mt5: Path, madlad: Path) -> None:
    facts.check_reads_as_the_library(load_summarizer(t5), t5, mixed_summaries())
    facts.check_reads_as_the_library(load_summarizer(mt5), mt5, mixed_summaries())
    facts.check_reads_as_the_library(load_madlad(madlad), madlad, mixed_translations())


@pytest.mark.parametrize("seed", range(2))
def test_joins_change_nothing(t5: Path, madlad: Path, seed: int) -> None:
    facts.check_joins_change_nothing(load_summarizer(t5), 2 * mixed_summaries(), seed)
    facts.check_joins_change_nothing(load_madlad(madlad), 3 * mixed_translations(), seed)


def test_int8_rows_are_independent(t5: Path, madlad: Path) -> None:
    facts.check_int8_rows_are_independent(load_summarizer(t5, dtype="int8"), mixed_summaries())
    facts.check_int8_rows_are_independent(load_madlad(madlad, dtype="int8"), mixed_translations())


def test_published_settings_are_not_followed(madlad: Path) -> None:
    facts.check_published_settings_are_not_followed(load_madlad(madlad), madlad, mixed_translations())


def test_ends_are_told(mt5: Path) -> None:
    facts.check_ends_are_told(load_summarizer(mt5), mixed_summaries(), end_id=1)


def test_repair_does_not_repeat(t5: Path) -> None:
    facts.check_repair_does_not_repeat(load_summarizer(t5), mixed_summaries())


@pytest.mark.parametrize("text", ["<2ja> please", "stop </s> now", "<unk>", "say <2en>"])
def test_names_of_control_tokens_are_plain_characters(madlad: Path, text: str) -> None:
    model, pieces = load_madlad(madlad), pieces_of(madlad)
    inner = model.encode(translation(text, "en", "ko")).input_ids[1:-1]
    names = ("<2en>", "<2ko>", "<2ja>", "<s>", "</s>", "<unk>")
    assert not {pieces.piece_to_id(name) for name in names} & set(inner)
    assert model.decode(translation(text, "en", "ko"), inner) == text


@pytest.mark.parametrize("text", ["<extra_id_0> please", "stop </s> now", "<pad>"])
def test_sentinels_are_plain_characters(t5: Path, text: str) -> None:
    model = load_summarizer(t5)
    inner = model.encode(summary(text, "en")).input_ids[:-1]
    assert not set(library_tokenizer(t5).all_special_ids) & set(inner)
    assert model.decode(summary(text, "en"), inner) == f"summarize: {text}"


def test_a_written_language_token_is_no_part_of_the_output(madlad: Path) -> None:
    model, pieces = load_madlad(madlad), pieces_of(madlad)
    ids = [pieces.piece_to_id("<2ko>"), *pieces.encode("the wind"), 2]
    assert model.decode(translation("x", "en", "ko"), ids) == "the wind"


def test_unknown_language_code_names_the_fields(madlad: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"^tiny@1: source_prefix, language_codes\.ja: the vocabulary has no token '<2jp>'$"
    ):
        load_madlad(madlad, language_codes={"ja": "jp"})


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_bart(tmp_path)
    with pytest.raises(CheckpointError, match="architecture 't5' reads t5, mt5, umt5, the checkpoint is 'bart'"):
        load_summarizer(tmp_path)
