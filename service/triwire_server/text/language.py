"""Which language a text is in: by scripts and English function words, by a library only for what is left.

Counting scripts beat the libraries on short Korean and Japanese headlines. The library (lingua, Apache-2.0) is loaded
on the first text that is neither Korean, Japanese nor plainly English.
"""

import functools
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from triwire.v1.article_service_pb2 import DetectedLanguage
from triwire_server.text.characters import Script, count_scripts, is_outside_japanese, script_of
from triwire_server.text.language_words import (
    CHINESE_ONLY,
    CHINESE_OR_NAMES,
    CHINESE_WORDS,
    ENGLISH_NEWS,
    ENGLISH_ONLY,
    ENGLISH_SHARED,
    FOREIGN,
    FOREIGN_ENDINGS,
    FOREIGN_LETTERS,
    NEWS_LANGUAGES,
)

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_LANGUAGE = re.compile(r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|(?<!\w)@\w{1,64}")
_CHINESE = re.compile(CHINESE_WORDS)
# Longer texts say no more about their language; this bounds the work.
_MAX_LIBRARY_CHARACTERS = 2000
# Up to this length languages with little news need as much more evidence.
_SHORT_CHARACTERS = 60
_RARE = 0.3
# The library's confidence from which it is believed about a few words in unaccented letters that are not all names.
_SURE_OF_NEWS, _SURE_OF_ANY = 0.5, 0.9


def base_language(tag: str) -> str:
    """Primary language subtag of a BCP-47 tag, lower-cased: "en-GB" -> "en". An empty tag stays empty."""
    return tag.strip().replace("_", "-").split("-", 1)[0].lower()


def detect_languages(text: str) -> list[DetectedLanguage]:
    """Languages of a text, most likely first; empty if it has no words.

    Korean and Japanese are told by script: Han characters and Latin names in a line of Hangul or kana belong to that
    line. Latin text is "en" only with English function words or by the library's word; other languages are named by
    their own tags.

    Returns:
        `proportion` is the share of the letters that are in the language; `confidence`, 0 to 1, that it is present.
    """
    tally = _Tally()
    for line in _NOT_LANGUAGE.sub(" ", text).splitlines():
        tally.add_line(line)
    return tally.languages()


def main_language(text: str) -> str:
    """Tag of the language that most letters of a text are in; "und" if none has a name, "" if there are no words."""
    languages = detect_languages(text)
    return languages[0].language if languages else ""


class _Tally:
    """Letters by language, gathered line by line."""

    def __init__(self) -> None:
        self.letters: dict[str, int] = {}
        self.confidences: dict[str, float] = {}
        self.han_lines: list[str] = []
        self.latin_lines: list[str] = []
        self.other_lines: list[str] = []

    def add(self, language: str, letters: int, confidence: float) -> None:
        if letters > 0:
            self.letters[language] = self.letters.get(language, 0) + letters
            self.confidences[language] = max(self.confidences.get(language, 0.0), confidence)

    def add_line(self, line: str) -> None:
        counts = count_scripts(line)
        hangul, kana = counts[Script.HANGUL], counts[Script.KANA]
        if counts[Script.OTHER]:
            self.other_lines.append("".join(c if script_of(c) is Script.OTHER else " " for c in line))
        if not hangul and not kana:
            if counts[Script.HAN]:
                self.han_lines.append(line)
            if counts[Script.LATIN]:
                self.latin_lines.append(line)
            return
        # A short line of one script is still certain: no other language is written in it.
        self.add("ko", hangul, 0.99)
        self.add("ja", kana, 0.99)
        owner = "ko" if hangul >= kana else "ja"
        latin_words = _WORD.findall("".join(c if script_of(c) is Script.LATIN or c in "'’" else " " for c in line))
        if len(latin_words) >= 5 and _english_share(latin_words) >= 0.2:
            self.latin_lines.append(" ".join(latin_words))
        else:
            self.add(owner, counts[Script.LATIN], 0.0)
        self.add(owner, counts[Script.HAN], 0.0)

    def languages(self) -> list[DetectedLanguage]:
        main = max(self.letters, key=lambda tag: self.letters[tag], default="")
        self._add_han(main)
        self._add_latin(main)
        if self.other_lines:
            self._add_by_library(" ".join(self.other_lines))
        total = sum(self.letters.values())
        order = sorted(self.letters, key=lambda tag: (-self.letters[tag], tag))
        return [
            DetectedLanguage(
                language=tag,
                confidence=round(self.confidences[tag], 4),
                proportion=round(self.letters[tag] / total, 4),
            )
            for tag in order
        ]

    def _add_han(self, main: str) -> None:
        if not self.han_lines:
            return
        text = "".join(c for line in self.han_lines for c in line if script_of(c) is Script.HAN)
        latin = "".join(c for line in self.han_lines for c in line if script_of(c) is Script.LATIN)
        if main:
            self.add(main, len(text), 0.0)
        elif _is_chinese(text):
            self.add("zh", len(text), 0.9)
        else:
            # Headlines such as "日銀総裁会見" have no kana; Chinese ones can look the same.
            self.add("ja", len(text), 0.6)
        if latin:
            self.latin_lines = [line for line in self.latin_lines if line not in self.han_lines]
            self.add(main or ("zh" if "zh" in self.letters else "ja"), len(latin), 0.0)

    def _add_latin(self, main: str) -> None:
        found = [
            word for line in self.latin_lines for word in _WORD.findall(line) if script_of(word[0]) is Script.LATIN
        ]
        if not found:
            return
        letters = sum(len(word) for word in found)
        share = _english_share(found)
        foreign = _foreign_evidence(found)
        most_foreign = max(foreign.values(), default=0)
        if len(found) >= 4 and share >= max(0.2, most_foreign / len(found)):
            self.add("en", letters, min(0.99, 0.7 + share))
        elif main and len(found) < 4:
            self.add(main, letters, 0.0)  # "AP", "Photo": no sentence of another language
        elif (english := sum(map(_is_english, found))) > most_foreign:
            # A headline without articles: "Brexit vote delayed".
            self.add("en", letters, min(0.9, 0.55 + 0.5 * english / len(found)))
        else:
            self._add_by_library(" ".join(found), foreign)

    def _add_by_library(self, text: str, evidence: Mapping[str, int] | None = None) -> None:
        letters = sum(script_of(character) is not None for character in text)
        language, confidence = _ask_library(text[:_MAX_LIBRARY_CHARACTERS], evidence or {})
        self.add(language or "und", letters, confidence)


def _english_share(found: list[str]) -> float:
    """Share of function words among words, 0 if none of them is English alone."""
    lowered = [word.lower() for word in found]
    certain = sum(word in ENGLISH_ONLY for word in lowered)
    if not certain:
        return 0.0
    return (certain + sum(word in ENGLISH_SHARED for word in lowered)) / len(lowered)


def _is_english(word: str) -> bool:
    """Whether a word is a function word of English alone, or one of English headlines, inflected or not."""
    word = word.lower()
    if word in ENGLISH_ONLY or word in ENGLISH_NEWS:
        return True
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in ("s", "es", "ed", "d", "ing", "er", "ers"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            if (
                stem in ENGLISH_NEWS
                or f"{stem}e" in ENGLISH_NEWS
                or (stem[-1] == stem[-2] and stem[:-1] in ENGLISH_NEWS)
            ):
                return True
    return word.endswith("ies") and f"{word[:-3]}y" in ENGLISH_NEWS


def _foreign_evidence(found: list[str]) -> dict[str, int]:
    """Words of other languages and of their letters, by language.

    Function words of English are no evidence, nor are names ("Kim Jong Un", "El Salvador"), nor single letters such as
    the "v" between two teams.
    """
    evidence: dict[str, int] = {}
    for index, original in enumerate(found):
        word = original.lower()
        if word in ENGLISH_ONLY or word in ENGLISH_SHARED or (index and original != word):
            continue
        languages: Iterable[str] = FOREIGN.get(word, ()) if len(word) > 1 or word > "z" else ()
        if not languages and original == word:
            ending = next((ending for ending in FOREIGN_ENDINGS if word.endswith(ending)), "")
            if ending:
                languages = FOREIGN_ENDINGS[ending]
            elif not word.isascii():
                languages = {language for letter in word for language in FOREIGN_LETTERS.get(letter, ())}
        for language in languages:
            evidence[language] = evidence.get(language, 0) + 1
    return evidence


def _is_chinese(han: str) -> bool:
    """Whether Han characters without any kana are Chinese rather than Japanese."""
    if any(map(is_outside_japanese, han)):
        return True
    if len(han) > 40 or not CHINESE_ONLY.isdisjoint(han) or _CHINESE.search(han):
        return True
    return sum(character in CHINESE_OR_NAMES for character in han) >= 2


_library_lock = threading.Lock()


@functools.cache
def _library() -> Any:
    """The library's detector. Building it loads tens of megabytes, so only on demand."""
    from lingua import LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()


def _ask_library(text: str, evidence: Mapping[str, int]) -> tuple[str, float]:
    """(tag, confidence) of the most likely language; ("", 0) if the library has none.

    Args:
        text: what is in doubt.
        evidence: words and letters of a language that stand in it; the library chooses among the languages that have
            the most. Without any it is believed only if it is sure, and never about names: it takes them for Malay.
    """
    with _library_lock:
        values = _library().compute_language_confidence_values(text)
    tags = {str(value.language.iso_code_639_1.name).lower(): float(value.value) for value in values}
    if len(text) < _SHORT_CHARACTERS:
        # Of a few words it is often sure in vain, and rare languages are what it then names.
        tags = {tag: value * (1 if tag in NEWS_LANGUAGES else _RARE) for tag, value in tags.items()}
    most = max(evidence.values(), default=0)
    likely = {tag: tags[tag] for tag, count in evidence.items() if count == most and tag in tags}
    best = max(tags, key=lambda tag: tags[tag], default="")
    if likely and best not in likely and (tags[best] < 0.9 or best == "en"):
        best = max(likely, key=lambda tag: likely[tag])
        return best, max(tags[best], 0.5)
    if not best or tags[best] <= 0:
        return "", 0.0
    raw = tags[best] / (_RARE if best not in NEWS_LANGUAGES and len(text) < _SHORT_CHARACTERS else 1)
    is_names = text.isascii() and not any(word[0].islower() for word in text.split())
    is_sure = not is_names and (raw >= _SURE_OF_ANY or (best in NEWS_LANGUAGES and raw >= _SURE_OF_NEWS))
    if best == "en" or likely or is_sure or not text.isascii():
        return best, min(1.0, raw)
    return "en", 0.5
