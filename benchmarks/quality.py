"""How good are the translations and summaries of a profile, and what does the repair of broken outputs change?

    python benchmarks/quality.py PROFILE DATA [--json OUT.json]        a shipped profile's name, or a TOML file
    python benchmarks/quality.py HOST:PORT DATA                        a server that runs
    python benchmarks/quality.py demo DATA --limit 10 --directions ko-en,ja-en --only translation     a first look
    python benchmarks/quality.py PROFILE DATA --glossary TERMS.csv     a column for each language: en, ko, ja

DATA is a directory like that of NTREX-128: `segments.jsonl`, a line {"doc": ..., "eng": ..., "kor": ..., "jpn": ...}
for each segment, those of a document together; `summaries.jsonl` with reference summaries if there are any ({"doc":
..., "style": "headline" | "bullets" | "paragraph", "eng": ..., ...}). Without segments.jsonl the three text files of
NTREX-128 beside DOCUMENT_IDS.tsv are read. tests/corpora/parallel is a small example.

Translations: each line is a block of an article and goes the way of every request. Scores are sacrebleu's, with its
signatures; in brackets the 95 % interval over 1,000 resamples of the lines. The findings of the human translations of
the same lines stand beside those of the outputs. A profile is measured with repair and without it in one run: the
second reading takes what the models wrote from memory. --no-repair leaves the first out. A server is measured as it is.

Summaries: each document, its headline taken away, in its own language. docs/quality.md says what the figures mean.

Prints tables in markdown; --outputs FILE writes every output with its findings, a JSON object a line. The last line is
one JSON object.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from triwire.v1 import article_service_pb2
from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.errors import TriwireError
from triwire_server.model_errors import ModelUnusable
from triwire_server.profiles.profile import ProfileError
from triwire_server.settings import SettingsError
from triwire_server.text.findings import check_translation
from ways.deployment import Deployment, InProcess, Remote, Unserved
from ways.measure import finish
from ways.news_data import DIRECTIONS, FIELDS, STYLES, Line, NewsData, choose_lines, is_headline, load_news, to_article
from ways.quality_tables import report
from ways.summary_quality import Summarized, judge_summaries, limit_of
from ways.translation_quality import (
    Translated,
    chrf_change,
    count_findings,
    judge_lines,
    judge_terms,
    length_ratios,
    read_glossary,
)

_MAX_TERMS = 1000
_STYLE_VALUES = {
    "headline": article_service_pb2.SUMMARY_STYLE_HEADLINE,
    "bullets": article_service_pb2.SUMMARY_STYLE_BULLETS,
    "paragraph": article_service_pb2.SUMMARY_STYLE_PARAGRAPH,
}


@dataclass(frozen=True)
class Plan:
    """What is to be measured."""

    data: NewsData
    directions: Sequence[tuple[str, str]]
    languages: Sequence[str]
    styles: Sequence[str]
    limit: int
    documents: int
    seed: int
    terms: Sequence[GlossaryTerm]
    repairs: Sequence[bool]
    """Readings: with repair (True) and without it."""


class Outputs:
    """Where single outputs are written, if they are."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("w", encoding="utf-8") if path else None

    def write(self, record: dict[str, Any], findings: Iterable[Finding]) -> None:
        """One output with its findings."""
        if self._file:
            record = {**record, "findings": [MessageToDict(finding) for finding in findings]}
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Nothing is written any more."""
        if self._file:
            self._file.close()


async def measure_translations(deployment: Deployment, plan: Plan, outputs: Outputs) -> dict[str, Any]:
    """Figures of each direction; None for one that is not served."""
    made: dict[str, Any] = {}
    for source, target in plan.directions:
        name = f"{source}-{target}"
        lines = choose_lines(plan.data.lines, source, target, plan.limit, plan.seed)
        if not lines:
            print(f"{name}: no lines in both languages", flush=True)
            continue
        try:
            made[name] = await _measure_direction(deployment, plan, outputs, lines, source, target)
        except Unserved:
            print(f"{name}: not served", flush=True)
            made[name] = None
    return made


async def _measure_direction(
    deployment: Deployment, plan: Plan, outputs: Outputs, lines: Sequence[Line], source: str, target: str
) -> dict[str, Any]:
    readings: dict[bool, list[Translated]] = {}
    before = deployment.second_attempts
    began = time.perf_counter()
    whole: list[Finding] = []
    for repair in plan.repairs:
        readings[repair], whole = await _translate(deployment, plan, lines, source, target, repair=repair)
    seconds = time.perf_counter() - began
    delivered = readings[plan.repairs[0]]
    for line, made in zip(lines, delivered, strict=True):
        record = {"direction": f"{source}-{target}", "document": line.document, "line": line.number}
        record |= {"source": made.source, "reference": made.reference, "output": made.output}
        outputs.write(record, made.findings)
    figures: dict[str, Any] = {
        "lines": len(lines),
        "seconds": round(seconds, 1),
        **judge_lines(delivered, target, plan.seed),
    }
    figures["option_findings"] = count_findings(whole, 1)["by_kind"]
    figures["human"] = _judge_humans(lines, source, target)
    if plan.terms:
        figures["terms"] = judge_terms(delivered, plan.terms, source, target)
    if len(readings) == 2:
        first = readings[False]
        chrf = chrf_change(
            [line.output for line in first],
            [line.output for line in delivered],
            [line.reference for line in delivered],
            plan.seed,
        )
        figures["repair"] = {
            "decoded_again": deployment.second_attempts - before,
            "lines_changed": sum(one.output != other.output for one, other in zip(first, delivered, strict=True)),
            "findings_before": count_findings((finding for line in first for finding in line.findings), len(lines)),
            "chrf2": chrf,
        }
    print(f"{source}-{target}: {len(lines)} lines, {seconds:.0f} s", flush=True)
    return figures


async def _translate(
    deployment: Deployment, plan: Plan, lines: Sequence[Line], source: str, target: str, *, repair: bool
) -> tuple[list[Translated], list[Finding]]:
    """Lines in their order, and the findings that concern each translation as a whole."""
    documents = plan.data.documents
    chosen: dict[str, list[Line]] = {}
    for line in lines:
        chosen.setdefault(line.document, []).append(line)

    def headline(name: str) -> Line | None:
        return documents[name][0] if is_headline(documents[name]) else None

    translations = await asyncio.gather(
        *(
            deployment.translate(to_article(part, source, headline(name)), target, plan.terms, repair=repair)
            for name, part in chosen.items()
        )
    )
    blocks = {each.block.block_id: each for translation in translations for each in translation.blocks}
    made = []
    for line in lines:
        each = blocks[f"l{line.number}"]
        made.append(Translated(line.texts[source], line.texts[target], each.block.text, list(each.findings)))
    return made, [finding for translation in translations for finding in translation.findings]


def _judge_humans(lines: Sequence[Line], source: str, target: str) -> dict[str, Any]:
    """What the checks say of the reference translations: the least that can be expected of any output."""
    pairs = [(line.texts[source], line.texts[target]) for line in lines]
    findings = [finding for one, other in pairs for finding in check_translation(one, other, source, target)]
    return {"findings": count_findings(findings, len(pairs)), "length": length_ratios(pairs)}


async def measure_summaries(deployment: Deployment, plan: Plan, outputs: Outputs) -> dict[str, Any]:
    """Figures by language and style; None for a language without summaries."""
    made: dict[str, Any] = {}
    for language in plan.languages:
        documents = [
            (name, lines)
            for name, lines in plan.data.documents.items()
            if all(line.texts.get(language, "").strip() for line in lines)
        ]
        if not documents:
            print(f"{language}: no document in it", flush=True)
            continue
        if plan.documents:
            documents = documents[: plan.documents]
        try:
            made[language] = {
                style: await _measure_style(deployment, plan, outputs, documents, language, style)
                for style in plan.styles
            }
        except Unserved:
            print(f"{language}: no summaries served", flush=True)
            made[language] = None
    return made


async def _measure_style(
    deployment: Deployment,
    plan: Plan,
    outputs: Outputs,
    documents: Sequence[tuple[str, Sequence[Line]]],
    language: str,
    style: str,
) -> dict[str, Any]:
    began, before = time.perf_counter(), deployment.second_attempts
    readings: dict[bool, list[Summarized]] = {}
    for repair in plan.repairs:
        readings[repair] = await asyncio.gather(
            *(_summarize(deployment, plan, name, lines, language, style, repair) for name, lines in documents)
        )
    delivered = readings[plan.repairs[0]]
    for (name, _), summary in zip(documents, delivered, strict=True):
        findings = [*summary.whole_findings, *(finding for found in summary.findings for finding in found)]
        outputs.write({"style": style, "language": language, "document": name, "output": summary.points}, findings)
    figures = judge_summaries(delivered)
    if len(readings) == 2:
        first = judge_summaries(readings[False])
        figures["repair"] = {"decoded_again": deployment.second_attempts - before}
        figures["repair"]["before"] = {name: first[name] for name in ("findings", "whole_findings", "lead_coverage")}
    seconds = time.perf_counter() - began
    print(f"{language} {style}: {len(documents)} documents, {seconds:.0f} s", flush=True)
    return {"seconds": round(seconds, 1), **figures}


async def _summarize(
    deployment: Deployment, plan: Plan, name: str, lines: Sequence[Line], language: str, style: str, repair: bool
) -> Summarized:
    has_headline = is_headline(lines) and len(lines) > 1
    article = to_article(lines[1:] if has_headline else lines, language)
    limit = limit_of(style, language)
    options = article_service_pb2.SummaryOptions(style=_STYLE_VALUES[style], max_characters=limit)
    summary = await deployment.summarize(article, options, repair=repair)
    return Summarized(
        article=article,
        style=style,
        points=[point.text for point in summary.points],
        findings=[list(point.findings) for point in summary.points],
        whole_findings=list(summary.findings),
        max_characters=limit,
        references=plan.data.summaries.get((name, language, style), ()),
        headline=lines[0].texts[language] if has_headline and style == "headline" else "",
    )


async def measure(arguments: argparse.Namespace, plan: Plan) -> dict[str, Any]:
    """Everything that was asked for."""
    is_address = re.fullmatch(r"\S+:\d{1,5}", arguments.profile) is not None
    if is_address and arguments.no_repair:
        raise SystemExit("--no-repair: a server repairs as it was started; name its profile instead")
    deployment: Deployment
    if is_address:
        deployment = await Remote.connect(arguments.profile)
    else:
        deployment = await InProcess.start(arguments.profile)
    outputs = Outputs(arguments.outputs)
    result: dict[str, Any] = {
        "benchmark": "quality",
        "profile": "server" if is_address else Path(arguments.profile).stem,
        "models": list(deployment.models),
        "data": {"lines": len(plan.data.lines), "documents": len(plan.data.documents)},
        "limit": plan.limit,
        "seed": plan.seed,
    }
    try:
        if arguments.only != "summaries":
            result["translations"] = await measure_translations(deployment, plan, outputs)
        if arguments.only != "translation":
            result["summaries"] = await measure_summaries(deployment, plan, outputs)
    finally:
        outputs.close()
        await deployment.close()
    return result


def read_plan(arguments: argparse.Namespace) -> Plan:
    """What the arguments ask for.

    Raises:
        ValueError: an argument or a file is not as it should be; the message names it.
    """
    known = {f"{source}-{target}": (source, target) for source, target in DIRECTIONS}
    for name in ("limit", "documents", "seed"):
        if getattr(arguments, name) < 0:
            raise ValueError(f"--{name}: {getattr(arguments, name)} is below 0")
    terms = read_glossary(arguments.glossary) if arguments.glossary else []
    if len(terms) > _MAX_TERMS:
        raise ValueError(f"--glossary: {len(terms)} terms; a request takes {_MAX_TERMS}")
    is_address = ":" in arguments.profile
    return Plan(
        data=load_news(arguments.data),
        directions=[known[name] for name in _chosen("--directions", arguments.directions, list(known))],
        languages=_chosen("--languages", arguments.languages, list(FIELDS)),
        styles=_chosen("--styles", arguments.styles, list(STYLES)),
        limit=arguments.limit,
        documents=arguments.documents,
        seed=arguments.seed,
        terms=terms,
        repairs=[False] if arguments.no_repair else [True] if is_address else [True, False],
    )


def _chosen(option: str, text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{option}: {unknown[0]!r} is not one of {', '.join(known)}")
    return names or list(known)


def main(given: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile", help="name of a shipped profile, a TOML file, or HOST:PORT of a server")
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="lines a direction, drawn at random; 0: all")
    parser.add_argument("--documents", type=int, default=0, help="documents that are summarized, the first; 0: all")
    parser.add_argument("--directions", default="", help="such as en-ko,ja-en; all by default")
    parser.add_argument("--languages", default="", help="of the summaries, such as en,ko; all by default")
    parser.add_argument("--styles", default="", help="of the summaries, such as bullets; all by default")
    parser.add_argument("--only", choices=("translation", "summaries"))
    parser.add_argument("--glossary", type=Path, help="CSV with the columns en, ko, ja, verbatim, case_insensitive")
    parser.add_argument("--no-repair", action="store_true", help="deliver what a model writes first")
    parser.add_argument("--seed", type=int, default=12345, help="of the lines that are drawn and of the bootstrap")
    parser.add_argument("--outputs", type=Path, help="where to write every output with its findings")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args(given)
    try:
        plan = read_plan(arguments)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    try:
        result = asyncio.run(measure(arguments, plan))
    except (ProfileError, SettingsError, ModelUnusable, TriwireError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from error
    print(report(result), flush=True)
    finish(result, arguments.json)


if __name__ == "__main__":
    main()
