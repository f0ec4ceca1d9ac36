"""Versions: Python, the packages that this installation needs, and the code made from the contract."""

import platform
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module, metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from triwire_server import __version__
from triwire_server.doctor.checks import Check, ok, problem, warning

SHOWN = ("torch", "transformers", "grpcio", "protobuf", "redis")
"""Packages whose versions are told even if nothing is wrong."""


def check_versions(extras: set[str]) -> Iterator[Check]:
    """All of them.

    Args:
        extras: optional dependencies of this package that the settings and the profile need.
    """
    yield _check_python()
    yield from _check_packages(extras)
    yield _check_generated()


def _check_python() -> Check:
    try:
        wanted = metadata.metadata("triwire")["Requires-Python"]
    except metadata.PackageNotFoundError:
        wanted = ""
    found = platform.python_version()
    if wanted and found not in SpecifierSet(wanted):
        return problem("python", f"{found}, and {wanted} is needed", "make a virtual environment with a newer one")
    return ok("python", f"{found} at {sys.executable}; triwire {__version__}")


def _check_packages(extras: set[str]) -> Iterator[Check]:
    try:
        wanted = needed(metadata.requires("triwire") or [], extras)
    except metadata.PackageNotFoundError:
        remedy = "install it with pip to have them checked"
        yield warning("packages", "triwire is not installed as a package: what it needs is not known", remedy)
        return
    found = {name: version for name in wanted if (version := _version(name))}
    whole = f"triwire[{','.join(sorted(extras))}]"
    checks = faults_of(wanted, found, whole)
    yield from checks
    if not checks:
        shown = ", ".join(f"{name} {found[name]}" for name in SHOWN if name in found)
        yield ok("packages", f"{len(wanted)} are as {whole} needs them: {shown}")


def needed(requirements: list[str], extras: set[str]) -> dict[str, SpecifierSet]:
    """The packages that some extras need on this machine, with the versions that do.

    Args:
        requirements: as the metadata of a package has them.
        extras: names of extras; those that they bring in turn are found.
    """
    parsed = [Requirement(text) for text in requirements]
    found: dict[str, SpecifierSet] = {}
    todo = ["", *extras]
    done: set[str] = set()
    while todo:
        extra = todo.pop()
        done.add(extra)
        for one in parsed:
            if one.marker is not None and not one.marker.evaluate({"extra": extra}):
                continue
            if one.name == "triwire":
                todo += one.extras - done
            else:
                found[one.name] = one.specifier
    return dict(sorted(found.items()))


def faults_of(wanted: Mapping[str, SpecifierSet], found: Mapping[str, str], whole: str) -> list[Check]:
    """What is wrong with packages: one problem for those that are missing, one for each of another version.

    Args:
        wanted: versions that do, by name.
        found: versions that are installed, by name.
        whole: what pip is to be asked for.
    """
    checks = []
    if missing := [name for name in wanted if name not in found]:
        detail = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
        checks.append(problem("packages", detail, f"pip install '{whole}'"))
    for name, version in found.items():
        if name in wanted and not wanted[name].contains(version, prereleases=True):
            detail = f"{version} is installed, {wanted[name]} is needed"
            checks.append(problem(name, detail, f"pip install '{name}{wanted[name]}'"))
    return checks


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _check_generated() -> Check:
    remedy = "install the protobuf and grpcio that triwire needs, in an environment of its own"
    try:
        # Each of them compares what made it with what runs it.
        module = import_module("triwire.v1.article_service_pb2")
        import_module("triwire.v1.article_service_pb2_grpc")
        import_module("triwire.v1.glossary_service_pb2_grpc")
    except Exception as error:
        return problem("contract", f"its code cannot be used: {error}".splitlines()[0], remedy)
    assert module.__file__ is not None  # noqa: S101  # it was read from a file
    head = Path(module.__file__).read_text(encoding="utf-8").splitlines()[:10]
    made_by = next((line.rpartition(" ")[2] for line in head if "Protobuf Python Version" in line), "unknown")
    return ok("contract", f"its code was made for protobuf {made_by}, {_version('protobuf')} runs it")
