import io

import pytest
from rich.console import Console

from triwire.v1 import article_service_pb2
from triwire_client.batch import BatchResult
from triwire_client.batch_progress import BatchProgress, duration
from triwire_client.errors import TriwireError

FAILED = BatchResult("b", None, TriwireError("no"))


def answered(tokens: int) -> BatchResult:
    response = article_service_pb2.ProcessArticleResponse()
    response.usage.input_tokens = tokens - 1
    response.usage.output_tokens = 1
    response.translations.add().findings.add(kind=article_service_pb2.Finding.KIND_LENGTH_RATIO)
    return BatchResult("a", response, None)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_a_minute_with_rate_and_time_left() -> None:
    out, clock = io.StringIO(), Clock()
    with BatchProgress(Console(file=out, width=20), 1_000, clock) as progress:
        progress.skip(10)
        for _ in range(70):
            clock.now += 2.0
            progress.note(answered(500))
        progress.note(FAILED)
        assert out.getvalue().splitlines() == [
            "triwire: 40 of 1,000 items, 0 failed; 0.50 items/s, 250 tokens/s, 32 min left",
            "triwire: 70 of 1,000 items, 0 failed; 0.50 items/s, 250 tokens/s, 31 min left",
        ]
        clock.now += 60.0
        assert progress.summary() == (
            "70 done, 10 skipped, 1 failed; 70 findings, 35,000 tokens in 3 min (0.35 items/s, 175 tokens/s)"
        )


def test_the_rate_is_that_of_the_last_ten_minutes() -> None:
    clock = Clock()
    progress = BatchProgress(Console(file=io.StringIO()), None, clock)
    for _ in range(600):
        clock.now += 1.0
        progress.note(answered(10))
    for _ in range(300):
        clock.now += 4.0
        progress.note(answered(10))
    assert progress.rate() == "0.25 items/s, 2 tokens/s"


def test_a_terminal_gets_a_bar_and_no_lines() -> None:
    out, clock = io.StringIO(), Clock()
    with BatchProgress(Console(file=out, force_terminal=True, width=160), 4, clock) as progress:
        for _ in range(2):
            clock.now += 100.0
            progress.note(FAILED)
    shown = out.getvalue()
    assert "2/4" in shown
    assert "2 failed" in shown
    assert "0.01 items/s, 0 tokens/s, 3 min left" in shown
    assert "triwire:" not in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (90.1, "2 min"),
        (3_600, "1 h 0 min"),
        (172_800, "2 days 0 h"),
        (3.6e6, "41 days 16 h"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
