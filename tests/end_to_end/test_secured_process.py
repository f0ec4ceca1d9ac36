"""A server process with TLS and tokens, as an operator starts and asks it."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.callers import bearer, caller_entry, write_callers
from tests.certificates import Authority
from tests.server_process import Server, free_port, process, run
from triwire.v1 import article_service_pb2, article_service_pb2_grpc

LISTING = article_service_pb2.ListModelsRequest()


def test_the_log_names_the_caller_and_never_a_token(tmp_path: Path) -> None:
    file = write_callers(tmp_path / "callers.toml", caller_entry("cms"), caller_entry("terms", ["glossaries.read"]))
    with process("extractive", TRIWIRE_TOKENS=file, TRIWIRE_LOG_LEVEL="debug") as server:
        server.wait_until_serving()
        with grpc.insecure_channel(server.target) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            stub.ListModels(LISTING, metadata=bearer("cms"), timeout=10)
            for name in ("terms", "stranger"):
                with pytest.raises(grpc.RpcError):
                    stub.ListModels(LISTING, metadata=bearer(name), timeout=10)
        assert server.stop() == 0
    requests = [record for record in map(json.loads, server.lines) if record["event"] == "request"]
    assert [(record["code"], record.get("caller")) for record in requests] == [
        ("OK", "cms"),
        ("PERMISSION_DENIED", "terms"),
        ("UNAUTHENTICATED", None),
    ]
    assert "-token" not in "\n".join(server.lines)


def wait_for_health(server: Server, *arguments: str, **variables: str) -> "Any":
    """Ask until the answer is SERVING, or give the last one."""
    for _ in range(50):
        assert server.process.poll() is None, server.lines
        asked = run("healthcheck", "--timeout", "1", *arguments, **variables)
        if asked.returncode == 0:
            break
    return asked


def test_healthcheck_finds_a_server_with_mutual_tls_and_tokens_by_its_settings(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server")
    settings = {
        "TRIWIRE_TLS_CERTIFICATE": str(certificate),
        "TRIWIRE_TLS_KEY": str(key),
        "TRIWIRE_TLS_CLIENT_CA": str(authority.certificate),
        "TRIWIRE_TOKENS": write_callers(tmp_path / "callers.toml", caller_entry("cms")),
    }
    health_port = str(free_port())
    config = tmp_path / "triwire.toml"
    config.write_text(f"health_port = {health_port}\n", encoding="utf-8")
    with process("extractive", "--health-port", health_port, **settings) as server:
        asked = wait_for_health(server, TRIWIRE_HEALTH_PORT=health_port)
        assert (asked.returncode, asked.stdout) == (0, "SERVING\n")
        assert wait_for_health(server, "--config", str(config)).stdout == "SERVING\n"
        client_certificate, client_key = authority.sign("desk")
        credentials = grpc.ssl_channel_credentials(
            authority.certificate.read_bytes(), client_key.read_bytes(), client_certificate.read_bytes()
        )
        with grpc.secure_channel(server.target, credentials) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            assert stub.ListModels(LISTING, metadata=bearer("cms"), timeout=10).limits.max_blocks == 2000
            # Where both are asked for, a certificate alone is not enough.
            with pytest.raises(grpc.RpcError) as raised:
                stub.ListModels(LISTING, timeout=10)
            assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert server.stop() == 0
    [serving] = [record for record in map(json.loads, server.lines) if record["event"] == "serving"]
    assert serving["security"] == "TLS, client certificate, token, this machine only"
    assert serving["health"] == f"127.0.0.1:{health_port}"


def test_a_health_port_that_only_the_log_names_cannot_be_asked_by_settings() -> None:
    asked = run("healthcheck", TRIWIRE_HEALTH_PORT="0")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "give --target" in asked.stderr


def test_everything_that_would_let_strangers_in_is_told_at_once_with_exit_code_2() -> None:
    ended = run("serve", "--host", "0.0.0.0", TRIWIRE_TLS_CLIENT_CA="ca.pem")  # noqa: S104  # refused before it listens
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert lines[0] == "triwire-server: 2 settings are wrong:"
    assert lines[1].startswith("  tls_client_ca: certificates of callers need TLS")
    assert lines[2].startswith("  host: 0.0.0.0 takes calls from other machines, and they would be in plaintext")


def test_every_file_that_cannot_be_used_is_told_at_once_with_its_setting(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, _ = authority.sign("one")
    _, key = authority.sign("two")
    file = tmp_path / "callers.toml"
    file.write_text('[[callers]]\nname = "cms"\nrights = ["articles"]\n', encoding="utf-8")
    files = {"TRIWIRE_TLS_CERTIFICATE": str(certificate), "TRIWIRE_TLS_KEY": str(key), "TRIWIRE_TOKENS": str(file)}
    ended = run("serve", "--profile", "extractive", "--port", "0", "--health-port", "0", **files)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        2,
        [
            "triwire-server: 2 settings are wrong:",
            "  tls_key: is not the key of the first certificate in tls_certificate",
            f"  tokens: {file}:1: callers[0] ('cms'): token_sha256: Field required",
            "more about it: triwire-server doctor --profile extractive --port 0 --health-port 0",
        ],
    )
    missing = files | {"TRIWIRE_TLS_KEY": str(tmp_path / "absent.key")}
    ended = run("serve", "--profile", "extractive", "--port", "0", "--health-port", "0", **missing)
    assert f"  tls_key: {tmp_path}/absent.key cannot be read: No such file or directory\n" in ended.stderr


def test_a_token_is_made_and_its_entry_opens_the_server(tmp_path: Path) -> None:
    made = run("tokens", "new", "--name", "cms", "--rights", "articles", "--rights", "glossaries.read")
    assert made.returncode == 0
    token, entry = made.stdout.split("\n\n", 1)
    assert re.fullmatch(r"triwire_[A-Za-z0-9_-]{43}", token)
    assert token not in made.stderr + entry
    file = tmp_path / "callers.toml"
    file.write_text(entry, encoding="utf-8")
    file.chmod(stat.S_IRUSR)
    checked = run("tokens", "check", str(file))
    assert checked.stdout == "cms: articles, glossaries.read; up to standard; 1 token\n"
    with process("extractive", TRIWIRE_TOKENS=str(file)) as server:
        server.wait_until_serving()
        with grpc.insecure_channel(server.target) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            stub.ListModels(LISTING, metadata=(("authorization", f"bearer {token}"),), timeout=10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new", "--name", "a b"], "name: String should match pattern"),
        (["new", "--name", "cms", "--rights", "article"], "there is no right 'article'; did you mean 'articles'?"),
        (["new", "--name", "cms", "--highest-priority", "high"], "highest_priority: Input should be 'interactive'"),
        (["check", "absent.toml"], "absent.toml cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_with_a_caller_is_told(arguments: list[str], message: str) -> None:
    ended = run("tokens", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
