"""Reads the quantities of a Japanese text."""

import re

from triwire_server.text.quantities import dates, units
from triwire_server.text.quantities.cjk import COMPOUNDS, Reader, Tables, unit_pattern
from triwire_server.text.quantities.numbers import JAPANESE_NUMERALS
from triwire_server.text.quantities.values import Value, keys_by_word, number_key

_WORDS = keys_by_word(
    (
        (1.0,),
        "ひとり ひとつ 初めて 初の 初代 唯一 毎年 毎月 毎週 毎日 年間 年次 ワン シングル 単独 単一 首位 優勝 "
        "当たり あたり",
    ),
    ((1.0, 24.0), "終日"),
    (
        (2.0,),
        "ふたり ふたつ 両 南北 双方向 双方 倍増 倍に 倍の 倍近 倍以 ダブル 双子 夫婦 ツー 準優勝 隔年",
    ),
    ((3.0,), "みっつ トリプル スリー ハットトリック 三重"),
    ((4.0,), "よっつ フォー 準決勝"),
    ((5.0,), "いつつ ファイブ"),
    ((6.0,), "シックス"),
    ((7.0,), "セブン"),
    ((8.0,), "エイト 準々決勝"),
    ((9.0,), "ナイン"),
    ((10.0,), "テン ティーンエージャー 十代"),
    ((0.5, 50.0, 2.0), "半分 半数 半減 半額 折半 過半数 半ば 前半 後半 ハーフ 半々"),
    ((0.5, 6.0), "半年"),
    ((50.0,), "半世紀"),
    ((0.25, 1.0), "四半期"),
    ((0.0,), "ゼロ 全員一致 全会一致 満場一致 無得点 無失点 無敗 無傷"),
    (("t0", 12.0), "正午 真夜中"),
    (("w5", "w6"), "週末 土日"),
    ((19.0,), "新型コロナ コロナ"),
    ((11.0,), "イレブン"),
    ((50.0,), "五分五分"),
    ((6.25, "6-25", 6.0, 25.0), "朝鮮戦争"),
    ((1.0, "m1"), "元日 元旦"),
    *(
        ((f"w{index}",), word)
        for index, word in enumerate(
            ["マンデー", "チューズデー", "ウェンズデー", "サーズデー", "フライデー", "サタデー", "サンデー"]
        )
    ),
    (("w2",), "ウェンズデイ"),
    (("w4",), "フライデイ"),
    (("w6",), "サンデイ"),
)
_PLAIN_WORDS = "|".join(sorted(_WORDS, key=len, reverse=True))
_DAY = "[月火水木金土日]"
_KANJI = "〇一二三四五六七八九十百千万億兆"
_HALVES = {
    "午前": "am",
    "未明": "am",
    "朝": "am",
    "午後": "pm",
    "夕方": "pm",
    "夜": "",
    "深夜": "",
    "昼": "",
    "正午": "",
}
_MERIDIEM = "|".join(_HALVES)
_NAMES = units.lookup(units.JAPANESE)
_ERA = re.compile(r"(令和|平成|昭和|大正|明治)\s?(元|[0-9]{1,2})\s?年?")
_SCAN = re.compile(
    rf"(?P<weekday>{_DAY}(?:[·、,~-]{_DAY}){{0,6}}曜|(?<=\(){_DAY}(?=[)·]))"
    r"|(?P<era>(?:令和|平成|昭和|大正|明治)\s?(?:元|[0-9]{1,2})\s?年?)"
    rf"|{COMPOUNDS}"
    r"|(?P<month>(?<![0-9.,])[0-9]{1,2}\s?月(?!曜))"
    rf"|(?P<clock>(?:(?:{_MERIDIEM})\s?)?(?<![0-9.,])[0-9]{{1,2}}\s?時(?![間代点期速差短]))"
    r"|(?P<digits>[0-9])"
    rf"|(?P<words>{_PLAIN_WORDS})"
    # 一 in 一部 (a part), 一方 (meanwhile) and the like counts nothing.
    rf"|(?P<numeral>一(?![部方般緒致貫連層定因旦応瞬斉帯応面味挙体切{_KANJI}])|[数何][十百千万億兆]{{1,3}}"
    rf"|[{_KANJI}](?<!一)(?!葉)[{_KANJI}]{{0,20}}|一[{_KANJI}]{{1,20}})"
)

_TABLES = Tables(
    scan=_SCAN,
    unit=unit_pattern(
        _NAMES,
        {
            "元": "首|日|旦|大|年|気|々|教|職|警|社|に|選|代|夫|妻|議|閣|幹",
            "日": "本|米|韓|中|経|銀|産|立|英|朝|系|露",
            "年": "代|金|齢|生|収|配|末|俸|輪",
            "週": "刊",
            "分": "の|野|析|裂|離|散|配|岐|類|別|担",
            "秒": "読",
            "点": "検|滴|灯|在|字|火|呼|け",
            "度": "目|々|合|重",
            "フラン": "ス|ク",
            "ランド": "マ|セ",
            "ドン": "・|キ|バ",
            "キロ": "グラム|メートル",
            "フット": "ボ|サ",
            "セント": "・|ル|ラ|ポ|ヘ|ジ",
            "ミリ": "タ|オ|シ",
            "ポイント": "カード|還元",
            "ポンド": "ボ",
        },
    ),
    unit_names=_NAMES,
    days=dates.JAPANESE_DAYS,
    numerals=JAPANESE_NUMERALS,
    words=_WORDS,
    clock_words=re.compile(
        rf"(?:(?P<meridiem>{_MERIDIEM})\s?)?(?P<hour>[0-9]{{1,2}})\s?時(?:\s?(?P<minute>[0-9]{{1,2}})\s?分|(?P<half>半))?"
    ),
    halves=_HALVES,
    tenth=re.compile(r"\s?割(?:\s?([0-9])分)?(?![り引合当高安])"),
    and_a_half=re.compile("半"),
    fraction=re.compile(r"\s?分の\s?"),
    numeral=lambda text: None,
    article="",
)


class _Reader(Reader):
    def _read_compound(self, match: re.Match[str]) -> None:
        if match.lastgroup != "era":
            super()._read_compound(match)
            return
        era = _ERA.fullmatch(match.group())
        if era is None:
            return
        year = 1 if era.group(2) == "元" else int(era.group(2))
        keys = (number_key(float(dates.ERAS[era.group(1)] + year)), float(year))
        self._values.append(Value(match.start(), match.end(), keys, unit="year"))


def read(text: str) -> list[Value]:
    """Quantities of a Japanese text, in order of their places. Its signs are unified (`values.unify_signs`)."""
    return _Reader(text, _TABLES).read()
