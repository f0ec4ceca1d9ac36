"""Which places of a text lie inside a pair of quotation marks or brackets."""

import re

from triwire_server.text.characters import Script, script_of

PAIRS = {
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "｢": "｣",
    "（": "）",
    "(": ")",
    "[": "]",
    "［": "］",
    "【": "】",
    "《": "》",
    "〈": "〉",
    "«": "»",
    "〔": "〕",
    "〝": "〟",
}
CLOSERS = frozenset(PAIRS.values()) | frozenset("\"'")
"""Marks that may follow a full stop and still belong to its sentence. Straight quotation marks open as well."""
QUOTE_CLOSERS = frozenset("”’」』｣»〟\"'")
# Writers mix curly and straight marks in one quotation: “...", so both forms are one kind.
_KINDS = {"”": '"', "’": "'"}
# A pair of at most this many code points is kept whole; a longer quotation is cut inside.
_MAX_UNCUT_CHARACTERS = 300
_MAX_STACK_SEARCH = 8
# A mark that stands many times in a row is a rule or noise, no quotation.
_EVENT = re.compile("([" + re.escape("".join(PAIRS) + "".join(sorted(CLOSERS))) + "])\\1*|\n\n+")
_MAX_RUN = 4


def inside_pairs(text: str) -> bytearray:
    """For each gap before a character, and the one at the end: 1 if it lies inside a pair that is kept whole.

    An opener counts only if its closer follows within 300 code points of the same paragraph. Linear in the text.
    """
    inside = bytearray(len(text) + 1)
    stack: list[tuple[str, int]] = []
    for match in _EVENT.finditer(text):
        start, end = match.span()
        mark = text[start]
        if mark == "\n":
            stack.clear()
            continue
        if end - start > _MAX_RUN:
            continue
        for position in range(start, end):
            _read(text, mark, position, stack, inside)
    return inside


def _read(text: str, mark: str, position: int, stack: list[tuple[str, int]], inside: bytearray) -> None:
    """Take one mark into account: push it, or mark what it closes."""
    if mark in PAIRS:
        closer = PAIRS[mark]
        stack.append((_KINDS.get(closer, closer), position))
    elif mark in "\"'" and _opens(text, position):
        # Two openers of a kind without a closer between them: the first one was never closed.
        if stack and stack[-1][0] == mark:
            stack.pop()
        stack.append((mark, position))
    elif mark not in "'’" or not _is_apostrophe(text, position):
        _close(text, stack, _KINDS.get(mark, mark), position, inside)


def _opens(text: str, position: int) -> bool:
    """Whether a straight mark opens: it follows white space or an opener, and a word follows it."""
    previous = text[position - 1] if position else " "
    following = text[position + 1 : position + 2]
    if not (previous.isspace() or previous in PAIRS or previous in "\"'—–=:·") or not following or following.isspace():
        return False
    if following in CLOSERS or following in ".,;":
        return False
    # '90s
    return not (text[position] == "'" and following.isdigit())


def _is_apostrophe(text: str, position: int) -> bool:
    """Whether a single mark stands inside a Latin word. A Korean particle follows a closing mark without a space."""
    previous, following = text[position - 1 : position], text[position + 1 : position + 2]
    if not previous or not following or not previous.isalnum():
        return False
    return script_of(following) is Script.LATIN or (following.isdigit() and script_of(previous) is Script.LATIN)


def _close(text: str, stack: list[tuple[str, int]], kind: str, position: int, inside: bytearray) -> None:
    if not stack:
        return
    for index in range(len(stack) - 1, max(-1, len(stack) - 1 - _MAX_STACK_SEARCH), -1):
        if stack[index][0] != kind:
            continue
        opened = stack[index][1]
        if position - opened <= _MAX_UNCUT_CHARACTERS:
            # "the crews' boats" ends no quotation that has whole sentences in it.
            if kind == "'" and text[position - 1] in "sS" and ". " in text[opened:position]:
                return
            inside[opened + 1 : position + 1] = b"\1" * (position - opened)
        del stack[index:]
        return
