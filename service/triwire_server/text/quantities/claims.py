"""Does a statement about an article say numbers, dates, times or amounts that the article does not have?"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.doubt import CRITICAL, WARNING, Bodies, Place, doubt
from triwire_server.text.language import base_language
from triwire_server.text.quantities import units
from triwire_server.text.quantities.comparison import READERS, is_idle_one, is_second_unit, kind_of, read_quantities
from triwire_server.text.quantities.values import Key, Value, given_keys

_SHARES = frozenset(["percent", "point", "basis point", "fraction", "share"])
_SOFT = "soft"
_DAYS = frozenset(["date", "day", "ordinal", "pair"])
# How far a rounded number may be from what it rounds, as a part of it: about 1,200; more than 1,000.
_APART = {"": 0.1, "about": 0.1, "over": 0.2, "under": 0.2}

# About 1,200 for 1,187; more than 1,100; nearly 1,200. Korean and Japanese say most of it after the number.
_BEFORE = {
    "about": re.compile(
        r"(?:about|around|some|roughly|approximately|estimated|almost|nearly|close to|약|대략|거의|約|およそ|ほぼ)\s?$",
        re.I,
    ),
    "over": re.compile(r"(?:more than|over|above|at least|exceeding|upwards of|최소|少なくとも)\s?$", re.I),
    "under": re.compile(r"(?:less than|fewer than|under|below|up to|almost|nearly|close to|최대|最大)\s?$", re.I),
}
_AFTER = {
    "about": re.compile(r"[^\s,.、。]{0,4}?\s?(?:가량|정도|쯤|안팎|내외|程度|ほど|前後|ぐらい|くらい|or so)"),
    "over": re.compile(r"[^\s,.、。]{0,4}?\s?(?:여|이상|넘|余|以上|超|を超|を上回|強)"),
    "under": re.compile(r"[^\s,.、。]{0,4}?\s?(?:가까|이하|미만|近く|弱|足らず|未満|以下)"),
}


class Mention(NamedTuple):
    """Where a quantity of an article stands, and as what."""

    block_id: str
    place: Place
    text: str


@dataclass(frozen=True)
class ArticleQuantities:
    """The quantities of an article, read once for all statements about it.

    Attributes:
        is_read: whether its language is one whose quantities are read; of others nothing is known.
        given: all keys that the article says.
        mentions: where each key stands first, by the unit that it has there; in words, the unit is "soft".
        numbers: its numbers in ascending order, for those that a statement rounds.
    """

    is_read: bool
    given: set[Key]
    mentions: dict[Key, dict[str, Mention]]
    numbers: list[float]


def read_article(bodies: Bodies, language: str) -> ArticleQuantities:
    """Read the blocks of an article.

    Args:
        bodies: those of the article.
        language: BCP-47 tag of the article; en, ko and ja are read.
    """
    tag = base_language(language)
    values: list[Value] = []
    mentions: dict[Key, dict[str, Mention]] = {}
    for block_id, body in bodies:
        for value in read_quantities(body, tag):
            values.append(value)
            is_plain = value.strict and not value.parts
            unit = value.unit if is_plain or value.unit in units.CURRENCIES else _SOFT
            mention = Mention(block_id, value.place, body[slice(*value.place)])
            for key in value.keys + value.also:
                mentions.setdefault(key, {}).setdefault(unit, mention)
    numbers = sorted(number for value in values if (number := value.number) is not None and number > 0)
    return ArticleQuantities(tag in READERS, given_keys(values), mentions, numbers)


def check_statement(article: ArticleQuantities, statement: str, language: str) -> list[Finding]:
    """Quantities of a statement that the article has nowhere, in any form; none if the article could not be read.

    Rounding that a reader sees at once passes: "about 1,200" or "1.2 million" for 1,187 or 1,187,000. Sums do not.

    Args:
        article: what `read_article` gave.
        statement: plain text; ranges of the findings are places in it.
        language: BCP-47 tag of the statement.

    Returns:
        NUMBER_MISMATCH and DATE_MISMATCH findings. Where the article has the number in another currency, or as a
        number of something else where the statement says a percentage, `source` is that place.
    """
    if not article.is_read:
        return []
    findings: list[Finding] = []
    values = read_quantities(statement, base_language(language))
    # A number in words may be a count that the writer made ("three people"), so it is doubted less.
    read = [value for value in values if value.strict or value.wanted]
    wanting = {id(value) for value in read if not value.is_in(article.given)}
    for value in read:
        if is_idle_one(value):
            continue
        if id(value) not in wanting:
            finding = _check_unit(article, statement, value)
            if finding is not None:
                findings.append(finding)
        elif not _is_rounded(article, statement, value) and not is_second_unit(value, values, wanting):
            findings.append(_finding(statement, value, "the article does not have the value"))
    return findings


def _check_unit(article: ArticleQuantities, statement: str, value: Value) -> Finding | None:
    """The number stands in the article, but as a number of something else."""
    if value.unit != "percent" and value.unit not in units.CURRENCIES and value.unit != "date":
        return None
    mentions: dict[str, Mention] = {}
    for key in value.keys:
        mentions |= article.mentions.get(key, {})
    if not mentions or _SOFT in mentions:
        return None
    if value.unit in units.CURRENCIES:
        is_same = any(unit == value.unit or unit not in units.CURRENCIES for unit in mentions)
        what = "the article has the amount in another currency"
    elif value.unit == "date":
        is_same = not _DAYS.isdisjoint(mentions)
        what = "the article has the day as another number"
    else:
        is_same = not _SHARES.isdisjoint(mentions)
        what = "the article has the number, but not as a share"
    return None if is_same else _finding(statement, value, what, next(iter(mentions.values())))


def _is_rounded(article: ArticleQuantities, statement: str, value: Value) -> bool:
    number = value.number
    if number is None or number <= 0 or not math.isfinite(number):
        return False
    if value.unit == "fraction":
        middle = bisect_left(article.numbers, 100 * number - 2.5)
        return any(percent <= 100 * number + 2.5 for percent in article.numbers[middle : middle + 1])
    before = statement[max(0, value.start - 20) : value.start].rstrip("$£€¥₩")
    after = statement[value.end : value.end + 10]
    manner = next((name for name, pattern in _BEFORE.items() if pattern.search(before)), "")
    manner = manner or next((name for name, pattern in _AFTER.items() if pattern.match(after)), "")
    if not manner and value.scale < 1000:
        return False
    step = _step(number)
    low, high = number - step / 2, number + step / 2
    if manner == "over":
        low, high = number, number + step
    elif manner == "under":
        low, high = number - step, number
    middle = bisect_left(article.numbers, number)
    nearest = article.numbers[max(0, middle - 1) : middle + 1]
    return any(low <= other <= high and abs(other - number) <= _APART[manner] * other for other in nearest)


def _step(number: float) -> float:
    """What one more of the last digit that is not 0 adds: 100 for 1,200."""
    digits = f"{number:.6g}"
    exact = float(digits)
    exponent = math.floor(math.log10(exact))
    for place in range(exponent, exponent - 7, -1):
        if math.isclose(round(exact / 10.0**place) * 10.0**place, exact, rel_tol=1e-9):
            return float(10.0**place)
    return float(10.0 ** (exponent - 6))


def _finding(statement: str, value: Value, message: str, mention: Mention | None = None) -> Finding:
    is_doubtful = value.unit == "name" or mention is not None or not value.strict
    return doubt(
        kind_of(value),
        WARNING if is_doubtful else CRITICAL,
        message,
        source=mention.place if mention else None,
        target=value.place,
        block_id=mention.block_id if mention else "",
        expected=mention.text if mention else "",
        actual=statement[slice(*value.place)],
    )
