"""How alike two spellings of a name are, in Hangul, kana or Latin letters: loose evidence, never proof.

Romanizers of whole texts do not find names; the order of consonants does, for it survives every system of
transliteration: 트럼프, トランプ and Trump are all t-l-m-p. Vowels differ too much to be compared across scripts.
"""

import functools
import re
import unicodedata

# Shares of letters that two spellings of one name have in common at least. Below _MIN_LETTERS a common word may be as
# near (현재, now, to 현대, Hyundai), below _LONG_LETTERS with few letters of its own.
_MIN_LETTERS = 7
_LONG_LETTERS = 12
_LONG_SHARE = 0.6
_SHORT_SHARE = 0.75
_SAME_BUT_ONE_SHARE = 0.8
_ACROSS_SCRIPTS = 0.6
_MIN_CONSONANTS = 3
_MIN_CONSONANTS_ACROSS = 5
_MAX_COMPARED_CHARACTERS = 60

_INITIALS = ("k", "k", "n", "t", "t", "l", "m", "p", "p", "s", "s", "", "s", "s", "s", "k", "t", "p", "h")
# Finals in the order of their codes, as they sound.
_FINALS = ("", *"kkknnntlkmpllplmppttnttktpt")
_KANA_ROWS = {
    "k": "カキクケコガギグゲゴヵヶ",
    "s": "サシスセソザジズゼゾチヂヅ",
    "t": "タツテトダデド",
    "n": "ナニヌネノン",
    "h": "ハヒヘホ",
    "p": "フバビブベボパピプペポヴ",
    "m": "マミムメモ",
    "l": "ラリルレロ",
}
_KANA = {kana: consonant for consonant, row in _KANA_ROWS.items() for kana in row}
_LATIN_RULES = tuple(
    (re.compile(pattern), consonant)
    for pattern, consonant in (
        (r"ng(?![aeiou])", "n"),
        (r"tch|ch|sch|sh", "s"),
        (r"th", "t"),
        (r"ph", "p"),
        (r"ck|q", "k"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"r(?![aeiouy])", ""),
        (r"(?<=[aeiou])h", ""),
        (r"[cgk]", "k"),
        (r"[td]", "t"),
        (r"[szj]", "s"),
        (r"[bpfv]", "p"),
        (r"[lr]", "l"),
        (r"[^klmnpsth]", ""),
    )
)


@functools.lru_cache(maxsize=8192)
def skeleton(text: str, *, is_rhotic: bool = False) -> str:
    """Consonants of a name in one alphabet for all scripts, doubles as one: "tlmp" for 트럼프 and Trump.

    Args:
        text: a name; its first 60 characters are read.
        is_rhotic: whether a Latin r before a consonant counts: 노르드 against 노드 for Nord.
    """
    result: list[str] = []
    latin: list[str] = []

    def flush() -> None:
        if latin:
            result.append(_latin_skeleton("".join(latin), is_rhotic))
            latin.clear()

    for character in unicodedata.normalize("NFKC", text[:_MAX_COMPARED_CHARACTERS]):
        if "가" <= character <= "힣":
            flush()
            code = ord(character) - 0xAC00
            result.append(_INITIALS[code // 588] + _FINALS[code % 28])
        elif "\u3041" <= character <= "\u30fc":
            flush()
            result.append(_KANA.get(chr(ord(character) + 0x60) if character <= "\u3096" else character, ""))
        elif character.isalpha():
            latin.append(character.lower())
        else:
            flush()
    flush()
    return re.sub(r"(.)\1+", r"\1", "".join(result))


def _latin_skeleton(word: str, is_rhotic: bool) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if "a" <= c <= "z")
    position = 0
    parts: list[str] = []
    while position < len(plain):
        for pattern, consonant in _LATIN_RULES:
            match = pattern.match(plain, position)
            if match:
                parts.append("l" if is_rhotic and plain[position] == "r" else consonant)
                position = match.end()
                break
        else:
            parts.append(plain[position])
            position += 1
    return "".join(parts)


def likeness(phrase: str, target_form: str, *, is_verbatim: bool = False) -> float:
    """How surely a phrase of an output is another spelling of a name, 0 to 1; 0: no evidence.

    Args:
        phrase: words of the output.
        target_form: how they should be written.
        is_verbatim: whether the form keeps the script of the source language, so that the phrase may be in another one.
    """
    found = skeleton(phrase)
    if len(found) < _MIN_CONSONANTS or phrase == target_form:
        return 0.0
    wanted_skeleton = skeleton(target_form)
    least = _least_share(found, wanted_skeleton)
    if least <= 1:
        letters, wanted = _letters(phrase), _letters(target_form)
        size = max(len(letters), len(wanted))
        share = 1 - _distance(letters, wanted) / size
        if size >= _MIN_LETTERS and share >= (least if size >= _LONG_LETTERS else max(least, _SHORT_SHARE)):
            return share
    if is_verbatim and len(found) >= _MIN_CONSONANTS_ACROSS:
        return _ACROSS_SCRIPTS if found in (wanted_skeleton, skeleton(target_form, is_rhotic=True)) else 0.0
    return 0.0


def is_akin(phrase: str, *forms: str) -> bool:
    """Whether the consonants of a phrase are those of one of the forms but for one, or one in three."""
    found = skeleton(phrase)
    wanted = [skeleton(form) for form in forms]
    return any(_distance(found, other) <= max(1, len(other) // 3) for other in wanted)


def _least_share(found: str, wanted: str) -> float:
    """Letters that must be the same, 0 to 1, by how well the consonants agree; over 1: another name."""
    if found == wanted:
        return _LONG_SHARE
    if abs(len(found) - len(wanted)) > 1 or _distance(found, wanted) > 1:
        return 1.1
    # One consonant more, fewer or another: 서유림 for 서유린 (Seo Yu-rin), but 이재용 is not 이재명 (two people).
    return _LONG_SHARE if min(len(found), len(wanted)) >= 5 else _SAME_BUT_ONE_SHARE


def _letters(text: str) -> str:
    """Letters without spaces, points and hyphens; Hangul as its jamo, kana without lengths."""
    plain = "".join(c for c in text[:_MAX_COMPARED_CHARACTERS].lower() if c.isalnum() and c not in "ーッっ")
    return unicodedata.normalize("NFD", plain)


def _distance(one: str, other: str) -> int:
    """Edit distance (Levenshtein), for short strings."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
