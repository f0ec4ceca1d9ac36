"""What must not be translated, out of the model's way and back in its place.

URLs, e-mail addresses, @handles, format fields ({name}, %s, %(n)d) and the tags of `inline_html` stand as "[1]", "[2]",
... in what a model reads. That notation was chosen because brackets and digits are pieces of nearly every vocabulary,
models have seen it as footnotes and copy it, it is no word of any language that could be translated, and it needs no
spaces around it in Japanese. A "[1]" that the text already has is protected as well, so nothing is ambiguous.
"""

import html as html_entities
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.html import escape
from triwire_server.text.html_tokens import ATTRIBUTES, VOID_ELEMENTS, is_untranslated
from triwire_server.text.placeholders.marks import MARK, Item, Kind, read_marks
from triwire_server.text.placeholders.placement import place

_URL = r"(?:https?://|www\.)[!#-;=?-~]{1,2000}(?<![.,;:!?'\)\]])"
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
_HANDLE = r"(?<![\w@./])@[A-Za-z0-9_]{2,30}"
_FIELD = r"\{\{?[A-Za-z_][\w.\-]{0,40}\}?\}|\$\{[\w.]{1,40}\}|\{\d{0,3}\}"
_PRINTF = r"(?<![\d%])%(?:\(\w{1,40}\)|\d{1,2}\$)?[-+#0]{0,3}\d{0,3}(?:\.\d{1,2})?[sdifuxXeEgGcr@](?![A-Za-z])"
_VERBATIM = re.compile("|".join((_URL, f"(?<![A-Za-z0-9._%+-]){_EMAIL}", _HANDLE, _FIELD, _PRINTF)))
_PLAIN = re.compile(f"{MARK.pattern}|{_VERBATIM.pattern}")
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)({ATTRIBUTES})>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s{0,5}=\s{0,5}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]{1,200}))")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Protected:
    """A piece of a body as a model reads it, with what was taken out of it."""

    text: str
    """What the model reads: plain text, entities unescaped, "[1]", "[2]", ... for what is protected."""

    is_html: bool
    _items: tuple[Item, ...] = field(default=(), repr=False)
    _plain: str = field(default="", repr=False)

    @property
    def is_verbatim(self) -> bool:
        """Whether nothing is left to translate: the piece holds no letter or digit outside what is protected."""
        return not _LETTER_OR_DIGIT.search(self._plain)

    def restore(self, output: str, hints: Mapping[str, str] | None = None) -> tuple[str, list[Finding]]:
        """The body piece for a model's output: protected spans back in place, escaped again if it is HTML.

        Tags come back in pairs that never cross, around the words that the model marked; a pair that it lost goes
        around its own words if they stand in the output too, else around the words at the same share of the length. A
        span that the model wrote out instead of its mark is left where it is; one that it made up is taken out.

        Args:
            output: what a model wrote for `text`.
            hints: source forms -> forms in the output's language (glossary hits, names), by which a lost pair of tags
                finds its words.

        Returns:
            The piece, and KIND_PLACEHOLDER_MISMATCH findings, INFO for tags put back around their own words, WARNING
            for tags put back by length, moved or added, CRITICAL for an address or a field put back by length.
        """
        if not self._items:
            return (escape(output) if self.is_html else output), []
        reading = read_marks(output, self._items, self._plain)
        order, findings = place(reading, self._items, self._plain, hints or {})
        parts: list[str] = []
        position = 0
        for index, start in order:
            parts.append(self._escaped(reading.plain[position:start]))
            parts.append(self._items[index].source)
            position = start + (not self._items[index].is_tag)
        parts.append(self._escaped(reading.plain[position:]))
        return "".join(parts), [*reading.findings, *findings]

    def _escaped(self, text: str) -> str:
        return escape(text) if self.is_html else text


def protect(text: str, *, is_html: bool = False) -> Protected:
    """A body piece as a model reads it. `restore(protect(x).text)[0] == x` for every x with balanced tags.

    Args:
        text: plain text, or a piece of `inline_html` as this package writes it: "&", "<" and ">" as entities.
        is_html: whether it is `inline_html`. Elements with translate="no" or class="notranslate" are protected whole.
    """
    builder = _Builder()
    if is_html:
        _protect_html(text, builder)
    else:
        builder.add_text(text)
    return builder.finish(is_html)


def verbatim_spans(text: str) -> list[tuple[int, int]]:
    """Places [start, end) of addresses, handles and fields, which read the same in every language."""
    return [match.span() for match in _VERBATIM.finditer(text)]


class _Builder:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.plain: list[str] = []
        self.items: list[Item] = []
        self.length = 0

    def add_text(self, text: str, *, is_html: bool = False) -> None:
        position = 0
        for match in _PLAIN.finditer(text):
            self.add_plain(text[position : match.start()])
            source = match.group()
            kind = Kind.NOTE if source[0] in "[［【" else Kind.FIXED
            self.add_item(escape(source) if is_html else source, source, kind)
            position = match.end()
        self.add_plain(text[position:])

    def add_plain(self, text: str) -> None:
        self.parts.append(text)
        self.plain.append(text)
        self.length += len(text)

    def add_item(self, source: str, readable: str, kind: Kind) -> int:
        self.items.append(Item(source, readable, kind, self.length))
        self.parts.append(f"[{len(self.items)}]")
        stand_in = self.items[-1].stand_in
        self.plain.append(stand_in)
        self.length += len(stand_in)
        return len(self.items) - 1

    def pair(self, opens: int, closes: int) -> None:
        self.items[opens] = replace(self.items[opens], partner=closes)
        self.items[closes] = replace(self.items[closes], partner=opens)

    def finish(self, is_html: bool) -> Protected:
        return Protected("".join(self.parts), is_html, tuple(self.items), "".join(self.plain))


def _protect_html(text: str, builder: _Builder) -> None:
    position = 0
    open_tags: list[tuple[str, int]] = []
    verbatim_from, verbatim_name, verbatim_depth = -1, "", 0
    for match in _TAG.finditer(text):
        closing, name = match.group(1), match.group(2).lower()
        is_void = name in VOID_ELEMENTS or match.group(3).endswith("/")
        if verbatim_from >= 0:
            if name == verbatim_name and not is_void:
                verbatim_depth += -1 if closing else 1
            if not verbatim_depth:
                element = text[verbatim_from : match.end()]
                builder.add_item(element, element, Kind.FIXED)
                verbatim_from, position = -1, match.end()
            continue
        builder.add_text(html_entities.unescape(text[position : match.start()]), is_html=True)
        position = match.end()
        attributes = {
            m.group(1).lower(): m.group(2) or m.group(3) or m.group(4) or ""
            for m in _ATTRIBUTE.finditer(match.group(3))
        }
        if not closing and not is_void and is_untranslated(attributes):
            verbatim_from, verbatim_name, verbatim_depth = match.start(), name, 1
            continue
        kind = Kind.VOID if is_void else Kind.CLOSE if closing else Kind.OPEN
        index = builder.add_item(match.group(), match.group(), kind)
        if kind is Kind.OPEN:
            open_tags.append((name, index))
        elif kind is Kind.CLOSE and open_tags and open_tags[-1][0] == name:
            builder.pair(open_tags.pop()[1], index)
    if verbatim_from >= 0:
        # Its end is in the next piece: like a tag without partner it must stay outside the pairs of this one.
        builder.add_item(text[verbatim_from:], text[verbatim_from:], Kind.OPEN)
    else:
        builder.add_text(html_entities.unescape(text[position:]), is_html=True)
