"""Ctrl-C in a program without an event loop."""

import concurrent.futures
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.python.servers import ended, on_a_thread, under_way
from tests.server import running_server, target
from triwire_client import SyncClient, errors, sync

LONG = "\n\n".join(f"Ferry number {number} left the harbour at noon." for number in range(300))
INTERRUPTED = """\
import signal
import sys
from triwire_client import SyncClient

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background begins without it
with SyncClient(sys.argv[1]) as triwire:
    print("ready", flush=True)
    try:
        triwire.translate(sys.stdin.read(), "ko", source_language="en")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(triwire.detect_language("The harbour opened again.").languages[0].language)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that a test could send to one process")
def test_ctrl_c_cancels_a_synchronous_call_and_the_client_goes_on(tiny_profile: Path) -> None:
    with on_a_thread(running_server(tiny_profile)) as app:
        command = [sys.executable, "-c", INTERRUPTED, target(app)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as caller:
            assert caller.stdin is not None
            caller.stdin.write(LONG)
            caller.stdin.close()
            caller.stdin = None
            wait_for(lambda: under_way(app) > 100)
            caller.send_signal(signal.SIGINT)
            said, _ = caller.communicate(timeout=60)
        assert said.split() == ["ready", "interrupted", "en"]
        wait_for(lambda: not under_way(app))
        assert ended(app, "Translate", "CANCELLED") == 1


def wait_for(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.05)


def test_where_a_wait_cannot_be_interrupted_it_is_made_of_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_TURN_SECONDS", 0.01)  # as on Windows
    waits: list[float | None] = []
    whole = concurrent.futures.wait

    def counted(futures: Any, timeout: float | None) -> Any:
        waits.append(timeout)
        return whole(futures, timeout)

    monkeypatch.setattr(concurrent.futures, "wait", counted)
    with SyncClient("127.0.0.1:1", timeout=0.2) as client, contextlib.suppress(errors.TriwireError):
        client.detect_language("text")
    assert set(waits) == {0.01}
