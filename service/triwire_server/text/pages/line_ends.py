"""How a visible line of a page ends: as a sentence does, or as headlines and labels do."""

import re

from triwire_server.text.characters import width

_SENTENCE_END = re.compile(r"[.!?…。！？｡][\"'”’」』》）)\]】]{0,4}$")
_QUOTE_AT_END = re.compile(r"[”」』]$")
_SENTENCE_INSIDE = re.compile(r"[.!?][\"'”’)\]]{0,3}\s|[。！？]")
_MIN_QUOTED_PARAGRAPH_COLUMNS = 100


def has_full_stop(line: str) -> bool:
    """Whether a visible line ends in a full stop or in a mark that asks or cries, closing marks after it or not."""
    return _SENTENCE_END.search(line[-6:]) is not None


def ends_sentence(line: str) -> bool:
    """Whether a visible line ends like a sentence.

    Korean and Japanese headlines often end with a quotation, which has no full stop ("철거… “길을 달라”": "taken down:
    'Give us a road'"); a paragraph that ends so is longer, or has a sentence before it.
    """
    if has_full_stop(line):
        return True
    return _QUOTE_AT_END.search(line[-1:]) is not None and (
        width(line) >= _MIN_QUOTED_PARAGRAPH_COLUMNS or has_sentence_inside(line)
    )


def has_sentence_inside(line: str) -> bool:
    """Whether a sentence ends before the end of a visible line."""
    return _SENTENCE_INSIDE.search(line, 0, max(0, len(line) - 1)) is not None
