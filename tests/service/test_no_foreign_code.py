"""No file that the service loads can bring code with it: what would allow it does not occur in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import triwire_server

SOURCES = sorted(Path(triwire_server.__file__).parent.rglob("*.py"))
UNPICKLERS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "pickletools"}
LOADERS = {"torch.load", "torch.hub", "torch.jit.load", "numpy.load", "np.load", "yaml.load", "yaml.unsafe_load"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def used(tree: ast.AST) -> Iterator[str]:
    yield from (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    yield from (
        node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


def loading_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "from_pretrained":
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=[str(path.relative_to(SOURCES[0].parent)) for path in SOURCES])
def test_nothing_unpickles_or_runs_what_it_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not UNPICKLERS & set(imported(tree))
    assert not (LOADERS | {"eval", "exec"}) & set(used(tree))
    for call in loading_calls(tree):
        words = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert words.get("local_files_only") == "True", ast.unparse(call)
        # The one class whose files hold no reference to code has no such argument.
        if ast.unparse(call.func) != "GenerationConfig.from_pretrained":
            assert words.get("trust_remote_code") == "False", ast.unparse(call)


def test_the_calls_that_load_models_are_found() -> None:
    calls = [call for path in SOURCES for call in loading_calls(ast.parse(path.read_text(encoding="utf-8")))]
    assert len(calls) >= 7
