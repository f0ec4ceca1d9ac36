"""`triwire-server models`: fetches, lists and checks the models of a profile."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from triwire_server.commands.flags import CacheFlag, ConfigFlag, ProfileFlag
from triwire_server.commands.refusals import Refusals, read_settings
from triwire_server.profiles.remote_source import OpenAISource

if TYPE_CHECKING:
    from triwire_server.profiles.profile import Profile

models_app = typer.Typer(help="Fetch, list and check the models of a profile.", no_args_is_help=True)


@models_app.command()
def pull(profile: ProfileFlag = None, config_file: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """Fetch and convert the models of a profile; what is there already is kept."""
    from triwire_server.model_files import model_store
    from triwire_server.progress import ProgressDisplay

    with Refusals(), ProgressDisplay() as report:
        served, folder = _read_profile(profile, config_file, cache_dir)
        states = model_store.pull(served, folder, report)
    for line in (*states, *_remote_lines(served)):
        typer.echo(str(line))


@models_app.command(name="list")
def list_command(profile: ProfileFlag = None, config_file: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """List the models of a profile, and whether their files are here."""
    from triwire_server.model_files import model_store

    with Refusals():
        served, folder = _read_profile(profile, config_file, cache_dir)
        for line in (*model_store.status(served, folder), *_remote_lines(served)):
            typer.echo(str(line))


@models_app.command()
def verify(profile: ProfileFlag = None, config_file: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """Read every file of a profile's models again and compare its SHA-256."""
    from triwire_server.model_files import model_store
    from triwire_server.progress import ProgressDisplay

    with Refusals(), ProgressDisplay() as report:
        statuses = model_store.verify(*_read_profile(profile, config_file, cache_dir), report)
    for status in statuses:
        typer.echo(str(status))
    if not all(status.is_ready for status in statuses):
        raise typer.Exit(1)


def _read_profile(profile: str | None, config_file: Path | None, cache_dir: Path | None) -> "tuple[Profile, Path]":
    """The profile that the flags mean, and the folder of its models."""
    from triwire_server.profiles.profile import load_profile

    settings = read_settings({"config_file": config_file, "profile": profile, "cache_dir": cache_dir})
    return load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial), settings.cache_dir


def _remote_lines(profile: "Profile") -> list[str]:
    """A line for each model that another server runs."""
    return [
        f"{spec.full_name}: nothing to fetch, runs at {spec.source.base_url}"
        for spec in profile.models
        if isinstance(spec.source, OpenAISource)
    ]
