"""HTML as blocks of text with their places, and back again with other words.

Positions come from the tokens of the page; nothing of the page is rebuilt from a tree, so whatever is not a
replaced word stays as it was, character for character.
"""

import html as html_entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from triwire.v1.article_pb2 import Article, Block
from triwire_server.text.html_runs import INLINE_ELEMENTS, Around, Run, read_runs
from triwire_server.text.html_tokens import ATTRIBUTES, TAG, Token, is_untranslated
from triwire_server.text.normalize import normalize

_BREAK = re.compile(rf"<br\b{ATTRIBUTES}>", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\f\r]+")
_PLACEHOLDER_ATTRIBUTE = "data-element"
_STAND_IN = re.compile(rf'<span {_PLACEHOLDER_ATTRIBUTE}="(\d{{1,9}})">')
_SPAN_TAG = re.compile(rf"<(/?)span\b{ATTRIBUTES}>")


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """A run of text of a page that one block-level element holds."""

    body: str
    is_inline_html: bool
    start: int
    end: int
    """[start, end) in the page: what a translation of the body replaces."""

    path: tuple[str, ...]
    """Names of the enclosing elements, outermost first."""

    marks: str
    """class, id, role, rel and itemprop values of the enclosing elements, lower-cased, joined by spaces."""

    link_share: float
    """Share of its characters inside links, 0 to 1."""

    skipped: tuple[tuple[int, int], ...] = ()
    """Ranges inside that are not in the body: comments and scripts between words."""

    stand_ins: tuple[tuple[int, int, int], ...] = ()
    """For each stand-in span: its number and the token [start, end) it stands for; negative numbers are end tags."""

    is_verbatim: bool = False
    """Whether an enclosing block-level element asks to be copied: translate="no" or class="notranslate"."""


def escape(text: str) -> str:
    """Plain text as inline HTML: "&", "<" and ">" as entities; quotation marks stay."""
    return html_entities.escape(text, quote=False)


def plain_text(block: Block) -> str:
    """Readable text of a block: that of its `inline_html`, or its text as it is."""
    return text_of(block.inline_html) if block.WhichOneof("body") == "inline_html" else block.text


def text_of(inline_html: str) -> str:
    """Readable text of a body: tags dropped, line breaks as line feeds, entities unescaped."""
    return html_entities.unescape(TAG.sub("", _BREAK.sub("\n", inline_html)))


def html_blocks(page: str, *, keep_elements: bool) -> list[HtmlBlock]:
    """All readable text of a page or fragment as blocks, in order of appearance.

    Args:
        page: HTML as it was sent, not normalized. Bodies are normalized (NFC), positions are the page's own.
        keep_elements: whether inline elements that a body may not name are kept as numbered <span> stand-ins, so that
            the page can be put together again. Without, only their text is kept.
    """
    blocks = (_make_block(page, run, around, keep_elements=keep_elements) for run, around in read_runs(page))
    return [block for block in blocks if block is not None]


def _make_block(page: str, run: Run, around: Around, *, keep_elements: bool) -> HtmlBlock | None:
    """The block that a run is, or None if it holds no text."""
    found = _trim(page, run)
    if found is None:
        return None
    first, last, is_link = found
    body = _Body(page, "pre" in around.path, keep_elements)
    for index in range(first, last + 1):
        body.read(index, *run[index])
    start, end = run[first][0].start, run[last][0].end
    # White space at the edges belongs to the page, not to the block.
    if run[first][0].kind == "text":
        lead = page[start : run[first][0].end]
        start += len(lead) - len(lead.lstrip())
    if run[last][0].kind == "text":
        tail = page[run[last][0].start : end]
        end -= len(tail) - len(tail.rstrip())
    written = "".join(body.parts).strip()
    if around.is_verbatim:
        written, body.has_tags = f'<span translate="no">{written}</span>', True
    return HtmlBlock(
        body=written if body.has_tags else html_entities.unescape(written),
        is_inline_html=body.has_tags,
        start=start,
        end=end,
        path=around.path,
        marks=around.marks,
        is_verbatim=around.is_verbatim,
        link_share=1.0 if is_link else body.letters_in_links / max(1, body.letters),
        skipped=tuple(body.skipped),
        stand_ins=tuple(body.stand_ins),
    )


def _trim(page: str, run: Run) -> tuple[int, int, bool] | None:
    """Indices of the first and the last token of a block: a run without the elements around all of it.

    Returns:
        (first, last, whether one of those elements is a link); None if the run holds no text.
    """
    texts = [0]
    for token, _ in run:
        has_text = token.kind == "text" and html_entities.unescape(page[token.start : token.end]).strip()
        texts.append(texts[-1] + (1 if has_text else 0))
    if not texts[-1]:
        return None
    first, last = 0, len(run) - 1
    is_link = False
    while True:
        token, other = run[first]
        if other == last and other > first:  # an element around everything
            is_link = is_link or token.name == "a"
            if is_untranslated(token.attributes):
                break
            first, last = first + 1, last - 1
        elif not texts[first + 1] - texts[first] and other < 0:
            first += 1
        elif other > first and not texts[other + 1] - texts[first]:
            first = other + 1
        elif not texts[last + 1] - texts[last] and run[last][1] < 0:
            last -= 1
        elif 0 <= run[last][1] < last and not texts[last + 1] - texts[run[last][1]]:
            last = run[last][1] - 1
        else:
            break
    return first, last, is_link


@dataclass(slots=True)
class _Body:
    """The body of a block, written token by token."""

    page: str
    keeps_spaces: bool
    keeps_elements: bool
    parts: list[str] = field(default_factory=list)
    has_tags: bool = False
    skipped: list[tuple[int, int]] = field(default_factory=list)
    stand_ins: list[tuple[int, int, int]] = field(default_factory=list)
    letters: int = 0
    letters_in_links: int = 0
    _link_depth: int = 0
    _numbers: dict[int, int] = field(default_factory=dict)
    """Number of the stand-in by the index of its start tag in the run."""

    def read(self, index: int, token: Token, other: int) -> None:
        """Take in the token at `index` of the run, whose partner is at `other`."""
        source = self.page[token.start : token.end]
        if token.kind == "text":
            text = normalize(html_entities.unescape(source))
            self.parts.append(escape(text if self.keeps_spaces else _SPACES.sub(" ", text)))
            self.letters += len(text)
            self.letters_in_links += len(text) if self._link_depth else 0
        elif token.kind == "skip":
            self.skipped.append((token.start, token.end))
        elif token.name in INLINE_ELEMENTS:
            self._link_depth += (token.name == "a") * (1 if token.kind == "start" else -1)
            self.has_tags = True
            self.parts.append(normalize(source))
        elif self.keeps_elements:
            self.has_tags = True
            self._write_stand_in(index, token, other)

    def _write_stand_in(self, index: int, token: Token, other: int) -> None:
        if token.kind == "end":
            self.parts.append("</span>")
            self.stand_ins.append((-self._numbers[other], token.start, token.end))
            return
        number = self._numbers[index] = len(self._numbers) + 1
        self.parts.append(f'<span {_PLACEHOLDER_ATTRIBUTE}="{number}">' + "</span>" * (token.kind == "void"))
        self.stand_ins.append((number, token.start, token.end))


def replace_text(html: str, article: Article, translated: Sequence[Block]) -> str:
    """The page with the words of the translated blocks in place of its own, and everything else as it was.

    Args:
        html: the page as it was sent, extracted under CLEANING_NONE.
        article: the article that extraction made of it; its blocks are the page's runs of text, in order.
        translated: blocks in the other language, found by block id. Blocks of the article that are missing here keep
            their words.

    Raises:
        ValueError: the article is not the one that extraction makes of this page.
    """
    places = html_blocks(html, keep_elements=True)
    if len(places) != len(article.blocks):
        raise ValueError(f"the page has {len(places)} blocks, the article {len(article.blocks)}")
    by_id = {block.block_id: block for block in translated}
    parts: list[str] = []
    position = 0
    for place, source in zip(places, article.blocks, strict=True):
        target = by_id.get(source.block_id)
        if target is None or place.is_verbatim:
            continue
        parts.append(html[position : place.start])
        is_html = target.WhichOneof("body") == "inline_html"
        parts.append(_put_elements_back(html, place, target.inline_html) if is_html else escape(target.text))
        # Comments and scripts that stood between the words follow them.
        parts.extend(html[start:end] for start, end in place.skipped)
        position = place.end
    parts.append(html[position:])
    return "".join(parts)


def _put_elements_back(page: str, place: HtmlBlock, body: str) -> str:
    """A body with its numbered stand-in spans turned back into the page's own elements."""
    if not place.stand_ins:
        return body
    sources = {number: page[start:end] for number, start, end in place.stand_ins}
    parts: list[str] = []
    open_spans: list[str] = []
    position = 0
    for match in _SPAN_TAG.finditer(body):
        replacement = match.group()
        if match.group(1):
            if open_spans:
                replacement = open_spans.pop()
        else:
            stand_in = _STAND_IN.fullmatch(match.group())
            number = int(stand_in.group(1)) if stand_in else 0
            replacement = sources.get(number, match.group())
            open_spans.append(sources.get(-number, "") if number in sources else "</span>")
        parts.append(body[position : match.start()] + replacement)
        position = match.end()
    return "".join(parts) + body[position:]
