import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from tests.service.engine.models import facts
from tests.service.engine.models.reference import library_tokenizer, line, load, mixed_summaries, summary
from tests.tiny_models import save_bart, save_t5
from triwire_server.engine.models.base import Model
from triwire_server.model_errors import CheckpointError

SUMMARIES = [("en", "en"), ("ko", "ko"), ("ja", "ja")]


@pytest.fixture(scope="module")
def bart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bart")
    save_bart(path, seed=1)
    return path


@pytest.fixture(scope="module")
def kobart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kobart")
    save_bart(path, family="kobart")
    return path


@pytest.fixture(scope="module")
def pegasus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pegasus")
    save_bart(path, family="pegasus")
    return path


def load_summarizer(directory: Path, **fields: Any) -> Model:
    return load("bart", directory, summary_languages=SUMMARIES, **{"max_input_tokens": 240, **fields})


def test_source_of_bart_is_what_the_published_tokenizer_writes(bart: Path) -> None:
    text = line("en", 0, 2)
    prompt = load_summarizer(bart).encode(summary(text, "en"))
    assert list(prompt.input_ids) == library_tokenizer(bart)(text).input_ids
    assert (prompt.input_ids[0], prompt.input_ids[-1]) == (0, 2)
    assert prompt.forced_ids == (0,)


def test_source_of_kobart_has_start_and_end_though_its_tokenizer_writes_none(kobart: Path) -> None:
    text = line("ko", 0, 2)
    prompt = load_summarizer(kobart).encode(summary(text, "ko"))
    assert list(prompt.input_ids) == [0, *library_tokenizer(kobart)(text).input_ids, 1]
    assert prompt.forced_ids == ()


def test_source_of_pegasus_is_text_and_end(pegasus: Path) -> None:
    text = line("en", 0, 2)
    prompt = load_summarizer(pegasus).encode(summary(text, "en"))
    assert list(prompt.input_ids) == library_tokenizer(pegasus)(text).input_ids
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(pegasus / "spiece.model"))
    assert list(prompt.input_ids) == [*(number + 103 for number in pieces.encode(text)), 1]


@pytest.mark.parametrize("family", ["bart", "kobart", "pegasus"])
def test_reads_as_the_library(family: str, request: pytest.FixtureRequest) -> None:
    directory = request.getfixturevalue(family)
    facts.check_reads_as_the_library(load_summarizer(directory), directory, mixed_summaries())


@pytest.mark.parametrize("family", ["bart", "kobart", "pegasus"])
@pytest.mark.parametrize("seed", range(2))
def test_joins_change_nothing(family: str, seed: int, request: pytest.FixtureRequest) -> None:
    facts.check_joins_change_nothing(load_summarizer(request.getfixturevalue(family)), 2 * mixed_summaries(), seed)


@pytest.mark.parametrize("family", ["bart", "kobart", "pegasus"])
def test_int8_rows_are_independent(family: str, request: pytest.FixtureRequest) -> None:
    directory = request.getfixturevalue(family)
    facts.check_int8_rows_are_independent(load_summarizer(directory, dtype="int8"), mixed_summaries())


def test_published_settings_are_not_followed(bart: Path) -> None:
    """bart-large-cnn asks for at least 56 tokens; a short article needs fewer."""
    model = load_summarizer(bart, output={"max_tokens": 100})
    facts.check_published_settings_are_not_followed(model, bart, mixed_summaries())
    prompts = [model.encode(segment) for segment in mixed_summaries()]
    outputs = model.generate(prompts)
    assert any(prompt.is_complete(output) and len(output) < 56 for prompt, output in zip(prompts, outputs, strict=True))


def test_a_summary_may_take_tokens_by_its_characters(bart: Path) -> None:
    model = load_summarizer(bart, output={"max_tokens": 90, "extra_tokens": 10})
    limits = [
        model.encode(summary(line(language, 0), language, characters=characters)).max_new_tokens
        for language, characters in (("en", 50), ("ko", 50), ("ko", 500))
    ]
    assert limits == [40, 85, 90]


def test_repair_does_not_repeat(pegasus: Path) -> None:
    facts.check_repair_does_not_repeat(load_summarizer(pegasus), mixed_summaries())


@pytest.mark.parametrize("family", ["bart", "kobart", "pegasus"])
@pytest.mark.parametrize("text", ["stop </s> now", "<s> first", "<mask> and <pad>", "<unk_2> and <mask_1>"])
def test_names_of_control_tokens_are_plain_characters(family: str, text: str, request: pytest.FixtureRequest) -> None:
    directory = request.getfixturevalue(family)
    model = load_summarizer(directory)
    prompt = model.encode(summary(text, "en"))
    inner = prompt.input_ids[0 if family == "pegasus" else 1 : -1]
    assert not set(library_tokenizer(directory).all_special_ids) & set(inner)
    assert model.decode(summary(text, "en"), inner) == text


def test_tokenizer_without_a_start_token_is_refused(kobart: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(kobart, tmp_path / "kobart")
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    del settings["bos_token"]
    path.write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"^tiny@1: the tokenizer has no start token \(bos_token\)$"):
        load_summarizer(directory)


def test_lengths_beyond_the_positions_are_refused(bart: Path) -> None:
    """BART's positions are a table: one more would fail inside the model."""
    with pytest.raises(CheckpointError, match=r"^tiny@1: max_input_tokens is 253, the model has 256 positions"):
        load_summarizer(bart, max_input_tokens=253)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_t5(tmp_path)
    with pytest.raises(CheckpointError, match="architecture 'bart' reads bart, pegasus, the checkpoint is 't5'"):
        load_summarizer(tmp_path)
