"""Runs checks one after another and says of each, in a line, what was found."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_LAST_LINES = 15

Command = list[str | Path]
"""A program and its arguments."""


class CheckFailed(Exception):
    """What a check found wrong, or why it could not look."""


class Report:
    """Checks run so far, and how many of them failed."""

    def __init__(self) -> None:
        self.num_checks = 0
        self.num_failed = 0

    def check(self, name: str, look: Callable[[], str]) -> bool:
        """Run one check and print its line. True if it holds.

        Args:
            name: what has to hold.
            look: gives what was found; raises when it does not hold. Whatever it raises is told and ends nothing else.
        """
        begin = time.monotonic()
        try:
            detail, word = look(), "ok  "
        except Exception as error:
            detail, word = str(error) or type(error).__name__, "FAIL"
        self.num_checks += 1
        self.num_failed += word == "FAIL"
        seconds = time.monotonic() - begin
        print(f"{word}  {name}: {detail}" + (f" ({seconds:.0f} s)" if seconds >= 1 else ""), flush=True)
        return word != "FAIL"


def run(command: Command, cwd: Path, variables: Mapping[str, str], seconds: float = 600) -> str:
    """Standard output of a command.

    Args:
        command: program and arguments.
        cwd: folder that it runs in.
        variables: its whole environment.
        seconds: it is killed after them.

    Raises:
        CheckFailed: its exit code is not 0; with the end of what it printed.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=dict(variables), capture_output=True, text=True, check=False, timeout=seconds
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:]
        raise CheckFailed("\n      ".join([f"`{' '.join(words)}` ended with {done.returncode}", *lines]))
    return done.stdout
