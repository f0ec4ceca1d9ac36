"""The review page: source and translations side by side, with the doubts marked, in one HTML file.

It knows nothing about calls and commands: a result goes in, text comes out, the same for the same result.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from triwire.v1.article_pb2 import Article
from triwire.v1.article_service_pb2 import Model, ProcessArticleResponse, SummarizeResponse, TranslateResponse
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.review.page import write_page

Reviewable: TypeAlias = ProcessArticleResponse | TranslateResponse | SummarizeResponse


def review_page(
    result: Reviewable,
    *,
    source: Article | None = None,
    models: Iterable[Model] = (),
    terms: Iterable[GlossaryTerm] = (),
    missing: Sequence[str] = (),
) -> str:
    """A page on which an editor reads a result against its source. It needs no network and no other file.

    Args:
        result: of `process_article`, `translate` or `summarize`. Sentences are aligned where the translation was made
            with `include_sentences`.
        source: the article that was sent, where the result does not repeat it.
        models: from `list_models`, for the licenses of those that the result names.
        terms: of the glossaries that were used; they are marked in both texts.
        missing: what was asked for and is not in the result, a line each.

    Returns:
        HTML. Text of the article and of the models is escaped; the page's own script and style are all that it runs.

    Raises:
        ValueError: neither `result` nor `source` has the article's blocks.
    """
    processed = as_processed(result)
    article = processed.source if processed.source.blocks else source
    if article is None or not article.blocks:
        raise ValueError("source: the result does not repeat the article that was sent; give it")
    return write_page(processed, article, list(models), list(terms), missing)


def as_processed(result: Reviewable) -> ProcessArticleResponse:
    """Any result in the form that holds all of them."""
    if isinstance(result, ProcessArticleResponse):
        return result
    processed = ProcessArticleResponse(request_id=result.request_id, usage=result.usage)
    if result.HasField("source"):
        processed.source.CopyFrom(result.source)
    if isinstance(result, TranslateResponse):
        processed.translations.append(result.translation)
    else:
        processed.summaries.append(result.summary)
    return processed


__all__ = ["Reviewable", "as_processed", "review_page"]
