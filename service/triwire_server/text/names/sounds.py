"""How alike two names in different scripts sound: their consonants by class, vowels left out.

Hangul is taken apart by arithmetic on its code points (The Unicode Standard, section 3.12), kana and English spelling
by tables. The classes are wide, because the three languages hear foreign consonants differently: Kim You-geun, 김유근
and キム・ユグン are K M K N. What matches may still be another name; this is evidence, never proof. Whether a phrase is
another spelling of a glossary term is asked more strictly (terms/transliteration.py): there the answer is replaced.
"""

import re

# Classes: K T P S M N R H. Voice, breath and length do not count; f and v are heard as p and b.
# In the order of Unicode: ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ before a vowel; after it none, or
# ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ.
_INITIALS = [letter.strip("-") for letter in "KKNTTRMPPSS-SSSKTPH"]
_FINALS = [letter.strip("-") for letter in "-KKKNNNTRRRRRRRRMPPTTNSSKTPH"]
_KANA_ROWS = {
    "K": "カキクケコガギグゲゴヵヶ",
    "S": "サシスセソザジズゼゾチヂツヅ",
    "T": "タテトダデド",
    "N": "ナニヌネノン",
    "H": "ハヒヘホ",
    "P": "バビブベボパピプペポフヴ",
    "M": "マミムメモ",
    "R": "ラリルレロ",
}
_KANA = {kana: name for name, row in _KANA_ROWS.items() for kana in row} | {"ッ": "", "ー": ""}
_SPELLINGS = (
    *(("tch", "S"), ("sch", "S"), ("ght", "T"), ("sh", "S"), ("ch", "S"), ("ph", "P"), ("th", "T"), ("gh", "")),
    *(("ck", "K"), ("qu", "K"), ("kn", "N"), ("wr", "R"), ("ng", "N"), ("tz", "S"), ("ts", "S"), ("dz", "S")),
    *(
        ("geu", "K"),
        ("gye", "K"),
        ("ce", "S"),
        ("ci", "S"),
        ("cy", "S"),
        ("ge", "S"),
        ("gi", "S"),
        ("x", "KS"),
        ("mb$", "M"),
    ),
)
_LETTER_ROWS = {"K": "cgkq", "T": "dt", "P": "bfpv", "S": "sjzçş\u00df", "M": "m", "N": "nñ", "R": "lr", "H": "h"}
_LETTERS = {letter: name for name, row in _LETTER_ROWS.items() for letter in row}

# Pairs that the languages confuse, and consonants that one of them does not write (h, r before a consonant, ng).
_NEAR = frozenset({frozenset("MN"), frozenset("TS"), frozenset("KS"), frozenset("HP"), frozenset("HK")})
_NEAR_COST, _WEAK_COST = 0.4, 0.35
_WEAK = frozenset("HRN")


def skeleton(name: str) -> str:
    """Consonant classes of a name in Hangul, kana or Latin letters, one letter each; other characters say nothing."""
    if any("가" <= character <= "힣" for character in name):
        return "".join(map(_of_syllable, name))
    if any("ァ" <= character <= "ヶ" for character in name):
        return "".join(_KANA.get(character, "") for character in name)
    return _of_latin(name)


def likeness(first: str, second: str) -> float:
    """How alike two skeletons are: 1 if the same, 0 if nothing fits. Edit distance with cheap steps for weak sounds."""
    if not first or not second:
        return 0.0
    row = [0.0]
    for letter in second:
        row.append(row[-1] + _drop(letter))
    for letter in first:
        previous, row = row, [row[0] + _drop(letter)]
        for index, other in enumerate(second):
            step = previous[index] + _swap(letter, other)
            row.append(min(step, previous[index + 1] + _drop(letter), row[-1] + _drop(other)))
    return max(0.0, 1 - row[-1] / max(len(first), len(second)))


def _of_syllable(character: str) -> str:
    code = ord(character) - 0xAC00
    if not 0 <= code < 11172:
        return ""
    return _INITIALS[code // 588] + _FINALS[code % 28]


def _of_latin(name: str) -> str:
    lowered = re.sub(r"[^a-zà-ɏ]", "", name.casefold())
    found = []
    index = 0
    while index < len(lowered):
        for spelling, sound in _SPELLINGS:
            if lowered.startswith(spelling, index):
                found.append(sound)
                index += len(spelling)
                break
        else:
            letter = lowered[index]
            is_double = letter == lowered[index - 1 : index]
            found.append("" if is_double else _LETTERS.get(letter, ""))
            index += 1
    return "".join(found)


def _drop(letter: str) -> float:
    return _WEAK_COST if letter in _WEAK else 1.0


def _swap(letter: str, other: str) -> float:
    if letter == other:
        return 0.0
    return _NEAR_COST if frozenset((letter, other)) in _NEAR else 1.0
