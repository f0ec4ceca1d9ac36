import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.text.strategies import texts
from tests.service.text.terms.particle_table import (
    CLOSED,
    HELD_OUT_CLOSED,
    HELD_OUT_OPEN,
    HELD_OUT_RIEUL,
    OPEN,
    RIEUL,
)
from triwire_server.text.terms.particles import agree, mend_certain_particle, mend_particle

# After a consonant, after ㄹ, after a vowel.
AGREEING = [
    ("은", "은", "는"),
    ("이", "이", "가"),
    ("을", "을", "를"),
    ("과", "과", "와"),
    ("으로", "로", "로"),
    ("으로부터", "로부터", "로부터"),
    ("으로서는", "로서는", "로서는"),
    ("이라고", "이라고", "라고"),
    ("이라며", "이라며", "라며"),
    ("이라는", "이라는", "라는"),
    ("이란", "이란", "란"),
    ("이며", "이며", "며"),
    ("이다", "이다", "다"),
    ("이었다", "이었다", "였다"),
    ("이었습니다", "이었습니다", "였습니다"),
    ("이나", "이나", "나"),
    ("이든", "이든", "든"),
    ("이고", "이고", "고"),
    ("아", "아", "야"),
]


@pytest.mark.parametrize(("closed", "rieul", "open_"), AGREEING)
def test_particles_agree_in_every_spelling(closed: str, rieul: str, open_: str) -> None:
    for particle in (closed, open_):
        assert agree("한국", particle) == closed  # Korea
        assert agree("서울", particle) == rieul  # Seoul
        assert agree("도쿄", particle) == open_  # Tokyo


@pytest.mark.parametrize(
    ("pair", "closed", "open_"),
    [
        ("은(는)", "은", "는"),
        ("는(은)", "은", "는"),
        ("이(가)", "이", "가"),
        ("을(를)", "을", "를"),
        ("을/를", "을", "를"),
        ("과(와)", "과", "와"),
        ("(으)로", "으로", "로"),
        ("(이)라고", "이라고", "라고"),
        ("(이)나", "이나", "나"),
    ],
)
def test_written_pairs_become_one_particle(pair: str, closed: str, open_: str) -> None:
    assert (agree("한국", pair), agree("도쿄", pair)) == (closed, open_)


@pytest.mark.parametrize("particle", ["에게", "께", "도", "까지", "에서", "의", "만", "입니다", ""])
def test_other_particles_are_the_same_after_every_sound(particle: str) -> None:
    assert agree("한국", particle) == agree("도쿄", particle) == particle


def test_nobody_knows_how_an_unread_sign_ends() -> None:
    assert agree("\U0001f6a2", "은(는)") == "은(는)"  # SHIP
    assert agree("", "은") == "은"


@pytest.mark.parametrize("form", OPEN + HELD_OUT_OPEN)
def test_forms_that_end_on_a_vowel(form: str) -> None:
    assert (agree(form, "은"), agree(form, "으로"), agree(form, "이라고")) == ("는", "로", "라고")


@pytest.mark.parametrize("form", RIEUL + HELD_OUT_RIEUL)
def test_forms_that_end_in_rieul(form: str) -> None:
    assert (agree(form, "는"), agree(form, "으로"), agree(form, "라고")) == ("은", "로", "이라고")


@pytest.mark.parametrize("form", CLOSED + HELD_OUT_CLOSED)
def test_forms_that_end_on_another_consonant(form: str) -> None:
    assert (agree(form, "는"), agree(form, "로"), agree(form, "라고")) == ("은", "으로", "이라고")


@pytest.mark.parametrize(
    ("term", "after", "expected"),
    [
        ("삼성", "는 올랐다", "은 올랐다"),
        ("삼성", "가", "이"),
        ("도쿄", "으로부터 왔다", "로부터 왔다"),  # came from Tokyo
        ("서울", "으로 갔다", "로 갔다"),  # went to Seoul
        ("김정은", "(金正恩)는 갔다", "(金正恩)은 갔다"),
        ("네이버", "(NAVER)이 밝혔다", "(NAVER)가 밝혔다"),  # Naver said
        ("‘타다", "’은 멈췄다", "’는 멈췄다"),  # 'Tada' stopped
        ("도쿄", "은(는) 덥다", "는 덥다"),
        ("[1]삼성", "[2]는 올랐다", "[2]은 올랐다"),  # the number of a closing tag
        ("‘[1]삼성", "[2]’(Samsung)는", "[2]’(Samsung)은"),
        ("한국", "였습니다.", "이었습니다."),  # It was Korea.
        ("네이버", "이라며", "라며"),
        # No particle, or no agreeing one: left alone. High school, worker, bank, to, even.
        ("서울", "고 학생", "고 학생"),
        ("한국", "은행", "은행"),
        ("도쿄", "에서는", "에서는"),
        ("도쿄", "도", "도"),
        ("도쿄", " 은 좋다", " 은 좋다"),
        ("도쿄", "", ""),
    ],
)
def test_the_particle_right_after_a_term_is_mended(term: str, after: str, expected: str) -> None:
    assert mend_particle(term + after, len(term)) == term + expected


def test_after_a_form_that_stood_there_only_the_certain_is_mended() -> None:
    assert mend_certain_particle("삼성는 간다", 2) == "삼성은 간다"
    assert mend_certain_particle("삼성가 사람들", 2) == "삼성가 사람들"  # people of the Samsung family
    assert mend_certain_particle("김정은가 갔다", 3) == "김정은이 갔다"
    assert mend_certain_particle("이것은 한국였다", 6) == "이것은 한국이었다"  # This was Korea.
    assert mend_certain_particle("네이버이었다", 3) == "네이버이었다"  # right, if seldom written
    assert mend_certain_particle("세종로", 2) == "세종로"  # a street in Seoul
    assert mend_certain_particle("한국은행로 갔다", 4) == "한국은행으로 갔다"
    assert mend_certain_particle("FBI은 간다", 3) == "FBI는 간다"
    assert mend_certain_particle("Rovelle는 간다", 7) == "Rovelle는 간다"  # who knows how it is read
    assert mend_certain_particle("Rovelle은(는) 간다", 7) == "Rovelle은 간다"


def test_a_place_outside_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="end is 3, not between 0 and 2"):
        mend_particle("삼성", 3)


@given(texts, st.integers(0, 120), st.sampled_from([pair for row in AGREEING for pair in row] + ["은(는)", "(으)로"]))
def test_mending_twice_is_mending_once(text: str, end: int, particle: str) -> None:
    end = min(end, len(text))
    mended = mend_particle(text[:end] + particle + " " + text[end:], end)
    assert mend_particle(mended, end) == mended
    assert mended[:end] == text[:end]


@pytest.mark.parametrize(
    ("form", "topic", "towards"),
    [
        ("Ⅱ", "는", "로"),  # 투 (two)
        ("5m³", "는", "로"),  # 세제곱미터 (cubic metres)
        ("20°C", "는", "로"),  # 도 (degrees)
        ("3%p", "는", "로"),  # 포인트 (points)
        ("(서울)", "은", "로"),  # Seoul
        ("도쿄(서울)", "는", "로"),  # what stands in brackets behind a word is not read
        ("+(서울)", "는", "로"),  # 플러스 (plus)
        ("1.50", "은", "으로"),  # 영 (zero)
        ("150", "은", "으로"),  # 오십
        ("SONIC", "은", "으로"),  # read as a word; NHK and UN by their letters
        ("NHK", "는", "로"),
        ("YouTube", "는", "로"),
        ("Ω", "은", "으로"),  # 옴 (ohm)
        ("α", "는", "로"),  # 알파
    ],
)
def test_signs_numbers_and_letters_are_read_aloud(form: str, topic: str, towards: str) -> None:
    assert (agree(form, "은"), agree(form, "으로")) == (topic, towards)
