import pytest
from hypothesis import given

from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.verbatim import check_verbatim
from triwire_server.text.findings import check_translation

CRITICAL, WARNING = Finding.SEVERITY_CRITICAL, Finding.SEVERITY_WARNING


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        # Hello {name}. / Visit the page. / Write to the desk. / Follow us. / 3 of %(n)d boats.
        ("Hello {name}.", "안녕하세요 {name}님.", []),
        ("Hello {name}.", "안녕하세요.", [("{name}", "", CRITICAL)]),
        ("Hello {name}.", "안녕하세요 {이름}님.", [("{name}", "", CRITICAL)]),
        ("Hello {name}.", "안녕하세요 {nome}님.", [("{name}", "{nome}", CRITICAL)]),
        ("See https://example.org/a?b=1.", "https://example.org/a?b=1 참조.", []),
        (
            "See https://example.org/a.",
            "https://example.org/b 참조.",
            [("https://example.org/a", "https://example.org/b", CRITICAL)],
        ),
        ("Write to desk@example.org.", "연락 바랍니다.", [("desk@example.org", "", CRITICAL)]),
        (  # an address of another sort is not the same one, altered
            "Write to desk@example.org.",
            "www.example.org",
            [("desk@example.org", "", CRITICAL), ("", "www.example.org", WARNING)],
        ),
        ("Follow @westmere_news.", "@westmere를 보라.", [("@westmere_news", "@westmere", WARNING)]),
        ("It rained.", "비가 왔다. www.example.org", [("", "www.example.org", WARNING)]),
        ("%(n)d boats, %s", "배 %(n)d척, %s", []),
        ("%(n)d boats", "배 %(m)d척", [("%(n)d", "%(m)d", CRITICAL)]),
        ("{a} and {a}", "{a}", [("{a}", "", CRITICAL)]),
        ("A rise of 5% and 10%.", "5%와 10% 올랐다.", []),
    ],
)
def test_what_is_lost_altered_or_added_is_found(
    source: str, target: str, expected: list[tuple[str, str, "Finding.Severity.ValueType"]]
) -> None:
    findings = check_verbatim(source, target)
    assert [(finding.expected, finding.actual, finding.severity) for finding in findings] == expected
    for finding in findings:
        place = finding.source.range
        assert source[place.start : place.end] == finding.expected
        assert target[finding.target.start : finding.target.end] == finding.actual


def test_tags_of_inline_html_are_compared_with_their_attributes() -> None:
    source, target = 'A <a href="/x">new</a> <b>pier</b>', '<a href="/y">새</a> 부두'
    found = [(f.expected, f.actual, f.severity) for f in check_verbatim(source, target, is_html=True)]
    assert found[0] == ('<a href="/x">', '<a href="/y">', WARNING)
    assert {expected for expected, _, _ in found[1:]} == {"<b>", "</b>"}
    assert check_verbatim(source, target) == []


def test_a_lost_address_does_not_hide_what_else_is_wrong() -> None:
    source = "The council at https://example.org/pier voted 7 to 2 on Tuesday to reopen the pier."
    target = "시의회는 화요일 부두를 다시 열기로 8 대 2로 의결했다."  # ... voted 8 to 2 on Tuesday ...
    kinds = {finding.kind for finding in check_translation(source, target, "en", "ko")}
    assert kinds == {Finding.KIND_PLACEHOLDER_MISMATCH, Finding.KIND_NUMBER_MISMATCH}


@given(texts)
def test_a_text_has_all_that_it_has(text: str) -> None:
    assert check_verbatim(text, text) == []


@given(inline_html, inline_html)
def test_places_are_places(source: str, target: str) -> None:
    for finding in check_verbatim(source, target, is_html=True):
        place = finding.source.range
        assert source[place.start : place.end] == finding.expected
        assert target[finding.target.start : finding.target.end] == finding.actual
