"""Summaries: what is read, how an answer becomes statements, what they rest on, and the summarizer without a model."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from triwire.v1.article_pb2 import Article, Block, BlockKind
from triwire_server.text.characters import visible, width, words
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language, detect_languages
from triwire_server.text.segment import split_sentences

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
_QUOTES = {"“": "”", '"': '"', "'": "'", "‘": "’", "「": "」", "『": "』"}
_STOPS = ".。．"
_WORDS_OF_STOP_WORDS = """
the a an of to in on at for and or but with from by as is are was were be been it its he she they his her
their that this which who said says say would will had has have not also after before over more than into
about there when what one two i we you our us me if so all out up new
"""
_STOP_WORDS = frozenset(_WORDS_OF_STOP_WORDS.split())
_DEFAULT_BULLETS = 3
_MAX_SENTENCES = 400


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
        return [paragraph for paragraph in paragraphs if paragraph]
    lines = [line for line in lines if line]
    if not lines:
        return []
    if style_name == "headline":
        return [_without_full_stop(_unquote(lines[0]))]
    count = bullet_count or _DEFAULT_BULLETS
    if len(lines) == 1 and count > 1:
        language = _language_of(lines[0])
        lines = [lines[0][start:end].strip() for start, end in split_sentences(lines[0], language)]
    elif any(_LIST_MARK.match(line) for line in text.split("\n")):
        marked = [_clean(line) for line in text.split("\n") if _LIST_MARK.match(line)]
        lines = [line for line in marked if line]
    return lines[:count]


def source_block_ids(article: Article, point: str, language: str) -> list[str]:
    """Ids of up to three blocks that a statement rests on, the strongest first.

    Words that few blocks have weigh more, numbers most. For a statement in another language than the article's only
    numbers and names in Latin letters can be compared; without any, it rests on the first paragraph.

    Args:
        article: what was summarized; only blocks that summaries read are named.
        point: the statement.
        language: BCP-47 tag of the statement.
    """
    blocks = readable_blocks(article)
    if not blocks:
        return []
    bodies = [_content_words(plain_text(block)) for block in blocks]
    wanted = set(_content_words(point))
    if base_language(language) != base_language(article.language):
        wanted = {word for word in wanted if word.isascii()}
    frequency = Counter(word for body in bodies for word in set(body))
    scores: list[float] = []
    for body in bodies:
        shared = wanted & set(body)
        score = sum(
            math.log(1 + len(blocks) / frequency[word]) * (2.0 if any(c.isdigit() for c in word) else 1.0)
            for word in shared
        )
        # A long paragraph shares more by chance.
        scores.append(score / math.sqrt(1 + math.log1p(len(set(body)))))
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
    by their place: news puts what matters first. Sentences that repeat a chosen one are passed over. The same article
    always gives the same summary. Source: Mihalcea and Tarau 2004, "TextRank"; the lead as baseline, Nenkova 2005.

    Args:
        article: article with block ids and a language.
        style_name: "headline": the article's own headline, or the best sentence without its full stop; "bullets": the
            most important first; "paragraph": in the order of the article.
        bullet_count: how many bullets; 0: 3.
        max_characters: upper bound of all sentences together, in code points. Sentences are never cut: those that fit
            are chosen, and if none fits alone the shortest of the best comes whole.

    Returns:
        (sentence, id of its block); empty if the article has no readable block.
    """
    blocks = readable_blocks(article)
    if style_name == "headline":
        for block in blocks:
            if block.kind == BlockKind.BLOCK_KIND_HEADLINE:
                headline = visible(plain_text(block))
                if len(headline) <= max_characters:
                    return [(_without_full_stop(headline), block.block_id)]
    sentences = _sentences(blocks, article.language)
    if not sentences:
        return [(_without_full_stop(visible(plain_text(blocks[0]))), blocks[0].block_id)] if blocks else []
    count = {"headline": 1, "bullets": bullet_count or _DEFAULT_BULLETS}.get(style_name, len(sentences))
    separators = 1 if style_name == "paragraph" else 0
    chosen: list[int] = []
    used = 0
    order = _rank(sentences)
    for index in order:
        if len(chosen) == count or (style_name == "paragraph" and len(chosen) == 8):
            break
        length = len(sentences[index][0]) + (separators if chosen else 0)
        if used + length > max_characters or any(_is_similar(sentences[index][2], sentences[i][2]) for i in chosen):
            continue
        chosen.append(index)
        used += length
    if not chosen:
        chosen = [min(order[:8], key=lambda index: (len(sentences[index][0]), index))]
    if style_name == "paragraph":
        chosen.sort()
    results = [(sentences[index][0], sentences[index][1]) for index in chosen]
    if style_name == "headline":
        return [(_without_full_stop(text), block_id) for text, block_id in results]
    return results


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
    """A line without quotation marks around the whole of it."""
    closer = _QUOTES.get(text[:1], "")
    if closer and len(text) > 2 and text.rstrip(_STOPS).endswith(closer):
        inner = text[1 : text.rstrip(_STOPS).rfind(closer)]
        if inner and text[0] not in inner and closer not in inner:
            return inner
    return text


def _without_full_stop(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith(("...", "U.S.", "U.K.")) else text.rstrip(_STOPS)


def _language_of(text: str) -> str:
    languages = detect_languages(text)
    return languages[0].language if languages else "en"


def _content_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in _STOP_WORDS and (len(word) > 1 or word.isdigit())]


def _sentences(blocks: Sequence[Block], language: str) -> list[tuple[str, str, frozenset[str], int]]:
    """(sentence, block id, content words, paragraph number) of the running text."""
    running = {BlockKind.BLOCK_KIND_PARAGRAPH, BlockKind.BLOCK_KIND_STANDFIRST, BlockKind.BLOCK_KIND_LIST_ITEM}
    sentences: list[tuple[str, str, frozenset[str], int]] = []
    number = 0
    for block in blocks:
        if block.kind not in running:
            continue
        body = plain_text(block)
        for start, end in split_sentences(body, language):
            sentence = visible(body[start:end])
            if width(sentence) >= 20 and len(sentences) < _MAX_SENTENCES:
                sentences.append((sentence, block.block_id, frozenset(_content_words(sentence)), number))
        number += block.kind != BlockKind.BLOCK_KIND_STANDFIRST
    return sentences


def _rank(sentences: Sequence[tuple[str, str, frozenset[str], int]]) -> list[int]:
    """Indices of the sentences, the best first."""
    frequency = Counter(word for _, _, found, _ in sentences for word in found)
    shared = {word: math.log(count) for word, count in frequency.items() if count > 1}
    scores: list[float] = []
    for text, _, found, number in sentences:
        centrality = sum(shared.get(word, 0.0) for word in found) / (4 + math.sqrt(len(found) + 1))
        lead = 1.0 + 1.5 / (1 + number)
        # A quotation without its context, and a sentence that points backwards, summarize badly.
        starts_badly = text[:1] in "“\"「『‘'" or re.match(
            r"(?:But|And|However|He|She|They|It|This|That)\b|그러나|하지만|그는|しかし|だが|また|彼", text
        )
        scores.append(centrality * lead * (0.6 if starts_badly else 1.0))
    return sorted(range(len(sentences)), key=lambda index: (-scores[index], index))


def _is_similar(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether two sentences say much the same: half the words of the shorter one are shared."""
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) / smaller > 0.5
