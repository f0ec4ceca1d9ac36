"""Terms of a newsroom: found in a source, put right in an output or reported.

`TermIndex` finds the terms of one direction; `apply_terms` makes an output write them as the glossary does as far as
that is certain, and reports the others. `protect_terms` brings terms through a model as numbers instead; decision 0009
says which way is used where.
"""

from collections.abc import Sequence

from triwire.v1.article_pb2 import TextRange
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.doubt import INFO, WARNING, doubt
from triwire_server.text.language import base_language
from triwire_server.text.terms.index import TermHit, TermIndex
from triwire_server.text.terms.marks import ProtectedTerms, protect_terms
from triwire_server.text.terms.output import (
    Edit,
    Found,
    distinct,
    edit_text,
    find_adjective,
    find_lookalike,
    find_targets,
    find_variants,
)

__all__ = ["ProtectedTerms", "TermHit", "TermIndex", "apply_terms", "protect_terms"]

_IS_MISSING = "a glossary term is not in the output"
_IS_ADJECTIVE = "an adjective stands for a glossary term"
_WAS_REPLACED = "another spelling was taken for a glossary term and replaced"


def apply_terms(
    output: str, hits: Sequence[TermHit], target_language: str, *, is_summary: bool = False
) -> tuple[str, list[Finding]]:
    """The output with the terms of its source as the glossary writes them, and findings for what could not be mended.

    Mended are: the form of the source or of another language left as it was; other case, spaces or points between the
    parts of a name; and, if the term is missing otherwise, the one passage that must be another spelling of it. In
    Korean the particle right after a mended form agrees with it again. Applied twice it changes nothing more.

    Args:
        output: plain text that a model wrote.
        hits: what `TermIndex.find_terms` found in the source.
        target_language: BCP-47 tag of the output.
        is_summary: whether the output need not mention every term; one that it leaves out is then not reported.

    Returns:
        The text, and KIND_TERM_MISSING findings with the target form as `expected`: WARNING for a term that is nowhere
        in the text, with the place of the hit as `source`; INFO for a spelling that was taken for the term and
        replaced, with what stood there as `actual` and its place in the returned text as `target`, and for the English
        adjective of a country (German for Germany), which is left as it is.
    """
    language = base_language(target_language)
    wanted = distinct(hits)
    if not wanted:
        return output, []
    found = find_targets(output, wanted)
    edits = found.loose + find_variants(output, wanted, found, language)
    text = output
    if edits:
        text = edit_text(output, edits, language)
        found = find_targets(text, wanted)
    findings: list[Finding] = []
    for hit in wanted:
        if found.has(hit.target_form):
            continue
        if adjective := find_adjective(text, hit, language):
            findings.append(_finding(hit, _IS_ADJECTIVE, INFO, text[slice(*adjective)]))
            continue
        guesses = find_lookalike(text, hit, found, language)
        if not guesses:
            findings += [] if is_summary else [_finding(hit, _IS_MISSING, WARNING)]
            continue
        actual = text[guesses[0].start : guesses[0].end]
        text = edit_text(text, guesses, language)
        found = find_targets(text, wanted)
        findings.append(_finding(hit, _WAS_REPLACED, INFO, actual))
    if language == "ko":
        text, found = _mend_particles(text, wanted, found)
    for finding in findings:
        _set_target(finding, text, found)
    findings.sort(key=lambda finding: finding.source.range.start)
    return text, findings


def _set_target(finding: Finding, text: str, found: Found) -> None:
    """The place of what a finding is about: the form that was put in, or what stands in its place."""
    if not finding.actual:
        return
    places = found.right.get(finding.expected)
    start, end = places[0] if places else (text.find(finding.actual), text.find(finding.actual) + len(finding.actual))
    if start >= 0:
        finding.target.CopyFrom(TextRange(start=start, end=end))


def _mend_particles(text: str, wanted: Sequence[TermHit], found: Found) -> tuple[str, Found]:
    """Particles after forms that stood there already, where they are certainly wrong."""
    spans = [span for places in found.right.values() for span in places]
    mended = edit_text(text, [Edit(start, end, text[start:end], is_standing=True) for start, end in spans], "ko")
    return (text, found) if mended == text else (mended, find_targets(mended, wanted))


def _finding(hit: TermHit, message: str, severity: "Finding.Severity.ValueType", actual: str = "") -> Finding:
    return doubt(
        Finding.KIND_TERM_MISSING,
        severity,
        message,
        source=(hit.start, hit.end),
        expected=hit.target_form,
        actual=actual,
    )
