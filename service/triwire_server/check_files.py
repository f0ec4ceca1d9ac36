"""The checks of a translation over two files, line by line: `triwire-server check`.

Knows no models and no engine, so that it starts at once.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from google.protobuf import json_format

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.findings import check_translation
from triwire_server.text.language import base_language

LANGUAGES = ("en", "ko", "ja")
# Letters shown on either side of the place that a finding marks.
_CONTEXT_CHARACTERS = 24
_SHOWN_SEVERITIES = (Finding.SEVERITY_CRITICAL, Finding.SEVERITY_WARNING, Finding.SEVERITY_INFO)


class CheckError(ValueError):
    """Two files that cannot be compared; the message says why."""


class CheckedLine(NamedTuple):
    """A line with its translation and what is doubtful about it. `number` counts from 1."""

    number: int
    source: str
    target: str
    findings: list[Finding]


def check_files(source: str, target: str, source_language: str, target_language: str) -> Iterator[CheckedLine]:
    """Check every line of a file against the same line of another.

    Args:
        source: path of a UTF-8 file, or "-" for standard input. A byte order mark and CRLF are read over.
        target: path of its translation, with as many lines.
        source_language: BCP-47 tag; English, Korean or Japanese.
        target_language: BCP-47 tag of another of them.

    Returns:
        Every pair of lines, also those without findings. The files are read before the first one is given.

    Raises:
        CheckError: a file cannot be read or is not UTF-8, the numbers of lines differ, or a language is not served.
    """
    for name, tag in (("source", source_language), ("target", target_language)):
        if base_language(tag) not in LANGUAGES:
            raise CheckError(f"{name} language {tag!r}: one of {', '.join(LANGUAGES)} is checked")
    if base_language(source_language) == base_language(target_language):
        raise CheckError(f"source and target language are both {source_language!r}")
    if source == target == "-":
        raise CheckError("only one of the two files can be standard input")
    sources, targets = _read_lines(source), _read_lines(target)
    if len(sources) != len(targets):
        raise CheckError(f"{source} has {len(sources)} lines, {target} has {len(targets)}")
    return (
        CheckedLine(number, read, written, check_translation(read, written, source_language, target_language))
        for number, (read, written) in enumerate(zip(sources, targets, strict=True), start=1)
    )


def describe(line: CheckedLine) -> Iterator[str]:
    """One line for each finding: number, severity, kind, expected -> actual, the passage with the place in ⟦ ⟧."""
    for finding in line.findings:
        severity = Finding.Severity.Name(finding.severity).removeprefix("SEVERITY_")
        kind = Finding.Kind.Name(finding.kind).removeprefix("KIND_")
        change = f"{finding.expected or '-'} -> {finding.actual or '-'}"
        said = change if finding.expected or finding.actual else finding.message
        yield f"{line.number}: {severity} {kind} {said} | {_passage(line, finding)}"


def to_json(line: CheckedLine) -> str:
    """The line number and the findings with the field names of the contract, as one JSON object."""
    findings = [
        json_format.MessageToDict(finding, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for finding in line.findings
    ]
    return json.dumps({"line": line.number, "findings": findings}, ensure_ascii=False)


def count(findings: Iterable[Finding], num_lines: int) -> str:
    """The last line for people: how many findings of each severity, in how many lines."""
    counts = Counter(finding.severity for finding in findings)
    shown = ", ".join(
        f"{counts[severity]} {Finding.Severity.Name(severity).removeprefix('SEVERITY_')}"
        for severity in _SHOWN_SEVERITIES
    )
    return f"{num_lines} lines: {shown}"


def has_critical(findings: Sequence[Finding]) -> bool:
    """Whether somebody has to look before this is published."""
    return any(finding.severity == Finding.SEVERITY_CRITICAL for finding in findings)


def _read_lines(path: str) -> list[str]:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CheckError(f"{path}: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise CheckError(f"{path}, line {number}: not UTF-8") from None
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _passage(line: CheckedLine, finding: Finding) -> str:
    """The place of a finding in the output, or else in the source, with some letters around it."""
    if finding.HasField("target"):
        text, start, end = line.target, finding.target.start, finding.target.end
    elif finding.source.HasField("range"):
        text, start, end = line.source, finding.source.range.start, finding.source.range.end
    else:
        text, start, end = line.target, 0, 0
    before = text[max(0, start - _CONTEXT_CHARACTERS) : start]
    after = text[end : end + _CONTEXT_CHARACTERS]
    opening = "…" if start > _CONTEXT_CHARACTERS else ""
    closing = "…" if len(text) > end + _CONTEXT_CHARACTERS else ""
    marked = f"⟦{text[start:end]}⟧" if end > start else ""
    return f"{opening}{before}{marked}{after}{closing}"
