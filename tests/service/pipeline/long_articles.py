"""Live blogs of any length in English, Korean and Japanese, in which no sentence stands twice."""

from triwire.v1.article_pb2 import Article, Block, BlockKind

_HEADLINES = {
    "en": "Storm Ilse: the night on the Varrow coast",
    "ko": "태풍 일제, 바로 해안의 밤",  # Typhoon Ilse: the night on the Varrow coast
    "ja": "台風イルゼ　バロー海岸の夜",
}
# Who, what happened, what else, where; every combination is a sentence of its own.
_PARTS = {
    "en": """
The coastguard of Westmere
Firefighters in Port Ellis
The mayor of Kelby
Engineers of the northern railway
Doctors at Saltmarsh hospital
The owner of the Dunmoor bakery
Volunteers with three tractors
The harbour master, Petra Halloran,
Pupils of the boarding school
A fisherman from Brackley Vale
The regional power company

closed the road along the cliffs after the sea wall broke
brought forty people out of a flooded bus
counted eleven roofs on the beach
asked everybody to stay away from the lower bridge
reported the highest tide since 1953
found the missing ferry in the shelter of the island
put beds for two hundred people into the sports hall
switched off the current in four villages
warned that the second front would be the stronger one
lost contact with the lighthouse for an hour
carried sandbags to the old library
cancelled all trains to the capital until morning
thanked the neighbours who had opened their doors

gusts of {n} kilometres an hour were measured on the pier
about {n} households had neither light nor heating
the water in the market square stood {n} centimetres deep
a crew of {n} was still at work there at that time
the insurance office received {n} calls within the hour
nobody was hurt, although {n} windows broke
the night train waited with {n} passengers in a tunnel

Old Mill
North Quay
Chapel Hill
Union Street
The cliffs
Market Square
River Lodge
""",
    "ko": """
웨스트미어 해경은
포트엘리스 소방대는
켈비 시장은
북부 철도 기술자들은
솔트마시 병원 의료진은
던무어 빵집 주인은
트랙터를 몰고 온 자원봉사자들은
페트라 홀로런 항만장은
기숙학교 학생들은
브래클리베일의 한 어부는
지역 전력회사는

방파제가 무너지자 해안 도로를 막았다
물에 잠긴 버스에서 승객 마흔 명을 구했다
해변에 떨어진 지붕 열한 개를 확인했다
아래쪽 다리에 가까이 가지 말라고 당부했다
1953년 이후 가장 높은 조수를 기록했다고 전했다
실종된 여객선을 섬 뒤편에서 찾아냈다
체육관에 이백 명이 쓸 침대를 들여놓았다
마을 네 곳의 전기를 끊었다
두 번째 전선이 더 강할 것이라고 경고했다
등대와 한 시간 동안 연락이 끊겼다
옛 도서관으로 모래주머니를 날랐다
수도행 열차를 아침까지 모두 취소했다
문을 열어 준 이웃들에게 고마움을 전했다

부두에서는 시속 {n}km의 돌풍이 관측됐다
약 {n}가구에 불과 난방이 끊겼다
시장 광장에는 물이 {n}cm까지 찼다
당시 현장에서는 대원 {n}명이 작업 중이었다
보험사에는 한 시간 동안 전화 {n}통이 걸려 왔다
창문 {n}장이 깨졌지만 다친 사람은 없었다
야간열차는 승객 {n}명을 태운 채 터널에서 기다렸다

옛 방앗간
북쪽 선착장
예배당 언덕
유니언가
해안 절벽
시장 광장
강변 숙소
""",
    "ja": """
ウェストミアの海上保安隊は
ポートエリスの消防隊は
ケルビーの市長は
北部鉄道の技術者たちは
ソルトマーシュ病院の医師らは
ダンムーアのパン屋の主人は
トラクターで来たボランティアは
ペトラ・ハロラン港長は
寄宿学校の生徒たちは
ブラックリーベールの漁師は
地域の電力会社は

護岸が崩れたため海沿いの道路を閉鎖した
水につかったバスから四十人を救い出した
浜辺に落ちた屋根を十一枚確認した
下流の橋に近づかないよう呼びかけた
1953年以来最も高い潮位を記録したと伝えた
行方不明のフェリーを島陰で見つけた
体育館に二百人分の寝台を運び込んだ
四つの村で送電を止めた
次の前線のほうが強いと警告した
灯台と一時間連絡が取れなくなった
古い図書館に土のうを運んだ
首都行きの列車を朝まですべて運休にした
戸を開けてくれた近所の人々に感謝した

桟橋では時速{n}キロの突風を観測した
約{n}世帯で明かりと暖房が止まった
市場の広場では水が{n}センチに達した
当時、現場では隊員{n}人が作業していた
保険会社には一時間で{n}件の電話があった
窓が{n}枚割れたが、けが人はなかった
夜行列車は乗客{n}人を乗せたままトンネルで待った

旧製粉所
北岸壁
礼拝堂の丘
ユニオン通り
海岸の崖
市場広場
川辺の宿
""",
}

_SENTENCE = {"en": "{place}: {who} {what}.", "ko": "{place}: {who} {what}.", "ja": "{place}：{who}{what}。"}
_SECOND = {"en": "Meanwhile {more}.", "ko": "그사이 {more}.", "ja": "その間、{more}。"}
_GLUE = {"en": " ", "ko": " ", "ja": ""}


def live_blog(language: str, num_characters: int) -> Article:
    """A headline, then entries of one block or two, the first of which starts with the time; the newest first."""
    who, what, more, places = (part.split("\n") for part in _PARTS[language].strip().split("\n\n"))
    blocks = [Block(block_id="h", kind=BlockKind.BLOCK_KIND_HEADLINE, text=_HEADLINES[language])]
    length, number = 0, 0
    while length < num_characters:
        # 11 by 13 pairs; then the same pairs come from another place.
        place = places[number // (len(who) * len(what)) % len(places)]
        first = _SENTENCE[language].format(place=place, who=who[number % len(who)], what=what[4 * number % len(what)])
        second = _SECOND[language].format(more=more[number % len(more)].format(n=103 + 7 * number))
        minute = 23 * 60 + 59 - 2 * number % (23 * 60)
        first = f"{minute // 60:02}:{minute % 60:02} {first}"
        texts = [first, second] if number % 3 == 0 else [_GLUE[language].join([first, second])]
        for part, text in enumerate(texts):
            kind = BlockKind.BLOCK_KIND_PARAGRAPH
            blocks.append(Block(block_id=f"e{number}{'ab'[part]}", kind=kind, text=text))
            length += len(text)
        number += 1
    return Article(language=language, blocks=blocks)
