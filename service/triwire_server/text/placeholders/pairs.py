"""Where in an output each pair of tags goes, whether the model kept its marks or not.

The means, in order: the model's own marks; for a lost pair a name, number, Latin word or known counterpart that stands
in the output too; last the words at the same share of the length.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.placeholders.marks import OBJECT, Item, Kind, Reading, mismatch
from triwire_server.text.placeholders.word_edges import EVIDENCE, WORD, Range, cut_word, has_words, nearest


@dataclass(slots=True)
class Span:
    """Where a pair of tags goes: [start, end) in the output."""

    start: int
    end: int
    opens: int
    """Index of the item that opens it."""

    had_words: bool


class Placer:
    """Finds a span of the output for every pair of tags."""

    def __init__(self, reading: Reading, items: Sequence[Item], source_plain: str, hints: Mapping[str, str]) -> None:
        self._reading = reading
        self._plain = reading.plain
        self._tags = reading.tags
        self._items = items
        self._source = source_plain
        self._hints = hints
        self._words = [match.span() for match in WORD.finditer(reading.plain)]
        self._starts = [start for start, _ in self._words]
        self._ends = [end for _, end in self._words]
        self._place_of = {index: position for position, index in reading.objects.items()}

    def pairs(self, findings: list[Finding]) -> list[Span]:
        """A span for every pair: by marks and by words first, the rest by length beside them, inner ones first."""
        spans: dict[int, Span] = {}
        closing = [index for index, item in enumerate(self._items) if item.kind is Kind.CLOSE and item.partner >= 0]
        guessed: list[int] = []
        for index in closing:
            opens = self._items[index].partner
            had_words = has_words(self._source[self._items[opens].position : self._items[index].position])
            span = self._by_marks(opens, index, had_words, findings)
            if not span:
                guessed.append(index)
                span = self._by_words(opens, index) if had_words else None
                severity = Finding.SEVERITY_INFO if span else Finding.SEVERITY_WARNING
                findings.append(mismatch(severity, expected=self._items[opens].source))
            if span:
                spans[opens] = span
        for index in guessed:
            opens = self._items[index].partner
            spans[opens] = self._around_inner(spans.get(opens) or self._by_share(opens, index, spans), index, spans)
        return list(spans.values())

    def _around_inner(self, span: Span, closes: int, spans: Mapping[int, Span]) -> Span:
        """A guessed span made wide enough for what the element holds."""
        if span.start == span.end:
            return span
        for index in range(span.opens + 1, closes):
            if index in spans and spans[index].had_words:
                span.start, span.end = min(span.start, spans[index].start), max(span.end, spans[index].end)
            elif index in self._place_of:
                place = self._place_of[index]
                span.start, span.end = min(span.start, place), max(span.end, place + 1)
        return span

    def _by_marks(self, opens: int, closes: int, had_words: bool, findings: list[Finding]) -> Span | None:
        start, end = self._tags.get(opens, -1), self._tags.get(closes, -1)
        if start < 0 or end < 0:
            return None
        if end < start:
            start, end = end, start
            findings.append(
                mismatch(
                    Finding.SEVERITY_WARNING, expected=self._items[opens].source, actual=self._items[closes].source
                )
            )
        if not had_words:
            return Span(start, start, opens, had_words)
        if not has_words(self._plain[start:end]):
            return None
        word = cut_word(self._plain, start)
        if word and not cut_word(self._source, self._items[opens].position):
            start = word[0]
        word = cut_word(self._plain, end)
        if word and not cut_word(self._source, self._items[closes].position):
            end = word[1]
        return Span(start, end, opens, had_words)

    def _region(self, opens: int, closes: int) -> tuple[Range, Range]:
        """Where a pair may go, and where it is expected by its share of the length."""
        window = enclosing(self._reading, self._items, opens, closes)
        if not has_words(self._plain[slice(*window)]):
            window = 0, len(self._plain)
        first, last = self._items[opens].position, self._items[closes].position
        scale = len(self._plain) / max(1, len(self._source))
        return window, (round(first * scale), round(last * scale))

    def _by_words(self, opens: int, closes: int) -> Span | None:
        window, expected = self._region(opens, closes)
        found = self._same_words(
            self._source[self._items[opens].position : self._items[closes].position], window, expected
        )
        return Span(*found, opens, True) if found else None

    def _same_words(self, inner: str, window: Range, expected: Range) -> Range | None:
        """Where the same words stand in the output, or their known counterparts."""
        text = inner.replace(OBJECT, " ").strip()
        if not text:
            return None
        for source_form, target_form in self._hints.items():
            if target_form and source_form.casefold() == text.casefold():
                found = self._nearest(target_form, window, expected)
                if found:
                    return found
        if EVIDENCE.search(text):
            found = self._nearest(text, window, expected)
            if found:
                return found
        places = [self._nearest(match.group(), window, expected) for match in EVIDENCE.finditer(text)]
        places += [
            self._nearest(target_form, window, expected)
            for source_form, target_form in self._hints.items()
            if target_form and source_form and source_form.casefold() in text.casefold()
        ]
        known = [place for place in places if place]
        # A number or a name in a long passage says where it is, but not how far it reaches.
        if not known or 3 * sum(end - start for start, end in known) < expected[1] - expected[0]:
            return None
        start, end = min(start for start, _ in known), max(end for _, end in known)
        # Words far apart are not the same passage.
        if end - start > max(24, 3 * (expected[1] - expected[0])):
            start, end = min(known, key=lambda place: abs(place[0] - expected[0]))
        return start, end

    def _nearest(self, form: str, window: Range, expected: Range) -> Range | None:
        """The occurrence of a form as whole words that is nearest to where it is expected."""
        best: Range | None = None
        for match in re.finditer(re.escape(form), self._plain[window[0] : window[1]], re.IGNORECASE):
            start, end = window[0] + match.start(), window[0] + match.end()
            if cut_word(self._plain, start) or cut_word(self._plain, end):
                continue
            if best is None or abs(start - expected[0]) < abs(best[0] - expected[0]):
                best = start, end
        if best and self._plain[best[1] : best[1] + 1] == "%" and self._plain[best[1] - 1].isdigit():
            best = best[0], best[1] + 1
        return best

    def _by_share(self, opens: int, closes: int, spans: Mapping[int, Span]) -> Span:
        """The words at the same share of the length, or from the mark that was found if there is one."""
        window, (start, end) = self._region(opens, closes)
        inner = self._source[self._items[opens].position : self._items[closes].position]
        words = self._free_words(opens, closes, window, spans)
        if not words or not has_words(inner):
            place = nearest([0, *self._ends], start)
            return Span(place, place, opens, False)
        objects = [self._place_of[index] for index in range(opens + 1, closes) if index in self._place_of]
        if objects and not has_words(inner.replace(OBJECT, "")):
            return Span(objects[0], objects[0] + 1, opens, True)
        length = max(1, end - start)
        opened, closed = self._tags.get(opens, -1), self._tags.get(closes, -1)
        if opened >= 0:
            start, end = opened, opened + length
        elif closed >= 0:
            start, end = closed - length, closed
        first = min(words, key=lambda word: abs(word[0] - start))
        last = min((word for word in words if word >= first), key=lambda word: abs(word[1] - end))
        # A mark that the model did set counts, even before a particle, if there are words on its side.
        if opened >= 0 > closed and not cut_word(self._plain, opened) and has_words(self._plain[opened : last[1]]):
            return Span(opened, last[1], opens, True)
        if closed >= 0 > opened and not cut_word(self._plain, closed) and has_words(self._plain[first[0] : closed]):
            return Span(first[0], closed, opens, True)
        return Span(first[0], last[1], opens, True)

    def _free_words(self, opens: int, closes: int, window: Range, spans: Mapping[int, Span]) -> list[Range]:
        """Words within the window that no element beside this one is around already; all if there is none left."""
        low, high = bisect_left(self._starts, window[0]), bisect_right(self._ends, window[1])
        words = self._words[low:high] or self._words
        taken = [
            (span.start, span.end)
            for other, span in spans.items()
            if other > closes or self._items[other].partner < opens  # neither around this one nor inside it
        ]
        is_taken = bytearray(len(self._words))
        for start, end in taken:
            first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
            is_taken[first:last] = b"\1" * max(0, last - first)
        return [word for word, used in zip(self._words[low:high], is_taken[low:high], strict=True) if not used] or words

    def lone_tags(self, spans: Sequence[Span], findings: list[Finding]) -> list[tuple[int, int]]:
        """(position, index) of tags whose partner is in another piece: outside all pairs, in the source's order."""
        placed: list[tuple[int, int]] = []
        position = 0
        for index, item in enumerate(self._items):
            if not item.is_tag or item.partner >= 0:
                continue
            if index in self._tags:
                place = self._tags[index]
                place = (cut_word(self._plain, place) or (place, place))[item.kind is Kind.CLOSE]
            else:
                place = self._edge(round(item.position * len(self._plain) / max(1, len(self._source))), item.kind)
                findings.append(mismatch(Finding.SEVERITY_WARNING, expected=item.source))
            place = max(position, place)
            for span in spans:
                if span.start < place < span.end:
                    place = span.end if item.kind is Kind.CLOSE or span.start < position else span.start
            position = max(position, place)
            placed.append((position, index))
        return placed

    def _edge(self, position: int, kind: Kind) -> int:
        edges = self._starts if kind is Kind.OPEN else self._ends
        return min(edges, key=lambda edge: abs(edge - position), default=position)


def enclosing(reading: Reading, items: Sequence[Item], first: int, last: int) -> Range:
    """The span of the innermost element around items [first, last] whose marks were found; else everything."""
    for index in range(first - 1, -1, -1):
        partner = items[index].partner
        if items[index].kind is Kind.OPEN and partner > last:
            start, end = reading.tags.get(index, -1), reading.tags.get(partner, -1)
            if 0 <= start <= end:
                return start, end
    return 0, len(reading.plain)
