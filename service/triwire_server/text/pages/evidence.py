"""Which words a passage shares with an article: the evidence by which text of other stories is told.

Measured on human-translated news (docs of 12 to 30 sentences): a sentence finds 41 to 47 % of its content words in the
rest of its own article at the median, and 0 to 11 % of them in another article.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

_UNIT = re.compile(r"[A-Za-z0-9À-ɏ'’-]+|[가-힣]+|[一-龥々]+|[ァ-ヶー]+")
_STEM_LETTERS = 6
_WORDS_WITHOUT_CONTENT = """
a about after all also an and any are as at be been before being but by can could day days did do does down even
first for from had has have he her here him his how i if in into is it its just last like make many may me might more
most much must my new no nor not now of off on one only or other our out over own people same said say says shall she
should so some still such than that the their them then there these they this those through time to two under up us
very was way we week well were what when where which while who whom whose why will with would year years yet you your
"""
_EMPTY = frozenset(_WORDS_WITHOUT_CONTENT.split())


def content_words(text: str) -> frozenset[str]:
    """Units of a text that carry its topic, each once.

    Latin words without function words, cut after six letters, so that endings do not count; the first two syllables of
    Hangul words, so that particles do not count; Han bigrams; katakana words. Hiragana carries none.
    """
    units: set[str] = set()
    for match in _UNIT.finditer(text):
        run = match.group()
        if run[0] < "\u0250":
            word = run.lower().strip("'’-").removesuffix("'s").removesuffix("’s")
            if len(word) > 2 and word not in _EMPTY:
                units.add(word[:_STEM_LETTERS])
        elif "가" <= run[0] <= "힣":
            if len(run) > 1:
                units.add(run[:2])
        elif run[0] in "ーァ" or "ァ" <= run[0] <= "ヶ":
            if len(run) > 1:
                units.add(run)
        else:
            units.update([run] if len(run) == 1 else (run[index : index + 2] for index in range(len(run) - 1)))
    return frozenset(units)


def count_words(passages: Iterable[frozenset[str]]) -> Counter[str]:
    """In how many passages each word stands."""
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update(passage)
    return counts


def share_known(passage: frozenset[str], counts: Mapping[str, int], *, own: int = 0) -> float:
    """Share of a passage's content words that stand in more than `own` counted passages, 0 to 1; 0 without words.

    Args:
        passage: the words of the passage.
        counts: in how many passages of the article each word stands.
        own: 1 if the passage is one of those counted, so that it does not vouch for itself.
    """
    if not passage:
        return 0.0
    return sum(counts.get(word, 0) > own for word in passage) / len(passage)
