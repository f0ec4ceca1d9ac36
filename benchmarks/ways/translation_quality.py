"""How good translations are, as far as figures tell: likeness to references, findings, length, copying, terms."""

import csv
import html
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.characters import words
from triwire_server.text.language import detect_languages
from ways.measure import percentile
from ways.news_data import FIELDS

RESAMPLES = 1000
"""Of every bootstrap."""

BLEU_TOKENIZERS = {"en": "13a", "ko": "ko-mecab", "ja": "ja-mecab"}
WORD_CHRF = frozenset({"en", "ko"})
"""Languages that chrF2++ is given for: it compares words too, which Japanese does not set apart."""

_MIN_COPIED_WORDS = 4


@dataclass(frozen=True, slots=True)
class Translated:
    """One line, what became of it, and what a human made of it."""

    source: str
    reference: str
    output: str
    findings: Sequence[Finding] = field(default=())


def likeness(outputs: Sequence[str], references: Sequence[str], language: str, seed: int) -> dict[str, dict[str, Any]]:
    """chrF2, chrF2++ and BLEU of outputs against one reference each, with intervals and signatures.

    HTML entities are unescaped on both sides first: "&#39;" would be compared letter by letter.

    Args:
        outputs: at least one.
        references: one for each output.
        language: of both.
        seed: of the bootstrap.

    Returns:
        By name of the score: "score" (0 to 100), "interval" (95 %, by a bootstrap over the lines), "signature" of
        sacrebleu.
    """
    outputs, references = _unescaped(outputs), _unescaped(references)
    draws = _draws(len(outputs), seed)
    made = {}
    for name, metric in _metrics(language).items():
        score = metric.corpus_score(outputs, [references]).score
        resampled = np.sort(_resampled_scores(metric, outputs, references, draws))
        outside = RESAMPLES // 40
        made[name] = {
            "score": round(float(score), 2),
            "interval": [round(float(resampled[outside]), 2), round(float(resampled[-outside - 1]), 2)],
            "signature": str(metric.get_signature()),
        }
    return made


def chrf_change(
    before: Sequence[str], after: Sequence[str], references: Sequence[str], seed: int
) -> dict[str, float | list[float]]:
    """chrF2 of two outputs of the same lines, and the 95 % interval of the difference (paired bootstrap)."""
    before, after, references = _unescaped(before), _unescaped(after), _unescaped(references)
    metric = CHRF()
    draws = _draws(len(before), seed)
    changes = np.sort(
        _resampled_scores(metric, after, references, draws) - _resampled_scores(metric, before, references, draws)
    )
    outside = RESAMPLES // 40
    return {
        "before": round(float(metric.corpus_score(before, [references]).score), 2),
        "after": round(float(metric.corpus_score(after, [references]).score), 2),
        "interval": [round(float(changes[outside]), 2), round(float(changes[-outside - 1]), 2)],
    }


def count_findings(findings: Iterable[Finding], num_lines: int) -> dict[str, Any]:
    """Findings a hundred lines (or statements): all, the critical ones, and by kind and severity."""
    by_kind: dict[str, dict[str, int]] = {}
    for finding in findings:
        kind = Finding.Kind.Name(finding.kind).removeprefix("KIND_")
        severity = Finding.Severity.Name(finding.severity).removeprefix("SEVERITY_")
        counts = by_kind.setdefault(kind, {})
        counts[severity] = counts.get(severity, 0) + 1

    def a_hundred(count: int) -> float:
        return round(100 * count / num_lines, 1) if num_lines else 0.0

    return {
        "all": a_hundred(sum(sum(counts.values()) for counts in by_kind.values())),
        "critical": a_hundred(sum(counts.get("CRITICAL", 0) for counts in by_kind.values())),
        "by_kind": {
            kind: {severity: a_hundred(count) for severity, count in sorted(counts.items())}
            for kind, counts in sorted(by_kind.items())
        },
    }


def length_ratios(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Characters of the output for each of the source: median and the 5th and 95th percentile over the lines."""
    ratios = [len(output.strip()) / len(source.strip()) for source, output in pairs if source.strip()]
    if not ratios:
        return {}
    return {
        "median": round(statistics.median(ratios), 2),
        "p5": round(percentile(ratios, 5), 2),
        "p95": round(percentile(ratios, 95), 2),
    }


def is_copied(source: str, output: str) -> bool:
    """Whether at least half of the words of an output, numbers left out, and four at least, stand in its source."""
    found = [word for word in words(output) if not any(character.isdigit() for character in word)]
    known = set(words(source))
    copied = sum(word in known for word in found)
    return copied >= _MIN_COPIED_WORDS and 2 * copied >= len(found)


def is_wrong_language(output: str, language: str) -> bool:
    """Whether an output with words in it is in another language than it was asked in."""
    if not any(character.isalpha() for character in output):
        return False
    languages = detect_languages(output)
    return bool(languages) and languages[0].language != language


def judge_lines(lines: Sequence[Translated], target_language: str, seed: int) -> dict[str, Any]:
    """All figures of the outputs of one direction that need no second run."""
    count = len(lines)
    outputs = [line.output for line in lines]
    return {
        "likeness": likeness(outputs, [line.reference for line in lines], target_language, seed),
        "findings": count_findings((finding for line in lines for finding in line.findings), count),
        "length": length_ratios((line.source, line.output) for line in lines),
        "copied": _share(is_copied(line.source, line.output) for line in lines),
        "wrong_language": _share(is_wrong_language(output, target_language) for output in outputs),
        "empty": _share(not output.strip() for output in outputs),
    }


def read_glossary(path: Path) -> list[GlossaryTerm]:
    """Terms of a CSV file: a column for each language (en, ko, ja), and `verbatim` and `case_insensitive` if wanted.

    Raises:
        ValueError: no column is a language, or a flag is neither true nor false.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(FIELDS) & set(reader.fieldnames or ()):
            raise ValueError(f"{path}: no column en, ko or ja")
        terms = []
        for row in reader:
            forms = {language: row[language].strip() for language in FIELDS if (row.get(language) or "").strip()}
            if forms:
                flags = {name: _read_flag(path, row.get(name)) for name in ("verbatim", "case_insensitive")}
                terms.append(GlossaryTerm(forms=forms, **flags))
    return terms


def judge_terms(
    lines: Sequence[Translated], terms: Sequence[GlossaryTerm], source_language: str, target_language: str
) -> dict[str, Any]:
    """What became of glossary terms: an own reading of source and output, not that of the service.

    Returns:
        "hits": source forms found, longest first, that have a form in the target; "in_output": share of hits whose
        form stands in the output; "reported": of those missing, the share that is a TERM_MISSING finding.
    """
    hits = missing = reported = 0
    for line in lines:
        for _, wanted in find_hits(line.source, terms, source_language, target_language):
            hits += 1
            if wanted.casefold() in line.output.casefold():
                continue
            missing += 1
            reported += any(
                finding.kind == Finding.KIND_TERM_MISSING and finding.expected.casefold() == wanted.casefold()
                for finding in line.findings
            )
    return {
        "hits": hits,
        "in_output": round(1 - missing / hits, 3) if hits else None,
        "reported": round(reported / missing, 3) if missing else None,
    }


def find_hits(text: str, terms: Sequence[GlossaryTerm], source: str, target: str) -> list[tuple[str, str]]:
    """Forms of terms in a text, (source form, target form), a place in the text counted once: for the longest form."""
    forms = []
    for term in terms:
        form = term.forms.get(source, "")
        wanted = term.forms.get(target, "") or (form if term.verbatim else "")
        if form and wanted:
            forms.append((form, wanted, term.case_insensitive))
    hits = []
    for form, wanted, any_case in sorted(forms, key=lambda each: -len(each[0])):
        # A Korean word may go on with a particle, an English one with an ending; neither may begin before the form.
        edges = {"en": (r"(?<!\w)", r"(?:e?s|['’]s)?(?!\w)"), "ko": (r"(?<!\w)", ""), "ja": ("", "")}[source]
        pattern = re.compile(edges[0] + re.escape(form) + edges[1], re.IGNORECASE if any_case else 0)
        found = len(pattern.findall(text))
        hits += [(form, wanted)] * found
        text = pattern.sub(lambda match: "\n" * len(match.group()), text)
    return hits


def _metrics(language: str) -> Mapping[str, Any]:
    metrics: dict[str, Any] = {"chrF2": CHRF()}
    if language in WORD_CHRF:
        metrics["chrF2++"] = CHRF(word_order=2)
    metrics["BLEU"] = BLEU(tokenize=BLEU_TOKENIZERS[language])
    return metrics


def _draws(count: int, seed: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Which lines each resample has. Shape (resamples, lines)."""
    return np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))


def _resampled_scores(
    metric: Any, outputs: Sequence[str], references: Sequence[str], draws: "np.ndarray[Any, np.dtype[np.int64]]"
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    # The parts that sacrebleu's own bootstrap is made of; as a whole it fails in 2.6 when a resample scores 0.
    counts = np.array(metric._extract_corpus_statistics(outputs, [references]), dtype=np.float64)
    return np.array([float(metric._compute_score_from_stats(counts[draw].sum(axis=0)).score) for draw in draws])


def _unescaped(texts: Sequence[str]) -> list[str]:
    return [html.unescape(text) for text in texts]


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 3) if values else 0.0


def _read_flag(path: Path, value: str | None) -> bool:
    text = (value or "").strip().casefold()
    if text not in ("", "0", "false", "no", "1", "true", "yes"):
        raise ValueError(f"{path}: {value!r} is neither true nor false")
    return text in ("1", "true", "yes")
