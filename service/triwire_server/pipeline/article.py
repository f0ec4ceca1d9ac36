"""From what was sent to the article that all results point into."""

from collections.abc import Iterable

from triwire.v1 import article_pb2
from triwire_server.errors import InvalidRequest, Violation, above_limit
from triwire_server.limits import Limits
from triwire_server.text.extract import extract_article
from triwire_server.text.language import base_language

_CLEANINGS = (article_pb2.CLEANING_NONE, article_pb2.CLEANING_PAGE)
_LABELS_ONLY = (article_pb2.BLOCK_KIND_BOILERPLATE, article_pb2.BLOCK_KIND_RELATED_LINK)


def body_of(block: article_pb2.Block) -> str:
    """The body as sent: text, or inline_html with its markup."""
    return block.inline_html if block.WhichOneof("body") == "inline_html" else block.text


def with_body(block: article_pb2.Block, body: str) -> article_pb2.Block:
    """A block of the same id, kind, credit and body member, with another body."""
    made = article_pb2.Block(block_id=block.block_id, kind=block.kind, credit=block.credit)
    if block.WhichOneof("body") == "inline_html":
        made.inline_html = body
    else:
        made.text = body
    return made


def read_article(
    content: article_pb2.Content,
    default_cleaning: article_pb2.Cleaning.ValueType,
    limits: Limits,
    *,
    needs_language: bool = True,
) -> article_pb2.Article:
    """Label the blocks of the content and check what can only be checked once they are known.

    Args:
        content: valid content; paths in errors start with "content".
        default_cleaning: what CLEANING_UNSPECIFIED means for the method.
        limits: of the deployment.
        needs_language: whether an article whose language cannot be told is refused.

    Raises:
        InvalidRequest: CONTENT_TOO_LARGE, NO_ARTICLE_TEXT or LANGUAGE_UNDETECTED.
    """
    resolved = article_pb2.Content()
    resolved.CopyFrom(content)
    resolved.cleaning = cleaning_of(content, default_cleaning)
    article = extract_article(resolved)
    member = content.WhichOneof("kind") or "text"
    path = f"content.{member}"
    violations = list(_size_violations(content, resolved.cleaning, article, path, limits))
    if violations:
        raise InvalidRequest(violations)
    if not any(body_of(block).strip() for block in article.blocks if block.kind not in _LABELS_ONLY):
        hint = "; send it with cleaning: CLEANING_NONE if all of it is article text" if article.blocks else ""
        raise InvalidRequest([Violation(path, f"has no article text{hint}", "NO_ARTICLE_TEXT")])
    if needs_language and not article.language:
        field = "content.article.language" if member == "article" else "content.language"
        text = "could not be told from the text; set it to en, ko or ja"
        raise InvalidRequest([Violation(field, text, "LANGUAGE_UNDETECTED")])
    return article


def cleaning_of(
    content: article_pb2.Content, default: article_pb2.Cleaning.ValueType
) -> article_pb2.Cleaning.ValueType:
    """How content is to be cleaned; a value that this version does not know reads as UNSPECIFIED."""
    return content.cleaning if content.cleaning in _CLEANINGS else default


def source_if_new(content: article_pb2.Content, article: article_pb2.Article) -> article_pb2.Article | None:
    """The article to return as `source`: None if it equals the one in the request."""
    return None if content.WhichOneof("kind") == "article" and content.article == article else article


def language_of(block: article_pb2.Block, article: article_pb2.Article) -> str:
    """Language of a block as a served tag without region."""
    return base_language(block.language or article.language)


def _size_violations(
    content: article_pb2.Content,
    cleaning: article_pb2.Cleaning.ValueType,
    article: article_pb2.Article,
    path: str,
    limits: Limits,
) -> Iterable[Violation]:
    if content.WhichOneof("kind") == "html" and cleaning == article_pb2.CLEANING_NONE:
        characters = len(content.html)
    else:
        characters = sum(
            len(body_of(block)) for block in article.blocks if block.kind != article_pb2.BLOCK_KIND_BOILERPLATE
        )
    if characters > limits.max_article_characters:
        yield above_limit(
            path, "max_article_characters", characters, limits.max_article_characters, "characters", "split it"
        )
    if len(article.blocks) > limits.max_blocks:
        yield above_limit(path, "max_blocks", len(article.blocks), limits.max_blocks, "blocks", "split it")
