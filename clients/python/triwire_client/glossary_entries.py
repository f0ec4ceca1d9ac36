"""What reading a glossary file gives, and the rules for its terms that all formats share.

Reading is tolerant where the meaning is clear (regions in language tags, spaces around a form, line breaks in a cell)
and leaves out what the server has no use for, which is reported. What cannot be right is a problem, named with its
place; all problems of a file are told at once, and then nothing of it is sent.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from triwire.v1.glossary_service_pb2 import GlossaryTerm

LANGUAGES = ("en", "ko", "ja")
"""Languages of forms, in the order in which they are written."""

_MAX_FORM_CHARACTERS = 200
_NAMES = {
    "en": ("eng", "english", "영어", "英語"),
    "ko": ("kor", "korean", "한국어", "韓国語"),
    "ja": ("jpn", "japanese", "일본어", "日本語"),
}  # the names of English, Korean and Japanese in the three languages
_LANGUAGE_OF = {name: language for language, names in _NAMES.items() for name in (language, *names)}
_COUNTRIES = {"kr": "ko", "jp": "ja"}
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and where it stands."""

    place: str
    """For messages: "line 7"."""

    term: GlossaryTerm


@dataclass(slots=True)
class GlossaryFile:
    """A glossary as read from a file."""

    entries: list[Entry] = field(default_factory=list)
    title: str = ""
    """The name that the file gives to the glossary, if it does."""

    problems: list[str] = field(default_factory=list)
    """What cannot be right, each with its place; the file is not to be used."""

    notes: list[str] = field(default_factory=list)
    """What was left out, or may surprise."""

    @property
    def terms(self) -> list[GlossaryTerm]:
        """The terms in the order of the file."""
        return [entry.term for entry in self.entries]

    def add(self, place: str, forms: dict[str, str], *, verbatim: bool = False, case_insensitive: bool = False) -> None:
        """Add a term, or note why it is left out.

        Args:
            place: where it stands.
            forms: by language, clean.
            verbatim: as in `GlossaryTerm`.
            case_insensitive: as in `GlossaryTerm`.
        """
        if len(forms) >= 2 or (forms and verbatim):
            term = GlossaryTerm(forms=forms, verbatim=verbatim, case_insensitive=case_insensitive)
            self.entries.append(Entry(place, term))
        elif forms:
            self.notes.append(
                f"{place}: left out: has {next(iter(forms))} alone; a term has two languages or is verbatim"
            )

    def clean(self, form: str, place: str) -> str:
        """A form as it is stored: composed (NFC), no line breaks, no outer spaces; "" if there is nothing in it."""
        form = _BREAKS.sub(" ", unicodedata.normalize("NFC", form)).strip()
        control = _CONTROLS.search(form)
        if control:
            self.problems.append(f"{place}: holds the control character U+{ord(control[0]):04X}")
        if len(form) > _MAX_FORM_CHARACTERS:
            self.problems.append(f"{place}: has {len(form)} characters; {_MAX_FORM_CHARACTERS} are allowed")
        return form

    def compare(self) -> None:
        """Drop terms that only repeat earlier ones, and note forms that stand for several things."""
        self._drop_repetitions()
        seen: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
        for entry in self.entries:
            forms = entry.term.forms
            clashes: dict[tuple[str, str], list[str]] = {}
            for language in sorted(forms):
                place, known = seen.setdefault((language, forms[language]), (entry.place, {}))
                for target in sorted(set(forms) - {language}):
                    if known.setdefault(target, forms[target]) != forms[target]:
                        clashes.setdefault((place, target), []).append(language)
            for (place, target), languages in clashes.items():
                sources = " and ".join(languages)
                self.notes.append(
                    f"{entry.place}: has the {sources} of {place} and another {target}; from {sources}, {place} counts"
                )

    def _drop_repetitions(self) -> None:
        seen: dict[tuple[str, ...], str] = {}
        kept: list[Entry] = []
        for entry in self.entries:
            keys = _keys(entry.term)
            if all(key in seen for key in keys):
                self.notes.append(f"{entry.place}: left out: repeats {seen[keys[0]]}")
            else:
                kept.append(entry)
            for key in keys:
                seen.setdefault(key, entry.place)
        self.entries = kept


def _keys(term: GlossaryTerm) -> list[tuple[str, ...]]:
    """What a term says: its forms by pairs of languages; for a single one, the form itself."""
    forms = sorted(term.forms.items())
    return [(*one, *other) for one, other in combinations(forms, 2)] or [tuple(forms[0])]


def language_of(tag: str) -> str | None:
    """The language of forms that a tag or name stands for ("en-GB", "KO", "Japanese"), or None."""
    name = tag.strip().casefold().replace("_", "-")
    return _LANGUAGE_OF.get(name) or _LANGUAGE_OF.get(name.split("-", 1)[0])


def mistaken_country(tag: str) -> str | None:
    """The language that was probably meant by the code of a country: "ko" for "kr"."""
    return _COUNTRIES.get(tag.strip().casefold())


def shorten(lines: Iterable[str], limit: int) -> list[str]:
    """At most so many lines, and how many more there are."""
    whole = list(lines)
    if len(whole) <= limit:
        return whole
    return [*whole[:limit], f"and {len(whole) - limit:,} more"]
