"""Glossaries as CSV: a header of language tags, a line for each term. docs/glossaries.md describes the columns."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.glossary_entries import GlossaryFile, Problems, country_doubt, file_language, language_order

_FLAGS = ("verbatim", "case_insensitive")
_IGNORED = "note"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,8}")
_TRUE = ("true", "1", "yes")
_FALSE = ("", "false", "0", "no")
_DELIMITERS = ",;\t"


def read_csv(text: str, name: str) -> GlossaryFile:
    """The terms of a CSV file. Empty lines are passed over, spaces around a form dropped.

    Args:
        text: the file, with comma, semicolon or tab between its columns.
        name: of the file, for problems.

    Raises:
        InputError: with a line for each problem: file, line, column.
    """
    problems = Problems()
    rows = _rows(text, name, problems)
    line, header = next(rows, (1, []))
    problems.refuse()
    columns = _columns(header, f"{name}:{line}", problems)
    problems.refuse()
    read = GlossaryFile()
    for line, row in rows:
        place = f"{name}:{line}"
        term = _term(row, columns, place, problems)
        if term is not None:
            read.terms.append(term)
            read.places.append(place)
    problems.refuse()
    return read


def write_csv(terms: Sequence[GlossaryTerm]) -> str:
    """Terms as CSV with commas, in their order; reading it gives the same terms.

    Columns are the languages that occur, then both flags, whether used or not: so the first term that uses one
    changes no other line.
    """
    languages = language_order(terms) or ["en", "ko", "ja"]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*languages, *_FLAGS])
    for term in terms:
        flags = ["true" if getattr(term, flag) else "" for flag in _FLAGS]
        writer.writerow([*[term.forms.get(language, "") for language in languages], *flags])
    return out.getvalue()


def _rows(text: str, name: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the line it begins in; a row that cannot be read is the last."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(f"{name}:{line}", f"cannot be read from here on: {error}; see its quotation marks")
            return
        if any(cell.strip() for cell in row):
            yield line, row
        line = reader.line_num + 1


def _delimiter(text: str) -> str:
    """What separates the columns of the header, in which names hold no delimiter."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _columns(header: list[str], place: str, problems: Problems) -> list[str]:
    """What each column is: a language, a flag, or "note"."""
    columns: list[str] = []
    for number, cell in enumerate(header, 1):
        column = cell.strip()
        if column.lower() in (*_FLAGS, _IGNORED):
            column = column.lower()
        elif _LANGUAGE.fullmatch(column):
            if doubt := country_doubt(column):
                problems.add(place, f"column {number}: {doubt}")
            column = file_language(column)
        elif column or number < len(header):
            words = "is neither a language tag (en, ko, ja) nor one of verbatim, case_insensitive, note"
            problems.add(place, f"column {number}: {column[:40]!r} {words}")
        if column in columns and column != _IGNORED:
            problems.add(place, f"column {number}: {column!r} is there already, in column {columns.index(column) + 1}")
        columns.append(column)
    if not any(_is_language(column) for column in columns):
        problems.add(place, "has no column of a language; the first line is to name the columns, such as en,ko,ja")
    return columns


def _is_language(column: str) -> bool:
    return column != "" and column not in (*_FLAGS, _IGNORED)


def _term(row: list[str], columns: list[str], place: str, problems: Problems) -> GlossaryTerm | None:
    """The term of a row, or None with a problem."""
    term = GlossaryTerm()
    extra = next((number for number, cell in enumerate(row, 1) if number > len(columns) and cell.strip()), None)
    if extra is not None:
        problems.add(place, f"column {extra}: the header has {len(columns)} columns; quote what holds a delimiter")
        return None
    is_good = True
    for number, (column, cell) in enumerate(zip(columns, row, strict=False), 1):
        value = cell.strip()
        if column in _FLAGS:
            if value.lower() not in (*_TRUE, *_FALSE):
                words = f"column {number} ({column}): {value[:40]!r} is none of true, false, 1, 0, yes, no"
                problems.add(place, words)
                is_good = False
            setattr(term, column, value.lower() in _TRUE)
        elif _is_language(column) and value:
            term.forms[column] = value
    if not term.forms:
        problems.add(place, f"has no form in {', '.join(column for column in columns if _is_language(column))}")
        return None
    return term if is_good else None
