"""`triwire-server tokens`: makes tokens, and checks the file that names their callers."""

from pathlib import Path
from typing import Annotated

import typer

from triwire_server.commands.refusals import refuse

tokens_app = typer.Typer(help="Make tokens for callers, and check the file that names them.", no_args_is_help=True)


@tokens_app.command()
def new(
    name: Annotated[str, typer.Option(help="Name of the caller, for logs.")],
    rights: Annotated[
        list[str] | None,
        typer.Option(help="articles, glossaries.read or glossaries.write; may be repeated. [default: articles]"),
    ] = None,
    highest_priority: Annotated[str, typer.Option(help="interactive, standard or bulk.")] = "standard",
) -> None:
    """Make a token: it is shown this once. Only its hash goes into the file of callers."""
    from triwire_server.api.caller_file import caller_entry, new_token
    from triwire_server.watched_files import FilesUnusable

    token, digest = new_token()
    try:
        entry = caller_entry(name, digest, rights or ["articles"], highest_priority)
    except FilesUnusable as error:
        raise refuse(*error.problems) from None
    typer.echo("The token, for the caller; it is not kept anywhere:", err=True)
    typer.echo(token)
    typer.echo("\nThe entry for the server's file of callers (setting tokens):", err=True)
    typer.echo(f"\n{entry}", nl=False)


@tokens_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="TOML file of callers.")],
) -> None:
    """Say who is in a file of callers, or all that is wrong with it (exit code 2)."""
    from triwire_server.api.caller_file import read_callers
    from triwire_server.watched_files import FilesUnusable

    try:
        table = read_callers(file.read_bytes(), str(file))
    except OSError as error:
        raise refuse(f"{file} cannot be read: {error.strerror}") from None
    except FilesUnusable as error:
        raise refuse(*error.problems) from None
    callers = {caller.name: caller for caller in table.by_digest.values()}
    for caller in callers.values():
        num_tokens = sum(one is caller for one in table.by_digest.values())
        rights = ", ".join(sorted(caller.rights))
        typer.echo(
            f"{caller.name}: {rights}; up to {caller.highest_priority.name.lower()}; {num_tokens}"
            f" {'token' if num_tokens == 1 else 'tokens'}"
        )
