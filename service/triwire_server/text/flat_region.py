"""Where the article of a flattened page is: the run of lines with the most text, corrected by its words.

A first guess weighs lines by what they look like (Kadane's algorithm for the maximum sum). Words then decide what the
weights cannot: teasers of other stories, readers' comments and notices of the page are text as well, but they hardly
share a word with the article.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triwire_server.text import lexicon
from triwire_server.text.evidence import content_words, count_words, share_known
from triwire_server.text.flat_lines import BOILERPLATE_TYPES, Line, LineType

_MIN_GAP_LINES = 2
_MIN_WORDS_FOR_EVIDENCE = 6
_FOREIGN_SHARE = 0.08
_TEASER_SHARE = 0.2
_MANY_WORDS = 120
_MAX_STORY_HEAD_LINES = 4
_OWN_SHARE = 0.3
_MAX_GAP_LINES = 60
_COMMENTS_WINDOW_LINES = 8
_MIN_COMMENT_MARKS = 2


@dataclass(slots=True)
class Region:
    """The body of a flattened page, as lines."""

    first: int
    last: int
    """[first, last) in the lines."""

    foreign: set[int] = field(default_factory=set)
    """Lines inside that are text of something else."""

    comments: int = 0
    """Where readers' comments begin; the number of lines if there are none."""

    known: Counter[str] = field(default_factory=Counter)
    """In how many lines of running text of the body each content word stands."""

    words: dict[int, frozenset[str]] = field(default_factory=dict)
    """Content words of each line of running text."""


@dataclass(slots=True, eq=False)
class _Segment:
    """Neighbouring lines of running text."""

    first: int
    last: int
    """[first, last) in the lines."""

    words: list[frozenset[str]]
    heading: LineType | None
    """Type of the heading among the lines before it that opens a list of stories, if there is one."""

    has_furniture: bool
    """Whether furniture of the page, or more than a headline with its byline and date, stands before it."""

    num_pairs: int = 0
    """Paragraphs that follow one another directly: teasers of other stories stand each under its headline."""

    is_own: bool = False
    """Whether it is text of the article."""

    @property
    def num_words(self) -> int:
        return sum(len(words) for words in self.words)


def find_region(lines: Sequence[Line]) -> Region:
    """The body of a page; the whole text, furniture at its ends aside, where there is no running text to speak of."""
    comments = _find_comments(lines)
    first, last = _heaviest_run(lines[:comments])
    is_whole = sum(line.type is LineType.PARAGRAPH for line in lines[first:last]) < 2
    if is_whole:
        first, last = _whole_text(lines)
        comments = len(lines)
    region = Region(first, last, comments=comments)
    region.words = {
        index: content_words(line.text) for index, line in enumerate(lines[:comments]) if line.is_running_text
    }
    if not is_whole:
        _correct(region, _segments(lines[:comments], region.words))
    region.known = count_words(
        words
        for index, words in region.words.items()
        if region.first <= index < region.last and index not in region.foreign
    )
    return region


def _weight(line: Line) -> float:
    if line.type is LineType.PARAGRAPH:
        return 1.0 if line.is_repeated else 1.0 + min(line.columns, 400) / 100
    if line.type is LineType.SENTENCE:
        return 0.5
    if line.type in BOILERPLATE_TYPES or line.type is LineType.PROMPT:
        return -1.2
    if line.type is LineType.CAPTION:
        return -0.2
    return -0.5


def _heaviest_run(lines: Sequence[Line]) -> tuple[int, int]:
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


def _whole_text(lines: Sequence[Line]) -> tuple[int, int]:
    """Region of a text with fewer than two paragraphs: everything after its headline, if it has one."""
    first = next((i for i, line in enumerate(lines) if line.type not in BOILERPLATE_TYPES), 0)
    if len(lines) - first > 1 and lines[first].type is LineType.TITLE:
        first += 1
    last = len(lines)
    while last > first and lines[last - 1].type in BOILERPLATE_TYPES:
        last -= 1
    return first, last


def _find_comments(lines: Sequence[Line]) -> int:
    """Index of the heading over readers' comments: one with marks of comments ("Reply") soon after it.

    A counter of comments above the article has none, and text follows it.
    """
    paragraphs = 0
    for index, line in enumerate(lines):
        paragraphs += line.type is LineType.PARAGRAPH
        if line.type is LineType.COMMENTS and paragraphs > 1:
            window = lines[index + 1 : index + 1 + _COMMENTS_WINDOW_LINES]
            if sum(lexicon.is_comment_mark(other.text) for other in window) >= _MIN_COMMENT_MARKS:
                return index
    return len(lines)


def _segments(lines: Sequence[Line], words: Mapping[int, frozenset[str]]) -> list[_Segment]:
    """Runs of text lines between gaps of at least two lines that are none, or a heading over stories."""
    segments: list[_Segment] = []
    gap = furniture = 0
    heading: LineType | None = None
    for index, line in enumerate(lines):
        if line.type is LineType.STORIES:
            heading = line.type
        if not line.is_running_text:
            gap += line.type is not LineType.CAPTION
            furniture += line.type in BOILERPLATE_TYPES or line.type is LineType.PROMPT
            continue
        if segments and gap < _MIN_GAP_LINES and heading is None:
            segments[-1].last = index + 1
            segments[-1].words.append(words[index])
            segments[-1].num_pairs += not gap
        else:
            has_furniture = furniture > 0 or gap > _MAX_STORY_HEAD_LINES
            segments.append(_Segment(index, index + 1, [words[index]], heading, has_furniture))
        gap = furniture = 0
        heading = None
    return segments


def _correct(region: Region, segments: list[_Segment]) -> None:
    """Take segments out of the region, or into it, by the words they share with its largest segment."""
    inside = [segment for segment in segments if region.first <= segment.first and segment.last <= region.last]
    core = max(inside, key=lambda segment: segment.num_words)
    core.is_own = True
    known = count_words(core.words)
    for segment in inside:
        if not segment.is_own and not _is_foreign(segment, known):
            segment.is_own = True
            known.update(count_words(segment.words))
    _reach(segments[segments.index(core) :], known, region.last)
    _reach(segments[segments.index(core) :: -1], known, region.first)
    own = [segment for segment in segments if segment.is_own]
    region.first, region.last = own[0].first, own[-1].last
    region.foreign = {
        index for segment in segments if not segment.is_own for index in range(segment.first, segment.last)
    }


def _reach(segments: Sequence[_Segment], known: Mapping[str, int], end: int) -> None:
    """Mark the segments beyond the first guess that are text of this article, from its core outwards."""
    before = segments[0]
    for segment in segments[1:]:
        if max(segment.first - before.last, before.first - segment.last) > _MAX_GAP_LINES:
            return
        is_beyond = segment.first >= end if segment.first > before.first else segment.last <= end
        if is_beyond and _belongs(segment, known):
            segment.is_own = True
        if segment.is_own:
            before = segment


def _is_foreign(segment: _Segment, known: Mapping[str, int]) -> bool:
    """Whether a segment is text of something else: many words, hardly one of them known."""
    is_teaser = segment.heading is not None and not segment.num_pairs
    if segment.num_words < _MIN_WORDS_FOR_EVIDENCE:
        return is_teaser
    if not segment.has_furniture and segment.heading is None:
        return False
    limit = _TEASER_SHARE if is_teaser else _FOREIGN_SHARE
    # A short article repeats fewer of its words.
    return _share(segment, known) < limit * min(1.0, len(known) / _MANY_WORDS)


def _belongs(segment: _Segment, counts: Mapping[str, int]) -> bool:
    """Whether a segment beyond a long gap is text of this article."""
    return segment.num_words >= 2 * _MIN_WORDS_FOR_EVIDENCE and _share(segment, counts) >= _OWN_SHARE


def _share(segment: _Segment, counts: Mapping[str, int]) -> float:
    return sum(share_known(words, counts) * len(words) for words in segment.words) / max(1, segment.num_words)
