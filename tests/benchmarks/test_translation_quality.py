"""The figures of translations, on lines whose figures are plain to see."""

from pathlib import Path

import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from ways.translation_quality import (
    Translated,
    chrf_change,
    count_findings,
    find_hits,
    is_copied,
    is_wrong_language,
    judge_terms,
    length_ratios,
    likeness,
    read_glossary,
)

ENGLISH = ["The ferry will run again from June.", "Nobody was hurt, the fire service said on Friday."]
KOREAN = ["여객선이 6월부터 다시 운항한다.", "소방 당국은 다친 사람이 없다고 금요일 밝혔다."]
JAPANESE = ["フェリーは6月から再び運航する。", "消防によると、けが人はいないと金曜日に発表した。"]


@pytest.mark.parametrize(
    ("language", "lines", "tokenizer", "scores"),
    [
        ("en", ENGLISH, "tok:13a", ["chrF2", "chrF2++", "BLEU"]),
        ("ko", KOREAN, "tok:ko-mecab-0.996/ko-0.9.2-KO", ["chrF2", "chrF2++", "BLEU"]),
        ("ja", JAPANESE, "tok:ja-mecab-0.996-IPA", ["chrF2", "BLEU"]),
    ],
)
def test_the_references_themselves_score_a_hundred(
    language: str, lines: list[str], tokenizer: str, scores: list[str]
) -> None:
    made = likeness(lines, lines, language, seed=1)

    assert list(made) == scores
    assert [figures["score"] for figures in made.values()] == [100.0] * len(scores)
    assert tokenizer in made["BLEU"]["signature"]
    assert made["chrF2"]["signature"].endswith("nw:0|space:no|version:2.6.0")


def test_entities_in_an_output_are_read_as_their_characters() -> None:
    made = likeness(["The council&#39;s &quot;plan&quot;"], ['The council\'s "plan"'], "en", seed=1)

    assert made["chrF2"]["score"] == 100.0


def test_an_interval_holds_the_score_and_is_narrower_with_more_lines() -> None:
    outputs, references = ["a ferry that ran", "nothing like it"], ["a ferry that runs", "a bridge of stone"]

    few, many = (likeness(outputs * count, references * count, "en", seed=1)["chrF2"] for count in (4, 100))

    assert few["score"] == many["score"]
    for made in (few, many):
        assert made["interval"][0] < made["score"] < made["interval"][1]
    assert many["interval"][1] - many["interval"][0] < (few["interval"][1] - few["interval"][0]) / 2


def test_outputs_that_share_nothing_with_the_references_score_zero() -> None:
    made = likeness(["xyz", ""], ["한국", "경제"], "ko", seed=1)

    assert made["chrF2"] | {"signature": ""} == {"score": 0.0, "interval": [0.0, 0.0], "signature": ""}


def test_a_change_has_an_interval_of_its_own() -> None:
    before = ["a ferry that ran", "xyz", "xyz"]
    after = ["a ferry that ran", "a bridge of stone", "a road of clay"]

    made = chrf_change(before, after, ["a ferry that runs", "a bridge of stone", "a road of clay"], seed=1)
    same = chrf_change(before, before, after, seed=1)

    assert made["before"] < made["after"]  # type: ignore[operator]  # numbers
    assert made["interval"][0] >= 0  # type: ignore[index]  # a pair
    assert same["interval"] == [0.0, 0.0]


def test_findings_are_counted_a_hundred_lines() -> None:
    critical = Finding(kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_CRITICAL)
    info = Finding(kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_INFO)
    copied = Finding(kind=Finding.KIND_COPIED_SOURCE, severity=Finding.SEVERITY_WARNING)

    made = count_findings([critical, info, info, copied], 40)

    assert made == {
        "all": 10.0,
        "critical": 2.5,
        "by_kind": {"COPIED_SOURCE": {"WARNING": 2.5}, "NUMBER_MISMATCH": {"CRITICAL": 2.5, "INFO": 5.0}},
    }
    assert count_findings([], 0) == {"all": 0.0, "critical": 0.0, "by_kind": {}}


def test_length_ratios_are_of_the_output_to_the_source() -> None:
    made = length_ratios([("abcd", "ab"), ("abcd", "abcd"), ("abcd", "abcdabcd"), ("", "ab")])

    assert made == {"median": 1.0, "p5": 0.5, "p95": 2.0}


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("The ferry will run again from June.", "The ferry will run again from June.", True),
        ("The ferry will run again from June.", "그는 The ferry will run again 라고 했다", True),
        (
            "La Paz and Lake Titicaca in Bolivia",
            "볼리비아의 라파스(La Paz)와 티티카카(Titicaca)호는 유명하다",
            False,
        ),
        ("Rates: 3.1, 4.2, 5.3, 6.4", "금리 3.1, 4.2, 5.3, 6.4", False),
        ("港が開いた。船が来る。", "The harbour opened. Ships come.", False),
    ],
)
def test_an_output_is_copied_if_half_of_its_words_are_the_sources(source: str, output: str, expected: bool) -> None:
    assert is_copied(source, output) is expected


def test_the_wrong_language_is_told_by_the_output_alone() -> None:
    assert is_wrong_language("港が開いた。", "ko")
    assert is_wrong_language("The harbour opened in June.", "ja")
    assert not is_wrong_language("항구가 6월에 열렸다.", "ko")
    assert not is_wrong_language("3-1", "ko")
    assert not is_wrong_language("", "ko")


TERMS = [
    GlossaryTerm(forms={"en": "Saltmarsh", "ko": "솔트마시", "ja": "ソルトマーシュ"}),
    GlossaryTerm(forms={"en": "Saltmarsh Council", "ko": "솔트마시 의회", "ja": "ソルトマーシュ評議会"}),
    GlossaryTerm(forms={"en": "bus", "ko": "버스"}, case_insensitive=True),
    GlossaryTerm(forms={"en": "Triwire"}, verbatim=True),
    GlossaryTerm(forms={"en": "tram"}),
]


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("Saltmarsh Council meets in Saltmarsh.", "en", "ko", ["솔트마시 의회", "솔트마시"]),
        ("Two Buses and the bus's driver, no omnibus", "en", "ko", ["버스", "버스"]),
        ("Triwire and a tram", "en", "ja", ["Triwire"]),
        ("솔트마시에서는", "ko", "en", ["Saltmarsh"]),  # in Saltmarsh, with particles
        ("신솔트마시", "ko", "en", []),  # New Saltmarsh is another place
        ("島のソルトマーシュで", "ja", "ko", ["솔트마시"]),
    ],
)
def test_hits_are_the_longest_forms_with_their_endings(
    text: str, source: str, target: str, expected: list[str]
) -> None:
    assert [wanted for _, wanted in find_hits(text, TERMS, source, target)] == expected


def test_a_missing_term_is_reported_or_silent() -> None:
    report = Finding(kind=Finding.KIND_TERM_MISSING, expected="솔트마시")
    lines = [
        Translated("Saltmarsh waits.", "", "솔트마시는 기다린다."),
        Translated("Saltmarsh waits.", "", "섬은 기다린다.", [report]),
        Translated("Saltmarsh waits.", "", "섬은 기다린다."),
        Translated("The bus waits.", "", "버스가 기다린다."),
    ]

    assert judge_terms(lines, TERMS, "en", "ko") == {"hits": 4, "in_output": 0.5, "reported": 0.5}
    assert judge_terms([], TERMS, "en", "ko") == {"hits": 0, "in_output": None, "reported": None}


def test_a_glossary_file_has_a_column_for_each_language(tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text("\ufeffen,ko,verbatim,note\nSaltmarsh,솔트마시,,an island\nTriwire,,true,\n,,,\n", encoding="utf-8")

    assert read_glossary(path) == [
        GlossaryTerm(forms={"en": "Saltmarsh", "ko": "솔트마시"}),
        GlossaryTerm(forms={"en": "Triwire"}, verbatim=True),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,term\na,b\n", "no column en, ko or ja"),
        ("en,verbatim\na,perhaps\n", "'perhaps' is neither true nor false"),
    ],
)
def test_a_fault_in_a_glossary_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_glossary(path)
