"""The texts of the page: summaries, and the article block by block beside its translations."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from triwire.v1.article_pb2 import Article, Block, TextRange
from triwire.v1.article_service_pb2 import ProcessArticleResponse, TranslatedBlock
from triwire_client.review.bodies import body_of, escape, read_body, read_text
from triwire_client.review.doubts import (
    Doubt,
    block_output,
    marks_in_output,
    marks_in_source,
    source_output,
    summary_output,
    whole_output,
)
from triwire_client.review.marks import Mark, write_body
from triwire_client.review.terms import TermFinder
from triwire_client.words import BESIDE_THE_ARTICLE, SEVERITY_WORDS, block_kind, count, language_name, summary_style

_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_ELEMENTS = {"headline": "h3", "subheading": "h4", "quote": "blockquote"}
SYMBOLS = {"stop": "■", "look": "▲", "note": "●"}
"""Shapes of the severities, for who does not tell their colours apart."""


@dataclass
class Texts:
    """What the page is made of, looked up in the ways that it needs.

    Args:
        response: a result.
        source: the article that its ids and ranges refer to.
        doubts: its findings, numbered.
        terms: finds glossary terms.
    """

    response: ProcessArticleResponse
    source: Article
    doubts: Sequence[Doubt]
    terms: TermFinder
    term_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a term was marked, by its words and the language; filled while the texts are written."""

    def __post_init__(self) -> None:
        self._of_output: dict[str, list[Doubt]] = defaultdict(list)
        self._of_source: dict[int, list[Doubt]] = defaultdict(list)
        for doubt in self.doubts:
            self._of_output[doubt.output].append(doubt)
            if doubt.source_index is not None:
                self._of_source[doubt.source_index].append(doubt)
        self._index_of = {block.block_id: index for index, block in enumerate(self.source.blocks)}
        self._made: list[dict[int, TranslatedBlock]] = [
            {self._index_of[made.block.block_id]: made for made in translation.blocks if self._knows(made)}
            for translation in self.response.translations
        ]
        self._has_headline = any(_element(block) == "h3" for block in self.source.blocks)

    def _knows(self, made: TranslatedBlock) -> bool:
        return made.block.block_id in self._index_of

    def strangers(self) -> list[str]:
        """Translated blocks that belong to no block of the source, a line for each translation that has some."""
        lines = []
        for translation in self.response.translations:
            number = sum(not self._knows(made) for made in translation.blocks)
            if number:
                name = language_name(translation.target_language)
                lines.append(f"{name}: {count(number, 'block')} with ids that the source does not have")
        return lines

    def summaries(self) -> str:
        """A section with all summaries; nothing if there are none."""
        if not self.response.summaries:
            return ""
        parts = ['<section aria-labelledby="summaries"><h2 id="summaries">Summaries</h2><div class="summaries">']
        for number, summary in enumerate(self.response.summaries):
            style = summary_style(summary.style)
            own = summary_output(number)
            parts.append(
                f'<section class="summary" id="{own}"><h3>{escape(style.capitalize())}, '
                f"{escape(language_name(summary.target_language))}</h3>{self._chips(own)}"
            )
            parts.append('<ul class="points">' if style == "bullets" else '<ul class="points plain" role="list">')
            for index, point in enumerate(summary.points):
                place = summary_output(number, index)
                marks = [*marks_in_output(self._of_output[place]), *self._terms(point.text, summary.target_language)]
                body = write_body(read_text(point.text), marks)
                parts.append(
                    f'<li id="{place}"{self._whole(place)}><p{lang(summary.target_language)}>{body}</p>'
                    f"{self._rests_on(point.source_block_ids)}{self._chips(place)}</li>"
                )
            parts.append("</ul></section>")
        parts.append("</div></section>")
        return "".join(parts)

    def _rests_on(self, block_ids: Iterable[str]) -> str:
        links = [
            f'<a href="#{source_output(self._index_of[block_id])}">{escape(block_id)}</a>'
            if block_id in self._index_of
            else escape(block_id)
            for block_id in block_ids
        ]
        if not links:
            return '<p class="rests">rests on no block</p>'
        return f'<p class="rests">rests on {", ".join(links)}</p>'

    def article(self) -> str:
        """A table: a row for each block, a column for the source and for each translation."""
        heads = [f'<th scope="col">{escape(language_name(self.source.language))}, source</th>']
        for column, translation in enumerate(self.response.translations):
            own = whole_output(column)
            heads.append(
                f'<th scope="col" id="{own}" data-column="{column}">'
                f"{escape(language_name(translation.target_language))}{self._chips(own)}</th>"
            )
        rows: list[str] = []
        folded: list[int] = []
        for index, block in enumerate(self.source.blocks):
            if block.kind in BESIDE_THE_ARTICLE and not any(index in made for made in self._made):
                folded.append(index)
                continue
            rows += [*self._fold(folded), self._row(index, block)]
            folded = []
        rows += self._fold(folded)
        return (
            '<section aria-labelledby="texts"><h2 id="texts">Source and translations</h2>'
            f'<table class="article"><thead><tr><th scope="col" class="label">Block</th>'
            f"{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
        )

    def _fold(self, indexes: Sequence[int]) -> list[str]:
        """One row for neighbouring blocks that are no part of the article."""
        if not indexes:
            return []
        blocks = [(index, self.source.blocks[index]) for index in indexes]
        kinds = ", ".join(dict.fromkeys(block_kind(block.kind) for _, block in blocks))
        texts = "".join(
            f'<div id="{source_output(index)}"><p class="kind">{escape(block_kind(block.kind))}'
            f" {escape(block.block_id)}</p><div{lang(self._language(block))}>"
            f"{self._body(block, self._source_marks(index, block))}</div></div>"
            for index, block in blocks
        )
        width = 1 + len(self.response.translations)
        words = f"{count(len(blocks), 'block')} left out: {kinds}"
        return [
            f'<tr class="folded"><th scope="row" class="label">left out</th><td colspan="{width}">'
            f"<details><summary>{escape(words)}</summary>{texts}</details></td></tr>"
        ]

    def _row(self, index: int, block: Block) -> str:
        kind = block_kind(block.kind)
        source = self._body(block, self._source_marks(index, block))
        cells = [f'<td class="source"{lang(self._language(block))}>{source}</td>']
        for column, made in enumerate(self._made):
            tag = self.response.translations[column].target_language
            own = block_output(column, index)
            target = made.get(index)
            if target is None:
                cells.append(f'<td data-column="{column}" id="{own}"><p class="none">not translated</p></td>')
                continue
            marks = [
                *(_sentence(column, index, number, found.target) for number, found in enumerate(target.sentences)),
                *marks_in_output(self._of_output[own]),
                *self._terms(body_of(target.block), tag, is_html=_is_html(target.block)),
            ]
            cells.append(
                f'<td data-column="{column}" id="{own}"{self._whole(own)}><div{lang(tag)}>'
                f"{self._body(target.block, marks)}</div>{self._chips(own)}</td>"
            )
        return (
            f'<tr id="{source_output(index)}" class="{kind.replace(" ", "-")}"><th scope="row" class="label">'
            f'{escape(kind)} <span class="id">{escape(block.block_id)}</span></th>{"".join(cells)}</tr>'
        )

    def _source_marks(self, index: int, block: Block) -> list[Mark]:
        body = body_of(block)
        return [
            *(
                _sentence(column, index, number, found.source)
                for column, made in enumerate(self._made)
                if index in made
                for number, found in enumerate(made[index].sentences)
            ),
            *marks_in_source(self._of_source[index], body),
            *self._terms(body, self._language(block), is_html=_is_html(block)),
        ]

    def _language(self, block: Block) -> str:
        return block.language or self.source.language

    def _terms(self, body: str, language: str, *, is_html: bool = False) -> list[Mark]:
        marks = self.terms.find(body, language, is_html=is_html)
        self.term_counts.update((mark.key, language) for mark in marks)
        return marks

    def _body(self, block: Block, marks: Sequence[Mark]) -> str:
        element = _element(block)
        if element == "h4" and not self._has_headline:
            element = "h3"  # no level is left out
        words = write_body(read_body(block), marks)
        spaces = "" if _is_html(block) else ' class="plain"'
        credit = f'<p class="credit">{escape(block.credit)}</p>' if block.credit else ""
        return f"<{element}{spaces}>{words}</{element}>{credit}"

    def _whole(self, output: str) -> str:
        """Attributes of an element all of whose text has findings."""
        whole = [doubt.severity for doubt in self._of_output[output] if doubt.length and _is_whole(doubt)]
        return f' class="whole {max(whole, key=SEVERITY_WORDS.index)}"' if whole else ""

    def _chips(self, output: str) -> str:
        """The findings of an output in a few words, each with a way to its line in the list."""
        chips = [
            f'<a class="chip {doubt.severity}" id="at-{doubt.number}" href="#finding-{doubt.number}">'
            f'<span aria-hidden="true">{SYMBOLS[doubt.severity]}</span> {doubt.number} {escape(doubt.kind)}</a>'
            for doubt in self._of_output[output]
        ]
        return f'<p class="chips">{" ".join(chips)}</p>' if chips else ""


def lang(tag: str) -> str:
    """The attribute for a language, if it is one."""
    return f' lang="{tag}"' if _TAG.fullmatch(tag) else ""


def _element(block: Block) -> str:
    return _ELEMENTS.get(block_kind(block.kind), "p")


def _is_html(block: Block) -> bool:
    return block.WhichOneof("body") == "inline_html"


def _is_whole(doubt: Doubt) -> bool:
    target = doubt.finding.target
    return doubt.finding.HasField("target") and target.start <= 0 and target.end >= doubt.length


def _sentence(column: int, index: int, number: int, place: TextRange) -> Mark:
    return Mark(place.start, place.end, "sentence", f"{column}-{index}-{number}")
