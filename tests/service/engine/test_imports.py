"""What the engine may know: what lies below it, and neither protobuf messages nor gRPC."""

import ast
from collections.abc import Iterator
from pathlib import Path

import triwire_server.engine

BELOW = {
    "callers",
    "engine",
    "errors",
    "limits",
    "memory_limit",
    "metrics",
    "model_errors",
    "profile",
    "prompts",
    "remote_source",
    "result_cache",
    "shared_result",
    "text",
}
"""Modules of the service that the engine is built on."""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def test_the_engine_imports_only_what_lies_below_it() -> None:
    files = sorted(Path(triwire_server.engine.__path__[0]).rglob("*.py"))
    assert len(files) > 40
    for path in files:
        for name in imported(path):
            package, _, module = name.partition(".")
            assert package not in ("triwire", "google", "grpc"), f"{path.name} imports {name}"
            if package == "triwire_server" and module:
                assert module.partition(".")[0] in BELOW, f"{path.name} imports {name}"
