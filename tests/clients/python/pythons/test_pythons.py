"""The client on the Pythons that are not at hand: those that npm has, compiled to WebAssembly (make test-pythons)."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.clients.python.review.results import example
from triwire_client import Result

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
FOLDERS = {
    "client": ROOT / "clients" / "python",
    "contract": ROOT / "proto" / "gen",
    "examples": ROOT / "examples",
    "packages": Path(sysconfig.get_path("purelib")),
}


@pytest.mark.pythons
@pytest.mark.parametrize("version", ["3.10", "3.12", "3.13", "3.14"])
def test_the_client_is_imported_and_its_results_are_the_same(version: str) -> None:
    command = ["node", str(HERE / "run.mjs"), version, str(HERE / "check.py")]
    command += [f"{name}={folder}" for name, folder in FOLDERS.items()]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=100)
    result = Result(example())
    written = [result.to_markdown("ko"), result.to_html("ja"), result._repr_html_(), result.to_review_page()]
    expected = f"{version.replace('.', ' ')} True True {[len(text) for text in written]}"
    assert done.stdout.strip() == expected, done.stdout + done.stderr[-2000:]
