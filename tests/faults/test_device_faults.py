"""What goes wrong on the device, in a tokenizer or in a check concerns the calls that it happens to and no others."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.faults.calls import events, is_idle, metrics_of, outcome, stub_of, texts, translation, until
from tests.faults.faulty_server import END_THREAD, HANG, LATE_POISON, LOSE, POISON, UNCHECKED, UNTOKENIZED
from tests.faults.report import FaultReport
from tests.refusals import told_in
from tests.server_process import Server, process
from triwire.v1 import article_service_pb2
from triwire_server.engine.models.seq2seq import REPAIR_BEAMS
from triwire_server.engine.slot_bound import STEPS_PER_SLOT

pytestmark = pytest.mark.faults

COMMAND = [sys.executable, str(Path(__file__).with_name("faulty_server.py"))]
NEIGHBOURS = 199
ONE_BATCH = {"TRIWIRE_MAX_BATCH_SEQUENCES": "256", "TRIWIRE_MAX_BATCH_TOKENS": "100000"}
NO_CACHE = {"TRIWIRE_CACHE_BYTES": "0"}
FAILED = "INTERNAL INFERENCE_FAILED"


@contextmanager
def faulty(profile: Path, **variables: str) -> Iterator[Server]:
    with process(profile, command=COMMAND, **variables) as server:
        server.wait_until_serving()
        yield server


def neighbours(number: int = NEIGHBOURS) -> list[str]:
    return [f"Pier {n} reopened on Monday after {n + 2} weeks of repairs." for n in range(number)]


async def translate_all(stub: Any, *sources: str) -> list[Any]:
    """For each source its translated texts, or what its caller was told."""
    calls = [stub.Translate(translation(source), timeout=120) for source in sources]
    answers = await asyncio.gather(*(outcome(call) for call in calls))
    return [answer if isinstance(answer, str) else texts(answer) for answer in answers]


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[Server]:
    with faulty(tiny_profile, **ONE_BATCH, **NO_CACHE) as running:
        yield running


@pytest.mark.parametrize(
    ("mark", "fault", "failure"),
    [
        (POISON, "a sequence that cannot be read", FAILED),
        (LATE_POISON, "a sequence that raises in its fourth step", FAILED),
        (UNTOKENIZED, "a tokenizer that raises", "INTERNAL"),
        (UNCHECKED, "a check that raises", "INTERNAL"),
    ],
)
async def test_one_sequence_at_fault_fails_and_its_neighbours_read_as_without_it(
    server: Server, fault_report: FaultReport, mark: str, fault: str, failure: str
) -> None:
    async with stub_of(server) as stub:
        before = metrics_of(server)
        expected = await translate_all(stub, *neighbours())
        between = metrics_of(server)
        began = time.monotonic()
        poison, *answers = await translate_all(stub, f"The {mark} pier reopened on Monday.", *neighbours())
        seconds = time.monotonic() - began
    lost = sum(isinstance(answer, str) for answer in answers)
    wrong = sum(answer != right for answer, right in zip(answers, expected, strict=True)) - lost
    fault_report(fault, "Translate, one of 200 in a batch", NEIGHBOURS + 1, lost, wrong, seconds)
    assert all(isinstance(answer, list) for answer in expected)
    assert poison == failure
    assert answers == expected
    # They were together: a step that held more than a hundred.
    wide = "triwire_batch_sequences_bucket{le=128.0}"
    steps = "triwire_batch_sequences_count"
    assert between[steps] - before[steps] > between[wide] - before[wide]
    await until(lambda: is_idle(server))
    bugs = events(server, "bug")
    if failure == "INTERNAL":
        assert (bugs[-1]["method"], bugs[-1]["error"]) == (
            "Translate",
            {UNTOKENIZED: "ValueError", UNCHECKED: "KeyError"}[mark],
        )
    # What raised quotes its input; the log does not.
    assert mark not in "\n".join(server.lines)


async def test_a_bug_in_an_item_or_a_part_fails_it_alone_and_is_logged(server: Server) -> None:
    bugs = len(events(server, "bug"))
    request = article_service_pb2.ProcessBatchRequest
    good, bad = (f"The {name} pier reopened on Monday." for name in ("northern", UNCHECKED))
    async with stub_of(server) as stub:
        items = [
            request(item_id="good", translate=translation(good)),
            request(item_id="bad", translate=translation(bad, request_id="story-7")),
        ]
        answers = {answer.item_id: answer async for answer in stub.ProcessBatch(iter(items), timeout=60)}
        assert (answers["good"].WhichOneof("outcome"), str(told_in(answers["bad"].error))) == ("translate", "INTERNAL")
        process_request = article_service_pb2.ProcessArticleRequest(
            request_id="story-8", content=translation(bad).content, target_languages=["ko", "en"]
        )
        stream = stub.StreamProcessArticle(
            article_service_pb2.StreamProcessArticleRequest(request=process_request), timeout=60
        )
        parts = [part async for part in stream]
    [failed] = [part.error for part in parts if part.WhichOneof("part") == "error"]
    assert (failed.target_language, str(told_in(failed.status)), failed.status.message) == (
        "ko",
        "INTERNAL",
        "internal error",
    )
    assert [part.translation.target_language for part in parts if part.WhichOneof("part") == "translation"] == ["en"]
    await until(lambda: len(events(server, "bug")) == bugs + 2)
    logged = [(record["method"], record["request_id"], record["error"]) for record in events(server, "bug")[-2:]]
    assert logged == [("ProcessBatch", "story-7", "KeyError"), ("StreamProcessArticle", "story-8", "KeyError")]
    assert all("check_or_fail" in record["frames"][-1] for record in events(server, "bug")[-2:])


async def test_slots_are_halved_when_memory_runs_out_and_come_back(
    tiny_profile: Path, fault_report: FaultReport, tmp_path: Path
) -> None:
    room = tmp_path / "room"
    room.write_text("1000", encoding="ascii")
    slots, calls = "triwire_max_batch_sequences", 32
    with faulty(tiny_profile, ROOM_FILE=str(room), TRIWIRE_MAX_BATCH_SEQUENCES="8", **NO_CACHE) as server:
        async with stub_of(server) as stub:
            expected = await translate_all(stub, *neighbours(calls))
            assert metrics_of(server)[slots] == 8
            room.write_text("5", encoding="ascii")
            answers = await translate_all(stub, *neighbours(calls))
            samples = metrics_of(server)
            lost = sum(isinstance(answer, str) for answer in answers)
            room.write_text("1000", encoding="ascii")
            began = time.monotonic()
            while metrics_of(server)[slots] < 8:
                assert time.monotonic() - began < 120
                assert await translate_all(stub, *neighbours(calls)) == expected
            seconds = time.monotonic() - began
    wrong = sum(answer != right for answer, right in zip(answers, expected, strict=True)) - lost
    run = f"Translate, room for 5 rows of 8; all slots are back {STEPS_PER_SLOT} steps each later"
    fault_report("memory runs out", run, calls, lost, wrong, seconds)
    assert answers == expected
    # Five are known to be few enough, and a sixth is tried now and then.
    assert 1 <= samples[slots] <= 6
    assert samples["triwire_out_of_memory_total"] >= 1


async def test_with_memory_for_one_row_all_are_answered_one_by_one_and_with_none_each_is_told(
    tiny_profile: Path, fault_report: FaultReport, tmp_path: Path
) -> None:
    room = tmp_path / "room"
    room.write_text("1000", encoding="ascii")
    calls = 16
    with faulty(tiny_profile, ROOM_FILE=str(room), **NO_CACHE) as server:
        async with stub_of(server) as stub:
            expected = await translate_all(stub, *neighbours(calls))
            room.write_text("1", encoding="ascii")
            answers = await translate_all(stub, *neighbours(calls))
            slots = metrics_of(server)["triwire_max_batch_sequences"]
            room.write_text("0", encoding="ascii")
            none = await translate_all(stub, *neighbours(4))
            room.write_text("1000", encoding="ascii")
            began = time.monotonic()
            after = await translate_all(stub, *neighbours(4))
            seconds = time.monotonic() - began
        await until(lambda: is_idle(server))
    lost = sum(isinstance(answer, str) for answer in answers)
    wrong = sum(answer != right for answer, right in zip(answers, expected, strict=True)) - lost
    fault_report("memory for one sequence alone", "Translate", calls, lost, wrong, seconds)
    assert answers == expected
    # A repair takes a slot for each beam, and runs however few there are: it shows room for itself, never for a second.
    assert slots < 2 * REPAIR_BEAMS
    assert none == [FAILED] * 4
    assert after == expected[:4]


@pytest.mark.parametrize(
    ("mark", "fault", "error"),
    [
        (HANG, "a step that never comes back", "StepTimeout"),
        (LOSE, "the device is gone", "DeviceLost"),
        (END_THREAD, "the device's thread ends", "DeviceLost"),
    ],
)
async def test_a_lost_device_ends_the_process_with_not_serving_first(
    tiny_profile: Path, fault_report: FaultReport, mark: str, fault: str, error: str
) -> None:
    limits = {"TRIWIRE_STEP_TIMEOUT_SECONDS": "1", "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "1"}
    with faulty(tiny_profile, **limits) as server:
        async with stub_of(server) as stub, grpc.aio.insecure_channel(server.target) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            began = time.monotonic()
            calls = asyncio.ensure_future(translate_all(stub, f"The {mark} pier reopened.", *neighbours(20)))
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            seconds = time.monotonic() - began
            answers = await asyncio.wait_for(calls, 30)
            watch.cancel()
        code = await asyncio.to_thread(server.wait)
        lost = sum(isinstance(answer, str) for answer in answers)
        run = "Translate, 20 beside it; seconds until NOT_SERVING, then exit code 1"
        fault_report(fault, run, len(answers), lost, 0, seconds)
    assert code == 1
    # Each was told, so that its client can go to another replica at once.
    assert {answer for answer in answers if isinstance(answer, str)} == {FAILED}
    assert answers[0] == FAILED
    [record] = events(server, "device_lost")
    assert (record["level"], record["error"]) == ("critical", error)
