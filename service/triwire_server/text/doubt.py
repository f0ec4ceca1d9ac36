"""How a finding is made: every check says what it doubts through `doubt`."""

from collections.abc import Sequence

from triwire.v1.article_pb2 import Location, TextRange
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import Script

INFO, WARNING, CRITICAL = Finding.SEVERITY_INFO, Finding.SEVERITY_WARNING, Finding.SEVERITY_CRITICAL

Place = tuple[int, int]
"""A half-open range of code points."""

Bodies = Sequence[tuple[str, str]]
"""(block id, readable text) of every block of an article, in order."""

OWN_SCRIPTS = {
    "en": frozenset({Script.LATIN}),
    "ko": frozenset({Script.HANGUL}),
    "ja": frozenset({Script.KANA, Script.HAN}),
}
"""The scripts that a language is written in."""


def doubt(
    kind: "Finding.Kind.ValueType",
    severity: "Finding.Severity.ValueType",
    message: str,
    *,
    source: Place | None = None,
    target: Place | None = None,
    block_id: str = "",
    expected: str = "",
    actual: str = "",
) -> Finding:
    """A finding.

    Args:
        kind: what is doubted.
        severity: how much it matters.
        message: for logs; holds no text of the article.
        source: the passage of the source that is concerned, None if there is none. Empty places are left out.
        target: the passage of the output that is concerned, None if there is none. Empty places are left out.
        block_id: the block of the source, where the check knows blocks.
        expected: what the source has.
        actual: what the output has.
    """
    finding = Finding(kind=kind, severity=severity, message=message, expected=expected, actual=actual)
    if target is not None and target[1] > target[0]:
        finding.target.CopyFrom(TextRange(start=target[0], end=target[1]))
    if source is not None and source[1] > source[0]:
        finding.source.CopyFrom(Location(block_id=block_id, range=TextRange(start=source[0], end=source[1])))
    elif block_id:
        finding.source.CopyFrom(Location(block_id=block_id))
    return finding
