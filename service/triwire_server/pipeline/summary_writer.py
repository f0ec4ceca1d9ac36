"""How a model writes a summary: it reads the article, in sections if need be, and answers, twice if it has to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine
from triwire_server.pipeline.attempts import count_repair, doubt, truncation
from triwire_server.pipeline.generation import generate
from triwire_server.pipeline.house_terms import NO_TERMS, HouseTerms, named
from triwire_server.pipeline.options import not_applied
from triwire_server.pipeline.sections import Reading, group_notes, join_notes
from triwire_server.segment import Output, Register, Segment, SummarySpec, SummaryStyle, Task
from triwire_server.telemetry import tracing
from triwire_server.text.findings import check_summary, is_broken
from triwire_server.text.glossary import TermHit, apply_terms
from triwire_server.text.html import plain_text
from triwire_server.text.summaries.instructions import without_orders
from triwire_server.text.summaries.obedience import Ground, check_obedience
from triwire_server.text.summaries.summary import Note, parse_points, readable_blocks, source_block_ids
from triwire_server.text.summaries.talk import strip_talk

Finding = article_service_pb2.Finding

_STYLE = "options.style"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a model with weights is asked to write, and of what."""

    model: str
    """Full name."""

    article: article_pb2.Article
    source_language: str
    target_language: str
    """That the model writes; without region, like `source_language`."""

    reading: Reading
    ground: Ground
    """What the statements can rest on."""

    register: Register
    terms: HouseTerms = NO_TERMS
    takes_terms: bool = False
    """Whether the model is told of the terms that it reads."""

    def hits(self, text: str) -> list[TermHit]:
        """The terms of a text with their forms in the language of the summary; none where both are the same."""
        return self.terms.find(text, self.source_language, self.target_language)


@dataclass(frozen=True, slots=True)
class Draft:
    """A summary as it was written once."""

    points: Sequence[str]
    sources: Sequence[Sequence[str]]
    """For each point the ids of the blocks that it rests on."""

    findings: Sequence[Sequence[Finding]]
    """For each point."""

    whole: Sequence[Finding]
    """Of the summary as a whole."""

    is_as_asked: bool = True
    """Whether it has the form that was asked for: the right number of points, and no talk around them."""

    @property
    def length(self) -> int:
        """Code points of all statements together."""
        return sum(len(point) for point in self.points)

    @property
    def all_findings(self) -> list[Finding]:
        """Those of the points and those of the whole."""
        return [*self.whole, *(finding for findings in self.findings for finding in findings)]


@dataclass(frozen=True, slots=True)
class Digest:
    """An article, or what was noted of it, as one text that the model reads."""

    text: str
    notes: Sequence[Note] = ()
    """Of the sections, if it had several."""

    findings: list[Finding] = field(default_factory=list)
    """What was lost on the way."""


class SummaryWriter:
    """Has models read articles and write summaries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def read(self, call: EngineCall, work: Assignment) -> Digest:
        """Everything up to the last of `Reading.rounds`: notes of all sections at once, then notes of notes.

        Raises:
            DeadlineExceeded, InferenceFailed.
        """
        reading = work.reading
        if len(reading.sections) < 2:
            return Digest("".join(section.text for section in reading.sections))
        findings: list[Finding] = []
        sections = [Note(section.text, section.block_ids) for section in reading.sections]
        notes = first = await self._take_notes(call, work, sections, findings)
        shortened = 0
        while len(notes) > reading.fan_in:
            merged: list[Note] = []
            for group in group_notes(notes, reading.fan_in):
                text, cut = await self._join(work, group)
                shortened += cut
                merged.append(Note(text, tuple(name for note in group for name in note.block_ids)))
            notes = await self._take_notes(call, work, merged, findings)
        text, cut = await self._join(work, notes)
        if shortened + cut:
            findings.append(
                Finding(
                    kind=Finding.KIND_LENGTH_RATIO,
                    severity=Finding.SEVERITY_WARNING,
                    actual=str(shortened + cut),
                    message="the model wrote more of some sections than it reads; only their first sentences were used",
                )
            )
        return Digest(text, first, findings)

    async def write(self, call: EngineCall, work: Assignment, digest: Digest, spec: SummarySpec) -> Draft:
        """The last round: written once more if the first answer is broken or not what was asked for.

        If the first followed an order hidden in the article, the second is written without the passage, and says so.

        Raises:
            DeadlineExceeded, InferenceFailed.
        """
        if not digest.text:
            return _draft(work, digest, spec, Output(text="", input_tokens=0, output_tokens=0))
        request = self._request(work, digest.text, spec)
        best = await self._answer_to(call, work, digest, spec, request)
        if best.is_as_asked and not is_broken(best.all_findings):
            return best
        repair = replace(request, attempt=1)
        obeyed = [finding for finding in best.all_findings if _is_obedience(finding)]
        if obeyed:
            rest = await asyncio.to_thread(without_orders, digest.text, work.source_language)
            repair = replace(repair, text=rest or digest.text)
        with tracing.phase("repair"):
            second = await self._answer_to(call, work, digest, spec, repair)
        if repair.text != digest.text:
            source = next((finding.source for finding in obeyed if finding.HasField("source")), None)
            left_out = not_applied(_STYLE, "a passage that instructs the reader's model was left out on the second try")
            left_out.source.CopyFrom(source or left_out.source)
            second = replace(second, whole=[*second.whole, left_out])
        is_better = _doubt_of(second) < _doubt_of(best)
        count_repair(self._engine.metrics, Task.SUMMARIZATION, is_better=is_better)
        return second if is_better else best

    async def _answer_to(
        self, call: EngineCall, work: Assignment, digest: Digest, spec: SummarySpec, request: Segment
    ) -> Draft:
        [output] = await generate(call, work.model, [request])
        with tracing.phase("checks"):
            return await asyncio.to_thread(_draft, work, digest, spec, output)

    async def _take_notes(
        self, call: EngineCall, work: Assignment, sections: Sequence[Note], findings: list[Finding]
    ) -> list[Note]:
        """A summary of each section in the article's language, and a second one where the first followed an order."""
        requests = [
            replace(self._request(work, section.text, work.reading.note_spec), target_language=work.source_language)
            for section in sections
        ]
        outputs = list(await generate(call, work.model, requests))
        sound = [_is_sound(work, output) for output in outputs]
        doubted = [index for index, is_sound in enumerate(sound) if not is_sound]
        if doubted:
            again = [
                replace(
                    requests[index],
                    text=without_orders(requests[index].text, work.source_language) or requests[index].text,
                    attempt=1,
                )
                for index in doubted
            ]
            with tracing.phase("repair"):
                repaired = await generate(call, work.model, again)
            for index, output in zip(doubted, repaired, strict=True):
                outputs[index], sound[index] = output, _is_sound(work, output)
                count_repair(self._engine.metrics, Task.SUMMARIZATION, is_better=sound[index])
        notes: list[Note] = []
        for section, output, is_sound in zip(sections, outputs, sound, strict=True):
            if is_sound:
                notes.append(Note(_answer(work, output), section.block_ids))
            else:
                findings.append(_lost_section(section))
            if output.truncated:
                findings.append(_cut_note(section))
        return notes

    async def _join(self, work: Assignment, notes: Sequence[Note]) -> tuple[str, int]:
        if not notes:
            return "", 0

        def count(text: str) -> int:
            return self._engine.count_tokens(work.model, text, work.source_language)

        return await asyncio.to_thread(join_notes, notes, work.reading, work.source_language, count)

    def _request(self, work: Assignment, text: str, spec: SummarySpec) -> Segment:
        return Segment(
            task=Task.SUMMARIZATION,
            text=text,
            source_language=work.source_language,
            target_language=work.target_language,
            register=work.register,
            summary=spec,
            terms=named(work.hits(text)) if work.takes_terms else (),
        )


def _answer(work: Assignment, output: Output) -> str:
    return strip_talk(output.text, work.source_language)[0]


def _is_sound(work: Assignment, output: Output) -> bool:
    """Whether a note says anything, and nothing that an order in the article told it to."""
    answer = _answer(work, output)
    if not any(character.isalnum() for character in answer):
        return False
    [doubts] = check_obedience(work.ground, [answer], work.source_language)
    return not any(finding.HasField("source") for finding in doubts)


def _draft(work: Assignment, digest: Digest, spec: SummarySpec, output: Output) -> Draft:
    """What an answer says, with everything that is doubtful in it."""
    text, had_talk = strip_talk(output.text, work.target_language)
    hits = work.hits("\n".join(plain_text(block) for block in readable_blocks(work.article)))
    written = [
        apply_terms(point, hits, work.target_language, is_summary=True)
        for point in parse_points(text, spec.style, spec.bullet_count)
    ]
    points = [point for point, _ in written]
    found = check_summary(work.article, points, work.target_language)
    obeyed = check_obedience(work.ground, points, work.target_language)
    whole: list[Finding] = []
    if had_talk:
        whole.append(not_applied(_STYLE, "the model talked around its answer; the talk was removed"))
    has_all_bullets = spec.style is not SummaryStyle.BULLETS or len(points) == spec.bullet_count
    if not has_all_bullets:
        whole.append(not_applied("bullet_count", f"the model wrote {len(points)} bullets"))
    if output.truncated:
        whole.append(truncation())
    if not points:
        # An empty answer is a summary without points: never to be published as it is.
        empty = Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_CRITICAL, message="no output")
        whole.append(empty)
    return Draft(
        points=points,
        sources=[source_block_ids(work.article, point, work.target_language, digest.notes) for point in points],
        findings=[
            [*first, *second, *_without_source(of_terms)]
            for first, second, (_, of_terms) in zip(found, obeyed, written, strict=True)
        ],
        whole=whole,
        is_as_asked=has_all_bullets and not had_talk,
    )


def _without_source(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Findings about terms; the places of their hits are those in the whole article's text, not in a block."""
    for finding in findings:
        finding.ClearField("source")
    return findings


def _is_obedience(finding: Finding) -> bool:
    return finding.kind == Finding.KIND_OPTION_NOT_APPLIED and finding.severity == Finding.SEVERITY_CRITICAL


def _doubt_of(draft: Draft) -> tuple[int, int, int]:
    return doubt(draft.all_findings)


def _lost_section(section: Note) -> Finding:
    finding = Finding(
        kind=Finding.KIND_LENGTH_RATIO,
        severity=Finding.SEVERITY_WARNING,
        message="the model wrote nothing of use about a section of the article, which the summary therefore lacks",
    )
    finding.source.block_id = section.block_ids[0]
    return finding


def _cut_note(section: Note) -> Finding:
    finding = truncation()
    finding.severity = Finding.SEVERITY_WARNING
    finding.message = "the summary of a section stopped at the model's token limit"
    finding.source.block_id = section.block_ids[0]
    return finding
