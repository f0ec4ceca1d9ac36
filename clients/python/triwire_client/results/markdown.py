r"""Blocks as Markdown (CommonMark), and as plain text.

Text means itself: whatever Markdown would read in it is escaped. Inline elements stay HTML, which Markdown allows:
`**` beside Hangul or kana is not read as bold everywhere, since CommonMark looks for spaces and punctuation around it.
"""

import re
from collections.abc import Sequence

from triwire.v1.article_pb2 import Block
from triwire_client.review.bodies import read_body
from triwire_client.words import block_kind

_PREFIXES = {"headline": "# ", "subheading": "## ", "quote": "> ", "list item": "- "}
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|#$]")
# What begins a heading, a list, a rule or the underline of a heading where a line begins with it.
_LINE_START = re.compile(r"(?m)^[ \t]*(?:([-+=:])|(\d{1,9})([.)]))")
_BREAKS = re.compile(r"[ \t]*[\r\n]+[ \t]*")


def blocks_to_text(blocks: Sequence[Block]) -> str:
    """What a reader sees of blocks: a paragraph each, with an empty line between them, without markup."""
    return "\n\n".join(block_text(block) for block in blocks)


def block_text(block: Block) -> str:
    """What a reader sees of a block. `<br>` is a line break; of other inline elements the text is left."""
    return "".join("\n" if piece.tag.startswith("<br") else piece.text for piece in read_body(block))


def blocks_to_markdown(blocks: Sequence[Block]) -> str:
    """Blocks as Markdown: `#` headline, `##` subheading, `>` quote, `-` list item, all other kinds paragraphs.

    Args:
        blocks: in order.

    Returns:
        Markdown that ends with a line break. The credit of a caption follows it in brackets.
    """
    parts: list[str] = []
    before = ""
    for block in blocks:
        kind = block_kind(block.kind)
        if parts:
            parts.append("\n" if before == kind == "list item" else "\n\n")
        parts.append(_write(block, kind))
        before = kind
    return "".join(parts) + "\n"


def points_to_markdown(points: Sequence[str], style: str) -> str:
    """The statements of a summary: a list of bullets, or a paragraph each."""
    if style == "bullets":
        return "\n".join(f"- {_indented(_plain(point), '  ')}" for point in points) + "\n"
    return "\n\n".join(_plain(point) for point in points) + "\n"


def _write(block: Block, kind: str) -> str:
    is_plain = block.WhichOneof("body") != "inline_html"
    pieces = read_body(block)
    if is_plain:
        body = _plain("".join(piece.text for piece in pieces))
    else:
        words = "".join(piece.tag or _escaped(" ".join(re.split(r"\s+", piece.text))) for piece in pieces)
        body = _unlike_a_block(words.strip())
    if block.credit:
        body += f" ({_escaped(block.credit)})"
    if kind in ("headline", "subheading"):
        return _PREFIXES[kind] + body.replace("\\\n", "<br>")
    prefix = _PREFIXES.get(kind, "")
    return prefix + _indented(body, "  " if kind == "list item" else prefix)


def _plain(text: str) -> str:
    """Plain text; a line break becomes a hard one, and several are one: an empty line would end the block."""
    return _unlike_a_block(_BREAKS.sub("\\\\\n", _escaped(text.strip())))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _unlike_a_block(text: str) -> str:
    """Lines whose beginning does not make them something else than text."""
    return _LINE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", text)


def _indented(text: str, prefix: str) -> str:
    return text.replace("\n", f"\n{prefix}")
