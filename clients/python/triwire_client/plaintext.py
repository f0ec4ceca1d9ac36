"""A token is sent in plaintext to this machine alone, unless somebody asked for more."""

import ipaddress
import os

ALLOW_VARIABLE = "TRIWIRE_ALLOW_PLAINTEXT_TOKEN"


class PlaintextTokenError(ValueError):
    """A token would go over the network unencrypted, where anyone on the way could take it."""


def check_token(target: str, allowed: bool | None) -> None:
    """Refuse a target that a token must not be sent to in plaintext.

    Args:
        target: as gRPC takes it.
        allowed: whether it may be sent anyhow; None: whether TRIWIRE_ALLOW_PLAINTEXT_TOKEN is 1.

    Raises:
        PlaintextTokenError: the target is not on this machine.
    """
    if allowed is None:
        allowed = os.environ.get(ALLOW_VARIABLE) == "1"
    if not allowed and not is_local(target):
        raise PlaintextTokenError(
            f"the token would go to {target} in plaintext: use TLS (tls=Tls(), --tls, TRIWIRE_TLS=1), or, where a mesh"
            f" or a proxy on this machine encrypts it, allow_plaintext_token=True ({ALLOW_VARIABLE}=1)"
        )


def is_local(target: str) -> bool:
    """Whether every address of a target is on this machine; a name other than "localhost" may be anywhere.

    Targets are "host:port", "dns:[//authority/]host:port", "ipv4:a:port,b:port", "ipv6:[a]:port" or "unix:path".
    """
    scheme, separator, rest = target.partition(":")
    if separator and scheme in ("unix", "unix-abstract"):
        return True
    if separator and scheme in ("dns", "ipv4", "ipv6"):
        path = rest.rsplit("/", 1)[-1]
    elif "://" in target:
        return False  # a resolver that is not known here
    else:
        path = target
    return all(_is_loopback(address.strip()) for address in path.split(","))


def _is_loopback(address: str) -> bool:
    """Whether "host", "host:port", "[v6]:port" or a bare v6 address is the loopback interface's."""
    host = address[1:].partition("]")[0] if address.startswith("[") else address
    if host == address and address.count(":") == 1:
        host = address.partition(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
