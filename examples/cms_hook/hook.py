"""A hook that a CMS calls when an article is saved: `python hook.py`. docs/recipes/cms-hook.md explains it.

POST /saved with {"id", "revision", "html", "urgent"} is answered at once with 202. The result is put to
CMS_URL/articles/ID/translations as soon as it is there, always, also if there is none.

Environment: CMS_URL, HOOK_PORT (8080), LANGUAGES ("ko,ja"); TRIWIRE_TARGET and the others of the client.
"""

import json
import os
import signal
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from triwire.v1.article_service_pb2 import Finding, ProcessArticleResponse
from triwire_client import Html, SyncClient, TriwireError
from triwire_client.errors import CancelledError, DeadlineExceededError, QueueFullError, UnavailableError

CMS_URL = os.environ.get("CMS_URL", "http://127.0.0.1:8000")
LANGUAGES = os.environ.get("LANGUAGES", "ko,ja").split(",")
SECONDS = {True: 60.0, False: 600.0}
"""How long an urgent article, and any other, may take: retries and the wait in the queue included."""

LATER = (QueueFullError, UnavailableError, DeadlineExceededError, CancelledError)
"""Failures that pass. The client has repeated the call already, as far as the time allowed."""


class Hook:
    """Translates what was saved, each revision of an article once at a time."""

    def __init__(self, triwire: SyncClient) -> None:
        self._triwire = triwire
        self._workers = ThreadPoolExecutor(16)
        self._under_way: set[str] = set()
        self._lock = threading.Lock()

    def take(self, saved: dict[str, Any]) -> str:
        """Begin to work on a revision, unless that is under way; gives the id of the request."""
        # The same for the same revision: a CMS that repeats its call starts nothing twice, and the id finds the
        # article in the logs and traces of the server.
        request_id = f"{saved['id']}.{saved['revision']}"
        if not isinstance(saved["html"], str):
            raise TypeError("html is a string")
        with self._lock:
            if request_id not in self._under_way:
                self._under_way.add(request_id)
                self._workers.submit(self._work, request_id, saved)
        return request_id

    def close(self) -> None:
        """Finish what was taken."""
        self._workers.shutdown()

    def _work(self, request_id: str, saved: dict[str, Any]) -> None:
        try:
            put(saved, translated(self._triwire, request_id, saved))
        except OSError as error:  # not lost: when the CMS repeats its call the server still knows what it made
            print(f"{request_id}: the CMS did not take the result: {error}", file=sys.stderr)
        finally:
            with self._lock:
                self._under_way.discard(request_id)


def translated(triwire: SyncClient, request_id: str, saved: dict[str, Any]) -> dict[str, Any]:
    """What the CMS is to know of a revision: its translations, or why there are none."""
    urgent = bool(saved.get("urgent"))
    try:
        result = triwire.process_article(
            Html(saved["html"]),
            target_languages=LANGUAGES,
            priority="interactive" if urgent else "standard",
            request_id=request_id,
            timeout=SECONDS[urgent],
        )
    except LATER as error:
        return {"state": "later", "reason": error.reason, "seconds": error.retry_delay or 60}
    except TriwireError as error:  # refused, or failed on this article: sending it again gives the same
        return {"state": "failed", "reason": error.reason, "message": error.message}
    return {"state": state(result), "translations": [as_json(translation) for translation in result.translations]}


def findings(translation: Any) -> list[Finding]:
    """All doubts about a translation."""
    return [*translation.findings, *(finding for block in translation.blocks for finding in block.findings)]


def state(result: ProcessArticleResponse) -> str:
    """`held` until an editor has looked, `look` if it is worth a look, else `ready`."""
    severities = {finding.severity for translation in result.translations for finding in findings(translation)}
    if Finding.SEVERITY_CRITICAL in severities:
        return "held"
    return "look" if Finding.SEVERITY_WARNING in severities else "ready"


def as_json(translation: Any) -> dict[str, Any]:
    """A translation as this CMS keeps it: text by block, and a line for each doubt."""
    return {
        "language": translation.target_language,
        "blocks": {block.block.block_id: block.block.text or block.block.inline_html for block in translation.blocks},
        "findings": [
            {"kind": Finding.Kind.Name(finding.kind), "expected": finding.expected, "actual": finding.actual}
            for finding in findings(translation)
        ],
    }


def put(saved: dict[str, Any], result: dict[str, Any]) -> None:
    """Hand a result over. The CMS drops one whose revision is no longer the newest."""
    body = json.dumps({"revision": saved["revision"], **result}).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's
        f"{CMS_URL}/articles/{saved['id']}/translations", body, {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above


class Handler(BaseHTTPRequestHandler):
    """Answers the CMS at once; the work goes on behind."""

    hook: Hook

    def do_POST(self) -> None:
        """Take what was saved."""
        try:
            saved = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = (202, {"request_id": self.hook.take(saved)})
        except (TypeError, ValueError, KeyError) as error:
            answer = (400, {"error": f"needs id, revision and html as JSON: {error!r}"})
        body = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM, then finish what was taken."""
    with SyncClient() as triwire:
        Handler.hook = Hook(triwire)
        server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("HOOK_PORT", "8080"))), Handler)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
        server.server_close()
        Handler.hook.close()


if __name__ == "__main__":
    main()
