"""Glossaries in files, whichever form they have: CSV or TBX."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from triwire.v1.glossary_service_pb2 import Glossary
from triwire_client.glossary_csv import read_csv, write_csv
from triwire_client.glossary_entries import GlossaryFile, only_languages
from triwire_client.glossary_tbx import read_tbx, write_tbx
from triwire_client.inputs import InputError, decode, read_bytes, source_name

GlossaryFormat = Literal["csv", "tbx"]
_BY_SUFFIX: dict[str, GlossaryFormat] = {".csv": "csv", ".tsv": "csv", ".tbx": "tbx", ".xml": "tbx"}


def read_glossary(source: str, form: GlossaryFormat | None = None, languages: Sequence[str] = ()) -> GlossaryFile:
    """The terms of a file, or of standard input for "-".

    Args:
        source: path, or "-".
        form: how it is read; None: by the file's name, else TBX if it begins as XML does and CSV if not.
        languages: that are taken over; none: all.

    Raises:
        InputError: the file cannot be read; a line for each problem.
    """
    data = read_bytes(source)
    name = source_name(source)
    form = form or _BY_SUFFIX.get(Path(source).suffix.lower()) or ("tbx" if _looks_like_xml(data) else "csv")
    read = read_tbx(data, name) if form == "tbx" else read_csv(_csv_text(data, name), name)
    return only_languages(read, languages) if languages else read


def write_glossary(glossary: Glossary, form: GlossaryFormat) -> bytes:
    """A glossary as a file, in UTF-8; reading it gives the same terms.

    Raises:
        InputError: the form cannot hold a term.
    """
    text = write_csv(glossary.terms) if form == "csv" else write_tbx(glossary.terms, glossary.display_name)
    return text.encode()


def format_of(path: Path | None) -> GlossaryFormat:
    """The form that a file's name asks for; CSV if it asks for none."""
    return _BY_SUFFIX.get(path.suffix.lower(), "csv") if path else "csv"


def _csv_text(data: bytes, name: str) -> str:
    """The text of a CSV file: UTF-8, or UTF-16 with a byte order mark, as spreadsheets write "Unicode text"."""
    if not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return decode(data, name)
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-16 at byte {error.start}, although it begins so") from error


def _looks_like_xml(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe<", b"\xfe\xff\x00<")) or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
