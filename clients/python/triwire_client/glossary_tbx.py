"""Glossaries as TBX, the XML of terminology tools (ISO 30042); docs/glossaries.md says what is read and written.

Read are TBX of 2019 in both styles (DCA, DCT) and its predecessor with the root element martif. Names of elements are
compared without their namespace, so that files whose tools did not get it right are read all the same. A file that
declares entities is refused: nothing is fetched, and nothing grows while it is read.
"""

import html
from dataclasses import dataclass, field
from xml.parsers import expat

from triwire.v1.glossary_service_pb2 import Glossary
from triwire_client.glossary_entries import LANGUAGES, GlossaryFile, language_of, mistaken_country

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_ROOTS = ("tbx", "martif")
_CONCEPTS = ("conceptEntry", "termEntry")
_LANGUAGE_SECTIONS = ("langSec", "langSet")
_TERM_SECTIONS = ("termSec", "tig", "ntig")
_STATUSES = ("administrativeStatus", "normativeAuthorization")
_PREFERRED = ("preferredTerm", "standardizedTerm")
_DISCOURAGED = ("deprecatedTerm", "supersededTerm", "obsoleteTerm")
_FLAG_NOTE = "triwire: "
_FLAGS = ("verbatim", "case_insensitive")


@dataclass(slots=True)
class _Word:
    """A term of one language, as TBX has it: several of a concept may be synonyms."""

    line: int
    text: str = ""
    status: str = ""


@dataclass(slots=True)
class _Concept:
    line: int
    words: dict[str, list[_Word]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)


class _Refused(Exception):
    """The file is not read any further; the message has the place."""


def read_tbx(data: bytes) -> GlossaryFile:
    """Read a glossary; what is wrong with it is in `problems`.

    Of several words for a concept in one language, the preferred one, or else the first, stands for it; each of the
    others becomes a term of its own with the same forms in the other languages, so that it is found in a source text.
    Words marked as deprecated or superseded are left out.

    Args:
        data: of the file; the encoding is what the XML says.
    """
    found = GlossaryFile()
    reader = _Reader(found)
    try:
        reader.read(data)
    except _Refused as refusal:
        found.problems.append(str(refusal))
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        found.problems.append(f"line {error.lineno}, column {error.offset + 1}: is not XML: {reason}")
    except (LookupError, ValueError) as error:  # of the encoding that the file names
        found.problems.append(f"line 1: the encoding cannot be read ({error}); convert the file to UTF-8")
    found.compare()
    return found


def write_tbx(glossary: Glossary) -> str:
    """A glossary as TBX-Basic in DCA style, which `read_tbx` reads back as the same terms and name."""
    languages = [language for language in LANGUAGES if any(language in term.forms for term in glossary.terms)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<tbx type="TBX-Basic" style="dca" xml:lang="{(languages or LANGUAGES)[0]}" xmlns="{_NAMESPACE}">',
        "  <tbxHeader>",
        "    <fileDesc>",
        *(
            [f"      <titleStmt><title>{_escape(glossary.display_name)}</title></titleStmt>"]
            * bool(glossary.display_name)
        ),
        f"      <sourceDesc><p>{_escape(glossary.name)}</p></sourceDesc>",
        "    </fileDesc>",
        "  </tbxHeader>",
        "  <text>",
        "    <body>",
    ]
    for number, term in enumerate(glossary.terms, 1):
        lines.append(f'      <conceptEntry id="c{number}">')
        lines += [f"        <note>{_FLAG_NOTE}{flag}</note>" for flag in _FLAGS if getattr(term, flag)]
        for language in LANGUAGES:
            if language in term.forms:
                words = f"<termSec><term>{_escape(term.forms[language])}</term></termSec>"
                lines.append(f'        <langSec xml:lang="{language}">{words}</langSec>')
        lines.append("      </conceptEntry>")
    return "\n".join([*lines, "    </body>", "  </text>", "</tbx>", ""])


def _title(display_name: str) -> list[str]:
    return [f"      <titleStmt><title>{_escape(display_name)}</title></titleStmt>"] if display_name else []


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


class _Reader:
    """Follows the elements of a file and adds each concept to what was found when it ends."""

    def __init__(self, found: GlossaryFile) -> None:
        self._found = found
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse_declaration
        self._parser.SkippedEntityHandler = self._refuse_reference
        self._path: list[str] = []
        self._types: list[str] = []
        self._concept: _Concept | None = None
        self._language: str | None = None
        self._word: _Word | None = None
        self._text: list[str] | None = None
        self._text_depth = 0
        self._unserved: set[str] = set()
        self._num_discouraged = 0

    def read(self, data: bytes) -> None:
        self._parser.Parse(data, True)
        if self._unserved:
            tags = ", ".join(sorted(self._unserved))
            self._found.notes.append(f"left out: what is in {tags}; languages are {', '.join(LANGUAGES)}")
        if self._num_discouraged:
            self._found.notes.append(f"left out: words marked as deprecated or superseded ({self._num_discouraged:,})")

    @property
    def _line(self) -> int:
        line: int = self._parser.CurrentLineNumber
        return line

    def _refuse_declaration(self, name: str, *_: object) -> None:
        raise _Refused(
            f"line {self._line}: declares the entity {name[:20]!r}; files with entities of their own are not read"
        )

    def _refuse_reference(self, name: str, *_: object) -> None:
        raise _Refused(f"line {self._line}: refers to the entity {name[:20]!r}, which the file does not have")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = _local(name)
        if not self._path and element not in _ROOTS:
            raise _Refused(f"line {self._line}: is <{element[:20]}>; a TBX file begins with <tbx> or <martif>")
        self._path.append(element)
        self._types.append(attributes.get("type", ""))
        if element in _CONCEPTS:
            self._concept, self._language = _Concept(self._line), None
        elif element in _LANGUAGE_SECTIONS:
            self._language = self._read_language(attributes)
        elif element in _TERM_SECTIONS:
            self._word = None
        if self._text is None and self._is_read(element):
            self._text, self._text_depth = [], len(self._path)
            if element == "term":
                self._word = _Word(self._line)

    def _is_read(self, element: str) -> bool:
        """Whether the text of this element matters."""
        if element == "title":
            return "titleStmt" in self._path
        if element == "note":
            return len(self._path) > 1 and self._path[-2] in _CONCEPTS
        is_status = element in _STATUSES or (element == "termNote" and self._types[-1] in _STATUSES)
        return self._concept is not None and (element == "term" or is_status)

    def _characters(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, name: str) -> None:
        element = self._path[-1]
        if self._text is not None and self._text_depth == len(self._path):
            self._take(element, "".join(self._text).strip())
            self._text = None
        if element in _LANGUAGE_SECTIONS:
            self._language = None
        elif element in _CONCEPTS and self._concept is not None:
            self._add(self._concept)
            self._concept = None
        self._path.pop()
        self._types.pop()

    def _take(self, element: str, text: str) -> None:
        if element == "title":
            self._found.title = self._found.title or " ".join(text.split())
        elif element == "note" and self._concept is not None and text.startswith(_FLAG_NOTE):
            self._concept.flags.add(text.removeprefix(_FLAG_NOTE))
        elif element == "term" and self._concept is not None and self._word is not None:
            self._word.text = text
            if self._language is not None:
                self._concept.words.setdefault(self._language, []).append(self._word)
        elif self._word is not None and element != "note":
            self._word.status = text.removesuffix("-admn-sts")

    def _read_language(self, attributes: dict[str, str]) -> str | None:
        tag = attributes.get(_XML_LANG) or attributes.get("lang", "")
        if not tag:
            self._found.problems.append(f"line {self._line}: <{self._path[-1]}> has no xml:lang")
            return None
        meant = mistaken_country(tag)
        if meant:
            self._found.problems.append(f"line {self._line}: {tag} is the code of a country; the language is {meant}")
            return None
        language = language_of(tag)
        if language is None:
            self._unserved.add(tag[:20])
        return language

    def _add(self, concept: _Concept) -> None:
        kept: dict[str, list[str]] = {}
        for language, words in concept.words.items():
            usable = [word for word in words if word.status not in _DISCOURAGED]
            self._num_discouraged += len(words) - len(usable)
            usable.sort(key=lambda word: word.status not in _PREFERRED)  # else the order of the file stays
            forms = [self._found.clean(word.text, f"line {word.line} ({language})") for word in usable]
            forms = list(dict.fromkeys(form for form in forms if form))
            if forms:
                kept[language] = forms
        flags = {flag: flag in concept.flags for flag in _FLAGS}
        main = {language: kept[language][0] for language in LANGUAGES if language in kept}
        place = f"line {concept.line}"
        self._found.add(place, main, **flags)
        for language, forms in kept.items():
            for synonym in forms[1:]:
                self._found.add(place, {**main, language: synonym}, **flags)


def _local(name: str) -> str:
    """The name of an element without its namespace."""
    return name.rpartition(" ")[2]
