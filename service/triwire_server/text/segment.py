"""The segments that a model translates at once: sentences, in the company of short neighbours."""

from bisect import bisect_right
from collections.abc import Callable

from triwire_server.text.language import base_language
from triwire_server.text.readable import Readable, trim
from triwire_server.text.sentences.split import split_sentences

__all__ = ["split_segments", "split_sentences"]

# Code points up to which neighbouring sentences go together, unless the caller says otherwise.
_COMFORTABLE_LATIN = 120
_COMFORTABLE_CJK = 60
_FIRST_STEP = 64
# A sentence that is too long is cut at a clause or a space in the last three quarters of what fits.
_MIN_CUT_SHARE = 0.25
_CUT_AFTER = frozenset(",;:，、；：—–")


def split_segments(
    body: str,
    language: str,
    fits: Callable[[str], bool],
    *,
    comfortable: Callable[[str], bool] | None = None,
    is_html: bool = False,
) -> list[tuple[int, int]]:
    """Ranges of a block body that are translated at once: a sentence, or a few short neighbours.

    Short sentences translate better in company, so neighbours are joined as long as the piece is comfortable. They are
    never joined across a line end; sentences that share an element are joined beyond comfort, as long as they fit, so
    that its tags stay in one piece. A sentence is cut only if it does not fit alone: at a clause mark, else
    at a space, else between characters, and never inside a tag or an entity. What lies between the ranges is white
    space only. `align_sentences` says afterwards which sentence of a piece became which.

    Args:
        body: body of a block.
        language: BCP-47 tag of the body.
        fits: whether a model can read a piece of the body (tags included) at once. Asked at most three times for each
            sentence that fits, and a logarithmic number of times for each piece of one that does not.
        comfortable: whether a model translates a piece of several sentences about as well as it ever does. By default
            up to 120 code points, 60 of Korean or Japanese. Asked once for each sentence.
        is_html: whether the body is `inline_html`.

    Returns:
        [start, end) in code points of the body, in order, none empty; nothing for a body of white space.
    """
    if comfortable is None:
        limit = _COMFORTABLE_CJK if base_language(language) in ("ko", "ja") else _COMFORTABLE_LATIN

        def comfortable(piece: str) -> bool:
            return len(piece) <= limit

    readable = Readable(body, is_html=is_html)
    ranges: list[tuple[int, int]] = []
    may_grow = False  # whether the last range is made of whole sentences
    for start, end in _whole_elements(readable, sentence_ranges(readable, language), fits):
        joined = body[ranges[-1][0] : end] if may_grow else ""
        if may_grow and "\n" not in body[ranges[-1][1] : start] and comfortable(joined) and fits(joined):
            ranges[-1] = (ranges[-1][0], end)
        elif may_grow := fits(body[start:end]):
            ranges.append((start, end))
        else:
            ranges.extend(_cut_long(body, start, end, fits, readable))
    return ranges


def sentence_ranges(readable: Readable, language: str) -> list[tuple[int, int]]:
    """Sentences as ranges of the body, white space trimmed; tags between sentences stay with a neighbour.

    Args:
        readable: what a reader sees of the body.
        language: BCP-47 tag of the body.
    """
    ranges: list[tuple[int, int]] = []
    for start, end in split_sentences(readable.text, language):
        piece = trim(readable.body, readable.cut(start), readable.cut(end))
        if piece[0] < piece[1]:
            ranges.append(piece)
    return ranges


def _whole_elements(
    readable: Readable, sentences: list[tuple[int, int]], fits: Callable[[str], bool]
) -> list[tuple[int, int]]:
    """Sentences, those that share an element as one if they fit together."""
    merged: list[tuple[int, int]] = []
    for start, end in sentences:
        if merged and readable.splits_element(start) and fits(readable.body[merged[-1][0] : end]):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _cut_long(
    body: str, start: int, end: int, fits: Callable[[str], bool], readable: Readable
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
        piece = trim(body, start, cut)
        if piece[0] < piece[1]:
            ranges.append(piece)
        start = trim(body, cut, end)[0]
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
