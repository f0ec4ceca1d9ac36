"""The hooks of docs/recipes/cms-hook.md, between a CMS that is played here and a real server."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.clients.python.servers import served
from tests.clients.typescript.conftest import CLIENT, compile_client
from tests.server_process import free_port

HOOKS = Path(__file__).parents[2] / "examples" / "cms_hook"
ARTICLE = {
    "id": "ferry-1204",
    "revision": 3,
    "html": "<h1>Ferry runs again</h1><p>It carried 212 people on Monday.</p>",
}


class Cms:
    """What a CMS does for a hook: it takes results."""

    def __init__(self) -> None:
        self.results: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        results = self.results

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                results.put((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def cms() -> Iterator[Cms]:
    made = Cms()
    yield made
    made.close()


@pytest.fixture(params=["python", "node"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """How a hook is started."""
    if request.param == "python":
        return [sys.executable, str(HOOKS / "hook.py")]
    if shutil.which("node") is None or not (CLIENT / "node_modules" / ".bin" / "tsc").exists():
        pytest.skip("needs Node.js and the packages of the TypeScript client; `make test-clients` installs them")
    compile_client()
    folder = CLIENT / "build" / "cms_hook"  # inside the client, whose name the hook imports
    folder.mkdir(parents=True, exist_ok=True)
    return ["node", str(shutil.copy(str(HOOKS / "hook.mjs"), str(folder)))]


@contextmanager
def hook(command: list[str], target: str, cms: Cms) -> Iterator[str]:
    """A running hook; gives its address, and sees to it that it ends well when it is told to."""
    port = free_port()
    variables = {
        "TRIWIRE_TARGET": target,
        "HOOK_PORT": str(port),
        "CMS_URL": f"http://127.0.0.1:{cms.server.server_port}",
    }
    process = subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        until_it_answers(address)
        yield address
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in errors) == (0, False), errors
    finally:
        process.kill()
        process.communicate()


def until_it_answers(address: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            assert post(address, b"no JSON")[0] == 400
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    pytest.fail("the hook does not answer")


def post(address: str, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{address}/saved", body, timeout=10) as answer:  # noqa: S310 - of this machine
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_saved_article_comes_back_with_its_doubts(command: list[str], cms: Cms, tiny_profile: Path) -> None:
    with served(tiny_profile) as target, hook(command, target, cms) as address:
        assert post(address, json.dumps(ARTICLE).encode()) == (202, {"request_id": "ferry-1204.3"})
        path, result = cms.results.get(timeout=60)
        assert path == "/articles/ferry-1204/translations"
        assert (result["revision"], result["state"]) == (3, "held")  # a tiny model loses the number
        assert [translation["language"] for translation in result["translations"]] == ["ko", "ja"]
        assert [list(translation["blocks"]) for translation in result["translations"]] == [["b1", "b2"]] * 2
        doubts = [finding for translation in result["translations"] for finding in translation["findings"]]
        assert ("KIND_NUMBER_MISMATCH", "212") in [(doubt["kind"], doubt["expected"]) for doubt in doubts]


def test_a_revision_is_not_begun_twice_and_one_that_is_refused_says_why(command: list[str], cms: Cms) -> None:
    """The extractive profile translates nothing, so that every article is refused."""
    with served("extractive") as target, hook(command, target, cms) as address:
        post(address, json.dumps({**ARTICLE, "urgent": True}).encode())
        _, result = cms.results.get(timeout=60)
        assert (result["state"], result["reason"]) == ("failed", "LANGUAGE_UNSUPPORTED")
        for incomplete in ({"id": "a", "revision": 1}, ["id", "revision", "html"], {**ARTICLE, "html": None}):
            assert post(address, json.dumps(incomplete).encode())[0] == 400


def test_a_server_that_is_away_is_a_matter_for_later(command: list[str], cms: Cms) -> None:
    with hook(command, f"127.0.0.1:{free_port()}", cms) as address:
        body = json.dumps({**ARTICLE, "urgent": True}).encode()
        assert {post(address, body)[0] for _ in range(3)} == {202}
        _, result = cms.results.get(timeout=60)
        assert (result["state"], result["seconds"]) == ("later", 60)
    assert cms.results.empty()  # three calls for one revision, one result
