"""TLS of the server: certificate, key and who may sign callers' certificates, renewed without a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from triwire_server.settings import Settings
from triwire_server.telemetry.metrics import Metrics
from triwire_server.watched_files import FilesUnusable, WatchedFiles

TLS_FILES = ("tls_certificate", "tls_key", "tls_client_ca")
"""The settings that name files of TLS."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server shows to callers and asks of them."""

    configuration: grpc.ServerCertificateConfiguration
    expiry: Mapping[str, datetime]
    """When the first certificate of each file expires, by setting."""

    start: Mapping[str, datetime]
    """From when on the last certificate of each file is valid too, by setting."""


class ServerTls:
    """Credentials of a server, which look at their files at each handshake.

    New connections see a renewed certificate; those that are open live on. A changed file that cannot be used, or a
    key that does not belong to its certificate (a renewal may be half done), leaves the last good state in use.

    Args:
        settings: name the files.
        metrics: have the expiry of the certificates, and count reloads.

    Raises:
        FilesUnusable: a file cannot be read, or does not hold what it should.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = structlog.get_logger("triwire")
        self._files = WatchedFiles("tls_certificate", tls_paths(settings), read_identity, metrics, self._tell_expiry)
        self._asks_for_certificates = bool(settings.tls_client_ca)
        self._given = self._files.current

    def credentials(self) -> grpc.ServerCredentials:
        """Credentials for a port."""
        return grpc.dynamic_ssl_server_credentials(
            self._given.configuration, self._fetch, require_client_authentication=self._asks_for_certificates
        )

    def refresh(self) -> None:
        """Look at the files now, so that metrics and log are right where nobody calls. Never raises."""
        self._files.refresh()

    def _fetch(self) -> Any:
        """Asked by gRPC at each handshake, on a thread of its own; None is "as before"."""
        self._files.refresh()
        identity = self._files.current
        if identity is self._given:
            return None
        self._given = identity
        return identity.configuration

    def _tell_expiry(self, identity: Identity) -> None:
        for name, when in identity.expiry.items():
            self._metrics.tls_certificate_expiry_timestamp_seconds.labels(name).set(when.timestamp())
            if when <= datetime.now(UTC):
                self._log.error("certificate_expired", file=name, expired=when.isoformat())


def tls_paths(settings: Settings) -> dict[str, Path]:
    """The files of TLS that settings name, by setting."""
    return {name: Path(getattr(settings, name)) for name in TLS_FILES if getattr(settings, name)}


def read_identity(contents: Mapping[str, bytes]) -> Identity:
    """An identity from the contents of PEM files by setting.

    Raises:
        FilesUnusable: something is not PEM, or the key is not the certificate's; all that is wrong at once.
    """
    problems: list[str] = []
    chains = {
        name: _certificates(name, contents[name], problems)
        for name in ("tls_certificate", "tls_client_ca")
        if name in contents
    }
    key = _public_key(contents["tls_key"], problems)
    chain = chains["tls_certificate"]
    if chain and key is not None and chain[0].public_key().public_bytes(Encoding.DER, _SPKI) != key:
        problems.append("tls_key: is not the key of the first certificate in tls_certificate")
    if problems:
        raise FilesUnusable(problems)
    return Identity(
        grpc.ssl_server_certificate_configuration(
            [(contents["tls_key"], contents["tls_certificate"])], contents.get("tls_client_ca")
        ),
        {name: min(certificate.not_valid_after_utc for certificate in chain) for name, chain in chains.items()},
        {name: max(certificate.not_valid_before_utc for certificate in chain) for name, chain in chains.items()},
    )


def certificate_names(pem: bytes) -> list[str]:
    """The host names and addresses that the first certificate of a PEM file is for.

    Raises:
        ValueError: there is none.
    """
    certificate = x509.load_pem_x509_certificates(pem)[0]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


_SPKI = PublicFormat.SubjectPublicKeyInfo


def _certificates(name: str, pem: bytes, problems: list[str]) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        problems.append(f"{name}: holds no PEM certificate (-----BEGIN CERTIFICATE-----), or a damaged one")
        return []


def _public_key(pem: bytes, problems: list[str]) -> bytes | None:
    """The public half of a private key, to compare with a certificate's."""
    try:
        return load_pem_private_key(pem, password=None).public_key().public_bytes(Encoding.DER, _SPKI)
    except TypeError:
        problems.append("tls_key: is encrypted; give it without a passphrase, in a file that only the server reads")
    except (ValueError, UnsupportedAlgorithm):
        problems.append("tls_key: holds no PEM private key (-----BEGIN PRIVATE KEY-----), or a damaged one")
    return None
