import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.strategies import anything, languages, texts
from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.glossary import TermIndex, apply_terms, protect_terms


def term(verbatim: bool = False, case_insensitive: bool = False, **forms: str) -> GlossaryTerm:
    return GlossaryTerm(forms=forms, verbatim=verbatim, case_insensitive=case_insensitive)


TERMS = [
    term(en="Samsung", ko="삼성", ja="サムスン"),
    term(en="Bank of Korea", ko="한국은행", ja="韓国銀行"),
    term(en="Korea", ko="한국", ja="韓国"),
    term(en="Nordvale", verbatim=True),
    term(en="Kim You-geun", ko="김유근", ja="キム・ユグン"),
    term(en="central bank", ko="중앙은행", ja="中央銀行"),
]
SOURCE = "Samsung and Nordvale met Kim You-geun of the Bank of Korea."
HITS = TermIndex(TERMS, "en", "ko").find_terms(SOURCE)


def found(text: str, source: str = "en", target: str = "ko") -> list[str]:
    return [text[hit.start : hit.end] for hit in TermIndex(TERMS, source, target).find_terms(text)]


def test_the_longest_source_form_wins() -> None:
    assert found("The Bank of Korea is in Korea.") == ["Bank of Korea", "Korea"]
    assert found("한국은행은 한국에 있다", "ko", "en") == ["한국은행", "한국"]


def test_a_korean_form_is_followed_by_particles_alone() -> None:
    assert found("한국에서는 한국어를 쓴다", "ko", "en") == ["한국"]  # In Korea, Korean is used.
    assert found("주한국 대사", "ko", "en") == []


def test_terms_that_stand_right_are_left_alone() -> None:
    text = "삼성과 Nordvale은 한국은행의 김유근을 만났다."
    assert apply_terms(text, HITS, "ko") == (text, [])


def test_a_source_form_left_as_it_was_is_replaced_and_its_particle_agrees() -> None:
    text, findings = apply_terms("Samsung는 Nordvale와 Bank of Korea의 김 유근을 만났다.", HITS, "ko")
    assert text == "삼성은 Nordvale와 한국은행의 김유근을 만났다."
    assert findings == []


def test_a_term_that_is_nowhere_is_reported_with_its_place_in_the_source() -> None:
    _, findings = apply_terms("삼성과 Nordvale은 한국은행을 찾았다.", HITS, "ko")
    assert [(finding.kind, finding.severity, finding.expected) for finding in findings] == [
        (Finding.KIND_TERM_MISSING, Finding.SEVERITY_WARNING, "김유근")
    ]
    place = findings[0].source.range
    assert SOURCE[place.start : place.end] == "Kim You-geun"


def test_a_summary_is_mended_without_a_word_of_what_it_leaves_out() -> None:
    assert apply_terms("Samsung은 올랐다.", HITS, "ko", is_summary=True) == ("삼성은 올랐다.", [])


def test_marks_become_target_forms_with_their_particles() -> None:
    protected = protect_terms(SOURCE, HITS)
    assert protected.text == "[1] and [2] met [3] of the [4]."
    text, lost = protected.restore("[1]와 [2]는 [4]를 찾았다", "ko")
    assert text == "삼성과 Nordvale은 한국은행을 찾았다"
    assert [hit.target_form for hit in lost] == ["김유근"]


# (form in the glossary, text, what is found). Forms are case-sensitive unless a test says otherwise.
ENGLISH = [
    ("Apple", "Apple's and Apples, not apple, pineapple or Applebee", ["Apple", "Apple"]),
    ("box", "Boxes and boxed boxes", ["Box", "box"]),
    ("Jones", "the Joneses, Jones's, Jones’ house, not Joness", ["Jones", "Jones", "Jones"]),
    ("U.S.", "The U.S. and the U.S.-led force", ["U.S.", "U.S."]),
    ("WHO", "who asked the WHO?", ["WHO"]),
    ("interest rate", "Interest rates: an interest-rate cut", ["Interest rate", "interest-rate"]),
    ("Kim Jong Un", "Kim  Jong\nUn’s sister", ["Kim  Jong\nUn"]),
    ("AI", "OpenAI's AI-driven AIs", ["AI", "AI"]),
    ("AI", "x@AI.com, https://x.com/AI, www.AI.com and @AI", []),
    ("G7", "G7's G70 (G7)", ["G7", "G7"]),
    ("Seoul", "SEOUL, May 3 (Yonhap)", ["SEOUL"]),
    ("bank", "BANK RUN IN SEOUL", ["BANK"]),
    ("bank", "the BANK run in Seoul", []),
    ("Brien", "O'Brien met O’Brien", []),
    ("5G", "2.5G and 5G", ["5G"]),
    ("Nordvale", "Ｎｏｒｄｖａｌｅ rose", ["Ｎｏｒｄｖａｌｅ"]),
    ("Lee", "J.Lee and J. Lee", ["Lee", "Lee"]),
]
KOREAN = [
    # Korea with particles; then Korean language, people, history, a company, "a Korean road", a pop song
    ("한국", "한국은 한국에서도 한국으로부터의 한국이라고 한국이었다 한국뿐만", ["한국"] * 6),
    ("한국", "한국어 한국인 한국사 한국전력 한국가스공사 한국도로 한국가요 주한국", []),
    ("한국", "‘한국’의 (한국) 美한국", ["한국"] * 3),
    ("삼성", "삼성이 삼성측은, 삼성가와 삼성전자", ["삼성"] * 2),  # 삼성가: the Samsung family
    ("한국 은행", "한국은행이 한국 은행도", ["한국은행", "한국 은행"]),
    ("김유근", "김유근씨가 김유근이라며 김유근이었던", ["김유근"] * 3),
    ("압수수색", "압수수색했다 압수수색을", ["압수수색"] * 2),  # to search and seize; the search
    ("LG", "LG는 LG전자 LGU", ["LG"] * 2),
    ("北", "北은 南北 北韓", ["北"]),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8은", ["\u1112\u1161\u11ab\u1100\u116e\u11a8"]),  # as conjoining jamo
]
JAPANESE = [
    ("日本", "日本は日本語、日本人、日本銀行、日本政府", ["日本"] * 2),  # not its language, people or central bank
    ("トランプ", "トランプ氏のトランプタワー", ["トランプ"]),
    ("ドナルド・トランプ", "ドナルドトランプとドナルド＝トランプ前大統領", ["ドナルドトランプ", "ドナルド＝トランプ"]),
    ("インド", "インドネシアとインド", ["インド"]),
    ("京都", "東京都と京都が", ["京都"]),
    ("金正恩", "金正恩総書記と金正恩氏", ["金正恩"] * 2),
    ("AI", "生成AIとＡＩ技術、OpenAI", ["AI", "ＡＩ"]),
    ("トランプ", "ﾄﾗﾝﾌﾟ氏は", ["ﾄﾗﾝﾌﾟ"]),  # half-width
    ("米", "米国と米が", ["米"]),
]


@pytest.mark.parametrize(
    ("language", "form", "text", "expected"),
    [(language, *row) for language, rows in (("en", ENGLISH), ("ko", KOREAN), ("ja", JAPANESE)) for row in rows],
)
def test_forms_are_found_at_the_edges_of_their_language(
    language: str, form: str, text: str, expected: list[str]
) -> None:
    target = "en" if language != "en" else "ko"
    hits = TermIndex([GlossaryTerm(forms={language: form, target: "X"})], language, target).find_terms(text)
    assert [text[hit.start : hit.end] for hit in hits] == expected


def test_a_case_insensitive_term_is_found_in_any_case() -> None:
    index = TermIndex([term(en="Won", ko="원", case_insensitive=True)], "en", "ko")
    assert [hit.start for hit in index.find_terms("won WON wonder")] == [0, 4]


def test_the_earlier_of_two_terms_with_one_source_form_wins() -> None:
    index = TermIndex([term(en="Busan", ko="부산시"), term(en="Busan", ko="부산")], "en", "ko")
    assert [hit.target_form for hit in index.find_terms("Busan")] == ["부산시"]


def test_terms_that_differ_in_case_alone_are_two_terms() -> None:
    index = TermIndex([term(en="polish", ko="윤"), term(en="Polish", ko="폴란드어")], "en", "ko")
    assert [hit.target_form for hit in index.find_terms("They polish Polish. Polish!")] == [
        "윤",
        "폴란드어",
        "폴란드어",
    ]


def test_the_longer_of_two_overlapping_forms_wins_even_if_it_begins_later() -> None:
    index = TermIndex([term(en="New York", ko="뉴욕"), term(en="York City Council", ko="요크시의회")], "en", "ko")
    assert [hit.target_form for hit in index.find_terms("the New York City Council")] == ["요크시의회"]


def test_region_tags_are_languages_and_a_form_of_the_very_region_is_preferred() -> None:
    terms = [GlossaryTerm(forms={"en": "lift", "en-US": "elevator", "ko-KR": "승강기"})]
    assert [hit.source_form for hit in TermIndex(terms, "en-US", "ko").find_terms("An elevator, a lift")] == [
        "elevator"
    ]
    assert [hit.source_form for hit in TermIndex(terms, "en-GB", "ko-KR").find_terms("An elevator, a lift")] == ["lift"]


def test_terms_without_a_form_for_the_direction_say_nothing_unless_they_are_verbatim() -> None:
    terms = [term(en="Oslo", ja="オスロ"), term(en="Nordvale", verbatim=True), term(ko="항구", verbatim=True)]
    index = TermIndex(terms, "en", "ko")
    assert len(index) == 1
    assert [(hit.target_form, hit.is_verbatim) for hit in index.find_terms("Oslo Nordvale")] == [("Nordvale", True)]
    assert len(TermIndex(terms, "en", "en-GB")) == 0


def applied(source: str, output: str, target: str, *terms: GlossaryTerm) -> tuple[str, list[tuple[str, str]]]:
    language = "ko" if source == "ko" else "en"
    hits = TermIndex(terms, language, target).find_terms(next(iter(terms)).forms[language])
    text, findings = apply_terms(output, hits, target)
    assert apply_terms(text, hits, target)[0] == text
    return text, [(finding.expected, finding.actual) for finding in findings]


@pytest.mark.parametrize(
    ("forms", "target", "output", "expected", "reported"),
    [
        # A source form left as it was, with English endings and Korean particles.
        ({"en": "Apple", "ko": "애플"}, "ko", "Apple's 주가는 올랐다", "애플의 주가는 올랐다", []),
        ({"en": "Apple", "ja": "アップル"}, "ja", "Apple's株は上がった", "アップルの株は上がった", []),
        ({"en": "Vestmark", "ko": "베스트마르크"}, "ko", "Vestmark이라고 한다", "베스트마르크라고 한다", []),
        # As a model reads and writes tags: in numbers.
        ({"en": "Samsung", "ko": "삼성"}, "ko", "[1]Samsung[2]는 올랐다", "[1]삼성[2]은 올랐다", []),
        # The original in brackets stays; what stands before it is the name.
        ({"en": "Ossa", "ko": "오사"}, "ko", "오사(Ossa)는 섬이다", "오사(Ossa)는 섬이다", []),
        ({"en": "Ossa", "ko": "오사"}, "ko", "옷사(Ossa)는 섬이다", "오사(Ossa)는 섬이다", [("오사", "옷사")]),
        (
            {"en": "Blue House", "ko": "청와대"},
            "ko",
            "블루하우스(Blue House)는",
            "청와대(Blue House)는",
            [("청와대", "블루하우스")],
        ),
        (
            {"en": "Samsung", "ko": "삼성"},
            "ko",
            "그 회사(Samsung)는",
            "그 회사(Samsung)는",
            [("삼성", "")],
        ),  # the company
        # Another language's form, other spaces, points and case.
        ({"en": "Seoul", "ko": "서울", "ja": "ソウル"}, "ko", "ソウル는 덥다", "서울은 덥다", []),
        ({"en": "Kim You-geun", "ko": "김유근"}, "ko", "김 유근은", "김유근은", []),
        ({"en": "Donald Trump", "ja": "ドナルド・トランプ"}, "ja", "ドナルドトランプは", "ドナルド・トランプは", []),
        ({"en": "Donald Trump", "ja": "ドナルド・トランプ"}, "ja", "ドナルド＝トランプは", "ドナルド・トランプは", []),
        ({"en": "O'Ryan", "ja": "O'Ryan"}, "ja", "Ｏ’Ｒｙａｎは", "O'Ryanは", []),
        ({"en": "Nordvale", "ko": "Nordvale"}, "ko", "NORDVALE은 nordvale를", "Nordvale은 Nordvale을", []),
        # Another spelling, if it is the only one.
        (
            {"en": "Marek Tolvanen", "ko": "마레크 톨바넨"},
            "ko",
            "마렉 톨바넨은",
            "마레크 톨바넨은",
            [("마레크 톨바넨", "마렉 톨바넨")],
        ),
        (
            {"en": "Seo Yu-rin", "ko": "서유린"},
            "ko",
            "서유림은 갔고 서유림이 왔다",
            "서유린은 갔고 서유린이 왔다",
            [("서유린", "서유림")],
        ),
        ({"en": "Lee", "ko": "이재명"}, "ko", "이재용은 떠났다", "이재용은 떠났다", [("이재명", "")]),  # another person
        ({"en": "Seo", "ko": "서유린"}, "ko", "서유림과 서유립은", "서유림과 서유립은", [("서유린", "")]),  # which?
        # A word that only begins alike is not the term, nor another spelling of it; a compound holds it.
        ({"en": "Korea", "ko": "한국"}, "ko", "한국어를 배운다", "한국어를 배운다", [("한국", "")]),
        ({"en": "Samsung", "ko": "삼성"}, "ko", "삼성전자는", "삼성전자는", []),
        ({"en": "India", "ja": "インド"}, "ja", "インドネシアで", "インドネシアで", [("インド", "")]),
        ({"en": "Japan", "ja": "日本"}, "ja", "日本政府は", "日本政府は", []),
        # A wrong particle after a form that stands right, where it cannot be another word.
        ({"en": "Samsung", "ko": "삼성"}, "ko", "삼성는 삼성가", "삼성은 삼성가", []),
    ],
)
def test_an_output_gets_the_forms_of_the_glossary(
    forms: dict[str, str], target: str, output: str, expected: str, reported: list[tuple[str, str]]
) -> None:
    assert applied("en", output, target, GlossaryTerm(forms=forms)) == (expected, reported)


@pytest.mark.parametrize(
    ("forms", "output", "expected", "reported"),
    [
        ({"ko": "한국", "en": "Korea"}, "The Korean president left Korea’s port", None, []),
        ({"ko": "중앙은행", "en": "central bank"}, "Central Bank Holds Rates", None, []),
        ({"ko": "삼성", "en": "Samsung"}, "Then samsung said", "Then Samsung said", []),
        ({"ko": "김유근", "en": "Kim You-geun"}, "김유근은 said so", "Kim You-geun said so", []),
        (
            {"ko": "김유근", "en": "Kim You-geun"},
            "Kim Yoo-keun said so",
            "Kim You-geun said so",
            [("Kim You-geun", "Kim Yoo-keun")],
        ),
        ({"ko": "항구", "en": "harbour"}, "The port is open.", None, [("harbour", "")]),
        ({"ko": "한국은행", "en": "the Bank of Korea"}, "The Bank of Korea cut rates", None, []),
        ({"ko": "서울", "en": "Seoul"}, "SEOUL, May 3", None, []),
        ({"ko": "서울", "en": "Seoul"}, "In SEOUL", "In Seoul", []),
        ({"ko": "독일", "en": "Germany"}, "The German navy", None, [("Germany", "German")]),
        ({"ko": "이란", "en": "Iran"}, "Irate voters", None, [("Iran", "")]),
    ],
)
def test_english_outputs_may_inflect_a_form(
    forms: dict[str, str], output: str, expected: str | None, reported: list[tuple[str, str]]
) -> None:
    assert applied("ko", output, "en", GlossaryTerm(forms=forms)) == (expected or output, reported)


def test_a_shorter_term_needs_a_place_of_its_own_beside_a_longer_one() -> None:
    terms = [term(en="Samsung", ko="삼성"), term(en="Samsung Electronics", ko="삼성전자")]
    hits = TermIndex(terms, "en", "ko").find_terms("Samsung Electronics and its parent Samsung")
    assert [finding.expected for finding in apply_terms("삼성전자와 모회사", hits, "ko")[1]] == ["삼성"]
    assert apply_terms("삼성전자와 모회사 삼성", hits, "ko")[1] == []


def test_a_replaced_spelling_is_reported_with_its_place_in_the_text() -> None:
    hits = TermIndex([term(en="Nordvale", verbatim=True)], "en", "ko").find_terms("Nordvale rose")
    text, [finding] = apply_terms("어제 노르드베일이 올랐다", hits, "ko")  # Nordvale rose yesterday.
    assert text == "어제 Nordvale이 올랐다"
    assert finding.severity == Finding.SEVERITY_INFO
    assert text[finding.target.start : finding.target.end] == "Nordvale"


def test_marks_go_on_after_those_of_placeholders_and_leave_them_alone() -> None:
    hits = TermIndex([term(en="Ossa", ko="오사")], "en", "ko").find_terms("Ossa: see [2]")
    protected = protect_terms("Ossa: see [2]", hits)
    assert protected.text == "[3]: see [2]"
    assert protected.restore("[2] 참조: 섬[3]은", "ko") == ("[2] 참조: 섬 오사는", [])
    assert protected.restore("【３】 [4]", "ko")[0] == "오사 [4]"


_FORMS = st.sampled_from(
    ["Ossa", "ossa", "오사", "한국", "オッサ", "港", "AI", "A", "[1]", "“한국”", "the harbour", "e\u0301", "ß"]
)
_TERMS = st.lists(
    st.builds(
        GlossaryTerm,
        forms=st.dictionaries(st.sampled_from(["en", "ko", "ja"]), st.one_of(_FORMS, anything), max_size=3),
        verbatim=st.booleans(),
        case_insensitive=st.booleans(),
    ),
    max_size=5,
)
_MIXED = st.lists(st.one_of(_FORMS, texts, st.sampled_from(["은 ", "는 ", "’s ", " "])), max_size=8).map("".join)


@given(_TERMS, _MIXED, languages, languages)
def test_hits_lie_in_the_text_in_order_and_apart(
    terms: list[GlossaryTerm], text: str, source: str, target: str
) -> None:
    hits = TermIndex(terms, source, target).find_terms(text)
    places = [0] + [place for hit in hits for place in (hit.start, hit.end)] + [len(text)]
    assert places == sorted(places)
    assert all(hit.start < hit.end for hit in hits)
    assert protect_terms(text, hits).text.count("[") >= len(hits)


@given(_TERMS, _MIXED, _MIXED, languages, languages)
def test_every_hit_is_in_any_output_or_reported(
    terms: list[GlossaryTerm], text: str, output: str, source: str, target: str
) -> None:
    hits = TermIndex(terms, source, target).find_terms(text)
    applied_text, findings = apply_terms(output, hits, target)
    assert apply_terms(applied_text, hits, target)[0] == applied_text
    reported = {finding.expected for finding in findings}
    for hit in hits:
        assert hit.target_form in applied_text or hit.target_form in reported
    for finding in findings:
        assert finding.target.end <= len(applied_text)


def test_an_adjective_in_place_of_a_country_is_for_the_record_alone() -> None:
    terms = [term(ko="독일", en="Germany")]
    hits = TermIndex(terms, "ko", "en").find_terms("독일 해군")  # the navy of Germany
    text, [finding] = apply_terms("The German navy", hits, "en")
    assert text == "The German navy"
    assert (finding.severity, finding.actual) == (Finding.SEVERITY_INFO, "German")
    assert text[finding.target.start : finding.target.end] == "German"


@pytest.mark.parametrize(
    "piece", ["Ossa ", "Ossa", "오사", "オッサ", "a", "(", "“", "https://x", "e\u0301", "'s", "[1]", "\u1112"]
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    index = TermIndex([term(en="Ossa", ko="오사", ja="オッサ")], "en", "ko")
    hits = index.find_terms("Ossa")

    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        started = time.perf_counter()
        protect_terms(text, index.find_terms(text)[:100]).restore(text, "ko")
        apply_terms(text, hits, "ko")
        return time.perf_counter() - started

    seconds(1000)
    # Quadratic work would take 64 times as long; half a second allows for a busy machine.
    assert seconds(64_000) < 20 * seconds(8000) + 0.5
