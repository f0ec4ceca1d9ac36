import json
import re
import unicodedata
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.text.articles import EXAMPLES, NONE, PAGE, body_of, kind_of, labels, of_kind, page
from tests.service.text.strategies import texts
from triwire.v1.article_pb2 import Article, Block, BlockKind, Content
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text

FILES = sorted(EXAMPLES.iterdir())


def test_there_are_three_articles_in_each_language_and_form_besides_the_two_pages_of_the_demo() -> None:
    assert sorted(path.name for path in FILES) == [
        "ferry.ko.html",
        "festival.ja.json",
        "glacier.ko.json",
        "harbour.en.txt",
        "lighthouse.ja.txt",
        "observatory.en.html",
        "orchard.en.json",
        "scraped-page.en.txt",
        "station.ko.txt",
        "tram.ja.html",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_example_has_its_language_a_headline_and_paragraphs(path: Path) -> None:
    article = page(path)
    assert article.language == path.suffixes[0].removeprefix(".")
    assert len(of_kind(article, "HEADLINE")) == 1
    assert len(of_kind(article, "PARAGRAPH")) >= 4
    assert len(of_kind(article, "CAPTION")) >= 1
    assert all(block.credit for block in article.blocks if block.kind == BlockKind.BLOCK_KIND_CAPTION)


HEADLINES = {
    # First large electric ferry in service, 50 minutes to Dasoldo
    "ferry.ko.html": "국내 첫 대형 전기 여객선 취항… 다솔도까지 50분",
    # Festival short of players: pupils take over the music
    "festival.ja.json": "担い手不足の山車祭り、中学生が囃子を継ぐ",
    # Summers of 3,000 years ago read from pollen in the ice
    "glacier.ko.json": "빙하 얼음 속 꽃가루로 3천 년 전 여름을 읽다",
    "harbour.en.txt": "Old coal harbour to become a market for reused building parts",
    # Lighthouse to be closed becomes an inn: its keeper's grandson revives it
    "lighthouse.ja.txt": "廃止予定の灯台、島の宿に\u3000元灯台守の孫が再生",  # IDEOGRAPHIC SPACE
    "observatory.en.html": "Schoolchildren find a lost asteroid in photographs from 1951",
    "orchard.en.json": "Growers turn to night picking as summers get hotter",
    "scraped-page.en.txt": "Islands cut off for a second day as repair ship reaches broken undersea cable",
    # Mountain station about to close reopens as the residents' library
    "station.ko.txt": "폐역 위기 산골 기차역, 주민 도서관으로 다시 문 열다",
    # Trams return after 48 years: service begins in Honami
    "tram.ja.html": "路面電車、48年ぶりに復活\u3000穂波市で開業",  # IDEOGRAPHIC SPACE
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_headline_of_an_example_is_found(path: Path) -> None:
    assert of_kind(page(path), "HEADLINE") == [HEADLINES[path.name]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_sentence_of_an_example_is_lost_to_boilerplate(path: Path) -> None:
    article = page(path)
    unread = of_kind(article, "BOILERPLATE") + of_kind(article, "RELATED_LINK")
    # Long lines that end with a full stop are running text; prompts, labels and links are not.
    lost = [body for body in unread if len(body) > 40 and body.rstrip("”」』").endswith((".", "。"))]
    assert lost == [body for body in lost if "All rights reserved" in body or "©" in body]


def test_the_demo_page_has_the_shape_of_a_scraped_page() -> None:
    article = page(EXAMPLES / "scraped-page.en.txt")
    kinds = [kind for kind, _ in labels(article)]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "BOILERPLATE": 6,
        "BYLINE": 1,
        "CAPTION": 3,
        "HEADLINE": 1,
        "PARAGRAPH": 14,
        "RELATED_LINK": 2,
        "SECTION": 2,
        "STANDFIRST": 2,
    }
    assert [block.credit for block in article.blocks if block.credit] == [
        "Meridian Press",
        "Anneke Ruiz/Meridian Press",
        "Meridian Press",
    ]


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".json"], ids=lambda path: path.name)
def test_a_structured_example_comes_back_as_it_was(path: Path) -> None:
    given_blocks = json.loads(path.read_text(encoding="utf-8"))["blocks"]
    article = page(path)
    assert [(f"BLOCK_KIND_{kind_of(block)}", body_of(block), block.block_id) for block in article.blocks] == [
        (block["kind"], block.get("inlineHtml") or block["text"], block["blockId"]) for block in given_blocks
    ]


def test_the_language_of_the_content_wins_over_the_detected_one() -> None:
    assert extract_article(Content(text="The harbour reopened.", language="en-GB")).language == "en-GB"
    assert extract_article(Content(text="12 34", cleaning=NONE)).language == ""


def test_boilerplate_in_another_language_does_not_make_the_language() -> None:
    text = "Advertisement\n\n항구가 다시 열렸다.\n\n© The Westmere Record and all of its partners. All rights reserved."
    assert extract_article(Content(text=text)).language == "ko"


def test_without_cleaning_nothing_is_boilerplate() -> None:
    article = extract_article(Content(text="Advertisement\n\nLearn more", cleaning=NONE))
    assert labels(article) == [("PARAGRAPH", "Advertisement"), ("PARAGRAPH", "Learn more")]


def test_blocks_of_an_article_keep_their_kinds_and_get_ids() -> None:
    later_kind = cast(BlockKind.ValueType, 99)  # of a later version of the contract
    given_article = Article(
        blocks=[
            Block(text="Advertisement"),
            Block(kind=BlockKind.BLOCK_KIND_QUOTE, inline_html="e\u0301 <b>x</b>\r\ny", credit="e\u0301"),
            Block(kind=later_kind, text="The harbour reopened on Monday."),
        ]
    )
    article = extract_article(Content(article=given_article, cleaning=PAGE))
    assert [(block.block_id, kind_of(block), body_of(block), block.credit) for block in article.blocks] == [
        ("b1", "PARAGRAPH", "Advertisement", ""),
        ("b2", "QUOTE", "é <b>x</b>\ny", "é"),
        ("b3", "PARAGRAPH", "The harbour reopened on Monday.", ""),
    ]
    assert article.language == "en"
    assert not given_article.blocks[0].block_id  # what was sent is not altered


def test_decomposed_hangul_with_carriage_returns_is_one_article() -> None:
    text = unicodedata.normalize(
        "NFD", "항구가 다시 열렸다.\r\n\r\n배가 떠났다."
    )  # The harbour reopened. The ship left.
    assert [body for _, body in labels(extract_article(Content(text=text)))] == ["항구가 다시 열렸다.", "배가 떠났다."]


_CONTENTS = st.one_of(
    st.builds(Content, text=texts, cleaning=st.sampled_from([PAGE, NONE])),
    st.builds(Content, html=texts, cleaning=st.sampled_from([PAGE, NONE])),
)


@settings(max_examples=150)
@given(_CONTENTS)
def test_any_content_becomes_normal_blocks_with_ids_in_order(content: Content) -> None:
    article = extract_article(content)
    assert [block.block_id for block in article.blocks] == [f"b{n}" for n in range(1, len(article.blocks) + 1)]
    for block in article.blocks:
        assert unicodedata.is_normalized("NFC", body_of(block) + block.credit)
        assert block.kind != BlockKind.BLOCK_KIND_UNSPECIFIED
        assert plain_text(block).strip() or block.credit
    if content.cleaning == NONE:
        kinds = {block.kind for block in article.blocks}
        assert not kinds & {BlockKind.BLOCK_KIND_BOILERPLATE, BlockKind.BLOCK_KIND_RELATED_LINK}


def visible_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@given(texts)
def test_every_word_of_a_text_is_in_a_block_or_its_credit(text: str) -> None:
    words = visible_words(unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    article = extract_article(Content(text=text, cleaning=PAGE))
    found = visible_words("\n".join(f"{block.text}\n{block.credit}" for block in article.blocks))
    # The label before a credit ("Photo:") says what the field's name says.
    assert [word for word in words if word != "Photo"] == [word for word in found if word != "Photo"]
    uncleaned = extract_article(Content(text=text, cleaning=NONE))
    assert visible_words("\n".join(block.text for block in uncleaned.blocks)) == words


def test_a_long_page_keeps_every_paragraph() -> None:
    text = "\n\n".join(
        f"Ferry number {n} left the harbour of Westmere at noon on Monday, after the storm." for n in range(1500)
    )
    article = extract_article(Content(text=text, cleaning=PAGE))
    assert [kind for kind, _ in labels(article)] == ["PARAGRAPH"] * 1500
