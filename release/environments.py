"""Clean virtual environments with the wheel in them, and a server that runs in one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from release.report import CheckFailed, Command, run

_START_SECONDS = 120
_DRAIN_SECONDS = 60


def clean_variables(**more: str) -> dict[str, str]:
    """The variables of this process without those of Python, of a virtual environment and of triwire."""
    strange = ("PYTHON", "VIRTUAL_ENV", "TRIWIRE_")
    return {name: text for name, text in os.environ.items() if not name.startswith(strange)} | more


class Environment:
    """A virtual environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, wheel: Path, constraints: Path, extra: str = "") -> str:
        """Make it with the wheel, an extra of it, and the pinned versions of what they need.

        Returns:
            Names and versions of what is installed, as `name==version`, separated by spaces; pip is left out.

        Raises:
            CheckFailed: pip cannot install it.
        """
        run([sys.executable, "-m", "venv", self._folder], self._folder.parent, clean_variables())
        wanted = f"{wheel}[{extra}]" if extra else str(wheel)
        pip: Command = [self.program("python"), "-m", "pip", "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", "--constraint", constraints, wanted], self._folder.parent, clean_variables())
        installed = run(
            [*pip, "list", "--format=freeze", "--exclude=pip", "--exclude=setuptools"], self._folder, clean_variables()
        )
        return " ".join(installed.split())

    def program(self, name: str) -> Path:
        """Path of a program in it."""
        return self._folder / "bin" / name

    def run(self, program: str, *arguments: str | Path, **variables: str) -> str:
        """Standard output of a program in it, which runs in its folder; see `release.report.run`."""
        return run([self.program(program), *arguments], self._folder, clean_variables(**variables), seconds=120)


class Server:
    """`triwire-server serve --profile extractive` of an environment, on a free port of the loopback address."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        """Nothing is started yet.

        Args:
            environment: where it is installed.
            folder: to be made for its files and its log.
        """
        self._environment = environment
        self._log = folder / "server.log"
        folder.mkdir()
        port, health, metrics = free_ports(3)
        self.target = f"127.0.0.1:{port}"
        self._variables = {
            "HOME": str(folder),
            "TRIWIRE_CACHE_DIR": str(folder / "cache"),
            "TRIWIRE_GLOSSARIES": f"sqlite:///{folder / 'glossaries.sqlite3'}",
            "TRIWIRE_PORT": str(port),
            "TRIWIRE_HEALTH_PORT": str(health),
            "TRIWIRE_METRICS_PORT": str(metrics),
            "TRIWIRE_PROFILE": "extractive",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it and wait until it serves.

        Raises:
            CheckFailed: it ended, or does not serve in time; with the end of its log.
        """
        command: Command = [self._environment.program("triwire-server"), "serve"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=clean_variables(**self._variables), cwd=self._log.parent
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self._environment.run("triwire-server", "healthcheck", **self._variables)
            except CheckFailed:
                time.sleep(0.2)
            else:
                return "serves"
        raise CheckFailed(f"does not serve: {self._end_of_log()}")

    def drain(self) -> str:
        """Ask it to end, and wait.

        Raises:
            CheckFailed: it was not started, or its exit code is not 0.
        """
        if self._process is None:
            raise CheckFailed("was not started")
        self._process.send_signal(signal.SIGTERM)
        if code := self._process.wait(_DRAIN_SECONDS):
            raise CheckFailed(f"ended with {code}: {self._end_of_log()}")
        return "ended with 0"

    def kill(self) -> None:
        """End it whatever it does."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _end_of_log(self) -> str:
        return "\n      ".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])


@contextmanager
def server(environment: Environment, folder: Path) -> Iterator[Server]:
    """A server that is started by who uses it, and killed at the end if it still runs."""
    made = Server(environment, folder)
    try:
        yield made
    finally:
        made.kill()


def free_ports(number: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
