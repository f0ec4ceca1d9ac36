"""The command `triwire review`, and what `triwire process --html` writes: a result as a page for an editor."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import json_format

from triwire.v1.article_service_pb2 import Model, ProcessArticleResponse, SummarizeResponse, TranslateResponse
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.client import Client
from triwire_client.errors import TriwireError
from triwire_client.glossaries import glossary_id
from triwire_client.glossary_files import read_glossary
from triwire_client.inputs import InputError, one_line, read_content, read_text, source_name
from triwire_client.review import Reviewable, as_processed, review_page
from triwire_client.session import Session, say


def review(
    context: typer.Context,
    result: Annotated[
        str, typer.Argument(metavar="OUT.json", help="What process, translate or summarize --json wrote, or -.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PAGE.html", help="Page to write; standard output if none.")
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="ARTICLE.json", help="The article that was sent, if the result does not repeat it.")
    ] = "",
    terms: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="CSV or TBX whose terms are marked. May be repeated.")
    ] = None,
) -> int:
    """Make a page to review a result on: source and translations side by side, doubts marked. Asks no server."""
    session: Session = context.obj
    if session.as_json:
        raise InputError("--json: the page is HTML; the result is JSON already")
    if output:
        check_place(output, "--output")
    response = read_result(result)
    article = read_content(source, "json").article if source else None
    found = [term for file in terms or () for term in read_glossary(file).terms]
    try:
        page = review_page(response, source=article, terms=found)
    except ValueError as error:
        raise InputError(f"{source_name(result)}: --{one_line(error)}") from error
    if output is None:
        sys.stdout.write(page)
    else:
        _write(output, page)
    return 0


def read_result(name: str) -> Reviewable:
    """A result from a file, or from standard input for "-". Fields that this version does not know are read over.

    Raises:
        InputError: it is none.
    """
    text = read_text(name)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source_name(name)}: is not JSON: {one_line(error)}") from error
    message = _message_for(fields)
    try:
        json_format.ParseDict(fields, message, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError) as error:  # a lone surrogate in an escape is a ValueError
        raise InputError(f"{source_name(name)}: is not a result as protobuf JSON: {one_line(error)}") from error
    processed = as_processed(message)
    if not processed.translations and not processed.summaries:
        raise InputError(
            f"{source_name(name)}: has no translation and no summary;"
            " give what `triwire process`, `translate` or `summarize` wrote with --json"
        )
    return message


def _message_for(fields: Any) -> Reviewable:
    keys = set(fields) if isinstance(fields, dict) else set()
    if "translation" in keys:
        return TranslateResponse()
    return SummarizeResponse() if "summary" in keys else ProcessArticleResponse()


async def write_processed(
    place: Path,
    client: Client,
    response: ProcessArticleResponse,
    glossaries: Sequence[str],
    missing: Sequence[str],
) -> None:
    """Write the page of a result that has just come, with licenses and terms as far as the server gives them.

    Nothing is written if every part failed.

    Raises:
        InputError: the file cannot be written.
    """
    if not response.translations and not response.summaries:
        return
    models: list[Model] = []
    terms: list[GlossaryTerm] = []
    try:
        models += (await client.list_models()).models
    except TriwireError as error:
        say(f"--html: without licenses: {one_line(error)}")
    for glossary in glossaries:
        try:
            terms += (await client.get_glossary(glossary)).glossary.terms
        except TriwireError as error:
            say(f"--html: terms of {glossary_id(glossary)} are not marked: {one_line(error)}")
    _write(place, review_page(response, models=models, terms=terms, missing=missing))


def check_place(place: Path, option: str) -> None:
    """Say early that a page cannot be written, before a call that takes minutes.

    Raises:
        InputError: its folder does not exist, or it is a folder itself.
    """
    if place.is_dir() or not place.parent.is_dir():
        raise InputError(
            f"{option}: {place}: cannot be written: {'is a folder' if place.is_dir() else 'no such folder'}"
        )


def _write(place: Path, page: str) -> None:
    try:
        place.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{place}: cannot be written: {error.strerror or error}") from error
