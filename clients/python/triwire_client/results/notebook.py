"""A result in a notebook: its texts side by side, with the doubts marked.

A fragment of HTML that needs nothing else: no script, no style sheet (notebooks that are not trusted drop both), and
colours that go with light and dark themes, because they are shades over the theme's own.
"""

from collections.abc import Sequence

from triwire_client.results.findings import ResultFinding
from triwire_client.results.texts import ArticleText, SummaryText, TextBlock, TranslationText
from triwire_client.review.bodies import escape, read_body, read_text
from triwire_client.review.marks import Mark, leaves_of
from triwire_client.review.texts import SYMBOLS, lang
from triwire_client.words import SEVERITIES, SEVERITY_WORDS, count, language_name

_WORDS = dict(zip(SEVERITIES, SEVERITY_WORDS, strict=True))
_SHADES = {"note": "rgba(50,130,220,.3)", "look": "rgba(230,160,0,.35)", "stop": "rgba(230,50,40,.35)"}
_CELL = "text-align:left;vertical-align:top;white-space:normal;max-width:36em;padding:.3em .6em"


def write_notebook(
    article: ArticleText, translations: Sequence[TranslationText], summaries: Sequence[SummaryText]
) -> str:
    """HTML for a notebook's cell: what it is, the summaries, and a table with a row for each block."""
    num_findings = sum(len(made.findings) for made in summaries) + sum(len(made.findings) for made in translations)
    targets = ", ".join(language_name(made.language) for made in translations)
    source = language_name(article.language)
    facts = [f"{source} to {targets}" if targets else source, count(len(article), "block")]
    facts.append(count(num_findings, "finding"))
    return (
        '<div style="max-height:36em;overflow:auto">'
        f"<p><strong{lang(article.language)}>{escape(article.title) or 'Article without a headline'}</strong><br>"
        f"<small>{escape(' · '.join(facts))}</small></p>"
        f"{''.join(_summary(made) for made in summaries)}{_table(article, translations)}</div>"
    )


def _summary(summary: SummaryText) -> str:
    points = []
    for number, point in enumerate(summary.points, 1):
        findings = [finding for finding in summary.findings if finding.statement == number]
        points.append(f"<li>{_marked(point, findings)}{_notes(findings)}</li>")
    whole = _notes([finding for finding in summary.findings if finding.statement is None])
    return (
        f"<p><small>{escape(summary.style)}, {escape(language_name(summary.language))}</small>{whole}</p>"
        f"<ul{lang(summary.language)}>{''.join(points)}</ul>"
    )


def _table(article: ArticleText, translations: Sequence[TranslationText]) -> str:
    made = [{block.block_id: block for block in translation} for translation in translations]
    # A translation is of some kinds of blocks; one that was not translated is shown if nothing else is.
    shown = [block for block in article if not made or any(block.block_id in blocks for blocks in made)]
    heads = f'<th style="{_CELL}">{escape(language_name(article.language))}</th>' if shown else ""
    for translation in translations:
        whole = _notes([finding for finding in translation.findings if not finding.block_id])
        heads += f'<th style="{_CELL}">{escape(language_name(translation.language))}{whole}</th>'
    rows = "".join(
        f"<tr>{_cell(block)}{''.join(_cell(blocks.get(block.block_id)) for blocks in made)}</tr>" for block in shown
    )
    if not shown:  # the response does not repeat the article
        rows = "".join(f"<tr>{_cell(block)}</tr>" for translation in translations for block in translation)
    return (
        f'<table style="color:inherit;font-size:inherit"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _cell(block: TextBlock | None) -> str:
    if block is None:
        return f'<td style="{_CELL}"></td>'
    body = _marked_block(block)
    if block.kind in ("headline", "subheading", "standfirst"):
        body = f"<strong>{body}</strong>"
    credit = f" <small>{escape(block.message.credit)}</small>" if block.message.credit else ""
    title = escape(f"{block.kind.replace('_', ' ')} {block.block_id}")
    return f'<td style="{_CELL}" title="{title}"{lang(block.language)}>{body}{credit}{_notes(block.findings)}</td>'


def _marked_block(block: TextBlock) -> str:
    return "".join(
        leaf.piece.tag or _leaf(leaf.piece.text, leaf.findings)
        for leaf in leaves_of(read_body(block.message), _marks(block.findings))
    )


def _marked(text: str, findings: Sequence[ResultFinding]) -> str:
    return "".join(_leaf(leaf.piece.text, leaf.findings) for leaf in leaves_of(read_text(text), _marks(findings)))


def _marks(findings: Sequence[ResultFinding]) -> list[Mark]:
    return [
        Mark(*finding.target_range, "finding", str(number), _WORDS[finding.severity])
        for number, finding in enumerate(findings)
        if finding.target_range
    ]


def _leaf(text: str, marks: Sequence[Mark]) -> str:
    written = escape(text)
    if not marks:
        return written
    worst = max((mark.severity for mark in marks), key=SEVERITY_WORDS.index)
    return f'<mark style="background:{_SHADES[worst]};color:inherit">{written}</mark>'


def _notes(findings: Sequence[ResultFinding]) -> str:
    """The findings of one place, a line each, under its text."""
    lines = []
    for finding in findings:
        word = _WORDS[finding.severity]
        lines.append(
            f'<br><small lang="en" title="{escape(finding.message)}" style="background:{_SHADES[word]}">'
            f'<span aria-hidden="true">{SYMBOLS[word]}</span> {escape(f"{word}: {finding.words}")}</small>'
        )
    return "".join(lines)
