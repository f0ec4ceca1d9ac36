"""Countries, cities and organizations of the news, with the forms that the three languages write.

The forms before a slash are that name and nothing else, so that they can be asked for on the other side; the forms
after it can mean something else ("인도" is also a pavement, "中" also "inside") or name a part ("Washington" for the
government), so they only answer. Japanese and Korean abbreviations of countries are of that sort.
"""

import functools
import re
from typing import NamedTuple

# English | Korean | Japanese
_TABLE = """
United States, U.S., USA, America, American, Americans / US, Washington, White House, Pentagon, U.S.-led \
| 미국, 미합중국 / 미, 美, 워싱턴, 백악관 | 米国, アメリカ, 米合衆国 / 米, アメ, ワシントン, ホワイトハウス
Latin America, Latin American | 라틴아메리카, 라틴 아메리카 / 중남미, 남미 | ラテンアメリカ / 中南米, 南米
South America, South American, South Americans / Latin America | 남아메리카 / 남미 | 南アメリカ / 南米
North America, North American / Canada | 북아메리카 / 북미 | 北アメリカ / 北米
Central America, Central American | 중앙아메리카 / 중미 | 中央アメリカ / 中米
Britain, United Kingdom, British, Briton, Britons / UK, U.K., England, London, Downing Street, Westminster \
| 영국 / 영, 英, 잉글랜드, 런던, 브리티시, 브리티쉬 | 英国, イギリス / 英, イングランド, ロンドン, ブリティッシュ
China, Chinese / Beijing, PRC, Sino, Mandarin | 중국, 중화 / 중, 中, 베이징, 한자 | 中国, 中華 / 中, 北京
Japan, Japanese / Tokyo, Nippon \
| 일본, 재팬 / 일, 日, 도쿄, 닛폰 | 日本, ジャパン / 日, 邦, 和, 国内, わが国, 我が国, 東京
South Korea, South Korean, South Koreans / Korea, Korean, Koreans, Seoul, ROK, K-pop \
| 대한민국 / 한국, 한, 韓, 서울, 우리나라, 국내, 남측 | 韓国, 大韓民国 / 韓, ソウル, 朝鮮半島
North Korea, North Korean, North Koreans / Pyongyang, DPRK, North, Korea, Korean, Koreans \
| 북한 / 북, 北, 조선, 평양 | 北朝鮮, 平壌 / 北, 朝, 朝鮮
Russia, Russian, Russians / Moscow, Kremlin, Soviet, Russo \
| 러시아 / 러, 露, 모스크바, 크렘린, 소련 | ロシア / 露, 旧ソ連, ソ連, モスクワ, クレムリン
Ukraine, Ukrainian, Ukrainians / Kyiv, Kiev | 우크라이나 / 우크라, 키이우, 키예프 | ウクライナ / ウ, キーウ, キエフ
Germany, German, Germans / Berlin | 독일 / 獨, 도이치, 베를린 | ドイツ / 独, ベルリン
France, French / Paris | 프랑스 / 佛, 불, 파리, 프렌치, 감자튀김 | フランス / 仏, パリ, フレンチ, フライ
Italy, Italian, Italians / Rome | 이탈리아 / 伊, 로마 | イタリア / 伊, ローマ
Spain, Spanish, Spaniard, Spaniards / Madrid | 스페인, 에스파냐 / 마드리드 | スペイン / 西, マドリード
Portugal, Portuguese / Lisbon | 포르투갈 / 리스본 | ポルトガル / リスボン
Netherlands, Dutch / Holland, Hague | 네덜란드 / 헤이그, 더치 | オランダ / 蘭, ハーグ
Belgium, Belgian, Belgians / Brussels | 벨기에 / 브뤼셀 | ベルギー / ブリュッセル
Switzerland, Swiss / Bern, Geneva | 스위스 / 제네바 | スイス / ジュネーブ
Austria, Austrian, Austrians / Vienna | 오스트리아 / 빈 | オーストリア / ウィーン
Greece, Greek, Greeks / Athens | / 그리스, 아테네 | ギリシャ, ギリシア / アテネ
Turkey, Turkish, Turks, Türkiye / Turk, Ankara, Istanbul \
| 튀르키예, 터키 / 앙카라, 이스탄불 | トルコ / アンカラ, イスタンブール
Poland, Polish / Poles, Warsaw | 폴란드 / 바르샤바 | ポーランド / ワルシャワ
Sweden, Swedish / Swede, Swedes, Stockholm | 스웨덴 / 스톡홀름 | スウェーデン / ストックホルム
Norway, Norwegian, Norwegians / Oslo | 노르웨이 / 오슬로 | ノルウェー / オスロ
Denmark, Danish / Danes, Dane, Copenhagen | 덴마크 / 코펜하겐 | デンマーク / コペンハーゲン
Finland, Finnish / Finns, Helsinki | 핀란드 / 헬싱키 | フィンランド / ヘルシンキ
Ireland, Irish / Dublin | / 아일랜드, 더블린 | アイルランド / ダブリン
Scotland, Scottish / Scot, Scots, Edinburgh | 스코틀랜드 / 에든버러 | スコットランド / エディンバラ
Wales, Welsh / Cardiff | 웨일스, 웨일즈 / 카디프 | ウェールズ / カーディフ
Hungary, Hungarian, Hungarians / Budapest | 헝가리 / 부다페스트 | ハンガリー / ブダペスト
Romania, Romanian, Romanians / Bucharest | 루마니아 / 부쿠레슈티 | ルーマニア / ブカレスト
Bulgaria, Bulgarian, Bulgarians / Sofia | 불가리아 / 소피아 | ブルガリア / ソフィア
Serbia, Serbian, Serbians / Serb, Serbs, Belgrade | 세르비아 / 베오그라드 | セルビア / ベオグラード
Croatia, Croatian, Croatians / Croat | 크로아티아 / 자그레브 | クロアチア / ザグレブ
Belarus, Belarusian, Belarusians / Minsk | 벨라루스 / 민스크 | ベラルーシ / ミンスク
Kazakhstan / Kazakh, Kazakhs | 카자흐스탄 / 카자흐 | カザフスタン / カザフ
Afghanistan / Afghan, Afghans, Kabul | 아프가니스탄 / 아프간, 카불 | アフガニスタン / アフガン, カブール
Pakistan, Pakistani, Pakistanis / Islamabad | 파키스탄 / 이슬라마바드 | パキスタン / イスラマバード
India / Indian, Indians, Delhi | / 인도, 印, 뉴델리, 델리 | / インド, 印, ニューデリー
Bangladesh, Bangladeshi / Dhaka | 방글라데시 / 다카 | バングラデシュ / ダッカ
Sri Lanka, Sri Lankan / Colombo | 스리랑카 / 콜롬보 | スリランカ / コロンボ
Nepal, Nepali, Nepalese / Kathmandu | 네팔 / 카트만두 | ネパール / カトマンズ
Myanmar / Burma, Burmese | 미얀마 / 버마 | ミャンマー / ビルマ
Thailand / Thai, Thais, Bangkok | 태국 / 타이, 방콕 | / タイ, バンコク
Vietnam, Vietnamese / Hanoi | 베트남 / 월남, 하노이, 越 | ベトナム / ハノイ, 越
Cambodia, Cambodian, Cambodians / Phnom Penh | 캄보디아 / 프놈펜 | カンボジア / プノンペン
Malaysia, Malaysian, Malaysians / Malay, Kuala Lumpur | 말레이시아 / 쿠알라룸푸르 | マレーシア / クアラルンプール
Singapore, Singaporean, Singaporeans | 싱가포르, 싱가폴 | シンガポール
Indonesia, Indonesian, Indonesians / Jakarta | 인도네시아 / 인니, 자카르타 | インドネシア / ジャカルタ
Philippines, Filipino, Filipinos / Philippine, Manila | 필리핀 / 마닐라 | フィリピン / 比, マニラ
Taiwan, Taiwanese / Taipei | / 대만, 타이완, 타이베이 | 台湾 / 台, 台北
Hong Kong | 홍콩 | 香港
Mongolia, Mongolian, Mongolians | / 몽골, 몽고 | モンゴル / 蒙
Australia, Australian, Australians / Aussie, Canberra \
| 오스트레일리아 / 호주, 濠, 캔버라 | オーストラリア / 豪, キャンベラ
New Zealand / Wellington, Kiwi | 뉴질랜드 / 웰링턴 | ニュージーランド / NZ, ウェリントン
Canada, Canadian, Canadians / Ottawa | 캐나다 / 오타와 | カナダ / 加, オタワ
Mexico, Mexican, Mexicans | 멕시코 | メキシコ / 墨
Brazil, Brazilian, Brazilians / Brasilia | 브라질 | ブラジル / 伯
Argentina, Argentine, Argentinian / Buenos Aires | 아르헨티나 | アルゼンチン / 亜
Chile, Chilean, Chileans / Santiago | 칠레 / 산티아고 | / チリ, サンティアゴ
Peru, Peruvian, Peruvians / Lima | / 페루, 리마 | / ペルー, リマ
Bolivia, Bolivian, Bolivians / La Paz | 볼리비아 / 라파스 | ボリビア / ラパス
Colombia, Colombian, Colombians / Bogota | 콜롬비아 / 보고타 | コロンビア / ボゴタ
Venezuela, Venezuelan, Venezuelans / Caracas | 베네수엘라 / 카라카스 | ベネズエラ / カラカス
Cuba, Cuban, Cubans / Havana | / 쿠바, 아바나 | キューバ / ハバナ
Haiti, Haitian, Haitians | / 아이티 | ハイチ
Israel, Israeli, Israelis / Jerusalem, Tel Aviv | 이스라엘 / 예루살렘, 텔아비브 | イスラエル / エルサレム, テルアビブ
Palestinian, Palestinians, Palestine / Gaza | 팔레스타인 / 가자 | パレスチナ / ガザ
Gaza | / 가자 | ガザ
Lebanon, Lebanese / Beirut | 레바논 / 베이루트 | レバノン / ベイルート
Syria, Syrian, Syrians / Damascus | 시리아 / 다마스쿠스 | / シリア, ダマスカス
Iraq, Iraqi, Iraqis / Baghdad | 이라크 / 바그다드 | イラク / バグダッド
Iran / Iranian, Iranians, Tehran | / 이란, 테헤란 | イラン / テヘラン
Saudi Arabia / Saudi, Saudis, Riyadh | 사우디아라비아 / 사우디, 리야드 | サウジアラビア / サウジ, リヤド
Yemen, Yemeni / Houthi, Sanaa | 예멘 / 사나 | イエメン / サヌア
Qatar, Qatari / Doha | 카타르 / 도하 | カタール / ドーハ
Egypt, Egyptian, Egyptians / Cairo | 이집트 / 카이로 | エジプト / カイロ
Libya, Libyan, Libyans / Tripoli | 리비아 / 트리폴리 | リビア / トリポリ
Nigeria, Nigerian, Nigerians / Lagos, Abuja | 나이지리아 / 라고스 | ナイジェリア / ラゴス
Kenya, Kenyan, Kenyans / Nairobi | 케냐 / 나이로비 | ケニア / ナイロビ
Ethiopia, Ethiopian, Ethiopians / Addis Ababa | 에티오피아 | エチオピア
South Africa, South African, South Africans / Johannesburg, Pretoria \
| 남아프리카공화국 / 남아공, 남아프리카, 요하네스버그 | 南アフリカ / 南ア
Morocco, Moroccan, Moroccans | 모로코 | モロッコ
European Union / EU, Europe, European, Europeans, Brussels, bloc \
| 유럽연합 / EU, 유럽, 브뤼셀 | 欧州連合 / EU, 欧, ヨーロッパ, ブリュッセル
United Nations / UN, U.N. | 유엔, 국제연합 / UN | 国連, 国際連合 / UN
NATO / alliance, North Atlantic | 나토, 북대서양조약기구 / NATO, 동맹 | NATO, 北大西洋条約機構 / 同盟
World Health Organization, World Health Organisation / WHO | 세계보건기구 / WHO | 世界保健機関 / WHO
International Monetary Fund / IMF | 국제통화기금 / IMF | 国際通貨基金 / IMF
International Atomic Energy Agency / IAEA | 국제원자력기구 / IAEA | 国際原子力機関 / IAEA
World Trade Organization, World Trade Organisation / WTO | 세계무역기구 / WTO | 世界貿易機関 / WTO
Google / Alphabet | 구글 / Google | グーグル / Google
Microsoft | 마이크로소프트 / MS, Microsoft | マイクロソフト / Microsoft, MS
Facebook / Meta | 페이스북 / 메타, Facebook | フェイスブック / メタ, Facebook
Twitter / X | 트위터 / 엑스, X, Twitter | ツイッター / X, Twitter
YouTube / YouTuber, YouTubers | 유튜브 / 유튜버, YouTube | ユーチューブ / ユーチューバー, YouTube
TikTok | 틱톡 / TikTok | / ティックトック, TikTok
Netflix | 넷플릭스 / Netflix | ネットフリックス / Netflix, ネトフリ
Tesla | / 테슬라 | / テスラ
Samsung | 삼성 | サムスン / 三星
Hyundai | / 현대 | / 現代, ヒョンデ
Toyota | 도요타, 토요타 | トヨタ / 豊田
Nissan | / 닛산 | 日産
Honda | / 혼다 | / ホンダ, 本田
Sony | / 소니 | ソニー
Nintendo | 닌텐도 | 任天堂
Huawei | 화웨이 | ファーウェイ, 華為
Boeing | 보잉 | ボーイング
Airbus | 에어버스 | エアバス
Washington | 워싱턴 / 미, 美 | ワシントン / 米, アメリカ
London | 런던 / 영국 | ロンドン / 英, イギリス
Moscow, Kremlin | 모스크바, 크렘린 / 러, 소련 | モスクワ, クレムリン / ロシア, 露
Beijing | 베이징 / 북경, 중 | / 北京, 中
Seoul | / 서울, 한국, 한, 韓 | / ソウル, 韓
Pyongyang | / 평양, 북 | 平壌 / 北朝鮮, ピョンヤン, 北
Tokyo | / 도쿄, 동경, 일본, 日 | / 東京, 日, 都
Berlin | 베를린 / 독일 | ベルリン / ドイツ, 独
New York / Manhattan, NYC | 뉴욕 | ニューヨーク / NY
Los Angeles / LA | 로스앤젤레스 / LA | ロサンゼルス / ロス, LA
California, Californian | 캘리포니아 | カリフォルニア / 加州
Texas, Texan | 텍사스 | テキサス
Florida | 플로리다 | フロリダ
Chicago | 시카고 | シカゴ
Shanghai | 상하이 / 상해 | 上海
Taipei | 타이베이 / 대만 | 台北 / 台湾
Osaka | 오사카 | / 大阪, 阪
Kyoto | 교토 | / 京都, 京
Hiroshima | 히로시마 | / 広島
Nagasaki | 나가사키 | / 長崎
Fukushima | 후쿠시마 | / 福島
Okinawa, Okinawan | 오키나와 | / 沖縄
Hokkaido | 홋카이도 | / 北海道, 道
Busan | / 부산 | 釜山 / プサン
Tehran | 테헤란 / 이란 | テヘラン / イラン
Istanbul | 이스탄불 | イスタンブール
Sydney | 시드니 | シドニー
Bangkok | 방콕 / 태국 | バンコク / タイ
Jerusalem | 예루살렘 | エルサレム
Trump / Trumps | 트럼프 | トランプ
Biden | 바이든 | バイデン
Obama | 오바마 | オバマ
Kamala Harris / Harris | / 해리스 | / ハリス
Putin | 푸틴 | プーチン
Zelensky, Zelenskyy, Zelenskiy | 젤렌스키 | ゼレンスキー
Netanyahu | 네타냐후 | ネタニヤフ
Xi Jinping / Xi | 시진핑 / 시 | 習近平 / 習
Kim Jong-un, Kim Jong Un / Kim | 김정은 / 김, 金 | 金正恩 / 金, キム
Yoon Suk-yeol, Yoon Suk Yeol, Yoon Seok-youl / Yoon | 윤석열 / 윤, 尹 | 尹錫悦 / 尹, ユン
Lee Jae-myung, Lee Jae Myung / Lee | 이재명 / 이, 李 | 李在明 / 李, イ
Moon Jae-in / Moon | 문재인 / 문, 文 | 文在寅 / 文, ムン
Kishida | 기시다 | 岸田
Shinzo Abe / Abe | 아베 | 安倍
Ishiba | 이시바 | 石破
Takaichi | 다카이치 | 高市
Macron | 마크롱 | マクロン
Merkel | 메르켈 | メルケル
Scholz | 숄츠 | ショルツ
Starmer | 스타머 | スターマー
Sunak | 수낵, 수낙 | スナク
Boris Johnson / Johnson, Boris | / 존슨, 보리스 | / ジョンソン, ボリス
Theresa May / May | / 메이, 테리사, 테레사 | / メイ, テリーザ, テレサ
Trudeau | 트뤼도 | トルドー
Elon Musk / Musk, Elon | / 머스크, 일론 | / マスク, イーロン
Modi / Narendra | / 모디 | / モディ
Erdogan, Erdoğan | 에르도안 | エルドアン
Hamas | 하마스 | ハマス
Hezbollah | 헤즈볼라 | ヒズボラ
Taliban | 탈레반 | タリバン
"""


class KnownName(NamedTuple):
    """A name with its forms by base language tag: those that are only it, and all that may stand for it."""

    sure: dict[str, tuple[str, ...]]
    all: dict[str, tuple[str, ...]]


@functools.cache
def known_names() -> tuple[KnownName, ...]:
    """Every name of the table."""
    names = []
    for row in _TABLE.strip().splitlines():
        sure, every = {}, {}
        for language, cell in zip(("en", "ko", "ja"), row.split("|"), strict=True):
            first, _, second = cell.partition("/")
            sure[language] = tuple(filter(None, map(str.strip, first.split(","))))
            every[language] = sure[language] + tuple(filter(None, map(str.strip, second.split(","))))
        names.append(KnownName(sure, every))
    return tuple(names)


@functools.cache
def _pattern(language: str) -> tuple[re.Pattern[str], dict[str, tuple[int, ...]]]:
    """One expression for the sure forms of a language, longest first, and the names that each form belongs to."""
    owners: dict[str, tuple[int, ...]] = {}
    for index, name in enumerate(known_names()):
        for form in name.sure.get(language, ()):
            owners[form] = (*owners.get(form, ()), index)
    forms = [re.escape(form) for form in sorted(owners, key=len, reverse=True)]
    if language == "en":
        return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?!\w)"), owners
    # リビア (Libya) is not in リビアン; Hangul and Han letters run on.
    katakana = "|".join(form for form in forms if "ァ" <= form[0] <= "ー")
    others = "|".join(form for form in forms if not ("ァ" <= form[0] <= "ー"))
    with_edges = f"|(?<![ァ-ヶー])(?:{katakana})(?![ァ-ヶー])" if katakana else ""
    return re.compile(f"(?:{others}){with_edges}"), owners


def find_known_names(text: str, language: str) -> dict[int, tuple[int, int]]:
    """Names that a text surely has: the index of each in `known_names`, and its first place."""
    if language not in ("en", "ko", "ja"):
        return {}
    pattern, owners = _pattern(language)
    found: dict[int, tuple[int, int]] = {}
    for match in pattern.finditer(text):
        for index in owners[match.group()]:
            found.setdefault(index, match.span())
    return found


def has_known_name(index: int, text: str, language: str) -> bool:
    """Whether a text has any form that may stand for a name, in its language or in English."""
    name = known_names()[index]
    if language != "en" and any(form in text for form in name.all[language]):
        return True
    return any(_has_word(form, text) for form in name.all["en"])


@functools.cache
def _owners_of_all(language: str) -> dict[str, tuple[int, ...]]:
    owners: dict[str, tuple[int, ...]] = {}
    for index, name in enumerate(known_names()):
        for form in {*name.all.get(language, ()), *name.all["en"]}:
            owners[form.casefold()] = (*owners.get(form.casefold(), ()), index)
    return owners


def names_written(form: str, language: str) -> tuple[int, ...]:
    """Indices of the names that a form of a language, or an English one, may stand for."""
    return _owners_of_all(language).get(form.casefold(), ())


def _has_word(form: str, text: str) -> bool:
    """Whether a Latin form stands in a text as a word of its own."""
    place = text.find(form)
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(form) : place + len(form) + 1]
        if not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum()):
            return True
        place = text.find(form, place + 1)
    return False
