"""Reads the quantities of an English text."""

import re

from triwire_server.text.quantities import dates, units
from triwire_server.text.quantities.english_tokens import Tokens
from triwire_server.text.quantities.english_words import GIVES, ROMAN, VAGUE
from triwire_server.text.quantities.numbers import ENGLISH_NUMERALS, ENGLISH_SCALES, GLUED_SCALES, read_words
from triwire_server.text.quantities.values import Key, Value, clock_key, digits_key, number_key

_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 0.3333, "⅔": 0.6667}
_ORDINAL_ENDINGS = frozenset(["st", "nd", "rd", "th"])
_UNITS = units.lookup(units.ENGLISH)
_AND_A_HALF = re.compile(r"(?: |-)and(?: |-)a(?: |-)half\b")
_PERCENT = re.compile(r"[ -]?(?:%|per[ -]?cent(?:age)?\b|pc\b|pct\b)([ -]?(?:age )?points?\b)?", re.IGNORECASE)
_BASIS_POINTS = re.compile(r"[ -]basis[ -]points?\b|bps?\b", re.IGNORECASE)
_CENTURY = re.compile(r"(?: |-)(?:and \w{4,14} |to \w{4,14} )?centur", re.IGNORECASE)
_OF_A_SCALE = re.compile(r"(?: |-)(?:of )?(?:an? )?(?P<scale>hundred|thousand|million|billion|trillion|dozen)\b")
_HALF_HOUR = re.compile(r"half(?: an|-an)?[ -]hour", re.IGNORECASE)
_PAST = re.compile(r" past (one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")
_VAGUE_OF = re.compile(r"(tens|hundreds|dozens) of (thousands|millions|billions)\b", re.IGNORECASE)
_MAX_NUMERAL_WORDS = 12
_TOUCHING_UNITS = frozenset(["in", "mi", "ha", "pp"])  # words of their own unless they touch the digits
_CURRENCY_CODES = frozenset(["USD", "EUR", "GBP", "JPY", "KRW", "CNY", "RMB"])


def read(text: str) -> list[Value]:
    """Quantities of an English text, in order of their places. Its signs are unified (`values.unify_signs`)."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = Tokens(text)
        self._values: list[Value] = []

    def read(self) -> list[Value]:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            group = token.lastgroup
            if group == "word":
                index = self._read_word(index)
            elif group == "number":
                index = self._read_number(index)
            else:
                self._read_compound(token)
                index += 1
        return self._values

    def _read_compound(self, token: re.Match[str]) -> None:
        start, end = token.span()
        text = token.group()
        if token.lastgroup == "vulgar":
            self._values.append(Value(start, end, (_VULGAR[text],), strict=False))
            return
        numbers = [int(piece) for piece in re.split(r"[-/.:]", text)]
        if token.lastgroup == "slash" and numbers[1]:
            share = numbers[0] / numbers[1]
            keys: tuple[Key, ...] = (number_key(share), number_key(100 * share))
            if numbers == [24, 7]:  # around the clock
                keys += (24.0,)
            whole = self._values[-1] if self._values else None
            if whole and whole.number is not None and self._text[whole.end : start] in (" ", "-") and share < 1:
                keys = (number_key(whole.number + share),)  # 6 1/2
                whole.keys += keys
            self._values.append(Value(start, end, keys, parts=dates.date_parts(numbers), unit="pair"))
        elif token.lastgroup == "date":
            parts = tuple(
                dates.year_keys(part[0]) if isinstance(part[0], float) and part[0] > 31 else part
                for part in dates.date_parts(numbers)
            )
            if "/" in text and len(text.rsplit("/", 1)[1]) == 2:
                parts = (*parts[:2], dates.year_keys(float(numbers[2])))
            self._values.append(Value(start, end, (text,), parts=parts, unit="date"))
        elif token.lastgroup == "colon":
            self._read_colon(start, end, numbers)

    def _read_colon(self, start: int, end: int, numbers: list[int]) -> None:
        meridiem = dates.read_meridiem(self._text, end)
        if len(numbers) == 2:
            half, end = meridiem or ("", end)
            value = dates.clock(start, end, numbers[0], numbers[1], half)
            if value is not None:
                if not half:  # 2:1 may be a result
                    value.parts = ((float(numbers[0]),), (float(numbers[1]),))
                self._values.append(value)
                return
        self._values.append(dates.colon(self._text, start, end, numbers))

    def _read_number(self, index: int) -> int:
        text, token = self._text, self._tokens[index]
        start, end = token.span()
        digits = token.group()
        key = digits_key(digits)
        value = Value(start, end, (key,))
        self._values.append(value)
        if isinstance(key, str):
            return index + 1
        meridiem = dates.read_meridiem(text, end)
        if meridiem and self._read_time(value, digits, *meridiem):
            return index + 1
        if text.startswith(" o'clock", end) and self._read_time(value, digits, "", end + 8):
            return index + 1
        value.unit = self._currency_before(value, index)
        following, touches = self._tokens.word(index + 1), self._tokens.gap(index) == ""
        if touches and following.lower() in _ORDINAL_ENDINGS:
            value.end += 2
            value.unit = value.unit or "ordinal"
            if _CENTURY.match(text, value.end):
                value.unit = "century"
            return index + 2
        if self._read_decade(value, digits, following, touches):
            return index + 2
        index = self._read_scale(value, index)
        self._read_unit(value, index)
        self._read_context(value, digits, index, token.start())
        return index + 1

    def _read_time(self, value: Value, digits: str, half: str, end: int) -> bool:
        hour, _, minute = digits.partition(".")
        if "," in digits or len(hour) > 2 or len(minute) not in (0, 2):
            return False
        read = dates.clock(value.start, end, int(hour or 0), int(minute or 0), half)
        if read is None:
            return False
        self._values[-1] = read
        return True

    def _currency_before(self, value: Value, index: int) -> str:
        start = value.start
        before = self._text[start - 1] if start else ""
        if before == " " and start > 1:
            before = self._text[start - 2]
        if before in units.CURRENCY_SIGNS:
            value.start -= 1 if self._text[value.start - 1] == before else 0
            return units.CURRENCY_SIGNS[before]
        if index and self._tokens[index - 1].group() in _CURRENCY_CODES and self._tokens.gap(index - 1) in ("", " "):
            return _UNITS[self._tokens[index - 1].group().lower()]
        return ""

    def _read_decade(self, value: Value, digits: str, following: str, touches: bool) -> bool:
        """1980s, 80s, '80s, 1980's."""
        if following != "s" or not (touches or self._text[value.end : value.end + 2] == "'s"):
            return False
        number = value.number
        if number is None or number % 10 or "," in digits:
            return False
        value.end = value.end + (1 if touches else 2)
        if number < 100:
            value.keys = dates.year_keys(number)
        else:
            value.also = (number % 100,)
        value.unit = "decade"
        return True

    def _read_scale(self, value: Value, index: int) -> int:
        number = value.number or 0.0
        half = _AND_A_HALF.match(self._text, value.end)
        if half:
            number += 0.5
            value.end = half.end()
            index += 3
        elif self._text[value.end : value.end + 1] in _VULGAR and value.end < len(self._text):
            number += _VULGAR[self._text[value.end]]
            value.end += 1
            index += 1
        value.keys = (number_key(number),)
        for _ in range(2):
            gap, word = self._tokens.gap(index), self._tokens.word(index + 1).lower()
            scale = ENGLISH_SCALES.get(word) if gap in ("", " ", "-") else None
            if scale is None:
                break
            value.scale *= scale
            index += 1
            value.end = self._tokens[index].end()
        if value.scale != 1:
            value.keys = (number_key(number * value.scale),)
        elif self._tokens.gap(index) == "" and (letter := self._tokens.word(index + 1).lower()) in GLUED_SCALES:
            scaled = number_key(number * GLUED_SCALES[letter])
            following = self._tokens.word(index + 2).lower() if self._tokens.gap(index + 1) == " " else ""
            is_amount = value.unit in units.CURRENCIES or _UNITS.get(following) in units.CURRENCIES
            value.keys = (scaled,) if is_amount else (scaled, number_key(number))
            value.scale = GLUED_SCALES[letter] if is_amount or letter != "m" else 1.0
            if not is_amount:
                value.unit = {"m": "metre", "k": "km"}.get(letter, "")
            value.end += 1
            index += 1
        return index

    def _read_unit(self, value: Value, index: int) -> None:
        percent = _PERCENT.match(self._text, value.end)
        number = value.number or 0.0
        if percent:
            value.unit = "point" if percent.group(1) else "percent"
            value.end = percent.end()
            return
        basis = _BASIS_POINTS.match(self._text, value.end)
        if basis:
            value.unit = "basis point"
            value.keys = (number, number_key(number / 100))
            value.end = basis.end()
            return
        gap = self._tokens.gap(index)
        if value.unit or gap not in ("", " ", "-"):
            return
        word = self._tokens.word(index + 1)
        unit = _UNITS.get(word.lower(), "")
        if gap != "" and (len(word) == 1 or word in _TOUCHING_UNITS):
            return
        if len(word) == 1 and word.isupper() and word not in "CF":
            return
        if unit in units.CURRENCIES and (word in ("in", "real", "rand", "p") and gap != ""):
            return
        value.unit = unit
        if unit in units.CURRENCIES:
            value.end = self._tokens[index + 1].end()
        value.also += units.longer_durations(number, unit)

    def _read_context(self, value: Value, digits: str, index: int, start: int) -> None:
        """What surrounds a number without a unit makes it a year, a name or a time."""
        number = value.number
        if value.unit or value.scale != 1 or number is None:
            return
        text = self._text
        before = text[start - 1] if start else ""
        if before == "'" and len(digits) == 2:
            value.keys = dates.year_keys(number)
            value.unit = "year"
        elif before in "-/" and before and len(digits) == 2 and self._follows_year(start - 1):
            value.keys = dates.year_keys(number)
        elif len(digits) == 4 and digits.isdigit() and 1000 <= number <= 2100:
            value.unit = "year"
        elif self._is_name(start, value.end):
            value.unit = "name"
        if len(digits) in (4, 5) and digits[-3] == "." and number < 24:
            minute = int(digits[-2:])
            if minute < 60:
                value.keys += (clock_key(int(number), minute),)

    def _follows_year(self, position: int) -> bool:
        return self._text[max(0, position - 4) : position].isdigit() and position >= 4

    def _is_name(self, start: int, end: int) -> bool:
        """Whether digits touch the letters of a name: F-16, G7, 5G."""
        before = self._text[max(0, start - 2) : start]
        touching = before[-1:] if before[-1:] != "-" else before[:-1]
        after = self._text[end : end + 1]
        return touching.isupper() or (bool(before) and before[-1].isalpha()) or after.isupper()

    def _read_word(self, index: int) -> int:
        token = self._tokens[index]
        word = token.group()
        lower = word.lower()
        start, end = token.span()
        if lower in ENGLISH_NUMERALS:
            return self._read_numeral(index)
        keys = GIVES.get(lower)
        if keys is not None and (lower != "korean" or self._text.startswith(" War", end)):
            self._values.append(Value(start, end, keys[:1], strict=False, also=keys[1:]))
        if word[0].isupper():
            date = dates.english_month(word, self._tokens.before(index), self._text, start, end) or dates.english_day(
                word, self._tokens.before(index), start, end
            )
            if date is not None:
                self._values.append(date)
            elif word in ROMAN and self._tokens.is_roman(index):
                self._values.append(Value(start, end, (ROMAN[word],), strict=False))
            elif word in ("WWI", "WWII"):
                self._values.append(Value(start, end, (float(len(word) - 2),), strict=False))
        elif lower in dates.ENGLISH_DAYS:
            self._values.append(Value(start, end, (f"w{dates.ENGLISH_DAYS[lower]}",), strict=False))
        elif lower.endswith("fold") and lower[:-4].rstrip("-") in ENGLISH_NUMERALS:
            self._values.append(Value(start, end, (ENGLISH_NUMERALS[lower[:-4]].size,), strict=False))
        if lower in VAGUE:
            self._read_vague(start, lower)
        if self._text.startswith((" and a half", "-and-a-half"), end):
            self._read_half_after(start, end)
        return index + 1

    def _read_half_after(self, start: int, end: int) -> None:
        """A mile and a half, three hours and a half."""
        before = self._values[-1] if self._values else None
        if before is not None and before.number is not None and before.end == start - 1 and before.number > 1:
            before.keys += (number_key(before.number + 0.5),)
        else:
            self._values.append(Value(start, end, (1.5,), strict=False, also=(90.0, 18.0)))

    def _read_vague(self, start: int, word: str) -> None:
        compound = _VAGUE_OF.match(self._text, start)
        if compound:
            power = {"tens": 1, "dozens": 1, "hundreds": 2}[compound.group(1).lower()] + VAGUE[
                compound.group(2).lower()
            ]
            self._values.append(Value(start, compound.end(), (f"v{power}",), strict=False))
        else:
            self._values.append(Value(start, start + len(word), (f"v{VAGUE[word]}",), strict=False))

    def _read_numeral(self, index: int) -> int:
        """A number in words: soft."""
        tokens = self._tokens
        row = range(index, min(len(tokens), index + _MAX_NUMERAL_WORDS))
        words = [tokens.word(place).lower() for place in row]
        read = read_words(words, [tokens.gap(place) for place in row])
        follower = words[read.num_words] if read.num_words < len(words) else ""
        words = words[: read.num_words]
        last = index + read.num_words - 1
        start, end = tokens[index].start(), tokens[last].end()
        numbers: tuple[Key, ...] = read.numbers
        half = _AND_A_HALF.match(self._text, end)
        if half:
            numbers = (number_key(read.numbers[0] + 0.5),)
            end = half.end()
            last += 3
        numbers += GIVES.get(words[0], ()) if read.num_words == 1 else ()
        value = Value(start, end, tuple(map(number_key, _floats(numbers))), strict=False)
        self._values.append(value)
        if half or words[-1].rstrip("s") in ("half", "quarter", "third"):
            last = self._read_part_of_scale(value, words[0], last)
        if words[0] == "half":
            last = self._read_half(value, last, end)
        value.wanted = not tokens.is_in_name(index) and _is_wanted(words, read.numbers[0], follower)
        numeral = ENGLISH_NUMERALS[words[0]]
        if read.num_words == 1 and numeral.kind == "scale":
            value.also += (f"v{len(str(int(numeral.size))) - 1}",)
        self._read_unit(value, last)
        if words[-1] not in ("half", "quarter") and tokens.word(last + 1).lower() in ("decade", "decades"):
            value.also += (number_key(read.numbers[0] * 10),)
        return last + 1

    def _read_part_of_scale(self, value: Value, first_word: str, last: int) -> int:
        """Half a million, a third of a billion, one and a half million; the index of the last token read."""
        scaled = _OF_A_SCALE.match(self._text, value.end)
        if scaled is None:
            return last
        size = ENGLISH_NUMERALS[scaled.group("scale")].size
        part = {"half": 0.5, "quarter": 0.25}.get(first_word, value.keys[0])
        value.keys += (number_key(float(part) * size),)
        value.scale = size
        value.end = scaled.end()
        while last + 1 < len(self._tokens) and self._tokens[last + 1].start() < value.end:
            last += 1
        return last

    def _read_half(self, value: Value, last: int, end: int) -> int:
        """Half past ten, half an hour; the index of the last token read."""
        past = _PAST.match(self._text, end)
        if past:
            value.end = past.end()
            last += 2
            value.keys += (clock_key(int(ENGLISH_NUMERALS[past.group(1)].size), 30),)
        if _HALF_HOUR.match(self._text, value.start):
            value.keys += (30.0,)
        return last


def _is_wanted(words: list[str], number: float, follower: str) -> bool:
    """Whether a number in words is one to count with: no article, half or first that translators put otherwise."""
    if ENGLISH_NUMERALS[words[-1]].kind == "ordinal":
        return follower in ("quarter", "world") or (number >= 3 and words[-1] not in ("quarter", "quarters"))
    return (
        number >= 2 and words[-1] != "dozen" and any(ENGLISH_NUMERALS[w].kind != "scale" for w in words if w != "and")
    )


def _floats(numbers: tuple[Key, ...]) -> list[float]:
    return [number for number in numbers if isinstance(number, float)]
