"""Which sentence of a segment became which sentence of its translation."""

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from triwire_server.text.language import base_language
from triwire_server.text.readable import Readable, trim
from triwire_server.text.segment import sentence_ranges

Range = tuple[int, int]

# Code points of text for one of English, measured over human translations of news.
_LENGTH = {"en": 1.0, "ko": 0.53, "ja": 0.45}
# Variance of a translated sentence's length in English code points, for each code point of its source: 3.0 and 3.8 over
# human translations of news into Korean and Japanese, and more for models. Gale and Church found 6.8 with bytes.
_VARIANCE = 5.0
# Prior probabilities of what Gale and Church call beads: sentences of the source, of the target.
_BEADS = {
    (1, 1): -math.log(0.90),
    (1, 2): -math.log(0.035),
    (2, 1): -math.log(0.035),
    (1, 3): -math.log(0.004),
    (3, 1): -math.log(0.004),
    (2, 2): -math.log(0.008),
    (1, 0): -math.log(0.003),
    (0, 1): -math.log(0.003),
}
# Standard deviations within which as many sentences on both sides go one to one without a search.
_PLAUSIBLE = 2.0
# What a number, Latin word or mark that stands on both sides of a bead is worth, and one that stands on one side only.
_SHARED, _UNSHARED = 1.5, 0.7
# The search looks only this far from the diagonal; segments are a few sentences long, blocks seldom over fifty.
_BAND = 12
_ANCHOR = re.compile(r"[?!]|\d{1,15}(?:[.,]\d{1,9})*|[A-Za-z][A-Za-z0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    length: float
    """In code points of English."""

    anchors: Counter[str]
    """Numbers, Latin words and marks that stand in the other language as well."""


def align_sentences(
    source: str, target: str, source_language: str, target_language: str, *, is_html: bool = False
) -> list[tuple[Range, Range]]:
    """Ranges of a segment and of its translation that say the same, as small as sentence ends allow.

    The pairs of ranges are found by dynamic programming over the lengths of sentences, with numbers and Latin words
    that stand on both sides as evidence. Sentences without a counterpart go with a neighbour. In `inline_html` no range
    parts the two tags of an element, so every slice is balanced where the body is.

    Source of the method: Gale and Church 1993, "A Program for Aligning Sentences in Bilingual Corpora",
    Computational Linguistics 19(1).

    Args:
        source: a segment, or the whole body of a block.
        target: its translation.
        source_language: BCP-47 tag.
        target_language: BCP-47 tag.
        is_html: whether both are `inline_html`.

    Returns:
        ((source start, end), (target start, end)), half-open, in code points, in the order of both texts, without white
        space at the ends of a range; together they cover everything else. If one side is blank, its range is empty;
        if both are, there are no pairs.
    """
    sources = _sentences(source, source_language, is_html=is_html)
    targets = _sentences(target, target_language, is_html=is_html)
    if not sources and not targets:
        return []
    if not sources or not targets:
        return [(_span(sources), _span(targets))]
    beads = _beads(sources, targets, _keep_shared_kinds(sources, targets))
    return [(_span(sources[i:k]), _span(targets[j:m])) for i, k, j, m in _merge_lonely(beads)]


def _span(sentences: list[_Sentence]) -> Range:
    return (sentences[0].start, sentences[-1].end) if sentences else (0, 0)


def _sentences(body: str, language: str, *, is_html: bool) -> list[_Sentence]:
    """Sentences of a body; those that a cut would part from the other tag of an element are one."""
    readable = Readable(body, is_html=is_html)
    scale = 1 / _LENGTH.get(base_language(language), 1.0)
    merged: list[Range] = []
    for start, end in sentence_ranges(readable, language):
        if merged and readable.splits_element(start):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    if not merged and body.strip():
        merged.append(trim(body, 0, len(body)))  # tags alone
    result = []
    for start, end in merged:
        text = readable.slice(start, end)
        result.append(_Sentence(start, end, max(1.0, len(text.strip()) * scale), _anchors(text)))
    return result


def _anchors(text: str) -> Counter[str]:
    return Counter(
        match.group().lower().replace(",", "") for match in _ANCHOR.finditer(unicodedata.normalize("NFKC", text))
    )


def _keep_shared_kinds(sources: list[_Sentence], targets: list[_Sentence]) -> list[str]:
    """Forget the anchors that one side lacks altogether, for they say nothing of which sentence is which.

    Returns:
        The anchors that are left.
    """
    here = {anchor for sentence in sources for anchor in sentence.anchors}
    there = {anchor for sentence in targets for anchor in sentence.anchors}
    for sentence in (*sources, *targets):
        for anchor in set(sentence.anchors) - (here & there):
            del sentence.anchors[anchor]
    return sorted(here & there)


class _Sums:
    """Lengths and anchors of sentences [i, k) of one side, by differences of sums from the start."""

    def __init__(self, sentences: Sequence[_Sentence], anchors: Sequence[str]) -> None:
        self._lengths = [0.0, *itertools.accumulate(sentence.length for sentence in sentences)]
        self._counts = [
            [0, *itertools.accumulate(sentence.anchors[anchor] for sentence in sentences)] for anchor in anchors
        ]

    def length(self, i: int, k: int) -> float:
        return self._lengths[k] - self._lengths[i]

    def counts(self, i: int, k: int) -> list[int]:
        return [count[k] - count[i] for count in self._counts]


def _beads(
    sources: list[_Sentence], targets: list[_Sentence], anchors: Sequence[str]
) -> list[tuple[int, int, int, int]]:
    """The cheapest sequence of beads: sentences [i, k) of the source are sentences [j, m) of the target."""
    rows, columns = len(sources), len(targets)
    if rows == columns and all(_is_plausible(one, other) for one, other in zip(sources, targets, strict=True)):
        return [(index, index + 1, index, index + 1) for index in range(rows)]
    here, there = _Sums(sources, anchors), _Sums(targets, anchors)
    band = max(_BAND, abs(rows - columns) + _BAND)
    best: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(rows + 1)]
    best[0][0] = (0.0, 0, 0)
    for k in range(rows + 1):
        centre = k * columns // rows
        for m in range(max(0, centre - band), min(columns, centre + band) + 1):
            for (taken, made), prior in _BEADS.items():
                before = best[k - taken].get(m - made) if taken <= k and made <= m else None
                if before is None:
                    continue
                cost = before[0] + prior + _cost(here.length(k - taken, k), there.length(m - made, m))
                if anchors:
                    cost += _anchor_cost(here.counts(k - taken, k), there.counts(m - made, m))
                if cost < best[k].get(m, (math.inf,))[0]:
                    best[k][m] = (cost, taken, made)
    beads = []
    k, m = rows, columns
    while k or m:
        _, taken, made = best[k][m]
        beads.append((k - taken, k, m - made, m))
        k, m = k - taken, m - made
    return beads[::-1]


def _is_plausible(source: _Sentence, target: _Sentence) -> bool:
    """Whether two sentences could be translations of each other, were there nothing else."""
    return source.anchors == target.anchors and _deviation(source.length, target.length) < _PLAUSIBLE


def _deviation(here: float, there: float) -> float:
    """How far two lengths differ, in standard deviations of the lengths of translations."""
    return abs(here - there) / math.sqrt(_VARIANCE * max(1.0, (here + there) / 2))


def _cost(here: float, there: float) -> float:
    """How unlikely such lengths of a text and its translation are, in nats: the normal distribution's two tails."""
    return -math.log(max(math.erfc(_deviation(here, there) / math.sqrt(2)), 1e-12))


def _anchor_cost(here: list[int], there: list[int]) -> float:
    return sum(_UNSHARED * abs(one - other) - _SHARED * min(one, other) for one, other in zip(here, there, strict=True))


def _merge_lonely(beads: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Beads without a source or a target joined to the one before them, or after the first."""
    merged: list[tuple[int, int, int, int]] = []
    for i, k, j, m in beads:
        if merged and (i == k or j == m or merged[-1][0] == merged[-1][1] or merged[-1][2] == merged[-1][3]):
            i, j = merged[-1][0], merged[-1][2]
            merged.pop()
        merged.append((i, k, j, m))
    return merged
