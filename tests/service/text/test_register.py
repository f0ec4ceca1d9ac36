import pytest
from hypothesis import given

from tests.service.text.strategies import languages, texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.register import check_register

# The harbour reopened on Monday. Nobody was hurt. In both styles of both languages.
KO_NEWS = "항구는 월요일에 다시 열렸다. 다친 사람은 없다."
KO_POLITE = "항구는 월요일에 다시 열렸습니다. 다친 사람은 없습니다."
JA_NEWS = "港は月曜日に再開した。けが人はいない。"
JA_POLITE = "港は月曜日に再開しました。けが人はいません。"


@pytest.mark.parametrize(
    ("text", "language", "register", "is_told"),
    [
        (KO_NEWS, "ko", "news", False),
        (KO_NEWS, "ko", "polite", True),
        (KO_POLITE, "ko-KR", "news", True),
        (KO_POLITE, "ko", "polite", False),
        (JA_NEWS, "ja", "news", False),
        (JA_NEWS, "ja", "polite", True),
        (JA_POLITE, "ja", "news", True),
        (JA_POLITE, "ja-JP", "polite", False),
        ("The harbour reopened.", "en", "polite", False),
        ("항구는 다시 열렸어요.", "ko", "news", True),  # It reopened (polite, informal).
        ("이것이 마지막 배다.", "ko", "polite", True),  # This is the last ship.
        ("그는 회사를 다니다.", "ko", "polite", True),  # ends in 니다, yet plain
        ("이것은 사실이 아니다.", "ko", "news", False),  # This is not a fact.
        ("대책이 필요.", "ko", "news", False),  # Measures needed: a noun in 요.
        ("다음 달 새 항구 개장.", "ko", "polite", False),  # New harbour opening next month: a noun.
        ("목적지는 캐나다.", "ko", "polite", False),  # Destination: Canada.
        ("新しい港は来月開業。", "ja", "polite", False),  # a noun again
        ("安全だと言えるだろうか。", "ja", "polite", False),  # Can it be called safe? A question has no register here.
        ("詳しくはお問い合わせください。", "ja", "polite", False),  # Please ask for details.
        ("港は再開した（共同）。", "ja", "news", False),
        ("港は再開した（共同）。", "ja", "polite", True),
        ("항구가 다시 열렸다(사진).", "ko", "polite", True),  # The harbour reopened (pictured).
        ("ご協力ありがとう。", "ja", "polite", False),  # Thanks for helping.
        ("갑니다.", "ko", "news", True),  # (He) goes. A sentence of one word.
        ("바람이 세니까.", "ko", "polite", False),  # Because the wind is strong.
        ("사실은 아니다만.", "ko", "news", False),  # Though it is not a fact: 니다 after a vowel is plain.
        ("목적지는 서캐나다.", "ko", "polite", False),  # Destination: western Canada.
        ("항구가 다시 열렸다", "ko", "polite", False),  # Without its full stop it may go on, or be a noun.
        ("그는 회사를 다니다", "ko", "polite", False),
        ("새 항구 개장", "ko", "news", False),  # New harbour opens: a noun.
        (
            "항구는 다시 열렸습니다. 이름은 King’s Wharf",
            "ko",
            "news",
            True,
        ),  # It reopened. Its name is …: an apostrophe,
        (
            "‘24년 항구는 다시 열렸습니다.",
            "ko",
            "news",
            True,
        ),  # In ’24 it reopened: which closes or opens no quotation.
    ],
)
def test_sentence_endings_tell_the_register(text: str, language: str, register: str, is_told: bool) -> None:
    findings = check_register(text, language, register)
    assert [finding.expected for finding in findings] == ["house_style.register"] * is_told


@pytest.mark.parametrize(
    ("text", "language", "register"),
    [
        ("“바람이 셌습니다. 무서웠습니다.”라고 그는 말했다.", "ko", "news"),  # "The wind was strong ...," he said.
        ("“바람이 셌습니다. 무서웠습니다.", "ko", "news"),  # a quotation that goes on in the next paragraph
        (
            "무서웠습니다. 끝났습니다.” 선장은 고개를 저었다.",
            "ko",
            "news",
        ),  # and one that began in the paragraph before
        ("무서웠습니다.” “끝났습니다.” 저었습니다.” 선장은 말했다.", "ko", "news"),
        (
            "그는 웃었다. “끝났습니다. 『등대』가 보였습니다. 「무서웠습니다.",
            "ko",
            "news",
        ),  # the first of two that go on
        ("「風が強かったです。怖かったです。」と船長は述べた。", "ja", "news"),
        ("船長は「風が強かった。怖かった」と話しました。", "ja", "polite"),
        ('"바람이 셌습니다.', "ko", "news"),  # one straight mark: nobody knows what is quoted
    ],
)
def test_quoted_speech_keeps_its_own_register(text: str, language: str, register: str) -> None:
    assert check_register(text, language, register) == []


def test_the_majority_of_sentences_decides() -> None:
    assert check_register(f"{KO_NEWS} 항구는 안전합니다.", "ko", "news") == []  # The harbour is safe.
    [finding] = check_register(f"{KO_POLITE} 항구는 안전하다.", "ko", "news")
    assert (finding.kind, finding.severity, finding.actual) == (
        Finding.KIND_OPTION_NOT_APPLIED,
        Finding.SEVERITY_WARNING,
        "polite",
    )
    text = f"{KO_POLITE} 항구는 안전하다."
    assert text[finding.target.start : finding.target.end] == "열렸습니다"
    [finding] = check_register(KO_NEWS, "ko", "polite")
    assert finding.actual == "news"


def test_half_of_the_sentences_are_no_majority() -> None:
    assert check_register("항구는 다시 열렸다. 항구는 안전합니다.", "ko", "news") == []
    assert check_register(f"{KO_NEWS} 항구는 안전하다. {KO_POLITE}", "ko", "news") == []  # two of five


@pytest.mark.parametrize(
    ("text", "language", "ending"),
    [
        ("그는 “무서웠다”고(사진) 말했습니다.", "ko", "말했습니다"),  # "It was frightening," he (pictured) said.
        (
            "船長は「『怖い』と言った」と（共同に）話しました。",
            "ja",
            "しました",
        ),  # The captain told Kyodo: "They said ...".
    ],
)
def test_a_place_counts_what_quotations_and_brackets_hold(text: str, language: str, ending: str) -> None:
    [finding] = check_register(text, language, "news")
    assert text[finding.target.start : finding.target.end] == ending


def test_headlines_are_free_but_for_polite_verbs_in_news() -> None:
    assert check_register("항구, 2년 만에 다시 열렸다", "ko", "polite", is_headline=True) == []
    assert check_register("항구, 2년 만에 다시 열렸다.", "ko", "polite", is_headline=True) == []
    assert len(check_register("항구가 다시 열렸습니다", "ko", "news", is_headline=True)) == 1
    assert check_register("港、2年ぶりに再開", "ja", "news", is_headline=True) == []


def test_an_unknown_register_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="register is 'formal'"):
        check_register(KO_NEWS, "ko", "formal")


@given(texts, languages)
def test_any_text_gives_places_inside_it(text: str, language: str) -> None:
    for register in ("news", "polite"):
        for finding in check_register(text, language, register):
            assert 0 <= finding.target.start < finding.target.end <= len(text)
