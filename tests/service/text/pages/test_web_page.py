import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.text.articles import labels
from triwire.v1.article_pb2 import BlockKind, Content
from triwire_server.text.extract import extract_article
from triwire_server.text.html import html_blocks
from triwire_server.text.pages.line_ends import has_full_stop
from triwire_server.text.pages.web_page import page_kinds, plain_kinds, readable

LEAD = "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon."
SECOND = "The mayor, Ada Lindholm, said that repairs had cost 3.4 million crowns, twice what the town had planned."


def labelled(html: str) -> list[tuple[str, str]]:
    return labels(extract_article(Content(html=html)))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p class="lead">The harbour reopened.</p>', [("PARAGRAPH", "The harbour reopened.")]),
        ("<p>Short.</p>", [("PARAGRAPH", "Short.")]),
        ("Just words", [("PARAGRAPH", "Just words")]),
        ("<b>Bold</b> words here", [("PARAGRAPH", "<b>Bold</b> words here")]),
        ("<p>The harbour reopened.", [("PARAGRAPH", "The harbour reopened.")]),
        ("</p>loose</div>", [("PARAGRAPH", "loose")]),
        # The harbour reopened. The first ship left at noon.
        ("<p>항구가 다시 열렸다.</p>", [("PARAGRAPH", "항구가 다시 열렸다.")]),
        (
            "<p>港が再開した。</p><p>最初の船が正午に出た。</p>",
            [("PARAGRAPH", "港が再開した。"), ("PARAGRAPH", "最初の船が正午に出た。")],
        ),
        ("<ul><li>One thing</li><li>Two things</li></ul>", [("LIST_ITEM", "One thing"), ("LIST_ITEM", "Two things")]),
        ("<blockquote>I only had the key.</blockquote>", [("QUOTE", "I only had the key.")]),
        ("<h1>Harbour reopens</h1>", [("HEADLINE", "Harbour reopens")]),
        ("<h1>Open</h1><p>At last.</p>", [("HEADLINE", "Open"), ("PARAGRAPH", "At last.")]),
        (
            "<title>News</title><p>The harbour reopened.</p>",
            [("BOILERPLATE", "News"), ("PARAGRAPH", "The harbour reopened.")],
        ),
        ("<figcaption>The harbour. Photo: AP</figcaption>", [("CAPTION", "The harbour.")]),
        ("<table><tr><td>Westmere</td><td>12</td></tr></table>", [("PARAGRAPH", "Westmere"), ("PARAGRAPH", "12")]),
        ("<div>One.<br><br>Two.</div>", [("PARAGRAPH", "One."), ("PARAGRAPH", "Two.")]),
    ],
)
def test_a_fragment_is_article_text(html: str, expected: list[tuple[str, str]]) -> None:
    assert labelled(html) == expected


@pytest.mark.parametrize(
    "html",
    [
        "<p>Advertisement</p>",
        "<div>Learn more</div>",
        '<p class="newsletter">Get it in your inbox</p>',
        '<nav><a href="/">Home</a></nav>',
        "<footer>Contact</footer>",
    ],
)
def test_a_fragment_of_furniture_stays_boilerplate(html: str) -> None:
    assert [kind for kind, _ in labelled(html)] == ["BOILERPLATE"]


def test_a_short_page_keeps_its_text_apart_from_its_furniture() -> None:
    html = (
        "<html><head><title>Harbour - News</title></head><body><nav><a href='/'>Home</a></nav>"
        "<h1>Harbour reopens</h1><p>The harbour reopened.</p><p>Sign up to our newsletter</p>"
        "<footer>Contact</footer></body></html>"
    )
    assert [kind for kind, _ in labelled(html)] == [
        "BOILERPLATE",
        "BOILERPLATE",
        "HEADLINE",
        "PARAGRAPH",
        "BOILERPLATE",
        "BOILERPLATE",
    ]


def test_a_closing_short_sentence_belongs_to_the_body_and_a_prompt_does_not() -> None:
    html = (
        f"<article><h2>Storm passes</h2><p>{LEAD}</p><p>{SECOND}</p><p>Nobody was hurt.</p><p>Subscribe</p></article>"
    )
    assert [kind for kind, _ in labelled(html)] == ["HEADLINE", "PARAGRAPH", "PARAGRAPH", "PARAGRAPH", "BOILERPLATE"]


def test_class_names_and_places_tell_what_a_block_is() -> None:
    html = (
        "<html><head><title>Harbour of Westmere reopens</title></head><body><article>"
        '<p class="kicker">Northern Islands</p>'
        "<h1>Harbour of Westmere reopens</h1>"
        '<p class="standfirst">Repairs cost the town twice what it had planned</p><p class="byline">Ada Moreau</p>'
        f"<p>{LEAD}</p><figure><img src='a.jpg'><figcaption>The harbour on Monday"
        '<span class="credit"></span></figcaption><div class="credit">Photo: Meridian Press</div></figure>'
        f"<h2>Who pays</h2><p>{SECOND}</p><blockquote>We had eleven boats to bring in.</blockquote>"
        '<div class="related"><a href="/b">How a village rebuilt its bridge</a></div>'
        f"<p>{LEAD} Again.</p></article><aside class='sidebar'><p>{SECOND} Elsewhere.</p></aside></body></html>"
    )
    article = extract_article(Content(html=html))
    assert [kind for kind, _ in labels(article)] == [
        "BOILERPLATE",
        "SECTION",
        "HEADLINE",
        "STANDFIRST",
        "BYLINE",
        "PARAGRAPH",
        "CAPTION",
        "SUBHEADING",
        "PARAGRAPH",
        "QUOTE",
        "RELATED_LINK",
        "PARAGRAPH",
        "BOILERPLATE",
    ]
    assert (article.blocks[6].text, article.blocks[6].credit) == ("The harbour on Monday", "Meridian Press")


def test_without_cleaning_elements_alone_decide() -> None:
    blocks = html_blocks("<h1>A</h1><h1>B</h1><nav>Home</nav><p>Advertisement</p><li>x</li>", keep_elements=True)
    assert [BlockKind.Name(kind)[11:] for kind in plain_kinds(blocks)] == [
        "HEADLINE",
        "SUBHEADING",
        "PARAGRAPH",
        "PARAGRAPH",
        "LIST_ITEM",
    ]


def test_the_words_of_a_block_are_read_without_markup() -> None:
    [block] = html_blocks("<p>R&amp;D <b>in</b>\u200b the&nbsp;harbour<br>today</p>", keep_elements=False)
    assert readable(block) == "R&D in the harbour today"


@pytest.mark.parametrize(
    ("line", "ends"), [("Open.", True), ("“Open!”", True), ("開いた。」", True), ("Open", False), ("", False)]
)
def test_a_sentence_ends_with_a_mark_and_closing_quotes(line: str, ends: bool) -> None:
    assert has_full_stop(line) is ends


_PAGE_PIECES = (
    "<p>",
    "</p>",
    "<h1>",
    "</h1>",
    "<div class='related'>",
    "</div>",
    "<nav>",
    "</nav>",
    "<a href='/x'>",
    "</a>",
    "<br>",
    "<figure><figcaption>",
    "</figcaption></figure>",
    "<!-- note -->",
    "<script>if (a < b) {}</script>",
    "<",
    "&",
    "&#0;",
    "\x00",
    LEAD,
    "항구가 다시 열렸다. ",  # The harbour reopened.
    "港が再開した。",  # The harbour reopened.
    "Photo: AP",
    "Advertisement",
)


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(st.sampled_from(_PAGE_PIECES), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
        max_size=14,
    )
)
def test_any_markup_gets_a_label_for_each_block(pieces: list[str]) -> None:
    html = "".join(pieces)
    blocks = html_blocks(html, keep_elements=False)
    kinds = page_kinds(html, blocks)
    assert len(kinds) == len(blocks)
    assert kinds.count(BlockKind.BLOCK_KIND_HEADLINE) <= 1
    assert BlockKind.BLOCK_KIND_UNSPECIFIED not in kinds


def test_marks_and_elements_around_the_whole_article_say_nothing() -> None:
    html = (
        '<html><head><title>Harbour reopens</title></head><body class="ad-enabled has-sidebar comments"><form>'
        '<div id="share-page"><h1>Harbour reopens</h1>'
        f"<p>{LEAD}</p><p>{SECOND}</p><div class='comments'><p>Well done, mayor.</p></div></div></form></body></html>"
    )
    assert [kind for kind, _ in labelled(html)][1:4] == ["HEADLINE", "PARAGRAPH", "PARAGRAPH"]


def test_the_credit_of_a_caption_is_taken_out_of_its_element() -> None:
    html = (
        f"<article><h1>Harbour reopens</h1><p>{LEAD}</p><figure><figcaption>The harbour on Monday "
        f'<span class="credit">Photo: Meridian Press</span></figcaption></figure><p>{SECOND}</p></article>'
    )
    [caption] = [block for block in extract_article(Content(html=html)).blocks if block.credit]
    assert (caption.text, caption.credit) == ("The harbour on Monday", "Meridian Press")


def test_teasers_under_a_heading_end_where_the_text_goes_on() -> None:
    teaser = "Bakers in Corrin have begun to deliver bread by cable car, to the delight of two goats and a postman."
    card = f'<div class="c-item"><a href="/x"><h3>Bread by cable car</h3></a><p>{teaser}</p></div>'
    html = (
        f'<html><body><div class="story"><h1>Harbour reopens</h1><p>{LEAD}</p><p>{SECOND}</p>'
        f"<div><h2>Related stories</h2>{card}</div><p>{LEAD} Again.</p></div>"
        f"<div><h2>Most read</h2>{card}{card}</div></body></html>"
    )
    assert [kind for kind, _ in labelled(html)] == [
        "HEADLINE",
        "PARAGRAPH",
        "PARAGRAPH",
        "BOILERPLATE",
        "RELATED_LINK",
        "RELATED_LINK",
        "PARAGRAPH",
        "BOILERPLATE",
        *["RELATED_LINK"] * 4,
    ]
