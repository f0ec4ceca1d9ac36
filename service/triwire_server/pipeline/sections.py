"""How an article that exceeds a model is read: sections, summaries of them, and so on until one text is left.

Everything is fixed before a model runs: where sections are cut, how many summaries are read together, how long each of
them is asked to be, and so the number of calls. Source of the method: Wu et al. 2021, arXiv:2109.10862.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Block, BlockKind
from triwire_server.segment import SummarySpec, SummaryStyle
from triwire_server.text.html import plain_text
from triwire_server.text.segment import split_segments, split_sentences
from triwire_server.text.summaries.live import live_entries
from triwire_server.text.summaries.summary import Note

Count = Callable[[str], int]
"""Tokens of a text as the model reads it."""

_SECTION_CHARACTERS = {"en": 400, "ko": 200, "ja": 200}
_MIN_SECTION_CHARACTERS = 40
# Between blocks stands a blank line.
_GLUE = "\n\n"
_GLUE_TOKENS = 2
# A headline that takes more than this share of what the model reads is not repeated in every section.
_MAX_CONTEXT_SHARE = 0.125
# Pieces of a block that is too long are this much more than equal, so that they can end with a sentence.
_UNEVEN = 1.1


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of an article that the model reads at once."""

    text: str
    block_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The way from an article to one text that the model reads."""

    sections: Sequence[Section]
    """In order; none if the article has no readable block."""

    context: str
    """The headline, which stands before every section and every text of notes; "" if it would take too much room."""

    fan_in: int
    """How many notes are read together, at least 2."""

    note_spec: SummarySpec
    """What is asked of a section."""

    max_tokens: int
    """What the model reads at once."""

    tokens_per_character: float
    """Of this article in this model."""

    @property
    def rounds(self) -> list[int]:
        """Number of model calls in each round, the last of which writes the summary: [1] for what is read at once."""
        if not self.sections:
            return []
        calls = [len(self.sections)]
        if calls[0] > 1:
            while calls[-1] > self.fan_in:
                calls.append(math.ceil(calls[-1] / self.fan_in))
            calls.append(1)
        return calls

    def estimated_tokens(self, spec: SummarySpec) -> int:
        """Tokens that all rounds read and write, instructions not counted.

        Args:
            spec: the summary that the last round writes.
        """
        if not self.sections:
            return 0
        characters = sum(len(section.text) for section in self.sections) + spec.max_characters
        # Every call but the last writes a note, which a later one reads.
        characters += 2 * (sum(self.rounds) - 1) * self.note_spec.max_characters
        return math.ceil(characters * self.tokens_per_character)


def plan_reading(blocks: Sequence[Block], language: str, max_tokens: int, spec: SummarySpec, count: Count) -> Reading:
    """Cut an article into sections that a model reads, and plan how their summaries become one text.

    Sections end with a block; a crosshead stays with the block after it, and an entry of a live blog in one piece. Only
    a block that alone is too long is cut, at its sentences.

    Args:
        blocks: what is read, in order.
        language: the article's, "en", "ko" or "ja".
        max_tokens: what the model reads at once.
        spec: the summary to write in the end.
        count: counts tokens; a joined text has at most `_GLUE_TOKENS` more than its pieces for each joint.
    """
    bodies = [plain_text(block) for block in blocks]
    sizes = [count(body) + _GLUE_TOKENS for body in bodies]
    characters = sum(len(body) for body in bodies)
    ratio = max(0.05, sum(sizes) / characters) if characters else 1.0
    context = ""
    if sum(sizes) > max_tokens:
        heads = [index for index, block in enumerate(blocks) if block.kind == BlockKind.BLOCK_KIND_HEADLINE]
        head = bodies[heads[0]] if heads else ""
        if head and count(head) + _GLUE_TOKENS <= _MAX_CONTEXT_SHARE * max_tokens:
            context = head
    room = max_tokens - (count(context) + _GLUE_TOKENS if context else 0)
    pieces = [
        [piece for index in group for piece in _pieces(blocks[index].block_id, bodies[index], language, room, count)]
        for group in _groups(blocks, bodies)
    ]
    filled = _fill(pieces, room)
    sections = [
        Section(_with_context(context, [text for _, text, _ in section]), _distinct([name for name, _, _ in section]))
        for section in filled
    ]
    wanted = max(_SECTION_CHARACTERS.get(language, 400), math.ceil(1.5 * spec.max_characters / max(1, len(sections))))
    # Two notes have to be read together, or nothing would get shorter.
    fitting = max(_MIN_SECTION_CHARACTERS, int((room / 2 - _GLUE_TOKENS) / ratio))
    note_characters = min(wanted, fitting)
    fan_in = max(2, int(room / (note_characters * ratio + _GLUE_TOKENS)))
    return Reading(
        sections=sections,
        context=context,
        fan_in=fan_in,
        note_spec=SummarySpec(style=SummaryStyle.PARAGRAPH, max_characters=note_characters),
        max_tokens=max_tokens,
        tokens_per_character=ratio,
    )


def group_notes(notes: Sequence[Note], size: int) -> list[Sequence[Note]]:
    """Neighbouring notes in as few groups of at most `size` as possible, about equally many in each."""
    number = math.ceil(len(notes) / size)
    bounds = [round(index * len(notes) / number) for index in range(number + 1)]
    return [notes[start:end] for start, end in itertools.pairwise(bounds)]


def join_notes(notes: Sequence[Note], reading: Reading, language: str, count: Count) -> tuple[str, int]:
    """One text of several notes, which the model can read.

    A model may write as much as it reads. Then each note gives its first sentences, as many as its share of the room
    takes; a sentence that alone is longer gives what fits of it.

    Returns:
        (the text, how many notes had to be shortened).
    """
    whole = _with_context(reading.context, [note.text for note in notes])
    if count(whole) <= reading.max_tokens:
        return whole, 0
    room = reading.max_tokens - (count(reading.context) + _GLUE_TOKENS if reading.context else 0)
    share = max(1, room // len(notes) - _GLUE_TOKENS)
    shortened = [_beginning(note.text, language, share, count) for note in notes]
    number = sum(len(short) < len(note.text) for short, note in zip(shortened, notes, strict=True))
    return _with_context(reading.context, [text for text in shortened if text]), number


def _with_context(context: str, texts: Sequence[str]) -> str:
    return _GLUE.join([context, *texts] if context and texts[:1] != [context] else texts)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _groups(blocks: Sequence[Block], bodies: Sequence[str]) -> list[list[int]]:
    """Indices of blocks that belong together: an entry of a live blog, a crosshead and what it stands above."""
    entries = live_entries(bodies)
    groups: list[list[int]] = []
    for index in range(len(blocks)):
        is_next = index > 0 and (
            (bool(entries) and entries[index] >= 0 and entries[index] == entries[index - 1])
            or blocks[index - 1].kind == BlockKind.BLOCK_KIND_SUBHEADING
        )
        if is_next:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


_Piece = tuple[str, str, int]
"""(block id, text, tokens with the blank line after it)."""


def _pieces(block_id: str, body: str, language: str, room: int, count: Count) -> list[_Piece]:
    size = count(body) + _GLUE_TOKENS
    if size <= room:
        return [(block_id, body, size)]
    ranges = split_segments(body, language, lambda piece: count(piece) + 2 * _GLUE_TOKENS <= room)
    sizes = [count(body[start:end]) + 1 for start, end in ranges]  # one more for the space behind a sentence
    target = min(room - _GLUE_TOKENS, _UNEVEN * sum(sizes) / math.ceil(sum(sizes) / (room - _GLUE_TOKENS)))
    pieces: list[_Piece] = []
    start, used = 0, 0
    for (first, last), length in zip(ranges, sizes, strict=True):
        if pieces and used + length <= target:
            used += length
        else:
            start, used = first, length
            pieces.append(("", "", 0))
        pieces[-1] = (block_id, body[start:last], used + _GLUE_TOKENS)
    return pieces


def _fill(groups: Sequence[Sequence[_Piece]], room: int) -> list[list[_Piece]]:
    """Sections of whole groups, as few as possible and about equally long. Only a group that is too long is cut."""
    parts: list[Sequence[_Piece]] = []
    for group in groups:
        parts += [group] if _size(group) <= room else [[piece] for piece in group]
    fewest = _fill_up_to(parts, room)
    low, high = 0, room
    # The lowest bound that makes no section more: then the last one is not left with the rest.
    while high - low > max(1, room // 100):
        middle = (low + high) // 2
        if len(_fill_up_to(parts, middle)) <= len(fewest):
            high = middle
        else:
            low = middle
    return _fill_up_to(parts, high)


def _fill_up_to(parts: Sequence[Sequence[_Piece]], bound: int) -> list[list[_Piece]]:
    sections: list[list[_Piece]] = []
    used = 0
    for part in parts:
        if not sections or used + _size(part) > bound:
            sections.append([])
            used = 0
        sections[-1] += part
        used += _size(part)
    return sections


def _size(part: Sequence[_Piece]) -> int:
    return sum(size for _, _, size in part)


def _beginning(text: str, language: str, max_tokens: int, count: Count) -> str:
    """The first sentences of a text that fit."""
    kept = 0
    for _, end in split_sentences(text, language):
        if count(text[:end].rstrip()) > max_tokens:
            break
        kept = end
    if kept:
        return text[:kept].rstrip()
    ranges = split_segments(text, language, lambda piece: count(piece) <= max_tokens)
    return text[ranges[0][0] : ranges[0][1]] if ranges else ""
