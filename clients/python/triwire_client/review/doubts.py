"""The findings of a result in the order in which a reader of the page meets them, each with its places."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Article
from triwire.v1.article_service_pb2 import Finding, ProcessArticleResponse
from triwire_client.review.bodies import body_of
from triwire_client.review.marks import Mark
from triwire_client.words import SeverityWord, finding_kind, language_name, severity_word, summary_style


@dataclass(frozen=True, slots=True)
class Doubt:
    """A finding with its places on the page."""

    number: int
    """From 1, in reading order."""

    finding: Finding

    where: str
    """For people: "Korean (ko), block b5"."""

    output: str
    """Id of the element that shows the output."""

    language: str
    """Of the output."""

    column: int | None
    """Index of the translation; None for a summary."""

    length: int
    """Code points of the body that `finding.target` is a range of; 0 for a result as a whole."""

    source_index: int | None
    """Index of the source block that `finding.source` names; None if it names none."""

    @property
    def severity(self) -> SeverityWord:
        """How much it matters."""
        return severity_word(self.finding.severity)

    @property
    def kind(self) -> str:
        """What is doubted: "number mismatch"."""
        return finding_kind(self.finding.kind)


def block_output(column: int, index: int) -> str:
    """Id of the element that shows a translated block."""
    return f"translation-{column}-{index}"


def whole_output(column: int) -> str:
    """Id of the element that heads a translation."""
    return f"translation-{column}"


def summary_output(number: int, point: int | None = None) -> str:
    """Id of the element that shows a summary, or one of its statements."""
    return f"summary-{number}" if point is None else f"summary-{number}-{point}"


def source_output(index: int) -> str:
    """Id of the element that shows a source block."""
    return f"block-{index}"


def collect(response: ProcessArticleResponse, source: Article) -> list[Doubt]:
    """Every finding: those of summaries, of translations as a whole, and then block by block."""
    index_of = {block.block_id: index for index, block in enumerate(source.blocks)}
    places = _places(response, index_of)
    return [
        Doubt(number, finding, *place, index_of.get(finding.source.block_id) if finding.HasField("source") else None)
        for number, (finding, place) in enumerate(
            ((finding, place) for findings, place in places for finding in findings), start=1
        )
    ]


_Place = tuple[str, str, str, int | None, int]


def _places(
    response: ProcessArticleResponse, index_of: Mapping[str, int]
) -> Iterator[tuple[Iterable[Finding], _Place]]:
    for number, summary in enumerate(response.summaries):
        language = summary.target_language
        name = f"{summary_style(summary.style)} in {language_name(language)}"
        yield summary.findings, (f"{name}, as a whole", summary_output(number), language, None, 0)
        for index, point in enumerate(summary.points):
            where = f"{name}, statement {index + 1}"
            yield point.findings, (where, summary_output(number, index), language, None, len(point.text))
    by_block: dict[int, list[tuple[Iterable[Finding], _Place]]] = {}
    for column, translation in enumerate(response.translations):
        language = translation.target_language
        name = language_name(language)
        yield translation.findings, (f"{name}, as a whole", whole_output(column), language, column, 0)
        for made in translation.blocks:
            place = index_of.get(made.block.block_id)
            if place is not None:
                where = f"{name}, block {made.block.block_id}"
                found = (where, block_output(column, place), language, column, len(body_of(made.block)))
                by_block.setdefault(place, []).append((made.findings, found))
    for _, found_there in sorted(by_block.items()):
        yield from found_there


def marks_in_output(doubts: Sequence[Doubt]) -> list[Mark]:
    """Marks of the findings of one output in its body. One that concerns all of the body marks none of it."""
    return [
        Mark(doubt.finding.target.start, doubt.finding.target.end, "finding", str(doubt.number), doubt.severity)
        for doubt in doubts
        if doubt.finding.HasField("target")
        and (doubt.finding.target.start > 0 or doubt.finding.target.end < doubt.length)
    ]


def marks_in_source(doubts: Sequence[Doubt], body: str) -> list[Mark]:
    """Marks of the findings that name a passage of a source block."""
    marks = []
    for doubt in doubts:
        place = doubt.finding.source
        is_passage = place.HasField("range") and (place.range.start > 0 or place.range.end < len(body))
        if is_passage:
            marks.append(Mark(place.range.start, place.range.end, "finding", str(doubt.number), doubt.severity))
    return marks
