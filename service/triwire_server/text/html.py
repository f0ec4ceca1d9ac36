"""HTML as blocks of text with their places, and back again with other words.

Positions come from the tokens of the page; nothing of the page is rebuilt from a tree, so whatever is not a
replaced word stays as it was, character for character.
"""

import html as html_entities
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Article, Block
from triwire_server.text.html_tokens import Token, tokenize
from triwire_server.text.normalize import normalize

_WORDS_OF_INLINE_ELEMENTS = """
a abbr b br code em i mark s small span strong sub sup u
"""
INLINE_ELEMENTS = frozenset(_WORDS_OF_INLINE_ELEMENTS.split())
"""Elements that `inline_html` may hold, as the contract lists them."""

# Elements that are not read at all, with everything inside.
_UNREAD = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "select",
        "textarea",
        "canvas",
        "audio",
        "video",
    ]
)
# Inline elements of HTML that a block body may not name: they stand as <span> there.
_WORDS_OF_OTHER_INLINE = """
bdi bdo big cite data del dfn font img input ins kbd label q rp rt ruby samp strike time tt var wbr
"""
_OTHER_INLINE = frozenset(_WORDS_OF_OTHER_INLINE.split())
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_SPACES = re.compile(r"[ \t\n\f\r]+")
_PLACEHOLDER_ATTRIBUTE = "data-element"
_STAND_IN = re.compile(rf'<span {_PLACEHOLDER_ATTRIBUTE}="(\d{{1,9}})">')
_SPAN_TAG = re.compile(r"<(/?)span\b[^<>]*>")
_MAX_STACK_SEARCH = 64
_MAX_DEPTH = 128  # what is deeper counts as content of the last element, as in browsers
_IMPLY_END = frozenset(["p", "li", "dt", "dd", "option", "tr", "td", "th"])
_MARK_ATTRIBUTES = ("class", "id", "role", "rel", "itemprop")


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
    """Readable text of a block: tags dropped, line breaks as line feeds, entities unescaped."""
    if block.WhichOneof("body") != "inline_html":
        return block.text
    without_breaks = re.sub(r"<br\b[^<>]*>", "\n", block.inline_html, flags=re.IGNORECASE)
    return html_entities.unescape(_TAG.sub("", without_breaks))


def is_untranslated(attributes: dict[str, str]) -> bool:
    """Whether an element asks to be copied verbatim: translate="no" or class="notranslate"."""
    return attributes.get("translate", "").lower() == "no" or "notranslate" in attributes.get("class", "").split()


def _drop_unread(tokens: list[Token]) -> list[Token]:
    """The tokens with every unread element, tags and content, turned into one "skip" token."""
    kept: list[Token] = []
    closing, depth, opened = "", 0, 0
    for token in tokens:
        if closing:
            if token.name == closing and token.kind in ("start", "end"):
                depth += 1 if token.kind == "start" else -1
            if not depth:
                kept.append(Token("skip", opened, token.end, closing))
                closing = ""
        elif token.kind == "start" and token.name in _UNREAD:
            closing, depth, opened = token.name, 1, token.start
        else:
            kept.append(token)
    if closing:
        kept.append(Token("skip", opened, tokens[-1].end, closing))
    return kept


def html_blocks(page: str, *, keep_elements: bool) -> list[HtmlBlock]:
    """All readable text of a page or fragment as blocks, in order of appearance.

    Args:
        page: HTML as it was sent, not normalized. Bodies are normalized (NFC), positions are the page's own.
        keep_elements: whether inline elements that a body may not name are kept as numbered <span> stand-ins, so that
            the page can be put together again. Without, only their text is kept.
    """
    blocks: list[HtmlBlock] = []
    for run, around in _runs(_drop_unread(tokenize(page)), page):
        for piece in _balanced_pieces(run):
            block = _make_block(page, piece, around, keep_elements=keep_elements)
            if block is not None:
                blocks.append(block)
    return blocks


@dataclass(frozen=True, slots=True)
class _Around:
    """What the enclosing elements say of a run of text."""

    path: tuple[str, ...]
    marks: str
    is_verbatim: bool


_NOTHING_AROUND = _Around((), "", is_verbatim=False)


def _runs(tokens: list[Token], page: str) -> Iterator[tuple[list[Token], _Around]]:
    """Token runs between block-level boundaries, with the elements around them."""
    path: list[tuple[str, _Around]] = []
    too_deep: Counter[str] = Counter()
    run: list[Token] = []
    breaks = 0
    for token in tokens:
        is_inline = token.kind in ("text", "skip") or token.name in INLINE_ELEMENTS or token.name in _OTHER_INLINE
        if token.name == "br" and token.kind == "void":
            breaks += 1
        elif token.kind not in ("text", "skip") or page[token.start : token.end].strip():
            breaks = 0
        if is_inline and breaks < 2:
            run.append(token)
            continue
        if run:
            yield run, path[-1][1] if path else _NOTHING_AROUND
            run = []
        if token.kind == "start":
            if token.name in _IMPLY_END:
                _close_implied(path, token.name)
            if len(path) < _MAX_DEPTH:
                path.append((token.name, _within(path[-1][1] if path else _NOTHING_AROUND, token)))
            else:
                too_deep[token.name] += 1
        elif token.kind == "end":
            if too_deep[token.name]:
                too_deep[token.name] -= 1
                continue
            for index in range(len(path) - 1, max(-1, len(path) - 1 - _MAX_STACK_SEARCH), -1):
                if path[index][0] == token.name:
                    del path[index:]
                    break
    if run:
        yield run, path[-1][1] if path else _NOTHING_AROUND


def _within(around: _Around, token: Token) -> _Around:
    """What an element and those around it say of a run of text."""
    own = " ".join(token.attributes[key] for key in _MARK_ATTRIBUTES if token.attributes.get(key)).lower()
    verbatim = is_untranslated(token.attributes) or (
        around.is_verbatim and token.attributes.get("translate", "").lower() != "yes"
    )
    marks = f"{around.marks} {own}" if around.marks and own else around.marks or own
    return _Around((*around.path, token.name), marks, verbatim)


def _close_implied(path: list[tuple[str, _Around]], name: str) -> None:
    """HTML lets </p> and </li> be left out: a new one closes the one before."""
    if path and path[-1][0] == name:
        path.pop()


def _balanced_pieces(run: list[Token]) -> Iterator[list[tuple[Token, int]]]:
    """A run cut at tags without a partner; each token with the index of its partner in the piece, -1 without one."""
    partner = [-1] * len(run)
    stack: list[int] = []
    for index, token in enumerate(run):
        if token.kind == "start":
            stack.append(index)
        elif token.kind == "end":
            for depth in range(len(stack) - 1, max(-1, len(stack) - 1 - _MAX_STACK_SEARCH), -1):
                if run[stack[depth]].name == token.name:
                    partner[index], partner[stack[depth]] = stack[depth], index
                    del stack[depth:]
                    break
    lonely = [0]
    for index, token in enumerate(run):
        lonely.append(lonely[-1] + (token.kind in ("start", "end") and partner[index] < 0))
    # A pair around a cut has lost its partner as well.
    for index, other in enumerate(list(partner)):
        if other > index and lonely[other] - lonely[index + 1]:
            partner[index] = partner[other] = -1
    first = 0
    for index in range(len(run) + 1):
        if index == len(run) or (run[index].kind in ("start", "end") and partner[index] < 0):
            if index > first:
                yield [
                    (token, partner[first + offset] - first if partner[first + offset] >= 0 else -1)
                    for offset, token in enumerate(run[first:index])
                ]
            first = index + 1


def _make_block(page: str, piece: list[tuple[Token, int]], around: _Around, *, keep_elements: bool) -> HtmlBlock | None:
    """One block from a balanced piece, or None if it holds no text."""
    texts = [0]
    for token, _ in piece:
        has_text = token.kind == "text" and html_entities.unescape(page[token.start : token.end]).strip()
        texts.append(texts[-1] + (1 if has_text else 0))
    if not texts[-1]:
        return None
    first, last = 0, len(piece) - 1
    linked = False
    while True:
        token, other = piece[first]
        if other == last and other > first:  # an element around everything
            linked = linked or token.name == "a"
            if is_untranslated(token.attributes):
                break
            first, last = first + 1, last - 1
        elif not texts[first + 1] - texts[first] and other < 0:
            first += 1
        elif other > first and not texts[other + 1] - texts[first]:
            first = other + 1
        elif not texts[last + 1] - texts[last] and piece[last][1] < 0:
            last -= 1
        elif 0 <= piece[last][1] < last and not texts[last + 1] - texts[piece[last][1]]:
            last = piece[last][1] - 1
        else:
            break
    return _write_body(page, piece, first, last, around, linked=linked, keep_elements=keep_elements)


def _write_body(
    page: str,
    piece: list[tuple[Token, int]],
    first: int,
    last: int,
    around: _Around,
    *,
    linked: bool,
    keep_elements: bool,
) -> HtmlBlock:
    keeps_spaces = "pre" in around.path
    parts: list[str] = []
    skipped: list[tuple[int, int]] = []
    stand_ins: list[tuple[int, int, int]] = []
    numbers: dict[int, int] = {}
    has_tags = False
    letters = in_link = link_depth = 0
    for index in range(first, last + 1):
        token, other = piece[index]
        source = page[token.start : token.end]
        if token.kind == "text":
            text = normalize(html_entities.unescape(source))
            parts.append(escape(text if keeps_spaces else _SPACES.sub(" ", text)))
            letters += len(text)
            in_link += len(text) if link_depth else 0
        elif token.kind == "skip":
            skipped.append((token.start, token.end))
        elif token.name in INLINE_ELEMENTS:
            link_depth += (token.name == "a") * (1 if token.kind == "start" else -1)
            has_tags = True
            parts.append(normalize(source))
        elif keep_elements:
            has_tags = True
            if token.kind == "end":
                parts.append("</span>")
                stand_ins.append((-numbers[other], token.start, token.end))
            else:
                number = numbers[index] = len(numbers) + 1
                parts.append(
                    f'<span {_PLACEHOLDER_ATTRIBUTE}="{number}">' + ("</span>" if token.kind == "void" else "")
                )
                stand_ins.append((number, token.start, token.end))
    body = "".join(parts)
    start, end = piece[first][0].start, piece[last][0].end
    # White space at the edges belongs to the page, not to the block.
    if piece[first][0].kind == "text":
        lead = page[start : piece[first][0].end]
        start += len(lead) - len(lead.lstrip())
    if piece[last][0].kind == "text":
        tail = page[piece[last][0].start : end]
        end -= len(tail) - len(tail.rstrip())
    body = body.strip()
    if around.is_verbatim:
        body, has_tags = f'<span translate="no">{body}</span>', True
    return HtmlBlock(
        body=body if has_tags else html_entities.unescape(body),
        is_inline_html=has_tags,
        start=start,
        end=end,
        path=around.path,
        marks=around.marks,
        is_verbatim=around.is_verbatim,
        link_share=1.0 if linked else (in_link / letters if letters else 0.0),
        skipped=tuple(skipped),
        stand_ins=tuple(stand_ins),
    )


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
