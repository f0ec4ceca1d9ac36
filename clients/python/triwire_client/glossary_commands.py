"""The commands of `triwire glossary`: files in and out, and what the server keeps."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from triwire.v1 import glossary_service_pb2
from triwire_client.client import Client
from triwire_client.errors import GlossaryNotFoundError, InvalidRequestError, Violation
from triwire_client.glossary_csv import read_csv, write_csv
from triwire_client.glossary_entries import LANGUAGES, GlossaryFile, shorten
from triwire_client.glossary_tbx import read_tbx, write_tbx
from triwire_client.inputs import InputError, decode, name_of, read_bytes
from triwire_client.render import clean
from triwire_client.session import Session, say

Glossary = glossary_service_pb2.Glossary
FileFormat = Literal["auto", "csv", "tbx"]

_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".tbx": "tbx",
    ".xml": "tbx",
}
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BLANK = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first character that counts: the byte order mark of UTF-8, spaces, line ends."""

_MAX_GLOSSARY_BYTES = 2 * 1024 * 1024
_MAX_REQUEST_TERMS = 10_000
"""Terms that a request takes from all of its glossaries, unless the server was set to another number."""

_MAX_LINES = 50
"""Problems or notes that are shown; of the rest, the number."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keep terms on the server: import and export files, list, show, delete.",
)

Name = Annotated[str, typer.Argument(metavar="ID", help="Id of the glossary.", show_default=False)]
Format = Annotated[FileFormat, typer.Option("--format", help="auto goes by the file's name.")]
Etag = Annotated[str, typer.Option(help="Only while this is the glossary's current etag.")]


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or TBX, or - for standard input.")],
    glossary_id: Annotated[str, typer.Option("--id", help="Id of the glossary on the server.")],
    name: Annotated[
        str | None, typer.Option(help="Name for people; else the file's title, else the one that it has.")
    ] = None,
    form: Format = "auto",
    update: Annotated[
        bool, typer.Option("--update", help="Replace the glossary; it is created if there is none.")
    ] = False,
    etag: Etag = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and send nothing.")] = False,
) -> int:
    """Put the terms of a file into a glossary: a new one, or with --update or --etag in the place of the old one."""
    session: Session = context.obj
    found = read_glossary(file, form)
    for line in shorten(found.notes, _MAX_LINES):
        say(f"{name_of(file)}: {line}")
    if dry_run:
        session.out.print(f"{name_of(file)}: {_count(len(found.entries))}, nothing was sent", soft_wrap=True)
        return 0

    async def call(client: Client) -> int:
        glossary = Glossary(name=resource_name(glossary_id), terms=found.terms, etag=etag)
        is_update = update or bool(etag)
        glossary.display_name = name if name is not None else found.title
        if is_update and name is None and not found.title:
            glossary.display_name = await _current_name(client, glossary.name)
        try:
            stored = await (_replace(client, glossary, update) if is_update else _create(client, glossary))
        except InvalidRequestError as error:
            error.violations = tuple(_with_place(violation, found) for violation in error.violations)
            raise
        if session.as_json:
            session.show_json(stored)
        else:
            session.out.print(f"{stored.name}: {_count(stored.term_count)}, etag {stored.etag}", soft_wrap=True)
        return 0

    return session.run(call)


@app.command("export")
def export_file(
    context: typer.Context,
    glossary_id: Name,
    form: Format = "auto",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; else it goes to standard output.")
    ] = None,
) -> int:
    """Write a glossary as CSV or TBX; importing the file gives the same terms."""
    session: Session = context.obj
    if form == "auto":
        form = "csv" if output is None else _by_suffix(str(output))

    async def call(client: Client) -> int:
        glossary = await _read(client, glossary_id)
        text = write_tbx(glossary) if form == "tbx" else write_csv(glossary)
        if output is None:
            sys.stdout.write(text)
            return 0
        try:
            output.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise InputError(f"{output}: cannot be written: {error.strerror or error}") from error
        if not session.as_json:
            session.out.print(f"{output}: {_count(len(glossary.terms))}", soft_wrap=True)
        return 0

    return session.run(call)


@app.command("list")
def list_all(context: typer.Context) -> int:
    """List the glossaries of the server."""
    session: Session = context.obj

    async def call(client: Client) -> int:
        whole = glossary_service_pb2.ListGlossariesResponse()
        request = glossary_service_pb2.ListGlossariesRequest(page_size=500)
        while True:
            page = await client.list_glossaries(request)
            whole.glossaries.extend(page.glossaries)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        if session.as_json:
            session.show_json(whole)
            return 0
        width = max([len(_id(glossary)) for glossary in whole.glossaries], default=0)
        for glossary in whole.glossaries:
            line = f"{_id(glossary):<{width}}  {_count(glossary.term_count):>12}  {_time(glossary.update_time)}"
            session.out.print(f"{line}  {clean(glossary.display_name)}".rstrip(), soft_wrap=True)
        if not whole.glossaries:
            session.out.print("no glossaries")
        return 0

    return session.run(call)


@app.command()
def show(context: typer.Context, glossary_id: Name) -> int:
    """Show a glossary with its terms."""
    session: Session = context.obj

    async def call(client: Client) -> int:
        glossary = await _read(client, glossary_id)
        if session.as_json:
            session.show_json(glossary)
            return 0
        title = f"{glossary.name} · {clean(glossary.display_name)}" if glossary.display_name else glossary.name
        times = f"created {_time(glossary.create_time)}, updated {_time(glossary.update_time)}"
        session.out.print(title, style="bold green", soft_wrap=True)
        session.out.print(f"{_count(glossary.term_count)}, {times}, etag {glossary.etag}", style="dim", soft_wrap=True)
        for term in glossary.terms:
            forms = " · ".join(f"{name} {clean(term.forms[name])}" for name in LANGUAGES if name in term.forms)
            flags = [flag for flag in ("verbatim", "case_insensitive") if getattr(term, flag)]
            session.out.print(forms + (f"  ({', '.join(flags)})" if flags else ""), soft_wrap=True)
        return 0

    return session.run(call)


@app.command()
def delete(context: typer.Context, glossary_id: Name, etag: Etag = "") -> int:
    """Delete a glossary."""
    session: Session = context.obj

    async def call(client: Client) -> int:
        name = resource_name(glossary_id)
        await client.delete_glossary(glossary_service_pb2.DeleteGlossaryRequest(name=name, etag=etag))
        if not session.as_json:
            session.out.print(f"{name}: deleted")
        return 0

    return session.run(call)


def resource_name(glossary_id: str) -> str:
    """The name of a glossary, given its id or the name itself."""
    return glossary_id if glossary_id.startswith("glossaries/") else f"glossaries/{glossary_id}"


def read_glossary(source: str, form: FileFormat = "auto") -> GlossaryFile:
    """The terms of a file, or of standard input for "-".

    Args:
        source: path, or "-".
        form: how it is read; "auto" goes by the file's name, and on standard input by how it begins.

    Raises:
        InputError: the file cannot be read, holds no term, or has problems, which the message lists with their places.
    """
    data = read_bytes(source)
    if form == "auto":
        form = _by_suffix(source) if source != "-" else ("tbx" if data.lstrip(_BLANK)[:1] == b"<" else "csv")
    if form == "tbx":
        found = read_tbx(data)
    else:
        is_utf_16 = data.startswith(_UTF_16_MARKS)  # "Unicode text" of a spreadsheet
        found = read_csv(data.decode("utf-16", "replace") if is_utf_16 else decode(source, data))
    if found.problems:
        _refuse(source, found.problems)
    if not found.entries:
        _refuse(source, [*found.notes, "no term is left"])
    size = Glossary(terms=found.terms).ByteSize()
    if size > _MAX_GLOSSARY_BYTES:
        _refuse(
            source, [f"has {size:,} bytes of terms; {_MAX_GLOSSARY_BYTES:,} are allowed; make several glossaries of it"]
        )
    if len(found.entries) > _MAX_REQUEST_TERMS:
        found.notes.append(
            f"has {_count(len(found.entries))}; a request takes {_MAX_REQUEST_TERMS:,}, see `triwire models`"
        )
    return found


def _refuse(source: str, problems: list[str]) -> NoReturn:
    count = "a place is" if len(problems) == 1 else f"{len(problems):,} places are"
    lines = "".join(f"\n  {line}" for line in shorten(problems, _MAX_LINES))
    raise InputError(f"{name_of(source)}: {count} wrong, nothing was sent:{lines}")


def _by_suffix(path: str) -> FileFormat:
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(f"{path}: neither {', '.join(_SUFFIXES)}; name the format with --format csv or --format tbx")
    return _SUFFIXES[suffix]


async def _create(client: Client, glossary: Glossary) -> Glossary:
    glossary_id = glossary.name.removeprefix("glossaries/")
    request = glossary_service_pb2.CreateGlossaryRequest(glossary_id=glossary_id, glossary=glossary)
    return (await client.create_glossary(request)).glossary


async def _replace(client: Client, glossary: Glossary, allow_missing: bool) -> Glossary:
    request = glossary_service_pb2.UpdateGlossaryRequest(glossary=glossary, allow_missing=allow_missing)
    return (await client.update_glossary(request)).glossary


async def _read(client: Client, glossary_id: str) -> Glossary:
    request = glossary_service_pb2.GetGlossaryRequest(name=resource_name(glossary_id))
    return (await client.get_glossary(request)).glossary


async def _current_name(client: Client, name: str) -> str:
    """What the glossary is called, which an update would otherwise remove."""
    try:
        return (await _read(client, name)).display_name
    except GlossaryNotFoundError:
        return ""


def _with_place(violation: Violation, found: GlossaryFile) -> Violation:
    """The violation with the line of the file that it comes from."""
    index = re.match(r"glossary\.terms\[(\d+)\]", violation.field)
    if index is None or int(index[1]) >= len(found.entries):
        return violation
    return Violation(f"{found.entries[int(index[1])].place} ({violation.field})", violation.description)


def _id(glossary: Glossary) -> str:
    return glossary.name.removeprefix("glossaries/")


def _count(number: int) -> str:
    return f"{number:,} term{'' if number == 1 else 's'}"


def _time(timestamp: Timestamp) -> str:
    return f"{timestamp.ToDatetime():%Y-%m-%d %H:%M} UTC"
