"""`transformers serve` as a process: a model server that is not ours, with a tiny chat model."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.server_process import free_port
from tests.tiny_models import save_chat

NEEDED = ("accelerate", "fastapi", "openai", "uvicorn")
"""Packages that `transformers serve` needs beside the library."""

needs_transformers_serve = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason=f"needs {', '.join(NEEDED)}"
)


class TransformersServer:
    """Serves a directory on a port that it keeps when it is started again.

    Args:
        directory: with the checkpoint of a chat model, in float32.
    """

    def __init__(self, directory: Path) -> None:
        self.model = str(directory)
        self._log = directory.with_name(f"{directory.name}.log")
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Start the process; `wait` for it to answer."""
        command = [sys.executable, "-m", "transformers.cli.transformers", "serve", self.model, "--device", "cpu"]
        command += ["--dtype", "float32", "--host", "127.0.0.1", "--port", str(self._port), "--log-level", "error"]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def wait(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not self._is_healthy():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > end:
                pytest.fail(f"transformers serve did not start: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def signal(self, number: int) -> None:
        """Send a signal to it and all that it started."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        assert self._process is not None
        self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


def save_checkpoint(directory: Path) -> None:
    """The tiny chat model, published without decoding settings: another server follows those."""
    save_chat(directory)
    published = {"eos_token_id": 2, "pad_token_id": 0}
    (directory / "generation_config.json").write_text(json.dumps(published), encoding="utf-8")
