"""Words and their edges, as far as marks may be put there without a dictionary."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from triwire_server.text.characters import Script, script_of
from triwire_server.text.placeholders.marks import OBJECT

Range = tuple[int, int]

_LATIN = "0-9A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
# Units that no guess may cut: Latin words and numbers, Korean words with their particles, and the same of Japanese, a
# run of any other script with the hiragana after it.
WORD = re.compile(
    rf"{OBJECT}|(?:[{_LATIN}{_HANGUL}]+(?:[.,:'’\-·/&][{_LATIN}{_HANGUL}]+)*%?|[ァ-ヺー・一-龯々〆ヵヶ]+)+[ぁ-ゖ]*|[ぁ-ゖ]+|[^\W_]"
)
_SOLID = re.compile(rf"[{_LATIN}]+(?:[.,][0-9０-９]+)*")
EVIDENCE = re.compile(rf"[{_LATIN}]{{2,40}}|[0-9０-９]{{1,40}}")
"""What may stand in a translation as it stood in the source: Latin words and numbers."""


def has_words(text: str) -> bool:
    """Whether a text holds a letter, a digit or a protected span."""
    return OBJECT in text or any(character.isalnum() for character in text)


def cut_word(text: str, position: int) -> Range | None:
    """The Latin word or number that a position lies inside."""
    if not 0 < position < len(text) or text[position - 1].isspace() or text[position].isspace():
        return None
    for match in _SOLID.finditer(text, max(0, position - 64), min(len(text), position + 64)):
        if match.start() < position < match.end():
            return match.span()
    return None


def needs_space(character: str) -> bool:
    """Whether a span that is put next to a character would stick to its word."""
    if not character or character.isspace():
        return False
    return character == OBJECT or character.isdigit() or script_of(character) in (Script.LATIN, Script.HANGUL)


def word_ends(text: str) -> list[int]:
    """Where a span may be put in: the start of a text and the ends of its words."""
    return [0, *(match.end() for match in WORD.finditer(text))]


def nearest(places: Sequence[int], position: int) -> int:
    """The one of the places, in order and at least one, that is nearest to a position."""
    index = bisect_left(places, position)
    return min(places[max(0, index - 1) : index + 1], key=lambda place: (abs(place - position), -place))
