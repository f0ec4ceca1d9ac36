import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.names.comparison import check_claimed_names

ARTICLE = (
    "The harbour of Westmere reopened on Monday. Ada Lindholm, mayor of Westmere, thanked Nordvale Inc. and the "
    "Organisation for the Prohibition of Chemical Weapons. It cost the St. John council U.S. money."
)


def missing(statement: str, language: str = "en", article: str = ARTICLE, article_language: str = "en") -> list[str]:
    """Names of a statement that the article does not have, as warnings."""
    findings = check_claimed_names([("b1", article)], statement, article_language, language)
    for finding in findings:
        assert statement[finding.target.start : finding.target.end] == finding.actual
    return [finding.actual for finding in findings if finding.severity == Finding.SEVERITY_WARNING]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        # Letters that words of the article spell, one after the other
        ("The OPCW agreed.", []),
        ("The OPCX agreed.", ["OPCX"]),
        ("The NATO agreed.", ["NATO"]),
        ("The WHC opened", ["WHC"]),
        ("NI won", []),
        # Other endings of a name, and longer words made of one
        ("Lindholm's harbour", []),
        ("Lindholms waved.", []),
        ("Nordvale-led work", []),
        ("He met Lindholm-Carter.", ["Lindholm-Carter"]),
        # Where a sentence begins, a capital says nothing; a name behind a title or before a verb does
        ("Ferries left.", []),
        ("Harbours reopen", []),
        ("Business was good", []),
        ("Carter waved.", ["Carter"]),
        ("It was late. Carter waved.", ["Carter"]),
        ("Dr. Carter waved.", ["Carter"]),
        ("Said Carter: it is late", ["Carter"]),
        ("Running Bear waved", ["Bear"]),
        ("Westmere, Carter and Lindholm", ["Carter"]),
        ("The Carters waved", ["Carters"]),
        # Words of a name are told together
        ("A Big Deal in Westmere", ["Big Deal"]),
        ("X waved", []),
    ],
)
def test_a_name_that_the_article_does_not_have_is_told(statement: str, names: list[str]) -> None:
    assert missing(statement) == names


def test_words_that_begin_with_other_letters_do_not_spell_an_acronym() -> None:
    assert missing("The OPCW agreed.", article="Old boats brought fresh water to town.") == ["OPCW"]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("OPCW는 동의했다.", []),  # The OPCW agreed.
        ("NATO는 동의했다.", ["NATO"]),
        ("전력 30MW를 썼다.", []),  # It used 30 MW.
        ("3D 지도를 냈다.", []),  # It published a 3D map.
        ("Nordvale이 밝혔다.", []),  # Nordvale said so.
        ("Carter가 밝혔다.", ["Carter"]),
    ],
)
def test_letters_in_a_korean_statement_are_names_of_the_article(statement: str, names: list[str]) -> None:
    assert missing(statement, "ko") == names


def test_letters_that_the_article_spells_out_in_its_own_script_are_no_new_name() -> None:
    korean = "정부는 인공지능 산업을 키운다."  # The government will grow the AI industry.
    assert missing("정부, AI 산업 키운다", "ko", korean, "ko") == []
    assert missing("정부, GDP 키운다", "ko", korean, "ko") == ["GDP"]
