"""The client runs on Python 3.10 and later, on Linux, macOS and Windows: what can be said of that without them."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "python" / "triwire_client"
CONTRACT = ROOT / "proto" / "gen" / "triwire"
SOURCES = sorted(CLIENT.rglob("*.py"))
OLDEST = (3, 10)

UNIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
NOT_EVERYWHERE = {
    "add_signal_handler": "an event loop on Windows has none",
    "remove_signal_handler": "an event loop on Windows has none",
    "fork": "Windows has none",
    "getuid": "Windows has none",
    "geteuid": "Windows has none",
    "getpgid": "Windows has none",
    "killpg": "Windows has none",
    "mkfifo": "Windows has none",
    "create_subprocess_exec": "not on every event loop of Windows",
    "create_subprocess_shell": "not on every event loop of Windows",
    "symlink_to": "Windows asks for a right to it",
}
UNIX_PATHS = ("/dev/", "/etc/", "/proc/", "/tmp/")  # noqa: S108 - none is used


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def problems(source: str) -> Iterator[str]:
    """What would not work everywhere, a line each."""
    for node in ast.walk(ast.parse(source, feature_version=OLDEST)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for module in modules:
                if module.partition(".")[0] in UNIX_ONLY:
                    yield f"{node.lineno}: imports {module}, which Windows has not"
        elif isinstance(node, ast.Attribute) and node.attr in NOT_EVERYWHERE:
            yield f"{node.lineno}: {node.attr}: {NOT_EVERYWHERE[node.attr]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.startswith(UNIX_PATHS):
                yield f"{node.lineno}: {node.value} is a path of Unix"
        elif isinstance(node, ast.Call):
            yield from text_problems(node)


def text_problems(node: ast.Call) -> Iterator[str]:
    """Text that is read or written in the encoding of the machine: cp949 in Korea, cp932 in Japan."""
    is_method = isinstance(node.func, ast.Attribute)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ({"open", "read_text", "write_text", "fdopen"} if is_method else {"open"}):
        return
    constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    constants += [keyword.value.value for keyword in node.keywords if isinstance(keyword.value, ast.Constant)]
    is_binary = any(isinstance(value, str) and "b" in value and len(value) <= 3 for value in constants)
    if not is_binary and not any(keyword.arg == "encoding" for keyword in node.keywords):
        yield f"{node.lineno}: {name} without an encoding"


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_a_module_keeps_to_what_every_system_and_version_has(path: Path) -> None:
    assert list(problems(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", sorted(CONTRACT.rglob("*.py")), ids=names)
def test_the_contract_s_modules_parse_on_the_oldest_version(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST)


@pytest.mark.parametrize(
    "line",
    [
        "import fcntl",
        "from resource import getrlimit",
        "loop.add_signal_handler(2, stop)",
        "os.fork()",
        "open('x.txt')",
        "open('x.txt', 'w')",
        "path.read_text()",
        "path.open()",
        "open('/dev/null', 'rb')",
    ],
)
def test_what_does_not_work_everywhere_is_found(line: str) -> None:
    assert len(list(problems(line))) == 1


@pytest.mark.parametrize("line", ["path.open('rb')", "open(p, encoding='utf-8')", "path.read_bytes()", "x.open_port()"])
def test_what_works_everywhere_passes(line: str) -> None:
    assert list(problems(line)) == []


@pytest.mark.parametrize(
    "line", ["try:\n    pass\nexcept* ValueError:\n    pass", "type X = int", "def f[T](x: T): ..."]
)
def test_newer_syntax_is_found(line: str) -> None:
    with pytest.raises(SyntaxError):
        list(problems(line))


def test_the_distribution_names_the_versions_that_the_client_is_checked_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["requires-python"] == ">=3.10"
    assert settings["tool"]["ruff"]["per-file-target-version"] == {"clients/python/**": "py310"}
    classifiers = settings["project"]["classifiers"]
    versions = [line.rpartition(" ")[2] for line in classifiers if line.startswith("Programming Language :: Python")]
    assert versions == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert "--python-version 3.10 clients/python" in (ROOT / "Makefile").read_text(encoding="utf-8")


SAYS = """\
import sys
from rich.console import Console
from triwire.v1 import article_pb2
from triwire_client import commands
from triwire_client.render import Renderer
from triwire_client.session import say

def show(arguments, **options):
    block = article_pb2.Block(block_id="b1", text=TEXT)
    Renderer(Console()).article(article_pb2.Article(language="ko", blocks=[block]))
    say(TEXT + chr(0xDC80))
    return 0

TEXT = "한국어 日本語 “Westmere” – 100 €"
commands.app = show
sys.exit(commands.run([]))
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp949", "cp932", "ascii"])
def test_the_command_writes_korean_and_japanese_whatever_the_encoding_of_the_machine(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAYS], check=False, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert "한국어 日本語 “Westmere” – 100 €" in done.stdout.decode()
    # What no encoding has, as in the name of a file that is none, does not end the command.
    assert "triwire: 한국어 日本語 “Westmere” – 100 €\\udc80" in done.stderr.decode()
