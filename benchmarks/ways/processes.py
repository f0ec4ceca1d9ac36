"""Processes that a benchmark starts: ready when they answer, their CPU time, stopped with all that they started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

START_SECONDS = 600
"""How long a process may take until it is ready."""

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback address that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class ServerProcess:
    """A process in a group of its own, so that whatever it starts ends with it.

    Args:
        command: what is run.
        is_ready: asked again and again until it says yes; exceptions mean no.
        environment: variables besides those of this process.
        log: where its output goes; None: nowhere.

    Raises:
        RuntimeError: it ended, or was not ready in time.
    """

    def __init__(
        self,
        command: Sequence[str],
        is_ready: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
        log: IO[str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {})},
            stdout=log or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started = time.monotonic()
        try:
            while not self._answers(is_ready):
                if self._process.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with {self._process.returncode} before it was ready")
                if time.monotonic() - started > START_SECONDS:
                    raise RuntimeError(f"{command[0]} was not ready after {START_SECONDS} s")
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - started

    @staticmethod
    def _answers(is_ready: Callable[[], bool]) -> bool:
        with contextlib.suppress(Exception):
            return is_ready()
        return False

    @property
    def pid(self) -> int:
        """Of the process itself."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """CPU time so far of the process and of whatever it started and still runs."""
        total = 0.0
        for pid in (self.pid, *_descendants(self.pid)):
            with contextlib.suppress(OSError):
                fields = (
                    Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
                )
                total += (int(fields[11]) + int(fields[12])) / _TICKS
        return total

    def stop(self) -> None:
        """End it, and after some seconds everything in its group."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                found += [int(child), *_descendants(int(child))]
    return found


def peak_memory(pid: int) -> int:
    """Highest resident memory of a process so far, in bytes (Linux)."""
    return peak_of(Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace"))


def peak_of(status: str) -> int:
    """The same from the text that the system keeps of a process.

    Raises:
        RuntimeError: this system does not tell.
    """
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell the peak of a process's memory")
