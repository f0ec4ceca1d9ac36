"""Outputs in another language than asked for: as a whole, in a passage, or in bytes that are no character."""

import re
from collections.abc import Sequence

from triwire.v1.article_service_pb2 import DetectedLanguage, Finding
from triwire_server.text.characters import Script, count_scripts, script_of
from triwire_server.text.finding import CRITICAL, OWN_SCRIPTS, WARNING, doubt
from triwire_server.text.language import detect_languages

_MIN_LANGUAGE_LETTERS = 12
_MAX_PASSAGES = 3
_NOT_LANGUAGE = re.compile(r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|[@#]\w{1,64}")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LOWER_CASE_WORD = re.compile(r"(?<![A-Za-z])[a-z]{3,}(?![A-Za-z])")
_FOREIGN_RUNS = {
    "en": re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3][\u3005\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"),
    "ko": re.compile(r"[\u3041-\u3096\u30a1-\u30fa][\u3041-\u3096\u30a1-\u30fc]+|[\u3400-\u9fff]{3,}"),
    "ja": re.compile(r"[\uac00-\ud7a3]{2,}"),
}


def check_characters(text: str, language: str, source: str) -> list[Finding]:
    """U+FFFD, which decoding puts where a model wrote bytes that are no character."""
    place = text.find("\ufffd")
    if place < 0 or "\ufffd" in source:
        return []
    return [
        doubt(
            Finding.KIND_WRONG_LANGUAGE,
            CRITICAL,
            "the output holds bytes that are no character",
            target=(place, place + 1),
            expected=language,
            actual="\ufffd",
        )
    ]


def check_language(text: str, language: str) -> list[Finding]:
    """Whole output in another language (CRITICAL), or a run of another script in it (WARNING).

    `expected` and `actual` are language tags.
    """
    if language not in OWN_SCRIPTS:
        return []
    read = _NOT_LANGUAGE.sub(lambda match: " " * len(match.group()), text)
    wrong = _wrong_language(read, language)
    if not wrong:
        return _check_foreign_runs(read, language)
    return [
        doubt(
            Finding.KIND_WRONG_LANGUAGE,
            CRITICAL,
            f"the output is not in {language}",
            target=(0, len(text)),
            expected=language,
            actual=wrong,
        )
    ]


def _wrong_language(read: str, language: str) -> str:
    """Tag of the language that a text is in instead, or nothing."""
    counts = count_scripts(read)
    letters = sum(counts.values())
    if not letters:
        return ""
    share = sum(counts[script] for script in OWN_SCRIPTS[language]) / letters
    wide = counts[Script.HANGUL] + counts[Script.KANA] + counts[Script.HAN]
    detected = detect_languages(read)
    top = detected[0].language if detected else ""
    if letters >= _MIN_LANGUAGE_LETTERS:
        # One wide letter says what two to three Latin ones do, and names in Latin letters are normal.
        if top != language and (share < 0.3 or top == "zh" or (language == "en" and _is_foreign_latin(read, detected))):
            return top
        if language != "en" and share < 0.3 and len(_LOWER_CASE_WORD.findall(read)) >= 2:
            return "en"  # English with a name or a date in the right language; names alone have capitals
    elif (language == "en" and share < 0.5 and wide >= 2) or (language != "en" and not share and wide >= 3):
        return top if top in ("ko", "ja", "zh") else "ko" if counts[Script.HANGUL] else "ja"
    elif language == "ja" and top == "zh":
        return "zh"
    return ""


def _is_foreign_latin(text: str, detected: Sequence[DetectedLanguage]) -> bool:
    """Whether text in Latin letters is surely not English. Fewer than four words may be names, which tell nothing."""
    if not detected or detected[0].language in ("ko", "ja") or len(_LATIN_WORD.findall(text)) < 4:
        return False
    return detected[0].confidence >= 0.5


def _check_foreign_runs(text: str, language: str) -> list[Finding]:
    """A run of another script outside brackets and quotes, where the original form of a name may stand."""
    findings: list[Finding] = []
    for match in _FOREIGN_RUNS[language].finditer(text):
        before = text[max(0, match.start() - 1) : match.start()]
        if before and before in "(（「『“‘\"'《〈[":
            continue
        found = "ko" if script_of(match.group()[0]) is Script.HANGUL else "ja"
        findings.append(
            doubt(
                Finding.KIND_WRONG_LANGUAGE,
                WARNING,
                "a passage is in another language",
                target=match.span(),
                expected=language,
                actual=found,
            )
        )
        if len(findings) == _MAX_PASSAGES:
            break
    return findings
