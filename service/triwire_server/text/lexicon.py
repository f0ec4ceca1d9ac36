"""Words and patterns by which lines of a news page tell what they are, in English, Korean and Japanese.

Patterns match a whole visible line unless they say otherwise, and are tried on short lines only.
"""

import re

_EN_BOILERPLATE = r"""
advertisements?|ad|sponsored(?: content)?|promoted|paid (?:content|post)|
story continues below(?: advertisement)?|(?:article|story) continues (?:below|after).*|
scroll (?:down )?(?:to continue|for more).*|skip (?:past|to|ad).*|learn more|
(?:read|see|find out|show|load|view) (?:more|all|full (?:story|article)|comments)|get more with .*|
get (?:the )?(?:latest|best|top|full|our|your|all).*|sign (?:up|in|out)(?: .*)?|log (?:in|out)|
subscribe(?: .*)?|already a (?:subscriber|member).*|register(?: now| for .*)?|
join (?:us|now|the conversation).*|(?:our )?newsletters?|
.*\bnewsletter\b.*(?:inbox|sign|free|every|daily|weekly|subscribe|morning|evening).*|
.*(?:straight|delivered|direct|right) to your inbox.*|a personali[sz]ed news feed.*|
share(?: (?:this|on|via|the).*)?|tweet|post|pin(?: it)?|e-?mail|print|copy(?: link)?|link copied!?|
save(?: for later)?|saved|bookmark|comments?(?: \(\d+\))?|\d+ comments?|leave a comment|reply|like|
follow(?: us.*)?|facebook|twitter|x|whatsapp|linkedin|reddit|telegram|line|youtube|instagram|tiktok|
(?:©|\(c\)|copyright)\W.*|.*all rights reserved\.?|terms (?:of|and) .*|privacy policy|cookie.*|
(?:accept|manage|reject) (?:all )?cookies|we use cookies.*|
(?:most|more) (?:read|popular|viewed|shared|from|on|in|stories|like this).*|trending(?: now)?|
popular(?: now)?|
(?:you (?:may|might) (?:also )?(?:like|enjoy)|recommended(?: for you| stories| reading)?)\W*|
related(?: (?:articles?|stories|topics?|content|coverage|news))?\W*|(?:in this|next|previous) (?:article|story)\W*|
(?:don['’]t miss|editors?['’]s? picks?|up next|top stories|breaking news|live updates)\W*|
latest(?: news| stories| updates)?\W*|
home|menu|search|close|back to top|download (?:the|our) app.*|open in app|enable notifications.*|
listen(?: to this article.*)?|(?:play|watch) (?:video|now|live)|loading\W*|(?:topics|tags)\W*|
report (?:an error|a correction).*|help us improve.*|was this (?:article|page) helpful\??|
support (?:our|us|independent).*|donate(?: now)?|buy now|shop now|\d+ min(?:ute)?s? read|reading time.*|
continue reading\W*|view (?:gallery|photos|image.*)|expand|enlarge(?: image)?|gift this article.*
"""

_KO_BOILERPLATE = r"""
광고|ad|sponsored|본문 ?(?:바로가기|영역|듣기|내용|광고)|메뉴.{0,10}|로그인|회원 ?가입|
구독(?:하기|신청|중)?|.{0,20}(?:구독|좋아요)(?:하기|과|와|,).*|.{0,30}(?:뉴스레터|소식지).{0,40}|
공유(?:하기)?|카카오톡.{0,10}|페이스북.{0,10}|트위터.{0,10}|네이버.{0,20}|밴드|라인|인스타그램|유튜브|
(?:url|링크|기사) ?복사.{0,10}|인쇄(?:하기)?|프린트|스크랩(?:하기)?|글자 ?(?:크기|크게|작게).{0,20}|
가나다라마바사|댓글.{0,12}|좋아요.{0,10}|슬퍼요.{0,10}|화나요.{0,10}|추천.{0,6}|
(?:많이|가장 많이) 본.{0,15}|
(?:인기|추천|관련|최신|주요|이 ?시각|오늘의) ?(?:기사|뉴스|콘텐츠|영상|포토|검색어)?.{0,6}|더 ?보기|
자세히 ?보기|전체 ?보기|기사 ?더보기|.*무단 ?(?:전재|복제|배포).*|.*재배포 ?금지.*|.*all rights reserved.*|
(?:ⓒ|©|저작권자|copyright).*|.{0,20}기사 ?제보.{0,60}|제보(?:하기|는).{0,60}|▷ ?.*제보.*|이 기사를.{0,20}|
이 기사의.{0,20}|기자 ?페이지|(?:기사|뉴스) ?(?:듣기|요약|추천)|요약봇|맨 ?위로|위로|닫기|검색|이전 ?기사|
다음 ?기사|목록|앱(?:으로| )?.{0,15}|알림.{0,15}|번역.{0,6}|사진 ?(?:확대|크게).{0,6}|이미지 ?확대.{0,6}|
오류 ?신고.{0,10}|후원(?:하기)?.{0,10}|당신에게.{0,30}|.{0,15}맞춤.{0,20}(?:뉴스|기사|피드).{0,10}
"""

_JA_BOILERPLATE = r"""
広告|pr|\[pr\]|【pr】|スポンサー.{0,10}|ログイン|会員登録.{0,15}|無料会員.{0,20}|新規登録|購読.{0,20}|
.{0,20}(?:メルマガ|ニュースレター|メールマガジン).{0,40}|シェア(?:する)?|ツイート|ポスト|共有(?:する)?|
ブックマーク|保存(?:する)?|印刷(?:する)?|リンクを?コピー.{0,10}|コメント.{0,15}|いいね!?.{0,8}|
フォロー(?:する)?.{0,10}|フェイスブック|ツイッター|はてな.{0,10}|ライン|line(?:で送る)?|
(?:関連|おすすめ|人気|注目|最新|主要|あわせて読みたい|こちらも).{0,4}(?:記事|ニュース|リンク|動画|トピックス)?\W*|
アクセスランキング|ランキング|もっと(?:見る|読む)|続きを?(?:見る|読む).{0,10}|記事を読む|
全文(?:を読む|表示)|一覧(?:を見る|へ)?|.*会員限定.{0,30}|.*有料(?:会員|記事).{0,30}|残り\W*\d+文字.{0,20}|
.*無断(?:転載|複製).*|(?:©|ⓒ|copyright).*|.*all rights reserved.*|トップ(?:へ|ページ|に戻る)?|
ページ(?:の)?(?:先頭|トップ)へ?.{0,6}|メニュー|検索|閉じる|戻る|次の記事.{0,10}|前の記事.{0,10}|
拡大(?:する|表示)?|画像を?拡大.{0,6}|写真を?拡大.{0,6}|\d+枚(?:の写真)?|写真一覧|アプリ.{0,20}|通知.{0,15}|
文字サイズ.{0,10}|.{0,20}お届け(?:します|する).{0,15}|
.{0,10}あなた(?:に|へ)(?:おすすめ|合った|ぴったり).{0,20}|詳しく(?:見る|は).{0,12}|
この記事(?:は|を|に|の).{0,25}
"""


def _whole(pattern: str) -> re.Pattern[str]:
    joined = "".join(pattern.strip().splitlines())
    return re.compile(rf"\W{{0,3}}(?:{joined})\W{{0,3}}", re.IGNORECASE)


BOILERPLATE = tuple(_whole(pattern) for pattern in (_EN_BOILERPLATE, _KO_BOILERPLATE, _JA_BOILERPLATE))
"""Whole lines that no article holds."""

BYLINE = re.compile(
    r"(?:(?:additional |further )?(?:reporting|writing|editing|research)(?: and (?:writing|editing|"
    r"reporting))? by\b.{2,160}|"
    r"(?:by|from) (?:[A-Z][\w.'’-]{0,30}|and|in|for|the|of|[,&|/])(?: ?(?:[A-Z][\w.'’-]{0,30}|and|in|for|the|"
    r"of|[,&|/])){0,14}|"
    r"(?:with )?(?:agence france-presse|associated press|reuters|afp|kyodo|yonhap|bloomberg|press association)"
    r"(?:(?:,| and|/| &) ?(?:agence france-presse|associated press|reuters|afp|kyodo|yonhap|bloomberg|dpa)){0,4}|"
    r"[가-힣]{2,4} ?(?:[가-힣]{0,4}특파원|[가-힣]{0,4}기자|논설위원|앵커|"
    r"인턴기자)(?: ?[,·=/]? ?[가-힣]{2,4} ?(?:특파원|기자)){0,4}"
    r"(?: ?\(?[\w.+-]{1,40}@[\w.-]{3,60}\)?)?|"
    r"(?:취재|글|사진|영상|편집|정리|번역)(?:[·ㆍ,/ ]?(?:취재|글|사진|영상|편집|정리|번역)){0,3} ?[:=/] ?.{2,60}|"
    r"(?:추가 ?취재|공동 ?취재|취재 ?도움).{0,60}|"
    r"[\w.+-]{1,40}@[\w.-]{3,60}|"
    r"(?:【|［|"
    r"\[)?(?:[一-龥ぁ-んァ-ヶー・ 　]{2,20}(?:記者|特派員|支局長|編集委員|論説委員)"
    r"(?:[、・／/ ]?[一-龥]{2,8}記者){0,3})(?:】|］|\])?|"
    r"(?:文|取材|執筆|記者|取材・文|文・写真|構成)[:：／/＝=].{2,40}|"
    r"(?:取材協力|追加取材).{1,40}|[(（](?:共同|時事|共同通信|時事通信|ロイター|AFP時事|"
    r"AP)[^()（）]{0,30}[)）])[.。]?",
    re.IGNORECASE,
)
"""Whole lines that say who wrote. The one for "By ..." needs capitals, which `is_byline` checks."""

_BY_NAMES = re.compile(r"(?:by|from) ", re.IGNORECASE)
_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
).replace(" ", "|")
DATE_LINE = re.compile(
    r"(?:(?:published|updated|posted|last (?:updated|modified)|first published|modified|date)\b.{0,60}\d.{0,60}|"
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}},? )?(?:\d{{1,2}}(?:st|nd|rd|"
    rf"th)? (?:{_MONTHS})\.?,? \d{{4}}|(?:{_MONTHS})\.? \d{{1,2}},? \d{{4}})"
    r"(?:[,|·–-]? ?(?:at )?\d{1,2}[:.]\d{2}.{0,20})?|\d{4}[-./]\d{1,2}[-./]\d{1,2}.{0,30}|"
    r"\d{1,2}[:.]\d{2} ?(?:am|pm|gmt|jst|kst|bst|est)?|"
    r"(?:(?:기사)?(?:입력|수정|송고|등록|작성|게재|승인|최종)(?:시간|일시?|"
    r"일시)?[ :|]{0,3})?\d{4} ?[-./년] ?\d{1,2} ?[-./월] ?\d{1,2}.{0,60}|"
    r"(?:기사)?(?:입력|수정|송고|등록|승인).{0,8}\d.{0,50}|"
    r"(?:(?:公開|更新|配信|掲載|投稿)(?:日時?)?[:： ]{0,2})?\d{4}年\d{1,2}月\d{1,2}日.{0,40}|(?:公開|更新|配信|"
    r"掲載).{0,6}\d.{0,40})",
    re.IGNORECASE,
)
"""Whole lines that say when."""

_AGENCY = (
    r"(?:AP|AFP|EPA|EPA-EFE|Reuters|Getty Images|Kyodo|Xinhua|Yonhap|Bloomberg|Shutterstock|Handout|DPA|Jiji|PA|AAP|"
    r"연합뉴스|뉴시스|뉴스1|공동취재단|사진공동취재단|로이터|로이터통신|공동통신|共同|共同通信|時事|時事通信|"
    r"ロイター|聯合ニュース)"
)
CREDIT_AT_END = re.compile(
    r"(?:[\s.。]|(?<=[.。다)]))(?:(?P<en>(?:photo(?:graph|s)?|picture|image|credit|illustration|graphic|video|"
    r"source)s?"
    r"(?: by| credit)? ?[:：] ?(?P<en_name>[^:：]{1,60})|photograph(?:ed)? by (?P<by_name>[^:]{1,60}))|"
    r"(?P<ko>(?:사진|사진 ?제공|자료 ?사진|출처|그래픽|영상|제공) ?[=:／/|] ?(?P<ko_name>[^=:]{1,40}))|"
    r"(?P<ja>(?:写真|撮影|画像|提供|写真提供|出典|クレジット) ?[=＝:：／/] ?(?P<ja_name>[^=＝:：]{1,40})))$|"
    r"[(（\[［](?:photo|picture|image|credit|photo by|사진|写真|撮影|提供|사진제공|写真提供)? ?[=＝:：/／]? ?(?P<paren>"
    + _AGENCY
    + r"[^()（）]{0,40}|(?<=[=＝:：/／])[^()（）]{1,40}|[^()（）]{1,40}(?:/"
    + _AGENCY
    + r"|提供|撮影|제공))[)）\]］]$|"
    r"[/／] ?(?P<slash>(?:[가-힣A-Za-z ]{1,20}[ /=])?" + _AGENCY + r")$|"
    r"(?<=[.。]) ?[/／] ?(?P<after_stop>[^/／.。]{2,20})$|"
    r"[＝=](?P<circumstances>[^＝=。]{1,60}、)?(?P<equals>(?:[^＝=。、]{1,20}・)?"
    + _AGENCY
    + r"|[^＝=。、]{1,20}(?:撮影|提供))$|"
    r"(?<=[.。다]) (?P<given>[가-힣A-Za-z0-9]{1,20}(?: [가-힣A-Za-z0-9]{1,12}){0,2} ?제공)$|"
    r"[ 　。](?P<taken>[^ 　。＝=]{1,20}(?:記者)?撮影)$",
    re.IGNORECASE,
)
"""A credit at the end of a caption. Whichever named group matched holds whom the image is credited to."""

CREDIT_GROUPS = ("en_name", "by_name", "ko_name", "ja_name", "paren", "slash", "after_stop", "equals", "given", "taken")

CAPTION_START = re.compile(
    r"(?:▲|△|\[사진\]|【写真】|\[写真\]|（写真）|사진설명|\[그래픽\]|写真説明|Pictured:|File photo:)\s*"
)
"""Start of a caption without a credit."""

RELATED_START = re.compile(
    r"(?:(?:read (?:more|also|next)|see also|also read|also on [\w ]{2,20}|related(?: story)?|"
    r"more(?: on this)?|watch|in pictures|"
    r"opinion|explainer)\s{0,2}[:|>»→]|(?:▶|▷|☞|→|⇒|【관련기사】|\[관련 ?기사\]|관련 ?기사\s{0,2}[:：|>]|"
    r"【関連記事】|【関連】|関連記事\s{0,2}[:：]|"
    r"◆関連|⇒関連|あわせて読みたい\s{0,2}[:：]))\s*.{4,}",
    re.IGNORECASE,
)
"""Start of a line that leads to another story."""

BULLET = re.compile(r"[ \t\u00a0\u3000]{0,8}(?:[•‣◦▪●○■□◆◇–·ㆍ・*]|-(?=\s))[ \t\u00a0\u3000]{0,8}(?=\S)")
"""Mark of a list item at the start of a line. The middle dots need a space after them, which `bullet_end` checks."""

_WORDS_OF_SECTION_NAMES = """
news world uk us usa asia europe africa americas politics business economy economics markets finance
technology tech science health environment climate sport sports football culture arts entertainment opinion
comment lifestyle travel education society national local international diplomacy defence china japan korea
energy weather food
정치 경제 사회 국제 문화 스포츠 연예 과학 건강 교육 환경 지역 전국
오피니언 사설 칼럼 북한 세계 산업 금융 증권 부동산 외교 국방
政治 経済 社会 国際 文化
スポーツ 芸能 科学 医療 教育 環境 地域 社説 コラム 国内 海外 金融 産業 くらし 地方 主要 速報 オピニオン
"""
SECTION_NAMES = frozenset(_WORDS_OF_SECTION_NAMES.split())
"""Section names that need no repetition to be recognized."""


def is_boilerplate(line: str) -> bool:
    """Whether a visible line under 150 columns is a prompt, a label or a button of a page."""
    return any(pattern.fullmatch(line) for pattern in BOILERPLATE)


def is_byline(line: str) -> bool:
    """Whether a visible line says who wrote or contributed."""
    if not BYLINE.fullmatch(line):
        return False
    names = _BY_NAMES.match(line)
    if not names:
        return True
    # "By Kim Ha-eun and Park Ji-soo", not "From the start".
    return all(
        word[0].isupper() or word in ("and", "in", "for", "the", "of", "&") for word in line[names.end() :].split()
    )


def is_date_line(line: str) -> bool:
    """Whether a visible line is a date of publication and nothing else."""
    return len(line) < 120 and DATE_LINE.fullmatch(line) is not None


def bullet_end(line: str) -> int:
    """Characters that the list mark at the start of a line takes; 0 without one."""
    match = BULLET.match(line)
    if match is None:
        return 0
    mark = match.group().strip()
    has_space = match.group() != match.group().rstrip()
    return match.end() if has_space or mark in ("•", "‣", "▪", "●", "■", "◆") else 0


def split_credit(caption: str) -> tuple[int, str]:
    """(length of the caption without its credit, whom the image is credited to); (len(caption), "") if nobody is."""
    match = CREDIT_AT_END.search(caption, max(0, len(caption) - 120))
    if match is None:
        return len(caption), ""
    credit = next(match.group(name) for name in CREDIT_GROUPS if match.group(name))
    end = match.start()
    if match.group("circumstances"):
        end = match.end("circumstances") - 1  # "＝4日、駅前、本紙記者撮影": when and where stay with the caption
    if match.group()[0] in ".。":
        end += 1
    return len(caption[:end].rstrip(" \t\u00a0\u3000/／")), credit.strip(" .。")
