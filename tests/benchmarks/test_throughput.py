"""The throughput benchmarks on tiny models: they end with one JSON object, and their ways write the same tokens."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent


def run(name: str, *arguments: str) -> Any:
    """The JSON object in the last line of a benchmark."""
    command = [sys.executable, str(ROOT / "benchmarks" / name), "--shape", "tiny", "--sequences", "6", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=90)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def equal(result: Any) -> dict[str, tuple[int, int]]:
    return {name: (way["equal"], way["of"]) for name, way in result["ways"].items()}


def test_every_way_around_an_encoder_decoder_writes_the_tokens_of_one_by_one(tmp_path: Path) -> None:
    ways = ["generate one by one", "generate static 16", "generate sorted 16 packed", "triwire plain", "triwire packed"]
    halves = ["generate one by one, half the vocabulary", "triwire packed, half the vocabulary"]
    written = tmp_path / "figures.json"

    result = run("engine.py", "--trimmed", "--repetitions", "1", "--json", str(written), "--only", *ways, *halves)

    assert equal(result) == dict.fromkeys([*ways, *halves], (6, 6))
    assert result["benchmark"] == "engine"
    assert json.loads(written.read_text())["ways"] == result["ways"]


def test_every_way_around_a_decoder_only_model_writes_the_tokens_of_one_by_one() -> None:
    ways = ["generate one by one", "generate static 16", "generate_batch", "triwire plain", "triwire packed"]
    ways.append("triwire packed, nothing shared")

    result = run("chat.py", "--repetitions", "1", "--shared", "8", "--only", *ways)

    assert equal(result) == dict.fromkeys(ways, (6, 6))
    prefilled = result["prefilled_tokens"]
    # The instructions of eight tokens are read once instead of six times.
    assert prefilled["nothing shared"]["of_the_prompts"] - prefilled["shared"]["of_the_prompts"] == 5 * 8
    assert prefilled["nothing shared"]["counted"] > prefilled["shared"]["counted"]
