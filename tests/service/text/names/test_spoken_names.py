import itertools

import pytest
from hypothesis import given

from tests.service.text.strategies import texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.names.comparison import check_claimed_names, check_names
from triwire_server.text.names.sounds import likeness, skeleton

# The same people in English, Korean and Japanese.
_PEOPLE = """
Trump | 트럼프 | トランプ
Biden | 바이든 | バイデン
Obama | 오바마 | オバマ
Putin | 푸틴 | プーチン
Zelensky | 젤렌스키 | ゼレンスキー
Netanyahu | 네타냐후 | ネタニヤフ
Merkel | 메르켈 | メルケル
Macron | 마크롱 | マクロン
Johnson | 존슨 | ジョンソン
Thatcher | 대처 | サッチャー
Elizabeth | 엘리자베스 | エリザベス
Churchill | 처칠 | チャーチル
Rodriguez | 로드리게스 | ロドリゲス
Morales | 모랄레스 | モラレス
Corbyn | 코빈 | コービン
Schwarzenegger | 슈워제네거 | シュワルツェネッガー
Musk | 머스크 | マスク
Zuckerberg | 저커버그 | ザッカーバーグ
Bezos | 베이조스 | ベゾス
Spielberg | 스필버그 | スピルバーグ
Federer | 페더러 | フェデラー
Djokovic | 조코비치 | ジョコビッチ
Ronaldo | 호날두 | ロナウド
Messi | 메시 | メッシ
Beckham | 베컴 | ベッカム
Kershaw | 커쇼 | カーショー
Yellen | 옐런 | イエレン
Powell | 파월 | パウエル
Lagarde | 라가르드 | ラガルド
Guterres | 구테흐스 | グテレス
Scholz | 숄츠 | ショルツ
Sunak | 수낵 | スナク
Trudeau | 트뤼도 | トルドー
Erdogan | 에르도안 | エルドアン
Modi | 모디 | モディ
Ramaphosa | 라마포사 | ラマポーザ
Bolsonaro | 보우소나루 | ボルソナロ
Kissinger | 키신저 | キッシンジャー
Clinton | 클린턴 | クリントン
Sanders | 샌더스 | サンダース
McConnell | 매코널 | マコネル
Pelosi | 펠로시 | ペロシ
Blinken | 블링컨 | ブリンケン
Sullivan | 설리번 | サリバン
Harris | 해리스 | ハリス
Vance | 밴스 | バンス
Hegseth | 헤그세스 | ヘグセス
Lavrov | 라브로프 | ラブロフ
Meloni | 멜로니 | メローニ
Tusk | 투스크 | トゥスク
Kim Jong-un | 김정은 | キムジョンウン
Moon Jae-in | 문재인 | ムンジェイン
Yoon Suk-yeol | 윤석열 | ユンソンニョル
Bong Joon-ho | 봉준호 | ポンジュノ
Son Heung-min | 손흥민 | ソンフンミン
Park Chan-wook | 박찬욱 | パクチャヌク
Han Kang | 한강 | ハンガン
Bill Jaynes | 빌재인스 | ビルジェインズ
Calzadilla | 칼자딜라 | カルザディラ
Bartels | 바텔 | バーテルズ
Hargreaves | 하그리브스 | ハーグリーブス
Whitfield | 휘트필드 | ホイットフィールド
Lindholm | 린드홀름 | リンドホルム
Ortega | 오르테가 | オルテガ
Petrovic | 페트로비치 | ペトロビッチ
"""
PEOPLE = [tuple(form.strip() for form in row.split("|")) for row in _PEOPLE.strip().splitlines()]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 2), (1, 2)], ids=["en-ko", "en-ja", "ko-ja"])
def test_names_of_one_person_sound_alike_and_others_do_not(first: int, second: int) -> None:
    def is_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
        return likeness(skeleton(one[first]), skeleton(other[second])) >= 0.7

    right = [is_alike(person, person) for person in PEOPLE]
    wrong = [is_alike(one, other) for one, other in itertools.permutations(PEOPLE, 2)]
    assert sum(right) >= 0.97 * len(right)
    assert sum(wrong) <= 0.08 * len(wrong)


def test_a_skeleton_is_the_consonants_by_class() -> None:
    assert [skeleton(name) for name in ("Kim You-geun", "김유근", "キムユグン")] == ["KMKN", "KMKN", "KMKN"]
    assert [skeleton(name) for name in ("Trump", "트럼프", "トランプ")] == ["TRMP", "TRMP", "TRNP"]
    assert skeleton("123") == skeleton("") == ""
    assert likeness("", "K") == 0.0


def heard(source: str, target: str, direction: str) -> list[tuple[str, str]]:
    findings = check_names(source, target, *direction.split("-"))
    return [(f.expected, Finding.Severity.Name(f.severity)[9:]) for f in findings]


@pytest.mark.parametrize(
    ("source", "target", "direction"),
    [
        ("하그리브스 장관이 사임했다.", "Minister Hargreaves resigned.", "ko-en"),
        ("김유근 씨가 사임했다.", "Kim You-geun resigned.", "ko-en"),
        ("이정후 선수가 홈런을 쳤다.", "Lee hit a home run.", "ko-en"),  # the surname alone
        ("ロドリゲス氏が辞任した。", "Mr Rodriguez resigned.", "ja-en"),
        ("President Lindholm resigned.", "린드홀름 대통령이 사임했다.", "en-ko"),
        ("President Lindholm resigned.", "リンドホルム大統領が辞任した。", "en-ja"),
        ("Prime Minister Tanaka resigned.", "田中首相が辞任した。", "en-ja"),  # Han letters have no sound
        ("田中首相が辞任した。", "The prime minister resigned.", "ja-en"),
    ],
)
def test_a_person_that_is_heard_is_no_finding(source: str, target: str, direction: str) -> None:
    assert heard(source, target, direction) == []


@pytest.mark.parametrize(
    ("source", "target", "direction", "name"),
    [
        ("하그리브스 장관이 사임했다.", "Minister Lindholm resigned.", "ko-en", "하그리브스"),
        ("ロドリゲス氏が辞任した。", "Mr Hargreaves resigned.", "ja-en", "ロドリゲス"),
        ("President Petrovic resigned.", "하그리브스 대통령이 사임했다.", "en-ko", "Petrovic"),
        ("President Lindholm resigned.", "ロドリゲス大統領が辞任した。", "en-ja", "Lindholm"),
    ],
)
def test_a_person_that_no_word_sounds_like_is_for_the_record(
    source: str, target: str, direction: str, name: str
) -> None:
    assert heard(source, target, direction) == [(name, "INFO")]


def test_a_person_of_a_summary_in_another_language_is_for_the_record() -> None:
    bodies = [("b1", "린드홀름 대통령이 사임했다.")]  # President Lindholm resigned
    assert check_claimed_names(bodies, "President Lindholm resigned.", "ko", "en") == []
    [finding] = check_claimed_names(bodies, "President Hargreaves resigned.", "ko", "en")
    assert (finding.actual, finding.severity) == ("Hargreaves", Finding.SEVERITY_INFO)


@given(texts, texts)
def test_any_two_texts_are_compared(first: str, second: str) -> None:
    assert 0 <= likeness(skeleton(first), skeleton(second)) <= 1
