"""A news page as a scraper flattened it, turned into labelled blocks.

Each line is first read by itself (flat_lines), then the body (flat_region) and what stands above it (flat_head) are
found, and what lies before, inside and after the body is told by its place and by the words it shares with the body.
Nothing is deleted.
"""

import re
from collections.abc import Mapping

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text.pages import credit_lines
from triwire_server.text.pages.evidence import content_words, share_known
from triwire_server.text.pages.flat_head import (
    MAX_LABEL_COLUMNS,
    MIN_HEADLINE_COLUMNS,
    find_headline,
    move_standfirst,
    section_labels,
)
from triwire_server.text.pages.flat_lines import FlatBlock, Line, LineType, read_lines
from triwire_server.text.pages.flat_region import Region, find_region
from triwire_server.text.pages.line_ends import ends_sentence, has_sentence_inside

_SPEAKER = re.compile(r"\[[^\[\]]{1,12}\]")  # a broadcast's [앵커] (anchor) and [기자] (reporter)
_REMARK = re.compile(r"[(（][^()（）]{0,60}\d[^()（）]{0,60}[)）]")  # "($1 = 9.84 crowns)" under a report
_IS_WHO = re.compile(
    r",? (?:is|was|covers|writes|reports|edits|joined|leads|has (?:been|covered|worked|reported|written))\b"
)
_DATA_ROW = re.compile(r"[^\d]{0,60}\d")
_MAX_SUBHEADING_COLUMNS = 50
_MIN_RELATED_COLUMNS = 60
_MIN_STORY_COLUMNS = 34
_MIN_LISTED_STORY_COLUMNS = 14
_MAX_QUESTION_COLUMNS = 100
_MIN_PARAGRAPHS_FOR_QUESTIONS = 6
_MIN_DATA_ROWS = 3
_MAX_TABLE_ROWS = 50
_MAX_BIOGRAPHY_COLUMNS = 400
_NEW_SHARE = 0.5
_PROMPT_SHARE = 0.45


def label_page(text: str) -> list[FlatBlock]:
    """Blocks of a flattened news page, in order; every character but white space and list marks is in one.

    A credit at the end of a caption is taken out of its range.
    """
    lines = read_lines(text)
    kinds = _Labeller(lines, find_region(lines)).kinds()
    return [_block(text, line, kind) for line, kind in zip(lines, kinds, strict=True)]


class _Labeller:
    """Kinds of the lines of one page."""

    def __init__(self, lines: list[Line], region: Region) -> None:
        self.lines = lines
        self.region = region
        self.known: Mapping[str, int] = region.known
        self.headline = find_headline(lines, region.first, region.known)
        self.first = move_standfirst(lines, self.headline, region.first)
        region.foreign -= set(range(self.first, region.first))
        self.last = _add_rows(lines, region)
        self.labels = section_labels(lines, self.headline if self.headline is not None else self.first)
        self.questions = _questions_of_other_stories(lines, region)
        self.writers = _writers(lines)

    def kinds(self) -> list["BlockKind.ValueType"]:
        """The kind of every line, in order."""
        kinds: list[BlockKind.ValueType] = []
        in_stories = False
        for index, line in enumerate(self.lines):
            if line.type is LineType.STORIES:
                in_stories = True
            elif line.is_running_text and self.first <= index < self.last and index not in self.region.foreign:
                in_stories = False
            kinds.append(self._kind(index, line, kinds[-1:], in_stories=in_stories))
        return kinds

    def _kind(
        self, index: int, line: Line, before: list["BlockKind.ValueType"], *, in_stories: bool
    ) -> "BlockKind.ValueType":
        if index == self.headline:
            return BlockKind.BLOCK_KIND_HEADLINE
        if index >= self.region.comments:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if index in self.labels:
            return BlockKind.BLOCK_KIND_SECTION
        if line.type is LineType.PROMPT:
            return self._kind_of_prompt(index, line)
        if line.type in _FIXED_KINDS:
            return _FIXED_KINDS[line.type]
        if self._is_writer(index, line):
            return BlockKind.BLOCK_KIND_BYLINE
        if index < self.first:
            return self._kind_before(index, line, before)
        if in_stories and not line.is_number and line.columns >= _MIN_LISTED_STORY_COLUMNS:
            return BlockKind.BLOCK_KIND_RELATED_LINK
        if index >= self.last:
            return _kind_after(line)
        if index in self.questions:
            return BlockKind.BLOCK_KIND_RELATED_LINK
        if index in self.region.foreign:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        return self._kind_inside(index, line)

    def _kind_of_prompt(self, index: int, line: Line) -> "BlockKind.ValueType":
        """A prompt is text of the article if it is about what the article is about."""
        if not self.first <= index < self.last:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        is_own = share_known(content_words(line.text), self.known) >= _PROMPT_SHARE
        return BlockKind.BLOCK_KIND_PARAGRAPH if is_own else BlockKind.BLOCK_KIND_BOILERPLATE

    def _is_writer(self, index: int, line: Line) -> bool:
        """Whether a line is a name beside a byline or a date, or says who somebody named in a byline is."""
        if line.columns <= _MAX_BIOGRAPHY_COLUMNS:
            name = next((name for name in self.writers if line.text.startswith(name)), "")
            is_near = index <= self.first or index >= self.last - 1 or index in self.region.foreign
            if name and (line.text == name or (is_near and _IS_WHO.match(line.text, len(name)))):
                return True
        if self.headline is None or not self.headline < index < self.first or not credit_lines.is_person(line.text):
            return False
        beside = [self.lines[i].type for i in (index - 1, index + 1, index + 2) if self.headline < i < self.first]
        return LineType.DATE in beside or LineType.BYLINE in beside

    def _kind_before(self, index: int, line: Line, before: list["BlockKind.ValueType"]) -> "BlockKind.ValueType":
        if self.headline is None or index < self.headline or line.is_repeated:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if _SPEAKER.fullmatch(line.text):
            return BlockKind.BLOCK_KIND_SUBHEADING
        if not line.is_bullet and line.type not in (LineType.TITLE, LineType.PARAGRAPH, LineType.SENTENCE):
            return BlockKind.BLOCK_KIND_BOILERPLATE
        found = content_words(line.text)
        told = content_words(self.lines[self.headline].text)
        follows = before[-1:] in ([BlockKind.BLOCK_KIND_HEADLINE], [BlockKind.BLOCK_KIND_STANDFIRST])
        if follows or any(word in self.known or word in told for word in found):
            return BlockKind.BLOCK_KIND_STANDFIRST
        return BlockKind.BLOCK_KIND_BOILERPLATE

    def _kind_inside(self, index: int, line: Line) -> "BlockKind.ValueType":
        if line.is_running_text:
            return BlockKind.BLOCK_KIND_PARAGRAPH
        if line.type is LineType.BULLET:
            return self._kind_of_bullet(index, line)
        if not self.known:
            return BlockKind.BLOCK_KIND_PARAGRAPH  # a text without any sentence: a name, a phrase, a table
        if line.is_repeated or line.is_number:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        neighbours = [self.lines[i] for i in (index - 1, index + 1) if self.first <= i < self.last]
        if self._is_row(index, line, neighbours):
            return BlockKind.BLOCK_KIND_LIST_ITEM
        if _REMARK.fullmatch(line.text):
            return BlockKind.BLOCK_KIND_PARAGRAPH
        if line.type is LineType.SHORT:
            return BlockKind.BLOCK_KIND_SUBHEADING
        following = self.lines[index + 1].type if index + 1 < len(self.lines) else None
        if line.columns >= MIN_HEADLINE_COLUMNS and following is LineType.BYLINE:
            return BlockKind.BLOCK_KIND_RELATED_LINK  # a second article begins
        in_list = sum(other.type is LineType.TITLE for other in neighbours)
        if in_list == 2 or line.columns >= _MIN_RELATED_COLUMNS:
            return BlockKind.BLOCK_KIND_RELATED_LINK
        is_new = share_known(content_words(line.text), self.known) <= 1 - _NEW_SHARE
        if line.columns >= _MIN_STORY_COLUMNS and is_new:
            return BlockKind.BLOCK_KIND_RELATED_LINK
        return BlockKind.BLOCK_KIND_SUBHEADING

    def _kind_of_bullet(self, index: int, line: Line) -> "BlockKind.ValueType":
        """A short marked line that stands alone is a subheading ("◆ 값이 걸림돌": the price is the obstacle)."""
        beside = [self.lines[i].type for i in (index - 1, index + 1) if self.first <= i < self.last]
        is_alone = len(beside) == 2 and all(other is LineType.PARAGRAPH for other in beside)
        if is_alone and line.columns <= _MAX_SUBHEADING_COLUMNS and not ends_sentence(line.text):
            return BlockKind.BLOCK_KIND_SUBHEADING
        return BlockKind.BLOCK_KIND_LIST_ITEM

    def _is_row(self, index: int, line: Line, neighbours: list[Line]) -> bool:
        """Whether a line is one of several rows: results, towns, a table. They stand together, apart from the text."""
        beside = [other for other in neighbours if other.type in (LineType.TITLE, LineType.SHORT)]
        if any(_is_data(line) and _is_data(other) for other in beside):
            return True
        if line.type is LineType.SHORT:
            return len(beside) == 2 and all(other.type is LineType.SHORT for other in beside)
        return any(
            other.type is LineType.TITLE and other.chunk == line.chunk for other in beside
        ) and not _has_running_text(self.lines, index)


_FIXED_KINDS = {
    LineType.BOILERPLATE: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.STORIES: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.COMMENTS: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.BYLINE: BlockKind.BLOCK_KIND_BYLINE,
    LineType.DATE: BlockKind.BLOCK_KIND_BOILERPLATE,
    LineType.CAPTION: BlockKind.BLOCK_KIND_CAPTION,
    LineType.RELATED: BlockKind.BLOCK_KIND_RELATED_LINK,
}


def _writers(lines: list[Line]) -> frozenset[str]:
    """Names of the people in the bylines of a page, as they are written there."""
    names: set[str] = set()
    for line in lines:
        if line.type is LineType.BYLINE and len(names) < 12:
            for part in re.split(r",| and |&", re.sub(r"^(?:by|from) ", "", line.text[:200], flags=re.IGNORECASE)):
                if len(part.split()) > 1 and credit_lines.is_person(part.strip()):
                    name = part.strip().title() if part.isupper() else part.strip()
                    names.update({name, name.upper(), name.split()[-1]})
    return frozenset(names)


def _add_rows(lines: list[Line], region: Region) -> int:
    """The end of the body with the rows of data that follow it: results and tables have no full stops."""
    index = last = region.last
    if index < len(lines) and _REMARK.fullmatch(lines[index].text):
        index = last = index + 1
    end = last
    rows = 0
    while index < min(len(lines), region.comments) and lines[index].type in (
        LineType.TITLE,
        LineType.SHORT,
        LineType.BULLET,
    ):
        if _is_data(lines[index]):
            rows += 1
            last = index + 1
        elif index - last > 1:
            break
        index += 1
    return last if rows >= _MIN_DATA_ROWS else end


def _is_data(line: Line) -> bool:
    """Whether a line without a full stop holds figures among words: a result, a price, a row of a table."""
    return (
        line.type in (LineType.TITLE, LineType.SHORT, LineType.BULLET)
        and not line.is_number
        and _DATA_ROW.match(line.text) is not None
        and line.columns <= _MAX_QUESTION_COLUMNS
    )


def _kind_after(line: Line) -> "BlockKind.ValueType":
    if line.type in (LineType.TITLE, LineType.BULLET) and line.columns >= MAX_LABEL_COLUMNS and not line.is_repeated:
        return BlockKind.BLOCK_KIND_RELATED_LINK
    return BlockKind.BLOCK_KIND_BOILERPLATE


def _questions_of_other_stories(lines: list[Line], region: Region) -> frozenset[int]:
    """Lines of the body that are headlines of other stories although they end with a question mark.

    They are one question each, about things that the rest does not mention. In an interview there are more of them.
    """
    questions = [
        index
        for index in range(region.first, region.last)
        if lines[index].type is LineType.PARAGRAPH
        and lines[index].text[-1:] in "?？"
        and lines[index].columns <= _MAX_QUESTION_COLUMNS
        and not has_sentence_inside(lines[index].text)
    ]
    paragraphs = sum(line.type is LineType.PARAGRAPH for line in lines[region.first : region.last])
    if len(questions) > 2 or paragraphs < _MIN_PARAGRAPHS_FOR_QUESTIONS:
        return frozenset()
    return frozenset(
        index
        for index in questions
        if region.words.get(index) and share_known(region.words[index], region.known, own=1) <= 0.2
    )


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
    length, credit = credit_lines.split_credit(text[line.start : line.end])
    if not length:
        return FlatBlock(line.start, line.end, kind)
    return FlatBlock(line.start, line.start + length, kind, credit)
