"""What the `triwire` command reads: files, standard input and options become content and requests."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from google.protobuf import json_format

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.content import CleaningName, parse_summary, to_content, without_cdata
from triwire_client.ninjs import NinjsError, NinjsItem, read_ninjs

FormatName = Literal["auto", "text", "html", "json", "ninjs"]
_BY_SUFFIX: dict[str, FormatName] = {".html": "html", ".htm": "html", ".xhtml": "html", ".json": "json"}

MAX_TOLD = 20
"""Problems of one input that are told one by one; of the others, how many there are."""


class InputError(Exception):
    """Input that cannot be used; the message has a line for each problem, with its place and the remedy."""


def read_content(
    source: str, form: FormatName = "auto", language: str = "", cleaning: CleaningName | None = None
) -> article_pb2.Content:
    """Content from a file, or from standard input for "-".

    Args:
        source: path, or "-".
        form: how it is read; "auto" goes by the file's name: .html and .htm are HTML, .json is an Article as
            protobuf JSON, everything else is plain text. "ninjs" is always said.
        language: of the content; empty: detected.
        cleaning: whether boilerplate is looked for; None: as the method does by default.

    Raises:
        InputError: the file cannot be read, or does not hold what its form says.
    """
    if form == "auto":
        form = "text" if source == "-" else _BY_SUFFIX.get(Path(source).suffix.lower(), "text")
    if form == "ninjs":
        return read_ninjs_item(source, language, cleaning).content
    text = read_text(source)
    if form == "html":
        if source.lower().endswith(".xhtml"):
            text = without_cdata(text)
        return to_content(article_pb2.Content(html=text), language, cleaning)
    if form == "text":
        return to_content(article_pb2.Content(text=text), language, cleaning)
    article = article_pb2.Article()
    try:
        json_format.Parse(text, article)
    except (json_format.ParseError, ValueError) as error:  # a lone surrogate in an escape is a ValueError
        hint = "; for a ninjs item say --format ninjs" if '"uri"' in text else ""
        raise InputError(
            f"{source_name(source)}: is not an Article as protobuf JSON: {one_line(error)}{hint}"
        ) from error
    if language:
        article.language = language
    return to_content(article, cleaning=cleaning)


def read_ninjs_item(source: str, language: str = "", cleaning: CleaningName | None = None) -> NinjsItem:
    """A ninjs item from a file, or from standard input for "-".

    Raises:
        InputError: it cannot be read, is no ninjs 3 item, or boilerplate is to be looked for in it.
    """
    if cleaning == "page":
        raise InputError("--cleaning page: a ninjs item is all article; leave it away")
    try:
        return read_ninjs(read_bytes(source), language=language)
    except NinjsError as error:
        lines = [f"{source_name(source)}: {line}" for line in str(error).split("\n")]
        raise InputError("\n".join(bounded(lines))) from error


def read_summary(text: str) -> article_service_pb2.SummaryOptions:
    """What `--summary bullets` or `--summary headline:ko` asks for.

    Raises:
        InputError: an unknown style.
    """
    try:
        return parse_summary(text)
    except ValueError as error:
        raise InputError(f"--summary: {error}, with or without :LANGUAGE") from error


def read_text(source: str) -> str:
    """The text of a file, or of standard input for "-". A byte order mark is dropped.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    return decode(read_bytes(source), source_name(source))


def read_bytes(source: str) -> bytes:
    """What a file holds, or standard input for "-".

    Raises:
        InputError: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{source_name(source)}: cannot be read: {error.strerror or error}") from error


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8. A byte order mark is dropped.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-8 at byte {error.start}; convert it first (iconv -t UTF-8)") from error


def source_name(source: str) -> str:
    """How an input is called in messages."""
    return "standard input" if source == "-" else source


def bounded(lines: Sequence[str], count: int | None = None) -> list[str]:
    """The first lines, and how many more there are.

    Args:
        lines: as many as there are, or the first of them.
        count: how many there are in all; None: these.
    """
    left = (len(lines) if count is None else count) - MAX_TOLD
    return [*lines[:MAX_TOLD], *([f"and {left:,} more"] if left > 0 else [])]


def one_line(error: Exception) -> str:
    """The message of an exception without its line breaks."""
    return " ".join(str(error).split())
