import copy
import pickle
import sys
from collections.abc import Sequence
from typing import Any

import pandas
import pytest

from tests.clients.python.review.results import example, hostile
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import Result, ResultFinding, SummaryText, TextBlock

INLINE = "It <b>opened</b><br>&amp; more"
BLOCKS = [
    article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens again"),
    article_pb2.Block(
        block_id="p", kind=article_pb2.BLOCK_KIND_PARAGRAPH, inline_html="It <b>opened</b><br>&amp; more"
    ),
    article_pb2.Block(block_id="ad", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="Advertisement"),
]
ARTICLE = article_pb2.Article(language="en", blocks=BLOCKS)
TRANSLATION = article_service_pb2.Translation(
    source_language="en",
    target_language="ko",
    models=["tiny@1"],
    blocks=[
        article_service_pb2.TranslatedBlock(
            block=article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="항구 다시 열려")
        )
    ],
)


def make_result(*languages: str, num_summaries: int = 0) -> Result:
    response = article_service_pb2.ProcessArticleResponse(request_id="r-1", source=ARTICLE)
    for language in languages:
        response.translations.add(source_language="en", target_language=language).blocks.extend(TRANSLATION.blocks)
    for number in range(num_summaries):
        response.summaries.add(style=article_service_pb2.SUMMARY_STYLE_BULLETS, target_language="en").points.add(
            text=f"Point {number}"
        )
    return Result(response)


def test_the_article_its_translations_and_its_summaries_have_text() -> None:
    result = make_result("ko", num_summaries=1)
    assert result.article.title == "Harbour opens again"
    assert result.article.text == "Harbour opens again\n\nIt opened\n& more"  # without what is no article text
    assert [block.kind for block in result.article] == ["headline", "paragraph", "boilerplate"]
    assert str(result.translations["ko"]) == result.translations["ko"].text == "항구 다시 열려"
    assert result.translations["ko"]["h"].text == "항구 다시 열려"
    assert (result.summaries[0].style, result.summaries[0].text) == ("bullets", "Point 0")
    with pytest.raises(KeyError):
        result.translations["ko"]["nowhere"]


@pytest.mark.parametrize(
    ("languages", "num_summaries", "text"),
    [
        ((), 0, "Harbour opens again\n\nIt opened\n& more"),
        (("ko",), 0, "항구 다시 열려"),
        ((), 1, "Point 0"),
    ],
)
def test_text_is_that_of_the_one_thing_that_was_asked_for(
    languages: Sequence[str], num_summaries: int, text: str
) -> None:
    assert make_result(*languages, num_summaries=num_summaries).text == text


def test_text_of_several_things_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"translations\['ko'\], translations\['ja'\], summaries\[0\]"):
        _ = make_result("ko", "ja", num_summaries=1).text


def test_markdown_and_html_are_of_the_one_translation_or_of_the_language_that_is_named() -> None:
    assert make_result().to_markdown() == "# Harbour opens again\n\nIt <b>opened</b><br>\\& more\n"
    assert make_result("ko").to_markdown() == "# 항구 다시 열려\n"
    assert make_result("ko", "ja").to_markdown("ja") == "# 항구 다시 열려\n"
    assert make_result("ko", "ja").to_html("en").startswith('<article lang="en">\n<h1 class="headline"')
    with pytest.raises(ValueError, match="there are several translations; name one of ko, ja, en"):
        make_result("ko", "ja").to_html()
    with pytest.raises(ValueError, match="there is no text in 'fr'; name one of ko, en"):
        make_result("ko").to_markdown("fr")


def test_every_response_with_a_text_can_be_wrapped_and_no_other() -> None:
    translated = article_service_pb2.TranslateResponse(request_id="t", translation=TRANSLATION)
    assert Result(translated, source=ARTICLE).article.message == ARTICLE
    assert (Result(translated).request_id, Result(translated).text) == ("t", "항구 다시 열려")
    point = article_service_pb2.SummaryPoint(text="It opened.")
    summarized = article_service_pb2.SummarizeResponse(summary=article_service_pb2.Summary(points=[point]))
    assert Result(summarized).text == "It opened."
    assert Result(article_service_pb2.ExtractArticleResponse(article=ARTICLE)).article.message == ARTICLE
    with pytest.raises(TypeError, match="not of DetectLanguageResponse"):
        Result(article_service_pb2.DetectLanguageResponse())  # type: ignore[arg-type]  # what is tested


def test_an_article_that_is_given_does_not_replace_that_of_the_response() -> None:
    other = article_pb2.Article(language="ja", blocks=[article_pb2.Block(block_id="x", text="別の記事")])  # another one
    assert Result(make_result("ko").message, source=other).article.language == "en"


def test_a_result_keeps_to_the_response_as_it_was() -> None:
    response = example()
    result = Result(response)
    response.translations.clear()
    assert list(result.translations) == ["ko", "ja"]


@pytest.mark.parametrize("make", [example, hostile])
def test_a_result_copies_and_pickles(make: Any) -> None:
    result = Result(make())
    assert result.findings  # what was computed does not stand in the way
    for again in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):  # noqa: S301 - made here
        assert again == result
        assert again is not result
        assert again.findings == result.findings
    assert result != Result(article_service_pb2.ProcessArticleResponse())
    assert result != "a result"


def test_parts_of_a_result_pickle() -> None:
    result = Result(example())
    parts = (result.translations["ko"].blocks[0], result.findings[0], result.summaries[0], result.translations["ja"])
    block, finding, summary, translation = pickle.loads(pickle.dumps(parts))  # noqa: S301 - made here
    assert (block, finding) == parts[:2]
    assert (summary.text, translation.text) == (parts[2].text, parts[3].text)


def test_what_is_shown_of_a_result_in_a_log_has_no_text_of_the_article() -> None:
    result = Result(example())
    assert repr(result) == (
        f"<Result en -> ko, ja, {len(result.article)} blocks;"
        f" summaries: bullets, headline; {len(result.findings)} findings>"
    )
    assert repr(result.translations["ko"]) == f"<TranslationText ko, {len(result.translations['ko'])} blocks>"
    assert repr(result.translations["ko"].blocks[0]).startswith("<TextBlock ")
    assert repr(result.summaries[0]).startswith("<SummaryText bullets en, ")


def test_the_review_page_is_that_of_the_result() -> None:
    page = Result(example()).to_review_page()
    assert page.startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError, match="source: the result does not repeat the article"):
        Result(article_service_pb2.TranslateResponse(translation=TRANSLATION)).to_review_page()


def test_a_table_has_a_row_for_each_block_of_each_text() -> None:
    result = Result(example())
    frame = result.to_pandas()
    assert list(frame.columns) == ["block_id", "kind", "language", "is_source", "text", "findings", "severity"]
    assert len(frame) == len(result.article) + sum(len(made) for made in result.translations.values())
    assert frame["findings"].sum() == sum(
        len(block.findings) for made in result.translations.values() for block in made
    )
    wide = frame.pivot(index="block_id", columns="language", values="text")
    block = result.translations["ko"].blocks[-1]
    assert wide.loc[block.block_id, "ko"] == block.text
    assert list(Result(article_service_pb2.ProcessArticleResponse()).to_pandas().columns) == list(frame.columns)


def test_the_findings_are_rows_of_a_table() -> None:
    result = Result(example())
    frame = pandas.DataFrame(result.findings)
    assert len(frame) == len(result.findings)
    assert list(frame.columns) == list(ResultFinding.__dataclass_fields__)
    assert list(frame["kind"]) == [finding.kind for finding in result.findings]


def test_without_pandas_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # as if it were not installed
    with pytest.raises(ModuleNotFoundError, match="to_pandas needs pandas: pip install pandas"):
        make_result("ko").to_pandas()


def test_texts_are_what_the_package_offers() -> None:
    result = make_result("ko", num_summaries=1)
    assert isinstance(result.article.blocks[0], TextBlock)
    assert isinstance(result.summaries[0], SummaryText)
