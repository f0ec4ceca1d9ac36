import time

import pytest

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.review.terms import TermFinder

CITY = GlossaryTerm(forms={"en": "Port Ellery", "ko": "포트 엘러리", "ja": "ポート・エラリー"})
PAPER = GlossaryTerm(forms={"en": "Port Ellery Gazette", "ko": "포트 엘러리 가제트"})
COUNTY = GlossaryTerm(forms={"en": "Solmoe County", "ko": "솔뫼군"})
STORE = GlossaryTerm(forms={"en": "cold store", "ko": "저온 저장고"}, case_insensitive=True)
TRUST = GlossaryTerm(forms={"en": "HOT", "ko": "홀린 재단"})
FIRM = GlossaryTerm(forms={"en": "Ferrant & Daughters"}, verbatim=True)


def found(body: str, language: str, *, is_html: bool = False) -> list[str]:
    """The passages of a body that are marked, in order."""
    finder = TermFinder([CITY, PAPER, COUNTY, STORE, TRUST, FIRM], ["en-GB", "ko", "ja"])
    marks = finder.find(body, language, is_html=is_html)
    return [body[mark.start : mark.end] for mark in sorted(marks, key=lambda mark: mark.start)]


@pytest.mark.parametrize(
    ("body", "language", "passages"),
    [
        ("The Port Ellery Gazette of Port Ellery's harbour", "en", ["Port Ellery Gazette", "Port Ellery"]),
        ("Port Elleryshire and transPort Ellery", "en", []),
        ("Cold stores and a COLD STORE", "en", ["Cold store", "COLD STORE"]),
        ("Hot weather, HOTEL, HOT", "en", ["HOT"]),
        ("솔뫼군은 솔뫼군에서", "ko", ["솔뫼군", "솔뫼군"]),  # "Solmoe County is", "in Solmoe County"
        ("새솔뫼군", "ko", []),  # another county, whose name ends alike
        ("ポート・エラリーの港", "ja", ["ポート・エラリー"]),  # "the harbour of Port Ellery"
        ("ニューポート・エラリー", "ja", []),  # New Port Ellery
        ("Ferrant & Daughters는", "ko", ["Ferrant & Daughters"]),
    ],
)
def test_a_term_is_marked_where_it_stands_as_a_word(body: str, language: str, passages: list[str]) -> None:
    assert found(body, language) == passages


def test_in_markup_a_form_is_found_as_it_is_escaped_there() -> None:
    assert found("<b>Ferrant &amp; Daughters</b>", "en", is_html=True) == ["Ferrant &amp; Daughters"]


def test_a_mark_tells_the_forms_of_all_languages_of_the_page() -> None:
    finder = TermFinder([CITY], ["en", "ja"])
    assert [mark.key for mark in finder.find("Port Ellery", "en")] == ["term: Port Ellery = ポート・エラリー"]


def test_a_term_without_a_form_in_a_second_language_of_the_page_is_not_marked() -> None:
    assert TermFinder([PAPER], ["en", "ja"]).find("Port Ellery Gazette", "en") == []


def test_a_large_glossary_costs_little_for_a_long_article() -> None:
    terms = [GlossaryTerm(forms={"en": f"Name {number}", "ko": f"이름{number}"}) for number in range(10_000)]
    bodies = [f"Paragraph {number} about Name {number} and the harbour. " * 5 for number in range(400)]
    started = time.perf_counter()
    finder = TermFinder(terms, ["en", "ko"])
    finder.keep(bodies)
    assert sum(len(finder.find(body, "en")) for body in bodies) == 2000
    assert time.perf_counter() - started < 4
