"""Bodies of blocks as pieces: text, which is escaped whatever it holds, and the few tags that are let through.

`inline_html` of an article is not trusted. A tag goes into the page only if it is an inline element of the contract
(or ruby), has its partner in the right place, and without any attribute but language, direction, title and an
address of the web. Everything else is text, and a reader sees it as it was written.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass

from triwire.v1.article_pb2 import Block

_OF_THE_CONTRACT = frozenset("a abbr b br code em i mark s small span strong sub sup u".split())
_RUBY = frozenset(["ruby", "rt", "rp"])  # readings over Japanese words; they hold nothing but text
_ELEMENTS = _OF_THE_CONTRACT | _RUBY
_ATTRIBUTE = r"[^\s\"'<>/=]{1,200}(?:\s{0,99}=\s{0,99}(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]{1,2000}))?"
_MARKUP = re.compile(
    rf"<(?P<close>/?)(?P<name>[A-Za-z]{{1,10}})(?P<attributes>(?:\s{{1,99}}{_ATTRIBUTE})*)\s{{0,99}}/?>"
    r"|&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,7};?|[A-Za-z][A-Za-z0-9]{1,31};?)"
)
_NAME_AND_VALUE = re.compile(r"([^\s\"'<>/=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))")
_ALLOWED = {
    "lang": re.compile(r"[A-Za-z0-9-]{1,35}"),
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "title": re.compile(r".{0,1000}", re.DOTALL),
    # No white space and no control characters: browsers drop some of them, and then read another scheme.
    "href": re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f]+", re.IGNORECASE),
}
_MAX_DEPTH = 64
# What a page cannot hold; each becomes one character, so that places stay what they are.
_NOT_IN_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, an entity or a tag of a body."""

    start: int
    end: int
    """[start, end) in the body, code points."""

    text: str = ""
    """What a reader sees; not escaped. Empty for a tag."""

    tag: str = ""
    """What is written into the page as it is. Empty for text."""

    is_whole: bool = False
    """Whether it is not to be cut: an entity, several characters in the body that are one on the page."""


def body_of(block: Block) -> str:
    """The member of a block's body that is set."""
    return block.inline_html if block.WhichOneof("body") == "inline_html" else block.text


def read_body(block: Block) -> list[Piece]:
    """The body of a block, in order; the pieces cover it without gaps."""
    return read_inline_html(block.inline_html) if block.WhichOneof("body") == "inline_html" else read_text(block.text)


def read_text(text: str) -> list[Piece]:
    """Plain text: one piece, or none if it is empty."""
    return [Piece(0, len(text), text)] if text else []


def read_inline_html(body: str) -> list[Piece]:
    """Text with inline elements: tags that are let through, entities, and everything else as text."""
    found = list(_MARKUP.finditer(body))
    kept = _kept_tags(found)
    pieces: list[Piece] = []
    position = 0
    for index, match in enumerate(found):
        start, end = match.span()
        if match["name"] and index not in kept:
            continue
        if start > position:
            pieces.append(Piece(position, start, body[position:start]))
        if match["name"]:
            pieces.append(Piece(start, end, tag=_clean_tag(match)))
        else:
            pieces.append(Piece(start, end, html.unescape(match[0]), is_whole=True))
        position = end
    if position < len(body):
        pieces.append(Piece(position, len(body), body[position:]))
    return pieces


def visible_text(pieces: list[Piece]) -> str:
    """What a reader sees of a body."""
    return "".join(piece.text for piece in pieces)


def escape(text: str) -> str:
    """Text for a page, between tags or in an attribute with quotation marks."""
    return html.escape(_NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", text))


def _kept_tags(found: list[re.Match[str]]) -> set[int]:
    """Indexes of the tags that are let through: known elements, each start with its end, no link in a link."""
    kept: set[int] = set()
    open_tags: list[tuple[str, int]] = []
    num_open: Counter[str] = Counter()
    for index, match in enumerate(found):
        name = (match["name"] or "").lower()
        if name not in _ELEMENTS:
            continue
        if name == "br":
            if not match["close"]:
                kept.add(index)
        elif not match["close"]:
            if len(open_tags) < _MAX_DEPTH and not (name == "a" and num_open["a"]):
                open_tags.append((name, index))
                num_open[name] += 1
        elif num_open[name]:
            # Those that are open inside have no end: they are text.
            while True:
                inner, start = open_tags.pop()
                num_open[inner] -= 1
                if inner == name:
                    kept |= {start, index}
                    break
    return kept


def _clean_tag(match: re.Match[str]) -> str:
    name = match["name"].lower()
    if match["close"]:
        return f"</{name}>"
    attributes: dict[str, str] = {}
    for key, *values in _NAME_AND_VALUE.findall(match["attributes"]):
        value = html.unescape("".join(values))
        allowed = _ALLOWED.get(key.lower())
        if allowed and allowed.fullmatch(value) and (key.lower() != "href" or name == "a"):
            attributes.setdefault(key.lower(), value)
    if "href" in attributes:
        attributes["rel"] = "noopener noreferrer nofollow"
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>"
