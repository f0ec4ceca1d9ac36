import pytest
from hypothesis import given

from tests.service.text.strategies import texts
from triwire_server.text.summaries.talk import strip_talk

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


@given(texts)
def test_stripping_gives_a_part_of_any_answer(text: str) -> None:
    result, stripped = strip_talk(text, "en")
    assert result in text
    assert stripped == (result != text.strip())
    assert bool(result) == bool(text.strip())
