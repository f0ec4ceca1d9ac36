"""One sentence in English, Korean and Japanese a block, rendered as translators of news render it.

Each block gives a pair for each of six directions, and all of them are right. Written for the tests.
"""

TRIPLES = tuple(
    tuple(block.splitlines())
    for block in """
The company posted revenue of $3.4bn for the quarter.
이 회사의 분기 매출은 34억 달러였다.
同社の四半期売上高は34億ドルだった。

About 12,500 people were evacuated from the coast.
해안에서 약 1만2500명이 대피했다.
沿岸部から約1万2500人が避難した。

The project will cost 1.5 trillion won.
이 사업에는 1조5000억 원이 들어간다.
この事業には1兆5千億ウォンかかる。

He was born in 1963 in a village of 300 people.
그는 1963년 주민 300명의 마을에서 태어났다.
彼は1963年、人口300人の村で生まれた。

The 47-year-old driver was arrested on Tuesday.
운전자(47)는 화요일 체포됐다.
運転手の男(47)が火曜日に逮捕された。

Kick-off is at 5.30pm on Saturday.
경기는 토요일 오후 5시 30분에 시작한다.
試合は土曜日の17時半に始まる。

The train left at 9:05am and arrived at noon.
열차는 오전 9시 5분에 출발해 정오에 도착했다.
列車は午前9時5分に出発し、正午に到着した。

Prices rose 2.3 per cent in June, the most since March 2011.
6월 물가는 2.3% 올라 2011년 3월 이후 가장 큰 폭으로 상승했다.
6月の物価は2.3%上昇し、2011年3月以来の伸びとなった。

Turnout fell by 4.5 percentage points to 61.2%.
투표율은 4.5%포인트 떨어진 61.2%였다.
投票率は4.5ポイント低下し、61.2%だった。

The central bank raised rates by 25 basis points.
중앙은행은 금리를 0.25%포인트 올렸다.
中央銀行は金利を0.25ポイント引き上げた。

City beat United 3-1 on Sunday.
시티는 일요일 유나이티드를 3대 1로 이겼다.
シティは日曜日、ユナイテッドに3対1で勝った。

They won 21-9, 21-12 in 35 minutes.
이들은 35분 만에 21-9, 21-12로 이겼다.
35分で21―9、21―12のストレート勝ちを収めた。

Two-thirds of the 90 members voted in favour.
의원 90명 중 3분의 2가 찬성했다.
議員90人の3分の2が賛成した。

A third of the workers are in their 20s.
직원의 3분의 1이 20대다.
従業員の3分の1は20代だ。

The band was popular in the 1980s.
이 밴드는 1980년대에 인기를 끌었다.
このバンドは80年代に人気を集めた。

The law was passed in the mid-90s.
이 법은 1990년대 중반에 통과됐다.
この法律は1990年代半ばに成立した。

The castle was built in the 16th century.
이 성은 16세기에 지어졌다.
この城は16世紀に建てられた。

Sales have doubled in the past decade.
지난 10년간 매출은 2배로 늘었다.
この10年で売り上げは2倍になった。

The death toll has risen to 1,234, officials said on Jan. 5.
당국은 1월 5일 사망자가 1234명으로 늘었다고 밝혔다.
当局は1月5日、死者が1234人に増えたと発表した。

The court will rule on 1 October.
법원은 10월 1일 판결을 내린다.
裁判所は10月1日に判決を言い渡す。

The drought affected 820,000 farmers.
가뭄으로 농민 82만 명이 피해를 봤다.
干ばつで82万人の農家が被害を受けた。

Some 220 million doses were delivered.
약 2억 2천만 회분이 전달됐다.
約2億2千万回分が届けられた。

The fund holds £120 million.
이 기금은 1억2000만 파운드를 보유하고 있다.
基金は1億2000万ポンドを保有している。

The minister resigned after two years and six months.
장관은 2년 6개월 만에 사임했다.
大臣は2年半で辞任した。

A ticket costs €15.50, up from €12.
표는 12유로에서 15.5유로로 올랐다.
チケットは12ユーロから15.50ユーロに値上がりした。

He served 18 months in prison.
그는 1년 6개월을 복역했다.
彼は1年半服役した。

The meeting lasted 90 minutes.
회의는 1시간 30분 동안 이어졌다.
会談は1時間半に及んだ。

The victims were seven men and three women.
희생자는 남성 7명과 여성 3명이다.
犠牲者は男性7人と女性3人。

One in five children lives in poverty.
어린이 5명 중 1명은 빈곤 속에 산다.
子どもの5人に1人が貧困状態にある。

Four out of 10 households have no car.
가구의 4할은 차가 없다.
4割の世帯は車を持っていない。

The world's population reached 8 billion in November 2022.
세계 인구는 2022년 11월 80억 명에 이르렀다.
世界の人口は2022年11月に80億人に達した。

The ship carried 7,000 tons of grain.
배에는 곡물 7천 톤이 실려 있었다.
船は7000トンの穀物を積んでいた。

The quake struck at 3:18 a.m. with a magnitude of 6.4.
지진은 새벽 3시 18분 규모 6.4로 발생했다.
地震は午前3時18分に発生し、マグニチュードは6.4だった。

The tower is 555 metres high and has 123 floors.
이 타워는 높이 555m에 123층이다.
タワーは高さ555メートル、123階建て。

Shares fell 3.2% to 48,500 won.
주가는 3.2% 내린 4만8500원을 기록했다.
株価は3.2%安の4万8500ウォンだった。

The euro traded at $1.08 and 162 yen.
유로는 1.08달러, 162엔에 거래됐다.
ユーロは1.08ドル、162円で取引された。

The Nikkei closed 1.2% higher at 33,445.90.
닛케이지수는 1.2% 오른 3만3445.90에 마감했다.
日経平均は1.2%高の3万3445円90銭で引けた。

Emperor Akihito abdicated in 2019.
아키히토 일왕은 2019년 퇴위했다.
天皇は平成31年に退位された。

The bridge opened in 1988.
다리는 1988년에 개통됐다.
橋は昭和63年に開通した。

It was the wettest August since records began in 1910.
1910년 관측 이래 8월 강수량으로는 가장 많았다.
1910年の観測開始以来、最も雨の多い8月だった。

The attacks of September 11 changed the country.
9·11 테러는 이 나라를 바꿔 놓았다.
9・11テロはこの国を変えた。

The March 11 disaster left 18,000 people dead or missing.
3·11 대지진으로 1만8000명이 숨지거나 실종됐다.
3・11の震災では1万8千人が死亡・行方不明となった。

Leaders of the G7 met for the third time this year.
주요 7개국(G7) 정상들이 올해 세 번째로 만났다.
主要7カ国(G7)の首脳が今年3回目の会合を開いた。

Two F-16 fighters were scrambled.
F-16 전투기 2대가 긴급 발진했다.
F16戦闘機2機が緊急発進した。

COVID-19 cases topped 50,000 a day.
코로나19 확진자가 하루 5만 명을 넘었다.
新型コロナの感染者が1日5万人を超えた。

The Boeing 737 had 149 passengers and six crew on board.
보잉 737에는 승객 149명과 승무원 6명이 타고 있었다.
ボーイング737型機には乗客149人と乗員6人が乗っていた。

The rocket reached a height of 2,000 km.
로켓은 고도 2천km에 도달했다.
ロケットは高度2000キロに達した。

Half of the 64 teams have been knocked out.
64개 팀 가운데 절반이 탈락했다.
64チームの半数が敗退した。

She won the 100m in 10.72 seconds.
그는 100m에서 10초72로 우승했다.
彼女は100メートルを10秒72で制した。

Her time of 2:05:30 was a national record.
2시간 5분 30초의 기록은 국내 신기록이다.
2時間5分30秒は国内新記録。

It is open from 10am to 6pm, Monday to Friday.
월요일부터 금요일까지 오전 10시~오후 6시에 문을 연다.
月曜から金曜の午前10時から午後6時まで開いている。

Between 70 and 90% of patients recover within three weeks.
환자의 70~90%는 3주 안에 회복한다.
患者の70〜90%は3週間以内に回復する。

The city plans 2-3 million trees.
시는 나무 200만~300만 그루를 심을 계획이다.
市は200万〜300万本の植樹を計画している。

Between 20,000 and 30,000 people joined the march.
2만~3만 명이 행진에 참가했다.
行進には2〜3万人が参加した。

The tax will raise half a billion dollars.
이 세금으로 5억 달러가 걷힌다.
この税で5億ドルの税収が見込まれる。

Exports in the first half came to $270.5 billion.
상반기 수출은 2705억 달러였다.
上半期の輸出額は2705億ドルだった。

Growth slowed to 0.3% in the second quarter.
2분기 성장률은 0.3%로 둔화했다.
第2四半期の成長率は0.3%に鈍化した。

The Second World War ended in 1945.
제2차 세계대전은 1945년에 끝났다.
第2次世界大戦は1945年に終わった。

King Charles III was crowned in May 2023.
찰스 3세 국왕은 2023년 5월 대관식을 치렀다.
国王チャールズ3世は2023年5月に戴冠した。

A dozen houses were destroyed.
가옥 12채가 파괴됐다.
12棟の家屋が全壊した。

The two countries signed the deal on Friday, 4 May.
양국은 5월 4일 금요일에 협정에 서명했다.
両国は5月4日(金)に協定に署名した。

The trial begins next Wednesday at 2pm.
재판은 다음 주 수요일 오후 2시에 시작된다.
裁判は来週水曜日の午後2時に始まる。

He scored twice in the 85th minute and in stoppage time.
그는 후반 85분과 추가시간에 2골을 넣었다.
彼は85分とアディショナルタイムに2得点した。

The suspect, 25, fled on foot.
용의자(25세)는 걸어서 달아났다.
容疑者(25)は徒歩で逃走した。

About a quarter of the budget, or 12 million euros, is missing.
예산의 4분의 1인 1200만 유로가 사라졌다.
予算の4分の1に当たる1200万ユーロが消えた。

The 21-day ceasefire ends at midnight.
21일간의 휴전은 자정에 끝난다.
21日間の停戦は午前0時に終わる。

Temperatures reached 40C in Madrid.
마드리드의 기온은 40도까지 올랐다.
マドリードの気温は40度に達した。

She finished third, 0.05 seconds behind.
그는 0.05초 차로 3위를 차지했다.
彼女は0.05秒差で3位に入った。

They have been married for 30 years and have two children.
결혼한 지 30년 된 부부에게는 두 자녀가 있다.
結婚30年の夫婦には2人の子どもがいる。

The airline cut 5,000 jobs, a tenth of its workforce.
항공사는 전체의 10%인 5천 명을 감원했다.
航空会社は1割に当たる5千人を削減した。

Smartphones with 5G sold for 1.2 million won.
5G 스마트폰은 120만 원에 팔렸다.
5G対応スマートフォンは120万ウォンで販売された。

The vote was 5-4.
표결 결과는 5 대 4였다.
採決は5対4だった。

The 2018-19 season starts in August.
2018-19시즌은 8월에 시작한다.
2018〜19年シーズンは8月に始まる。

Thousands of people lined the streets for the 70th anniversary.
70주년을 맞아 수천 명이 거리에 모였다.
70周年を記念して数千人が沿道に並んだ。

More than 100 firefighters fought the blaze overnight.
100명이 넘는 소방관이 밤새 불길과 싸웠다.
100人以上の消防士が夜通し消火に当たった。

The film made $1.2 million in its first weekend.
영화는 첫 주말 120만 달러를 벌어들였다.
映画は公開最初の週末に120万ドルを稼いだ。

Unemployment stood at 3.0 percent.
실업률은 3%였다.
失業率は3.0パーセントだった。

Article 9 of the constitution renounces war.
헌법 제9조는 전쟁을 포기한다고 규정한다.
憲法9条は戦争の放棄を定めている。

One man was killed and two others were hurt.
남성 1명이 숨지고 2명이 다쳤다.
男性1人が死亡し、2人がけがをした。

The twins were born on 29 February.
쌍둥이는 2월 29일에 태어났다.
双子は2月29日に生まれた。

A pound bought 1,650 won on Thursday.
목요일 파운드당 환율은 1650원이었다.
木曜日、1ポンドは1650ウォンだった。

The boat sank in 30 metres (100 feet) of water.
배는 수심 30m 바다에 가라앉았다.
船は水深30メートルの海に沈んだ。

It is the third-largest economy.
세계 3위의 경제 대국이다.
世界3位の経済大国だ。

Every four years the games attract 10,000 athletes.
4년마다 열리는 대회에는 선수 1만 명이 참가한다.
4年に1度の大会には1万人の選手が集まる。

He is serving a life sentence for the 1996 murder of three students.
그는 1996년 학생 3명을 살해한 죄로 무기징역을 살고 있다.
彼は1996年に学生3人を殺害した罪で無期懲役に服している。

The army has 1.1 million troops.
군 병력은 110만 명이다.
軍の兵力は110万人。

The budget deficit hit 4.7 trillion yen in fiscal 2020.
2020회계연도 재정 적자는 4조7000억 엔에 달했다.
2020年度の財政赤字は4兆7千億円に達した。

The suspect fired six shots at about 10.15 pm.
용의자는 오후 10시 15분께 6발을 쐈다.
容疑者は午後10時15分ごろ、6発発砲した。

The app has 45m users in 20 countries.
이 앱은 20개국에서 4500만 명이 쓴다.
アプリの利用者は20カ国で4500万人に上る。

Two in three voters support the plan, up 6 points.
유권자 3명 중 2명이 이 안을 지지해 6%p 올랐다.
有権者の3人に2人が支持し、6ポイント上がった。

The 10-member group will hold two concerts in July.
10인조 그룹은 7월에 콘서트를 두 차례 연다.
10人組のグループは7月に2度の公演を行う。

The teenager was rescued after 36 hours.
10대 소년은 36시간 만에 구조됐다.
10代の少年は36時間後に救助された。

A man in his 60s died of a heart attack.
60대 남성이 심장마비로 숨졌다.
60代の男性が心臓発作で死亡した。

The rate is 1 in 100,000.
비율은 10만 명당 1명이다.
割合は10万人に1人である。

Oil rose above $90 a barrel for the first time in 10 months.
유가는 10개월 만에 처음으로 배럴당 90달러를 넘었다.
原油は10か月ぶりに1バレル90ドルを超えた。

He has 1.3 million followers.
그의 팔로어는 130만 명이다.
彼のフォロワーは130万人だ。

The court sentenced him to three and a half years.
법원은 그에게 징역 3년 6개월을 선고했다.
裁判所は懲役3年6月を言い渡した。

The village lies 150 miles north of the capital.
마을은 수도에서 북쪽으로 150마일 떨어져 있다.
村は首都の北150マイルにある。

Five of the 12 jurors were women.
배심원 12명 중 다섯 명이 여성이었다.
陪審員12人のうち5人が女性だった。

On the 3rd of last month, the bank closed 40 branches.
은행은 지난달 3일 지점 40곳을 닫았다.
銀行は先月3日、40支店を閉鎖した。

The first of eight games will be played in Seoul.
8경기 중 첫 경기는 서울에서 열린다.
8試合のうち第1戦はソウルで行われる。

The group was founded in '87.
이 단체는 87년에 설립됐다.
この団体は1987年に設立された。

Ticket sales jumped sevenfold to 350,000.
표 판매는 7배 늘어난 35만 장이었다.
チケットの売り上げは7倍の35万枚に跳ね上がった。

The bill passed by 318 votes to 280.
법안은 찬성 318표, 반대 280표로 통과됐다.
法案は賛成318、反対280で可決された。

Nearly 3 out of 4 respondents, or 74%, agreed.
응답자 4명 중 3명꼴인 74%가 동의했다.
回答者の4人に3人、74%が賛成した。

The Dow lost 300 points, or 1.1%.
다우지수는 300포인트(1.1%) 하락했다.
ダウ平均は300ドル(1.1%)下げた。

The storm had winds of 160 km/h.
태풍의 풍속은 시속 160km였다.
台風の風速は時速160キロだった。

He paid 2,000 yuan for the 1kg box.
그는 1kg짜리 상자에 2000위안을 냈다.
彼は1キロの箱に2千元を払った。

The election is on Sunday, April 10.
선거는 4월 10일(일) 치러진다.
選挙は4月10日(日)に行われる。

The June 25 war, the Korean War, began in 1950.
6·25전쟁은 1950년에 시작됐다.
朝鮮戦争は1950年6月25日に始まった。

The group wants 1,000 signatures by 15 December.
이 단체는 12월 15일까지 1천 명의 서명을 받으려 한다.
団体は12月15日までに千人の署名を集めたい考えだ。

Its market value exceeds 300 trillion won.
시가총액은 300조 원이 넘는다.
時価総額は300兆ウォンを超える。

The patient took 0.5 mg twice a day for five days.
환자는 5일간 하루 두 번 0.5mg을 복용했다.
患者は0.5ミリグラムを1日2回、5日間服用した。

At least 15 were hurt, four of them seriously.
최소 15명이 다쳤고 이 중 4명은 중상이다.
少なくとも15人が負傷し、うち4人は重傷。

The 1,200-page report took three years.
1200쪽짜리 보고서에는 3년이 걸렸다.
1200ページの報告書には3年かかった。

The law covers firms with 50 or more employees.
이 법은 직원 50인 이상 기업에 적용된다.
この法律は従業員50人以上の企業が対象。

The couple met on 11 November 2001.
두 사람은 2001년 11월 11일 만났다.
2人は2001年11月11日に出会った。

Water levels rose by 1.8m in 24 hours.
수위는 하루 만에 1.8m 높아졌다.
水位は24時間で1.8メートル上昇した。

Japan's first win in 14 years came on the 18th hole.
일본의 14년 만의 우승은 18번 홀에서 결정됐다.
日本の14年ぶりの優勝は18番ホールで決まった。

The 25 billion pound plan includes 40 hospitals.
250억 파운드 규모의 계획에는 병원 40곳이 포함된다.
250億ポンドの計画には40の病院が含まれる。

Europe led the United States 10-6 going into Sunday's 12 singles matches.
유럽은 일요일 12개의 싱글 매치를 앞두고 미국에 10대 6으로 앞섰다.
欧州は米国を10―6でリードして日曜の12のシングルスマッチに臨んだ。

The Spaniard birdied three of the last four holes for a five-under-par 66.
스페인 선수는 마지막 4개 홀에서 버디 3개를 잡아 5언더파 66타를 쳤다.
このスペイン人選手は最後の4ホールで3つのバーディーを奪い、5アンダーの66で回った。

He came off the bench in the 73rd minute and equalised with a 25-yard strike.
그는 후반 28분 교체 투입돼 25야드 중거리 슛으로 동점골을 넣었다.
彼は73分に途中出場し、25ヤードのシュートで同点とした。

The show averaged 4.7 million viewers at 9pm on BBC One.
이 프로그램은 BBC1에서 오후 9시에 방영돼 평균 470만 명이 시청했다.
番組はBBC1で午後9時から放送され、平均視聴者数は470万人だった。

Facebook said nearly 50 million accounts were affected.
페이스북은 약 5000만 개의 계정이 영향을 받았다고 밝혔다.
フェイスブックは約5000万件のアカウントに影響が出たと発表した。

The 7.5-magnitude quake triggered waves of up to six metres (20ft).
규모 7.5의 지진으로 최고 6m 높이의 쓰나미가 일었다.
マグニチュード7.5の地震により、最大6メートルの津波が発生した。

A 33-year-old woman has been charged with murder after the attack at 02:15 BST on Saturday.
토요일 오전 2시 15분(BST)에 발생한 공격으로 33세 여성이 살인 혐의로 기소됐다.
土曜日の午前2時15分(英国夏時間)に起きた襲撃で、33歳の女が殺人罪で起訴された。

The Senate committee voted 11-10 along party lines.
상원 위원회는 당론에 따라 11대 10으로 가결했다.
上院委員会は党派に沿って11対10で可決した。

She told the panel the assault took place in the summer of 1982, when she was 15.
그는 15살이던 1982년 여름에 폭행을 당했다고 말했다.
彼女は15歳だった1982年の夏に暴行を受けたと述べた。

Two of the four suspects, both in their thirties, were released on Monday night.
용의자 4명 중 30대 2명은 월요일 밤 풀려났다.
容疑者4人のうち30代の2人は月曜の夜に釈放された。

The fine of $20m is less than 1% of the firm's value.
벌금 2천만 달러는 회사 가치의 1%에도 못 미친다.
2000万ドルの罰金は企業価値の1%に満たない。

The Tories are on 39 percent, two points ahead of Labour.
보수당의 지지율은 39%로 노동당을 2%포인트 앞섰다.
保守党の支持率は39%で、労働党を2ポイント上回った。

Hundreds of thousands of people marched through the city centre.
수십만 명이 도심을 행진했다.
数十万人が市中心部を行進した。

The firm will pay each worker £1,000 over the next 12 months.
회사는 앞으로 1년간 직원 1인당 1000파운드를 지급한다.
同社は今後1年間で従業員1人につき1千ポンドを支払う。

Snow is expected above 2,500 feet, with gusts of 60 mph.
해발 2500피트 이상에는 눈이 내리고 시속 60마일의 돌풍이 예상된다.
標高2500フィート以上では雪が降り、時速60マイルの突風が予想される。

Rosa will bring 2 to 4 inches of rain to Arizona by Wednesday.
로사는 수요일까지 애리조나에 2~4인치의 비를 뿌릴 것이다.
「ローザ」は水曜日までにアリゾナ州に2〜4インチの雨をもたらす見込み。

A pair of size-nine boots sold for 150 dollars on eBay.
9사이즈 부츠 한 켤레가 이베이에서 150달러에 팔렸다.
サイズ9のブーツ1足がイーベイで150ドルで売れた。

At 5ft 7in, he is the shortest player in the team.
5피트 7인치의 그는 팀에서 가장 키가 작다.
5フィート7インチの彼はチームで最も背が低い。

The premiere of season eight airs on Sept. 30 at 8 p.m. on CBS.
시즌 8의 첫 회는 9월 30일 오후 8시 CBS에서 방영된다.
シーズン8の初回は9月30日午後8時にCBSで放送される。

The union represents 1.4 million public-sector workers.
이 노조에는 공공부문 노동자 140만 명이 가입해 있다.
この組合には公共部門の労働者140万人が加盟している。

Dozens of homes were evacuated when a second world war bomb was found.
2차 세계대전 당시 폭탄이 발견돼 수십 가구가 대피했다.
第二次世界大戦の爆弾が見つかり、数十世帯が避難した。

The Lakers lost by a single point, 103-102, in overtime.
레이커스는 연장전에서 103-102로 1점 차 패배를 당했다.
レイカーズは延長戦の末、103対102の1点差で敗れた。

The album went to number one in 25 countries within 24 hours.
이 앨범은 24시간 만에 25개국에서 1위에 올랐다.
アルバムは24時間で25カ国の1位になった。

It is half the size of the original and weighs 1.2kg.
원래 크기의 절반이며 무게는 1.2kg이다.
元の大きさの半分で、重さは1.2キロ。

The 9/11 memorial received 3.2 million visitors last year.
9·11 추모관에는 지난해 320만 명이 다녀갔다.
9・11記念館には昨年、320万人が訪れた。

The two-time champion is seeking a third straight title.
두 차례 챔피언에 오른 그는 3연패에 도전한다.
2度の優勝を誇る同選手は3連覇を狙う。

Between 1939 and 1945 about six million Jews were murdered.
1939년부터 1945년까지 유대인 약 600만 명이 학살됐다.
1939年から1945年の間に約600万人のユダヤ人が殺害された。

A one-bedroom flat costs £1,250 a month, a quarter more than in 2016.
침실 1개짜리 아파트의 월세는 1250파운드로 2016년보다 25% 올랐다.
1ベッドルームのアパートは月1250ポンドで、2016年より25%高い。

The prime minister will meet the 27 EU leaders on 17-18 October.
총리는 10월 17~18일 27개 EU 정상들과 만난다.
首相は10月17、18日に27カ国のEU首脳と会談する。

The rover will spend two Martian years, about 687 Earth days each, on the planet.
탐사차는 한 해가 지구의 약 687일인 화성에서 두 해를 보낸다.
探査車は1年が地球の約687日に当たる火星で2年を過ごす。

More than a third of under-25s have never voted.
25세 미만의 3분의 1 이상이 투표해 본 적이 없다.
25歳未満の3分の1以上は投票したことがない。

Rents have quadrupled since the 1990s, to $2,000.
임대료는 1990년대 이후 4배로 뛰어 2000달러가 됐다.
家賃は1990年代から4倍の2千ドルになった。

The foundation was set up by his son 20 years ago with just five employees.
재단은 20년 전 그의 아들이 직원 다섯 명으로 설립했다.
財団は20年前に息子が職員わずか5人で設立した。

Ministry data released on the 11th showed exports down 10.1 percent in the first 10 days of the month.
11일 발표된 자료에 따르면 이달 1~10일 수출은 10.1% 감소했다.
11日発表の統計によると、今月1〜10日の輸出は10.1%減少した。

The KOSPI ended at 2,156.30, down 24.52 points, or 1.12%.
코스피는 24.52포인트(1.12%) 내린 2156.30에 장을 마쳤다.
KOSPIは24.52ポイント(1.12%)安の2156.30で終えた。

The won closed at 1,315.4 to the dollar.
원/달러 환율은 1315.4원에 마감했다.
ウォンは1ドル=1315.4ウォンで終えた。

Samsung's operating profit for the third quarter was 10.85 trillion won, down 31.4 percent on year.
삼성전자의 3분기 영업이익은 지난해 같은 기간보다 31.4% 줄어든 10조8500억원이었다.
サムスン電子の第3四半期の営業利益は前年同期比31.4%減の10兆8500億ウォンだった。

The Gwangju uprising began on May 18, 1980.
5·18 민주화운동은 1980년에 시작됐다.
光州事件は1980年5月18日に始まった。

North Korea fired two short-range missiles at around 6:05 a.m.
북한은 오전 6시5분께 단거리 미사일 2발을 발사했다.
北朝鮮は午前6時5分ごろ、短距離ミサイル2発を発射した。

The average price of apartments in Seoul exceeded 1 billion won for the first time.
서울 아파트 평균 가격이 처음으로 10억원을 돌파했다.
ソウルのマンション平均価格が初めて10億ウォンを超えた。

The minimum wage will be 9,860 won an hour next year.
내년 최저임금은 시간당 9860원이다.
来年の最低賃金は時給9860ウォンになる。

The cabinet approved a 114 trillion yen budget.
내각은 114조엔 규모의 예산을 승인했다.
内閣は114兆円の予算案を決定した。

About 30% of respondents backed the cabinet, down 4 points from last month.
내각 지지율은 지난달보다 4%포인트 하락한 약 30%였다.
内閣支持率は先月より4ポイント下落し、約3割だった。

A man in his 40s and his 8-year-old daughter were found dead in Osaka.
오사카에서 40대 남성과 8세 딸이 숨진 채 발견됐다.
大阪で40代の男性と8歳の娘が死亡しているのが見つかった。

The Tokaido Shinkansen opened in October 1964, nine days before the Olympics.
도카이도 신칸센은 올림픽 개막 9일 전인 1964년 10월 개통했다.
東海道新幹線は1964年10月、五輪開幕の9日前に開業した。

The typhoon, with a central pressure of 950 hectopascals, is moving north at 20 kph.
중심기압 950hPa의 태풍은 시속 20km로 북상하고 있다.
中心気圧950ヘクトパスカルの台風は時速20キロで北上している。

Prosecutors demanded 15 years in prison and a fine of 3 million yen.
검찰은 징역 15년과 벌금 300만 엔을 구형했다.
検察側は懲役15年、罰金300万円を求刑した。

Shohei Ohtani hit his 40th homer in the bottom of the seventh.
오타니 쇼헤이는 7회말 시즌 40호 홈런을 쳤다.
大谷翔平は七回裏、40号本塁打を放った。

He struck out 11 and gave up two runs in 6 2/3 innings.
그는 6과 3분의 2이닝 동안 삼진 11개를 잡고 2실점했다.
6回3分の2を投げ、11三振を奪い2失点だった。

The zoo's twin pandas, born in June 2021, turned one.
2021년 6월에 태어난 쌍둥이 판다가 첫돌을 맞았다.
2021年6月に生まれた双子のパンダが1歳になった。

Land prices rose for a third consecutive year, by 2.8% in the three largest cities.
땅값은 3대 도시에서 2.8% 올라 3년 연속 상승했다.
地価は三大都市圏で2.8%上がり、3年連続で上昇した。

The suspect is said to have paid 1.5 million yen in cash for the used car.
용의자는 중고차값으로 현금 150만 엔을 낸 것으로 알려졌다.
容疑者は中古車の代金として現金150万円を支払ったという。

The Taliban took Kabul on Aug. 15, 2021, ending a 20-year war.
탈레반은 2021년 8월 15일 카불을 장악해 20년 전쟁을 끝냈다.
タリバンは2021年8月15日にカブールを制圧し、20年に及ぶ戦争が終わった。

The boy, 6, and his two sisters had been missing since Thursday evening.
6살 소년과 두 누나는 목요일 저녁부터 실종 상태였다.
6歳の少年と2人の姉は木曜の夜から行方不明だった。

Nine out of ten pupils passed, the highest rate since 2004.
학생 10명 중 9명이 합격해 2004년 이후 가장 높은 합격률을 보였다.
生徒の9割が合格し、2004年以来最高の合格率となった。

The bank expects rates to be cut by half a point to 3.75% by year-end.
은행은 연말까지 금리가 0.5%포인트 내린 3.75%가 될 것으로 예상한다.
同行は年末までに金利が0.5ポイント下がり3.75%になると予想する。

She has not been seen since 11.30am on Friday 28 September.
그는 9월 28일 금요일 오전 11시 30분 이후 목격되지 않았다.
彼女は9月28日金曜日の午前11時半以降、姿を見せていない。

The A320 was flying at 36,000 feet when it lost contact.
A320 여객기는 고도 3만6000피트에서 교신이 끊겼다.
エアバスA320は高度3万6千フィートで交信を絶った。

Nearly $1 trillion was wiped off the market in six weeks.
6주 만에 약 1조 달러의 시가총액이 사라졌다.
6週間で1兆ドル近い時価総額が失われた。

The 10 largest donors gave $1.3bn between them, up from $900m.
상위 10명의 기부자는 9억 달러에서 늘어난 13억 달러를 냈다.
上位10人の寄付額は計13億ドルで、9億ドルから増えた。

Theresa May will invoke Article 50 by the end of March.
테리사 메이 총리는 3월 말까지 리스본조약 50조를 발동할 예정이다.
メイ首相は3月末までにリスボン条約50条を発動する。

The retailer filed for Chapter 11 bankruptcy protection on Sept 15.
이 유통업체는 9월 15일 파산보호(챕터 11)를 신청했다.
同社は9月15日、連邦破産法11条の適用を申請した。

The first lady wore a jacket on 5th Avenue.
영부인은 5번가에서 재킷을 입었다.
大統領夫人は5番街でジャケットを着ていた。

A four-star general was asked three times.
4성 장군은 세 차례 질문을 받았다.
4つ星の将軍は3度質問を受けた。

He was charged with second-degree murder.
그는 2급 살인 혐의로 기소됐다.
彼は第2級殺人の罪で起訴された。

The 9th Circuit Court of Appeals ruled 2-1 on Monday.
제9 연방항소법원은 월요일 2대 1로 판결했다.
第9巡回区控訴裁判所は月曜日、2対1で判断した。

The Sun reported that one in three pubs had shut.
더선은 술집 세 곳 중 한 곳이 문을 닫았다고 보도했다.
サン紙は、パブの3軒に1軒が閉店したと報じた。

Everton reached the quarter-finals for the first time since 1995.
에버턴은 1995년 이후 처음으로 8강에 올랐다.
エバートンは1995年以来初めて準々決勝に進んだ。

France beat Croatia 4-2 in the final to win their second World Cup.
프랑스는 결승에서 크로아티아를 4-2로 꺾고 두 번째 월드컵 우승을 차지했다.
フランスは決勝でクロアチアを4-2で破り、2度目のW杯優勝を果たした。

Germany were knocked out in the last 16.
독일은 16강에서 탈락했다.
ドイツはベスト16で敗退した。

At half-time it was 0-0 and only 1,203 fans were there.
전반은 0-0이었고 관중은 1203명뿐이었다.
前半を終えて0-0で、観客は1203人だけだった。

The 6ft 4in forward, 24, signed a four-year contract worth £60,000 a week.
키 6피트 4인치의 24세 공격수는 주급 6만 파운드에 4년 계약을 맺었다.
身長6フィート4インチの24歳のフォワードは、週給6万ポンドで4年契約を結んだ。

The pilot was in his mid-20s and had 1,100 hours of flying time.
조종사는 20대 중반으로 비행시간은 1100시간이었다.
操縦士は20代半ばで、飛行時間は1100時間だった。

Nearly two dozen countries have joined; a couple more will follow.
24개국 가까이가 가입했고 두어 나라가 뒤따를 예정이다.
24カ国近くが加盟し、さらに2カ国が続く見通しだ。

It rained for 40 days, and tens of thousands of homes lost power.
40일간 비가 내려 수만 가구가 정전됐다.
40日間雨が降り、数万世帯が停電した。

The suspect bought 2kg of fertiliser for $19.99 in the car park of a 7-Eleven.
용의자는 세븐일레븐 주차장에서 비료 2kg을 19.99달러에 샀다.
容疑者はセブン-イレブンの駐車場で肥料2キロを19.99ドルで買った。

Temperatures will range from 28 to 33 degrees Celsius.
기온은 섭씨 28~33도가 되겠다.
気温は28〜33度になる見込み。

The bill was passed 52-48 at 1.20am after a nine-hour debate.
법안은 9시간의 토론 끝에 오전 1시 20분 52대 48로 통과됐다.
法案は9時間の審議の末、午前1時20分に52対48で可決された。

A one-year-old boy and a woman aged 92 were among the dead.
사망자 중에는 한 살배기 남자아이와 92세 여성도 있었다.
死者の中には1歳の男児と92歳の女性も含まれていた。

The two sides will hold a third round of talks on the 15th.
양측은 15일 3차 회담을 연다.
双方は15日に3回目の協議を行う。

The bus, carrying 46 passengers, fell into a 200m-deep ravine at around 11pm.
승객 46명을 태운 버스가 밤 11시께 깊이 200m의 협곡으로 추락했다.
乗客46人を乗せたバスが午後11時ごろ、深さ200メートルの谷に転落した。

The singer's 1971 hit has been streamed more than a billion times.
이 가수의 1971년 히트곡은 10억 회 넘게 재생됐다.
この歌手の1971年のヒット曲は10億回以上再生されている。

The Commons voted by 391 to 242 against the deal on 12 March.
하원은 3월 12일 찬성 242표, 반대 391표로 합의안을 부결했다.
下院は3月12日、賛成242、反対391で協定案を否決した。

Sales were down 8.5% to 2.1m vehicles in the six months to June.
6월까지 6개월간 판매량은 8.5% 줄어든 210만 대였다.
6月までの半年間の販売台数は8.5%減の210万台だった。

One pound is now worth $1.30, the lowest since August 2017.
파운드는 1.30달러로 2017년 8월 이후 최저치다.
1ポンド=1.30ドルと2017年8月以来の安値となった。

The company, valued at $62bn, plans to hire 3,000 more engineers by 2025.
기업가치 620억 달러의 이 회사는 2025년까지 엔지니어 3천 명을 더 뽑을 계획이다.
企業価値620億ドルの同社は2025年までに技術者をさらに3千人採用する計画だ。

In 2017 alone, 72,000 Americans died of overdoses, about 200 a day.
2017년 한 해에만 미국인 7만2000명, 하루 약 200명이 약물 과다복용으로 숨졌다.
2017年だけで7万2千人、1日当たり約200人の米国人が薬物の過剰摂取で死亡した。

He spent 27 years in jail, 18 of them on Robben Island.
그는 27년간 수감됐고 그중 18년을 로벤섬에서 보냈다.
彼は27年間投獄され、うち18年をロベン島で過ごした。

The island, 3.5 times the size of Manhattan, has 1,500 residents.
맨해튼의 3.5배 크기인 이 섬에는 주민 1500명이 산다.
マンハッタンの3.5倍の広さの島には1500人が暮らす。

The 2,700-year-old tablet was found in the 1850s.
2700년 된 이 점토판은 1850년대에 발견됐다.
2700年前の粘土板は1850年代に発見された。

The museum attracts 10 million visitors a year, three-quarters of them from abroad.
박물관에는 연간 1000만 명이 찾으며 4분의 3은 외국인이다.
博物館には年間1000万人が訪れ、その4分の3は外国人だ。

Prices have more than tripled, from 1,200 won to 3,900 won.
가격은 1200원에서 3900원으로 3배 넘게 올랐다.
価格は1200ウォンから3900ウォンへと3倍以上になった。

She called 911 at 7.42 a.m., and officers arrived three minutes later.
그가 오전 7시 42분 911에 신고하자 경찰이 3분 뒤 도착했다.
彼女が午前7時42分に911番に通報し、警官は3分後に到着した。

From Monday, trains will run every 15 minutes instead of every half an hour.
월요일부터 열차가 30분 간격에서 15분 간격으로 운행된다.
月曜日から列車は30分おきではなく15分おきに運行される。

The Fed chair said there was a 50-50 chance.
연준 의장은 가능성이 반반이라고 말했다.
FRB議長は可能性は五分五分だと述べた。

It was the 22nd mass shooting of the year and the deadliest since Feb. 14.
올해 22번째 총기 난사이자 2월 14일 이후 최악의 사건이다.
今年22件目の銃乱射で、2月14日以来最悪の事件となった。

A 19-year-old, armed with an AR-15, killed 17 people at the school.
AR-15로 무장한 19세 남성이 학교에서 17명을 살해했다.
AR15で武装した19歳の男が学校で17人を殺害した。

Under the plan, 16 and 17-year-olds will get the vote.
이 안에 따르면 16·17세에게 투표권이 주어진다.
この案では16、17歳にも選挙権が与えられる。

China's GDP grew 6.5% in Q3, the slowest pace since early 2009.
중국의 3분기 GDP는 6.5% 성장해 2009년 초 이후 가장 낮은 증가율을 보였다.
中国の第3四半期のGDPは6.5%増と、2009年初め以来の低い伸びだった。

The pop star's 10-date tour sold 600,000 tickets within an hour.
10회 공연의 표 60만 장이 1시간 만에 팔렸다.
10公演のチケット60万枚が1時間で完売した。

The committee, set up in the aftermath of World War I, met 12 times.
제1차 세계대전 직후 설치된 위원회는 12차례 열렸다.
第1次世界大戦後に設置された委員会は12回開かれた。

He owes the bank 2.5 billion baht, roughly $77 million.
그는 은행에 25억 바트(약 7700만 달러)를 빚지고 있다.
彼は銀行に25億バーツ(約7700万ドル)の負債がある。

The match between the world numbers one and two lasted four hours 37 minutes.
세계 1위와 2위의 경기는 4시간 37분간 이어졌다.
世界1位と2位の試合は4時間37分に及んだ。

Children under the age of five get in free; everyone else pays ¥1,500.
5세 미만은 무료, 나머지는 1500엔을 낸다.
5歳未満は無料、それ以外は1500円。

The Met Office issued a yellow warning from 3pm on Tuesday until 9am on Wednesday.
기상청은 화요일 오후 3시부터 수요일 오전 9시까지 황색 경보를 내렸다.
気象庁は火曜日の午後3時から水曜日の午前9時まで黄色警報を出した。

South Korea's exports rose for a seventh straight month in April, gaining 13.8 percent to $56.3 billion.
4월 수출이 13.8% 증가한 563억달러로 7개월 연속 상승세를 이어갔다.
韓国の4月の輸出は13.8%増の563億ドルとなり、7カ月連続で増加した。

Police said a 5-ton truck rear-ended four cars at about 2:40 p.m., killing two and injuring seven.
경찰에 따르면 오후 2시 40분쯤 5t 트럭이 승용차 4대를 들이받아 2명이 숨지고 7명이 다쳤다.
警察によると、午後2時40分ごろ、5トントラックが乗用車4台に追突し、2人が死亡、7人がけがをした。

The Constitutional Court ruled 8-0 to remove the president.
헌법재판소는 재판관 8명 전원일치로 대통령을 파면했다.
憲法裁判所は裁判官8人の全員一致で大統領の罷免を決めた。

The total fertility rate fell to 0.72 last year, the lowest since data were first compiled in 1970.
지난해 합계출산율은 0.72명으로 1970년 통계 작성 이래 최저였다.
昨年の合計特殊出生率は0.72で、統計を取り始めた1970年以降で最低だった。

The presidential election takes place on June 3, and early voting on May 29-30.
대통령 선거는 6월 3일, 사전투표는 5월 29∼30일 실시된다.
大統領選は6月3日、期日前投票は5月29、30日に行われる。

Kim, 58, a three-term lawmaker, won 52.7 percent of the vote.
3선의 김 의원(58)은 52.7%를 득표했다.
当選3回のキム議員(58)は52.7%を得票した。

The unification ministry said 15 balloons were found between 10 p.m. Tuesday and 5 a.m. Wednesday.
통일부는 화요일 오후 10시부터 수요일 오전 5시까지 풍선 15개가 발견됐다고 밝혔다.
統一省は火曜日の午後10時から水曜日の午前5時までに風船15個が見つかったと発表した。

The KTX line cut the travel time from 2 hours and 50 minutes to 1 hour and 40 minutes.
KTX 개통으로 이동 시간이 2시간50분에서 1시간40분으로 줄었다.
KTXの開業で所要時間は2時間50分から1時間40分に短縮された。

The panel will be made up of nine members: three each from the ruling party, the opposition and academia.
위원회는 여당, 야당, 학계 각 3명씩 총 9명으로 구성된다.
委員会は与党、野党、学界から各3人、計9人で構成される。

Hyundai sold 352,000 units, down 1.7 percent from a year earlier.
현대차는 지난해 같은 달보다 1.7% 감소한 35만2천대를 팔았다.
現代自は前年同月比1.7%減の35万2000台を販売した。

The Bank of Japan kept its short-term rate at 0.5% in an 8-1 vote.
일본은행은 8대 1로 단기금리를 0.5%로 동결했다.
日銀は8対1で短期金利を0.5%に据え置いた。

The dollar fetched 156.40-42 yen at 5 p.m. in Tokyo.
오후 5시 도쿄 외환시장에서 달러는 156.40∼42엔에 거래됐다.
東京市場の午後5時時点で1ドル=156円40〜42銭だった。

A magnitude 5.8 quake hit off Chiba at 4:35 a.m., measuring lower 5 on the Japanese scale.
오전 4시35분 지바현 앞바다에서 규모 5.8의 지진이 나 진도 5약이 관측됐다.
午前4時35分ごろ、千葉県沖でマグニチュード5.8の地震があり、震度5弱を観測した。

Of the 465 lower house seats, the LDP won 191 and Komeito 24.
중의원 465석 가운데 자민당은 191석, 공명당은 24석을 얻었다.
衆院の定数465のうち、自民党は191議席、公明党は24議席を獲得した。

The company will lay off 20,000 workers, about 15% of its global workforce, by fiscal 2027.
회사는 2027회계연도까지 전 세계 직원의 약 15%인 2만 명을 감원한다.
同社は2027年度までに世界の従業員の約15%に当たる2万人を削減する。

Record rain of 120.5 mm an hour fell on the city by 1 p.m. on the 6th.
6일 오후 1시까지 시간당 120.5㎜의 기록적인 비가 내렸다.
6日午後1時までに1時間に120.5ミリの記録的な雨が降った。

Toyota's group net profit for the April-June period was 1.33 trillion yen.
도요타의 4∼6월 순이익은 1조3300억엔이었다.
トヨタの4〜6月期の純利益は1兆3300億円だった。

The Reiwa era began in 2019 after 31 years of Heisei.
31년간의 헤이세이가 끝나고 2019년 레이와 시대가 시작됐다.
31年間の平成が終わり、2019年に令和が始まった。

The 77-year-old defendant was acquitted in a retrial 58 years after the murders of four people.
77세 피고인은 4명이 살해된 지 58년 만에 재심에서 무죄를 선고받았다.
77歳の被告は、4人が殺害されてから58年を経て再審で無罪となった。

Nine in 10 municipalities, or 1,568, plan to raise fees.
지자체의 9할인 1568곳이 요금을 올릴 계획이다.
9割の1568自治体が料金を引き上げる計画だ。

Visitors from South Korea topped 8 million for the first time, at 8,817,800.
한국인 방문객은 881만7800명으로 처음으로 800만 명을 넘었다.
韓国からの訪日客は881万7800人で、初めて800万人を超えた。

He hit two homers and drove in five in an 11-4 win over the Giants on the 14th.
그는 14일 자이언츠전에서 홈런 2개로 5타점을 올려 11-4 승리를 이끌었다.
14日のジャイアンツ戦で2本塁打、5打点の活躍で11―4の勝利に貢献した。

The typhoon is expected to make landfall on Kyushu on Thursday morning with winds of 45 meters per second.
태풍은 목요일 오전 초속 45m의 바람을 동반하고 규슈에 상륙할 전망이다.
台風は木曜日の午前、風速45メートルで九州に上陸する見通しだ。

The 33-nation survey found that 2 percent of respondents ate insects, up from 0.5 percent five years ago.
33개국 조사에서 곤충을 먹는다는 응답은 5년 전 0.5%에서 2%로 늘었다.
33カ国の調査で、昆虫を食べると答えた人は5年前の0.5%から2%に増えた。

The gold medalist set an Olympic record of 243.2 points at the age of 16 years and 10 months.
금메달리스트는 만 16세 10개월의 나이로 올림픽 기록인 243.2점을 쐈다.
金メダリストは16歳10カ月で五輪記録の243.2点をマークした。

Its battery offers 450 km of range on a 20-minute charge.
배터리는 20분 충전으로 450㎞를 달릴 수 있다.
電池は20分の充電で450キロ走行できる。

On Dec. 3, 2024, martial law was declared at 10:27 p.m. and lifted about six hours later.
2024년 12월 3일 오후 10시 27분 계엄이 선포됐고 약 6시간 만에 해제됐다.
2024年12月3日午後10時27分に戒厳令が宣布され、約6時間後に解除された。

Four people in the same family, including a girl of 4, died when the two-story house burned down.
2층 주택이 전소돼 4살 여자아이를 포함한 일가족 4명이 숨졌다.
2階建て住宅が全焼し、4歳の女の子を含む家族4人が死亡した。

The agency raised its 2025 growth forecast by 0.1 point to 0.9 percent and its 2026 one to 1.6 percent.
기관은 2025년 성장률 전망치를 0.1%포인트 올린 0.9%로, 2026년은 1.6%로 조정했다.
同機関は2025年の成長率見通しを0.1ポイント引き上げて0.9%、26年を1.6%とした。

Rice prices fell below 4,000 yen per 5 kilograms for the first time in three months.
쌀값은 3개월 만에 5㎏당 4000엔 아래로 떨어졌다.
コメの価格は3カ月ぶりに5キロ4000円を下回った。
""".strip().split("\n\n")
)
"""(English, Korean, Japanese)."""

PHRASES = tuple(
    tuple(row.split("|"))
    for row in """
half a million|50만|50万
1.2bn|12억|12億
$3.4m|340만 달러|340万ドル
¥500|500엔|500円
12,345|1만2345|1万2345
12,345|12,345|１２，３４５
2.25 billion|22 억 5 천만|22億5千万
15,000|1 만 5 천|1 万 5 千
340 million|3억4천만|3億4千万
3.5 trillion yen|3조5000억엔|3兆5000億円
400|4백|四百
23|23|二十三
30%|3할|三割
15 per cent|1할5푼|1割5分
40 percent|40퍼센트|40パーセント
40 pct|40프로|４０％
0.9 percentage points|0.9%p|0.9ポイント
half past five|5시 반|5時半
5.30pm|오후 5시 30분|午後5時半
17:30|17시30분|17時30分
noon|정오|正午
midnight|자정|午前0時
12.30pm|낮 12시 30분|午後0時30分
5 o'clock|5시|5時
6am|오전 6시|朝6時
June|6월|6月
Jan. 5|1월 5일|1月5日
5th of May|5월 5일|5月5日
May 5th, 2019|2019년 5월 5일|2019年5月5日
5/5/2019|2019.5.5|2019/5/5
2019-05-05|2019년 5월 5일|令和元年5月5日
1980s|1980년대|80年代
the '80s|80년대|1980年代
a decade|10년|10年
two decades|20년|20年
21st century|21세기|21世紀
half a century|50년|半世紀
a teenager|10대|10代
in their 20s|20대|20代
in his thirties|30대|30代
in '63|63년|1963年
10-6|10대 6|10対6
twice|2배|2倍
doubled|두 배로|倍増
tripled|3배|3倍
one and a half|1.5배|1.5倍
47-year-old|47세|47歳
aged 47|47살|(47)
first|첫|初の
the third|세 번째|3番目
No. 1|제1|第1
three people|3명|3人
two people|두 명|2人
three|셋|三つ
once|한 번|1度
twice|두 번|2回
five times|다섯 차례|5回
a dozen|12개|12個
World War II|2차 세계대전|第二次世界大戦
F-16|F-16|F16
G7|주요 7개국(G7)|主要7カ国(G7)
COVID-19|코로나19|新型コロナ
iPhone 11|아이폰11|アイフォーン11
two-thirds|3분의 2|3分の2
a third|3분의 1|三分の一
1/3|3분의 1|3分の1
three-quarters|75%|4分の3
a quarter|4분의 1|4分の1
10-15|10~15|10〜15
20,000-30,000|2만~3만|2万〜3万
2-3 million|200만~300만|200万〜300万
Sept 11|9·11|9・11
2018-19|2018-19|2018〜19
2018/19 season|2018-2019시즌|2018-19シーズン
Q1|1분기|第1四半期
the fourth quarter|4분기|第4四半期
1:23.45|1분23초45|1分23秒45
2:1|2대1|2対1
Monday|월요일|月曜日
Monday|(월)|（月）
Tuesday and Thursday|화·목요일|火・木曜
Monday to Friday|월~금요일|月〜金曜
6 and 7 June|6월 6·7일|6月6、7日
June and July|6·7월|6、7月
90 minutes|1시간 30분|1時間半
18 months|1년 6개월|1年半
two and a half years|2년 반|2年6か月
six months|반년|半年
24 hours|하루|24時間
48 hours|이틀|2日
a fortnight|2주|2週間
10 days|열흘|10日
a week|일주일|1週間
7,000-ton|7천t급|7000トン級
100 km/h|시속 100km|時速100キロ
1.8m|1m80cm|1メートル80センチ
5ft 7in|5피트 7인치|5フィート7インチ
zero|0|ゼロ
nil-nil|0-0|0対0
semi-final|4강|準決勝
round of 16|16강|ベスト16
15-year-olds|15세|15歳
tens of thousands|수만|数万
hundreds of millions|수억|数億
one in five|5명 중 1명|5人に1人
four in ten|40%|4割
25 basis points|0.25%포인트|0.25ポイント
the 1990s|90년대|1990年代
20th-century|20세기|20世紀
£5.50|5.50파운드|5.50ポンド
50p|50펜스|50ペンス
1,000 won|천 원|千ウォン
30C|섭씨 30도|30度
a hundred|100|百
two hundred and fifty|250|250
nineteen|19|十九
thirty-three|서른셋|三十三
twenty-one|21|二十一
billion|10억|10億
Reiwa 5|레이와 5년|令和5年
100th|100번째|100回目
1-0|1-0|1―0
14.5 million|1450만|1450万
US$1tn|1조 달러|1兆ドル
9 a.m.-6 p.m.|오전 9시~오후 6시|午前9時〜午後6時
from 6 to 8pm|오후 6~8시|午後6〜8時
.350|3할5푼|3割5分
8-year|8년|8年
Boeing 737-800|보잉 737-800|ボーイング737-800
100m|1억|1億
10k|1만|1万
5.30pm|오후 5 시 30 분|午後 5 時 30 分
30 September|9 월 30 일|9 月 30 日
4 out of 10|4 할|4 割
500,000 visitors|50 만회|50 万回
$3.6bn|$3.6bn|$3.6bn
2018|2018 년|平成 30 年
£5m|£5m|500 万ポンド
10-6|10 : 6|10 対 6
12,000|12,000|１２，０００
40%|40 ％|４０パーセント
1.2 million dollars|120 만 달러|120 万ドル
a mile and a half|1.5마일|1.5マイル
three hours and a half|3시간 반|3時間半
nineteen eighty-four|1984년|1984年
twenty nineteen|2019년|2019年
the 5ft 10in (1.78m) man|키 1.78m의 남성|身長1.78メートルの男性
6 1/2 innings|6.5이닝|6.5回
3-1/2 percent|3.5%|3.5%
at 7 tonight|오늘 밤 7시|今夜7時
7.30|7시 30분|7時半
one or two people|한두 명|1、2人
three or four times|서너 차례|3、4回
the two Koreas|남북|南北
the two companies|양사|両社
both leaders, the two men|양측|両首脳
twelve months|1년|1年間
four-wheel drive|사륜구동|四輪駆動
Year 12|12학년|12年生
""".strip().splitlines()
)
"""The same value in English, Korean and Japanese, one a row."""
