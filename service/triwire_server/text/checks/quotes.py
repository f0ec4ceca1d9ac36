"""Quotation marks that were lost or added, and words in marks that nobody said.

Marks are read by pairs, not by language: “ ” ‘ ’ " ' « » 「 」 『 』 《 》 〈 〉. Translators turn one kind into
another, join two quotations around "he said", and drop or add marks around titles and single words. So what is
compared is the share of a text inside marks, and only a quotation of several words counts as a statement.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import is_cjk, squeeze, width
from triwire_server.text.doubt import CRITICAL, INFO, WARNING, Bodies, Place, doubt

_DOUBLE_OPENERS, _DOUBLE_CLOSERS = frozenset('“„‟〝"＂'), frozenset('”〟"＂“')  # “ closes German „
_SINGLE_OPENERS, _SINGLE_CLOSERS = frozenset("‘‚‛'"), frozenset("’'")
_BRACKETS = {"「": "」", "『": "』", "｢": "｣", "《": "》", "〈": "〉", "«": "»", "<": ">"}
_BRACKET_CLOSERS = frozenset(_BRACKETS.values())
_TITLE_MARKS = frozenset("《〈『<")
_MARK = re.compile("[“„‟〝\"＂”〟‘‚‛’'「」『』｢｣《》〈〉«»<>\n]")
# A single mark whose partner is further away is an apostrophe; an angle bracket's partner is near.
_MAX_SINGLE_CHARACTERS, _MAX_ANGLE_CHARACTERS = 400, 40

# Columns (wide letters count 2) from which a quotation is what somebody said rather than a title or a word in doubt.
_STATEMENT_WIDTH = 22
# A text whose quoted share falls by more than this, to less than this part of what it was, has lost marks.
_LOST_SHARE, _LEFT_PART = 0.3, 0.55


class Quotation(NamedTuple):
    """A passage in quotation marks, and the place of the words between them."""

    start: int
    end: int
    inner: Place
    opener: str
    is_open: bool
    """Whether one of the two marks is not there: the quotation begins or goes on outside of the text."""


def find_quotations(text: str) -> list[Quotation]:
    """The quotations of a text in order, those inside of others left out. Linear in its length.

    An apostrophe is no mark. A double mark or a corner bracket without its partner quotes up to the end of the line, or
    from its beginning: an interview quotes over several paragraphs, and opens each of them.
    """
    return _Scan(text).quotations


class _Scan:
    """One pass over the marks of a text; at most one quotation, the outermost, is open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.quotations: list[Quotation] = []
        self._line_start = 0
        self._outer: tuple[str, int] | None = None
        self._depth = 0
        marks = [match.start() for match in _MARK.finditer(text)]
        self._single_closers = [i for i in marks if text[i] in _SINGLE_CLOSERS and self._can_close_single(i)]
        self._angle_closers = [i for i in marks if text[i] == ">"]
        for index in marks:
            if text[index] == "\n":
                self._end_line(index)
            else:
                self._read_mark(index)
        self._end_line(len(text))

    def _read_mark(self, index: int) -> None:
        if self._outer is None:
            self._outside(index)
        else:
            self._inside(index, *self._outer)

    def _outside(self, index: int) -> None:
        mark = self.text[index]
        if mark in _SINGLE_OPENERS:
            opens = self._opens_single(index)
        elif mark == "<":
            is_spaced = self.text[index + 1 : index + 2].isspace()  # 3 < 5
            opens = not is_spaced and self._is_near(self._angle_closers, index, _MAX_ANGLE_CHARACTERS)
        elif mark in _DOUBLE_OPENERS and mark in _DOUBLE_CLOSERS and mark != "“":
            opens = not self._ends_a_passage(index)
        else:
            opens = mark in _DOUBLE_OPENERS or mark in _BRACKETS
        if opens:
            self._outer, self._depth = (mark, index), 0
        elif mark in _DOUBLE_CLOSERS or (mark in _BRACKET_CLOSERS and mark != ">"):
            self._close_earlier(index, mark)

    def _inside(self, index: int, opener: str, start: int) -> None:
        mark = self.text[index]
        if opener in _BRACKETS:
            self._depth += (mark == opener) - (mark == _BRACKETS[opener])
            closes = self._depth < 0
        elif opener in _SINGLE_OPENERS:
            partner = "'" if opener == "'" else "’"
            closes = mark == partner and self._closes_single(index)
        else:
            closes = mark in _DOUBLE_CLOSERS and (mark != "“" or opener == "„")
        if closes:
            self._add(start, index + 1, (start + 1, index), opener)

    def _end_line(self, index: int) -> None:
        if self._outer is not None:
            opener, start = self._outer
            self._add(start, index, (start + 1, index), opener, is_open=True)
        self._line_start = index + 1

    def _close_earlier(self, index: int, mark: str) -> None:
        """A closing mark alone is the end of what began before the line; after another quotation it is a slip."""
        if mark in '"＂' and self.text[index - 1 : index].isdigit():
            return  # 5'10"
        if not self.quotations or self.quotations[-1].start < self._line_start:
            start = self._line_start
            self._add(start, index + 1, (start, index), mark, is_open=True)

    def _add(self, start: int, end: int, inner: Place, opener: str, *, is_open: bool = False) -> None:
        self._outer = None
        if squeeze(self.text[slice(*inner)]):
            self.quotations.append(Quotation(start, end, inner, opener, is_open))

    def _ends_a_passage(self, index: int) -> bool:
        before, after = self.text[index - 1 : index], self.text[index + 1 : index + 2]
        if not before or before.isspace() or before in "(（[-–—:：":
            return False
        # 현실입니다."라고: Korean particles follow the mark without a space.
        return not after.isalnum() or before in ".,!?…。、" or (is_cjk(before) and is_cjk(after))

    def _can_close_single(self, index: int) -> bool:
        before, after = self.text[index - 1 : index], self.text[index + 1 : index + 2]
        return bool(before) and not before.isspace() and not (after.isalnum() and not is_cjk(after))

    def _closes_single(self, index: int) -> bool:
        if not self._can_close_single(index):
            return False
        if self.text[index - 1] == "s" and self.text[index + 1 : index + 2] == " ":
            # The workers' union: a possessive, if the quotation is closed later.
            following = self.text[index + 2 : index + 3]
            return not (following.islower() and self._is_near(self._single_closers, index, _MAX_SINGLE_CHARACTERS))
        return True

    def _opens_single(self, index: int) -> bool:
        before, after = self.text[index - 1 : index], self.text[index + 1 : index + 2]
        if not after or after.isspace() or after.isdigit() or (before.isalnum() and not is_cjk(before)):
            return False
        return self._is_near(self._single_closers, index, _MAX_SINGLE_CHARACTERS)

    @staticmethod
    def _is_near(closers: Sequence[int], index: int, limit: int) -> bool:
        position = bisect_right(closers, index)
        return position < len(closers) and closers[position] - index <= limit


def check_quotes(source: str, target: str) -> list[Finding]:
    """Quotations of a source that lost their marks in a translation, and passages that were put into marks.

    Returns:
        Lost: `source.range` and `expected` are the quotation, WARNING for a statement, INFO for a word or two. Added:
        `target` and `actual` are the passage. A mark without its partner, where the source has both: WARNING.
    """
    if not _MARK.search(source) and not _MARK.search(target):
        return []
    quoted, written = find_quotations(source), find_quotations(target)
    source_share, target_share = _share(source, quoted), _share(target, written)
    if quoted and not written:
        return _lost(source, quoted)
    if written and not quoted:
        return _added(target, written)
    if _is_much_less(target_share, source_share):
        return _lost(source, [max(quoted, key=_length)])
    if _is_much_less(source_share, target_share):
        return _added(target, [max(written, key=_length)])
    return _without_partner(target, written) if not any(quotation.is_open for quotation in quoted) else []


def check_quoted_words(bodies: Bodies, statement: str, article_language: str, language: str) -> list[Finding]:
    """Words in quotation marks of a summary that the article does not have.

    Args:
        bodies: those of the article.
        statement: a statement of the summary.
        article_language: base tag of the article.
        language: base tag of the statement.

    Returns:
        In the language of the article, words must stand there one after the other; marks, capitals and the endings of
        Korean and Japanese verbs are free. WARNING, CRITICAL for a statement of which most is not in the article. In
        another language, only that an article without any quotation was made to quote.
    """
    quotations = [q for q in find_quotations(statement) if not q.is_open]
    if not quotations:
        return []
    if article_language != language:
        return _quoted_from_nothing(bodies, statement, quotations)
    passages = [squeeze(body) for _, body in bodies]
    passages.append(squeeze(" ".join(body[slice(*q.inner)] for _, body in bodies for q in find_quotations(body))))
    bare_passages = [squeeze(_without_particles(body)) for _, body in bodies] if language == "ko" else []
    findings = []
    for quotation in quotations:
        words = statement[slice(*quotation.inner)]
        if not _stands_in(words, passages, language) and not (
            language == "ko" and _stands_in(_without_particles(words), bare_passages, language)
        ):
            is_invented = _is_statement(statement, quotation) and _share_of_pieces(words, passages) < 0.5
            severity = CRITICAL if is_invented else WARNING
            findings.append(_in_marks(severity, "the article does not have the quoted words", statement, quotation))
    return findings


def _lost(source: str, quotations: Sequence[Quotation]) -> list[Finding]:
    statements = [quotation for quotation in quotations if _is_statement(source, quotation)]
    severity = WARNING if statements else INFO
    return [
        doubt(
            Finding.KIND_QUOTE_MISMATCH,
            severity,
            "a quotation lost its marks",
            source=(quotation.start, quotation.end),
            expected=source[slice(*quotation.inner)],
        )
        for quotation in statements or [q for q in quotations if q.opener not in _TITLE_MARKS][:1]
    ]


def _added(target: str, quotations: Sequence[Quotation]) -> list[Finding]:
    """Titles, names and emphasis are put into marks freely, most of all into 「」 and ‘’; statements are not."""
    message = "words were put between quotation marks"
    statements = [quotation for quotation in quotations if _is_statement(target, quotation)]
    if statements:
        return [_in_marks(WARNING, message, target, quotation) for quotation in statements]
    short = [quotation for quotation in quotations if quotation.opener in _DOUBLE_OPENERS]
    return [_in_marks(INFO, message, target, short[0])] if short else []


def _without_partner(target: str, written: Sequence[Quotation]) -> list[Finding]:
    message = "a quotation mark has no partner"
    return [_in_marks(WARNING, message, target, quotation) for quotation in written if quotation.is_open]


def _quoted_from_nothing(bodies: Bodies, statement: str, quotations: Sequence[Quotation]) -> list[Finding]:
    if any(find_quotations(body) for _, body in bodies):
        return []
    return _added(statement, quotations)


def _in_marks(severity: "Finding.Severity.ValueType", message: str, text: str, quotation: Quotation) -> Finding:
    return doubt(
        Finding.KIND_QUOTE_MISMATCH,
        severity,
        message,
        target=(quotation.start, quotation.end),
        actual=text[slice(*quotation.inner)],
    )


def _length(quotation: Quotation) -> int:
    return quotation.end - quotation.start


def _is_statement(text: str, quotation: Quotation) -> bool:
    if quotation.opener in _TITLE_MARKS:
        return False
    words = text[slice(*quotation.inner)].strip()
    if words.isascii() and len(words.split()) < 4:
        return False
    return width(words) >= _STATEMENT_WIDTH


def _share(text: str, quotations: Sequence[Quotation]) -> float:
    if not quotations:
        return 0.0
    return sum(width(text[slice(*quotation.inner)]) for quotation in quotations) / max(width(text), 1)


def _is_much_less(share: float, than: float) -> bool:
    return than - share > _LOST_SHARE and share < _LEFT_PART * than


# What a newspaper leaves out or puts into a quotation, and where it joins two.
_BREAK = re.compile(r"\[[^\[\]\n]{0,60}\]|\([^()\n]{0,60}\)|（[^（）\n]{0,60}）|[.…‥,;:!?、。，！？·・—–]+|\s-\s")
# What a reporting clause changes: "않겠습니다" -> "않겠다", "諦めません" -> "諦めない" (will not, polite and plain).
_FREE_ENDING = {"ko": re.compile(r"(?<=[가-힣])[가-힣]{1,3}$"), "ja": re.compile(r"(?<=.)[ぁ-ん]{1,5}$")}


# Korean headlines quote without particles: "환자 곁 떠나지 말아 달라" for "환자 곁을 ..." (do not leave the patients).
_PARTICLE = re.compile(r"(?<=[가-힣])[을를은는이가의에도와과](?![가-힣])")


def _without_particles(text: str) -> str:
    return _PARTICLE.sub("", text)


def _stands_in(words: str, passages: Sequence[str], language: str) -> bool:
    whole = squeeze(words)
    if any(whole in passage for passage in passages):
        return True
    ending = _FREE_ENDING.get(language)
    for piece in _BREAK.split(words):
        kept = squeeze(piece if ending is None else ending.sub("", piece.strip()))
        if not any(kept in passage for passage in passages):
            return False
    return True


def _share_of_pieces(words: str, passages: Sequence[str]) -> float:
    """Share of the longer words of English, or of the pairs of letters of Korean and Japanese, that the article has."""
    units = [squeeze(word) for word in words.split() if len(word) > 3]
    letters = squeeze(words)
    if not letters.isascii() or not units:
        units = [letters[index : index + 2] for index in range(len(letters) - 1)]
    found = sum(any(unit in passage for passage in passages) for unit in units)
    return found / max(len(units), 1)
