import argparse
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COST = runpy.run_path(str(ROOT / "examples" / "backfill_cost.py"))


def printed(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / "backfill_cost.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_hours_of_a_replica_are_tokens_over_its_speed_in_its_share_of_time() -> None:
    hours = COST["replica_hours"](articles=3_600, tokens=1_000, tokens_per_second=500.0, share=0.5)
    assert hours == pytest.approx(4.0)


def test_a_line_has_articles_an_hour_hours_days_and_cost() -> None:
    options = argparse.Namespace(articles=10_000_000, tokens=3_600, share=1.0, replicas=10, price=0.5)
    assert COST["row"]("x", 1_000.0, options) == "| x | 1,000 | 10,000 | 41.7 | 5,000 |"


def test_the_tables_of_the_document_are_what_the_script_prints() -> None:
    text = (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
    assert f"<!-- made by examples/backfill_cost.py -->\n{printed()}" in text


def test_the_speeds_are_those_of_the_measurements() -> None:
    text = (ROOT / "docs" / "measurements.md").read_text(encoding="utf-8")
    assert f"{COST['MEASURED']['demo model (1.5B chat, int8), whole pages']} tokens a second on the page" in text
    for row in ("packed float32 (as served) | 772", "triwire, int8 | 969", "triwire int8 | 657"):
        assert re.search(rf"^\| .*{re.escape(row)} \|", text, re.M)
    assert {772.0, 969.0, 657.0} < set(COST["MEASURED"].values())


def test_the_article_is_that_of_the_sizing() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"{COST['TOKENS']:,} written by the demo's chat model" in text
