"""What a quantity of a text is once it is read: the same for `5.30pm`, `오후 5시 30분` and `17時半`-like forms.

A value says what it means as keys. A number is its own key, a float; a month is "m1" to "m12", a weekday "w0" (Monday)
to "w6", a time of day "t" and its minutes on a twelve-hour dial, a vague order of magnitude "v" and its power of ten.
Two texts agree on a value if one of its keys is among those of the other text: presence, not counts.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from triwire_server.text.characters import blank

Key = float | str

SEPARATORS = re.compile(r"[,\u2009\u202f]")  # comma, THIN SPACE, NARROW NO-BREAK SPACE
"""What may stand between thousands."""

_MAX_EXACT_DIGITS = 15


@dataclass(slots=True)
class Value:
    """A quantity in a text. Half-open range of code points.

    Attributes:
        start: first code point.
        end: the one after the last.
        keys: what it may mean; any one of them found on the other side will do.
        parts: what its pieces mean, if they may stand alone on the other side ("9/11": month, day); all needed.
        also: what the other side may make of it, though it does not answer for this value itself (12 months: a year).
        strict: whether it is written so that the other side must have it: digits, names of months and weekdays.
        wanted: whether a translation must have it all the same, though it is in words: "seven men".
        unit: a currency as "USD", a unit as "percent", "point", "year", "metre"; "name" in F-16; empty if none.
        scale: what a scale word multiplied it with; 1 if there was none.
        half: "am" or "pm" of a time of day, if said.
    """

    start: int
    end: int
    keys: tuple[Key, ...]
    strict: bool = True
    wanted: bool = False
    unit: str = ""
    scale: float = 1.0
    parts: tuple[tuple[Key, ...], ...] = ()
    also: tuple[Key, ...] = field(default=())
    half: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """[start, end)."""
        return self.start, self.end

    @property
    def number(self) -> float | None:
        """The number that it is first of all; None for months, weekdays and times."""
        first = self.keys[0]
        return first if isinstance(first, float) else None

    def is_in(self, given: "set[Key]") -> bool:
        """Whether a text that gives these keys has this value."""
        if any(key in given for key in self.keys):
            return True
        return bool(self.parts) and all(any(key in given for key in part) for part in self.parts)


def given_keys(values: Iterable[Value]) -> set[Key]:
    """All that a text with these values says, strict or not."""
    given: set[Key] = set()
    for value in values:
        given.update(value.keys)
        given.update(value.also)
        for part in value.parts:
            given.update(part)
    return given


def keys_by_word(*rows: tuple[tuple[Key, ...], str]) -> dict[str, tuple[Key, ...]]:
    """Table of words that say a number without being one.

    Args:
        rows: keys, and the words that have them, separated by spaces; of a word in two rows the later one counts.
    """
    return {word: keys for keys, words in rows for word in words.split()}


def number_key(number: float) -> float:
    """The number without what floating-point arithmetic adds."""
    return round(number, 4)


def digits_key(digits: str) -> Key:
    """Key of a number in digits, thousands separators allowed. What floats do not hold exactly stays a string."""
    plain = digits
    if len(digits) > 3:
        plain = SEPARATORS.sub("", digits)
    if len(plain) > _MAX_EXACT_DIGITS:
        return "d" + plain
    return float(plain)


def clock_key(hour: int, minute: int = 0) -> str:
    """Key of a time of day. Half of the world writes 5 for 17."""
    return f"t{(hour % 12) * 60 + minute}"


def _one_to_one() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table.update(dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"))
    table.update(dict.fromkeys(map(ord, "〜～∼"), "~"))
    table.update(dict.fromkeys(map(ord, "‧∙・･ㆍ•⋅"), "·"))
    table.update(dict.fromkeys(map(ord, "‘’′＇"), "'"))
    table.update({0x00A0: " ", 0x3000: " ", 0xFFE5: "¥", 0xFFE6: "₩", 0xFFE1: "£", 0xFE6A: "%", 0x842C: "万"})
    return table


_ONE_TO_ONE = _one_to_one()
_ADDRESS = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|@\w{1,64}")


def unify_signs(text: str) -> tuple[str, list[int] | None]:
    """Text with one way to write each digit, dash and dot, addresses blanked; and where its characters come from.

    Returns:
        The text, and for each of its code points and its end the place in `text`; None where the places are the same.
    """
    places: list[int] | None = None
    if not unicodedata.is_normalized("NFC", text):
        text, places = _composed(text)
    text = text.translate(_ONE_TO_ONE)
    if "@" in text or "://" in text or "www." in text or "pic.twitter" in text:
        text = blank(text, _ADDRESS)
    return text, places


def _composed(text: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and (unicodedata.combining(text[end]) or "\u1160" <= text[end] <= "\u11ff"):
            end += 1
        piece = unicodedata.normalize("NFC", text[start:end])
        pieces.append(piece)
        places.extend([start] * len(piece))
        start = end
    return "".join(pieces), [*places, len(text)]
