"""One segment through the models: translated, checked, once more where it is broken; the better output is delivered."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from triwire.v1 import article_service_pb2
from triwire.v1.article_pb2 import TextRange
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.pipeline.generation import generate
from triwire_server.pipeline.house_terms import HouseTerms, named
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Register, Segment, Task
from triwire_server.telemetry import tracing
from triwire_server.telemetry.metrics import Metrics
from triwire_server.text.findings import check_translation, is_broken
from triwire_server.text.glossary import TermHit, apply_terms, protect_terms
from triwire_server.text.placeholders.protect import Protected, protect
from triwire_server.text.segment import split_segments

Finding = article_service_pb2.Finding

NUM_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A passage of a block's body as the model will read it."""

    start: int
    end: int
    """[start, end) in the body, code points."""

    protected: Protected
    num_tokens: int


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """What is to be made of one segment."""

    source: str
    """The passage of the body, markup included."""

    is_html: bool
    protected: Protected
    source_language: str
    target_language: str
    """Both "en", "ko" or "ja"."""

    route: Sequence[ModelCard]
    """The models, in order: one, or two through English."""

    register: Register
    is_headline: bool
    terms: HouseTerms

    @property
    def hits(self) -> list[TermHit]:
        """The terms of the segment; their places are those in `protected.text`."""
        return self.terms.find(self.protected.text, self.source_language, self.target_language)


@dataclass(frozen=True, slots=True)
class Translated:
    """A segment in the target language."""

    text: str
    """Passage of the body to be, markup back in place."""

    findings: Sequence[Finding]
    """Their source ranges are places in the source passage, their target ranges in `text`."""


class SegmentTranslator:
    """Translates segments with the models of a route.

    Args:
        engine: that runs the models.
        repair: whether a broken output is decoded once more. Off, it is delivered with its findings.
    """

    def __init__(self, engine: Engine, *, repair: bool = True) -> None:
        self._engine = engine
        self._attempts = NUM_ATTEMPTS if repair else 1

    async def translate(self, call: EngineCall, work: SegmentWork) -> Translated:
        """Translate one segment, twice if the first output is broken, and keep the less doubtful one.

        Raises:
            DeadlineExceeded, InferenceFailed.
        """
        best = await self._attempt(call, work, 0)
        for attempt in range(1, self._attempts):
            if not is_broken(best.findings):
                break
            lost = {finding.expected for finding in best.findings if finding.kind == Finding.KIND_TERM_MISSING}
            with tracing.phase("repair"):
                other = await self._attempt(call, work, attempt, lost)
            is_better = doubt(other.findings) < doubt(best.findings)
            count_repair(self._engine.metrics, Task.TRANSLATION, is_better=is_better)
            if is_better:
                best = other
        return best

    async def _attempt(
        self, call: EngineCall, work: SegmentWork, attempt: int, lost: Collection[str] = ()
    ) -> Translated:
        """One output. A model that cannot be told of terms gets those that it lost before as numbers to copy."""
        text, language, truncated = work.protected.text, work.source_language, False
        for card in work.route:
            target = work.target_language if card is work.route[-1] else "en"
            hits = work.terms.find(text, language, target)
            marked = protect_terms(text, [] if card.takes_terms else [hit for hit in hits if hit.target_form in lost])
            request = Segment(
                task=Task.TRANSLATION,
                text=marked.text,
                source_language=language,
                target_language=target,
                is_headline=work.is_headline,
                register=work.register,
                terms=named(hits) if card.takes_terms else (),
                attempt=attempt,
            )
            pieces = self._fit(request, card, is_first=card is work.route[0])
            outputs = await generate(call, card.full_name, pieces)
            truncated = truncated or any(output.truncated for output in outputs)
            glue = "" if target == "ja" else " "
            text, _ = marked.restore(glue.join(output.text.strip() for output in outputs), target)
            language = target
        with tracing.phase("checks"):
            made = judge(work, text)
        return replace(made, findings=[*made.findings, truncation()]) if truncated else made

    def _fit(self, segment: Segment, card: ModelCard, *, is_first: bool) -> list[Segment]:
        """The segment as the model can read it. The English between two models may be longer than the second reads."""
        if is_first:
            return [segment]

        def fits(piece: str) -> bool:
            return self._engine.count_tokens(card.full_name, piece, segment.source_language) <= card.max_input_tokens

        ranges = split_segments(segment.text, segment.source_language, fits)
        return [replace(segment, text=segment.text[start:end]) for start, end in ranges] or [segment]


def judge(work: SegmentWork, output: str) -> Translated:
    """What a model wrote as a passage of the body: terms as the glossary has them, marks back in place, and the doubts.

    Args:
        work: what was asked for.
        output: the last model's output, with the marks of `work.protected`.
    """
    hits = work.hits
    mended, of_terms = apply_terms(output, hits, work.target_language)
    restored, findings = work.protected.restore(mended, {hit.source_form: hit.target_form for hit in hits})
    findings += check_translation(
        work.source, restored, work.source_language, work.target_language, is_html=work.is_html
    )
    is_plain = work.protected.text == work.source
    for finding in of_terms:
        if not is_plain:
            _locate(finding, work.source, work.protected.text, restored)
        findings.append(finding)
    return Translated(restored, findings)


def _locate(finding: Finding, source: str, read: str, restored: str) -> None:
    """Places in what a model read and wrote as places in the bodies, as far as the words can be found there."""
    place = finding.source.range
    start = source.find(read[place.start : place.end])
    finding.ClearField("target")
    if start < 0:
        finding.ClearField("source")
    else:
        place.end += start - place.start
        place.start = start
    if finding.actual and (start := restored.find(finding.expected)) >= 0:
        finding.target.CopyFrom(TextRange(start=start, end=start + len(finding.expected)))


def plan_segments(body: str, language: str, card: ModelCard, engine: Engine, *, is_html: bool) -> list[PlannedSegment]:
    """Segments of a body that a model can read; a passage without a letter ("***", "2-1") is none."""

    @functools.cache  # a piece is asked about up to three times: whether it fits, is comfortable, and in the end
    def count(piece: str) -> int:
        return engine.count_tokens(card.full_name, protect(piece, is_html=is_html).text, language)

    def fits(piece: str) -> bool:
        return count(piece) <= card.max_input_tokens

    def is_comfortable(piece: str) -> bool:
        return count(piece) <= card.segment_tokens

    planned = []
    for start, end in split_segments(body, language, fits, comfortable=is_comfortable, is_html=is_html):
        if any(character.isalpha() for character in body[start:end]):
            piece = body[start:end]
            planned.append(PlannedSegment(start, end, protect(piece, is_html=is_html), count(piece)))
    return planned


def count_repair(metrics: Metrics, task: Task, *, is_better: bool) -> None:
    """Count an output that was made again because the first one was broken."""
    metrics.repairs.labels(task.value, "better" if is_better else "no_better").inc()


def doubt(findings: Sequence[Finding]) -> tuple[int, int, int]:
    """How doubtful an output is: by its critical findings, then by its warnings, then by the rest. Lower is better."""

    def count(severity: "Finding.Severity.ValueType") -> int:
        return sum(finding.severity == severity for finding in findings)

    return count(Finding.SEVERITY_CRITICAL), count(Finding.SEVERITY_WARNING), count(Finding.SEVERITY_INFO)


def truncation() -> Finding:
    """The finding for an output that stopped at a token limit."""
    return Finding(
        kind=Finding.KIND_OUTPUT_TRUNCATED,
        severity=Finding.SEVERITY_CRITICAL,
        message="the output stopped at the model's token limit",
    )
