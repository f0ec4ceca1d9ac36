"""What a reader sees of a body whose tags have attributes with "<", ">" and quotation marks in them."""

import time

import pytest

from triwire.v1.article_pb2 import Cleaning, Content
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text, replace_text
from triwire_server.text.placeholders.protect import protect
from triwire_server.text.readable import Readable
from triwire_server.text.segment import split_segments

BODIES = (
    'See <a href="/x" title="5 > 3">this page</a> now.',
    'See <a href="/x" title="3 < 5">this page</a> now.',
    "See <a href='/x' title='He said \"<b>\".'>this page</a> now.",
    'See <a href="/x" title="5>this page</a> now.',  # a quotation mark that is never closed
)


@pytest.mark.parametrize("body", BODIES)
def test_attributes_are_not_read(body: str) -> None:
    assert Readable(body, is_html=True).text == "See this page now."


@pytest.mark.parametrize("body", BODIES)
def test_a_page_with_such_attributes_is_read_and_put_together_again(body: str) -> None:
    page = f"<p>{body}</p>"
    article = extract_article(Content(html=page, cleaning=Cleaning.CLEANING_NONE))
    assert [plain_text(block) for block in article.blocks] == ["See this page now."]
    assert replace_text(page, article, article.blocks) == page


def test_a_sentence_end_in_an_attribute_is_no_place_to_cut() -> None:
    body = 'See <a href="/x" title="Really. Yes > no. Maybe.">this page</a> now. And then more.'
    pieces = split_segments(body, "en", lambda piece: len(piece) < 60, is_html=True)
    assert [body[start:end] for start, end in pieces] == [
        'See <a href="/x" title="Really. Yes > no. Maybe.">this',
        "page</a> now.",
        "And then more.",
    ]


@pytest.mark.parametrize("body", BODIES)
def test_such_tags_are_protected_whole(body: str) -> None:
    assert protect(body, is_html=True).text == "See [1]this page[2] now."


@pytest.mark.parametrize("unit", ['<a "', "<a '", '<a "=', "<a '\"", '<a x="', "<br '", "<span \"'"])
def test_tags_that_never_end_take_linear_time(unit: str) -> None:
    body = unit * 20_000
    start = time.process_time()
    Readable(body, is_html=True)
    protect(body, is_html=True)
    assert time.process_time() - start < 5
