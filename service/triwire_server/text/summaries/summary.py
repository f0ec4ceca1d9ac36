"""Summaries: what is read, how an answer becomes statements, what they rest on, and the summarizer without a model."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Article, Block, BlockKind
from triwire_server.text.characters import visible, width
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language, main_language
from triwire_server.text.segment import split_sentences
from triwire_server.text.summaries.instructions import is_instruction
from triwire_server.text.summaries.salience import STOPS, candidates, choose, content_words, scores_of
from triwire_server.text.summaries.talk import without_quotes

READ_KINDS = frozenset(
    {
        BlockKind.BLOCK_KIND_HEADLINE,
        BlockKind.BLOCK_KIND_STANDFIRST,
        BlockKind.BLOCK_KIND_PARAGRAPH,
        BlockKind.BLOCK_KIND_SUBHEADING,
        BlockKind.BLOCK_KIND_QUOTE,
        BlockKind.BLOCK_KIND_LIST_ITEM,
    }
)
"""Kinds of blocks that summaries read; the contract's list."""

_LIST_MARK = re.compile(r"\s*(?:[-*•·・‣▪●■–—]|\(?\d{1,2}[.)．:]|[①-⑳])\s{0,4}(?=\S)")
_MARKDOWN = re.compile(r"\*\*|__|^#{1,6}\s+")
_LABEL = re.compile(
    r"(?:headline|title|summary|bullet \d+|제목|헤드라인|요약|見出し|タイトル|要約)\s*[:：]\s*", re.IGNORECASE
)
_DEFAULT_BULLETS = 3
_MAX_PARAGRAPH_SENTENCES = 8


def readable_blocks(article: Article) -> list[Block]:
    """The blocks of an article that summaries read, in order: those of READ_KINDS with words in them."""
    return [block for block in article.blocks if block.kind in READ_KINDS and visible(plain_text(block))]


def parse_points(text: str, style_name: str, bullet_count: int) -> list[str]:
    """Statements of a model's answer.

    Args:
        text: the answer, talk around it stripped.
        style_name: "headline": one line without a full stop; "bullets": one statement for each list item, line or,
            if there is one line only, sentence; "paragraph": running text, one statement for each paragraph.
        bullet_count: how many bullets were asked for; 0: 3. More than that are dropped, the last first.

    Returns:
        Statements as plain text without list marks and markdown; none is empty. [] if the text has no words.
    """
    lines = [_clean(line) for line in text.split("\n")]
    if style_name == "paragraph":
        paragraphs = [_clean_paragraph(part) for part in re.split(r"\n[ \t]*\n", text)]
        return [paragraph for paragraph in paragraphs if _has_words(paragraph)]
    lines = [line for line in lines if _has_words(line)]
    if not lines:
        return []
    if style_name == "headline":
        return [_without_full_stop(_unquote(lines[0]))]
    count = bullet_count or _DEFAULT_BULLETS
    if len(lines) == 1 and count > 1:
        language = main_language(lines[0]) or "en"
        lines = [lines[0][start:end].strip() for start, end in split_sentences(lines[0], language)]
    elif any(_LIST_MARK.match(line) for line in text.split("\n")):
        marked = [_clean(line) for line in text.split("\n") if _LIST_MARK.match(line)]
        lines = [line for line in marked if _has_words(line)]
    return lines[:count]


@dataclass(frozen=True, slots=True)
class Note:
    """What a model wrote of one section of an article that was too long for it, read in place of the section."""

    text: str
    block_ids: tuple[str, ...]
    """The blocks of the section."""


def source_block_ids(article: Article, point: str, language: str, notes: Sequence[Note] = ()) -> list[str]:
    """Ids of up to three blocks that a statement rests on, the strongest first.

    Words that few blocks have weigh more, numbers most. For a statement in another language than the article's only
    numbers and names in Latin letters can be compared; without any, it rests on the first paragraph.

    Args:
        article: what was summarized; only blocks that summaries read are named.
        point: the statement.
        language: BCP-47 tag of the statement.
        notes: of a summary made from notes, in the article's language. The blocks of the note that is most like the
            statement count more; if the words changed so much that no block has any, those most like that note.
    """
    blocks = readable_blocks(article)
    if not blocks:
        return []
    bodies = [set(content_words(plain_text(block))) for block in blocks]
    wanted = set(content_words(point))
    if base_language(language) != base_language(article.language):
        wanted = {word for word in wanted if word.isascii()}
    scores = _likeness(wanted, bodies)
    if notes:
        texts = [set(content_words(note.text)) for note in notes]
        likeness = _likeness(wanted, texts)
        best_note = max(range(len(notes)), key=lambda index: (likeness[index], -index))
        inside = frozenset(notes[best_note].block_ids)
        if likeness[best_note] > 0:
            is_inside = [block.block_id in inside for block in blocks]
            if max(scores) <= 0:
                own_bodies = [body if own else set() for own, body in zip(is_inside, bodies, strict=True)]
                scores = _likeness(texts[best_note], own_bodies)
            scores = [1.5 * score if own else score for own, score in zip(is_inside, scores, strict=True)]
    best = max(scores)
    if best <= 0:
        lead = next((b for b in blocks if b.kind == BlockKind.BLOCK_KIND_PARAGRAPH), blocks[0])
        return [lead.block_id]
    order = sorted(range(len(blocks)), key=lambda index: (-scores[index], index))
    return [blocks[index].block_id for index in order[:3] if scores[index] >= 0.5 * best]


def extract_sentences(
    article: Article, style_name: str, bullet_count: int, max_characters: int
) -> list[tuple[str, str]]:
    """The summarizer without a model: the sentences that say most of what the article says, word for word.

    Sentences are scored by how much of the article's vocabulary they share (TextRank's graph, with words as edges) and
    by their place: news puts what matters first, a live blog what is newest. What cannot be understood alone, such as
    a quotation whose speaker is named elsewhere, an interviewer's question or a row of a table, is chosen only if there
    is nothing else; so are sentences in another language than the article's, and orders to a model. Of the sets of
    sentences that fit and do not repeat each other, the one with the highest sum is taken. The same article always
    gives the same summary. Source: Mihalcea and Tarau 2004, "TextRank"; the lead as baseline, Nenkova 2005.

    Args:
        article: article with block ids and a language.
        style_name: "headline": the article's own headline, whole whatever its length, or without one the best
            sentence, full stop taken off; "bullets": the most important first; "paragraph": in the article's order.
        bullet_count: how many bullets; 0: 3.
        max_characters: upper bound of all sentences together, in code points. Sentences are never cut: those that fit
            are chosen, fewer than asked for if need be, and if none fits the shortest of the best comes whole.

    Returns:
        (sentence, id of its block); empty if the article has no readable block. Of a list of results without any
        sentence, its headline, if it fits, and rows from the top.
    """
    blocks = readable_blocks(article)
    headline = _own_headline(blocks, article.language)
    if style_name == "headline" and headline is not None:
        return [headline]
    sentences = candidates(blocks, article.language)
    if not sentences:
        return [(_without_full_stop(visible(plain_text(blocks[0]))), blocks[0].block_id)] if blocks else []
    count = {"headline": 1, "bullets": bullet_count or _DEFAULT_BULLETS}.get(style_name, _MAX_PARAGRAPH_SENTENCES)
    if headline is not None and all(sentence.is_row for sentence in sentences):
        return _rows(headline, [(sentence.text, sentence.block_id) for sentence in sentences], count, max_characters)
    scores = scores_of(sentences)
    order = sorted(range(len(sentences)), key=lambda index: (-scores[index], index))
    chosen = choose(sentences, scores, order, count, max_characters, fills=style_name == "bullets")
    if not chosen:
        chosen = [min(order[:8], key=lambda index: (len(sentences[index].text), index))]
    if style_name == "paragraph":
        chosen.sort()
    results = [(sentences[index].text, sentences[index].block_id) for index in chosen]
    if style_name == "headline":
        return [(_without_full_stop(text), block_id) for text, block_id in results]
    return results


def _own_headline(blocks: Sequence[Block], language: str) -> tuple[str, str] | None:
    """The article's headline in its main language, unless it is an order to a model."""
    for block in blocks:
        if block.kind == BlockKind.BLOCK_KIND_HEADLINE:
            text = visible(plain_text(block))
            if base_language(block.language or language) == base_language(language) and not is_instruction(text):
                return _without_full_stop(text), block.block_id
    return None


def _rows(
    headline: tuple[str, str], rows: Sequence[tuple[str, str]], count: int, max_characters: int
) -> list[tuple[str, str]]:
    """A table says little without its title: the headline, and rows in their order as long as they fit."""
    chosen: list[tuple[str, str]] = []
    for text, block_id in [headline, *rows]:
        if len(chosen) < count and (not chosen or sum(len(t) for t, _ in chosen) + len(text) <= max_characters):
            chosen.append((text, block_id))
    return chosen


def _likeness(wanted: set[str], bodies: Sequence[set[str]]) -> list[float]:
    """How much of some words each text has, 0 or more."""
    frequency = Counter(word for body in bodies for word in body)
    scores: list[float] = []
    for body in bodies:
        score = sum(
            math.log(1 + len(bodies) / frequency[word]) * (2.0 if any(c.isdigit() for c in word) else 1.0)
            for word in sorted(wanted & body)
        )
        # A long paragraph shares more by chance.
        scores.append(score / math.sqrt(1 + math.log1p(len(body))))
    return scores


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _clean(line: str) -> str:
    line = _MARKDOWN.sub("", line.strip())
    mark = _LIST_MARK.match(line)
    line = line[mark.end() :] if mark else line
    label = _LABEL.match(line)
    return visible(line[label.end() :] if label else line)


def _clean_paragraph(text: str) -> str:
    lines = [_clean(line) for line in text.split("\n")]
    joined = ""
    for line in lines:
        if not line:
            continue
        # Japanese lines join without a space.
        glue = "" if not joined or (width(joined[-1]) == 2 and not "\uac00" <= joined[-1] <= "\ud7a3") else " "
        joined += glue + line
    return joined


def _unquote(text: str) -> str:
    """A line without quotation marks around the whole of it, a full stop behind them or not."""
    quoted = text.rstrip(STOPS)
    inner = without_quotes(quoted)
    return text if inner == quoted else inner


def _without_full_stop(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith(("...", "U.S.", "U.K.")) else text.rstrip(STOPS) or text
