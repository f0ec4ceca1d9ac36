import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM

from tests.service.engine.models.reference import (
    converted,
    library_model,
    library_output,
    line,
    load,
    make_spec,
    mixed_summaries,
    mixed_translations,
    translation,
)
from tests.tiny_models import (
    save_bart,
    save_chat,
    save_m2m100,
    save_marian,
    save_mbart,
    save_nllb,
    save_t5,
)
from tests.tiny_tokenizers import FOREIGN_LINES
from triwire_server.engine.models import published_weights
from triwire_server.engine.models.base import Model
from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint
from triwire_server.engine.models.linear import quantize_linears, quantize_weight
from triwire_server.engine.models.seq2seq import Seq2SeqModel, prepare
from triwire_server.engine.models.vocabulary import read_kept_ids
from triwire_server.model_errors import CheckpointError
from triwire_server.segment import Segment

SUMMARIES = {"summary_languages": [("en", "en"), ("ko", "ko"), ("ja", "ja")], "max_input_tokens": 240}
INT8 = "rowwise-int8.safetensors"


class Family(NamedTuple):
    """An architecture with the vocabulary of one family."""

    architecture: str
    save: Callable[[Path], None]
    fields: dict[str, Any]


FAMILIES = {
    "m2m100": Family("m2m100", lambda path: save_m2m100(path, more=FOREIGN_LINES), {}),
    "nllb": Family(
        "m2m100",
        lambda path: save_nllb(path, more=FOREIGN_LINES),
        {"language_codes": {"en": "eng_Latn", "ko": "kor_Hang", "ja": "jpn_Jpan"}},
    ),
    "mbart": Family("mbart", lambda path: save_mbart(path, more=FOREIGN_LINES), {}),
    "marian": Family(
        "marian",
        lambda path: save_marian(path, targets=("eng", "jpn", "kor"), more=FOREIGN_LINES),
        {"source_prefix": ">>{target}<< ", "language_codes": {"en": "eng", "ko": "kor", "ja": "jpn"}},
    ),
    "t5": Family("t5", lambda path: save_t5(path, more=FOREIGN_LINES), {"source_prefix": "summarize: ", **SUMMARIES}),
    "mt5": Family("t5", lambda path: save_t5(path, family="mt5", more=FOREIGN_LINES), SUMMARIES),
    "madlad": Family(
        "t5", lambda path: save_t5(path, family="madlad", more=FOREIGN_LINES), {"source_prefix": "<2{target}> "}
    ),
    "bart": Family("bart", lambda path: save_bart(path, seed=1, more=FOREIGN_LINES), SUMMARIES),
    "kobart": Family("bart", lambda path: save_bart(path, family="kobart", more=FOREIGN_LINES), SUMMARIES),
    "pegasus": Family("bart", lambda path: save_bart(path, family="pegasus", more=FOREIGN_LINES), SUMMARIES),
}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Family, Path]:
    """A family and the directory of its published checkpoint."""
    found = FAMILIES[request.param]
    directory = tmp_path_factory.mktemp(request.param) / "published"
    found.save(directory)
    return found, directory


def segments_of(family: Family) -> list[Segment]:
    return mixed_summaries() if "summary_languages" in family.fields else mixed_translations()


def load_family(family: tuple[Family, Path], **fields: Any) -> Model:
    return load(family[0].architecture, family[1], **family[0].fields, **fields)


def kept_of(family: tuple[Family, Path]) -> tuple[list[int], int]:
    """Published ids that were kept, and the size of the published vocabulary."""
    spec = make_spec(family[0].architecture, family[1], **family[0].fields, vocabulary="trimmed")
    kept = read_kept_ids(converted(spec, family[1]))
    assert kept is not None
    return kept


def test_a_trimmed_model_writes_what_the_whole_one_does_with_the_dropped_pieces_forbidden(
    family: tuple[Family, Path],
) -> None:
    whole, trimmed = load_family(family), load_family(family, vocabulary="trimmed")
    kept, size = kept_of(family)
    dropped = sorted(set(range(size)) - set(kept))
    segments = segments_of(family[0])
    published = [whole.encode(segment) for segment in segments]
    prompts = [trimmed.encode(segment) for segment in segments]
    assert [tuple(kept[id_] for id_ in prompt.input_ids) for prompt in prompts] == [
        prompt.input_ids for prompt in published
    ]
    assert [tuple(kept[id_] for id_ in prompt.forced_ids) for prompt in prompts] == [
        prompt.forced_ids for prompt in published
    ]
    options: dict[str, Any] = {}
    if family[0].architecture == "marian":
        options["bad_words_ids"] = [[library_model(family[1]).config.pad_token_id]]
    free = [library_output(family[1], prompt, **options) for prompt in published]
    assert {id_ for ids in free for id_ in ids} & set(dropped), "the dropped pieces should matter"
    expected = [library_output(family[1], prompt, suppress_tokens=dropped, **options) for prompt in published]
    outputs = trimmed.generate(prompts)
    assert [[kept[id_] for id_ in output] for output in outputs] == expected
    for segment, prompt, whole_prompt, output, ids in zip(segments, prompts, published, outputs, expected, strict=True):
        assert trimmed.decode(segment, output) == whole.decode(segment, ids)
        assert prompt.is_complete(output) == whole_prompt.is_complete(ids)


def test_int8_as_stored_writes_what_the_same_layers_made_in_memory_do(family: tuple[Family, Path]) -> None:
    stored, made = load_family(family, dtype="int8"), load_family(family)
    assert isinstance(made, Seq2SeqModel)
    library = AutoModelForSeq2SeqLM.from_pretrained(family[1], dtype=torch.float32).eval()
    quantize_linears(library)
    rounded = set()
    for name, weight in library.named_parameters(remove_duplicate=False):
        if name.endswith(("shared.weight", "embed_tokens.weight")) and id(weight) not in rounded:
            rounded.add(id(weight))
            weight.data = weight.data.to(torch.bfloat16).to(torch.float32)
    prepare(library, library.generation_config.pad_token_id)
    made._model = library
    prompts = [stored.encode(segment) for segment in segments_of(family[0])[:5]]
    assert stored.generate(prompts) == made.generate(prompts)


def test_trimmed_int8_rows_are_those_of_the_whole_int8(family: tuple[Family, Path]) -> None:
    spec = [
        make_spec(family[0].architecture, family[1], **family[0].fields, dtype="int8", vocabulary=vocabulary)
        for vocabulary in ("full", "trimmed")
    ]
    whole, trimmed = (load_file(converted(one, family[1]) / INT8) for one in spec)
    kept, size = kept_of(family)
    assert whole.keys() == trimmed.keys()
    for name, tensor in whole.items():
        by_vocabulary = [axis for axis, length in enumerate(tensor.shape) if length == size]
        wanted = tensor.index_select(by_vocabulary[0], torch.tensor(kept)) if by_vocabulary else tensor
        assert torch.equal(trimmed[name], wanted), name


def test_no_piece_of_other_scripts_is_left_and_every_piece_of_ours_is(family: tuple[Family, Path]) -> None:
    whole, trimmed = load_family(family), load_family(family, vocabulary="trimmed")
    pieces = whole.codec.pieces(kept_of(family)[1])  # type: ignore[attr-defined]  # of this family
    kept = set(kept_of(family)[0])
    texts = {
        id_: piece.decode(errors="ignore").replace("\u2581", "")
        for id_, piece in enumerate(pieces.by_id)
        if piece is not None and id_ not in pieces.byte_ids
    }
    foreign = {id_ for id_, text in texts.items() if any(character in text for character in "ةสमжд")}
    foreign = {id_ for id_ in foreign if texts[id_] not in ("ж", "д")}  # signs of their own in Japanese and Korean
    assert foreign
    assert not foreign & kept
    for segment in segments_of(family[0]):
        ids = whole.encode(segment).input_ids
        assert set(ids) <= kept
        assert trimmed.decode(segment, trimmed.encode(segment).input_ids) == whole.decode(segment, ids)


def test_a_source_piece_that_the_trim_lacks_is_counted_and_read_in_smaller_ones(family: tuple[Family, Path]) -> None:
    model = load_family(family, vocabulary="trimmed")
    counts: list[int] = []
    model.report_missing_pieces(counts.append)
    segment = segments_of(family[0])[0]
    model.encode(segment)
    assert counts == []
    text = f"{FOREIGN_LINES[0]} {line('en', 0)}"
    prompt = model.encode(Segment(**{**_fields(segment), "text": text}))
    assert len(counts) == 1
    assert counts[0] > 3
    model.count_tokens(text, "en")
    assert len(counts) == 1, "planning reads the same text again"
    inner = model.decode(segment, prompt.input_ids)
    # Greek and Cyrillic letters stay as signs, so that a Russian quotation is read letter by letter.
    assert "Городской совет" in inner
    assert line("en", 0) in inner


def _fields(segment: Segment) -> dict[str, Any]:
    return {name: getattr(segment, name) for name in segment.__slots__}


def test_text_that_no_kept_piece_can_read_becomes_unknown_and_is_counted(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "m2m100", more=FOREIGN_LINES)
    model = load("m2m100", tmp_path / "m2m100", vocabulary="trimmed")
    counts: list[int] = []
    model.report_missing_pieces(counts.append)
    whole = load("m2m100", tmp_path / "m2m100")
    text = f"Police {FOREIGN_LINES[3]} Friday"  # Thai
    ids = model.encode(translation(text, "en", "ko")).input_ids
    num_thai = sum(1 for id_ in whole.encode(translation(text, "en", "ko")).input_ids if id_ not in _kept(tmp_path))
    assert counts == [num_thai]
    assert 3 in ids
    assert model.decode(translation(text, "en", "ko"), ids).startswith("Police")
    assert model.decode(translation(text, "en", "ko"), ids).endswith("Friday")


def _kept(folder: Path) -> set[int]:
    kept = read_kept_ids(folder / "m2m100-auto-trimmed")
    assert kept is not None
    return set(kept[0])


def test_bytes_stand_in_where_the_vocabulary_has_them(tmp_path: Path) -> None:
    save_t5(tmp_path / "madlad", family="madlad", more=FOREIGN_LINES)
    model = load("t5", tmp_path / "madlad", source_prefix="<2{target}> ", vocabulary="trimmed")
    text = f"Police {FOREIGN_LINES[3]}"  # Thai
    ids = model.encode(translation(text, "en", "ko")).input_ids
    assert model.decode(translation(text, "en", "ko"), ids) == text


def test_low_ids_stay_and_the_others_are_those_of_the_configuration(tmp_path: Path) -> None:
    save_marian(tmp_path / "marian", more=FOREIGN_LINES)
    fields: dict[str, Any] = {"language_pairs": [("en", "ko")]}
    load("marian", tmp_path / "marian", **fields, vocabulary="trimmed")
    kept, size = read_kept_ids(tmp_path / "marian-auto-trimmed") or ([], 0)
    assert kept[:2] == [0, 1]
    assert kept[-1] == size - 1
    written = json.loads((tmp_path / "marian-auto-trimmed" / "config.json").read_text())
    last = len(kept) - 1
    assert [written[name] for name in ("pad_token_id", "decoder_start_token_id", "eos_token_id", "vocab_size")] == [
        last,
        last,
        0,
        last + 1,
    ]
    settings = json.loads((tmp_path / "marian-auto-trimmed" / "generation_config.json").read_text())
    assert settings == {"pad_token_id": last, "eos_token_id": 0, "decoder_start_token_id": last}


def test_a_head_of_its_own_is_kept_though_the_configuration_calls_it_tied(tmp_path: Path) -> None:
    """As MADLAD-400 and mT5 are published."""
    save_t5(tmp_path / "madlad", family="madlad", more=FOREIGN_LINES)
    tensors = load_file(tmp_path / "madlad" / "model.safetensors")
    tensors["lm_head.weight"] = torch.randn(tensors["shared.weight"].shape, generator=torch.Generator().manual_seed(3))
    tensors["decoder.embed_tokens.weight"] = tensors["shared.weight"].clone()
    save_file(tensors, tmp_path / "madlad" / "model.safetensors", metadata={"format": "pt"})
    fields: dict[str, Any] = {"source_prefix": "<2{target}> "}
    model = load("t5", tmp_path / "madlad", **fields, dtype="int8")
    stored = load_file(tmp_path / "madlad-int8-full" / INT8)
    assert torch.equal(stored["lm_head.weight"], quantize_weight(tensors["lm_head.weight"])[0])
    assert "decoder.embed_tokens.weight" not in stored
    whole = load("t5", tmp_path / "madlad", **fields)
    assert whole._model.lm_head is not None  # type: ignore[attr-defined]  # of this family
    trimmed = load("t5", tmp_path / "madlad", **fields, vocabulary="trimmed")
    kept, size = read_kept_ids(tmp_path / "madlad-auto-trimmed") or ([], 0)
    segment = translation(line("en", 0), "en", "ko")
    suppressed = sorted(set(range(size)) - set(kept))
    expected = library_output(tmp_path / "madlad", whole.encode(segment), suppress_tokens=suppressed)
    [output] = trimmed.generate([trimmed.encode(segment)])
    assert [kept[id_] for id_ in output] == expected
    assert len(model.generate([model.encode(segment)])[0]) > 0


def test_a_checkpoint_in_several_files_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_weights, "ROWS_AT_ONCE", 100)  # as large tensors are read: part by part
    save_m2m100(tmp_path / "one", more=FOREIGN_LINES)
    shutil.copytree(tmp_path / "one", tmp_path / "several")
    (tmp_path / "several" / "model.safetensors").unlink()
    AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "one").save_pretrained(
        tmp_path / "several", max_shard_size="100KB"
    )
    assert len(list((tmp_path / "several").glob("*.safetensors"))) > 1
    for fields, name in (({"dtype": "int8"}, INT8), ({}, "model.safetensors")):
        stored = [
            load_file(converted(make_spec("m2m100", path, vocabulary="trimmed", **fields), path) / name)
            for path in (tmp_path / "one", tmp_path / "several")
        ]
        assert stored[0].keys() == stored[1].keys()
        assert all(torch.equal(tensor, stored[1][key]) for key, tensor in stored[0].items())


def test_half_precision_checkpoints_keep_their_type_when_only_trimmed(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "m2m100", more=FOREIGN_LINES)
    tensors = {key: value.half() for key, value in load_file(tmp_path / "m2m100" / "model.safetensors").items()}
    save_file(tensors, tmp_path / "m2m100" / "model.safetensors", metadata={"format": "pt"})
    load("m2m100", tmp_path / "m2m100", vocabulary="trimmed")
    with safe_open(tmp_path / "m2m100-auto-trimmed" / "model.safetensors", framework="pt") as stored:
        assert {stored.get_tensor(name).dtype for name in stored.keys()} == {torch.float16}  # noqa: SIM118 - no dict
    load("m2m100", tmp_path / "m2m100", vocabulary="trimmed", dtype="int8")
    with safe_open(tmp_path / "m2m100-int8-trimmed" / INT8, framework="pt") as stored:
        assert {stored.get_tensor(name).dtype for name in stored.keys()} == {  # noqa: SIM118 - no dict
            torch.int8,
            torch.float32,
            torch.bfloat16,
        }


def test_settings_in_the_configuration_alone_are_followed(tmp_path: Path) -> None:
    """BART was published before decoding settings had a file of their own."""
    save_bart(tmp_path / "bart", seed=1, more=FOREIGN_LINES)
    settings = json.loads((tmp_path / "bart" / "generation_config.json").read_text())
    config = json.loads((tmp_path / "bart" / "config.json").read_text())
    (tmp_path / "bart" / "generation_config.json").unlink()
    config |= {"forced_bos_token_id": settings["forced_bos_token_id"], "num_beams": 4}
    (tmp_path / "bart" / "config.json").write_text(json.dumps(config))
    for vocabulary in ("full", "trimmed"):
        model = load("bart", tmp_path / "bart", **SUMMARIES, dtype="int8", vocabulary=vocabulary)
        assert model.encode(mixed_summaries()[0]).forced_ids == (0,)


def test_old_decoding_settings_do_not_keep_ids_of_the_whole_vocabulary(tmp_path: Path) -> None:
    """MBart-50 many-to-one has its target's code in config.json."""
    save_mbart(tmp_path / "mbart", more=FOREIGN_LINES)
    config = json.loads((tmp_path / "mbart" / "config.json").read_text())
    last = config["vocab_size"] - 1
    config |= {"forced_bos_token_id": last, "bad_words_ids": [[last]], "task_specific_params": {"x": {"y": last}}}
    (tmp_path / "mbart" / "config.json").write_text(json.dumps(config))
    model = load("mbart", tmp_path / "mbart", vocabulary="trimmed")
    written = (tmp_path / "mbart-auto-trimmed" / "config.json").read_text()
    assert str(last) not in written.replace(str(json.loads(written)["vocab_size"]), "")
    segment = translation(line("en", 0), "en", "ko")
    assert model.generate([model.encode(segment)])[0]


def test_missing_tensors_are_named(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "m2m100")
    tensors = load_file(tmp_path / "m2m100" / "model.safetensors")
    del tensors["model.encoder.layers.1.fc1.weight"]
    save_file(tensors, tmp_path / "m2m100" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"^tiny@1: the weights lack model\.encoder\.layers\.1\.fc1\.weight; "):
        load("m2m100", tmp_path / "m2m100", dtype="int8")


def test_a_damaged_file_of_weights_is_named(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "m2m100")
    weights = tmp_path / "m2m100" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"^tiny@1: model\.safetensors cannot be read: "):
        load("m2m100", tmp_path / "m2m100", dtype="int8")


def test_other_formats_of_weights_are_refused(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "m2m100")
    shutil.move(tmp_path / "m2m100" / "model.safetensors", tmp_path / "m2m100" / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"^tiny@1: .* holds no safetensors weights; other formats are not read"):
        load("m2m100", tmp_path / "m2m100", dtype="int8")


def test_two_vocabularies_cannot_be_trimmed(tmp_path: Path) -> None:
    save_marian(tmp_path / "marian")
    config = json.loads((tmp_path / "marian" / "config.json").read_text())
    config["decoder_vocab_size"] = config["vocab_size"] + 1
    (tmp_path / "marian" / "config.json").write_text(json.dumps(config))
    spec = make_spec("marian", tmp_path / "marian", language_pairs=[("en", "ko")], vocabulary="trimmed")
    with pytest.raises(CheckpointError, match=r"^tiny@1: source and target have vocabularies of their own"):
        convert_checkpoint(spec, tmp_path / "marian", tmp_path / "out")


def test_a_decoder_only_checkpoint_is_refused(tmp_path: Path) -> None:
    save_chat(tmp_path / "chat")
    spec = make_spec("m2m100", tmp_path / "chat", dtype="int8")
    with pytest.raises(CheckpointError, match=r"^tiny@1: 'qwen2' is no encoder-decoder model$"):
        convert_checkpoint(spec, tmp_path / "chat", tmp_path / "out")


@pytest.mark.parametrize("fields", [{"dtype": "int8"}, {"vocabulary": "trimmed"}])
def test_a_checkpoint_as_published_is_not_quantized_at_a_start(tmp_path: Path, fields: dict[str, str]) -> None:
    save_m2m100(tmp_path)
    from triwire_server.engine.models.registry import load_model

    with pytest.raises(CheckpointError, match=r"^tiny@1: .* as published, .* triwire-server models pull --profile"):
        load_model(make_spec("m2m100", tmp_path, **fields), tmp_path, torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("trimmed-vocabulary.json", b"{", r"^tiny@1: trimmed-vocabulary\.json is damaged; convert the model again$"),
        (INT8, b"broken", rf"{INT8} is damaged .*; pull the model again$"),
    ],
)
def test_a_damaged_conversion_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    save_m2m100(tmp_path / "m2m100")
    load("m2m100", tmp_path / "m2m100", dtype="int8", vocabulary="trimmed")
    (tmp_path / "m2m100-int8-trimmed" / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load("m2m100", tmp_path / "m2m100", dtype="int8", vocabulary="trimmed")
