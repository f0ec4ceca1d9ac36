"""Summaries: what is read, how an answer becomes statements, what they rest on, and the summarizer without a model."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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
_MAX_PARAGRAPH_SENTENCES = 8
_MAX_CANDIDATES = 60
_BEAM_WIDTH = 12
# A sentence that says less than this share of what the best one says is no point of a summary.
_MIN_SHARE_OF_BEST = 0.15
_QUOTATIONS = {"“": "”", "「": "」", "『": "』", '"': '"'}
_QUOTATION_MARKS = frozenset('“”"「」『』')
_WORDS_OF_REPORTING = """
added asked told wrote replied explained continued statement reporters interview conference news earlier later
monday tuesday wednesday thursday friday saturday sunday
"""
_REPORTING_WORDS = frozenset(_WORDS_OF_REPORTING.split())
_SPEAKER_PRONOUN = re.compile(r"(?:그|그녀|이들|그들)(?:는|은|가|도)|(?:彼女?|同氏)(?:は|が|も)")
# 고 말했다, 이라고 덧붙였다 (Korean); と話した、と付け加えた (Japanese): "... he said", "... she added".
_MAX_REPORTING_LETTERS = 7
_POINTS_BACK = re.compile(
    r"(?:But|And|However|He|She|They|It|This|That|These|Those|Then)\b|(?:그러나|하지만|그는|그녀는|이는|또|다만|이에)\s|"
    r"しかし|だが|また|ただ|彼|これ|それ|その"
)


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
        language = _language_of(lines[0])
        lines = [lines[0][start:end].strip() for start, end in split_sentences(lines[0], language)]
    elif any(_LIST_MARK.match(line) for line in text.split("\n")):
        marked = [_clean(line) for line in text.split("\n") if _LIST_MARK.match(line)]
        lines = [line for line in marked if _has_words(line)]
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
    by their place: news puts what matters first. What cannot be understood alone, such as a quotation whose speaker is
    named elsewhere, is chosen only if there is nothing else. Of the sets of sentences that fit and do not repeat each
    other, the one with the highest sum is taken. The same article always gives the same summary.
    Source: Mihalcea and Tarau 2004, "TextRank"; the lead as baseline, Nenkova 2005.

    Args:
        article: article with block ids and a language.
        style_name: "headline": the article's own headline, whole whatever its length, or without one the best
            sentence, full stop taken off; "bullets": the most important first; "paragraph": in the article's order.
        bullet_count: how many bullets; 0: 3.
        max_characters: upper bound of all sentences together, in code points. Sentences are never cut: those that fit
            are chosen, fewer than asked for if need be, and if none fits the shortest of the best comes whole.

    Returns:
        (sentence, id of its block); empty if the article has no readable block.
    """
    blocks = readable_blocks(article)
    if style_name == "headline":
        for block in blocks:
            if block.kind == BlockKind.BLOCK_KIND_HEADLINE:
                return [(_without_full_stop(visible(plain_text(block))), block.block_id)]
    sentences = _sentences(blocks, article.language)
    if not sentences:
        return [(_without_full_stop(visible(plain_text(blocks[0]))), blocks[0].block_id)] if blocks else []
    count = {"headline": 1, "bullets": bullet_count or _DEFAULT_BULLETS}.get(style_name, _MAX_PARAGRAPH_SENTENCES)
    scores = _scores(sentences)
    order = sorted(range(len(sentences)), key=lambda index: (-scores[index], index))
    chosen = _choose(sentences, scores, order, count, max_characters, fills=style_name == "bullets")
    if not chosen:
        chosen = [min(order[:8], key=lambda index: (len(sentences[index].text), index))]
    if style_name == "paragraph":
        chosen.sort()
    results = [(sentences[index].text, sentences[index].block_id) for index in chosen]
    if style_name == "headline":
        return [(_without_full_stop(text), block_id) for text, block_id in results]
    return results


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


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence that a summary may take."""

    text: str
    block_id: str
    words: frozenset[str]
    paragraph: int
    """Number of its paragraph; standfirsts count as the first, 0."""

    needs_context: bool
    """Whether it says little without the sentences around it: a quotation without its speaker, or a part of one."""


def _sentences(blocks: Sequence[Block], language: str) -> list[_Sentence]:
    """The sentences of the running text."""
    running = {BlockKind.BLOCK_KIND_PARAGRAPH, BlockKind.BLOCK_KIND_STANDFIRST, BlockKind.BLOCK_KIND_LIST_ITEM}
    sentences: list[_Sentence] = []
    number = 0
    for block in blocks:
        if block.kind not in running:
            continue
        body = plain_text(block)
        ranges = split_sentences(body, language)
        if block.kind == BlockKind.BLOCK_KIND_STANDFIRST and body.rstrip()[-1:] not in _STOPS:
            ranges = [(0, len(body))]  # one statement, though "…" or "?" may stand in it
        depths = _quote_depths(body)
        for start, end in ranges:
            sentence = visible(body[start:end])
            if width(sentence) >= 20 and len(sentences) < _MAX_SENTENCES:
                found = frozenset(_content_words(sentence))
                lonely = _needs_context(body, start, end, depths, language)
                sentences.append(_Sentence(sentence, block.block_id, found, number, lonely))
        number += block.kind != BlockKind.BLOCK_KIND_STANDFIRST
    return sentences


def _quote_depths(text: str) -> bytearray:
    """For each gap before a character, 1 if it lies inside a quotation, closed or not."""
    depths = bytearray(len(text) + 1)
    closers: list[str] = []
    for position, character in enumerate(text):
        depths[position] = bool(closers)
        if closers and character == closers[-1]:
            closers.pop()
        elif character in _QUOTATIONS and len(closers) < 4:
            closers.append(_QUOTATIONS[character])
    depths[len(text)] = bool(closers)
    return depths


def _needs_context(body: str, start: int, end: int, depths: bytearray, language: str) -> bool:
    """Whether a sentence is a quotation, or most of one, and does not name who speaks.

    English: all words outside the quotation marks are pronouns and verbs of saying. Korean and Japanese leave the
    subject out, or put a pronoun there: what stands outside is a particle and a verb.
    """
    stop = start + len(body[start:end].rstrip())
    if depths[start] or depths[stop]:
        return True
    outside = "".join(
        " " if depths[position] or body[position] in _QUOTATION_MARKS else body[position]
        for position in range(start, stop)
    )
    if sum(depths[start:stop]) < 0.3 * (stop - start):
        return False
    if base_language(language) in ("ko", "ja"):
        outside = _SPEAKER_PRONOUN.sub("", outside.strip())
        return sum(character.isalnum() for character in outside) <= _MAX_REPORTING_LETTERS
    return all(word in _STOP_WORDS or word in _REPORTING_WORDS for word in words(outside))


def _scores(sentences: Sequence[_Sentence]) -> list[float]:
    """How much each sentence says of the article; 0 or more, higher is better."""
    frequency = Counter(word for sentence in sentences for word in sentence.words)
    shared = {word: math.log(count) for word, count in frequency.items() if count > 1}
    scores: list[float] = []
    for sentence in sentences:
        centrality = sum(shared.get(word, 0.0) for word in sorted(sentence.words))
        centrality /= 4 + math.sqrt(len(sentence.words) + 1)
        lead = 1.0 + 1.5 / (1 + sentence.paragraph)
        # A quotation, even one that names its speaker, and a sentence that points backwards summarize badly.
        starts_badly = sentence.text[:1] in _QUOTATION_MARKS or _POINTS_BACK.match(sentence.text)
        scores.append(centrality * lead * (0.6 if starts_badly else 1.0))
    return scores


def _choose(
    sentences: Sequence[_Sentence],
    scores: Sequence[float],
    order: Sequence[int],
    count: int,
    max_characters: int,
    *,
    fills: bool,
) -> list[int]:
    """The best set of up to `count` sentences within `max_characters`, best first. A beam search over the best ones.

    Args:
        sentences: all sentences.
        scores: their scores.
        order: their indices, the best first.
        count: how many at most.
        max_characters: bound of their lengths together.
        fills: whether a set of more sentences beats one of fewer with a higher sum.
    """
    usable = [index for index in order if not sentences[index].needs_context] or list(order)
    least = _MIN_SHARE_OF_BEST * scores[usable[0]]
    usable = [index for index in usable[:_MAX_CANDIDATES] if scores[index] >= least]
    sets: list[tuple[tuple[int, ...], int, float]] = [((), 0, 0.0)]
    for index in usable:
        length = len(sentences[index].text)
        longer = [
            ((*chosen, index), used + length + 1, total + scores[index])
            for chosen, used, total in sets
            if len(chosen) < count
            and used + length <= max_characters
            and not any(_is_similar(sentences[index].words, sentences[other].words) for other in chosen)
        ]
        sets = sorted(sets + longer, key=lambda item: (-item[2], item[0]))
        kept: Counter[int] = Counter()
        best = []
        for item in sets:
            kept[len(item[0])] += 1
            if kept[len(item[0])] <= _BEAM_WIDTH:
                best.append(item)
        sets = best
    return list(max(sets, key=lambda item: (len(item[0]) if fills else 0, item[2]))[0])


def _is_similar(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether two sentences say much the same: half the words of the shorter one are shared."""
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) / smaller > 0.5
