"""Where a term may begin and end in a text, and how texts are compared with terms: by language, without dictionaries.

English words end at word boundaries, with plural and possessive endings allowed. A Korean form begins a word and may be
followed by particles alone: 한국 (Korea) is in 한국에서는 (in Korea), not in 한국어 (Korean language). A Japanese form
may not be a piece of a longer run of katakana, and only with care one of a longer run of Han.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass

from triwire_server.text.characters import ZERO_WIDTH
from triwire_server.text.terms.particles import agree

_SAME_LENGTH = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
    | dict.fromkeys("\u2019\u2018\u02bc\u00b4\u2032`\uff07", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d", "-")
    | dict.fromkeys("\t\n\r\u00a0\u2002\u2003\u2009\u202f\u3000", " ")  # tab, line ends, NO-BREAK, EN, EM, THIN, wide
    | dict.fromkeys("\u30fb\u2027\u2022\u2219\u22c5\uff65\uff1d\u30a0=", "·")  # ・ and = between parts of a name
)
# Zero-width characters and SOFT HYPHEN, half-width kana, runs of spaces: what needs more than one for one.
_UNEVEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\uff61-\uff9f]|  ")
_CLUSTER = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1160-\u11a7]*[\u11a8-\u11ff]*"  # conjoining jamo
    "|[\uff66-\uff9d][\uff9e\uff9f]?"  # half-width kana with their voicing marks
    "|.[\u0300-\u036f\u11a8-\u11ff\u3099\u309a]*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared: composed, of normal width, with plain apostrophes, hyphens and single spaces."""

    text: str
    lower: str
    """As long as `text`."""

    _starts: tuple[int, ...] | None = None
    _ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Range in the original text of a range that is not empty."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


def fold(text: str) -> Folded:
    """The text for comparisons, with places that lead back to the original."""
    plain = text.translate(_SAME_LENGTH)
    if not _UNEVEN.search(plain) and unicodedata.is_normalized("NFC", plain):
        return Folded(plain, _lower(plain))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(plain):
        cluster = match.group()
        if cluster[0] in ZERO_WIDTH:
            cluster = cluster[1:]
        if not cluster or (cluster == " " and parts and parts[-1] == " "):
            continue
        is_narrow = "\uff61" <= cluster[0] <= "\uff9f"
        composed = unicodedata.normalize("NFKC" if is_narrow else "NFC", cluster)
        parts.extend(composed)
        starts.extend([match.start()] * len(composed))
        ends.extend([match.end()] * len(composed))
    folded = "".join(parts)
    return Folded(folded, _lower(folded), tuple(starts), tuple(ends))


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def kind_of(character: str) -> str:
    """Class of a character: "h" Hangul, "k" katakana, "n" hiragana, "c" Han, "w" other letters and digits, "" none."""
    if character < "\u1100":
        return "w" if character.isalnum() else ""
    if "가" <= character <= "힣" or "\u1100" <= character <= "\u11ff":
        return "h"
    if "\u30a1" <= character <= "\u30fc" and character != "\u30fb":
        return "k"
    if "\u3041" <= character <= "\u309e":
        return "n"
    if "\u3400" <= character <= "\u9fff" or character in "々〆〇" or "\uf900" <= character <= "\ufaff":
        return "c"
    if "\U00020000" <= character <= "\U0003ffff":
        return "c"
    return "w" if character.isalnum() else ""


# What may stand before and after a Han form within one run: 前首相 (former), 米大統領 (US); titles, 側 (side), 内 (in).
_HAN_BEFORE = frozenset("前元故同各米韓訪対在駐現両全")
_HAN_BEFORE_LONG = frozenset("日中英仏独露北南新旧親反副")
_HAN_AFTER = re.compile(
    r"政府|政権|内閣|軍|当局|外務省|国防省|国防部|国会|議会|経済|企業|国民|市場|大使|国内|各地|全土|[東西南北中]部|国籍|出身|訪問|国境|社会"
    r"|氏|首相|大統領|総書記|国家主席|主席|委員長|社長|会長|長官|官房長官|知事|市長|町長|区長|容疑者|被告|選手|監督|議員|教授|博士"
    r"|記者|代表|党首|総裁|[外財防法農]相|防衛相|財務相|国防相|経産相|厚労相|文科相|国交相|環境相|書記長|大臣|総理|幹事長|議長"
    r"|前|元|現|副|夫妻|夫人|兄弟|側|社|内|間|等|各|両|容疑|投手|騎手|八段|九段|名人|王将|棋聖|親方|関|師|女史|陛下|殿下|様|君|警部|巡査"
    r"|少将|中将|大将|大佐|中佐|少佐|司令官|報道官|事務総長|事務局長|局長|部長|課長|院長|校長|学長|頭取|専務|常務|取締役|理事長|理事|委員"
)
_NOT_AFTER_NAME = frozenset("人語系風流式派型的産製語")
_LONG_HAN = 3
_NO_LATIN = r"(?![0-9A-Za-z_\u00c0-\u024f'])"
_LATIN_ENDING = re.compile(rf"(?:'s|s'|'|es|s|'S|S'|ES|S){_NO_LATIN}")
_ES = re.compile(r"(?:[sxzo]|ch|sh)$", re.IGNORECASE)
HANGUL_RUN = re.compile(r"[가-힣]{1,14}")
"""The rest of a Korean word, as far as particles reach."""


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a form at text[start:end] of a folded text is the term rather than a piece of another word."""
    return _begins_word(text, start, end) and ending_after(text, start, end) >= 0


def _begins_word(text: str, start: int, end: int) -> bool:
    if not start:
        return True
    first, before = kind_of(text[start]), text[start - 1]
    kind = kind_of(before)
    if first == "w":
        if kind == "w" or before in "_@\\":
            return False
        inside = start > 1 and kind_of(text[start - 2]) == "w"
        # O'Brien and www.samsung.com are words of their own; after an initial (J.Smith) a name may stand.
        return not (inside and (before == "'" or (before == "." and not text[start].isupper())))
    if first == "h":
        return kind != "h"
    if first == "k":
        return kind != "k"
    if first == "c" and kind == "c":
        return before in _HAN_BEFORE or (end - start >= _LONG_HAN and before in _HAN_BEFORE_LONG)
    return True


def ending_after(text: str, start: int, end: int) -> int:
    """Length of the plural or possessive ending after a form; -1 if the form is only a piece of a word there."""
    if end >= len(text):
        return 0
    last, after = kind_of(text[end - 1]), text[end]
    kind = kind_of(after)
    if last == "w":
        return _latin_ending(text, start, end, kind)
    if last == "h":
        return 0 if kind != "h" or _is_followed_by_particles(text, start, end) else -1
    if last == "k":
        return -1 if kind == "k" or after in _NOT_AFTER_NAME else 0
    if last == "c" and kind == "c":
        if _HAN_AFTER.match(text, end):
            return 0
        return 0 if end - start >= _LONG_HAN and after not in _NOT_AFTER_NAME else -1
    return 0


def _latin_ending(text: str, start: int, end: int, kind: str) -> int:
    after = text[end]
    if after == "_" or (after in ".," and text[end - 1].isdigit() and text[end + 1 : end + 2].isdigit()):
        return -1
    if kind != "w" and after != "'":
        return 0
    match = _LATIN_ENDING.match(text, end)
    if match is None:
        return -1 if kind == "w" else 0
    ending = match.group().lower()
    sibilant = _ES.search(text[max(start, end - 2) : end])
    if (ending == "es" and not sibilant) or (ending in ("s", "s'") and text[end - 1] in "sS"):
        return -1
    return len(ending)


def _is_followed_by_particles(text: str, start: int, end: int) -> bool:
    run = HANGUL_RUN.match(text, end)
    if run is None:
        return True
    rest = run.group()
    if rest[0] in "가로다나며란라면" and not _agrees(text[start:end], rest):
        return False  # 삼성가 (the Samsung family), 한국로 (a street) are words of their own
    return are_particles(rest) or (end - start >= 3 and _VERB.match(rest) is not None)


def _agrees(form: str, rest: str) -> bool:
    return agree(form, rest[0]) == rest[0] if rest[0] in "가로" else agree(form, "이" + rest[0]) == rest[0]


# Verbs made of a noun, for forms long enough that no other word begins like them: 압수수색했다 (searched and seized).
_VERB = re.compile(r"(?:하|했|한|할|함|합|해|되|됐|된|될|됨|됩|돼|시키|시켰|시킨|당하|당했|당한)[가-힣]{0,8}")
_SUFFIX = "들|씨|님|측|등|쪽"
_CASE = (
    "에게서|에게|에서부터|에서|에선|에|께서|께|한테서|한테|더러|보고|으로부터|로부터|으로서|로서|으로써|로써|으로|으론|로|론|부터|까지|"
    "마저|조차|밖에|뿐|처럼|같이|만큼|대로|보다|마다|이나마|나마|는커녕|은커녕|커녕|이랑|랑|하고|와|과|만"
)
_AUXILIARY = (
    "은|는|도|만|의|이|가|을|를|까지|부터|조차|이라도|라도|이나|나|이라고|라고|이라는|라는|이며|며|이다|다|이고|이지만"
)
_LAST = (
    "은|는|이|가|을|를|의|도|아|야|여|이여|요|이라고|라고|이라며|라며|이라면서|라면서|이라는|라는|이라면|라면|이라도|라도|이라서|라서|"
    "이라기보다|라기보다|이라지만|라지만|이라든가|라든가|이라|라|이란|란|이며|며|이면|이나|나|이든지|든지|이든|든|이고|이지만|지만|이자|"
    "이니|이니까|이야말로|야말로|이야|이던|이어서|여서|인데|인데도|인가|인지|인지는|일까|일지|임을|임에도|입니다|입니까|이에요|예요|이죠|이냐|"
    "이다|다|이라고는|라고는|이라고도|라고도|이라고만|이라는데|라는데"
)
_PARTICLES = re.compile(
    rf"(?:{_SUFFIX})?(?:(?:{_CASE})(?:{_AUXILIARY}){{0,2}}|{_LAST}|(?:이었|였|이셨|셨)[가-힣]{{0,5}}|이?다[가-힣]{{1,2}})?"
)


@functools.lru_cache(maxsize=8192)
def are_particles(run: str) -> bool:
    """Whether a run of Hangul is nothing but particles, copulas and the suffixes that any noun takes (들, 씨, 측)."""
    return 0 < len(run) <= 14 and _PARTICLES.fullmatch(run) is not None


# Suffixes of one syllable that leave a name what it is: 서울시 (city), 한국산 (made in), 자민당 (party).
_JOINED_SYLLABLES = frozenset("시도군구산강역항섬만호사당부청법원측계제식형발행내전후현주성팀")


def is_in_place(text: str, start: int, end: int) -> bool:
    """Whether a target form at text[start:end] of a folded output says the term.

    More may be joined to it than in a source, for Korean and Japanese join what English writes apart: 삼성 (Samsung) is
    in 삼성전자 (Samsung Electronics), 日本 (Japan) in 日本政府 (the government of Japan). A word that only begins alike
    does not hold it: 한국 (Korea) is not in 한국어 (Korean language).
    """
    if stands_alone(text, start, end) or _has_demonym(text, start, end):
        return True
    length = end - start
    first, last = kind_of(text[start]), kind_of(text[end - 1])
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and kind_of(before) == first and not _may_join_before(text, start, length, first):
        return False
    if after and kind_of(after) == last:
        return _may_join_after(text, end, length, last)
    return bool(before) and first != "w" and last != "w" and after not in _NOT_AFTER_NAME


_DEMONYM = re.compile(r"(?:n|an|ian|ese|ish|i)s?(?![0-9A-Za-z_\u00c0-\u024f])")


def _has_demonym(text: str, start: int, end: int) -> bool:
    """Whether a name stands as an adjective, which is how English says 한국의 (of Korea): Korean, Japanese, Israeli."""
    return (
        end - start >= 4
        and text[start].isupper()
        and _begins_word(text, start, end)
        and bool(_DEMONYM.match(text, end))
    )


def _may_join_before(text: str, start: int, length: int, kind: str) -> bool:
    if kind == "w":
        return False
    if kind == "k":
        return length >= 4 and start >= 3 and all(kind_of(c) == "k" for c in text[start - 3 : start])
    return kind == "n" or length >= 3 or (kind == "c" and text[start - 1] in _HAN_BEFORE)


def _may_join_after(text: str, end: int, length: int, kind: str) -> bool:
    if kind == "w":
        return False
    if kind == "k":
        return length >= 4 and len(text) >= end + 3 and all(kind_of(c) == "k" for c in text[end : end + 3])
    if kind == "h":
        run = HANGUL_RUN.match(text, end)
        joined = run.group() if run else ""
        if are_particles(joined):
            return True
        # 로벨르의 (of "Rovelle" in another spelling) is 로벨 and a syllable that means nothing: 삼성전자의 is not.
        is_syllable = len(joined) == 1 or are_particles(joined[1:])
        return joined[0] in _JOINED_SYLLABLES if is_syllable else joined[0] not in "어인"
    return text[end] not in _NOT_AFTER_NAME


_OPENERS = " \"'“‘「『([（【《〈-–—·*"


def is_sentence_start(text: str, start: int) -> bool:
    """Whether a capital at a place may be due to the place: the start of the text, of a sentence or of a quotation."""
    place = start
    while place and text[place - 1] in _OPENERS and start - place < 8:
        place -= 1
    if not place or text[place - 1] in ".!?…:;。！？":
        return True
    return any(mark in text[place:start] for mark in '"“‘「『')
