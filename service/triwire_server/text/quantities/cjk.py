"""Reads the quantities of Korean and Japanese text: one scan, with the tables of a language.

Both languages write digits, scale word, counter in that order and without spaces, so one reader serves both.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from triwire_server.text.quantities import dates, units
from triwire_server.text.quantities.numbers import ENGLISH_SCALES, GLUED_SCALES, MixedNumerals
from triwire_server.text.quantities.values import Key, Value, digits_key, number_key

COMPOUNDS = (
    r"(?P<date>[12][0-9]{3}(?P<separator>[-/.])\s?[0-9]{1,2}(?P=separator)\s?[0-9]{1,2}(?![0-9]))"
    r"|(?P<colon>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]{1,3})?(?![0-9]))"
    r"|(?P<pair>[0-9]{1,3}[·/][0-9]{1,2}(?![0-9월月]))"
)
"""Dates, times and pairs that both languages write alike."""

_LATIN_SCALE = re.compile(
    r"\s?(?P<word>thousand|million|billion|trillion|[bmt]n)(?![A-Za-z])|(?P<letter>[kmb])(?![A-Za-z])", re.IGNORECASE
)
_AFTER_ARTICLE = "를은는에의에와과가,.)"
_SECOND_HALF = frozenset(["후반", "後半"])
# "several" before a scale word: 수백만, 数百万 are millions.
_VAGUE = "수몇数何"
# 10초72, 10秒72, 3万3445円90銭: what follows the unit are hundredths of it.
_HUNDREDTHS = re.compile(r"([0-9]{1,3})(?![0-9,.]|[년월일年月日人名分분])銭?")
_DIVIDED = frozenset(["second", "JPY", "metre"])
_TERMS = frozenset(["懲役", "禁錮", "拘禁", "징역", "금고"])  # prison terms


@dataclass(frozen=True)
class Tables:
    """What the reader knows of a language.

    Attributes:
        scan: finds what may be a quantity; named groups as in `COMPOUNDS`, and weekday, month, clock, digits, numeral,
            words.
        unit: what may follow a number.
        unit_names: unit by its written form.
        days: weekday by its sign.
        numerals: its mixed numerals.
        words: keys of words that say a number without being one.
        clock_words: a time of day, with the groups `meridiem`, `hour`, `minute` and `half` (half past).
        halves: "am", "pm" or nothing by the word before an hour, which is the group `meridiem`.
        tenth: words for tenths and hundredths (4할 5푼, 3割5分).
        and_a_half: a half after a unit (2년 반, 5時間半).
        fraction: stands between denominator and numerator.
        numeral: reads a soft numeral that is no mixed numeral; gives its number or None.
        article: what stands before the number of an article of a law (제3조 is Article 3); "" if nothing does.
    """

    scan: re.Pattern[str]
    unit: re.Pattern[str]
    unit_names: Mapping[str, str]
    days: Mapping[str, int]
    numerals: MixedNumerals
    words: Mapping[str, tuple[Key, ...]]
    clock_words: re.Pattern[str]
    halves: Mapping[str, str]
    tenth: re.Pattern[str]
    and_a_half: re.Pattern[str]
    fraction: re.Pattern[str]
    numeral: Callable[[str], float | None]
    article: str


class Reader:
    """Reads one text."""

    def __init__(self, text: str, tables: Tables) -> None:
        """Take a text whose signs are unified."""
        self._text = text
        self._tables = tables
        self._values: list[Value] = []

    def read(self) -> list[Value]:
        """The quantities in order of their places."""
        text, scan = self._text, self._tables.scan
        position = 0
        match = scan.search(text)
        while match is not None:
            position = max(match.end(), self._read_match(match))
            match = scan.search(text, position)
        return self._values

    def _read_match(self, match: re.Match[str]) -> int:
        group = match.lastgroup
        start, end = match.span()
        if group == "digits":
            return self._read_digits(start)
        if group == "numeral":
            return self._read_numeral(match)
        if group == "words":
            keys = self._tables.words[match.group()]
            self._values.append(Value(start, end, keys[:1], strict=False, also=keys[1:]))
        elif group == "weekday":
            for sign in match.group():
                if sign in self._tables.days:
                    self._values.append(Value(start, end, (f"w{self._tables.days[sign]}",)))
                if sign in "요曜":
                    break
        elif group == "month":
            if self._is_term(match):
                self._values.append(Value(start, end, (float(match.group()[:-1]),), unit="month"))
                return end
            month = int(re.sub(r"[^0-9]", "", match.group())[:2])
            self._values.append(Value(start, end, (f"m{month}",)))
        elif group == "clock":
            return self._read_clock(match)
        else:
            self._read_compound(match)
        return end

    def _is_term(self, match: re.Match[str]) -> bool:
        """Whether months follow years as part of a duration: 懲役3年6月, 징역 3년 6월 (three years and six months)."""
        last = self._values[-1] if self._values else None
        if last is None or last.unit != "year" or self._text[last.end : match.start()] not in ("", " "):
            return False
        return last.end - last.start <= 3 and self._text[max(0, last.start - 4) : last.start].strip()[-2:] in _TERMS

    def _read_compound(self, match: re.Match[str]) -> None:
        start, end = match.span()
        text = match.group()
        numbers = [int(piece) for piece in re.split(r"[-/.:·]\s?", text)]
        if match.lastgroup == "date":
            self._values.append(Value(start, end, (text,), parts=dates.date_parts(numbers), unit="date"))
        elif match.lastgroup == "pair":
            first, second = numbers
            keys: tuple[Key, ...] = (float(f"{first}.{second}"), f"{first}-{second}")
            if second and "/" in text:
                keys = (number_key(first / second), number_key(100 * first / second))
            self._values.append(Value(start, end, keys, parts=dates.date_parts(numbers), unit="pair"))
        else:
            value = dates.clock(start, end, numbers[0], numbers[1]) if len(numbers) == 2 else None
            if value is None:
                value = dates.colon(self._text, start, end, numbers)
            value.parts = tuple((float(number),) for number in numbers)
            value.half = ""
            self._values.append(value)

    def _read_clock(self, match: re.Match[str]) -> int:
        read = self._tables.clock_words.match(self._text, match.start())
        if read is None:
            return match.end()
        hour = int(read["hour"])
        minute = 30 if read["half"] else int(read["minute"] or 0)
        half = self._tables.halves.get(read["meridiem"] or "", "")
        value = dates.clock(match.start(), read.end(), hour, minute, half)
        # There is no 11시 90분; the text that has it is wrong, and no other has that time.
        self._values.append(value or Value(match.start(), read.end(), (f"t{hour}:{minute}",), unit="time"))
        return read.end()

    def _read_digits(self, start: int) -> int:
        text, tables = self._text, self._tables
        mixed = tables.numerals.read(text, start)
        if mixed is None:  # longer than floats hold
            end = start
            while end < len(text) and "0" <= text[end] <= "9":
                end += 1
            self._values.append(Value(start, end, (digits_key(text[start:end]),)))
            return end
        value = Value(start, mixed.end, (number_key(mixed.number),), scale=mixed.scale)
        self._values.append(value)
        if tables.article and value.scale == 1e12:
            self._read_article(value)
        before = text[start - 1] if start else ""
        if before and before in _VAGUE:
            value.strict = False
        if value.scale == 1:
            self._read_latin_scale(value, bool(before) and before in units.CURRENCY_SIGNS)
        if before in units.CURRENCY_SIGNS:
            value.unit = units.CURRENCY_SIGNS[before]
            value.start -= 1
        self._read_following(value, mixed.digits)
        self._read_name(value, start)
        return value.end

    def _read_article(self, value: Value) -> None:
        """조 is a trillion, but also an article of a law (제9조, 50조를) and a group in a tournament."""
        ordinal = number_key((value.number or 0.0) / value.scale)
        if ordinal != int(ordinal):
            return
        if self._text[value.start - 1 : value.start] == self._tables.article:
            value.keys, value.scale = (ordinal,), 1.0
        elif not self._text[value.end : value.end + 1].strip(_AFTER_ARTICLE):
            value.keys += (ordinal,)

    def _read_latin_scale(self, value: Value, is_amount: bool) -> None:
        """$3.6bn, left as it was in English."""
        match = _LATIN_SCALE.match(self._text, value.end)
        if match is None or not (match["word"] or is_amount):
            return
        size = ENGLISH_SCALES[match["word"].lower()] if match["word"] else GLUED_SCALES[match["letter"].lower()]
        value.scale, value.end = size, match.end()
        value.keys = (number_key((value.number or 0.0) * size),)

    def _read_following(self, value: Value, digits: str) -> None:
        """Unit, fraction, tenths, a half, a decade."""
        text, tables = self._text, self._tables
        number = value.number or 0.0
        fraction = tables.fraction.match(text, value.end)
        numerator = tables.numerals.read(text, fraction.end()) if fraction else None
        if numerator is not None and number:
            share = numerator.number / number
            value.keys = (number_key(share), number_key(100 * share))
            value.parts = ((number,), (numerator.number,))
            value.end, value.unit = numerator.end, "fraction"
            return
        tenth = tables.tenth.match(text, value.end)
        if tenth:
            percent = number * 10 + float(tenth.group(1) or 0)
            value.keys = (number_key(percent), number_key(percent / 100))
            value.unit, value.end = "percent", tenth.end()
            return
        match = tables.unit.match(text, value.end)
        if match:
            value.end = match.end()
            self._read_unit(value, number, tables.unit_names[match.group().lstrip()], digits)

    def _read_unit(self, value: Value, number: float, unit: str, digits: str) -> None:
        """A unit that ends where the value does now, with what follows it: hundredths, a half."""
        text = self._text
        value.unit = value.unit or unit
        hundredths = _HUNDREDTHS.match(text, value.end) if unit in _DIVIDED else None
        if hundredths and number == int(number):
            value.keys = (number_key(number + float(f"0.{hundredths.group(1)}")),)
            value.end = hundredths.end()
            return
        takes_half = unit in units.LARGER or unit == "week"
        half = self._tables.and_a_half.match(text, value.end) if takes_half else None
        if half:
            value.keys = (number_key(number + 0.5),)
            value.also = (number_key(number * 12 + 6), number_key(number * 60 + 30))
            value.end = half.end()
        elif unit == "decade":
            value.keys = dates.year_keys(number) if number < 100 else (number,)
            value.also = (number % 100,)
        elif unit == "year" and value.scale == 1 and len(digits) == 2:
            value.keys = dates.year_keys(number)
            value.also = units.longer_durations(number, unit)
        elif unit != "year" or len(digits) != 4 or not 1000 <= number <= 2100:
            value.also += units.longer_durations(number, unit)
            if unit == "minute" and text[max(0, value.start - 3) : value.start].strip() in _SECOND_HALF:
                value.keys += (number + 45,)  # football: 후반 28분 is the 73rd minute

    def _read_name(self, value: Value, start: int) -> None:
        """Digits that touch Latin letters belong to a name: F-16, G7, 5G, 코로나19."""
        text = self._text
        if value.unit or value.scale != 1:
            return
        before = text[start - 1] if start else ""
        if before == "-" and start > 1:
            before = text[start - 2]
        after = text[value.end : value.end + 1]
        if (before.isascii() and before.isalpha()) or before in ("나", "ナ") or (after.isascii() and after.isupper()):
            value.unit = "name"
        number = value.number
        if number is not None and 1800 <= number <= 2100 and value.end - start == 4:
            value.unit = "year"

    def _read_numeral(self, match: re.Match[str]) -> int:
        """A number in words or kanji: soft."""
        text, tables = self._text, self._tables
        start = match.start("numeral")
        number = tables.numeral(match.group("numeral"))
        if number is not None:
            value = Value(start, match.end("numeral"), (number,), strict=False)
        else:
            is_vague = text[start] in _VAGUE
            mixed = tables.numerals.read(text, start + is_vague)
            if mixed is None:
                return match.end()
            if is_vague:
                key = f"v{len(str(int(mixed.number))) - 1}"
                self._values.append(Value(start, mixed.end, (key,), strict=False))
                return mixed.end
            value = Value(start, mixed.end, (number_key(mixed.number),), scale=mixed.scale, strict=False)
        self._read_following(value, "")
        self._values.append(value)
        return value.end


def unit_pattern(names: Mapping[str, str], not_after: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern for the units of a language, longest first, each not where it begins one of the given longer words."""
    pieces = []
    for name in sorted(names, key=len, reverse=True):
        piece = re.escape(name)
        if name in not_after:
            piece += f"(?!{not_after[name]})"
        elif name.isascii() and name[-1].isalpha():
            piece += "(?![A-Za-z])"
        pieces.append(piece)
    return re.compile(r"\s?(?:" + "|".join(pieces) + ")")
