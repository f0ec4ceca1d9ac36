"""How a written form ends when it is read aloud in Korean: on a vowel, on ㄹ or on another consonant.

Korean particles depend on it (particles.py). Hangul says it by its code; numbers, Latin names and acronyms, units and
signs are read as a newsreader would read them. The rules for Latin words follow how English loanwords are spelled
in Korean (외래어 표기법, the state's rules for loanwords), for common endings.
"""

import enum
import functools
import re
import unicodedata


class Sound(enum.Enum):
    """End of a spoken form."""

    OPEN = "open"
    """On a vowel: 네이버 (Naver)."""

    RIEUL = "rieul"
    """On ㄹ: 구글 (Google); takes 로 as a vowel does, all else as a consonant does."""

    CLOSED = "closed"
    """On another consonant: 한국 (Korea)."""


_SYLLABLES = 0xAC00
_RIEUL = 8
_DIGITS = dict(zip("0123456789", "clocoocllo", strict=True))  # 영 일 이 삼 사 오 육 칠 팔 구
_BY_MARK = {"o": Sound.OPEN, "l": Sound.RIEUL, "c": Sound.CLOSED}
# Letter names: 엘 and 알 end in ㄹ, 엠 and 엔 in a consonant, the others on a vowel.
_LETTERS = {"l": Sound.RIEUL, "r": Sound.RIEUL, "m": Sound.CLOSED, "n": Sound.CLOSED}
_JAMO_NAMES = {"ㄹ": Sound.RIEUL} | dict.fromkeys("ㄱㄲㄴㄷㄸㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", Sound.CLOSED)

# Han characters that Korean papers use as words: country and party names, surnames. Others are unknown.
_HAN = (
    dict.fromkeys("美與野李崔趙許吳車市家社女露阿父母子高盧魯二四五九伊濠", Sound.OPEN)
    | dict.fromkeys("日佛薛葉吉月一七八", Sound.RIEUL)
    | dict.fromkeys(
        "中北韓英獨靑檢軍黨尹朴金文安洪黃姜權林張申徐全孫白南沈千方孔咸卞廉前新人男王國銀三六十百萬億", Sound.CLOSED
    )
)
_ROMAN = dict(zip("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", "locooclloc", strict=True))

# Signs and units as they are read: 퍼센트, 킬로미터, 그램, 톤, 달러, 엔, 원, 도 ...
_SIGNS = {
    "%": "o", "‰": "l", "°": "o", "$": "o", "€": "o", "£": "o", "¥": "c", "₩": "c", "&": "o", "+": "o", "@": "o",
    "#": "c",
    "Ω": "c", "²": "o", "³": "o", "♥": "o", "★": "l", "☆": "l",
}  # fmt: skip
_CURRENCIES = {"$": "o", "€": "o", "£": "o", "¥": "c", "₩": "c"}
_UNITS_BY_MARK = {
    # 미터, 와트, 바이트, 헤르츠, 볼트, 리터, 헥타르, 칼로리, 피트, 파운드, 온스, 야드, 인치 and what is built with them
    "o": "m km cm mm nm μm l L ml mL kl dl ha W kW MW GW TW Wh kWh MWh GWh TWh V kV A mA Ah mAh Hz kHz MHz GHz THz B "
    "kB KB MB GB TB PB bps kbps Mbps Gbps cal kcal ft lb lbs oz yd in bp J kJ MJ Pa hPa kPa MPa Gy Sv mSv μSv lx p mph "
    "km/h m/s MB/s GB/s m2 km2 cm2 m3 km3 cm3 h s cc ppb dpi",
    "l": "mi dB mol bbl",  # 마일, 데시벨, 몰, 배럴
    "c": "g kg mg μg t Mt kt N ppm rpm gal",  # 그램, 톤, 뉴턴, 피피엠, 갤런
}
_UNITS = {unit: mark for mark, units in _UNITS_BY_MARK.items() for unit in units.split()}

# Passed over at the end; the escapes are the zero-width SPACE, NON-JOINER, JOINER, WORD JOINER and NO-BREAK SPACE.
_CLOSERS = "\"'”’»」』》〉】〕>*_~!?.,;:…·™®©℠\u200b\u200c\u200d\u2060\ufeff"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_MAX_BRACKET_CHARACTERS = 80
_MAX_READ_CHARACTERS = 120
_NUMBER = re.compile(r"([$€£¥₩]\s?)?((?:\d{1,30}|\d{1,3}(?:,\d{3}){1,9})(?:\.(\d{1,20}))?)$", re.ASCII)
_AFTER_DIGIT = re.compile(r"[\d만억천백]\s?([A-Za-zμ]{1,5}(?:/[A-Za-z]{1,2})?[23]?)$", re.ASCII)
_LATIN = re.compile(r"[A-Za-z]{1,40}$")
_READ_IN_ENGLISH = ("mp3", "web3")  # 엠피스리, 웹스리
_CUBE = {"²": "2", "³": "3"}


def final_sound(form: str) -> Sound | None:
    """How a form ends in speech; None if that cannot be told.

    Closing quotation marks and a bracket at the end are passed over: 은 counts in 김정은(金正恩).

    Args:
        form: a word, name, number or passage; only its last 120 characters are read.
    """
    form = form[-_MAX_READ_CHARACTERS:]
    last = form[-1:]
    if "가" <= last <= "힣":
        return _of_hangul(last)
    return _read(form)


@functools.lru_cache(maxsize=4096)
def _read(form: str) -> Sound | None:
    spoken = _strip(_compose(form))
    if not spoken:
        return None
    last = spoken[-1]
    if "가" <= last <= "힣":
        return _of_hangul(last)
    if last in _JAMO_NAMES:
        return _JAMO_NAMES[last]
    if last in _ROMAN:
        return _BY_MARK[_ROMAN[last]]
    if last in _HAN:
        return _HAN[last]
    unit = _unit_of(spoken)
    if unit:
        return _BY_MARK[_UNITS[unit]]
    if spoken.lower().endswith(_READ_IN_ENGLISH):
        return Sound.OPEN
    if last.isascii() and last.isdigit():
        return _of_number(spoken)
    if last in _SIGNS:
        return _BY_MARK[_SIGNS[last]]
    return _of_letters(spoken)


def _unit_of(spoken: str) -> str:
    """The unit that ends a form, after a number or alone ("kg"); "" if there is none."""
    if len(spoken) > 1 and spoken in _UNITS and not _VOWEL.search(spoken.lower()):
        return spoken
    match = _AFTER_DIGIT.search(spoken)
    return match.group(1) if match and match.group(1) in _UNITS else ""


def _compose(form: str) -> str:
    """NFKC, which writes ㎞ as km and full-width letters as ASCII, but keeps what it would turn into other words."""
    kept = "".join(
        c if c in _ROMAN or c in _CUBE else " " if c == "\u00a0" else unicodedata.normalize("NFKC", c) if c > "~" else c
        for c in form
    )
    return (
        unicodedata.normalize("NFC", kept).replace("°C", "°").replace("°F", "°").replace("%p", "%").replace("%P", "%")
    )


def _strip(form: str) -> str:
    """Without white space, closing quotation marks and brackets at the end; all of it if nothing else is there."""
    left = form.rstrip().rstrip(_CLOSERS).rstrip()
    while left and left[-1] in _BRACKETS:
        opener = left.rfind(_BRACKETS[left[-1]], max(0, len(left) - _MAX_BRACKET_CHARACTERS))
        before = left[: max(opener, 0)].rstrip().rstrip(_CLOSERS).rstrip()
        is_aside = opener >= 0 and any(c.isalnum() or c in _SIGNS for c in before)
        # With nothing before it the bracket itself is what is read.
        left = (before if is_aside else left[:-1]).rstrip().rstrip(_CLOSERS).rstrip()
    return left


def _of_hangul(syllable: str) -> Sound:
    final = (ord(syllable) - _SYLLABLES) % 28
    return Sound.OPEN if not final else Sound.RIEUL if final == _RIEUL else Sound.CLOSED


def _of_number(spoken: str) -> Sound | None:
    """By the Sino-Korean reading: 10 ends in 십, 100 in 백, 10,000 in 만, 1,000,000,000,000 in 조, 0.5 in 오."""
    match = _NUMBER.search(spoken)
    if match is None:
        return _BY_MARK[_DIGITS[spoken[-1]]]
    if match.group(1):
        return _BY_MARK[_CURRENCIES[match.group(1)[0]]]
    digits = match.group(2).replace(",", "")
    if match.group(3) or digits[-1] != "0":
        return _BY_MARK[_DIGITS[digits[-1]]]
    zeros = len(digits) - len(digits.rstrip("0"))
    # Only 조 (10 to the 12th) of the number words for zeros ends on a vowel.
    return Sound.OPEN if zeros // 4 == 3 and zeros < len(digits) else Sound.CLOSED


def _of_letters(spoken: str) -> Sound | None:
    last = spoken[-1]
    if "\u3041" <= last <= "\u30fc":
        return Sound.CLOSED if last in "んン" else Sound.OPEN
    plain = "".join(c for c in unicodedata.normalize("NFD", spoken) if not unicodedata.combining(c))
    match = _LATIN.search(plain)
    if match is None:
        return Sound.OPEN if "α" <= last.lower() <= "ω" and last.lower() not in "εο" else None
    if last in "éèêëÉ":
        return Sound.OPEN
    return _of_latin(match.group(), after_digit=plain[match.start() - 1 : match.start()].isdigit())


def _of_latin(run: str, *, after_digit: bool) -> Sound:
    word = run.lower()
    if word in _WORDS:
        return _BY_MARK[_WORDS[word]]
    upper = len(run) - len(run.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    is_all_upper = upper == len(run)
    if is_all_upper and not after_digit and len(run) >= 5 and _is_speakable(word):
        return _of_word(word)
    if upper or len(run) == 1 or not _VOWEL.search(word):
        return _LETTERS.get(word[-1], Sound.OPEN)
    # The last part of a name in camel case is a word of its own: YouTube, WhatsApp.
    parts = _CAMEL.findall(run)
    tail = parts[-1].lower() if parts else word
    if tail in _WORDS:
        return _BY_MARK[_WORDS[tail]]
    return _of_word(tail)


_VOWEL = re.compile(r"[aeiouy]")
_CAMEL = re.compile(r"[A-Z]?[a-z]{1,40}")
_HARD_CLUSTER = re.compile(r"[^aeiouy]{3}")


def _is_speakable(word: str) -> bool:
    """Whether an acronym in capitals is said as a word (UNICEF) rather than by its letters (UNHCR)."""
    return bool(_VOWEL.search(word)) and not _HARD_CLUSTER.search(word)


# Endings of English words, the longest first: what the Korean spelling of the word ends in.
_ENDINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(f"(?:{pattern})$"), mark)
    for pattern, mark in (
        (r"[^aeiou]?(?:gne|[mn]e)", "c"),  # 타임 time, 폰 phone, 샴페인 champagne
        (r"(?:[^aeiou]|[aeiou])le", "l"),  # 애플 apple, 모바일 mobile
        (r"e", "o"),  # 유튜브 YouTube, 게이트 gate, 포르셰 Porsche
        (r"[aiouyw]", "o"),
        (r"ng|m|mb|n", "c"),
        (r"l", "l"),
        (r"[rszxfvjhd]", "o"),
        (r"out|tt", "c"),  # 아웃 out, 스콧 Scott
        (r"(?:^|[^aeiouw])[aeiouy]t", "c"),  # 로봇 robot, 인터넷 internet
        (r"ck|ook", "c"),  # 블랙 black, 북 book
        (r"(?:^|[^aeiouw])[aeiouy]k", "c"),  # 틱톡 TikTok
        (r"pp|oup|oop", "c"),  # 앱 app, 그룹 group
        (r"(?:^|[^aeiouw])[aeiouy]p", "c"),  # 스타트업 startup
        (r"[aeiouy]c", "c"),  # 맥 Mac, 퍼시픽 Pacific
        (r"aq", "c"),  # 나스닥 Nasdaq
        (r"(?:^|[^aeiouw])[aeiouy]b", "c"),  # 클럽 club
    )
)


def _of_word(word: str) -> Sound:
    for pattern, mark in _ENDINGS:
        if pattern.search(word):
            return _BY_MARK[mark]
    return Sound.OPEN


# Names and acronyms whose Korean reading the rules would miss: 오펙, 에이펙, 나스닥, 라인, 네이버, 뉴욕, 유럽 ...
_WORDS_BY_MARK = {
    "c": "opec apec aipac kosdaq nasdaq toeic line bigbang big europe york jimin",
    "l": "seal seoul",
    "o": "naver nestle chile cafe hub github iraq brexit tibet soviet fiat peugeot nike airbnb winner adobe "
    "anime karaoke marseille camille apache acne recipe sake unite salute ballet buffet bouquet cabaret "
    "depot monet chalet kuwait bite penelope zoe chloe tagalog",
}
_WORDS = {word: mark for mark, words in _WORDS_BY_MARK.items() for word in words.split()}
