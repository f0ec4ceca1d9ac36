"""The ports that a server would listen on: free, or whose they are. Nothing is listened on, and nothing is ended."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from triwire_server.doctor.checks import Check, ok, problem, warning
from triwire_server.listeners import on_this_machine
from triwire_server.settings import Settings

_ASK_SECONDS = 1.0
_LISTENS = "0A"
"""State of a socket in /proc/net/tcp."""

_REASONS = {
    errno.EACCES: ("this user may not listen there", "choose a port above 1023, or give the right to it"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", 'an address of this machine, or "0.0.0.0" for all'),
}


def check_ports(settings: Settings) -> Iterator[Check]:
    """The ports of calls, of health and of metrics."""
    wanted = {
        "port": (settings.host, settings.port),
        "health_port": (settings.health_host, settings.health_port),
        "metrics_port": (settings.metrics_host, settings.metrics_port),
    }
    taken: dict[int, str] = {}
    for name, (host, port) in wanted.items():
        if port and port in taken:
            yield problem(name, f"{port} is that of {taken[port]} too", "choose another port for one of them")
        else:
            taken[port] = name
            yield _check_port(name, host, port, settings)


def _check_port(name: str, host: str, port: int, settings: Settings) -> Check:
    if not port:
        return ok(name, f"{host}: a free one is taken")
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        return problem(name, f"{host} is no address that can be looked up: {error.strerror}", "an address or a name")
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: who just ended is not there
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(name, f"{host}:{port}", port, settings)
        detail, remedy = _REASONS.get(error.errno or 0, (error.strerror or str(error), "choose another port"))
        return problem(name, f"{host}:{port}: {detail}", remedy)
    return ok(name, f"{host}:{port} is free")


def _taken(name: str, address: str, port: int, settings: Settings) -> Check:
    owner = owner_of(port)
    by = f" by {owner}" if owner else ""
    if _serves(settings):
        return warning(
            name, f"{address} is in use{by}: a triwire server runs here", "nothing, if it is the one you mean"
        )
    return problem(name, f"{address} is in use{by}", f"end that, or choose another {name} (TRIWIRE_{name.upper()})")


def _serves(settings: Settings) -> bool:
    """Whether a triwire server answers on the ports of health of these settings."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"{on_this_machine(settings.health_host)}:{settings.health_port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            stub.Check(health_pb2.HealthCheckRequest(service="triwire.v1.ArticleService"), timeout=_ASK_SECONDS)
        except grpc.RpcError:
            return False
    return True


def owner_of(port: int) -> str:
    """The process that listens on a port, "name (pid)"; "" if this user may not see it."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _lines(Path(table))[1:]:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        if _open_files(process) & inodes:
            return f"{(_lines(process / 'comm') or ['?'])[0]} ({process.name})"
    return ""


def _open_files(process: Path) -> set[str]:
    """What a process has open; nothing, if it is another user's."""
    found = set()
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found.add(os.readlink(link))
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
