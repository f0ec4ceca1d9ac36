import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.service.engine.models.reference import load
from tests.tiny_models import save_m2m100
from triwire_server.engine.models.checkpoint import CheckpointError


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
