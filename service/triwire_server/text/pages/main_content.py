"""Which blocks of an HTML page are main content, by trafilatura (Apache-2.0)."""

import logging

from triwire_server.text.characters import squeeze, width
from triwire_server.text.language import base_language

_MIN_FOUND_COLUMNS = 16
_SEARCH_CHARACTERS = 20_000


def find_main_content(page: str, texts: list[str], language: str) -> list[bool]:
    """For each block, whether trafilatura takes its text for the main content.

    Args:
        page: the page.
        texts: the words of all its blocks, in order.
        language: BCP-47 tag of the text, "" if it is not known.
    """
    from trafilatura import extract

    # It warns of every fragment that it finds no article in, which is no news here.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # Loading lxml trees is the only thing done here: no network, no clock. Japanese pages are full of short links, of
    # which the default takes too many.
    found = (
        extract(
            page,
            include_comments=False,
            include_tables=True,
            deduplicate=False,
            favor_precision=base_language(language) == "ja",
        )
        or ""
    )
    everything = squeeze(found)
    if not everything:
        # A fragment, or a page it cannot read: everything may be article, and the elements decide.
        return [bool(text) for text in texts]
    lines = {squeeze(cell) for line in found.split("\n") for cell in (line, *line.split("|"))}
    is_main: list[bool] = []
    position = 0
    for key in map(squeeze, texts):
        place = -1
        if width(key) >= _MIN_FOUND_COLUMNS:
            # In the order of the page, and near the one before: a long page is not searched for every block.
            place = everything.find(key, position, position + _SEARCH_CHARACTERS + len(key))
            if place < 0:
                place = everything.find(key, 0, _SEARCH_CHARACTERS)
        position = max(position, place)
        is_main.append(bool(key) and (place >= 0 or key in lines))
    return is_main
