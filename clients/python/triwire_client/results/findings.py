"""The findings of a result as flat rows: each says where it is, what is doubted, and which passages it means."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.review.bodies import body_of
from triwire_client.words import SEVERITIES, finding_kind, language_name, severity_name, summary_style

Blocks = Mapping[str, article_pb2.Block]
"""Blocks of the source article by their ids."""


@dataclass(frozen=True, slots=True)
class ResultFinding:
    """Something an editor should look at. `pandas.DataFrame(result.findings)` makes a table of them."""

    target_language: str
    """Of the translation or summary that is doubted."""

    summary_style: str
    """"headline", "bullets" or "paragraph"; empty for a translation."""

    block_id: str
    """Of the translated block; empty for a summary, and for a translation as a whole."""

    statement: int | None
    """Of a summary, from 1; None for a translation, and for a summary as a whole."""

    severity: str
    """"critical", "warning" or "info", as docs/findings.md explains them."""

    kind: str
    """What is doubted: "number_mismatch"."""

    expected: str
    """What the source, or the glossary, has: "2016"; empty if nothing."""

    actual: str
    """What the output has: "2010"; empty if nothing."""

    message: str
    """For people, in English."""

    source_block_id: str
    """Block of the source that is meant; empty if there is none."""

    source_text: str
    """The passage there, as it stands in the body of the block; the whole body if the finding means all of it."""

    source_range: tuple[int, int] | None
    """[start, end) of that passage in the body, code points; None for the whole block or none."""

    target_text: str
    """The passage of the output; empty if there is none."""

    target_range: tuple[int, int] | None
    """[start, end) of that passage in the body of the block or statement, code points; None if there is none."""

    @property
    def where(self) -> str:
        """For people: "Korean (ko), block b5"."""
        language = language_name(self.target_language)
        if not self.summary_style:
            return f"{language}, {f'block {self.block_id}' if self.block_id else 'as a whole'}"
        place = "as a whole" if self.statement is None else f"statement {self.statement}"
        return f"{self.summary_style} in {language}, {place}"

    @property
    def is_critical(self) -> bool:
        """Whether it is not to be published before somebody has looked."""
        return self.severity == "critical"

    @property
    def words(self) -> str:
        """What is doubted, for people: "number mismatch (expected “2016”, is nothing)"."""
        kind = self.kind.replace("_", " ")
        if self.expected or self.actual:
            return f"{kind} (expected {_quoted(self.expected)}, is {_quoted(self.actual)})"
        return f"{kind}: {self.message}" if self.message else kind

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


def worst(findings: Iterable[ResultFinding]) -> str:
    """The most serious severity of findings; empty if there are none."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default="")


def of_translation(translation: article_service_pb2.Translation, blocks: Blocks) -> Iterator[ResultFinding]:
    """Findings of a translation as a whole, then those of its blocks."""
    for finding in translation.findings:
        yield _flat(finding, blocks, target_language=translation.target_language)
    for block in translation.blocks:
        yield from of_block(block, translation.target_language, blocks)


def of_block(
    block: article_service_pb2.TranslatedBlock, target_language: str, blocks: Blocks
) -> Iterator[ResultFinding]:
    """Findings of a translated block."""
    for finding in block.findings:
        yield _flat(
            finding, blocks, body_of(block.block), target_language=target_language, block_id=block.block.block_id
        )


def of_summary(summary: article_service_pb2.Summary, blocks: Blocks) -> Iterator[ResultFinding]:
    """Findings of a summary as a whole, then those of its statements."""
    language, style = summary.target_language, summary_style(summary.style)
    for finding in summary.findings:
        yield _flat(finding, blocks, target_language=language, style=style)
    for number, point in enumerate(summary.points, 1):
        for finding in point.findings:
            yield _flat(finding, blocks, point.text, target_language=language, style=style, statement=number)


def _flat(
    finding: article_service_pb2.Finding,
    blocks: Blocks,
    body: str = "",
    *,
    target_language: str,
    style: str = "",
    block_id: str = "",
    statement: int | None = None,
) -> ResultFinding:
    source_block = blocks.get(finding.source.block_id)
    source_body = "" if source_block is None else body_of(source_block)
    source_range = _range(finding.source.range) if finding.source.HasField("range") else None
    target_range = _range(finding.target) if finding.HasField("target") else None
    return ResultFinding(
        target_language=target_language,
        summary_style=style,
        block_id=block_id,
        statement=statement,
        severity=severity_name(finding.severity),
        kind=finding_kind(finding.kind).replace(" ", "_"),
        expected=finding.expected,
        actual=finding.actual,
        message=finding.message,
        source_block_id=finding.source.block_id,
        source_text=_passage(source_body, source_range) if source_range else source_body,
        source_range=source_range,
        target_text=_passage(body, target_range) if target_range else "",
        target_range=target_range,
    )


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def _range(place: article_pb2.TextRange) -> tuple[int, int]:
    return place.start, place.end


def _passage(body: str, place: tuple[int, int]) -> str:
    start, end = place
    return body[max(start, 0) : max(end, 0)]
