"""Pages from the corpora and the examples, extracted, and what a test says of their blocks."""

import tomllib
from pathlib import Path

from google.protobuf import json_format

from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire_server.text.extract import extract_article

REPOSITORY = Path(__file__).resolve().parents[3]
CORPORA = REPOSITORY / "tests" / "corpora"
EXAMPLES = REPOSITORY / "examples" / "articles"

PAGE, NONE = Cleaning.CLEANING_PAGE, Cleaning.CLEANING_NONE


def page(path: Path) -> Article:
    """The article of a file, as a client would send it: text, HTML or a structured article by its suffix."""
    text = path.read_bytes().decode("utf-8")  # with its line ends
    if path.suffix == ".json":
        return extract_article(Content(article=json_format.Parse(text, Article())))
    if path.suffix == ".html":
        return extract_article(Content(html=text, cleaning=PAGE))
    return extract_article(Content(text=text, cleaning=PAGE))


def expected_blocks(path: Path) -> list[tuple[str, str, str]]:
    """(kind, beginning, credit) of every block, from the table beside a page of the corpora."""
    table = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    return [(kind, beginning, rest[0] if rest else "") for kind, beginning, *rest in table["blocks"]]


def body_of(block: Block) -> str:
    """The body as it is sent, text or inline HTML."""
    return block.inline_html or block.text


def kind_of(block: Block) -> str:
    """The kind without its prefix: "PARAGRAPH"."""
    return BlockKind.Name(block.kind).removeprefix("BLOCK_KIND_")


def labels(article: Article) -> list[tuple[str, str]]:
    """(kind, body) of every block."""
    return [(kind_of(block), body_of(block)) for block in article.blocks]


def of_kind(article: Article, kind: str) -> list[str]:
    """Bodies of the blocks of one kind."""
    return [body for name, body in labels(article) if name == kind]


def article_of(language: str, *paragraphs: str) -> Article:
    """An article of paragraphs b1, b2, ..."""
    blocks = [
        Block(block_id=f"b{number}", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text)
        for number, text in enumerate(paragraphs, 1)
    ]
    return Article(language=language, blocks=blocks)
