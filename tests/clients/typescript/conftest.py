"""Builds the TypeScript client and its tests, which run in Node.js, once."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.server_process import without_settings

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "typescript"

RunNode = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the packages of the client are; skips the test where they are not."""
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    found = CLIENT / "node_modules"
    if not (found / ".bin" / "tsc").exists():
        pytest.skip("the packages of the TypeScript client are not installed; `make test-clients` installs them")
    return found


@pytest.fixture(scope="session")
def run_node(packages: Path) -> RunNode:
    """Runs the compiled tests of some files, each "NAME" of test/NAME.test.ts, with variables of the environment."""
    compile_client()
    compile_client("-p", "tsconfig.test.json")

    def run(*names: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        files = [f"build/test/{name}.test.js" for name in names]
        return node("--test", "--test-reporter=tap", *files, **variables)

    return run


@pytest.fixture(scope="session")
def tiny_server(packages: Path, tiny_profile: Path) -> Iterator[str]:
    """Where a server with tiny models is."""
    with served(tiny_profile) as target:
        yield target


def compile_client(*arguments: str) -> None:
    """Run the TypeScript compiler; fails with what it has to say."""
    done = run_in_client(str(CLIENT / "node_modules" / ".bin" / "tsc"), *arguments)
    assert done.returncode == 0, done.stdout


def node(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Node.js in the folder of the client."""
    return run_in_client("node", *arguments, **variables)


def run_in_client(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the folder of the client, without the settings of who runs the tests."""
    environment = without_settings() | variables
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=CLIENT, timeout=110
    )
