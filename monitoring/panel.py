"""What a panel and a row of the dashboard are made of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: what it shows, in which unit, and what it means."""

    title: str
    description: str
    unit: str
    """Grafana's name of it."""

    queries: Sequence[tuple[str, str]]
    """PromQL and legend of each."""

    is_number: bool = False
    """One number instead of a line over time."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one title."""

    title: str
    panels: Sequence[Panel]
