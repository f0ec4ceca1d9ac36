"""Translates the blocks of one article: split, protect, generate, restore, check, and once more where it is broken."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.engine import Engine, EngineCall
from triwire_server.engine.models.base import ModelCard
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.engine.segment import Register, Segment, Task
from triwire_server.pipeline.article import body_of, language_of, with_body
from triwire_server.pipeline.options import option_findings, register_of
from triwire_server.text.findings import check_translation, is_broken
from triwire_server.text.language import base_language
from triwire_server.text.placeholders import Protected, protect
from triwire_server.text.segment import split_segments

Finding = article_service_pb2.Finding

_NOT_TRANSLATED = (article_pb2.BLOCK_KIND_BOILERPLATE, article_pb2.BLOCK_KIND_RELATED_LINK)


class DirectionUnsupported(LookupError):
    """No model, and no two through English, translate from `source` to `target`."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"{source} to {target} is not served")
        self.source = source
        self.target = target


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A passage of a block's body as the model will read it."""

    start: int
    end: int
    protected: Protected
    num_tokens: int


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
    include_sentences: bool
    findings: Sequence[Finding]
    models: Sequence[str]

    @property
    def estimated_tokens(self) -> int:
        """Tokens the models will read and write, roughly: an output is about as long as its input."""
        return sum(2 * segment.num_tokens * len(block.route) for block in self.blocks for segment in block.segments)


class Translator:
    """Plans and makes translations with the models of a deployment."""

    def __init__(self, engine: Engine, catalog: ModelCatalog) -> None:
        self._engine = engine
        self._catalog = catalog

    def plan(
        self,
        article: article_pb2.Article,
        target_language: str,
        options: article_service_pb2.TranslationOptions,
        house_style: article_service_pb2.HouseStyle,
    ) -> TranslationPlan:
        """Choose models and split the wanted blocks into segments. Pure computation; may take milliseconds.

        Raises:
            DirectionUnsupported: no route between a block's language and the target.
            NotFound: MODEL_NOT_FOUND.
        """
        target = base_language(target_language)
        wanted = set(options.block_kinds)
        blocks = []
        used: dict[str, ModelCard] = {}
        for block in article.blocks:
            if not _is_wanted(block, wanted):
                continue
            language = language_of(block, article)
            route: Sequence[ModelCard] = []
            segments: Sequence[PlannedSegment] = []
            if language != target:
                route = self._route(language, target, options.model)
                segments = self._split(block, language, route[0])
                if segments:
                    used.update((card.full_name, card) for card in route)
            blocks.append(PlannedBlock(block, language, route, segments))
        return TranslationPlan(
            source_language=article.language,
            target_language=target_language,
            blocks=blocks,
            register=register_of(house_style),
            include_sentences=options.include_sentences,
            findings=option_findings(house_style, target, list(used.values())),
            models=list(used),
        )

    async def translate_block(
        self, call: EngineCall, plan: TranslationPlan, planned: PlannedBlock
    ) -> article_service_pb2.TranslatedBlock:
        """Translate one block; segments run at once.

        Raises:
            DeadlineExceeded, InferenceFailed: of any segment.
        """
        block = planned.block
        target = base_language(plan.target_language)
        made = await asyncio.gather(*(self._segment(call, plan, planned, segment) for segment in planned.segments))
        body = body_of(block)
        if not planned.segments:
            copied = with_body(block, body)
            if planned.language != base_language(plan.target_language):
                copied.language = planned.language
            return article_service_pb2.TranslatedBlock(block=copied)
        result = article_service_pb2.TranslatedBlock()
        pieces: list[str] = []
        length = 0
        position = 0
        is_html = block.WhichOneof("body") == "inline_html"
        for segment, (text, findings) in zip(planned.segments, made, strict=True):
            gap = join_gap(body[position : segment.start], planned.language, target, is_first=not pieces)
            pieces += [gap, text]
            start = length + len(gap)
            length = start + len(text)
            position = segment.end
            if plan.include_sentences:
                result.sentences.add(
                    source=article_pb2.TextRange(start=segment.start, end=segment.end),
                    target=article_pb2.TextRange(start=start, end=length),
                )
            for finding in findings:
                _place(finding, block.block_id, segment, start, length, is_html=is_html)
                result.findings.append(finding)
        pieces.append(body[position:])
        result.block.CopyFrom(with_body(block, "".join(pieces)))
        return result

    def summary_of(self, plan: TranslationPlan) -> article_service_pb2.Translation:
        """What is known of the translation as a whole, without its blocks."""
        return article_service_pb2.Translation(
            source_language=plan.source_language,
            target_language=plan.target_language,
            findings=plan.findings,
            models=plan.models,
        )

    async def translate_text(
        self, call: EngineCall, route: Sequence[ModelCard], text: str, source: str, target: str, register: Register
    ) -> tuple[str, list[Finding]]:
        """Translate a statement that is no block of an article, such as a point of a summary."""
        segments = await asyncio.to_thread(self._split_text, text, source, route[0], False)
        planned = PlannedBlock(article_pb2.Block(text=text), source, route, segments)
        plan = TranslationPlan(source, target, [planned], register, False, [], [])
        result = await self.translate_block(call, plan, planned)
        for finding in result.findings:
            finding.ClearField("source")
        return result.block.text, list(result.findings)

    def _route(self, source: str, target: str, model: str) -> Sequence[ModelCard]:
        try:
            return self._catalog.route(source, target, model)
        except LookupError:
            raise DirectionUnsupported(source, target) from None

    def _split(self, block: article_pb2.Block, language: str, card: ModelCard) -> list[PlannedSegment]:
        return self._split_text(body_of(block), language, card, block.WhichOneof("body") == "inline_html")

    def _split_text(self, body: str, language: str, card: ModelCard, is_html: bool) -> list[PlannedSegment]:
        def count(piece: str) -> int:
            return self._engine.count_tokens(card.full_name, protect(piece, is_html=is_html).text, language)

        ranges = split_segments(body, language, lambda piece: count(piece) <= card.max_input_tokens, is_html=is_html)
        planned = []
        for start, end in ranges:
            protected = protect(body[start:end], is_html=is_html)
            # A passage without a letter ("***", "2-1") reads the same in every language.
            if any(character.isalpha() for character in body[start:end]):
                planned.append(PlannedSegment(start, end, protected, count(body[start:end])))
        return planned

    async def _segment(
        self, call: EngineCall, plan: TranslationPlan, planned: PlannedBlock, segment: PlannedSegment
    ) -> tuple[str, list[Finding]]:
        """Translate one segment, twice if the first output is broken, and keep the better one."""
        text, findings = await self._attempt(call, plan, planned, segment, attempt=0)
        if is_broken(findings):
            second_text, second = await self._attempt(call, plan, planned, segment, attempt=1)
            if doubt(second) < doubt(findings):
                return second_text, second
        return text, findings

    async def _attempt(
        self, call: EngineCall, plan: TranslationPlan, planned: PlannedBlock, segment: PlannedSegment, *, attempt: int
    ) -> tuple[str, list[Finding]]:
        text = segment.protected.text
        target = base_language(plan.target_language)
        language = planned.language
        truncated = False
        for index, card in enumerate(planned.route):
            is_last = index == len(planned.route) - 1
            step_target = target if is_last else "en"
            request = Segment(
                task=Task.TRANSLATION,
                text=text,
                source_language=language,
                target_language=step_target,
                is_headline=planned.block.kind == article_pb2.BLOCK_KIND_HEADLINE,
                register=plan.register,
                attempt=attempt,
            )
            pieces = [request] if index == 0 else self._refit(request, card)
            outputs = await call.generate(card.full_name, pieces)
            truncated = truncated or any(output.truncated for output in outputs)
            glue = "" if step_target == "ja" else " "
            text, language = glue.join(output.text.strip() for output in outputs), step_target
        findings = check_translation(segment.protected.text, text, planned.language, target)
        restored, lost = segment.protected.restore(text)
        if truncated:
            findings.append(truncation())
        return restored, [*findings, *lost]

    def _refit(self, segment: Segment, card: ModelCard) -> list[Segment]:
        """Split the English between two models anew: the first may have written more than the second reads."""
        pieces = self._split_text(segment.text, segment.source_language, card, is_html=False)
        if len(pieces) <= 1:
            return [segment]
        return [replace(segment, text=segment.text[piece.start : piece.end]) for piece in pieces]


def join_gap(gap: str, source: str, target: str, *, is_first: bool) -> str:
    """What stands between two translated segments: Japanese sentences follow each other without a space."""
    if is_first or (gap.strip() or "\n" in gap):
        return gap
    if target == "ja":
        return ""
    return gap or (" " if source == "ja" else "")


def doubt(findings: Sequence[Finding]) -> tuple[int, int]:
    """How doubtful an output is: first by its number of critical findings, then by all."""
    return sum(finding.severity == Finding.SEVERITY_CRITICAL for finding in findings), len(findings)


def truncation() -> Finding:
    """The finding for an output that stopped at a token limit."""
    return Finding(
        kind=Finding.KIND_OUTPUT_TRUNCATED,
        severity=Finding.SEVERITY_CRITICAL,
        message="the output stopped at the model's token limit",
    )


def _is_wanted(block: article_pb2.Block, wanted: Collection[int]) -> bool:
    if wanted:
        kind = block.kind or article_pb2.BLOCK_KIND_PARAGRAPH
        return kind in wanted
    return block.kind not in _NOT_TRANSLATED


def _place(finding: Finding, block_id: str, segment: PlannedSegment, start: int, end: int, *, is_html: bool) -> None:
    """Turn places within a segment into places within the bodies of its block."""
    # Markup and placeholders make what was checked differ from the body: then the whole segment is the place.
    is_exact = not is_html and len(segment.protected.text) == segment.end - segment.start
    if is_exact and finding.source.HasField("range"):
        finding.source.range.start += segment.start
        finding.source.range.end += segment.start
    else:
        finding.source.range.CopyFrom(article_pb2.TextRange(start=segment.start, end=segment.end))
    finding.source.block_id = block_id
    if finding.HasField("target"):
        if is_exact:
            finding.target.start += start
            finding.target.end = min(finding.target.end + start, end)
        else:
            finding.target.CopyFrom(article_pb2.TextRange(start=start, end=end))
