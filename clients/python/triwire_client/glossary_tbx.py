"""Glossaries as TBX (ISO 30042): read in its styles DCA and DCT and in the older form `martif`, written in DCA.

Reading is safe for files from anywhere: a document type that declares entities is refused, none is ever fetched, and
nothing recurses. docs/glossaries.md says what is taken over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr  # nosec B406  # they write, and parse nothing

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.glossary_entries import GlossaryFile, Problems, country_doubt, file_language, language_order
from triwire_client.inputs import InputError

VERBATIM_NOTE = "triwire: verbatim"
CASE_NOTE = "triwire: case-insensitive"
"""Notes of a concept that carry our flags. TBX-Basic has no data category for them, but notes pass through any tool."""

_ROOTS = ("tbx", "TBX", "martif")
_CONCEPTS = ("conceptEntry", "termEntry")
_LANGUAGES = ("langSec", "langSet")
_GROUPS = ("termSec", "tig", "ntig", "termGrp")
_STATUSES = ("administrativeStatus", "normativeAuthorization")
_PARENTS = {
    **dict.fromkeys(_CONCEPTS, ("body",)),
    **dict.fromkeys(_LANGUAGES, _CONCEPTS),
    **dict.fromkeys(("termSec", "tig", "ntig"), _LANGUAGES),
    "termGrp": ("ntig",),
    "term": _GROUPS,
    "termNote": (*_GROUPS, "termNoteGrp"),
    "termNoteGrp": _GROUPS,
    "title": ("titleStmt",),
    "note": _CONCEPTS,
    "hi": ("term", "hi", "foreign"),
    "foreign": ("term", "hi", "foreign"),
    **dict.fromkeys(_STATUSES, _GROUPS),
}
"""Elements that are read, and in which they count. Others are passed over with all that is in them."""

_HEADER = ("tbxHeader", "martifHeader", "fileDesc", "titleStmt", "text", "body")
_TEXTS = ("term", "title", "note", "termNote", *_STATUSES)
_MODULES = "http://www.tbxinfo.net/ns/"
"""Names of elements in here are data categories (style DCT), never structure."""

_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_UNFIT = re.compile("[^\t\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Form:
    language: str
    text: str
    place: str
    status: str = ""

    @property
    def rank(self) -> int:
        """Smaller is better: preferred, unmarked or admitted, not to be used."""
        if self.status.startswith(("deprecated", "superseded")):
            return 2
        return 0 if self.status.startswith(("preferred", "standardized")) else 1


@dataclass(slots=True)
class _Concept:
    place: str
    forms: list[_Form] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_tbx(data: bytes, name: str) -> GlossaryFile:
    """The terms of a TBX file: of each concept and language the preferred term, or else the first.

    Args:
        data: the file, in the encoding that it declares.
        name: of the file, for problems.

    Raises:
        InputError: with a line for each problem: file, line, column.
    """
    reader = _Reader(name)
    reader.read(data)
    return reader.result


def write_tbx(terms: Sequence[GlossaryTerm], title: str = "") -> str:
    """Terms as TBX-Basic in style DCA, in their order; reading it gives the same terms.

    Raises:
        InputError: a form holds a line break, or a character that no XML file can.
    """
    problems = Problems()
    languages = language_order(terms)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2">',
        "  <tbxHeader>",
        "    <fileDesc>",
        *([f"      <titleStmt><title>{escape(title)}</title></titleStmt>"] if title else []),
        "      <sourceDesc><p>A glossary of triwire.</p></sourceDesc>",
        "    </fileDesc>",
        "  </tbxHeader>",
        "  <text>",
        "    <body>",
    ]
    for number, term in enumerate(terms, 1):
        for language, form in term.forms.items():
            if unfit := _UNFIT.search(language + form):
                problems.add(f"term {number}", f"{language}: U+{ord(unfit[0]):04X} cannot stand in TBX; export as csv")
        lines += _concept_lines(number, term, languages)
    if unfit := _UNFIT.search(title):
        problems.add("display name", f"U+{ord(unfit[0]):04X} cannot stand in TBX; export as csv")
    problems.refuse()
    lines += ["    </body>", "  </text>", "</tbx>", ""]
    return "\n".join(lines)


def _concept_lines(number: int, term: GlossaryTerm, languages: Sequence[str]) -> list[str]:
    lines = [f'      <conceptEntry id="c{number}">']
    notes = [VERBATIM_NOTE] * term.verbatim + [CASE_NOTE] * term.case_insensitive
    lines += [f"        <note>{note}</note>" for note in notes]
    for language in languages:
        if language in term.forms:
            lines += [
                f"        <langSec xml:lang={quoteattr(language)}>",
                f"          <termSec><term>{escape(term.forms[language])}</term></termSec>",
                "        </langSec>",
            ]
    return [*lines, "      </conceptEntry>"]


class _Reader:
    """Takes the parser's events. `_path` has the names of the open elements, "" for one that is passed over."""

    def __init__(self, name: str) -> None:
        self.result = GlossaryFile()
        self._name = name
        self._problems = Problems()
        self._path: list[str] = []
        self._concept: _Concept | None = None
        self._language = ""
        self._type = ""
        self._text: list[str] = []
        self._text_place = ""
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_unknown_entity

    def read(self, data: bytes) -> None:
        """Read a file.

        Raises:
            InputError: with what is wrong.
        """
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            place = f"{self._name}:{error.lineno}:{error.offset + 1}"
            self._problems.add(place, f"is not well-formed XML: {expat.ErrorString(error.code)}")
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or that takes two bytes
            self._problems.add(self._place(), f"cannot be read: {error}; convert it to UTF-8")
        self._problems.refuse()
        if not self.result.terms and not self.result.remarks:
            raise InputError(f"{self._name}: has no concept (conceptEntry or termEntry) in the body of its text")

    def _place(self) -> str:
        return f"{self._name}:{self._parser.CurrentLineNumber}:{self._parser.CurrentColumnNumber + 1}"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if not self._path and (name not in _ROOTS or space.startswith(_MODULES)):
            raise InputError(f"{self._place()}: is not TBX: its outermost element is {name[:40]!r}")
        if self._path and not _is_read(name, space, self._path[-1]):
            name = ""
        self._path.append(name)
        if name in _CONCEPTS:
            self._concept = _Concept(self._place())
        elif name in _LANGUAGES:
            self._language = file_language(attributes.get(_XML_LANG, attributes.get("lang", "")))
            if not self._language:
                self._problems.add(self._place(), f"{name}: has no xml:lang")
            elif doubt := country_doubt(self._language):
                self._problems.add(self._place(), f"{name}: {doubt}")
        elif name in _TEXTS:
            self._text = []
            self._text_place = self._place()
            self._type = attributes.get("type", name)

    def _characters(self, text: str) -> None:
        if self._path and self._path[-1] in (*_TEXTS, "hi", "foreign"):
            self._text.append(text)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name in _CONCEPTS:
            self._finish_concept()
        elif name == "title" and not self.result.title:
            self.result.title = self._read_text()
        elif name == "note" and self._concept is not None:
            self._concept.notes.append(self._read_text())
        elif name == "term" and self._concept is not None:
            self._concept.forms.append(_Form(self._language, self._read_text(), self._text_place))
        elif name in ("termNote", *_STATUSES) and self._type in _STATUSES and self._concept and self._concept.forms:
            self._concept.forms[-1].status = self._read_text()

    def _read_text(self) -> str:
        """The text of an element; a line break and the spaces around it are the layout of the file."""
        lines = "".join(self._text).replace("\r", "\n").split("\n")
        return " ".join(stripped for line in lines if (stripped := line.strip(" \t"))).strip()

    def _finish_concept(self) -> None:
        concept = self._concept
        if concept is None:
            return
        self._concept = None
        term = GlossaryTerm(verbatim=VERBATIM_NOTE in concept.notes, case_insensitive=CASE_NOTE in concept.notes)
        by_language: dict[str, list[_Form]] = {}
        for form in concept.forms:
            by_language.setdefault(form.language, []).append(form)
        for language, forms in by_language.items():
            usable = [form for form in forms if form.text and form.rank < 2]
            taken = min(usable, key=lambda form: form.rank) if usable else None
            if taken is not None:
                term.forms[language] = taken.text
            self._remark([form for form in forms if taken is None or form.text != taken.text], taken)
        if term.forms:
            self.result.terms.append(term)
            self.result.places.append(concept.place)
        else:
            self.result.remarks.append(f"{concept.place}: the concept is not taken over: it has no term to take")

    def _remark(self, left: Sequence[_Form], taken: _Form | None) -> None:
        for form in left:
            reason = f"“{taken.text}” is" if taken is not None else ""
            if not form.text:
                reason = "it is empty"
            elif form.rank == 2:
                reason = f"it is marked {form.status}"
            words = f"{form.language}: “{form.text}” is not taken over: {reason}"
            self.result.remarks.append(f"{form.place}: {words}")

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise InputError(f"{self._place()}: declares the entity {name[:40]!r}; entities are not read, write them out")

    def _refuse_unknown_entity(self, name: str, *_: object) -> None:
        raise InputError(f"{self._place()}: uses the entity {name[:40]!r}, which is not read; write it out")


def _is_read(name: str, space: str, parent: str) -> bool:
    """Whether an element means something here, rather than being passed over with all that is in it."""
    if parent == "" or (space.startswith(_MODULES) and name not in _STATUSES):
        return False
    return name in _HEADER or parent in _PARENTS.get(name, ())
