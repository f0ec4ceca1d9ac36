"""The TypeScript client against real servers: its tests run in Node.js, the servers are started here."""

import json
import re
import runpy
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.callers import caller_entry, token_of, write_callers
from tests.certificates import Authority
from tests.clients.python.servers import on_a_thread
from tests.clients.typescript.conftest import CLIENT, RunNode, run_in_client
from tests.server import running_server, target
from tests.server_process import Server, process

ALONE = ("article-stream", "batch", "contract", "plaintext", "ranges", "retry")
"""Test files that need no triwire server."""


def check(done: "subprocess.CompletedProcess[str]", num_skipped: int = 0) -> None:
    """Fail with what Node.js printed unless every test passed, but for those that want other servers."""
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.M), done.stdout
    assert re.search(rf"^# skipped {num_skipped}$", done.stdout, re.M), done.stdout


def test_every_test_file_is_run_by_a_test_here() -> None:
    files = {path.name.removesuffix(".test.ts") for path in (CLIENT / "test").glob("*.test.ts")}
    assert files == {*ALONE, "busy", "replicas", "secured", "server"}


def test_retries_streams_batches_and_ranges(run_node: RunNode) -> None:
    check(run_node(*ALONE))


def test_every_method_against_a_server(run_node: RunNode, tiny_server: str) -> None:
    check(run_node("server", TRIWIRE_TEST_SERVER=json.dumps(tiny_server)))


@pytest.mark.faults
def test_refusals_of_a_busy_server_are_obeyed(run_node: RunNode, tiny_profile: Path, tmp_path: Path) -> None:
    callers = write_callers(
        tmp_path / "callers.toml", caller_entry("cms"), caller_entry("script", max_concurrent_calls=1)
    )
    with on_a_thread(running_server(tiny_profile, max_queue_tokens=1, tokens=callers)) as app:
        busy = {"target": target(app), "token": token_of("cms"), "tokenForOneCall": token_of("script")}
        check(run_node("busy", TRIWIRE_TEST_BUSY_SERVER=json.dumps(busy)))


def test_mutual_tls_and_a_token(run_node: RunNode, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server")
    caller_certificate, caller_key = authority.sign("cms")
    settings = {
        "tls_certificate": str(certificate),
        "tls_key": str(key),
        "tls_client_ca": str(authority.certificate),
        "tokens": write_callers(tmp_path / "callers.toml", caller_entry("cms")),
    }
    with on_a_thread(running_server("extractive", **settings)) as app:
        secured = {
            "target": f"localhost:{app.port}",
            "token": token_of("cms"),
            "tls": {
                "rootCertificates": str(authority.certificate),
                "clientCertificate": str(caller_certificate),
                "clientKey": str(caller_key),
            },
            "otherRoot": str(Authority(tmp_path, "other-ca").certificate),
        }
        check(run_node("secured", TRIWIRE_TEST_SECURED_SERVER=json.dumps(secured)))


@contextmanager
def two_replicas(folder: Path) -> Iterator[tuple[Server, Server]]:
    settings = {
        "TRIWIRE_CACHE_BYTES": "0",  # each answer is computed where it was asked for
        "TRIWIRE_TORCH_THREADS": "1",
        "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "1",
        "TRIWIRE_GLOSSARIES": f"sqlite:///{folder}/glossaries.sqlite3",
    }
    with process("extractive", **settings) as first, process("extractive", **settings) as second:
        for server in (first, second):
            server.wait_until_serving(120)
        yield first, second


def told(replicas: tuple[Server, Server]) -> str:
    """Where replicas are, for the tests in Node.js."""
    return json.dumps([{"target": server.target, "pid": server.process.pid} for server in replicas])


@pytest.mark.faults
def test_batches_go_on_when_their_replica_is_killed(run_node: RunNode, tmp_path: Path) -> None:
    with two_replicas(tmp_path) as replicas:
        check(run_node("replicas", TRIWIRE_TEST_REPLICAS=told(replicas)), num_skipped=1)
        assert replicas[0].wait() == -signal.SIGKILL


@pytest.mark.faults
def test_nothing_fails_when_a_replica_drains(run_node: RunNode, tmp_path: Path) -> None:
    with two_replicas(tmp_path) as replicas:
        check(run_node("replicas", TRIWIRE_TEST_DRAINING_REPLICAS=told(replicas)), num_skipped=1)
        assert replicas[0].wait() == 0


def test_committed_code_is_what_the_protos_give(packages: Path, tmp_path: Path) -> None:
    runpy.run_path(str(CLIENT / "generate.py"))["generate"](tmp_path)
    committed = CLIENT / "src" / "gen"
    generated = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.ts")}
    assert sorted(generated) == sorted(path.relative_to(committed) for path in committed.rglob("*.ts"))
    for path, text in generated.items():
        assert text == (committed / path).read_text(encoding="utf-8"), f"{path} differs from the protos: `make proto`"


def test_it_is_formatted(packages: Path) -> None:
    done = run_in_client(str(packages / ".bin" / "prettier"), "--check", ".")
    assert done.returncode == 0, done.stderr + "`npm run format` in clients/typescript"


def test_the_lockfile_pins_every_package_and_names_no_host() -> None:
    locked = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages = {path: entry for path, entry in locked.items() if path}
    assert packages
    assert [path for path, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []
    manifest = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    wanted = manifest["dependencies"] | manifest["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert {"preinstall", "install", "postinstall", "prepare", "prepack"}.isdisjoint(manifest["scripts"])
