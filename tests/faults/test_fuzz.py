"""Thousands of nearly right and damaged requests to a real server: each gets the contract's answer."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.faults.calls import events, is_idle, is_in_table
from tests.faults.messages import METHODS, requests
from tests.faults.report import FaultReport
from tests.refusals import told_by, told_in
from tests.server_process import Server, process
from triwire.v1 import article_service_pb2, article_service_pb2_grpc

pytestmark = pytest.mark.faults

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
AT_ONCE = 32
SECONDS = 60
BATCH = "/triwire.v1.ArticleService/ProcessBatch"
STREAM = "/triwire.v1.ArticleService/StreamProcessArticle"


class Sender:
    """Sends requests, so many at once, and keeps what became of them."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._room = threading.Semaphore(AT_ONCE)
        self._threads: list[threading.Thread] = []
        self.answers: Counter[str] = Counter()
        self.refused: list[tuple[str, bytes, str]] = []
        """What is not in the contract's table, with the request that got it."""

    def send(self, path: str, data: bytes) -> None:
        self._room.acquire()
        thread = threading.Thread(target=self._send, args=(path, data))
        thread.start()
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self, path: str, data: bytes) -> None:
        try:
            for answer in self._outcomes(path, data):
                self.answers[answer] += 1
                if answer != "OK" and (not is_in_table(answer) or answer.startswith(("INTERNAL", "DEADLINE"))):
                    self.refused.append((path, data, answer))
        finally:
            self._room.release()

    def _outcomes(self, path: str, data: bytes) -> list[str]:
        """Of the call, and of the items and parts in its answer."""
        try:
            if path == BATCH:
                raw = list(self._channel.stream_stream(path, bytes, bytes)(iter([data, data]), timeout=SECONDS))
                items = [article_service_pb2.ProcessBatchResponse.FromString(each) for each in raw]
                return [str(told_in(item.error)) if item.HasField("error") else "OK" for item in items]
            if path == STREAM:
                raw = list(self._channel.unary_stream(path, bytes, bytes)(data, timeout=SECONDS))
                parts = [article_service_pb2.StreamProcessArticleResponse.FromString(each) for each in raw]
                return ["OK", *(str(told_in(part.error.status)) for part in parts if part.HasField("error"))]
            self._channel.unary_unary(path, bytes, bytes)(data, timeout=SECONDS)
        except grpc.RpcError as error:
            return [str(told_by(error))]
        return ["OK"]


@pytest.fixture(scope="module")
def server(tiny_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    glossaries = f"sqlite:///{tmp_path_factory.mktemp('fuzz')}/glossaries.sqlite3"
    with process(tiny_profile, TRIWIRE_GLOSSARIES=glossaries) as running:
        running.wait_until_serving()
        yield running


def test_every_request_gets_an_answer_of_the_contract(server: Server, fault_report: FaultReport) -> None:
    with grpc.insecure_channel(server.target) as channel:
        sender = Sender(channel)

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(requests())
        def send_all(request: tuple[str, bytes]) -> None:
            sender.send(*request)

        send_all()
        sender.wait()
        began = time.monotonic()
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        models = stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
        seconds = time.monotonic() - began
    while not is_idle(server):
        assert time.monotonic() - began < 30
        time.sleep(0.1)
    bugs = events(server, "bug")
    print(sender.answers)  # noqa: T201 - shown where the test fails
    run = f"{len(METHODS)} methods, {sender.answers['OK']} answers, the others refused by the contract"
    fault_report("fuzzed and damaged requests", run, EXAMPLES, len(sender.refused), len(bugs), seconds)
    assert {(path, answer): data[:300] for path, data, answer in sender.refused} == {}
    assert {(bug["method"], bug["error"], bug["frames"][-1]) for bug in bugs} == set()
    assert {model.model for model in models.models} == {"tiny-m2m100@1", "tiny-chat@1"}
    # The requests went deep: many were served, and each way to be refused by its content was met.
    assert sender.answers["OK"] > EXAMPLES / 10
    assert {"INVALID_ARGUMENT INVALID_FIELD", "INVALID_ARGUMENT LANGUAGE_UNSUPPORTED"} < set(sender.answers)
    if EXAMPLES >= 10_000:
        assert {
            "NOT_FOUND MODEL_NOT_FOUND",
            "NOT_FOUND GLOSSARY_NOT_FOUND",
            "INVALID_ARGUMENT NO_ARTICLE_TEXT",
            "INVALID_ARGUMENT LANGUAGE_UNDETECTED",
            "INVALID_ARGUMENT ITEM_ID_REUSED",
        } < set(sender.answers)


def test_the_strategy_makes_whole_requests_as_well_as_damaged_ones() -> None:
    whole: Counter[str] = Counter()
    broken = 0

    @seed(SEED)
    @settings(max_examples=300, database=None, phases=[Phase.generate])
    @given(requests())
    def look(request: tuple[str, bytes]) -> None:
        nonlocal broken
        path, data = request
        try:
            message_factory.GetMessageClass(METHODS[path]).FromString(data)
            whole[path] += 1
        except DecodeError:
            broken += 1

    look()
    assert set(whole) == set(METHODS)
    assert broken > 20
