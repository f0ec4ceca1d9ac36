import pytest

from tests.settings_refusal import refusal
from triwire_server.settings_sources import load_settings

TLS_FILES: dict[str, object] = {"tls_certificate": "server.pem", "tls_key": "server.key"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.7", "localhost", "[::1]", "::1"])
def test_this_machine_alone_needs_neither_tls_nor_tokens(host: str) -> None:
    assert load_settings({"host": host}, {}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.7", "triwire.internal"])  # noqa: S104  # nothing listens there
def test_other_machines_in_plaintext_and_without_a_name_are_refused_unless_asked_for(host: str) -> None:
    lines = refusal({"host": host}, {})
    assert lines[0] == "2 settings are wrong:"
    assert lines[1].startswith(f"  host: {host} takes calls from other machines, and they would be in plaintext")
    assert lines[2].startswith(
        f"  host: {host} takes calls from other machines, and anyone there could make them: give"
    )
    [_, anonymous] = refusal({"host": host} | TLS_FILES, {})
    assert anonymous.endswith("give tokens or tls_client_ca, or set allow_anonymous")
    [_, plaintext] = refusal({"host": host, "tokens": "callers.toml"}, {})
    assert "set allow_plaintext where a mesh or a proxy" in plaintext
    for more in (
        TLS_FILES | {"tokens": "callers.toml"},
        TLS_FILES | {"tls_client_ca": "ca.pem"},
        {"tokens": "callers.toml", "allow_plaintext": True},
        {"allow_plaintext": "true", "allow_anonymous": "true"},
    ):
        assert load_settings({"host": host} | more, {}).host == host


def test_files_of_tls_that_belong_together_are_asked_for_together() -> None:
    lines = refusal({}, {"TRIWIRE_TLS_CERTIFICATE": "server.pem"})
    assert lines == ["a setting is wrong:", "  tls_certificate: needs tls_key beside it"]
    lines = refusal({}, {"TRIWIRE_TLS_KEY": "server.key", "TRIWIRE_TLS_CLIENT_CA": "ca.pem"})
    assert lines == [
        "2 settings are wrong:",
        "  tls_key: needs tls_certificate beside it",
        "  tls_client_ca: certificates of callers need TLS: give tls_certificate and tls_key",
    ]
