"""Translates the blocks of one article: plans their segments, and puts what became of them together again."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.pipeline.article import body_of, language_of, with_body
from triwire_server.pipeline.attempts import (
    PlannedSegment,
    SegmentTranslator,
    SegmentWork,
    Translated,
    plan_segments,
)
from triwire_server.pipeline.house_terms import NO_TERMS, HouseTerms
from triwire_server.pipeline.options import register_findings, register_of
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Register
from triwire_server.text.alignment import align_sentences
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language

Finding = article_service_pb2.Finding

_NOT_TRANSLATED = (article_pb2.BLOCK_KIND_BOILERPLATE, article_pb2.BLOCK_KIND_RELATED_LINK)


class DirectionUnsupported(LookupError):
    """No model, and no two through English, translate from `source` to `target`."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"{source} to {target} is not served")
        self.source = source
        self.target = target


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block with its segments; without any, it is copied."""

    block: article_pb2.Block
    language: str
    route: Sequence[ModelCard]
    segments: Sequence[PlannedSegment]


@dataclass(frozen=True, slots=True)
class TranslationPlan:
    """One translation of an article, before any model ran."""

    source_language: str
    target_language: str
    """As the request wrote it, region included."""

    blocks: Sequence[PlannedBlock]
    register: Register
    terms: HouseTerms
    include_sentences: bool
    models: Sequence[str]

    @property
    def estimated_tokens(self) -> int:
        """Tokens the models will read and write, roughly: an output is about as long as its input."""
        return sum(2 * segment.num_tokens * len(block.route) for block in self.blocks for segment in block.segments)


class Translator:
    """Plans and makes translations with the models of a deployment.

    Args:
        engine: that runs the models.
        catalog: of the models.
        repair: whether a broken segment is decoded once more.
    """

    def __init__(self, engine: Engine, catalog: ModelCatalog, *, repair: bool = True) -> None:
        self._engine = engine
        self._catalog = catalog
        self._segments = SegmentTranslator(engine, repair=repair)

    def plan(
        self,
        article: article_pb2.Article,
        target_language: str,
        options: article_service_pb2.TranslationOptions,
        house_style: article_service_pb2.HouseStyle,
        terms: HouseTerms = NO_TERMS,
    ) -> TranslationPlan:
        """Choose models and split the wanted blocks into segments. Pure computation; may take milliseconds.

        Args:
            article: what is translated, with block ids.
            target_language: BCP-47 tag.
            options: of the request.
            house_style: of the request; its terms are in `terms`.
            terms: of the request.

        Raises:
            DirectionUnsupported: no route between a block's language and the target.
            NotFound: MODEL_NOT_FOUND.
        """
        target = base_language(target_language)
        wanted = set(options.block_kinds)
        blocks = []
        used: dict[str, None] = {}
        for block in article.blocks:
            if not _is_wanted(block, wanted):
                continue
            language = language_of(block, article)
            route: Sequence[ModelCard] = []
            segments: Sequence[PlannedSegment] = []
            if language != target:
                route = self._route(language, target, options.model)
                segments = self._split(body_of(block), language, route[0], is_html=_is_html(block))
                if segments:
                    used.update((card.full_name, None) for card in route)
            blocks.append(PlannedBlock(block, language, route, segments))
        return TranslationPlan(
            source_language=article.language,
            target_language=target_language,
            blocks=blocks,
            register=register_of(house_style),
            terms=terms,
            include_sentences=options.include_sentences,
            models=list(used),
        )

    async def translate_block(
        self, call: EngineCall, plan: TranslationPlan, planned: PlannedBlock
    ) -> article_service_pb2.TranslatedBlock:
        """Translate one block; segments run at once.

        Raises:
            DeadlineExceeded, InferenceFailed: of any segment.
        """
        made = await asyncio.gather(
            *(self._segments.translate(call, _work(plan, planned, segment)) for segment in planned.segments)
        )
        return _joined(plan, planned, made) if planned.segments else _copied(plan, planned)

    def whole(
        self, plan: TranslationPlan, blocks: Sequence[article_service_pb2.TranslatedBlock]
    ) -> article_service_pb2.Translation:
        """The translation of an article from its blocks, in the order of the plan."""
        running_text = [
            plain_text(made.block)
            for made, planned in zip(blocks, plan.blocks, strict=True)
            if planned.segments and made.block.kind != article_pb2.BLOCK_KIND_HEADLINE
        ]
        return article_service_pb2.Translation(
            source_language=plan.source_language,
            target_language=plan.target_language,
            blocks=blocks,
            findings=register_findings(running_text, plan.target_language, plan.register),
            models=plan.models,
        )

    async def translate_text(
        self,
        call: EngineCall,
        route: Sequence[ModelCard],
        text: str,
        source: str,
        target: str,
        register: Register,
        terms: HouseTerms,
    ) -> tuple[str, list[Finding]]:
        """Translate a statement that is no block of an article, such as a point of a summary."""
        segments = await asyncio.to_thread(self._split, text, source, route[0], is_html=False)
        planned = PlannedBlock(article_pb2.Block(text=text), source, route, segments)
        plan = TranslationPlan(source, target, [planned], register, terms, False, [])
        result = await self.translate_block(call, plan, planned)
        for finding in result.findings:
            finding.ClearField("source")
        return result.block.text, list(result.findings)

    def _split(self, body: str, language: str, card: ModelCard, *, is_html: bool) -> list[PlannedSegment]:
        return plan_segments(body, language, card, self._engine, is_html=is_html)

    def _route(self, source: str, target: str, model: str) -> Sequence[ModelCard]:
        try:
            return self._catalog.route(source, target, model)
        except LookupError:
            raise DirectionUnsupported(source, target) from None


def _work(plan: TranslationPlan, planned: PlannedBlock, segment: PlannedSegment) -> SegmentWork:
    block = planned.block
    return SegmentWork(
        source=body_of(block)[segment.start : segment.end],
        is_html=_is_html(block),
        protected=segment.protected,
        source_language=planned.language,
        target_language=base_language(plan.target_language),
        route=planned.route,
        register=plan.register,
        is_headline=block.kind == article_pb2.BLOCK_KIND_HEADLINE,
        terms=plan.terms,
    )


def _copied(plan: TranslationPlan, planned: PlannedBlock) -> article_service_pb2.TranslatedBlock:
    """A block that has no segment to translate."""
    copied = with_body(planned.block, body_of(planned.block))
    if planned.language != base_language(plan.target_language):
        copied.language = planned.language
    return article_service_pb2.TranslatedBlock(block=copied)


def _joined(
    plan: TranslationPlan, planned: PlannedBlock, made: Sequence[Translated]
) -> article_service_pb2.TranslatedBlock:
    """A block of its translated segments, with all places counted in the bodies of the block."""
    body = body_of(planned.block)
    target = base_language(plan.target_language)
    result = article_service_pb2.TranslatedBlock()
    written = ""
    position = 0
    for segment, translated in zip(planned.segments, made, strict=True):
        written += join_gap(body[position : segment.start], planned.language, target, is_first=position == 0)
        start = len(written)
        written += translated.text
        position = segment.end
        if plan.include_sentences:
            result.sentences.extend(_sentences(planned, segment, translated.text, target, start))
        for finding in translated.findings:
            _place(finding, planned.block.block_id, segment, start, len(written))
            result.findings.append(finding)
    result.block.CopyFrom(with_body(planned.block, written + body[position:]))
    return result


def _sentences(
    planned: PlannedBlock, segment: PlannedSegment, text: str, target: str, start: int
) -> Iterator[article_service_pb2.AlignedSentence]:
    """Which sentences of a segment became which of `text`, that begins at `start` in the body to be."""
    source = body_of(planned.block)[segment.start : segment.end]
    aligned = align_sentences(source, text, planned.language, target, is_html=_is_html(planned.block))
    for (first, last), (target_first, target_last) in aligned:
        yield article_service_pb2.AlignedSentence(
            source=article_pb2.TextRange(start=segment.start + first, end=segment.start + last),
            target=article_pb2.TextRange(start=start + target_first, end=start + target_last),
        )


def _is_html(block: article_pb2.Block) -> bool:
    return block.WhichOneof("body") == "inline_html"


def join_gap(gap: str, source: str, target: str, *, is_first: bool) -> str:
    """What stands between two translated segments: Japanese sentences follow each other without a space."""
    if is_first or (gap.strip() or "\n" in gap):
        return gap
    if target == "ja":
        return ""
    return gap or (" " if source == "ja" else "")


def _is_wanted(block: article_pb2.Block, wanted: Collection[int]) -> bool:
    if wanted:
        kind = block.kind or article_pb2.BLOCK_KIND_PARAGRAPH
        return kind in wanted
    return block.kind not in _NOT_TRANSLATED


def _place(finding: Finding, block_id: str, segment: PlannedSegment, start: int, end: int) -> None:
    """Turn places within a segment into places within the bodies of its block, where it became [start, end)."""
    if finding.source.HasField("range"):
        finding.source.range.start += segment.start
        finding.source.range.end += segment.start
    else:
        finding.source.range.CopyFrom(article_pb2.TextRange(start=segment.start, end=segment.end))
    finding.source.block_id = block_id
    if finding.HasField("target"):
        finding.target.start += start
        finding.target.end = min(finding.target.end + start, end)
