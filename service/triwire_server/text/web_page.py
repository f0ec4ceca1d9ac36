"""Labels for the blocks of an HTML page.

trafilatura (Apache-2.0) finds the main content; its answer only decides which blocks are in it. Elements, class names
and the words of a line decide the rest, and nothing is deleted.
"""

import html as html_entities
import logging
import re

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text import lexicon
from triwire_server.text.characters import visible, width
from triwire_server.text.html import HtmlBlock

_FURNITURE = frozenset(["nav", "header", "footer", "aside", "form", "button", "dialog", "menu"])
_FURNITURE_MARKS = re.compile(
    r"(?:^|[\s_-])(?:ad|ads|advert\w*|sponsor\w*|promo\w*|newsletter\w*|signup|subscribe\w*|share|sharing|social|cookie\w*|"
    r"consent|comments?|navigation|nav|menu|footer|sidebar|breadcrumbs?|toolbar|popup|modal|paywall|tags?)(?:$|[\s_-])"
)
_RELATED_MARKS = re.compile(
    r"(?:^|[\s_-])(?:related\w*|recommend\w*|more-?(?:stories|on|from)|read-?(?:more|next|also)|most-?read|trending|teasers?|"
    r"kanren|pickup)(?:$|[\s_-])"
)
_BYLINE_MARKS = re.compile(r"(?:^|[\s_-])(?:byline\w*|authors?|writers?|reporters?|contributors?|kisha)(?:$|[\s_-])")
_STANDFIRST_MARKS = re.compile(
    r"(?:^|[\s_-])(?:standfirst|subtitle|sub-?title|sub-?head\w*|deck|dek|summary|lead-?text|article-?summary|intro)(?:$|[\s_-])"
)
_SECTION_MARKS = re.compile(r"(?:^|[\s_-])(?:section|kicker|eyebrow|category|topic|label|genre)(?:$|[\s_-]|name|label)")
_CREDIT_MARKS = re.compile(r"(?:^|[\s_-])(?:credit\w*|copyright|source|photographer)(?:$|[\s_-])")
_CAPTION_MARKS = re.compile(r"(?:^|[\s_-])(?:caption\w*|photo-?text|img-?desc\w*)(?:$|[\s_-])")
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])


def readable(block: HtmlBlock) -> str:
    """The words of a block as a reader sees them."""
    if not block.is_inline_html:
        return visible(block.body)
    return visible(html_entities.unescape(re.sub(r"<[^<>]*>", " " if "<br" in block.body else "", block.body)))


def plain_kinds(blocks: list[HtmlBlock]) -> list["BlockKind.ValueType"]:
    """Kinds of the blocks of HTML that is all article: elements alone decide."""
    kinds: list[BlockKind.ValueType] = []
    for block in blocks:
        kind = _kind_of_element(block)
        if kind == BlockKind.BLOCK_KIND_HEADLINE and kind in kinds:
            kind = BlockKind.BLOCK_KIND_SUBHEADING
        kinds.append(kind)
    return kinds


def page_kinds(page: str, blocks: list[HtmlBlock]) -> list["BlockKind.ValueType"]:
    """Kinds of the blocks of a published page.

    Args:
        page: the page that the blocks are from.
        blocks: all its blocks, in order.
    """
    texts = [readable(block) for block in blocks]
    is_main = _main_content(page, texts)
    headline = _find_headline(blocks, texts, is_main)
    body = [
        index
        for index, block in enumerate(blocks)
        if is_main[index] and index != headline and _is_running_text(block, texts[index])
    ]
    # A fragment or a short notice: where no block is long enough to be running text, every block that is no furniture
    # is the article, unless words or marks say otherwise.
    if not body:
        body = [index for index, block in enumerate(blocks) if index != headline and not _is_furniture(block)]
        is_main = [bool(text) for text in texts]
    first = next((index for index in body if headline is None or index > headline), len(blocks))
    last = body[-1] + 1 if body else 0
    # Short closing sentences ("Nobody was hurt.") belong to the body as long as they follow each other.
    while last < len(blocks) and last != headline and _is_closing_sentence(blocks[last], texts[last], is_main[last]):
        last += 1
    labels: list[BlockKind.ValueType] = []
    for index, block in enumerate(blocks):
        if index == headline:
            labels.append(BlockKind.BLOCK_KIND_HEADLINE)
            continue
        labels.append(_page_kind(index, block, texts[index], is_main[index], headline, first, last))
    return labels


def _kind_of_element(block: HtmlBlock) -> "BlockKind.ValueType":
    path = block.path
    if "h1" in path:
        return BlockKind.BLOCK_KIND_HEADLINE
    if any(name in _HEADINGS for name in path):
        return BlockKind.BLOCK_KIND_SUBHEADING
    if "figcaption" in path:
        return BlockKind.BLOCK_KIND_CAPTION
    if "blockquote" in path:
        return BlockKind.BLOCK_KIND_QUOTE
    if "li" in path:
        return BlockKind.BLOCK_KIND_LIST_ITEM
    return BlockKind.BLOCK_KIND_PARAGRAPH


def _main_content(page: str, texts: list[str]) -> list[bool]:
    """For each block, whether trafilatura takes its text for the main content."""
    from trafilatura import extract

    # It warns of every fragment that it finds no article in, which is no news here.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # Loading lxml trees is the only thing done here: no network, no clock.
    found = extract(page, include_comments=False, include_tables=True, deduplicate=False) or ""
    squeezed = re.sub(r"\W+", "", found)
    if not squeezed:
        # A fragment, or a page it cannot read: everything may be article, and the elements decide.
        return [bool(text) for text in texts]
    return [bool(text) and len(key := re.sub(r"\W+", "", text)) > 0 and key in squeezed for text in texts]


def _is_furniture(block: HtmlBlock) -> bool:
    """Whether a block is part of the page around the article, by its elements and their marks."""
    return (
        any(name in _FURNITURE or name in ("head", "title") for name in block.path)
        or _FURNITURE_MARKS.search(block.marks) is not None
        or _RELATED_MARKS.search(block.marks) is not None
    )


def _is_closing_sentence(block: HtmlBlock, text: str, is_main: bool) -> bool:
    return (
        is_main
        and is_sentence(text)
        and block.link_share < 0.6
        and not _is_furniture(block)
        and not lexicon.is_boilerplate(text)
    )


def _is_running_text(block: HtmlBlock, text: str) -> bool:
    return (
        width(text) >= 40
        and block.link_share < 0.6
        and not any(name in _FURNITURE or name in _HEADINGS or name == "figcaption" for name in block.path)
    )


def _find_headline(blocks: list[HtmlBlock], texts: list[str], is_main: list[bool]) -> int | None:
    titles = [index for index, block in enumerate(blocks) if "h1" in block.path and "footer" not in block.path]
    if titles:
        # A site's name may be an <h1> too; the longer one is the story's.
        return max(titles, key=lambda index: (is_main[index], width(texts[index]), -index))
    page_title = next((texts[index] for index, block in enumerate(blocks) if "title" in block.path), "")
    for index, block in enumerate(blocks):
        if any(name in _HEADINGS for name in block.path) and texts[index] and texts[index] in page_title:
            return index
    for index, block in enumerate(blocks):
        if is_main[index] and _is_running_text(block, texts[index]):
            break
        if any(name in _HEADINGS for name in block.path) and texts[index] and not _is_furniture(block):
            return index
    return None


def _page_kind(
    index: int, block: HtmlBlock, text: str, is_main: bool, headline: int | None, first: int, last: int
) -> "BlockKind.ValueType":
    path, marks = block.path, block.marks
    if "head" in path or "title" in path:
        return BlockKind.BLOCK_KIND_BOILERPLATE
    if width(text) < 150:
        if lexicon.is_boilerplate(text):
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if lexicon.is_byline(text) or (_BYLINE_MARKS.search(marks) and "figure" not in path and width(text) < 100):
            return BlockKind.BLOCK_KIND_BYLINE
        if lexicon.is_date_line(text):
            return BlockKind.BLOCK_KIND_BOILERPLATE
    if "figcaption" in path or "figure" in path or _CAPTION_MARKS.search(marks):
        return BlockKind.BLOCK_KIND_CAPTION
    before_body = headline is not None and headline < index < first
    is_furniture = any(name in _FURNITURE - {"header", "aside"} for name in path) or _FURNITURE_MARKS.search(marks)
    if _RELATED_MARKS.search(marks) or lexicon.RELATED_START.fullmatch(text):
        return BlockKind.BLOCK_KIND_RELATED_LINK if width(text) >= 20 else BlockKind.BLOCK_KIND_BOILERPLATE
    if is_furniture:
        return BlockKind.BLOCK_KIND_BOILERPLATE
    if headline is not None and index < headline:
        is_label = _SECTION_MARKS.search(marks) or text.lower() in lexicon.SECTION_NAMES or index == headline - 1
        if is_label and width(text) <= 30 and "nav" not in path:
            return BlockKind.BLOCK_KIND_SECTION
        return BlockKind.BLOCK_KIND_PARAGRAPH if is_main and width(text) >= 80 else BlockKind.BLOCK_KIND_BOILERPLATE
    if _STANDFIRST_MARKS.search(marks) and index <= first:
        return BlockKind.BLOCK_KIND_STANDFIRST
    if before_body and ("li" in path or any(name in _HEADINGS for name in path)) and width(text) >= 20:
        return BlockKind.BLOCK_KIND_STANDFIRST
    if block.link_share >= 0.8 and width(text) >= 30 and not is_sentence(text):
        return BlockKind.BLOCK_KIND_RELATED_LINK
    if index >= last:
        return BlockKind.BLOCK_KIND_PARAGRAPH if is_main and width(text) >= 40 else BlockKind.BLOCK_KIND_BOILERPLATE
    if "aside" in path and not is_main:
        return BlockKind.BLOCK_KIND_BOILERPLATE
    kind = _kind_of_element(block)
    if kind == BlockKind.BLOCK_KIND_HEADLINE:
        kind = BlockKind.BLOCK_KIND_SUBHEADING
    if kind == BlockKind.BLOCK_KIND_PARAGRAPH and not is_main and width(text) < 40 and not is_sentence(text):
        kind = BlockKind.BLOCK_KIND_BOILERPLATE
    return kind


def is_sentence(text: str) -> bool:
    """Whether a visible line ends like a sentence."""
    return re.search(r"[.!?…。！？][\"'”’」』》）)\]】]{0,4}$", text) is not None


def is_credit(block: HtmlBlock, text: str) -> bool:
    """Whether a block is the credit of an image, in an element of its own."""
    return bool(_CREDIT_MARKS.search(block.marks)) and width(text) < 60 and "figure" in block.path
