import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.output_language import check_characters, check_language


def told(text: str, language: str, copied: tuple[tuple[int, int], ...] = ()) -> list[tuple[str, str, str]]:
    """(severity, language of the passage, passage)."""
    return [
        (Finding.Severity.Name(f.severity)[9:], f.actual, text[f.target.start : f.target.end])
        for f in check_language(text, language, copied)
    ]


def test_the_first_character_that_is_none_is_told_with_its_place() -> None:
    for text, place in (("\ufffd벌판\ufffd", 0), ("벌\ufffd판\ufffd", 1)):
        [finding] = check_characters(text, "ko", "field")
        assert (finding.target.start, finding.target.end, finding.expected) == (place, place + 1, "ko")
    assert check_characters("벌판", "ko", "field") == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Port 서해", "en", [("WARNING", "ko", "서해")]),  # a short line with a name is no Korean
        ("서해 Port", "ko", []),
        ("SoftBank社、東京進出。", "ja", []),  # SoftBank comes to Tokyo: a headline has no kana, and may end in a stop
        (
            "港口在暴风雨后于周一重新开放，渡轮启航。",
            "ja",
            [("CRITICAL", "zh", "港口在暴风雨后于周一重新开放，渡轮启航。")],
        ),
        ("Ibex und Dax fall", "en", []),  # one word of another language says nothing
        ("The fiesta de la luna and the feria del libro open in the town on Friday", "en", []),
        ("그는 New York Times Magazine 기자다.", "ko", []),  # a reporter of ...: a name of many words
        (
            "승객 이백 명은 월요일 정오에 첫 배로 섬을 after the storm had passed 떠났다.",
            "ko",
            [("WARNING", "en", "after the storm had passed")],
        ),
        (
            "El alcalde dijo que el puerto no se cierra.",
            "en",
            [("CRITICAL", "es", "El alcalde dijo que el puerto no se cierra.")],
        ),
        ("2026", "ko", []),
        ("항구가 다시 열렸다.", "fr", []),  # a language that no check knows
    ],
)
def test_a_passage_in_another_language_is_told_by_how_much_it_is(
    text: str, language: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(text, language) == expected


def test_words_of_the_source_are_not_told_twice_and_others_are() -> None:
    text = "항구는 ひらいた 월요일에 あいた 다시 열렸다."  # The harbour (opened) on Monday (opened) again.
    both = [("WARNING", "ja", "ひらいた"), ("WARNING", "ja", "あいた")]
    assert told(text, "ko") == both
    assert told(text, "ko", ((4, 8),)) == both[1:]
    assert told(text, "ko", ((14, 17),)) == both[:1]
    assert told(text, "ko", ((0, 4), (8, 14))) == both  # places that only touch them


def test_three_passages_are_told_at_most() -> None:
    assert len(told("항구 ひらいた, 항구 ひらいた, 항구 ひらいた, 항구 ひらいた, 항구가 다시 열렸습니다.", "ko")) == 3
