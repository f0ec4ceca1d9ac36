"""Which way dependencies point: docs/architecture.md."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = Path("service/triwire_server")
LAYERS = ("triwire", "text", "engine", "pipeline", "api", "app")
"""Each imports what stands before it; "triwire" is the contract."""

BELOW_ALL = {"errors", "limits", "segment", "__version__"}
"""Values that every layer may use, and that use nothing but each other."""

UNKNOWN = {
    "text": {"asyncio", "grpc", "numpy", "os", "socket", "structlog", "time", "torch", "transformers"},
    "engine": {"google", "grpc", "triwire"},
    "pipeline": {"grpc", "torch", "transformers"},
    "api": {"torch", "transformers"},
    "profiles": {"grpc", "google", "httpx2", "torch", "transformers", "triwire"},
    "glossary_store": {"google", "grpc", "triwire"},
}
"""What a package must not know, by its docstring."""


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it; a name that is imported from the top is its own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{path}:{node.lineno}: relative"
            if node.module == "triwire_server":
                yield from (f"triwire_server.{alias.name}" for alias in node.names)
            else:
                yield node.module


def unit_of(path: Path) -> str:
    """The package, or the module, at the top of the service that a file belongs to."""
    return path.relative_to(SERVICE).parts[0].removesuffix(".py")


def edges() -> dict[str, dict[str, Path]]:
    """For each unit what it imports, with a file that does."""
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(SERVICE.rglob("*.py")):
        for name in imports(path):
            package, _, rest = name.partition(".")
            target = rest.split(".")[0] if package == "triwire_server" else package
            if package in ("triwire", "triwire_server") and target != unit_of(path):
                found[unit_of(path)][target] = path
    return found


@pytest.mark.parametrize("index", range(len(LAYERS)), ids=LAYERS)
def test_a_layer_imports_only_layers_before_it(index: int) -> None:
    found = edges()[LAYERS[index]]
    assert {name: str(found[name]) for name in LAYERS[index + 1 :] if name in found} == {}


def test_no_packages_import_each_other_in_a_circle() -> None:
    left = {unit: set(targets) for unit, targets in edges().items()}
    while free := [unit for unit, targets in left.items() if not targets & left.keys()]:
        for unit in free:
            del left[unit]
    assert left == {}


def test_what_lies_below_all_imports_nothing_else() -> None:
    found = edges()
    assert {unit: set(found[unit]) - BELOW_ALL for unit in BELOW_ALL if set(found[unit]) - BELOW_ALL} == {}


@pytest.mark.parametrize(("package", "unknown"), UNKNOWN.items(), ids=UNKNOWN)
def test_a_package_does_not_know_what_its_docstring_says(package: str, unknown: set[str]) -> None:
    known = {
        (str(path), name)
        for path in sorted((SERVICE / package).rglob("*.py"))
        for name in imports(path)
        if any(name == one or name.startswith(f"{one}.") for one in unknown)
    }
    assert known == set()


def test_only_the_server_itself_reads_the_environment() -> None:
    readers = {
        unit_of(path)
        for path in sorted(SERVICE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers == {"__main__", "doctor", "loading", "settings_sources"}
