import pytest
from hypothesis import given

from tests.service.text.quantities.test_quantities import SERVED, shown
from tests.service.text.strategies import texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.quantities.claims import check_statement, read_article

ENGLISH = [
    ("b1", "The harbour of Westmere reopened on Monday after the storm of Oct. 3, which killed 14 people."),
    ("b2", "Repairs cost 3.41 million pounds, 32% more than planned; 1,187 boats returned at 5.30pm."),
    ("b3", "In 2018 the town had 61,320 residents, a third of them fishermen, and unemployment of 4.5 percent."),
]
# The same article in Korean and in Japanese.
KOREAN = [
    ("b1", "10월 3일 폭풍으로 14명이 숨진 웨스트미어 항구가 월요일 다시 문을 열었다."),
    ("b2", "수리비는 계획보다 32% 많은 341만 파운드였고 오후 5시 30분에 배 1187척이 돌아왔다."),
    ("b3", "2018년 주민은 6만1320명으로 3분의 1이 어민이었고 실업률은 4.5%였다."),
]
JAPANESE = [
    ("b1", "10月3日の嵐で14人が死亡したウエストミア港が月曜日に再開した。"),
    ("b2", "修理費は計画より32%多い341万ポンドで、午後5時半に1187隻が戻った。"),
    ("b3", "2018年の住民は6万1320人で、3分の1が漁師、失業率は4.5%だった。"),
]
ARTICLES = {"en": ENGLISH, "ko": KOREAN, "ja": JAPANESE}

SAID = [
    ("en", "The harbour reopened on Monday, after a storm that killed 14."),
    ("en", "Repairs cost about 3.4 million pounds."),
    ("en", "About 1,200 boats came back at 17:30; more than 1,000 had left."),
    ("en", "The storm of 3 October cost £3.41m, nearly a third more than planned."),
    ("en", "Some 61,000 people lived there in 2018, one in three a fisherman."),
    ("ko", "10월 3일 폭풍에 14명이 숨졌다."),  # 14 people died in the storm of 3 October.
    ("ko", "수리비는 약 340만 파운드로 계획보다 30% 이상 많았다."),  # about 3.4 million pounds, over 30 % more
    ("ko", "약 1200척이 월요일 오후 5시 반에 돌아왔다."),  # About 1,200 boats returned on Monday at half past five.
    ("ko", "수리비는 계획보다 약 3분의 1 많았다."),  # Repairs cost about a third more: 32 %
    ("ja", "14人が死亡した嵐の後、港は月曜日に再開した。"),  # After the storm that killed 14, it reopened on Monday.
    ("ja", "人口6万人余りの町の失業率は4.5%。"),  # A town of over 60,000, unemployment 4.5 %.
    ("ja", "修理費は約340万ポンドだった。"),  # Repairs cost about 3.4 million pounds.
]
INVENTED = [
    ("en", "The storm killed 15 people.", "15"),
    ("en", "It reopened on Tuesday.", "Tuesday"),
    ("en", "Repairs cost 3.41 billion pounds.", "3.41 billion pounds"),
    ("en", "Repairs cost 3.41 million dollars.", "3.41 million dollars"),
    ("en", "About 1,300 boats returned.", "1,300"),
    ("en", "The town had 61,000 residents.", "61,000"),  # rounded, and does not say so
    ("en", "In 2019 the town had 61,320 residents.", "2019"),
    ("en", "Unemployment was 14%.", "14%"),
    ("en", "The storm came on Nov. 3.", "Nov"),
    ("en", "Repairs and boats came to 3,411,187 in all.", "3,411,187"),
    ("ko", "폭풍은 10월 4일에 왔다.", "4일"),  # The storm came on 4 October.
    ("ko", "수리비는 341만 엔이었다.", "341만 엔"),  # Repairs cost 3.41 million yen.
    ("ko", "주민은 16만1320명이다.", "16만1320"),  # There are 161,320 residents.
    ("ko", "배는 오후 6시 30분에 돌아왔다.", "오후 6시 30분"),  # The boats returned at half past six.
    ("ko", "주민의 4분의 1이 어민이었다.", "4분의 1"),  # a quarter of the residents
    ("ja", "火曜日に再開した。", "火曜"),  # It reopened on Tuesday.
    ("ja", "修理費は341億ポンドだった。", "341億ポンド"),  # Repairs cost 34.1 billion pounds.
    ("ja", "失業率は5.4%だった。", "5.4%"),  # Unemployment was 5.4 %.
]


def check_claims(bodies: list[tuple[str, str]], statement: str, article_language: str, language: str) -> list[Finding]:
    return check_statement(read_article(bodies, article_language), statement, language)


@pytest.mark.parametrize("article_language", ["en", "ko", "ja"])
@pytest.mark.parametrize(("language", "statement"), SAID)
def test_what_the_article_has_is_not_flagged(article_language: str, language: str, statement: str) -> None:
    assert shown(check_claims(ARTICLES[article_language], statement, article_language, language)) == []


@pytest.mark.parametrize("article_language", ["en", "ko", "ja"])
@pytest.mark.parametrize(("language", "statement", "value"), INVENTED)
def test_what_the_article_lacks_is_flagged(article_language: str, language: str, statement: str, value: str) -> None:
    (finding,) = check_claims(ARTICLES[article_language], statement, article_language, language)
    assert finding.actual == value
    assert statement[finding.target.start : finding.target.end] == value


def test_an_amount_in_another_currency_names_its_place_in_the_article() -> None:
    (finding,) = check_claims(ENGLISH, "Repairs cost 3.41 million dollars.", "en", "en")
    assert finding.source.block_id == "b2"
    assert finding.expected == "3.41 million pounds"
    assert ENGLISH[1][1][finding.source.range.start : finding.source.range.end] == "3.41 million pounds"


def test_a_value_that_the_article_has_nowhere_is_critical_and_one_of_something_else_a_warning() -> None:
    [nowhere] = check_claims(ENGLISH, "The storm killed 15 people.", "en", "en")
    [of_another] = check_claims(ENGLISH, "Unemployment was 14%.", "en", "en")
    assert (nowhere.severity, of_another.severity) == (Finding.SEVERITY_CRITICAL, Finding.SEVERITY_WARNING)
    assert (nowhere.HasField("source"), of_another.expected) == (False, "14")


def test_one_of_two_units_has_to_be_in_the_article() -> None:
    bodies = [("b1", "The wall is 30 metres long.")]
    assert check_claims(bodies, "The wall is 30 metres (98 feet) long.", "en", "en") == []
    wrong = check_claims(bodies, "The wall is 40 metres (131 feet) long.", "en", "en")
    assert [finding.actual for finding in wrong] == ["40", "131"]


def test_an_article_is_read_once_for_all_statements() -> None:
    article = read_article(ENGLISH, "en-GB")
    assert check_statement(article, "Fourteen people died.", "en") == []
    assert [finding.actual for finding in check_statement(article, "15 people died.", "en")] == ["15"]


def test_articles_in_other_languages_are_not_read() -> None:
    assert check_claims([("b1", "Le port a rouvert.")], "12 boats", "fr", "en") == []


@given(texts, SERVED)
def test_an_article_has_its_own_values(text: str, language: str) -> None:
    assert check_claims([("b1", text)], text, language, language) == []


def test_a_number_in_words_that_the_article_lacks_is_a_warning() -> None:
    bodies = [("b1", "Three crew members were hurt, and passengers waited five hours.")]
    [finding] = check_claims(bodies, "Four crew members were hurt.", "en", "en")
    assert (finding.actual, finding.severity) == ("Four", Finding.SEVERITY_WARNING)
    assert check_claims(bodies, "Three of the crew were hurt in five hours.", "en", "en") == []
    assert check_claims(bodies, "One crew member said so.", "en", "en") == []
