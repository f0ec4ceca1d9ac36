"""Words for what the contract names: kinds of blocks and findings, severities, languages. For people, in English."""

import re
from typing import Literal

from triwire.v1 import article_pb2, article_service_pb2

Finding = article_service_pb2.Finding
SeverityWord = Literal["note", "look", "stop"]

BESIDE_THE_ARTICLE = (article_pb2.BLOCK_KIND_RELATED_LINK, article_pb2.BLOCK_KIND_BOILERPLATE)
"""Kinds of blocks that are no part of the article; translated only where they are asked for."""

SEVERITIES = ("info", "warning", "critical")
"""The contract's names for how much a finding matters, from the least to the most serious."""

SEVERITY_WORDS: tuple[SeverityWord, ...] = ("note", "look", "stop")
"""The same for people, in the same order."""

_LANGUAGE_NAMES = {"en": "English", "ko": "Korean", "ja": "Japanese"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PASSAGE_CHARACTERS = 40


def block_kind(kind: article_pb2.BlockKind.ValueType) -> str:
    """Short name of a block's kind: "headline". One that is not known is "unspecified", as the contract asks."""
    known = kind if kind in article_pb2.BlockKind.values() else article_pb2.BLOCK_KIND_UNSPECIFIED
    return enum_name(article_pb2.BlockKind.Name(known), "BLOCK_KIND_").replace("_", " ")


def finding_kind(kind: article_service_pb2.Finding.Kind.ValueType) -> str:
    """What is doubted: "number mismatch". One that is not known is "unspecified"."""
    known = kind if kind in Finding.Kind.values() else Finding.KIND_UNSPECIFIED
    return enum_name(Finding.Kind.Name(known), "KIND_").replace("_", " ")


def describe_finding(finding: article_service_pb2.Finding, body: str) -> str:
    """A finding in words.

    Args:
        finding: what is doubted.
        body: of the block or statement that it concerns; empty for a result as a whole.
    """
    words = finding_kind(finding.kind)
    if finding.kind == Finding.KIND_OPTION_NOT_APPLIED:  # `expected` names the option
        return f"{words}: {clean(finding.expected)}: {clean(finding.message)}"
    if body and finding.HasField("target") and (finding.target.start, finding.target.end) != (0, len(body)):
        words += f" at {_quoted(body[finding.target.start : finding.target.end])}"
    if finding.message:
        words += f": {clean(finding.message)}"
    if finding.expected or finding.actual:
        words += f" (expected {_quoted(finding.expected)}, is {_quoted(finding.actual)})"
    return words


def severity_name(severity: article_service_pb2.Finding.Severity.ValueType) -> str:
    """How much a finding matters, by the contract's name: "critical". One that is not known is worth a look."""
    is_known = severity in (Finding.SEVERITY_INFO, Finding.SEVERITY_CRITICAL)
    return enum_name(Finding.Severity.Name(severity), "SEVERITY_") if is_known else "warning"


def severity_word(severity: article_service_pb2.Finding.Severity.ValueType) -> SeverityWord:
    """How much a finding matters: "note", "look" (worth a look) or "stop" (not before somebody has looked)."""
    return SEVERITY_WORDS[SEVERITIES.index(severity_name(severity))]


def summary_style(style: article_service_pb2.SummaryStyle.ValueType) -> str:
    """Short name of a summary's style: "bullets". One that is not known is "unspecified"."""
    is_known = style in article_service_pb2.SummaryStyle.values()
    known = style if is_known else article_service_pb2.SUMMARY_STYLE_UNSPECIFIED
    return enum_name(article_service_pb2.SummaryStyle.Name(known), "SUMMARY_STYLE_")


def enum_name(name: str, prefix: str) -> str:
    """An enum value without the prefix that the contract's style asks for: "SUMMARY_STYLE_BULLETS" -> "bullets"."""
    return name.removeprefix(prefix).lower()


def language_name(tag: str) -> str:
    """English name and tag: "Korean (ko)"; the tag alone if it is not served."""
    name = _LANGUAGE_NAMES.get(base_language(tag))
    return f"{name} ({tag})" if name else clean(tag) or "unknown language"


def base_language(tag: str) -> str:
    """The language of a tag without region and script: "en-GB" -> "en"."""
    return tag.lower().partition("-")[0]


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 term", "1,200 terms"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def clean(text: str) -> str:
    """Text without characters that would steer a terminal or turn its writing direction."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _quoted(text: str) -> str:
    text = clean(" ".join(text.split()))
    if len(text) > _PASSAGE_CHARACTERS:
        text = text[: _PASSAGE_CHARACTERS - 1] + "…"
    return f"“{text}”" if text else "nothing"
