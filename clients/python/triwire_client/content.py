"""What callers may pass for content, options and enum values."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from triwire.v1 import article_pb2, article_service_pb2

PriorityName = Literal["interactive", "standard", "bulk"]
StyleName = Literal["headline", "bullets", "paragraph"]
CleaningName = Literal["none", "page"]


@dataclass(frozen=True, slots=True)
class Html:
    """An HTML page or fragment; a plain `str` is plain text."""

    html: str
    """Markup."""


ContentLike: TypeAlias = str | Html | article_pb2.Article | article_pb2.Content
SummaryLike: TypeAlias = StyleName | article_service_pb2.SummaryOptions
PriorityLike: TypeAlias = PriorityName | article_service_pb2.Priority.ValueType


def to_content(content: ContentLike, language: str = "", cleaning: CleaningName | None = None) -> article_pb2.Content:
    """The contract's message for what a caller passed.

    Raises:
        TypeError: it is none of the types that mean content.
        ValueError: an unknown name for the cleaning.
    """
    if isinstance(content, article_pb2.Content):
        message = article_pb2.Content()
        message.CopyFrom(content)
    elif isinstance(content, article_pb2.Article):
        message = article_pb2.Content(article=content)
    elif isinstance(content, Html):
        message = article_pb2.Content(html=content.html)
    elif isinstance(content, str):
        message = article_pb2.Content(text=content)
    else:  # callers without a type checker
        raise TypeError(f"content is str, Html, Article or Content, not {type(content).__name__}")
    if language:
        message.language = language
    if cleaning is not None:
        message.cleaning = article_pb2.Cleaning.Value(_name("CLEANING", cleaning, CleaningName))
    return message


def to_priority(priority: PriorityLike) -> article_service_pb2.Priority.ValueType:
    """The priority for its name or its value.

    Raises:
        ValueError: an unknown name.
    """
    if isinstance(priority, str):
        return article_service_pb2.Priority.Value(_name("PRIORITY", priority, PriorityName))
    return priority


def to_summaries(
    summaries: Iterable[SummaryLike], target_language: str = ""
) -> list[article_service_pb2.SummaryOptions]:
    """Summary options; a style's name means that style with the defaults.

    Raises:
        ValueError: an unknown name.
    """
    return [to_summary(summary, target_language) for summary in summaries]


def to_summary(summary: SummaryLike, target_language: str = "") -> article_service_pb2.SummaryOptions:
    """One summary's options, see `to_summaries`."""
    if isinstance(summary, article_service_pb2.SummaryOptions):
        return summary
    name = _name("SUMMARY_STYLE", summary, StyleName)
    return article_service_pb2.SummaryOptions(
        style=article_service_pb2.SummaryStyle.Value(name), target_language=target_language
    )


def parse_summary(text: str) -> article_service_pb2.SummaryOptions:
    """Summary options for "bullets" or "headline:ko".

    Raises:
        ValueError: an unknown style.
    """
    style, _, language = text.partition(":")
    return to_summary(style, language)  # type: ignore[arg-type]  # it refuses other names


def _name(prefix: str, name: str, names: Any) -> str:
    """The contract's name for one of those that a `Literal` allows; callers without a type checker may have others."""
    if name not in get_args(names):
        raise ValueError(f"{name!r} is not one of {', '.join(get_args(names))}")
    return f"{prefix}_{name.upper()}"


def without_cdata(value: str) -> str:
    """XHTML whose CDATA sections are escaped text, which means the same: HTML knows no CDATA."""
    before, *sections = value.split("<![CDATA[")
    parts = [before]
    for section in sections:
        words, end, after = section.partition("]]>")
        parts += [html.escape(words, quote=False), after] if end else ["<![CDATA[", section]
    return "".join(parts)
