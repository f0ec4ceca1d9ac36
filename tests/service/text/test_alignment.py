import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.strategies import inline_html, languages, texts
from triwire_server.text.alignment import align_sentences
from triwire_server.text.segment import split_sentences


def slices(source: str, target: str, languages: str, *, is_html: bool = False) -> list[tuple[str, str]]:
    source_language, target_language = languages.split("-")
    pairs = align_sentences(source, target, source_language, target_language, is_html=is_html)
    return [(source[start:end], target[first:last]) for (start, end), (first, last) in pairs]


def test_as_many_sentences_on_both_sides_go_one_to_one() -> None:
    assert slices("The harbour reopened. Nobody came. ", " 항구가 다시 열렸다. 아무도 오지 않았다.", "en-ko") == [
        ("The harbour reopened.", "항구가 다시 열렸다."),
        ("Nobody came.", "아무도 오지 않았다."),
    ]


def test_a_sentence_that_became_two_is_one_pair() -> None:
    source = (
        "The lighthouse that fishermen painted red in the year of the great storm is still standing, and so is the "
        "chapel on the cliff beside it. Neither has been lit since 1962."
    )
    # "The lighthouse that fishermen painted red in the year of the great storm still stands. The chapel on the cliff
    # beside it is there too. Both have been dark since 1962."
    target = (
        "큰 폭풍이 있던 해에 어부들이 붉게 칠한 등대는 아직 서 있다. 그 옆 절벽의 예배당도 그대로 남아 있다. "
        "두 곳 모두 1962년 이후 불이 꺼져 있다."
    )
    assert slices(source, target, "en-ko") == [
        (source[: source.index(" Neither")], target[: target.index(" 두 곳")]),
        ("Neither has been lit since 1962.", "두 곳 모두 1962년 이후 불이 꺼져 있다."),
    ]


def test_two_sentences_that_became_one_are_one_pair() -> None:
    # "It rained and the match was off. The KTX stood still for 40 minutes."
    assert slices(
        "It rained. The match was called off. The KTX stood still for 40 minutes.",
        "雨が降り、試合は中止になった。KTXは40分止まった。",
        "en-ja",
    ) == [
        ("It rained. The match was called off.", "雨が降り、試合は中止になった。"),
        ("The KTX stood still for 40 minutes.", "KTXは40分止まった。"),
    ]


def test_numbers_and_latin_words_decide_where_lengths_do_not() -> None:
    # "The NVL share fell by 12 per cent. That was so. Nobody in the whole town of Westmere knows why it was."
    assert slices(
        "The share of NVL, as they call it, fell 12%. Nobody knows why.",
        "NVL 주가 12% 하락. 그랬다. 웨스트미어 시내에서 왜 그런지 아는 사람은 아무도 없었다.",
        "en-ko",
    )[0][1].startswith("NVL 주가 12% 하락.")
    assert slices("NVL fell. It fell by 12% on Monday, after rising.", "12% 내렸다. NVL이다.", "en-ko") == [
        ("NVL fell. It fell by 12% on Monday, after rising.", "12% 내렸다. NVL이다.")
    ]


def test_a_sentence_without_counterpart_goes_with_its_neighbour() -> None:
    # "The harbour, closed for weeks after the storm, reopened on Monday morning."
    found = slices(
        "The harbour, which had been closed for weeks after the storm, reopened on Monday morning. Yes. No. Well.",
        "폭풍 뒤 몇 주 동안 닫혀 있던 항구가 월요일 아침 다시 열렸다.",
        "en-ko",
    )
    assert len(found) == 1


def test_blank_sides() -> None:
    assert align_sentences(" ", "\n", "en", "ko") == []
    assert align_sentences("It rained. ", " ", "en", "ko") == [((0, 10), (0, 0))]
    assert align_sentences("", "비가 왔다.", "en", "ko") == [((0, 0), (0, 6))]


def test_tags_stay_with_their_sentence() -> None:
    assert slices(
        '<b>It rained.</b> See <a href="/x">R&amp;D</a>. Nobody came.',
        '<b>비가 왔다.</b> <a href="/x">R&amp;D</a>를 보라. 아무도 오지 않았다.',
        "en-ko",
        is_html=True,
    ) == [
        ("<b>It rained.</b>", "<b>비가 왔다.</b>"),
        ('See <a href="/x">R&amp;D</a>.', '<a href="/x">R&amp;D</a>를 보라.'),
        ("Nobody came.", "아무도 오지 않았다."),
    ]


def test_an_element_over_two_sentences_keeps_them_in_one_pair() -> None:
    assert slices(
        "<em>It rained. It snowed.</em> Nobody came.",
        "<em>비가 왔다. 눈이 왔다.</em> 아무도 오지 않았다.",
        "en-ko",
        is_html=True,
    ) == [
        ("<em>It rained. It snowed.</em>", "<em>비가 왔다. 눈이 왔다.</em>"),
        ("Nobody came.", "아무도 오지 않았다."),
    ]


def check_pairs(source: str, target: str, pairs: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    for side, body in ((0, source), (1, target)):
        position = 0
        for pair in pairs:
            start, end = pair[side]
            assert position <= start <= end <= len(body)
            assert not body[position:start].strip()
            assert body[start:end] == body[start:end].strip()
            position = end
        assert not body[position:].strip()


@given(texts, texts, languages, languages)
def test_ranges_cover_both_texts_in_order(source: str, target: str, here: str, there: str) -> None:
    pairs = align_sentences(source, target, here, there)
    check_pairs(source, target, pairs)
    if source.strip() and target.strip():
        assert all(one[0] < one[1] and other[0] < other[1] for one, other in pairs)


def is_balanced(body: str) -> bool:
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z]+)[^<>]*>", body):
        if name == "br":
            continue
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


html = st.lists(
    st.one_of(inline_html, st.sampled_from(["It rained. ", "비가 왔다. ", "雨だ。", "<br>"])), max_size=6
).map("".join)


@given(html, html, languages, languages)
def test_slices_of_inline_html_are_balanced_and_cut_no_entity(source: str, target: str, here: str, there: str) -> None:
    pairs = align_sentences(source, target, here, there, is_html=True)
    check_pairs(source, target, pairs)
    for one, other in pairs:
        for piece in (source[slice(*one)], target[slice(*other)]):
            assert is_balanced(piece)
            assert not re.search(r"&(?!(?:amp|lt|gt);)|^[a-z]{2,3};", piece)


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_a_text_aligned_with_itself_gives_its_sentences(language: str) -> None:
    text = {
        "en": "It rained all night. The match, due at 5 p.m., was called off! Who knew? Nobody did, said the mayor.",
        "ko": "밤새 비가 왔다. 오후 5시 경기는 취소됐다! 누가 알았을까? 아무도 몰랐다고 시장은 말했다.",
        "ja": "一晩中雨だった。午後5時の試合は中止になった！誰が知っていたか？誰も知らなかったと市長は述べた。",
    }[language]
    expected = [text[start:end].strip() for start, end in split_sentences(text, language)]
    assert [one for one, _ in slices(text, text, f"{language}-{language}")] == expected
