"""Whether Korean and Japanese sentences end as the house style asks: 했다 or 했습니다, した or しました (did).

Only endings are looked at, of sentences outside quotation marks. Sentences that end on a noun, on a question or in any
other way that both styles share say nothing; headlines may always end as news does.
"""

import re
from collections.abc import Iterator

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import blank
from triwire_server.text.doubt import WARNING, doubt
from triwire_server.text.language import base_language

NEWS, POLITE = "news", "polite"

# From an opening to a closing mark; quotations inside a quotation go with it.
_QUOTED = re.compile(
    r"“[^“”]{0,2000}”|‘[^‘’]{0,2000}’|「[^「」]{0,2000}」|『[^『』]{0,2000}』|\"[^\"]{0,2000}\"|«[^«»]{0,2000}»"
)
_ASIDE = re.compile(
    r"\([^()]{0,300}\)|（[^（）]{0,300}）|【[^【】]{0,300}】|\[[^\[\]]{0,300}\]|〔[^〔〕]{0,300}〕|<[^<>]{0,300}>"
)
_BRACKETS_INSIDE = re.compile(r"「[^「」]{0,500}」")
_OPENERS, _CLOSERS = "“‘「『«", "”’」』»"
_ENDS = {
    "ko": re.compile(r"([가-힣]{1,8})[\s\x01]{0,300}[.!?…。！？~]{1,5}(?=\s|$|[^\w\s.,])"),
    "ja": re.compile(r"([\u3041-\u309e]{1,12})[\s\x01]{0,300}[。！？!?…．]{1,5}"),
}
_LAST = {"ko": re.compile(r"([가-힣]{1,8})\s{0,3}$"), "ja": re.compile(r"([\u3041-\u309e]{1,12})\s{0,3}$")}

_POLITE_SYLLABLES = "아어여해세에예네지군나까데고워봐와돼져려셔겨켜쳐춰둬줘래대걸게"
_POLITE = {
    "ko": re.compile(rf"(?:니다|니까|시오|시죠|[{_POLITE_SYLLABLES}]요|[가-힣]죠|ㅂ시다)만?$"),
    "ja": re.compile(
        r"(?:です|ます|でした|ました|ません|ませんでした|でしょう|ましょう|ください|下さい|なさい|ございます)(?:か|ね|よ|よね|が|の|わ|けど|から|し)?$"
    ),
}
_PLAIN = {
    "ko": re.compile(r"[가-힣]다$"),
    "ja": re.compile(r"(?:だ|た|である|る|い|う|く|す|む|ぬ|ぐ|つ|ぶ)$"),
}
# Courteous endings in い are requests, not adjectives; nouns in 다 at the end of a sentence are rare and short.
_NOT_PLAIN = {
    "ko": re.compile(r"(?:캐나다|바다|혼다|판다|람다|마쓰다|우간다|르완다)$"),
    "ja": re.compile(r"(?:ください|なさい|ぐらい|くらい|みたい|せい|ありがとう|おめでとう|よう)$"),
}


def check_register(text: str, language: str, register: str, *, is_headline: bool = False) -> list[Finding]:
    """Doubts about the style of sentence endings.

    Args:
        text: plain text of a block or statement in Korean or Japanese; other languages have no register.
        language: BCP-47 tag of the text.
        register: "news" (해라체, da/dearu) or "polite" (합쇼체, desu/masu).
        is_headline: headlines may end as they like, but in the news register not on a polite verb.

    Returns:
        At most one KIND_OPTION_NOT_APPLIED finding, WARNING, `expected` "house_style.register", `actual` the register
        that more of the sentences have, and the first such ending as `target`.

    Raises:
        ValueError: the register is none of the two.
    """
    if register not in (NEWS, POLITE):
        raise ValueError(f'register is {register!r}; it must be "{NEWS}" or "{POLITE}"')
    tag = base_language(language)
    if tag not in _ENDS or (is_headline and register == POLITE):
        return []
    endings = list(_endings(text, tag))
    wrong = [place for place, found in endings if found != register]
    if len(wrong) * 2 <= len(endings):
        return []
    return [
        doubt(
            Finding.KIND_OPTION_NOT_APPLIED,
            WARNING,
            "most sentences end in the other register",
            target=wrong[0],
            expected="house_style.register",
            actual=NEWS if register == POLITE else POLITE,
        )
    ]


def _endings(text: str, language: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Places of the last words of sentences with the register they show; those that show none are left out."""
    told = _blank_asides(text)
    if told is None:
        return
    last = 0
    for match in _ENDS[language].finditer(told):
        last = match.end()
        register = _register_of(match.group(1), language, is_closed=True)
        if register:
            yield match.span(1), register
    rest = _LAST[language].search(told, max(last, len(told) - 20))
    if rest:
        register = _register_of(rest.group(1), language, is_closed=False)
        if register:
            yield rest.span(1), register


def _register_of(word: str, language: str, *, is_closed: bool) -> str:
    polite = _POLITE[language].search(word)
    if polite:
        if polite.group().startswith(("니다", "니까")) and not _has_final_bieup(word, polite.start()):
            return NEWS if is_closed and polite.group() == "니다" else ""  # 아니다 (is not), 다니다 (go about), 하니까
        return POLITE
    if is_closed and _PLAIN[language].search(word) and not _NOT_PLAIN[language].search(word):
        return NEWS
    return ""


def _has_final_bieup(word: str, end: int) -> bool:
    """Whether the syllable before a place ends in ㅂ, as all verbs do before 니다: 합니다, 했습니다."""
    return end > 0 and (ord(word[end - 1]) - 0xAC00) % 28 == 17


def _blank_asides(text: str) -> str | None:
    """As long as the text, with quotations as U+0000, brackets as U+0001; None if nobody can tell what is quoted."""
    told = blank(blank(blank(text, _BRACKETS_INSIDE, "\x00"), _QUOTED, "\x00"), _ASIDE, "\x01")
    if '"' in told:
        return None
    # Quotations run over several paragraphs: one may have been opened before this text, another closed after it.
    closer = max((told.rfind(mark) for mark in _CLOSERS if mark != "’"), default=-1)
    opener = min((place for mark in _OPENERS if mark != "‘" and (place := told.find(mark)) >= 0), default=len(told))
    if closer > opener:
        return None
    return "\x00" * (closer + 1) + told[closer + 1 : opener] + "\x00" * (len(told) - opener)
