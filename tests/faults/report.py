"""Facts of the fault tests: a JSON file for each fault under build/faults, and one table of all of them."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build" / "faults"
_HEADER = ("fault", "run", "calls", "lost", "wrong", "recovery (s)")


@dataclass(frozen=True, slots=True)
class Fact:
    """What one fault did to those who called."""

    fault: str
    run: str
    """What was called, on what."""

    calls: int
    lost: int
    """Calls or items without an answer, or with a failure that the caller had to see."""

    wrong: int
    """Answers that differ from those without the fault, and answers given twice."""

    recovery_seconds: float | None
    """From the fault to the first answer that shows that it is overcome; None: nothing had to recover."""


@dataclass(slots=True)
class FaultReport:
    """Collects facts. A test calls it before it asserts, so that the table also has what failed."""

    folder: Path = FOLDER
    facts: list[Fact] = field(default_factory=list)

    def __call__(self, fault: str, run: str, calls: int, lost: int, wrong: int, recovery_seconds: float | None) -> None:
        """Note a fact and write it to the folder, in a file that is named after the fault."""
        fact = Fact(fault, run, calls, lost, wrong, recovery_seconds)
        self.facts.append(fact)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", f"{fault} {run}".lower()).strip("-")[:100]
        text = json.dumps(asdict(fact), ensure_ascii=False, indent=2)
        (self.folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def table(facts: Sequence[Fact]) -> list[str]:
    """Lines of a Markdown table, a fact each."""
    rows = [_HEADER] + [
        (
            fact.fault,
            fact.run,
            str(fact.calls),
            str(fact.lost),
            str(fact.wrong),
            "-" if fact.recovery_seconds is None else f"{fact.recovery_seconds:.1f}",
        )
        for fact in facts
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]
