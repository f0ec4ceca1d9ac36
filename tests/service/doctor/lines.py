"""Settings for checks of `triwire-server doctor`, and what it prints for them, as the tests read it."""

from collections.abc import Iterable

from triwire_server.doctor.checks import Check, Group, describe
from triwire_server.settings import Settings


def settings_of(**values: object) -> Settings:
    """Settings with what differs from the defaults."""
    return Settings.model_validate(values)


def lines(checks: Iterable[Check]) -> list[str]:
    """A line for each check, columns one space apart, its remedy behind an arrow."""
    found: list[str] = []
    for line, _ in describe([Group("group", list(checks))])[1:-2]:
        text = " ".join(line.split())
        if text.startswith("-> "):
            found[-1] += f" {text}"
        else:
            found.append(text)
    return found


def line(checks: Iterable[Check], name: str) -> str:
    """The line of the one check with a name."""
    [found] = lines(check for check in checks if check.name == name)
    return found
