"""Every Python example of the documents is run: here, in a test that is named, or there is a reason why not."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.docs.markdown import ROOT, documents, texts

DOCUMENTS = [path.relative_to(ROOT).as_posix() for path in documents()]

NOT_RUN = {
    "docs/architecture.md": "three lines of the engine's loop, which stand in its code",
    "docs/findings.md": "measures on data that is not part of the repository",
}
ELSEWHERE = {
    "README.md": "tests/docs/test_readme.py",
    "docs/backfill.md": "tests/docs/test_shell_examples.py",
    "docs/reflection.md": "tests/end_to_end/test_reflection.py",
    "docs/review.md": "tests/clients/python/review/test_review_command.py",
}
NOTEBOOKS = "docs/notebooks.md"
SAYS = {"docs/glossaries.md": "glossaries/house 2\n"}
"""What an example prints, where that can be told."""


EXAMPLES = {name: texts(name, "python", "py", "pycon") for name in DOCUMENTS}
RUN_HERE = [
    (document, number)
    for document, found in EXAMPLES.items()
    if document not in {*NOT_RUN, *ELSEWHERE, NOTEBOOKS}
    for number in range(len(found))
]


@pytest.fixture(scope="module")
def environment(tiny_profile: Path) -> Iterator[dict[str, str]]:
    """Where the examples find a server."""
    with served(tiny_profile) as target:
        yield {**os.environ, "TRIWIRE_TARGET": target, "PYTHONIOENCODING": "utf-8"}


def run(source: str, environment: dict[str, str], folder: Path) -> str:
    """Run an example in a folder beside the examples, and give what it prints."""
    (folder / "examples").symlink_to(ROOT / "examples")
    script = folder / "example.py"
    script.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("document", "number"), RUN_HERE)
def test_an_example_runs_and_says_something(
    document: str, number: int, environment: dict[str, str], tmp_path: Path
) -> None:
    printed = run(EXAMPLES[document][number], environment, tmp_path)
    assert printed.strip()
    assert printed == SAYS.get(document, printed)


def test_the_cells_of_the_notebook_run_one_after_the_other(environment: dict[str, str], tmp_path: Path) -> None:
    """As in Jupyter: one set of names for all cells, and the value of a cell's last line is shown."""
    cells = EXAMPLES[NOTEBOOKS]
    assert len(cells) >= 4
    shown = run("\n".join(as_shown(cell) for cell in cells), environment, tmp_path)
    assert "<table" in shown
    assert "Korean (ko)" in shown
    assert "block_id" in shown


def as_shown(cell: str) -> str:
    """A cell that prints what Jupyter would show."""
    tree = ast.parse(cell)
    last = tree.body[-1]
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call | ast.Await):
        last.value = ast.parse(f"getattr({ast.unparse(last.value)}, '_repr_html_')()", mode="eval").body
    if isinstance(last, ast.Expr):
        last.value = ast.parse(f"print({ast.unparse(last.value)})", mode="eval").body
    return ast.unparse(tree)


@pytest.mark.parametrize("document", NOT_RUN)
def test_an_example_that_is_not_run_is_there_and_is_python(document: str) -> None:
    assert EXAMPLES[document]
    for source in EXAMPLES[document]:
        ast.parse(source)


@pytest.mark.parametrize(("document", "test"), ELSEWHERE.items())
def test_an_example_that_another_test_runs_is_there_and_so_is_the_test(document: str, test: str) -> None:
    assert EXAMPLES[document]
    assert Path(document).name in (ROOT / test).read_text(encoding="utf-8")
