"""Progress as people and log files see it."""

import io

import pytest
from rich.console import Console

from triwire_server import progress
from triwire_server.progress import ProgressDisplay

MEGABYTE = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_where_no_bar_can_be_drawn_there_is_a_line_every_ten_seconds() -> None:
    clock, stream = Clock(), io.StringIO()
    with ProgressDisplay(stream, clock) as report:
        for second in range(26):
            clock.now = 100.0 + second
            report("fetching tiny@1", 2 * second * MEGABYTE, 50 * MEGABYTE)
        report("fetching tiny@1", 50 * MEGABYTE, 50 * MEGABYTE)
        report("converting tiny@1", MEGABYTE, MEGABYTE)
    assert stream.getvalue().splitlines() == [
        "fetching tiny@1: 0 %, 0 bytes of 50.0 MB",
        "fetching tiny@1: 40 %, 20.0 MB of 50.0 MB, 2.0 MB/s, 15 s left",
        "fetching tiny@1: 80 %, 40.0 MB of 50.0 MB, 2.0 MB/s, 5 s left",
        "fetching tiny@1: 50.0 MB, 2.0 MB/s, took 25 s",
        "converting tiny@1: 1.0 MB",
    ]


def test_what_an_earlier_pull_had_fetched_is_no_speed_of_this_one() -> None:
    assert progress.amounts(40, 100, 10, 10.0) == "40 %, 40 bytes of 100 bytes, 1 byte/s, 60 s left"
    clock, stream = Clock(), io.StringIO()
    with ProgressDisplay(stream, clock) as report:
        report("fetching tiny@1", 30 * MEGABYTE, 50 * MEGABYTE)
        clock.now += 10
        report("fetching tiny@1", 40 * MEGABYTE, 50 * MEGABYTE)
    assert stream.getvalue().splitlines()[-1].endswith("1.0 MB/s, 10 s left")


def test_a_terminal_has_a_bar_with_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    terminal = Console(file=stream, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(progress, "Console", lambda **_: terminal)
    with ProgressDisplay() as report:
        report("loading tiny@1 (1 of 1)", 0, 0)
        report("loading tiny@1 (1 of 1)", 2 * MEGABYTE, 2 * MEGABYTE)
        report("fetching tiny@1", 1 * MEGABYTE, 4 * MEGABYTE)
        report("warming up tiny@1", 0, 0)
    last = stream.getvalue().rpartition("loading tiny@1")[2]
    assert last.startswith(" (1 of 1) ━━━━━━━━━━━━━━━━━━━━ 2.0 MB")
    assert "25 %, 1.0 MB of 4.0 MB" in last
    assert "warming up" not in last
