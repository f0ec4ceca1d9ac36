"""The commands of `triwire`: each reads its input, makes one call and shows the answer."""

import sys
import time
from collections.abc import Sequence
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import glossary_commands
from triwire_client.article_run import ArticleRun
from triwire_client.batch_command import batch
from triwire_client.client import Client
from triwire_client.command_options import (
    Bullets,
    Cleaning,
    Format,
    Glossaries,
    Input,
    Kinds,
    Language,
    MaxCharacters,
    ModelName,
    Priority,
    Register,
    Sentences,
    SummaryModel,
    house_style,
    summary_options,
    translation_options,
)
from triwire_client.connection import DEFAULT_TARGET, Tls
from triwire_client.content import StyleName, to_summary
from triwire_client.failures import INTERRUPTED, REFUSED
from triwire_client.inputs import InputError, one_line, read_content, read_ninjs_item, read_summary
from triwire_client.ninjs_command import show_items
from triwire_client.render import Renderer
from triwire_client.review_command import check_place, review, write_processed
from triwire_client.session import CallFailed, Session, hoist, say

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; failures are one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Korean and Japanese, whatever the locale. A file's name may hold what no encoding has.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = app(hoist(arguments), prog_name="triwire", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        help_command = f"{context.command_path if context else 'triwire'} --help"
        return _fail(f"{one_line(Exception(error.format_message())).rstrip('.')}; see `{help_command}`", REFUSED)
    except InputError as error:
        return _fail(str(error), REFUSED)
    except CallFailed as failed:
        return _fail(failed.line, failed.code)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


@app.callback(invoke_without_command=True)
def set_up(
    context: typer.Context,
    target: Annotated[str, typer.Option(envvar="TRIWIRE_TARGET", help="Server, host:port.")] = DEFAULT_TARGET,
    timeout: Annotated[
        float | None, typer.Option(envvar="TRIWIRE_TIMEOUT", min=0.001, help="Seconds for the whole command's call.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="Bearer token. TRIWIRE_TOKEN is safer: options show in process lists.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Use TLS. Implied by the other TLS options.")] = False,
    tls_root_certificates: Annotated[
        Path | None, typer.Option(envvar="TRIWIRE_TLS_ROOT_CERTIFICATES", help="PEM file: who may sign the server.")
    ] = None,
    tls_client_certificate: Annotated[
        Path | None, typer.Option(envvar="TRIWIRE_TLS_CLIENT_CERTIFICATE", help="PEM file, for mutual TLS.")
    ] = None,
    tls_client_key: Annotated[
        Path | None, typer.Option(envvar="TRIWIRE_TLS_CLIENT_KEY", help="PEM file, for mutual TLS.")
    ] = None,
    tls_server_name: Annotated[
        str, typer.Option(envvar="TRIWIRE_TLS_SERVER_NAME", help="Name in the certificate, if not the target's.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer with protobuf JSON, for programs.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> int:
    """Clean, summarize and translate news articles with a triwire server.

    These options may stand before or after the command. Input is a file or - for standard input: .html and .htm are
    HTML, .json is an Article as protobuf JSON, anything else is plain text. Exit codes: 0 done, 1 in part,
    2 refused, 3 try later, 4 the server failed.
    """
    if version:
        sys.stdout.write(f"triwire {distribution_version('triwire')}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        sys.stderr.write(context.get_help() + "\n")
        raise typer.Exit(REFUSED)
    try:
        given = Tls(tls_root_certificates, tls_client_certificate, tls_client_key, tls_server_name)
    except ValueError as error:
        raise InputError(f"--tls-client-certificate, --tls-client-key: {error}") from error
    context.obj = Session(
        target=target,
        token=token,
        tls=given if tls or given != Tls() else Tls.from_environment(),
        timeout=timeout,
        as_json=as_json,
        out=Console(emoji=False, highlight=False, markup=False),
        err=Console(stderr=True, emoji=False, highlight=False, markup=False),
    )
    return 0


@app.command()
def extract(
    context: typer.Context, file: Input, language: Language = "", cleaning: Cleaning = None, form: Format = "auto"
) -> int:
    """Label the blocks of a page: headline, paragraphs, captions, boilerplate."""
    session: Session = context.obj
    content = read_content(file, form, language, cleaning)
    return session.answer(
        lambda client: client.extract_article(content),
        lambda renderer, response: renderer.article(response.article),
    )


@app.command()
def detect(context: typer.Context, file: Input, form: Format = "auto") -> int:
    """Name the languages of a text."""
    session: Session = context.obj
    content = read_content(file, form)
    return session.answer(
        lambda client: client.detect_language(content),
        lambda renderer, response: renderer.languages(response.languages),
    )


@app.command()
def summarize(
    context: typer.Context,
    file: Input,
    style: Annotated[StyleName, typer.Option("--style", "--summary", help="Form of the summary.")] = "bullets",
    to: Annotated[str, typer.Option(help="Language of the summary; that of the article if not given.")] = "",
    bullets: Bullets = 0,
    max_characters: MaxCharacters = 0,
    model: ModelName = "",
    register: Register = None,
    glossary: Glossaries = None,
    priority: Priority = "standard",
    language: Language = "",
    cleaning: Cleaning = None,
    form: Format = "auto",
) -> int:
    """Summarize an article, in its own language or another."""
    session: Session = context.obj
    content = read_content(file, form, language, cleaning)
    options = summary_options(to_summary(style, to), bullets, max_characters, model)

    async def call(client: Client) -> int:
        started = time.monotonic()
        with session.waiting("summarizing"):
            response = await client.summarize(
                content, options, house_style=house_style(register, glossary), priority=priority
            )
        if session.as_json:
            session.show_json(response)
            return 0
        renderer = Renderer(session.out)
        renderer.summary(response.summary)
        renderer.usage(response.usage, time.monotonic() - started)
        return 0

    return session.run(call)


@app.command()
def translate(
    context: typer.Context,
    file: Input,
    to: Annotated[str, typer.Option(help="Language to translate into.")],
    kind: Kinds = None,
    sentences: Sentences = False,
    as_html: Annotated[
        bool, typer.Option("--html", help="Print the HTML input with its words translated, and nothing else.")
    ] = False,
    model: ModelName = "",
    register: Register = None,
    glossary: Glossaries = None,
    priority: Priority = "standard",
    language: Language = "",
    cleaning: Cleaning = None,
    form: Format = "auto",
) -> int:
    """Translate an article or any text into one language."""
    session: Session = context.obj
    content = read_content(file, form, language, cleaning)
    is_page = content.cleaning == article_pb2.CLEANING_PAGE
    if as_html and (content.WhichOneof("kind") != "html" or form == "ninjs" or is_page or session.as_json):
        raise InputError("--html: needs HTML input without --cleaning page and without --json")

    async def call(client: Client) -> int:
        started = time.monotonic()
        with session.waiting("translating"):
            response = await client.translate(
                content,
                to,
                options=translation_options(kind, sentences, model),
                house_style=house_style(register, glossary),
                priority=priority,
            )
        if session.as_json:
            session.show_json(response)
        elif as_html:
            sys.stdout.write(response.translation.html)
        else:
            renderer = Renderer(session.out)
            renderer.translation(response.translation)
            renderer.usage(response.usage, time.monotonic() - started)
        return 0

    return session.run(call)


@app.command()
def process(
    context: typer.Context,
    file: Input,
    to: Annotated[list[str] | None, typer.Option(help="Language to translate into. May be repeated.")] = None,
    summary: Annotated[
        list[str] | None,
        typer.Option(help="headline, bullets or paragraph, or with a language: bullets:ko. May be repeated."),
    ] = None,
    bullets: Bullets = 0,
    max_characters: MaxCharacters = 0,
    kind: Kinds = None,
    sentences: Sentences = False,
    html: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Also write a page to review the result on.")
    ] = None,
    model: ModelName = "",
    summary_model: SummaryModel = "",
    register: Register = None,
    glossary: Glossaries = None,
    priority: Priority = "standard",
    language: Language = "",
    cleaning: Cleaning = None,
    form: Format = "auto",
) -> int:
    """Clean, summarize and translate an article at once, shown as its parts are ready; ninjs comes back as ninjs."""
    session: Session = context.obj
    if not to and not summary:
        raise InputError("--to, --summary: give at least one language or one summary")
    if html:
        check_place(html, "--html")
    wanted = [summary_options(read_summary(text), bullets, max_characters, summary_model) for text in summary or []]
    item = read_ninjs_item(file, language, cleaning) if form == "ninjs" else None
    content = item.content if item else read_content(file, form, language, cleaning)
    options = translation_options(kind, sentences or html is not None, model)
    request = article_service_pb2.ProcessArticleRequest(
        target_languages=to or [], summaries=wanted, translation_options=options
    )
    renderer = None if session.as_json or item else Renderer(session.out)

    async def call(client: Client) -> int:
        article_run = ArticleRun(request, renderer, session.target)
        parts = client.stream_process_article(
            content,
            target_languages=to or [],
            summaries=wanted,
            options=options,
            house_style=house_style(register, glossary),
            priority=priority,
        )
        await article_run.follow(parts, session.err, is_quiet=session.as_json)
        if session.as_json:
            session.show_json(article_run.parts.response())
        elif item:
            show_items(article_run.parts.response(), item)
        if html:
            await write_processed(html, client, article_run.parts.response(), glossary or (), article_run.failure_lines)
        for line in article_run.failure_lines:
            say(line)
        return article_run.exit_code

    return session.run(call)


@app.command()
def models(context: typer.Context) -> int:
    """List the models that the server offers, with their licenses, and its limits."""
    session: Session = context.obj
    return session.answer(lambda client: client.list_models(), Renderer.models)


app.command()(batch)
app.command()(review)
app.add_typer(glossary_commands.app, name="glossary")


def _fail(line: str, code: int) -> int:
    say(line)
    return code
