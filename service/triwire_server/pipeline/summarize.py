"""Summarizes one article: the readable blocks in order, by sections where they are more than the model reads."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.engine import Engine, EngineCall
from triwire_server.engine.models.base import ModelCard
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.engine.segment import Output, Register, Segment, SummarySpec, SummaryStyle, Task
from triwire_server.pipeline.attempts import doubt, truncation
from triwire_server.pipeline.house_terms import NO_TERMS, HouseTerms
from triwire_server.pipeline.options import not_applied, register_findings, register_of, summary_spec
from triwire_server.pipeline.translate import DirectionUnsupported, Translator
from triwire_server.text.findings import check_summary, is_broken
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language
from triwire_server.text.segment import split_segments
from triwire_server.text.summary import extract_sentences, parse_points, readable_blocks, source_block_ids
from triwire_server.text.talk import strip_talk

Finding = article_service_pb2.Finding

EXTRACTIVE = "extractive"
"""Name of the summarizer that chooses sentences and needs no weights."""

_SECTION_SPEC = SummarySpec(style=SummaryStyle.PARAGRAPH, max_characters=400)


@dataclass(frozen=True, slots=True)
class SummaryPlan:
    """One summary of an article, before any model ran."""

    article: article_pb2.Article
    options: article_service_pb2.SummaryOptions
    source_language: str
    target_language: str
    """Without region."""

    spec: SummarySpec
    card: ModelCard
    translation_route: Sequence[ModelCard]
    """Models that bring the points into the target language; empty if the summarizer writes it itself."""

    sections: Sequence[str]
    """The text to read, in order, each within the model's limit; a summary of summaries where there are several."""

    register: Register
    terms: HouseTerms
    estimated_tokens: int

    @property
    def written_language(self) -> str:
        """Language that the summarizer writes."""
        return self.source_language if self.translation_route else self.target_language


class Summarizer:
    """Plans and makes summaries with the models of a deployment."""

    def __init__(self, engine: Engine, catalog: ModelCatalog, translator: Translator) -> None:
        self._engine = engine
        self._catalog = catalog
        self._translator = translator

    def plan(
        self,
        article: article_pb2.Article,
        options: article_service_pb2.SummaryOptions,
        house_style: article_service_pb2.HouseStyle,
        terms: HouseTerms = NO_TERMS,
    ) -> SummaryPlan:
        """Choose models and cut the article into sections at block and sentence ends.

        Raises:
            DirectionUnsupported: nothing summarizes the article's language, or brings it into the target.
            NotFound: MODEL_NOT_FOUND.
        """
        source = base_language(article.language)
        target = base_language(options.target_language) or source
        route: Sequence[ModelCard] = []
        try:
            card = self._catalog.resolve(Task.SUMMARIZATION, source, target, options.model)
        except LookupError:
            try:
                card = self._catalog.resolve(Task.SUMMARIZATION, source, source, options.model)
                route = self._catalog.route(source, target)
            except LookupError:
                raise DirectionUnsupported(source, target) from None
        blocks = [plain_text(block) for block in readable_blocks(article)]
        sections: list[str] = []
        estimated_tokens = 0
        if card.name != EXTRACTIVE:
            sections = self._sections(blocks, source, card)
            estimated_tokens = sum(self._engine.count_tokens(card.full_name, text, source) for text in sections) + 200
        return SummaryPlan(
            article=article,
            options=options,
            source_language=source,
            target_language=target,
            spec=summary_spec(options, target),
            card=card,
            translation_route=route,
            sections=sections,
            register=register_of(house_style),
            terms=terms,
            estimated_tokens=estimated_tokens,
        )

    async def summarize(self, call: EngineCall, plan: SummaryPlan) -> article_service_pb2.Summary:
        """Write one summary.

        Raises:
            DeadlineExceeded, InferenceFailed.
        """
        summary = article_service_pb2.Summary(
            style=plan.options.style,
            source_language=plan.article.language,
            target_language=plan.options.target_language or plan.article.language,
            models=[card.full_name for card in (plan.card, *plan.translation_route)],
        )
        if plan.card.name == EXTRACTIVE:
            chosen = await asyncio.to_thread(
                extract_sentences, plan.article, plan.spec.style, plan.spec.bullet_count, plan.spec.max_characters
            )
            points = [text for text, _ in chosen]
            sources = [[block_id] for _, block_id in chosen]
            found: list[list[Finding]] = [[] for _ in points]
            call.usage.segments += 1
        else:
            points, found, whole = await self._write(call, plan)
            sources = [source_block_ids(plan.article, point, plan.written_language) for point in points]
            summary.findings.extend(whole)
        if plan.translation_route:
            translated = await asyncio.gather(
                *(
                    self._translator.translate_text(
                        call,
                        plan.translation_route,
                        point,
                        plan.source_language,
                        plan.target_language,
                        plan.register,
                        plan.terms,
                    )
                    for point in points
                )
            )
            points = [text for text, _ in translated]
            found = [[*before, *after] for before, (_, after) in zip(found, translated, strict=True)]
        for text, block_ids, findings in zip(points, sources, found, strict=True):
            summary.points.add(text=text, source_block_ids=block_ids, findings=findings)
        summary.findings.extend(_length_findings(plan, points))
        if plan.spec.style is not SummaryStyle.HEADLINE and plan.card.name != EXTRACTIVE:
            summary.findings.extend(register_findings(points, plan.target_language, plan.register))
        return summary

    async def _write(self, call: EngineCall, plan: SummaryPlan) -> tuple[list[str], list[list[Finding]], list[Finding]]:
        """Points, the findings of each, and those of the whole: written twice if the first is broken."""
        sections = list(plan.sections)
        while len(sections) > 1:
            shorter = await self._reduce(call, plan, sections)
            if len(shorter) >= len(sections):
                # The model writes as much as it reads: the sections' summaries side by side are the summary.
                sections = [" ".join(shorter)]
                break
            sections = shorter
        request = Segment(
            task=Task.SUMMARIZATION,
            text=sections[0],
            source_language=plan.source_language,
            target_language=plan.written_language,
            register=plan.register,
            summary=plan.spec,
        )
        best: tuple[list[str], list[list[Finding]], list[Finding]] | None = None
        for attempt in (0, 1):
            [output] = await call.generate(plan.card.full_name, [replace(request, attempt=attempt)])
            made = _read_answer(plan, output)
            if best is None or _doubt_of(made) < _doubt_of(best):
                best = made
            if not is_broken([*made[2], *(finding for point in made[1] for finding in point)]) and not _has_talk(made):
                break
        assert best is not None  # noqa: S101 - the loop runs at least once; for the type checker
        return best

    async def _reduce(self, call: EngineCall, plan: SummaryPlan, sections: Sequence[str]) -> list[str]:
        """Summaries of the sections, joined into as few texts as the model reads."""
        outputs = await call.generate(
            plan.card.full_name,
            [
                Segment(
                    task=Task.SUMMARIZATION,
                    text=text,
                    source_language=plan.source_language,
                    target_language=plan.source_language,
                    summary=_SECTION_SPEC,
                )
                for text in sections
            ],
        )
        partial = [strip_talk(output.text, plan.source_language)[0] for output in outputs]
        return await asyncio.to_thread(self._sections, partial, plan.source_language, plan.card)

    def _sections(self, texts: Sequence[str], language: str, card: ModelCard) -> list[str]:
        """Join texts in order into sections that the model can read, cutting a text only if it alone is too long."""

        def count(text: str) -> int:
            return self._engine.count_tokens(card.full_name, text, language)

        limit = card.max_input_tokens
        sections: list[str] = []
        lines: list[str] = []
        used = 0
        for text in texts:
            if count(text) > limit:
                ranges = split_segments(text, language, lambda piece: count(piece) <= limit)
                pieces = [text[start:end] for start, end in ranges]
            else:
                pieces = [text]
            for piece in pieces:
                # Two tokens more for the blank line between blocks.
                length = count(piece) + 2
                if lines and used + length > limit:
                    sections.append("\n\n".join(lines))
                    lines, used = [], 0
                lines.append(piece)
                used += length
        return [*sections, "\n\n".join(lines)] if lines else sections


_TALK = "options.style"


def _read_answer(plan: SummaryPlan, output: Output) -> tuple[list[str], list[list[Finding]], list[Finding]]:
    text, had_talk = strip_talk(output.text, plan.written_language)
    points = parse_points(text, plan.spec.style, plan.spec.bullet_count)
    findings = check_summary(plan.article, points, plan.written_language)
    whole = []
    if had_talk:
        whole.append(not_applied(_TALK, "the model talked around its answer; the talk was removed"))
    if plan.spec.style is SummaryStyle.BULLETS and len(points) != plan.spec.bullet_count:
        whole.append(not_applied("bullet_count", f"the model wrote {len(points)} bullets"))
    if output.truncated:
        whole.append(truncation())
    if not points:
        # An empty answer is a summary without points: never to be published as it is.
        empty = Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_CRITICAL, message="no output")
        whole.append(empty)
    return points, findings, whole


def _has_talk(made: tuple[list[str], list[list[Finding]], list[Finding]]) -> bool:
    return any(finding.expected == _TALK for finding in made[2])


def _doubt_of(made: tuple[list[str], list[list[Finding]], list[Finding]]) -> tuple[int, int, int]:
    return doubt([*made[2], *(finding for point in made[1] for finding in point)])


def _length_findings(plan: SummaryPlan, points: Sequence[str]) -> list[Finding]:
    length = sum(len(point) for point in points)
    if length <= plan.spec.max_characters:
        return []
    return [
        Finding(
            kind=Finding.KIND_LENGTH_EXCEEDED,
            severity=Finding.SEVERITY_WARNING,
            expected=str(plan.spec.max_characters),
            actual=str(length),
            message="the summary is longer than max_characters",
        )
    ]
