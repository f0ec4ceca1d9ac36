"""What a character is, its script and its width, and texts reduced to what of their characters counts."""

import enum
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator


class Script(enum.Enum):
    """Scripts that decide between languages."""

    HANGUL = "hangul"
    KANA = "kana"
    HAN = "han"
    LATIN = "latin"
    OTHER = "other"


_RANGES: tuple[tuple[int, int, Script], ...] = (
    (0x0041, 0x005A, Script.LATIN),
    (0x0061, 0x007A, Script.LATIN),
    (0x00AA, 0x00AA, Script.LATIN),
    (0x00BA, 0x00BA, Script.LATIN),
    (0x00C0, 0x024F, Script.LATIN),
    (0x1100, 0x11FF, Script.HANGUL),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0x3005, 0x3007, Script.HAN),
    (0x3041, 0x3096, Script.KANA),
    (0x309D, 0x309F, Script.KANA),
    (0x30A1, 0x30FA, Script.KANA),
    (0x30FC, 0x30FF, Script.KANA),
    (0x3131, 0x318E, Script.HANGUL),
    (0x31F0, 0x31FF, Script.KANA),
    (0x3400, 0x4DBF, Script.HAN),
    (0x4E00, 0x9FFF, Script.HAN),
    (0xA960, 0xA97F, Script.HANGUL),
    (0xAC00, 0xD7FF, Script.HANGUL),
    (0xF900, 0xFAFF, Script.HAN),
    (0xFF21, 0xFF3A, Script.LATIN),
    (0xFF41, 0xFF5A, Script.LATIN),
    (0xFF66, 0xFF9F, Script.KANA),
    (0x20000, 0x3FFFF, Script.HAN),
)
ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")  # ZWSP, ZWNJ, ZWJ, WORD JOINER, BOM, SOFT HYPHEN
"""Characters that no reader sees."""

WORD = re.compile(r"\w+(?:['’.,-]\w+)*")
"""A word with what joins its parts: don't, 1,200, well-known. A whole run of letters in Japanese."""


@functools.lru_cache(maxsize=16384)  # a check asks for every character of a text, several times
def script_of(character: str) -> Script | None:
    """Script of one letter; None for digits, punctuation, symbols, spaces and marks."""
    code = ord(character)
    for low, high, script in _RANGES:
        if code < low:
            break
        if code <= high:
            return script
    if code < 0x80:
        return None
    return Script.OTHER if unicodedata.category(character)[0] == "L" else None


def count_scripts(text: str) -> dict[Script, int]:
    """Letters of each script, in code points. Scripts that do not occur are 0."""
    counts = dict.fromkeys(Script, 0)
    for character, times in Counter(text).items():
        script = script_of(character)
        if script is not None:
            counts[script] += times
    return counts


def is_cjk(character: str) -> bool:
    """Whether a character is a letter of Korean or Japanese: Hangul, kana or Han."""
    return script_of(character) in (Script.HANGUL, Script.KANA, Script.HAN)


@functools.lru_cache(maxsize=8192)
def is_outside_japanese(character: str) -> bool:
    """Whether Japanese computers do not write a character, as they do not the simplified forms of Chinese.

    Source of the set: JIS X 0208 with its extensions, which is code page 932.
    """
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False


def width(text: str) -> int:
    """Columns a text takes: wide East Asian characters count 2, zero-width ones and marks 0, all others 1."""
    total = 0
    for character in text:
        if character < "\u0300":
            total += character != "\u00ad"
        elif character in ZERO_WIDTH or unicodedata.combining(character):
            continue
        else:
            total += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return total


def blank(text: str, pattern: re.Pattern[str], sign: str = " ") -> str:
    """The text with every match of a pattern as so many signs, so that all places stay what they were."""
    return pattern.sub(lambda match: sign * len(match.group()), text)


def squeeze(text: str) -> str:
    """Letters and digits alone, case folded: what stays the same when spaces, marks and capitals change."""
    return "".join(filter(str.isalnum, text.casefold()))


def visible(text: str) -> str:
    """The text as a reader sees it, for comparisons: no zero-width characters, white space runs as one space."""
    return " ".join("".join(character for character in text if character not in ZERO_WIDTH).split())


def words(text: str) -> Iterator[str]:
    """Comparable units of a text, lower-cased: Latin words and numbers whole, Hangul, kana and Han runs as bigrams.

    Bigrams do without a dictionary: Korean particles and Japanese word boundaries are not known here.
    """
    run: list[str] = []
    kind = ""

    def flush() -> Iterator[str]:
        joined = "".join(run)
        if kind == "word":
            yield joined.casefold().strip("'’-.,").removesuffix("'s").removesuffix("’s")
        elif kind and len(joined) <= 2:
            yield joined
        elif kind:
            for index in range(len(joined) - 1):
                yield joined[index : index + 2]

    for character in text:
        script = script_of(character)
        if script is Script.KANA or script is Script.HAN:
            next_kind = "cjk"
        elif script is Script.HANGUL:
            next_kind = "hangul"
        elif script is not None or character.isdigit() or (kind == "word" and character in "'’-.,"):
            next_kind = "word"
        else:
            next_kind = ""
        if next_kind != kind:
            yield from (unit for unit in flush() if unit)
            run.clear()
            kind = next_kind
        if kind:
            run.append(character)
    yield from (unit for unit in flush() if unit)
