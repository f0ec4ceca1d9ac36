"""Names that an output lost, changed or made up: people, places and organizations.

Four sources of evidence, the surest first: a table of names in the three languages; names in Latin letters that a
Korean or Japanese text holds; within one language, words that are written or addressed as names are; across scripts,
how the name of a person sounds.
"""

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.doubt import INFO, WARNING, Bodies, Place, doubt
from triwire_server.text.names.known_names import find_known_names, has_known_name, known_names, names_written
from triwire_server.text.names.latin_names import LatinWords, is_acronym, latin_tokens, name_tokens, runs
from triwire_server.text.names.spoken_names import unheard_names
from triwire_server.text.names.titled_names import TitledNames, find_titled_names

# What a country's own media call "the government", and what a translation names.
_HOME = {
    "ko": frozenset({"South Korea", "Seoul"}),
    "ja": frozenset({"Japan", "Tokyo"}),
    "en": frozenset[str](),
}
# English that newspapers write for letters which Korean and Japanese keep, where it is not spelled by them.
_ENGLISH_OF_LETTERS = {
    "sns": ("social", "online"),
    "ott": ("stream", "online video"),
    "hp": ("website", "homepage", "site"),
    "ob": ("alum", "former", "retired", "graduate"),
    "frb": ("fed",),
    "fomc": ("fed",),
    "cm": ("commercial", "advert"),
    "pr": ("promot", "publici", "campaign"),
    "dx": ("digital",),
    "pd": ("producer",),
    "mc": ("host", "present"),
    "gk": ("keeper",),
    "fw": ("forward", "striker"),
    "mf": ("midfield",),
    "df": ("defen",),
    "pk": ("penalt",),
    "ev": ("electric",),
    "lng": ("gas",),
    "lpg": ("gas",),
    "icbm": ("missile",),
    "slbm": ("missile",),
    "srbm": ("missile",),
    "gop": ("republican", "outpost"),
    "nll": ("limit line",),
    "jr": ("rail", "train"),
    "ktx": ("train", "rail"),
    "srt": ("train", "rail"),
    "up": ("up", "rise", "increase"),
}
# Letters that are no names of anybody.
_COMMON_LETTERS = frozenset(
    ["gdp", "gnp", "cpi", "ppi", "ceo", "cfo", "ai", "it", "tv", "pc", "dna", "pcr", "cctv", "mou", "ipo", "esg"]
)
# The same letters spelled out within Korean and Japanese.
_SPELLED_OUT = {
    "ai": ("인공지능", "人工知能"),
    "gdp": ("국내총생산", "国内総生産"),
    "ceo": ("최고경영", "最高経営"),
    "sns": ("소셜", "사회관계망", "交流サイト", "ソーシャル"),
    "fta": ("자유무역", "自由貿易"),
    "mou": ("양해각서", "업무협약", "覚書"),
    "icbm": ("대륙간", "大陸間"),
    "slbm": ("잠수함", "潜水艦"),
    "it": ("정보기술", "정보통신", "情報技術"),
    "r&d": ("연구개발", "研究開発"),
    "ott": ("온라인 동영상", "스트리밍", "動画配信"),
    "tv": ("텔레비전", "방송", "テレビ"),
    "ev": ("전기차", "電気自動車"),
    "lng": ("천연가스", "天然ガス"),
    "pc": ("컴퓨터", "パソコン"),
    "ipo": ("기업공개", "상장", "上場"),
    "m&a": ("인수", "합병", "買収"),
    "hiv": ("에이즈", "エイズ"),
    "esg": ("지배구조",),
    "cctv": ("폐쇄회로", "防犯カメラ"),
    "dmz": ("비무장지대", "非武装地帯"),
    "jr": ("鉄道",),
    "frb": ("연준", "연방준비", "連邦準備"),
    "fed": ("연준", "연방준비", "連邦準備"),
}
_UNITS = frozenset(["mw", "gw", "kwh", "mwh", "gwh", "twh", "gb", "tb", "mb", "kb", "ghz", "mhz", "hz", "db", "ph"])


def check_names(source: str, target: str, source_language: str, target_language: str) -> list[Finding]:
    """Names of a source that its translation lacks, and known names that the source lacks.

    Returns:
        WARNING findings: `expected` with `source.range` for a name that is missing, and `actual` with `target` too
        where one known name stands for another. INFO for a known name that is new and for a person that no word of the
        output sounds like.
    """
    missing = _unanswered(source, target, source_language, target_language)
    new = _unanswered(target, source, target_language, source_language)
    if len(missing) == len(new) == 1:
        findings = [_finding("another name stands in its place", source, missing[0], target, new[0])]
    else:
        findings = [_finding("a name is missing", source, place) for place in missing]
        # Translators say which country a town is in: California as 미국 캘리포니아주 (California, US).
        findings += [_finding("a name is new", "", None, target, place, severity=INFO) for place in new]
    if target_language == "en" and source_language in ("ko", "ja"):
        letters = _missing_letters(source, target, source_language)
        findings += [
            _finding("a name in Latin letters is missing", source, place) for place in letters if place not in missing
        ]
    message = "no name of the output sounds like it"
    for place in unheard_names(source, target, source_language, target_language):
        findings.append(_finding(message, source, place, severity=INFO))
    return findings


def check_claimed_names(bodies: Bodies, statement: str, article_language: str, language: str) -> list[Finding]:
    """Names of a summary that its article lacks.

    Args:
        bodies: those of the article.
        statement: a statement of the summary.
        article_language: base tag of the article.
        language: base tag of the statement.

    Returns:
        WARNING findings with `target` and `actual`. In another language than the article's, only known names and
        names in Latin letters are looked for, and INFO says that no word of the article sounds like a person.
    """
    text = "\n".join(body for _, body in bodies)
    places = _unanswered(statement, text, language, article_language)
    unlikely: list[Place] = []
    if language == article_language == "en":
        places += _new_words(text, statement)
    elif language == article_language:
        titled = find_titled_names(statement, language)
        people = TitledNames(text, language) if titled else None
        absent = [name for name in titled if people and not people.has(name.name)]
        places += [name.place for name in absent if name.is_likely]
        unlikely = [name.place for name in absent if not name.is_likely]
    if language in ("ko", "ja"):
        places += _new_letters(text, statement, article_language)
    places = _without_overlaps(places)
    message = "the article does not have the name"
    findings = [_finding(message, "", None, statement, place) for place in places]
    unlikely += unheard_names(statement, text, language, article_language)
    message = "the article has no such word, and none that sounds like it"
    findings += [
        _finding(message, "", None, statement, place, severity=INFO)
        for place in _without_overlaps(unlikely)
        if not any(place[0] < end and start < place[1] for start, end in places)
    ]
    return findings


def _finding(
    message: str,
    source: str,
    source_place: Place | None,
    target: str = "",
    target_place: Place | None = None,
    severity: "Finding.Severity.ValueType" = WARNING,
) -> Finding:
    return doubt(
        Finding.KIND_NAME_MISMATCH,
        severity,
        message,
        source=source_place,
        target=target_place,
        expected=source[slice(*source_place)] if source_place else "",
        actual=target[slice(*target_place)] if target_place else "",
    )


def _unanswered(text: str, other: str, language: str, other_language: str) -> list[Place]:
    """Places of the known names of a text that no form of another text may stand for, home countries left out."""
    if other_language not in ("en", "ko", "ja"):
        return []
    places = {
        place
        for index, place in find_known_names(text, language).items()
        if not has_known_name(index, other, other_language)
        and not any(_is_home(index, tag) for tag in (language, other_language))
    }
    return sorted(places)


def _is_home(index: int, language: str) -> bool:
    return not _HOME.get(language, frozenset()).isdisjoint(known_names()[index].all["en"])


def _missing_letters(source: str, target: str, source_language: str) -> list[Place]:
    tokens = latin_tokens(source)
    if not tokens:
        return []
    words, folded = LatinWords(target), target.casefold()
    return [
        place
        for token, place in tokens
        if not words.has(token)
        and not words.spells(token)
        and not _is_unit(source, token, place)
        and token.casefold() not in _COMMON_LETTERS
        and not any(part in folded for part in _ENGLISH_OF_LETTERS.get(token.casefold(), ()))
        and not _is_known_as(token, source_language, target, "en")
    ]


def _new_letters(text: str, statement: str, article_language: str) -> list[Place]:
    tokens = latin_tokens(statement)
    if not tokens:
        return []
    words = LatinWords(text)
    return [
        place
        for token, place in tokens
        if not words.has(token)
        and not words.spells(token)
        and not _is_unit(statement, token, place)
        and not any(part in text for part in _SPELLED_OUT.get(token.casefold(), ()))
        and not _is_known_as(token, "en", text, article_language)
    ]


def _new_words(text: str, statement: str) -> list[Place]:
    """Words of an English statement that are written as names are, and that the article does not have at all."""
    tokens = name_tokens(statement)
    if not tokens:
        return []
    words = LatinWords(text)
    places: list[Place] = []
    for run in runs(tokens, statement):
        new = [
            place
            for token, place in run
            if not words.has(token)
            and not (is_acronym(token) and words.spells(token))
            and not _is_known_as(token, "en", text, "en")
        ]
        if new and not (len(new) == len(run) > 1 and words.initials_are_a_word([token for token, _ in run])):
            places.append((new[0][0], new[-1][1]))
    return places


def _is_unit(text: str, token: str, place: Place) -> bool:
    return token.casefold() in _UNITS or text[place[0] - 1 : place[0]].isdigit()


def _is_known_as(form: str, language: str, other: str, other_language: str) -> bool:
    """Whether a form may stand for a known name that another text has."""
    if other_language not in ("en", "ko", "ja"):
        return False
    return any(has_known_name(index, other, other_language) for index in names_written(form, language))


def _without_overlaps(places: list[Place]) -> list[Place]:
    kept: list[Place] = []
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
