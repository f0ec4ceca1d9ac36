"""What is doubtful in what a model wrote: pure checks on the source and the output, no model.

Each kind of doubt has a file of its own; here they are put together. Ranges are code points of the output, or of the
source body they concern. Messages hold no article text. docs/findings.md explains every kind.
"""

import html as html_entities
import re
from collections.abc import Sequence

from triwire.v1.article_pb2 import Article
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import blank, squeeze
from triwire_server.text.checks.copied import check_copied, check_taken_over, check_whole_article
from triwire_server.text.checks.lengths import check_cut, check_empty, check_length
from triwire_server.text.checks.output_language import check_characters, check_language
from triwire_server.text.checks.quotes import check_quoted_words, check_quotes
from triwire_server.text.checks.repetition import check_repetition, check_said_before
from triwire_server.text.checks.verbatim import check_verbatim
from triwire_server.text.doubt import CRITICAL, WARNING, Bodies
from triwire_server.text.html import plain_text
from triwire_server.text.html_tokens import TAG
from triwire_server.text.language import base_language, main_language
from triwire_server.text.names.comparison import check_claimed_names, check_names
from triwire_server.text.quantities.claims import ArticleQuantities, check_statement, read_article
from triwire_server.text.quantities.comparison import check_quantities

# Worth decoding once more though they are warnings: what was lost may be there the second time.
_BROKEN_KINDS = frozenset(
    {
        Finding.KIND_NUMBER_MISMATCH,
        Finding.KIND_DATE_MISMATCH,
        Finding.KIND_TERM_MISSING,
        Finding.KIND_PLACEHOLDER_MISMATCH,
        Finding.KIND_OUTPUT_TRUNCATED,
    }
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")


def check_translation(
    source: str,
    target: str,
    source_language: str,
    target_language: str,
    *,
    is_html: bool = False,
) -> list[Finding]:
    """Doubts about the translation of a block or a piece of one.

    Args:
        source: body in the source language.
        target: body in the target language; ranges of the findings are places in it.
        source_language: BCP-47 tag of the source.
        target_language: BCP-47 tag asked for.
        is_html: whether both are `inline_html`; tags and entities are then not read as words.

    Returns:
        Findings of every kind that two texts show: PLACEHOLDER_MISMATCH, REPETITION, WRONG_LANGUAGE, COPIED_SOURCE,
        LENGTH_RATIO (CRITICAL if the output is empty), OUTPUT_TRUNCATED, NAME_MISMATCH, NUMBER_MISMATCH, DATE_MISMATCH,
        QUOTE_MISMATCH. `source.range` is a place in `source`, with an empty block id. Names, numbers and
        quotations are compared only if the output is a translation at all.
    """
    altered = check_verbatim(source, target, is_html=is_html)
    if is_html:
        source, target = _blank_markup(source), _blank_markup(target)
    source_tag, target_tag = base_language(source_language), base_language(target_language)
    if not any(map(str.isalnum, source)):
        return altered
    empty = check_empty(source, target)
    if empty or source_tag == target_tag:
        return empty + altered
    findings = altered + check_characters(target, target_tag, source)
    findings += check_repetition(target, target_tag, source)
    copied = check_copied(source, target, source_tag, target_tag)
    if squeeze(source) == squeeze(target):
        return findings + copied  # the language and the length of the source say nothing more
    findings += copied
    findings += check_language(target, target_tag, [(f.target.start, f.target.end) for f in copied])
    findings += check_length(source, target, source_tag, target_tag) + check_cut(source, target, target_tag)
    # What an output that is none says of numbers, names and quotations does not matter.
    if any(finding.severity == CRITICAL for finding in findings if finding not in altered):
        return findings
    return findings + _compare(source, target, source_tag, target_tag)


def _compare(source: str, target: str, source_tag: str, target_tag: str) -> list[Finding]:
    """Doubts about what a translation says, against what its source says."""
    findings = check_names(source, target, source_tag, target_tag)
    findings += check_quantities(source, target, source_tag, target_tag)
    findings += check_quotes(source, target)
    return findings


def check_summary(article: Article, points: Sequence[str], language: str) -> list[list[Finding]]:
    """Doubts about the statements of a summary, one list for each.

    Args:
        article: what was summarized, with block ids.
        points: the statements.
        language: BCP-47 tag that the summary was asked in.

    Returns:
        NAME_MISMATCH, NUMBER_MISMATCH, DATE_MISMATCH, QUOTE_MISMATCH, WRONG_LANGUAGE, REPETITION (also for a statement
        that was made before, in the same words or nearly), an empty statement as a CRITICAL LENGTH_RATIO, and
        COPIED_SOURCE: INFO with the place of a sentence taken over word for word, CRITICAL if the statements are mostly
        the article itself, which is then not summarized. `source` is the block concerned, with a range where the block
        is plain text.
    """
    tag = base_language(language)
    bodies = [(block.block_id, plain_text(block)) for block in article.blocks]
    everything = "\n".join(body for _, body in bodies)
    article_tag = base_language(article.language) if article.language else main_language(everything)
    quantities = read_article(bodies, article_tag)
    results: list[list[Finding]] = []
    for index, point in enumerate(points):
        findings = check_empty("", point)
        if not findings:
            said_before = check_said_before(point, points[:index])
            is_same = any(finding.severity == CRITICAL for finding in said_before)
            findings = said_before if is_same else _check_form(point, tag, bodies, everything) or said_before
            if not is_broken(findings):
                findings += _check_claims(point, tag, bodies, article_tag, quantities)
        results.append(findings)
    for findings, more in zip(results, check_whole_article(bodies, points, results), strict=True):
        findings += more
    _drop_ranges_in_markup(article, results)
    return results


def _check_form(point: str, tag: str, bodies: Bodies, everything: str) -> list[Finding]:
    """Doubts about a statement as a piece of writing."""
    findings = check_characters(point, tag, everything)
    findings += check_repetition(point, tag, everything)
    findings += check_language(point, tag)
    findings += check_taken_over(point, tag, bodies)
    return findings


def _check_claims(
    point: str, tag: str, bodies: Bodies, article_tag: str, quantities: ArticleQuantities
) -> list[Finding]:
    """Doubts about what a statement claims, against what the article says."""
    findings = check_claimed_names(bodies, point, article_tag, tag)
    findings += check_statement(quantities, point, tag)
    findings += check_quoted_words(bodies, point, article_tag, tag)
    return findings


def is_broken(findings: Sequence[Finding]) -> bool:
    """Whether an output is worth decoding once more: anything critical, lost numbers, terms or marks, a cut."""
    return any(
        finding.severity == CRITICAL or (finding.severity == WARNING and finding.kind in _BROKEN_KINDS)
        for finding in findings
    )


def _blank_markup(body: str) -> str:
    """Inline HTML with tags as spaces and entities as their characters, padded so that every place stays the same."""
    return _ENTITY.sub(lambda match: html_entities.unescape(match.group()).ljust(len(match.group())), blank(body, TAG))


def _drop_ranges_in_markup(article: Article, results: Sequence[Sequence[Finding]]) -> None:
    """The checks read inline HTML as plain text, whose places are not those of the body: the block is all they name."""
    marked_up = {block.block_id for block in article.blocks if block.inline_html}
    for findings in results:
        for finding in findings:
            if finding.source.block_id in marked_up:
                finding.source.ClearField("range")
