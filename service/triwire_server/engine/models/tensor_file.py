"""Safetensors files written and read one piece after the other, so that a model need not fit into memory twice.

The library's own writer wants every tensor at once, and its reader maps the file into memory, where what was read stays
and counts. The format: eight bytes with the length of a JSON header, little endian; the header with type, shape and
place of each tensor; the tensors (github.com/huggingface/safetensors, Format).
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

_TYPES = {torch.int8: "I8", torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64"}
_TORCH_TYPES = {name: dtype for dtype, name in _TYPES.items()}


class TensorFileError(ValueError):
    """A file is not what its header says."""


@dataclass(frozen=True, slots=True)
class TensorShape:
    """What the header of a file says of a tensor."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        """Its size in the file."""
        return self.dtype.itemsize * math.prod(self.shape)


class TensorFileWriter:
    """Writes the tensors of a file in the order of the layout. The file appears under its name once all are written.

    Args:
        path: the file.
        layout: type and shape of each tensor.
        metadata: further strings for the header.
    """

    def __init__(
        self, path: Path, layout: Mapping[str, TensorShape], metadata: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.part")
        self._layout = dict(layout)
        self._pending = list(layout)
        self._written = 0
        header: dict[str, object] = {"__metadata__": {"format": "pt", **(metadata or {})}}
        end = 0
        for name, entry in layout.items():
            start, end = end, end + entry.num_bytes
            header[name] = {"dtype": _TYPES[entry.dtype], "shape": list(entry.shape), "data_offsets": [start, end]}
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)  # tensors start at a multiple of eight bytes
        self._file = self._partial.open("wb")
        self._file.write(len(text).to_bytes(8, "little"))
        self._file.write(text)

    def __enter__(self) -> "TensorFileWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None and not self._pending:
            self._partial.rename(self._path)
            return
        self._partial.unlink()
        if kind is None:
            raise ValueError(f"{self._pending[0]} was not written")

    def write(self, name: str, part: torch.Tensor) -> None:
        """Append a tensor, or the next rows of it.

        Raises:
            ValueError: another tensor comes first, or the type or size is not that of the layout.
        """
        if not self._pending or self._pending[0] != name:
            raise ValueError(f"{name} is not the next tensor of the file")
        entry = self._layout[name]
        self._written += part.numel() * entry.dtype.itemsize
        if part.dtype != entry.dtype or self._written > entry.num_bytes:
            raise ValueError(f"{name} is not {entry.dtype} of shape {entry.shape}")
        part.contiguous().reshape(-1).view(torch.uint8).numpy().tofile(self._file)
        if self._written == entry.num_bytes:
            self._pending.pop(0)
            self._written = 0


class TensorFileReader:
    """Reads one tensor of a file at a time, from any thread. Nothing of the file stays in this process's memory.

    Args:
        path: the file.

    Raises:
        TensorFileError: the header cannot be read, or the file is shorter or longer than it says.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb", buffering=0)
        try:
            self._header, self._start = self._read_header()
        except BaseException:
            self._file.close()
            raise
        self.metadata: dict[str, str] = self._header.pop("__metadata__", {})
        """Strings of the header."""

    def _read_header(self) -> tuple[dict[str, Any], int]:
        size = os.fstat(self._file.fileno()).st_size
        length = int.from_bytes(self._file.read(8), "little")
        try:
            header: dict[str, Any] = json.loads(os.pread(self._file.fileno(), min(length, size), 8))
            end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
        except (ValueError, TypeError, KeyError) as error:
            raise TensorFileError(f"{self._path.name}: the header cannot be read") from error
        if 8 + length + end != size:
            raise TensorFileError(f"{self._path.name} has {size:,} bytes, its header says {8 + length + end:,}")
        return header, 8 + length

    def __enter__(self) -> "TensorFileReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keys(self) -> set[str]:
        """Names of the tensors."""
        return set(self._header)

    def get_tensor(self, name: str) -> torch.Tensor:
        """A tensor, in memory of its own.

        Raises:
            KeyError: there is none of that name.
            TensorFileError: its type is not one that is written here, or the file ends before it does.
        """
        entry = self._header[name]
        if entry["dtype"] not in _TORCH_TYPES:
            raise TensorFileError(f"{self._path.name}: {name} has the type {entry['dtype']}")
        start, end = entry["data_offsets"]
        data = torch.empty(end - start, dtype=torch.uint8)
        view = memoryview(data.numpy().data)
        done = 0
        while done < len(view):
            count = os.preadv(self._file.fileno(), [view[done:]], self._start + start + done)
            if not count:
                raise TensorFileError(f"{self._path.name} ends within {name}")
            done += count
        return data.view(_TORCH_TYPES[entry["dtype"]]).view(entry["shape"])
