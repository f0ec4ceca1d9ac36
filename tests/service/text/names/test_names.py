import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.articles import article_of
from tests.service.text.names.name_cases import CASES, MEASURED_ONLY, SOUND, NameCase
from tests.service.text.strategies import texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.findings import check_summary, check_translation
from triwire_server.text.names.comparison import check_claimed_names, check_names
from triwire_server.text.names.known_names import find_known_names, known_names


def shown(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(f.expected, f.actual) for f in findings]


def names_in(case: NameCase, language: str, statements: list[str]) -> list[list[str]]:
    """What is said of the names of each statement."""
    found = check_summary(article_of(language, *case.article), statements, language)
    return [[f.actual for f in findings if f.kind == Finding.KIND_NAME_MISMATCH] for findings in found]


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
@pytest.mark.parametrize("cases", [CASES, MEASURED_ONLY], ids=["tuned", "measured"])
def test_names_that_an_article_lacks_are_told_from_those_it_has(
    cases: dict[str, tuple[NameCase, ...]], language: str
) -> None:
    flagged, caught = [], []
    for case in cases[language]:
        flagged += [bool(names) for names in names_in(case, language, list(case.sound))]
        for frame in case.frames:
            for name in case.absent:
                caught += [bool(names) for names in names_in(case, language, [frame.format(name)])]
    assert sum(flagged) <= 0.03 * len(flagged)
    assert sum(caught) >= 0.95 * len(caught)


@pytest.mark.parametrize(("language", "case"), SOUND)
def test_sound_statements_have_nothing_to_look_at(language: str, case: NameCase) -> None:
    found = check_summary(article_of(language, *case.article), list(case.sound), language)
    assert [f for findings in found for f in findings if f.severity != Finding.SEVERITY_INFO] == []


@pytest.mark.parametrize(
    ("source", "target", "direction", "expected"),
    [
        # Germany will pay, France will not; the German minister travels to Hanoi.
        ("Germany will pay the bill.", "프랑스가 비용을 낸다.", "en-ko", [("Germany", "프랑스")]),
        ("Germany will pay the bill.", "フランスが費用を払う。", "en-ja", [("Germany", "フランス")]),
        ("독일이 비용을 낸다.", "France will pay the bill.", "ko-en", [("독일", "France")]),
        ("ドイツが費用を払う。", "프랑스가 비용을 낸다.", "ja-ko", [("ドイツ", "프랑스")]),
        ("The German minister flew to Hanoi.", "장관은 하노이로 갔다.", "en-ko", [("German", "")]),
        ("장관은 하노이로 갔다.", "The Polish minister flew to Hanoi.", "ko-en", [("", "Polish")]),
        # A name in Latin letters that an English translation lost.
        ("한국은 OPCW와 협력한다.", "South Korea will work with the body.", "ko-en", [("OPCW", "")]),
        ("KBSが報じた。", "It was reported by the broadcaster.", "ja-en", [("KBS", "")]),
        ("할러앤베른(Haller & Bern) 공장", "The Meyer works", "ko-en", [("Haller", ""), ("Bern", "")]),
    ],
)
def test_a_name_that_was_lost_or_changed_is_found(
    source: str, target: str, direction: str, expected: list[tuple[str, str]]
) -> None:
    findings = check_names(source, target, *direction.split("-"))
    assert shown(findings) == expected
    for finding in findings:
        read, written = finding.source.range, finding.target
        assert source[read.start : read.end] == finding.expected
        assert target[written.start : written.end] == finding.actual


@pytest.mark.parametrize(
    ("source", "target", "direction"),
    [
        ("German carmakers fear tariffs, Berlin said.", "독일 자동차 업계는 관세를 우려한다고 정부가 밝혔다.", "en-ko"),
        ("U.S. and South Korean officials met.", "한미 당국자들이 만났다.", "en-ko"),
        ("US officials met their Chinese counterparts.", "米中の当局者が会談した。", "en-ja"),
        ("Washington and Pyongyang resumed talks.", "米国と北朝鮮が協議を再開した。", "en-ja"),
        ("미·일 정상이 통화했다.", "The leaders of the United States and Japan spoke by phone.", "ko-en"),
        # The government of a paper's own country has a name abroad.
        ("정부는 대책을 내놨다.", "The South Korean government announced measures.", "ko-en"),
        ("政府は対策を発表した。", "The Japanese government announced measures.", "ja-en"),
        # Letters that English spells out, or writes with small ones.
        (
            "EU와 WHO는 AI 규제에 합의했다.",
            "The European Union and the World Health Organization agreed on AI.",
            "ko-en",
        ),
        ("AI와 GDP, DMZ", "Artificial intelligence, gross domestic product, the demilitarised zone", "ko-en"),
        ("NATO는 SNS에서 밝혔다.", "Nato said so on social media.", "ko-en"),
        ("SNSでの投稿をNHKが報じた。", "NHK reported the post on social media.", "ja-en"),
        ("전력 30MW, 저장 용량 5GB", "30 megawatts of power and 5 gigabytes of storage", "ko-en"),
        ("A씨와 B군은 K팝을 듣는다.", "The two listen to K-pop.", "ko-en"),
        # Words that hold a name by chance: Pacific, island, Bolivia, cereal; America in Latin America.
        ("The Pacific island of Chuuk", "태평양의 추크 아일랜드", "en-ko"),
        ("Bolivia and Latin America", "볼리비아와 라틴 아메리카", "en-ko"),
        ("Breakfast cereal is dearer.", "シリアルが値上がりした。", "en-ja"),
        ("The pavement was handed over.", "인도를 인도했다.", "en-ko"),
        ("문재인 대통령(Moon Jae-in)", "President Moon Jae-in", "ko-en"),
        ("Rodríguez가 말했다.", "Rodriguez said so.", "ko-en"),
    ],
)
def test_a_name_in_another_form_is_no_finding(source: str, target: str, direction: str) -> None:
    assert shown(check_names(source, target, *direction.split("-"))) == []


@pytest.mark.parametrize(
    ("article", "languages", "statement", "expected"),
    [
        # The German government promised help; so did the French one.
        ("독일 정부는 지원을 약속했다.", "ko-en", "Germany promised help.", []),
        ("독일 정부는 지원을 약속했다.", "ko-en", "France promised help.", ["France"]),
        ("Germany promised help.", "en-ja", "フランスが支援を約束した。", ["フランス"]),
        ("Germany promised help, Nato said.", "en-ko", "NATO에 따르면 독일이 지원을 약속했다.", []),
        ("Germany promised help.", "en-ko", "OECD에 따르면 독일이 지원을 약속했다.", ["OECD"]),
        ("인공지능 규제가 시작됐다.", "ko-ko", "AI 규제가 시작됐다.", []),  # rules for artificial intelligence began
    ],
)
def test_names_of_a_summary_in_another_language(
    article: str, languages: str, statement: str, expected: list[str]
) -> None:
    article_language, language = languages.split("-")
    findings = check_claimed_names([("b1", article)], statement, article_language, language)
    assert [f.actual for f in findings] == expected
    assert all(f.severity == Finding.SEVERITY_WARNING for f in findings)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("テスラは販売を伸ばした。", []),  # Tesla sold more
        ("ライバルは販売を伸ばした。", []),  # rivals did; a word that the article lacks
        ("ロックバンドが復活する。", []),  # a rock band comes back
        ("リビアンは販売を伸ばした。", ["リビアン"]),  # Rivian did
        ("ベゾスが批判を浴びた。", ["ベゾス"]),  # Bezos came under fire
    ],
)
def test_a_katakana_subject_that_the_article_lacks_is_for_the_record(statement: str, expected: list[str]) -> None:
    article = [("b1", "電気自動車大手テスラの株価が急落した。マスク氏への反発が広がる。")]  # Tesla shares fell
    findings = check_claimed_names(article, statement, "ja", "ja")
    assert [f.actual for f in findings] == expected
    assert all(f.severity == Finding.SEVERITY_INFO for f in findings)


@pytest.mark.parametrize(
    "statement",
    [
        "Officials said repairs were late.",
        "Repairing the wall took years, and Monday's storm undid it.",
        "Despite the storm, Westmere's mayor is hopeful.",
        "I'm hopeful, the mayor said on Tuesday in March.",
        "Harbour Reopens After Heavy Storm",
        "Its mayor, Ms Lindholm, wants the Government to pay.",
        "Ada Lindholm: the wall must be raised",
    ],
)
def test_capitals_that_are_no_names_are_no_finding(statement: str) -> None:
    article = article_of("en", "The harbour of Westmere reopened.", "The mayor, Ada Lindholm, wants a higher wall.")
    assert [f for f in check_summary(article, [statement], "en")[0] if f.kind == Finding.KIND_NAME_MISMATCH] == []


def test_the_table_knows_a_name_by_its_longest_form() -> None:
    names = known_names()

    def found(text: str, language: str) -> list[str]:
        return [names[index].sure["en"][0] for index in find_known_names(text, language)]

    assert found("Bolivia", "en") == ["Bolivia"]
    assert found("볼리비아", "ko") == ["Bolivia"]  # holds the Korean for Libya
    assert found("インドネシア", "ja") == ["Indonesia"]  # holds the Japanese for India
    assert found("ラテンアメリカ", "ja") == ["Latin America"]
    assert found("North Korean", "en") == ["North Korea"]
    assert all(set(name.all) == {"en", "ko", "ja"} and all(name.all.values()) for name in names)


@given(texts, texts, st.sampled_from(["en-ko", "ko-en", "ja-en", "en-ja", "ko-ja", "ja-ko", "fr-ko"]))
def test_places_of_names_are_places_of_the_text(source: str, target: str, direction: str) -> None:
    source_language, target_language = direction.split("-")
    for finding in check_translation(source, target, source_language, target_language):
        assert 0 <= finding.source.range.start <= finding.source.range.end <= len(source)
        assert 0 <= finding.target.start <= finding.target.end <= len(target)
    for language in (source_language, target_language):
        for finding in check_claimed_names([("b1", source)], target, language, target_language):
            assert target[finding.target.start : finding.target.end] == finding.actual


def test_a_country_that_a_translator_adds_is_for_the_record() -> None:
    # Nobody at the plant in California, US, was hurt.
    added = check_names(
        "Nobody at the plant in California was hurt.", "미국 캘리포니아주 공장에서 다친 사람은 없었다.", "en", "ko"
    )
    assert [(finding.actual, finding.severity) for finding in added] == [("미국", Finding.SEVERITY_INFO)]
    lost = check_names("The German minister flew to Hanoi.", "장관은 하노이로 갔다.", "en", "ko")
    assert [(finding.expected, finding.severity) for finding in lost] == [("German", Finding.SEVERITY_WARNING)]
