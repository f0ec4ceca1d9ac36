"""What a check found, as lines for people and as JSON for programs. Says nothing that is secret."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from triwire_server import __version__


class Outcome(StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    """A server starts, and may not do what is expected of it."""

    PROBLEM = "problem"
    """A server does not start, or something that it was told to use does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found about one thing.

    Attributes:
        name: of the thing.
        outcome: how it is.
        detail: what was found, in one line.
        remedy: what to do; "" where nothing is wrong.
    """

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Check:
    """Nothing is wrong."""
    return Check(name, Outcome.OK, detail)


def warning(name: str, detail: str, remedy: str) -> Check:
    """Something may be wrong."""
    return Check(name, Outcome.WARNING, detail, remedy)


def problem(name: str, detail: str, remedy: str) -> Check:
    """Something is wrong."""
    return Check(name, Outcome.PROBLEM, detail, remedy)


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that belong together."""

    name: str
    checks: Sequence[Check]


def count(groups: Iterable[Group], outcome: Outcome) -> int:
    """How many checks came out like this."""
    return sum(check.outcome is outcome for group in groups for check in group.checks)


def describe(groups: Sequence[Group]) -> list[tuple[str, Outcome | None]]:
    """Lines for people, each with the outcome that it tells of; None for those between."""
    lines: list[tuple[str, Outcome | None]] = []
    width = max((len(check.name) for group in groups for check in group.checks), default=0)
    for group in groups:
        lines.append((group.name, None))
        for check in group.checks:
            lines.append((f"  {check.outcome:8} {check.name:{width}} {check.detail}", check.outcome))
            if check.remedy:
                lines.append((f"{'':{width + 12}}-> {check.remedy}", check.outcome))
    counts = [(count(groups, outcome), outcome) for outcome in reversed(Outcome)]
    lines.append(("", None))
    lines.append((", ".join(f"{number} {name}" for number, name in map(_plural, counts)), None))
    return lines


def _plural(counted: tuple[int, Outcome]) -> tuple[int, str]:
    number, outcome = counted
    return number, outcome if number == 1 or outcome is Outcome.OK else f"{outcome}s"


def to_json(groups: Sequence[Group]) -> str:
    """One JSON object: version, whether there is no problem, and every check with its group."""
    checks = [{"group": group.name, **asdict(check)} for group in groups for check in group.checks]
    healthy = count(groups, Outcome.PROBLEM) == 0
    return json.dumps({"version": __version__, "healthy": healthy, "checks": checks}, ensure_ascii=False, indent=1)
