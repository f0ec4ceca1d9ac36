"""The `triwire-server` command."""

import os
from typing import Annotated

import typer

from triwire_server import __version__
from triwire_server.commands.check import check
from triwire_server.commands.doctor import doctor
from triwire_server.commands.healthcheck import healthcheck
from triwire_server.commands.models import models_app
from triwire_server.commands.serve import serve
from triwire_server.commands.tokens import tokens_app
from triwire_server.settings import reference

# A thread that waits for its next part of a product looks for it for some microseconds and then sleeps: by default it
# would keep its processor busy for milliseconds. Read when torch is loaded, by the OpenMP library that it brings.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# oneDNN keeps the code that it makes for each shape of a product, and torch keeps what it asked for: each by default
# 1,024 times about 0.4 MiB, which would come on top of all memory that is counted. Read at the first product.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
os.environ.setdefault("LRU_CACHE_CAPACITY", "256")

app = typer.Typer(
    help="Serves triwire, and keeps the models that it needs.", no_args_is_help=True, add_completion=False
)
app.command()(doctor)
app.command()(serve)


@app.command(name="settings")
def list_settings() -> None:
    """Print every setting with its variable, its default and what it does, as a Markdown table."""
    typer.echo(reference())


app.command()(check)
app.command()(healthcheck)
app.add_typer(models_app, name="models")
app.add_typer(tokens_app, name="tokens")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Serves triwire, and keeps the models that it needs."""
    if show:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
