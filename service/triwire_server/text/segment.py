"""Sentences, and the segments that a model translates at once.

A rule splitter: the libraries cut inside 「…。」と述べた and ".”고 말했다" (Japanese and Korean for "..., he said").
One convention for all three languages: an embedded quotation is never cut from its reporting clause, but a quotation of
over 300 characters is cut inside. Every scan is linear in the length of the text.
"""

import html as html_entities
import re
from bisect import bisect_right
from collections.abc import Callable

from triwire_server.text.characters import Script, script_of

_PAIRS = {
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "（": "）",
    "(": ")",
    "[": "]",
    "【": "】",
    "《": "》",
    "〈": "〉",
    "«": "»",
    "〔": "〕",
}
_CLOSERS = frozenset(_PAIRS.values())
_QUOTE_CLOSERS = frozenset("”’」』»\"'")
_AFTER_TERMINATOR = _CLOSERS | frozenset("\"'")
_TERMINATORS = frozenset(".!?…。！？｡")
_WIDE_TERMINATORS = frozenset("。！？｡")
# A closer counts only this near its opener, and what lies between is kept whole only up to the second length.
_MAX_PAIR_CHARACTERS = 400
_MAX_UNCUT_CHARACTERS = 300
_MAX_STACK_SEARCH = 8
_FIRST_STEP = 64
# A sentence that is too long is cut at a clause or a space in the last three quarters of what fits.
_MIN_CUT_SHARE = 0.25

# Japanese after a closing quote: the sentence goes on with a particle, the copula or more punctuation.
_JA_GOES_ON = re.compile(r"[とのがはをにでもや、。，．]|など|だ|です|へ|から|まで|という|って")
# Korean attaches the reporting clause to the quote: ”고, ”라고, ”며, ”는.
_WORDS_OF_EN_ABBREVIATIONS = """
mr mrs ms dr prof rev hon gen col lt maj capt cmdr adm sgt cpl pvt gov sen rep pres st mt ft jr sr vs etc inc
corp co ltd no nos fig vol pp ed eds dept est approx jan feb mar apr jun jul aug sep sept oct nov dec mon tue
wed thu fri sat sun al e.g i.e cf bros messrs supt insp det amb ave blvd
"""
_EN_ABBREVIATIONS = frozenset(_WORDS_OF_EN_ABBREVIATIONS.split())
_WORDS_OF_EN_MAY_END = """
u.s u.k u.n e.u a.m p.m d.c inc corp co ltd jr sr etc
"""
_EN_MAY_END = frozenset(_WORDS_OF_EN_MAY_END.split())
_WORDS_OF_EN_OPENERS = """
the a an in on at it its he she they we i you but and this that these those there when while after before as
for if his her their our my what who why how however meanwhile yet so both many some most all no not one two
"""
_EN_OPENERS = frozenset(_WORDS_OF_EN_OPENERS.split())
_REPORTING = re.compile(
    r"\s+(?:[\w’'.-]{1,40}[ ]){0,5}(?:said|says|asked|asks|told|added|adds|wrote|writes|replied|cried|shouted|wondered|"
    r"tweeted|explained|recalled|joked|insisted|warned)\b"
)
_WORD_BEFORE = re.compile(r"[\w.]{1,12}\Z")
_DATE_BEFORE = re.compile(r"(?:19|20)\d\d\.\s?\d{1,2}\.\s?\d{1,2}\Z")
_CUT_AFTER = frozenset(",;:，、；：—–")


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Sentences of a text as ranges that follow each other without gaps: joined again they are the text.

    White space after a sentence belongs to it. An empty text has none.

    Args:
        text: any string, control characters and lone surrogates included.
        language: BCP-47 tag; "ja", "ko", and anything else reads as English.

    Returns:
        [start, end) in code points, none empty.
    """
    if not text:
        return []
    inside = _inside_pairs(text)
    language = language.split("-", 1)[0].lower()
    ranges: list[tuple[int, int]] = []
    start = position = 0
    length = len(text)
    while position < length:
        character = text[position]
        if character == "\n":
            end = _skip_spaces(text, position)
            # A lone line feed after a long line without a full stop is a hard wrap, not an end.
            is_end = text.count("\n", position, end) > 1 or not _is_wrapped(text, start, position)
            if is_end and text[start:end].strip():
                ranges.append((start, end))
                start = end
            position = end
            continue
        if character not in _TERMINATORS:
            position += 1
            continue
        after = position + 1
        while after < length and text[after] in _TERMINATORS:
            after += 1
        stop = after
        while after < length and text[after] in _AFTER_TERMINATOR:
            after += 1
        if _ends_sentence(text, position, stop, after, language, inside):
            end = _skip_spaces(text, after)
            ranges.append((start, end))
            start = end
            position = end
        else:
            position = after
    if start < length:
        if ranges and not text[start:].strip():
            ranges[-1] = (ranges[-1][0], length)
        else:
            ranges.append((start, length))
    return ranges


def _inside_pairs(text: str) -> bytearray:
    """For each gap before a character: 1 if it lies inside a pair of quotes or brackets that is kept whole."""
    length = len(text)
    change = [0] * (length + 2)
    stack: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        if character == "\n" and text[position + 1 : position + 2] == "\n":
            stack.clear()
        elif character in _PAIRS:
            stack.append((_PAIRS[character], position))
        elif character in "\"'":
            previous = text[position - 1] if position else " "
            following = text[position + 1] if position + 1 < length else " "
            opens = (previous.isspace() or previous in _PAIRS) and not following.isspace()
            if opens and not any(closer == character for closer, _ in stack[-2:]):
                stack.append((character, position))
            elif not (character == "'" and following.isalnum() and previous.isalnum()):
                _close(stack, character, position, change)
        elif character in _CLOSERS:
            # An apostrophe inside a word looks like the closer of ‘.
            following = text[position + 1 : position + 2]
            is_apostrophe = character == "’" and following.isalpha() and text[position - 1].isalpha()
            if is_apostrophe and script_of(following) is Script.LATIN:
                continue
            _close(stack, character, position, change)
    inside = bytearray(length + 1)
    depth = 0
    for position in range(length + 1):
        depth += change[position]
        inside[position] = depth > 0
    return inside


def _close(stack: list[tuple[str, int]], closer: str, position: int, change: list[int]) -> None:
    for index in range(len(stack) - 1, max(-1, len(stack) - 1 - _MAX_STACK_SEARCH), -1):
        if stack[index][0] == closer:
            opened = stack[index][1]
            if position - opened <= min(_MAX_PAIR_CHARACTERS, _MAX_UNCUT_CHARACTERS):
                change[opened + 1] += 1
                change[position + 1] -= 1
            del stack[index:]
            return


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _is_wrapped(text: str, start: int, position: int) -> bool:
    """Whether the line that ends at `position` looks cut by a hard wrap."""
    line_start = max(start, text.rfind("\n", start, position) + 1)
    columns = sum(2 if script_of(character) in _WIDE_SCRIPTS else 1 for character in text[line_start:position])
    return columns >= 50


_WIDE_SCRIPTS = frozenset({Script.HANGUL, Script.KANA, Script.HAN})


def _ends_sentence(text: str, first: int, stop: int, after: int, language: str, inside: bytearray) -> bool:
    """Whether terminators [first, stop) with closers up to `after` end a sentence."""
    if inside[after] or after >= len(text):
        return after >= len(text)
    has_quote = any(character in _QUOTE_CLOSERS for character in text[stop:after])
    following = text[after]
    if text[stop - 1] in _WIDE_TERMINATORS:
        if after > stop:
            return not _JA_GOES_ON.match(text, after)
        if text[stop - 1] in "！？":
            return not _JA_GOES_ON.match(text, after) or following.isspace()
        return True
    if not following.isspace():
        # "6.25", "example.com", ”고; but Japanese writes no space, also after an ASCII mark.
        return language == "ja" and text[stop - 1] in "!?" and after == stop and script_of(following) in _WIDE_SCRIPTS
    next_position = _skip_spaces(text, after)
    if next_position >= len(text):
        return True
    next_character = text[next_position]
    if script_of(next_character) is Script.LATIN and next_character.islower():
        return False
    if has_quote and _REPORTING.match(text, after, min(len(text), after + 120)):
        return False
    if text[stop - 1] != "." or stop - first > 1:
        return True
    return not _is_abbreviation(text, first, after, next_position, language)


def _is_abbreviation(text: str, dot: int, after: int, next_position: int, language: str) -> bool:
    """Whether the full stop at `dot` belongs to an abbreviation, an initial or a numbered date."""
    if after > dot + 1:
        return False
    match = _WORD_BEFORE.search(text[max(0, dot - 12) : dot])
    word = match.group() if match else ""
    next_character = text[next_position]
    if word.isdigit() and language in ("ko", "ja"):
        # 2019. 8. 22. 문을 열었다 (it opened on ...): the date's last full stop is no end either.
        return (next_character.isdigit() and len(word) <= 4) or _DATE_BEFORE.search(
            text[max(0, dot - 14) : dot]
        ) is not None
    lowered = word.lower().strip(".")
    if len(word) == 1 and word.isascii() and word.isalpha() and word.isupper() and word != "I":
        return True
    if lowered in _EN_MAY_END or (len(lowered) == 3 and lowered[1] == "." and lowered.replace(".", "").isalpha()):
        next_word = re.match(r"[A-Za-z]{1,12}", text[next_position : next_position + 12])
        return not (next_word and next_word.group().lower() in _EN_OPENERS)
    if lowered in ("no", "nos", "sun", "sat", "mar", "fig"):
        return next_character.isdigit()
    return lowered in _EN_ABBREVIATIONS and word[:1].isupper()


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
