import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.service.text.sentence_cases import ENGLISH, JAPANESE, KOREAN, LATER
from tests.service.text.strategies import inline_html, languages, texts
from triwire_server.text.segment import split_segments, split_sentences


def sentences(text: str, language: str) -> list[str]:
    return [text[start:end].strip() for start, end in split_sentences(text, language)]


def segments(body: str, language: str, limit: int, *, is_html: bool = False) -> list[str]:
    return [
        body[start:end]
        for start, end in split_segments(body, language, lambda piece: len(piece) <= limit, is_html=is_html)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The ferry left at 5 p.m. The mayor, Dr. Ada Lindholm, waved.",
            ["The ferry left at 5 p.m.", "The mayor, Dr. Ada Lindholm, waved."],
        ),
        ("The U.S. Navy sent two ships. One stayed.", ["The U.S. Navy sent two ships.", "One stayed."]),
        ("Prices rose 6.25 per cent. Nobody cheered.", ["Prices rose 6.25 per cent.", "Nobody cheered."]),
        ("“Are you sure?” he asked. She was.", ["“Are you sure?” he asked.", "She was."]),
        ("“We saw it. It was huge,” she said. He left.", ["“We saw it. It was huge,” she said.", "He left."]),
        ('"Stop!" the driver shouted. It was late.', ['"Stop!" the driver shouted.', "It was late."]),
        ("J. K. Amundsen came second. Who won?", ["J. K. Amundsen came second.", "Who won?"]),
        ("See example.com for more. It is free.", ["See example.com for more.", "It is free."]),
        ("It is No. 1 in the north. Really.", ["It is No. 1 in the north.", "Really."]),
        ("Wait... what? Yes!", ["Wait... what?", "Yes!"]),
    ],
)
def test_english_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The harbour reopened. The ferry left at noon.
        ("항구가 다시 열렸다. 여객선은 정오에 떠났다.", ["항구가 다시 열렸다.", "여객선은 정오에 떠났다."]),
        # He said: "The wind was strong. The waves were high." The repairs took three days.
        (
            "그는 “바람이 셌다. 파도도 높았다.”고 말했다. 복구에는 사흘이 걸렸다.",
            ["그는 “바람이 셌다. 파도도 높았다.”고 말했다.", "복구에는 사흘이 걸렸다."],
        ),
        # It opened on 22 August 2019. Prices rose 3.5 per cent.
        ("2019. 8. 22. 문을 열었다. 물가는 3.5% 올랐다.", ["2019. 8. 22. 문을 열었다.", "물가는 3.5% 올랐다."]),
        # Was it safe? Nobody knows.
        ("안전했을까? 아무도 모른다.", ["안전했을까?", "아무도 모른다."]),
    ],
)
def test_korean_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text, "ko") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The harbour reopened. The ferry left at noon.
        ("港が再開した。船は正午に出た。", ["港が再開した。", "船は正午に出た。"]),
        # The mayor said: "The wind was strong. The waves were high." Repairs took three days.
        (
            "市長は「風が強かった。波も高かった。」と述べた。復旧に3日かかった。",
            ["市長は「風が強かった。波も高かった。」と述べた。", "復旧に3日かかった。"],
        ),
        # "Is it really safe?" a resident asked. There was no answer.
        (
            "「本当に安全か？」と住民は尋ねた。答えはなかった。",
            ["「本当に安全か？」と住民は尋ねた。", "答えはなかった。"],
        ),
        # It opened! Everybody (about 300 people. all locals) cheered.
        ("開いた！全員（約300人。皆地元）が喜んだ。", ["開いた！", "全員（約300人。皆地元）が喜んだ。"]),
    ],
)
def test_japanese_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text, "ja") == expected


CASES = [
    (language, case.replace("\\n", "\n"))
    for language, table in (("en", ENGLISH), ("ko", KOREAN), ("ja", JAPANESE))
    for case in table.strip().splitlines()
]


@pytest.mark.parametrize(("language", "case"), [*CASES, *LATER])
def test_hard_cases(language: str, case: str) -> None:
    assert sentences(case.replace("‖", ""), language) == [sentence.strip() for sentence in case.split("‖")]


def test_lone_surrogates_and_control_characters_are_kept() -> None:
    text = "The harbour\ud800 reopened. \udfff\x00Nobody\x1c came.\u2028“\ud83d.” Then"
    for language in ("en", "ko", "ja"):
        ranges = split_sentences(text, language)
        assert "".join(text[start:end] for start, end in ranges) == text
        assert len(ranges) > 1


NOISE = [
    *[
        '"',
        "'",
        "(",
        "「",
        "“",
        "”",
        "」",
        "[",
        ".",
        "\n",
        "a.",
        " ",
        "a. ",
        "A. ",
        "U.S. ",
        "1. ",
        "! ",
        "。",
        "「。",
        '. "',
    ],
    *[
        "\n\n",
        "a" * 60 + "\n",
        '"a." ',
        "“x. ",
        "? \u3000",
        "said ",
        "…" + " " * 300,
        "\U0001f6a2",
        "\ud800",
        "다.”고 ",
    ],
]


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
@pytest.mark.parametrize("noise", NOISE)
def test_the_time_grows_with_the_text_and_not_with_its_square(noise: str, language: str) -> None:
    def seconds(length: int) -> float:
        text = noise * (length // len(noise))
        started = time.process_time()
        ranges = split_sentences(text, language)
        assert ranges[-1][1] == len(text)
        return time.process_time() - started

    # Sixteen times the text: a quadratic scan takes 256 times as long. The floor keeps noise out of it.
    assert min(seconds(160_000) for _ in range(2)) < 60 * max(seconds(10_000), 0.005)


def test_a_quotation_of_over_300_characters_is_cut_inside() -> None:
    inside = "The wind turned and we lost the outer wall. " * 10
    assert len(sentences(f"“{inside}” he said.", "en")) > 5


def test_a_hard_wrapped_line_goes_on_and_a_blank_line_ends() -> None:
    wrapped = "The last post office in the country that delivers by mule will\nkeep the animal. Good."
    assert len(sentences(wrapped, "en")) == 2
    assert sentences("Results\n\nDrone: 19", "en") == ["Results", "Drone: 19"]
    names = ["Ann Roe", "Bob Lee", "Cas Poe"] * 8  # short lines, however many
    assert sentences("\n".join(names), "en") == names


def test_white_space_at_the_end_belongs_to_the_last_sentence() -> None:
    assert split_sentences("It rained.\n\n ", "en") == [(0, 13)]
    assert split_sentences("It rained. He left. ", "en") == [(0, 11), (11, 20)]


def test_short_neighbours_are_one_segment_and_long_sentences_stand_alone() -> None:
    long = "The market stayed open, because nobody had told the fishermen that it was closed until Friday morning."
    assert segments("It rained. Nobody came.", "en", 500) == ["It rained. Nobody came."]
    assert segments(f"It rained. {long} {long}", "en", 110) == ["It rained.", long, long]
    # The harbour opened its gates again at noon on Monday after the storm had passed: a letter of Korean says more.
    korean = "항구는 폭풍이 지나간 뒤 월요일 정오에 다시 문을 열었다."
    assert segments(f"{korean} {korean}", "ko", 500) == [korean, korean]


def test_the_caller_says_how_long_a_piece_of_several_sentences_may_be() -> None:
    body = "It rained. Nobody came. It snowed. Nobody stayed."

    def pieces(limit: int) -> list[str]:
        ranges = split_segments(body, "en", lambda piece: True, comfortable=lambda piece: len(piece) <= limit)
        return [body[start:end] for start, end in ranges]

    assert pieces(5) == ["It rained.", "Nobody came.", "It snowed.", "Nobody stayed."]
    assert pieces(25) == ["It rained. Nobody came.", "It snowed. Nobody stayed."]
    assert pieces(100) == [body]


def test_lines_are_never_joined() -> None:
    assert segments("Results\n\nIt rained. It snowed.\nNobody came.", "en", 500) == [
        "Results",
        "It rained. It snowed.",
        "Nobody came.",
    ]


def test_an_element_over_several_sentences_stays_in_one_segment_if_it_fits() -> None:
    body = "It rained. <em>The harbour closed. The market did not.</em> Nobody came."
    ranges = split_segments(body, "en", lambda piece: True, comfortable=lambda piece: False, is_html=True)
    assert [body[start:end] for start, end in ranges] == [
        "It rained.",
        "<em>The harbour closed. The market did not.</em>",
        "Nobody came.",
    ]
    assert segments(body, "en", 50, is_html=True)[1] == "<em>The harbour closed. The market did not.</em>"
    assert len(segments(body, "en", 40, is_html=True)) == 2  # does not fit: the tags are parted


def test_a_sentence_that_does_not_fit_is_cut_at_a_clause_then_at_a_space() -> None:
    body = "The harbour reopened on Monday, and the first ferry left at noon"
    assert segments(body, "en", 40) == ["The harbour reopened on Monday,", "and the first ferry left at noon"]
    assert segments("harbour reopened monday", "en", 16) == ["harbour reopened", "monday"]
    # A comma inside of a number is no clause.
    body = "The council paid 3,400,000 crowns for the repair of the harbour"
    assert segments(body, "en", 22) == ["The council paid", "3,400,000 crowns for", "the repair of the", "harbour"]
    assert segments("港が再開した港が再開した", "ja", 6) == ["港が再開した", "港が再開した"]  # no mark, no space


def test_tags_and_entities_are_never_cut() -> None:
    body = '<a href="https://example.com/a">The harbour</a> of R&amp;D reopened'
    pieces = segments(body, "en", 12, is_html=True)
    assert "".join(pieces).replace(" ", "") == body.replace(" ", "")
    assert all(piece.count("<") == piece.count(">") for piece in pieces)
    assert not any(re.search(r"&(?!amp;)", piece) for piece in pieces)


def test_a_body_of_white_space_has_no_segments() -> None:
    assert split_segments(" \n\u3000", "ja", lambda piece: True) == []
    assert split_sentences("", "en") == []


@given(texts, languages)
def test_sentences_joined_are_the_text(text: str, language: str) -> None:
    ranges = split_sentences(text, language)
    assert "".join(text[start:end] for start, end in ranges) == text
    assert all(start < end for start, end in ranges)


@given(texts, languages, st.integers(1, 80))
def test_only_white_space_lies_between_segments(text: str, language: str, limit: int) -> None:
    ranges = split_segments(text, language, lambda piece: len(piece) <= limit)
    position = 0
    for start, end in ranges:
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()
    assert all(end - start <= limit for start, end in ranges)


@given(inline_html, languages, st.integers(8, 80))
def test_segments_of_html_never_split_a_tag_or_an_entity(body: str, language: str, limit: int) -> None:
    assume(re.sub(r"<[^<>]*>", "", body).strip())
    ranges = split_segments(body, language, lambda piece: len(piece) <= limit, is_html=True)
    between = [0, *(place for pair in ranges for place in pair), len(body)]
    atoms = [match.span() for match in re.finditer(r"<[^<>]*>|&[a-z]+;", body)]
    assert not any(start < place < end for place in between for start, end in atoms)
    gaps = zip(between[0::2], between[1::2], strict=True)
    assert all(not body[start:end].strip() for start, end in gaps)


def test_a_clause_right_at_the_start_is_no_place_to_cut() -> None:
    body = "Yes, the harbour reopened on Monday after the storm had passed"
    assert segments(body, "en", 40) == ["Yes, the harbour reopened on Monday", "after the storm had passed"]


def test_what_is_measured_of_a_sentence_without_end_grows_with_it_and_not_with_its_square() -> None:
    def measured(length: int) -> int:
        characters = 0

        def fits(piece: str) -> bool:
            nonlocal characters
            characters += len(piece)
            return len(piece) <= 300

        assert len(split_segments("港" * length, "ja", fits)) == length // 300  # harbour
        return characters

    assert measured(30_000) <= 11 * measured(3_000)


def test_fits_is_asked_a_number_of_times_that_grows_with_the_text_and_not_its_square() -> None:
    def questions(times: int) -> int:
        asked = 0

        def fits(piece: str) -> bool:
            nonlocal asked
            asked += 1
            return len(piece) <= 60

        split_segments("The harbour reopened on Monday, and the first ferry left at noon. " * times, "en", fits)
        return asked

    assert questions(400) <= 4.5 * questions(100)
