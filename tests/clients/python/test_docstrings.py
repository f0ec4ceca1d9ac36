"""The API reference is made of docstrings: they are there, name every argument, and their examples run."""

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import triwire_client
from tests.clients.python.servers import served
from triwire_client import Client, SyncClient, errors

ROOT = Path(__file__).parents[3]
NAMES = sorted(triwire_client.__all__)
CLASSES = [name for name in NAMES if inspect.isclass(getattr(triwire_client, name))]
ERRORS = [
    name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.TriwireError)
]


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Everything public that is called with arguments, by its name."""
    for name in NAMES:
        value = getattr(triwire_client, name)
        if not inspect.isclass(value):
            yield name, value
            continue
        for own, member in inspect.getmembers(value):
            if inspect.isfunction(member) and not own.startswith("_"):
                yield f"{name}.{own}", member


def arguments(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [found.name for found in parameters if found.name != "self" and found.kind is not found.VAR_KEYWORD]


def section(docstring: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)*)", docstring, re.M)
    return found[1] if found else ""


def described(docstring: str) -> list[str]:
    """What a Google docstring describes under Args."""
    listed = re.findall(r"^    ([\w, ]+): ", section(docstring, "Args"), re.M)
    return [name for names in listed for name in names.split(", ")]


@pytest.mark.parametrize("name", [*NAMES, *ERRORS])
def test_everything_public_says_what_it_is(name: str) -> None:
    value = getattr(triwire_client, name, None) or getattr(errors, name)
    assert value.__doc__
    assert not value.__doc__.startswith(f"{name}(")  # what a dataclass without a docstring gets


@pytest.mark.parametrize(("name", "function"), list(functions()), ids=[name for name, _ in functions()])
def test_a_docstring_describes_every_argument_and_no_other(name: str, function: Callable[..., Any]) -> None:
    docstring = inspect.getdoc(function)
    assert docstring, name
    if name.startswith("SyncClient.") and name != "SyncClient.close":
        own = name.removeprefix("SyncClient.")
        assert docstring.startswith(f"See `Client.{own}`.")
        assert set(arguments(function)) <= set(arguments(getattr(Client, own)))
        return
    assert described(docstring) == arguments(function)


@pytest.mark.parametrize("kind", [Client, SyncClient, triwire_client.Result])
def test_the_docstring_of_a_class_describes_how_it_is_made_and_shows_it(kind: type) -> None:
    docstring = inspect.getdoc(kind) or ""
    assert described(docstring) == arguments(kind)
    assert ">>> " in section(docstring, "Examples")


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_and_property_says_what_it_is(name: str) -> None:
    value = getattr(triwire_client, name)
    tree = ast.parse(Path(inspect.getfile(value)).read_text(encoding="utf-8"))
    (body,) = (node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == value.__name__)
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_":
            is_described = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            assert is_described, node.target.id
        if isinstance(node, ast.FunctionDef) and node.decorator_list and node.name[0] != "_":
            assert ast.get_docstring(node), node.name


def test_the_reference_names_everything_public() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.findall(r"^::: (.*)$", text, re.M) == [
        *(f"triwire_client.{name}" for name in re.findall(r"^::: triwire_client\.(\w+)$", text, re.M) if name in NAMES),
        "triwire_client.errors",
    ]
    for name in NAMES:
        assert f"::: triwire_client.{name}\n" in text or name in ("TriwireError", "Violation")


RUN = """\
import doctest, sys
from importlib import import_module

finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
for module in sys.argv[1:]:
    for example in finder.find(import_module(module), globs={}):
        runner.run(example)
done = runner.summarize()
print(done.attempted, done.failed)
"""


def test_the_examples_in_docstrings_run(tiny_profile: Path) -> None:
    modules = sorted({getattr(triwire_client, name).__module__ for name in NAMES})
    with served(tiny_profile) as target:
        done = subprocess.run(
            [sys.executable, "-c", RUN, *modules],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "TRIWIRE_TARGET": target, "PYTHONIOENCODING": "utf-8"},
        )
    assert done.stdout == "14 0\n", done.stdout + done.stderr  # how many lines were run, how many were wrong
