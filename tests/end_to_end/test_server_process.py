"""`triwire-server` as its own process: what an operator and an orchestrator see of it."""

import json
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.server_process import healthcheck, process, run
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc

SECRET = "Quillmoor"  # a name that occurs in the articles of these tests and nowhere else
PIER = f"{SECRET} pier reopened on Monday."


def translate(target: str, text: str = PIER, request_id: str = "") -> article_service_pb2.TranslateResponse:
    with grpc.insecure_channel(target) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        content = article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)
        request = article_service_pb2.TranslateRequest(request_id=request_id, content=content, target_language="ko")
        response: article_service_pb2.TranslateResponse = stub.Translate(request, timeout=60)
        return response


def test_health_goes_from_not_serving_to_serving_and_calls_before_that_are_told_to_wait(tiny_profile: Path) -> None:
    with process(tiny_profile) as server, grpc.insecure_channel(server.target) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        request = health_pb2.HealthCheckRequest(service="triwire.v1.ArticleService")
        watch = health.Watch(request, wait_for_ready=True, timeout=60)
        name = health_pb2.HealthCheckResponse.ServingStatus.Name
        assert name(next(watch).status) == "NOT_SERVING"
        with pytest.raises(grpc.RpcError) as raised:
            articles.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
        assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
        assert healthcheck(server.target).returncode == 1
        assert name(next(watch).status) == "SERVING"
        articles.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
        watch.cancel()


def test_healthcheck_answers_by_exit_code(tiny_profile: Path) -> None:
    with process("extractive") as server:
        server.wait_until_serving()
        good = healthcheck(server.target, "--service", "triwire.v1.ArticleService")
        assert (good.returncode, good.stdout.strip()) == (0, "SERVING")
        unknown = healthcheck(server.target, "--service", "triwire.v1.NewsService")
        assert (unknown.returncode, unknown.stderr.strip()) == (1, f"{server.target}: NOT_FOUND")
    nobody = healthcheck(server.target)
    assert nobody.returncode == 1
    assert re.fullmatch(rf"{server.target}: (UNAVAILABLE|DEADLINE_EXCEEDED)", nobody.stderr.strip())


def test_reflection_lists_the_services_unless_it_is_off() -> None:
    def listed(target: str) -> set[str]:
        with grpc.insecure_channel(target) as channel:
            stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
            request = reflection_pb2.ServerReflectionRequest(list_services="")
            [answer] = stub.ServerReflectionInfo(iter([request]), timeout=10)
            return {service.name for service in answer.list_services_response.service}

    with process("extractive") as server:
        server.wait_until_serving()
        assert {"triwire.v1.ArticleService", "triwire.v1.GlossaryService", "grpc.health.v1.Health"} <= listed(
            server.target
        )
    with process("extractive", TRIWIRE_REFLECTION="false") as server:
        server.wait_until_serving()
        with pytest.raises(grpc.RpcError) as raised:
            listed(server.target)
        assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_one_line_for_each_request_with_its_id_and_cost_and_never_its_text(tiny_profile: Path) -> None:
    with process(tiny_profile, TRIWIRE_LOG_LEVEL="debug") as server:
        server.wait_until_serving()
        response = translate(server.target, request_id="story-1")
        with pytest.raises(grpc.RpcError) as raised:
            translate(server.target, text=PIER + "\x00", request_id="story-2")
        assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with grpc.insecure_channel(server.target) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            item = article_service_pb2.ProcessBatchRequest(
                item_id="i1",
                detect_language=article_service_pb2.DetectLanguageRequest(content=article_pb2.Content(text=PIER)),
            )
            assert len(list(stub.ProcessBatch(iter([item]), timeout=60))) == 1
            page = Path("examples/articles/scraped-page.en.txt").read_text(encoding="utf-8")
            request = article_service_pb2.ExtractArticleRequest(
                request_id="story-3", content=article_pb2.Content(text=f"{page}\n\n{PIER}")
            )
            stub.ExtractArticle(request, timeout=60)
        assert server.stop() == 0
    records = [json.loads(line) for line in server.lines]
    requests = [record for record in records if record["event"] == "request"]
    assert [(record["method"], record["code"]) for record in requests] == [
        ("Translate", "OK"),
        ("Translate", "INVALID_ARGUMENT"),
        ("ProcessBatch", "OK"),
        ("ExtractArticle", "OK"),
    ]
    assert [record["request_id"] for record in requests if record["method"] != "ProcessBatch"] == [
        "story-1",
        "story-2",
        "story-3",
    ]
    first, second = requests[:2]
    assert first["input_tokens"] == response.usage.input_tokens
    assert first["seconds"] > 0
    assert second["reason"] == "INVALID_FIELD"
    everything = "\n".join(server.lines)
    assert SECRET not in everything
    for block in response.translation.blocks:
        assert block.block.text not in everything


def test_sigterm_lets_a_call_finish_and_ends_with_zero(tiny_profile: Path) -> None:
    text = " ".join(f"{SECRET} pier {number} reopened on Monday." for number in range(150))
    with process(tiny_profile) as server:
        server.wait_until_serving()
        answers: list[article_service_pb2.TranslateResponse] = []
        call = threading.Thread(target=lambda: answers.append(translate(server.target, text)))
        call.start()
        time.sleep(0.3)  # the call is at work; it takes seconds
        assert not answers
        assert server.stop() == 0
        call.join(60)
    assert len(answers) == 1
    assert answers[0].translation.blocks[0].block.text
    assert [json.loads(line)["event"] for line in server.lines][-1] == "stopped"


# The device's thread hangs in the step that holds the request "hang", as in a driver that does not answer.
HANGS = """
import threading
from triwire_server.engine.model_runner import ModelRunner
from triwire_server.__main__ import main

run = ModelRunner.run

def run_or_hang(self, batch):
    if any(sequence.request_id == "hang" for sequence in batch.sequences):
        threading.Event().wait()
    return run(self, batch)

ModelRunner.run = run_or_hang
main()
"""


def test_a_step_that_hangs_ends_the_process_with_not_serving_first_and_exit_code_1(tiny_profile: Path) -> None:
    command = [sys.executable, "-c", HANGS]
    with (
        process(
            tiny_profile, command=command, TRIWIRE_STEP_TIMEOUT_SECONDS="2", TRIWIRE_SHUTDOWN_WAIT_SECONDS="1"
        ) as server,
        grpc.insecure_channel(server.target) as channel,
    ):
        server.wait_until_serving()
        health: Any = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="triwire.v1.ArticleService"), timeout=60)
        name = health_pb2.HealthCheckResponse.ServingStatus.Name
        assert name(next(watch).status) == "SERVING"
        translate(server.target, request_id="good")
        outcomes: list[grpc.StatusCode] = []

        def call(request_id: str) -> None:
            with pytest.raises(grpc.RpcError) as raised:
                translate(server.target, text=f"{request_id} {PIER}", request_id=request_id)
            outcomes.append(raised.value.code())

        callers = [threading.Thread(target=call, args=(request_id,)) for request_id in ("hang", "waits")]
        callers[0].start()
        time.sleep(0.5)  # the first one hangs; the step may take two seconds
        callers[1].start()
        assert name(next(watch).status) == "NOT_SERVING"
        watch.cancel()
        for caller in callers:
            caller.join(30)
        assert server.wait() == 1
    assert outcomes == [grpc.StatusCode.INTERNAL] * 2
    events = [json.loads(line) for line in server.lines if line.startswith("{")]
    [lost] = [event for event in events if event["event"] == "device_lost"]
    assert (lost["level"], lost["error"]) == ("critical", "StepTimeout")
    assert "the device is given up: a step took longer than 2 seconds" in [event["event"] for event in events]
    assert SECRET not in "\n".join(server.lines)


def test_an_interrupt_ends_it_like_sigterm() -> None:
    with process("extractive") as server:
        server.wait_until_serving()
        assert server.stop(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "demo"], "triwire-server models pull --profile demo"),
        (["--profile", "news"], "demo"),  # the names that there are
        (["--profile", "extractive", "--log-format", "xml"], "--log-format: 'xml' is not allowed"),
        (["--profile", "extractive", "--config", "absent.toml"], "absent.toml cannot be read"),
    ],
)
def test_what_keeps_it_from_serving_is_said_at_once_with_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    ended = run("serve", *arguments, "--port", "0", "--metrics-port", "0", "--cache-dir", str(cache))
    assert ended.returncode == 2
    [said] = [
        part for part in re.split(r"(?m)^(?=triwire-server: )", ended.stderr) if part.startswith("triwire-server")
    ]
    assert message in said
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_named() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        ended = run("serve", "--profile", "extractive", "--port", str(port), "--metrics-port", "0")
        assert ended.returncode == 2
        assert str(port) in ended.stderr
        assert "Traceback" not in ended.stderr
        ended = run("serve", "--profile", "extractive", "--port", "0", "--metrics-port", str(port))
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr
        assert str(port) in ended.stderr


def test_the_commands_say_what_they_do() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", run("--version").stdout)
    for command in (["--help"], ["serve", "--help"], ["models", "--help"], ["healthcheck", "--help"]):
        assert run(*command).returncode == 0


def test_models_are_listed_and_verified_by_profile(tiny_profile: Path, tmp_path: Path) -> None:
    here = run("models", "list", "--profile", str(tiny_profile), "--cache-dir", str(tmp_path))
    assert here.returncode == 0
    assert {"tiny-m2m100@1", "tiny-chat@1"} <= {line.split(":")[0] for line in here.stdout.splitlines()}
    missing = run("models", "verify", "--profile", "demo", "--cache-dir", str(tmp_path))
    assert missing.returncode == 1
