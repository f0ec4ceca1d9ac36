import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.articles import article_of
from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_pb2 import Article, Block, Location
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.findings import check_summary, check_translation, is_broken

ENGLISH = article_of(
    "en",
    "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon with 200 passengers.",
    "The mayor, Ada Lindholm, said that repairs had cost 3.4 million crowns, twice what the town had planned to spend.",
    "Fishermen want the outer wall raised by two metres before winter, and the council will vote on it on 12 October.",
    "The school stays closed until Friday because its roof was damaged by a falling crane on Sunday night.",
)
# The harbour closed by the storm reopened on Monday, and the first ferry left at noon with 200 passengers. The mayor
# said that repairs cost 3.4 billion won. The Japanese article says the same of 340 million yen.
KOREAN = article_of(
    "ko",
    "폭풍으로 닫혔던 서해항이 월요일 다시 문을 열었고, 첫 여객선이 승객 200명을 태우고 정오에 출발했다.",
    "시장은 수리비로 34억 원이 들었다고 밝혔다.",
)
JAPANESE = article_of(
    "ja",
    "嵐で閉鎖されていた西海港が月曜日に再開し、最初の船が乗客200人を乗せて正午に出港した。",
    "市長は修理に3億4千万円かかったと述べた。",
)
ARTICLES = {"en": ENGLISH, "ko": KOREAN, "ja": JAPANESE}


def shown(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(Finding.Kind.Name(f.kind)[5:], Finding.Severity.Name(f.severity)[9:], f.actual) for f in findings]


def translation(source: str, target: str, from_to: str, *, is_html: bool = False) -> list[tuple[str, str, str]]:
    source_language, target_language = from_to.split("-")
    return shown(check_translation(source, target, source_language, target_language, is_html=is_html))


EN, KO, JA = (ARTICLES[language].blocks[0].text for language in ("en", "ko", "ja"))


@pytest.mark.parametrize(
    ("source", "target", "from_to"),
    [
        (EN, "웨스트미어 항구가 폭풍 이후 월요일 다시 열렸고, 첫 여객선이 승객 200명을 태우고 정오에 떠났다.", "en-ko"),
        (EN, "ウエストミア港は嵐の後、月曜日に再開し、最初のフェリーが200人の乗客を乗せて正午に出発した。", "en-ja"),
        (
            KO,
            "The harbour, closed by the storm, reopened on Monday and a first ferry left at noon with 200 passengers.",
            "ko-en",
        ),
        (KO, JA, "ko-ja"),
        (JA, KO, "ja-ko"),
        ("삼성전자", "Samsung Electronics", "ko-en"),  # names alone tell no language
        ("AP", "AP", "en-ja"),
        ("KTX", "KTX", "en-ko"),
        ("12-3", "12-3", "en-ko"),
        ("No, no, no, no!", "안 돼, 안 돼, 안 돼, 안 돼!", "en-ko"),
    ],
)
def test_a_sound_translation_has_no_findings(source: str, target: str, from_to: str) -> None:
    assert translation(source, target, from_to) == []


CHINESE = "韦斯特米尔港口在暴风雨后于周一重新开放，第一艘渡轮于中午载着200名乘客离开。"  # EN in simplified Chinese


@pytest.mark.parametrize(
    ("source", "target", "from_to", "expected"),
    [
        (EN, CHINESE, "en-ko", ("WRONG_LANGUAGE", "CRITICAL", "zh")),
        (EN, CHINESE, "en-ja", ("WRONG_LANGUAGE", "CRITICAL", "zh")),
        (
            EN,
            "威斯特米爾港口在暴風雨後於週一重新開放，第一艘渡輪於中午啟航。",
            "en-ja",
            ("WRONG_LANGUAGE", "CRITICAL", "zh"),
        ),
        (EN, JA, "en-ko", ("WRONG_LANGUAGE", "CRITICAL", "ja")),
        (EN, KO, "en-ja", ("WRONG_LANGUAGE", "CRITICAL", "ko")),
        (
            KO,
            "El puerto reabrió el lunes después de la tormenta y salió el ferry.",
            "ko-en",
            ("WRONG_LANGUAGE", "CRITICAL", "es"),
        ),
        ("항구", "港口重新开放", "ko-ja", ("WRONG_LANGUAGE", "CRITICAL", "zh")),
        ("The harbour reopened.", "The harbor reopened 월요일", "en-ko", ("WRONG_LANGUAGE", "CRITICAL", "en")),
        ("The harbour reopened.", "항구가 ひらいた.", "en-ko", ("WRONG_LANGUAGE", "WARNING", "ja")),
        (EN, EN, "en-ko", ("COPIED_SOURCE", "CRITICAL", "")),
        (KO, KO, "ko-ja", ("COPIED_SOURCE", "CRITICAL", "")),
        (EN, "", "en-ko", ("LENGTH_RATIO", "CRITICAL", "")),
        (EN, " … ", "en-ko", ("LENGTH_RATIO", "CRITICAL", "")),
        (EN, "항구가 열렸다.", "en-ko", ("LENGTH_RATIO", "CRITICAL", "0.07")),
        (
            EN,
            "웨스트미어 항구는 웨스트미어 항구는 웨스트미어 항구는 웨스트미어 항구는 열렸다.",
            "en-ko",
            ("REPETITION", "CRITICAL", ""),
        ),
        (EN, "港が港が港が港が港が港が港が港が", "en-ja", ("REPETITION", "CRITICAL", "")),
    ],
)
def test_what_is_wrong_with_a_translation_is_found(
    source: str, target: str, from_to: str, expected: tuple[str, str, str]
) -> None:
    assert expected in translation(source, target, from_to)


def test_words_of_the_source_within_a_translation_are_found_with_their_place() -> None:
    target = (
        "웨스트미어 항구가 after the storm, and the first ferry left 월요일에 다시 열렸고 승객 이백 명이 정오에 떠났다."
    )
    copied = [f for f in check_translation(EN, target, "en", "ko") if f.kind == Finding.KIND_COPIED_SOURCE]
    assert [target[f.target.start : f.target.end] for f in copied] == ["after the storm, and the first ferry left"]


def test_markup_is_not_read_as_words() -> None:
    body = '<a href="https://example.com/the-first-ferry-left-at-noon">항구</a>가 R&amp;D로 다시 열렸다.'
    source = '<a href="https://example.com/the-first-ferry-left-at-noon">The harbour</a> reopened with R&amp;D.'
    assert translation(source, body, "en-ko", is_html=True) == []
    source = '<em class="lead wide open">The harbour</em> reopened.'
    body = '<em class="lead wide open">항구</em>가 다시 열렸다.'
    assert translation(source, body, "en-ko", is_html=True) == []


def test_an_output_that_is_no_translation_is_not_compared_with_its_source() -> None:
    other_numbers = CHINESE.replace("200", "900")
    assert translation(EN, other_numbers, "en-ko") == [("WRONG_LANGUAGE", "CRITICAL", "zh")]
    # A word of Japanese ("opened") is a doubt, and no obstacle; the ferry left with 900.
    target = "웨스트미어 항구가 ひらいた 폭풍 이후 월요일 다시 열렸고, 첫 여객선이 승객 900명을 태우고 정오에 떠났다."
    assert translation(EN, target, "en-ko") == [
        ("WRONG_LANGUAGE", "WARNING", "ja"),
        ("NUMBER_MISMATCH", "CRITICAL", "900"),
    ]


@pytest.mark.parametrize(
    ("language", "point"),
    [
        ("en", "The harbour reopened; repairs cost twice what was planned."),
        ("ko", "서해항이 다시 열렸고 수리비는 34억 원이다."),
        ("ja", "西海港が再開し、修理費は3億4千万円に上った。"),
        ("ja", "西海港再開、修理費3億4千万円"),
    ],
)
def test_a_sound_statement_has_no_findings(language: str, point: str) -> None:
    assert check_summary(ARTICLES[language], [point], language) == [[]]


@pytest.mark.parametrize(
    ("language", "point", "actual"),
    [
        ("en", "항구가 다시 열렸다.", "ko"),
        ("en", "港が再開した。", "ja"),
        ("en", "港口周一重新开放。", "zh"),
        ("en", "Le port a rouvert lundi après la tempête.", "fr"),
        ("ko", "The harbour reopened on Monday after the storm.", "en"),
        ("ko", "港が月曜日に再開した。", "ja"),
        ("ko", "港口重新开放", "zh"),
        ("ja", "The harbour reopened on Monday.", "en"),
        ("ja", "항구가 월요일에 다시 열렸다.", "ko"),
        ("ja", "港口在暴风雨后于周一重新开放。", "zh"),
        ("ja", "西海港重新開放，首班渡輪中午啟航。", "zh"),
    ],
)
def test_a_statement_in_another_language_is_worth_writing_again(language: str, point: str, actual: str) -> None:
    [findings] = check_summary(ARTICLES[language], [point], language)
    assert shown(findings) == [("WRONG_LANGUAGE", "CRITICAL", actual)]
    assert is_broken(findings)


def test_a_name_in_its_own_script_is_a_warning_and_in_brackets_nothing() -> None:
    assert shown(check_summary(ENGLISH, ["The port of 서해항 reopened on Monday at noon"], "en")[0]) == [
        ("WRONG_LANGUAGE", "WARNING", "ko")
    ]
    assert check_summary(ENGLISH, ["The port of Westmere (서해항) reopened on Monday"], "en") == [[]]


def test_a_statement_made_before_is_found() -> None:
    points = ["The harbour reopened.", "The harbour reopened!", "Repairs cost 3.4 million crowns."]
    assert [shown(findings) for findings in check_summary(ENGLISH, points, "en")] == [
        [],
        [("REPETITION", "CRITICAL", "")],
        [],
    ]
    near = [
        "The harbour reopened after the storm on Monday at noon.",
        "The harbour reopened after the storm on Monday at noon again.",
    ]
    assert shown(check_summary(ENGLISH, near, "en")[1]) == [("REPETITION", "WARNING", "")]
    taken_over = "시장은 수리비로 34억 원이 들었다고 밝혔다."
    assert shown(check_summary(KOREAN, [taken_over, taken_over], "ko")[1]) == [("REPETITION", "CRITICAL", "")]


@pytest.mark.parametrize(
    ("language", "point"),
    [
        ("en", "The harbour reopened and the harbour reopened and the harbour reopened and the harbour reopened"),
        ("ko", "항구가 다시 열렸다. 항구가 다시 열렸다. 항구가 다시 열렸다. 항구가 다시 열렸다."),
        ("ko", "항구 항구 항구 항구 항구 항구"),
        ("ja", "港が再開した。港が再開した。港が再開した。港が再開した。"),
    ],
)
def test_a_statement_in_a_loop_is_worth_writing_again(language: str, point: str) -> None:
    [findings] = check_summary(ARTICLES[language], [point], language)
    assert shown(findings) == [("REPETITION", "CRITICAL", "")]


def test_an_empty_statement_is_critical() -> None:
    assert shown(check_summary(ENGLISH, ["…"], "en")[0]) == [("LENGTH_RATIO", "CRITICAL", "")]


def test_a_sentence_taken_over_is_told_with_its_place_in_the_article() -> None:
    [findings] = check_summary(KOREAN, ["시장은 수리비로 34억 원이 들었다고 밝혔다."], "ko")
    assert shown(findings) == [("COPIED_SOURCE", "INFO", "")]
    assert findings[0].source.block_id == "b2"
    assert (findings[0].source.range.start, findings[0].source.range.end) == (0, 24)
    assert not is_broken(findings)


def test_a_place_in_markup_is_the_block_alone() -> None:
    article = Article(
        language="ko",
        blocks=[Block(block_id="b1", inline_html="<b>시장은</b> 수리비로 34억 원이 들었다고 밝혔다.")],
    )
    [[finding]] = check_summary(article, ["시장은 수리비로 34억 원이 들었다고 밝혔다."], "ko")
    assert (finding.kind, finding.source) == (Finding.KIND_COPIED_SOURCE, Location(block_id="b1"))


def test_an_article_that_does_not_say_its_language_is_compared_all_the_same() -> None:
    article = Article(blocks=ENGLISH.blocks)
    assert check_summary(article, ["수리비는 340만 크로나였다."], "ko") == [[]]  # Repairs cost 3.4 million crowns.
    [[finding]] = check_summary(article, ["수리비는 350만 크로나였다."], "ko")
    assert (finding.kind, finding.actual) == (Finding.KIND_NUMBER_MISMATCH, "350만 크로나")


def test_the_article_itself_is_no_summary() -> None:
    paragraphs = [block.text for block in ENGLISH.blocks]
    for points in (paragraphs, ["\n".join(paragraphs)], paragraphs[1:]):
        assert all(is_broken(findings) for findings in check_summary(ENGLISH, points, "en"))
    assert not any(is_broken(findings) for findings in check_summary(ENGLISH, paragraphs[:1], "en"))


def test_what_is_critical_lost_or_cut_is_broken() -> None:
    assert not is_broken([])
    assert not is_broken([Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_WARNING)])
    assert not is_broken([Finding(kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_INFO)])
    assert is_broken([Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_CRITICAL)])
    assert is_broken([Finding(kind=Finding.KIND_PLACEHOLDER_MISMATCH, severity=Finding.SEVERITY_WARNING)])
    assert is_broken([Finding(kind=Finding.KIND_OUTPUT_TRUNCATED, severity=Finding.SEVERITY_WARNING)])


@given(texts, texts, st.sampled_from(["en-ko", "ko-en", "ja-en", "en-ja", "ko-ja", "fr-de"]))
def test_ranges_of_findings_are_places_in_the_output(source: str, target: str, from_to: str) -> None:
    source_language, target_language = from_to.split("-")
    for finding in check_translation(source, target, source_language, target_language):
        assert 0 <= finding.target.start <= finding.target.end <= len(target)


@given(inline_html, inline_html)
def test_ranges_of_findings_count_the_tags(source: str, target: str) -> None:
    for finding in check_translation(source, target, "en", "ko", is_html=True):
        assert 0 <= finding.target.start <= finding.target.end <= len(target)


@given(st.lists(texts, max_size=4), st.sampled_from(["en", "ko", "ja"]))
def test_every_statement_has_its_list_of_findings(points: list[str], language: str) -> None:
    results = check_summary(ENGLISH, points, language)
    assert len(results) == len(points)
    for point, findings in zip(points, results, strict=True):
        assert all(0 <= f.target.start <= f.target.end <= len(point) for f in findings)


def test_bytes_that_are_no_character_are_worth_another_attempt() -> None:
    source, target = "He walked off the field.", "그는 벌\ufffd에서 걸어 나갔다."
    [finding] = check_translation(source, target, "en", "ko")
    assert (finding.target.start, finding.target.end) == (4, 5)
    assert is_broken([finding])
    assert [is_broken(found) for found in check_summary(KOREAN, ["항구가 다시 열렸\ufffd다."], "ko")] == [True]
    # What the source holds already is not the model's doing.
    assert check_translation("He walked off the f\ufffdeld.", target, "en", "ko") == []
