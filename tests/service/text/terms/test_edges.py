import pytest

from triwire_server.text.terms.edges import ending_after, fold, is_in_place, is_sentence_start, kind_of, stands_alone


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        ("aZ9éß", "w"),
        ("가힣\u1100\u11ff", "h"),  # and conjoining jamo
        ("ァーヴ", "k"),
        ("ぁんゞ", "n"),
        ("漢々〆〇\uf900\U00020000", "c"),
        ("-・ \u0301。", ""),
    ],
)
def test_characters_are_of_a_kind(characters: str, kind: str) -> None:
    assert {kind_of(character) for character in characters} == {kind}


@pytest.mark.parametrize(
    ("form", "text", "is_held"),
    [
        # Samsung Electronics; the city of Seoul; Korean language, Korean people; Rovelle in another spelling; in Korea
        ("삼성", "삼성전자는", True),
        ("서울", "서울시의", True),
        ("한국", "한국어를", False),
        ("한국", "한국인의", False),
        ("로벨", "로벨르의", False),
        ("한국", "주한국", False),
        ("삼성전자", "신삼성전자", True),  # the new Samsung Electronics: a long form may have something before it
        # Trump Tower, Indonesia, the Samsung group, "mega" and "super" Samsung
        ("トランプ", "トランプタワー", True),
        ("トランプ", "トランプス", False),
        ("インド", "インドネシア", False),
        ("サムスン", "メガサムスン", False),
        ("サムスン", "スーパーサムスン", True),
        # The government, the central bank and the language of Japan; the east of Japan; the former Japan
        ("日本", "日本政府", True),
        ("日本", "日本銀行", True),
        ("日本", "日本語", False),
        ("日本", "東日本", False),
        ("日本", "前日本政府", True),
        ("日本銀行", "新日本銀行券", True),
        # Adjectives of names, not every longer word
        ("Korea", "Koreans", True),
        ("Korea", "Koreatown", False),
        ("korea", "koreans", False),
        ("Iran", "Iranian", True),
        ("Iraq", "the Iraqi", True),
        ("Oma", "Oman", False),
        ("Korea", "SKorean", False),
    ],
)
def test_an_output_holds_a_form_with_what_its_language_joins_to_it(form: str, text: str, is_held: bool) -> None:
    start = text.index(form)
    assert is_in_place(text, start, start + len(form)) is is_held


@pytest.mark.parametrize(
    ("form", "text", "length"),
    [
        ("Korea", "Korea", 0),
        ("Korea", "Korea.", 0),
        ("Korea", "Korea's", 2),
        ("Korea", "Koreas", 1),
        ("Korea", "Koreaes", -1),
        ("Korea", "Korea_1", -1),
        ("box", "boxes", 2),
        ("church", "churches", 2),
        ("Jones", "Jones'", 1),
        ("Jones", "Joness", -1),
        ("2", "2.5", -1),
        ("2", "2. Then", 0),
        # After a vowel, a consonant and ㄹ: only the particle that agrees is one.
        ("도쿄", "도쿄가", 0),
        ("서울", "서울가", -1),
        ("도쿄", "도쿄로", 0),
        ("한국", "한국로", -1),
        ("도쿄", "도쿄라며", 0),
        ("한국", "한국라며", -1),
        # To search and seize; to study: a short form may be the beginning of any word.
        ("압수수색", "압수수색했다", 0),
        ("공부", "공부했다", -1),
        ("압수수색", "압수수색영장했다", -1),
        ("金正恩", "金正恩総書記", 0),
        ("金正恩", "金正恩語", -1),
        ("日本", "日本銀", -1),
        ("インド", "インド人", -1),
        ("インド", "インドは", 0),
    ],
)
def test_what_may_follow_a_form_is_an_ending_of_its_language(form: str, text: str, length: int) -> None:
    assert ending_after(text, 0, len(form)) == length


@pytest.mark.parametrize(
    ("form", "text", "is_alone"),
    [
        ("Korea", "_Korea", False),
        ("Korea", "\\Korea", False),
        ("samsung", "www.samsung", False),
        ("Samsung", "www.Samsung", True),
        ("Brien", "O'Brien", False),
        ("Brien", "'Brien", True),
        ("Smith", "J.Smith", True),
    ],
)
def test_a_form_begins_a_word(form: str, text: str, is_alone: bool) -> None:
    start = text.index(form)
    assert stands_alone(text, start, start + len(form)) is is_alone


@pytest.mark.parametrize(
    ("text", "is_start"),
    [
        ("apple", True),
        ("Yes. apple", True),
        ('He said: "apple', True),
        ("He said “apple", True),
        ("He said, apple", False),
        ("the (apple", False),
        ("It rose - apple", False),
        ("そう。apple", True),  # Yes.
    ],
)
def test_a_capital_may_be_due_to_the_place(text: str, is_start: bool) -> None:
    assert is_sentence_start(text, text.index("apple")) is is_start


def test_a_folded_text_leads_back_to_its_original() -> None:
    folded = fold("a\u200bb  c\u00add ﾌﾟ")  # ZERO WIDTH SPACE, two spaces, SOFT HYPHEN, half-width kana
    assert folded.text == "ab cd プ"
    assert [folded.span(index, index + 1) for index in range(7)] == [
        (0, 1),
        (2, 3),
        (3, 4),
        (5, 6),
        (7, 8),
        (8, 9),
        (9, 11),
    ]
    assert fold("Ｏ’Ｒｙａｎ").text == "O'Ryan"
    assert fold("İzmir").lower == "İzmir"  # a small letter of two code points would move what follows
    assert fold("ÉA").lower == "éa"
