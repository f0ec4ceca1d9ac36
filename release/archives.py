"""What is in the archives of a release: what must not be, and what a wheel and its source share."""

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

_FOLDERS = {".git", ".venv", "__pycache__", "build", "dist", "node_modules", "test", "tests"}
_SUFFIXES = {".a", ".dll", ".dylib", ".o", ".pyc", ".pyd", ".so", ".whl"}


def read_archive(path: Path) -> dict[str, bytes]:
    """The files of a wheel or a .tar.gz by name, without the one folder that holds all of a .tar.gz."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    files = {}
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            if (reader := archive.extractfile(member)) is not None:
                files[member.name.partition("/")[2]] = reader.read()
    return files


def strangers(files: dict[str, bytes], machine: list[str]) -> list[str]:
    """What has no place in an archive, a line each: tests, caches, compiled code, paths of the machine that made it.

    Args:
        files: contents by name.
        machine: paths that only the machine has that made the archive.
    """
    found = []
    for name, content in sorted(files.items()):
        path = PurePosixPath(name)
        if strange := _FOLDERS.intersection(path.parts[:-1]):
            found.append(f"{name} is in {', '.join(sorted(strange))}")
        if path.suffix in _SUFFIXES:
            found.append(f"{name} is no source")
        found += [f"{name} names {place}" for place in machine if place.encode() in content]
    return found


def missing(files: dict[str, bytes], wanted: dict[str, Path]) -> list[str]:
    """Files of the tree that an archive lacks or has otherwise, a line each.

    Args:
        files: contents by name.
        wanted: by their name in the archive, the files that belong into it.
    """
    lacking = [f"{name} is missing" for name in sorted(wanted) if name not in files]
    other = [
        f"{name} is not the file of the tree"
        for name, path in sorted(wanted.items())
        if name in files and files[name] != path.read_bytes()
    ]
    return lacking + other
