import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.lengths import check_cut, check_empty, check_length

# The council voted on Tuesday to reopen the northern pier.
SOURCES = {
    "en": "The council voted on Tuesday to reopen the northern pier.",
    "ko": "시의회는 화요일 북쪽 부두를 다시 열기로 의결했다.",
    "ja": "市議会は火曜日、北の桟橋を再開することを決めた。",
}


@pytest.mark.parametrize(
    ("source", "language", "target"),
    [
        ("ko", "en", "The council voted on Tuesday to reopen the"),
        ("ja", "en", "The council voted on Tuesday,"),
        ("en", "ko", "시의회는 화요일 북쪽 부두를"),  # the council ... the northern pier (object)
        ("ja", "ko", "시의회는 화요일, 북쪽 부두를 다시 열기로 했지만"),  # ... decided to, but
        ("en", "ja", "市議会は火曜日、北の桟橋を"),  # the council ... the northern pier (object)
        ("ko", "ja", "市議会は火曜日、"),  # the council on Tuesday,
    ],
)
def test_an_output_that_stops_in_mid_sentence_is_found(source: str, language: str, target: str) -> None:
    [finding] = check_cut(SOURCES[source], target, language)
    assert (finding.kind, finding.severity) == (Finding.KIND_OUTPUT_TRUNCATED, Finding.SEVERITY_WARNING)
    assert target.endswith(target[finding.target.start : finding.target.end])


@pytest.mark.parametrize(
    ("source", "language", "target"),
    [
        ("ko", "en", "Council votes to reopen pier"),
        ("ko", "en", "The council voted to reopen it."),
        ("en", "ko", "시의회, 북쪽 부두 재개장 의결"),  # Council votes to reopen the northern pier (headline)
        ("en", "ko", "시의회는 부두를 다시 연다."),
        ("en", "ja", "市議会、北の桟橋の再開を決定"),  # Council decides to reopen the northern pier (headline)
        ("en", "ja", "市議会は「再開する」と決めた。"),
    ],
)
def test_headlines_and_whole_sentences_are_not_cut(source: str, language: str, target: str) -> None:
    assert check_cut(SOURCES[source], target, language) == []


def test_a_source_without_a_full_stop_says_nothing() -> None:
    assert check_cut("Council votes to reopen the", "시의회는", "ko") == []


@pytest.mark.parametrize(
    ("source", "target", "from_to", "expected"),
    [
        ("a" * 100, "가" * 22, "en-ko", []),  # from the lowest
        ("a" * 100, "가" * 21, "en-ko", [("WARNING", "0.22-0.95", "0.21")]),
        ("a" * 100, "가" * 11, "en-ko", [("WARNING", "0.22-0.95", "0.11")]),  # down to half of it
        ("a" * 100, "가" * 10, "en-ko", [("CRITICAL", "0.22-0.95", "0.10")]),
        ("a" * 100, "가" * 95, "en-ko", []),  # to the highest
        ("a" * 100, "가" * 96, "en-ko", [("WARNING", "0.22-0.95", "0.96")]),
        ("a" * 100, "가" * 190, "en-ko", [("WARNING", "0.22-0.95", "1.90")]),  # up to twice as much
        ("a" * 100, "가" * 191, "en-ko", [("CRITICAL", "0.22-0.95", "1.91")]),
        ("가" * 100, "a" * 105, "ko-en", []),
        ("가" * 100, "a" * 104, "ko-en", [("WARNING", "1.05-4.50", "1.04")]),
        ("a" * 100, "가" * 50 + "a" * 100, "en-ko", []),  # a Latin letter of a Korean text is 0.4 of one: 0.90
        ("a" * 100, "가" * 60 + "a" * 100, "en-ko", [("WARNING", "0.22-0.95", "1.00")]),
        ("a" * 100, "가" * 60 + "1" * 40, "en-ko", [("WARNING", "0.22-0.95", "1.00")]),  # a digit is a whole one
        ("a" * 30, "가" * 6, "en-ko", [("WARNING", "0.22-0.95", "0.20")]),
        ("a" * 29, "가" * 6, "en-ko", []),  # a headline may be short,
        ("a" * 29, "가" * 95, "en-ko", []),  # and forty letters and twice the highest long
        ("a" * 29, "가" * 96, "en-ko", [("CRITICAL", "0.22-0.95", "3.31")]),
        ("a" * 100, "a", "en-fr", []),
    ],
)
def test_a_length_is_told_when_it_is_unusual_for_the_direction(
    source: str, target: str, from_to: str, expected: list[tuple[str, str, str]]
) -> None:
    findings = check_length(source, target, *from_to.split("-"))
    assert [(Finding.Severity.Name(f.severity)[9:], f.expected, f.actual) for f in findings] == expected
    for finding in findings:
        assert (finding.source.range.start, finding.source.range.end) == (0, len(source))
        assert (finding.target.start, finding.target.end) == (0, len(target))


def test_an_output_without_letters_and_digits_is_empty_as_a_whole() -> None:
    assert check_empty("Two", "2") == []
    [finding] = check_empty("Closed.", " … ")
    assert (finding.kind, finding.severity) == (Finding.KIND_LENGTH_RATIO, Finding.SEVERITY_CRITICAL)
    assert (finding.source.range.start, finding.source.range.end) == (0, 7)
    assert (finding.target.start, finding.target.end) == (0, 3)


def test_the_place_of_a_cut_is_the_last_word() -> None:
    target = "The council voted on Tuesday to reopen the  "
    [finding] = check_cut(SOURCES["ko"], target, "en")
    assert target[finding.target.start : finding.target.end] == "the"
    # Only the end counts: a sentence may have such a word anywhere.
    assert (
        check_cut(SOURCES["ko"], f"{target} northern pier, which the storm had closed in the winter before last.", "en")
        == []
    )
