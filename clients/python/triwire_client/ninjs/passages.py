"""Which words of an item are translated, and where they stand."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from triwire_client.words import base_language

Path: TypeAlias = tuple[str | int, ...]
TextType: TypeAlias = Literal["plain", "html", "other"]

RELATION = "translationOf"
"""`rel` of the association that names the item a translation was made from."""

# Associations of these types are other stories: their words belong to them.
_STORIES = ("text", "composite", "component", "event", "planning")
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LINE_END = re.compile(r"\n")
_WRAPPED = re.compile(r"\s*<p(?:\s[^<>]*)?>(.*)</p>\s*", re.S | re.I)
_TAG = re.compile(r"<(/?)([a-zA-Z]+)(?:\s[^<>]*)?>")
# What the contract lets a block's inline HTML hold, without <br>: two of them would make two blocks.
_INLINE = frozenset(["a", "abbr", "b", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"])


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one text value that become one block."""

    path: Path
    """Of the object that holds the value."""

    start: int
    end: int
    """[start, end) in the value, code points."""

    is_html: bool
    element: str
    """Element that says what the block is: "h1" the headline, "p" body text, "figcaption" everything beside it."""


def place(path: Path) -> str:
    """A path in words: "associations[0].descriptions[1]"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def at(item: dict[str, Any], path: Path) -> Any:
    """What stands at a path of an item."""
    found: Any = item
    for step in path:
        found = found[step]
    return found


def text_type(text: dict[str, Any]) -> TextType:
    """How a text object is written; without a content type, HTML is what has a tag."""
    media_type = text.get("contentType", "").partition(";")[0].strip().lower()
    if not media_type:
        return "html" if re.search(r"<[a-zA-Z/!]", text["value"]) else "plain"
    if media_type in _HTML_TYPES:
        return "html"
    return "plain" if media_type == "text/plain" else "other"


def main_body(bodies: list[dict[str, Any]]) -> int | None:
    """Index of the body that is the article: HTML before plain text, the role "main" before others, then the first."""
    ranks = {"html": 0, "plain": 1}
    found = [
        (ranks[kind], body.get("role") != "main", index)
        for index, body in enumerate(bodies)
        if (kind := text_type(body)) in ranks
    ]
    return min(found)[2] if found else None


def main_headline(headlines: list[dict[str, Any]]) -> int:
    """Index of the headline of the article: the role "main", then one without a role, then the first."""
    ranks = {"main": 0, "": 1}
    return min(range(len(headlines)), key=lambda index: (ranks.get(headlines[index].get("role", ""), 2), index))


def find_passages(item: dict[str, Any], notes: list[str]) -> Iterator[Passage]:
    """All words that are translated, but for those of an HTML body, the headline first.

    Args:
        item: checked.
        notes: gets a line for each text that stays as it is and could mislead.
    """
    headlines = item.get("headlines", [])
    if headlines:
        first = main_headline(headlines)
        yield from _in_text(item, ("headlines", first), "h1", notes)
        for index in range(len(headlines)):
            if index != first:
                yield from _in_text(item, ("headlines", index), "figcaption", notes)
    for index in range(len(item.get("descriptions", []))):
        yield from _in_text(item, ("descriptions", index), "figcaption", notes)
    yield from _in_bodies(item, notes)
    yield from _in_associations(item, (), item.get("language", ""), notes)


def _in_bodies(item: dict[str, Any], notes: list[str]) -> Iterator[Passage]:
    bodies = item.get("bodies", [])
    main = main_body(bodies)
    for index, body in enumerate(bodies):
        kind = text_type(body)
        if kind == "plain":
            yield from _in_text(item, ("bodies", index), "p" if index == main else "figcaption", notes)
        elif index != main:
            reason = "only one HTML body is translated" if kind == "html" else "neither plain text nor HTML"
            notes.append(_untranslated(("bodies", index), body, reason))


def _in_associations(item: dict[str, Any], path: Path, language: str, notes: list[str]) -> Iterator[Passage]:
    for index, association in enumerate(at(item, path).get("associations", [])):
        here = (*path, "associations", index)
        if association.get("type") in _STORIES or association.get("rel") == RELATION:
            continue
        own = association.get("language", "")
        if own and language and base_language(own) != base_language(language):
            notes.append(f"{place(here)}: not translated: its language is {own}")
            continue
        for member in ("headlines", "descriptions"):
            for number in range(len(association.get(member, []))):
                yield from _in_text(item, (*here, member, number), "figcaption", notes)
        yield from _in_associations(item, here, language, notes)


def _in_text(item: dict[str, Any], path: Path, element: str, notes: list[str]) -> Iterator[Passage]:
    text = at(item, path)
    match text_type(text):
        case "plain":
            for start, end in paragraphs(text["value"]):
                yield Passage(path, start, end, is_html=False, element=element)
        case "html":
            inside = inline_range(text["value"])
            if inside is None:
                notes.append(_untranslated(path, text, "more than one paragraph of inline HTML"))
            elif inside[0] < inside[1]:
                yield Passage(path, *inside, is_html=True, element=element)
        case "other":
            notes.append(_untranslated(path, text, "neither plain text nor HTML"))


def _untranslated(path: Path, text: dict[str, Any], reason: str) -> str:
    kind = ", ".join(filter(None, (text.get("role"), text.get("contentType"))))
    return f"{place(path)}{f' ({kind})' if kind else ''}: not translated: {reason}"


def paragraphs(value: str) -> list[tuple[int, int]]:
    """Ranges of the paragraphs of plain text: blank lines separate them; where there are none, every line is one."""
    separator = _BLANK_LINE if _BLANK_LINE.search(value.strip()) else _LINE_END
    found: list[tuple[int, int]] = []
    position = 0
    for end in [*(match.start() for match in separator.finditer(value)), len(value)]:
        piece = value[position:end]
        if words := piece.strip():
            start = position + piece.index(words)
            found.append((start, start + len(words)))
        position = end
    return found


def inline_range(value: str) -> tuple[int, int] | None:
    """Where the words of an HTML value stand, if they are one run of inline HTML, or one <p> of it; else None.

    An empty range: there are no words.
    """
    wrapped = _WRAPPED.fullmatch(value)
    start, end = wrapped.span(1) if wrapped else (0, len(value))
    inside = value[start:end]
    open_elements: list[str] = []
    for match in re.finditer("<", inside):
        tag = _TAG.match(inside, match.start())
        name = tag.group(2).lower() if tag else ""
        if tag is None or name not in _INLINE or (tag.group(1) and (not open_elements or open_elements.pop() != name)):
            return None
        if not tag.group(1):
            open_elements.append(name)
    if open_elements:
        return None
    has_words = html.unescape(_TAG.sub("", inside)).strip()
    return (start, end) if has_words else (start, start)
