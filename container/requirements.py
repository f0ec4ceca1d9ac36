"""Writes what pyproject.toml asks for into two files for the image: torch.txt and requirements.txt (all the rest).

Usage, in a folder that has pyproject.toml: python container/requirements.py EXTRAS (comma-separated, such as "server").
"""

import re
import sys
import tomllib
from pathlib import Path


def main() -> None:
    """Read pyproject.toml here, write both files here; an extra that does not exist ends with its name."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    wanted = sys.argv[1].split(",")
    if missing := [extra for extra in wanted if extra not in extras]:
        sys.exit(f"pyproject.toml has no extra {', '.join(missing)}; there are {', '.join(extras)}")
    lines = [*project["dependencies"], *(line for extra in wanted for line in flattened(extras, extra))]
    torch = [line for line in lines if line.startswith("torch==")]
    Path("torch.txt").write_text("\n".join(torch) + "\n", encoding="utf-8")
    rest = sorted(set(lines) - set(torch))
    Path("requirements.txt").write_text("\n".join(rest) + "\n", encoding="utf-8")


def flattened(extras: dict[str, list[str]], extra: str) -> list[str]:
    """Lines of an extra, those of extras that it names ("triwire[remote]") in their places."""
    lines: list[str] = []
    for line in extras[extra]:
        inner = re.fullmatch(r"triwire\[([\w,-]+)\]", line)
        lines += [each for name in inner[1].split(",") for each in flattened(extras, name)] if inner else [line]
    return lines


if __name__ == "__main__":
    main()
