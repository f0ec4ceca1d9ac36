"""What a shell block would run, found without running it: each program it calls only notes how it was called."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from tests.docs.markdown import ROOT
from triwire_client.commands import app as triwire
from triwire_client.session import hoist
from triwire_server.__main__ import app as triwire_server

HARMLESS = ("cat", "cp", "cut", "env", "grep", "head", "mkdir", "mktemp", "rm", "sed", "tail", "xargs")
"""Programs that blocks may use for themselves, on files of the folder that they run in."""

OTHERS = ("curl", "docker", "git", "grpcurl", "node", "npm", "openssl", "redis-cli", "sleep", "sqlite3")
"""Programs of others, whose options are theirs to know."""

# Each call is one write, since those of a pipe note theirs at the same time.
_NOTE = """#!/bin/bash
printf '%s\\0' "${0##*/}" "$@" $'\\036' >> "$NOTES"
"""
_UNKNOWN = """command_not_found_handle() { printf '%s\\0' "$@" $'\\036' >> "$NOTES"; }
"""


def calls(script: str, folder: Path) -> list[list[str]]:
    """The programs that a script calls, each with its arguments, in order. None of them runs.

    Args:
        script: for bash. Functions, loops and pipes work; a program that is called prints nothing and ends well.
        folder: an empty one to run it in.

    Raises:
        subprocess.CalledProcessError: bash cannot read the script.
    """
    programs, notes = folder / "programs", folder / "notes"
    programs.mkdir()
    notes.touch()
    note = programs / "note"
    note.write_text(_NOTE, encoding="utf-8")
    note.chmod(0o755)
    for name in CHECKS:
        (programs / name).symlink_to(note)
    for name in HARMLESS:
        (programs / name).symlink_to(str(shutil.which(name)))
    bash = str(shutil.which("bash"))
    subprocess.run([bash, "-n", "-c", script], check=True)
    environment = {"PATH": str(programs), "NOTES": str(notes), "HOME": str(folder)}
    subprocess.run([bash, "-c", _UNKNOWN + script], check=False, env=environment, cwd=folder, capture_output=True)
    called = notes.read_text(encoding="utf-8").split("\036\0")[:-1]
    return [call.split("\0")[:-1] for call in called]


def faults(call: Sequence[str]) -> list[str]:
    """What is wrong with a call: an option or a file that does not exist, a program that nothing is known of."""
    program, *arguments = call
    if program not in CHECKS:
        return [f"{program}: no check for this program; see CHECKS in tests/docs/commands.py"]
    return [f"{shlex.join(call)}: {fault}" for fault in CHECKS[program](arguments)]


def _ours(app: typer.Typer, name: str) -> Callable[[Sequence[str]], list[str]]:
    """A check that reads the arguments as our own command does."""
    command: Any = typer.main.get_command(app)

    def check(arguments: Sequence[str]) -> list[str]:
        try:
            _parse(command, name, list(arguments))
        except typer.Exit:  # --help, --version
            return []
        except typer.TyperException as error:
            return [str(error.format_message())]
        return []

    return check


def _parse(command: Any, name: str, arguments: list[str], parent: Any = None) -> None:
    if name == "triwire":
        arguments = hoist(arguments)
    with command.make_context(name, arguments, parent=parent) as context:
        left = [*getattr(context, "_protected_args", ()), *context.args]
        if hasattr(command, "resolve_command") and left:
            found_name, found, rest = command.resolve_command(context, left)
            _parse(found, found_name, rest, context)


def _make(arguments: Sequence[str]) -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    variables = makefile + (ROOT / "container" / "build.sh").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z0-9-]+):", makefile, re.M)
    names = [word.partition("=")[0] for word in arguments if "=" in word]
    unknown = [word for word in arguments if "=" not in word and word not in targets]
    return [f"no target {word}" for word in unknown] + [
        f"no variable {name}" for name in names if not re.search(rf"\b{name}\b", variables)
    ]


def _python(arguments: Sequence[str]) -> list[str]:
    first, *rest = arguments or [""]
    if first == "-m":
        return [] if importlib.util.find_spec(rest[0].partition(".")[0]) else [f"no module {rest[0]}"]
    if first in ("-c", "-"):
        return []
    script = ROOT / first
    if not script.is_file():
        return [f"no file {first}"]
    text = script.read_text(encoding="utf-8")
    text += "".join(path.read_text(encoding="utf-8") for path in sorted(script.parent.glob("ways/*.py")))
    options = [word.partition("=")[0] for word in rest if word.startswith("--")]
    return [f"no option {option}" for option in options if f'"{option}"' not in text]


def _pip(arguments: Sequence[str]) -> list[str]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = [
        name for word in arguments for found in re.findall(r"^triwire\[(.*)\]$", word) for name in found.split(",")
    ]
    return [f"no extra {name}" for name in wanted if name not in extras]


def _kubectl(arguments: Sequence[str]) -> list[str]:
    named = [word for flag, word in pairwise(arguments) if flag in ("-f", "-k")]
    return [f"no file {word}" for word in named if word.startswith("k8s/") and not (ROOT / word).exists()]


def _anything(arguments: Sequence[str]) -> list[str]:
    return []


CHECKS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "triwire": _ours(triwire, "triwire"),
    "triwire-server": _ours(triwire_server, "triwire-server"),
    "make": _make,
    "python": _python,
    "pip": _pip,
    "kubectl": _kubectl,
    **dict.fromkeys(OTHERS, _anything),
}
"""What is looked at in calls of a program."""
