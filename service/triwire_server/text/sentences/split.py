"""Where sentences end, in English, Korean and Japanese.

A rule splitter: the libraries cut inside 「…。」と述べた and ".”고 말했다" (Japanese and Korean for "..., he said").
One convention for all three languages: an embedded quotation is never cut from its reporting clause, but a quotation of
over 300 characters is cut inside. Every scan is linear in the length of the text.
"""

import re

from triwire_server.text.characters import Script, script_of
from triwire_server.text.language import base_language
from triwire_server.text.sentences.quotes_and_brackets import CLOSERS, PAIRS, QUOTE_CLOSERS, inside_pairs
from triwire_server.text.sentences.words import (
    AFTER_TIME,
    BEFORE_NUMBER,
    KOREAN_VERBS_OF_SAYING,
    LOWER_ALREADY,
    MAY_BE_LAST,
    NAMES_WITH_MARK,
    NEVER_LAST,
    OPENERS,
    VERBS_OF_SAYING,
)

_WIDE_TERMINATORS = frozenset("。！？｡．")
_CLOSER_CLASS = re.escape("".join(sorted(CLOSERS)))
# Terminators with the closers and the spaces after them, or a line end with the white space after it.
_CANDIDATE = re.compile(rf"([.!?…。！？｡．‼⁇⁈⁉]+)([{_CLOSER_CLASS}]*)([^\S\n]*)|\n\s*")
_SPACES = re.compile(r"\s*")
# Footnote marks and emoji after a full stop belong to the sentence before them.
_TAIL = re.compile(r"(?:\[\d{1,3}\]|[ \u00a0]?[\U0001f300-\U0001faff\u2764\ufe0f\u200d])+(?=\s|\Z|[^\x00-\x7f])")
_WIDE_SCRIPTS = frozenset({Script.HANGUL, Script.KANA, Script.HAN})
_NAME_ENDS = frozenset(name[-2] for name in NAMES_WITH_MARK)
_WRAP_COLUMNS = 50
_MAX_QUOTATIONS = 4

# Japanese after a closing quote or a ？: the sentence goes on with a particle, the copula or more punctuation. Words
# that begin a sentence with the same characters are left out: ところが, でも, もちろん, だが (but, of course)
_JA_GOES_ON = re.compile(
    r"と(?!ころ|にかく|はいえ|くに|ても|き|うとう|り|なり|ある|もあれ|もかく)|の(?!ち|ん)|が(?!ん)|は(?!い|じ|っ)|を|に(?!わか)"
    r"|で(?!も、|きる|あれ)|も(?!う|ち|っと|し)|や(?!は|が|っ)|[、。，．」』）]|など|だ(?!が|から|って|け)|です(?!が|から)|へ|から|まで|って"
)
# Korean writes the reporting clause with and without a space: ” 고, ”라고, ” 라며, ” 하고 (said, saying).
_KO_PARTICLE = re.compile(r"\s{0,2}(?:이?라?고|이?라?며|이?라?면서|하고|하며|하면서|이?라는|라던|이?란|는)\s")
_KO_REPORTING = re.compile(
    rf"\s(?:[^\s.!?]{{1,12}}\s){{0,3}}(?:이?라고\s)?[^\s.!?]{{0,6}}(?:{KOREAN_VERBS_OF_SAYING})[^\s.!?]{{0,4}}다\."
)
_KO_END = frozenset("다요까죠음함임")
_KO_NO_START = re.compile(r"이?라?고|이?라?며|이?라?는|에서|으로|하고")
# “Who?” Mr. Hallam asked. Not: “Stop!” The mayor said the ...
_EN_REPORTING = re.compile(
    rf"\s{{1,3}}(?:[A-Z][\w’'.-]{{0,30}}\s{{1,2}}){{1,5}}(?:{VERBS_OF_SAYING})\b(?!\s(?:the|that|he|she|it|they|we|there|his)\b)"
)
_WORD_BACKWARDS = re.compile(r"[\w.]{1,14}")
_NEXT_WORD = re.compile(r"[\"'“‘(\[]{0,2}([A-Za-z]{1,16}(?:['’][a-z]{1,2})?)(\.?)")
_INITIALS = re.compile(r"(?:[a-z]\.){1,5}[a-z]")
_DATE_BEFORE = re.compile(r"(?:19|20)\d\d\.\s?\d{1,2}\.\s?\d{1,2}\Z")
_ENUMERATOR = re.compile(r"\s*[(（]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\Z")
_BRAND = re.compile(r"[a-z]{1,2}[A-Z]")


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Sentences of a text as ranges that follow each other without gaps: joined again they are the text.

    White space after a sentence belongs to it. An empty text has none.

    Args:
        text: any string, control characters and lone surrogates included.
        language: BCP-47 tag; "ja", "ko", and anything else reads as English.

    Returns:
        [start, end) in code points, none empty.
    """
    if not text:
        return []
    splitter = _Splitter(text, base_language(language))
    ranges: list[tuple[int, int]] = []
    start = position = 0
    length = len(text)
    while (match := _CANDIDATE.search(text, position)) is not None:
        position = match.end()
        if match.group(1) is None:
            end = position if splitter.ends_line(start, match.start(), position) else 0
        else:
            end = splitter.end_of_sentence(start, match)
        if end:
            ranges.append((start, end))
            start = position = end
    if start < length:
        if ranges and not text[start:].strip():
            ranges[-1] = (ranges[-1][0], length)
        else:
            ranges.append((start, length))
    return ranges


class _Splitter:
    """Decides of one place after the other whether a sentence ends there."""

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._language = language
        self._inside = inside_pairs(text)

    def ends_line(self, start: int, position: int, after: int) -> bool:
        """Whether the line ends at [position, after) end what began at `start`."""
        text = self._text
        if text.count("\n", position, after) == 1 and _is_wrapped(text, start, position):
            return False
        return not text[start:position].isspace() and position > start

    def end_of_sentence(self, start: int, match: re.Match[str]) -> int:
        """One past the sentence, white space included, that ends with the terminators of a match; 0 if none does."""
        text = self._text
        stop, after, position = match.end(1), match.end(2), match.end()
        if position == len(text):
            return position
        if self._inside[after] or not self._ends(start, match.start(), stop, after, position):
            return 0
        if text[position] > "~" or text[position] == "[":
            tail = _TAIL.match(text, after)
            position = tail.end() if tail else position
        if text[position : position + 1].isspace():
            position = self._skip_spaces(position)
        return position

    def _skip_spaces(self, position: int) -> int:
        match = _SPACES.match(self._text, position)
        return match.end() if match else position

    def _ends(self, start: int, first: int, stop: int, after: int, position: int) -> bool:
        """Whether terminators [first, stop), closers up to `after` and spaces up to `position` end a sentence."""
        text = self._text
        last = text[stop - 1]
        if last != "." and text[stop - 2] in _NAME_ENDS and text.endswith(NAMES_WITH_MARK, max(0, stop - 9), stop):
            return self._next_opens(position)
        if last in _WIDE_TERMINATORS:
            return self._ends_wide(start, first, stop, after)
        if position > after or text[after] == "\n":
            return self._ends_before_space(start, first, stop, after, position)
        if text[after] in "[\u2764" or text[after] > "\uffff":
            return _TAIL.match(text, after) is not None
        return self._ends_without_space(first, stop, after)

    def _ends_wide(self, start: int, first: int, stop: int, after: int) -> bool:
        text = self._text
        if text[stop - 1] == "．" and (
            (text[first - 1 : first].isdigit() and text[after].isdigit()) or not text[start : first - 1].strip()
        ):
            return False  # １．５ and the "Ｑ．" before a question
        if after == stop and text[stop - 1] not in "！？":
            return True
        return text[after].isspace() or not _JA_GOES_ON.match(text, self._skip_quotations(stop, after))

    def _skip_quotations(self, stop: int, after: int) -> int:
        """Past the quotations that follow at once: 彼は「行く。」「帰る。」と繰り返した ("...", "...", he repeated)."""
        text = self._text
        for _ in range(_MAX_QUOTATIONS if after > stop else 0):
            closer = PAIRS.get(text[after : after + 1], "")
            end = text.find(closer, after, after + 300) if closer in ("」", "』") else -1
            if end < 0:
                break
            after = end + 1
        return after

    def _ends_without_space(self, first: int, stop: int, after: int) -> bool:
        """6.25, example.com and ”고 are no ends; a space that somebody forgot is one: 했다.그는, "said.The"."""
        text = self._text
        before, following = text[first - 1 : first], text[after]
        script = script_of(following)
        if after > stop or not before:
            return False
        if self._language == "ja":
            if script not in (Script.KANA, Script.HAN):
                return False
            if text[stop - 1] in "!?":
                return not _JA_GOES_ON.match(text, after)
            return text[stop - 1] == "." and stop - first == 1 and script_of(before) in (Script.KANA, Script.HAN)
        if self._language == "ko":
            return before in _KO_END and script is Script.HANGUL and not _KO_NO_START.match(text, after)
        if (
            script is not Script.LATIN
            or not following.isupper()
            or not (before.islower() and text[first - 2].islower())
        ):
            return False
        word = _NEXT_WORD.match(text, after)
        return word is not None and word.group(1).lower() in OPENERS and text[word.end() : word.end() + 1] == " "

    def _ends_before_space(self, start: int, first: int, stop: int, after: int, next_position: int) -> bool:
        text = self._text
        if text[next_position] == "\n":
            next_position = self._skip_spaces(next_position)
            if next_position >= len(text):
                return True
        following = text[next_position]
        if following in ".…,;":
            return False
        is_lower = following.islower() and script_of(following) is Script.LATIN
        # 했다. e스포츠는 (... did. E-sports ...): after a Korean or Japanese word a small letter opens as well.
        if is_lower and script_of(text[first - 1]) not in _WIDE_SCRIPTS and not _BRAND.match(text, next_position):
            return False
        if (
            (following in PAIRS or following in "\"'")
            and text[stop - 1] in ".…"
            and (stop - first > 1 or text[first] == "…")
        ):
            return not text[next_position + 1 : next_position + 2].islower()  # he said … “please”
        if after > stop:
            return text[after - 1] not in QUOTE_CLOSERS or not self._reports(stop, after)
        if text[stop - 1] != "." or stop - first > 1:
            return True
        return not self._is_abbreviation(start, first, next_position)

    def _reports(self, stop: int, after: int) -> bool:
        """Whether a clause that reports the quotation before it begins here."""
        text = self._text
        limit = min(len(text), after + 120)
        if script_of(text[after + 1 : after + 2] or " ") is Script.HANGUL:
            return bool(_KO_PARTICLE.match(text, after, limit) or _KO_REPORTING.match(text, after, limit))
        if text[stop - 1] == ".":
            return False  # a reporting clause follows a comma, or a mark that asks or cries
        match = _EN_REPORTING.match(text, after, limit)
        return match is not None and not self._next_opens(self._skip_spaces(after))

    def _next_opens(self, position: int) -> bool:
        """Whether the next word is one that opens a sentence."""
        word = _NEXT_WORD.match(self._text, position)
        return word is not None and not word.group(2) and word.group(1).lower() in OPENERS

    def _is_abbreviation(self, start: int, dot: int, next_position: int) -> bool:
        """Whether the full stop at `dot` belongs to an abbreviation, an initial, a list number or a numbered date."""
        text = self._text
        if text[dot - 1 : dot].isspace():
            return False
        # Read backwards from the full stop: a search forwards would try every start.
        match = _WORD_BACKWARDS.match(text[max(start, dot - 14) : dot][::-1])
        word = match.group()[::-1].lstrip(".") if match else ""
        following = text[next_position]
        if dot - start < 8 and _ENUMERATOR.match(text[start:dot]):
            return True
        if word[-1:].isdigit() and self._language in ("ko", "ja"):
            # 2019. 8. 22. 문을 열었다 (it opened on ...): the date's last full stop is no end either.
            is_date = _DATE_BEFORE.search(text[max(0, dot - 14) : dot]) is not None
            return is_date or (following.isdigit() and word.isdigit() and len(word) <= 4)
        lowered = word.lower()
        is_capital = word[:1].isupper()
        if lowered in ("a.m", "p.m"):
            return self._goes_on_after_time(next_position)
        if lowered in LOWER_ALREADY or (is_capital and lowered in NEVER_LAST):
            return True
        if lowered in BEFORE_NUMBER and following.isdigit():
            return True
        if len(word) == 1 and word.isascii() and is_capital:
            return self._is_initial(word, dot, next_position)
        if _INITIALS.fullmatch(lowered) or (is_capital and lowered in MAY_BE_LAST):
            return not self._next_opens(next_position)
        return False

    def _is_initial(self, word: str, dot: int, next_position: int) -> bool:
        if self._next_opens(next_position):
            return False
        # "So did I. Nobody cared." against "Will I. Amos".
        previous = self._text[max(0, dot - 24) : dot - 1].split()
        return word != "I" or not previous or not previous[-1][:1].islower()

    def _goes_on_after_time(self, next_position: int) -> bool:
        word = _NEXT_WORD.match(self._text, next_position)
        if word is None:
            return self._text[next_position] in "(（"
        name = word.group(1)
        return (name.isupper() and 2 <= len(name) <= 4) or name.lower() in AFTER_TIME


def _is_wrapped(text: str, start: int, position: int) -> bool:
    """Whether the line that ends at `position` looks cut by a hard wrap."""
    line_start = max(start, text.rfind("\n", start, position) + 1)
    length = position - line_start
    if 2 * length < _WRAP_COLUMNS or length >= _WRAP_COLUMNS:
        return length >= _WRAP_COLUMNS
    wide = sum(script_of(character) in _WIDE_SCRIPTS for character in text[line_start:position])
    return length + wide >= _WRAP_COLUMNS
