from triwire.v1.article_service_pb2 import REGISTER_POLITE, HouseStyle
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.pipeline.house_terms import NO_TERMS, HouseTerms, TermsCache, named

HARBOUR = GlossaryTerm(forms={"en": "harbour", "ko": "항구", "ja": "港"})
MAYOR = GlossaryTerm(forms={"en": "mayor", "ko": "시장"})


def test_each_direction_has_its_forms() -> None:
    terms = HouseTerms([HARBOUR, MAYOR])
    assert [hit.target_form for hit in terms.find("The mayor closed the harbour.", "en", "ko")] == ["시장", "항구"]
    assert [hit.target_form for hit in terms.find("The mayor closed the harbour.", "en", "ja")] == ["港"]
    assert [hit.target_form for hit in terms.find("시장이 항구를 닫았다.", "ko", "en")] == ["mayor", "harbour"]


def test_a_model_is_told_of_each_pair_of_forms_once() -> None:
    hits = HouseTerms([HARBOUR]).find("The harbour is a harbour.", "en", "ko")
    assert len(hits) == 2
    assert named(hits) == (("harbour", "항구"),)


def test_equal_terms_are_indexed_once_and_other_terms_anew() -> None:
    cache = TermsCache()
    first = cache.terms_of(HouseStyle(terms=[HARBOUR]))
    assert cache.terms_of(HouseStyle(terms=[HARBOUR], register=REGISTER_POLITE)) is first
    other = cache.terms_of(HouseStyle(terms=[HARBOUR, MAYOR]))
    assert [hit.target_form for hit in other.find("The mayor left.", "en", "ko")] == ["시장"]
    assert first.find("The mayor left.", "en", "ko") == []
    assert cache.terms_of(HouseStyle()) is NO_TERMS
