"""Outputs that are the source: a translation left undone, a summary that is the article."""

import re
from collections.abc import Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import WORD, script_of, squeeze, visible, width
from triwire_server.text.checks.output_language import NOT_LANGUAGE, OPENING_MARKS
from triwire_server.text.doubt import CRITICAL, INFO, OWN_SCRIPTS, WARNING, Bodies, Place, doubt
from triwire_server.text.segment import split_sentences

# So many English words in a row are copied; fewer may be a title or a slogan ("Lord of the Rings").
_MIN_COPIED_WORDS, _MIN_SMALL_WORDS = 3, 2
_SMALL_WORD = re.compile(r"(?<![A-Za-z'’])[a-z]{4,}(?![A-Za-z])")
# What stays in the script of the source, outside brackets and quotation marks, where the original of a name may stand.
# A single Han letter in Korean is a country ("美").
_KANA_AND_HAN = "\u3005\u3041-\u3096\u30a1-\u30fc\u3400-\u9fff"
_HANGUL = "\uac00-\ud7a3"
_LEFT_RUNS = {
    ("ko", "en"): re.compile(f"[{_HANGUL}]+(?: [{_HANGUL}]+)*"),
    ("ko", "ja"): re.compile(f"[{_HANGUL}]+(?: [{_HANGUL}]+)*"),
    ("ja", "en"): re.compile(f"[{_KANA_AND_HAN}]+"),
    ("ja", "ko"): re.compile(f"[{_KANA_AND_HAN}]+"),
}
_MARKS_BEFORE_ORIGINALS = OPENING_MARKS | frozenset("・=＝")
_MAX_RUNS = 3
# Of an output of which so much was left, the rest is no translation either.
_CRITICAL_SHARE = 0.5
# Of an article shorter than this, a summary may well be half.
_MIN_ARTICLE_CHARACTERS = 400
_MIN_SENTENCE_WIDTH = 30


def check_copied(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    """The source itself instead of its translation (CRITICAL), or passages of it that were left (WARNING)."""
    if squeeze(source) == squeeze(target):
        if not _has_words_to_translate(source, source_language, target_language):
            return []
        message = "the source came back untranslated"
        places: tuple[Place, Place] = ((0, len(source)), (0, len(target)))
        return [_copied(CRITICAL, message, *places)]
    if source_language == "en":
        run = _copied_words(source, target)
        runs = [] if run is None else [run]
    else:
        runs = _left_runs(source, target, source_language, target_language)
    length = sum(place[1] - place[0] for _, place in runs)
    severity = CRITICAL if length >= _CRITICAL_SHARE * len(target) else WARNING
    return [_copied(severity, "source words were left as they were", *places) for places in runs]


def check_taken_over(point: str, language: str, bodies: Bodies) -> list[Finding]:
    """Sentences of a statement that stand in the article word for word: INFO, with their places in both."""
    findings: list[Finding] = []
    for start, end in split_sentences(point, language):
        whole = point[start:end].rstrip()
        sentence = whole.lstrip().rstrip(".。")
        if width(sentence) < _MIN_SENTENCE_WIDTH:
            continue
        for block_id, body in bodies:
            place = body.find(sentence)
            if place >= 0:
                message = "a sentence was taken over word for word"
                places = (place, place + len(sentence)), (start, start + len(whole))
                findings.append(_copied(INFO, message, *places, block_id))
                break
    return findings


def check_whole_article(
    bodies: Bodies, points: Sequence[str], results: Sequence[Sequence[Finding]]
) -> list[list[Finding]]:
    """What to add to each statement: CRITICAL if those taken over are together half of the article.

    Args:
        bodies: those of the article.
        points: the statements.
        results: what `check_taken_over` and the other checks found in each.
    """
    length = sum(len(visible(body)) for _, body in bodies)
    copied = [
        sum(f.target.end - f.target.start for f in findings if f.kind == Finding.KIND_COPIED_SOURCE)
        for findings in results
    ]
    if length < _MIN_ARTICLE_CHARACTERS or sum(copied) < 0.5 * length:
        return [[] for _ in points]
    message = "the article came back instead of a summary"
    return [
        [doubt(Finding.KIND_COPIED_SOURCE, CRITICAL, message, target=(0, len(point)))] if taken else []
        for point, taken in zip(points, copied, strict=True)
    ]


def _copied(
    severity: "Finding.Severity.ValueType",
    message: str,
    place: Place,
    target_place: Place,
    block_id: str = "",
) -> Finding:
    return doubt(Finding.KIND_COPIED_SOURCE, severity, message, source=place, target=target_place, block_id=block_id)


def _has_words_to_translate(source: str, source_language: str, target_language: str) -> bool:
    """Names and numbers stay as they are; a sentence does not."""
    if source_language == "en":
        read = NOT_LANGUAGE.sub(" ", source)
        return _is_clause(read) or (len(WORD.findall(read)) >= 5 and bool(_SMALL_WORD.search(read)))
    own = OWN_SCRIPTS.get(source_language, frozenset()) - OWN_SCRIPTS.get(target_language, frozenset())
    return sum(script_of(character) in own for character in source) >= 6


def _is_clause(words: str) -> bool:
    """Whether English words are more than a name: two longer ones in small letters."""
    return len(_SMALL_WORD.findall(words)) >= _MIN_SMALL_WORDS


def _left_runs(source: str, target: str, source_language: str, target_language: str) -> list[tuple[Place, Place]]:
    """Places of the runs of the source's script in the output that the source has as they are."""
    pattern = _LEFT_RUNS.get((source_language, target_language))
    found: list[tuple[Place, Place]] = []
    if pattern is None:
        return found
    for match in pattern.finditer(target):
        run = match.group()
        place = source.find(run) if len(run) >= 2 else -1
        if place < 0 or target[max(0, match.start() - 1) : match.start()] in _MARKS_BEFORE_ORIGINALS:
            continue
        found.append(((place, place + len(run)), match.span()))
        if len(found) == _MAX_RUNS:
            break
    return found


def _copied_words(source: str, target: str) -> tuple[Place, Place] | None:
    """Places of the first clause of English words that stands in both."""
    read, written = list(WORD.finditer(source)), list(WORD.finditer(target))
    source_words = [match.group().casefold() for match in read]
    words = [match.group().casefold() for match in written]
    starts: dict[tuple[str, ...], int] = {}
    for index in range(len(source_words) - _MIN_COPIED_WORDS + 1):
        starts.setdefault(tuple(source_words[index : index + _MIN_COPIED_WORDS]), index)
    index = 0
    while index <= len(words) - _MIN_COPIED_WORDS:
        first = starts.get(tuple(words[index : index + _MIN_COPIED_WORDS]))
        if first is None:
            index += 1
            continue
        length = _MIN_COPIED_WORDS
        while words[index + length : index + length + 1] == source_words[first + length : first + length + 1] != []:
            length += 1
        start, end = written[index].start(), written[index + length - 1].end()
        if _is_clause(target[start:end]) and target[max(0, start - 1) : start] not in _MARKS_BEFORE_ORIGINALS:
            return (read[first].start(), read[first + length - 1].end()), (start, end)
        index += length
    return None
