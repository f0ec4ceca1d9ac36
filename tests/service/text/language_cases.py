"""Headlines and short lines by language. Every third of a language was held out while the rules were written."""

HEADLINES = {
    "en": """
Brexit vote delayed
Trump says trade talks going well
Storm over, but the market stays closed
Oil prices slump
Live: England v Germany
PM resigns
Bitcoin hits $10,000
Ukraine war: Kyiv under fire
Seoul shares open lower
Tokyo stocks close higher
Hong Kong protests: police fire tear gas
Johnson & Johnson recalls baby powder
BTS tops Billboard chart
Macron wins French election
Why is Venezuela in crisis?
Samsung unveils new Galaxy phone
Man charged with murder
Ten dead in Texas church shooting
Climate change: what next?
Learn more
Coronavirus latest
Nissan's Ghosn arrested
Boeing 737 Max grounded worldwide
Facebook fined £500,000
In pictures: Rio carnival
Obituary: Stephen Hawking
Kim Jong Un arrives in Hanoi
North Korea fires two missiles
Merkel to step down in 2021
Arsenal 2-1 Chelsea
Paris fashion week
Madrid derby ends goalless
Erdogan accuses Netanyahu
Results
World news
Five things to know today
Apple Inc.
Angela Merkel
South Korea
Uber IPO disappoints
""",
    "ko": """
文대통령 “日 수출규제 철회를”
OTT 동맹
삼성전자 4분기 영업이익 10조
美中 무역협상 타결
北, 미사일 2발 발사
[속보] 코스피 2000 붕괴
이재용 구속
BTS, 빌보드 1위
LG-SK 소송전
尹 "법대로"
與野 대치
KBS 뉴스
Apple, 신형 iPhone 공개
날씨
靑 "사실무근"
G7 정상회의 개막
[포토] 벚꽃
손흥민 2골…토트넘 승리
CJ ENM, 티빙 분사
日 아베 총리 사임
""",
    "ja": """
日銀総裁会見
ＮＴＴ、新会社を設立
トランプ氏、対中関税25％に
東京五輪延期
安倍首相辞任へ
株価続落
GDP速報値、年率2.1％増
北朝鮮、弾道ミサイル発射
大坂なおみ優勝
首相、衆院解散
天皇陛下即位
訃報
新型コロナ
米朝首脳会談
北海道地震
ソニー最高益
サッカー日本代表
台風19号上陸
JR東日本値上げ
AI活用広がる
参院選、与党過半数
円急騰
速報
USJ再開
逃亡犯条例改正案撤回
韓国大統領罷免
""",
    "fr": """
Le président Macron démissionne
Grève des transports : la mobilisation continue
Nouvelle victoire du PSG
Les prix augmentent en France
Mort de Jacques Chirac
Réforme des retraites
Incendie à Notre-Dame de Paris
Que sait-on de l'attaque ?
""",
    "es": """
El presidente anuncia nuevas medidas
Muere el papa Francisco
Elecciones en España: resultados
Nuevo récord de contagios
La economía crece un 2%
Sánchez convoca elecciones
Protestas en Chile dejan muertos
""",
    "de": """
Merkel tritt zurück
Die Regierung plant neue Steuern
Bayern gewinnt gegen Dortmund
Wetter in Deutschland
Zahl der Toten steigt
Warnung vor Unwetter
""",
    "zh": """
港口周一重新开放
他們說港口沒有問題
习近平会见美国总统
中国经济增长放缓
香港示威者与警方冲突
台灣總統選舉
美国总统访华
北京冬奥会开幕
疫苗接种人数超过十亿
""",
    "vi": """
Thủ tướng thăm Hàn Quốc
Giá xăng tăng mạnh
Việt Nam vô địch
""",
    "id": """
Presiden Jokowi bertemu Trump
Harga minyak dunia turun
Gempa bumi mengguncang Lombok
""",
    "pt": """
Presidente sanciona nova lei
Inflação sobe em março
""",
    "it": """
Il governo approva la manovra
Morto Maradona, aveva 60 anni
""",
    "ru": """
Путин выступил с посланием
""",
    "nl": """
Kabinet wil nieuwe regels voor het onderwijs
""",
}
