import pytest

from triwire_server.text.terms.transliteration import is_akin, likeness, skeleton


@pytest.mark.parametrize(
    ("spellings", "consonants"),
    [
        (["Trump", "트럼프", "Ｔｒｕｍｐ"], "tlmp"),
        (["トランプ", "とらんぷ", "ﾄﾗﾝﾌﾟ"], "tlnp"),  # Trump: n stands for m before p
        (["Samsung", "삼성", "サムスン"], "smsn"),
        (["Lindholm", "린드홀름", "リンドホルム"], "lnthlm"),
        (["Nord", "노드"], "nt"),
    ],
)
def test_a_name_has_the_same_consonants_in_every_script(spellings: list[str], consonants: str) -> None:
    assert [skeleton(spelling) for spelling in spellings] == [consonants] * len(spellings)


def test_an_r_before_a_consonant_counts_where_it_is_spoken() -> None:
    assert skeleton("Nordvale") == "ntpl"
    assert skeleton("Nordvale", is_rhotic=True) == skeleton("노르드베일") == "nltpl"


@pytest.mark.parametrize(
    ("phrase", "form", "share"),
    [
        ("서유림", "서유린", 0.86),  # Seo Yu-rin with another last consonant
        ("이재용", "이재명", 0.0),  # two people
        ("마렉 톨바넨", "마레크 톨바넨", 0.86),  # Marek Tolvanen
        ("Kim Yoo-keun", "Kim You-geun", 0.8),
        ("린드홀룸", "린드홀름", 0.91),  # Lindholm
        ("린드홀름", "린드홀름", 0.0),  # the form itself is no other spelling
        ("トルバーネン", "トルヴァネン", 0.0),  # Tolvanen: b and v are too far apart
    ],
)
def test_another_spelling_of_a_name_has_most_of_its_letters(phrase: str, form: str, share: float) -> None:
    assert round(likeness(phrase, form), 2) == share


def test_a_name_in_another_script_is_told_by_its_consonants_alone() -> None:
    assert likeness("노르드베일", "Nordvale") == 0.0
    assert likeness("노르드베일", "Nordvale", is_verbatim=True) == 0.6
    assert likeness("노르드베인", "Nordvale", is_verbatim=True) == 0.0  # another last consonant


def test_what_sounds_a_little_like_a_name_is_akin_to_it() -> None:
    assert is_akin("トルバーネン", "トルヴァネン", "Tolvanen")
    assert not is_akin("港湾", "Tolvanen")  # the harbour
