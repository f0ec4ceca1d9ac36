import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.service.engine.models.reference import load, make_spec
from tests.tiny_models import save_m2m100
from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint
from triwire_server.model_errors import CheckpointError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    save_m2m100(tmp_path)
    return tmp_path


def test_missing_tensors_are_an_error_not_random_numbers(directory: Path) -> None:
    tensors = load_file(directory / "model.safetensors")
    del tensors["model.encoder.layers.1.fc1.weight"]
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        CheckpointError, match=r"^tiny@1: the weights lack model\.encoder\.layers\.1\.fc1\.weight; fetch the checkpoint"
    ):
        load("m2m100", directory)


def test_damaged_weights_are_named(directory: Path) -> None:
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"^tiny@1: the weights cannot be read: "):
        load("m2m100", directory)


def test_other_formats_of_weights_are_refused(directory: Path) -> None:
    shutil.move(directory / "model.safetensors", directory / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"^tiny@1: .* holds no safetensors weights; other formats are not read"):
        load("m2m100", directory)


def test_missing_tokenizer_is_named(directory: Path) -> None:
    (directory / "sentencepiece.bpe.model").unlink()
    with pytest.raises(CheckpointError, match=r"^tiny@1: the tokenizer cannot be read: "):
        load("m2m100", directory)


def test_damaged_configuration_is_named(directory: Path) -> None:
    (directory / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"^tiny@1: config\.json cannot be read: "):
        load("m2m100", directory)


def edit_json(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **fields}), encoding="utf-8")


def test_a_configuration_that_the_library_refuses_is_named(directory: Path) -> None:
    edit_json(directory / "config.json", d_model="wide")
    with pytest.raises(CheckpointError, match=r"^tiny@1: config\.json cannot be read: .*'d_model'"):
        load("m2m100", directory)


def test_weights_of_another_shape_are_named(directory: Path) -> None:
    edit_json(directory / "config.json", decoder_ffn_dim=40)
    with pytest.raises(
        CheckpointError,
        match=r"^tiny@1: model\.decoder\.layers\.0\.fc1\.bias has the shape \(96,\), config\.json says \(40,\);",
    ):
        load("m2m100", directory)


def test_a_checkpoint_that_does_not_say_what_ends_an_output_is_refused(directory: Path) -> None:
    edit_json(directory / "generation_config.json", eos_token_id=None)
    with pytest.raises(CheckpointError, match=r"^tiny@1: .* has eos_token_id$"):
        load("m2m100", directory)


@pytest.mark.parametrize(("model_type", "fault"), [("house-model", "config.json"), ("m2m_100", "the weights")])
def test_a_checkpoint_that_is_no_chat_model_is_named(directory: Path, model_type: str, fault: str) -> None:
    edit_json(directory / "config.json", model_type=model_type)
    edit_json(directory / "tokenizer_config.json", chat_template="{{ messages[0].content }}")
    with pytest.raises(CheckpointError, match=f"^tiny@1: {fault} cannot be read: "):
        load("chat", directory, prompts={"translation": "Translate: {text}"})


def several_files(directory: Path, *, index: str) -> None:
    """Make a checkpoint one of several files, with an index."""
    shutil.move(directory / "model.safetensors", directory / "model-00001-of-00001.safetensors")
    (directory / "model.safetensors.index.json").write_text(index, encoding="utf-8")


def index_of(name: str) -> str:
    return json.dumps({"metadata": {}, "weight_map": {"lm_head.weight": name}})


@pytest.mark.parametrize(
    "name", ["../other.safetensors", "/srv/other.safetensors", "parts/other.safetensors", "pytorch_model.bin", ".."]
)
@pytest.mark.parametrize("converts", [False, True])
def test_an_index_that_names_what_is_no_safetensors_file_beside_it_is_refused(
    directory: Path, name: str, converts: bool
) -> None:
    several_files(directory, index=index_of(name))
    spec = make_spec("m2m100", directory, dtype="int8")
    read: Callable[[], object] = partial(load, "m2m100", directory)
    if converts:
        read = partial(convert_checkpoint, spec, directory, directory / "out")
    with pytest.raises(CheckpointError) as raised:
        read()
    assert str(raised.value) == (
        f"tiny@1: model.safetensors.index.json names {name!r}, which is no safetensors file beside it"
    )


@pytest.mark.parametrize("index", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": 3}', "null"])
def test_a_damaged_index_is_named(directory: Path, index: str) -> None:
    several_files(directory, index=index)
    with pytest.raises(CheckpointError, match=r"^tiny@1: model\.safetensors\.index\.json is damaged: "):
        load("m2m100", directory)


def test_code_beside_a_checkpoint_is_never_run(directory: Path) -> None:
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "house-model", "auto_map": {"AutoConfig": "configuration.HouseConfig"}}
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (directory / "configuration.py").write_text(
        f"open({str(directory / 'was-run')!r}, 'w')\nclass HouseConfig: ...\n", encoding="utf-8"
    )
    with pytest.raises(CheckpointError, match=r"^tiny@1: config\.json cannot be read: "):
        load("m2m100", directory)
    assert not (directory / "was-run").exists()
