"""What is doubtful in what a model wrote: pure checks on the source and the output, no model.

Ranges are code points of the output, or of the source body they concern. Messages hold no article text.
"""

import html as html_entities
import re
from collections.abc import Sequence

from triwire.v1.article_pb2 import Article, Location, TextRange
from triwire.v1.article_service_pb2 import DetectedLanguage, Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.characters import Script, count_scripts, script_of, visible, width, words
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language, detect_languages
from triwire_server.text.segment import split_sentences

_BROKEN_KINDS = frozenset({Finding.KIND_PLACEHOLDER_MISMATCH, Finding.KIND_OUTPUT_TRUNCATED})
_MARKUP = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+(?:['’.,-]\w+)*")

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

_MIN_RATIO_CHARACTERS = {"en": 30, "ko": 15, "ja": 14}
_MIN_COPIED_WORDS = 5
# Of an article shorter than this, a summary may well be half.
_MIN_ARTICLE_CHARACTERS = 400
_MIN_LANGUAGE_LETTERS = 12
_MAX_LOOP_PERIOD = 60
_OWN_SCRIPTS = {
    "en": frozenset({Script.LATIN}),
    "ko": frozenset({Script.HANGUL}),
    "ja": frozenset({Script.KANA, Script.HAN}),
}


def check_translation(
    source: str,
    target: str,
    source_language: str,
    target_language: str,
    terms: Sequence[GlossaryTerm] = (),
    *,
    is_html: bool = False,
) -> list[Finding]:
    """Doubts about the translation of a block or a piece of one.

    Args:
        source: body in the source language.
        target: body in the target language; ranges of the findings are places in it.
        source_language: BCP-47 tag of the source.
        target_language: BCP-47 tag asked for.
        terms: glossary terms that hit the source. Not looked at yet.
        is_html: whether both are `inline_html`; tags and entities are then not read as words.

    Returns:
        REPETITION, WRONG_LANGUAGE, LENGTH_RATIO (CRITICAL if the output is empty) and COPIED_SOURCE findings.
    """
    if is_html:
        source, target = _blank_markup(source), _blank_markup(target)
    source_tag, target_tag = base_language(source_language), base_language(target_language)
    if not _letters_and_digits(source):
        return []
    if not _letters_and_digits(target):
        return [
            _finding(
                Finding.KIND_LENGTH_RATIO,
                Finding.SEVERITY_CRITICAL,
                "the output is empty",
            )
        ]
    if source_tag == target_tag:
        return []
    findings = _check_broken_characters(target, target_tag, source) + _check_repetition(target, target_tag, source)
    copied = _check_copied(source, target, source_tag, target_tag)
    findings += copied
    if not any(finding.severity == Finding.SEVERITY_CRITICAL for finding in copied):
        findings += _check_language(target, target_tag, source)
    findings += _check_length(source, target, source_tag, target_tag)
    return findings


def check_summary(article: Article, points: Sequence[str], language: str) -> list[list[Finding]]:
    """Doubts about the statements of a summary, one list for each.

    Args:
        article: what was summarized, with block ids.
        points: the statements.
        language: BCP-47 tag that the summary was asked in.

    Returns:
        WRONG_LANGUAGE, REPETITION (also for a statement that was made before, in the same words or nearly), an empty
        statement as a CRITICAL LENGTH_RATIO, and COPIED_SOURCE: INFO with the place of a sentence taken over word for
        word, CRITICAL if the statements are mostly the article itself, which is then not summarized.
    """
    tag = base_language(language)
    bodies = [(block.block_id, plain_text(block), block) for block in article.blocks]
    everything = "\n".join(body for _, body, _ in bodies)
    results: list[list[Finding]] = []
    seen: set[str] = set()
    for point in points:
        findings: list[Finding] = []
        key = _squeeze(point)
        if not key:
            findings.append(_finding(Finding.KIND_LENGTH_RATIO, Finding.SEVERITY_CRITICAL, "the statement is empty"))
        elif key in seen:
            findings.append(
                _finding(
                    Finding.KIND_REPETITION, Finding.SEVERITY_CRITICAL, "the statement was made before", 0, len(point)
                )
            )
        else:
            findings += _check_broken_characters(point, tag, everything)
            findings += _check_repetition(point, tag, everything)
            findings += _check_language(point, tag, everything)
            findings += _check_taken_over(point, tag, bodies)
        if key and not findings and any(_is_near(point, earlier) for earlier in points[: len(results)]):
            findings.append(
                _finding(
                    Finding.KIND_REPETITION,
                    Finding.SEVERITY_WARNING,
                    "the statement says much the same as one before",
                    0,
                    len(point),
                )
            )
        seen.add(key)
        results.append(findings)
    _check_whole_article(bodies, points, results)
    return results


def is_broken(findings: Sequence[Finding]) -> bool:
    """Whether an output is so doubtful that it is worth decoding once more: anything critical, lost marks, a cut."""
    return any(finding.severity == Finding.SEVERITY_CRITICAL or finding.kind in _BROKEN_KINDS for finding in findings)


def _finding(
    kind: "Finding.Kind.ValueType",
    severity: "Finding.Severity.ValueType",
    message: str,
    start: int = 0,
    end: int = 0,
    *,
    expected: str = "",
    actual: str = "",
) -> Finding:
    finding = Finding(kind=kind, severity=severity, message=message, expected=expected, actual=actual)
    if end > start:
        finding.target.CopyFrom(TextRange(start=start, end=end))
    return finding


def _blank_markup(body: str) -> str:
    """Inline HTML with tags as spaces and entities as their characters, padded so that every place stays the same."""
    blank = _MARKUP.sub(lambda match: " " * len(match.group()), body)
    return re.sub(
        r"&(?:amp|lt|gt|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});",
        lambda match: html_entities.unescape(match.group()).ljust(len(match.group())),
        blank,
    )


def _letters_and_digits(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _squeeze(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _units(text: str, language: str) -> list[tuple[str, int, int]]:
    """Words with places; single letters for Japanese, and for runs of Han and kana anywhere."""
    units: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if language == "ja" or any(script_of(character) in (Script.KANA, Script.HAN) for character in word):
            units.extend(
                (character, match.start() + index, match.start() + index + 1) for index, character in enumerate(word)
            )
        else:
            units.append((word.casefold(), match.start(), match.end()))
    return units


def _loop(units: list[tuple[str, int, int]]) -> tuple[int, int] | None:
    """Places [start, end) of a run of units that says the same at least three times in a row; None if there is none."""
    keys = [unit[0] for unit in units]
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


def _check_broken_characters(text: str, language: str, source: str) -> list[Finding]:
    """U+FFFD, which decoding puts where a model wrote bytes that are no character."""
    place = text.find("\ufffd")
    if place < 0 or "\ufffd" in source:
        return []
    return [
        _finding(
            Finding.KIND_WRONG_LANGUAGE,
            Finding.SEVERITY_CRITICAL,
            "the output holds bytes that are no character",
            place,
            place + 1,
            expected=language,
            actual="\ufffd",
        )
    ]


def _check_repetition(text: str, language: str, source: str) -> list[Finding]:
    place = _loop(_units(text, language))
    if place is not None and _loop(_units(source, base_language(""))) is None:
        return [
            _finding(
                Finding.KIND_REPETITION, Finding.SEVERITY_CRITICAL, "the output repeats a passage over and over", *place
            )
        ]
    sentences: dict[str, int] = {}
    for start, end in split_sentences(text, language):
        key = _squeeze(text[start:end])
        if width(key) < 24:
            continue
        if key in sentences and not _has_repeated_sentence(source):
            return [
                _finding(
                    Finding.KIND_REPETITION,
                    Finding.SEVERITY_CRITICAL,
                    "the output says a sentence twice",
                    start,
                    start + len(text[start:end].rstrip()),
                )
            ]
        sentences[key] = start
    return []


def _has_repeated_sentence(text: str) -> bool:
    keys = [_squeeze(text[start:end]) for start, end in split_sentences(text, "en")]
    keys = [key for key in keys if len(key) >= 8]
    return len(keys) != len(set(keys))


def _check_language(text: str, language: str, source: str) -> list[Finding]:
    """Whole output in another language (CRITICAL), or a run of another script in it (WARNING)."""
    own = _OWN_SCRIPTS.get(language)
    if own is None:
        return []
    read = re.sub(
        r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|[@#]\w{1,64}", lambda m: " " * len(m.group()), text
    )
    counts = count_scripts(read)
    letters = sum(counts.values())
    if not letters:
        return []
    share = sum(counts[script] for script in own) / letters
    wrong = ""
    wide = counts[Script.HANGUL] + counts[Script.KANA] + counts[Script.HAN]
    detected = detect_languages(read)
    top = detected[0].language if detected else ""
    if letters >= _MIN_LANGUAGE_LETTERS:
        # One wide letter says what two to three Latin ones do, and names in Latin letters are normal.
        if top != language and (share < 0.3 or top == "zh" or (language == "en" and _is_foreign_latin(read, detected))):
            wrong = top
        elif language != "en" and share < 0.3 and len(_LOWER_CASE_WORD.findall(read)) >= 2:
            wrong = "en"  # English with a name or a date in the right language; names alone have capitals
    elif (language == "en" and share < 0.5 and wide >= 2) or (language != "en" and not share and wide >= 3):
        wrong = top if top in ("ko", "ja", "zh") else "ko" if counts[Script.HANGUL] else "ja"
    elif language == "ja" and top == "zh":
        wrong = "zh"
    if wrong:
        return [
            _finding(
                Finding.KIND_WRONG_LANGUAGE,
                Finding.SEVERITY_CRITICAL,
                f"the output is not in {language}",
                0,
                len(text),
                expected=language,
                actual=wrong,
            )
        ]
    return _check_foreign_runs(read, language)


def _is_foreign_latin(text: str, detected: Sequence[DetectedLanguage]) -> bool:
    """Whether text in Latin letters is surely not English. Fewer than four words may be names, which tell nothing."""
    if not detected or detected[0].language in ("ko", "ja") or len(_LATIN_WORD.findall(text)) < 4:
        return False
    return detected[0].confidence >= 0.5


_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LOWER_CASE_WORD = re.compile(r"(?<![A-Za-z])[a-z]{3,}(?![A-Za-z])")
_FOREIGN_RUNS = {
    "en": re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3][\u3005\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"),
    "ko": re.compile(r"[\u3041-\u3096\u30a1-\u30fa][\u3041-\u3096\u30a1-\u30fc]+|[\u3400-\u9fff]{3,}"),
    "ja": re.compile(r"[\uac00-\ud7a3]{2,}"),
}


def _check_foreign_runs(text: str, language: str) -> list[Finding]:
    """A run of another script outside brackets and quotes, where the original form of a name may stand."""
    findings: list[Finding] = []
    for match in _FOREIGN_RUNS[language].finditer(text):
        before = text[max(0, match.start() - 1) : match.start()]
        if before and before in "(（「『“‘\"'《〈[":
            continue
        run = match.group()
        found = "ko" if script_of(run[0]) is Script.HANGUL else "ja"
        findings.append(
            _finding(
                Finding.KIND_WRONG_LANGUAGE,
                Finding.SEVERITY_WARNING,
                "a passage is in another language",
                *match.span(),
                expected=language,
                actual=found,
            )
        )
        if len(findings) == 3:
            break
    return findings


def _check_copied(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    own = _OWN_SCRIPTS.get(source_language, frozenset()) - _OWN_SCRIPTS.get(target_language, frozenset())
    letters = sum(script_of(character) in own for character in source)
    if _squeeze(source) == _squeeze(target):
        # Names and numbers stay as they are; a sentence does not.
        units = len(_WORD.findall(source)) if source_language != "ja" else letters // 2
        if units >= _MIN_COPIED_WORDS or (letters >= 6 and source_language in ("ko", "ja")):
            return [
                _finding(
                    Finding.KIND_COPIED_SOURCE,
                    Finding.SEVERITY_CRITICAL,
                    "the source came back untranslated",
                    0,
                    len(target),
                )
            ]
        return []
    if source_language != "en":
        return []  # Hangul and kana that stayed are found as another language.
    return _copied_run(source, target)


def _copied_run(source: str, target: str) -> list[Finding]:
    """The longest run of English words that stands in both."""
    source_words = [match.group().casefold() for match in _WORD.finditer(source)]
    grams = {tuple(source_words[i : i + _MIN_COPIED_WORDS]) for i in range(len(source_words) - _MIN_COPIED_WORDS + 1)}
    if not grams:
        return []
    matches = list(_WORD.finditer(target))
    words = [match.group().casefold() for match in matches]
    for index in range(len(words) - _MIN_COPIED_WORDS + 1):
        gram = tuple(words[index : index + _MIN_COPIED_WORDS])
        if gram in grams and any(
            word.islower() for word in (m.group() for m in matches[index : index + _MIN_COPIED_WORDS])
        ):
            end = index + _MIN_COPIED_WORDS
            while end < len(words) and tuple(words[end - _MIN_COPIED_WORDS + 1 : end + 1]) in grams:
                end += 1
            return [
                _finding(
                    Finding.KIND_COPIED_SOURCE,
                    Finding.SEVERITY_WARNING,
                    "source words were left as they were",
                    matches[index].start(),
                    matches[end - 1].end(),
                )
            ]
    return []


def _check_length(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    bounds = LENGTH_RATIOS.get((source_language, target_language))
    read, written = visible(source), visible(target)
    if bounds is None:
        return []
    # A short source can only come out much too long: a model that explains a headline, or does not stop.
    is_short = len(read) < _MIN_RATIO_CHARACTERS[source_language]
    if is_short and len(written) <= 40 + bounds[1] * 2 * len(read):
        return []
    ratio = len(written) / len(read)
    low, high = bounds
    if low <= ratio <= high:
        return []
    is_extreme = ratio < low / 2 or ratio > high * 2
    return [
        _finding(
            Finding.KIND_LENGTH_RATIO,
            Finding.SEVERITY_CRITICAL if is_extreme else Finding.SEVERITY_WARNING,
            "much shorter than usual" if ratio < low else "much longer than usual",
            expected=f"{low:.2f}-{high:.2f}",
            actual=f"{ratio:.2f}",
        )
    ]


def _is_near(first: str, second: str) -> bool:
    """Whether two statements share four fifths of the words of each."""
    first_words, second_words = set(words(first)), set(words(second))
    shared = len(first_words & second_words)
    return shared >= 4 and shared >= 0.8 * max(len(first_words), len(second_words))


def _check_whole_article(
    bodies: Sequence[tuple[str, str, object]], points: Sequence[str], results: Sequence[list[Finding]]
) -> None:
    """Add a CRITICAL COPIED_SOURCE to every statement that is taken over, if together they are half the article."""
    length = sum(len(visible(body)) for _, body, _ in bodies)
    copied = [
        sum(f.target.end - f.target.start for f in findings if f.kind == Finding.KIND_COPIED_SOURCE)
        for findings in results
    ]
    if length < _MIN_ARTICLE_CHARACTERS or sum(copied) < 0.5 * length:
        return
    for point, findings, taken in zip(points, results, copied, strict=True):
        if taken:
            findings.append(
                _finding(
                    Finding.KIND_COPIED_SOURCE,
                    Finding.SEVERITY_CRITICAL,
                    "the article came back instead of a summary",
                    0,
                    len(point),
                )
            )


def _check_taken_over(point: str, language: str, bodies: Sequence[tuple[str, str, object]]) -> list[Finding]:
    """A sentence of the point that stands in the article word for word."""
    findings: list[Finding] = []
    for start, end in split_sentences(point, language):
        sentence = point[start:end].strip().rstrip(".。")
        if width(sentence) < 30:
            continue
        for block_id, body, block in bodies:
            place = body.find(sentence)
            if place < 0:
                continue
            finding = _finding(
                Finding.KIND_COPIED_SOURCE,
                Finding.SEVERITY_INFO,
                "a sentence was taken over word for word",
                start,
                start + len(point[start:end].rstrip()),
            )
            finding.source.CopyFrom(Location(block_id=block_id))
            if getattr(block, "text", ""):
                finding.source.range.CopyFrom(TextRange(start=place, end=place + len(sentence)))
            findings.append(finding)
            break
    return findings
