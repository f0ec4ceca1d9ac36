"""What stands above the body of a flattened page: its headline, its standfirst, the name of its section."""

from collections.abc import Mapping

from triwire_server.text.pages import credit_lines, lexicon
from triwire_server.text.pages.evidence import content_words, share_known
from triwire_server.text.pages.flat_lines import BOILERPLATE_TYPES, Line, LineType

MAX_LABEL_COLUMNS = 30
"""Width of a line that may be the name of a section or of a person."""

MIN_HEADLINE_COLUMNS = 24
"""Width of a line that may be a headline."""

_MAX_STANDFIRST_COLUMNS = 320
_SURE_HEADLINE_SHARE = 0.5
_STRANGE_HEADLINE_SHARE = 0.3
_HEADLINE_SHARE = 0.3
_ADJACENT_HEADLINE_SHARE = 0.2
_MAX_SHARE_BUTTONS = 8


def find_headline(lines: list[Line], first: int, known: Mapping[str, int]) -> int | None:
    """The headline: the first of the title-like lines that stand together before the body and tell the same story.

    The line nearest to the body may be a standfirst, and lines above the headline may be prompts or other stories;
    only a line whose words come back in the body tells the same story.
    """
    nearest = {line.text: index for index, line in enumerate(lines[:first])}
    candidates = [
        index
        for index in range(first)
        if lines[index].type in (LineType.TITLE, LineType.SENTENCE)
        # A repeated short line is a label; a repeated headline counts where it stands nearest to the body.
        and (lines[index].columns > MAX_LABEL_COLUMNS or not lines[index].is_repeated)
        and nearest[lines[index].text] == index
    ]
    if not candidates:
        return None
    titles = [index for index in candidates if lines[index].type is LineType.TITLE] or candidates
    telling = [index for index in titles if _share(lines[index], known) > 0 and not _is_name_line(lines, index, first)]
    titles = telling or titles
    headline = titles[-1]
    breaks = (LineType.PARAGRAPH, LineType.RELATED, LineType.CAPTION)
    for above in reversed(titles[:-1]):
        between = lines[above + 1 : headline]
        furniture = sum(line.type in BOILERPLATE_TYPES for line in between)
        if any(line.type in breaks for line in between) or furniture > _MAX_SHARE_BUTTONS:
            break
        text = lines[above].text
        if lines[above].columns < MIN_HEADLINE_COLUMNS or lines[headline].text in text:
            continue  # a label; or the title of the web page, which holds the headline and the name of the site
        if _share(lines[above], known) >= (_HEADLINE_SHARE if between else _ADJACENT_HEADLINE_SHARE):
            headline = above
    return _better_headline(lines, titles, headline, known)


def _better_headline(lines: list[Line], titles: list[int], headline: int, known: Mapping[str, int]) -> int:
    """A title beyond captions and appeals, if it tells the story of the body and the nearest one does not."""
    if _share(lines[headline], known) > _STRANGE_HEADLINE_SHARE:
        return headline
    better = [
        index
        for index in titles
        if index < headline
        and lines[index].columns >= MIN_HEADLINE_COLUMNS
        and _share(lines[index], known) >= _SURE_HEADLINE_SHARE
    ]
    return better[0] if better else headline


def _share(line: Line, known: Mapping[str, int]) -> float:
    return share_known(content_words(line.text), known)


def _is_name_line(lines: list[Line], index: int, first: int) -> bool:
    """Whether a line is a person's name above or below a byline or a date."""
    if not credit_lines.is_person(lines[index].text) or lines[index].columns > MAX_LABEL_COLUMNS:
        return False
    return any(lines[i].type in (LineType.BYLINE, LineType.DATE) for i in (index - 1, index + 1) if 0 <= i < first)


def move_standfirst(lines: list[Line], headline: int | None, first: int) -> int:
    """The start of the body, past a standfirst of full sentences: one paragraph between headline and byline or date."""
    if headline is None:
        return first
    for index in range(headline + 1, first):
        if lines[index].type is LineType.PARAGRAPH and lines[index].text[-1:] in ":：":
            return index  # a summary in points: body, not standfirst
    for index in range(first, min(first + 3, len(lines))):
        if lines[index].type in (LineType.BYLINE, LineType.DATE):
            return index if 0 < index - first <= 2 else first
        if lines[index].type is not LineType.PARAGRAPH or lines[index].columns > _MAX_STANDFIRST_COLUMNS:
            return first
    return first


def section_labels(lines: list[Line], headline: int) -> set[int]:
    """Lines that name a section: what is repeated above the headline, a known name, or the one short line there."""
    candidates = [
        index
        for index, line in enumerate(lines[:headline])
        if line.type in (LineType.SHORT, LineType.TITLE)
        and line.columns <= MAX_LABEL_COLUMNS
        and not any(character.isdigit() for character in line.text)
    ]
    known = [index for index in candidates if lines[index].text.lower() in lexicon.SECTION_NAMES]
    # A navigation bar names every section; a label names one or a path of two or three, nearest to the headline.
    path = known[-1:]
    while path and path[0] - 1 in known:
        path.insert(0, path[0] - 1)
    repeated = {lines[index].text for index in candidates if lines[index].is_repeated}
    if repeated:
        return {index for index, line in enumerate(lines) if line.text in repeated}
    if known:
        return set(path) if len(path) <= 2 else set()
    short = [index for index in candidates if len(lines[index].text.split()) <= 3 and lines[index].columns <= 24]
    is_near = bool(short) and headline - short[-1] <= 2
    return {short[-1]} if is_near and len(short) <= 3 else set()
