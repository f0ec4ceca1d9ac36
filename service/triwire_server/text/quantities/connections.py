"""Values that belong together: ends of a range, a day beside its month, hours and minutes, parts of a whole."""

import re
from itertools import pairwise

from triwire_server.text.quantities.values import Value, clock_key, number_key

# Between the ends of a range or the members of a list that share what follows: 2~3만, 70-90%, 6·7월 (June and July).
_CONNECTOR = re.compile(
    r"\s{0,2}(?:[-~·,、/:]|to|or|and|에서|내지|또는|이나|부터|から|ないし|か|と|や|및|와|과)\s{0,2}(?:[$£€¥₩]\s?)?"
)
_SHARED_UNITS = frozenset(["percent", "point", "date", "day"])
_IN_A_DATE = re.compile(r"(?:st|nd|rd|th)?(?:[ ,.]{1,2}| of | de )?")
# How many of the second unit make one of the first.
_PARTS = {
    ("hour", "minute"): 60,
    ("minute", "second"): 60,
    ("year", "month"): 12,
    ("foot", "inch"): 12,
    ("metre", "cm"): 100,
}
_AND = re.compile(r"[ -]?[a-z]{0,8} ?(?:and |, )?")
_OUT_OF = re.compile(r" (?:out of|in) (?:every )?")
_AMONG = re.compile(r"(?:명|개|곳|건|가구|팀)?\s?(?:중|가운데)\s?|(?:人|件|社|校)(?:に|中|のうち)")


def connect(text: str, values: list[Value]) -> None:
    """Let values that belong together mean what they say together, in place.

    Args:
        text: what they were read in, its signs unified.
        values: in order of their places.
    """
    _mark_days(text, values)
    _join_durations(text, values)
    _join_shares(text, values)
    _mark_seasons(text, values)
    _share_what_follows(text, values)


def _share_what_follows(text: str, values: list[Value]) -> None:
    """The first of two values means what only the second says: scale, unit, month, hour."""
    for index in range(len(values) - 2, -1, -1):
        first, second = values[index], values[index + 1]
        number = first.number
        if number is None or first.scale != 1 or first.parts:
            continue
        gap = text[first.end : second.start]
        if len(gap) > 8 or not _CONNECTOR.fullmatch(gap):
            continue
        if first.unit in ("", "name", "ordinal"):
            first.unit = second.unit if second.unit in _SHARED_UNITS else first.unit
            if isinstance(second.keys[0], str):
                _share_date(first, second, number)
        if second.scale != 1 and number < 1000:
            first.keys += (number_key(number * second.scale),)


def _share_date(first: Value, second: Value, number: float) -> None:
    key = str(second.keys[0])
    if key[0] == "m" and 1 <= number <= 12:
        first.keys += (f"m{int(number)}",)
    elif key[0] == "t" and 0 <= number <= 24 and number == int(number):
        first.keys += (clock_key(int(number)),)


def _mark_days(text: str, values: list[Value]) -> None:
    """The number beside a month is a day."""
    for first, second in pairwise(values):
        month, day = (first, second) if str(first.keys[0])[0] == "m" else (second, first)
        number = day.number
        if (
            number is None
            or day.unit not in ("", "day", "ordinal")
            or not 1 <= number <= 31
            or str(month.keys[0])[0] != "m"
        ):
            continue
        if second.start - first.end <= 6 and _IN_A_DATE.fullmatch(text, first.end, second.start):
            day.unit = "date"


def _join_durations(text: str, values: list[Value]) -> None:
    """1시간 30분 may be 90 minutes, 2년 6개월 two and a half years."""
    for first, second in pairwise(values):
        size = _PARTS.get((first.unit, second.unit))
        if size is None:
            continue
        gap = text[first.end : second.start]
        long, short = first.number, second.number
        if long is None or short is None or (len(gap) > 1 and not _AND.fullmatch(gap)):
            continue
        keys = (number_key(long * size + short), number_key(long + short / size))
        first.keys += keys
        second.keys += keys


def _join_shares(text: str, values: list[Value]) -> None:
    """Four out of 10 are 40 per cent."""
    for first, second in pairwise(values):
        share, whole = first.number, second.number
        if not share or not whole or first.unit or second.unit or second.start - first.end > 14:
            continue
        if not (first.strict or first.wanted or share == 1):
            continue
        if _AMONG.fullmatch(text, first.end, second.start):
            share, whole = whole, share
        elif not _OUT_OF.fullmatch(text, first.end, second.start):
            continue
        if share < whole:
            first.unit = second.unit = "share"
            keys = (number_key(100 * share / whole),)
            first.keys += keys
            second.keys += keys


def _mark_seasons(text: str, values: list[Value]) -> None:
    """The 19 of 2018-19 is a year."""
    for first, second in pairwise(values):
        year, number = first.number, second.number
        if first.unit != "year" or year is None or number is None or not 1000 <= year <= 2100 or not 0 <= number <= 99:
            continue
        if second.start - first.end == 1 and text[first.end] in "-/~":
            second.keys += (year - year % 100 + number,)
