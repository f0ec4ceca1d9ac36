import json
from pathlib import Path

import pytest

from tests.service.engine.models import facts
from tests.service.engine.models.reference import library_tokenizer, line, load, mixed_translations, translation
from tests.tiny_models import save_marian
from triwire_server.engine.models.base import Model
from triwire_server.model_errors import CheckpointError

CODES = {"en": "eng", "ko": "kor", "ja": "jpn"}


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marian-multilingual")
    save_marian(path, targets=("eng", "jpn", "kor"))
    return path


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marian-bilingual")
    save_marian(path, seed=1)
    return path


def load_multilingual(directory: Path, **fields: object) -> Model:
    return load("marian", directory, source_prefix=">>{target}<< ", language_codes=CODES, **fields)


def load_bilingual(directory: Path, **fields: object) -> Model:
    return load("marian", directory, language_pairs=[("en", "ko")], **fields)


def vocabulary(directory: Path) -> dict[str, int]:
    names: dict[str, int] = json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
    return names


def test_files_are_those_that_are_published(bilingual: Path) -> None:
    assert {path.name for path in bilingual.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "source.spm",
        "target.spm",
        "tokenizer_config.json",
        "vocab.json",
    }


@pytest.mark.filterwarnings("ignore:Recommended")
@pytest.mark.parametrize(("source", "target"), [("en", "ko"), ("ko", "ja"), ("ja", "en")])
def test_source_of_a_multilingual_model_starts_with_its_target(multilingual: Path, source: str, target: str) -> None:
    text = line(source, 3)
    prompt = load_multilingual(multilingual).encode(translation(text, source, target))
    assert list(prompt.input_ids) == library_tokenizer(multilingual)(f">>{CODES[target]}<< {text}").input_ids
    assert prompt.input_ids[0] == vocabulary(multilingual)[f">>{CODES[target]}<<"]
    assert prompt.forced_ids == ()


@pytest.mark.filterwarnings("ignore:Recommended")
def test_source_of_a_bilingual_model_is_text_and_end(bilingual: Path) -> None:
    text = line("en", 3)
    prompt = load_bilingual(bilingual).encode(translation(text, "en", "ko"))
    assert list(prompt.input_ids) == library_tokenizer(bilingual)(text).input_ids
    assert prompt.input_ids[-1] == 0


def test_reads_as_the_library(multilingual: Path, bilingual: Path) -> None:
    for directory, model, segments in (
        (multilingual, load_multilingual(multilingual), mixed_translations()),
        (bilingual, load_bilingual(bilingual), mixed_translations([("en", "ko")])),
    ):
        pad_id = vocabulary(directory)["<pad>"]
        facts.check_reads_as_the_library(model, directory, segments, bad_words_ids=[[pad_id]])


@pytest.mark.parametrize("seed", range(2))
def test_joins_change_nothing(multilingual: Path, seed: int) -> None:
    facts.check_joins_change_nothing(load_multilingual(multilingual), 3 * mixed_translations(), seed)


def test_padding_is_never_written(bilingual: Path) -> None:
    """Decoding starts with it, so that it is what a confused model writes next."""
    model = load_bilingual(bilingual)
    pad_id = vocabulary(bilingual)["<pad>"]
    loaded = model._model  # type: ignore[attr-defined]  # of this family
    loaded.final_logits_bias[0, pad_id] = 1e4
    outputs = model.generate([model.encode(segment) for segment in mixed_translations([("en", "ko")])])
    assert not any(pad_id in output for output in outputs)


def test_int8_rows_are_independent(multilingual: Path) -> None:
    facts.check_int8_rows_are_independent(load_multilingual(multilingual, dtype="int8"), mixed_translations())


def test_published_settings_are_not_followed(multilingual: Path) -> None:
    facts.check_published_settings_are_not_followed(load_multilingual(multilingual), multilingual, mixed_translations())


def test_repair_does_not_repeat(bilingual: Path) -> None:
    facts.check_repair_does_not_repeat(load_bilingual(bilingual), mixed_translations([("en", "ko")]))


@pytest.mark.parametrize("text", [">>jpn<< not Korean", "stop </s> now", "<pad>", "say >>jpn<< twice"])
def test_names_of_control_tokens_are_plain_characters(multilingual: Path, text: str) -> None:
    model, names = load_multilingual(multilingual), vocabulary(multilingual)
    inner = model.encode(translation(text, "en", "ko")).input_ids[1:-1]
    assert not {names[name] for name in (">>jpn<<", ">>kor<<", ">>eng<<", "</s>", "<pad>", "<unk>")} & set(inner)
    assert model.decode(translation(text, "en", "ko"), inner) == text


def test_output_is_read_with_pieces_that_only_the_target_has(bilingual: Path) -> None:
    model, names = load_bilingual(bilingual), vocabulary(bilingual)
    assert (
        model.decode(translation("x", "en", "ko"), [names["▁P"], names["ol"], names["i"], names["ce"], 0]) == "Police"
    )


def test_unknown_language_code_names_the_fields(multilingual: Path) -> None:
    with pytest.raises(
        CheckpointError,
        match=r"^tiny@1: source_prefix, language_codes\.ko: the vocabulary has no token '>>ko<<'$",
    ):
        load("marian", multilingual, source_prefix=">>{target}<<", language_codes={"en": "eng", "ja": "jpn"})
