from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.quantities.quantity_triples import PHRASES, TRIPLES
from tests.service.text.strategies import texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.quantities.comparison import check_quantities, read_quantities

SERVED = st.sampled_from(["en", "ko", "ja", "en-GB", "ja-JP"])


def shown(findings: list[Finding]) -> list[tuple[str, str, str, str]]:
    return [
        (Finding.Kind.Name(f.kind)[5:-9], Finding.Severity.Name(f.severity)[9:], f.expected, f.actual) for f in findings
    ]


@pytest.mark.parametrize(
    ("source", "target", "from_to", "expected"),
    [
        # A digit, a scale word, a month, a weekday, an hour became another one.
        ("Some 47 people fled.", "약 48명이 달아났다.", "en-ko", [("NUMBER", "CRITICAL", "47", "48")]),
        (
            "피해액은 3억 원이다.",
            "The damage is 3 billion won.",
            "ko-en",
            [("NUMBER", "CRITICAL", "3억 원", "3 billion won")],
        ),
        ("It opens on 3 June.", "7月3日に開く。", "en-ja", [("DATE", "CRITICAL", "June", "7月")]),
        ("월요일에 열린다.", "火曜日に開かれる。", "ko-ja", [("DATE", "CRITICAL", "월요일", "火曜")]),
        ("午後5時半に始まる。", "It starts at 6.30pm.", "ja-en", [("DATE", "CRITICAL", "午後5時半", "6.30pm")]),
        # Missing, new.
        ("Of 250 houses, 12 burned.", "12채가 불탔다.", "en-ko", [("NUMBER", "WARNING", "250", "")]),
        ("彼は当選した。", "He was elected in 2016.", "ja-en", [("DATE", "WARNING", "", "2016")]),
        # The same number in another currency, points instead of percent, evening instead of morning.
        ("It costs $50.", "그것은 50엔이다.", "en-ko", [("NUMBER", "CRITICAL", "$50", "50엔")]),
        (
            "The euro fell against the dollar.",
            "엔화는 달러에 대해 하락했다.",
            "en-ko",
            [("NUMBER", "WARNING", "euro", "엔")],
        ),
        ("ポンドが急落した。", "The euro plunged.", "ja-en", [("NUMBER", "WARNING", "ポンド", "euro")]),
        ("지지율이 3%포인트 올랐다.", "Support rose by 3%.", "ko-en", [("NUMBER", "WARNING", "3%포인트", "3%")]),
        ("오전 9시에 출발했다.", "It left at 9pm.", "ko-en", [("DATE", "WARNING", "오전 9시", "9pm")]),
        # A share, a distance and an amount; what is nearest by its unit is the one that changed, wherever it stands.
        ("It rose 50%.", "그것은 60m 올랐다.", "en-ko", [("NUMBER", "CRITICAL", "50%", "60m")]),
        (
            "It rose 50% in 3 years.",
            "4년 만에 60% 올랐다.",
            "en-ko",
            [("NUMBER", "CRITICAL", "50%", "60%"), ("NUMBER", "CRITICAL", "3", "4년")],
        ),
        ("He paid $50.", "그는 30을 냈다.", "en-ko", [("NUMBER", "CRITICAL", "$50", "30")]),
        (  # no amount becomes a distance, and no month a weekday
            "He paid $50.",
            "그는 30km를 달렸다.",
            "en-ko",
            [("NUMBER", "WARNING", "$50", ""), ("NUMBER", "WARNING", "", "30km")],
        ),
        (
            "It opens in June.",
            "화요일에 열린다.",
            "en-ko",
            [("DATE", "WARNING", "June", ""), ("DATE", "WARNING", "", "화요일")],
        ),
        ("It costs 50 yen.", "그것은 50위안이다.", "en-ko", [("NUMBER", "CRITICAL", "50 yen", "50위안")]),
        # Up became down; millions became hundreds of millions, and tens of millions are a matter of taste.
        ("Prices rose 3%.", "물가가 3% 떨어졌다.", "en-ko", [("NUMBER", "WARNING", "3%", "3%")]),
        ("Prices rose 3%.", "물가가 3% 올랐다.", "en-ko", []),
        ("Millions fled.", "수억 명이 달아났다.", "en-ko", [("NUMBER", "WARNING", "Millions", "수억")]),
        ("Millions fled.", "수천만 명이 달아났다.", "en-ko", []),
        ("Thousands stayed and millions fled.", "수백만 명이 달아나고 수천 명이 남았다.", "en-ko", []),
        # A measure said twice is asked for once; two measures far from each other are two.
        ("It is 30 metres (98 feet) long.", "길이는 30m다.", "en-ko", []),
        (
            "The wall in front of the harbour is 30 metres long. The tower on the far hill is 98 feet high.",
            "항구 앞 벽은 길이가 30m다. 먼 언덕의 탑은 높다.",
            "en-ko",
            [("NUMBER", "WARNING", "98", "")],
        ),
        # Converted, which may be right: somebody has to look.
        ("He fell 100 feet.", "그는 30m 아래로 떨어졌다.", "en-ko", [("NUMBER", "INFO", "100", "30m")]),
        ("An F-16 crashed.", "F-15가 추락했다.", "en-ko", [("NUMBER", "WARNING", "16", "15")]),
    ],
)
def test_a_changed_value_is_one_finding_with_both_forms(
    source: str, target: str, from_to: str, expected: list[tuple[str, str, str, str]]
) -> None:
    assert shown(check_quantities(source, target, *from_to.split("-"))) == expected


@pytest.mark.parametrize("triple", [*TRIPLES, *PHRASES], ids=lambda triple: triple[0][:40])
def test_right_translations_are_not_flagged(triple: tuple[str, ...]) -> None:
    texts_by_language = dict(zip(("en", "ko", "ja"), triple, strict=True))
    for (source_language, source), (target_language, target) in permutations(texts_by_language.items(), 2):
        findings = check_quantities(source, target, source_language, target_language)
        assert shown(findings) == [], f"{source_language}-{target_language}: {source} {target}"


def test_each_of_many_changed_values_finds_the_one_it_became() -> None:
    # Of 11 to 18 boats.
    source = ", ".join(f"{number} boats" for number in range(11, 19))
    target = ", ".join(f"배 {number}척" for number in range(21, 29))
    assert shown(check_quantities(source, target, "en", "ko")) == [
        ("NUMBER", "CRITICAL", str(number), str(number + 10)) for number in range(11, 19)
    ]


def test_other_languages_are_not_read() -> None:
    assert read_quantities("47 personnes", "fr") == []
    assert check_quantities("47 personnes", "48명", "fr", "ko") == []
    assert check_quantities("47 people", "48 people", "en", "en-GB") == []


def test_ranges_are_places_in_text_of_conjoining_letters() -> None:
    # "3 people left" as conjoining jamo, which NFC composes: places are those of the text that came in.
    target = "\u1109\u1161\u1105\u1161\u11b7 4\u1106\u1167\u11bc\u110b\u1175 \u1104\u1165\u1102\u1161\u11bb\u1103\u1161"
    (finding,) = check_quantities("There are 3 of them.", target, "en", "ko")
    assert target[finding.target.start : finding.target.end] == "4"


@given(texts, texts, SERVED, SERVED)
def test_ranges_slice_any_text(source: str, target: str, source_language: str, target_language: str) -> None:
    for finding in check_quantities(source, target, source_language, target_language):
        place = finding.source.range
        assert source[place.start : place.end] == finding.expected
        assert target[finding.target.start : finding.target.end] == finding.actual
        assert finding.expected or finding.actual


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["1,234", "22 억 5 천만 ", "five hundred and ", "1 만 5 千", "12월 ", "月、", "5ft 10in ", "cut 3% "]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    # 40,000 characters; a quadratic step would take minutes.
    text = piece * (40_000 // len(piece))
    for source_language, target_language in (("en", "ko"), ("ko", "ja"), ("ja", "en")):
        check_quantities(text, text + " 7", source_language, target_language)


def test_no_crowd_becomes_a_year() -> None:
    # The engineers raised the cable in 2023.
    source, target = "The cable of 84,000 islanders was raised.", "기술자들은 2023년에 케이블을 들어올렸다."
    found = [(f.expected, f.actual, f.severity) for f in check_quantities(source, target, "en", "ko")]
    assert found == [("84,000", "", Finding.SEVERITY_WARNING), ("", "2023년", Finding.SEVERITY_WARNING)]
    # The treaty of 2016 dates from 2010: a year may stand without its unit in English.
    [changed] = check_quantities("The treaty of 2016 ended.", "2010년의 조약이 끝났다.", "en", "ko")
    assert (changed.expected, changed.actual, changed.severity) == ("2016", "2010년", Finding.SEVERITY_CRITICAL)
