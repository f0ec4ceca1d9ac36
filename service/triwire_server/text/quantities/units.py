"""Currencies and units of English, Korean and Japanese by the name that the three share."""

import re

from triwire_server.text.quantities.values import Key, number_key

CURRENCY_SIGNS = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₩": "KRW"}
"""Currency by its sign; that of the yen is that of the yuan too."""

ENGLISH = {
    "USD": "dollar dollars usd buck bucks cent cents",
    "GBP": "pound pounds gbp pence penny p quid sterling lb lbs",
    "EUR": "euro euros eur",
    "JPY": "yen jpy",
    "KRW": "won krw",
    "CNY": "yuan renminbi rmb cny",
    "RUB": "ruble rubles rouble roubles",
    "INR": "rupee rupees",
    "CHF": "franc francs",
    "MXN": "peso pesos",
    "TRY": "lira liras",
    "SEK": "krona kronor krone kroner crown crowns",
    "BRL": "real reais",
    "ZAR": "rand",
    "THB": "baht",
    "IDR": "rupiah",
    "MYR": "ringgit",
    "VND": "dong",
    "percent": "percent pc pct",
    "point": "pp point points",
    "metre": "m metre metres meter meters",
    "km": "km kms kilometre kilometres kilometer kilometers",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "mile": "mile miles mi",
    "foot": "foot feet ft",
    "inch": "inch inches in",
    "yard": "yard yards yd yds",
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "gram": "g gram grams gramme grammes",
    "tonne": "t ton tons tonne tonnes",
    "ounce": "ounce ounces oz",
    "stone": "stone",
    "hectare": "hectare hectares ha",
    "acre": "acre acres",
    "litre": "l litre litres liter liters",
    "gallon": "gallon gallons",
    "kmh": "kph kmh",
    "mph": "mph",
    "celsius": "celsius c",
    "fahrenheit": "fahrenheit f",
    "year": "year years yr yrs",
    "month": "month months",
    "week": "week weeks",
    "day": "day days",
    "hour": "hour hours hr hrs",
    "minute": "minute minutes min mins",
    "second": "second seconds sec secs",
}
"""Written forms of English by unit, in lower case; currencies have their ISO 4217 code."""

KOREAN = {
    "USD": "달러 미국달러 불 센트",
    "GBP": "파운드 펜스",
    "EUR": "유로",
    "JPY": "엔",
    "KRW": "원",
    "CNY": "위안",
    "RUB": "루블",
    "INR": "루피",
    "CHF": "프랑",
    "MXN": "페소",
    "TRY": "리라",
    "SEK": "크로나 크로네",
    "BRL": "헤알",
    "ZAR": "랜드",
    "THB": "바트",
    "IDR": "루피아",
    "MYR": "링깃",
    "VND": "동",
    "percent": "% 퍼센트 프로 퍼센티지",
    "point": "%p %P %포인트 퍼센트포인트 포인트 pp 점",
    "metre": "m 미터 m가량",
    "km": "km ㎞ 킬로미터 킬로",
    "cm": "cm ㎝ 센티미터 센티",
    "mm": "mm ㎜ 밀리미터",
    "mile": "마일",
    "foot": "피트 ft",
    "inch": "인치",
    "yard": "야드",
    "kg": "kg ㎏ 킬로그램",
    "gram": "g 그램",
    "tonne": "t 톤",
    "ounce": "온스",
    "stone": "스톤",
    "hectare": "ha ㏊ 헥타르",
    "acre": "에이커",
    "litre": "리터 L ℓ",
    "gallon": "갤런",
    "celsius": "도 ℃ °C",
    "fahrenheit": "℉ °F",
    "century": "세기",
    "decade": "년대",
    "year": "년 주년",
    "month": "개월 달",
    "week": "주일 주",
    "day": "일",
    "hour": "시간",
    "minute": "분",
    "second": "초",
}
"""Written forms of Korean by unit."""

JAPANESE = {
    "USD": "ドル 米ドル 弗 セント",
    "GBP": "ポンド 英ポンド ペンス",
    "EUR": "ユーロ",
    "JPY": "円",
    "KRW": "ウォン",
    "CNY": "元 人民元",
    "RUB": "ルーブル",
    "INR": "ルピー",
    "CHF": "フラン スイスフラン",
    "MXN": "ペソ",
    "TRY": "リラ",
    "SEK": "クローナ クローネ",
    "BRL": "レアル",
    "ZAR": "ランド",
    "THB": "バーツ",
    "IDR": "ルピア",
    "MYR": "リンギ リンギット",
    "VND": "ドン",
    "percent": "% パーセント",
    "point": "%ポイント パーセントポイント ポイント 点",
    "metre": "m メートル",
    "km": "km ㎞ キロメートル キロ",
    "cm": "cm ㎝ センチメートル センチ",
    "mm": "mm ㎜ ミリメートル ミリ",
    "mile": "マイル",
    "foot": "フィート フット",
    "inch": "インチ",
    "yard": "ヤード",
    "kg": "kg ㎏ キログラム",
    "gram": "g グラム",
    "tonne": "t トン",
    "ounce": "オンス",
    "stone": "ストーン",
    "hectare": "ha ㌶ ヘクタール",
    "acre": "エーカー",
    "litre": "リットル L ℓ",
    "gallon": "ガロン",
    "celsius": "度 ℃ °C",
    "fahrenheit": "℉ °F",
    "century": "世紀",
    "decade": "年代",
    "year": "年 年間 周年 カ年 か年 ヵ年",
    "month": "か月 カ月 ヶ月 ヵ月 ケ月 箇月",
    "week": "週 週間",
    "day": "日 日間",
    "hour": "時間",
    "minute": "分 分間",
    "second": "秒 秒間",
}
"""Written forms of Japanese by unit."""

_SIGNS = r"|(?P<sign>[$£€¥₩])"
# The name or the sign of a currency, with an amount or without, by language.
_MENTIONS = {
    "en": re.compile(
        r"\b(?P<name>dollars?|pounds?|sterling|pence|euros?|yen|(?<=the )won|(?<=n )won|(?<=[0-9] )won|yuan|renminbi|"
        r"rupees?|roubles?|rubles?|francs?|pesos?)\b" + _SIGNS,
        re.IGNORECASE,
    ),
    "ko": re.compile(
        "(?P<name>달러|파운드|유로(?!파|존|스타)|위안(?!부)|루블|루피|페소|(?<!유)엔(?=화|저|[ ,./]|$)|원(?=화|[/]))"
        + _SIGNS
    ),
    "ja": re.compile(
        "(?P<name>ドル|ポンド|ユーロ(?!圏|スター|ビジョン)|円(?![満形卓滑盤熟])|ウォン|人民元|ルーブル|ルピー|ペソ)"
        + _SIGNS
    ),
}
CURRENCIES = frozenset(unit for unit in ENGLISH if unit.isupper())
"""The units that are currencies."""

# What one of the unit is in the base of its dimension. Pounds of weight are read as GBP: the word is the same.
_MEASURES = {
    "length": {
        "mm": 0.001,
        "cm": 0.01,
        "inch": 0.0254,
        "foot": 0.3048,
        "yard": 0.9144,
        "metre": 1.0,
        "km": 1000.0,
        "mile": 1609.34,
    },
    "mass": {"gram": 0.001, "ounce": 0.02835, "GBP": 0.45359, "kg": 1.0, "stone": 6.35, "tonne": 1000.0},
    "area": {"acre": 0.40469, "hectare": 1.0},
    "volume": {"litre": 1.0, "gallon": 3.785},
}
MEASURES = {unit: (dimension, size) for dimension, sizes in _MEASURES.items() for unit, size in sizes.items()}
"""(dimension, size in its base) of every unit that may be said in another one: "30 metres (100 feet)"."""

LARGER = {"month": 12, "hour": 24, "minute": 60, "day": 7, "year": 10, "second": 60}
"""Durations that are also said in the next larger unit: how many make one of it."""


def lookup(table: dict[str, str]) -> dict[str, str]:
    """Unit by its written form."""
    return {form: unit for unit, forms in table.items() for form in forms.split()}


_FORMS = {"en": lookup(ENGLISH), "ko": lookup(KOREAN), "ja": lookup(JAPANESE)}


def find_currencies(text: str, language: str) -> dict[str, tuple[int, int]]:
    """Currencies that a text names, with an amount or without: unit and the first place.

    Args:
        text: plain text.
        language: base tag: en, ko or ja.
    """
    found: dict[str, tuple[int, int]] = {}
    for match in _MENTIONS[language].finditer(text):
        sign = match["sign"]
        unit = CURRENCY_SIGNS[sign] if sign else _FORMS[language][match["name"].lower()]
        found.setdefault(unit, match.span())
    return found


def longer_durations(number: float, unit: str) -> tuple[Key, ...]:
    """What a duration is in the next larger or smaller unit, if it comes out even: 48 hours are 2 days."""
    keys: tuple[Key, ...] = ()
    size = LARGER.get(unit)
    if size and number and number % (size / 2) == 0:
        keys += (number_key(number / size),)
    if unit == "year" and number <= 5:
        keys += (number_key(number * 12),)
    elif unit in ("day", "hour") and number <= 5:
        keys += (number_key(number * (24 if unit == "day" else 60)),)
    elif unit == "week" and number <= 10:
        keys += (number_key(number * 7),)
    return keys


def is_conversion(number: float, unit: str, other: float, other_unit: str) -> bool:
    """Whether two measures say the same in different units, as rounded as news texts round."""
    if unit == other_unit:
        return False
    if {unit, other_unit} == {"celsius", "fahrenheit"}:
        celsius, fahrenheit = (number, other) if unit == "celsius" else (other, number)
        return abs(celsius * 1.8 + 32 - fahrenheit) <= 2
    first, second = MEASURES.get(unit), MEASURES.get(other_unit)
    if first is None or second is None or first[0] != second[0]:
        return False
    return abs(number * first[1] - other * second[1]) <= 0.08 * max(number * first[1], other * second[1])
