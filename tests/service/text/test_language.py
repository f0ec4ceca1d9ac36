import pytest
from hypothesis import given

from tests.service.text.language_cases import HEADLINES
from tests.service.text.strategies import PIECES, texts
from triwire_server.text.language import base_language, detect_languages


@pytest.mark.parametrize(
    ("tag", "base"), [("en-GB", "en"), ("KO", "ko"), ("ja_JP", "ja"), ("zh-Hant-TW", "zh"), ("", ""), (" en ", "en")]
)
def test_only_the_primary_subtag_counts(tag: str, base: str) -> None:
    assert base_language(tag) == base


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The harbour of Westmere reopened on Monday.", "en"),
        ("Storm over, but the market stays closed", "en"),
        ("항구가 다시 열렸다.", "ko"),  # The harbour reopened.
        ("文대통령 “日 수출규제 철회를”", "ko"),  # President Moon: "Japan must withdraw its export curbs"
        ("OTT 동맹", "ko"),  # OTT alliance
        ("港が再開した。", "ja"),  # The harbour reopened.
        ("ＮＴＴ、新会社を設立", "ja"),  # NTT founds a new company
        ("日銀総裁会見", "ja"),  # press conference of the central bank's governor
        ("在日米軍再編、日米合意", "ja"),  # agreement on US forces in Japan; 在 is a word of its own in Chinese
        ("金融緩和終了", "ja"),  # end of monetary easing; so is 了
        ("与党圧勝、歴史的円安", "ja"),  # ruling party wins, yen at a historic low; so are 与 and 的
        ("港口周一重新开放。", "zh"),  # The harbour reopened on Monday, simplified Chinese
        ("他們說港口沒有問題", "zh"),  # They say the harbour is fine, traditional Chinese
        ("Le port a rouvert lundi après la tempête.", "fr"),
        ("El puerto reabrió el lunes después de la tormenta.", "es"),
        ("Der Hafen wurde am Montag nach dem Sturm wieder geöffnet.", "de"),
    ],
)
def test_the_main_language_is_named_by_its_tag(text: str, language: str) -> None:
    assert detect_languages(text)[0].language == language


@pytest.mark.parametrize(
    ("language", "headline"),
    [(language, line) for language, lines in HEADLINES.items() for line in lines.strip().splitlines()],
)
def test_headlines(language: str, headline: str) -> None:
    assert detect_languages(headline)[0].language == language


def test_a_headline_without_function_words_is_less_sure_than_a_sentence() -> None:
    assert detect_languages("Angela Merkel")[0].confidence <= 0.5
    assert 0.5 < detect_languages("Oil prices slump")[0].confidence < 0.95


@pytest.mark.parametrize(
    "text",
    [
        "De minister was over de kosten van het nieuwe plan niet te spreken en had geen antwoord.",  # Dutch
        "O presidente do Brasil disse que não vai sair do governo.",  # Portuguese
        "Regeringen vill inte att det ska vara så, men en ny lag kommer till hösten.",  # Swedish
        "Pemerintah Indonesia akan menaikkan harga bahan bakar pada bulan ini.",  # Indonesian
        "Chính phủ Việt Nam sẽ tăng giá xăng trong tháng này.",  # Vietnamese
    ],
)
def test_other_languages_are_never_called_english(text: str) -> None:
    assert detect_languages(text)[0].language not in ("en", "ko", "ja")


def test_text_without_words_has_no_language() -> None:
    assert detect_languages("") == []
    assert detect_languages("12-3 4.5 … \U0001f6a2") == []
    assert detect_languages("https://example.com/harbour press@example.com") == []


def test_names_in_latin_letters_belong_to_the_line_they_stand_in() -> None:
    found = detect_languages("KTX와 SRT가 함께 달린다.")  # KTX and SRT run together.
    assert [(entry.language, entry.proportion) for entry in found] == [("ko", 1.0)]


def test_a_text_in_two_languages_names_both_with_their_shares() -> None:
    # "The harbour reopened", in Korean as well.
    text = "The harbour reopened on Monday, and the ferries are running again.\n항구가 다시 열렸다."
    found = detect_languages(text)
    assert [entry.language for entry in found] == ["en", "ko"]
    assert [entry.proportion for entry in found] == pytest.approx([54 / 62, 8 / 62], abs=0.0001)  # letters of each
    assert all(entry.confidence > 0.8 for entry in found)


def test_a_headline_of_han_characters_alone_is_less_sure_than_one_with_kana() -> None:
    assert detect_languages("日銀総裁会見")[0].confidence == pytest.approx(0.6)
    assert detect_languages("日銀の総裁会見")[0].confidence == pytest.approx(0.99)


@given(texts)
def test_shares_add_up_for_any_text(text: str) -> None:
    found = detect_languages(text)
    assert sum(entry.proportion for entry in found) == pytest.approx(1.0 if found else 0.0, abs=0.001)
    assert all(0 <= entry.confidence <= 1 for entry in found)
    assert len({entry.language for entry in found}) == len(found)


def test_the_pieces_of_the_property_tests_cover_all_three_languages() -> None:
    found = {entry.language for piece in PIECES for entry in detect_languages(piece)}
    assert {"en", "ko", "ja"} <= found
