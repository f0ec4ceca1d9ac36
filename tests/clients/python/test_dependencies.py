"""The client needs four packages and, of triwire, the contract alone."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.clients.python.servers import served

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "clients" / "python" / "triwire_client").rglob("*.py"))
PACKAGES = {
    "googleapis-common-protos": "google",
    "grpcio": "grpc",
    "grpcio-status": "grpc_status",
    "protobuf": "google",
}
"""What the client depends on, each with the name that it is imported by."""

EXTRAS = {
    "rich": "the command",
    "typer": "the command",
    "pyarrow": "tables in Parquet",
    "pandas": "`Result.to_pandas`, where the caller has it",
    "opentelemetry": "the caller's trace, where the caller has it",
    "typing_extensions": "type checkers",
}
"""What some modules import besides, and for what."""


def imported(path: Path) -> set[str]:
    """The packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_the_distribution_without_extras_depends_on_the_four_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [line.partition(">=")[0] for line in project["dependencies"]] == list(PACKAGES)


def test_nothing_else_is_imported_of_triwire_than_the_contract_and_the_client() -> None:
    found = set().union(*map(imported, SOURCES))
    assert found == {*PACKAGES.values(), *EXTRAS, "triwire", "triwire_client"}


# typing_extensions comes with grpcio.
ALONE = """\
import sys

class OnlyThese:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        if package not in {*sys.stdlib_module_names, *sys.argv[2:], "triwire", "triwire_client", "typing_extensions"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyThese())
import triwire_client

for name in triwire_client.__all__:
    getattr(triwire_client, name)
with triwire_client.SyncClient(sys.argv[1]) as triwire:
    result = triwire.process("The harbour of Westmere opened again on Monday.", summaries=["headline"])
    print(result.article.language, len(result.summaries), len(result.to_review_page()) > 1_000)
"""


def test_with_the_four_packages_alone_everything_public_is_there_and_a_call_is_answered() -> None:
    with served("extractive") as target:
        command = [sys.executable, "-c", ALONE, target, *PACKAGES.values()]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout == "en 1 True\n", ended.stderr
