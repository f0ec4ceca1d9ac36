"""The main job from an empty machine: fetch the model, start the server, process two articles, stop the server.

Run by `make demo`. Everything it starts listens on the loopback address and is stopped at the end.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ARTICLES = Path(__file__).parent / "articles"
REVIEW_PAGE = Path(__file__).parents[1] / "build" / "demo-review.html"
BIN = Path(sys.executable).parent
START_SECONDS = 300
"""How long the server may take to load its model before the demo gives up."""


def main() -> int:
    """Run the demo; returns the exit code."""
    started = time.monotonic()
    print("triwire demo. Its model is small (1.5B parameters, made for code): good English summaries, readable")
    print("Korean and Japanese to English, poor English to Korean and Japanese. It shows the way, not the quality.\n")
    server_command = [str(BIN / "triwire-server")]
    with step("Fetch and convert the demo model (once; 1.1 GB)"):
        run([*server_command, "models", "pull", "--profile", "demo"])
    port, metrics_port = free_port(), free_port()
    target = f"127.0.0.1:{port}"
    ports = {"TRIWIRE_PORT": str(port), "TRIWIRE_METRICS_PORT": str(metrics_port), "TRIWIRE_HEALTH_PORT": "0"}
    environment = {**os.environ, **ports}
    server = subprocess.Popen([*server_command, "serve", "--profile", "demo"], env=environment)
    try:
        with step("Start the server"):
            wait_until_serving(server, [*server_command, "healthcheck", "--target", target])
        triwire = [str(BIN / "triwire"), "--target", target]
        with step("English page: bullet summary, Korean and Japanese"):
            page = str(ARTICLES / "scraped-page.en.txt")
            REVIEW_PAGE.parent.mkdir(exist_ok=True)
            asked = ["--summary", "bullets", "--to", "ko", "--to", "ja", "--html", str(REVIEW_PAGE)]
            run([*triwire, "process", page, *asked])
        with step("Korean article into English"):
            run([*triwire, "translate", str(ARTICLES / "station.ko.txt"), "--to", "en", "--cleaning", "page"])
    finally:
        with step("Stop the server"):
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
    print(f"\nDone in {time.monotonic() - started:.0f} s. An editor's view of the first article: {REVIEW_PAGE}")
    print("Serve it yourself with `make serve`.")
    return 0


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step and say how long it took."""
    print(f"== {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"== {title}: {time.monotonic() - started:.1f} s\n", flush=True)


def run(command: Sequence[str]) -> None:
    """Run a command with its output on this terminal; a failure ends the demo."""
    code = subprocess.run(command, check=False).returncode
    if code != 0:
        raise SystemExit(f"demo: `{' '.join(command[1:3])}` ended with {code}; its message is above")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_serving(server: "subprocess.Popen[bytes]", healthcheck: Sequence[str]) -> None:
    """Wait until the health service answers SERVING.

    Raises:
        SystemExit: the server ended, or took longer than START_SECONDS.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"demo: the server ended with {server.returncode}; its log is above")
        if subprocess.run(healthcheck, check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.5)
    raise SystemExit(f"demo: the server was not ready after {START_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
