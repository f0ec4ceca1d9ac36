"""What a reader sees of a body, and where the body may be cut."""

import html as html_entities
import re
from bisect import bisect_left, bisect_right

from triwire_server.text.html_tokens import TAG, VOID_ELEMENTS

_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_MARKUP = re.compile(rf"{TAG.pattern}|&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[a-zA-Z][a-zA-Z0-9]{{1,31}});")


class Readable:
    """The readable text of a body with the places in the body where it may be cut."""

    def __init__(self, body: str, *, is_html: bool) -> None:
        self.body = body
        self.text = body
        self._elements: list[tuple[int, int]] = []
        self._cuts: list[int] | None = None
        """Place in the body before each readable character, and the end; None where the text is the body."""
        if is_html:
            self.text, self._cuts = self._read_html()

    def _read_html(self) -> tuple[str, list[int]]:
        body = self.body
        open_tags: list[tuple[str, int]] = []
        parts: list[str] = []
        cuts: list[int] = []
        position = 0
        pending = 0  # where the tags before the next character begin to belong to it
        for match in (*_MARKUP.finditer(body), None):
            start = match.start() if match else len(body)
            if position < start:
                parts.append(body[position:start])
                cuts += [pending, *range(position + 1, start)]
                pending = start
            if match is None:
                break
            position = match.end()
            source = match.group()
            if source.startswith("&"):
                readable = html_entities.unescape(source)
                parts.append(readable)
                cuts += [pending] * len(readable)
                pending = position
                continue
            self._add_tag(match, open_tags)
            if source.startswith("</") or source[1:3].lower() == "br":
                # Closing tags stay with the words before them.
                pending = position if pending == start else pending
        cuts.append(len(body))
        cuts[0] = 0
        return "".join(parts), cuts

    def _add_tag(self, match: re.Match[str], open_tags: list[tuple[str, int]]) -> None:
        found = _NAME.match(match.group())
        name = found.group(1).lower() if found else ""
        if name in VOID_ELEMENTS or match.group().endswith("/>"):
            return
        if not match.group().startswith("</"):
            open_tags.append((name, match.start()))
        elif open_tags and open_tags[-1][0] == name:
            start = open_tags.pop()[1]
            while self._elements and self._elements[-1][0] > start:
                self._elements.pop()  # only outermost elements are kept
            self._elements.append((start, match.end()))

    def splits_element(self, place: int) -> bool:
        """Whether a cut of the body at `place` would part the two tags of an element."""
        index = bisect_right(self._elements, (place - 1, len(self.body) + 1)) - 1
        return index >= 0 and self._elements[index][0] < place < self._elements[index][1]

    def cut(self, position: int) -> int:
        """Place in the body of the gap before readable character `position`."""
        return position if self._cuts is None else self._cuts[position]

    def slice(self, start: int, end: int) -> str:
        """What a reader sees of a body range that begins and ends where the body may be cut."""
        if self._cuts is None:
            return self.text[start:end]
        return self.text[bisect_left(self._cuts, start) : bisect_left(self._cuts, end)]

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """(readable position, place in the body) of every gap strictly inside a body range."""
        if self._cuts is None:
            return [(index, index) for index in range(start + 1, end)]
        first, last = bisect_right(self._cuts, start), bisect_left(self._cuts, end)
        return [(index, self._cuts[index]) for index in range(first, last)]


def trim(body: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends; empty, start == end, if there is nothing else."""
    while start < end and body[start].isspace():
        start += 1
    while end > start and body[end - 1].isspace():
        end -= 1
    return start, end
