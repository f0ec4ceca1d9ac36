"""Reads the quantities of a Korean text."""

import re

from triwire_server.text.quantities import dates, units
from triwire_server.text.quantities.cjk import COMPOUNDS, Reader, Tables, unit_pattern
from triwire_server.text.quantities.numbers import KOREAN_NUMERALS
from triwire_server.text.quantities.values import Value, keys_by_word

_TENS = dict(
    zip(
        ["열", "스물", "스무", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"],
        (10, 20, 20, 30, 40, 50, 60, 70, 80, 90),
        strict=True,
    )
)
_ONES = {
    "하나": 1,
    "한": 1,
    "두": 2,
    "둘": 2,
    "세": 3,
    "셋": 3,
    "석": 3,
    "네": 4,
    "넷": 4,
    "넉": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
_NATIVE = re.compile(f"({'|'.join(_TENS)})?({'|'.join(_ONES)})?")
# What may follow a native numeral without a space: counters, and particles after the free forms.
_COUNTERS = (
    "명|번|개|달|해|시간|시|대|마리|살|쌍|가지|차례|편|장|곳|주|사람|집|건|척|권|채|그루|잔|병|배|자리|쪽|팀|째|분|골|점|경기|"
    "군데|갈래|나라|국가|단계|줄|방|발|걸음|모금|끼|벌|켤레|송이|포기|토막|조각|판|통|학기|세트|자녀|아이|아들|딸|형제|남매|"
    "후보|선수|정상|당|도시|지역|남성|여성|차|손|눈|가구|기|층|학생|회사|살배기|팔|다리|척의|폭|개월|해의|가족|부부"
)
_PARTICLES = "이|은|는|을|를|의|과|와|도|로|만|에|,|\\.|\\)|씩|뿐|다"


def _native(text: str) -> float | None:
    """The number of a native numeral: 스물다섯 is 25."""
    match = _NATIVE.fullmatch(text)
    if match is None or not text:
        return None
    return float(_TENS.get(match.group(1) or "", 0) + _ONES.get(match.group(2) or "", 0))


# English numerals written by sound: 포뮬러 원 (Formula One).
_SPELLED = ("원", "투", "쓰리", "포", "파이브", "식스", "세븐", "에이트", "나인", "텐", "일레븐", "트웰브")
_WORDS = keys_by_word(
    (
        (1.0,),
        "첫 처음 최초 유일 단독 혼자 홀로 매년 매월 매주 매일 연간 연례 월간 주간 일간 초대 개막 단일 우승 선두 한번",
    ),
    ((1.0, 24.0), "하루"),
    (
        (2.0,),
        "남북 양방향 양사 양대 양발 양원 양군 양국 양측 양쪽 양팀 양당 "
        "양자 두어 쌍둥이 갑절 곱절 배로 배가 둘째 재차 부부 이중 양손 준우승 격년",
    ),
    ((2.0, 48.0), "이틀"),
    ((3.0,), "사흘 삼중 셋째 삼자 해트트릭"),
    ((4.0,), "나흘 넷째 준결승"),
    ((5.0,), "닷새 다섯째"),
    ((6.0,), "엿새 식스팩"),
    ((4.0,), "사륜"),
    *(
        ((float(index), index + 1.0), word)
        for index, word in enumerate(["한두", "두세", "서너", "너댓", "대여섯", "예닐곱", "일고여덟"], start=1)
    ),
    ((4.0, 5.0), "네댓"),
    ((7.0, 1.0), "이레 일주일"),
    ((8.0,), "여드레 준준결승"),
    ((9.0,), "아흐레"),
    ((10.0,), "열흘 십대"),
    ((15.0,), "보름"),
    ((0.5, 50.0, 2.0), "절반 반값 반토막 반반 반수 반쪽 반으로 반이 반의 반을"),
    ((0.5, 6.0), "반년"),
    ((50.0,), "반세기"),
    ((0.25, 1.0), "분기"),
    ((100.0, 1.0), "세기"),
    ((0.0,), "제로 전원일치 만장일치 무득점 무실점 무패"),
    (("t0", 12.0), "정오 자정"),
    (("w5", "w6"), "주말"),
    ((19.0,), "코로나"),
    ((7.0, 11.0), "세븐일레븐"),
    ((6.25, "6-25", 6.0, 25.0), "한국전쟁"),
    *(((float(index),), word) for index, word in enumerate(_SPELLED, start=1)),
    ((1.0,), "넘버원"),
    *(
        ((f"w{index}",), word)
        for index, word in enumerate(["먼데이", "튜즈데이", "웬즈데이", "서즈데이", "프라이데이", "새터데이", "선데이"])
    ),
    (("w2",), "웬스데이"),
)
# What may stand inside of a word; numerals written by sound count as words of their own alone.
_PLAIN_WORDS = "|".join(sorted((word for word in _WORDS if word not in _SPELLED), key=len, reverse=True))
_DAY = "[월화수목금토일]"
_HALVES = {"오전": "am", "새벽": "am", "아침": "am", "오후": "pm", "저녁": "pm", "밤": "", "낮": ""}
_MERIDIEM = "|".join(_HALVES)
_NAMES = units.lookup(units.KOREAN)
_SCAN = re.compile(
    rf"(?P<weekday>{_DAY}(?:[·,~-]{_DAY}){{0,6}}요일|(?<=\(){_DAY}(?=\)))"
    rf"|{COMPOUNDS}"
    r"|(?P<month>(?<![0-9.,])[0-9]{1,2}\s?월(?!드))"
    rf"|(?P<clock>(?:(?:{_MERIDIEM})\s?)?(?<![0-9.,])[0-9]{{1,2}}\s?시(?![간리즌]))"
    r"|(?P<digits>[0-9])"
    rf"|(?<![가-힣])(?P<numeral>(?:{'|'.join(_TENS)})?(?:{'|'.join(_ONES)})(?=\s|$|(?:{_COUNTERS})|(?:{_PARTICLES}))"
    rf"|(?:{'|'.join(_TENS)})(?=\s?(?:{_COUNTERS}|여))"
    r"|[수몇][십백천만억조]{1,3}"
    r"|[일이삼사오육칠팔구]?[십백천만억조][일이삼사오육칠팔구십백천만억조]{0,12}"
    r"|[일이삼사오육칠팔구](?=\s?(?:년|개월|주일|차|분의|층|위|등|인|세기|대|월|일)))"
    rf"|(?P<words>{_PLAIN_WORDS}|(?<![가-힣])(?:{'|'.join(_SPELLED)})(?![가-힣]))"
)

_TABLES = Tables(
    scan=_SCAN,
    unit=unit_pattern(
        _NAMES,
        {
            "프로": "젝|그|야|축|농|골|선|모|세|필|토|듀|파|테",
            "원": "칙|내|정대|소|전|자력",
            "엔": "진|지|터|트|딩|저",
            "유로": "파|존|화|뉴|본",
            "동": "안|네|료|시|점|생|의|물|부|남|쪽|작|대|계|에|은|을|이",
            "점": "프|심|포|령|차|유|검|수|에|거",
            "도": "시|로|착|움|중|쿄|전|달|입|의|심|주|망|박|서|내|지|청|우|덕|구|널|하|리|난|살",
            "달": "러|성|라|려|리|아|콤",
            "주": "년|일|민|요|자|택|식|지|장|인|의|말|도|제|가|거|차|력|간",
            "일": "본|부|반|하|관|자리|요|상|제|단|치|정|방|종",
            "톤": "급",
            "분": "기|야|의|류|석|리|노|당|배|명",
            "초": "반|등|과|대|기|청|안|점|래|속|유",
            "불": "구|가|법|안|편|만|꽃|과|참|허|이|길|발|펌|리",
            "랜드": "마|로",
            "리라": "고",
            "프랑": "스",
            "t": "[A-Za-z]",
            "g": "[A-Za-z]",
            "m": "[A-Za-z]",
            "L": "[A-Za-z]",
            "년": "생|도생",
            "세기": "의 대결",
            "시간": "표",
        },
    ),
    unit_names=_NAMES,
    days=dates.KOREAN_DAYS,
    numerals=KOREAN_NUMERALS,
    words=_WORDS,
    clock_words=re.compile(
        rf"(?:(?P<meridiem>{_MERIDIEM})\s?)?(?P<hour>[0-9]{{1,2}})\s?시(?:\s?(?P<minute>[0-9]{{1,2}})\s?분|\s?(?P<half>반))?"
    ),
    halves=_HALVES,
    tenth=re.compile(r"\s?할(?:\s?([0-9])푼)?(?![가-힣]{2})"),
    and_a_half=re.compile(r"\s?반(?![가-힣]{2})"),
    fraction=re.compile(r"\s?분의\s?"),
    numeral=_native,
    article="제",
)


def read(text: str) -> list[Value]:
    """Quantities of a Korean text, in order of their places. Its signs are unified (`values.unify_signs`)."""
    return Reader(text, _TABLES).read()
