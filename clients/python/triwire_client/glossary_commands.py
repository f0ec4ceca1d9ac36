"""The commands of `triwire glossary`: import, export, list, show, delete."""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from triwire.v1 import glossary_service_pb2
from triwire_client.client import Client
from triwire_client.errors import CancelledError, DeadlineExceededError, InvalidRequestError, UnavailableError
from triwire_client.failures import REFUSED, describe, describe_violations, exit_code
from triwire_client.glossaries import glossary_id, glossary_name
from triwire_client.glossary_entries import GlossaryFile, file_language
from triwire_client.glossary_files import GlossaryFormat, format_of, read_glossary, write_glossary
from triwire_client.inputs import InputError, bounded, source_name
from triwire_client.render import Renderer
from triwire_client.retry import is_refusal
from triwire_client.session import CallFailed, Session, say
from triwire_client.words import count

Glossary = glossary_service_pb2.Glossary

_MAX_TERMS_BYTES = 2 * 1024 * 1024
"""Of the contract. A server would refuse twice as much as a message, without saying what it was about."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the glossary.", show_default=False)]


@app.callback()
def set_up() -> None:
    """Keep glossaries on the server, and in files beside it."""


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or TBX file, or - for standard input.")],
    id_: Annotated[str, typer.Option("--id", metavar="ID", help="Glossary to create or to replace.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Its name for people; the title of a TBX file if not given.")
    ] = None,
    etag: Annotated[str, typer.Option(help="Replace it only while this is its etag.")] = "",
    language: Annotated[
        list[str] | None, typer.Option(help="Take over this language alone. May be repeated; all if not given.")
    ] = None,
    form: Annotated[
        GlossaryFormat | None, typer.Option("--format", help="How FILE is read; by its name if not given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the file, and send nothing.")] = False,
) -> int:
    """Create a glossary from a file, or replace it as a whole, in one call."""
    session: Session = context.obj
    read = read_glossary(file, form, [file_language(tag) for tag in language or ()])
    glossary = Glossary(name=glossary_name(id_), terms=read.terms)
    glossary.display_name = read.title if name is None else name
    for remark in bounded(read.remarks):
        say(remark)
    _check_size(read, file)
    if dry_run:
        sys.stdout.write(f"{source_name(file)}: {count(len(read.terms), 'term')}, nothing was sent\n")
        return 0

    async def call(client: Client) -> int:
        try:
            response = await client.update_glossary(glossary, etag=etag, allow_missing=True)
        except InvalidRequestError as error:
            lines = describe_violations(error, lambda field: _place(read, field))
            raise CallFailed("\n".join(lines), REFUSED) from error
        if session.as_json:
            session.show_json(response)
        else:
            stored = response.glossary
            verb = "created" if stored.create_time == stored.update_time else "replaced"
            Renderer(session.out).stored_glossary(stored, verb)
        return 0

    return _run(session, call, id_, is_repeatable=not etag)


@app.command()
def export(
    context: typer.Context,
    id_: Id,
    form: Annotated[
        GlossaryFormat | None, typer.Option("--format", help="Form of the file; by the name after -o, else csv.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write; standard output if not given.")
    ] = None,
) -> int:
    """Write a glossary as CSV or TBX; `import` reads it again."""
    session: Session = context.obj
    if session.as_json:
        raise InputError("--json: `triwire glossary show --json` answers with JSON; export writes csv and tbx")

    async def call(client: Client) -> int:
        glossary = (await client.get_glossary(id_)).glossary
        data = write_glossary(glossary, form or format_of(output))
        if output is None:
            sys.stdout.buffer.write(data)
            return 0
        try:
            output.write_bytes(data)
        except OSError as error:
            raise InputError(f"{output}: cannot be written: {error.strerror or error}") from error
        return 0

    return session.run(call)


@app.command("list")
def list_(context: typer.Context) -> int:
    """List the glossaries of the server."""
    session: Session = context.obj

    async def call(client: Client) -> int:
        found = [glossary async for glossary in client.list_glossaries()]
        if session.as_json:
            session.show_json(glossary_service_pb2.ListGlossariesResponse(glossaries=found))
        else:
            Renderer(session.out).glossaries(found)
        return 0

    return session.run(call)


@app.command()
def show(context: typer.Context, id_: Id) -> int:
    """Show a glossary with its terms and its etag."""
    session: Session = context.obj
    return session.answer(
        lambda client: client.get_glossary(id_), lambda renderer, response: renderer.glossary(response.glossary)
    )


@app.command()
def delete(
    context: typer.Context,
    id_: Id,
    etag: Annotated[str, typer.Option(help="Delete it only while this is its etag.")] = "",
) -> int:
    """Delete a glossary."""
    session: Session = context.obj

    async def call(client: Client) -> int:
        response = await client.delete_glossary(id_, etag=etag)
        if session.as_json:
            session.show_json(response)
        else:
            sys.stdout.write(f"{glossary_id(id_)} deleted\n")
        return 0

    return _run(session, call, id_, is_repeatable=False)


def _check_size(read: GlossaryFile, file: str) -> None:
    """Make sure that a glossary can be made of a file's terms.

    Raises:
        InputError: there are none, or too many.
    """
    if not read.terms:
        raise InputError(f"{source_name(file)}: has no terms to take over; `triwire glossary delete` removes one")
    size = Glossary(terms=read.terms).ByteSize()
    if size > _MAX_TERMS_BYTES:
        raise InputError(
            f"{source_name(file)}: has {size:,} bytes of terms, encoded; a glossary may have {_MAX_TERMS_BYTES:,};"
            " split it, a request may name several"
        )


def _run(session: Session, call: Callable[[Client], Coroutine[Any, Any, int]], id_: str, *, is_repeatable: bool) -> int:
    """Make a call that changes something; tell where it may have been carried out although no answer came."""

    async def told(client: Client) -> int:
        try:
            return await call(client)
        except (UnavailableError, DeadlineExceededError, CancelledError) as error:
            if is_repeatable or is_refusal(error):
                raise
            raise CallFailed(describe(error, session.target) + _unknown(id_), exit_code(error)) from error

    return session.run(told)


def _unknown(id_: str) -> str:
    return f"; it may have been done all the same: `triwire glossary show {glossary_id(id_)}` tells"


def _place(read: GlossaryFile, field: str) -> str:
    """Where in the file the term of a field stands; "" for a field of no term."""
    index = field.partition("terms[")[2].partition("]")[0]
    return read.places[int(index)] if index.isdigit() and int(index) < len(read.places) else ""
