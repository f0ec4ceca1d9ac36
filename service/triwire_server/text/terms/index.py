"""The terms of one direction, found in a source text: longest form first, by the edges and the case of its language."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.language import base_language
from triwire_server.text.terms.edges import Folded, fold, is_sentence_start, stands_alone


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term found in a source text."""

    start: int
    """Place of the form in the source, code points; plural and possessive endings and particles are outside."""

    end: int
    source_form: str
    """As the glossary has it, which may differ from the text in case, width and spaces."""

    target_form: str
    is_verbatim: bool
    """Whether the term is copied: the target form is the source form, for want of one in the target language."""

    other_forms: tuple[str, ...] = ()
    """How the term is written in other languages than the target, the source form first: wrong in an output."""


@dataclass(frozen=True, slots=True)
class _Entry:
    form: str  # as it is compared with a folded text
    source_form: str
    target_form: str
    is_verbatim: bool
    is_case_insensitive: bool
    other_forms: tuple[str, ...]


class TermIndex:
    """The terms of one direction, built once and then searched for every paragraph.

    Args:
        terms: in order of priority: of two terms with the same source form the earlier one counts. Terms that lack a
            form in the source language, or one in the target language without being verbatim, say nothing here.
        source_language: BCP-47 tag; a form under the same tag is preferred to one under the bare language.
        target_language: BCP-47 tag.
    """

    def __init__(self, terms: Iterable[GlossaryTerm], source_language: str, target_language: str) -> None:
        self.source_language = source_language
        self.target_language = target_language
        # By the form in lower case; and for the first two characters of forms the lengths that occur, longest first.
        self._entries: dict[str, list[_Entry]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._count = 0
        source = base_language(source_language)
        if source == base_language(target_language):
            return
        entries = [entry for term in terms if (entry := _entry(term, source_language, target_language))]
        self._count = len(entries)
        for entry in entries:
            self._add(entry)
        for entry in entries:
            for form in _loose_forms(entry.form, source):
                if form.lower() not in self._entries:
                    self._add(replace(entry, form=form))

    def __len__(self) -> int:
        """How many terms say something about this direction."""
        return self._count

    def _add(self, entry: _Entry) -> None:
        key = entry.form.lower()
        self._entries.setdefault(key, []).append(entry)
        lengths = self._lengths.setdefault(key[:2], [])
        if len(key) not in lengths:
            lengths.append(len(key))
            lengths.sort(reverse=True)

    def find_terms(self, text: str) -> list[TermHit]:
        """The hits of a text in order. Where terms overlap the longest source form wins, then the first in the text.

        A form counts regardless of case if its term says so. Otherwise these differences alone are allowed: a capital
        where a sentence begins; capitals throughout in a line of capitals; and capitals throughout anywhere for a form
        that has a capital itself and four letters ("SEOUL, May 3" for Seoul).
        """
        if not self._entries:
            return []
        folded = fold(text)
        found = self._candidates(folded)
        found.sort(key=lambda candidate: (candidate[0] - candidate[1], candidate[0]))
        taken = bytearray(len(folded.text))
        hits: list[TermHit] = []
        for start, end, entry in found:
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\x01" * (end - start)
            place = folded.span(start, end)
            hits.append(TermHit(*place, entry.source_form, entry.target_form, entry.is_verbatim, entry.other_forms))
        hits.sort(key=lambda hit: hit.start)
        return hits

    def _candidates(self, folded: Folded) -> list[tuple[int, int, _Entry]]:
        lower, known, entries = folded.lower, self._lengths, self._entries
        found: list[tuple[int, int, _Entry]] = []
        for start in range(len(lower)):
            lengths = known.get(lower[start : start + 2], ())
            # A form of a single character has a key of one.
            for length in (*lengths, 1) if lower[start] in known else lengths:
                end = start + length
                listed = entries.get(lower[start:end])
                if listed is None or end > len(lower):
                    continue
                entry = _by_case(listed, folded.text, start, end)
                if entry is not None and stands_alone(folded.text, start, end) and not _in_address(folded.text, start):
                    found.append((start, end, entry))
        return found


def _entry(term: GlossaryTerm, source_language: str, target_language: str) -> _Entry | None:
    source = _form_in(term, source_language)
    form = fold(source).text.strip()
    if not form:
        return None
    target = _form_in(term, target_language)
    is_verbatim = not target and term.verbatim
    if is_verbatim:
        target = source.strip()
    if not target:
        return None
    others = [source.strip()]
    for language in sorted(term.forms):
        other = term.forms[language].strip()
        if other and base_language(language) != base_language(target_language) and other not in others:
            others.append(other)
    wrong = tuple(other for other in others if other != target)
    return _Entry(form, source.strip(), target, is_verbatim, term.case_insensitive, wrong)


def _form_in(term: GlossaryTerm, language: str) -> str:
    """How a term is written in a language: under the very tag, the bare language or any region; "" if nowhere."""
    if language in term.forms:
        return term.forms[language].strip()
    base = base_language(language)
    tags = sorted((tag for tag in term.forms if base_language(tag) == base), key=lambda tag: (tag.lower() != base, tag))
    return term.forms[tags[0]].strip() if tags else ""


def _loose_forms(form: str, language: str) -> list[str]:
    """Other spellings of a form in one language that are certainly the same words."""
    forms: list[str] = []
    if language == "en":
        # "artificial-intelligence chips", "Asia Pacific"
        forms = [form.replace(" ", "-"), form.replace("-", " ")]
    elif language == "ko":
        forms = [form.replace(" ", "")]  # 한국 은행 and 한국은행 (Bank of Korea)
    elif language == "ja":
        forms = [form.replace("·", ""), form.replace(" ", "")]
    return [other for other in dict.fromkeys(forms) if other and other != form]


def _by_case(entries: list[_Entry], text: str, start: int, end: int) -> _Entry | None:
    """The entry whose case rule allows text[start:end]: the one spelled alike, else the first."""
    found = text[start:end]
    for entry in entries:
        if entry.form == found:
            return entry
    return next((entry for entry in entries if _allows(entry, text, start, end)), None)


def _allows(entry: _Entry, text: str, start: int, end: int) -> bool:
    found, form = text[start:end], entry.form
    if entry.is_case_insensitive:
        return True
    if found[0].isupper() and found[1:] == form[1:] and form[0].islower():
        return is_sentence_start(text, start)
    if not found.isupper():
        return False
    if form != form.lower() and sum(character.isalpha() for character in form) >= 4:
        return True
    return is_all_capitals(text)


def is_all_capitals(text: str) -> bool:
    """Whether a text is set in capitals as a headline may be, three words or more."""
    return text.isupper() and text.strip().count(" ") >= 2


_ADDRESS_SIGNS = ("://", "www.", "@")
_MAX_ADDRESS_CHARACTERS = 200


def _in_address(text: str, start: int) -> bool:
    """Whether a place is inside a URL, an e-mail address or a handle."""
    place = start
    while place and start - place < _MAX_ADDRESS_CHARACTERS and "!" <= text[place - 1] <= "~":
        place -= 1
    return place < start and any(sign in text[place:start] for sign in _ADDRESS_SIGNS)
