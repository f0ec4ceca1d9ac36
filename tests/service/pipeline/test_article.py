import pytest

from triwire.v1 import article_pb2
from triwire_server.errors import InvalidRequest
from triwire_server.limits import Limits
from triwire_server.pipeline.article import read_article, source_if_new

ENGLISH = "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon."
PAGE, NONE = article_pb2.CLEANING_PAGE, article_pb2.CLEANING_NONE


def violation_of(content: article_pb2.Content, limits: Limits | None = None) -> tuple[str, str, dict[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        read_article(content, PAGE, limits or Limits())
    assert len(caught.value.violations) == 1
    violation = caught.value.violations[0]
    return violation.reason, violation.field_path, dict(violation.metadata)


def test_an_article_above_the_limit_is_refused_with_limit_and_size() -> None:
    content = article_pb2.Content(text=ENGLISH, cleaning=NONE)
    assert violation_of(content, Limits(max_article_characters=90)) == (
        "CONTENT_TOO_LARGE",
        "content.text",
        {"limit": "max_article_characters", "actual": str(len(ENGLISH)), "maximum": "90"},
    )


def test_text_of_more_blocks_than_the_limit_is_refused() -> None:
    content = article_pb2.Content(text="\n\n".join([ENGLISH] * 4), cleaning=NONE)
    assert violation_of(content, Limits(max_blocks=3)) == (
        "CONTENT_TOO_LARGE",
        "content.text",
        {"limit": "max_blocks", "actual": "4", "maximum": "3"},
    )


def test_markup_counts_towards_the_limit_when_all_of_it_comes_back() -> None:
    page = f"<p class='{'x' * 100}'>{ENGLISH}</p>"
    limits = Limits(max_article_characters=120)
    assert read_article(article_pb2.Content(html=page, cleaning=PAGE), PAGE, limits).language == "en"
    assert violation_of(article_pb2.Content(html=page, cleaning=NONE), limits)[2]["actual"] == str(len(page))


def test_a_page_of_boilerplate_alone_has_no_article_text() -> None:
    reason, path, _ = violation_of(article_pb2.Content(text="Advertisement\n\nAdvertisement"))
    assert (reason, path) == ("NO_ARTICLE_TEXT", "content.text")


def test_the_same_text_is_an_article_without_cleaning() -> None:
    article = read_article(article_pb2.Content(text="Advertisement", language="en", cleaning=NONE), PAGE, Limits())
    assert [block.text for block in article.blocks] == ["Advertisement"]
    assert article.blocks[0].kind not in (article_pb2.BLOCK_KIND_BOILERPLATE, article_pb2.BLOCK_KIND_RELATED_LINK)


def test_a_language_that_cannot_be_told_is_asked_for_by_field() -> None:
    assert violation_of(article_pb2.Content(text="12-3 4-5", cleaning=NONE))[:2] == (
        "LANGUAGE_UNDETECTED",
        "content.language",
    )
    article = article_pb2.Article(blocks=[article_pb2.Block(text="12-3 4-5")])
    assert violation_of(article_pb2.Content(article=article))[:2] == ("LANGUAGE_UNDETECTED", "content.article.language")


def test_source_is_absent_only_where_it_equals_the_article_sent() -> None:
    sent = article_pb2.Article(
        language="en",
        blocks=[article_pb2.Block(block_id="lead", kind=article_pb2.BLOCK_KIND_PARAGRAPH, text=ENGLISH)],
    )
    content = article_pb2.Content(article=sent)
    assert source_if_new(content, read_article(content, PAGE, Limits())) is None

    without_id = article_pb2.Article(language="en", blocks=[article_pb2.Block(text=ENGLISH)])
    content = article_pb2.Content(article=without_id)
    source = source_if_new(content, read_article(content, PAGE, Limits()))
    assert source is not None
    assert source.blocks[0].block_id == "b1"
    text = article_pb2.Content(text=ENGLISH, cleaning=NONE)
    assert source_if_new(text, read_article(text, PAGE, Limits())) is not None
