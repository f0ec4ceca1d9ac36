"""Months, weekdays, eras and times of day in the three languages, as keys of values."""

import re

from triwire_server.text.quantities.values import Key, Value, clock_key, number_key

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_ENGLISH_MONTHS = {word: index + 1 for index, word in enumerate(_MONTHS)}
"""Month by its English name in lower case."""

_MONTH_ABBREVIATIONS = {word[:3]: index + 1 for index, word in enumerate(_MONTHS) if word != "may"} | {"sept": 9}
"""Month by its English abbreviation in lower case, without the full stop."""

ENGLISH_DAYS = {word: index for index, word in enumerate(_DAYS)} | {
    word + "s": index for index, word in enumerate(_DAYS)
}
"""Weekday, Monday is 0, by its English name in lower case."""

_DAY_ABBREVIATIONS = {word[:3]: index for index, word in enumerate(_DAYS)} | {"tues": 1, "thur": 3, "thurs": 3}
"""Weekday by its English abbreviation in lower case."""

KOREAN_DAYS = {sign: index for index, sign in enumerate("월화수목금토일")}
"""Weekday by its Korean sign: 월 (Mon) to 일 (Sun)."""

JAPANESE_DAYS = {sign: index for index, sign in enumerate("月火水木金土日")}
"""Weekday by its Japanese sign: 月 (Mon) to 日 (Sun)."""

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
"""The year before the first one of a Japanese era."""

# Names that hold a month or a weekday but are no date: they are often written by sound.
_NAMES_BEFORE = frozenset(
    ["black", "cyber", "super", "good", "bloody", "ruby", "ash", "easter", "sheffield", "palm", "shrove", "wacky"]
)
_BEFORE_MONTH = frozenset(
    [
        "in",
        "last",
        "this",
        "next",
        "of",
        "since",
        "by",
        "until",
        "till",
        "early",
        "late",
        "mid",
        "from",
        "to",
        "during",
        "before",
        "after",
        "every",
        "through",
        "and",
    ]
)
_AMBIGUOUS_MONTHS = frozenset(["may", "march"])

_MERIDIEM = re.compile(r" ?([ap])(?:\. ?m\.|\.?m\b)", re.IGNORECASE)


def read_meridiem(text: str, position: int) -> tuple[str, int] | None:
    """("am" or "pm", end) if one of them stands there."""
    match = _MERIDIEM.match(text, position)
    return (match.group(1).lower() + "m", match.end()) if match else None


def english_month(word: str, before: str, text: str, start: int, end: int) -> Value | None:
    """The month that a word names, if it is written as one.

    Args:
        word: the word, as written.
        before: the word before, in lower case; "" if there is none.
        text: where it stands.
        start: its first code point.
        end: the one after its last.
    """
    if not word[0].isupper():
        return None
    lower = word.lower()
    month = _ENGLISH_MONTHS.get(lower)
    near_digit = _is_near_digit(text, start, end)
    if month is None:
        month = _MONTH_ABBREVIATIONS.get(lower)
        if month is None or not (near_digit or text[end : end + 1] == "."):
            return None
        return Value(start, end, (f"m{month}",), strict=near_digit)
    strict = before not in _NAMES_BEFORE
    if lower in _AMBIGUOUS_MONTHS and not near_digit:
        strict = before in _BEFORE_MONTH and text[end : end + 2] != "'s"
    elif text[end : end + 2] == " D" and text[end : end + 4] == " Day":
        strict = False
    return Value(start, end, (f"m{month}",), strict=strict)


def _is_near_digit(text: str, start: int, end: int) -> bool:
    after = text[end : end + 3].lstrip(". ,")
    before = text[max(0, start - 5) : start].rstrip()
    for suffix in ("st", "nd", "rd", "th"):
        before = before.removesuffix(suffix)
    return after[:1].isdigit() or before[-1:].isdigit()


def english_day(word: str, before: str, start: int, end: int) -> Value | None:
    """The weekday that a word names: strict if the name is written out."""
    lower = word.lower()
    day = ENGLISH_DAYS.get(lower)
    if day is not None:
        return Value(start, end, (f"w{day}",), strict=word[0].isupper() and before not in _NAMES_BEFORE)
    if word[0].isupper() and lower in _DAY_ABBREVIATIONS:
        return Value(start, end, (f"w{_DAY_ABBREVIATIONS[lower]}",), strict=False)
    return None


def clock(start: int, end: int, hour: int, minute: int = 0, half: str = "") -> Value | None:
    """A time of day; None if there is no such time."""
    if hour > 29 or minute > 59:  # Japanese programmes end at 25時, an hour past midnight
        return None
    if not half and hour > 12:
        half = "pm" if hour < 24 else ""
    keys: tuple[Key, ...] = (clock_key(hour, minute),)
    if not minute:
        keys += (float(hour),)
    return Value(start, end, keys, unit="time", half=half)


def colon(text: str, start: int, end: int, numbers: list[int]) -> Value:
    """A result, ratio or duration with colons: 2:1, 1:23.45, 2:05:30. Its pieces may stand alone."""
    parts: tuple[tuple[Key, ...], ...] = tuple((float(number),) for number in numbers)
    keys: tuple[Key, ...] = (text[start:end],)
    if "." in text[start:end] and len(numbers) == 3:
        keys += (number_key(60 * numbers[0] + float(text[start:end].rpartition(":")[2])),)
    return Value(start, end, keys, parts=parts, unit="colon")


def date_parts(numbers: list[int]) -> tuple[tuple[Key, ...], ...]:
    """Parts of a date in digits (2019-03-05, 9/11): each may be a month or a number."""
    parts: list[tuple[Key, ...]] = []
    for number in numbers:
        part: tuple[Key, ...] = (float(number),)
        if 1 <= number <= 12:
            part += (f"m{number}",)
        parts.append(part)
    return tuple(parts)


def year_keys(number: float) -> tuple[Key, ...]:
    """What a year of two digits may be: 63, 1963 and, up to 39, 2019 for 19."""
    keys: tuple[Key, ...] = (number,)
    if number == int(number) and number <= 99:
        keys += (1900.0 + number,)
        if number < 40:
            keys += (2000.0 + number,)
    return keys
