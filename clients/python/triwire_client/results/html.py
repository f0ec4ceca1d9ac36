"""Blocks as HTML: elements for their kinds, text escaped, languages named."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from triwire.v1.article_pb2 import BLOCK_KIND_LIST_ITEM, Block
from triwire_client.review.bodies import escape, read_body
from triwire_client.review.texts import lang
from triwire_client.words import block_kind

_ELEMENTS = {"headline": "h1", "subheading": "h2"}


def blocks_to_html(blocks: Sequence[Block], language: str) -> str:
    """An `<article>` with an element for each block, a line each.

    Headlines become `h1`, subheadings `h2`, quotes `blockquote`, neighbouring list items a `ul`, captions a `figure`
    with a `figcaption`, all other kinds `p`. The kind is the element's class, the block's id its `data-block-id`.

    Args:
        blocks: in order.
        language: of them, except where a block names its own.

    Returns:
        HTML. Of inline markup only the contract's elements are let through, as on the review page; everything else
        is escaped.
    """
    lines: list[str] = []
    for is_list, group in groupby(blocks, key=lambda block: block.kind == BLOCK_KIND_LIST_ITEM):
        items = [_element(block, language) for block in group]
        lines += ["<ul>", *items, "</ul>"] if is_list else items
    return "\n".join([f"<article{lang(language)}>", *lines, "</article>"]) + "\n"


def points_to_html(points: Sequence[str], style: str, language: str) -> str:
    """The statements of a summary: a `ul` of bullets, or a paragraph each."""
    own, is_list = lang(language), style == "bullets"
    items = [f"<li>{_plain(point)}</li>" if is_list else f"<p{own}>{_plain(point)}</p>" for point in points]
    return "\n".join([f"<ul{own}>", *items, "</ul>"] if is_list else items) + "\n"


def _element(block: Block, language: str) -> str:
    kind = block_kind(block.kind)
    own = lang(block.language) if block.language and block.language != language else ""
    attributes = f' class="{kind.replace(" ", "-")}"{own} data-block-id="{escape(block.block_id)}"'
    body = "".join(_body(block))
    if kind == "list item":
        return f"<li{attributes}>{body}</li>"
    if kind == "quote":
        return f"<blockquote{attributes}><p>{body}</p></blockquote>"
    if kind == "caption":
        credit = f" <small>{escape(block.credit)}</small>" if block.credit else ""
        return f"<figure{attributes}><figcaption>{body}{credit}</figcaption></figure>"
    element = _ELEMENTS.get(kind, "p")
    return f"<{element}{attributes}>{body}</{element}>"


def _body(block: Block) -> Iterator[str]:
    is_plain = block.WhichOneof("body") != "inline_html"
    for piece in read_body(block):
        yield piece.tag or (_plain(piece.text) if is_plain else escape(piece.text))


def _plain(text: str) -> str:
    """Plain text, whose line breaks mean something."""
    return escape(text).replace("\n", "<br>\n")
