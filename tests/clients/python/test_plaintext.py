"""A token goes in plaintext to this machine alone, and a connection that TLS keeps from coming about is explained."""

from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.clients.python.command import triwire
from tests.clients.python.servers import on_a_thread
from tests.server import running_server, target
from triwire_client import Client, PlaintextTokenError, SyncClient, Tls
from triwire_client.plaintext import is_local


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:50051",
        "127.8.0.1:50051",
        "localhost:50051",
        "localhost",
        "[::1]:50051",
        "::1",
        "dns:localhost:50051",
        "dns:///localhost:50051",
        "dns://127.0.0.1:5353/localhost:50051",
        "ipv4:127.0.0.1:5201,127.0.0.2:5202",
        "ipv6:[::1]:50051",
        "unix:/run/triwire.sock",
        "unix:///run/triwire.sock",
        "unix-abstract:triwire",
    ],
)
def test_targets_on_this_machine(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    [
        "triwire:50051",
        "10.0.0.7:50051",
        "0.0.0.0:50051",
        "localhost.example:50051",
        "127.0.0.1.example:50051",
        "dns:///triwire:50051",
        "dns://127.0.0.1:5353/triwire:50051",
        "ipv4:127.0.0.1:5201,10.0.0.7:5202",
        "[2001:db8::1]:50051",
        "xds:///localhost:50051",
        "",
    ],
)
async def test_a_token_is_not_sent_to_other_machines_in_plaintext(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_local(address)
    address = address or "triwire:1"
    with pytest.raises(PlaintextTokenError, match=r"^the token would go to \S+ in plaintext: use TLS"):
        Client(address, token="secret")
    monkeypatch.setenv("TRIWIRE_TOKEN", "secret")
    with pytest.raises(PlaintextTokenError):
        SyncClient(address)
    for client in (
        Client(address, token=""),
        Client(address, tls=Tls()),
        Client(address, allow_plaintext_token=True),
    ):
        await client.close()
    monkeypatch.setenv("TRIWIRE_ALLOW_PLAINTEXT_TOKEN", "1")
    await Client(address).close()
    with pytest.raises(PlaintextTokenError):
        Client(address, allow_plaintext_token=False)


def test_the_command_tells_it_in_one_line() -> None:
    done = triwire("models", target="triwire.example:1", TRIWIRE_TOKEN="secret")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("triwire: the token would go to triwire.example:1 in plaintext: use TLS (")
    assert done.err.count("\n") == 1
    assert "secret" not in done.err


def test_the_command_explains_what_keeps_tls_from_coming_about(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "other-ca")
    certificate, key = authority.sign("server")
    root = f"--tls-root-certificates={authority.certificate}"
    with on_a_thread(running_server("extractive", tls_certificate=str(certificate), tls_key=str(key))) as app:

        def told(*options: str) -> str:
            done = triwire("--timeout", "5", *options, "models", target=target(app))
            assert done.code == 3
            return done.err.splitlines()[-1].rpartition("; ")[2]

        assert triwire(root, "models", target=target(app)).code == 0
        assert told().startswith("it closed the connection: it may want TLS (--tls)")
        assert told(f"--tls-root-certificates={other.certificate}").startswith("--tls-root-certificates names who")
        assert told(root, "--tls-server-name=news").startswith("--tls-server-name is the name to expect")
    with on_a_thread(running_server("extractive")) as app:
        assert told(root).startswith("it does not speak TLS there")
