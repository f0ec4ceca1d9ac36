"""Summarizes one article: what is read of it, by which model, and what becomes of a summary that is too long."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.pipeline.attempts import doubt
from triwire_server.pipeline.house_terms import NO_TERMS, HouseTerms
from triwire_server.pipeline.options import not_applied, register_findings, register_of, summary_spec
from triwire_server.pipeline.sections import plan_reading
from triwire_server.pipeline.summary_writer import Assignment, Digest, Draft, SummaryWriter
from triwire_server.pipeline.translate import DirectionUnsupported, Translator
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Register, SummarySpec, SummaryStyle, Task
from triwire_server.telemetry import tracing
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language
from triwire_server.text.summaries.obedience import ground_of
from triwire_server.text.summaries.summary import extract_sentences, readable_blocks

Finding = article_service_pb2.Finding

_CHARACTERS = {"en": 1.0, "ko": 0.5, "ja": 0.45}
"""Code points that say as much in each language; human translations of news."""

# A summary that is too long is asked for once more, this much below what would just fit, but not for a stump.
_SHORTER = 0.9
_LEAST_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class SummaryPlan:
    """One summary of an article, before any model ran."""

    article: article_pb2.Article
    options: article_service_pb2.SummaryOptions
    source_language: str
    target_language: str
    """Without region."""

    spec: SummarySpec
    """What is asked for."""

    card: ModelCard
    translation_route: Sequence[ModelCard]
    """Models that bring the points into the target language; empty if the summarizer writes it itself."""

    work: Assignment | None
    """What the model is given; None for the summarizer without weights."""

    register: Register
    terms: HouseTerms
    estimated_tokens: int
    """Read and written by the summarizer in all rounds, instructions and repairs not counted."""

    unread: Sequence[Finding] = ()
    """A finding for each language of the article that the summarizer does not read."""

    @property
    def written_language(self) -> str:
        """Language that the summarizer writes."""
        return self.source_language if self.translation_route else self.target_language

    @property
    def written_spec(self) -> SummarySpec:
        """What the summarizer is asked for, so that its translation has the length asked for."""
        ratio = _CHARACTERS.get(self.written_language, 1.0) / _CHARACTERS.get(self.target_language, 1.0)
        return replace(self.spec, max_characters=max(1, int(self.spec.max_characters * ratio)))


class Summarizer:
    """Plans and makes summaries with the models of a deployment."""

    def __init__(self, engine: Engine, catalog: ModelCatalog, translator: Translator) -> None:
        self._engine = engine
        self._catalog = catalog
        self._translator = translator
        self._writer = SummaryWriter(engine)

    def plan(
        self,
        article: article_pb2.Article,
        options: article_service_pb2.SummaryOptions,
        house_style: article_service_pb2.HouseStyle,
        terms: HouseTerms = NO_TERMS,
    ) -> SummaryPlan:
        """Choose models and cut the article into sections at block and sentence ends.

        The readable blocks are read in their order. Blocks in another language than the article's are read by models
        that summarize that language; the summary is in the language asked for, by default the article's main one.

        Raises:
            DirectionUnsupported: nothing summarizes the article's language, or brings it into the target.
            NotFound: MODEL_NOT_FOUND.
        """
        source = base_language(article.language)
        target = base_language(options.target_language) or source
        card, route = self._models(source, target, options.model)
        plan = SummaryPlan(
            article=article,
            options=options,
            source_language=source,
            target_language=target,
            spec=summary_spec(options, target),
            card=card,
            translation_route=route,
            work=None,
            register=register_of(house_style),
            terms=terms,
            estimated_tokens=0,
        )
        return self._with_work(plan) if card.has_weights else plan

    async def summarize(self, call: EngineCall, plan: SummaryPlan) -> article_service_pb2.Summary:
        """Write one summary. One that is too long is asked for once more, shorter, and never cut.

        Raises:
            DeadlineExceeded, InferenceFailed.
        """
        with tracing.span("summarize", style=str(plan.spec.style), target_language=plan.target_language):
            return await self._summarize(call, plan)

    async def _summarize(self, call: EngineCall, plan: SummaryPlan) -> article_service_pb2.Summary:
        digest = await self._writer.read(call, plan.work) if plan.work else Digest("")
        if plan.work is None:
            call.usage.segments += 1
        draft = await self._draft(call, plan, digest, plan.written_spec)
        # Sentences of the article that are too long stay so, unless they are translated.
        if draft.length > plan.spec.max_characters and (plan.work or plan.translation_route):
            with tracing.phase("repair"):
                shorter = await self._draft(call, plan, digest, _shorter(plan, draft.length))
            if shorter.length < draft.length and _is_no_worse(shorter, draft):
                draft = shorter
        summary = article_service_pb2.Summary(
            style=plan.options.style,
            source_language=plan.article.language,
            target_language=plan.options.target_language or plan.article.language,
            findings=[*plan.unread, *digest.findings, *draft.whole, *_findings_of_whole(plan, draft)],
            models=[card.full_name for card in (plan.card, *plan.translation_route)],
        )
        for text, block_ids, findings in zip(draft.points, draft.sources, draft.findings, strict=True):
            summary.points.add(text=text, source_block_ids=block_ids, findings=findings)
        return summary

    def _models(self, source: str, target: str, wanted: str) -> tuple[ModelCard, Sequence[ModelCard]]:
        """The summarizer, and the models that translate what it writes, if it does not write the target itself."""
        try:
            return self._catalog.resolve(Task.SUMMARIZATION, source, target, wanted), []
        except LookupError:
            try:
                card = self._catalog.resolve(Task.SUMMARIZATION, source, source, wanted)
                return card, self._catalog.route(source, target)
            except LookupError:
                raise DirectionUnsupported(source, target) from None

    def _with_work(self, plan: SummaryPlan) -> SummaryPlan:
        """The plan with what its model reads."""
        card = plan.card
        blocks, unread = _blocks_for(plan)

        def count(text: str) -> int:
            return self._engine.count_tokens(card.full_name, text, plan.source_language)

        reading = plan_reading(blocks, plan.source_language, card.max_input_tokens, plan.written_spec, count)
        work = Assignment(
            model=card.full_name,
            article=plan.article,
            source_language=plan.source_language,
            target_language=plan.written_language,
            reading=reading,
            ground=ground_of(plan.article),
            register=plan.register,
            terms=plan.terms,
            takes_terms=card.takes_terms,
        )
        return replace(
            plan,
            work=work,
            unread=unread,
            estimated_tokens=reading.estimated_tokens(plan.written_spec),
        )

    async def _draft(self, call: EngineCall, plan: SummaryPlan, digest: Digest, spec: SummarySpec) -> Draft:
        """Write a summary and bring it into the target language."""
        if plan.work is None:
            chosen = await asyncio.to_thread(
                extract_sentences, plan.article, spec.style, spec.bullet_count, spec.max_characters
            )
            draft = Draft([text for text, _ in chosen], [[name] for _, name in chosen], [[] for _ in chosen], [])
        else:
            draft = await self._writer.write(call, plan.work, digest, spec)
        if plan.translation_route:
            draft = await self._translated(call, plan, draft)
        return draft

    async def _translated(self, call: EngineCall, plan: SummaryPlan, draft: Draft) -> Draft:
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
                for point in draft.points
            )
        )
        return replace(
            draft,
            points=[text for text, _ in translated],
            findings=[[*before, *after] for before, (_, after) in zip(draft.findings, translated, strict=True)],
        )


def _blocks_for(plan: SummaryPlan) -> tuple[list[article_pb2.Block], list[Finding]]:
    """The blocks that a model reads, and a finding for each language that it does not."""
    served = {source for source, target in plan.card.summary_languages if target == plan.written_language}
    served.add(plan.source_language)
    read: list[article_pb2.Block] = []
    unread: set[str] = set()
    for block in readable_blocks(plan.article):
        language = base_language(block.language or plan.article.language)
        if language in served:
            read.append(block)
        elif any(character.isalpha() for character in plain_text(block)):
            unread.add(language)
    return read, [
        not_applied("options.model", f"the model does not read {language}; blocks in it were left out")
        for language in sorted(unread)
    ]


def _shorter(plan: SummaryPlan, length: int) -> SummarySpec:
    """What to ask for after a summary came out `length` code points long."""
    share = max(_LEAST_SHARE, _SHORTER * plan.spec.max_characters / length)
    return replace(plan.written_spec, max_characters=max(1, int(share * plan.written_spec.max_characters)))


def _is_no_worse(second: Draft, first: Draft) -> bool:
    """Whether a draft has no more critical findings than another one."""
    return doubt(second.all_findings)[0] <= doubt(first.all_findings)[0]


def _findings_of_whole(plan: SummaryPlan, draft: Draft) -> list[Finding]:
    findings: list[Finding] = []
    if draft.length > plan.spec.max_characters:
        findings.append(
            Finding(
                kind=Finding.KIND_LENGTH_EXCEEDED,
                severity=Finding.SEVERITY_WARNING,
                expected=str(plan.spec.max_characters),
                actual=str(draft.length),
                message="the summary is longer than max_characters",
            )
        )
    # Headlines end as they like, and sentences of the article keep the endings that they have there.
    is_written = plan.work is not None or bool(plan.translation_route)
    if plan.spec.style is not SummaryStyle.HEADLINE and is_written:
        findings += register_findings(draft.points, plan.target_language, plan.register)
    return findings
