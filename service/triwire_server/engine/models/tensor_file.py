"""Safetensors files written one piece of a tensor after the other, so that a model need not fit into memory.

The library's own writer wants every tensor at once. The format: eight bytes with the length of a JSON header, little
endian; the header with type, shape and place of each tensor; the tensors (github.com/huggingface/safetensors, Format).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import torch

_TYPES = {torch.int8: "I8", torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64"}


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
