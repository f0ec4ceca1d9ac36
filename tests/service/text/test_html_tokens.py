import html.parser
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire_server.text.html_tokens import Token, tokenize


def shown(page: str) -> list[tuple[str, str]]:
    """(kind and name, source) of every token."""
    return [(f"{token.kind} {token.name}".strip(), page[token.start : token.end]) for token in tokenize(page)]


def test_tags_text_and_comments_are_tokens_with_their_sources() -> None:
    assert shown("<P Class=a>One<br/><!-- <p> --> two</p>") == [
        ("start p", "<P Class=a>"),
        ("text", "One"),
        ("void br", "<br/>"),
        ("skip", "<!-- <p> -->"),
        ("text", " two"),
        ("end p", "</p>"),
    ]


def test_a_greater_than_sign_inside_quotes_does_not_end_a_tag() -> None:
    page = """<a title="1 > 0" data-x='a > "b"'>x</a>"""
    [start, text, end] = tokenize(page)
    assert start.attributes == {"title": "1 > 0", "data-x": 'a > "b"'}
    assert (page[text.start : text.end], end.name) == ("x", "a")


def test_an_apostrophe_in_an_unquoted_value_opens_nothing() -> None:
    assert [kind for kind, _ in shown("<p title=it's>Mayor's</p>")] == ["start p", "text", "end p"]


def test_scripts_and_closed_titles_hold_no_markup() -> None:
    assert shown("<script>if (a<b) '<p>'</script><title>A <b> c</title>") == [
        ("start script", "<script>"),
        ("text", "if (a<b) '<p>'"),
        ("end script", "</script>"),
        ("start title", "<title>"),
        ("text", "A <b> c"),
        ("end title", "</title>"),
    ]


@pytest.mark.parametrize("page", ["a < b", "1 <2", "<", "</", "<a", "<p class='x", "x <3 y", "&lt;p>"])
def test_what_is_no_tag_is_text(page: str) -> None:
    assert [kind for kind, _ in shown(page)] == ["text"]


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html>", "<?xml version='1.0'?>", "<![CDATA[x]]>", "<!-->", "</ p>", "<!-- a"]
)
def test_declarations_and_broken_comments_are_not_read(page: str) -> None:
    assert [kind for kind, _ in shown(page)] == ["skip"]


_MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<",
                ">",
                '"',
                "'",
                "=",
                "</",
                "<!--",
                "-->",
                "<p ",
                "<a href=",
                "<script>",
                "</script>",
                "<title>",
                "/>",
                " ",
            ]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    ),
    max_size=24,
).map("".join)


@given(_MARKUP)
def test_the_tokens_of_any_string_are_the_string(page: str) -> None:
    tokens = tokenize(page)
    assert "".join(page[token.start : token.end] for token in tokens) == page
    assert all(token.start < token.end for token in tokens)


@given(st.lists(st.sampled_from(["<p>", "</p>", "<b class='x'>", "</b>", "<br>", "<!-- c -->", "text ", "&amp;"])))
def test_on_well_formed_markup_the_standard_library_finds_the_same_tags(pieces: list[str]) -> None:
    found: list[str] = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)

        def handle_endtag(self, tag: str) -> None:
            found.append(f"/{tag}")

    Parser().feed("".join(pieces))

    def name(token: Token) -> str:
        return ("/" if token.kind == "end" else "") + token.name

    assert [name(token) for token in tokenize("".join(pieces)) if token.kind in ("start", "end", "void")] == found


_UNITS = [
    "<",
    "<a ",
    '<a x="',
    "<a x='\"",
    "</",
    "<!",
    "<!--",
    "<?",
    "<script>",
    "<title>",
    "<p x= ",
    '">',
    "<a x=\">'",
    "=",
]


@pytest.mark.parametrize("unit", _UNITS)
def test_a_megabyte_of_broken_markup_is_read_at_once(unit: str) -> None:
    page = unit * (1_000_000 // len(unit))
    started = time.process_time()
    tokenize(page)
    # Linear reading takes a second or two on a slow machine; quadratic reading of this length takes hours.
    assert time.process_time() - started < 60
