"""The segments that a model translates at once: sentences, in the company of short neighbours."""

import html as html_entities
import re
from bisect import bisect_right
from collections.abc import Callable

from triwire_server.text.sentences import split_sentences

__all__ = ["split_segments", "split_sentences"]

_FIRST_STEP = 64
# A sentence that is too long is cut at a clause or a space in the last three quarters of what fits.
_MIN_CUT_SHARE = 0.25
_CUT_AFTER = frozenset(",;:，、；：—–")


def split_segments(
    body: str, language: str, fits: Callable[[str], bool], *, is_html: bool = False
) -> list[tuple[int, int]]:
    """Ranges of a block body that are translated at once: a sentence, or a few short neighbours.

    A sentence is cut only if it does not fit alone: at a clause mark, else at a space, else between characters, and
    never inside a tag or an entity. What lies between the ranges is white space only.

    Args:
        body: body of a block.
        language: BCP-47 tag of the body.
        fits: whether a model can read a piece of the body (tags included) at once.
        is_html: whether the body is `inline_html`.

    Returns:
        [start, end) in code points of the body, in order, none empty; nothing for a body of white space.
    """
    readable = _Readable(body, is_html=is_html)
    pieces: list[tuple[int, int]] = []
    for start, end in split_sentences(readable.text, language):
        piece = _trim(body, readable.cut(start), readable.cut(end))
        if piece[0] < piece[1]:
            pieces.append(piece)
    ranges: list[tuple[int, int]] = []
    for start, end in pieces:
        if not fits(body[start:end]):
            ranges.extend(_cut_long(body, start, end, fits, readable))
            continue
        if ranges and end - ranges[-1][0] <= _max_joined(language) and fits(body[ranges[-1][0] : end]):
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def _max_joined(language: str) -> int:
    """Characters up to which neighbouring sentences go together: short ones translate better in company."""
    return 60 if language.split("-", 1)[0].lower() in ("ko", "ja") else 120


class _Readable:
    """The readable text of a body with the places in the body where it may be cut."""

    _MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

    def __init__(self, body: str, *, is_html: bool) -> None:
        self._body = body
        if not is_html:
            self.text = body
            self._cuts: list[int] | None = None
            return
        characters: list[str] = []
        cuts: list[int] = []  # place in the body before each readable character
        position = 0
        pending = 0  # where the tags before the next character begin to belong to it
        for match in self._MARKUP.finditer(body):
            for index in range(position, match.start()):
                cuts.append(pending)
                characters.append(body[index])
                pending = index + 1
            position = match.end()
            source = match.group()
            if source.startswith("&"):
                for character in html_entities.unescape(source):
                    cuts.append(pending)
                    characters.append(character)
                pending = match.end()
            elif source.startswith("</") or source[1:3].lower() == "br":
                # Closing tags stay with the words before them.
                pending = match.end() if pending == match.start() else pending
        for index in range(position, len(body)):
            cuts.append(pending)
            characters.append(body[index])
            pending = index + 1
        cuts.append(len(body))
        if cuts:
            cuts[0] = 0
        self.text = "".join(characters)
        self._cuts = cuts

    def cut(self, position: int) -> int:
        """Place in the body of the gap before readable character `position`."""
        return position if self._cuts is None else self._cuts[position]

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """(readable position, place in the body) of every gap strictly inside a body range."""
        if self._cuts is None:
            return [(index, index) for index in range(start + 1, end)]
        return [(index, place) for index, place in enumerate(self._cuts) if start < place < end]


def _trim(body: str, start: int, end: int) -> tuple[int, int]:
    while start < end and body[start].isspace():
        start += 1
    while end > start and body[end - 1].isspace():
        end -= 1
    return start, end


def _cut_long(
    body: str, start: int, end: int, fits: Callable[[str], bool], readable: _Readable
) -> list[tuple[int, int]]:
    """Pieces of one sentence that is too long for the model."""
    gaps = readable.gaps(start, end)
    text = readable.text
    clauses = [place for index, place in gaps if text[index - 1] in _CUT_AFTER and not _in_number(text, index)]
    spaces = [place for index, place in gaps if text[index - 1].isspace() or text[index].isspace()]
    places = [*(place for _, place in gaps), end]
    ranges: list[tuple[int, int]] = []
    while start < end:
        longest = _longest_fitting(body, start, places, fits)
        # Nothing fits: one character at a time is the least that goes forward.
        cut = longest or places[bisect_right(places, start)]
        if cut < end:
            for better in (clauses, spaces):
                candidate = _last_before(better, cut)
                # A mark right after the start would leave a stump.
                if candidate - start >= _MIN_CUT_SHARE * (cut - start) and fits(body[start:candidate]):
                    cut = candidate
                    break
        piece = _trim(body, start, cut)
        if piece[0] < piece[1]:
            ranges.append(piece)
        start = _trim(body, cut, end)[0]
    return ranges


def _last_before(places: list[int], limit: int) -> int:
    """The last of the places up to a limit; -1 if there is none."""
    index = bisect_right(places, limit)
    return places[index - 1] if index else -1


def _in_number(text: str, index: int) -> bool:
    return text[index - 1] == "," and text[index : index + 1].isdigit()


def _longest_fitting(body: str, start: int, places: list[int], fits: Callable[[str], bool]) -> int:
    """The last of the places such that the body up to it fits; 0 if none does.

    The search doubles its step from the start, so that no more than twice what fits is ever measured.
    """
    first = bisect_right(places, start)
    fitting, step = first - 1, _FIRST_STEP
    failing = len(places)
    while fitting + step < failing:
        if fits(body[start : places[fitting + step]]):
            fitting += step
            step *= 2
        else:
            failing = fitting + step
    while failing - fitting > 1:
        middle = (fitting + failing) // 2
        if fits(body[start : places[middle]]):
            fitting = middle
        else:
            failing = middle
    return places[fitting] if fitting >= first else 0
