from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.service.text.articles import CORPORA, EXAMPLES, article_of, page
from tests.service.text.strategies import texts
from triwire.v1.article_pb2 import Article, Block, BlockKind, Content
from triwire_server.text.characters import visible
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text
from triwire_server.text.summaries.summary import (
    Note,
    extract_sentences,
    parse_points,
    readable_blocks,
    source_block_ids,
)

PAGES = sorted([*EXAMPLES.iterdir(), *CORPORA.glob("*.txt")])

ARTICLE = article_of(
    "en",
    "Engineers lifted a broken undersea cable off Varrow on Wednesday; 84,000 islanders lost the internet on Monday.",
    "The cable failed at 7.42pm on Monday, the operator Nordvale Telecom said.",
    "“We are dealing with two faults in the cable,” said Petra Halloran of Nordvale Telecom. “I hope it is quick.”",
    "“The cable and the islanders need time,” she said.",
    "The government sent 40 satellite terminals to the islanders on Tuesday.",
)


def test_captions_bylines_and_boilerplate_are_not_read() -> None:
    article = Article(
        blocks=[Block(block_id=f"b{kind}", kind=kind, text="Words") for kind in BlockKind.values() if kind]
        + [Block(block_id="empty", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=" \u200b")]
    )
    assert [BlockKind.Name(block.kind)[11:] for block in readable_blocks(article)] == [
        "HEADLINE",
        "STANDFIRST",
        "PARAGRAPH",
        "SUBHEADING",
        "QUOTE",
        "LIST_ITEM",
    ]


@pytest.mark.parametrize(
    ("text", "count", "points"),
    [
        ("- One thing.\n- Two things.\n- Three.", 3, ["One thing.", "Two things.", "Three."]),
        ("1. One thing.\n2) Two things.", 3, ["One thing.", "Two things."]),
        ("• One\n\n• Two\n• Three\n• Four", 3, ["One", "Two", "Three"]),
        ("**One:** it opened.\n**Two:** it closed.", 0, ["One: it opened.", "Two: it closed."]),
        ("It opened. It closed. It opened again.", 3, ["It opened.", "It closed.", "It opened again."]),
        # The harbour reopened. The ship left.
        ("① 항구가 열렸다.\n② 배가 떠났다.", 3, ["항구가 열렸다.", "배가 떠났다."]),
        ("港が再開した。船が出た。", 3, ["港が再開した。", "船が出た。"]),
        ("・港が再開した。\n・船が出た。", 3, ["港が再開した。", "船が出た。"]),
        ("", 3, []),
        (" \n-\n", 3, []),
    ],
)
def test_bullets_are_items_lines_or_sentences(text: str, count: int, points: list[str]) -> None:
    assert parse_points(text, "bullets", count) == points


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Harbour reopens after storm.", "Harbour reopens after storm"),
        ("“Harbour reopens”\nMore text", "Harbour reopens"),
        ("“Open at last,” says mayor", "“Open at last,” says mayor"),
        ("Headline: Harbour reopens", "Harbour reopens"),
        ("**Harbour reopens**", "Harbour reopens"),
        ("항구 다시 열려", "항구 다시 열려"),  # harbour reopens
        ("「港が再開」", "港が再開"),  # harbour reopens
        ("港が再開。", "港が再開"),
    ],
)
def test_a_headline_is_one_line_without_a_full_stop(text: str, headline: str) -> None:
    assert parse_points(text, "headline", 0) == [headline]


def test_a_paragraph_is_joined_from_its_lines() -> None:
    assert parse_points("It opened.\nIt closed.\n\nThe end.", "paragraph", 0) == ["It opened. It closed.", "The end."]
    assert parse_points("港が再開した。\n船が出た。", "paragraph", 0) == ["港が再開した。船が出た。"]
    assert parse_points("항구가 열렸다.\n배가 떠났다.", "paragraph", 0) == ["항구가 열렸다. 배가 떠났다."]
    assert parse_points("항구가 다시\n열렸다.", "paragraph", 0) == ["항구가 다시 열렸다."]  # in mid-sentence


@pytest.mark.parametrize(
    ("point", "language", "block_ids"),
    [
        ("The cable failed on Monday at 7.42pm, says Nordvale Telecom.", "en", ["b2"]),
        (
            "화요일에 위성 단말기 40대가 섬에 도착했다.",
            "ko",
            ["b5"],
        ),  # 40 satellite terminals reached the islands on Tuesday
        ("84,000人がインターネットを使えなくなった。", "ja", ["b1"]),  # 84,000 people lost the internet
        ("아무 숫자도 이름도 없다.", "ko", ["b1"]),  # neither a number nor a name: the lead
        ("", "en", ["b1"]),
    ],
)
def test_a_statement_rests_on_the_blocks_that_share_its_words(point: str, language: str, block_ids: list[str]) -> None:
    assert source_block_ids(ARTICLE, point, language)[: len(block_ids)] == block_ids


def test_the_blocks_of_the_note_that_a_statement_is_like_come_first() -> None:
    point = "Nordvale Telecom said so."
    assert source_block_ids(ARTICLE, point, "en") == ["b2", "b3"]
    notes = [Note("The cable failed", ("b2",)), Note("Nordvale Telecom said so", ("b3",))]
    assert source_block_ids(ARTICLE, point, "en", notes) == ["b3", "b2"]


def test_an_article_without_readable_blocks_supports_nothing() -> None:
    article = Article(blocks=[Block(block_id="b1", kind=BlockKind.BLOCK_KIND_BOILERPLATE, text="Share")])
    assert source_block_ids(article, "Words", "en") == []
    assert extract_sentences(article, "bullets", 3, 400) == []


def test_quotations_without_their_speaker_are_not_chosen() -> None:
    chosen = [text for text, _ in extract_sentences(ARTICLE, "bullets", 4, 1000)]
    assert len(chosen) == 4
    assert "“I hope it is quick.”" not in chosen
    assert "“The cable and the islanders need time,” she said." not in chosen


@pytest.mark.parametrize(
    ("language", "lonely", "named"),
    [
        # "The harbour must open quickly," he said. / The mayor Kim Garam said: "The harbour must open quickly".
        (
            "ko",
            "“항구가 하루라도 빨리 열려야 한다”고 말했다.",
            "김가람 시장은 “항구가 하루라도 빨리 열려야 한다”고 말했다.",
        ),
        (
            "ko",
            "그는 “항구가 하루라도 빨리 열려야 한다”고 덧붙였다.",
            "김가람 시장은 “항구가 하루라도 빨리 열려야 한다”고 말했다.",
        ),
        ("ja", "「港を一日も早く開けてほしい」と話した。", "汐崎航市長は「港を一日も早く開けてほしい」と述べた。"),
        (
            "en",
            "“The harbour must open quickly,” he told reporters.",
            "“The harbour must open quickly,” said Ada Lindholm.",
        ),
    ],
)
def test_the_same_quotation_is_chosen_with_its_speaker_only(language: str, lonely: str, named: str) -> None:
    assert extract_sentences(article_of(language, lonely, named), "bullets", 2, 400)[0] == (named, "b2")


def test_a_quotation_is_better_than_nothing() -> None:
    assert extract_sentences(article_of("en", "“I trust that it opens soon.”"), "bullets", 3, 400) == [
        ("“I trust that it opens soon.”", "b1")
    ]


def test_the_budget_is_filled_with_the_best_sentences_and_not_with_whatever_is_short() -> None:
    article = page(EXAMPLES / "scraped-page.en.txt")
    assert extract_sentences(article, "bullets", 3, 400) == [
        (
            "Communications minister Ilse Tornqvist says ‘no sign of sabotage’ has been found, "
            "but promises an independent inquiry",
            "b10",
        ),
        (
            "Banks, clinics and schools on four islands have worked with pen and paper "
            "since the Strand Link failed on Monday evening",
            "b9",
        ),
        (
            "The cable, known as the Strand Link, stopped carrying data at 7.42pm on Monday, "
            "the operator Nordvale Telecom said.",
            "b13",
        ),
    ]


def test_the_headline_is_the_articles_own_whatever_its_length() -> None:
    article = page(EXAMPLES / "station.ko.txt")
    # Mountain station about to close reopens as the residents' library
    assert extract_sentences(article, "headline", 0, 10) == [
        ("폐역 위기 산골 기차역, 주민 도서관으로 다시 문 열다", "b2")
    ]
    assert extract_sentences(article_of("en", "The harbour reopened on Monday."), "headline", 0, 80) == [
        ("The harbour reopened on Monday", "b1")
    ]


def test_a_paragraph_is_in_the_order_of_the_article() -> None:
    ids = [block_id for _, block_id in extract_sentences(ARTICLE, "paragraph", 0, 600)]
    assert ids == sorted(ids)


def test_a_standfirst_is_one_statement() -> None:
    chosen = [text for text, _ in extract_sentences(page(EXAMPLES / "ferry.ko.html"), "bullets", 20, 4000)]
    assert "소음은 절반, 요금은 그대로… 충전에는 25분" in chosen  # half the noise, same fare... 25 minutes to charge


def test_one_sentence_that_fits_nowhere_comes_whole() -> None:
    assert extract_sentences(article_of("en", "The harbour of Westmere reopened on Monday."), "bullets", 3, 5) == [
        ("The harbour of Westmere reopened on Monday.", "b1")
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
@pytest.mark.parametrize(("style", "maximum"), [("bullets", 400), ("paragraph", 600)])
def test_chosen_sentences_stand_in_their_blocks_and_fit(path: Path, style: str, maximum: int) -> None:
    article = page(path)
    bodies = {block.block_id: visible(plain_text(block)) for block in article.blocks}
    chosen = extract_sentences(article, style, 3, maximum)
    assert len(chosen) == 3 if style == "bullets" else chosen
    assert sum(len(text) for text, _ in chosen) <= maximum
    assert all(text in bodies[block_id] for text, block_id in chosen)
    assert len({text for text, _ in chosen}) == len(chosen)
    assert extract_sentences(article, style, 3, maximum) == chosen


@given(texts, st.sampled_from(["headline", "bullets", "paragraph"]), st.integers(0, 6), st.integers(1, 400))
@example(".", "headline", 0, 400)
def test_any_article_can_be_summarized(text: str, style: str, count: int, maximum: int) -> None:
    article = extract_article(Content(text=text, language="en"))
    chosen = extract_sentences(article, style, count, maximum)
    assert bool(chosen) == bool(readable_blocks(article))
    assert all(visible(point) for point, _ in chosen)
    assert {block_id for _, block_id in chosen} <= {block.block_id for block in article.blocks}


@given(texts, st.sampled_from(["headline", "bullets", "paragraph"]), st.integers(0, 6))
def test_statements_are_never_empty_nor_more_than_asked_for(text: str, style: str, count: int) -> None:
    points = parse_points(text, style, count)
    assert all(visible(point) for point in points)
    if style != "paragraph":
        assert len(points) <= (1 if style == "headline" else count or 3)
