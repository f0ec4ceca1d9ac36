"""The command as a whole: healthy and not, as JSON, and with less installed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from triwire_server.__main__ import app
from triwire_server.doctor import examine as module
from triwire_server.doctor.checks import Check, Outcome
from triwire_server.doctor.examine import examine

pytestmark = pytest.mark.usefixtures("logging_as_before")

PORTS = ["--port", "0", "--health-port", "0", "--metrics-port", "0"]


def doctor(folder: Path, *arguments: str) -> Result:
    environment = {name: None for name in os.environ if name.startswith("TRIWIRE_")}
    command = ["doctor", "--cache-dir", str(folder), *PORTS, *arguments]
    return CliRunner().invoke(app, command, env=environment)


def test_a_healthy_server_has_no_problem_and_exit_code_0(tmp_path: Path) -> None:
    result = doctor(tmp_path, "--profile", "extractive")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) if line.startswith(" ") else line for line in result.output.splitlines()]
    assert [line for line in result.output.splitlines() if line[:1].isalpha()] == [
        "machine",
        "versions",
        "settings",
        "models",
        "ports",
        "network",
    ]
    assert "ok profile extractive: extractive@1 (Apache-2.0)" in lines
    assert lines[-1].startswith("0 problems, ")


def test_wrong_settings_end_with_exit_code_1_and_the_machine_is_looked_at_all_the_same(tmp_path: Path) -> None:
    result = doctor(tmp_path, "--log-format", "xml", "--device", "tpu")
    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert any(line.startswith("ok processor ") for line in lines)
    assert any(line.startswith("problem --log-format 'xml' is not allowed: ") for line in lines)
    assert any(line.startswith("problem --device 'tpu' is not allowed: ") for line in lines)
    assert lines[-1].startswith("2 problems, ")


def test_json_has_every_check_with_its_group_and_whether_all_is_well(tmp_path: Path) -> None:
    result = doctor(tmp_path, "--profile", "news", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.output)
    assert set(answer) == {"version", "healthy", "checks"}
    assert answer["healthy"] is False
    for check in answer["checks"]:
        assert set(check) == {"group", "name", "outcome", "detail", "remedy"}
        assert all(isinstance(value, str) for value in check.values())
        assert check["outcome"] in ("ok", "warning", "problem")
        assert bool(check["remedy"]) == (check["outcome"] != "ok")
    [profile] = [check for check in answer["checks"] if check["outcome"] == "problem"]
    assert (profile["group"], profile["name"]) == ("settings", "profile")
    assert json.loads(doctor(tmp_path, "--profile", "extractive", "--json").output)["healthy"] is True
    (tmp_path / "glossaries.sqlite3").write_text("no database " * 100)
    assert json.loads(doctor(tmp_path, "--profile", "extractive", "--json").output)["healthy"] is False


def test_a_check_that_fails_itself_is_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Iterable[Check]:
        raise ZeroDivisionError("no cores")

    monkeypatch.setattr(module, "check_machine", broken)
    groups = examine({"profile": "extractive", "cache_dir": tmp_path, "port": 0, "health_port": 0, "metrics_port": 0})
    [check] = groups[0].checks
    assert (check.outcome, check.detail) == (Outcome.PROBLEM, "a check ended with ZeroDivisionError: no cores")
    assert len(groups) == 6


WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers", "numpy", "numba", "safetensors", "sentencepiece", "gguf", "huggingface_hub"):
    sys.modules[name] = None
from triwire_server.__main__ import main
main()
"""


def test_it_works_without_what_only_local_models_need(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TRIWIRE_")}
    command = [sys.executable, "-c", WITHOUT_TORCH, "doctor", "--cache-dir", str(tmp_path), *PORTS]
    done = subprocess.run(
        [*command, "--profile", "extractive"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    local = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (local.returncode, local.stderr) == (1, "")
    assert "  problem  qwen2.5-coder-1.5b-instruct@1 " in local.stdout
    assert "a check ended with" not in local.stdout


def test_a_start_that_fails_names_doctor_with_its_flags(tmp_path: Path) -> None:
    arguments = ["serve", "--profile", "demo", "--cache-dir", str(tmp_path), "--glossaries", "redis://:hunter2@cache"]
    result = CliRunner().invoke(app, [*arguments, "--port", "-1"])
    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == (
        f"more about it: triwire-server doctor --profile demo --port -1 --cache-dir {tmp_path} --glossaries ..."
    )
