import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire_server.text.quantities.numbers import ENGLISH_NUMERALS, JAPANESE_NUMERALS, KOREAN_NUMERALS, read_words


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("seven", (7.0,)),
        ("twenty-one", (21.0,)),
        ("two hundred and fifty", (250.0,)),
        ("three hundred thousand", (300_000.0,)),
        ("one million two hundred thousand", (1_200_000.0,)),
        ("third", (3.0, 0.3333)),
        ("twenty-third", (23.0,)),
        ("two-thirds", (0.6667, 2.0, 3.0, 66.67)),
        ("two and three", (2.0,)),  # two numbers
        ("two three", (2.0,)),
        ("nineteen eighty-four", (1984.0,)),
    ],
)
def test_english_number_words(words: str, numbers: tuple[float, ...]) -> None:
    pieces = words.replace("-", " - ").split(" ")
    gaps = [" "] * len(pieces)
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index] == "-":
            del pieces[index], gaps[index]
            gaps[index - 1] = "-"
    assert read_words(pieces, gaps).numbers == numbers


@pytest.mark.parametrize(
    ("text", "number", "read"),
    [
        ("1조5000억 원", 1.5e12, "1조5000억"),  # 1.5 trillion won
        ("22 억 5 천만 명", 2.25e9, "22 억 5 천만"),  # 2.25 billion people
        ("1 만 5천", 15_000, "1 만 5천"),
        ("1만2500명", 12_500, "1만2500"),
        ("3천5백만", 35_000_000, "3천5백만"),
        ("이십삼", 23, "이십삼"),
        ("2만 7천 달러", 27_000, "2만 7천"),
        ("10만 1명", 100_000, "10만"),  # 100,000 and another number
        ("5 천안함", 5, "5"),  # 5, then the name of a ship that begins with the sign for 1,000
        ("3,500", 3500, "3,500"),
        ("억2000만", 1e8, "억"),  # what stood before 억 (hundred million) is lost
        ("1일", 1, "1"),  # the 1st: 일 is "day" here, not "one"
        ("3억 1\u202f000만원", 3.1e8, "3억 1\u202f000만"),  # 310 million won, with a NARROW NO-BREAK SPACE
    ],
)
def test_korean_mixed_numerals(text: str, number: float, read: str) -> None:
    mixed = KOREAN_NUMERALS.read(text, 0)
    assert mixed is not None
    assert (mixed.number, text[: mixed.end]) == (number, read)


@pytest.mark.parametrize(
    ("text", "number", "read"),
    [
        ("3億4千万円", 3.4e8, "3億4千万"),  # 340 million yen
        ("二十三人", 23, "二十三"),  # 23 people
        ("二〇一九年", 2019, "二〇一九"),  # the year 2019
        ("1万5千", 15_000, "1万5千"),
        ("5千本", 5000, "5千"),  # 5,000 pieces
        ("36憶ユーロ", 3.6e9, "36憶"),  # 3.6 billion euros, with a common slip
        ("百二十", 120, "百二十"),
        ("2四半期", 2, "2"),  # the second quarter
    ],
)
def test_japanese_mixed_numerals(text: str, number: float, read: str) -> None:
    mixed = JAPANESE_NUMERALS.read(text, 0)
    assert mixed is not None
    assert (mixed.number, text[: mixed.end]) == (number, read)


@given(st.text("0123456789,.\u2009 십백천만억조일이삼영十百千万億兆〇一二三年월", max_size=60))
def test_mixed_numerals_end_inside_the_text(text: str) -> None:
    for numerals in (KOREAN_NUMERALS, JAPANESE_NUMERALS):
        for start in range(len(text)):
            mixed = numerals.read(text, start)
            assert mixed is None or start < mixed.end <= len(text)


@given(st.lists(st.sampled_from([*ENGLISH_NUMERALS, "and", "of"]), min_size=1, max_size=8))
def test_number_words_are_read_from_the_first_on(words: list[str]) -> None:
    if words[0] in ENGLISH_NUMERALS:
        assert 1 <= read_words(words, [" "] * len(words)).num_words <= len(words)
