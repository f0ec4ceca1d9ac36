"""A check that fails is told, and keeps no other from running."""

import os
import sys
from pathlib import Path

import pytest

from release.report import CheckFailed, Report, run


def fails() -> str:
    raise CheckFailed("two files differ")


def breaks() -> str:
    raise KeyError("METADATA")


def test_every_check_runs_and_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    assert [report.check(look.__name__, look) for look in (fails, breaks)] == [False, False]
    assert report.check("holds", lambda: "3 files")
    assert (report.num_checks, report.num_failed) == (3, 2)
    assert capsys.readouterr().out == "FAIL  fails: two files differ\nFAIL  breaks: 'METADATA'\nok    holds: 3 files\n"


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    code = "import sys; print('made half of it'); sys.exit('no room')"
    with pytest.raises(CheckFailed, match=r"(?s)ended with 1\s+made half of it\s+no room"):
        run([sys.executable, "-c", code], tmp_path, os.environ)
    assert run([sys.executable, "-c", "print('whole')"], tmp_path, os.environ) == "whole\n"
