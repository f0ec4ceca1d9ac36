"""Where the forms of glossary terms stand in texts of a page.

A search for the form as it is written, longest first: it shows an editor where a term is. Whether a translation keeps
to it is for the service to say, which knows inflections and other spellings (KIND_TERM_MISSING).
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.review.marks import Mark
from triwire_client.words import base_language

_ENGLISH_ENDING = re.compile(r"(?:['’]s|s['’]?|es)?(?![^\W_])")


class TermFinder:
    """Finds the terms that apply between languages of an article.

    Args:
        terms: in order of precedence. A term counts that has forms in two of the languages, or one and `verbatim`.
        languages: of the source and of the translations, BCP-47.
    """

    def __init__(self, terms: Iterable[GlossaryTerm], languages: Iterable[str]) -> None:
        self._languages = list(dict.fromkeys(base_language(language) for language in languages))
        self._terms: list[tuple[str, dict[str, str], bool]] = []
        for term in terms:
            forms = {language: term.forms[language] for language in self._languages if term.forms.get(language)}
            if forms and term.verbatim:
                own = next(iter(forms.values()))
                forms = {language: forms.get(language, own) for language in self._languages}
            if len(forms) > 1:
                words = " = ".join(dict.fromkeys(forms.values()))
                self._terms.append((f"term: {words}", forms, term.case_insensitive))
        self._forms = {words: forms for words, forms, _ in self._terms}

    def forms_of(self, key: str) -> dict[str, str]:
        """The forms of a term by language, for the key of its marks."""
        return self._forms.get(key, {})

    def keep(self, texts: Iterable[str]) -> None:
        """Forget the terms of which no text has a form, so that a large glossary costs little for each block."""
        whole = "\n".join(texts)
        lowered = whole.lower()
        self._terms = [
            (words, forms, any_case)
            for words, forms, any_case in self._terms
            if any(form.lower() in lowered if any_case else form in whole for form in _spellings(forms.values()))
        ]

    def find(self, body: str, language: str, *, is_html: bool = False) -> list[Mark]:
        """Marks of the terms in a body.

        Args:
            body: of a block.
            language: of the body, BCP-47.
            is_html: whether special characters stand as entities.
        """
        base = base_language(language)
        found: list[Mark] = []
        for words, forms, any_case in self._terms:
            form = forms.get(base, "")
            if form and is_html:
                form = html.escape(form, quote=False)
            if form and (form.lower() in body.lower() if any_case else form in body):
                pattern = re.compile(re.escape(form), re.IGNORECASE if any_case else 0)
                found += [
                    Mark(*match.span(), "term", words)
                    for match in pattern.finditer(body)
                    if _stands_alone(body, *match.span())
                ]
        return _longest(found)


def _spellings(forms: Iterable[str]) -> set[str]:
    return {spelling for form in forms for spelling in (form, html.escape(form, quote=False))}


def _longest(found: Sequence[Mark]) -> list[Mark]:
    """The longest marks, none over another; of equal ones the first."""
    taken: list[Mark] = []
    covered: set[int] = set()
    for mark in sorted(found, key=lambda mark: mark.start - mark.end):
        if covered.isdisjoint((mark.start, mark.end - 1)):
            covered.update(range(mark.start, mark.end))
            taken.append(mark)
    return taken


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a form is not a piece of a longer word. Particles may follow in Korean, plural endings in English."""
    first, final = _script(text[start]), _script(text[end - 1])
    if start and first in ("latin", "hangul", "katakana") and _script(text[start - 1]) == first:
        return False
    if final == "latin":
        return _ENGLISH_ENDING.match(text, end) is not None or _script(text[end : end + 1]) != "latin"
    return not (final == "katakana" and _script(text[end : end + 1]) == "katakana")


def _script(character: str) -> str:
    """Class of a character: "latin" for letters and digits of alphabets, "hangul", "katakana", "" for all else."""
    if not character or not (character.isalnum() or character == "ー"):
        return ""
    name = unicodedata.name(character, "")
    if name.startswith("KATAKANA") or character == "ー":
        return "katakana"
    if name.startswith("HANGUL"):
        return "hangul"
    return "" if name.startswith(("HIRAGANA", "CJK")) else "latin"
