import pytest
from hypothesis import given

from tests.service.text.strategies import anything
from triwire_server.text.characters import Script, count_scripts, is_cjk, script_of, squeeze, visible, width, words


@pytest.mark.parametrize(
    ("character", "script"),
    [
        ("a", Script.LATIN),
        ("é", Script.LATIN),
        ("Ａ", Script.LATIN),  # full-width A
        ("항", Script.HANGUL),
        ("ㅋ", Script.HANGUL),
        ("\u1112", Script.HANGUL),  # HANGUL CHOSEONG HIEUH
        ("あ", Script.KANA),
        ("ー", Script.KANA),
        ("ｱ", Script.KANA),  # half-width A
        ("港", Script.HAN),
        ("々", Script.HAN),
        ("\U00020bb7", Script.HAN),  # the form of 吉 that some family names have
        ("я", Script.OTHER),
        ("ไ", Script.OTHER),
        ("1", None),
        ("。", None),
        ("\U0001f6a2", None),  # SHIP
        ("\u0301", None),  # COMBINING ACUTE ACCENT
        ("・", None),
    ],
)
def test_each_letter_has_a_script_and_nothing_else_does(character: str, script: Script | None) -> None:
    assert script_of(character) is script


def test_letters_are_counted_by_script() -> None:
    counts = count_scripts("KTX 열차 12량が着く")  # "KTX train, 12 cars, arrives", mixed
    assert counts == {Script.LATIN: 3, Script.HANGUL: 3, Script.KANA: 2, Script.HAN: 1, Script.OTHER: 0}


def test_korean_and_japanese_letters_are_wide() -> None:
    assert width("harbour") == 7
    assert width("항구") == 4  # harbour
    assert width("港。") == 4
    assert width("ｱ") == 1  # half-width kana
    assert width("a\u200bb\ufeff") == 2  # ZERO WIDTH SPACE, BYTE ORDER MARK
    assert width("e\u0301") == 1  # e with COMBINING ACUTE ACCENT
    assert width("") == 0


def test_a_reader_sees_no_zero_width_characters_and_single_spaces() -> None:
    assert visible("  The\u00a0\u200bharbour \n\t reopened\u3000") == "The harbour reopened"
    assert visible("\u200b \ufeff") == ""


def test_words_are_whole_in_latin_letters_and_pairs_elsewhere() -> None:
    assert list(words("The mayor’s plan: 3.4 million")) == ["the", "mayor", "plan", "3.4", "million"]
    assert list(words("한빛항에서")) == ["한빛", "빛항", "항에", "에서"]  # at Hanbit harbour
    assert list(words("港が再開")) == ["港が", "が再", "再開"]  # the harbour reopens
    assert list(words("港")) == ["港"]
    assert list(words("…!?")) == []


def test_only_hangul_kana_and_han_are_cjk() -> None:
    assert [is_cjk(character) for character in "항あ港aя1。"] == [True, True, True, False, False, False, False]


@given(anything)
def test_any_text_has_a_width_and_words(text: str) -> None:
    assert width(text) >= 0
    assert all(words(text))
    assert visible(visible(text)) == visible(text)


def test_squeezed_texts_are_equal_whatever_their_marks_and_capitals() -> None:
    assert squeeze("“It’s OPEN”, 시장은") == squeeze("its open 시장은") == "itsopen시장은"  # the mayor
    assert squeeze("… 「」") == ""
