import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.lengths import check_cut

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
