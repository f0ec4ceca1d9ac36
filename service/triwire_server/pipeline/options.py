"""What a request's options ask for, and what becomes of those that a model cannot do."""

from collections.abc import Sequence

from triwire.v1 import article_service_pb2
from triwire_server.engine.models.base import ModelCard
from triwire_server.engine.segment import Register, SummarySpec, SummaryStyle
from triwire_server.text.language import base_language

Finding = article_service_pb2.Finding

_STYLES = {
    article_service_pb2.SUMMARY_STYLE_HEADLINE: SummaryStyle.HEADLINE,
    article_service_pb2.SUMMARY_STYLE_BULLETS: SummaryStyle.BULLETS,
    article_service_pb2.SUMMARY_STYLE_PARAGRAPH: SummaryStyle.PARAGRAPH,
}
_DEFAULT_MAX_CHARACTERS = {SummaryStyle.HEADLINE: 80, SummaryStyle.BULLETS: 400, SummaryStyle.PARAGRAPH: 600}
_DEFAULT_BULLET_COUNT = 3


def register_of(style: article_service_pb2.HouseStyle) -> Register:
    """The register asked for; REGISTER_NEWS by default."""
    return Register.POLITE if style.register == article_service_pb2.REGISTER_POLITE else Register.NEWS


def summary_spec(options: article_service_pb2.SummaryOptions, target_language: str) -> SummarySpec:
    """The summary asked for, with the contract's defaults: half as many characters in Korean and Japanese."""
    style = _STYLES[options.style]
    default = _DEFAULT_MAX_CHARACTERS[style] // (2 if base_language(target_language) in ("ko", "ja") else 1)
    return SummarySpec(
        style=style,
        max_characters=options.max_characters or default,
        bullet_count=options.bullet_count or _DEFAULT_BULLET_COUNT,
    )


def option_findings(
    style: article_service_pb2.HouseStyle, target_language: str, cards: Sequence[ModelCard]
) -> list[Finding]:
    """KIND_OPTION_NOT_APPLIED for each house style option that these models do not follow."""
    findings = []
    if style.terms:
        findings.append(not_applied("house_style.terms", "terms are not applied yet"))
    if base_language(target_language) in ("ko", "ja") and any(
        register_of(style) not in card.registers for card in cards[-1:]
    ):
        findings.append(not_applied("house_style.register", "the model does not write this register"))
    return findings


def not_applied(option: str, message: str) -> Finding:
    """A finding that says which option had no effect."""
    return Finding(
        kind=Finding.KIND_OPTION_NOT_APPLIED,
        severity=Finding.SEVERITY_WARNING,
        expected=option,
        message=message,
    )
