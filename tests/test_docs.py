import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from triwire_client.glossary_csv import read_csv

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def environment(tiny_profile: Path) -> Iterator[dict[str, str]]:
    """Where the examples find a server and the commands of this installation."""
    with served(tiny_profile) as target:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield {**os.environ, "TRIWIRE_TARGET": target, "PATH": path}


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a document in one language."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


@pytest.mark.parametrize("number", range(len(blocks("client.md", "python"))))
def test_the_examples_of_the_client_run(number: int, environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(blocks("client.md", "python")[number], encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


SCRIPTS = [(name, number) for name in ("cli.md", "glossaries.md") for number in range(len(blocks(name, "sh")))]


@pytest.mark.parametrize(("name", "number"), SCRIPTS)
def test_the_examples_of_the_command_run(name: str, number: int, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    script = "set -o pipefail\n" + blocks(name, "sh")[number]
    done = subprocess.run(
        ["bash", "-e", "-c", script],  # noqa: S607 - found on the path
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^triwire: (?!\d+ done)", done.stderr, re.M)


def test_the_table_of_exit_codes_names_the_codes_of_the_command() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| (\d+) \|", text, re.M)
    assert codes == ["0", "1", "2", "3", "4", "130"]


def test_the_csv_of_the_document_is_read_as_it_says() -> None:
    text = (ROOT / "docs" / "glossaries.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```\n(en,ko.*?)^```$", text, re.M | re.S)
    found = read_csv(example)
    assert (found.problems, found.notes) == ([], [])
    assert [dict(term.forms) for term in found.terms] == [
        {"en": "Kim You-geun", "ko": "김유근", "ja": "キム・ユグン"},
        {"en": "QX-7"},
    ]
