import pytest
from hypothesis import given

from tests.service.text.articles import article_of
from tests.service.text.strategies import texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.quotes import check_quoted_words, check_quotes, find_quotations
from triwire_server.text.findings import check_summary, check_translation


def quoted(text: str) -> list[str]:
    return [text[slice(*quotation.inner)] for quotation in find_quotations(text)]


def shown(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(Finding.Severity.Name(f.severity)[9:], f.expected, f.actual) for f in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We will rebuild,” she said. “All of it.”", ["We will rebuild,", "All of it."]),
        ('"We will rebuild," she said.', ["We will rebuild,"]),
        ("'We will rebuild,' she said.", ["We will rebuild,"]),
        ("‘We won’t give up,’ she said, and didn’t.", ["We won’t give up,"]),
        ("'The workers' union is strong,' he said.", ["The workers' union is strong,"]),
        ("The workers' union met in the '90s at O'Hare, at ten o'clock.", []),
        ("He called it a “so-called ‘reform’ law” twice.", ["so-called ‘reform’ law"]),
        ("He is 6'2\" tall and she is 5'10\".", []),
        ("«Nous reviendrons», a-t-il dit.", ["Nous reviendrons"]),
        # "The wind was strong," (he) said; the 'ghost city'; the film <The Harbour>.
        ("“바람이 셌다”고 말했다.", ["바람이 셌다"]),
        ('"바람이 셌다."라고 말했다.', ["바람이 셌다."]),
        ("'유령 도시'가 된 항구를 다룬 영화 <항구>가 나왔다.", ["유령 도시", "항구"]),
        ("물가가 3% < 5%로, 5 > 3이다.", []),
        # "The 'wall' was high," he said; a line that ends what an earlier one began.
        ("「『壁』が高かった」と述べた。", ["『壁』が高かった"]),
        ("「彼は「高い」と言った」と述べた。", ["彼は「高い」と言った"]),
        ("もう一度やり直します」と語った。", ["もう一度やり直します"]),
        ('It is a duty."', ["It is a duty."]),
        ('현실입니다."라고 말했다.', ["현실입니다."]),  # "(It) is reality," (he) said.
        ("“The first paragraph goes on.\n“The second ends.”", ["The first paragraph goes on.", "The second ends."]),
        ('"mixed marks” here', ["mixed marks"]),
        ("„Wir kommen wieder“, sagte er.", ["Wir kommen wieder"]),
        ("“It is,” he said. It is.”", ["It is,"]),  # the last mark is a slip
        ('시장은"reform은 없다"고 말했다.', ["reform은 없다"]),  # The mayor said, "(There) is no reform."
        ("'We trust the workers' Ada said, 'and pay them.'", ["We trust the workers", "and pay them."]),
        ("O'Hare's 'new wing' opened.", ["new wing"]),
        ("", []),
        ("“”", []),
    ],
)
def test_quotations_are_read_by_their_marks(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


# The mayor said, "We will raise the wall by two metres before the winter," and the council agreed to it.
EN = "“We will raise the wall by two metres before the winter,” the mayor said, and the council agreed."
KO = "시장은 “겨울이 오기 전에 벽을 2미터 높이겠다”고 말했고, 의회도 동의했다."
JA = "市長は「冬が来る前に壁を2メートル高くする」と述べ、議会も同意した。"
BODIES = {"en": EN, "ko": KO, "ja": JA}
BARE = {
    "en": "The mayor said they would raise the wall by two metres before the winter, and the council agreed.",
    "ko": "시장은 겨울이 오기 전에 벽을 2미터 높이겠다고 말했고, 의회도 동의했다.",
    "ja": "市長は冬が来る前に壁を2メートル高くすると述べ、議会も同意した。",
}
WORDS = {
    "en": "We will raise the wall by two metres before the winter,",
    "ko": "겨울이 오기 전에 벽을 2미터 높이겠다",
    "ja": "冬が来る前に壁を2メートル高くする",
}
DIRECTIONS = ["en-ko", "en-ja", "ko-en", "ko-ja", "ja-en", "ja-ko"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_statement_that_lost_its_marks_is_found_with_its_place_in_the_source(direction: str) -> None:
    source, target = direction.split("-")
    assert check_quotes(BODIES[source], BODIES[target]) == []
    [finding] = check_quotes(BODIES[source], BARE[target])
    assert shown([finding]) == [("WARNING", WORDS[source], "")]
    range_ = finding.source.range
    assert BODIES[source][range_.start + 1 : range_.end - 1] == WORDS[source]
    assert not finding.HasField("target")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_statement_that_was_put_into_marks_is_found_with_its_place_in_the_output(direction: str) -> None:
    source, target = direction.split("-")
    [finding] = check_quotes(BARE[source], BODIES[target])
    assert shown([finding]) == [("WARNING", "", WORDS[target])]
    assert BODIES[target][finding.target.start + 1 : finding.target.end - 1] == WORDS[target]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        # Marks of titles and of single words come and go: the film "The Harbour", a so-called reform.
        ("The film Harbour opens on Friday.", "영화 ‘항구’가 금요일 개봉한다."),
        ("The film Harbour opens on Friday.", "映画『港』が金曜日に公開される。"),
        ("영화 <항구>가 금요일 개봉한다.", "The film Harbour opens on Friday."),
        ("新作『港』が金曜日に公開される。", "The new film Harbour opens on Friday."),
        ("그는 ‘현장’을 강조했다.", "He stressed work on site."),
        # Two quotations around the reporting clause become one, or one two.
        (
            "“We lost the roof,” said Ada. “We will build another one.”",
            "아다는 “우리는 지붕을 잃었지만 다른 지붕을 지을 것”이라고 말했다.",
        ),
        (
            "「屋根を失ったが、また建てる」とアダさんは話した。",
            "“We lost the roof,” Ada said. “But we will build another one.”",
        ),
        # A quotation that goes on in the next segment, on either side.
        ('Mrs May said: "Last year I made a promise.', "메이 총리는 “작년에 나는 약속을 했다."),
        ("That is our promise.”", "それが私たちの約束だ」と語った。"),
        ("The workers' union met at ten o'clock.", "노조는 10시에 만났다."),
        ("He is 6'2\" tall.", "그는 키가 188cm다."),
    ],
)
def test_what_translators_do_with_marks_is_no_finding(source: str, target: str) -> None:
    assert [f for f in check_quotes(source, target) if f.severity != Finding.SEVERITY_INFO] == []


def test_one_word_in_marks_is_for_the_record() -> None:
    findings = check_quotes("The “reform” was stopped by the court.", "법원이 개혁을 막았다.")  # ... the reform
    assert shown(findings) == [("INFO", "reform", "")]
    findings = check_quotes("법원이 개혁을 막았다.", "The “reform” was stopped by the court.")
    assert shown(findings) == [("INFO", "", "reform")]


def test_a_few_long_words_are_no_statement() -> None:
    findings = check_quotes("The “extraordinarily dangerous” plan was stopped.", "그 계획은 중단됐다.")
    assert shown(findings) == [("INFO", "extraordinarily dangerous", "")]


def test_the_longest_of_several_quotations_is_named_when_most_of_them_are_gone() -> None:
    # "We will raise the wall by two metres before winter," she said, and twice: "Yes."
    source = "“We will raise the wall by two metres before winter,” she said. “Yes.”"
    target = "그는 겨울이 오기 전에 벽을 2미터 높이겠다고 말했다. “네.”"
    longest = "We will raise the wall by two metres before winter,"
    assert shown(check_quotes(source, target)) == [("WARNING", longest, "")]
    korean = "그는 “겨울이 오기 전에 벽을 2미터 높이겠다”고 말했다. “네.”"
    bare = "She said they would raise the wall by two metres before winter. “Yes.”"
    assert shown(check_quotes(bare, korean)) == [("WARNING", "", "겨울이 오기 전에 벽을 2미터 높이겠다")]


def test_one_quotation_less_in_a_long_text_is_what_translators_do() -> None:
    plain = "The council met for six hours on Tuesday and heard the fishermen, the school and both ferry companies. "
    source = f"{plain}“The wall stays,” said Ada. “We will raise it by two metres before the winter.”"
    korean = "시의회는 화요일 여섯 시간 동안 회의를 열어 어민과 학교, 여객선 회사 두 곳의 말을 들었다. "
    target = f"{korean}아다는 벽은 그대로 두고 “겨울 전에 2미터 높이겠다”고 말했다."
    assert check_quotes(source, target) == []


def test_a_mark_without_its_partner_is_found_where_the_source_has_both() -> None:
    assert shown(check_quotes(EN, KO.replace("”", ""))) == [
        ("WARNING", "", "겨울이 오기 전에 벽을 2미터 높이겠다고 말했고, 의회도 동의했다.")
    ]
    assert check_quotes(EN.replace("”", ""), KO.replace("”", "")) == []


ARTICLES = {
    "en": article_of(
        "en",
        "The harbour of Westmere reopened on Monday.",
        "“We will not give up this harbour, whatever it costs,” said the mayor. “It feeds the whole town.”",
        "Critics call the wall a “monument to vanity” and want it gone.",
    ),
    # The mayor said, "We will not give up this harbour, whatever it costs. It feeds the whole town." ...
    "ko": article_of(
        "ko",
        "서해항이 월요일 다시 문을 열었다.",
        "시장은 “비용이 얼마가 들든 이 항구를 포기하지 않겠습니다. 항구가 온 도시를 먹여 살립니다”라고 말했다.",
        "비판하는 이들은 그 벽을 ‘허영의 기념비’라고 부르며 철거를 요구한다.",
    ),
    "ja": article_of(
        "ja",
        "西海港が月曜日に再開した。",
        "市長は「どれだけ費用がかかっても、この港を諦めません。港が町全体を養っています」と述べた。",
        "批判する人々は壁を「虚栄の記念碑」と呼び、撤去を求めている。",
    ),
}


@pytest.mark.parametrize(
    ("language", "statement"),
    [
        ("en", "The mayor said “we will not give up this harbour”."),
        ("en", "The mayor: ‘We will not give up this harbour, whatever it costs. It feeds the whole town.’"),
        ("en", "“We will not give up … whatever it costs,” the mayor said."),
        ("en", "“[The harbour] feeds the whole town,” said the mayor, whose critics speak of a 'monument to vanity'."),
        ("en", "The town's harbour isn't closed any more."),
        # The plain form of what was said politely; a part of it; a word in marks.
        ("ko", "시장은 “이 항구를 포기하지 않겠다”고 말했다."),
        ("ko", "시장 “항구가 온 도시를 먹여 살려”… 비판 측은 ‘허영의 기념비’"),
        ("ko", "시장 “이 항구 포기하지 않겠다”"),  # a headline drops particles
        ("ja", "市長は「この港を諦めない」と述べた。"),
        ("ja", "市長「港が町全体を養っている」、批判派は「虚栄の記念碑」"),
    ],
)
def test_words_that_the_article_quotes_are_no_finding(language: str, statement: str) -> None:
    bodies = [(block.block_id, block.text) for block in ARTICLES[language].blocks]
    assert shown(check_quoted_words(bodies, statement, language, language)) == []


@pytest.mark.parametrize(
    ("language", "statement", "severity", "actual"),
    [
        ("en", "The mayor said “we will never give up this harbour”.", "WARNING", "we will never give up this harbour"),
        (
            "en",
            "“Ships were always our children and parents,” the mayor said.",
            "CRITICAL",
            "Ships were always our children and parents,",
        ),
        ("en", "Critics speak of a “waste of money”.", "WARNING", "waste of money"),
        ("ko", "시장은 “이 항구를 내년에 팔겠다”고 말했다.", "CRITICAL", "이 항구를 내년에 팔겠다"),  # sell it
        ("ko", "비판하는 이들은 ‘세금 낭비’라고 부른다.", "WARNING", "세금 낭비"),  # a waste of taxes
        ("ja", "市長は「この港を来年売る」と述べた。", "WARNING", "この港を来年売る"),  # sell it next year
        ("ja", "批判する人々は「税金の無駄」と呼ぶ。", "WARNING", "税金の無駄"),
        # The article has the small words of it, which says nothing.
        ("en", "“It is up to the old sailors to save us.”", "CRITICAL", "It is up to the old sailors to save us."),
        ("en", "“It is up to us to do it.”", "WARNING", "It is up to us to do it."),  # has no others
    ],
)
def test_words_that_nobody_said_are_found_with_their_place(
    language: str, statement: str, severity: str, actual: str
) -> None:
    bodies = [(block.block_id, block.text) for block in ARTICLES[language].blocks]
    findings = check_quoted_words(bodies, statement, language, language)
    assert shown(findings) == [(severity, "", actual)]
    assert statement[findings[0].target.start + 1 : findings[0].target.end - 1] == actual


def test_a_quotation_that_a_statement_leaves_open_is_not_compared() -> None:
    bodies = [(block.block_id, block.text) for block in ARTICLES["en"].blocks]
    assert check_quoted_words(bodies, "The mayor: “we will never give up this harbour", "en", "en") == []


def test_across_languages_only_an_article_without_quotations_tells_anything() -> None:
    bodies = [("b1", BARE["ja"])]
    assert shown(check_quoted_words(bodies, EN, "ja", "en")) == [("WARNING", "", WORDS["en"])]
    assert check_quoted_words([("b1", JA)], EN, "ja", "en") == []


def test_quotations_are_part_of_both_checks() -> None:
    kinds = [f.kind for f in check_translation(EN, BARE["ko"], "en", "ko")]
    assert kinds == [Finding.KIND_QUOTE_MISMATCH]
    [findings] = check_summary(ARTICLES["ko"], ["시장은 “이 항구를 내년에 팔겠다”고 말했다."], "ko")
    assert [f.kind for f in findings] == [Finding.KIND_QUOTE_MISMATCH]


@given(texts, texts)
def test_places_of_quotations_are_places_of_the_text(source: str, target: str) -> None:
    for quotation in find_quotations(target):
        start, end = quotation.inner
        assert 0 <= quotation.start <= start <= end <= quotation.end <= len(target)
    findings = check_quotes(source, target) + check_quoted_words([("b1", source)], target, "en", "en")
    for finding in findings:
        assert 0 <= finding.target.start <= finding.target.end <= len(target)
        assert 0 <= finding.source.range.start <= finding.source.range.end <= len(source)
