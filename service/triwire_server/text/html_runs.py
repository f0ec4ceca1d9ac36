"""The tokens of a page as runs of text: what stands between two block-level tags, cut so that its tags are in pairs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from triwire_server.text.html_tokens import Token, is_untranslated, tokenize

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
_MAX_STACK_SEARCH = 64
_MAX_DEPTH = 128  # what is deeper counts as content of the last element, as in browsers
_IMPLY_END = frozenset(["p", "li", "dt", "dd", "option", "tr", "td", "th"])
_MARK_ATTRIBUTES = ("class", "id", "role", "rel", "itemprop")


@dataclass(frozen=True, slots=True)
class Around:
    """What the enclosing elements say of a run of text."""

    path: tuple[str, ...]
    """Their names, outermost first."""

    marks: str
    """Their class, id, role, rel and itemprop values, lower-cased, joined by spaces."""

    is_verbatim: bool
    """Whether one of them asks to be copied: translate="no" or class="notranslate"."""


Run = list[tuple[Token, int]]
"""Tokens, each with the index in the run of the tag that closes or opens it, -1 without one."""

_NOTHING_AROUND = Around((), "", is_verbatim=False)


def read_runs(page: str) -> Iterator[tuple[Run, Around]]:
    """The runs of a page in order, each with what the elements around it say. Tags without a partner are in none."""
    for tokens, around in _between_blocks(_drop_unread(tokenize(page)), page):
        for run in _balanced(tokens):
            yield run, around


def _between_blocks(tokens: list[Token], page: str) -> Iterator[tuple[list[Token], Around]]:
    """Token runs between block-level boundaries, with the elements around them."""
    path: list[tuple[str, Around]] = []
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


def _within(around: Around, token: Token) -> Around:
    """What an element and those around it say of a run of text."""
    own = " ".join(token.attributes[key] for key in _MARK_ATTRIBUTES if token.attributes.get(key)).lower()
    verbatim = is_untranslated(token.attributes) or (
        around.is_verbatim and token.attributes.get("translate", "").lower() != "yes"
    )
    marks = f"{around.marks} {own}" if around.marks and own else around.marks or own
    return Around((*around.path, token.name), marks, verbatim)


def _close_implied(path: list[tuple[str, Around]], name: str) -> None:
    """HTML lets </p> and </li> be left out: a new one closes the one before."""
    if path and path[-1][0] == name:
        path.pop()


def _balanced(run: list[Token]) -> Iterator[Run]:
    """Tokens cut at the tags that have no partner among them."""
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
