"""The version of triwire: where it stands, and whether all these places say the same.

`service/triwire_server/__init__.py` holds it: the server, `make image` and the build read it there, and the client
reads what the build wrote into the metadata. Files that cannot read it are listed here and held equal.
"""

import re
from pathlib import Path

VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"
"""A version that can be released: PEP 440 without "dev", "post" and local parts."""

SOURCE = "service/triwire_server/__init__.py"

PLACES = {
    SOURCE: [r'^__version__ = "(.*)"$'],
    "clients/typescript/package.json": [r'^  "version": "(.*)",$'],
    "clients/typescript/package-lock.json": [
        r'\A{\n  "name": "triwire-client",\n  "version": "(.*)",$',
        r'^    "": \{\n      "name": "triwire-client",\n      "version": "(.*)",$',
    ],
    "clients/typescript/README.md": [r"triwire-client-(\d.*?)\.tgz"],
    "k8s/base/kustomization.yaml": [r"^  - name: triwire\n    newTag: (.*)-cpu$"],
    "k8s/overlays/gpu/kustomization.yaml": [r"^  - name: triwire\n(?:    #.*\n)*    newTag: (.*)-cuda$"],
    "docs/kubernetes.md": [r"^ *newTag: (\d.*)-cpu$"],
    "examples/backfill-rayjob.yaml": [r"triwire-backfill:(\S+)$"],
}
"""Patterns that find the version in each file; each pattern has to find it."""

_HEADING = re.compile(r"^## (.*)$", re.M)


def version(root: Path) -> str:
    """The version in the file that holds it."""
    [found] = _find(root, SOURCE, PLACES[SOURCE][0])
    return found


def faults(root: Path) -> list[str]:
    """What is wrong with the version in the files of a repository, one line each."""
    wanted = version(root)
    found = []
    if not re.fullmatch(VERSION, wanted):
        found.append(f"{wanted} cannot be released")
    for name, patterns in PLACES.items():
        for pattern in patterns:
            others = sorted(set(_find(root, name, pattern)) or {"no version"})
            if others != [wanted]:
                found.append(f"{name} has {', '.join(others)}, not {wanted}")
    return found + changelog_faults((root / "CHANGELOG.md").read_text(encoding="utf-8"), wanted)


def changelog_faults(text: str, wanted: str) -> list[str]:
    """What is wrong with a changelog: its first heading has to be `## VERSION - YYYY-MM-DD`."""
    heading = match[1] if (match := _HEADING.search(text)) else "nothing"
    if re.fullmatch(rf"{re.escape(wanted)} - \d{{4}}-\d\d-\d\d", heading):
        return []
    return [f"CHANGELOG.md begins with {heading}, not with {wanted} and its date"]


def tag_faults(tags: list[str], wanted: str) -> list[str]:
    """What is wrong with the tags of a commit: those that name a version name this one."""
    return [f"the tag {tag} is not v{wanted}" for tag in tags if re.match(r"v?\d", tag) and tag != f"v{wanted}"]


def _find(root: Path, name: str, pattern: str) -> list[str]:
    return re.findall(pattern, (root / name).read_text(encoding="utf-8"), re.M)
