"""Labels for the blocks of an HTML page.

trafilatura (Apache-2.0) finds the main content; its answer only decides which blocks are in it. Elements, class names
and the words of a line decide the rest, and nothing is deleted.
"""

import re
from collections import Counter

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text.characters import visible, width
from triwire_server.text.html import HtmlBlock, text_of
from triwire_server.text.pages import credit_lines, lexicon
from triwire_server.text.pages.line_ends import has_full_stop
from triwire_server.text.pages.main_content import find_main_content

_FURNITURE = frozenset(["nav", "header", "footer", "aside", "form", "button", "dialog", "menu"])


def _marks(words: str) -> re.Pattern[str]:
    """Pattern of the words of class names and ids that tell what an element is for."""
    return re.compile(rf"(?:^|(?<=[\s_-]))(?:{''.join(words.split())})(?=$|[\s_-])")


_FURNITURE_MARKS = _marks(r"""
    ads?|advert\w{0,12}|sponsor\w{0,6}|promo\w{0,10}|newsletter\w{0,10}|sign-?up|subscri\w{0,8}|share|sharing|social|sns|
    cookies?|consent|gdpr|comments?|navigation|nav|menu|footer|sidebar|breadcrumbs?|toolbar|popup|modal|paywall|tags?|
    topics?|skip|banner|copyright|donat\w{0,4}|support|login|ticker|outbrain|taboola|disqus|widget
""")
_RELATED_MARKS = _marks(r"""
    related\w{0,12}|recommend\w{0,8}|more-?(?:stories|on|from|news)|read-?(?:more|next|also)|
    most-?(?:read|viewed|popular|shared)|most|popular|ranking|trending|teasers?|rich-?link|
    you-?may-?(?:also-?)?like|also-?like|kanren|pickup|press
""")
_BYLINE_MARKS = _marks(r"byline\w{0,8}|authors?|writers?|reporters?|contributors?|kisha")
_BIOGRAPHY_MARKS = _marks(r"tagline|bio|author-?bio|biography|about-?the-?author|author-?info|profile")
_STANDFIRST_MARKS = _marks(r"""
    standfirst|sub|subtitle|sub-?title|\w{0,20}_subtitle|sub-?head\w{0,6}|deck|dek|summary|lead-?text|article-?summary|intro
""")
_SECTION_MARKS = _marks(r"section(?:name|label)?|kicker|eyebrow|category|topic|label|labels|genre")
_META_MARKS = _marks(r"meta|submeta|\w{1,12}-meta|dateline|timestamp|dates?|datetime|published|pubdate")
_CREDIT_MARKS = _marks(r"credit\w{0,6}|copyright|source|photographer")
_CAPTION_MARKS = _marks(r"caption\w{0,6}|photo-?text|img-?desc\w{0,8}")
_ALL_MARKS = (
    _FURNITURE_MARKS,
    _RELATED_MARKS,
    _BYLINE_MARKS,
    _BIOGRAPHY_MARKS,
    _STANDFIRST_MARKS,
    _META_MARKS,
    _CAPTION_MARKS,
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_MARKED_SUBHEADING = re.compile(r"[◆◇■□●▲△] ?\S")
_CELLS = frozenset(["td", "th"])
_COMMON_SHARE = 0.4
_MANY_LINKS = 0.6
_MIN_TEXT_COLUMNS = 40
_MIN_STORY_COLUMNS = 20
_MIN_LINK_COLUMNS = 12
_MIN_PROMPT_COLUMNS = 60
_MAX_BIOGRAPHY_COLUMNS = 400
_MAX_META_COLUMNS = 60


def readable(block: HtmlBlock) -> str:
    """The words of a block as a reader sees them."""
    return visible(text_of(block.body) if block.is_inline_html else block.body)


def plain_kinds(blocks: list[HtmlBlock]) -> list["BlockKind.ValueType"]:
    """Kinds of the blocks of HTML that is all article: elements alone decide."""
    kinds: list[BlockKind.ValueType] = []
    for block in blocks:
        kind = _kind_of_element(block)
        if kind == BlockKind.BLOCK_KIND_HEADLINE and kind in kinds:
            kind = BlockKind.BLOCK_KIND_SUBHEADING
        kinds.append(kind)
    return kinds


def page_kinds(page: str, blocks: list[HtmlBlock], language: str = "") -> list["BlockKind.ValueType"]:
    """Kinds of the blocks of a published page.

    Args:
        page: the page that the blocks are from.
        blocks: all its blocks, in order.
        language: BCP-47 tag of most of the text, "" if it is not known.
    """
    return _Page(page, blocks, language).kinds()


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


class _Page:
    """Kinds of the blocks of one page."""

    def __init__(self, page: str, blocks: list[HtmlBlock], language: str) -> None:
        self.blocks = blocks
        self.texts = [readable(block) for block in blocks]
        self.is_main = find_main_content(page, self.texts, language)
        self.ignored = self._marks_of_main_content()
        self.headline = self._find_headline()
        body = [i for i in range(len(blocks)) if self.is_main[i] and i != self.headline and self._is_running_text(i)]
        # A fragment or a short notice: where no block is long enough to be running text, every block that is no
        # furniture is the article, unless words or marks say otherwise.
        if not body:
            body = [i for i in range(len(blocks)) if i != self.headline and not self._is_furniture(i)]
            self.is_main = [bool(text) for text in self.texts]
        self.first = next((i for i in body if self.headline is None or i > self.headline), len(blocks))
        self.last = body[-1] + 1 if body else 0
        while 0 < self.last < len(blocks) and self._continues_list(self.last):
            self.is_main[self.last] = True
            self.last += 1
        self._add_siblings(body)
        self.common = self._common_sign(body)
        self.teasers = self._find_teasers()
        self.last = min(self.last, min(self.teasers, default=self.last)) if self._ends_with_teasers() else self.last
        # Short closing sentences ("Nobody was hurt.") belong to the body as long as they follow each other.
        while self.last < len(blocks) and self.last != self.headline and self._is_closing_sentence(self.last):
            self.last += 1

    def kinds(self) -> list["BlockKind.ValueType"]:
        """The kind of every block, in order."""
        return [
            BlockKind.BLOCK_KIND_HEADLINE if index == self.headline else self._kind(index)
            for index in range(len(self.blocks))
        ]

    def _marks_of_main_content(self) -> frozenset[str]:
        """Marks and element names around most of the main content: they say nothing ("has-sidebar" on <body>)."""
        total = 0
        columns: Counter[str] = Counter()
        for index, block in enumerate(self.blocks):
            if self.is_main[index] and width(self.texts[index]) >= _MIN_TEXT_COLUMNS and block.link_share < _MANY_LINKS:
                size = width(self.texts[index])
                total += size
                for mark in {*_found_marks(block.marks), *block.path}:
                    columns[mark] += size
        return frozenset(mark for mark, size in columns.items() if size > _COMMON_SHARE * total)

    def _has_mark(self, index: int, pattern: re.Pattern[str]) -> bool:
        return any(match.group() not in self.ignored for match in pattern.finditer(self.blocks[index].marks))

    def _is_in(self, index: int, names: frozenset[str]) -> bool:
        return any(name in names and name not in self.ignored for name in self.blocks[index].path)

    def _is_furniture(self, index: int) -> bool:
        """Whether a block is part of the page around the article, by its elements and their marks."""
        return (
            self._is_in(index, _FURNITURE | {"head", "title"})
            or self._has_mark(index, _FURNITURE_MARKS)
            or self._has_mark(index, _RELATED_MARKS)
        )

    def _is_closing_sentence(self, index: int) -> bool:
        text = self.texts[index]
        return (
            self.is_main[index]
            and has_full_stop(text)
            and self.blocks[index].link_share < _MANY_LINKS
            and not self._is_furniture(index)
            and not lexicon.is_boilerplate(text)
        )

    def _is_running_text(self, index: int) -> bool:
        return (
            width(self.texts[index]) >= _MIN_TEXT_COLUMNS
            and self.blocks[index].link_share < _MANY_LINKS
            and not self._is_in(index, _FURNITURE | _HEADINGS | {"figcaption"})
        )

    def _sign(self, index: int) -> tuple[tuple[str, ...], str]:
        """The elements and marks around a block: blocks of the same list or text have the same."""
        return self.blocks[index].path, self.blocks[index].marks

    def _common_sign(self, body: list[int]) -> tuple[tuple[str, ...], str] | None:
        """The elements and marks around most of the running text above any list of stories, None if there is little."""
        heading = next(
            (i for i in range(self.first, self.last) if lexicon.is_stories_heading(self.texts[i])), self.last
        )
        body = [index for index in body if index < heading]
        columns: Counter[tuple[tuple[str, ...], str]] = Counter()
        for index in body:
            columns[self._sign(index)] += width(self.texts[index])
        sign, most = columns.most_common(1)[0] if columns else (None, 0)
        return sign if 2 * most > columns.total() and sum(self._sign(i) == sign for i in body) > 1 else None

    def _find_teasers(self) -> frozenset[int]:
        """Blocks under a heading over stories, up to the next block that stands where the running text does."""
        teasers: set[int] = set()
        is_under = False
        for index in range(self.first, len(self.blocks)):
            if self._sign(index) == self.common:
                is_under = False
            elif self.common is not None and lexicon.is_stories_heading(self.texts[index]):
                is_under = True
            elif is_under:
                teasers.add(index)
        return frozenset(teasers)

    def _ends_with_teasers(self) -> bool:
        """Whether no running text follows the teasers."""
        after = range(min(self.teasers, default=self.last), self.last)
        return all(self._sign(index) != self.common for index in after)

    def _continues_list(self, index: int) -> bool:
        """Whether a block is an item of the list that the one before it is of."""
        block = self.blocks[index]
        return (
            "li" in block.path
            and self._sign(index) == self._sign(index - 1)
            and block.link_share < _MANY_LINKS
            and not self._is_furniture(index)
        )

    def _add_siblings(self, body: list[int]) -> None:
        """Take in the blocks between main ones that stand in the same elements with the same marks.

        The main content may lack single paragraphs and list items, which look like their neighbours.
        """
        signs = Counter(map(self._sign, body))
        for step in (1, -1):
            places = range(self.first, self.last)[::step]
            for index in places:
                if self.is_main[index] or self.blocks[index].link_share >= _MANY_LINKS or self._is_furniture(index):
                    continue
                beside = index - step
                is_beside = 0 <= beside < len(self.blocks) and self.is_main[beside]
                is_same = is_beside and self._sign(index) == self._sign(beside)
                self.is_main[index] = is_same or signs[self._sign(index)] > 1

    def _find_headline(self) -> int | None:
        blocks, texts = self.blocks, self.texts
        titles = [index for index, block in enumerate(blocks) if "h1" in block.path and "footer" not in block.path]
        if titles:
            # A site's name may be an <h1> too; the longer one is the story's.
            return max(titles, key=lambda index: (self.is_main[index], width(texts[index]), -index))
        page_title = next((texts[index] for index, block in enumerate(blocks) if "title" in block.path), "")
        for index, block in enumerate(blocks):
            if any(name in _HEADINGS for name in block.path) and texts[index] and texts[index] in page_title:
                return index
        for index, block in enumerate(blocks):
            if self.is_main[index] and self._is_running_text(index):
                break
            if any(name in _HEADINGS for name in block.path) and texts[index] and not self._is_furniture(index):
                return index
        return None

    def _kind(self, index: int) -> "BlockKind.ValueType":
        block, text = self.blocks[index], self.texts[index]
        path = block.path
        if "head" in path or "title" in path:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        columns = width(text)
        by_words = self._kind_by_words(index, text, columns)
        if by_words is not None:
            return by_words
        if index in self.teasers and "li" not in path and not self._is_furniture(index):
            is_story = columns > _MIN_LINK_COLUMNS
            return BlockKind.BLOCK_KIND_RELATED_LINK if is_story else BlockKind.BLOCK_KIND_BOILERPLATE
        if "figcaption" not in path and (
            self._has_mark(index, _RELATED_MARKS) or lexicon.RELATED_START.fullmatch(text[:300])
        ):
            is_story = columns >= _MIN_STORY_COLUMNS or (
                block.link_share >= _MANY_LINKS and columns > _MIN_LINK_COLUMNS
            )
            return BlockKind.BLOCK_KIND_RELATED_LINK if is_story else BlockKind.BLOCK_KIND_BOILERPLATE
        if "figcaption" in path or "figure" in path or self._has_mark(index, _CAPTION_MARKS):
            return BlockKind.BLOCK_KIND_CAPTION
        if self._is_in(index, _FURNITURE - {"header", "aside"}) or self._has_mark(index, _FURNITURE_MARKS):
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if self.headline is not None and index < self.headline:
            return self._kind_above(index, text, columns)
        return self._kind_below(index, text, columns)

    def _kind_by_words(self, index: int, text: str, columns: int) -> "BlockKind.ValueType | None":
        """The kind that the words of a line and the marks of who wrote it tell, if they do."""
        if self._has_mark(index, _BIOGRAPHY_MARKS) and columns < _MAX_BIOGRAPHY_COLUMNS:
            return BlockKind.BLOCK_KIND_BYLINE
        if not lexicon.is_short(text, columns) or (self.is_main[index] and self._is_in(index, _CELLS)):
            return None
        if lexicon.is_prompt(text) and self.common is not None and self._sign(index) != self.common:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        is_sure = columns < _MIN_PROMPT_COLUMNS or not has_full_stop(text) or not self.is_main[index]
        if lexicon.is_boilerplate(text) and is_sure:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        is_marked = self._has_mark(index, _BYLINE_MARKS) or "address" in self.blocks[index].path
        if credit_lines.is_byline(text) or (is_marked and "figure" not in self.blocks[index].path and columns < 100):
            return BlockKind.BLOCK_KIND_BYLINE
        if credit_lines.is_date_line(text):
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if self._has_mark(index, _META_MARKS) and columns < _MAX_META_COLUMNS:
            name = credit_lines.is_person(" ".join(text.split()[:2]))
            return BlockKind.BLOCK_KIND_BYLINE if name else BlockKind.BLOCK_KIND_BOILERPLATE
        return None

    def _kind_above(self, index: int, text: str, columns: int) -> "BlockKind.ValueType":
        """The kind of a block above the headline."""
        is_known = text.lower() in lexicon.SECTION_NAMES
        is_label = self._has_mark(index, _SECTION_MARKS) or index + 1 == self.headline
        is_label = is_label or (is_known and "li" not in self.blocks[index].path)
        if is_label and columns <= 30 and "nav" not in self.blocks[index].path:
            return BlockKind.BLOCK_KIND_SECTION
        is_text = self.is_main[index] and columns >= 80
        return BlockKind.BLOCK_KIND_PARAGRAPH if is_text else BlockKind.BLOCK_KIND_BOILERPLATE

    def _kind_below(self, index: int, text: str, columns: int) -> "BlockKind.ValueType":
        """The kind of a block below the headline, or of a page without one."""
        block, path = self.blocks[index], self.blocks[index].path
        is_heading = any(name in _HEADINGS for name in path)
        if self._has_mark(index, _STANDFIRST_MARKS) and index <= self.first:
            return BlockKind.BLOCK_KIND_STANDFIRST
        before_body = self.headline is not None and index < self.first
        if before_body and ("li" in path or is_heading) and columns >= _MIN_STORY_COLUMNS:
            return BlockKind.BLOCK_KIND_STANDFIRST
        is_link = block.link_share >= 0.8 and columns >= 30
        if is_link and (index >= self.last or not has_full_stop(text)):
            return BlockKind.BLOCK_KIND_RELATED_LINK
        is_text = self.is_main[index] and columns >= _MIN_TEXT_COLUMNS
        if index >= self.last:
            return BlockKind.BLOCK_KIND_PARAGRAPH if is_text else BlockKind.BLOCK_KIND_BOILERPLATE
        kind = _kind_of_element(block)
        if kind == BlockKind.BLOCK_KIND_QUOTE:
            return kind
        if self._is_in(index, frozenset({"aside"})) and not self.is_main[index]:
            return BlockKind.BLOCK_KIND_BOILERPLATE
        if kind == BlockKind.BLOCK_KIND_HEADLINE:
            return BlockKind.BLOCK_KIND_SUBHEADING
        if kind == BlockKind.BLOCK_KIND_SUBHEADING:
            return kind
        if kind == BlockKind.BLOCK_KIND_PARAGRAPH and _MARKED_SUBHEADING.match(text) and not has_full_stop(text):
            return BlockKind.BLOCK_KIND_SUBHEADING if columns <= 50 else kind
        return kind if self.is_main[index] else BlockKind.BLOCK_KIND_BOILERPLATE


def _found_marks(marks: str) -> set[str]:
    """Words of class names and ids that tell something, as they are written there."""
    return {match.group() for pattern in _ALL_MARKS for match in pattern.finditer(marks)}


def is_credit(block: HtmlBlock, text: str) -> bool:
    """Whether a block is the credit of an image, in an element of its own."""
    return bool(_CREDIT_MARKS.search(block.marks)) and width(text) < 60 and "figure" in block.path
