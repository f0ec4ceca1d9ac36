"""The calls by which functions on text are timed: arguments by the names of their parameters, or by hand."""

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.extract import extract_article
from triwire_server.text.html import html_blocks, plain_text
from triwire_server.text.terms.index import TermIndex
from ways.news_data import FIELDS
from ways.text_samples import Pair, Sample

_MARKED = " <b>{name}</b> & https://example.com/news/2026?id=7 @harbour_news editor@example.com %s"
_MAX_INPUT_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is timed."""

    run: Callable[[], object]
    parts: int = 1
    """Paragraphs, blocks or statements that its time is divided by."""


class NotTimed(Exception):
    """Why a function cannot be called with what is at hand."""


def calls_of(name: str, function: Callable[..., Any] | None, sample: Sample) -> list[Call]:
    """The calls of a function that are timed for one language.

    Raises:
        NotTimed: it needs what is not at hand.
    """
    if function is None:
        return METHODS[name](sample)
    if name in SPECIAL:
        return SPECIAL[name](function, sample)
    hints = typing.get_type_hints(function)
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    # What is needed decides what a call is made for: an article, a pair, or a paragraph.
    names = {parameter.name for parameter in needed}
    if names & _ARTICLE_NAMES:
        return [_call(function, needed, hints, _of_article(article, said, sample)) for article, said in sample.articles]
    if names & _PAIR_NAMES:
        return [_call(function, needed, hints, _of_pair(pair, sample)) for pair in sample.pairs]
    if names & {"page"}:
        return [_call(function, needed, hints, _of_page(page)) for page in sample.pages if page.html]
    return [_call(function, needed, hints, _of_paragraph(text, sample)) for text in sample.paragraphs]


_ARTICLE_NAMES = frozenset({"article", "bodies", "point", "points"})
_PAIR_NAMES = frozenset({"source", "target", "source_language", "target_language"})
_TEXT_NAMES = ("text", "line", "body", "caption", "output", "passage", "sentence", "paragraph")


def _call(
    function: Callable[..., object],
    needed: Sequence[inspect.Parameter],
    hints: dict[str, Any],
    values: dict[str, tuple[object, int]],
) -> Call:
    """A call with the values at hand by parameter name, each with the number of parts it has."""
    if len(needed) == 0:
        raise NotTimed("it has no parameters")
    positional: list[object] = []
    by_name: dict[str, object] = {}
    parts = 1
    for parameter in needed:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        if parameter.name not in values:
            raise NotTimed(f"it needs {parameter.name}")
        value, value_parts = values[parameter.name]
        hint = hints.get(parameter.name)
        if parameter.name == "bodies" and not _fits(value, hint):
            value = [body for _, body in typing.cast("list[tuple[str, str]]", value)]
        if not _fits(value, hint):
            raise NotTimed(f"its {parameter.name} is of another type")
        parts = max(parts, value_parts)
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            by_name[parameter.name] = value
        else:
            positional.append(value)
    return Call(partial(function, *positional, **by_name), parts)


def _fits(value: object, hint: object) -> bool:
    """Whether a value has the annotated type, or its members the type of a list's or sequence's; True if unknown."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return isinstance(value, hint)
    members = [member for member in typing.get_args(hint) if isinstance(member, type)]
    if isinstance(value, list) and len(members) == 1:
        return all(isinstance(each, members[0]) for each in value)
    return True


def _of_paragraph(text: str, sample: Sample) -> dict[str, tuple[object, int]]:
    return dict.fromkeys(_TEXT_NAMES, (text, 1)) | {
        "language": (sample.language, 1),
        "tag": (sample.language, 1),
        "character": (text[0], 1),
        "block": (Block(block_id="b1", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text), 1),
        "blocks": ([Block(block_id="b1", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text)], 1),
        "style_name": ("bullets", 1),
        "bullet_count": (3, 1),
        "terms": (sample.terms, 1),
        "register": ("news", 1),
        "is_html": (False, 1),
        "is_page": (True, 1),
    }


def _of_pair(pair: Pair, sample: Sample) -> dict[str, tuple[object, int]]:
    return _of_paragraph(pair.source, sample) | {
        "source": (pair.source, 1),
        "target": (pair.target, 1),
        "output": (pair.target, 1),
        "source_language": (sample.language, 1),
        "target_language": (pair.target_language, 1),
    }


def _of_article(article: Article, statements: Sequence[str], sample: Sample) -> dict[str, tuple[object, int]]:
    own = list(statements[list(FIELDS).index(sample.language) :: len(FIELDS)])
    return _of_paragraph(own[0], sample) | {
        "article": (article, len(article.blocks)),
        "bodies": ([(block.block_id, plain_text(block)) for block in article.blocks], len(article.blocks)),
        "point": (own[0], 1),
        "statement": (own[0], 1),
        "earlier": (own[1:], 1),
        "points": (own, len(own)),
        "style": ("bullets", 1),
        "max_characters": (400, 1),
    }


def _of_page(page: Content) -> dict[str, tuple[object, int]]:
    return {
        "page": (page.html, len(extract_article(page).blocks)),
        "keep_elements": (False, 1),
    }


Function = Callable[..., Any]


def _extract_article(function: Function, sample: Sample) -> list[Call]:
    return [Call(partial(function, page), len(function(page).blocks)) for page in sample.pages]


def _protect_and_restore(function: Function, sample: Sample) -> list[Call]:
    def both(text: str) -> None:
        protected = function(text)
        protected.restore(protected.text)

    return [Call(partial(both, text + _MARKED)) for text in sample.paragraphs]


def _split_segments(function: Function, sample: Sample) -> list[Call]:
    def fits(piece: str) -> bool:
        return len(piece) <= _MAX_INPUT_CHARACTERS

    return [Call(partial(function, text, sample.language, fits)) for text in sample.paragraphs]


def _check_summary(function: Function, sample: Sample) -> list[Call]:
    """In each language: statements of one summary are of one language. It reads them and the article's blocks."""
    calls = []
    for article, statements in sample.articles:
        for number, language in enumerate(FIELDS):
            points = list(statements[number :: len(FIELDS)])
            calls.append(Call(partial(function, article, points, language), len(points) + len(article.blocks)))
    return calls


def _is_broken(function: Function, sample: Sample) -> list[Call]:
    findings = [Finding(kind=kind, severity=Finding.SEVERITY_WARNING) for kind in Finding.Kind.values()[1:4]]
    return [Call(partial(function, findings))]


def _of_html_page(function: Function, sample: Sample) -> list[Call]:
    """What reads a page with the blocks that were found in it."""
    calls = []
    for page in sample.pages:
        if page.html:
            blocks = html_blocks(page.html, keep_elements=False)
            values = {"page": page.html, "blocks": blocks}
            names = [name for name in inspect.signature(function).parameters if name in values]
            calls.append(Call(partial(function, *(values[name] for name in names)), len(blocks)))
    return calls


def _of_html_block(function: Function, sample: Sample) -> list[Call]:
    blocks = [block for page in sample.pages if page.html for block in html_blocks(page.html, keep_elements=False)]
    has_text = "text" in inspect.signature(function).parameters
    return [Call(partial(function, *([block, block.body] if has_text else [block]))) for block in blocks]


def _replace_text(function: Function, sample: Sample) -> list[Call]:
    calls = []
    for page in sample.pages:
        if page.html:
            article = extract_article(Content(html=page.html, cleaning=Cleaning.CLEANING_NONE))
            calls.append(Call(partial(function, page.html, article, list(article.blocks)), len(article.blocks)))
    return calls


def _find_terms(sample: Sample) -> list[Call]:
    return [Call(partial(index.find_terms, pair.source)) for pair, index in _indexed(sample)]


def _apply_terms(function: Function, sample: Sample) -> list[Call]:
    return [
        Call(partial(function, pair.target, index.find_terms(pair.source), pair.target_language))
        for pair, index in _indexed(sample)
    ]


def _protect_terms(function: Function, sample: Sample) -> list[Call]:
    return [Call(partial(function, pair.source, index.find_terms(pair.source))) for pair, index in _indexed(sample)]


def _indexed(sample: Sample) -> list[tuple[Pair, Any]]:
    """Pairs with the terms of their direction: 10,000 made ones, and a word of every pair."""
    indexes = {
        target: TermIndex([*sample.terms, *sample.pair_terms], sample.language, target)
        for target in FIELDS
        if target != sample.language
    }
    return [(pair, indexes[pair.target_language]) for pair in sample.pairs]


METHODS: dict[str, Callable[[Sample], list[Call]]] = {"terms.index.TermIndex.find_terms": _find_terms}
"""Public methods that do the work of a function."""

SPECIAL: dict[str, Callable[[Function, Sample], list[Call]]] = {
    "extract.extract_article": _extract_article,
    "placeholders.protect.protect": _protect_and_restore,
    "segment.split_segments": _split_segments,
    "findings.check_summary": _check_summary,
    "findings.is_broken": _is_broken,
    "glossary.apply_terms": _apply_terms,
    "html.replace_text": _replace_text,
    "terms.marks.protect_terms": _protect_terms,
    "pages.web_page.page_kinds": _of_html_page,
    "pages.web_page.plain_kinds": _of_html_page,
    "pages.web_page.readable": _of_html_block,
    "pages.web_page.is_credit": _of_html_block,
}
"""Functions whose calls are not made from the names of their parameters alone."""

SHOWN_AS = {
    "placeholders.protect.protect": "placeholders.protect.protect and restore",
    "terms.index.TermIndex.find_terms": "terms.index.find_terms, 10,000 terms",
}
