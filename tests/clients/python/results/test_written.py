"""Markdown and HTML of results: kinds become elements, and whatever a text holds it stays that text."""

import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.clients.python.review.results import example, hostile
from triwire.v1 import article_pb2
from triwire.v1.article_pb2 import Block, BlockKind
from triwire_client import Result
from triwire_client.results.html import blocks_to_html, points_to_html
from triwire_client.results.markdown import blocks_to_markdown, blocks_to_text, points_to_markdown

VOID = {"br"}


class Elements(HTMLParser):
    """Reads HTML strictly: every element is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def of_every_kind() -> list[Block]:
    names = [value.name for value in BlockKind.DESCRIPTOR.values if value.number]
    blocks = [Block(block_id=name[11:].lower(), kind=BlockKind.Value(name), text=f"A {name[11:]}") for name in names]
    blocks.insert(6, Block(block_id="second", kind=article_pb2.BLOCK_KIND_LIST_ITEM, text="Another"))
    blocks[7].credit = "Westmere <Herald>"
    return blocks


def test_kinds_of_blocks_in_markdown() -> None:
    assert blocks_to_markdown(of_every_kind()) == (
        "# A HEADLINE\n\nA STANDFIRST\n\nA PARAGRAPH\n\n## A SUBHEADING\n\n> A QUOTE\n\n- A LIST\\_ITEM\n- Another\n\n"
        "A CAPTION (Westmere \\<Herald\\>)\n\nA BYLINE\n\nA SECTION\n\nA RELATED\\_LINK\n\nA BOILERPLATE\n"
    )


def test_kinds_of_blocks_in_html() -> None:
    written = blocks_to_html(of_every_kind(), "en")
    elements = Elements(written)
    assert [tag for tag, _ in elements.starts] == (
        ["article", "h1", "p", "p", "h2", "blockquote", "p", "ul", "li", "li", "figure", "figcaption", "small"]
        + ["p"] * 4
    )
    assert elements.starts[0][1] == {"lang": "en"}
    assert elements.starts[1][1] == {"class": "headline", "data-block-id": "headline"}
    assert "<small>Westmere &lt;Herald&gt;</small>" in written
    assert '<li class="list-item" data-block-id="second">Another</li>' in written


def test_a_block_in_another_language_says_so() -> None:
    quote = Block(block_id="q", kind=article_pb2.BLOCK_KIND_QUOTE, text="항구", language="ko")  # "harbour"
    same = Block(block_id="p", text="Harbour", language="en")
    written = blocks_to_html([quote, same], "en")
    assert '<blockquote class="quote" lang="ko" data-block-id="q">' in written
    assert 'lang="en" data' not in written


def test_line_breaks_of_plain_text_stay() -> None:
    block = Block(block_id="p", text="One\n- two\n  3. three", kind=article_pb2.BLOCK_KIND_LIST_ITEM)
    assert blocks_to_markdown([block]) == "- One\\\n  \\- two\\\n  3\\. three\n"
    assert "One<br>\n- two<br>\n  3. three" in blocks_to_html([block], "en")
    headline = Block(block_id="h", text="One\ntwo", kind=article_pb2.BLOCK_KIND_HEADLINE)
    assert blocks_to_markdown([headline]) == "# One<br>two\n"


def test_inline_elements_stay_and_others_are_text() -> None:
    block = Block(block_id="p", inline_html='<b>항구</b>는 <script>x</script> <a href="https://x.example/">열렸다</a>')
    assert blocks_to_text([block]) == "항구는 <script>x</script> 열렸다"
    assert "&lt;script&gt;x&lt;/script&gt;" in blocks_to_html([block], "ko")
    link = '<a href="https://x.example/" rel="noopener noreferrer nofollow">열렸다</a>'
    assert blocks_to_markdown([block]) == f"<b>항구</b>는 \\<script\\>x\\</script\\> {link}\n"


def test_summaries_in_markdown_and_html() -> None:
    points = ["One & *two*", "3. three"]
    assert points_to_markdown(points, "bullets") == "- One \\& \\*two\\*\n- 3\\. three\n"
    assert points_to_markdown(points, "paragraph") == "One \\& \\*two\\*\n\n3\\. three\n"
    assert points_to_html(points, "bullets", "ko") == (
        '<ul lang="ko">\n<li>One &amp; *two*</li>\n<li>3. three</li>\n</ul>\n'
    )
    assert points_to_html(points[:1], "headline", "ko") == '<p lang="ko">One &amp; *two*</p>\n'


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_the_example_is_well_formed(language: str) -> None:
    result = Result(example())
    assert Elements(result.to_html(language)).starts[0] == ("article", {"lang": language})


def test_a_hostile_text_is_text() -> None:
    result = Result(hostile())
    texts: list[Any] = [result.article, *result.translations.values(), *result.summaries]
    for text in texts:
        elements = Elements(text.to_html())
        assert not {tag for tag, _ in elements.starts} & {"script", "img", "style", "title"}
        assert not [name for _, attributes in elements.starts for name in attributes if name.startswith("on")]
        rendered = Elements(MarkdownIt("commonmark").render(text.to_markdown()))
        assert not {tag for tag, _ in rendered.starts} & {"script", "img", "style", "title"}


LETTERS = st.sampled_from("ab 1.)-+=#>*_`~[]()<>&|\\!$:;\"'\t\n항の\u3000 ")
KINDS = st.sampled_from([1, 3, 4, 5, 6, 7])


@settings(max_examples=150)
@given(st.lists(st.tuples(KINDS, st.text(LETTERS, min_size=1, max_size=25)), min_size=1, max_size=4))
def test_markdown_read_again_has_the_same_words(parts: list[tuple[int, str]]) -> None:
    blocks = [
        Block(block_id=str(number), kind=kind, text=text)  # type: ignore[arg-type]  # a kind is a number
        for number, (kind, text) in enumerate(parts)
        if text.strip()
    ]
    rendered = MarkdownIt("commonmark").render(blocks_to_markdown(blocks))
    words = "".join("".join(block.text for block in blocks).split())
    assert "".join(html.unescape(re.sub(r"<[^>]*>", "", rendered)).split()) == words
    assert "".join(Elements(blocks_to_html(blocks, "en")).text.split()) == words
