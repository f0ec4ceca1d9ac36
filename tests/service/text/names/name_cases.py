"""Articles with statements of summaries: those that keep to the names of the article, and frames for names it lacks.

The second half of each language was written after the checks and is only measured. What the Korean and Japanese
articles are about: support for chip makers, a fire in a block of flats, talks on a war, a football match, the base
rate; measures against prices, a stabbing, talks on a war, a baseball game, a visit of state.
"""

from typing import NamedTuple


class NameCase(NamedTuple):
    """Paragraphs of an article, sound statements, and statements with {} for each of the names it lacks."""

    article: tuple[str, ...]
    sound: tuple[str, ...]
    frames: tuple[str, ...]
    absent: tuple[str, ...]


CASES: dict[str, tuple[NameCase, ...]] = {
    "en": (
        NameCase(
            (
                (
                    "Ministers in Estonia have agreed to spend 3% of national income on defence, Prime Minister "
                    "Kaja Tamm said on Tuesday."
                ),
                (
                    "The Baltic nation, a member of NATO and the European Union since 2004, shares a long border "
                    "with Russia."
                ),
                (
                    '"We cannot wait," Tamm told reporters in Tallinn. Opposition leader Martin Saar called the '
                    "plan reckless. Estonian officials will meet US Defense Secretary John Whitfield in Brussels "
                    "next week."
                ),
                "The Bank of Estonia warned that borrowing costs would rise. Analysts at Swedbank agreed.",
            ),
            (
                "Estonia will spend 3% of national income on defence, Kaja Tamm said.",
                "Tamm said Estonians could not wait.",
                "Opposition leader Martin Saar called the plan reckless.",
                "Officials from the EU member will meet John Whitfield in Brussels.",
                "Estonia's central bank and Swedbank warned of higher costs.",
                "Critics, including Saar, say the plan is reckless.",
                "Whitfield, the US defense secretary, will meet Estonian officials.",
                "Baltic nation to raise defence spending",
                "Tallinn plans to spend more on defence",
                "Borrowing costs would rise, the Bank of Estonia warned.",
                "American and Estonian officials will hold talks next week.",
            ),
            (
                "{} said the country could not wait.",
                "Opposition leader {} called the plan reckless.",
                "Officials will meet {} in Brussels.",
                "Estonian officials will travel to {} next week.",
                "The plan was criticised by {}, who called it reckless.",
                "{}'s plan is reckless, the opposition said.",
            ),
            (
                "Lindqvist",
                "Peter Hargreaves",
                "Latvia",
                "Angela Moreno",
                "Helsinki",
                "Poland",
                "Volkov",
            ),
        ),
        NameCase(
            (
                (
                    "Toyota said it would recall 1.2 million vehicles in the United States after a fault was found "
                    "in a seat sensor."
                ),
                (
                    "The Japanese carmaker said in a statement on Thursday that Camry and Corolla models built between "
                    "2020 and 2022 were affected."
                ),
                (
                    "The National Highway Traffic Safety Administration (NHTSA) said no injuries had been reported. "
                    '"Owners will be notified by mail," said spokeswoman Emily Ortega.'
                ),
                "Shares in Toyota fell 2.3% in Tokyo.",
            ),
            (
                "Toyota is recalling 1.2 million vehicles in the US over a seat sensor fault.",
                "The recall covers Camry and Corolla models built between 2020 and 2022.",
                "NHTSA says no injuries were reported, and Emily Ortega said owners would be notified.",
                "Toyota's shares fell in Tokyo.",
                "Japan's Toyota recalls cars in America.",
                "Owners will get letters, Ortega said.",
                "Shares fell after the recall.",
                "No injuries have been reported, according to the National Highway Traffic Safety Administration.",
            ),
            (
                "{} is recalling 1.2 million vehicles.",
                "The fault affects {} models.",
                "Owners would be notified, {} said.",
                "The agency told {} that no injuries were reported.",
                "{} fell after the recall was announced.",
                "Cars sold in {} are not affected.",
            ),
            (
                "Honda",
                "Prius",
                "Rachel Kim",
                "Nissan",
                "Canada",
                "Takeshi Uchida",
                "Reuters",
            ),
        ),
        NameCase(
            (
                "Manchester United beat Arsenal 2-1 at Old Trafford on Sunday, with Marcus Rashford scoring twice.",
                "Bukayo Saka had put the visitors ahead after 12 minutes. Erik ten Hag praised his team's spirit.",
                (
                    '"We never stopped believing," the Dutchman said. Mikel Arteta was furious about a penalty '
                    "that was not given."
                ),
                "United move up to third in the Premier League, two points behind Liverpool.",
            ),
            (
                "Manchester United beat Arsenal 2-1 with two goals from Marcus Rashford.",
                "Saka gave Arsenal the lead before Rashford scored twice.",
                "Ten Hag praised his team, while Arteta was angry about a penalty.",
                "United are third in the Premier League, two points behind Liverpool.",
                "Rashford's two goals took United to third.",
                "Arteta complained about a penalty that was not given.",
            ),
            (
                "{} scored twice at Old Trafford.",
                "{} was furious about a penalty.",
                "United are two points behind {}.",
                "The manager, {}, praised the team.",
                "{}'s goals decided the game.",
            ),
            (
                "Harry Kane",
                "Chelsea",
                "Guardiola",
                "Jurgen Klopp",
                "Fernandes",
                "Tottenham",
            ),
        ),
        NameCase(
            (
                (
                    "SEOUL (Reuters) - South Korea's central bank held interest rates steady on Friday, Governor "
                    "Rhee Chang-yong said."
                ),
                (
                    "The Bank of Korea kept its policy rate at 3.5%, as 26 of 28 economists in a Reuters poll had "
                    "expected. Finance Minister Choo Kyung-ho said household debt remained a concern."
                ),
                (
                    "Kim Sung-hoon, an economist at Hana Securities, expects a cut in October. The won strengthened "
                    "against the dollar. Samsung Electronics rose 1.1%."
                ),
            ),
            (
                "The Bank of Korea held rates at 3.5%, Governor Rhee Chang-yong said.",
                "Choo Kyung-ho said household debt was a worry.",
                "Kim, of Hana Securities, expects a cut in October.",
                "South Korea keeps interest rates unchanged",
                "Korea's won rose, and so did Samsung.",
                "Economists polled by Reuters had expected the decision.",
                "The BOK kept its policy rate, as Korean economists had expected.",
            ),
            (
                "{} said household debt was a concern.",
                "{} expects a cut in October.",
                "The economist {} works at Hana Securities.",
                "Shares of {} rose 1.1%.",
                "The central bank of {} held rates steady.",
            ),
            (
                "Lee Ju-yeol",
                "Park Min-jae",
                "Hyundai Motor",
                "Taiwan",
                "LG Electronics",
                "Choi",
            ),
        ),
    ),
    "ko": (
        NameCase(
            (
                (
                    "윤석열 대통령은 3일 용산 대통령실에서 국무회의를 열고 반도체 지원 방안을 논의했다. 한덕수 국"
                    "무총리와 추경호 기획재정부 장관이 참석했다."
                ),
                (
                    "더불어민주당 이재명 대표는 “재벌 특혜”라고 비판했다. 삼성전자와 SK하이닉스는 환영의 뜻을 "
                    "밝혔다. 김민수 서울대 교수는 “미국과 일본의 지원책과 비교하면 늦은 감이 있다”고 말했다."
                ),
                "유럽연합(EU)은 지난해 반도체법을 통과시켰다. 바이든 미국 대통령은 지난달 보조금 지급을 시작했다.",
            ),
            (
                "윤 대통령이 국무회의에서 반도체 지원 방안을 논의했다.",
                "이재명 대표는 재벌 특혜라고 비판했다.",
                "한덕수 총리와 추경호 장관이 참석했다.",
                "삼성전자와 SK하이닉스는 환영했다.",
                "김민수 교수는 미국·일본에 비해 늦었다고 평가했다.",
                "EU는 지난해 반도체법을 통과시켰다.",
                "바이든 대통령은 보조금 지급을 시작했다.",
                "야당 대표는 정부 방안을 비판했다.",
                "정부가 반도체 산업 지원 방안을 내놓자 업계가 환영했다.",
                "민주당 이 대표는 특혜라고 주장했다.",
                "미국 대통령은 지난달 보조금을 주기 시작했다.",
                "한국 정부의 지원이 늦다는 지적도 나왔다.",
            ),
            (
                "{} 대통령은 국무회의를 열었다.",
                "{} 대표는 재벌 특혜라고 비판했다.",
                "국무회의에는 {} 장관이 참석했다.",
                "{} 교수는 늦은 감이 있다고 말했다.",
                "{} 의원은 지원이 늦었다고 했다.",
                "{} 씨는 반도체 지원에 찬성했다.",
            ),
            (
                "박근혜",
                "홍길동",
                "문재인",
                "정",
                "최영수",
                "안",
                "조현우",
                "트럼프",
            ),
        ),
        NameCase(
            (
                (
                    "서울 강남구의 한 아파트에서 불이 나 주민 30여 명이 대피했다. 강남소방서에 따르면 4일 오전 7시"
                    "께 12층에 사는 박모 씨 집에서 불이 시작됐다."
                ),
                (
                    "목격자 정은지 씨는 “검은 연기가 순식간에 퍼졌다”고 전했다. 소방 당국은 전기장판 과열로 추"
                    "정하고 있다. 이상훈 강남소방서장은 “추가 피해는 없다”고 밝혔다. 국립과학수사연구원이 합동"
                    " 감식에 나선다."
                ),
            ),
            (
                "강남구 아파트에서 불이 나 주민 30여 명이 대피했다.",
                "정은지 씨는 연기가 순식간에 퍼졌다고 전했다.",
                "불은 12층 박모 씨 집에서 시작됐다.",
                "정 씨는 검은 연기를 봤다고 말했다.",
                "국과수가 합동 감식에 나선다.",
                "전기장판 과열이 화재 원인으로 추정된다.",
                "소방서장은 추가 피해가 없다고 밝혔다.",
            ),
            (
                "목격자 {} 씨는 연기가 퍼졌다고 말했다.",
                "불은 12층 {} 씨 집에서 시작됐다.",
                "{} 씨는 대피 과정에서 다쳤다.",
                "{} 의원이 현장을 찾았다.",
            ),
            (
                "김지영",
                "최",
                "한소희",
                "오세훈",
                "조",
            ),
        ),
        NameCase(
            (
                (
                    "블라디미르 푸틴 러시아 대통령은 우크라이나와의 협상에 조건을 달았다. 볼로디미르 젤렌스키 우"
                    "크라이나 대통령은 즉각 거부했다."
                ),
                (
                    "안토니우 구테흐스 유엔 사무총장은 휴전을 촉구했다. 북대서양조약기구(NATO·나토)는 브뤼셀에서"
                    " 긴급회의를 연다. 에마뉘엘 마크롱 프랑스 대통령도 참석할 예정이다. 독일 정부는 추가 지원을 "
                    "약속했다."
                ),
            ),
            (
                "푸틴 대통령이 협상에 조건을 달았다.",
                "젤렌스키 대통령은 즉각 거부했다.",
                "구테흐스 유엔 사무총장은 휴전을 촉구했다.",
                "나토가 긴급회의를 연다.",
                "마크롱 대통령도 회의에 참석한다.",
                "독일이 우크라이나에 추가 지원을 약속했다.",
                "러시아의 조건을 우크라이나가 거부했다.",
                "NATO는 벨기에 브뤼셀에서 회의를 연다.",
            ),
            (
                "{} 대통령은 협상에 조건을 달았다.",
                "{}는 추가 지원을 약속했다.",
                "{} 총리는 휴전을 촉구했다.",
                "{} 정부가 긴급회의를 연다.",
            ),
            (
                "네타냐후",
                "멜로니",
                "이탈리아",
                "폴란드",
                "스페인",
                "에르도안",
            ),
        ),
    ),
    "ja": (
        NameCase(
            (
                (
                    "石破茂首相は3日、首相官邸で会見し、物価高対策を発表した。加藤勝信財務相と赤沢亮正経済再生相"
                    "も同席した。"
                ),
                (
                    "立憲民主党の野田佳彦代表は「遅すぎる」と批判した。東京大学の鈴木一郎教授は「効果は限定的だ」"
                    "と話す。トヨタ自動車の佐藤恒治社長は歓迎の意向を示した。"
                ),
                "米国のトランプ大統領は関税の引き上げを表明している。欧州連合（EU）も対応を検討している。",
            ),
            (
                "石破首相が物価高対策を発表した。",
                "野田代表は遅すぎると批判した。",
                "加藤財務相も会見に同席した。",
                "鈴木教授は効果は限定的だと指摘した。",
                "トヨタの佐藤社長は歓迎した。",
                "トランプ大統領は関税引き上げを表明している。",
                "EUも対応を検討している。",
                "立憲民主党は対策を批判した。",
                "政府は物価高対策を打ち出した。",
                "米大統領は関税を引き上げる考えだ。",
                "石破氏は会見で対策を説明した。",
                "野党の代表は批判した。",
            ),
            (
                "{}首相が物価高対策を発表した。",
                "{}代表は遅すぎると批判した。",
                "{}教授は効果は限定的だと話した。",
                "{}氏は歓迎の意向を示した。",
                "{}大統領は関税引き上げを表明している。",
            ),
            (
                "岸田",
                "安倍",
                "山本太郎",
                "高橋",
                "バイデン",
                "プーチン",
                "佐々木",
            ),
        ),
        NameCase(
            (
                (
                    "千葉県の路上で4日、会社員の田中太郎さん（45）が刺され、重傷を負った。県警は殺人未遂の疑いで"
                    "、無職の小林健容疑者（32）を逮捕した。"
                ),
                (
                    "小林容疑者は「誰でもよかった」と供述している。近所に住む女性は「怖くて眠れない」と話した。千"
                    "葉中央署が動機を調べている。"
                ),
            ),
            (
                "千葉県で田中太郎さんが刺された。",
                "県警は小林容疑者を逮捕した。",
                "小林健容疑者は誰でもよかったと供述している。",
                "田中さんは重傷を負った。",
                "千葉中央署が動機を調べている。",
                "近所の女性は怖くて眠れないと話した。",
            ),
            (
                "{}さんが刺されて重傷を負った。",
                "県警は{}容疑者を逮捕した。",
                "{}容疑者は供述を拒んでいる。",
                "会社員の{}さんが襲われた。",
            ),
            (
                "伊藤",
                "渡辺",
                "松本花子",
                "木村",
                "中村",
            ),
        ),
        NameCase(
            (
                (
                    "ウクライナのゼレンスキー大統領は、ロシアのプーチン大統領との会談に応じる用意があると述べた。"
                    "フランスのマクロン大統領が仲介に動いている。"
                ),
                (
                    "ドイツのショルツ首相はキーウを訪問した。国連のグテレス事務総長は停戦を呼びかけた。エマニュエ"
                    "ル・マクロン氏は6日にブリュッセルで会見する。韓国の尹錫悦大統領も支援を表明した。"
                ),
            ),
            (
                "ゼレンスキー大統領は会談に応じる用意がある。",
                "マクロン氏が仲介に動いている。",
                "ショルツ首相がキーウを訪れた。",
                "グテレス事務総長は停戦を呼びかけた。",
                "尹大統領も支援を表明した。",
                "ロシアとウクライナの首脳会談が焦点だ。",
                "エマニュエル・マクロン大統領はブリュッセルで会見する。",
                "国連のトップは停戦を求めた。",
            ),
            (
                "{}大統領は会談に応じる用意がある。",
                "{}氏が仲介に動いている。",
                "{}首相がキーウを訪れた。",
                "{}は支援を表明した。",
                "{}の首脳が会談する。",
            ),
            (
                "エルドアン",
                "メルケル",
                "スナク",
                "イタリア",
                "スペイン",
                "ボリス・ジョンソン",
                "ポーランド",
            ),
        ),
    ),
}

MEASURED_ONLY: dict[str, tuple[NameCase, ...]] = {
    "en": (
        NameCase(
            (
                (
                    "Thousands of people gathered in central Belgrade on Saturday to protest against a lithium mine "
                    "planned by Rio Tinto."
                ),
                (
                    'Organisers said farmers from the Jadar valley would lose their land. "This is our home," '
                    "said Milica Petrovic, 34, a teacher from Loznica."
                ),
                (
                    "President Aleksandar Vucic has accused the demonstrators of working for foreign powers. The "
                    "Anglo-Australian company says the mine will meet European Union standards. Green MP Nebojsa "
                    "Zelenovic called for a referendum."
                ),
            ),
            (
                "Thousands protested in Belgrade against a Rio Tinto lithium mine.",
                "Serbia's president, Aleksandar Vucic, accused protesters of working for foreign powers.",
                "Petrovic, a teacher from Loznica, said the valley was their home.",
                "Zelenovic, a Green MP, wants a referendum.",
                "Farmers in the Jadar valley fear for their land.",
                "Rio Tinto says the mine will meet EU standards.",
                "Protesters fear the loss of farmland, while the mining company promises European standards.",
                "Opposition to the mine has grown, organisers say.",
            ),
            (
                "{} has accused the demonstrators of working for foreign powers.",
                "Protesters gathered in central {}.",
                "{}, a teacher, said it was their home.",
                "The mine is planned by {}.",
                "A referendum was proposed by {}, a Green MP.",
            ),
            (
                "Zagreb",
                "Glencore",
                "Ana Brnabic",
                "Marko Djuric",
                "Novak",
                "Hungary",
            ),
        ),
        NameCase(
            (
                (
                    "NASA's Orion capsule splashed down in the Pacific Ocean off Baja California on Sunday after "
                    "a 25-day mission around the Moon."
                ),
                (
                    '"From Tranquility Base to Taurus-Littrow to the tranquil waters of the Pacific," said mission '
                    "commentator Rob Navias. Administrator Bill Nelson called it historic. Engineers at Johnson "
                    "Space Center in Houston will inspect the heat shield. Lockheed Martin built the capsule for "
                    "the agency. Artemis II is due to carry four astronauts in 2024."
                ),
            ),
            (
                "The Orion capsule splashed down in the Pacific after 25 days.",
                "Bill Nelson, the NASA administrator, called the mission historic.",
                "Engineers in Houston will inspect the heat shield of the capsule built by Lockheed Martin.",
                "Artemis II will carry astronauts in 2024.",
                "Nelson said it was historic.",
                "The spacecraft landed off Baja California.",
                "NASA's moon mission ends with a splashdown",
            ),
            (
                "{} called the mission historic.",
                "The capsule was built by {}.",
                "Engineers in {} will inspect the heat shield.",
                "{}'s capsule splashed down.",
                "The commentator {} welcomed the crew home.",
            ),
            (
                "Boeing",
                "SpaceX",
                "Florida",
                "Jim Bridenstine",
                "Charles Bolden",
                "Dallas",
            ),
        ),
    ),
    "ko": (
        NameCase(
            (
                (
                    "손흥민(토트넘)이 5일 열린 브라이턴과의 프리미어리그 원정경기에서 시즌 10호 골을 터뜨렸다. 안"
                    "지 포스테코글루 감독은 “손흥민은 특별한 선수”라고 칭찬했다."
                ),
                (
                    "이강인 선수가 뛰는 파리 생제르맹은 같은 날 리옹에 1-2로 졌다. 대한축구협회 정몽규 회장은 기"
                    "자회견을 열어 대표팀 운영 방안을 설명했다. 박지성 전 국가대표는 해설위원으로 나섰다."
                ),
            ),
            (
                "손흥민이 시즌 10호 골을 넣었다.",
                "포스테코글루 감독은 손흥민을 칭찬했다.",
                "이강인 선수의 소속팀은 리옹에 졌다.",
                "정몽규 회장은 대표팀 운영 방안을 설명했다.",
                "정 회장이 기자회견을 열었다.",
                "손 선수는 시즌 10호 골을 기록했다.",
                "축구협회장은 대표팀 운영 방안을 밝혔다.",
                "박지성 해설위원도 경기를 지켜봤다.",
            ),
            (
                "{} 감독은 그를 칭찬했다.",
                "{} 선수는 시즌 10호 골을 넣었다.",
                "{} 회장은 기자회견을 열었다.",
                "{} 선수가 뛰는 팀은 졌다.",
            ),
            (
                "홍명보",
                "클린스만",
                "황희찬",
                "김민재",
                "조규성",
                "과르디올라",
                "최",
            ),
        ),
        NameCase(
            (
                (
                    "한국은행은 6일 금융통화위원회를 열고 기준금리를 연 3.50%로 동결했다. 이창용 총재는 “물가 둔"
                    "화를 더 확인해야 한다”고 말했다."
                ),
                (
                    "LG경영연구원 조영무 연구위원은 10월 인하를 예상했다. 미국 연방준비제도(Fed·연준)는 9월 인하"
                    "를 시사했다. 제롬 파월 의장은 “때가 됐다”고 했다. 원/달러 환율은 1,330원대로 내렸다."
                ),
            ),
            (
                "한국은행이 기준금리를 동결했다.",
                "이창용 총재는 물가 둔화를 더 확인해야 한다고 말했다.",
                "이 총재는 인하에 신중했다.",
                "연준은 9월 인하를 시사했다.",
                "Fed는 9월 금리 인하를 예고했다.",
                "파월 의장은 때가 됐다고 말했다.",
                "LG 측은 10월 인하를 예상했다.",
                "조영무 연구위원은 10월을 예상했다.",
            ),
            (
                "{} 총재는 더 확인해야 한다고 말했다.",
                "{} 장관은 환율을 우려했다.",
                "{} 교수는 인하를 예상했다.",
            ),
            (
                "이주열",
                "추경호",
                "김종인",
                "라가르드",
                "옐런",
                "최",
            ),
        ),
    ),
    "ja": (
        NameCase(
            (
                (
                    "大谷翔平選手は6日、本拠地でのブルワーズ戦で今季30号本塁打を放った。ドジャースのロバーツ監督"
                    "は「彼は特別だ」とたたえた。"
                ),
                (
                    "山本由伸投手は7回無失点。試合後、フリーマン選手は「素晴らしい夜だ」と語った。日本から観戦に"
                    "来た会社員の佐藤美咲さん（29）は「感動した」と目を潤ませた。大リーグ機構（MLB）のマンフレッ"
                    "ド氏は来季の東京での開幕を発表した。"
                ),
            ),
            (
                "大谷選手が30号本塁打を放った。",
                "ロバーツ監督は大谷をたたえた。",
                "フリーマン選手は素晴らしい夜だと語った。",
                "佐藤さんは感動したと話した。",
                "MLBは来季の東京開幕を発表した。",
                "ドジャースの監督は彼は特別だと述べた。",
                "観客の女性は感動した様子だった。",
                "マンフレッド氏が東京での開幕を発表した。",
            ),
            (
                "{}選手が本塁打を放った。",
                "{}監督は彼をたたえた。",
                "会社員の{}さんは感動したと話した。",
                "{}氏が開幕を発表した。",
            ),
            (
                "鈴木誠也",
                "イチロー",
                "ボーン",
                "高橋",
                "ジャッジ",
                "吉田",
            ),
        ),
        NameCase(
            (
                (
                    "中国の習近平国家主席は7日、北京でマレーシアのアンワル首相と会談した。両首脳は経済協力の強化"
                    "で一致した。"
                ),
                (
                    "王毅外相も同席した。中国外務省の毛寧報道官は会見で「重要な成果だ」と強調した。日本の岩屋毅外"
                    "相は8日に訪中する。経団連の十倉雅和会長は「対話を歓迎する」とのコメントを出した。"
                ),
            ),
            (
                "習主席がマレーシア首相と会談した。",
                "習近平国家主席はアンワル首相と協力強化で一致した。",
                "毛報道官は重要な成果だと強調した。",
                "岩屋外相は8日に訪中する。",
                "経団連の十倉会長は対話を歓迎した。",
                "両首脳は経済協力を強化する。",
                "中国の報道官は成果を強調した。",
                "日本の外相も訪中する。",
            ),
            (
                "{}首相が北京を訪れた。",
                "{}外相は8日に訪中する。",
                "{}会長は対話を歓迎した。",
                "{}報道官は成果を強調した。",
                "{}国家主席は北京で会談した。",
            ),
            (
                "シャリフ",
                "林芳正",
                "李強",
                "汪文斌",
                "中西",
                "プーチン",
            ),
        ),
    ),
}

SOUND: tuple[tuple[str, NameCase], ...] = (
    (
        "en",
        NameCase(
            (
                (
                    "Thailand's Constitutional Court has removed Prime Minister Srettha Thavisin from office over "
                    "the appointment of a minister who had been jailed."
                ),
                (
                    "Five of the nine judges ruled on Wednesday that Srettha, a real estate tycoon, had breached "
                    'ethics rules. "I respect the verdict," he told reporters at Government House in Bangkok.'
                ),
                (
                    "Pichit Chuenban, a lawyer for former leader Thaksin Shinawatra, served six months in 2008 for "
                    "contempt of court. The court last week dissolved the Move Forward party, which won the most "
                    "seats in the 2023 election. Deputy Prime Minister Phumtham Wechayachai becomes caretaker. "
                    "Parliament "
                    "will vote for a successor on Friday; Pheu Thai is expected to nominate Paetongtarn Shinawatra, "
                    "37."
                ),
            ),
            (
                "Thai court removes Srettha as prime minister",
                (
                    "Judges in Bangkok ruled that Srettha Thavisin had broken ethics rules by appointing Pichit "
                    "Chuenban."
                ),
                "The former property tycoon said he respected the verdict.",
                "Lawmakers are to choose a new premier on Friday, with Paetongtarn Shinawatra the likely candidate.",
                "Thaksin's daughter may be nominated by Pheu Thai.",
                "A week earlier, judges dissolved Move Forward, the winner of the 2023 election.",
                "Phumtham takes over as caretaker leader.",
                "Mr Srettha had been in office for less than a year.",
                "Pichit, jailed for contempt in 2008, used to represent Thaksin.",
                "Political turmoil deepens in Thailand as PM is ousted",
                "Thais await a new prime minister.",
                "Srettha Thavisin Removed From Office Over Minister Appointment",
                "Prime Minister Srettha lost his job because of a minister's jail term.",
                "Despite the ruling, Pheu Thai keeps power.",
            ),
            (),
            (),
        ),
    ),
    (
        "en",
        NameCase(
            (
                (
                    "Apple shares fell 3% in New York after the iPhone maker reported a drop in sales in China. "
                    "Revenue was $94.8bn in the three months to March, Tim Cook said."
                ),
                (
                    "Luca Maestri, chief financial officer, pointed to the strong dollar. Analysts at Morgan Stanley "
                    'and Wedbush were divided. "China remains the key question," wrote Dan Ives of Wedbush. Huawei '
                    "and Xiaomi have gained ground, according to Counterpoint Research. Apple also announced a $110bn "
                    "share buyback, the largest in US history."
                ),
            ),
            (
                "Apple's shares dropped after weak iPhone sales in China.",
                "Tim Cook said revenue was $94.8bn.",
                "CFO Luca Maestri blamed the strong dollar.",
                "Rivals such as Huawei and Xiaomi are gaining ground, says Counterpoint.",
                "Wedbush's Ives called China the key question.",
                "The company plans America's biggest ever buyback.",
                "Chinese buyers are turning to Huawei.",
                "Wall Street analysts disagreed on the outlook.",
                "Record buyback fails to lift Apple shares",
                "iPhone sales slip as Chinese rivals gain",
                "Cook: revenue fell in China",
                "Counterpoint Research says Xiaomi has gained market share.",
            ),
            (),
            (),
        ),
    ),
    (
        "ko",
        NameCase(
            (
                (
                    "정부가 의과대학 정원을 2000명 늘리기로 하면서 전공의들의 집단 사직이 이어지고 있다. 조규홍 "
                    "보건복지부 장관은 19일 정부세종청사에서 브리핑을 열고 “환자 곁을 떠나지 말아 달라”고 호소"
                    "했다."
                ),
                (
                    "서울대병원·세브란스병원 등 이른바 ‘빅5’ 병원 전공의 가운데 절반이 사직서를 냈다. 대한의사"
                    "협회 비상대책위원회 김택우 위원장은 “일방적 증원을 철회하라”고 요구했다. 김 위원장은 면허"
                    "정지 통보를 받았다. 환자 이모(54)씨는 “수술이 미뤄져 막막하다”고 말했다. 한덕수 국무총리는"
                    " 공공의료기관을 24시간 운영하겠다고 밝혔다. 더불어민주당 홍익표 원내대표는 협의체 구성을 제"
                    "안했다."
                ),
            ),
            (
                "조규홍 복지부 장관은 환자 곁을 떠나지 말아 달라고 전공의들에게 호소했다.",
                "‘빅5’ 병원 전공의 절반이 사직서를 제출했다.",
                "김택우 위원장은 증원 철회를 요구했다.",
                "한 총리는 공공의료기관을 24시간 가동하겠다고 했다.",
                "의협은 정부의 일방적인 증원에 반발하고 있다.",
                "홍익표 원내대표가 협의체를 만들자고 제안했다.",
                "환자들은 수술 연기로 어려움을 겪고 있다.",
                "복지부 장관, 전공의에 복귀 호소",
                "김 위원장의 면허가 정지될 처지다.",
                "정부와 의료계의 갈등이 커지고 있다.",
                "환자 이모 씨는 수술이 미뤄졌다고 호소했다.",
                "국무총리는 공공병원 운영 시간을 늘리겠다고 약속했다.",
                "의사 단체 대표는 증원에 반대했다.",
                "조 장관은 브리핑에서 “환자 곁을 떠나지 말아 달라”고 말했다.",
                "야당 원내대표는 대화를 촉구했다.",
            ),
            (),
            (),
        ),
    ),
    (
        "ko",
        NameCase(
            (
                (
                    "영화 ‘기생충’의 봉준호 감독이 신작 ‘미키 17’로 돌아온다. 로버트 패틴슨이 주연을 맡은 이"
                    " 작품은 워너브러더스가 배급한다. 봉 감독은 20일 서울 용산CGV에서 열린 기자간담회에서 “평범"
                    "한 청년의 이야기”라고 소개했다. 배우 나오미 애키, 스티븐 연, 토니 콜렛, 마크 러팔로가 출연"
                    "한다. 원작은 에드워드 애슈턴의 소설이다. 영화는 베를린국제영화제에서 처음 공개된다."
                ),
            ),
            (
                "봉준호 감독의 신작 ‘미키 17’이 공개된다.",
                "봉 감독은 평범한 청년의 이야기라고 설명했다.",
                "로버트 패틴슨이 주연을 맡았다.",
                "스티븐 연과 마크 러팔로 등이 출연한다.",
                "에드워드 애슈턴의 소설이 원작이다.",
                "베를린영화제에서 첫선을 보인다.",
                "워너브러더스가 배급을 맡는다.",
                "감독은 신작을 “평범한 청년의 이야기”라고 했다.",
                "‘기생충’ 감독의 새 영화",
                "패틴슨은 주인공을 연기한다.",
            ),
            (),
            (),
        ),
    ),
    (
        "ja",
        NameCase(
            (
                (
                    "東京地検特捜部は20日、自民党派閥の政治資金パーティーをめぐる事件で、会計責任者の松本淳一郎被"
                    "告を政治資金規正法違反の罪で在宅起訴した。"
                ),
                (
                    "安倍派は5年間で約6億円を収支報告書に記載していなかった。岸田文雄首相は「国民におわび申し上げ"
                    "る」と陳謝し、派閥の解消を表明した。麻生太郎副総裁は慎重な姿勢を崩していない。茂木敏充幹事長"
                    "は記者団に「重く受け止める」と語った。立憲民主党の泉健太代表は「トカゲのしっぽ切りだ」と批判"
                    "した。日本大学の岩井奉信名誉教授（政治学）は「第三者の目が必要だ」と指摘する。"
                ),
            ),
            (
                "特捜部は会計責任者を在宅起訴した。",
                "松本被告は政治資金規正法違反の罪に問われている。",
                "岸田首相は国民に陳謝した。",
                "麻生副総裁は派閥解消に慎重だ。",
                "茂木幹事長は重く受け止めると述べた。",
                "泉代表はトカゲのしっぽ切りだと批判した。",
                "岩井名誉教授は第三者の目が必要だと話す。",
                "安倍派の不記載は約6億円に上る。",
                "首相、派閥解消を表明",
                "自民党の裏金事件で起訴",
                "立憲の代表は検察の処分を批判した。",
                "岸田氏は派閥の解消を打ち出した。",
                "専門家の教授は第三者による監視を求めた。",
                "泉氏は「トカゲのしっぽ切りだ」と述べた。",
                "首相は「国民におわびする」と語った。",
            ),
            (),
            (),
        ),
    ),
    (
        "ja",
        NameCase(
            (
                (
                    "米アップルは9日、新型スマートフォン「iPhone 16」を発表した。ティム・クック最高経営責任者（CEO）"
                    "は「ゼロから設計した」と述べた。生成AI（人工知能）の機能「アップルインテリジェンス」を搭載す"
                    "る。日本での価格は12万4800円から。調査会社IDCによると、中国では華為技術（ファーウェイ）が販"
                    "売を伸ばしている。同社は10日に三つ折りの新機種を公開する。"
                ),
            ),
            (
                "アップルが新型iPhoneを発表した。",
                "クックCEOはゼロから設計したと強調した。",
                "日本では12万4800円からとなる。",
                "生成AIの機能を載せた。",
                "中国ではファーウェイが伸びている。",
                "華為は三つ折りの機種を公開する。",
                "IDCによると中国市場では競争が激しい。",
                "ティム・クック氏は「ゼロから設計した」と語った。",
                "人工知能を搭載した新型スマホ",
                "米アップルの新機種は「アップルインテリジェンス」を搭載する。",
            ),
            (),
            (),
        ),
    ),
)
"""Articles with sound statements alone, written after the others: a court, two firms, a strike, a film, a scandal."""
