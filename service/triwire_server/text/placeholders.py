"""What must not be translated, out of the model's way and back in its place.

URLs, e-mail addresses, @handles, format fields ({name}, %s, %(n)d) and the tags of `inline_html` stand as "[1]", "[2]",
... in what a model reads. That notation was chosen because brackets and digits are pieces of nearly every vocabulary,
models have seen it as footnotes and copy it, it is no word of any language that could be translated, and it needs no
spaces around it in Japanese. A "[1]" that the text already has is protected as well, so nothing is ambiguous.
"""

import html as html_entities
import re
from dataclasses import dataclass, field

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import is_cjk
from triwire_server.text.html import escape, is_untranslated

_NUMBER = r"[\[［【]\s{0,2}[0-9０-９]{1,4}\s{0,2}[\]］】]"
_URL = r"(?:https?://|www\.)[!#-;=?-~]{1,2000}(?<![.,;:!?'\)\]])"
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
_HANDLE = r"(?<![\w@./])@[A-Za-z0-9_]{2,30}"
_FIELD = r"\{\{?[A-Za-z_][\w.\-]{0,40}\}?\}|\$\{[\w.]{1,40}\}|\{\d{0,3}\}"
_PRINTF = r"(?<![\d%])%(?:\(\w{1,40}\)|\d{1,2}\$)?[-+#0]{0,3}\d{0,3}(?:\.\d{1,2})?[sdifuxXeEgGcr@](?![A-Za-z])"
_PLAIN = re.compile("|".join((_NUMBER, _URL, f"(?<![A-Za-z0-9._%+-]){_EMAIL}", _HANDLE, _FIELD, _PRINTF)))
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s{0,5}=\s{0,5}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]{1,200}))")
_MARK = re.compile(r"[\[［【]\s{0,2}([0-9０-９]{1,4})\s{0,2}[\]］】]")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class _Item:
    """One protected span."""

    source: str
    """As it stands in the body."""

    position: int
    """Where it stands in the model's text with all marks taken out."""

    partner: int = -1
    """Index of the tag that closes or opens this one; -1: not a pair."""

    opens: bool = False


@dataclass(frozen=True, slots=True)
class Protected:
    """A piece of a body as a model reads it, with what was taken out of it."""

    text: str
    """What the model reads: plain text, entities unescaped, "[1]", "[2]", ... for what is protected."""

    is_html: bool
    _items: tuple[_Item, ...] = field(default=(), repr=False)
    _length: int = 0

    @property
    def is_verbatim(self) -> bool:
        """Whether nothing is left to translate: the piece holds no letter or digit outside what is protected."""
        return not _LETTER_OR_DIGIT.search(_MARK.sub("", self.text) if self._items else self.text)

    def restore(self, output: str) -> tuple[str, list[Finding]]:
        """The body piece for a model's output: protected spans back in place, escaped again if it is HTML.

        A span that the model lost is put at the word boundary that is as far along as it was in the source; one that it
        made up is taken out; tags come back in pairs that never cross.

        Returns:
            The piece, and a KIND_PLACEHOLDER_MISMATCH finding for each span that was lost, added or moved across a tag.
        """
        if not self._items:
            return (escape(output) if self.is_html else output), []
        plain, found, findings = _read_marks(output, len(self._items))
        places = self._place(plain, found, findings)
        parts: list[str] = []
        position = 0
        for index, place in self._in_pairs(places, findings):
            text = plain[position:place]
            parts.append(escape(text) if self.is_html else text)
            parts.append(self._items[index].source)
            position = place
        parts.append(escape(plain[position:]) if self.is_html else plain[position:])
        return "".join(parts), findings

    def _place(
        self, plain: str, found: dict[int, tuple[int, float]], findings: list[Finding]
    ) -> dict[int, tuple[int, float]]:
        """(position in the plain output, order at that position) of every item."""
        places: dict[int, tuple[int, float]] = {}
        for index, item in enumerate(self._items):
            if index in found:
                places[index] = found[index]
                continue
            share = item.position / self._length if self._length else 0.0
            position = _word_boundary(plain, round(share * len(plain)))
            before = places.get(index - 1)
            order = before[1] + 1e-6 if before is not None and before[0] == position else -1 + index * 1e-6
            places[index] = (position, order)
            findings.append(_mismatch(expected=item.source))
        for index, item in enumerate(self._items):
            if item.opens and places[item.partner] < places[index]:
                places[index], places[item.partner] = places[item.partner], places[index]
                if index in found and item.partner in found:
                    findings.append(_mismatch(expected=item.source, actual=self._items[item.partner].source))
        return places

    def _in_pairs(self, places: dict[int, tuple[int, float]], findings: list[Finding]) -> list[tuple[int, int]]:
        """(item, position) in order, with end tags moved forward such that elements never cross."""
        result: list[tuple[int, int]] = []
        stack: list[int] = []
        done: set[int] = set()
        for index in sorted(places, key=lambda index: places[index]):
            item, place = self._items[index], places[index][0]
            if index in done:
                continue
            if item.opens:
                stack.append(index)
            elif item.partner >= 0:
                while stack[-1] != item.partner:
                    inner = self._items[stack.pop()].partner
                    result.append((inner, place))
                    done.add(inner)
                    findings.append(_mismatch(expected=self._items[inner].source, actual=item.source))
                stack.pop()
            result.append((index, place))
        return result


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


class _Builder:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.items: list[_Item] = []
        self.length = 0

    def add_text(self, text: str, *, is_html: bool = False) -> None:
        position = 0
        for match in _PLAIN.finditer(text):
            self.add_plain(text[position : match.start()])
            self.add_item(escape(match.group()) if is_html else match.group())
            position = match.end()
        self.add_plain(text[position:])

    def add_plain(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def add_item(self, source: str) -> int:
        self.items.append(_Item(source, self.length))
        self.parts.append(f"[{len(self.items)}]")
        return len(self.items) - 1

    def finish(self, is_html: bool) -> Protected:
        return Protected("".join(self.parts), is_html, tuple(self.items), self.length)


def _protect_html(text: str, builder: _Builder) -> None:
    position = 0
    open_tags: list[tuple[str, int]] = []
    verbatim_from, verbatim_name, verbatim_depth = -1, "", 0
    for match in _TAG.finditer(text):
        closing, name = match.group(1), match.group(2).lower()
        is_void = name in ("br", "wbr", "img") or match.group(3).endswith("/")
        if verbatim_from >= 0:
            if name == verbatim_name and not is_void:
                verbatim_depth += -1 if closing else 1
            if not verbatim_depth:
                builder.add_item(text[verbatim_from : match.end()])
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
        index = builder.add_item(match.group())
        if is_void:
            continue
        if not closing:
            open_tags.append((name, index))
        elif open_tags and open_tags[-1][0] == name:
            opened = open_tags.pop()[1]
            builder.items[opened] = _Item(builder.items[opened].source, builder.items[opened].position, index, True)
            builder.items[index] = _Item(match.group(), builder.items[index].position, opened)
    if verbatim_from >= 0:
        builder.add_item(text[verbatim_from:])
    else:
        builder.add_text(html_entities.unescape(text[position:]), is_html=True)


def _read_marks(output: str, count: int) -> tuple[str, dict[int, tuple[int, float]], list[Finding]]:
    """The output without marks, and for each item the place of its first mark."""
    parts: list[str] = []
    found: dict[int, tuple[int, float]] = {}
    findings: list[Finding] = []
    position = length = 0
    for order, match in enumerate(_MARK.finditer(output)):
        part = output[position : match.start()]
        parts.append(part)
        length += len(part)
        position = match.end()
        index = int(match.group(1)) - 1
        if 0 <= index < count and index not in found:
            found[index] = (length, float(order))
        else:
            findings.append(_mismatch(actual=match.group()))
    parts.append(output[position:])
    return "".join(parts), found, findings


def _word_boundary(text: str, position: int) -> int:
    """The boundary between words that is nearest to a position. Korean has spaces; in Japanese any gap will do."""
    position = max(0, min(position, len(text)))
    for distance in range(max(position, len(text) - position) + 1):
        for candidate in (position - distance, position + distance):
            if not 0 <= candidate <= len(text):
                continue
            if candidate in (0, len(text)):
                return candidate
            before, after = text[candidate - 1], text[candidate]
            if after.isspace() or (distance > 12 and before.isspace()):
                return candidate
            if not ("\uac00" <= after <= "\ud7a3") and is_cjk(before) and is_cjk(after):
                return candidate
    return len(text)


def _mismatch(expected: str = "", actual: str = "") -> Finding:
    if expected and actual:
        message = "a placeholder or tag changed its place"
    else:
        message = "a placeholder or tag was lost and put back" if expected else "a placeholder was added and removed"
    return Finding(
        kind=Finding.KIND_PLACEHOLDER_MISMATCH,
        severity=Finding.SEVERITY_WARNING,
        expected=expected,
        actual=actual,
        message=message,
    )
