"""Replicas behind a name, as behind a headless Service: those that are added are found, those that go are left."""

import asyncio
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.replicas import Load, Replica, expected_of, summarize
from tests.faults.report import FaultReport
from tests.server_process import free_port
from triwire_client import Client

pytestmark = pytest.mark.faults

NAME = "triwire.test"
# A connection lives for minutes; for the test it is two seconds.
SHORT_LIVED = {"TRIWIRE_MAX_CONNECTION_AGE_SECONDS": "2"}


class Names:
    """A name server that knows one name, with the addresses that it is given."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_udp_port()

    def start(self, command: str) -> None:
        options = ["--no-daemon", "--conf-file=/dev/null", "--listen-address=127.0.0.1", "--bind-interfaces"]
        options += ["--no-resolv", "--no-hosts", "--local-ttl=1", "--pid-file=", f"--port={self.port}"]
        # It would else give its privileges up, and with them the right to read the test's folder.
        options += ["--user=", "--group=", f"--addn-hosts={self._file}"]
        self._process = subprocess.Popen([command, *options], stderr=subprocess.DEVNULL)

    def set(self, *hosts: str) -> None:
        self._file.write_text("".join(f"{host} {NAME}\n" for host in hosts), encoding="utf-8")
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def free_udp_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def name_server(file: Path, *hosts: str) -> Iterator[Names]:
    command = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
    if command is None:
        pytest.skip("dnsmasq is not installed (Debian: dnsmasq-base)")
    names = Names(file)
    names.set(*hosts)
    names.start(command)
    try:
        yield names
    finally:
        names.stop()


async def calls_of(replica: Replica, load: Load, calls: int) -> tuple[int, float]:
    """How many of so many calls from now on a replica gets, and how long they took."""
    begun, before = time.monotonic(), replica.requests()["OK"]
    await load.until(load.num_done + calls)
    await asyncio.sleep(0.5)  # for the log of the last ones
    return replica.requests()["OK"] - before, time.monotonic() - begun


async def test_replicas_that_are_added_are_found_and_those_that_are_taken_out_are_left(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    port = free_port(hosts[0])
    servers = [Replica("extractive", tmp_path, host, port) for host in hosts]
    options = [("grpc.dns_min_time_between_resolutions_ms", 1000)]
    try:
        with name_server(tmp_path / "hosts", *hosts[:2]) as names:
            for replica in servers:
                replica.start(**SHORT_LIVED)
            await asyncio.gather(*(replica.wait() for replica in servers))
            target = f"dns://127.0.0.1:{names.port}/{NAME}:{port}"
            async with Client(target, channel_options=options) as client:
                load = Load(await expected_of(servers[0].address, summarize))
                over = asyncio.Event()
                running = asyncio.ensure_future(load.run(client, summarize, 500, 4, over.is_set))
                await load.until(100)
                assert servers[2].requests()["OK"] == 0

                names.set(*hosts)
                begun = time.monotonic()
                while servers[2].requests()["OK"] < 20:
                    assert time.monotonic() - begun < 30
                    await asyncio.sleep(0.1)
                found = time.monotonic() - begun

                names.set(*hosts[1:])
                begun = time.monotonic()
                while True:
                    num_calls, seconds = await calls_of(servers[0], load, 100)
                    if num_calls == 0:
                        break
                    assert time.monotonic() - begun < 30
                left = time.monotonic() - begun - seconds
                over.set()
                await running
    finally:
        for replica in servers:
            replica.close()
    failures = len(load.failures)
    fault_report("replica added", "unary, a name of 2 then 3", load.num_done, failures, load.wrong, found)
    fault_report("replica taken out", "unary, a name of 3 then 2", load.num_done, failures, load.wrong, left)
    assert (load.failures, load.wrong) == ([], 0)
