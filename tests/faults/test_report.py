import json
from pathlib import Path

from tests.faults.report import FaultReport, table


def test_a_fact_is_kept_in_a_file_of_its_own_and_shown_in_the_table(tmp_path: Path) -> None:
    report = FaultReport(tmp_path)
    report("SIGKILL", "unary, 1 of 3", calls=500, lost=0, wrong=1, recovery_seconds=0.25)
    report("fuzz", "unary", 10_000, 2, 0, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fuzz-unary.json", "sigkill-unary-1-of-3.json"]
    assert json.loads((tmp_path / "sigkill-unary-1-of-3.json").read_text(encoding="utf-8")) == {
        "fault": "SIGKILL",
        "run": "unary, 1 of 3",
        "calls": 500,
        "lost": 0,
        "wrong": 1,
        "recovery_seconds": 0.25,
    }
    assert table(report.facts) == [
        "| fault   | run           | calls | lost | wrong | recovery (s) |",
        "| ------- | ------------- | ----- | ---- | ----- | ------------ |",
        "| SIGKILL | unary, 1 of 3 | 500   | 0    | 1     | 0.2          |",
        "| fuzz    | unary         | 10000 | 2    | 0     | -            |",
    ]
