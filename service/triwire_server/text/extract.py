"""Content of any kind as an article: labelled blocks with ids. Labels, never deletes."""

from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire_server.text.html import HtmlBlock, html_blocks, plain_text
from triwire_server.text.language import main_language
from triwire_server.text.normalize import normalize
from triwire_server.text.pages import credit_lines
from triwire_server.text.pages.flat_page import label_page
from triwire_server.text.pages.plain_blocks import plain_blocks
from triwire_server.text.pages.web_page import is_credit, page_kinds, plain_kinds, readable

_MIN_TEXT_CHARACTERS = 30
_MAX_LANGUAGE_CHARACTERS = 20_000
_UNREAD_KINDS = frozenset({BlockKind.BLOCK_KIND_BOILERPLATE, BlockKind.BLOCK_KIND_RELATED_LINK})


def extract_article(content: Content) -> Article:
    """Article of a content: text, HTML or blocks, normalized (NFC, line feeds) and labelled.

    An `article` is never re-classified: its kinds stay, UNSPECIFIED becomes PARAGRAPH. Cleaning UNSPECIFIED reads as
    CLEANING_PAGE. Blocks without ids get "b1", "b2", ... in order. The language is that of the content, else the one
    detected in the article's text, else "": then it could not be told.
    """
    kind = content.WhichOneof("kind")
    is_page = content.cleaning != Cleaning.CLEANING_NONE
    if kind == "article":
        return _from_article(content.article)
    if kind == "html":
        blocks = _from_html(content.html, content.language, is_page=is_page)
    else:
        blocks = _from_text(normalize(content.text), is_page=is_page)
    for number, block in enumerate(blocks, 1):
        block.block_id = f"b{number}"
    return Article(language=content.language or _language_of_blocks(blocks), blocks=blocks)


def _language_of_blocks(blocks: list[Block]) -> str:
    """Main language of blocks, boilerplate left out where there is anything else; "" if it cannot be told."""
    texts = [plain_text(block) for block in blocks if block.kind not in _UNREAD_KINDS]
    language = main_language("\n".join(texts or [plain_text(block) for block in blocks]))
    return language if language != "und" else ""


def _from_article(given: Article) -> Article:
    article = Article()
    article.CopyFrom(given)
    for number, block in enumerate(article.blocks, 1):
        if block.WhichOneof("body") == "inline_html":
            block.inline_html = normalize(block.inline_html)
        else:
            block.text = normalize(block.text)
        block.credit = normalize(block.credit)
        if block.kind == BlockKind.BLOCK_KIND_UNSPECIFIED or block.kind not in BlockKind.values():
            block.kind = BlockKind.BLOCK_KIND_PARAGRAPH
        if not block.block_id:
            block.block_id = f"b{number}"
    if not article.language:
        article.language = _language_of_blocks(list(article.blocks))
    return article


def _from_text(text: str, *, is_page: bool) -> list[Block]:
    pieces = label_page(text) if is_page else plain_blocks(text)
    return [Block(kind=piece.kind, text=text[piece.start : piece.end], credit=piece.credit) for piece in pieces]


def _language_of_places(places: list[HtmlBlock]) -> str:
    """Main language of the longer blocks of a page, "" if it cannot be told."""
    texts = [text for text in map(readable, places) if len(text) >= _MIN_TEXT_CHARACTERS]
    return main_language("\n".join(texts)[:_MAX_LANGUAGE_CHARACTERS])


def _from_html(page: str, language: str, *, is_page: bool) -> list[Block]:
    places = html_blocks(page, keep_elements=not is_page)
    labels = page_kinds(page, places, language or _language_of_places(places)) if is_page else plain_kinds(places)
    blocks: list[Block] = []
    for place, kind in zip(places, labels, strict=True):
        if not is_page or kind != BlockKind.BLOCK_KIND_CAPTION:
            blocks.append(_block(place, kind))
            continue
        text = readable(place)
        if blocks and blocks[-1].kind == kind and not blocks[-1].credit and is_credit(place, text):
            blocks[-1].credit = credit_lines.without_label(text)
        else:
            blocks.append(_caption(place, text))
    return blocks


def _block(place: HtmlBlock, kind: "BlockKind.ValueType") -> Block:
    return Block(kind=kind, inline_html=place.body) if place.is_inline_html else Block(kind=kind, text=place.body)


def _caption(place: HtmlBlock, text: str) -> Block:
    """With a credit inside, as an element or as words, a caption is plain text: the credit is no part of it."""
    kind = BlockKind.BLOCK_KIND_CAPTION
    whole = text if place.is_inline_html else place.body
    length, credit = credit_lines.split_credit(whole)
    return Block(kind=kind, text=whole[:length], credit=credit) if length and credit else _block(place, kind)
