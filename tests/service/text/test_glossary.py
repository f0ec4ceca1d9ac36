import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.glossary import TermIndex, apply_terms, check_terms, protect_terms


def term(verbatim: bool = False, case_insensitive: bool = False, **forms: str) -> GlossaryTerm:
    return GlossaryTerm(forms=forms, verbatim=verbatim, case_insensitive=case_insensitive)


TERMS = [
    term(en="Samsung", ko="삼성", ja="サムスン"),
    term(en="Bank of Korea", ko="한국은행", ja="韓国銀行"),
    term(en="Korea", ko="한국", ja="韓国"),
    term(en="Nordvale", verbatim=True),
    term(en="Kim You-geun", ko="김유근", ja="キム・ユグン"),
    term(en="central bank", ko="중앙은행", ja="中央銀行"),
]
SOURCE = "Samsung and Nordvale met Kim You-geun of the Bank of Korea."
HITS = TermIndex(TERMS, "en", "ko").find_terms(SOURCE)


def found(text: str, source: str = "en", target: str = "ko") -> list[str]:
    return [text[hit.start : hit.end] for hit in TermIndex(TERMS, source, target).find_terms(text)]


def test_the_longest_source_form_wins() -> None:
    assert found("The Bank of Korea is in Korea.") == ["Bank of Korea", "Korea"]
    assert found("한국은행은 한국에 있다", "ko", "en") == ["한국은행", "한국"]


def test_a_korean_form_is_followed_by_particles_alone() -> None:
    assert found("한국에서는 한국어를 쓴다", "ko", "en") == ["한국"]  # In Korea, Korean is used.
    assert found("주한국 대사", "ko", "en") == []


def test_terms_that_stand_right_are_left_alone() -> None:
    text = "삼성과 Nordvale은 한국은행의 김유근을 만났다."
    assert apply_terms(text, HITS, "ko") == (text, [])


def test_a_source_form_left_as_it_was_is_replaced_and_its_particle_agrees() -> None:
    text, findings = apply_terms("Samsung는 Nordvale와 Bank of Korea의 김 유근을 만났다.", HITS, "ko")
    assert text == "삼성은 Nordvale와 한국은행의 김유근을 만났다."
    assert findings == []


def test_a_term_that_is_nowhere_is_reported_with_its_place_in_the_source() -> None:
    _, findings = apply_terms("삼성과 Nordvale은 한국은행을 찾았다.", HITS, "ko")
    assert [(finding.kind, finding.severity, finding.expected) for finding in findings] == [
        (Finding.KIND_TERM_MISSING, Finding.SEVERITY_WARNING, "김유근")
    ]
    place = findings[0].source.range
    assert SOURCE[place.start : place.end] == "Kim You-geun"


@pytest.mark.parametrize("is_summary", [False, True])
def test_a_summary_may_leave_a_term_out_but_not_write_it_wrong(is_summary: bool) -> None:
    findings = check_terms(SOURCE, "Samsung은 한국은행을 찾았다.", TERMS, "en", "ko", is_summary=is_summary)
    expected = [("삼성", "Samsung")] if is_summary else [("삼성", "Samsung"), ("Nordvale", ""), ("김유근", "")]
    assert [(finding.expected, finding.actual) for finding in findings] == expected


def test_marks_become_target_forms_with_their_particles() -> None:
    protected = protect_terms(SOURCE, HITS)
    assert protected.text == "[1] and [2] met [3] of the [4]."
    text, lost = protected.restore("[1]와 [2]는 [4]를 찾았다", "ko")
    assert text == "삼성과 Nordvale은 한국은행을 찾았다"
    assert [hit.target_form for hit in lost] == ["김유근"]
