import pytest

from tests.service.text.articles import article_of
from tests.service.text.checks.output_cases import MEASURED_ONLY, OUTPUTS, OutputCase
from triwire.v1.article_pb2 import Article
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.output_language import check_language
from triwire_server.text.findings import check_summary, check_translation, is_broken


def found(case: OutputCase) -> list[str]:
    direction, source, target, _ = case
    source_language, target_language = direction.split("-")
    return [Finding.Kind.Name(f.kind)[5:] for f in check_translation(source, target, source_language, target_language)]


@pytest.mark.parametrize("case", [case for case in OUTPUTS if case[3]], ids=lambda case: f"{case[0]} {case[3]}")
def test_what_is_wrong_with_an_output_is_found(case: OutputCase) -> None:
    kinds = found(case)
    assert kinds if case[3] == "*" else case[3] in kinds


@pytest.mark.parametrize("case", [case for case in OUTPUTS if not case[3]], ids=lambda case: case[0])
def test_a_sound_output_has_no_findings(case: OutputCase) -> None:
    assert found(case) == []


def test_outputs_that_the_checks_were_not_made_with() -> None:
    bad = [case for case in MEASURED_ONLY if case[3]]
    good = [case for case in MEASURED_ONLY if not case[3]]
    missed = [case for case in bad if not (case[3] in found(case) or (case[3] == "*" and found(case)))]
    flagged = [case for case in good if found(case)]
    assert len(missed) <= 0.05 * len(bad), missed
    assert len(flagged) <= 0.05 * len(good), flagged


def test_words_that_were_left_are_told_with_their_places_in_both() -> None:
    source, target = "구조대가 밤새 수색 작업을 벌였다.", "Rescue teams worked on 수색 작업 through the night."
    [finding] = check_translation(source, target, "ko", "en")  # rescue teams searched all night; search work
    assert target[finding.target.start : finding.target.end] == "수색 작업"
    assert source[finding.source.range.start : finding.source.range.end] == "수색 작업"
    assert finding.severity == Finding.SEVERITY_WARNING


def test_a_passage_in_simplified_chinese_is_named_so() -> None:
    [finding] = check_language("政府は来年税金を上げ、并削减学校开支。", "ja")  # raises taxes, cuts spending on schools
    assert (finding.actual, finding.severity) == ("zh", Finding.SEVERITY_WARNING)


@pytest.mark.parametrize(
    "text",
    [
        "Boeing's capsule splashed down.",
        "De la Cruz heads to Los Angeles",
        "Nikkei extends gains",
        "São Paulo mayor quits",
        "Udon, soba, sushi, tempura, oden",
    ],
)
def test_short_english_with_foreign_names_is_english(text: str) -> None:
    assert check_language(text, "en") == []


def test_an_output_of_any_length_is_checked_in_linear_time() -> None:
    source = "The harbour reopened on Monday. " * 400
    target = "항구는 월요일에 다시 열렸다. ‘벽’이 “높다” 했다. " * 400
    assert is_broken(check_translation(source, source + target, "en", "ko"))
    for text in ("a" * 50_000, "「" * 50_000, "' " * 50_000, '"' * 50_001, "가 " * 50_000, "漢" * 50_000, "<" * 50_000):
        check_translation(text, text + "b", "en", "ko")
        check_translation(text, text + "b", "ko", "en")
        check_translation(text, text + "b", "ja", "ko")
        assert check_summary(_empty(), [text], "ja")


def _empty() -> Article:

    return article_of("ja", "港が再開した。")  # the harbour reopened


def test_a_word_that_begins_in_hangul_and_goes_on_in_latin_letters_is_found() -> None:
    [finding] = check_language("공공 건물에는 오cean색 깃발이 나부낀다.", "ko")  # an "o-cean" coloured flag
    assert (finding.target.start, finding.target.end, finding.actual) == (9, 13, "en")
    # A particle after a Latin name, and a name in capitals after a word without a space.
    assert check_language("그는 iPhone을 샀다. 한국GM은 공장을 닫았다.", "ko") == []
