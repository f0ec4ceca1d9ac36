"""What the readers of glossary files share: terms with their places, and problems told all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.inputs import MAX_TOLD, InputError, bounded

_SERVED = ("en", "ko", "ja")
_COUNTRIES = {"kr": "ko", "jp": "ja"}
"""Codes of countries that are often written for languages. "uk" is not here: it is Ukrainian."""


@dataclass(slots=True)
class GlossaryFile:
    """What a file holds."""

    terms: list[GlossaryTerm] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """Where each term stands: "westmere.csv:14"."""

    title: str = ""
    remarks: list[str] = field(default_factory=list)
    """What was not taken over, a line each with its place."""


class Problems:
    """Gathers what is wrong with a file; keeps as many as are told."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._count = 0

    def add(self, place: str, words: str) -> None:
        """Note a problem.

        Args:
            place: "westmere.csv:14".
            words: what is wrong there.
        """
        self._count += 1
        if self._count <= MAX_TOLD:
            self._lines.append(f"{place}: {' '.join(words.split())}")

    def refuse(self) -> None:
        """Raises InputError with a line for each problem, if there are any."""
        if self._count:
            raise InputError("\n".join(bounded(self._lines, self._count)))


def file_language(tag: str) -> str:
    """A language tag of a file as glossaries have it: "en_US" -> "en", "JA" -> "ja"; of other languages as it is."""
    base = tag.strip().replace("_", "-").partition("-")[0].lower()
    return base if base in _SERVED else tag.strip()


def country_doubt(tag: str) -> str:
    """What is wrong with a language tag that is rather the code of a country; "" for any other."""
    meant = _COUNTRIES.get(tag.strip().lower(), "")
    return f"{tag.strip()!r} is the code of a country; the language is {meant}" if meant else ""


def language_order(terms: Iterable[GlossaryTerm]) -> list[str]:
    """The languages of terms: en, ko, ja, then others by their tag."""
    found = {language for term in terms for language in term.forms}
    return sorted(found, key=lambda tag: (_SERVED.index(tag) if tag in _SERVED else len(_SERVED), tag))


def only_languages(read: GlossaryFile, languages: Sequence[str]) -> GlossaryFile:
    """A file's terms in some languages alone. Terms that say nothing with what is left are dropped, with a remark.

    Args:
        read: the file.
        languages: tags that are kept.
    """
    kept = GlossaryFile(title=read.title, remarks=list(read.remarks))
    for term, place in zip(read.terms, read.places, strict=True):
        forms = {language: form for language, form in term.forms.items() if language in languages}
        if len(forms) < 2 and not (forms and term.verbatim):
            kept.remarks.append(f"{place}: is not taken over: fewer than two of its forms are {', '.join(languages)}")
            continue
        kept.terms.append(GlossaryTerm(forms=forms, verbatim=term.verbatim, case_insensitive=term.case_insensitive))
        kept.places.append(place)
    return kept
