import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.text.articles import article_of
from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.findings import check_summary, check_translation, is_broken, strip_talk

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
    assert check_summary(ENGLISH, ["The port of Seohae (서해항) reopened on Monday"], "en") == [[]]


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


def test_the_article_itself_is_no_summary() -> None:
    paragraphs = [block.text for block in ENGLISH.blocks]
    for points in (paragraphs, ["\n".join(paragraphs)], paragraphs[1:]):
        assert all(is_broken(findings) for findings in check_summary(ENGLISH, points, "en"))
    assert not any(is_broken(findings) for findings in check_summary(ENGLISH, paragraphs[:1], "en"))


def test_what_is_critical_lost_or_cut_is_broken() -> None:
    assert not is_broken([])
    assert not is_broken([Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_WARNING)])
    assert is_broken([Finding(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_CRITICAL)])
    assert is_broken([Finding(kind=Finding.KIND_PLACEHOLDER_MISMATCH, severity=Finding.SEVERITY_WARNING)])
    assert is_broken([Finding(kind=Finding.KIND_OUTPUT_TRUNCATED, severity=Finding.SEVERITY_WARNING)])


ANSWERS = {"en": "The harbour reopened.", "ko": "항구가 다시 열렸다.", "ja": "港が再開した。"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Here is the summary:\n\n{}"),
        ("en", "Here's a concise summary of the news article: {}"),
        ("en", "Here is a summary of the article in three bullet points:\n\n{}"),
        ("en", "Sure! Here's the headline you asked for:\n{}"),
        ("en", "Certainly. {}"),
        ("en", "Summary: {}"),
        ("en", "**Summary:**\n\n{}"),
        ("en", "## Summary\n\n{}"),
        ("en", "Summary\n{}"),
        ("en", "Key takeaways:\n{}"),
        ("en", "Headline: {}"),
        ("en", "The article can be summarized as follows:\n{}"),
        ("en", "I have summarized the article below:\n\n{}"),
        ("en", "Translation: {}"),
        ("en", "Assistant: {}"),
        ("en", "{}\n\nLet me know if you need anything else!"),
        ("en", "{}\n\n(Note: This summary is based on the article.)"),
        ("en", '"{}"'),
        ("en", "```\n{}\n```"),
        ("en", "Here is the summary:\n```markdown\n{}\n```"),
        ("en", "<summary>\n{}\n</summary>"),
        ("en", "<think>\nThe user wants a summary.\n</think>\n\n{}"),
        ("ko", "요약:\n{}"),  # Summary:
        ("ko", "**요약**\n{}"),
        ("ko", "[요약]\n{}"),
        ("ko", "기사 요약: {}"),  # Summary of the article:
        ("ko", "다음은 기사 요약입니다:\n\n{}"),  # The following is a summary of the article:
        ("ko", "다음은 기사를 세 문장으로 요약한 것입니다.\n\n{}"),  # The following is the article in three sentences.
        ("ko", "물론입니다! 기사 내용을 요약해 드리겠습니다.\n\n{}"),  # Of course! I will summarize the article.
        ("ko", "네, 요약해 드리겠습니다.\n{}"),  # Yes, I will summarize.
        ("ko", "주요 내용은 다음과 같습니다:\n{}"),  # The main content is as follows:
        ("ko", "번역 결과: {}"),  # Result of the translation:
        ("ko", "제목: {}"),  # Headline:
        ("ko", "요약하자면, {}"),  # To summarize,
        ("ko", "{}\n\n추가로 궁금한 점이 있으시면 말씀해 주세요."),  # If you have further questions, tell me.
        ("ko", "{}\n\n도움이 필요하시면 언제든지 말씀해주세요!"),  # If you need help, tell me any time!
        ("ko", "Here is the summary in Korean:\n\n{}"),
        ("ko", "“{}”"),
        ("ja", "以下は要約です。\n\n{}"),  # The following is a summary.
        ("ja", "以下は要約です。{}"),
        ("ja", "以下に記事の要約を示します。\n\n{}"),  # I give a summary of the article below.
        ("ja", "要約：\n{}"),  # Summary:
        ("ja", "【要約】\n{}"),
        ("ja", "**要約**\n\n{}"),
        ("ja", "はい、以下が要約です：\n{}"),  # Yes, here is the summary:
        ("ja", "承知しました。以下に要約します。\n{}"),  # Understood. I summarize below.
        ("ja", "記事を3つの箇条書きで要約しました。\n{}"),  # I summarized the article in three bullets.
        ("ja", "この記事の要約は以下の通りです。\n\n{}"),  # The summary of this article is as follows.
        ("ja", "日本語訳：{}"),  # Japanese translation:
        ("ja", "見出し：{}"),  # Headline:
        ("ja", "要約すると、{}"),  # To summarize,
        ("ja", "{}\n\n何か他にお手伝いできることはありますか？"),  # Is there anything else I can help with?
        ("ja", "{}\n\n（注：この要約は記事に基づいています。）"),  # (Note: this summary is based on the article.)
        ("ja", "「{}」"),
    ],
)
def test_talk_around_an_answer_is_taken_away(language: str, text: str) -> None:
    assert strip_talk(text.format(ANSWERS[language]), language) == (ANSWERS[language], True)


@pytest.mark.parametrize(
    "text",
    [
        "The harbour reopened.",
        "“The harbour is open,” said Mayor Lindholm.",
        "“We are open,” she said. “Come in.”",
        "This is the third version of the plan: 500 flats.",
        "The result: 3-1.",
        "This is a headline that matters: the harbour reopened.",
        "Of course, the mayor said.",
        "Certainly the harbour reopened.",
        "The article of the constitution that forbids it was repealed.",
        "The translation of the bible took 12 years.\nIt was printed in 1951.",
        "- The harbour reopened.\n- Ferries run again.",
        "다음은 부산이다.",  # Next is Busan.
        "다음은 김 시장이 밝힌 요약본의 핵심이다. 항구가 열렸다.",  # What follows is the core of the mayor's summary.
        "핵심 부품 수출이 늘었습니다.\n환율이 올랐습니다.",  # Exports of core parts rose. The exchange rate rose.
        "“항구가 열렸다”고 시장이 말했다.",  # "The harbour is open," the mayor said.
        "次の列車は5時だ。",  # The next train is at five.
        "これは翻訳の問題だ。市は認めた。",  # This is a question of translation. The city admitted it.
        "「港が再開した」と市長は述べた。",  # "The harbour reopened," the mayor said.
        "見出しを付けるのは難しい。",  # Writing headlines is hard.
    ],
)
def test_news_that_sounds_like_talk_stays(text: str) -> None:
    assert strip_talk(f" {text}\n", "en") == (text, False)


def test_numbered_bullets_survive_the_talk_before_them() -> None:
    text = "Here are the key points:\n\n1. The harbour reopened.\n2. Ferries run again.\n\nI hope this helps!"
    assert strip_talk(text, "en") == ("1. The harbour reopened.\n2. Ferries run again.", True)


@pytest.mark.parametrize(
    "text", ["Here is the summary:", "요약:", "以下は要約です。", "```\n```", "", "<think></think>"]
)
def test_an_answer_that_is_nothing_but_talk_comes_back_whole(text: str) -> None:
    assert strip_talk(text, "en") == (text, False)


@settings(deadline=None)
@given(texts)
def test_stripping_gives_a_part_of_any_answer(text: str) -> None:
    result, stripped = strip_talk(text, "en")
    assert result in text
    assert stripped == (result != text.strip())
    assert bool(result) == bool(text.strip())


@settings(deadline=None)
@given(texts, texts, st.sampled_from(["en-ko", "ko-en", "ja-en", "en-ja", "ko-ja", "fr-de"]))
def test_ranges_of_findings_are_places_in_the_output(source: str, target: str, from_to: str) -> None:
    source_language, target_language = from_to.split("-")
    for finding in check_translation(source, target, source_language, target_language):
        assert 0 <= finding.target.start <= finding.target.end <= len(target)


@settings(deadline=None)
@given(inline_html, inline_html)
def test_ranges_of_findings_count_the_tags(source: str, target: str) -> None:
    for finding in check_translation(source, target, "en", "ko", is_html=True):
        assert 0 <= finding.target.start <= finding.target.end <= len(target)


@settings(deadline=None)
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
