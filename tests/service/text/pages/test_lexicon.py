import pytest
from hypothesis import given

from tests.service.text.strategies import texts
from triwire_server.text.characters import width
from triwire_server.text.pages import credit_lines, lexicon


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Learn more",
        "Get more with myNEWS",
        "Sign up to our weekly newsletter",
        "Straight to your inbox",
        "Share this article",
        "© 2026 The Hollin Courier. All rights reserved.",
        "Most read",
        "3 min read",
        "광고",  # advertisement
        "본문 바로가기",  # to the text
        "무단전재 및 재배포 금지",  # no reproduction or redistribution
        "많이 본 뉴스",  # most read news
        "댓글 24",  # 24 comments
        "広告",  # advertisement
        "会員限定記事",  # article for members
        "残り：412文字／全文：1,105文字",  # 412 of 1,105 characters remaining
        "無断転載・複製を禁じます",  # no reproduction
        "アクセスランキング",  # most read
    ],
)
def test_prompts_and_labels_are_boilerplate(line: str) -> None:
    assert lexicon.is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "The mayor signed up for the race.",
        "Sharing a flat becomes more expensive",
        "Advertisements on buses are to be banned",
        "광고비 줄인 기업들",  # firms that cut advertising
        "공유 자전거 두 배로 늘린다",  # shared bicycles to be doubled
        "広告費が過去最高に",  # advertising spending at a record
        "共有地を守る",  # protecting the commons
    ],
)
def test_news_about_such_things_is_not(line: str) -> None:
    assert not lexicon.is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "By Maren Whitlock",
        "By Kim Ha-eun and Park Ji-soo in Seoul",
        "Additional reporting by Kyodo and Meridian Press",
        "이다원 기자 dawon.lee@example.com",  # Lee Dawon, reporter
        "남궁리안 기자",  # Namgung Rian, reporter
        "三雲さやか記者",  # Mikumo Sayaka, reporter
        "（共同）",  # (Kyodo)
        "press@example.com",
    ],
)
def test_lines_that_say_who_wrote_are_bylines(line: str) -> None:
    assert credit_lines.is_byline(line)


@pytest.mark.parametrize("line", ["By the end of the year", "From the start", "기자 회견", "記者会見の要旨"])
def test_lines_that_only_begin_like_a_byline_are_not(line: str) -> None:
    assert not credit_lines.is_byline(line)


@pytest.mark.parametrize(
    "line",
    [
        "Published 14 May 2026",
        "3 March 2026",
        "2026-07-14 09:12",
        "입력 2026.04.18. 오전 9:20",  # entered ... 9:20 a.m.
        "2026年5月20日 6時30分",
        "9.30am",
    ],
)
def test_dates_of_publication_are_date_lines(line: str) -> None:
    assert credit_lines.is_date_line(line)


def test_a_sentence_with_a_date_is_no_date_line() -> None:
    assert not credit_lines.is_date_line("On 14 May 2026 the last ship left the coal harbour of Port Ellery.")


@pytest.mark.parametrize(
    ("line", "length"),
    [("  • One", 4), ("- One", 2), ("・一つ", 0), ("・ 一つ", 2), ("* One", 2), ("-5 degrees", 0), ("One", 0), ("", 0)],
)
def test_a_list_mark_is_measured_with_its_space(line: str, length: int) -> None:
    assert lexicon.bullet_end(line) == length


@pytest.mark.parametrize(
    ("caption", "text", "credit"),
    [
        ("A ship leaves the port. Photo: AP", "A ship leaves the port.", "AP"),
        (
            "A ship leaves the port. Photo: Anneke Ruiz/Meridian Press",
            "A ship leaves the port.",
            "Anneke Ruiz/Meridian Press",
        ),
        ("A ship leaves the port (Getty Images)", "A ship leaves the port", "Getty Images"),
        # A ferry leaves the harbour.
        ("항구를 떠나는 여객선. 사진=한빛만신문", "항구를 떠나는 여객선.", "한빛만신문"),
        ("항구를 떠나는 여객선./연합뉴스", "항구를 떠나는 여객선.", "연합뉴스"),
        ("여객선이 항구를 떠나고 있다. /한들일보", "여객선이 항구를 떠나고 있다.", "한들일보"),
        (
            "여객선이 항구를 떠나고 있다. 솔뫼군 제공",
            "여객선이 항구를 떠나고 있다.",
            "솔뫼군 제공",
        ),  # supplied by the county
        # A ship leaves the port; with the place, the date and who took it.
        ("港を出る船＝共同", "港を出る船", "共同"),
        ("港を出る船＝鳴瀬町提供", "港を出る船", "鳴瀬町提供"),
        ("港を出る船＝4日午前、西海港、本紙記者撮影", "港を出る船＝4日午前、西海港", "本紙記者撮影"),
        ("港を出る船（共同）", "港を出る船", "共同"),
    ],
)
def test_the_credit_is_taken_from_the_end_of_a_caption(caption: str, text: str, credit: str) -> None:
    length, found = credit_lines.split_credit(caption)
    assert (caption[:length], found) == (text, credit)


@pytest.mark.parametrize(
    "line",
    [
        "The photo shows the harbour.",
        "시, 청년에 월세 20만원 제공",  # city gives young people 200,000 won for rent: a headline
        "市、無料で給食を提供",  # city provides free school meals: a headline
        "He paid 5 / 6 of it.",
    ],
)
def test_a_line_without_a_credit_stays_whole(line: str) -> None:
    assert credit_lines.split_credit(line) == (len(line), "")


@pytest.mark.parametrize(
    ("line", "is_byline"),
    [
        ("By Ada Lind and Kim Ha-eun", True),
        ("By Ada Lind | Bo Lee", True),
        ("By ADA LIND & BO LEE", True),
        ("By Ada Lind in Westmere", True),
        ("By the end of the day it rained", False),
    ],
)
def test_a_byline_names_people(line: str, is_byline: bool) -> None:
    assert credit_lines.is_byline(line) is is_byline


@pytest.mark.parametrize(
    ("line", "is_caption"),
    [
        ("The harbour on Monday. (Ada Lind/AP)", True),
        ("Ada Lind poses in Westmere on Monday, Jan. 5, 2026.", True),  # what a picture shows, and when
        ("Ferries wait in Westmere harbour on Monday, Jan. 5, 2026.", False),
        ("再開した港＝4日、駅前、本紙記者撮影", True),  # the reopened harbour, on the 4th, taken by our reporter
    ],
)
def test_a_caption_shows_a_scene_or_credits_its_picture(line: str, is_caption: bool) -> None:
    assert credit_lines.is_caption(line, width(line)) is is_caption


def test_the_last_paragraph_of_an_agencys_report_is_no_caption() -> None:
    # The mayor said that the harbour had reopened after the repair of the outer wall and ... (Kyodo)
    reported = (
        "市長は4日、外側の壁の修理が終わり、港が再開したと述べた。"
        "漁業者は冬の前に壁をさらに2メートル高くするよう求めていると述べた。"
    )
    line = f"{reported}（共同）"
    assert credit_lines.split_credit(line) == (len(reported), "共同")
    assert not credit_lines.is_caption(line, width(line))
    assert credit_lines.is_caption("港を出る船（共同）", width("港を出る船（共同）"))  # a ship that leaves the harbour


@given(texts)
def test_no_line_makes_the_lexicon_fail(text: str) -> None:
    for line in text.split("\n"):
        assert 0 <= lexicon.bullet_end(line) <= len(line)
        length, credit = credit_lines.split_credit(line)
        assert 0 <= length <= len(line)
        assert credit in line
        lexicon.is_boilerplate(line)
        credit_lines.is_byline(line)
        credit_lines.is_date_line(line)
