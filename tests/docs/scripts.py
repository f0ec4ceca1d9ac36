"""Shell blocks of documents, run as a reader runs them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.markdown import ROOT


def surroundings(target: str) -> dict[str, str]:
    """An environment with a server and the commands of this installation."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "TRIWIRE_TARGET": target, "PATH": path}


def run_script(script: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands in a folder beside the examples, up to the first that fails."""
    (folder / "examples").symlink_to(ROOT / "examples")
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],  # noqa: S607 - found on the path
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
    )
