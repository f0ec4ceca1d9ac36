"""A news page as a scraper flattened it, turned into labelled blocks.

Lines are the units: each is first read by itself (lexicon, credit, length, full stop), then the run of lines with the
most text is the body, and what lies before, inside and after it is told by its place. Nothing is deleted.
"""

import enum
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text import lexicon
from triwire_server.text.characters import visible, width, words

_SENTENCE_END = re.compile(r"[.!?…。！？｡][\"'”’」』》）)\]】]{0,4}$")
_QUOTE_AT_END = re.compile(r"[”」』]$")
_SENTENCE_INSIDE = re.compile(r"[.!?][\"'”’)\]]{0,3}\s|[。！？]")
_SPEAKER = re.compile(r"\[[^\[\]]{1,12}\]")  # a broadcast's [앵커] (anchor) and [기자] (reporter)
_MIN_QUOTED_PARAGRAPH_COLUMNS = 100
_HARD_WRAP_COLUMNS = (50, 112)
_MIN_PARAGRAPH_COLUMNS = 40
_SURE_PARAGRAPH_COLUMNS = 160
_MAX_LEXICON_COLUMNS = 150
_MIN_TITLE_COLUMNS = 14
_MAX_LABEL_COLUMNS = 30
_MIN_RELATED_COLUMNS = 40
_MIN_HEADLINE_COLUMNS = 24
_MAX_QUESTION_COLUMNS = 100
_MIN_PARAGRAPHS_FOR_QUESTIONS = 6
_MAX_TABLE_ROWS = 50


class LineType(enum.Enum):
    """What a line looks like by itself."""

    BOILERPLATE = "boilerplate"
    BYLINE = "byline"
    DATE = "date"
    CAPTION = "caption"
    RELATED = "related"
    PARAGRAPH = "paragraph"
    SENTENCE = "sentence"
    """Ends like a sentence, but is short."""

    BULLET = "bullet"
    TITLE = "title"
    SHORT = "short"


@dataclass(slots=True)
class Line:
    """A line, or a hard-wrapped paragraph, of the input."""

    start: int
    end: int
    """[start, end) in the input, without white space around it and without its list mark."""

    chunk: int
    """Number of the blank-line chunk it is in."""

    text: str
    """As a reader sees it: zero-width characters gone, white space runs one space."""

    columns: int
    is_bullet: bool
    type: LineType = LineType.SHORT
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class FlatBlock:
    """A labelled piece of the input."""

    start: int
    end: int
    kind: "BlockKind.ValueType"
    credit: str = ""


def label_page(text: str) -> list[FlatBlock]:
    """Blocks of a flattened news page, in order; every character but white space and list marks is in one.

    A credit at the end of a caption is taken out of its range.
    """
    lines = read_lines(text)
    _set_types(lines)
    first, last = _body_region(lines)
    if sum(line.type is LineType.PARAGRAPH for line in lines[first:last]) < 2:
        first, last = _whole_text(lines)
    kinds = _label(lines, first, last)
    return [_block(text, line, kind) for line, kind in zip(lines, kinds, strict=True)]


def plain_blocks(text: str) -> list[FlatBlock]:
    """Blocks of a text that is all article: blank lines separate them, list items stand alone.

    The first block is the headline if it reads like one and at least two paragraphs follow.
    """
    blocks: list[FlatBlock] = []
    for start, end in _chunks(text):
        lines = list(_line_ranges(text, start, end))
        if any(lexicon.bullet_end(text[first:last]) for first, last in lines):
            for first, last in lines:
                mark = lexicon.bullet_end(text[first:last])
                kind = BlockKind.BLOCK_KIND_LIST_ITEM if mark else BlockKind.BLOCK_KIND_PARAGRAPH
                blocks.append(FlatBlock(first + mark, last, kind))
        else:
            blocks.append(FlatBlock(start, end, BlockKind.BLOCK_KIND_PARAGRAPH))
    if len(blocks) >= 3 and blocks[0].kind == BlockKind.BLOCK_KIND_PARAGRAPH:
        title = visible(text[blocks[0].start : blocks[0].end])
        followers = [visible(text[block.start : block.end]) for block in blocks[1:4]]
        if (
            "\n" not in text[blocks[0].start : blocks[0].end]
            and not _ends_sentence(title)
            and width(title) < _SURE_PARAGRAPH_COLUMNS
            and sum(_ends_sentence(line) for line in followers) >= 2
        ):
            blocks[0] = FlatBlock(blocks[0].start, blocks[0].end, BlockKind.BLOCK_KIND_HEADLINE)
    return blocks


def _ends_sentence(line: str) -> bool:
    """Whether a visible line ends like a sentence.

    Korean and Japanese headlines often end with a quotation, which has no full stop ("철거… “길을 달라”": "taken down:
    'Give us a road'"); a paragraph that ends so is longer, or has a sentence before it.
    """
    if _SENTENCE_END.search(line):
        return True
    return _QUOTE_AT_END.search(line) is not None and (
        width(line) >= _MIN_QUOTED_PARAGRAPH_COLUMNS or _SENTENCE_INSIDE.search(line) is not None
    )


def _chunks(text: str) -> list[tuple[int, int]]:
    """Ranges between blank lines, white space around them left out."""
    chunks: list[tuple[int, int]] = []
    for first, last in _line_ranges(text, 0, len(text)):
        if chunks and text.count("\n", chunks[-1][1], first) == 1:
            chunks[-1] = (chunks[-1][0], last)
        else:
            chunks.append((first, last))
    return chunks


def _line_ranges(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of the lines that hold more than white space, trimmed."""
    ranges: list[tuple[int, int]] = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        line = text[start:stop]
        if visible(line):
            lead = len(line) - len(line.lstrip())
            ranges.append((start + lead, start + len(line.rstrip())))
        start = stop + 1
    return ranges


def read_lines(text: str) -> list[Line]:
    """Lines of a text with their places; hard-wrapped paragraphs are one line."""
    lines: list[Line] = []
    for chunk, (start, end) in enumerate(_chunks(text)):
        ranges = _line_ranges(text, start, end)
        if _is_hard_wrapped([visible(text[first:last]) for first, last in ranges]):
            ranges = [(start, end)]
        for first, last in ranges:
            mark = lexicon.bullet_end(text[first:last])
            shown = visible(text[first + mark : last])
            lines.append(Line(first + mark, last, chunk, shown, width(shown), mark > 0))
    return lines


def _is_hard_wrapped(lines: list[str]) -> bool:
    """Whether the lines of a chunk are one paragraph that was cut at a column."""
    if len(lines) < 2 or any(lexicon.bullet_end(line) for line in lines):
        return False
    widths = [width(line) for line in lines]
    low, high = _HARD_WRAP_COLUMNS
    full = widths[:-1]
    if min(full) < low or max(widths) > high or max(full) - min(full) > 24:
        return False
    ended = sum(_ends_sentence(line) for line in lines[:-1])
    return ended * 2 < len(full) or (len(full) == 1 and not ended)


def _set_types(lines: list[Line]) -> None:
    counts = Counter(line.text for line in lines)
    for line in lines:
        line.is_repeated = counts[line.text] > 1 and line.columns < _MAX_LEXICON_COLUMNS
        line.type = _line_type(line)


def _line_type(line: Line) -> LineType:
    text, columns = line.text, line.columns
    ends = _ends_sentence(text)
    if columns < _MAX_LEXICON_COLUMNS:
        if lexicon.is_boilerplate(text):
            return LineType.BOILERPLATE
        if lexicon.is_byline(text):
            return LineType.BYLINE
        if lexicon.is_date_line(text):
            return LineType.DATE
        if lexicon.RELATED_START.fullmatch(text) and not (ends and columns > 100):
            return LineType.RELATED
    if lexicon.split_credit(text)[1] or lexicon.CAPTION_START.match(text):
        return LineType.CAPTION
    if line.is_bullet:
        return LineType.BULLET
    if (ends and columns >= _MIN_PARAGRAPH_COLUMNS) or columns >= _SURE_PARAGRAPH_COLUMNS:
        return LineType.PARAGRAPH
    if ends:
        return LineType.SENTENCE
    return LineType.TITLE if columns >= _MIN_TITLE_COLUMNS else LineType.SHORT


def _weight(line: Line) -> float:
    if line.type is LineType.PARAGRAPH:
        return 1.0 if line.is_repeated else 1.0 + min(line.columns, 400) / 100
    if line.type is LineType.SENTENCE:
        return 0.5
    if line.type is LineType.BOILERPLATE:
        return -1.2
    if line.type is LineType.CAPTION:
        return -0.2
    return -0.5


def _body_region(lines: list[Line]) -> tuple[int, int]:
    """[first, last) of the run of lines with the largest sum of weights (Kadane's algorithm)."""
    best, best_range = 0.0, (0, 0)
    total, start = 0.0, 0
    for index, line in enumerate(lines):
        if total <= 0:
            total, start = 0.0, index
        total += _weight(line)
        if total > best:
            best, best_range = total, (start, index + 1)
    return best_range


def _whole_text(lines: list[Line]) -> tuple[int, int]:
    """Region of a text with fewer than two paragraphs: everything after its headline, if it has one."""
    first = next((i for i, line in enumerate(lines) if line.type is not LineType.BOILERPLATE), 0)
    if len(lines) - first > 1 and lines[first].type is LineType.TITLE:
        first += 1
    last = len(lines)
    while last > first and lines[last - 1].type is LineType.BOILERPLATE:
        last -= 1
    return first, last


_FIXED_KINDS = {
    LineType.BOILERPLATE: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.BYLINE: BlockKind.BLOCK_KIND_BYLINE,
    LineType.DATE: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.CAPTION: BlockKind.BLOCK_KIND_CAPTION,
    LineType.RELATED: BlockKind.BLOCK_KIND_RELATED_LINK,
}


def _label(lines: list[Line], first: int, last: int) -> list["BlockKind.ValueType"]:
    known = _known_words(lines, first, last)
    headline = _find_headline(lines, first, known)
    first = _move_standfirst(lines, headline, first)
    labels = _section_labels(lines, headline if headline is not None else first)
    questions = _questions_of_other_stories(lines, first, last, known)
    kinds: list[BlockKind.ValueType] = []
    for index, line in enumerate(lines):
        if index == headline:
            kind = BlockKind.BLOCK_KIND_HEADLINE
        elif line.type in _FIXED_KINDS and not (line.type is LineType.BYLINE and not line.text):
            kind = _FIXED_KINDS[line.type]
        elif line.text in labels:
            kind = BlockKind.BLOCK_KIND_SECTION
        elif index < first:
            kind = _kind_before(lines, index, headline)
        elif index >= last:
            kind = _kind_after(line)
        elif index in questions:
            kind = BlockKind.BLOCK_KIND_RELATED_LINK
        else:
            kind = _kind_inside(lines, index, first, last, known)
        kinds.append(kind)
    return kinds


def _find_headline(lines: list[Line], first: int, known: Mapping[str, int]) -> int | None:
    """The headline: the first of the title-like lines that stand together before the body and tell the same story.

    The line nearest to the body may be a standfirst, and lines above the headline may be prompts or other stories;
    only a line whose words come back in the body tells the same story.
    """
    candidates = [
        index
        for index in range(first)
        if lines[index].type in (LineType.TITLE, LineType.SENTENCE)
        # A repeated short line is a label; a repeated headline counts where it stands nearest to the body.
        and (lines[index].columns > _MAX_LABEL_COLUMNS or not lines[index].is_repeated)
        and all(other.text != lines[index].text for other in lines[index + 1 : first])
    ]
    if not candidates:
        return None
    titles = [index for index in candidates if lines[index].type is LineType.TITLE] or candidates
    headline = titles[-1]
    breaks = (LineType.PARAGRAPH, LineType.RELATED, LineType.CAPTION)
    for above in reversed(titles[:-1]):
        between = lines[above + 1 : headline]
        if any(line.type in breaks for line in between) or (
            sum(line.type is LineType.BOILERPLATE for line in between) > 1
        ):
            break
        text = lines[above].text
        if lines[above].columns < _MIN_HEADLINE_COLUMNS or lines[headline].text in text:
            continue  # a label; or the title of the web page, which holds the headline and the name of the site
        found = list(words(text))
        if sum(word in known for word in found) >= 0.4 * len(found):
            headline = above
    return headline


def _move_standfirst(lines: list[Line], headline: int | None, first: int) -> int:
    """The start of the body, past a standfirst of full sentences: one paragraph between headline and byline or date."""
    if headline is None:
        return first
    for index in range(first, min(first + 3, len(lines))):
        if lines[index].type in (LineType.BYLINE, LineType.DATE):
            return index if 0 < index - first <= 2 else first
        if lines[index].type is not LineType.PARAGRAPH or lines[index].columns > 320:
            return first
    return first


def _section_labels(lines: list[Line], headline: int) -> set[str]:
    """Texts of the short lines that name a section."""
    candidates = [
        line.text
        for line in lines[:headline]
        if line.type in (LineType.SHORT, LineType.TITLE)
        and line.columns <= _MAX_LABEL_COLUMNS
        and not any(character.isdigit() for character in line.text)
    ]
    counts = Counter(line.text for line in lines)
    repeated = {text for text in candidates if counts[text] > 1}
    known = [text for text in candidates if text.lower() in lexicon.SECTION_NAMES]
    if repeated:
        return repeated
    if known:
        # A navigation bar names every section; a label names one or a path of two or three.
        return set(known) if len(known) <= 3 else set()
    short = [text for text in candidates if len(text.split()) <= 3 and width(text) <= 24]
    return {short[-1]} if 0 < len(short) <= 3 else set()


def _known_words(lines: list[Line], first: int, last: int) -> Mapping[str, int]:
    """In how many lines of the running text each word stands, by which a headline of another story is told."""
    return Counter(
        word
        for line in lines[first:last]
        if line.type in (LineType.PARAGRAPH, LineType.SENTENCE)
        for word in set(words(line.text))
    )


def _kind_before(lines: list[Line], index: int, headline: int | None) -> "BlockKind.ValueType":
    line = lines[index]
    if headline is None or index < headline:
        return BlockKind.BLOCK_KIND_BOILERPLATE
    if line.is_bullet or line.type in (LineType.TITLE, LineType.PARAGRAPH, LineType.SENTENCE):
        return BlockKind.BLOCK_KIND_BOILERPLATE if line.is_repeated else BlockKind.BLOCK_KIND_STANDFIRST
    if _SPEAKER.fullmatch(line.text):
        return BlockKind.BLOCK_KIND_SUBHEADING
    return BlockKind.BLOCK_KIND_BOILERPLATE


def _kind_after(line: Line) -> "BlockKind.ValueType":
    if line.type is LineType.TITLE and line.columns >= 30 and not line.is_repeated:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    if line.type is LineType.BULLET and line.columns >= 30:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    return BlockKind.BLOCK_KIND_BOILERPLATE


def _questions_of_other_stories(lines: list[Line], first: int, last: int, known: Mapping[str, int]) -> frozenset[int]:
    """Lines of the body that are headlines of other stories although they end with a question mark.

    They are one question each, about things that the rest does not mention. In an interview there are more of them.
    """
    questions = [
        index
        for index in range(first, last)
        if lines[index].type is LineType.PARAGRAPH
        and lines[index].text[-1:] in "?？"
        and lines[index].columns <= _MAX_QUESTION_COLUMNS
        and not _SENTENCE_INSIDE.search(lines[index].text[:-1])
    ]
    paragraphs = sum(line.type is LineType.PARAGRAPH for line in lines[first:last])
    if len(questions) > 2 or paragraphs < _MIN_PARAGRAPHS_FOR_QUESTIONS:
        return frozenset()
    others: set[int] = set()
    for index in questions:
        found = [word for word in words(lines[index].text) if len(word) > 3 or not word.isascii()]
        if found and sum(known[word] <= 1 for word in found) >= 0.8 * len(found):
            others.add(index)
    return frozenset(others)


def _kind_inside(
    lines: list[Line], index: int, first: int, last: int, known: Mapping[str, int]
) -> "BlockKind.ValueType":
    line = lines[index]
    if line.type in (LineType.PARAGRAPH, LineType.SENTENCE):
        return BlockKind.BLOCK_KIND_PARAGRAPH
    if line.type is LineType.BULLET:
        return BlockKind.BLOCK_KIND_LIST_ITEM
    if not known:
        return BlockKind.BLOCK_KIND_PARAGRAPH  # a text without any sentence: a name, a phrase, a table
    if line.is_repeated:
        return BlockKind.BLOCK_KIND_BOILERPLATE
    if line.type is LineType.SHORT:
        return BlockKind.BLOCK_KIND_SUBHEADING
    neighbours = [lines[i] for i in (index - 1, index + 1) if first <= i < last]
    in_list = [other for other in neighbours if other.type is LineType.TITLE]
    if any(other.chunk == line.chunk for other in in_list) and not _has_running_text(lines, index):
        # Results, towns, a table: rows without full stops that stand together, apart from the text, are body.
        return BlockKind.BLOCK_KIND_LIST_ITEM
    if len(in_list) == 2:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    if line.columns >= _MIN_RELATED_COLUMNS:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    found = list(words(line.text))
    new = sum(word not in known for word in found)
    if line.columns >= 34 and found and new / len(found) >= 0.5:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    return BlockKind.BLOCK_KIND_SUBHEADING


def _has_running_text(lines: list[Line], index: int) -> bool:
    """Whether the chunk of a line holds paragraphs: then chunks say nothing, as in a text without blank lines."""
    chunk = lines[index].chunk
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(lines) and lines[other].chunk == chunk:
            if lines[other].type is LineType.PARAGRAPH:
                return True
            other += step
            if abs(other - index) > _MAX_TABLE_ROWS:
                break
    return False


def _block(text: str, line: Line, kind: "BlockKind.ValueType") -> FlatBlock:
    if kind != BlockKind.BLOCK_KIND_CAPTION:
        return FlatBlock(line.start, line.end, kind)
    length, credit = lexicon.split_credit(text[line.start : line.end])
    if not length:
        return FlatBlock(line.start, line.end, kind)
    return FlatBlock(line.start, line.start + length, kind, credit)
