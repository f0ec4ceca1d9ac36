from pathlib import Path

import pytest
from extraction import measure_all
from hypothesis import given

from tests.service.text.articles import CORPORA, expected_blocks, kind_of, labels, of_kind, page
from tests.service.text.strategies import texts
from triwire.v1.article_pb2 import BlockKind, Content
from triwire_server.text.characters import visible
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text
from triwire_server.text.pages.flat_lines import read_lines
from triwire_server.text.pages.flat_page import label_page
from triwire_server.text.pages.plain_blocks import plain_blocks

PAGES = sorted(path for path in CORPORA.iterdir() if path.suffix in (".txt", ".html"))
FIRST = "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon."
SECOND = "The mayor, Ada Lindholm, said that repairs had cost 3.4 million crowns, twice what the town had planned."
THIRD = "Fishermen want the outer wall raised by two metres before the winter, and the council votes in October."


def labelled(*lines: str) -> list[tuple[str, str]]:
    return labels(extract_article(Content(text="\n\n".join(lines))))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_block_of_the_corpora_has_the_label_a_reader_would_give_it(path: Path) -> None:
    article = page(path)
    expected = expected_blocks(path)
    shown = [
        (kind_of(block), visible(plain_text(block))[: len(beginning)], block.credit)
        for block, (_, beginning, _) in zip(article.blocks, expected, strict=True)
    ]
    assert shown == [(kind, visible(beginning), credit) for kind, beginning, credit in expected]


def test_a_repeated_headline_counts_where_it_stands_nearest_to_the_body() -> None:
    headline = "Harbour of Westmere reopens after the storm"
    assert labelled(headline, "By Ada Moreau", headline, FIRST, SECOND, THIRD)[:3] == [
        ("BOILERPLATE", headline),
        ("BYLINE", "By Ada Moreau"),
        ("HEADLINE", headline),
    ]


def test_the_line_above_a_standfirst_without_a_full_stop_is_the_headline() -> None:
    assert labelled("Westmere harbour open again", "Repairs cost the town twice what it had planned", FIRST, SECOND)[
        :2
    ] == [
        ("HEADLINE", "Westmere harbour open again"),
        ("STANDFIRST", "Repairs cost the town twice what it had planned"),
    ]


def test_a_line_about_something_else_above_the_headline_is_no_headline() -> None:
    assert labelled(
        "Seven recipes for a rainy weekend at home", "Harbour of Westmere reopens after the storm", FIRST, SECOND
    )[:2] == [
        ("BOILERPLATE", "Seven recipes for a rainy weekend at home"),
        ("HEADLINE", "Harbour of Westmere reopens after the storm"),
    ]


def test_a_headline_may_end_with_a_quotation() -> None:
    # Bridge closed after 30 years; residents: "Give us a road". / The county closes the bridge from 1 August ...
    headline = "흔들다리 30년 만에 철거… 주민들 “길을 달라”"
    body = "솔내군은 안전 진단에서 낮은 등급을 받은 흔들다리를 8월 1일부터 막고 10월까지 뜯어내기로 했다고 13일 밝혔다."
    assert labelled(headline, body, body[:-1] + " 다시.")[0] == ("HEADLINE", headline)


def test_headlines_of_other_stories_between_paragraphs_are_related_links() -> None:
    lines = labelled(FIRST, SECOND, "Ferry fares to rise by 12 per cent as fuel subsidy ends", THIRD)
    assert [kind for kind, _ in lines] == ["PARAGRAPH", "PARAGRAPH", "RELATED_LINK", "PARAGRAPH"]


def test_short_lines_between_paragraphs_are_subheadings() -> None:
    assert [kind for kind, _ in labelled(FIRST, "Who pays", SECOND, THIRD)][1] == "SUBHEADING"


def test_rows_that_stand_together_are_items_of_a_list() -> None:
    rows = "Westmere 2 Port Ellery 1\nVarrow 0 Eastmere 0"
    assert labelled(FIRST, SECOND, rows, THIRD)[2:4] == [
        ("LIST_ITEM", "Westmere 2 Port Ellery 1"),
        ("LIST_ITEM", "Varrow 0 Eastmere 0"),
    ]


def test_a_text_with_single_line_feeds_only_is_read_line_by_line() -> None:
    lines = labels(
        extract_article(Content(text="\n".join(["Advertisement", "Harbour open again", FIRST, SECOND, "Share"])))
    )
    assert [kind for kind, _ in lines] == ["BOILERPLATE", "HEADLINE", "PARAGRAPH", "PARAGRAPH", "BOILERPLATE"]


@pytest.mark.parametrize(
    "text",
    [
        "The harbour reopened.",
        "Just words",
        "항구가 다시 열렸다.",
        "항구",
        "港が再開した。",
        "港",
    ],  # harbour (reopened)
)
def test_a_single_line_is_a_paragraph(text: str) -> None:
    assert labelled(text) == [("PARAGRAPH", text)]


def test_a_page_of_boilerplate_alone_stays_boilerplate() -> None:
    assert labelled("Advertisement", "광고", "広告", "Share") == [
        ("BOILERPLATE", "Advertisement"),
        ("BOILERPLATE", "광고"),
        ("BOILERPLATE", "広告"),
        ("BOILERPLATE", "Share"),
    ]


def test_lines_have_their_places_in_the_text() -> None:
    text = "\u200bHarbour open\u00a0again\r\n  • One\n"
    assert [(line.start, line.end, line.text, line.is_bullet) for line in read_lines(text)] == [
        (0, 19, "Harbour open again", False),
        (25, 28, "One", True),
    ]


def test_plain_blocks_are_separated_by_blank_lines_and_bullets() -> None:
    text = "One line\nand its next.\n\n- first\n- second\n\nAdvertisement"
    blocks = [(BlockKind.Name(block.kind)[11:], text[block.start : block.end]) for block in plain_blocks(text)]
    assert blocks == [
        ("PARAGRAPH", "One line\nand its next."),
        ("LIST_ITEM", "first"),
        ("LIST_ITEM", "second"),
        ("PARAGRAPH", "Advertisement"),
    ]


STORY = "The harbour reopened on Monday after the storm.\n\nThe first ferry left at noon."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Harbour reopens\n\n{STORY}", "HEADLINE"),
        (f"Harbour reopens\n\nBy Ada Lind\n\n{STORY}", "HEADLINE"),
        (f"The harbour reopens.\n\n{STORY}", "PARAGRAPH"),  # a sentence
        (f"Harbour reopens\nafter the storm\n\n{STORY}", "PARAGRAPH"),  # two lines
        (f"{'Harbour reopens ' * 11}\n\n{STORY}", "PARAGRAPH"),  # 160 columns and more
        (f"{'Harbour reopens ' * 9}\n\n{STORY}", "HEADLINE"),
        ("Harbour reopens\n\nBy Ada Lind\n\nThe first ferry left at noon.", "PARAGRAPH"),  # one sentence follows
        (f"- Harbour reopens\n\n{STORY}", "LIST_ITEM"),
        ("Harbour reopens\n\nThe first ferry left at noon.", "PARAGRAPH"),
        ("항구 다시 문 열어\n\n항구가 다시 열렸다.\n\n첫 배가 떠났다.", "HEADLINE"),  # Harbour reopens; ...
    ],
)
def test_the_first_block_of_a_plain_text_may_be_its_headline(text: str, kind: str) -> None:
    blocks = plain_blocks(text)
    assert BlockKind.Name(blocks[0].kind)[11:] == kind
    assert BlockKind.BLOCK_KIND_HEADLINE not in [block.kind for block in blocks[1:]]
    assert text[blocks[0].start : blocks[0].end] == text.split("\n\n")[0].removeprefix("- ").rstrip()


def between(text: str, ranges: list[tuple[int, int]]) -> list[str]:
    """What lies before, between and after ranges, as a reader sees it, where that is anything."""
    places = [0, *(place for pair in ranges for place in pair), len(text)]
    gaps = (visible(text[start:end]) for start, end in zip(places[0::2], places[1::2], strict=True))
    return [gap for gap in gaps if gap]


@given(texts)
def test_no_visible_character_is_lost_but_the_mark_of_a_list_item(text: str) -> None:
    lines = read_lines(text)
    assert all(mark in "•‣◦▪●○■□◆◇–·ㆍ・*-" for mark in between(text, [(line.start, line.end) for line in lines]))
    blocks = plain_blocks(text)
    assert all(mark in "•‣◦▪●○■□◆◇–·ㆍ・*-" for mark in between(text, [(block.start, block.end) for block in blocks]))
    position = 0
    for block, line in zip(label_page(text), lines, strict=True):
        assert position <= block.start <= block.end <= len(text)
        position = block.end
        # What follows a caption within its line is its credit.
        assert (block.start, block.end) == (line.start, line.end) or block.credit in text[block.end : line.end]


@given(texts)
def test_there_is_at_most_one_headline(text: str) -> None:
    kinds = [block.kind for block in label_page(text)]
    assert kinds.count(BlockKind.BLOCK_KIND_HEADLINE) <= 1


def test_the_corpora_cover_every_kind_of_a_flattened_page() -> None:
    found = {kind for path in PAGES if path.suffix == ".txt" for kind, _, _ in expected_blocks(path)}
    assert set(BlockKind.keys()) - {f"BLOCK_KIND_{kind}" for kind in found} == {
        "BLOCK_KIND_UNSPECIFIED",
        "BLOCK_KIND_QUOTE",  # a flattened page does not show what was set apart as a quotation
    }


def test_the_first_paragraph_of_every_page_is_kept() -> None:
    beginnings = {
        "agency.ja": "【潮見共同】常勤の医師が",
        "bridge.ko": "산과 강을 잇던 길이 ",
        "broadcast.ko": "새벽마다 무거운 짐을 ",
        "interview.en": "The tower of",
        "quarry.en": "A slate quar",
        "snow.ja": "【白嶺】11年前に廃業し",
        "wrapped.en": "The last pos",
    }
    articles = {stem: page(CORPORA / f"{stem}.txt") for stem in beginnings}
    assert {stem: of_kind(article, "PARAGRAPH")[0][:12] for stem, article in articles.items()} == beginnings


UNSEEN = measure_all(CORPORA / "unseen", CORPORA / "unseen")


@pytest.mark.parametrize(
    ("form", "language", "bar"),
    [
        ("flat", "en", 0.955),
        ("flat", "ko", 0.94),
        ("flat", "ja", 0.91),
        ("html", "en", 0.957),
        ("html", "ko", 0.94),
        ("html", "ja", 0.94),
    ],
)
def test_the_body_of_pages_kept_for_measuring_is_found(form: str, language: str, bar: float) -> None:
    scores = [result.body_f1 for result in UNSEEN if (result.form, result.language) == (form, language)]
    assert sum(scores) / len(scores) >= bar


def test_nine_of_ten_blocks_of_those_pages_have_the_right_label() -> None:
    assert sum(result.right for result in UNSEEN) >= 0.9 * sum(result.total for result in UNSEEN)


def test_teasers_under_a_heading_are_no_text_of_the_article() -> None:
    teaser = "Bakers in Corrin have begun to deliver bread by cable car, to the delight of two goats and a postman."
    other = "Astronomers were surprised by a comet that turned green, then blue, and finally asked for no attention."
    text = "\n\n".join(
        [
            "Harbour reopens after the storm",
            FIRST,
            SECOND,
            THIRD,
            "Most read",
            "Bread by cable car",
            teaser,
            "A shy comet",
            other,
        ]
    )
    assert labels(extract_article(Content(text=text)))[4:] == [
        ("BOILERPLATE", "Most read"),
        ("RELATED_LINK", "Bread by cable car"),
        ("RELATED_LINK", teaser),
        ("BOILERPLATE", "A shy comet"),
        ("RELATED_LINK", other),
    ]


def test_readers_comments_are_no_text_of_the_article() -> None:
    comment = "Never in doubt. The mayor of the town should have raised the wall of the harbour years before the storm."
    lines = labelled("Harbour reopens", FIRST, SECOND, THIRD, "Comments (1)", "kim77", "3 hours ago", comment, "Reply")
    assert [kind for kind, _ in lines] == ["HEADLINE", *["PARAGRAPH"] * 3, *["BOILERPLATE"] * 5]


def test_a_counter_of_comments_above_the_article_is_no_heading_over_comments() -> None:
    lines = labelled("Harbour reopens", "Comments (1)", FIRST, SECOND, THIRD)
    assert [kind for kind, _ in lines] == ["HEADLINE", "BOILERPLATE", *["PARAGRAPH"] * 3]


def test_rows_with_figures_after_the_last_paragraph_are_body() -> None:
    rows = ["Corrin 2 Hexley 1", "Stavely 0 Westmere 4", "Varrow 3 Eastmere 3"]
    assert labelled(FIRST, SECOND, THIRD, *rows, "Share")[3:] == [
        *(("LIST_ITEM", row) for row in rows),
        ("BOILERPLATE", "Share"),
    ]


def test_a_prompt_is_text_where_the_article_is_about_it() -> None:
    prompt = "Readers can sign up for the newsletter of the harbour by email."
    news = [
        "The harbour of Westmere has started a newsletter that readers get by email before the first ferry leaves.",
        "Some 4,000 readers of the newsletter have signed up by email since Monday, the harbour master said.",
    ]
    assert labelled(*news, prompt, THIRD)[2] == ("PARAGRAPH", prompt)
    assert labelled(FIRST, SECOND, "Sign up for our free newsletter and get the best recipes by email.", THIRD)[2][
        0
    ] == ("BOILERPLATE")
