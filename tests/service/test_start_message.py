"""What a server says when it serves, and that the commands in it work."""

import io
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from tests.callers import caller_entry, token_of, write_callers
from tests.certificates import Authority
from tests.server_process import COMMAND
from triwire_server.profiles.profile import load_profile
from triwire_server.settings import Settings
from triwire_server.start_message import Start, show_start

PORTS = ["--port", "0", "--health-port", "0", "--metrics-port", "0"]


@contextmanager
def on_a_terminal(*arguments: str, **variables: str) -> Iterator[list[str]]:
    """Serve with a terminal as standard error; gives what was written there until it serves."""
    main, side = pty.openpty()
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TRIWIRE_")}
    environment |= {
        "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "0",
        "NO_COLOR": "1",
        "TERM": "xterm",
        "COLUMNS": "200",
    } | variables
    server = subprocess.Popen([*COMMAND, "serve", *arguments, *PORTS], env=environment, stderr=side)
    os.close(side)
    written = bytearray()

    def read() -> None:
        with suppress(OSError):  # the terminal's other end is closed
            while part := os.read(main, 4096):
                written.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        end = time.monotonic() + 60
        while b"healthcheck" not in written and server.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.1)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
        yield [line.rstrip() for line in text.splitlines()]
    finally:
        server.terminate()
        server.wait(timeout=30)
        reader.join(10)
        os.close(main)


def copied(lines: list[str]) -> list[str]:
    """The commands of a message."""
    return [line.strip() for line in lines[lines.index("Try next") + 1 :] if line]


def run(command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TRIWIRE_")}
    return subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - found on the path
        check=False,
        capture_output=True,
        text=True,
        env={**environment, "PATH": path, **variables},
    )


def test_on_a_terminal_it_says_what_is_served_and_commands_that_work(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).sign("triwire.example")
    variables = {
        "TRIWIRE_TLS_CERTIFICATE": str(certificate),
        "TRIWIRE_TLS_KEY": str(key),
        "TRIWIRE_TOKENS": write_callers(tmp_path / "callers.toml", caller_entry("cms")),
        "TRIWIRE_GLOSSARIES": f"sqlite:///{tmp_path}/glossaries.sqlite3",
    }
    with on_a_terminal("--profile", "extractive", **variables) as lines:
        text = "\n".join(lines)
        assert "  summarization  en, ko, ja   extractive@1 (Apache-2.0; no weights)" in lines
        assert re.search(r"^  gRPC           127\.0\.0\.1:\d+ \(TLS, token, this machine only\)$", text, re.M)
        assert re.search(r"^  metrics        http://127\.0\.0\.1:\d+/metrics$", text, re.M)
        assert "WARNING" not in text
        assert '"event"' not in text
        token, *tried = copied(lines)
        assert token == f"export TRIWIRE_TOKEN=...  # of a caller in {tmp_path}/callers.toml"
        outcomes = [run(command, TRIWIRE_TOKEN=token_of("cms")) for command in tried]
    assert [outcome.stderr for outcome in outcomes] == ["", "", ""]
    assert "extractive@1" in outcomes[0].stdout
    assert "The harbour opened" in outcomes[1].stdout
    assert outcomes[2].stdout == "SERVING\n"


def shown(start: Start) -> list[str]:
    page = io.StringIO()
    show_start(start, Console(file=page, width=60))
    return page.getvalue().splitlines()


def test_an_open_address_and_a_license_without_commerce_are_loud(tiny_profile: Path) -> None:
    profile = tiny_profile.with_name("noncommercial.toml")
    text = tiny_profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("[[models]]\n", "[[models]]\nnoncommercial = true\n", 1), encoding="utf-8")
    settings = {"host": "0.0.0.0", "allow_plaintext": True, "allow_anonymous": True}  # noqa: S104  # what is warned of
    start = Start(
        settings=Settings.model_validate(settings),
        profile=load_profile(str(profile), allow_noncommercial=True),
        device="cpu",
        port=50051,
        health_port=50052,
        metrics_port=9464,
        glossaries="sqlite:////var/lib/triwire/glossaries.sqlite3",
        shared_cache="none",
        seconds=14.04,
    )
    lines = shown(start)
    warnings = [line for line in lines if "WARNING" in line]
    address = "0.0.0.0:50051"
    assert warnings == [
        f"  WARNING: {address} takes calls from other machines, unencrypted: only a mesh or a proxy beside it may stand"
        " between (allow_plaintext)",
        f"  WARNING: {address} takes calls from other machines, and anyone there may make them: no tokens, no client"
        " certificates (allow_anonymous)",
        "  WARNING: the license of tiny-m2m100@1 (Apache-2.0) forbids commercial use (allow_noncommercial)",
    ]
    assert (
        "  translation    en, ko, ja, each into each   tiny-m2m100@1 (Apache-2.0, NO COMMERCIAL USE; float32)" in lines
    )
    triwire = "triwire --target 127.0.0.1:50051"
    assert copied(lines) == [
        f"{triwire} models",
        f"echo 'The harbour opened.' | {triwire} translate - --language en --to ko",
        "triwire-server healthcheck --target 127.0.0.1:50052",
    ]
