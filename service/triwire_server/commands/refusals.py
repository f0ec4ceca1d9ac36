"""How a command ends that cannot do what it was asked: one readable message, and exit code 2."""

from collections.abc import Mapping
from typing import Any

import typer

from triwire_server.settings import Settings, SettingsError
from triwire_server.settings_sources import load_settings

USAGE_ERROR = 2
"""Exit code for settings, a profile, a model or a file that cannot be used."""


def refuse(*problems: object, hint: str = "") -> typer.Exit:
    """Tell what is wrong, a line for each problem, then the hint; to be raised by the caller."""
    for problem in problems:
        typer.echo(f"triwire-server: {problem}", err=True)
    if hint:
        typer.echo(hint, err=True)
    return typer.Exit(USAGE_ERROR)


class Refusals:
    """Turns what the operator can mend into one readable message and exit code 2.

    Args:
        hint: a line after it; "" for none.
    """

    def __init__(self, hint: str = "") -> None:
        self._hint = hint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        from triwire_server.model_errors import ModelUnusable
        from triwire_server.profiles.profile import ProfileError

        if isinstance(error, ProfileError | ModelUnusable | SettingsError | OSError) or (
            isinstance(error, RuntimeError) and "bind" in str(error).lower()
        ):
            raise refuse(error, hint=self._hint) from None


def read_settings(flags: Mapping[str, Any], hint: str = "") -> Settings:
    """Settings as `load_settings` reads them; the command ends where it cannot.

    Args:
        flags: as `load_settings` takes them.
        hint: a line after the message; "" for none.
    """
    with Refusals(hint):
        return load_settings(flags)
