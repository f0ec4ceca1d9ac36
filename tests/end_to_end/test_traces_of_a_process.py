"""A server process that sends traces, or cannot, or is not asked to."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.end_to_end.test_server_process import PIER, SECRET
from tests.otlp_collector import collecting
from tests.server_process import process
from triwire_client import Html, SyncClient, errors

TEXT = f"{SECRET} harbour reopens\n\nThe harbour council voted on Tuesday. Engineers of {SECRET} said it took a year."


def test_logs_name_the_trace_and_nothing_that_is_sent_holds_text() -> None:
    with collecting() as collector, process("extractive", TRIWIRE_OTLP_ENDPOINT=collector.endpoint) as server:
        server.wait_until_serving()
        with SyncClient(server.target, timeout=60) as client:
            summary = client.summarize(TEXT, "headline", source_language="en").summary
            with pytest.raises(errors.InvalidRequestError):
                client.translate(f"{SECRET}\x00", "ko")
            client.extract_article(Html(f"<h1>{SECRET}</h1><p>{PIER}</p>"))
        assert server.stop() == 0  # what was not sent yet is sent at the end
    assert SECRET in summary.points[0].text
    calls = [span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert [call.name.rpartition("/")[2] for call in calls] == ["Summarize", "Translate", "ExtractArticle"]
    assert SECRET.encode() not in collector.everything
    requests = [record for record in map(json.loads, server.lines) if record["event"] == "request"]
    assert [record["trace_id"] for record in requests] == [call.trace_id.hex() for call in calls]


@pytest.mark.parametrize("behaviour", ["refuses", "hangs"])
def test_without_a_collector_calls_are_answered_and_the_end_is_not_held_up(behaviour: str) -> None:

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if behaviour == "hangs":
            listener.listen(1)  # takes the connection and never says a word
        port = listener.getsockname()[1]
        with process("extractive", TRIWIRE_OTLP_ENDPOINT=f"http://127.0.0.1:{port}") as server:
            server.wait_until_serving()
            with SyncClient(server.target, timeout=10) as client:
                for _ in range(300):  # two spans each: more than are sent at once
                    client.detect_language(PIER)
            started = time.monotonic()
            assert server.stop(signal.SIGTERM) == 0
            assert time.monotonic() - started < 10
    assert SECRET not in "\n".join(server.lines)


# The server without traces, a call, and what was imported by then.
OFF = """
import asyncio, sys
import grpc
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server.app import App
from triwire_server.settings import Settings

async def main():
    ports = {"port": 0, "metrics_port": 0, "health_port": 0}
    app = App(Settings(profile="extractive", shutdown_wait_seconds=0, glossaries=sys.argv[1], **ports))
    await app.start()
    await app.load()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{app.port}") as channel:
        stub = article_service_pb2_grpc.ArticleServiceStub(channel)
        content = article_pb2.Content(text="The harbour opened again on Monday.")
        metadata = [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
        await stub.ExtractArticle(article_service_pb2.ExtractArticleRequest(content=content), metadata=metadata)
    await app.stop()
    print([name for name in sys.modules if name.split(".")[0] == "opentelemetry"])

asyncio.run(main())
"""


def test_off_no_tracing_library_is_imported(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OFF, f"sqlite:///{tmp_path}/glossaries.sqlite3"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "[]"), ended.stderr
