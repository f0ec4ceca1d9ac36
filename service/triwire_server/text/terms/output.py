"""Terms in an output: where the target form stands, and what stands in its place if it does not."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triwire_server.text.terms.edges import (
    HANGUL_RUN,
    Folded,
    are_particles,
    ending_after,
    fold,
    is_in_place,
    is_sentence_start,
    kind_of,
    stands_alone,
)
from triwire_server.text.terms.index import TermHit, is_all_capitals
from triwire_server.text.terms.particles import mend_certain_particle, mend_particle
from triwire_server.text.terms.transliteration import is_akin, likeness

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage of an output and the form that is to stand there."""

    start: int
    end: int
    form: str
    suffix: str = ""
    """What follows the form in place of an English ending: 의 and の (of)."""

    is_standing: bool = False
    """Whether the form stands there already, so that only the particle after it may be wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where terms stand in an output."""

    right: dict[str, list[Span]]
    """By target form, the places where it stands as it should; also as it may at the start of a sentence."""

    loose: list[Edit]
    """Places where it differs in case, spaces or the points of a name."""

    taken: bytearray
    """For every character of the output whether a term stands there."""

    def has(self, form: str) -> bool:
        """Whether a target form stands anywhere, in its own or in a loose spelling."""
        return bool(self.right.get(form)) or any(edit.form == form for edit in self.loose)

    def covers(self, start: int, end: int) -> bool:
        """Whether a passage overlaps one where a term stands."""
        return any(self.taken[start:end])


def distinct(hits: Sequence[TermHit]) -> list[TermHit]:
    """The first hit of every target form, those with the longest target form first."""
    first: dict[str, TermHit] = {}
    for hit in hits:
        first.setdefault(hit.target_form, hit)
    return sorted(first.values(), key=lambda hit: -len(hit.target_form))


def find_targets(text: str, hits: Sequence[TermHit]) -> Found:
    """Where the target forms of distinct hits stand. A passage belongs to the longest form that fits it."""
    folded = fold(text)
    found = Found({}, [], bytearray(len(text)))
    for hit in hits:
        spans: list[Span] = []
        for match in _pattern(hit.target_form).finditer(folded.text):
            place = folded.span(*match.span())
            if found.covers(*place) or not is_in_place(folded.text, *match.span()):
                continue
            found.taken[place[0] : place[1]] = b"\x01" * (place[1] - place[0])
            if _is_as_wanted(text[place[0] : place[1]], hit.target_form, folded, match.start()):
                spans.append(place)
            else:
                found.loose.append(Edit(*place, hit.target_form))
        found.right[hit.target_form] = spans
    return found


@functools.lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    """The form in a folded text, regardless of case, of spaces in Korean compounds and of the points of a name."""
    folded = fold(form).text
    parts: list[str] = []
    for index, character in enumerate(folded):
        if character in " ·-":
            optional = "?" if any(kind_of(c) in "hkc" and kind_of(c) for c in folded) else ""
            parts.append(f"[ ·-]{optional}")
            continue
        before = folded[index - 1] if index else ""
        if kind_of(character) == "h" and before and kind_of(before) == "h" and len(folded) >= 3:
            parts.append(" ?")
        parts.append(re.escape(character))
    return re.compile("".join(parts), re.IGNORECASE)


_DATELINE = re.compile(r"[A-Z. ]{3,30}(?:,| \(| -|:| —)")


def _is_as_wanted(found: str, form: str, folded: Folded, start: int) -> bool:
    if found == form:
        return True
    if found.lower() != form.lower():
        return False
    if found[1:] == form[1:] and found[0].isupper() and is_sentence_start(folded.text, start):
        return True
    if form == form.lower():  # a headline may write a common noun with capitals
        return found.istitle() or is_all_capitals(folded.text)
    # Capitals as the style of a headline or, at the very beginning, of a dateline: SEOUL, May 3.
    return found.isupper() and (is_all_capitals(folded.text) or (not start and bool(_DATELINE.match(folded.text))))


def find_variants(text: str, hits: Sequence[TermHit], found: Found, language: str) -> list[Edit]:
    """Passages where a term stands as another language writes it, or as the source does, outside of brackets."""
    folded = fold(text)
    taken = bytearray(found.taken)
    edits: list[Edit] = []
    for hit in hits:
        for form in hit.other_forms:
            if fold(form).lower[:1] not in folded.lower:
                continue  # most are of a script that the output does not have
            for match in _pattern(form).finditer(folded.text):
                edit = _variant(folded, *match.span(), hit.target_form, language)
                if edit is not None and not any(taken[edit.start : edit.end]):
                    taken[edit.start : edit.end] = b"\x01" * (edit.end - edit.start)
                    edits.append(edit)
    return edits


def _variant(folded: Folded, start: int, end: int, form: str, language: str) -> Edit | None:
    text = folded.text
    if text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]"):
        return None  # the original beside its translation
    suffix = ""
    kind = kind_of(text[end - 1])
    if kind == "h" and language != "ko":
        run = HANGUL_RUN.match(text, end)
        end += len(run.group()) if run and are_particles(run.group()) else 0
    elif not stands_alone(text, start, end):
        return None
    elif kind == "w" and language != "en":
        ending = text[end : end + ending_after(text, start, end)]
        end += len(ending)
        if "'" in ending:
            suffix = "의" if language == "ko" else "の"
    return Edit(*folded.span(start, end), form, suffix)


# A particle and what may stand between it and its term; see text/terms/particles.py.
_MAX_AFTER = 100


def edit_text(text: str, edits: Sequence[Edit], language: str) -> str:
    """The text with every passage replaced, and in Korean the particle after each form agreeing with it.

    Args:
        text: an output.
        edits: in any order, without overlaps.
        language: base language of the output.
    """
    parts: list[str] = []
    position = 0
    ordered = sorted(edits, key=lambda edit: edit.start)
    for index, edit in enumerate(ordered):
        parts += [text[position : edit.start], edit.form, edit.suffix]
        position = edit.end
        if language != "ko" or edit.suffix:
            continue
        limit = ordered[index + 1].start if index + 1 < len(ordered) else len(text)
        limit = min(limit, position + _MAX_AFTER)
        mend = mend_certain_particle if edit.is_standing else mend_particle
        parts.append(mend(edit.form + text[position:limit], len(edit.form))[len(edit.form) :])
        position = limit
    parts.append(text[position:])
    return "".join(parts)


# Adjectives of countries that do not begin with the country's name; those that do (Korean) count as the name itself.
_ADJECTIVES_OF = """
Afghanistan:Afghan Argentina:Argentine Austria:Austrian Belgium:Belgian Britain:British Chile:Chilean China:Chinese
Denmark:Danish England:English Europe:European Finland:Finnish France:French Germany:German Greece:Greek
Lebanon:Lebanese Hungary:Hungarian Iceland:Icelandic Ireland:Irish Italy:Italian Kazakhstan:Kazakh
Mexico:Mexican Morocco:Moroccan Myanmar:Burmese Netherlands:Dutch Norway:Norwegian Peru:Peruvian
Philippines:Philippine Poland:Polish
Portugal:Portuguese Scotland:Scottish Spain:Spanish Sweden:Swedish Switzerland:Swiss Taiwan:Taiwanese Thailand:Thai
Turkey:Turkish Ukraine:Ukrainian Uzbekistan:Uzbek Wales:Welsh Tibet:Tibetan Venezuela:Venezuelan Yemen:Yemeni
"""
_ADJECTIVES = dict(pair.split(":") for pair in _ADJECTIVES_OF.split())


def find_adjective(text: str, hit: TermHit, language: str) -> Span | None:
    """Where an English output has a country's adjective in place of its name: the German navy (독일 해군)."""
    adjective = _ADJECTIVES.get(hit.target_form.removeprefix("the ").removeprefix("The ")) if language == "en" else None
    match = re.search(rf"\b{adjective}s?\b", text) if adjective else None
    return match.span() if match else None


_WORDS = {
    "ko": re.compile(r"[가-힣]+"),
    "ja": re.compile(r"[\u30a1-\u30fa\u30fc]+"),
    "en": re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’.-][A-Za-z\u00c0-\u024f]+)*"),
}
_MIN_MARGIN = 0.1
# The longer a text, the likelier that something else in it is as near.
_MAX_SEARCHED_CHARACTERS = 4000
# A syllable that may be a particle is taken for one where spelling alone does not decide.
_PARTICLE_BONUS = 0.05


def find_lookalike(text: str, hit: TermHit, found: Found, language: str) -> list[Edit]:
    """Where the one phrase stands that must be another spelling of a missing term; none if two phrases may be it.

    Evidence is the spelling alone: consonants that agree with the target form's and most letters the same, or the
    source form itself in brackets right after it. Texts of over 4,000 characters are not searched.
    """
    words = _WORDS.get(language)
    if words is None or len(text) > _MAX_SEARCHED_CHARACTERS:
        return []
    scores: dict[str, float] = {}
    places: dict[str, list[Edit]] = {}
    for start, end, is_as_long in _phrases(text, words, hit.target_form, language):
        if found.covers(start, end):
            continue
        phrase = text[start:end]
        if hit.target_form in phrase or (language == "en" and hit.target_form.startswith(phrase)):
            continue  # a word made of the form (한국어, Korean language) or its stem, not another spelling
        score = likeness(phrase, hit.target_form, is_verbatim=hit.is_verbatim)
        if score and language == "ko" and text[end : end + 1] and kind_of(text[end]) == "h":
            score += _PARTICLE_BONUS
        if _is_glossed(text, end, hit) and (
            score or (is_as_long and is_akin(phrase, hit.target_form, hit.source_form))
        ):
            # What stands right before "(Calzadilla)" and sounds a little like it is meant to be Calzadilla.
            score += 1.0
        if score:
            scores[phrase] = max(score, scores.get(phrase, 0.0))
            places.setdefault(phrase, []).append(Edit(start, end, hit.target_form))
    if not scores:
        return []
    best = max(scores, key=lambda phrase: scores[phrase])
    rivals = [phrase for phrase in scores if phrase != best and scores[best] - scores[phrase] < _MIN_MARGIN]
    if any(not _overlap(places[best], places[rival]) for rival in rivals):
        return []
    return places[best]


def _overlap(edits: Sequence[Edit], others: Sequence[Edit]) -> bool:
    return any(edit.start < other.end and other.start < edit.end for edit in edits for other in others)


def _is_glossed(text: str, end: int, hit: TermHit) -> bool:
    after = text[end : end + len(hit.source_form) + 3].lstrip()
    return after[:1] in ("(", "（") and after[1:].lstrip().lower().startswith(hit.source_form.lower())


def _phrases(text: str, words: re.Pattern[str], form: str, language: str) -> Iterator[tuple[int, int, bool]]:
    """Runs of as many words as the form has (True), one fewer or more; in Korean also without particles at the end."""
    tokens = [match.span() for match in words.finditer(text)]
    wanted = max(1, len(words.findall(form)))
    for index, (start, _) in enumerate(tokens):
        if language == "en" and not text[start].isupper():
            continue
        for count in {max(1, wanted - 1), wanted, wanted + 1}:
            last = index + count - 1
            if last >= len(tokens) or any(
                text[tokens[i][1] : tokens[i + 1][0]] not in (" ", "·", "・", "＝", "=") for i in range(index, last)
            ):
                continue
            yield from ((start, end, count == wanted) for end in _ends(text, *tokens[last], language))


def _ends(text: str, start: int, end: int, language: str) -> Iterator[int]:
    yield end
    if language == "ko":
        for cut in range(end - 1, start, -1):
            if are_particles(text[cut:end]):
                yield cut
    elif language == "en" and text[end - 2 : end] in ("'s", "’s"):
        yield end - 2
