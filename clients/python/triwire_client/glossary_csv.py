"""Glossaries as CSV: a row of languages, then a row for each term. docs/glossaries.md describes the format."""

import csv
import io
from collections.abc import Iterator, Sequence

from triwire.v1.glossary_service_pb2 import Glossary
from triwire_client.glossary_entries import LANGUAGES, GlossaryFile, language_of, mistaken_country

_DELIMITERS = ",;\t"
_FLAGS = ("verbatim", "case_insensitive")
_REMARKS = ("note", "notes", "comment", "comments", "remark", "remarks")
_YES = frozenset(("1", "true", "yes", "y", "x", "✓", "예", "はい"))  # the last two are "yes"
_NO = frozenset(("", "0", "false", "no", "n", "-", "아니요", "いいえ"))  # the last two are "no"


def read_csv(text: str) -> GlossaryFile:
    """Read a glossary; what is wrong with it is in `problems`.

    Args:
        text: of the file, without a byte order mark.
    """
    found = GlossaryFile()
    rows = _rows(text, found)
    header = next(rows, None)
    if header is None:
        found.problems.append("line 1: is empty; the first row has the languages of the columns, such as en,ko,ja")
        return found
    columns = _columns(*header, found)
    if found.problems:
        return found
    for line, cells in rows:
        _read_row(line, cells, columns, found)
    found.compare()
    return found


def write_csv(glossary: Glossary) -> str:
    """A glossary as CSV with commas, which `read_csv` reads back as the same terms."""
    languages = [language for language in LANGUAGES if any(language in term.forms for term in glossary.terms)]
    flags = [flag for flag in _FLAGS if any(getattr(term, flag) for term in glossary.terms)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(languages or LANGUAGES), *flags])
    for term in glossary.terms:
        forms = [dict(term.forms).get(language, "") for language in languages]
        writer.writerow([*forms, *("yes" if getattr(term, flag) else "" for flag in flags)])
    return out.getvalue()


def _rows(text: str, found: GlossaryFile) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the number of its first line."""
    lines = io.StringIO(text, newline="")
    skipped = 0
    first = lines.readline()
    while first and not first.strip():
        skipped += 1
        first = lines.readline()
    delimiter = _delimiter(first)
    if first[:4].lower() == "sep=":  # written by Excel for itself
        skipped += 1
        first = lines.readline()
    reader = csv.reader(_chain(first, lines), delimiter=delimiter, strict=True)
    begin = 1
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            found.problems.append(
                f"line {skipped + begin}: cannot be read as CSV: {error}; is a quotation mark missing?"
            )
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield skipped + begin, cells


def _chain(first: str, lines: io.StringIO) -> Iterator[str]:
    yield first
    yield from lines


def _delimiter(header: str) -> str:
    """The delimiter that makes most of the header known; a file of one column has a comma."""
    if header[:4].lower() == "sep=" and header[4:5]:
        return header[4]

    def known(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return sum(_kind(cell) is not None for cell in cells)

    return max(_DELIMITERS, key=known)


def _kind(cell: str) -> str | None:
    """What a column holds: a language, a flag, or None for something else."""
    name = cell.strip().casefold().replace("-", "_").replace(" ", "_")
    return name if name in _FLAGS else language_of(cell)


def _columns(line: int, cells: Sequence[str], found: GlossaryFile) -> list[str | None]:
    columns: list[str | None] = []
    for number, cell in enumerate(cells, 1):
        place = f"line {line}, column {number} ({cell.strip()[:20]})"
        kind = _kind(cell)
        meant = mistaken_country(cell)
        if meant:
            found.problems.append(f"{place}: is the code of a country; the language is {meant}")
        elif kind is not None and kind in columns:
            found.problems.append(f"{place}: is {kind}, as column {columns.index(kind) + 1} is")
        elif kind is None and cell.strip().casefold() not in (*_REMARKS, ""):
            found.notes.append(
                f"{place}: left out: neither a language ({', '.join(LANGUAGES)}) nor {' or '.join(_FLAGS)}"
            )
        columns.append(kind)
    if not found.problems and not any(kind in LANGUAGES for kind in columns):
        found.problems.append(
            f"line {line}: names no language; the first row has those of the columns, such as en,ko,ja"
        )
    return columns


def _read_row(line: int, cells: Sequence[str], columns: Sequence[str | None], found: GlossaryFile) -> None:
    forms: dict[str, str] = {}
    flags = dict.fromkeys(_FLAGS, False)
    for number, cell in enumerate(cells, 1):
        if number > len(columns):
            if cell.strip():
                found.problems.append(f"line {line}, column {number}: is beyond the {len(columns)} of the first row")
            continue
        kind = columns[number - 1]
        place = f"line {line}, column {number} ({kind})"
        if kind in LANGUAGES:
            form = found.clean(cell, place)
            if form:
                forms[str(kind)] = form
        elif kind is not None:
            flags[kind] = _read_flag(cell, place, found)
    if not forms and any(flags.values()):
        found.problems.append(f"line {line}: has no form in any language")
    found.add(f"line {line}", forms, **flags)


def _read_flag(cell: str, place: str, found: GlossaryFile) -> bool:
    value = cell.strip().casefold()
    if value not in _YES and value not in _NO:
        found.problems.append(f"{place}: is {value[:20]!r}; write yes or no, or leave it empty")
    return value in _YES
