import unicodedata

from hypothesis import given

from tests.service.text.strategies import texts
from triwire_server.text.normalize import normalize


def test_decomposed_hangul_and_kana_are_composed() -> None:
    assert normalize("\u1112\u1161\u11ab\u1100\u116e\u11a8") == "한국"  # Korea, as jamo
    assert normalize("\u304b\u3099") == "が"  # KA with the COMBINING VOICED SOUND MARK
    assert normalize("e\u0301") == "é"


def test_every_line_end_is_a_line_feed() -> None:
    assert normalize("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_nothing_else_is_altered() -> None:
    text = "\x00\u00a0\u200b\ufeff ＡＢＣ ㈱ ﬁ ① “quoted” \ud800"
    assert normalize(text) == text


@given(texts)
def test_the_result_is_normal_and_stays_so(text: str) -> None:
    result = normalize(text)
    assert unicodedata.is_normalized("NFC", result)
    assert "\r" not in result
    assert normalize(result) == result
