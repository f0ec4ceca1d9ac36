from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from triwire_server.engine.models.tensor_file import TensorFileError, TensorFileReader, TensorFileWriter, TensorShape

TENSORS = {
    "b.weight": torch.arange(-6, 6, dtype=torch.int8).reshape(4, 3),
    "a.scale": torch.tensor([0.5, -0.0, 3e-8]),
    "half": torch.randn(5, 2, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16),
    "float16": torch.tensor([[1.5]], dtype=torch.float16),
    "number": torch.tensor(2.0, dtype=torch.float64),
    "empty": torch.zeros(0, 3),
}
LAYOUT = {name: TensorShape(tensor.dtype, tuple(tensor.shape)) for name, tensor in TENSORS.items()}


def test_the_library_reads_what_was_written_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with TensorFileWriter(path, LAYOUT, {"note": "값"}) as writer:
        for name, tensor in TENSORS.items():
            for part in [tensor[:2], tensor[2:]] if tensor.shape and len(tensor) > 2 else [tensor]:
                writer.write(name, part)
        assert not path.exists(), "half a file must not look like a whole one"
    read = load_file(path)
    assert read.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)
    with safe_open(path, framework="pt") as tensors:
        assert tensors.metadata() == {"format": "pt", "note": "값"}
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def test_columns_of_a_larger_tensor_are_written_as_they_read(tmp_path: Path) -> None:
    wide = torch.arange(12.0).reshape(3, 4)
    with TensorFileWriter(tmp_path / "x", {"x": TensorShape(torch.float32, (3, 2))}) as writer:
        writer.write("x", wide[:, ::2])
    assert load_file(tmp_path / "x")["x"].tolist() == [[0.0, 2.0], [4.0, 6.0], [8.0, 10.0]]


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("b", torch.zeros(2), "b is not the next tensor"),
        ("a", torch.zeros(3), r"a is not torch\.float32 of shape \(2,\)"),
        ("a", torch.zeros(2, dtype=torch.int8), r"a is not torch\.float32"),
    ],
)
def test_what_is_not_in_the_layout_is_refused_and_leaves_no_file(
    tmp_path: Path, name: str, tensor: torch.Tensor, message: str
) -> None:
    layout = {key: TensorShape(torch.float32, (2,)) for key in ("a", "b")}
    with pytest.raises(ValueError, match=message), TensorFileWriter(tmp_path / "x", layout) as writer:
        writer.write(name, tensor)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_lacks_tensors_is_an_error(tmp_path: Path) -> None:
    layout = {key: TensorShape(torch.float32, (2,)) for key in ("a", "b")}
    with pytest.raises(ValueError, match="b was not written"), TensorFileWriter(tmp_path / "x", layout) as writer:
        writer.write("a", torch.zeros(2))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path, {"note": "값"})
    return path


def test_what_the_library_wrote_is_read_tensor_by_tensor(written: Path) -> None:
    with TensorFileReader(written) as reader:
        assert reader.keys() == TENSORS.keys()
        assert reader.metadata["note"] == "값"
        for name, tensor in TENSORS.items():
            read = reader.get_tensor(name)
            assert (read.dtype, read.shape) == (tensor.dtype, tensor.shape)
            assert torch.equal(read, tensor)


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:40], lambda data: b""]
)
def test_a_file_that_is_not_what_its_header_says_is_refused(written: Path, change: Callable[[bytes], bytes]) -> None:
    written.write_bytes(change(written.read_bytes()))
    with pytest.raises(TensorFileError, match=r"^model\.safetensors"):
        TensorFileReader(written)


def test_a_type_that_is_not_written_here_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(2, dtype=torch.int64)}, tmp_path / "x.safetensors")
    with TensorFileReader(tmp_path / "x.safetensors") as reader, pytest.raises(TensorFileError, match="type I64"):
        reader.get_tensor("x")
