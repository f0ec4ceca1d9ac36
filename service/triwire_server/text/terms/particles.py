"""Korean particles that follow the sound before them: 은/는, 이/가, 을/를, 과/와, 으로/로, 이라고/라고 and their kin.

A particle is mended only right after a term that was put in (`mend_particle`): elsewhere a model's own agreement is
better than any rule that does not know where a word ends.
"""

import functools
import re

from triwire_server.text.terms.final_sound import Sound, final_sound

# After a consonant, after a vowel. ㄹ goes with the consonants except for 으로.
_PLAIN_PAIRS = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("아", "야"), ("이여", "여"))
# Forms of the copula and what is made of it lose their 이 after a vowel.
_COPULAS = """
이라고 이라며 이라면서 이라는 이라면 이라도 이라서 이라 이라지만 이라더니 이라던 이라니 이라기보다 이라든지 이라든가
이란 이며 이면 이면서 이다 이다가 이나 이나마 이든 이든지 이든가 이고 이랑 이야 이야말로 이지만 이자 이니 이니까
이죠 이지 이던 이더니 이던데 이냐 이냐고 이냐는 이네 이세요
"""
_CONTRACTED = (("이에요", "예요"), ("이어서", "여서"), ("이었", "였"), ("이었다", "였다"))
_DIRECTIONS = (
    "",
    "서",
    "써",
    "부터",
    "는",
    "도",
    "만",
    "의",
    "까지",
    "선",
    "나",
    "서는",
    "서의",
    "서도",
    "부터의",
    "부터는",
    "만의",
)

_FORMS: dict[str, tuple[str, str, str]] = {}  # any spelling -> (after a consonant, after ㄹ, after a vowel)


def _register() -> None:
    for closed, open_ in (*_PLAIN_PAIRS, *((form, form[1:]) for form in _COPULAS.split()), *_CONTRACTED):
        forms = (closed, closed, open_)
        for spelling in (closed, open_, f"{closed}({open_})", f"{open_}({closed})", f"{closed}/{open_}"):
            _FORMS.setdefault(spelling, forms)
        if closed == "이" + open_:
            _FORMS.setdefault(f"(이){open_}", forms)
    for tail in _DIRECTIONS:
        forms = ("으로" + tail, "로" + tail, "로" + tail)
        for spelling in (*forms, f"(으)로{tail}", f"으로(로){tail}", f"로(으로){tail}", f"으로/로{tail}"):
            _FORMS.setdefault(spelling, forms)
    _FORMS["으론"] = _FORMS["론"] = ("으론", "론", "론")


_register()
# These may be nouns or endings of nouns where they stand alone: 서울고 (a high school), 노동자 (worker), 시니 ...
_UNSURE = frozenset(
    {"고", "자", "니", "지", "면", "네", "죠", "냐", "던", "여", "라", "이여", "세요", "아", "야", "이야"}
)
_CERTAIN_PARTICLES = """
은 는 이 을 를 과 와 이라고 라고 이라는 라는 이라며 라며 이며 며 이나 이란
으로 으로부터 으로서 으로써 로부터 로서 로써
"""
_CERTAIN = frozenset(_CERTAIN_PARTICLES.split())
# These may be a word with the form before them, if that is short: 삼성가 (the Samsung family), 세종로 (a street).
_CERTAIN_AFTER_SYLLABLES = {"가": 3, "나": 3, "란": 3, "로": 4}
_LAST_WORD = re.compile(r"[가-힣]{1,12}$")
# Latin endings that are read in one way only: letters of an acronym, most vowels, l, m and n; and digits.
_READ_ONE_WAY = re.compile(r"(?:[A-Z0-9]{2}|[0-9]|[aiouylmn])$")
# The past of the copula takes any ending: 이었다가도, 였습니다, 였지만.
_PAST = re.compile(r"(이었|였)([가-힣]{1,6})(?![가-힣])")
_WRITTEN_PAIR = re.compile(
    r"(?:은\(는\)|는\(은\)|은/는|이\(가\)|가\(이\)|이/가|을\(를\)|를\(을\)|을/를|과\(와\)|와\(과\)|과/와|아\(야\)|야\(아\)"
    r"|\(으\)로[가-힣]{0,3}|으로\(로\)|로\(으로\)|으로/로|\(이\)[가-힣]{1,4})(?![가-힣])"
)
_HANGUL_RUN = re.compile(r"[가-힣]{1,8}")
# What may stand between a term and its particle: a closing quotation mark, a bracket with the original or the age, the
# number of a closing tag or of a placeholder (text/placeholders/protect.py).
_MARK = r"(?:[\[［【][0-9０-９]{1,4}[\]］】])?"
_ASIDE = r"(?:\([^()\n]{1,60}\)|（[^（）\n]{1,60}）)?"
_BETWEEN = re.compile(rf"{_MARK}[\"'”’」』》〉]?{_MARK}{_ASIDE}{_MARK}[\"'”’」』》〉]?{_MARK}")


def agree(form: str, particle: str) -> str:
    """The particle as it must be written after a form: 는 for 은 after 네이버 (Naver).

    Args:
        form: what stands before the particle: Hangul, a number, Latin or Han letters, with or without closing quotation
            marks and brackets.
        particle: in either spelling or as a written pair such as "은(는)" or "(으)로".

    Returns:
        The particle alone; unchanged if it is none that agrees (에게, 도) or if nobody can tell how the form ends.
    """
    forms = _forms_of(particle)
    sound = final_sound(form)
    if forms is None or sound is None:
        return particle
    return forms[0] if sound is Sound.CLOSED else forms[1] if sound is Sound.RIEUL else forms[2]


def mend_particle(text: str, end: int) -> str:
    """The text with the particle right after text[:end] agreeing with it; unchanged if none stands there.

    A closing quotation mark and a bracket may stand between the two. 고, 자 and other endings that may well belong to a
    noun are left alone.

    Args:
        text: Korean text.
        end: where the term ends, in code points; 0 <= end <= len(text).

    Raises:
        ValueError: `end` is not a place in the text.
    """
    if not 0 <= end <= len(text):
        raise ValueError(f"end is {end}, not between 0 and {len(text)}")
    place = _particle_place(text, end)
    if place is None:
        return text
    start, stop = place
    particle = text[start:stop]
    right = agree(text[:end], particle)
    return text if right == particle else text[:start] + right + text[stop:]


def mend_certain_particle(text: str, end: int) -> str:
    """As `mend_particle`, for a form that was not put in but stood there: only what cannot be another word.

    A Latin name with two readings keeps its particle, unless that is written as a pair; so does a form of two syllables
    before 가, for 삼성가 is the Samsung family.
    """
    place = _particle_place(text, end)
    if place is None:
        return text
    particle = text[place[0] : place[1]]
    is_mended = bool(_WRITTEN_PAIR.fullmatch(particle)) or _is_certain(text[max(0, end - 20) : end], particle)
    return mend_particle(text, end) if is_mended else text


def _is_certain(form: str, particle: str) -> bool:
    word = _LAST_WORD.search(form)
    if word is None and not _READ_ONE_WAY.search(form):
        return False
    if particle in _CERTAIN_AFTER_SYLLABLES:
        return word is not None and len(word.group()) >= _CERTAIN_AFTER_SYLLABLES[particle]
    return particle in _CERTAIN or particle == "였"


def _particle_place(text: str, end: int) -> tuple[int, int] | None:
    between = _BETWEEN.match(text, end)
    starts = {end, between.end()} if between else {end}
    for start in sorted(starts):
        pair = _WRITTEN_PAIR.match(text, start)
        if pair and _forms_of(pair.group()):
            return pair.span()
        past = _PAST.match(text, start)
        if past:
            return start, start + len(past.group(1))
        run = _HANGUL_RUN.match(text, start)
        if run and run.group() in _FORMS and run.group() not in _UNSURE:
            return run.span()
    return None


@functools.lru_cache(maxsize=1024)
def _forms_of(particle: str) -> tuple[str, str, str] | None:
    if particle in _FORMS:
        return _FORMS[particle]
    past = re.fullmatch(r"(이었|였)([가-힣]{1,6})", particle)
    if past:
        return "이었" + past.group(2), "이었" + past.group(2), "였" + past.group(2)
    return None
