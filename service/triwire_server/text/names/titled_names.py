"""Names of people in Korean and Japanese, told by the title that follows them, and katakana names."""

import re
from typing import NamedTuple

from triwire_server.text.doubt import Place
from triwire_server.text.names.katakana_words import COMMON_KATAKANA

# Titles that are common nouns too are left out: "시장" (mayor, market), "검사" (prosecutor, test), "지사" (governor,
# branch).
_KO_TITLES = """
대통령 국무총리 부총리 총리 국무장관 외교장관 국방장관 장관 차관 국가주석 국무위원장 위원장 주석 총서기 국회의장
원내대표 대표 의원 총재 회장 부회장 사장 최고경영자 감독 코치 선수 교수 박사 변호사 판사 기자 앵커 대변인 여사
국왕 여왕 왕세자 교황 추기경 목사 스님 후보 당선인 씨
"""
_JA_TITLES = """
大統領 首相 総理 外相 財務相 防衛相 国防相 経産相 厚労相 国務長官 国防長官 官房長官 長官 総書記 国家主席 主席
委員長 党首 代表 総裁 幹事長 書記長 知事 市長 町長 村長 議員 氏 さん 容疑者 被告 選手 監督 社長 会長 教授 准教授 記者
報道官 国王 女王 皇太子 天皇 王子 王女 教皇 被告人 弁護士 医師 議長 大使 元帥
"""
KOREAN_TITLES = tuple(_KO_TITLES.split())
"""Titles that follow a name."""
_KO_AFTER_TITLE = r"(?=[은는이가을를의도와과에로만,.·\s\"'”’)\]]|께서|라고|이라|$)"


def _either(words: str) -> str:
    return "|".join(sorted(words.split(), key=len, reverse=True))


_KO_PATTERN = re.compile(
    rf"(?<![가-힣])([가-힣]{{1,7}})(?:(\s)|(?<=[가-힣]{{2}}))({_either(_KO_TITLES)}){_KO_AFTER_TITLE}"
)
_JA_PATTERN = re.compile(rf"([一-鿿々]{{1,8}}?|[ァ-ヶー][ァ-ヶー・＝ ]{{1,30}})({_either(_JA_TITLES)})")
# Of several parts, or the subject of a sentence.
_KATAKANA_NAME = re.compile(
    r"(?<![ァ-ヶー・＝])(?:([ァ-ヶー]{2,20}(?:[・＝][ァ-ヶー]{1,20}){1,4})|([ァ-ヶー]{3,20})(?=[はがも]))"
)

# Words before a title that are no name: "former", "the same", offices, parties, countries.
_KO_NO_NAMES_WORDS = """
전 현 신임 차기 역대 초대 임시 같은 해당 이번 그 이 저 두 세 양 각 모든 일부 여러 담당 수석 선임 공동 단독 대표
전직 현직 여당 야당 국회 시의회 도의회 무소속 민주당 국민의힘 공화당 자민당 더불어민주당 정의당 여성 남성 청년
초선 재선 중진 외교부 국방부 법무부 교육부 통일부 환경부 복지부 보건복지부 기획재정부 행정안전부 국토교통부
산업통상자원부 외무 국방 재무 법무 상무 내무 외교 통일 교육 환경 보건 미국 한국 일본 중국 북한 러시아 프랑스
독일 영국 우크라이나 이스라엘 서울 부산 대구 인천 광주 대전 울산 세종 경기 강원 충북 충남 전북 전남 경북 경남
제주 부 명예 특임 초빙 담임 지도 수석대변인 당 원내 비상대책 최고 특별 공동 상임 부장 국가대표 주장 신인 후배
선배 동료 상대 외국인 학생 노조 조합 사건 문제 상황 내용 시대 정부 당국 회사 기업 은행 협회 연맹 대학 병원 학교
마을 도시 지역 현장 관계자 전문가 한 어느 다른 새 옛 주요 최초 첫
"""
# Particles and the last syllables of bodies. Those of the second group also end Korean names of three syllables.
_KO_NO_NAME_ENDINGS = tuple("당부청회위의을를")
_KO_NO_SHORT_NAME_ENDINGS = tuple("원국인적는은된한던에도고")
_KO_TITLES_OF_FOREIGNERS = frozenset(["대통령", "총리", "국왕", "여왕", "교황", "주석", "총서기", "씨"])
# Of foreign names and of few Korean words: 옐런, 숄츠, 머스크 (Yellen, Scholz, Musk).
_KO_FOREIGN_SYLLABLES = frozenset(
    "그느드르므브즈츠크트프흐런렌렐럼튼슨켈롱틴던킨윈셰뷔퓨튀쿡펠첸옌젤옐멜벨텔헬랜맨밴샌숄빈럽넷닉믹빌"
)
_KO_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길"
    "연위표명기반라왕금옥육인맹제모탁국어은편용"
)
_JA_NO_NAMES_WORDS = """
前 元 現 新 両 同 各 次期 歴代 初代 副 臨時 現職 与党 野党 国会 衆院 参院 衆議院 参議院 若手 女性 男性 有力 代表
日本人 外国人 名誉 准 特任 担当 事務 関係者 自民 自民党 公明 立民 共和党 民主党 米 米国 韓国 日本 中国 北朝鮮
英国 仏 独 露 両国 各国 歴代 当時 新任 筆頭 常任 最高裁 日銀 警察 検察 主治 都 道 府 県 国家 国務 国防 財務 外務
官房 最年少 地元 同社 同党 同国 会社 党 市議会 県議会 都議会 市 町 村 主任 担当 専門 経済 外国 新人 出場 主力
先発 若い
"""
# 麻生副総裁, 岩井名誉教授 (vice president Aso, professor emeritus Iwai): the beginnings of longer titles.
_JA_SUFFIXES = ("副", "名誉", "特任", "客員", "准", "元", "前", "新", "現", "国家", "筆頭", "代表")
_JA_PREFIXES = ("前", "元", "現", "新", "故", "米", "韓国", "中国", "英", "仏", "独", "露", "日本", "北朝鮮", "の")


_KO_NO_NAMES = frozenset(_KO_NO_NAMES_WORDS.split())
_JA_NO_NAMES = frozenset(_JA_NO_NAMES_WORDS.split())

_JA_NO_NAME_ENDINGS = ("都", "道", "府", "県", "党", *(word for word in _JA_NO_NAMES if len(word) > 1))


class TitledName(NamedTuple):
    """A name as written, without its title, and its place."""

    name: str
    place: Place
    has_title: bool = True
    is_likely: bool = True
    """False for a katakana word that is only not known to be a common one."""


def find_titled_names(text: str, language: str) -> list[TitledName]:
    """Names before a title, in order; for Japanese also katakana names of several parts, and katakana subjects."""
    if language == "ko":
        return _korean(text)
    if language == "ja":
        return _japanese(text)
    return []


def _is_common_katakana(word: str) -> bool:
    """Whether a word is a common one, or a compound that begins or ends with one: ロックバンド (rock band)."""
    ends = (
        *(word[:length] for length in range(3, len(word) + 1)),
        *(word[start:] for start in range(1, len(word) - 2)),
    )
    return any(end in COMMON_KATAKANA for end in ends)


class TitledNames:
    """A text in Korean or Japanese, to ask whether it has a person."""

    def __init__(self, text: str, language: str) -> None:
        self._text, self._language = text, language
        self._names = find_titled_names(text, language)

    def has(self, name: str) -> bool:
        """Whether the text has a name, its surname before a title, or the parts of a foreign name."""
        if len(name) > 1 and name in self._text:
            return True
        return self._has_korean(name) if self._language == "ko" else self._has_japanese(name)

    def _has_korean(self, name: str) -> bool:
        if len(name) == 1:
            # 문 대통령 after 문재인 대통령 (President Moon Jae-in).
            if any(other.name.startswith(name) for other in self._names):
                return True
            after = rf"(?:은|는|이|가|을|를|와|과|의|도|,)(?![가-힣])| [가-힣 ]{{0,16}}(?:{_either(_KO_TITLES)})"
            full_name = rf"(?<![가-힣]){name}[가-힣]{{2}}(?:{after})"
            return re.search(full_name, self._text) is not None
        # 문재인 대통령 after 문 대통령, whose given name stands elsewhere.
        return len(name) == 3 and name[1:] in self._text and any(other.name == name[0] for other in self._names)

    def _has_japanese(self, name: str) -> bool:
        if "ァ" <= name[0] <= "ー":
            parts = [part for part in re.split("[・＝ ]", name) if len(part) > 1]
            return bool(parts) and all(part in self._text for part in parts)
        # 岸田文雄首相 after 岸田首相 (Prime Minister Kishida): the surname of a full name.
        return any(len(other.name) >= 2 and name.startswith(other.name) for other in self._names)


def _korean(text: str) -> list[TitledName]:
    found = []
    for match in _KO_PATTERN.finditer(text):
        name, space, title = match.groups()
        if name in _KO_NO_NAMES or name.endswith(_KO_NO_NAME_ENDINGS):
            continue
        if len(name) != 3 and name.endswith(_KO_NO_SHORT_NAME_ENDINGS):
            continue
        if len(name) == 2 and title not in _KO_TITLES_OF_FOREIGNERS and _KO_FOREIGN_SYLLABLES.isdisjoint(name):
            continue  # "단체 대표": the head of a group; Korean names of two syllables are rare
        if (len(name) == 1 and name not in _KO_SURNAMES) or (not space and len(name) > 4):
            continue
        found.append(TitledName(name, match.span(1)))
    return found


def _japanese(text: str) -> list[TitledName]:
    found = []
    for match in _JA_PATTERN.finditer(text):
        name, start = match.group(1), match.start()
        for prefix in _JA_PREFIXES:
            if name.startswith(prefix) and len(name) > len(prefix) + 1:
                name, start = name[len(prefix) :], start + len(prefix)
                break
        for suffix in _JA_SUFFIXES:
            name = name.removesuffix(suffix)
        if name in _JA_NO_NAMES or len(name) < 2 or (len(name) > 5 and "一" <= name[0] <= "鿿"):
            continue
        if "一" <= name[0] <= "鿿" and name.endswith(_JA_NO_NAME_ENDINGS):
            continue
        found.append(TitledName(name.strip(), (start, start + len(name))))
    taken = {name.place for name in found}
    for match in _KATAKANA_NAME.finditer(text):
        name = match.group(1) or match.group(2)
        place = match.span(1) if match.group(1) else match.span(2)
        if place not in taken and not (match.group(2) and _is_common_katakana(name)):
            found.append(TitledName(name, place, has_title=False, is_likely=match.group(1) is not None))
    return sorted(found, key=lambda name: name.place)
