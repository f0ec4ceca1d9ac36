"""Puts protected spans back into a model's output: balanced, around the words they belong to, never inside a word."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.placeholders.marks import OBJECT, Item, Kind, Reading, mismatch
from triwire_server.text.placeholders.pairs import Placer, Span, enclosing
from triwire_server.text.placeholders.word_edges import cut_word, has_words, nearest, needs_space, word_ends


def place(
    reading: Reading, items: Sequence[Item], source_plain: str, hints: Mapping[str, str]
) -> tuple[list[tuple[int, int]], list[Finding]]:
    """Where every item goes.

    Args:
        reading: the model's output; lost spans that are no tags are added to it.
        items: the protected spans, in the order of the source.
        source_plain: the source text without marks.
        hints: source forms -> forms in the output's language, such as glossary hits and names.

    Returns:
        (index of an item, position in `reading.plain`) in the order in which they are written, and findings for what
        was put back. Tags come in pairs that never cross; a pair that had words in the source has words, if there
        are any.
    """
    findings: list[Finding] = []
    if reading.is_exact and _is_nested(reading, items, source_plain):
        positions = {index: position for position, index in reading.objects.items()} | reading.tags
        return [(index, positions[index]) for index in reading.order], []
    _add_lost_objects(reading, items, source_plain, findings)
    placer = Placer(reading, items, source_plain, hints)
    spans = _without_crossing(placer.pairs(findings), reading.plain, items, findings)
    return _in_order(spans, placer.lone_tags(spans, findings), reading, items), findings


def _is_nested(reading: Reading, items: Sequence[Item], source_plain: str) -> bool:
    """Whether the marks can be replaced as they stand."""
    stack: list[int] = []
    last_lone = -1
    for index in reading.order:
        item = items[index]
        if not item.is_tag:
            continue
        position = reading.tags[index]
        if cut_word(reading.plain, position) and not cut_word(source_plain, item.position):
            return False
        if item.partner < 0:
            if stack or index < last_lone:
                return False
            last_lone = index
        elif item.kind is Kind.OPEN:
            stack.append(index)
        else:
            if not stack or stack.pop() != item.partner:
                return False
            if has_words(source_plain[items[item.partner].position : item.position]) and not has_words(
                reading.plain[reading.tags[item.partner] : position]
            ):
                return False
    return not stack


def _add_lost_objects(reading: Reading, items: Sequence[Item], source_plain: str, findings: list[Finding]) -> None:
    """Put lost spans that are no tags at the word boundary that is as far along as in the source."""
    found = set(reading.objects.values())
    edges = word_ends(reading.plain)
    inserts: list[tuple[int, int]] = []
    for index, item in enumerate(items):
        if item.is_tag or index in found:
            continue
        share = item.position / max(1, len(source_plain) - 1)
        low, high = enclosing(reading, items, index, index)
        position = max(low, min(high, nearest(edges, round(share * len(reading.plain)))))
        inserts.append((position, index))
        # A program reads fields, and readers follow addresses: where these belong, a guess is seldom right.
        severity = Finding.SEVERITY_CRITICAL if item.kind is Kind.FIXED else Finding.SEVERITY_WARNING
        findings.append(mismatch(severity, expected=item.source))
    if inserts:
        _insert(reading, sorted(inserts), items)


def _insert(reading: Reading, inserts: Sequence[tuple[int, int]], items: Sequence[Item]) -> None:
    """Insert objects, with spaces where one would stick to a word of a language that writes them."""
    text, parts, position = reading.plain, [], 0
    at_tags = set(reading.tags.values())
    shifts = [0]
    objects: dict[int, int] = {}
    for spot, index in inserts:
        stand_in = items[index].stand_in
        pads = stand_in == OBJECT and spot not in at_tags
        lead = " " if pads and needs_space(text[spot - 1 : spot]) else ""
        tail = " " if pads and needs_space(text[spot : spot + 1]) else ""
        parts += [text[position:spot], lead, stand_in, tail]
        objects[spot + shifts[-1] + len(lead)] = index
        shifts.append(shifts[-1] + len(lead) + 1 + len(tail))
        position = spot
    reading.plain = "".join([*parts, text[position:]])
    for spot, index in reading.objects.items():
        objects[spot + shifts[bisect_right(inserts, (spot, len(items)))]] = index
    reading.objects = objects
    # Of what stands at one place, the order of the source holds.
    reading.tags = {tag: spot + shifts[bisect_left(inserts, (spot, tag))] for tag, spot in reading.tags.items()}


def _without_crossing(spans: list[Span], plain: str, items: Sequence[Item], findings: list[Finding]) -> list[Span]:
    """Spans of which any two are nested or apart: of two that cross one is cut, or moved if that would empty it."""
    waiting = sorted(spans, key=lambda span: (span.start, -span.end, span.opens), reverse=True)
    done: list[Span] = []
    stack: list[Span] = []
    while waiting:
        span = waiting.pop()
        while stack and stack[-1].end <= span.start:
            stack.pop()
        if stack and span.end > stack[-1].end:
            outer = stack[-1]
            findings.append(
                mismatch(Finding.SEVERITY_WARNING, expected=items[span.opens].source, actual=items[outer.opens].source)
            )
            if has_words(plain[span.start : outer.end]):
                span.end = outer.end
            else:
                span.start = outer.end
                waiting.append(span)
                waiting.sort(key=lambda other: (other.start, -other.end, other.opens), reverse=True)
                continue
        stack.append(span)
        done.append(span)
    return done


def _in_order(
    spans: Sequence[Span], lone: Sequence[tuple[int, int]], reading: Reading, items: Sequence[Item]
) -> list[tuple[int, int]]:
    """Every item with its position in the order of writing.

    At one place that is closing tags, lone tags, empty pairs, opening tags, and then the object that stands there.
    """
    events: list[tuple[tuple[int, int, int, int], int]] = []
    for span in spans:
        closes = items[span.opens].partner
        if span.start == span.end:
            events.append(((span.start, 2, span.opens, 0), span.opens))
            events.append(((span.start, 2, span.opens, 1), closes))
        else:
            events.append(((span.start, 3, -span.end, span.opens), span.opens))
            events.append(((span.end, 0, -span.start, -span.opens), closes))
    events += [((position, 1, index, 0), index) for position, index in lone]
    events += [((position, 4, 0, 0), index) for position, index in reading.objects.items()]
    return [(index, key[0]) for key, index in sorted(events)]
