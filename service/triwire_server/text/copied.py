"""Outputs that are the source: a translation left undone, a summary that is the article."""

import re
from collections.abc import Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import script_of, squeeze, visible, width
from triwire_server.text.finding import CRITICAL, INFO, OWN_SCRIPTS, WARNING, Place, doubt
from triwire_server.text.segment import split_sentences

_WORD = re.compile(r"\w+(?:['’.,-]\w+)*")
_MIN_COPIED_WORDS = 5
# Of an article shorter than this, a summary may well be half.
_MIN_ARTICLE_CHARACTERS = 400
_MIN_SENTENCE_WIDTH = 30


def check_copied(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    """The source itself instead of its translation (CRITICAL), or a run of its English words (WARNING)."""
    if squeeze(source) == squeeze(target):
        if not _has_words_to_translate(source, source_language, target_language):
            return []
        message = "the source came back untranslated"
        places: tuple[Place, Place] = ((0, len(source)), (0, len(target)))
        return [_copied(CRITICAL, message, *places)]
    if source_language != "en":
        return []  # Hangul and kana that stayed are found as another language.
    run = _copied_run(source, target)
    return [] if run is None else [_copied(WARNING, "source words were left as they were", *run)]


def check_taken_over(point: str, language: str, bodies: Sequence[tuple[str, str]]) -> list[Finding]:
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
    bodies: Sequence[tuple[str, str]], points: Sequence[str], results: Sequence[Sequence[Finding]]
) -> list[list[Finding]]:
    """What to add to each statement: CRITICAL if those taken over are together half of the article.

    Args:
        bodies: (block id, body) of the article.
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
    own = OWN_SCRIPTS.get(source_language, frozenset()) - OWN_SCRIPTS.get(target_language, frozenset())
    letters = sum(script_of(character) in own for character in source)
    units = len(_WORD.findall(source)) if source_language != "ja" else letters // 2
    return units >= _MIN_COPIED_WORDS or (letters >= 6 and source_language in ("ko", "ja"))


def _copied_run(source: str, target: str) -> tuple[Place, Place] | None:
    """Places of the first run of words, one of them in small letters, that stands in both."""
    read, written = list(_WORD.finditer(source)), list(_WORD.finditer(target))
    source_words = [match.group().casefold() for match in read]
    starts: dict[tuple[str, ...], int] = {}
    for index in range(len(source_words) - _MIN_COPIED_WORDS + 1):
        starts.setdefault(tuple(source_words[index : index + _MIN_COPIED_WORDS]), index)
    if not starts:
        return None
    words = [match.group().casefold() for match in written]
    for index in range(len(words) - _MIN_COPIED_WORDS + 1):
        first = starts.get(tuple(words[index : index + _MIN_COPIED_WORDS]))
        if first is None or not any(m.group().islower() for m in written[index : index + _MIN_COPIED_WORDS]):
            continue
        length = _MIN_COPIED_WORDS
        while words[index + length : index + length + 1] == source_words[first + length : first + length + 1] != []:
            length += 1
        return (
            (read[first].start(), read[first + length - 1].end()),
            (written[index].start(), written[index + length - 1].end()),
        )
    return None
