"""Reflection: off by default; on, it tells tools all that they need for a call."""

import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from tests.clients.python.servers import on_a_thread
from tests.docs.markdown import texts
from tests.docs.scripts import run_script, surroundings
from tests.server import running_server, target

PLAINTEXT = [text for text in texts("docs/reflection.md", "sh") if text.startswith("grpcurl -plaintext")]


def test_it_is_off_by_default() -> None:
    with on_a_thread(running_server("extractive")) as app, grpc.insecure_channel(target(app)) as channel:
        with pytest.raises(grpc.RpcError) as raised:
            ProtoReflectionDescriptorDatabase(channel).get_services()
        assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_call_of_its_page_gives_what_the_page_shows(tmp_path: Path) -> None:
    (source,) = texts("docs/reflection.md", "python")
    (shown,) = texts("docs/reflection.md", "text")
    script = tmp_path / "example.py"
    script.write_text(source, encoding="utf-8")
    with on_a_thread(running_server("extractive", reflection=True)) as app:
        done = subprocess.run(
            [sys.executable, str(script)], check=False, capture_output=True, text=True, env=surroundings(target(app))
        )
    assert done.returncode == 0, done.stderr
    assert stable(done.stdout) == stable(shown)


def stable(output: str) -> list[str]:
    """Lines but those that differ from call to call: the id that the server makes, and how long it took."""
    return [line for line in output.splitlines() if not any(name in line for name in ("requestId", "Duration"))]


@pytest.mark.skipif(shutil.which("grpcurl") is None, reason="needs grpcurl on the path")
@pytest.mark.parametrize("number", range(len(PLAINTEXT)))
def test_the_commands_for_grpcurl_run(number: int, tmp_path: Path) -> None:
    with on_a_thread(running_server("extractive", reflection=True)) as app:
        script = PLAINTEXT[number].replace("127.0.0.1:50051", target(app))
        done = run_script(script, surroundings(target(app)), tmp_path)
    assert done.returncode == 0, done.stderr
    expected = ["triwire.v1.ArticleService.Translate", "message SummaryOptions", "The harbour of Westmere opened again"]
    refused = ["refused: 67", '"field":"content"', '"field":"options"']
    assert all(words in done.stdout + done.stderr for words in (expected, refused)[number])
