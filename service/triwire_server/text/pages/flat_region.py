"""Where the article of a flattened page is: the run of lines with the most text, corrected by its words.

A first guess weighs lines by what they look like (Kadane's algorithm for the maximum sum). Words then decide what the
weights cannot: teasers of other stories, readers' comments and notices of the page are text as well, but they hardly
share a word with the article.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triwire_server.text.pages import lexicon
from triwire_server.text.pages.evidence import content_words, count_words, share_known
from triwire_server.text.pages.flat_lines import BOILERPLATE_TYPES, Line, LineType
from triwire_server.text.pages.line_ends import ends_sentence

_MIN_GAP_LINES = 2
_MIN_ITEM_COLUMNS = 40
_MIN_WORDS_FOR_EVIDENCE = 6
_WINDOW_LINES = 8
_LOOSE_WEIGHT = 0.35
_TIE_WEIGHT = 2.5
_MIN_TYPICAL_SHARE = 0.15
# Parts of the typical share.
_FOREIGN_SHARE = 0.25
_TEASER_SHARE = 0.65
_OWN_SHARE = 0.7
_TEASER_WEIGHT = 0.25  # of a segment that looks like teasers, as the core of the article
_MIN_OWN_SHARE = 0.25
_MIN_FAR_WORDS = 12
_MIN_NEAR_SHARE = 0.15
_MIN_NEAR_WORDS = 4
_HEAD_LINES = 12
_MIN_INTERRUPTED_SHARE = 0.06
_MAX_PROMPT_TITLES = 1
_MAX_STORY_HEAD_LINES = 4
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

    is_near: bool = False
    """Whether no furniture at all stands before it: a list or a table at most."""

    is_interrupted: bool = False
    """Whether nothing but a prompt of the page stands before it, such as a form for a newsletter in mid-article."""

    num_pairs: int = 0
    """Paragraphs that follow one another directly: teasers of other stories stand each under its headline."""

    is_own: bool = False
    """Whether it is text of the article."""

    @property
    def is_teaser(self) -> bool:
        """Whether it stands under a heading over stories, most of its paragraphs apart: each below a headline."""
        return self.heading is not None and self.num_pairs <= (len(self.words) - 1) / 3

    @property
    def num_words(self) -> int:
        return sum(len(words) for words in self.words)


def find_region(lines: Sequence[Line]) -> Region:
    """The body of a page; the whole text, furniture at its ends aside, where there is no running text to speak of."""
    comments = _find_comments(lines)
    words = {index: content_words(line.text) for index, line in enumerate(lines[:comments]) if line.is_running_text}
    first, last = _heaviest_run(lines[:comments], _ties(words))
    region = Region(first, last, comments=comments, words=words)
    if sum(line.type is LineType.PARAGRAPH for line in lines[first:last]) > 1:
        _correct(region, _segments(lines[:comments], words), _title_words(lines[:first]))
    else:
        region.first, region.last = _whole_text(lines)
        region.comments = len(lines)
    region.known = count_words(
        words[index] for index in words if region.first <= index < region.last and index not in region.foreign
    )
    return region


def _ties(words: Mapping[int, frozenset[str]]) -> dict[int, float]:
    """For each line of running text, the share of its words that stand in one of the eight such lines around it.

    Paragraphs of an article share words with their neighbours; teasers and comments about many things do not.
    """
    indices = sorted(words)
    window: Counter[str] = Counter()
    for index in indices[: _WINDOW_LINES + 1]:
        window.update(words[index])
    ties: dict[int, float] = {}
    for place, index in enumerate(indices):
        ties[index] = share_known(words[index], window, own=1)
        if place >= _WINDOW_LINES:
            window.subtract(words[indices[place - _WINDOW_LINES]])
        if place + _WINDOW_LINES + 1 < len(indices):
            window.update(words[indices[place + _WINDOW_LINES + 1]])
    return ties


def _weight(line: Line, tie: float) -> float:
    if line.type is LineType.PARAGRAPH:
        size = 1.0 if line.is_repeated else 1.0 + min(line.columns, 400) / 100
        return size * min(1.0, _LOOSE_WEIGHT + _TIE_WEIGHT * tie)
    if line.type is LineType.SENTENCE:
        return 0.5
    if line.type in BOILERPLATE_TYPES or line.type is LineType.PROMPT:
        return -0.4 if line.is_repeated else -1.2  # "Share" under every entry of a live blog
    if line.type is LineType.CAPTION or (line.type is LineType.BULLET and line.has_figures):
        return -0.2
    if line.type is LineType.BULLET and line.columns >= _MIN_ITEM_COLUMNS and ends_sentence(line.text):
        return 0.5
    return -0.5


def _heaviest_run(lines: Sequence[Line], ties: Mapping[int, float]) -> tuple[int, int]:
    """[first, last) of the run of lines with the largest sum of weights (Kadane's algorithm)."""
    best, best_range = 0.0, (0, 0)
    total, start = 0.0, 0
    has_many = len(ties) > _WINDOW_LINES
    for index, line in enumerate(lines):
        if total <= 0:
            total, start = 0.0, index
        total += _weight(line, ties.get(index, 0.0) if has_many else 1.0)
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
    gap = furniture = titles = 0
    heading: LineType | None = None
    for index, line in enumerate(lines):
        if line.type is LineType.STORIES:
            heading = line.type
        if not line.is_running_text:
            gap += line.type is not LineType.CAPTION and not (line.type is LineType.BULLET and line.has_figures)
            is_furniture = line.type in BOILERPLATE_TYPES or line.type is LineType.PROMPT
            furniture += is_furniture and not line.is_repeated
            titles += line.type in (LineType.TITLE, LineType.SHORT, LineType.RELATED, LineType.STORIES)
            continue
        if segments and gap < _MIN_GAP_LINES and heading is None:
            segments[-1].last = index + 1
            segments[-1].words.append(words[index])
            segments[-1].num_pairs += not gap
        else:
            has_furniture = furniture > 0 or gap > _MAX_STORY_HEAD_LINES
            segment = _Segment(index, index + 1, [words[index]], heading, has_furniture, is_near=not furniture)
            segment.is_interrupted = furniture > titles and titles <= _MAX_PROMPT_TITLES
            segments.append(segment)
        gap = furniture = titles = 0
        heading = None
    return segments


def _title_words(lines: Sequence[Line]) -> list[frozenset[str]]:
    """Words of the lines before the body that may be its headline and standfirst."""
    return [
        content_words(line.text)
        for line in lines[-_HEAD_LINES:]
        if line.type in (LineType.TITLE, LineType.BULLET, LineType.SENTENCE) and line.columns >= _MIN_ITEM_COLUMNS
    ]


def _correct(region: Region, segments: list[_Segment], titles: list[frozenset[str]]) -> None:
    """Take segments out of the region, or into it, by the words they share with its largest segment and its titles."""
    inside = [segment for segment in segments if segment.first < region.last and region.first < segment.last]
    if not inside:
        return
    core = max(inside, key=_weigh_core)
    core.is_own = True
    known = count_words(core.words)
    typical = max(_MIN_TYPICAL_SHARE, _share(core, known, own=1))
    for segment in inside:
        if not segment.is_own and not _is_foreign(segment, known, typical):
            segment.is_own = True
            known.update(count_words(segment.words))
    place = segments.index(core)
    known.update(count_words(titles))
    _reach(segments[place:], known, typical)
    _reach(segments[place::-1], known, typical)
    own = [segment for segment in segments if segment.is_own]
    region.first, region.last = own[0].first, own[-1].last
    region.foreign = {
        index for segment in segments if not segment.is_own for index in range(segment.first, segment.last)
    }


def _weigh_core(segment: _Segment) -> float:
    """How many words a segment has, above all those that come back within it."""
    cohesion = _share(segment, count_words(segment.words), own=1)
    return segment.num_words * (cohesion + 0.1) * (_TEASER_WEIGHT if segment.is_teaser else 1.0)


def _reach(segments: Sequence[_Segment], known: Mapping[str, int], typical: float) -> None:
    """Mark the segments beyond the first guess that are text of this article, from its core outwards."""
    before = segments[0]
    for segment in segments[1:]:
        if max(segment.first - before.last, before.first - segment.last) > _MAX_GAP_LINES:
            return
        later = segment if segment.first > before.first else before
        least_words, least_share, part = _MIN_FAR_WORDS, _MIN_OWN_SHARE, _OWN_SHARE
        if later.is_near:
            least_words, least_share, part = _MIN_NEAR_WORDS, _MIN_NEAR_SHARE, _OWN_SHARE / 2
        elif later.is_interrupted and later.heading is None:
            least_words, least_share, part = _MIN_NEAR_WORDS, _MIN_INTERRUPTED_SHARE, _FOREIGN_SHARE
        if not segment.is_own and segment.num_words >= least_words:
            segment.is_own = _share(segment, known) >= max(least_share, part * typical)
        if segment.is_own:
            before = segment


def _is_foreign(segment: _Segment, known: Mapping[str, int], typical: float) -> bool:
    """Whether a segment is text of something else: many words, hardly one of them known.

    `typical` is the share of its words that a paragraph of this article has in common with the rest.
    """
    if segment.num_words < _MIN_WORDS_FOR_EVIDENCE:
        return segment.is_teaser
    if not segment.has_furniture and segment.heading is None:
        return False
    return _share(segment, known) < (_TEASER_SHARE if segment.is_teaser else _FOREIGN_SHARE) * typical


def _share(segment: _Segment, known: Mapping[str, int], *, own: int = 0) -> float:
    return sum(share_known(words, known, own=own) * len(words) for words in segment.words) / max(1, segment.num_words)
