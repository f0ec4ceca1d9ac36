"""An English text cut into what its quantities are made of: words, numbers, dates and times in digits."""

import re

from triwire_server.text.quantities.numbers import DIGITS

_TOKEN = re.compile(
    r"(?P<date>(?:[12][0-9]{3}(?P<separator>[-/.])[0-9]{1,2}(?P=separator)[0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2}))(?![0-9]))"
    r"|(?P<colon>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]{1,3})?(?![0-9]))"
    r"|(?P<slash>[0-9]{1,3}/[0-9]{1,3}(?![0-9/]))"
    rf"|(?P<number>{DIGITS}|(?<![0-9A-Za-z])\.[0-9]+)"
    r"|(?P<word>[A-Za-z\u00c0-\u024f]+)"
    r"|(?P<vulgar>[½¼¾⅓⅔])"
)


class Tokens:
    """The tokens of a text by their number; the group that matched says what a token is.

    Groups: `date`, `colon` (5:30, 2:1), `slash` (9/11, 1/2), `number`, `word`, `vulgar` (½).
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_TOKEN.finditer(text))

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> re.Match[str]:
        return self._tokens[index]

    def before(self, index: int) -> str:
        """The word before a token in lower case, "" if there is none."""
        return self.word(index - 1).lower()

    def gap(self, index: int) -> str:
        """What stands between a token and the one after; a line end after the last one."""
        if index + 1 >= len(self._tokens):
            return "\n"
        return self._text[self._tokens[index].end() : self._tokens[index + 1].start()]

    def word(self, index: int) -> str:
        """The word at an index as written, "" if there is none."""
        if not 0 <= index < len(self._tokens) or self._tokens[index].lastgroup != "word":
            return ""
        return self._tokens[index].group()

    def is_in_name(self, index: int) -> bool:
        """Whether a number word has a capital in the middle of a sentence: Fifth Avenue, Big Ten, 7-Eleven."""
        start = self._tokens[index].start()
        if not self._text[start].isupper():
            return False
        return start > 1 and (
            self._text[start - 1] in "-/" or self._text[start - 2].isalnum() or self._text[start - 2] == ","
        )

    def is_roman(self, index: int) -> bool:
        """Whether a word of Roman letters follows a name and is no pronoun: Elizabeth II, World War I."""
        before = self.word(index - 1)
        after = self._text[self._tokens[index].end() :][:2]
        return before[:1].isupper() and (self._tokens[index].group() != "I" or not after[1:].islower())
