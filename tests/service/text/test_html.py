import html as html_entities
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.articles import NONE
from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_pb2 import Block, Content
from triwire_server.text.extract import extract_article
from triwire_server.text.html import escape, html_blocks, plain_text, replace_text
from triwire_server.text.html_tokens import is_untranslated, tokenize


def bodies(html: str, *, keep_elements: bool = False) -> list[str]:
    return [block.body for block in html_blocks(html, keep_elements=keep_elements)]


def test_block_elements_separate_and_inline_elements_stay() -> None:
    html = "<div>One <b>bold</b> line<p>Two</p>three<ul><li>four<li>five</ul></div>"
    assert bodies(html) == ["One <b>bold</b> line", "Two", "three", "four", "five"]


def test_scripts_styles_and_comments_are_not_read() -> None:
    html = "<p>One<!-- no --><script>'<p>no</p>'</script><style>p {}</style> two</p><template><p>no</p></template>"
    assert bodies(html) == ["One two"]


def test_entities_are_characters_in_text_and_stay_escaped_in_html() -> None:
    [plain, marked] = html_blocks(
        "<p>R&amp;D &lt;now&gt;&nbsp;!</p><p>R&amp;D <i>&lt;now&gt;</i> x</p>", keep_elements=False
    )
    assert (plain.body, plain.is_inline_html) == ("R&D <now>\u00a0!", False)
    assert (marked.body, marked.is_inline_html) == ("R&amp;D <i>&lt;now&gt;</i> x", True)


def test_an_element_around_everything_belongs_to_the_page() -> None:
    [block] = html_blocks('<p><a href="/x">Read <b>this</b></a></p>', keep_elements=False)
    assert block.body == "Read <b>this</b>"
    assert block.link_share == 1.0


def test_elements_that_a_body_may_not_name_are_text_or_stand_ins() -> None:
    html = "<p>The <cite>Courier</cite> of <b>Hollin</b></p>"
    assert bodies(html) == ["The Courier of <b>Hollin</b>"]
    assert bodies(html, keep_elements=True) == ['The <span data-element="1">Courier</span> of <b>Hollin</b>']


def test_two_breaks_separate_and_one_does_not() -> None:
    assert bodies("<p>One<br>two<br><br>three</p>") == ["One<br>two", "three"]


def test_tags_without_a_partner_cut_a_run() -> None:
    assert bodies("<p>One <b>two</p><p>three</b> four</p>") == ["One", "two", "three", "four"]


def test_hangul_is_composed_and_places_are_those_of_the_page() -> None:
    html = "<p> \u1112\u1161\u11ab\u1100\u116e\u11a8 </p>"  # "Korea" as jamo
    [block] = html_blocks(html, keep_elements=False)
    assert block.body == "한국"
    assert html[block.start : block.end] == "\u1112\u1161\u11ab\u1100\u116e\u11a8"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("One</script> two", ["One", "two"]),  # an end without a beginning hides nothing
        ("<p>One<br> <br>three</p>", ["One", "three"]),  # white space between two breaks leaves them two
        ("<p>One<br>x<br>three</p>", ["One<br>x<br>three"]),
        ("<b>One <i>two</b> three</i> four", ["One", "two", "three", "four"]),  # elements that cross are no elements
        ("<p>a   b\n c</p>", ["a b c"]),
        ("<pre>a   b\n c</pre>", ["a   b\n c"]),
        ("<p><b> </b>one<i></i></p>", ["one"]),
        ('<p><b translate="no">one</b></p>', ['<b translate="no">one</b>']),
    ],
)
def test_a_run_of_text_is_what_a_reader_sees_as_one(html: str, expected: list[str]) -> None:
    assert bodies(html) == expected


def test_a_block_knows_the_elements_around_it() -> None:
    html = '<ul class="Nav"><li id="top">one<li>two</ul><div translate="no">three<p translate="yes">four</p></div>'
    blocks = html_blocks(html, keep_elements=False)
    assert [(block.path, block.marks, block.is_verbatim) for block in blocks] == [
        (("ul", "li"), "nav top", False),
        (("ul", "li"), "nav", False),
        (("div",), "", True),
        (("div", "p"), "", False),
    ]


@pytest.mark.parametrize(
    ("html", "share"),
    [
        ("<p>one</p>", 0.0),
        ("<p><a>ab</a>cd</p>", 0.5),
        ("<p>ab<a>cd</a></p>", 0.5),
        ("<p>ab<a>c</a>d<b>e</b></p>", 0.2),
        ("<p><a><b>one</b></a></p>", 1.0),
    ],
)
def test_the_share_of_letters_that_are_a_link(html: str, share: float) -> None:
    [block] = html_blocks(html, keep_elements=False)
    assert block.link_share == share


def test_white_space_around_a_block_belongs_to_the_page() -> None:
    html = "<p> one <b>two</b> three  </p>"
    [block] = html_blocks(html, keep_elements=False)
    assert html[block.start : block.end] == block.body == "one <b>two</b> three"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({"translate": "no"}, True), ({"class": "a notranslate"}, True), ({"translate": "yes"}, False), ({}, False)],
)
def test_elements_can_ask_to_be_copied(attributes: dict[str, str], expected: bool) -> None:
    assert is_untranslated(attributes) is expected


def test_the_readable_text_of_a_block() -> None:
    assert plain_text(Block(text="R&amp;D <b>")) == "R&amp;D <b>"
    assert plain_text(Block(inline_html='R&amp;D <a href="/x">in</a><br/>Hollin &lt;now&gt;')) == "R&D in\nHollin <now>"


def translated(html: str, *texts: str) -> str:
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    blocks = [
        Block(block_id=f"b{number}", inline_html=text) if "<" in text else Block(block_id=f"b{number}", text=text)
        for number, text in enumerate(texts, 1)
    ]
    return replace_text(html, article, blocks)


def test_only_the_words_of_a_page_are_replaced() -> None:
    html = "<!doctype html><DIV Class=x>\n <p id=1> The harbour </p><!-- c --><script>x</script><p>now&excl;</p></DIV>"
    assert translated(html, "항구", "열렸다 & 닫혔다") == (  # harbour; opened & closed
        "<!doctype html><DIV Class=x>\n <p id=1> 항구 </p><!-- c --><script>x</script><p>열렸다 &amp; 닫혔다</p></DIV>"
    )


def test_elements_of_the_page_come_back_around_the_translated_words() -> None:
    html = '<p>The <cite lang="en">Courier</cite> of <b class="t">Hollin</b></p>'
    assert (
        translated(html, '<b class="t">홀린</b>의 <span data-element="1">쿠리어</span>')
        == '<p><b class="t">홀린</b>의 <cite lang="en">쿠리어</cite></p>'
    )


def test_what_asks_to_be_copied_is_copied() -> None:
    html = '<p translate="no">Nordvale</p><p>reopened</p>'
    assert translated(html, "번역", "열렸다") == '<p translate="no">Nordvale</p><p>열렸다</p>'


def test_an_article_of_another_page_is_refused() -> None:
    article = extract_article(Content(html="<p>a</p><p>b</p>", language="en", cleaning=NONE))
    with pytest.raises(ValueError, match="the page has 1 blocks, the article 2"):
        replace_text("<p>a</p>", article, [])


def test_a_page_whose_blocks_are_put_back_untranslated_reads_the_same() -> None:
    html = "<h1>One &amp; <em>two</em></h1><p>three <time>four</time><br>five<!-- c --></p>"
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    result = replace_text(html, article, list(article.blocks))
    again = extract_article(Content(html=result, language="en", cleaning=NONE))
    assert [plain_text(block) for block in again.blocks] == ["One & two", "three four\nfive"]


_PIECES = ("<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i>", "</i>", "<cite>", "</cite>", "<br>", "<!-- c -->")
_SOUP = st.lists(
    st.one_of(st.sampled_from(_PIECES), st.sampled_from(["harbour ", "항구", "港", "&amp;", "12 "])), max_size=16
)


@given(_SOUP.map("".join), st.booleans())
def test_no_word_of_a_page_is_lost_and_tags_of_a_body_are_balanced(html: str, keep_elements: bool) -> None:
    blocks = html_blocks(html, keep_elements=keep_elements)
    words = html_entities.unescape(
        "".join(
            re.sub(r"<[^<>]*>", "", block.body) if block.is_inline_html else block.body.replace("&", "&amp;")
            for block in blocks
        )
    )
    expected = html_entities.unescape(re.sub(r"<!--.*?-->|<[^<>]*>", "", html))
    assert "".join(words.split()) == "".join(expected.split())
    for block in blocks:
        names = re.findall(r"<(/?)(\w+)[^<>]*>", block.body) if block.is_inline_html else []
        stack: list[str] = []
        for closing, name in names:
            if closing:
                assert stack.pop() == name
            elif name != "br":
                stack.append(name)
        assert not stack


@given(_SOUP.map("".join))
def test_putting_the_same_words_back_changes_no_word(html: str) -> None:
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    result = replace_text(html, article, list(article.blocks))
    again = extract_article(Content(html=result, language="en", cleaning=NONE))
    assert [plain_text(block) for block in again.blocks] == [plain_text(block) for block in article.blocks]


@given(texts)
def test_escaping_keeps_the_text(text: str) -> None:
    assert html_entities.unescape(escape(text).replace("&amp;", "&amp;")) == html_entities.unescape(escape(text))
    assert plain_text(Block(inline_html=escape("R&D <b>"))) == "R&D <b>"


@given(inline_html)
def test_the_plain_text_of_inline_html_has_no_tags(body: str) -> None:
    assert "<b>" not in plain_text(Block(inline_html=body))


_HARD_PIECES = (
    "<p>",
    "</p>",
    "<pre>a\n  b",
    "</pre>",
    "<table><tr><td>",
    "<td>",
    "</table>",
    "<ruby>港<rt>みなと</rt></ruby>",  # harbour, with its reading
    '<a title="1 > 0" href=x>',
    "</a>",
    "<b>",
    "</b>",
    "<br/>",
    "<img alt='a>b'>",
    "<!-- <p>not read</p> -->",
    "<script>if (a < b) '<p>'</script>",
    "<style>p > a {}</style>",
    "&nbsp;",
    "&amp;lt;",
    "&#x6e2f;",
    "\r\n",
    "\t",
    "<",
    "a < b",
    "harbour",
    " 항구가 열렸다. ",  # The harbour opened.
    "\u1112\u1161\u11ab",  # HAN as conjoining jamo
)
_HARD_PAGES = st.lists(
    st.one_of(st.sampled_from(_HARD_PIECES), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)), max_size=20
).map("".join)


def markup(html: str) -> list[str]:
    """Sources of everything that is not text: tags, comments, scripts with their content."""
    sources: list[str] = []
    raw = ""
    for token in tokenize(html):
        source = html[token.start : token.end]
        if token.kind != "text" or raw:
            sources.append(source)
        if token.kind in ("start", "end") and token.name in ("script", "style"):
            raw = token.name if token.kind == "start" else ""
    return sources


@given(_HARD_PAGES)
def test_a_page_of_which_nothing_is_translated_comes_back_character_for_character(html: str) -> None:
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    assert replace_text(html, article, []) == html


@given(_HARD_PAGES)
def test_with_other_words_a_page_keeps_all_its_markup(html: str) -> None:
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    same = [Block.FromString(block.SerializeToString()) for block in article.blocks]
    result = replace_text(html, article, same)
    # Comments and scripts between words follow them: what is there is the same, in another order.
    assert sorted(markup(result)) == sorted(markup(html))
    words = [Block(block_id=block.block_id, text="x") for block in article.blocks if block.WhichOneof("body") == "text"]
    changed = replace_text(html, article, words)
    assert sorted(markup(changed)) == sorted(markup(html))


def test_a_page_of_every_trap_changes_in_its_words_alone() -> None:
    html = (
        "<!DOCTYPE html>\r\n<html><head><title>Port &amp; town</title><style>p > a { }</style></head>\r\n"
        '<body data-x="a > b"><!-- one > two --><pre>  row 1\r\n  row 2</pre>\r\n'
        "<table><tr><td>Corrin<td>2 &lt; 3</table><p>Open<script>x = '<p>';</script><p>Unclosed <b>bold</p></body>"
    )
    article = extract_article(Content(html=html, language="en", cleaning=NONE))
    upper = [Block(block_id=block.block_id, text=plain_text(block).upper()) for block in article.blocks]
    assert replace_text(html, article, upper) == (
        "<!DOCTYPE html>\r\n<html><head><title>PORT &amp; TOWN</title><style>p > a { }</style></head>\r\n"
        '<body data-x="a > b"><!-- one > two --><pre>  ROW 1\n  ROW 2</pre>\r\n'
        "<table><tr><td>CORRIN<td>2 &lt; 3</table><p>OPEN<script>x = '<p>';</script><p>UNCLOSED <b>BOLD</p></body>"
    )
