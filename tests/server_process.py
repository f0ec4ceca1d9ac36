"""`triwire-server` as its own process, on a free port of the loopback address."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

COMMAND = [str(Path(sys.executable).parent / "triwire-server")]


class Server:
    """A running process, with everything it logged."""

    def __init__(self, process: "subprocess.Popen[str]", target: str) -> None:
        self.process = process
        self.target = target
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stderr)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return code

    def wait_until_serving(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                pytest.fail(f"the server ended with {self.process.returncode}: {self.lines}")
            if is_serving(self.target):
                return
            time.sleep(0.1)
        pytest.fail("the server did not come to serve")


@contextmanager
def process(
    profile: str | Path,
    *flags: str,
    command: Sequence[str] = COMMAND,
    host: str = "127.0.0.1",
    port: int | str = 0,
    **variables: str,
) -> Iterator[Server]:
    """Run the command; at the end it is killed if it still runs.

    Args:
        profile: name of a shipped profile, or the path of a TOML file.
        flags: further flags of `serve`.
        command: what to run instead of the installed command.
        host: loopback address to listen on.
        port: to listen on; 0: a free one.
        variables: further environment variables.
    """
    port = port or free_port(host)
    environment = without_settings() | {"TRIWIRE_SHUTDOWN_WAIT_SECONDS": "0", "TRIWIRE_LOG_FORMAT": "json"} | variables
    arguments = ["serve", "--profile", str(profile), "--host", host, "--port", str(port), "--metrics-port", "0"]
    arguments += ["--health-port", "0", *flags]
    started = subprocess.Popen(
        [*command, *arguments], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    server = Server(started, f"{host}:{port}")
    try:
        yield server
    finally:
        if started.poll() is None:
            started.kill()
        server.wait()
        assert started.stdout is not None
        started.stdout.close()
        assert started.stderr is not None
        started.stderr.close()


def without_settings() -> dict[str, str]:
    """The environment of this process but for settings of triwire."""
    return {name: text for name, text in os.environ.items() if not name.startswith("TRIWIRE_")}


def is_serving(target: str) -> bool:
    """Whether the health service at an address answers SERVING within a second."""
    with grpc.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = without_settings() | variables
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=90, check=False, env=environment
    )


def healthcheck(target: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run("healthcheck", "--target", target, "--timeout", "1", *arguments)
