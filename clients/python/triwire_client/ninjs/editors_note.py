"""What the editor who receives an item is told in its `edNote`: who wrote the words, and where to look twice.

ninjs allows no member of our own (its schema is closed), and `edNote` is what it has for words to the receiving staff.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triwire.v1.article_service_pb2 import Finding
from triwire_client.words import count, describe_finding, severity_word


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding and where it is."""

    place: str
    """Path in the item; empty: the item as a whole."""

    finding: Finding
    body: str
    """Words that the finding's range counts in; empty: none."""


def remarks(place: str, findings: Iterable[Finding], body: str = "") -> list[Remark]:
    """Findings about one place."""
    return [Remark(place, finding, body) for finding in findings]


def is_critical(found: Iterable[Remark]) -> bool:
    """Whether somebody has to look before this is published."""
    return any(remark.finding.severity == Finding.SEVERITY_CRITICAL for remark in found)


def editors_note(own: str, makers: Sequence[str], found: Iterable[Remark], notes: Sequence[str]) -> str:
    """Text of `edNote`.

    Args:
        own: the source's note; stays in front.
        makers: who wrote what, a line each.
        found: findings; those for the record alone are counted.
        notes: what is left in the source's language, a line each.
    """
    lines = list(makers)
    num_records = 0
    for remark in found:
        word = severity_word(remark.finding.severity)
        if word == "note":
            num_records += 1
            continue
        where = f"{remark.place}: " if remark.place else ""
        lines.append(f"! {word}: {where}{describe_finding(remark.finding, remark.body)}")
    if num_records:
        lines.append(f"And {count(num_records, 'finding')} for the record.")
    text = "\n".join([*lines, *notes])
    return "\n\n".join(filter(None, [own, text]))
