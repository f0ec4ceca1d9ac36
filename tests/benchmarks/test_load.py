"""How the calls of an overloaded service are counted, on outcomes that are known."""

import argparse

import load
import pytest

from ways.mixed_calls import KINDS, Call, Outcome, Texts

ARGUMENTS = argparse.Namespace(seconds=20.0, unscored=10.0)


def outcome(kind: str, what: str, seconds: float, at: float = 10.0, retry: float | None = None) -> Outcome:
    return Outcome(Call(kind, "x" * 100, at), what, seconds, retry)


def test_goodput_is_the_text_of_the_calls_that_were_answered_in_time() -> None:
    outcomes = [
        outcome("INTERACTIVE", "answered", 1.0, at=8.9),  # answered while nothing is counted
        outcome("BULK", "answered", 19.0, at=5.0),  # answered when no more calls came
        outcome("INTERACTIVE", "answered", 1.0),
        outcome("STANDARD", "answered", 4.0),
        outcome("STANDARD", "refused", 0.01, retry=3.0),
        outcome("STANDARD", "late", 20.0),
        outcome("BULK", "failed", 2.0),
    ]
    figures = load.score(outcomes, [1.0] * 10, ARGUMENTS)
    assert figures["goodput_characters_per_second"] == pytest.approx(200 / 10)
    assert figures["goodput_calls_per_second"] == pytest.approx(2 / 10)
    assert figures["offered_calls_per_second"] == pytest.approx(5 / 10)
    assert (figures["late"], figures["failed"]) == (1, 1)
    assert figures["refused_p99_seconds"] == 0.01
    assert figures["told_median_seconds"] == 3.0
    assert figures["kinds"]["STANDARD"]["answered"] == pytest.approx(1 / 3)
    assert figures["kinds"]["STANDARD"]["p95_seconds"] == 4.0
    early = load.score([outcome("STANDARD", "answered", 4.0, at=9.0)], [1.0] * 10, ARGUMENTS)
    assert early["goodput_calls_per_second"] == pytest.approx(1 / 10)  # arrived before, answered while it is counted
    assert early["kinds"]["STANDARD"]["calls"] == 0
    assert figures["kinds"]["BULK"]["p95_seconds"] is None


def test_memory_that_grows_is_told_from_memory_that_was_needed_at_first() -> None:
    filling = [100.0, 200.0]
    flat = load.score([outcome("BULK", "answered", 1.0)], filling + [400.0] * 8, ARGUMENTS)
    assert flat["memory_growth"] == 0.0
    growing = load.score([outcome("BULK", "answered", 1.0)], filling + [400.0] * 4 + [500.0] * 4, ARGUMENTS)
    assert growing["memory_growth"] == pytest.approx(0.25)


def test_arrivals_come_at_the_rate_that_is_asked_for_with_texts_of_their_own() -> None:
    calls = list(Texts(seed=3).poisson(50.0, 100.0))
    assert len(calls) == pytest.approx(5_000, rel=0.05)
    assert len({call.text for call in calls}) == len(calls)
    for name, kind in KINDS.items():
        assert sum(call.kind == name for call in calls) / len(calls) == pytest.approx(kind.share, abs=0.03)


def test_bars_are_ratios_of_what_was_measured_in_one_run() -> None:
    def at(goodput: float, p95: float, refused: float | None) -> dict[str, object]:
        median = {"median": refused, "range": [refused, refused]} if refused is not None else None
        return {
            "goodput_characters_per_second": {"median": goodput},
            "refused_p99_seconds": median,
            "kinds": {"INTERACTIVE": {"p95_seconds": {"median": p95}}},
        }

    loads = {"0.8": at(80.0, 2.0, None), "2.0": at(100.0, 2.5, 0.02), "10.0": at(95.0, 4.0, 0.03)}
    assert load.bars(loads) == {
        "goodput_at_10_to_best": pytest.approx(0.95),
        "interactive_p95_at_2_to_0.8": pytest.approx(1.25),
        "refused_p99_seconds_at_10": 0.03,
    }
    assert load.bars({"0.5": at(50.0, 1.0, None)})["goodput_at_10_to_best"] is None
