"""The tables of the documents have what there is, all of it, and nothing else.

Settings are compared in tests/service/test_settings.py, metrics and alerts in tests/monitoring/test_documents.py,
sources of remote models in tests/docs/test_remote_models.py, columns of tables in tests/docs/test_shell_examples.py.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.docs.markdown import DOCS, ROOT, documents, inline_code
from triwire.v1.article_service_pb2 import Finding
from triwire_client.commands import app as triwire
from triwire_client.errors import BY_REASON
from triwire_server.__main__ import app as triwire_server
from triwire_server.api import status
from triwire_server.api.caller_file import _Entry
from triwire_server.limits import Limits

FILE = re.compile(r"[\w/.-]+\.(?:py|toml|ya?ml|json|sh|md|mjs|proto|txt|csv)|[\w.-]+(?:/[\w.-]+)*/")
NOT_OF_THE_REPOSITORY = {
    "build/faults/": "made by `make test-faults`",
    "google/rpc/status.proto": "of the package googleapis-common-protos",
    "localhost/": "before the name of an image",
    "tokens.toml": "made by the reader",
}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    return text(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def commands(app: typer.Typer) -> dict[str, list[str]]:
    """The options of each command of a program, by the words after its name."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, list[str]]]:
        yield name, [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        for word, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, f"{name} {word}".strip())

    return dict(walk(typer.main.get_command(app), ""))


def options(*pages: str) -> set[str]:
    return {option for page in pages for code in inline_code(ROOT / page) for option in re.findall(r"--[a-z-]+", code)}


def test_each_option_of_the_command_is_told_and_no_other() -> None:
    there = commands(triwire)
    told = options("docs/cli.md")
    elsewhere = options("docs/review.md", "docs/backfill.md")  # of `review` and `batch`, which have pages of their own
    assert {option for found in there.values() for option in found} - told - elsewhere == set()
    assert told - {"--help"} - {option for found in there.values() for option in found} == set()


def test_each_command_of_the_server_is_told_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("docs/operations.md", "The command"), re.M)
    told = {code for row in rows for code in re.findall(r"`([a-z -]+)`", row)}
    groups = {"", "models", "tokens"}
    assert told - {"triwire-server"} == set(commands(triwire_server)) - groups


def test_each_reason_has_its_line_and_its_code() -> None:
    rows = re.findall(r"^\| [^|]+ \| ([A-Z_]+) \| ([A-Z_]+) \|", text("proto/README.md"), re.M)
    codes = {reason: code for code, reason in rows}
    assert len(codes) == len(rows)
    assert set(codes) == set(BY_REASON) == set(status.REASONS) - {"INTERNAL"}
    of_one_reason = {kind.reason: code.name for kind, code in status._CODES.items() if hasattr(kind, "reason")}
    assert of_one_reason.items() <= codes.items()
    assert {codes[reason] for reason in codes if reason not in of_one_reason} == {"INVALID_ARGUMENT", "NOT_FOUND"}


def test_each_limit_of_the_contract_is_told_with_its_default() -> None:
    told = re.findall(r"`(max_\w+)` ([\d,]*\d(?: MiB)?)", " ".join(text("proto/README.md").split()))
    assert dict(told) == {
        name: f"{limit >> 20} MiB" if name.endswith("_bytes") else f"{limit:,}"
        for name, limit in asdict(Limits()).items()
    }


def test_each_kind_of_finding_is_explained() -> None:
    headings = re.findall(r"^### (.*)$", text("docs/findings.md"), re.M)
    told = {kind for heading in headings for kind in re.findall(r"[A-Z_]{6,}", heading)}
    assert {f"KIND_{kind}" for kind in told} == set(Finding.Kind.keys()) - {"KIND_UNSPECIFIED"}


def test_each_field_of_a_caller_has_its_line() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("docs/security.md", "Tokens"), re.M)
    assert sorted(told) == sorted(_Entry.model_fields)


def test_each_shipped_profile_has_its_line() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("docs/models.md", "Shipped profiles"), re.M)
    profiles = ROOT / "service" / "triwire_server" / "profiles"
    assert sorted(told) == sorted(path.stem for path in profiles.glob("*.toml"))


def test_each_span_has_its_line() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "service").rglob("*.py"))
    there = set(re.findall(r"(?:tracing\.phase|tracing\.span|span\.record)\(\"(\w+)\"", code)) | {"generate"}
    rows = re.findall(r"^\| (`[\w`, ]+) \|", section("docs/traces.md", "What there is"), re.M)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == there


def test_each_benchmark_has_its_line() -> None:
    told = re.findall(r"`(?:benchmarks/)?(\w+\.py)`", section("CONTRIBUTING.md", "Measure"))
    assert sorted(told) == sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))


def test_each_job_that_tests_is_told() -> None:
    jobs = set(re.findall(r"^(test[a-z0-9-]*|soak|fuzz|audit):", text("Makefile"), re.M))
    assert jobs <= set(re.findall(r"`make ([a-z0-9-]+)`", text("CONTRIBUTING.md")))


def test_each_decision_is_in_the_index_with_its_title() -> None:
    listed = re.findall(r"^\| (\d+) \| \[(.*)\]\((.*)\) \|", text("docs/decisions/README.md"), re.M)
    decisions = sorted((DOCS / "decisions").glob("0*.md"))
    assert [name for _, _, name in listed] == [path.name for path in decisions]
    for (number, title, _), path in zip(listed, decisions, strict=True):
        assert path.name.startswith(f"{int(number):04}-")
        assert path.read_text(encoding="utf-8").startswith(f"# {number}. {title}\n")


@pytest.fixture(scope="module")
def places() -> set[str]:
    """Every file and folder of the repository, by each end of its path."""
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S607  # the git of the path
    paths = {place for file in map(Path, listed.stdout.splitlines()) for place in (file, *file.parents)}
    return {"/".join(path.parts[at:]) for path in paths for at in range(len(path.parts))}


def test_files_that_documents_name_are_there(places: set[str]) -> None:
    named = {
        (str(path.relative_to(ROOT)), code)
        for path in documents()
        if path.name != "CHANGELOG.md"
        for code in inline_code(path)
        if FILE.fullmatch(code) and code not in NOT_OF_THE_REPOSITORY
    }
    assert len(named) > 100
    assert {(page, code) for page, code in named if code.rstrip("/") not in places} == set()


def test_the_walks_through_the_code_name_what_is_there() -> None:
    walks = text("docs/architecture.md").split("\n## ")
    named = {
        code.split(".")[-1]
        for walk in walks
        if walk.startswith("One ")
        for code in re.findall(r"`([A-Za-z_][\w.]*)`", walk)
        if not code.endswith(".py")
    }
    defined = {
        node.name
        for path in (ROOT / "service").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(named) > 60
    assert named - defined == {"call_soon_threadsafe", "on_finish"}  # of asyncio; a parameter
