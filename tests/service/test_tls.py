"""Reading certificates and keys, and keeping the last good ones."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from prometheus_client import CollectorRegistry

from tests.certificates import Authority
from triwire_server.settings import Settings
from triwire_server.telemetry.metrics import Metrics
from triwire_server.tls import ServerTls, read_identity
from triwire_server.watched_files import FilesUnusable


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def contents(certificate: Path, key: Path) -> dict[str, bytes]:
    return {"tls_certificate": certificate.read_bytes(), "tls_key": key.read_bytes()}


def problems(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(FilesUnusable) as raised:
        read_identity(files)
    return list(raised.value.problems)


def test_the_first_certificate_of_a_file_to_expire_is_the_one_that_counts(authority: Authority) -> None:
    short, key = authority.sign("short", lifetime=timedelta(hours=1))
    chain = contents(short, key)
    chain["tls_certificate"] += authority.certificate.read_bytes()
    chain["tls_client_ca"] = authority.certificate.read_bytes()
    expiry = read_identity(chain).expiry
    assert expiry["tls_client_ca"] - expiry["tls_certificate"] > timedelta(days=300)


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    certificate, _ = authority.sign("one")
    _, key = authority.sign("two")
    assert problems(contents(certificate, key)) == [
        "tls_key: is not the key of the first certificate in tls_certificate"
    ]


def test_everything_that_is_no_pem_is_told_at_once(authority: Authority) -> None:
    certificate, key = authority.sign("one")
    damaged = {"tls_certificate": b"", "tls_key": certificate.read_bytes(), "tls_client_ca": key.read_bytes()}
    assert [problem.split(",")[0] for problem in problems(damaged)] == [
        "tls_certificate: holds no PEM certificate (-----BEGIN CERTIFICATE-----)",
        "tls_client_ca: holds no PEM certificate (-----BEGIN CERTIFICATE-----)",
        "tls_key: holds no PEM private key (-----BEGIN PRIVATE KEY-----)",
    ]


def test_a_key_with_a_passphrase_is_refused_by_that_name(authority: Authority) -> None:
    certificate, key = authority.sign("one")
    private = load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    assert problems(contents(certificate, key)) == [
        "tls_key: is encrypted; give it without a passphrase, in a file that only the server reads"
    ]


def test_a_renewal_that_is_half_done_is_counted_once_and_the_metrics_follow_the_files(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("server", lifetime=timedelta(days=1))
    registry = CollectorRegistry()
    settings = Settings.model_validate({"tls_certificate": str(certificate), "tls_key": str(key)})
    tls = ServerTls(settings, Metrics(registry))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"triwire_{name}", {"file": "tls_certificate"} | labels)

    first = value("tls_certificate_expiry_timestamp_seconds")
    old_key = key.read_bytes()
    authority.sign("server", lifetime=timedelta(days=90))
    new_key = key.read_bytes()
    key.write_bytes(old_key)
    for _ in range(3):
        tls.refresh()
    assert value("reloads_total", result="failure") == 1
    assert value("reload_failing") == 1
    assert value("tls_certificate_expiry_timestamp_seconds") == first
    key.write_bytes(new_key)
    for _ in range(3):
        tls.refresh()
    assert value("reloads_total", result="success") == 1
    assert value("reload_failing") == 0
    later = value("tls_certificate_expiry_timestamp_seconds")
    assert later is not None
    assert first is not None
    assert later - first == pytest.approx(89 * 86_400, abs=60)
    key.unlink()
    tls.refresh()
    assert value("reload_failing") == 1
