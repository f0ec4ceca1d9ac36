"""Does a translation say the same numbers, dates, times and amounts as its source?

Each text is read into values (`values.Value`). What is written in digits, and months and weekdays, the other text must
have in any form; what is written in words is never asked for but answers.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.doubt import CRITICAL, INFO, WARNING, doubt
from triwire_server.text.language import base_language
from triwire_server.text.quantities import english as quantities_en
from triwire_server.text.quantities import japanese as quantities_ja
from triwire_server.text.quantities import korean as quantities_ko
from triwire_server.text.quantities import units
from triwire_server.text.quantities.connections import connect
from triwire_server.text.quantities.trends import trend
from triwire_server.text.quantities.values import Key, Value, given_keys, unify_signs

READERS: dict[str, Callable[[str], list[Value]]] = {
    "en": quantities_en.read,
    "ko": quantities_ko.read,
    "ja": quantities_ja.read,
}
"""Reader of each language that is read, by its base tag."""

_UNIT_PAIR_CHARACTERS = 40
_NEIGHBOURS = 32
_PAIRED = 6  # of how many new values on either side one may stand for a lost one
_DATE_UNITS = frozenset(["date", "time", "decade", "century"])
_COMPARED_UNITS = units.CURRENCIES | {"percent", "point"}
_STRICT_ONES = frozenset(["percent", "point", "date", "time"])
# What a number without a unit has to be to stand for a year, a day of the month or an hour.
_PLAUSIBLE = {"year": (1000, 2100), "date": (1, 31), "time": (0, 24)}


def read_quantities(text: str, language: str) -> list[Value]:
    """The quantities of a text, in order of their places.

    Args:
        text: plain text; ranges of the values are places in it.
        language: base tag: en, ko or ja. There are no values in other languages.
    """
    reader = READERS.get(language)
    if reader is None:
        return []
    unified, places = unify_signs(text)
    values = reader(unified)
    connect(unified, values)
    if places is not None:
        for value in values:
            value.start, value.end = places[value.start], places[value.end]
    return values


def check_quantities(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    """Numbers, dates, weekdays, times, currencies and percentages that a translation has not, or has otherwise.

    Args:
        source: plain text.
        target: its translation; ranges of the findings are places in these two.
        source_language: BCP-47 tag; en, ko and ja are read.
        target_language: BCP-47 tag.

    Returns:
        NUMBER_MISMATCH and DATE_MISMATCH findings: CRITICAL for a value that became another, WARNING for one that is
        missing or new and for a currency, INFO for one that was converted to another unit. None for other languages.
    """
    source_tag, target_tag = base_language(source_language), base_language(target_language)
    if source_tag == target_tag or source_tag not in READERS or target_tag not in READERS:
        return []
    return _Comparison(source, target, source_tag, target_tag).findings()


class _Comparison:
    """The values of a source and of its translation, side by side."""

    def __init__(self, source: str, target: str, source_tag: str, target_tag: str) -> None:
        self._source, self._target = source, target
        self._source_tag, self._target_tag = source_tag, target_tag
        self._before, self._after = read_quantities(source, source_tag), read_quantities(target, target_tag)

    def findings(self) -> list[Finding]:
        before, after = self._before, self._after
        has, given = given_keys(before), given_keys(after)
        lost = [value for value in before if (value.strict or value.wanted) and not value.is_in(given)]
        new = [value for value in after if value.strict and not value.is_in(has)]
        findings: list[Finding] = []
        paired: set[int] = set()
        for value, other in self._pairs(lost, new):
            findings.append(self._changed(value, other))
            paired.update((id(value), id(other)))
        lost = [value for value in lost if id(value) not in paired]
        new = [value for value in new if id(value) not in paired]
        lost_ids, new_ids = set(map(id, lost)), set(map(id, new))
        for value in lost:
            if not is_idle_one(value) and not is_second_unit(value, before, lost_ids):
                findings.append(self._finding(value, None, WARNING, "is missing"))
        for value in new:
            if not is_idle_one(value) and not is_second_unit(value, after, new_ids):
                findings.append(self._finding(None, value, WARNING, "is new"))
        findings += self._same_number_other_unit() + self._vague()
        return findings or self._other_currency() + self._other_trend()

    def _pairs(self, lost: list[Value], new: list[Value]) -> list[tuple[Value, Value]]:
        """Which new value stands for which lost one: of the same group, nearest by kind, then by place."""
        scored = []
        starts = [other.start / (len(self._target) + 1) for other in new]
        for value in lost:
            middle = bisect_left(starts, value.start / (len(self._source) + 1))
            for other in new[max(0, middle - _PAIRED) : middle + _PAIRED]:
                if _group(value) == _group(other) and _may_become(value, other):
                    scored.append((self._distance(value, other), value.start, other.start, value, other))
        scored.sort(key=lambda item: item[:3])
        pairs: list[tuple[Value, Value]] = []
        taken: set[int] = set()
        for _, _, _, value, other in scored:
            if id(value) not in taken and id(other) not in taken:
                taken.update((id(value), id(other)))
                pairs.append((value, other))
        return pairs

    def _distance(self, value: Value, other: Value) -> float:
        place = abs(value.start / (len(self._source) + 1) - other.start / (len(self._target) + 1))
        return place + (0.0 if value.unit == other.unit else 0.5)

    def _changed(self, value: Value, other: Value) -> Finding:
        first, second = value.number, other.number
        if first is not None and second is not None:
            if units.is_conversion(first, value.unit, second, other.unit):
                return self._finding(value, other, INFO, "was converted to another unit")
            if _are_currencies(value, other) and value.unit != other.unit:
                return self._finding(value, other, WARNING, "is in another currency")
        return self._finding(value, other, CRITICAL, "became another")

    def _same_number_other_unit(self) -> list[Finding]:
        """Amounts whose currency differs, percent against percentage points, mornings against afternoons."""
        findings: list[Finding] = []
        compared = [other for other in self._after if other.strict and (other.half or other.unit in _COMPARED_UNITS)]
        if not compared:
            return []
        by_key: dict[Key, list[Value]] = {}
        for value in self._before:
            for key in value.keys:
                by_key.setdefault(key, []).append(value)
        for other in compared:
            same = [value for key in other.keys for value in by_key.get(key, ())[:_NEIGHBOURS]]
            if not same:
                continue
            if other.half:
                if all(value.half and value.half != other.half for value in same):
                    findings.append(self._finding(same[0], other, WARNING, "is in the other half of the day"))
            elif other.unit in units.CURRENCIES:
                if all(_are_currencies(value, other) and not self._is_one_currency(value, other) for value in same):
                    findings.append(self._finding(same[0], other, CRITICAL, "is in another currency"))
            elif all(value.unit in ("percent", "point") and value.unit != other.unit for value in same):
                findings.append(self._finding(same[0], other, WARNING, "is percent here and points there"))
        return findings

    def _is_one_currency(self, value: Value, other: Value) -> bool:
        """Whether two amounts are in one currency; the sign of the yen is that of the yuan too."""
        if value.unit == other.unit:
            return True
        return {value.unit, other.unit} == {"JPY", "CNY"} and "¥" in self._source + self._target

    def _other_currency(self) -> list[Finding]:
        """An amount in a currency that the source names nowhere, though it names others."""
        amounts = [other for other in self._after if other.unit in units.CURRENCIES]
        named = set(units.find_currencies(self._source, self._source_tag))
        named |= {value.unit for value in self._before if value.unit in units.CURRENCIES}
        if not named:
            return []
        findings = [
            self._finding(None, other, WARNING, "is in a currency that the source does not name")
            for other in amounts
            if other.unit not in named
        ]
        return findings or self._other_currency_name(named | {value.unit for value in amounts})

    def _other_currency_name(self, named: set[str]) -> list[Finding]:
        """The name of a currency without an amount, in the place of another: the euro fell against the dollar."""
        before = units.find_currencies(self._source, self._source_tag)
        after = units.find_currencies(self._target, self._target_tag)
        new = [place for unit, place in after.items() if unit not in named]
        lost = [place for unit, place in before.items() if unit not in after and unit in named]
        lost = [
            place
            for place in lost
            if not any(place[0] < value.end and value.start < place[1] for value in self._before)
        ]
        if not new or not lost:
            return []
        (start, end), (new_start, new_end) = lost[0], new[0]
        value, other = Value(start, end, (0.0,)), Value(new_start, new_end, (0.0,))
        return [self._finding(value, other, WARNING, "is the name of another currency")]

    def _other_trend(self) -> list[Finding]:
        """A share that rises in one text and falls in the other."""
        shares = {value.keys[0]: value for value in self._before if value.unit in ("percent", "point")}
        for other in self._after:
            value = shares.get(other.keys[0]) if other.unit in ("percent", "point") else None
            if value is None:
                continue
            trends = {trend(self._source, self._source_tag), trend(self._target, self._target_tag)}
            if trends == {"up", "down"}:
                return [self._finding(value, other, WARNING, "rises here and falls there")]
            break
        return []

    def _vague(self) -> list[Finding]:
        """Millions that became hundreds of millions. One power of ten more or less is a matter of taste."""
        before = sorted((value for value in self._before if _power(value)), key=_power)
        after = sorted((value for value in self._after if _power(value)), key=_power)
        if len(before) != len(after):
            return []
        return [
            self._finding(value, other, WARNING, "is of another order")
            for value, other in zip(before, after, strict=True)
            if abs(_power(value) - _power(other)) > 1
        ]

    def _finding(
        self, value: Value | None, other: Value | None, severity: "Finding.Severity.ValueType", what: str
    ) -> Finding:
        shown = value or other
        assert shown is not None  # noqa: S101  callers give one of them
        if shown.unit == "name":
            severity = min(severity, WARNING)
        return doubt(
            kind_of(shown),
            severity,
            f"a value {what}",
            source=value.place if value else None,
            target=other.place if other else None,
            expected=self._source[slice(*value.place)] if value else "",
            actual=self._target[slice(*other.place)] if other else "",
        )


def _power(value: Value) -> int:
    """The power of ten of a vague number (수백만, millions); 0 if it is none."""
    first = str(value.keys[0])
    return int(first[1:]) if first[0] == "v" else 0


def _are_currencies(value: Value, other: Value) -> bool:
    return value.unit in units.CURRENCIES and other.unit in units.CURRENCIES


def _may_become(value: Value, other: Value) -> bool:
    """Whether one value may be the other one, changed: no crowd becomes a year, and no amount a distance."""
    if value.unit == other.unit:
        return True
    dated = [one for one in (value, other) if one.unit in _PLAUSIBLE]
    if dated:
        plain = other if dated[0] is value else value
        low, high = _PLAUSIBLE[dated[0].unit]
        return len(dated) == 1 and not plain.unit and plain.number is not None and low <= plain.number <= high
    is_money = value.unit in units.CURRENCIES, other.unit in units.CURRENCIES
    return all(is_money) or not any(is_money) or not value.unit or not other.unit


def _group(value: Value) -> str:
    """Values of a group can stand for each other: months, weekdays, and all that is numbers."""
    first = value.keys[0]
    if isinstance(first, str) and first[0] in "mw":
        return first[0]
    return "n"


def kind_of(value: Value) -> "Finding.Kind.ValueType":
    """Whether a doubt about a value is one about a number or about a date."""
    if value.unit in _DATE_UNITS or _group(value) != "n":
        return Finding.KIND_DATE_MISMATCH
    number = value.number
    if value.unit == "year" and number is not None and number >= 1000:
        return Finding.KIND_DATE_MISMATCH
    return Finding.KIND_NUMBER_MISMATCH


def is_idle_one(value: Value) -> bool:
    """Whether a value is a 1 that another language says with an article or not at all: 1人当たり, per person."""
    return value.keys[0] == 1.0 and value.scale == 1 and value.unit not in _STRICT_ONES


def is_second_unit(value: Value, values: Sequence[Value], wanting: set[int]) -> bool:
    """Whether a text says a measure twice, "30 metres (100 feet)", and only this one is wanting.

    Args:
        value: the one that is wanting.
        values: all of its text, in order.
        wanting: identities of all that are wanting.
    """
    if value.unit not in units.MEASURES:
        return False
    first = bisect_left(values, value.start - _UNIT_PAIR_CHARACTERS, key=lambda twin: twin.start)
    for twin in values[first : first + _NEIGHBOURS]:
        if abs(twin.start - value.start) > _UNIT_PAIR_CHARACTERS or id(twin) in wanting:
            continue
        if any(
            units.is_conversion(number, value.unit, size, twin.unit)
            for number in value.keys
            for size in twin.keys
            if isinstance(number, float) and isinstance(size, float)
        ):
            return True
    return False
