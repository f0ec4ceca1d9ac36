"""Which language a text is in: by scripts and English function words, by a library only for what is left.

Counting scripts beat the libraries on short Korean and Japanese headlines. The library (lingua, Apache-2.0) is loaded
on the first text that is neither Korean, Japanese nor plainly English.
"""

import functools
import re
import threading
from typing import Any

from triwire.v1.article_service_pb2 import DetectedLanguage
from triwire_server.text.characters import Script, script_of

# Words of English that few other languages in Latin letters share; the shared ones count only beside these.
_WORDS_OF_ENGLISH_ONLY = """
the and that with from this have has had are were been which would could should will they their there them
what when who whose his her she he its than then these those after before about into over under between
through because while where why how your you our my it not but be by or said says
"""
_ENGLISH_ONLY = frozenset(_WORDS_OF_ENGLISH_ONLY.split())
_WORDS_OF_ENGLISH_SHARED = """
of to in for on at as is was an a i we do if so no up out all more most new its
"""
_ENGLISH_SHARED = frozenset(_WORDS_OF_ENGLISH_SHARED.split())

# Function words of Chinese in forms that modern Japanese does not write. Others are no evidence, for a headline without
# kana may hold them in a compound: 目的, 終了, 在日, 与党, 他社 (purpose, end, in Japan, ruling party, other firm).
_CHINESE_ONLY = frozenset("們这這妳她你吗嗎们吧呢啊說沒與於對從將讓")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_LANGUAGE = re.compile(r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|(?<!\w)@\w{1,64}")
# Longer texts say no more about their language; this bounds the work.
_MAX_LIBRARY_CHARACTERS = 2000


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
        counts = dict.fromkeys(Script, 0)
        for character in line:
            script = script_of(character)
            if script is not None:
                counts[script] += 1
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
        if len(found) >= 4 and share >= 0.2:
            self.add("en", letters, min(0.99, 0.7 + share))
        elif main and len(found) < 4:
            self.add(main, letters, 0.0)  # "AP", "Photo": no sentence of another language
        else:
            self._add_by_library(" ".join(found), prefer_english=share > 0)

    def _add_by_library(self, text: str, *, prefer_english: bool = False) -> None:
        letters = sum(script_of(character) is not None for character in text)
        for language, confidence in _ask_library(text[:_MAX_LIBRARY_CHARACTERS], prefer_english=prefer_english):
            self.add(language, letters, confidence)
            return
        self.add("und", letters, 0.0)


def _english_share(found: list[str]) -> float:
    """Share of function words among words, 0 if none of them is English alone."""
    lowered = [word.lower() for word in found]
    certain = sum(word in _ENGLISH_ONLY for word in lowered)
    if not certain:
        return 0.0
    return (certain + sum(word in _ENGLISH_SHARED for word in lowered)) / len(lowered)


def _is_chinese(han: str) -> bool:
    """Whether Han characters without any kana are Chinese rather than Japanese.

    Simplified forms are outside the Japanese character set (JIS X 0208 with its extensions, code page 932).
    """
    outside = 0
    for character in han:
        try:
            character.encode("cp932")
        except UnicodeEncodeError:
            outside += 1
    return outside > 0 or any(character in _CHINESE_ONLY for character in han) or len(han) > 40


_library_lock = threading.Lock()


@functools.cache
def _library() -> Any:
    """The library's detector. Building it loads tens of megabytes, so only on demand."""
    from lingua import LanguageDetectorBuilder

    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()


def _ask_library(text: str, *, prefer_english: bool) -> list[tuple[str, float]]:
    """(tag, confidence) of the most likely language, or nothing."""
    with _library_lock:
        values = _library().compute_language_confidence_values(text)
    if not values or values[0].value <= 0:
        return []
    best = values[0]
    tag = str(best.language.iso_code_639_1.name).lower()
    english = next((v.value for v in values if v.language.iso_code_639_1.name == "EN"), 0.0)
    # Headlines without articles and with foreign names: the library hesitates, and English is what is served.
    if tag != "en" and english > 0 and (prefer_english or english >= 0.5 * best.value):
        return [("en", max(float(english), 0.5))]
    return [(tag, float(best.value))]
