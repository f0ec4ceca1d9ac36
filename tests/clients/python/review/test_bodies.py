import time

import pytest

from triwire_client.review.bodies import escape, read_inline_html, visible_text
from triwire_client.review.marks import write_body


def written(body: str) -> str:
    """What goes into the page for a body without marks."""
    return write_body(read_inline_html(body), [])


def test_inline_elements_of_the_contract_are_let_through() -> None:
    names = "a abbr b code em i mark s small span strong sub sup u".split()
    body = "".join(f"<{name}>x</{name}>" for name in names) + "one<br>two"
    assert written(body) == body


def test_a_reading_over_japanese_words_stays_over_them() -> None:
    body = "<ruby>榊原<rp>（</rp><rt>さかきばら</rt><rp>）</rp></ruby>町長"  # Mayor Sakakibara, with its reading
    assert written(body) == body


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ('<b class="x" onclick="alert(1)" style="color:red" id="y">a</b>', "<b>a</b>"),
        (
            '<b lang="ja" dir="rtl" title="a &quot;b&quot;">a</b>',
            '<b lang="ja" dir="rtl" title="a &quot;b&quot;">a</b>',
        ),
        ('<b lang="ja&quot; onclick=&quot;x">a</b>', "<b>a</b>"),
        ("<B TITLE='x' title='y'>a</B>", '<b title="x">a</b>'),
        ('<span href="https://a.example/">a</span>', "<span>a</span>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="java&#10;script:alert(1)">a</a>', "<a>a</a>"),
        ('<a href=" https://a.example/">a</a>', "<a>a</a>"),
        ('<a href="data:text/html,x">a</a>', "<a>a</a>"),
        ('<a href="/people/x">a</a>', "<a>a</a>"),
        (
            '<a href="HTTPS://a.example/?b=1&amp;c=2">a</a>',
            '<a href="HTTPS://a.example/?b=1&amp;c=2" rel="noopener noreferrer nofollow">a</a>',
        ),
    ],
)
def test_attributes_are_left_out_but_language_direction_title_and_address(body: str, page: str) -> None:
    assert written(body) == page


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("a</td></table>", "a&lt;/td&gt;&lt;/table&gt;"),
        ("<b>a", "&lt;b&gt;a"),
        ("a</b>", "a&lt;/b&gt;"),
        ("<b><i>a</b></i>", "<b>&lt;i&gt;a</b>&lt;/i&gt;"),
        ("<a><b><a>x</a></b></a>", "<a>&lt;b&gt;&lt;a&gt;x</a>&lt;/b&gt;&lt;/a&gt;"),
        ("<b\x00>a</b>", "&lt;b\ufffd&gt;a&lt;/b&gt;"),
        ("<!-- a --><b>b</b>", "&lt;!-- a --&gt;<b>b</b>"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("R&amp;D &lt;b&gt; &#60;i&#62; &copy; &zzz;", "R&amp;D &lt;b&gt; &lt;i&gt; © &amp;zzz;"),
    ],
)
def test_everything_else_is_text(body: str, page: str) -> None:
    assert written(body) == page


def test_what_a_reader_sees_has_no_tags_and_no_entities() -> None:
    assert visible_text(read_inline_html("<b>R&amp;D</b> in <blink>Hollin</blink>")) == "R&D in <blink>Hollin</blink>"


def test_pieces_cover_the_body_in_order() -> None:
    body = 'x<b title="y">R&amp;D</b> <i>z'
    pieces = read_inline_html(body)
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == len(body)


def test_characters_that_a_page_cannot_hold_are_replaced_one_by_one() -> None:
    assert escape("a\x00b\x1bc\td\ne") == "a\ufffdb\ufffdc\td\ne"


@pytest.mark.parametrize(
    "unit",
    [
        "<b ",
        '<a title="',
        "<a x='<a y=\"",
        "<b>",
        "</b>",
        "<b></i>",
        "&",
        "&a",
        "<a" + " " * 99,
        "<a b=",
        "<" + "a" * 9,
    ],
)
def test_hostile_bodies_take_time_by_their_length(unit: str) -> None:
    body = (unit * (400_000 // len(unit) + 1))[:400_000]
    started = time.perf_counter()
    written(body)
    assert time.perf_counter() - started < 3
