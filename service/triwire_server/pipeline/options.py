"""What a request's options ask for, and what becomes of those that a model cannot do."""

from collections.abc import Sequence

from triwire.v1 import article_service_pb2
from triwire_server.segment import Register, SummarySpec, SummaryStyle
from triwire_server.text.language import base_language
from triwire_server.text.register import check_register

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


def register_findings(texts: Sequence[str], language: str, register: Register) -> list[Finding]:
    """KIND_OPTION_NOT_APPLIED if most sentences of an output end in another register than the one asked for.

    Args:
        texts: the output's running text as plain text, headlines left out.
        language: BCP-47 tag of the output.
        register: asked for.
    """
    findings = check_register("\n".join(texts), language, register)
    for finding in findings:
        finding.ClearField("target")  # a place in no single body
    return findings


def not_applied(option: str, message: str) -> Finding:
    """A finding that says which option had no effect."""
    return Finding(
        kind=Finding.KIND_OPTION_NOT_APPLIED,
        severity=Finding.SEVERITY_WARNING,
        expected=option,
        message=message,
    )
