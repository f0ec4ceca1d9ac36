"""Model files, the disk that they lie on, and the memory that they will need."""

import importlib.util
import json
import os
import shutil
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from triwire_server.doctor.checks import Check, ok, problem, warning
from triwire_server.memory_limit import free_memory_bytes, memory_limit_bytes
from triwire_server.model_files import model_store
from triwire_server.profiles.profile import ModelSpec, Profile
from triwire_server.profiles.sources import WheelsSource
from triwire_server.progress import Report
from triwire_server.settings import Settings

BASE_BYTES = 600 << 20
"""Python and the libraries."""

PASS_SHARE = 0.2
"""Of the weights, for what passes need (docs/measurements.md)."""

_LITTLE_ROOM = 1_000_000_000
_HEADER_BYTES = 100 << 20
"""A longer header is none."""

_NUMBER_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}


def check_models(profile: Profile, settings: Settings, *, deep: bool, report: Report) -> Iterator[Check]:
    """The files of all models of a profile that run here.

    Args:
        profile: its models.
        settings: of the server.
        deep: read every file and compare its SHA-256.
        report: told of the progress of that.
    """
    cache_dir = settings.cache_dir
    if not profile.local_models:
        yield ok("files", "no model of the profile needs any")
    states = model_store.verify(profile, cache_dir, report) if deep else model_store.status(profile, cache_dir)
    is_complete = True
    needed = 0
    for spec, state in zip(profile.local_models, states, strict=True):
        if not state.is_ready:
            is_complete = False
            detail = state.detail.removeprefix(spec.full_name).lstrip(": ")
            yield problem(spec.full_name, detail, _remedy(profile, settings))
            continue
        try:
            needed += weight_bytes(spec, model_store.model_directory(profile, spec, cache_dir), settings.device)
        except ValueError as error:
            is_complete = False
            yield problem(spec.full_name, str(error), "delete the directory and fetch the model again")
        else:
            yield ok(spec.full_name, state.detail + (", every SHA-256 as it should be" if deep else ""))
    yield from check_disk(profile, cache_dir, is_complete=is_complete)
    if needed and is_complete:
        yield check_memory(settings, needed)


def _remedy(profile: Profile, settings: Settings) -> str:
    command = f"triwire-server models pull --profile {profile.location}"
    return command if "cache_dir" not in settings.model_fields_set else f"{command} --cache-dir {settings.cache_dir}"


def weight_bytes(spec: ModelSpec, directory: Path, device: str) -> int:
    """Bytes that the weights of a model will take once they are loaded.

    Args:
        spec: the model.
        directory: its files.
        device: setting of the same name.

    Raises:
        ValueError: a file is no safetensors file or not a whole one, or there is none.
    """
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        others = sorted(path.name for path in directory.iterdir() if path.suffix in (".bin", ".pt", ".gguf"))
        there = f"; {others[0]} is of a format that is not read" if others else ""
        raise ValueError(f"{directory} holds no weights as safetensors{there}")
    return sum(_loaded_bytes(spec, path, device) for path in files)


def _loaded_bytes(spec: ModelSpec, path: Path, device: str) -> int:
    loaded = end = 0
    is_widened = spec.dtype in ("auto", "float32") and not _on_gpu(device)
    for tensor in _header(path).values():
        number_bytes = _NUMBER_BYTES.get(tensor["dtype"], 1)
        if number_bytes == 2 and is_widened:
            number_bytes = 4
        loaded += prod(tensor["shape"]) * number_bytes
        end = max(end, tensor["data_offsets"][1])
    with path.open("rb") as file:
        start = 8 + struct.unpack("<Q", file.read(8))[0]
    if (size := path.stat().st_size) != start + end:
        raise ValueError(f"{path} has {size:,} bytes instead of {start + end:,}")
    return loaded


def _header(path: Path) -> dict[str, dict[str, Any]]:
    """What a safetensors file says of its tensors; read without the library, which is there only to load them."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        try:
            header = json.loads(file.read(length)) if 0 < length < _HEADER_BYTES else None
        except ValueError:
            header = None
    if not isinstance(header, dict):
        raise ValueError(f"{path} is no safetensors file, or a damaged one")
    header.pop("__metadata__", None)
    return header


def _on_gpu(device: str) -> bool:
    """Whether models will run on a GPU."""
    if device == "cpu" or importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def check_disk(profile: Profile, cache_dir: Path, *, is_complete: bool) -> Iterator[Check]:
    """The folder of the models, and its room."""
    there = nearest_existing(cache_dir)
    if not there.is_dir():
        yield problem("cache", f"{there} is no folder", "choose another folder with cache_dir (TRIWIRE_CACHE_DIR)")
        return
    free = shutil.disk_usage(there).free
    wanted = sum(
        4 * spec.source.size  # wheels, the joined file and the converted one lie side by side for a while
        for spec in profile.local_models
        if isinstance(spec.source, WheelsSource) and not model_store.managed_directory(spec, cache_dir).is_dir()
    )
    can_write = os.access(there, os.W_OK)
    if not can_write and not is_complete:
        yield problem("cache", f"{there} cannot be written, and models are missing", "mount it read-write to pull them")
    elif not is_complete and free < wanted:
        remedy = "make room, or choose another folder with cache_dir (TRIWIRE_CACHE_DIR)"
        yield problem("cache", f"{there} has {free / 1e9:.1f} GB free, pulling takes {wanted / 1e9:.1f}", remedy)
    elif free < _LITTLE_ROOM and can_write:
        yield warning("cache", f"{there} has {free / 1e9:.2f} GB free", "make room before models are pulled")
    else:
        yield ok("cache", f"{there}, {free / 1e9:.1f} GB free{'' if can_write else ', read-only'}")


def nearest_existing(path: Path) -> Path:
    """The path itself, or the nearest of the folders above it that exists."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())


def check_memory(settings: Settings, weights: int) -> Check:
    """Whether there is memory for what a server needs at least.

    Args:
        settings: of the server.
        weights: bytes of them, once loaded.
    """
    limit: int | None
    if _on_gpu(settings.device):
        import torch

        free, limit = torch.cuda.mem_get_info(int(settings.device.partition(":")[2] or 0))
        needed, beside = int(weights * (1 + PASS_SHARE)), "what passes need"
    else:
        free, limit = free_memory_bytes(), memory_limit_bytes()
        needed = int(weights * (1 + PASS_SHARE)) + BASE_BYTES + settings.cache_bytes
        beside = "what passes need, libraries and cache"
    shown = f"{needed / 1e9:.1f} GB for weights ({weights / 1e9:.1f}), {beside}, and more for slots"
    if limit is not None and needed > limit:
        remedy = "a smaller model, int8, or a larger machine or container"
        return problem("need", f"{shown}; {limit / 1e9:.1f} GB is all there is", remedy)
    if needed > free:
        remedy = "see what takes it; a triwire server that runs already does"
        return warning("need", f"{shown}; {free / 1e9:.1f} GB are free", remedy)
    return ok("need", f"{shown}; {free / 1e9:.1f} GB are free")
