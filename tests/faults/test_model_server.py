"""A real model server that is not ours dies, freezes and returns while calls are under way.

`transformers serve` has a tiny chat model; the same weights in our own engine say what each answer has to be.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import torch
from prometheus_client import CollectorRegistry

from tests.faults.calls import outcome, stub_of, translation
from tests.faults.replicas import TEXTS
from tests.faults.report import FaultReport
from tests.server_process import process
from tests.transformers_server import TransformersServer, needs_transformers_serve, save_checkpoint
from triwire.v1 import article_service_pb2
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.base import ServedModel
from triwire_server.engine.models.registry import load_model
from triwire_server.engine.models.remote import RemoteModel
from triwire_server.errors import ModelUnavailable
from triwire_server.profiles.profile import ModelSpec, load_profile
from triwire_server.segment import Output, Priority, Segment, Task
from triwire_server.telemetry.metrics import Metrics

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600), needs_transformers_serve]

NUM_CALLS = len(TEXTS)
RUN = f"{NUM_CALLS} calls, an engine asks transformers serve"
TINY = "tiny@1"

PROFILE = """\
name = "tiny"
description = "The same weights here and there."

[[models]]
name = "tiny"
version = "1"
architecture = "chat"
tasks = ["translation"]
language_pairs = [["en", "ko"]]
license = "Apache-2.0"
output = {{ max_tokens = 24, extra_tokens = 8 }}
source = {{ {source} }}

[models.prompts]
system = "You translate news."
translation = "Into {{target_language}}: {{text}}"
"""


@pytest.fixture(scope="module")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersServer]:
    directory = tmp_path_factory.mktemp("model-server") / "tiny-chat"
    save_checkpoint(directory)
    server = TransformersServer(directory)
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.close()


def write_profile(folder: Path, source: str) -> Path:
    path = folder / "tiny.toml"
    path.write_text(PROFILE.format(source=source), encoding="utf-8")
    return path


def spec_of(folder: Path, source: str) -> ModelSpec:
    return load_profile(str(write_profile(folder, source))).models[0]


def source_of(server: TransformersServer, fields: str) -> str:
    return f'kind = "openai", base_url = "{server.base_url}", model = "{server.model}", {fields}'


class Calls:
    """Calls of one segment each to an engine with one model."""

    def __init__(self, model: ServedModel) -> None:
        self.registry = CollectorRegistry()
        self.engine = Engine([model], limits=EngineLimits(), metrics=Metrics(self.registry))

    async def ask(self, text: str) -> Output:
        segment = Segment(task=Task.TRANSLATION, text=text, source_language="en", target_language="ko")
        async with self.engine.admit(
            request_id=text, priority=Priority.STANDARD, deadline=None, estimated_tokens=40
        ) as call:
            return (await call.generate(TINY, [segment]))[0]

    async def ask_all(self) -> list[Output | BaseException]:
        return list(await asyncio.gather(*(self.ask(text) for text in TEXTS), return_exceptions=True))

    async def ask_until_answered(self, text: str) -> Output:
        """Come back after the delay that was told, as clients do."""
        while True:
            try:
                return await self.ask(text)
            except ModelUnavailable as error:
                await asyncio.sleep(error.retry_seconds)

    def count(self, outcome: str) -> float:
        labels = {"model": TINY, "outcome": outcome}
        return self.registry.get_sample_value("triwire_remote_requests_total", labels) or 0.0

    async def until(self, outcome: str, number: float) -> None:
        async with asyncio.timeout(120):
            while self.count(outcome) < number:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def calls_to(model: ServedModel) -> AsyncIterator[Calls]:
    calls = Calls(model)
    await calls.engine.start()
    try:
        yield calls
        calls.engine.check_invariants()
    finally:
        await calls.engine.stop()


@asynccontextmanager
async def remote_calls(folder: Path, server: TransformersServer, fields: str) -> AsyncIterator[Calls]:
    async with calls_to(RemoteModel(spec_of(folder, source_of(server, fields)))) as calls:
        yield calls


@pytest.fixture(scope="module")
def expected(model_server: TransformersServer, tmp_path_factory: pytest.TempPathFactory) -> list[Output]:
    """What our own engine makes of the texts with the same weights."""
    spec = spec_of(tmp_path_factory.mktemp("here"), f'kind = "directory", path = "{model_server.model}"')
    model = load_model(spec, Path(model_server.model), torch.device("cpu"))

    async def run() -> list[Output | BaseException]:
        async with calls_to(model) as calls:
            return await calls.ask_all()

    outputs = [output for output in asyncio.run(run()) if isinstance(output, Output)]
    assert len(outputs) == NUM_CALLS
    assert len({output.text for output in outputs}) > NUM_CALLS / 2  # they depend on their texts
    assert {output.truncated for output in outputs} == {True, False}
    return outputs


def failures(outputs: list[Output | BaseException]) -> list[BaseException]:
    return [output for output in outputs if isinstance(output, BaseException)]


def num_wrong(outputs: list[Output | BaseException], expected: list[Output]) -> int:
    """Answers that are not those of the same weights here."""
    pairs = zip(outputs, expected, strict=True)
    return sum(isinstance(output, Output) and output.text != right.text for output, right in pairs)


async def test_answers_are_those_of_the_same_weights_here(
    model_server: TransformersServer, expected: list[Output], tmp_path: Path
) -> None:
    async with remote_calls(tmp_path, model_server, "retry_seconds = 30") as calls:
        outputs = await calls.ask_all()
        assert [(o.text, o.truncated) for o in outputs if isinstance(o, Output)] == [
            (o.text, o.truncated) for o in expected
        ]
        # The other server counts the whole message, as our engine does.
        assert [o.input_tokens for o in outputs if isinstance(o, Output)] == [o.input_tokens for o in expected]
        assert [o.output_tokens for o in outputs if isinstance(o, Output)] == [o.output_tokens for o in expected]


async def test_calls_in_the_middle_of_which_it_is_killed_are_answered_when_it_returns(
    model_server: TransformersServer, expected: list[Output], tmp_path: Path, fault_report: FaultReport
) -> None:
    fields = "retry_seconds = 120, max_concurrent_requests = 8"
    async with remote_calls(tmp_path, model_server, fields) as calls:
        asking = asyncio.ensure_future(calls.ask_all())
        await calls.until("answered", 10)
        await asyncio.to_thread(model_server.kill)
        await calls.until("unreachable", 3)
        before = calls.count("answered")
        model_server.start()
        await asyncio.to_thread(model_server.wait)
        returned = time.monotonic()
        await calls.until("answered", before + 1)
        recovery = time.monotonic() - returned
        outputs = await asking
        lost, wrong = len(failures(outputs)), num_wrong(outputs, expected)
        fault_report("model server killed, started again", RUN, NUM_CALLS, lost, wrong, recovery)
        assert (lost, wrong) == (0, 0)
        assert 1 <= calls.count("cut") <= 8
        # The longest pause between two tries, and the first answer, for which it loads the model.
        assert recovery < 20


async def test_calls_fail_in_bounded_time_when_it_is_killed_and_it_is_used_again_when_it_is_back(
    model_server: TransformersServer, expected: list[Output], tmp_path: Path, fault_report: FaultReport
) -> None:
    async with remote_calls(tmp_path, model_server, "retry_seconds = 2, max_concurrent_requests = 4") as calls:
        asking = asyncio.ensure_future(calls.ask_all())
        await calls.until("answered", 3)
        await asyncio.to_thread(model_server.kill)
        killed = time.monotonic()
        outputs = await asking
        seconds = time.monotonic() - killed
        assert {type(error) for error in failures(outputs)} == {ModelUnavailable}
        assert seconds < 10
        model_server.start()
        await asyncio.to_thread(model_server.wait)
        returned = time.monotonic()
        again: list[Output | BaseException] = list(
            await asyncio.gather(*(calls.ask_until_answered(text) for text in TEXTS))
        )
        recovery = time.monotonic() - returned
        wrong = num_wrong(outputs, expected) + num_wrong(again, expected)
        fault_report("model server away, calls told so, back", RUN, 2 * NUM_CALLS, 0, wrong, recovery)
        assert wrong == 0


async def test_calls_fail_in_bounded_time_when_it_is_frozen_and_it_is_used_again_when_it_thaws(
    model_server: TransformersServer, expected: list[Output], tmp_path: Path, fault_report: FaultReport
) -> None:
    fields = "retry_seconds = 3, request_timeout_seconds = 4, max_concurrent_requests = 4"
    async with remote_calls(tmp_path, model_server, fields) as calls:
        model_server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            outputs = await calls.ask_all()
            seconds = time.monotonic() - began
        finally:
            model_server.signal(signal.SIGCONT)
        assert {type(error) for error in failures(outputs)} == {ModelUnavailable}
        assert len(failures(outputs)) == NUM_CALLS
        assert seconds < 10
        thawed = time.monotonic()
        again: list[Output | BaseException] = list(
            await asyncio.gather(*(calls.ask_until_answered(text) for text in TEXTS))
        )
        recovery = time.monotonic() - thawed
        wrong = num_wrong(again, expected)
        fault_report("model server frozen, calls told so, thawed", RUN, 2 * NUM_CALLS, 0, wrong, recovery)
        assert wrong == 0


async def test_callers_of_a_process_notice_nothing_of_a_restart(
    model_server: TransformersServer, tmp_path: Path, fault_report: FaultReport
) -> None:
    profile = write_profile(tmp_path, source_of(model_server, "retry_seconds = 120, max_concurrent_requests = 8"))
    variables = {"TRIWIRE_GLOSSARIES": f"sqlite:///{tmp_path}/glossaries.sqlite3"}
    with process(profile, **variables) as server:
        await asyncio.to_thread(server.wait_until_serving, 120)
        async with stub_of(server) as stub:
            calls = [asyncio.ensure_future(outcome(stub.Translate(translation(text), timeout=240))) for text in TEXTS]
            while sum(call.done() for call in calls) < 5:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(model_server.kill)
            killed = time.monotonic()
            model_server.start()
            await asyncio.to_thread(model_server.wait)
            answers = await asyncio.gather(*calls)
            recovery = time.monotonic() - killed
        assert await asyncio.to_thread(server.stop) == 0
    lost = sum(not isinstance(answer, article_service_pb2.TranslateResponse) for answer in answers)
    fault_report("model server killed, started again", "Translate over gRPC", NUM_CALLS, lost, 0, recovery)
    assert lost == 0
