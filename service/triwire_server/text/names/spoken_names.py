"""People of a text whose names no word of another text sounds like: evidence across scripts, and no more."""

import itertools
import re
from collections.abc import Collection, Iterator

from triwire_server.text.doubt import Place
from triwire_server.text.names.known_names import names_written
from triwire_server.text.names.sounds import likeness, skeleton
from triwire_server.text.names.titled_names import KOREAN_TITLES, find_titled_names

# Of 60 names in three scripts every right pair reached it, and 6 % of the wrong ones.
_ALIKE = 0.7
_MIN_CONSONANTS = 2
_MAX_LENGTH_DIFFERENCE = 3
_MAX_SYLLABLES = 6
_EN_TITLES = "Mr|Mrs|Ms|Dr|Sen|Gov|Judge|President|Prime Minister|Chancellor|Senator|Minister|Secretary|Governor|Mayor"
_EN_TITLED = re.compile(
    rf"\b(?:{_EN_TITLES})\.? "
    r"((?:[A-Z][A-Za-zÀ-ɏ'’-]{1,30} ){0,2}[A-Z][A-Za-zÀ-ɏ-]{1,30})"
)
_EN_WORD = re.compile(r"[A-ZÀ-Þ][A-Za-zÀ-ɏ'’-]*")
_TITLES_OF_MORE = tuple(title for title in KOREAN_TITLES if len(title) > 1)
_KATAKANA = re.compile(r"[ァ-ヶー]{2,}")
_HANGUL = re.compile(r"[가-힣]+")
_KO_SURNAMES = {
    "이": "lee yi rhee li",
    "김": "kim gim",
    "박": "park pak bak",
    "최": "choi choe",
    "정": "jung chung jeong cheong",
    "조": "cho jo",
    "윤": "yoon yun",
    "오": "oh o",
    "유": "yoo you yu ryu",
    "류": "ryu yoo",
    "노": "roh noh no",
    "우": "woo wu",
    "하": "ha",
    "허": "hur heo huh",
    "여": "yeo",
    "서": "seo suh",
    "소": "so",
    "지": "ji chi",
    "주": "joo ju chu",
    "추": "choo chu",
    "고": "ko go koh",
}


def unheard_names(text: str, other: str, language: str, other_language: str) -> list[Place]:
    """Places of people in a text, told by their titles, that no word of the other text sounds like.

    Names in Han letters have no sound of their own, and a name with less than two consonants sounds like many words:
    both are left out. Only across scripts; empty for other languages.
    """
    if language == other_language or (other_language == "ja" and _names_somebody_in_han(other)):
        return []
    people = _people(text, language)
    if not people:
        return []
    words = set(_words(other, other_language))
    sounds = set(map(skeleton, words))
    return [place for name, place in people if not _is_heard(name, words, sounds, language)]


def _names_somebody_in_han(text: str) -> bool:
    """Whether a Japanese text names somebody in Han letters, who may be anybody."""
    return any("一" <= name.name[0] <= "鿿" for name in find_titled_names(text, "ja"))


def _people(text: str, language: str) -> list[tuple[str, Place]]:
    if language == "en":
        found = [(match.group(1), match.span(1)) for match in _EN_TITLED.finditer(text)]
    else:
        titled = find_titled_names(text, language)
        found = [(name.name, name.place) for name in titled if name.has_title]
    return [
        (name, place)
        for name, place in found
        if len(skeleton(name)) >= _MIN_CONSONANTS
        and not ("一" <= name[0] <= "鿿")
        and not any(names_written(part, language) for part in (name, *_parts(name)))
    ]


def _parts(name: str) -> list[str]:
    return [part for part in re.split("[ ・＝-]", name) if part]


def _is_heard(name: str, words: Collection[str], sounds: Collection[str], language: str) -> bool:
    parts = {name, *_parts(name)}
    if language == "ko" and len(name) == 3:
        parts.add(name[1:])  # a given name of two syllables
        romanized = _KO_SURNAMES.get(name[0], "").split()
        if any(word.casefold() in romanized for word in words):
            return True
    wanted = {sound for sound in map(skeleton, parts) if len(sound) >= _MIN_CONSONANTS}
    return any(
        abs(len(sound) - len(other)) <= _MAX_LENGTH_DIFFERENCE and likeness(sound, other) >= _ALIKE
        for sound in wanted
        for other in sounds
    )


def _words(text: str, language: str) -> Iterator[str]:
    """What may be a name: capitalized words, katakana, the beginnings of Korean words; each alone and with the next."""
    if language == "en":
        found = _EN_WORD.findall(text)
        yield from (part for word in found if "-" in word for part in word.split("-"))
    elif language == "ja":
        found = _KATAKANA.findall(text)
    else:
        found = [word for word in _HANGUL.findall(text) if not word.startswith(_TITLES_OF_MORE)]
        for word in found:
            yield from (word[:length] for length in range(1, min(len(word), _MAX_SYLLABLES) + 1))
    yield from found
    yield from (first + second for first, second in itertools.pairwise(found))
