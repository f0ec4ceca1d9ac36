"""What each reader makes of a piece of text: what it takes as the value, its unit, and what it may mean."""

import pytest

from triwire_server.text.quantities.comparison import read_quantities
from triwire_server.text.quantities.values import Key


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "6 1/2 inches", [("6", "", (6.0, 6.5)), ("1/2", "pair", (6.5,))]),
        ("en", "open 24/7", [("24/7", "pair", (3.4286, 342.8571, 24.0))]),
        ("en", "9/11 and 3/4", [("9/11", "pair", (0.8182, 81.8182)), ("3/4", "pair", (0.75, 75.0))]),
        ("en", "½ of it", [("½", "", (0.5,))]),
        ("en", "2½ miles", [("2½", "mile", (2.5,))]),
        ("en", "two and a half hours", [("two and a half", "hour", (2.5,))]),
        ("en", "3 and a half hours", [("3 and a half", "hour", (3.5,))]),
        ("en", "2019-03-05", [("2019-03-05", "date", ("2019-03-05",))]),
        ("en", "3/5/19", [("3/5/19", "date", ("3/5/19",))]),
        ("en", "17:30 and 5:30 p.m.", [("17:30", "time", ("t330",)), ("5:30 p.m.", "time", ("t330",))]),
        ("en", "1:59.40", [("1:59.40", "colon", ("1:59.40", 119.4))]),
        ("en", "2:05:30", [("2:05:30", "colon", ("2:05:30",))]),
        ("en", "25:61", [("25:61", "colon", ("25:61",))]),
        ("en", "at 5 o'clock", [("5 o'clock", "time", ("t300", 5.0))]),
        ("en", "at 5.30pm", [("5.30pm", "time", ("t330",))]),
        ("en", "$ 50 and US$3.6bn", [("50", "USD", (50.0,)), ("$3.6bn", "USD", (3600000000.0,))]),
        ("en", "EUR 50 and KRW50", [("50", "EUR", (50.0,)), ("50", "KRW", (50.0,))]),
        ("en", "3m euros and 3m wide", [("3m euros", "EUR", (3000000.0,)), ("3m", "metre", (3000000.0, 3.0))]),
        ("en", "£3m", [("£3m", "GBP", (3000000.0,))]),
        ("en", "5k run", [("5k", "km", (5000.0, 5.0))]),
        ("en", "the 21st of May", [("21st", "date", (21.0,)), ("May", "", ("m5",))]),
        ("en", "the 19th century", [("19th", "century", (19.0,)), ("century", "", (100.0,))]),
        (
            "en",
            "the 19th and 20th centuries",
            [("19th", "century", (19.0,)), ("20th", "century", (20.0,)), ("centuries", "", (100.0,))],
        ),
        (
            "en",
            "the 1980s, the '80s and 1980's",
            [("1980s", "decade", (1980.0,)), ("80s", "decade", (80.0, 1980.0)), ("1980's", "decade", (1980.0,))],
        ),
        ("en", "80s", [("80s", "decade", (80.0, 1980.0))]),
        ("en", "75s", [("75", "", (75.0,))]),
        ("en", "1,980s", [("1,980", "", (1980.0,))]),
        ("en", "2 million million", [("2 million million", "", (2000000000000.0,))]),
        ("en", "five hundred thousand", [("five hundred thousand", "", (500000.0,))]),
        (
            "en",
            "25 basis points and 25bps",
            [("25 basis points", "basis point", (25.0, 0.25)), ("25bps", "basis point", (25.0, 0.25))],
        ),
        ("en", "3 percentage points", [("3 percentage points", "point", (3.0,))]),
        ("en", "3pc", [("3pc", "percent", (3.0,))]),
        ("en", "10 in a row", [("10", "", (10.0,))]),
        ("en", "10in wide", [("10", "inch", (10.0,))]),
        ("en", "5 C and 5 P", [("5", "", (5.0,)), ("5", "", (5.0,))]),
        ("en", "50 in cash, 50p", [("50", "", (50.0,)), ("50p", "GBP", (50.0,))]),
        ("en", "20 real people", [("20", "", (20.0,))]),
        (
            "en",
            "'98 and 2018-19",
            [("98", "year", (98.0, 1998.0)), ("2018", "year", (2018.0,)), ("19", "", (19.0, 1919.0, 2019.0, 2019.0))],
        ),
        ("en", "1995/96", [("1995", "year", (1995.0,)), ("96", "", (96.0, 1996.0, 1996.0))]),
        ("en", "2016", [("2016", "year", (2016.0,))]),
        ("en", "9.30 and 11.75", [("9.30", "", (9.3, "t570")), ("11.75", "", (11.75,))]),
        (
            "en",
            "F-16, G7, 5G, U-2",
            [("16", "name", (16.0,)), ("7", "name", (7.0,)), ("5", "name", (5.0,)), ("2", "name", (2.0,))],
        ),
        ("en", "seven men", [("seven", "", (7.0,))]),
        ("en", "Fifth Avenue", [("Fifth", "", (5.0, 0.2))]),
        ("en", "Big Ten", [("Ten", "", (10.0,))]),
        ("en", "World War II", [("II", "", (2.0,))]),
        ("en", "Henry VIII", [("VIII", "", (8.0,))]),
        ("en", "WWII", [("WWII", "", (2.0,))]),
        ("en", "a mile and a half", [("mile", "", (1.5,)), ("half", "", (2.0, 0.5, 0.5, 50.0, 2.0))]),
        ("en", "three hours and a half", [("three", "hour", (3.0, 3.5)), ("half", "", (2.0, 0.5, 0.5, 50.0, 2.0))]),
        ("en", "tens of thousands", [("thousands", "", ("v3",))]),
        ("en", "millions of dollars", [("millions", "", ("v6",))]),
        ("en", "half an hour", [("half", "", (2.0, 0.5, 0.5, 50.0, 2.0, 30.0))]),
        ("en", "half past five", [("half past five", "", (2.0, 0.5, 0.5, 50.0, 2.0, "t330"))]),
        ("en", "two-thirds", [("two-thirds", "", (0.6667, 2.0, 3.0, 66.67))]),
        ("en", "three quarters", [("three quarters", "", (0.75, 3.0, 4.0, 75.0))]),
        ("en", "on Sat. night and on Tue", [("Sat", "", ("w5",)), ("Tue", "", ("w1",))]),
        ("en", "sunday", [("sunday", "", ("w6",))]),
        ("en", "Korean War", [("Korean", "", ("6-25",))]),
        ("en", "8888888888888888888", [("8888888888888888888", "", ("d8888888888888888888",))]),
        ("en", "1 in 4 people", [("1", "share", (1.0, 25.0)), ("4", "share", (4.0, 25.0))]),
        ("en", "4 out of 10", [("4", "share", (4.0, 40.0)), ("10", "share", (10.0, 40.0))]),
        ("en", "5ft 10in", [("5", "foot", (5.0, 70.0, 5.8333)), ("10", "inch", (10.0, 70.0, 5.8333))]),
        ("en", "2 years 6 months", [("2", "year", (2.0, 30.0, 2.5)), ("6", "month", (6.0, 30.0, 2.5))]),
        ("en", "70-90%", [("70", "percent", (70.0,)), ("90%", "percent", (90.0,))]),
        (
            "en",
            "June and July 6-7",
            [("June", "", ("m6",)), ("July", "", ("m7",)), ("6", "date", (6.0,)), ("7", "", (7.0,))],
        ),
        ("en", "May 3", [("May", "", ("m5",)), ("3", "date", (3.0,))]),
        ("en", "3rd Oct", [("3rd", "date", (3.0,)), ("Oct", "", ("m10",))]),
        ("en", "Jan. 5", [("Jan", "", ("m1",)), ("5", "date", (5.0,))]),
        ("en", "0.5", [("0.5", "", (0.5,))]),
        ("en", ".5 percent", [(".5 percent", "percent", (0.5,))]),
        ("en", "12,345.67", [("12,345.67", "", (12345.67,))]),
        ("en", "a dozen", [("dozen", "", (12.0, 12.0, 1.0))]),
        ("en", "half a million", [("half a million", "", (2.0, 0.5, 0.5, 50.0, 2.0, 500000.0))]),
        ("en", "half of a million", [("half of a million", "", (2.0, 0.5, 0.5, 50.0, 2.0, 500000.0))]),
        ("en", "a couple of days", [("couple", "", (2.0,))]),
        ("en", "50-50", [("50", "", (50.0,)), ("50", "", (50.0,))]),
        (
            "ko",
            "징역 3년 6월을",
            [("3년", "year", (3.0, 42.0, 3.5)), ("6월", "month", (6.0, 42.0, 3.5))],
        ),  # three years and six months in prison
        ("ko", "2023년 6월", [("2023년", "year", (2023.0,)), ("6월", "", ("m6",))]),  # June 2023
        ("ko", "3/4이 찼다", [("3/4", "pair", (0.75, 75.0))]),  # three quarters are full
        ("ko", "9·11 테러", [("9·11", "pair", (9.11, "9-11"))]),  # the attack of 9/11
        ("ko", "6·25", [("6·25", "pair", (6.25, "6-25"))]),  # the Korean War
        ("ko", "17:30에", [("17:30", "time", ("t330",))]),  # at 17:30
        ("ko", "2:03:11에", [("2:03:11", "colon", ("2:03:11",))]),  # in 2:03:11
        ("ko", "1:59.40에", [("1:59.40", "colon", ("1:59.40", 119.4))]),  # in 1:59.40
        ("ko", "오후 5시 30분", [("오후 5시 30분", "time", ("t330",))]),  # half past five in the afternoon
        ("ko", "밤 11시", [("밤 11시", "time", ("t660", 11.0))]),  # eleven at night
        ("ko", "11시 90분", [("11시 90분", "time", ("t11:90",))]),  # ninety past eleven: nobody has that time
        ("ko", "새벽 1시 반", [("새벽 1시 반", "time", ("t90",))]),  # half past one in the morning
        ("ko", "9조 원", [("9조 원", "KRW", (9000000000000.0,))]),  # nine trillion won
        ("ko", "제9조", [("9조", "", (9.0,))]),  # Article 9
        ("ko", "50조를", [("50조", "", (50000000000000.0, 50.0))]),  # 50 trillion or Article 50
        ("ko", "1.5조", [("1.5조", "", (1500000000000.0,))]),  # 1.5 trillion
        ("ko", "8888888888888888888명", [("8888888888888888888", "", ("d8888888888888888888",))]),  # people
        ("ko", "$3.6bn과 $ 5", [("$3.6bn", "USD", (3600000000.0,)), ("5", "", (5.0,))]),  # and
        ("ko", "3분의 2", [("3분의 2", "fraction", (0.6667, 66.6667))]),  # two thirds
        ("ko", "4할 5푼", [("4할 5푼", "percent", (45.0, 0.45))]),  # 45 per cent
        ("ko", "4할", [("4할", "percent", (40.0, 0.4))]),  # 40 per cent
        ("ko", "2년 반", [("2년 반", "year", (2.5,))]),  # two and a half years
        ("ko", "3시간 반", [("3시간 반", "hour", (3.5,))]),  # three and a half hours
        ("ko", "2주 반", [("2주 반", "week", (2.5,))]),  # two and a half weeks
        ("ko", "80년대", [("80년대", "decade", (80.0, 1980.0))]),  # the 80s
        ("ko", "1980년대", [("1980년대", "decade", (1980.0,))]),  # the 1980s
        ("ko", "10초72", [("10초72", "second", (10.72,))]),  # 10.72 seconds
        ("ko", "10초 뒤", [("10초", "second", (10.0,))]),  # ten seconds later
        ("ko", "98년", [("98년", "year", (98.0, 1998.0))]),  # 98 (the year, or years)
        ("ko", "2018년", [("2018년", "year", (2018.0,))]),  # 2018
        ("ko", "후반 28분", [("28분", "minute", (28.0, 73.0))]),  # minute 28 of the second half
        ("ko", "28분", [("28분", "minute", (28.0,))]),  # 28 minutes
        ("ko", "F-16", [("16", "name", (16.0,))]),
        ("ko", "G7", [("7", "name", (7.0,))]),
        ("ko", "5G", [("5", "name", (5.0,))]),
        ("ko", "코로나19", [("코로나", "", (19.0,)), ("19", "name", (19.0,))]),  # COVID-19
        ("ko", "수백만", [("수백만", "", ("v6",))]),  # millions
        ("ko", "몇백 명", [("몇백", "", ("v2",))]),  # hundreds of people
        ("ko", "수10명", [("10", "", (10.0,))]),  # tens of people
        ("ko", "스물세 명", [("스물세", "", (23.0,))]),  # 23 people
        ("ko", "삼백 명", [("삼백", "", (300.0,))]),  # 300 people
        ("ko", "2~3만 명", [("2", "", (2.0, 20000.0)), ("3만", "", (30000.0,))]),  # 20,000 to 30,000 people
        ("ko", "6·7월", [("6", "", (6.0, "m6")), ("7월", "", ("m7",))]),  # June and July
        ("ko", "월·수요일", [("월·수요일", "", ("w0",)), ("월·수요일", "", ("w2",))]),  # Mondays and Wednesdays
        ("ko", "(화)", [("화", "", ("w1",))]),  # (Tue)
        ("ko", "주말", [("주말", "", ("w5",))]),  # weekend
        ("ko", "6월 3일", [("6월", "", ("m6",)), ("3일", "date", (3.0,))]),  # 3 June
        ("ko", "2019.03.05", [("2019.03.05", "date", ("2019.03.05",))]),
        ("ko", "1만2500명", [("1만2500", "", (12500.0,))]),  # 12,500 people
        ("ko", "2억 원", [("2억 원", "KRW", (200000000.0,))]),  # 200 million won
        ("ko", "10명 중 4명", [("10", "share", (10.0, 40.0)), ("4", "share", (4.0, 40.0))]),  # four people in ten
        ("ko", "50%", [("50%", "percent", (50.0,))]),
        ("ko", "3%포인트", [("3%포인트", "point", (3.0,))]),  # three percentage points
        (
            "ko",
            "3시간 30분",
            [("3시간", "hour", (3.0, 210.0, 3.5)), ("30분", "minute", (30.0, 210.0, 3.5))],
        ),  # three hours and 30 minutes
        ("ko", "180cm", [("180cm", "cm", (180.0,))]),
        ("ko", "48만t", [("48만t", "tonne", (480000.0,))]),  # 480,000 tonnes
        ("ja", "3/4が", [("3/4", "pair", (0.75, 75.0))]),  # three quarters
        ("ja", "9・11", [("9・11", "pair", (9.11, "9-11"))]),  # 9/11
        ("ja", "17:30に", [("17:30", "time", ("t330",))]),  # at 17:30
        ("ja", "2:03:11で", [("2:03:11", "colon", ("2:03:11",))]),  # in 2:03:11
        ("ja", "午後5時半", [("午後5時半", "time", ("t330",))]),  # half past five in the afternoon
        ("ja", "17時", [("17時", "time", ("t300", 17.0))]),  # 17 h
        ("ja", "11時90分", [("11時90分", "time", ("t11:90",))]),  # no such time
        ("ja", "9兆円", [("9兆円", "JPY", (9000000000000.0,))]),  # nine trillion yen
        ("ja", "第9条", [("9", "", (9.0,))]),  # Article 9
        ("ja", "1.5兆円", [("1.5兆円", "JPY", (1500000000000.0,))]),  # 1.5 trillion yen
        ("ja", "3分の2", [("3分の2", "fraction", (0.6667, 66.6667))]),  # two thirds
        ("ja", "4割5分", [("4割5分", "percent", (45.0, 0.45))]),  # 45 per cent
        ("ja", "4割", [("4割", "percent", (40.0, 0.4))]),  # 40 per cent
        ("ja", "2年半", [("2年半", "year", (2.5,))]),  # two and a half years
        ("ja", "5時間半", [("5時間半", "hour", (5.5,))]),  # five and a half hours
        ("ja", "80年代", [("80年代", "decade", (80.0, 1980.0))]),  # the 80s
        ("ja", "10秒72", [("10秒72", "second", (10.72,))]),  # 10.72 seconds
        ("ja", "3万3445円90銭", [("3万3445円90銭", "JPY", (33445.9,))]),  # 33,445.90 yen
        ("ja", "2018年", [("2018年", "year", (2018.0,))]),  # 2018
        ("ja", "後半28分", [("後半", "", (0.5,)), ("28分", "minute", (28.0, 73.0))]),  # minute 28 of the second half
        ("ja", "コロナ19", [("コロナ", "", (19.0,)), ("19", "name", (19.0,))]),  # COVID-19
        ("ja", "数百万人", [("数百万", "", ("v6",))]),  # millions of people
        ("ja", "何百人", [("何百", "", ("v2",))]),  # hundreds of people
        ("ja", "二十三人", [("二十三", "", (23.0,))]),  # 23 people
        ("ja", "三百人", [("三百", "", (300.0,))]),  # 300 people
        ("ja", "2〜3万人", [("2", "", (2.0, 20000.0)), ("3万", "", (30000.0,))]),  # 20,000 to 30,000 people
        ("ja", "6・7月", [("6", "", (6.0, "m6")), ("7月", "", ("m7",))]),  # June and July
        ("ja", "月・水曜", [("月・水曜", "", ("w0",)), ("月・水曜", "", ("w2",))]),  # Mondays and Wednesdays
        ("ja", "（火）", [("火", "", ("w1",))]),  # (Tue)
        ("ja", "週末", [("週末", "", ("w5",))]),  # weekend
        (
            "ja",
            "懲役3年6月",
            [("3年", "year", (3.0, 42.0, 3.5)), ("6月", "month", (6.0, 42.0, 3.5))],
        ),  # three years and six months in prison
        ("ja", "3年6月", [("3年", "year", (3.0,)), ("6月", "", ("m6",))]),  # June of the year 3
        ("ja", "平成30年", [("平成30年", "year", (2018.0, 30.0))]),  # 2018
        ("ja", "令和元年", [("令和元年", "year", (2019.0, 1.0))]),  # 2019
        ("ja", "2019/03/05", [("2019/03/05", "date", ("2019/03/05",))]),
        ("ja", "1万2500人", [("1万2500", "", (12500.0,))]),  # 12,500 people
        ("ja", "10人に4人", [("10", "share", (10.0, 40.0)), ("4", "share", (4.0, 40.0))]),  # four in ten
        ("ja", "3ポイント", [("3ポイント", "point", (3.0,))]),  # three points
        ("ja", "180センチ", [("180センチ", "cm", (180.0,))]),  # 180 cm
        ("ja", "100メートル", [("100メートル", "metre", (100.0,))]),  # 100 m
        ("ja", "$3.6bn", [("$3.6bn", "USD", (3600000000.0,))]),
        ("ja", "12月", [("12月", "", ("m12",))]),  # December
    ],
)
def test_a_value_is_read_with_its_unit_and_all_that_it_may_mean(
    language: str, text: str, expected: list[tuple[str, str, tuple[Key, ...]]]
) -> None:
    values = [
        value for value in read_quantities(text, language) if value.strict or value.wanted or value.keys != (1.0,)
    ]
    assert [(text[value.start : value.end], value.unit, value.keys) for value in values] == expected


@pytest.mark.parametrize(
    ("language", "text", "parts"),
    [
        ("en", "9/11", ((9.0, "m9"), (11.0, "m11"))),
        ("en", "3/5/19", ((3.0, "m3"), (5.0, "m5"), (19.0, 1919.0, 2019.0))),
        ("en", "2019-03-05", ((2019.0,), (3.0, "m3"), (5.0, "m5"))),
        ("en", "2:05:30", ((2.0,), (5.0,), (30.0,))),
        ("en", "17:30", ((17.0,), (30.0,))),
        ("en", "5:30pm", ()),
        ("ko", "6·25", ((6.0, "m6"), (25.0,))),  # the Korean War
        ("ko", "2019.03.05", ((2019.0,), (3.0, "m3"), (5.0, "m5"))),
        ("ko", "3분의 2", ((3.0,), (2.0,))),  # two thirds
        ("ja", "17:30に", ((17.0,), (30.0,))),  # at 17:30
    ],
)
def test_the_pieces_of_a_compound_may_stand_alone(language: str, text: str, parts: tuple[tuple[Key, ...], ...]) -> None:
    [value] = read_quantities(text, language)
    assert value.parts == parts


@pytest.mark.parametrize(
    ("language", "text", "also"),
    [
        ("en", "3 and a half hours", (210.0,)),  # minutes
        ("en", "the 1980s", (80.0,)),
        ("ko", "2년 반", (30.0, 150.0)),  # two and a half years: months
        ("ko", "3시간", (180.0,)),  # three hours: minutes
        ("ko", "80년대", (80.0,)),  # the 80s
        ("ja", "5時間半", (66.0, 330.0)),  # five and a half hours: minutes
    ],
)
def test_what_else_a_value_answers_for(language: str, text: str, also: tuple[Key, ...]) -> None:
    [value] = read_quantities(text, language)
    assert value.also == also


@pytest.mark.parametrize(
    ("language", "text", "half"),
    [
        ("en", "5:30 p.m.", "pm"),
        ("en", "5.30am", "am"),
        ("en", "5 o'clock", ""),
        ("en", "17:30", "pm"),
        ("ko", "오후 5시 30분", "pm"),  # in the afternoon
        ("ko", "새벽 1시 반", "am"),  # in the small hours
        ("ko", "밤 11시", ""),  # at night: before or after midnight
        ("ja", "午前5時", "am"),  # in the morning
        ("ja", "17時", "pm"),
        ("ja", "24時", ""),  # midnight
    ],
)
def test_the_half_of_the_day_is_read(language: str, text: str, half: str) -> None:
    [value] = read_quantities(text, language)
    assert (value.unit, value.half) == ("time", half)


@pytest.mark.parametrize(
    ("language", "text", "strict", "wanted"),
    [
        ("en", "7", True, False),
        ("en", "seven men", False, True),  # a translation must have them, as a digit or a word
        ("en", "Big Ten", False, False),  # a name
        ("en", "millions", False, False),
        ("en", "World War II", False, False),
        ("ko", "7명", True, False),  # seven people
        ("ko", "수10명", False, False),  # tens of people
        ("ko", "스물세 명", False, False),  # 23 people, in words
        ("ja", "数百万人", False, False),  # millions of people
    ],
)
def test_what_is_written_in_digits_has_to_be_there(language: str, text: str, strict: bool, wanted: bool) -> None:
    [value] = read_quantities(text, language)
    assert (value.strict, value.wanted) == (strict, wanted)
