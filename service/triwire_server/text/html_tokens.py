"""HTML cut into tokens with their places, in one pass over the page.

The standard library's parser takes quadratic time on unclosed tags and comments; here every search that finds nothing
is remembered, so that no part of a page is read again and again. Source of the rules: HTML Living Standard, 13.2.5.
A CDATA section is a comment up to its first ">", as HTML has it: who sends XHTML escapes such text before.
"""

import html as html_entities
import re
from dataclasses import dataclass, field

_WORDS_OF_VOID = """
area base br col embed hr img input link meta param source track wbr
"""
VOID_ELEMENTS = frozenset(_WORDS_OF_VOID.split())
"""Elements that end by themselves."""

ATTRIBUTES = r"(?:(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+(?=>)|[^<>]*+)"
"""Regular expression of what stands in a tag after its name: a ">" in quotes is part of it if the quotes are closed."""

TAG = re.compile(rf"</?[a-zA-Z]{ATTRIBUTES}>")
"""A tag of `inline_html`, where every "<" and "&" that is not markup is an entity. Linear in the length of a text."""

# Elements whose content is not markup; of the latter, only if they are closed.
_RAW = frozenset(["script", "style"])
_RAW_IF_CLOSED = frozenset(["title", "textarea", "iframe", "xmp", "noembed", "noframes"])
_NAME = re.compile(r"[a-zA-Z][^\s/>]{0,200}")
_ATTRIBUTE = re.compile(r"([^\s\"'>/=][^\s/>=]{0,200})(?:\s{0,100}=\s{0,100}(\"[^\"]*\"|'[^']*'|[^\s>]*))?")
_TAG_STOP = re.compile(r"[>\"']")
_COMMENT_END = re.compile(r"--!?>")


@dataclass(slots=True)
class Token:
    """A piece of a page: text, a tag, or something that is not read."""

    kind: str
    """"text", "start", "end", "void" or "skip" (comments, scripts, declarations)."""

    start: int
    end: int
    """[start, end) in the page, code points."""

    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def is_untranslated(attributes: dict[str, str]) -> bool:
    """Whether an element asks to be copied verbatim: translate="no" or class="notranslate"."""
    return attributes.get("translate", "").lower() == "no" or "notranslate" in attributes.get("class", "").split()


def tokenize(page: str) -> list[Token]:
    """The tokens of a page, in order; joined, their sources are the page. Entities stay inside the text, as written.

    Time grows with the length of the page, whatever is in it.
    """
    return _Tokenizer(page).tokens


class _Tokenizer:
    def __init__(self, page: str) -> None:
        self.page = page
        self.tokens: list[Token] = []
        self._text_start = 0
        self._missing: dict[str, int] = {}
        self._ignores_quotes = False
        position = page.find("<")
        while position >= 0:
            position = page.find("<", self._read_markup(position))
        self._flush_text(len(page))

    def _read_markup(self, start: int) -> int:
        """Read what begins with the "<" at `start`; where to go on."""
        page = self.page
        following = page[start + 1 : start + 2]
        if following.isascii() and following.isalpha():
            return self._read_start_tag(start)
        if following == "/":
            name = _NAME.match(page, start + 2)
            end = self._find(">", start + 2)
            if end < 0:
                return start + 1
            kind = "end" if name and name.group().lower() not in VOID_ELEMENTS else "skip"
            return self._add(kind, start, end + 1, name.group().lower() if name else "")
        if page.startswith("<!--", start):
            if page.startswith((">", "->"), start + 4):
                return self._add("skip", start, page.index(">", start + 4) + 1)
            match = _COMMENT_END.search(page, start + 4)
            return self._add("skip", start, match.end() if match else len(page))
        if following in ("!", "?"):
            end = self._find(">", start + 2)
            return self._add("skip", start, end + 1) if end >= 0 else start + 1
        return start + 1

    def _read_start_tag(self, start: int) -> int:
        match = _NAME.match(self.page, start + 1)
        end = self._end_of_tag(match.end()) if match else -1
        if match is None or end < 0:
            return start + 1
        name = match.group().lower()
        attributes: dict[str, str] = {}
        for attribute in _ATTRIBUTE.finditer(self.page, match.end(), end - 1):
            value = attribute.group(2) or ""
            if value[:1] in ("'", '"') and value[-1:] == value[:1]:
                value = value[1:-1]
            attributes.setdefault(attribute.group(1).lower(), html_entities.unescape(value))
        self._add("void" if name in VOID_ELEMENTS else "start", start, end, name, attributes)
        if name in _RAW or name in _RAW_IF_CLOSED:
            return self._skip_raw(name, end)
        return end

    def _end_of_tag(self, position: int) -> int:
        """Where the tag that goes on at `position` ends, -1 if it does not; a ">" inside quotes does not end it."""
        first = self._find(">", position)
        if first < 0 or self._ignores_quotes:
            return first + 1 or -1
        while stop := _TAG_STOP.search(self.page, position):
            position = stop.end()
            if stop.group() == ">":
                return position
            # A quotation mark opens a value only after "=".
            if self.page[max(0, stop.start() - 100) : stop.start()].rstrip().endswith("="):
                closing = self._find(stop.group(), position)
                if closing >= 0:
                    position = closing + 1
        # Quotes that are never closed would have every tag from here on read to the end of the page.
        self._ignores_quotes = True
        return first + 1

    def _skip_raw(self, name: str, position: int) -> int:
        """Where the content of a raw element ends, at its end tag."""
        key = f"</{name}"
        end = None
        if key not in self._missing:
            end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII).search(self.page, position)
        if end is None:
            self._missing[key] = position
            return len(self.page) if name in _RAW else position
        return end.start()

    def _find(self, wanted: str, position: int) -> int:
        """The next place of a character, -1 if it does not come again."""
        if position >= self._missing.get(wanted, len(self.page)):
            return -1
        found = self.page.find(wanted, position)
        if found < 0:
            self._missing[wanted] = position
        return found

    def _add(self, kind: str, start: int, end: int, name: str = "", attributes: dict[str, str] | None = None) -> int:
        self._flush_text(start)
        self.tokens.append(Token(kind, start, end, name, attributes or {}))
        self._text_start = end
        return end

    def _flush_text(self, end: int) -> None:
        if end > self._text_start:
            self.tokens.append(Token("text", self._text_start, end))
