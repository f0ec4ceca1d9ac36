"""Processes that a benchmark starts: ready when they answer, their CPU time, stopped with all that they started."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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

    Raises:
        RuntimeError: it ended, or was not ready in time; the message has the end of its output.
    """

    def __init__(
        self,
        command: Sequence[str],
        is_ready: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {})},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._is_stopped = False
        atexit.register(self.stop)  # also when the benchmark itself fails
        started = time.monotonic()
        try:
            while not self._answers(is_ready):
                if self._process.poll() is not None:
                    code = self._process.returncode
                    raise RuntimeError(f"it ended with {code} before it was ready: {self._last_words()}")
                if time.monotonic() - started > START_SECONDS:
                    raise RuntimeError(f"it was not ready after {START_SECONDS} s: {self._last_words()}")
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

    def _last_words(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 500))
        return self._log.read().decode(errors="replace")

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

    def pause(self) -> None:
        """Stand still, so that nothing it does while it waits slows down others."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it, and after some seconds everything in its group."""
        if self._is_stopped:
            return
        self._is_stopped = True
        with contextlib.suppress(ProcessLookupError):
            self.resume()
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


def memory_now(pid: int) -> int:
    """Resident memory of a process, in bytes (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


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
