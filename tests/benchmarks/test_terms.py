"""The made sentences that the benchmark of terms measures with: no term of them is lost in silence."""

import pytest
import terms


@pytest.mark.parametrize(("source", "target"), terms.DIRECTIONS)
def test_no_made_term_is_lost_without_a_word(source: str, target: str) -> None:
    results = terms.measure(source, target, 96)
    assert results["found in source"]["hit"] == 2 * 96
    assert results["found in source"]["extra"] == 0
    for kind in (*terms.WORDS, "marks right", "mark lost", "mark moved", "marks swapped", "mark twice"):
        assert results[kind]["terms"] == 2 * 96
        assert results[kind]["silent"] == 0
    # Of two names one is dropped, and that one is reported: no more, no less.
    assert results["dropped"]["reported"] == results["mark lost"]["reported"] == 96
    for kind in ("right", "source left", "twice", "marks right"):
        assert results[kind]["hit"] == 2 * 96
        assert results[kind]["reported"] == 0
        assert results[kind]["particles_right"] == results[kind]["particles"]
    assert results["right"]["particles"] == (2 * 96 if target == "ko" else 0)
