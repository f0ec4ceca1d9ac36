"""Outputs that go round in circles: a passage over and over, a sentence twice, a statement made before."""

import re
from collections.abc import Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import WORD, Script, script_of, squeeze, width, words
from triwire_server.text.doubt import CRITICAL, WARNING, Place, doubt
from triwire_server.text.segment import split_sentences

_MAX_LOOP_PERIOD = 60
# Within a word, where the loop of words does not look. Rows of dashes and dots are lines and pauses.
_STUTTER = re.compile(r"([^\s\-=_*.·…~─ㅋㅎ])\1{11}\1*|(\w\w)\2{8}|(\w\w\w)\3{6}")
# A shorter sentence may be said twice for effect ("Order! Order!").
_MIN_SENTENCE_WIDTH = 24

_Unit = tuple[str, int, int]


def check_repetition(text: str, language: str, source: str) -> list[Finding]:
    """A passage said at least three times in a row, or a sentence said twice, unless the source does the same."""
    place = _loop(_units(text, language))
    if place is not None and _loop(_units(source, "")) is None:
        message = "the output repeats a passage over and over"
        return [doubt(Finding.KIND_REPETITION, CRITICAL, message, target=place)]
    stutter = _STUTTER.search(text)
    if stutter and not _STUTTER.search(source):
        message = "the output repeats a letter over and over"
        return [doubt(Finding.KIND_REPETITION, CRITICAL, message, target=stutter.span())]
    twice = _sentence_twice(text, language)
    if twice is not None and _sentence_twice(source, "en", 8) is None:
        return [doubt(Finding.KIND_REPETITION, CRITICAL, "the output says a sentence twice", target=twice)]
    return []


def check_said_before(point: str, earlier: Sequence[str]) -> list[Finding]:
    """A statement of a summary that an earlier one makes in the same words (CRITICAL) or in nearly the same."""
    key = squeeze(point)
    place = (0, len(point))
    for other in earlier:
        if squeeze(other) == key:
            message = "the statement was made before"
            return [doubt(Finding.KIND_REPETITION, CRITICAL, message, target=place)]
    if any(_is_near(point, other) for other in earlier):
        message = "the statement says much the same as one before"
        return [doubt(Finding.KIND_REPETITION, WARNING, message, target=place)]
    return []


def _units(text: str, language: str) -> list[_Unit]:
    """Words with places; single letters for Japanese, and for runs of Han and kana anywhere."""
    units: list[_Unit] = []
    for match in WORD.finditer(text):
        word = match.group()
        if language == "ja" or any(script_of(character) in (Script.KANA, Script.HAN) for character in word):
            units.extend(
                (character, match.start() + index, match.start() + index + 1) for index, character in enumerate(word)
            )
        else:
            units.append((word.casefold(), match.start(), match.end()))
    return units


def _loop(units: list[_Unit]) -> Place | None:
    """Place of a run of units that says the same at least three times in a row; None if there is none."""
    keys = [unit[0] for unit in units]
    if len(keys) - len(set(keys)) < 2:
        return None  # no unit stands there three times, and no two of them twice
    for period in range(1, min(_MAX_LOOP_PERIOD, len(keys) // 3) + 1):
        matching = 0
        for index in range(period, len(keys) + 1):
            if index < len(keys) and keys[index] == keys[index - period]:
                matching += 1
                continue
            if matching and _is_loop(keys[index - matching - period : index], period):
                return units[index - matching - period][1], units[index - 1][2]
            matching = 0
    return None


def _is_loop(run: list[str], period: int) -> bool:
    times = len(run) / period
    columns = sum(width(key) for key in run[:period])
    # "No, no, no" and はははは are speech; a model in a loop goes on.
    if columns <= 2:
        return times >= 10
    if period == 1 or columns <= 6:
        return times >= 5
    return times >= 3


def _sentence_twice(text: str, language: str, min_width: int = _MIN_SENTENCE_WIDTH) -> Place | None:
    """Place of the first sentence that stands there for the second time."""
    seen: set[str] = set()
    for start, end in split_sentences(text, language):
        sentence = text[start:end].rstrip()
        key = squeeze(sentence)
        if width(key) < min_width:
            continue
        if key in seen:
            return start, start + len(sentence)
        seen.add(key)
    return None


def _is_near(first: str, second: str) -> bool:
    """Whether two statements share four fifths of the words of each."""
    first_words, second_words = set(words(first)), set(words(second))
    shared = len(first_words & second_words)
    return shared >= 4 and shared >= 0.8 * max(len(first_words), len(second_words))
