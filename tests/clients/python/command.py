"""The `triwire` command as a shell runs it, and what it leaves behind."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server_process import without_settings

COMMAND = str(Path(sys.executable).parent / "triwire")


class Done:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def triwire(*arguments: str, target: str = "", text: str | bytes = "", **environment: str) -> Done:
    """Run the installed command as a shell would, in a pipe."""
    given = text.encode() if isinstance(text, str) else text
    env = without_settings() | ({"TRIWIRE_TARGET": target} if target else {}) | environment
    done = subprocess.run([COMMAND, *arguments], check=False, capture_output=True, input=given, env=env, timeout=60)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
