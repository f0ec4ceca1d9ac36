"""The page around the texts: what it may load (nothing), the walk through the findings, models, terms and cost."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from google.protobuf.duration_pb2 import Duration

from triwire.v1.article_pb2 import BLOCK_KIND_HEADLINE, Article
from triwire.v1.article_service_pb2 import Finding, Model, ProcessArticleResponse
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.review.bodies import body_of, escape, read_body, visible_text
from triwire_client.review.doubts import Doubt, collect
from triwire_client.review.terms import TermFinder
from triwire_client.review.texts import SYMBOLS, Texts, lang
from triwire_client.words import SEVERITY_WORDS, base_language, count, language_name, summary_style

_MEANINGS = {"stop": "not before somebody has looked", "look": "worth a look", "note": "for the record"}


def write_page(
    response: ProcessArticleResponse,
    source: Article,
    models: Sequence[Model],
    terms: Sequence[GlossaryTerm],
    missing: Sequence[str],
) -> str:
    """The whole page; `review_page` says what goes in."""
    doubts = collect(response, source)
    finder = TermFinder(terms, [source.language, *(made.target_language for made in response.translations)])
    finder.keep(_all_texts(response, source))
    texts = Texts(response, source, doubts, finder)
    title = _title(source)
    script, style = _asset("page.js"), _asset("page.css")
    # Hashes, not 'unsafe-inline': a script that came in with a text would not run even if it were not escaped.
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}';"
        " base-uri 'none'; form-action 'none'"
    )
    body = [
        '<a class="skip" href="#texts">To the texts</a><a class="skip" href="#findings">To the findings</a>',
        f'<header><p class="what">Review · {escape(_directions(response, source))}</p>'
        f"<h1{lang(source.language)}>{escape(title)}</h1></header>",
        _bar(response, doubts),
        f"<main>{_missing([*missing, *texts.strangers()])}{texts.summaries()}{texts.article()}",
        f"{_terms(texts.term_counts, finder)}{_about(response, models)}</main>",
        '<aside aria-labelledby="findings"><h2 id="findings">Findings</h2>',
        f"{_findings(doubts, source.language)}</aside>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f'<meta name="robots" content="noindex"><title>Review: {escape(title)}</title><style>{style}</style></head>\n'
        f"<body>{''.join(body)}\n<script>{script}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _title(source: Article) -> str:
    headline = next((block for block in source.blocks if block.kind == BLOCK_KIND_HEADLINE), None)
    words = " ".join(visible_text(read_body(headline)).split()) if headline else ""
    return words or "article without a headline"


def _all_texts(response: ProcessArticleResponse, source: Article) -> Iterator[str]:
    for block in source.blocks:
        yield body_of(block)
    for translation in response.translations:
        for made in translation.blocks:
            yield body_of(made.block)
    for summary in response.summaries:
        for point in summary.points:
            yield point.text


def _directions(response: ProcessArticleResponse, source: Article) -> str:
    targets = [language_name(made.target_language) for made in response.translations]
    name = language_name(source.language)
    return f"{name} to {', '.join(targets)}" if targets else name


def _bar(response: ProcessArticleResponse, doubts: Sequence[Doubt]) -> str:
    """Buttons and choices; the script shows them, since without it they would do nothing."""
    boxes = "".join(
        f'<label><input type="checkbox" name="severity" value="{severity}" checked> '
        f'<span aria-hidden="true">{SYMBOLS[severity]}</span> {severity}</label>'
        for severity in reversed(SEVERITY_WORDS)
    )
    columns = ""
    if len(response.translations) > 1:
        choices = [("all", "all"), *((str(i), made.target_language) for i, made in enumerate(response.translations))]
        columns = (
            "<fieldset><legend>Translations</legend>"
            + "".join(
                f'<label><input type="radio" name="column" value="{value}"{" checked" if value == "all" else ""}> '
                f"{escape(words)}</label>"
                for value, words in choices
            )
            + "</fieldset>"
        )
    off = "" if doubts else " disabled"
    return (
        '<nav class="bar" aria-label="Walk through the findings" hidden>'
        '<div class="walk">'
        f'<button type="button" id="previous" aria-keyshortcuts="p k"{off}>Previous <kbd>p</kbd></button>'
        f'<button type="button" id="next" aria-keyshortcuts="n j"{off}>Next <kbd>n</kbd></button>'
        f'<span id="position" role="status">{count(len(doubts), "finding")}</span></div>'
        f"<fieldset><legend>Findings</legend>{boxes}</fieldset>{columns}"
        '<label class="keys"><input type="checkbox" id="keys" checked> keys n, p, Esc, ← →</label></nav>'
    )


def _missing(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return (
        f'<section class="missing" aria-labelledby="missing"><h2 id="missing">Not here</h2><ul>{items}</ul></section>'
    )


def _findings(doubts: Sequence[Doubt], source_language: str) -> str:
    if not doubts:
        return "<p>None. The checks compare texts; they do not know what is true.</p>"
    numbers = Counter(doubt.severity for doubt in doubts)
    counts = "".join(
        f'<li class="{severity}"><span aria-hidden="true">{SYMBOLS[severity]}</span> {numbers[severity]} {severity}: '
        f"{_MEANINGS[severity]}</li>"
        for severity in reversed(SEVERITY_WORDS)
        if numbers[severity]
    )
    lines = "".join(_finding(doubt, source_language) for doubt in doubts)
    return f'<ul class="counts" role="list">{counts}</ul><ol class="findings" role="list">{lines}</ol>'


def _finding(doubt: Doubt, source_language: str) -> str:
    finding = doubt.finding
    facts = ""
    if finding.expected or finding.actual:
        is_form = finding.kind == Finding.KIND_TERM_MISSING  # the only kind that expects words of the output's language
        expected = _fact("expected", finding.expected, doubt.language if is_form else source_language)
        facts = f"<dl>{expected}{_fact('is', finding.actual, doubt.language)}</dl>"
    message = f'<p class="message">{escape(finding.message)}</p>' if finding.message else ""
    column = "" if doubt.column is None else f' data-column="{doubt.column}"'
    return (
        f'<li id="finding-{doubt.number}" class="{doubt.severity}" data-severity="{doubt.severity}"{column}'
        f' data-output="{doubt.output}"><a href="#{doubt.output}">'
        f'<span aria-hidden="true">{SYMBOLS[doubt.severity]}</span> '
        f'{doubt.number} <span class="words"><b>{doubt.severity}</b> {escape(doubt.kind)}</span></a>'
        f'<p class="where">{escape(doubt.where)}</p>{facts}{message}</li>'
    )


def _fact(name: str, value: str, language: str) -> str:
    # With its language, so that letters that Chinese, Japanese and Korean share have the right shapes.
    words = f"<q{lang(language)}>{escape(value)}</q>" if value else "nothing"
    return f"<div><dt>{name}</dt><dd>{words}</dd></div>"


def _terms(counts: Counter[tuple[str, str]], finder: TermFinder) -> str:
    """Terms that stand somewhere: their forms, and how often each does."""
    if not counts:
        return ""
    languages = list(dict.fromkeys(language for _, language in counts))
    heads = "".join(f'<th scope="col">{escape(language_name(language))}</th>' for language in languages)
    keys = sorted({key for key, _ in counts})
    rows = []
    for key in keys:
        forms = finder.forms_of(key)
        cells = [
            f"<span{lang(language)}>{escape(forms.get(base_language(language), ''))}</span> × {counts[key, language]}"
            for language in languages
        ]
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return (
        '<section aria-labelledby="terms"><h2 id="terms">Glossary terms</h2><details>'
        f"<summary>{count(len(keys), 'term')} marked in the texts</summary>"
        f'<table class="facts"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></details></section>"
    )


def _about(response: ProcessArticleResponse, models: Iterable[Model]) -> str:
    known = {model.model: model for model in models}
    used: dict[str, list[str]] = {}
    for translation in response.translations:
        for name in translation.models:
            used.setdefault(name, []).append(f"translation into {language_name(translation.target_language)}")
    for summary in response.summaries:
        for name in summary.models:
            words = f"{summary_style(summary.style)} in {language_name(summary.target_language)}"
            used.setdefault(name, []).append(words)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(", ".join(tasks))}</td>'
        f"<td>{_license(known.get(name))}</td></tr>"
        for name, tasks in used.items()
    )
    table = (
        '<table class="facts"><thead><tr><th scope="col">Model</th><th scope="col">Wrote</th>'
        f'<th scope="col">License</th></tr></thead><tbody>{rows}</tbody></table>'
        if rows
        else ""
    )
    usage = response.usage
    facts = [
        ("Tokens read", f"{usage.input_tokens:,}"),
        ("Tokens written", f"{usage.output_tokens:,}"),
        ("Segments", f"{usage.segments:,}, {usage.cached_segments:,} of them from the cache"),
        ("In the queue", _seconds(usage.queue_duration)),
        ("On the device", _seconds(usage.compute_duration)),
        *([("Request", response.request_id)] if response.request_id else []),
    ]
    cost = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return (
        '<section aria-labelledby="about"><h2 id="about">Models and cost</h2>'
        f'{table}<dl class="cost">{cost}</dl></section>'
    )


def _license(model: Model | None) -> str:
    if model is None:
        return "not known here; <code>triwire models</code> lists it"
    words = escape(model.license or "not stated")
    if model.noncommercial:
        words += ' <strong class="stop">commercial use is forbidden</strong>'
    return f"{words}<br><small>{escape(model.origin_uri)}</small>" if model.origin_uri else words


def _seconds(duration: Duration) -> str:
    return f"{duration.ToNanoseconds() / 1e9:.2f} s"
