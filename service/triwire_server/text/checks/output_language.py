"""Outputs in another language than asked for: as a whole, in a passage, or in bytes that are no character."""

import re
from collections.abc import Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import Script, blank, count_scripts, is_outside_japanese, script_of
from triwire_server.text.doubt import CRITICAL, OWN_SCRIPTS, WARNING, Place, doubt
from triwire_server.text.language import detect_languages, main_language

_MIN_LANGUAGE_LETTERS = 12
_MAX_PASSAGES = 3
# A Japanese sentence of so many letters has kana among them; a headline need not.
_MIN_SENTENCE_HAN = 10
NOT_LANGUAGE = re.compile(r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|[@#]\w{1,64}")
"""Addresses, handles and hashtags, which are the same in every language."""

OPENING_MARKS = frozenset("(（「『“‘\"'《〈[<")
"""Marks after which the original of a name or a title may stand."""

_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LOWER_CASE_WORD = re.compile(r"(?<![A-Za-z])[a-z]{3,}(?![A-Za-z])")
# Four words or more.
_LATIN_RUN = r"[A-Za-z][A-Za-z'’-]{0,40}(?:[ ,]{1,2}[A-Za-z][A-Za-z'’-]{0,40}){3,200}"
_WORDS_OF_OTHERS = (
    """
el la los las del que y en un una unos por con para su sus es son fue al lo se como más pero ha han sin sobre
le les des du et est une dans sur qui pas au aux ce cette avec pour sont par ont été il elle nous vous
der die das und ist nicht ein eine einen dem den des mit von zu im auf für sich wird wurde auch nach bei
il di che per non della delle degli dei nel sono è gli una ha anche più
o os as um uma não do da dos das em no na nos nas ao pela pelo é foi são mais
het een van op te niet dat zijn met voor aan bij ook
yang dan untuk dengan ini itu pada dari tidak dalam adalah
bir ve bu için ile de da olarak và của là các được trong với một cho
"""
    + "i w z na się nie jest do że och att det som på är inte av till har og er ikke på"
)
_FOREIGN_WORDS = frozenset(_WORDS_OF_OTHERS.split()) - frozenset(
    ["die", "as", "no", "on", "i", "do", "par", "an", "to", "per"]
)
_FOREIGN_RUNS = {
    "en": re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3][\u3005\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"),
    "ko": re.compile(
        # Words of other scripts, a word that begins in Hangul and goes on in Latin letters, and English clauses.
        r"[\u3041-\u3096\u30a1-\u30fa][\u3041-\u3096\u30a1-\u30fc]+|[\u3400-\u9fff]{3,}|(?<=[\uac00-\ud7a3])[a-z]{3,40}|"
        + _LATIN_RUN
    ),
    "ja": re.compile(rf"[\uac00-\ud7a3]{{2,}}|[\u3400-\u9fff]{{3,}}|{_LATIN_RUN}"),
}
_MIN_SMALL_WORDS = 3


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


def check_language(text: str, language: str, copied: Sequence[Place] = ()) -> list[Finding]:
    """Whole output in another language (CRITICAL), or a run of another script in it (WARNING).

    Args:
        text: the output.
        language: base tag of the language asked for.
        copied: places of the output that are known to be words of the source.

    Returns:
        Findings whose `expected` and `actual` are language tags.
    """
    if language not in OWN_SCRIPTS:
        return []
    read = blank(text, NOT_LANGUAGE)
    wrong = _wrong_language(read, language)
    if not wrong:
        return _check_foreign_runs(read, language, copied)
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
    if letters < _MIN_LANGUAGE_LETTERS:
        is_other = share < 0.5 and wide >= 2 if language == "en" else not share and wide >= 3
        is_han = language == "ja" and not counts[Script.KANA] and counts[Script.HAN] > 0
        top = main_language(read) if is_other or is_han else ""
        if is_other and top not in ("ko", "ja", "zh"):
            return "ko" if counts[Script.HANGUL] else "ja"
        return top if is_other or top == "zh" else ""
    # One wide letter says what two to three Latin ones do, and names in Latin letters are normal.
    if share >= 0.3:
        if language == "en":
            return _foreign_latin(read)
        is_without_kana = language == "ja" and not counts[Script.KANA]
        return "zh" if is_without_kana and _is_chinese(read, counts[Script.HAN]) else ""
    top = main_language(read)
    if top != language:
        return top
    # English with a name or a date in the right language; names alone have capitals.
    return "en" if language != "en" and len(_LOWER_CASE_WORD.findall(read)) >= 2 else ""


def _is_chinese(read: str, num_han: int) -> bool:
    """Whether text of Han letters without kana is Chinese: a sentence with its marks, or letters of Chinese alone."""
    return (num_han >= _MIN_SENTENCE_HAN and ("。" in read or "，" in read)) or main_language(read) == "zh"


def _foreign_latin(text: str) -> str:
    """Tag of a language in Latin letters other than English, or nothing.

    Short English without function words looks like anything to a library ("Boeing's capsule splashed down"), so it is
    asked only about text that has the function words of other languages. Fewer than four words may be names.
    """
    words = _LATIN_WORD.findall(text)
    # With capitals they are in names: Los Angeles, La Liga, São Paulo.
    foreign = sum(word in _FOREIGN_WORDS or (word.islower() and not word.isascii()) for word in words)
    if len(words) < 4 or foreign < max(2, 0.15 * len(words)):
        return ""
    detected = detect_languages(text)
    if not detected or detected[0].language in ("en", "ko", "ja") or detected[0].confidence < 0.5:
        return ""
    return detected[0].language


def _check_foreign_runs(text: str, language: str, copied: Sequence[Place]) -> list[Finding]:
    """A run of another script outside brackets and quotes, where the original form of a name or a title may stand."""
    findings: list[Finding] = []
    for match in _FOREIGN_RUNS[language].finditer(text):
        before = text[max(0, match.start() - 1) : match.start()]
        if before in OPENING_MARKS:
            continue
        if any(match.start() < end and start < match.end() for start, end in copied):
            continue
        is_half_a_word = (
            bool(before) and script_of(before) is Script.HANGUL and script_of(match.group()[0]) is Script.LATIN
        )
        found = "en" if is_half_a_word else _language_of_run(match.group())
        if found and found != language:
            message = "a passage is in another language"
            place = match.span()
            kind = Finding.KIND_WRONG_LANGUAGE
            findings.append(doubt(kind, WARNING, message, target=place, expected=language, actual=found))
        if len(findings) == _MAX_PASSAGES:
            break
    return findings


def _language_of_run(run: str) -> str:
    """Language that a run is in, or nothing if it may be a name."""
    script = script_of(run[0])
    if script is Script.HANGUL:
        return "ko"
    if script is Script.LATIN:
        # Names, slogans and titles have capitals; words in small letters next to each other are a clause.
        return "en" if len(_LOWER_CASE_WORD.findall(run)) >= _MIN_SMALL_WORDS else ""
    outside = sum(script_of(character) is Script.HAN and is_outside_japanese(character) for character in run)
    return "zh" if outside >= 2 else "ja"
