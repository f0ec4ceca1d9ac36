"""Who could reach a server: what would let strangers in, or others read along, without having been asked for."""

import ipaddress

from triwire_server.settings import Settings


def exposure_problems(settings: Settings) -> list[str]:
    """What would let strangers in, or others read along, without having been asked for; a sentence for each."""
    problems = []
    for first, second in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):
        if getattr(settings, first) and not getattr(settings, second):
            problems.append(f"{first}: needs {second} beside it")
    if settings.tls_client_ca and not settings.tls_certificate:
        problems.append("tls_client_ca: certificates of callers need TLS: give tls_certificate and tls_key")
    if takes_plaintext(settings) and not settings.allow_plaintext:
        problems.append(
            f"host: {settings.host} takes calls from other machines, and they would be in plaintext: give"
            " tls_certificate and tls_key, or set allow_plaintext where a mesh or a proxy beside it encrypts them"
        )
    if takes_anyone(settings) and not settings.allow_anonymous:
        problems.append(
            f"host: {settings.host} takes calls from other machines, and anyone there could make them: give tokens or"
            " tls_client_ca, or set allow_anonymous"
        )
    return problems


def takes_plaintext(settings: Settings) -> bool:
    """Whether calls of other machines come in plaintext."""
    return not is_loopback(settings.host) and not settings.tls_certificate


def takes_anyone(settings: Settings) -> bool:
    """Whether anyone on another machine may call: without a token, without a client's certificate."""
    return not is_loopback(settings.host) and not settings.tokens and not settings.tls_client_ca


def is_loopback(host: str) -> bool:
    """Whether an address that is listened on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name, which may stand for anything
