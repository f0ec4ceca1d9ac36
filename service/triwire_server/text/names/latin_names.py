"""Names in Latin letters: those of an English text, and those that stand in a Korean or Japanese one."""

import re
import unicodedata
from collections.abc import Iterator

from triwire_server.text.characters import blank, squeeze
from triwire_server.text.doubt import Place
from triwire_server.text.names.common_words import (
    COMMON_CAPITALIZED,
    COMMON_STARTS,
    OTHER_VERBS,
    PLURALS_OF_PEOPLE,
    SINGULAR_VERBS,
)

_TOKEN = re.compile(r"(?<![A-Za-z0-9À-ɏ])[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9]*(?:[&'’.-][A-Za-zÀ-ɏ0-9]+)*")
_PART = re.compile(r"[A-Za-zÀ-ɏ0-9]+")
_NOT_NAMES = re.compile(r"https?://[!-~]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|[@#]\w{1,64}|\{\w{1,40}\}|%[sd]")
_SENTENCE_ENDS = frozenset(".!?:…;•*")
_OPENING_MARKS = " \t\n\u00a0\"'“‘(["
_TITLES = frozenset(
    ["Mr", "Mrs", "Ms", "Dr", "Prof", "Sen", "Rep", "Gov", "Gen", "Lt", "Col", "Capt", "Sgt", "Rev", "St"]
)
# What ends common words and hardly any name.
_COMMON_ENDINGS = (
    *("ing", "ed", "ly", "tion", "sion", "ment", "ness", "ity"),
    *("ance", "ence", "ous", "ible", "able", "ful", "less", "ism", "ology", "ics", "ship", "hood"),
)
# What makes another word of a name: Korea, Koreans; Israel, Israeli.
_ENDINGS = ("ns", "n", "ans", "an", "ians", "ian", "ese", "ish", "is", "i", "s", "es", "ites", "ite", "ic")
# What acronyms leave out.
_SMALL_WORDS = frozenset(["of", "and", "the", "for", "in", "on", "to", "de", "a", "an", "s"])
_SMALL_IN_TITLES = frozenset(
    ["with", "from", "over", "into", "after", "amid", "about", "than", "that", "under", "upon"]
)


def name_tokens(text: str) -> list[tuple[str, Place]]:
    """Words of an English text that are names or parts of names, without 's, in order.

    The first word of a sentence is one if nothing says that it is a common word. In a headline in title case only
    words of several capitals are.
    """
    tokens = [
        (re.sub(r"['’]s$", "", match.group()), match.start()) for match in _TOKEN.finditer(blank(text, _NOT_NAMES))
    ]
    is_title_case = _is_title_case([token for token, _ in tokens])
    found = []
    for index, (token, start) in enumerate(tokens):
        if not _is_capitalized(token) or len(token) < 2 or token in COMMON_CAPITALIZED:
            continue
        if not is_acronym(token):
            rest = text[start + len(token) : start + len(token) + 40]
            if is_title_case or (_starts_sentence(text, tokens, index) and not _is_name_at_start(token, rest)):
                continue
        found.append((token, (start, start + len(token))))
    return found


def latin_tokens(text: str) -> list[tuple[str, Place]]:
    """Words in Latin letters that a Korean or Japanese text holds as names: at least two letters, one a capital."""
    return [
        (match.group(), match.span())
        for match in _TOKEN.finditer(blank(text, _NOT_NAMES))
        if sum(map(str.isalpha, match.group())) >= 2 and any(map(str.isupper, match.group()))
    ]


def is_acronym(token: str) -> bool:
    """Whether a word is written in capitals throughout: NATO, G7, U.S., F-35."""
    letters = [character for character in token if character.isalpha()]
    return all(map(str.isupper, letters)) and (len(letters) >= 2 or len(token) > 1)


class LatinWords:
    """The words of a text in Latin letters, to ask whether it has a name, in any spelling of its edges."""

    def __init__(self, text: str) -> None:
        text = _without_accents(text)
        folded = text.casefold()
        self._squeezed = squeeze(text)
        self._words: set[str] = set()
        for match in _TOKEN.finditer(text):
            self._words.add(squeeze(match.group()))
        parts = _PART.findall(folded)
        self._words.update(parts)
        self._parts = parts

    def has(self, token: str) -> bool:
        """Whether a name stands there: as a word, with other endings (Korea, Korean), or as part of a longer name."""
        token = _without_accents(token)
        key = squeeze(token)
        if key in self._words:
            return True
        if len(key) >= 4 and key in self._squeezed:
            return True
        if len(key) > 3 and any(key.removesuffix(end) in self._words for end in _ENDINGS if key.endswith(end)):
            return True
        if any(mark in token for mark in "-–’'."):
            parts = [part for part in _PART.findall(token.casefold()) if len(part) > 1]
            return bool(parts) and all(part in self._words for part in parts)
        return False

    def spells(self, acronym: str) -> bool:
        """Whether words that follow each other begin with, or hold in order, the letters of an acronym."""
        letters = "".join(character for character in acronym.casefold() if character.isalpha())
        if len(letters) < 2:
            return False
        return any(
            word.startswith(letters[0]) and _spell(letters, self._parts, index)
            for index, word in enumerate(self._parts)
        )

    def initials_are_a_word(self, words: list[str]) -> bool:
        """Whether the text has the acronym of a name of several words."""
        initials = "".join(word[0] for word in words).casefold()
        return len(initials) >= 2 and initials in self._words


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _spell(letters: str, words: list[str], start: int) -> bool:
    position = 0
    for word in words[start : start + 2 * len(letters) + 1]:
        if word.startswith(letters[position]):
            for character in word:
                if position < len(letters) and character == letters[position]:
                    position += 1
            if position == len(letters):
                return True
        elif word not in _SMALL_WORDS:
            return False
    return False


def _is_capitalized(token: str) -> bool:
    return token[0].isupper() or (len(token) > 2 and token[1].isupper())  # iPhone


def _is_title_case(tokens: list[str]) -> bool:
    """Whether every longer word has a capital, as in the headlines of some newspapers: then capitals tell nothing."""
    long = [token for token in tokens[1:] if len(token) > 3 and token not in _SMALL_IN_TITLES]
    return len(long) >= 3 and not any(token.islower() for token in long)


def _starts_sentence(text: str, tokens: list[tuple[str, int]], index: int) -> bool:
    before = text[: tokens[index][1]].rstrip(_OPENING_MARKS)
    if not before or "\n" in text[len(before) : tokens[index][1]]:
        return True
    if before[-1] not in _SENTENCE_ENDS:
        # “, she said, "The ...": a quotation begins a sentence.
        return before[-1] in ",，" and any(mark in "\"“'‘" for mark in text[len(before) : tokens[index][1]])
    return not (index and (tokens[index - 1][0] in _TITLES or is_acronym(tokens[index - 1][0])) and before[-1] == ".")


def _is_name_at_start(token: str, rest: str) -> bool:
    """Whether the first word of a sentence is a name: no common word, and followed by a name, a verb or a mark."""
    lowered = token.casefold()
    if lowered in COMMON_STARTS or lowered.split("'")[0].split("’")[0] in COMMON_STARTS:
        return False
    if rest.startswith(("'s ", "’s ")):
        return not lowered.endswith(_COMMON_ENDINGS)
    match = _TOKEN.search(rest)
    following = match.group() if match and not rest[: match.start()].strip() else ""
    if following[:1].isupper() and following not in COMMON_CAPITALIZED and not is_acronym(following):
        return not lowered.endswith(("ing", "ed", "ly"))
    if following in SINGULAR_VERBS:
        return not lowered.endswith(_COMMON_ENDINGS)
    is_plural = lowered in PLURALS_OF_PEOPLE or (lowered.endswith("s") and not lowered.endswith(("ss", "us", "is")))
    if is_plural or lowered.endswith(_COMMON_ENDINGS):
        return False
    return following in OTHER_VERBS or following.endswith("ed") or rest[:1] in ",:" or rest.startswith(" and ")


def runs(tokens: list[tuple[str, Place]], text: str) -> Iterator[list[tuple[str, Place]]]:
    """Neighbouring words of a name together: "Ada Lindholm", "Bank of Japan"."""
    run: list[tuple[str, Place]] = []
    for token in tokens:
        between = text[run[-1][1][1] : token[1][0]] if run else ""
        if run and between not in (" ", " of ", " of the ", " and ", " for ", " de ", " & "):
            yield run
            run = []
        run.append(token)
    if run:
        yield run
