"""The marks "[1]", "[2]", ... that stand for protected spans, as a model wrote them."""

import enum
import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import Script, is_cjk, script_of
from triwire_server.text.doubt import doubt

OBJECT = "\ufffc"  # OBJECT REPLACEMENT CHARACTER
"""Stands in a plain text for a protected span that is read like a word: an address, a field."""

BREAK = "\ufffb"  # INTERLINEAR ANNOTATION TERMINATOR, which no text of a page has
"""Stands in a plain text for a tag without words."""

MARK = re.compile(r"[\[［【]\s{0,2}([0-9０-９]{1,4})\s{0,2}[\]］】]")
"""What reads like a mark; its group is the number."""

_ODD_MARKS = (
    re.compile(r"\\?[\[［【(（<〈〔{]\s{0,2}([0-9]{1,4})\s{0,2}\\?[\]］】)）>〉〕}]"),
    re.compile(r"(?<![\w.,])\[?([0-9]{1,4})(?:\.(?=\s?[^\W\d])|\])"),
)
_PLAIN_NUMBER = re.compile(r"\d{1,15}")


class Kind(enum.Enum):
    """What a protected span is."""

    FIXED = "fixed"
    """URL, e-mail address, handle, format field, or an element that asks to be copied."""

    NOTE = "note"
    """A mark like "[1]" that the text had already."""

    VOID = "void"
    """A tag without words, such as <br>."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Item:
    """One protected span."""

    source: str
    """As it stands in the body."""

    readable: str
    """As a model would copy it: entities unescaped."""

    kind: Kind
    position: int
    """Where it stands in the plain source text."""

    partner: int = -1
    """Index of the tag that closes or opens this one; -1: none in this piece."""

    @property
    def stand_in(self) -> str:
        """The character that stands for it in a plain text; empty for a tag of a pair."""
        return "" if self.is_tag else BREAK if self.kind is Kind.VOID else OBJECT

    @property
    def is_tag(self) -> bool:
        """Whether it is a tag that opens or closes an element."""
        return self.kind in (Kind.OPEN, Kind.CLOSE)


@dataclass(slots=True)
class Reading:
    """A model's output with its marks read."""

    plain: str = ""
    """The output without tag marks; OBJECT or BREAK for every other span."""

    objects: dict[int, int] = field(default_factory=dict)
    """Position in `plain` -> index of the item that stands there."""

    tags: dict[int, int] = field(default_factory=dict)
    """Index of an item that is a tag -> position in `plain`."""

    order: list[int] = field(default_factory=list)
    """Indexes of the items in the order of their marks."""

    is_exact: bool = True
    """Whether every mark was written as asked, once, and nothing else was taken for one."""

    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    index: int
    """-1: to be taken out."""


def read_marks(output: str, items: Sequence[Item], source_plain: str) -> Reading:
    """Find what stands for each item in a model's output.

    Marks are read in any of the brackets "[1]", "［１］", "【1】". An item whose mark is lost may stand there verbatim,
    or as "(1)", "<1>" or "1.", if that occurs once and the source text has no such number of its own.

    Args:
        output: what the model wrote.
        items: the protected spans, in the order of their marks.
        source_plain: the source text without marks.
    """
    reading = Reading()
    tokens: list[_Token] = []
    seen: set[int] = set()
    numbers = {int(number) for number in _PLAIN_NUMBER.findall(source_plain)}
    for match in MARK.finditer(output):
        index = int(match.group(1)) - 1
        if 0 <= index < len(items) and index not in seen:
            seen.add(index)
            tokens.append(_Token(*match.span(), index))
        elif 0 <= index < len(items) or index + 1 not in numbers:
            # A number of the text that the model put in brackets, a year for instance, is no mark.
            tokens.append(_Token(*match.span(), -1))
            reading.findings.append(mismatch(Finding.SEVERITY_WARNING, actual=match.group()))
    num_marks = len(seen)
    _read_copies(output, items, source_plain, seen, tokens, reading)
    _read_odd_marks(output, [index for index in range(len(items)) if index not in seen], numbers, tokens)
    reading.is_exact = num_marks == len(items) == len(tokens)
    _write_plain(output, items, source_plain, sorted(tokens, key=lambda token: token.start), reading)
    return reading


def _read_copies(
    output: str,
    items: Sequence[Item],
    source_plain: str,
    seen: set[int],
    tokens: list[_Token],
    reading: Reading,
) -> None:
    """Items that the model wrote out: in place of a lost mark they are taken for it, beside one they are doubled."""
    by_text: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        if item.kind is not Kind.NOTE:
            by_text.setdefault(item.readable, []).append(index)
    # The longest first: an address may begin with another one.
    for text in sorted(by_text, key=lambda text: (-len(text), text)):
        is_tag = items[by_text[text][0]].is_tag
        # An article about HTML may write "<b>" in its text.
        if text not in output or (is_tag and text in source_plain):
            continue
        edge = r"(?![\w/@])" if text[-1].isalnum() or text[-1] == "/" else ""
        left = r"(?<![A-Za-z0-9])" if text[0].isalnum() else ""
        for match in re.finditer(
            left + re.escape(text) + edge if text.isascii() else re.escape(text), output, re.ASCII
        ):
            if any(token.start < match.end() and match.start() < token.end for token in tokens):
                continue
            lost = [index for index in by_text[text] if index not in seen]
            if lost:
                seen.add(lost[0])
                tokens.append(_Token(*match.span(), lost[0]))
            elif not is_tag:
                tokens.append(_Token(*_with_brackets(output, *match.span()), -1))
                reading.findings.append(mismatch(Finding.SEVERITY_INFO, actual=text))


def _with_brackets(output: str, start: int, end: int) -> tuple[int, int]:
    """A doubled copy with the brackets right around it, as in "[1](https://example.com)"."""
    if output[start - 1 : start] in ("(", "（", "<") and output[end : end + 1] in (")", "）", ">"):
        return start - 1, end + 1
    return start, end


def _read_odd_marks(output: str, lost: Sequence[int], numbers: set[int], tokens: list[_Token]) -> None:
    """Lost marks in a notation that was not asked for, where they can be nothing else."""
    wanted = {index + 1 for index in lost} - numbers
    taken = sorted((token.start, token.end) for token in tokens)
    for pattern in _ODD_MARKS if wanted else ():
        found: dict[int, list[re.Match[str]]] = {}
        for match in pattern.finditer(output):
            found.setdefault(int(match.group(1)), []).append(match)
        for number in sorted(wanted & set(found)):
            start, end = found[number][0].span()
            index = bisect_left(taken, (end, 0))
            if len(found[number]) == 1 and (not index or taken[index - 1][1] <= start):
                tokens.append(_Token(start, end, number - 1))
                insort(taken, (start, end))
        wanted -= set(found)


def _write_plain(
    output: str, items: Sequence[Item], source_plain: str, tokens: Sequence[_Token], reading: Reading
) -> None:
    parts: list[str] = []
    length = position = 0
    for token in tokens:
        drops_before, drops_after = _spaces_to_drop(output, items, source_plain, token)
        part = output[position : max(position, token.start - drops_before)]
        parts.append(part)
        length += len(part)
        position = token.end + drops_after
        if drops_before or drops_after:
            reading.is_exact = False
        if token.index < 0:
            continue
        reading.order.append(token.index)
        if items[token.index].is_tag:
            reading.tags[token.index] = length
        else:
            reading.objects[length] = token.index
            parts.append(items[token.index].stand_in)
            length += 1
    parts.append(output[position:])
    reading.plain = "".join(parts)


def _spaces_to_drop(output: str, items: Sequence[Item], source_plain: str, token: _Token) -> tuple[int, int]:
    """Spaces before and after a mark that the model wrote for the mark's sake, 0 or 1 each."""
    before, after = output[token.start - 1 : token.start], output[token.end : token.end + 1]
    space_before, space_after = before in (" ", ""), after == " "
    if token.index < 0:
        return 0, int(space_before and space_after)
    item = items[token.index]
    if not item.is_tag:
        return 0, 0
    own_before = source_plain[item.position - 1 : item.position] in (" ", "")
    own_after = source_plain[item.position : item.position + 1] in (" ", "")
    if space_before and space_after and not (own_before and own_after):
        return (int(before == " "), 0) if item.kind is Kind.CLOSE else (0, 1)
    if item.kind is Kind.CLOSE and before == " " and not own_before:
        return int(not after or is_cjk(after) or after in ".,!?;:)]}。、！？）」』”’"), 0
    if item.kind is Kind.OPEN and space_after and not own_after:
        return 0, int(before in "([「『（“‘" or (is_cjk(before) and script_of(before) is not Script.HANGUL))
    return 0, 0


def mismatch(severity: "Finding.Severity.ValueType", expected: str = "", actual: str = "") -> Finding:
    """The finding for a span that was lost (`expected`), added (`actual`), or moved across another one (both)."""
    if expected and actual:
        message = "a placeholder or tag changed its place"
    else:
        message = "a placeholder or tag was lost and put back" if expected else "a placeholder was added and removed"
    return doubt(Finding.KIND_PLACEHOLDER_MISMATCH, severity, message, expected=expected, actual=actual)
