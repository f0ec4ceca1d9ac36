"""Which sentences of an article say most of it: candidates for a summary, their scores, and the best set of them."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Block, BlockKind
from triwire_server.text.characters import visible, width, words
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language
from triwire_server.text.segment import split_sentences
from triwire_server.text.summaries.instructions import find_orders
from triwire_server.text.summaries.live import live_entries, time_stamp

STOPS = ".。．"
"""Full stops of the three languages."""

_WORDS_OF_STOP_WORDS = """
the a an of to in on at for and or but with from by as is are was were be been it its he she they his her
their that this which who said says say would will had has have not also after before over more than into
about there when what one two i we you our us me if so all out up new
"""
_STOP_WORDS = frozenset(_WORDS_OF_STOP_WORDS.split())
_MAX_SENTENCES = 400
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
# Who "I" is, an interview says at its top only. 저는, 나는, 우리는 and 私は, 僕は: "I", "we".
_FIRST_PERSON = re.compile(
    r"(?:I|I['’](?:m|ve|d|ll)|We|We['’](?:re|ve|d|ll)|My|Our)\b|(?:저는|전|나는|난|저희는|우리는|제가|내가)\s|(?:私|僕|俺|我々)(?:は|が|も|たち)"
)
_INTERVIEWER = re.compile(
    r"(?:Q|문|질문|問|質問)\s?[.:：)．]|――|──|[-–—]\s?(?=[^\n]{4,300}[?？])|(?:기자|앵커|記者|聞き手)\s?[:：]"
)
_ANSWER_LABEL = re.compile(r"(?:A|답|답변|答|回答)\s?[.:：)．]\s{0,3}(?=\S)")
_ASKS = re.compile(r"(?:[?？]|(?:니까|[나까]요|는가요)\.?|ですか。?|ますか。?|でしょうか。?)[”\"」』’)）]?\Z")
_SCORE = re.compile(r"\d{1,3}\s?[-–:：]\s?\d{1,3}|\d{1,3}\s?대\s?\d{1,3}|\t|\s\|\s|\s{3,}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that a summary may take."""

    text: str
    block_id: str
    words: frozenset[str]
    place: int
    """Number of its paragraph, or of its entry in a live blog, the newest first; standfirsts count as the first, 0."""

    needs_context: bool
    """Whether it says little without what stands around it: a question, a quotation without its speaker or a part of
    one, a row of a table."""

    is_row: bool
    """Whether it is a row of a table or of a list of results."""


def content_words(text: str) -> list[str]:
    """Comparable units of a text that say what it is about, see `characters.words`."""
    return [word for word in words(text) if word not in _STOP_WORDS and (len(word) > 1 or word.isdigit())]


def candidates(blocks: Sequence[Block], language: str) -> list[Candidate]:
    """The sentences of the running text that a summary in the article's language may take, in the article's order.

    Sentences of blocks in another language, and orders to a model, are taken only if there is nothing else. In a live
    blog the times that entries start with are no part of their sentences.

    Args:
        blocks: those that summaries read.
        language: the article's.
    """
    running = {BlockKind.BLOCK_KIND_PARAGRAPH, BlockKind.BLOCK_KIND_STANDFIRST, BlockKind.BLOCK_KIND_LIST_ITEM}
    blocks = [block for block in blocks if block.kind in running]
    tag = base_language(language)
    own = [block for block in blocks if base_language(block.language or language) == tag]
    return _candidates(own, language) or _candidates(blocks, language)


def scores_of(sentences: Sequence[Candidate]) -> list[float]:
    """How much each sentence says of the article; 0 or more, higher is better."""
    frequency = Counter(word for sentence in sentences for word in sentence.words)
    shared = {word: math.log(count) for word, count in frequency.items() if count > 1}
    scores: list[float] = []
    for sentence in sentences:
        centrality = sum(shared.get(word, 0.0) for word in sorted(sentence.words))
        centrality /= 4 + math.sqrt(len(sentence.words) + 1)
        lead = 1.0 + 1.5 / (1 + sentence.place)
        # A quotation, even one that names its speaker, and a sentence that points backwards summarize badly.
        starts_badly = (
            sentence.text[:1] in _QUOTATION_MARKS
            or _POINTS_BACK.match(sentence.text)
            or _FIRST_PERSON.match(sentence.text)
        )
        scores.append(centrality * lead * (0.6 if starts_badly else 1.0))
    return scores


def choose(
    sentences: Sequence[Candidate],
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


def _candidates(blocks: Sequence[Block], language: str) -> list[Candidate]:
    bodies = [plain_text(block) for block in blocks]
    orders = find_orders(bodies, language)
    entries = live_entries(bodies)
    before = entries.count(-1)
    found: list[Candidate] = []
    place = 0
    for index, (block, body) in enumerate(zip(blocks, bodies, strict=True)):
        is_entry = bool(entries) and entries[index] >= 0
        number = before + entries[index] if is_entry else place
        for candidate in _of_block(block, body, language, number, is_entry=is_entry, left_out=orders[index]):
            if len(found) < _MAX_SENTENCES:
                found.append(candidate)
        place += block.kind != BlockKind.BLOCK_KIND_STANDFIRST
    return found


def _of_block(
    block: Block, body: str, language: str, place: int, *, is_entry: bool, left_out: Sequence[tuple[int, int]]
) -> Iterator[Candidate]:
    ranges = split_sentences(body, language)
    if block.kind == BlockKind.BLOCK_KIND_STANDFIRST and body.rstrip()[-1:] not in STOPS:
        ranges = [(0, len(body))]  # one statement, though "…" or "?" may stand in it
    label = _ANSWER_LABEL.match(body)
    skipped = time_stamp(body)[0] if is_entry else label.end() if label else 0
    is_asked = bool(_INTERVIEWER.match(body))
    depths = _quote_depths(body)
    for start, end in ranges:
        if any(first < end and start < last for first, last in left_out):
            continue
        start = max(start, min(skipped, end))
        sentence = visible(body[start:end])
        if width(sentence) < 20:
            continue
        is_row = _is_row(block, body[start:end])
        lonely = (
            is_row or is_asked or bool(_ASKS.search(sentence)) or _needs_context(body, start, end, depths, language)
        )
        yield Candidate(sentence, block.block_id, frozenset(content_words(sentence)), place, lonely, is_row)


def _is_row(block: Block, text: str) -> bool:
    """Whether a text is a row of a table or a list: no sentence, and numbers or columns in it."""
    bare = text.strip().rstrip('”"」』’)）')
    if not bare or bare[-1] in ".。．!?！？…" or bare.endswith("다"):
        return False
    digits = sum(character.isdigit() for character in bare)
    is_item = block.kind == BlockKind.BLOCK_KIND_LIST_ITEM
    return bool(_SCORE.search(bare)) or digits >= (0.08 if is_item else 0.2) * len(bare)


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


def _is_similar(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether two sentences say much the same: half the words of the shorter one are shared."""
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) / smaller > 0.5
