"""Marks at ranges of a body: sentences, terms and findings, which may overlap in any way.

The body is cut at the ends of all ranges, and each piece of text says what holds there. Tags are never cut and never
wrapped, so that whatever the ranges are, the elements of the body stay balanced and its text stays what it was.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from triwire_client.review.bodies import Piece, escape
from triwire_client.words import SEVERITY_WORDS, SeverityWord


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be shown at a range of a body."""

    start: int
    end: int
    """[start, end) in the body, code points; clipped to it. An empty range marks nothing."""

    kind: Literal["sentence", "term", "finding"]

    key: str
    """Of a sentence, the key that it shares with its translation; of a finding, its number; of a term, its words."""

    severity: SeverityWord = "note"
    """Of a finding."""


@dataclass(slots=True)
class Leaf:
    """Text that the same marks hold for, or a tag."""

    piece: Piece
    sentences: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    findings: tuple[Mark, ...] = ()


def write_body(pieces: Iterable[Piece], marks: Sequence[Mark]) -> str:
    """HTML of a body with its marks: `<span class="s">` sentences, `<span class="term">`, `<mark class="f">` findings.

    The last piece of a finding has its number in `data-n`, which the style sheet shows: it is no text of the body.
    """
    leaves = leaves_of(pieces, marks)
    last = {mark.key: index for index, leaf in enumerate(leaves) for mark in leaf.findings}
    seen: set[str] = set()
    parts: list[str] = []
    for sentences, group in groupby(enumerate(leaves), key=lambda numbered: numbered[1].sentences):
        inner = "".join(_write_leaf(leaf, index, last) for index, leaf in group)
        if sentences:
            # One place for the keyboard in each sentence, however many pieces it is in.
            focusable = "" if seen.issuperset(sentences) else ' tabindex="-1"'
            seen.update(sentences)
            inner = f'<span class="s" data-s="{escape(" ".join(sentences))}"{focusable}>{inner}</span>'
        parts.append(inner)
    return "".join(parts)


def leaves_of(pieces: Iterable[Piece], marks: Sequence[Mark]) -> list[Leaf]:
    """A body cut at the ends of all marks, in order."""
    waiting = deque(sorted((mark for mark in marks if mark.start < mark.end), key=lambda mark: mark.start))
    cuts = sorted({place for mark in waiting for place in (mark.start, mark.end)})
    active: list[Mark] = []
    leaves: list[Leaf] = []
    for piece in pieces:
        if piece.tag:
            leaves.append(Leaf(piece))
            continue
        for part in [piece] if piece.is_whole else _cut(piece, cuts):
            while waiting and waiting[0].start < part.end:
                active.append(waiting.popleft())
            active = [mark for mark in active if mark.end > part.start]
            leaves.append(Leaf(part, _of(active, "sentence"), _of(active, "term"), _findings(active)))
    return leaves


def _cut(piece: Piece, cuts: Sequence[int]) -> Iterable[Piece]:
    start = piece.start
    for index in range(bisect_right(cuts, piece.start), len(cuts) + 1):
        end = min(cuts[index], piece.end) if index < len(cuts) else piece.end
        if end > start:
            yield Piece(start, end, piece.text[start - piece.start : end - piece.start])
        if end == piece.end:
            return
        start = end


def _of(active: Sequence[Mark], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.key for mark in active if mark.kind == kind))


def _findings(active: Sequence[Mark]) -> tuple[Mark, ...]:
    return tuple({mark.key: mark for mark in active if mark.kind == "finding"}.values())


def _write_leaf(leaf: Leaf, index: int, last: dict[str, int]) -> str:
    if leaf.piece.tag:
        return leaf.piece.tag
    written = escape(leaf.piece.text)
    if leaf.terms:
        written = f'<span class="term" title="{escape("; ".join(leaf.terms))}">{written}</span>'
    if leaf.findings:
        keys = [mark.key for mark in leaf.findings]
        worst = max((mark.severity for mark in leaf.findings), key=SEVERITY_WORDS.index)
        described = " ".join(f"finding-{key}" for key in keys)
        ends = [key for key in keys if last[key] == index]
        number = f' data-n="{escape(", ".join(ends))}"' if ends else ""
        written = (
            f'<mark class="f {worst}" data-f="{escape(" ".join(keys))}"{number}'
            f' aria-describedby="{escape(described)}">{written}</mark>'
        )
    return written
