"""Numerals: digits with separators, English number words, and the mixed forms of Korean and Japanese."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triwire_server.text.quantities.values import SEPARATORS

DIGITS = r"(?:[0-9]{1,3}(?:[,\u2009\u202f][0-9]{3}){1,8}(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
"""A number in digits, as a piece of a regular expression."""

_DIGITS = re.compile(DIGITS)
_THREE_DIGITS = re.compile(r"[0-9]{3}")

ENGLISH_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "lakh": 1e5,
    "million": 1e6,
    "crore": 1e7,
    "billion": 1e9,
    "trillion": 1e12,
    "mn": 1e6,
    "mln": 1e6,
    "mil": 1e6,
    "bn": 1e9,
    "bln": 1e9,
    "tn": 1e12,
    "trn": 1e12,
}
"""What a scale word multiplies with."""

GLUED_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}
"""Letters that multiply if they touch the digits: £5m, 10K. Metres and kilometres look the same."""

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINAL_UNITS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_ORDINAL_TEENS = [
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_ORDINAL_TENS = ["twentieth", "thirtieth", "fortieth", "fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth"]


class _Numeral(NamedTuple):
    size: float
    # What it is in a row of words: "unit", "teen", "tens", "scale" or "ordinal", which ends it.
    kind: str


def _numerals() -> dict[str, _Numeral]:
    table = {word: _Numeral(float(index), "unit") for index, word in enumerate(_UNITS)}
    table.update({word: _Numeral(10.0 + index, "teen") for index, word in enumerate(_TEENS)})
    table.update({word: _Numeral(20.0 + 10 * index, "tens") for index, word in enumerate(_TENS)})
    ordinals = {word: 1.0 + index for index, word in enumerate(_ORDINAL_UNITS)}
    ordinals |= {word: 10.0 + index for index, word in enumerate(_ORDINAL_TEENS)}
    ordinals |= {word: 20.0 + 10 * index for index, word in enumerate(_ORDINAL_TENS)}
    ordinals |= {"hundredth": 1e2, "thousandth": 1e3, "millionth": 1e6, "quarter": 4.0, "half": 2.0, "halve": 2.0}
    for word, size in ordinals.items():
        table[word] = _Numeral(size, "ordinal")
        table[word + "s"] = _Numeral(size, "ordinal")
    scales = ("hundred", "thousand", "lakh", "million", "crore", "billion", "trillion")
    table.update({word: _Numeral(ENGLISH_SCALES[word], "scale") for word in scales})
    table["dozen"] = _Numeral(12.0, "scale")
    return table


ENGLISH_NUMERALS = _numerals()
"""English number words with what they are in a row of them."""


class Words(NamedTuple):
    """A number in words: what it may be, and how many words it takes."""

    numbers: tuple[float, ...]
    num_words: int


def read_words(words: Sequence[str], gaps: Sequence[str]) -> Words:
    """The number that a row of English words begins with: "two hundred and fifty", "two-thirds", "twenty-first".

    Args:
        words: in lower case; the first one is a number word.
        gaps: what stands after each of them.

    Returns:
        An ordinal alone is a rank or a part: (3, 1/3) for "third".
    """
    total = 0.0
    current: float | None = None
    last = ""
    index = 0
    while index < len(words):
        if index and gaps[index - 1] not in (" ", "-"):
            break
        word = words[index]
        if word == "and" and last == "scale" and index + 1 < len(words) and gaps[index] == " ":
            follower = ENGLISH_NUMERALS.get(words[index + 1])
            if follower is None or follower.kind == "scale" or words[index + 1] in ("half", "quarter"):
                break
            index += 1
            word = words[index]
        numeral = ENGLISH_NUMERALS.get(word)
        if numeral is None:
            break
        if numeral.kind == "ordinal":
            return _with_ordinal(total, current, last, numeral.size, index)
        if numeral.kind == "scale":
            if numeral.size == 100:
                current = (current or 1.0) * 100
            else:
                total += (current or 1.0) * numeral.size
                current = None
        elif current in (18, 19, 20) and numeral.kind in ("teen", "tens"):
            current = current * 100 + numeral.size  # nineteen eighty-four
        elif last in ("", "scale") or (last == "tens" and numeral.kind == "unit"):
            current = (current or 0.0) + numeral.size
        else:
            break
        last = numeral.kind
        index += 1
    return Words((total + (current or 0.0),), index)


def _with_ordinal(total: float, current: float | None, last: str, size: float, index: int) -> Words:
    if current is None and not total:
        return Words((size, round(1 / size, 4)), index + 1)
    before = total + (current or 0.0)
    if last == "tens" and size < 10:
        return Words((before + size,), index + 1)
    if last == "scale" and size < 100:
        return Words((before + size,), index + 1)
    if size >= 100:
        return Words((before * size, round(before / size, 4)), index + 1)
    return Words((round(before / size, 4), before, size, round(100 * before / size, 2)), index + 1)


class Mixed(NamedTuple):
    """A number of a Korean or Japanese text: what it is, where it ends, what its scale words multiply with."""

    number: float
    end: int
    scale: float
    # The digits it begins with, "" if it begins with a word.
    digits: str


@dataclass(slots=True)
class _Sum:
    """A mixed numeral so far: 3억 4천5 is a total of 3억, a section of 4천 and 5 as the current number."""

    total: float = 0.0
    section: float = 0.0
    current: float | None = None
    last_small: float = math.inf
    last_big: float = math.inf
    scale: float = 1.0

    def multiply_small(self, size: float) -> None:
        self.last_small = size
        self.section += (1.0 if self.current is None else self.current) * size
        self.scale = max(self.scale, size)
        self.current = None

    def multiply_big(self, size: float) -> None:
        self.last_big, self.last_small = size, math.inf
        self.total += (self.section + (self.current or 0.0) or 1.0) * size
        self.scale = max(self.scale, size)
        self.section, self.current = 0.0, None


class MixedNumerals:
    """Reads 1조5000억, 22 억 5 천만, 3億4千万, 二十三 and 〇 forms of one language in a single pass."""

    def __init__(self, digits: str, small: dict[str, float], big: dict[str, float], after_space: str) -> None:
        """Set the signs of a language.

        Args:
            digits: its words for 0 to 9, one character each, in that order.
            small: what multiplies up to a thousand.
            big: what multiplies a whole group.
            after_space: letters that may follow a scale word that a space separates from its number; between others
                it is the beginning of another word.
        """
        self._digits = {sign: float(value) for value, sign in enumerate(digits)}
        self._small = small
        self._big = big
        self._after_space = frozenset(after_space) | frozenset(small) | frozenset(big)

    def read(self, text: str, start: int) -> Mixed | None:
        """The number that begins at `start`; None if there is none, or one longer than floats hold."""
        so_far = _Sum()
        digits = ""
        position, end = start, -1
        while position < len(text):
            character = text[position]
            if "0" <= character <= "9":
                match = _DIGITS.match(text, position)
                # 억2000만 has lost what stood before 억 (hundred million): nobody begins an amount so.
                is_broken = so_far.last_big < so_far.last_small and not digits and position - 1 == start
                if so_far.current is not None or match is None or is_broken:
                    break
                if len(match.group()) > 15:
                    return None
                if end < 0:
                    digits = match.group()
                so_far.current = float(SEPARATORS.sub("", match.group()))
                position = match.end()
            elif character == " ":
                is_inside = end >= 0 and text[start] not in self._big
                if not is_inside or not self._goes_on(text, position + 1, so_far.current is None, so_far.last_big):
                    break
                position += 1
                continue
            elif self._add_sign(so_far, text, position, is_first=end < 0):
                position += 1
            else:
                break
            end = position
        return (
            Mixed(so_far.total + so_far.section + (so_far.current or 0.0), end, so_far.scale, digits)
            if end >= 0
            else None
        )

    def _add_sign(self, so_far: _Sum, text: str, position: int, *, is_first: bool) -> bool:
        """Take in a digit or scale word of the language; False if none stands there that the number can go on with."""
        sign = text[position]
        if sign in self._digits and not "0" <= text[position - 1 : position] <= "9":
            value = self._digits[sign]
            so_far.current = value if so_far.current is None else so_far.current * 10 + value
            return so_far.current <= 1e12
        if sign in self._small and self._small[sign] < so_far.last_small:
            so_far.multiply_small(self._small[sign])
            return True
        if (
            sign in self._big
            and self._big[sign] < so_far.last_big
            and (so_far.current is not None or so_far.section or is_first)
        ):
            so_far.multiply_big(self._big[sign])
            return True
        return False

    def _goes_on(self, text: str, position: int, after_scale: bool, last_big: float) -> bool:
        """Whether the number goes on after a space."""
        if position >= len(text):
            return False
        character = text[position]
        if not after_scale:
            if character not in self._big and character not in self._small:
                return False
            follower = text[position + 1 : position + 2]
            return not follower.isalpha() or follower in self._after_space
        if last_big == math.inf:
            return False
        match = _DIGITS.match(text, position)
        if match is None or float(SEPARATORS.sub("", match.group())[:15]) >= last_big:
            return False
        follower = text[match.end() : match.end() + 1]
        if follower == " ":
            follower = text[match.end() + 1 : match.end() + 2]
        if follower in self._big:
            return self._big[follower] < last_big
        return follower in self._small or bool(_THREE_DIGITS.match(match.group()))


KOREAN_NUMERALS = MixedNumerals(
    "영일이삼사오육칠팔구",
    {"십": 10.0, "백": 100.0, "천": 1000.0},
    {"만": 1e4, "억": 1e8, "조": 1e12},
    "명원달유엔파위개건여가톤대회장주표채편부곳석호권척배평",
)
"""Korean: 만, 억, 조 (ten thousand, hundred million, trillion) after 십, 백, 천."""

JAPANESE_NUMERALS = MixedNumerals(
    "〇一二三四五六七八九",
    {"十": 10.0, "百": 100.0, "千": 1000.0},
    # 憶 ("memory") for 億 is a common slip.
    {"万": 1e4, "億": 1e8, "憶": 1e8, "兆": 1e12},
    "人円ドユウポ元件個台本票棟戸世株冊頭羽匹回平ト",
)
"""Japanese: 万, 億, 兆 (ten thousand, hundred million, trillion) after 十, 百, 千."""
