"""benchmarks/quality.py and benchmarks/text.py from end to end on small data, and what they are made of."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from triwire_server.segment import Output, Segment, Task
from ways.deployment import RememberingEngine
from ways.quality_tables import report

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
PARALLEL = str(ROOT / "tests" / "corpora" / "parallel")


def run(name: str, *arguments: str, status: int = 0) -> list[str]:
    """Lines that a benchmark printed."""
    command = [sys.executable, str(ROOT / "benchmarks" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=110)
    assert done.returncode == status, done.stderr
    return (done.stdout if status < 2 else done.stderr).splitlines()


def test_a_profile_is_measured_with_repair_and_without_it(tiny_profile: Path, tmp_path: Path) -> None:
    outputs, figures = tmp_path / "outputs.jsonl", tmp_path / "figures.json"
    arguments = ["--directions", "en-ko,ja-en", "--limit", "3", "--languages", "ko", "--styles", "headline"]
    arguments += ["--documents", "1", "--outputs", str(outputs), "--json", str(figures)]

    printed = run("quality.py", str(tiny_profile), PARALLEL, *arguments)

    result = json.loads(printed[-1])
    assert result["benchmark"] == "quality"
    assert list(result["translations"]) == ["en-ko", "ja-en"]
    for row in result["translations"].values():
        assert row["lines"] == 3
        # Random weights write nothing that holds: lines are decoded again, and none gets worse by it.
        assert row["repair"]["decoded_again"] >= 1
        assert 0 < row["findings"]["critical"] <= row["repair"]["findings_before"]["critical"]
        assert row["human"]["findings"]["critical"] == 0.0
    assert result["summaries"]["ko"]["headline"]["summaries"] == 1
    assert result["summaries"]["ko"]["headline"]["repair"]["before"]["findings"]["all"] > 0
    assert "### Repair" in printed
    assert json.loads(figures.read_text())["translations"] == result["translations"]
    records = [json.loads(line) for line in outputs.read_text(encoding="utf-8").splitlines()]
    assert [record.get("direction") or record["style"] for record in records] == ["en-ko"] * 3 + ["ja-en"] * 3 + [
        "headline"
    ]
    assert records[0]["findings"]


def test_a_profile_that_does_not_translate_is_measured_by_its_summaries() -> None:
    printed = run("quality.py", "extractive", PARALLEL, "--languages", "en,ja", "--styles", "bullets")

    result = json.loads(printed[-1])
    assert set(result["translations"].values()) == {None}
    for language in ("en", "ja"):
        row = result["summaries"][language]["bullets"]
        # It takes sentences of the article as they are.
        assert row["novel"]["all"] == 0.0
        assert row["novel_ngrams"] < 0.05
        assert row["over_limit"] == 0
        assert row["lead_coverage"] > 0.5


def test_a_server_is_measured_as_it_is(tiny_profile: Path) -> None:
    with served(tiny_profile) as target:
        arguments = ["--directions", "ko-en", "--limit", "2", "--only", "translation"]
        result = json.loads(run("quality.py", target, PARALLEL, *arguments)[-1])
        run("quality.py", target, PARALLEL, "--no-repair", status=1)

    assert result["profile"] == "server"
    assert result["models"] == ["tiny-chat@1", "tiny-m2m100@1"]
    assert result["translations"]["ko-en"]["lines"] == 2
    assert "repair" not in result["translations"]["ko-en"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--directions", "en-fr"], "--directions: 'en-fr' is not one of en-ko"),
        (["--styles", "poem"], "--styles: 'poem' is not one of headline"),
        (["--limit", "-1"], "--limit: -1 is below 0"),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_loaded(arguments: list[str], message: str) -> None:
    assert message in run("quality.py", "demo", PARALLEL, *arguments, status=2)[-1]


class AttemptCall:
    """A call whose outputs say which attempt they are of; it notes what it is asked for."""

    def __init__(self, asked: list[tuple[str, int]]) -> None:
        self._asked = asked

    async def generate(self, model_name: str, segments: Sequence[Segment]) -> list[Output]:
        self._asked += [(segment.text, segment.attempt) for segment in segments]
        return [
            Output(text=f"{segment.text} {segment.attempt}", input_tokens=1, output_tokens=1) for segment in segments
        ]


class AttemptEngine:
    """An engine of such calls."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    @asynccontextmanager
    async def admit(self, **_: object) -> AsyncIterator[AttemptCall]:
        yield AttemptCall(self.asked)


def segment(text: str, attempt: int = 0) -> Segment:
    return Segment(task=Task.TRANSLATION, text=text, source_language="en", target_language="ko", attempt=attempt)


async def texts(engine: RememberingEngine, *segments: Segment) -> list[str]:
    async with engine.admit() as call:
        return [output.text for output in await call.generate("tiny", segments)]


async def test_without_repair_a_second_attempt_is_answered_with_the_first() -> None:
    memory: dict[tuple[str, Segment], Output] = {}
    inner, other = AttemptEngine(), AttemptEngine()
    repairing = RememberingEngine(inner, repair=True, memory=memory)  # type: ignore[arg-type]  # stands for it
    plain = RememberingEngine(other, repair=False, memory=memory)  # type: ignore[arg-type]  # stands for it

    assert await texts(repairing, segment("a"), segment("b"), segment("a")) == ["a 0", "b 0", "a 0"]
    assert await texts(repairing, segment("a", 1)) == ["a 1"]
    assert await texts(plain, segment("a"), segment("a", 1), segment("c", 1)) == ["a 0", "a 0", "c 0"]

    assert inner.asked == [("a", 0), ("b", 0), ("a", 1)]
    assert other.asked == [("c", 0)]
    assert (repairing.second_attempts, plain.second_attempts) == (1, 0)


def test_tables_leave_out_what_was_not_measured() -> None:
    result = {"profile": "tiny", "models": ["tiny@1"], "translations": {"en-ko": None}, "summaries": {"en": None}}

    assert report(result) == "\nProfile `tiny`: tiny@1\n"


def test_functions_on_text_are_timed_and_a_slow_one_ends_the_run() -> None:
    arguments = ["--only", "segment", "normalize", "findings.check_translation", "--repetitions", "1"]

    result = json.loads(run("text.py", *arguments, "--limit", "1000000")[-1])
    slow = json.loads(run("text.py", *arguments, "--limit", "0", status=1)[-1])

    assert {"segment.split_segments", "normalize.normalize", "findings.check_translation"} <= set(result["functions"])
    assert set(result["functions"]["segment.split_segments"]) == {"en", "ko", "ja"}
    assert result["over_limit"] == []
    assert slow["over_limit"] == list(slow["functions"])
