"""The figures of benchmarks/quality.py as tables in markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def report(result: Mapping[str, Any]) -> str:
    """All tables of a result, each under a heading, as docs/quality.md has them."""
    parts = [f"\nProfile `{result['profile']}`: {', '.join(result['models'])}"]
    translations = {name: row for name, row in (result.get("translations") or {}).items() if row}
    if translations:
        parts += ["### Translations", translation_table(translations)]
        parts += ["### Findings by kind, a hundred lines", finding_table(translations)]
        if any("repair" in row for row in translations.values()):
            parts += ["### Repair", repair_table(translations)]
        parts += ["### Signatures", signature_list(translations)]
    summaries = {language: rows for language, rows in (result.get("summaries") or {}).items() if rows}
    if summaries:
        parts += ["### Summaries", summary_table(summaries), "### ROUGE of the summaries", rouge_table(summaries)]
        if any("repair" in row for rows in summaries.values() for row in rows.values()):
            parts += ["### Repair of the summaries", summary_repair_table(summaries)]
    return "\n\n".join(parts) + "\n"


def translation_table(rows: Mapping[str, Any]) -> str:
    """A row a direction: scores with intervals, findings, lengths, rates."""
    has_terms = any("terms" in row for row in rows.values())
    head = ["direction", "lines", "chrF2", "chrF2++", "BLEU", "findings (critical)", "of humans", "length (p5-p95)"]
    head += ["of humans", "copied", "wrong language", "empty", *(["terms: hits, in output, reported"] * has_terms)]
    body = []
    for name, row in rows.items():
        scores = [_interval(row["likeness"].get(score)) for score in ("chrF2", "chrF2++", "BLEU")]
        human = row["human"]
        cells = [name, str(row["lines"]), *scores, _findings(row["findings"]), _findings(human["findings"])]
        cells += [_lengths(row["length"]), _lengths(human["length"])]
        cells += [f"{row[rate]:.1%}" for rate in ("copied", "wrong_language", "empty")]
        if has_terms:
            terms = row["terms"]
            cells.append(f"{terms['hits']}, {_percent(terms['in_output'])}, {_percent(terms['reported'])}")
        body.append(cells)
    return _table(head, body)


def finding_table(rows: Mapping[str, Any]) -> str:
    """A row a kind, a column a direction; in brackets the human translations of the same lines."""
    kinds = sorted(
        {kind for row in rows.values() for part in (row, row["human"]) for kind in part["findings"]["by_kind"]}
    )
    severities = ("CRITICAL", "WARNING", "INFO")
    body = []
    for kind in kinds:
        for severity in severities:
            pairs = [
                [part["findings"]["by_kind"].get(kind, {}).get(severity, 0.0) for part in (row, row["human"])]
                for row in rows.values()
            ]
            if any(any(pair) for pair in pairs):
                body.append([kind, severity, *(f"{made:.1f} ({human:.1f})" for made, human in pairs)])
    return _table(["kind", "severity", *rows], body) if body else "None."


def repair_table(rows: Mapping[str, Any]) -> str:
    """A row a direction: what the second attempts changed."""
    head = ["direction", "decoded again", "lines changed", "findings (critical) before", "after"]
    head += ["chrF2 before", "after", "change"]
    body = []
    for name, row in rows.items():
        if "repair" not in row:
            continue
        repair, chrf = row["repair"], row["repair"]["chrf2"]
        cells = [name, str(repair["decoded_again"]), str(repair["lines_changed"])]
        cells += [_findings(repair["findings_before"]), _findings(row["findings"])]
        change = chrf["after"] - chrf["before"]
        cells += [f"{chrf['before']:.1f}", f"{chrf['after']:.1f}", f"{change:+.1f} ({_range(chrf['interval'])})"]
        body.append(cells)
    return _table(head, body)


def signature_list(rows: Mapping[str, Any]) -> str:
    """Each score's signature once for each target language."""
    seen: dict[tuple[str, str], str] = {}
    for name, row in rows.items():
        for score, figures in row["likeness"].items():
            seen[name.partition("-")[2], score] = figures["signature"]
    return "\n".join(f"- {score} into {language}: `{signature}`" for (language, score), signature in seen.items())


def summary_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A row a language and style; facts and findings a hundred statements."""
    head = ["", "summaries", "coverage of the lead", "new facts (critical)", "findings (critical)"]
    head += ["longest copied run", "novel n-grams", "length of limit", "over"]
    body = []
    for language, style, row in _styles(rows):
        cells = [f"{language} {style}", str(row["summaries"]), f"{row['lead_coverage']:.2f}"]
        cells += [_findings(row["novel"]), _findings(row["findings"]), f"{row['longest_copied']:.0%}"]
        cells += [f"{row['novel_ngrams']:.0%}", f"{row['length_of_limit']:.0%}", f"{row['over_limit']:.0%}"]
        body.append(cells)
    return _table(head, body)


def rouge_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 of ROUGE-1, -2 and -L against the lead, the article's headline and the references of the data."""
    head = ["", "lead: recall 1", "lead: 1 / 2 / L", "headline: 1 / 2 / L", "references: 1 / 2 / L"]
    body = []
    for language, style, row in _styles(rows):
        scores = row["rouge"]
        cells = [f"{scores['lead']['rouge1_recall']:.2f}"]
        cells += [_rouge(scores[name]) for name in ("lead", "headline", "reference")]
        body.append([f"{language} {style}", *cells])
    return _table(head, body)


def summary_repair_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A row a language and style in which anything was decoded again; findings a hundred statements and summaries."""
    head = ["", "decoded again", "of statements before", "after", "of wholes before", "after"]
    head += ["coverage of the lead before", "after"]
    body = []
    for language, style, row in _styles(rows):
        if "repair" not in row or not row["repair"]["decoded_again"]:
            continue
        before = row["repair"]["before"]
        cells = [_findings(each[name]) for name in ("findings", "whole_findings") for each in (before, row)]
        cells += [f"{each['lead_coverage']:.2f}" for each in (before, row)]
        body.append([f"{language} {style}", str(row["repair"]["decoded_again"]), *cells])
    return _table(head, body) if body else "No summary was decoded again."


def _styles(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str, Any]]:
    return ((language, style, row) for language, styles in rows.items() for style, row in styles.items())


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _interval(score: Mapping[str, Any] | None) -> str:
    return f"{score['score']:.1f} ({_range(score['interval'])})" if score else "-"


def _range(interval: Sequence[float]) -> str:
    # A dash between numbers with signs would read as one.
    return f"{interval[0]:.1f} to {interval[1]:.1f}"


def _findings(counts: Mapping[str, Any]) -> str:
    return f"{counts['all']:.1f} ({counts['critical']:.1f})"


def _lengths(ratios: Mapping[str, float]) -> str:
    return f"{ratios['median']:.2f} ({ratios['p5']:.2f}-{ratios['p95']:.2f})" if ratios else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _rouge(scores: Mapping[str, float] | None) -> str:
    return " / ".join(f"{scores[name]:.2f}" for name in ("rouge1", "rouge2", "rougeL")) if scores else "-"
