"""Flags that several commands of `triwire-server` have, with their help."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from triwire_server.settings import Settings

ProfileFlag: TypeAlias = Annotated[
    str | None, typer.Option(help="Name of a shipped profile, or the path of a TOML file.")
]
ConfigFlag: TypeAlias = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
CacheFlag: TypeAlias = Annotated[Path | None, typer.Option(help="Folder that holds fetched and converted models.")]
HostFlag: TypeAlias = Annotated[str | None, typer.Option(help="Address of the gRPC service.")]
PortFlag: TypeAlias = Annotated[int | None, typer.Option(help="Port of the gRPC service; 0 takes a free one.")]
HealthHostFlag: TypeAlias = Annotated[str | None, typer.Option(help="Address of the health service alone.")]
HealthPortFlag: TypeAlias = Annotated[int | None, typer.Option(help="Port of the health service alone.")]
MetricsHostFlag: TypeAlias = Annotated[str | None, typer.Option(help="Address of the Prometheus endpoint.")]
MetricsPortFlag: TypeAlias = Annotated[int | None, typer.Option(help="Port of the Prometheus endpoint.")]
GlossariesFlag: TypeAlias = Annotated[
    str | None, typer.Option(help="Where stored glossaries are kept: sqlite:///FILE or redis://HOST:PORT.")
]
DeviceFlag: TypeAlias = Annotated[str | None, typer.Option(help='"cpu", "cuda", "cuda:1" or "auto".')]
LogFormatFlag: TypeAlias = Annotated[str | None, typer.Option(help='"json" or "console".')]
LogLevelFlag: TypeAlias = Annotated[str | None, typer.Option(help="debug, info, warning or error.")]


def given_flags(context: typer.Context) -> dict[str, Any]:
    """The flags of a command that stand for settings, as `load_settings` takes them; None was not given."""
    names = [parameter.name for parameter in context.command.params if parameter.name]
    return {name: context.params[name] for name in names if name == "config_file" or name in Settings.model_fields}


def as_command(command: str, flags: Mapping[str, Any]) -> str:
    """A command of `triwire-server` with the flags that were given, to be copied into a shell.

    Args:
        command: its name.
        flags: values by the name of the setting; None was not given.
    """
    words = ["triwire-server", command]
    for name, value in flags.items():
        if value is not None:
            # A password in the address of a store is not for a screen.
            shown = "..." if "@" in str(value) else str(value)
            words += [f"--{name.removesuffix('_file').replace('_', '-')}", shown]
    return shlex.join(words)
