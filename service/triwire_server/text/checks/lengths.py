"""Outputs that are empty, stop in mid-sentence, or are much shorter or longer than translations of a direction are."""

import re

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import visible
from triwire_server.text.doubt import CRITICAL, WARNING, doubt

# The lowest and the highest that human translations of news stay within (NTREX-128 development documents), with a
# margin beyond the extremes. Sources under _MIN_RATIO_CHARACTERS vary too much.
LENGTH_RATIOS = {
    ("en", "ko"): (0.22, 0.95),
    ("en", "ja"): (0.20, 0.85),
    ("ko", "en"): (1.05, 4.5),
    ("ja", "en"): (1.15, 5.0),
    ("ko", "ja"): (0.45, 1.9),
    ("ja", "ko"): (0.5, 2.1),
}
"""Accepted target characters per source character of a direction: (lowest, highest)."""

# Within Korean and Japanese a Latin letter says less than the others: 国際司法裁判所（International Court of Justice）.
_LATIN_LETTER = 0.4
_MIN_RATIO_CHARACTERS = {"en": 30, "ko": 15, "ja": 14}


def check_empty(source: str, target: str) -> list[Finding]:
    """A CRITICAL finding if the output holds no letter and no digit."""
    if any(map(str.isalnum, target)):
        return []
    message = "the output is empty"
    place = (0, len(source))
    return [doubt(Finding.KIND_LENGTH_RATIO, CRITICAL, message, source=place, target=(0, len(target)))]


def check_length(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    """A length that is unusual for the direction; CRITICAL at half the lowest or twice the highest."""
    bounds = LENGTH_RATIOS.get((source_language, target_language))
    read, written = visible(source), visible(target)
    if bounds is None or not read:
        return []
    low, high = bounds
    length: float = len(written)
    if target_language != "en":
        length -= (1 - _LATIN_LETTER) * sum(character.isascii() and character.isalpha() for character in written)
    # A short source can only come out much too long: a model that explains a headline, or does not stop.
    is_short = len(read) < _MIN_RATIO_CHARACTERS[source_language]
    if is_short and length <= 40 + high * 2 * len(read):
        return []
    ratio = length / len(read)
    if low <= ratio <= high:
        return []
    return [
        doubt(
            Finding.KIND_LENGTH_RATIO,
            CRITICAL if ratio < low / 2 or ratio > high * 2 else WARNING,
            "much shorter than usual" if ratio < low else "much longer than usual",
            source=(0, len(source)),
            target=(0, len(target)),
            expected=f"{low:.2f}-{high:.2f}",
            actual=f"{ratio:.2f}",
        )
    ]


_SENTENCE_END = re.compile(r"[.!?…。！？｡][\"'”’」』)）\]】》〉]{0,3}\s{0,9}\Z")
_ENGLISH_THAT_GOES_ON = (
    "a an the of to in on at for from by with as and or but that which who whose when while where because if than "
    "into over under between about after before during its his her their our your my this these those is are was "
    "were be been has have had will would could should may might must not very more most"
).replace(" ", "|")
_KOREAN_THAT_GOES_ON = (
    "은|는|을|를|의|에서|에게|으로|와|과|지만|면서|하고|하며|했고|했으며|려고"  # topic, object, of, but, while
)
_JAPANESE_THAT_GOES_ON = "は|が|を|に|の|と|で|も|へ|から|まで|より|して|ため|など"
# What no sentence of a language ends with: commas and dashes, and words that need another one behind them.
_GOES_ON = {
    "en": re.compile(rf"(?:[,;:–—-]|(?<![\w'’-])(?:{_ENGLISH_THAT_GOES_ON}))\s{{0,9}}\Z", re.IGNORECASE),
    "ko": re.compile(rf"(?:[,:–—-]|[가-힣](?:{_KOREAN_THAT_GOES_ON}))\s{{0,9}}\Z"),
    "ja": re.compile(rf"(?:[、，,：–—-]|[\u3040-\u30ff\u4e00-\u9fff](?:{_JAPANESE_THAT_GOES_ON}))\s{{0,9}}\Z"),
}
_LAST_CHARACTERS = 40


def check_cut(source: str, target: str, target_language: str) -> list[Finding]:
    """A WARNING of KIND_OUTPUT_TRUNCATED if the source ends its sentence and the output stops in the middle of one.

    A headline ends without a full stop too, so an output counts as cut only by a last word that goes on.
    """
    ending = _GOES_ON.get(target_language)
    if ending is None or not _SENTENCE_END.search(source, max(0, len(source) - _LAST_CHARACTERS)):
        return []
    match = ending.search(target, max(0, len(target) - _LAST_CHARACTERS))
    if match is None:
        return []
    end = len(target.rstrip())
    message = "the output stops in the middle of a sentence"
    return [doubt(Finding.KIND_OUTPUT_TRUNCATED, WARNING, message, target=(match.start(), end))]
