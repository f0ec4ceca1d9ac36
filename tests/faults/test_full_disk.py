"""A disk without room: what is half written is never taken for whole, and the server goes on answering.

The disk is "full" by the limit on the size of files that the kernel keeps for a process (RLIMIT_FSIZE): every write to
a file beyond it fails. It needs no rights, and can be lifted from outside.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.faults.calls import texts, translation
from tests.faults.report import FaultReport
from tests.refusals import told_by
from tests.server_process import Server, process, run
from tests.tiny_models import save_m2m100
from triwire.v1 import article_service_pb2_grpc, glossary_service_pb2, glossary_service_pb2_grpc

pytestmark = pytest.mark.faults

WITH_LIMIT = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2);"
    "from triwire_server.__main__ import main; main()"
)
CONVERTED = """\
name = "converted"
description = "A tiny model, converted."

[[models]]
name = "tiny"
version = "1"
architecture = "m2m100"
tasks = ["translation"]
language_pairs = [["en", "ko"]]
license = "Apache-2.0"
dtype = "int8"
source = { kind = "directory", path = "tiny" }
"""


@pytest.mark.parametrize("limit", [10, 100_000])
def test_a_pull_that_meets_a_full_disk_says_so_and_leaves_nothing_that_is_taken_for_whole(
    tmp_path: Path, fault_report: FaultReport, limit: int
) -> None:
    save_m2m100(tmp_path / "tiny")
    profile = tmp_path / "converted.toml"
    profile.write_text(CONVERTED, encoding="utf-8")
    flags = ["--profile", str(profile), "--cache-dir", str(tmp_path / "cache")]
    ended = subprocess.run(
        [sys.executable, "-c", WITH_LIMIT, str(limit), "models", "pull", *flags],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    left = list((tmp_path / "cache").rglob("*.part"))
    listed = run("models", "list", *flags)
    refused = run("serve", *flags, "--port", "0", "--metrics-port", "0")
    again = run("models", "pull", *flags)
    verified = run("models", "verify", *flags)
    wrong = int("not ready" not in listed.stdout) + int(verified.returncode != 0)
    fault_report("disk full while a model is converted", f"room for {limit} bytes a file", 1, 0, wrong, None)
    assert ended.returncode == 2
    said = [line for line in ended.stderr.splitlines() if line.startswith("triwire-server: ")]
    assert len(said) == 1
    assert f"tiny@1 cannot be written to {tmp_path / 'cache'} (" in said[0]
    assert "make room, or choose another folder" in said[0]
    assert "Traceback" not in ended.stderr
    assert "tiny@1: not ready" in listed.stdout
    assert refused.returncode == 2
    assert "triwire-server models pull" in refused.stderr
    assert left == []
    # With room again the same command mends it.
    assert again.returncode == 0
    assert (verified.returncode, verified.stdout.startswith("tiny@1: ready")) == (0, True)


def limit_files(server: Server, num_bytes: int) -> None:
    """From now on no file of the server grows beyond this; the limit can be raised again."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (num_bytes, resource.RLIM_INFINITY))


def glossary(name: str) -> glossary_service_pb2.CreateGlossaryRequest:
    terms = [
        glossary_service_pb2.GlossaryTerm(forms={"en": f"{name} pier {number}", "ko": f"부두 {number}"})  # "pier"
        for number in range(500)
    ]
    return glossary_service_pb2.CreateGlossaryRequest(
        glossary_id=name, glossary=glossary_service_pb2.Glossary(terms=terms)
    )


def test_glossaries_on_a_full_disk_are_read_and_not_written_and_calls_are_answered(
    tiny_profile: Path, fault_report: FaultReport, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/glossaries.sqlite3"
    outcomes: list[str] = []
    with process(tiny_profile, TRIWIRE_GLOSSARIES=store) as server, grpc.insecure_channel(server.target) as channel:
        server.wait_until_serving()
        glossaries: Any = glossary_service_pb2_grpc.GlossaryServiceStub(channel)
        articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)

        def create(name: str) -> None:
            try:
                glossaries.CreateGlossary(glossary(name), timeout=30)
                outcomes.append("OK")
            except grpc.RpcError as error:
                outcomes.append(str(told_by(error)))

        def names() -> list[str]:
            listed = glossaries.ListGlossaries(glossary_service_pb2.ListGlossariesRequest(), timeout=30)
            return [each.name for each in listed.glossaries]

        create("before")
        plain = texts(articles.Translate(translation("The pier reopened."), timeout=60))
        limit_files(server, 1)
        for number in range(20):
            create(f"full-{number}")
        while_full = names()
        request = translation("The before pier 7 reopened.")
        request.house_style.glossaries.append("glossaries/before")
        with_terms = texts(articles.Translate(request, timeout=60))
        same = texts(articles.Translate(translation("The pier reopened."), timeout=60))
        limit_files(server, resource.RLIM_INFINITY)
        began = time.monotonic()
        create("after")
        seconds = time.monotonic() - began
        after = names()
        code = server.stop()
    lost = sum(outcome != "UNAVAILABLE GLOSSARIES_UNAVAILABLE" for outcome in outcomes[1:-1])
    wrong = int(while_full != ["glossaries/before"]) + int(after != ["glossaries/after", "glossaries/before"])
    run_ = "20 writes are refused, reads and Translate go on"
    fault_report("disk full under the glossaries", run_, len(outcomes), lost, wrong, seconds)
    assert outcomes == ["OK", *["UNAVAILABLE GLOSSARIES_UNAVAILABLE"] * 20, "OK"]
    assert while_full == ["glossaries/before"]
    assert after == ["glossaries/after", "glossaries/before"]
    assert len(with_terms) == 1
    assert same == plain
    assert code == 0
    # What was written is whole: another process reads it.
    with process("extractive", TRIWIRE_GLOSSARIES=store) as server, grpc.insecure_channel(server.target) as channel:
        server.wait_until_serving()
        stub: Any = glossary_service_pb2_grpc.GlossaryServiceStub(channel)
        for name in ("before", "after"):
            stored = stub.GetGlossary(glossary_service_pb2.GetGlossaryRequest(name=f"glossaries/{name}"), timeout=30)
            assert list(stored.glossary.terms) == list(glossary(name).glossary.terms)
