"""Lines of a flattened page: their places, and what each looks like by itself.

A paragraph that was cut at a column counts as one line. Nothing is deleted; white space and list marks alone lie
outside of the lines.
"""

import enum
import itertools
import re
from collections import Counter
from dataclasses import dataclass

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text.characters import visible, width
from triwire_server.text.pages import credit_lines, lexicon
from triwire_server.text.pages.line_ends import ends_sentence, has_sentence_inside

_ONLY_NUMBER = re.compile(r"[\W\d]{1,12}")
_HARD_WRAP_COLUMNS = (50, 112)
_HARD_WRAP_SLACK_COLUMNS = 24
_LATIN_WORD_COLUMNS = 20
_WIDE_WORD_COLUMNS = 12  # Korean words and Japanese punctuation that may not begin a line
_MIN_PARAGRAPH_COLUMNS = 40
_SURE_PARAGRAPH_COLUMNS = 160
_MIN_TITLE_COLUMNS = 14
_MAX_ROW_CHARACTERS = 100
_MIN_PROMPT_COLUMNS = 60


class LineType(enum.Enum):
    """What a line looks like by itself."""

    BOILERPLATE = "boilerplate"
    PROMPT = "prompt"
    """Asks the reader for something in a whole sentence: to subscribe, to accept cookies."""

    STORIES = "stories"
    """Heading over links to other stories: "Most read"."""

    COMMENTS = "comments"
    """Heading over what readers wrote: "Comments (12)"."""

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


BOILERPLATE_TYPES = frozenset({LineType.BOILERPLATE, LineType.STORIES, LineType.COMMENTS})
"""Lines that are furniture of the page."""


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

    @property
    def is_running_text(self) -> bool:
        """Whether the line is a paragraph or a short sentence."""
        return self.type is LineType.PARAGRAPH or self.type is LineType.SENTENCE

    @property
    def has_figures(self) -> bool:
        """Whether the line holds a digit among words: a row of results or prices."""
        return not self.is_number and any(character.isdigit() for character in self.text[:_MAX_ROW_CHARACTERS])

    @property
    def is_number(self) -> bool:
        """Whether the line holds digits and marks alone: a rank, a counter."""
        return _ONLY_NUMBER.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class FlatBlock:
    """A labelled piece of the input."""

    start: int
    end: int
    kind: "BlockKind.ValueType"
    credit: str = ""


def chunks(text: str) -> list[tuple[int, int]]:
    """Ranges between blank lines, white space around them left out."""
    found: list[tuple[int, int]] = []
    for first, last in line_ranges(text, 0, len(text)):
        if found and text.count("\n", found[-1][1], first) == 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def line_ranges(text: str, start: int, end: int) -> list[tuple[int, int]]:
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
    """Lines of a text with their places and types; hard-wrapped paragraphs are one line."""
    runs = [run for start, end in chunks(text) for run in _runs(text, line_ranges(text, start, end))]
    column = _wrap_column(runs)
    lines: list[Line] = []
    chunk = 0
    for run in runs:
        chunk += run.begins_chunk
        is_paragraph = _is_hard_wrapped(run, column)
        ranges = [(run.ranges[0][0], run.ranges[-1][1])] if is_paragraph else run.ranges
        for first, last in ranges:
            mark = lexicon.bullet_end(text[first:last])
            shown = visible(text[first + mark : last])
            lines.append(Line(first + mark, last, chunk, shown, width(shown), mark > 0))
    counts = Counter(line.text for line in lines)
    types: dict[tuple[str, bool], LineType] = {}
    for line in lines:
        line.is_repeated = counts[line.text] > 1 and line.columns < lexicon.MAX_COLUMNS
        key = (line.text, line.is_bullet)
        if key not in types:
            types[key] = _line_type(line)
        line.type = types[key]
    for label, line in itertools.pairwise(lines):
        if credit_lines.CAPTION_LABEL.fullmatch(label.text):
            line.type = LineType.CAPTION  # the label has a line of its own
    return lines


@dataclass(slots=True)
class _Run:
    """Neighbouring lines of a chunk that are about as long as each other, but for the last."""

    begins_chunk: bool
    ranges: list[tuple[int, int]]
    shown: list[str]
    widths: list[int]


def _runs(text: str, ranges: list[tuple[int, int]]) -> list[_Run]:
    """The lines of a chunk, grouped: only within a group can lines be one paragraph that was cut at a column."""
    low, high = _HARD_WRAP_COLUMNS
    runs: list[_Run] = []
    for first, last in ranges:
        shown = visible(text[first:last])
        columns = width(shown)
        run = runs[-1] if runs else None
        if (
            run is not None
            and low <= run.widths[-1] <= high
            and columns <= min(high, run.widths[-1] + (_LATIN_WORD_COLUMNS if shown.isascii() else _WIDE_WORD_COLUMNS))
            and abs(run.widths[-1] - run.widths[0]) <= _HARD_WRAP_SLACK_COLUMNS
            and not lexicon.bullet_end(shown)
            and not lexicon.bullet_end(run.shown[-1])
        ):
            run.ranges.append((first, last))
            run.shown.append(shown)
            run.widths.append(columns)
        else:
            runs.append(_Run(run is None, [(first, last)], [shown], [columns]))
    return runs


def _wrap_column(runs: list[_Run]) -> int:
    """The column at which paragraphs of the page were cut, 0 if that cannot be told: the longest of their lines."""
    long_runs = [max(run.widths[:-1]) for run in runs if len(run.widths) > 2 and _looks_wrapped(run)]
    if long_runs:
        return max(long_runs)
    pairs = [run.widths[0] for run in runs if len(run.widths) == 2 and _looks_wrapped(run)]
    return max(pairs) if len(pairs) > 1 else 0


def _looks_wrapped(run: _Run) -> bool:
    """Whether few lines of a run end a sentence, and the last one does and is not longer than the others."""
    full = run.widths[:-1]
    if not full or run.widths[-1] > max(full) + 2 or max(full) - min(full) > _HARD_WRAP_SLACK_COLUMNS:
        return False
    ended = sum(ends_sentence(line) for line in run.shown[:-1])
    return ended * 2 < len(full) and ends_sentence(run.shown[-1])


def _is_hard_wrapped(run: _Run, column: int) -> bool:
    """Whether a run is one paragraph; of two lines only if the next word did not fit in the page's column."""
    if len(run.widths) != 2:
        return _looks_wrapped(run)
    if not column or run.widths[1] > run.widths[0] + 2 or not ends_sentence(run.shown[1]):
        return False
    following = run.shown[1].split(" ", 1)[0]
    room = min(width(following), _LATIN_WORD_COLUMNS) + 6 if following.isascii() else _WIDE_WORD_COLUMNS
    return column - room <= run.widths[0] <= column + 4


def _line_type(line: Line) -> LineType:
    text, columns = line.text, line.columns
    ends = ends_sentence(text)
    is_short = lexicon.is_short(text, columns)
    if is_short:
        special = _type_by_words(text, columns, ends)
        if special is not None:
            return special
    if lexicon.is_prompt(text):
        return LineType.PROMPT
    if credit_lines.is_caption(text, columns):
        return LineType.CAPTION
    if line.is_bullet and not (ends and columns >= _MIN_PARAGRAPH_COLUMNS and has_sentence_inside(text)):
        return LineType.BULLET
    # "Our reporter has sent this from the harbour:" leads to what follows.
    leads = text[-1:] in ":：" and columns >= _MIN_PARAGRAPH_COLUMNS and not line.is_bullet
    if (ends and columns >= _MIN_PARAGRAPH_COLUMNS) or leads or columns >= _SURE_PARAGRAPH_COLUMNS:
        return LineType.PARAGRAPH
    if ends:
        return LineType.SENTENCE
    return LineType.TITLE if columns >= _MIN_TITLE_COLUMNS else LineType.SHORT


def _type_by_words(text: str, columns: int, ends: bool) -> LineType | None:
    if lexicon.is_stories_heading(text):
        return LineType.STORIES
    if lexicon.is_comments_heading(text):
        return LineType.COMMENTS
    if lexicon.is_boilerplate(text):
        # A whole sentence may be one of the article's, which its words tell.
        return LineType.PROMPT if ends and columns >= _MIN_PROMPT_COLUMNS else LineType.BOILERPLATE
    if credit_lines.is_byline(text):
        return LineType.BYLINE
    if credit_lines.is_date_line(text):
        return LineType.DATE
    if lexicon.RELATED_START.fullmatch(text) and not (ends and columns > 100):
        return LineType.RELATED
    return None
