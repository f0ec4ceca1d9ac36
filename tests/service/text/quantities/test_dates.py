import pytest

from triwire_server.text.quantities.comparison import read_quantities
from triwire_server.text.quantities.values import Key


def strict_dates(text: str, language: str) -> list[Key]:
    return [
        value.keys[0]
        for value in read_quantities(text, language)
        if value.strict and str(value.keys[0])[0] in "mwt" and not isinstance(value.keys[0], float)
    ]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("in May", ["m5"]),
        ("Mrs May may march in March.", ["m3"]),
        ("Theresa May's speech", []),
        ("May 3 and 4 May", ["m5", "m5"]),
        ("Black Friday and Good Friday", []),
        ("Sheffield Wednesday won on Sunday.", ["w6"]),
        ("The Sun sat in the sun.", []),
        ("Jan. 5, Sept 11 and 3rd Oct", ["m1", "m9", "m10"]),
        ("Mar, Jun and Dec are names.", []),
        ("5.30pm, 17:30, 9 a.m.", ["t330", "t330", "t540"]),
    ],
)
def test_english_dates(text: str, keys: list[str]) -> None:
    assert strict_dates(text, "en") == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("월요일과 (화)", ["w0", "w1"]),  # Monday and (Tue)
        ("월·수요일", ["w0", "w2"]),  # Mondays and Wednesdays
        ("6월 3일 오후 5시 반", ["m6", "t330"]),  # 3 June, half past five in the afternoon
        ("5시간 뒤 3개월", []),  # five hours later, three months
        ("17시30분", ["t330"]),
        ("블랙프라이데이", []),  # Black Friday
    ],
)
def test_korean_dates(text: str, keys: list[str]) -> None:
    assert strict_dates(text, "ko") == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("月曜日と（火）", ["w0", "w1"]),  # Monday and (Tue)
        ("火・木曜", ["w1", "w3"]),  # Tuesdays and Thursdays
        ("6月3日午後5時半", ["m6", "t330"]),  # 3 June, half past five in the afternoon
        ("5時間後、3か月", []),  # five hours later, three months
        ("懲役3年6月", []),  # three years and six months in prison
        ("サンデー・タイムズ", []),  # Sunday Times
    ],
)
def test_japanese_dates(text: str, keys: list[str]) -> None:
    assert strict_dates(text, "ja") == keys


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("平成30年", 2018.0),
        ("令和元年", 2019.0),
        ("昭和63年", 1988.0),
        ("大正12年", 1923.0),
        ("明治元年", 1868.0),
    ],
)
def test_japanese_eras_are_years(text: str, year: float) -> None:
    (value,) = read_quantities(text, "ja")
    assert value.keys[0] == year
