"""Lines that say who wrote, when, and what an image shows: bylines, dates, captions and their credits.

Patterns match a whole visible line unless they say otherwise.
"""

import re

_MAX_CAPTION_COLUMNS = 600
_MAX_UNCREDITED_COLUMNS = 240
_MAX_CREDIT_CHARACTERS = 120
_MAX_BYLINE_CHARACTERS = 300
_MIN_CREDITED_PARAGRAPH_COLUMNS = 70
_SURE_PARAGRAPH_COLUMNS = 240

_BYLINE = re.compile(
    r"(?:(?:additional |further )?(?:reporting|writing|editing|research)(?: and (?:writing|editing|"
    r"reporting))? by\b.{2,160}|"
    r"(?:by|from) [A-Z][\w.'’-]{0,30}(?:(?: |, ?| ?[&|/] ?)(?:[A-Z][\w.'’-]{0,30}|and|in|for|the|of)){0,14}|"
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

_MORE_BYLINES = (
    # "Olive Trent, Environment Correspondent"
    re.compile(
        r"(?:[A-Z][\w.'’-]{0,20} ){1,3}[A-Z][\w.'’-]{1,20}, (?:[A-Za-z&-]{2,20} ){0,4}"
        r"(?:[Cc]orrespondent|[Rr]eporter|[Ee]ditor|[Ww]riter|[Cc]olumnist|[Pp]roducer)(?: in [A-Z][\w ]{2,30})?"
    ),
    re.compile(
        r"(?:[Rr]eporting|[Ww]riting) (?:from|in) [A-Z].{2,60}|"
        r".{2,120}\bcontributed (?:reporting|to (?:this|the) (?:report|story|article|reporting))\b.{0,60}|"
        r"contributors?: .{2,80}|"
        r"(?:[A-Z][\w'’-]{1,24} ){1,4}reported from [A-Z].{2,80}|"
        r"(?:words|text|story|photos?|photography|pictures|illustrations?|interview) by [A-Z].{2,80}"
    ),
    re.compile(
        r"(?:글|사진|취재|정리|영상|그래픽|촬영)[·ㆍ,/ ]{0,2}(?:글|사진|취재|정리|영상)? ?[가-힣]{2,4} ?(?:선임|"
        r"인턴|전문|객원|여행|문화)?기자"
        r"(?:,? ?(?:글|사진|영상|그래픽)?[·ㆍ,/ =]{0,2}[가-힣]{2,4} ?(?:선임|인턴|전문|객원)?기자){0,4}.{0,40}|"
        r"(?:취재|촬영|촬영 ?기자|영상 ?취재|영상 ?편집|그래픽|자료 ?조사|화면 ?제공|편집|디자인|"
        r"뉴스 ?그래픽) ?[:：] ?[^.。]{2,80}|"
        r"[가-힣]{2,4} ?(?:선임|인턴|전문|객원|수습|문화|의학|여행|경제|정치|"
        r"사회)?기자 ?[(\[<]?[\w.+-]{1,40}@[\w.-]{3,60}[)\]>]?.{0,30}|"
        r"[가-힣]{2,8} ?= ?[가-힣]{2,4} ?(?:특파원|기자).{0,40}|"
        r"[가-힣]{2,4} ?(?:(?:소설가|시인|작가|평론가|변호사|교수|연구원|연구가|칼럼니스트|논설위원|편집장|대표기자)|"
        r"[가-힣]{2,10} ?(?:교수|연구가|연구원|평론가|대표|칼럼니스트|편집장|논설위원))"
    ),
    re.compile(
        r"【(?!写真|動画|速報|関連|図解|要旨|一問|解説|独自|詳報|社説|特集|連載|号外|訃報|更新|"
        r"追記)[一-龥々]{1,5}[ぁ-んァ-ヶ一-龥々ー]{1,6}】|"
        r"[(（\[［]?(?:聞き手|文|写真|構成|取材|撮影|編集|執筆|訳|聞き手・構成|取材・文)(?:[・、／/は:：＝]|"
        r"\s)[^。]{1,40}[)）\]］]?|"
        r"[(（][一-龥]{2,4}(?:通信)?[)）]|\[[一-龥ぁ-んァ-ヶー々]{2,10}[，,、][^\[\]。]{2,20}\]|"
        r"[一-龥ぁ-んァ-ヶー々]{2,10} ?(?:記者|特派員|支局長|編集委員|論説委員|編集長|"
        r"専門記者)(?:[（(][^()（）]{1,20}[)）])?"
    ),
)
"""More whole lines that say who wrote, by language; these are true to case."""

_PERSON = re.compile(r"[A-Z][\w'’.-]{1,24}(?: (?:[A-Z][\w'’.-]{0,24}|de|van|von|al|bin|and|&)){1,6}")
_JAPANESE_PERSON = re.compile(r"[一-龥々]{1,4}[ 　]?[一-龥々ぁ-んァ-ヶー]{1,5}")
_BY_NAMES = re.compile(r"(?:by|from) ", re.IGNORECASE)
_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
).replace(" ", "|")
_DATE_LINE = re.compile(
    r"(?:(?:published|updated|posted|last (?:updated|modified)|first published|modified|date)\b.{0,60}\d.{0,60}|"
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}},? )?(?:\d{{1,2}}(?:st|nd|rd|"
    rf"th)? (?:{_MONTHS})\.?,? \d{{4}}|(?:{_MONTHS})\.? \d{{1,2}},? \d{{4}})"
    r"(?:[,|·–-]{0,2} ?(?:at )?\d{1,2}[:.]\d{2}.{0,60})?|\d{4}[-./]\d{1,2}[-./]\d{1,2}.{0,30}|"
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
_CREDIT_AT_END = re.compile(
    r"(?:[\s.。]|(?<=[.。다)]))(?:(?P<en>(?:photo(?:graph|s)?|picture|image|credit|illustration|graphic|video|"
    r"source)s?"
    r"(?: by| credit)? ?[:：] ?(?P<en_name>[^:：]{1,60})|photograph(?:ed)? by (?P<by_name>[^:]{1,60}))|"
    r"(?P<ko>(?:사진|사진 ?제공|자료 ?사진|출처|그래픽|영상|제공) ?[=:／/|] ?(?P<ko_name>[^=:]{1,40}))|"
    r"(?P<ja>(?:写真|撮影|画像|提供|写真提供|出典|クレジット) ?[=＝:：／/] ?(?P<ja_name>[^=＝:：]{1,40})))$|"
    r"[(（\[［](?:photo|picture|image|credit|photo by|사진|写真|撮影|提供|사진제공|"
    r"写真提供)? ?[=＝:：/／]? ?(?P<paren>"
    + _AGENCY
    + r"[^()（）]{0,40}|(?<=[=＝:：/／])[^()（）]{1,40}|[^()（）]{1,40}(?:/"
    + _AGENCY
    + r"|提供|撮影|제공))[)）\]］]$|"
    r"[(（\[［](?P<names>(?:[A-Z][\w.'’-]{0,20} ){1,3}?[A-Z]?[\w.'’-]{0,20}/[^()（）/]{2,40}|"
    r"(?:photo|image|courtesy|provided|handout|submitted)(?: by| of| via|:)? [^()（）]{2,50})[)）\]］]\.?$|"
    r"\[(?P<square>[^\[\]]{0,30}(?:제공|연합뉴스|자료 ?사진|촬영|캡처)[^\[\]]{0,24})\]$|"
    r"(?<=[.)] )(?P<wire>[A-Z]{2,12}/[A-Z][\w.'’-]{0,20}(?: [A-Z][\w.'’-]{0,20}){0,3}"
    r"(?: Purchase Licensing Rights(?:, opens new tab)?)?)$|"
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

_CREDIT_GROUPS = (
    "en_name",
    "by_name",
    "ko_name",
    "ja_name",
    "paren",
    "names",
    "square",
    "wire",
    "slash",
    "after_stop",
    "equals",
    "given",
    "taken",
)

_CREDIT_LABEL = re.compile(r"(?:photo|photograph|사진|写真)\w*\s*[:：=＝]\s*", re.IGNORECASE)
_IMAGE_WORD = re.compile(
    r"photo|picture|image|graph|사진|写真|撮影|画像|제공|提供|credit|courtesy|handout|/[A-Z]", re.IGNORECASE
)
_CAPTION_START = re.compile(
    r"(?:▲|△|\[사진\]|【写真】|\[写真\]|（写真）|사진설명|사진 ?설명 ?[:=]|\[그래픽\]|\[(?:사진|그래픽|"
    r"자료)[^\[\]]{0,12}\]|写真説明|【写真説明】|"
    r"【(?:図|表|グラフ)】|Pictured:|File photo:|FILE ?[-–—] )\s*"
)
"""Start of a caption without a credit."""

_CLOCK_END = re.compile(r"(?:[ap]\.m\.|\bE\.?[SD]?\.?T\.|\d{4}\.|\d{1,2}\. ?\d{1,2}\.)$")
CAPTION_LABEL = re.compile(r"(?:image|media|video|photo) (?:caption|credit|source)[,:]?", re.IGNORECASE)
"""A line that says no more than that the next one describes an image, or is its credit."""

_IMAGE_LINE = re.compile(r"(?:image|media|video|photo) (?:source|caption|credit),? ?.{1,200}", re.IGNORECASE)
_CAPTION_END = re.compile(
    r"(?:있다|모습|장면|전경|사진|밝히고 있다)\.? ?(?:\(?(?:19|20)\d{2}[.\-/] ?\d{1,2}[.\-/] ?\d{1,2}\.?\)?|"
    r"자료 ?사진)$|"
    r"(?:있다|모습|장면|전경)\.? ?(?:[가-힣]{2,4} ?(?:선임|인턴|객원|전문)?기자)(?: ?[\w.+-]{1,40}@[\w.-]{3,60})?$|"
    r"[＝=][^＝=。]{0,30}(?:[\d０-９]{1,4}[年月日]|写真|資料|で|撮影|提供|より|画像)[^＝=。]{0,20}$|"
    r"[^。]（(?:[^（）]{0,16}[\d０-９]{1,2}日[^（）]{0,24}|[^（）]{0,20}(?:撮影|提供|資料写真|写真|"
    r"画像)[^（）]{0,10})）$|"
    r"(?:,|\bon|\bin) (?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?(?:Jan|Feb|March|April|May|June|July|Aug|"
    r"Sept?|Oct|Nov|Dec)"
    r"[a-z]{0,6}\.? \d{1,2}, \d{4}\.$"
)
_SHOWS_SCENE = re.compile(
    r"\b(?:pictured|file photo|file picture|poses?|stands?|walks?|looks?|holds?|sits?|wears?|arrives?|attends?|"
    r"gestures?|speaks?|waves?)\b"
)
_REPORTED = re.compile(r"(?:[했였됐났졌혔렸쳤왔갔]다|이다|한다|된다|없다)[.”\"]{1,2} ?$|。[」』]?$")


def is_byline(line: str) -> bool:
    """Whether a short visible line says who wrote or contributed."""
    if len(line) > _MAX_BYLINE_CHARACTERS:
        return False
    if any(pattern.fullmatch(line) for pattern in _MORE_BYLINES):
        return True
    if not _BYLINE.fullmatch(line):
        return False
    names = _BY_NAMES.match(line)
    if not names:
        return True
    # "By Kim Ha-eun and Park Ji-soo", not "From the start".
    return all(
        word[0].isupper() or word in ("and", "in", "for", "the", "of", "&", "de", "van", "von", "al", ",", "|", "/")
        for word in line[names.end() :].split()
    )


def is_person(line: str) -> bool:
    """Whether a visible line could be a person's name and nothing else: only its place tells whether it is a byline."""
    if len(line) > 60:
        return False
    return _PERSON.fullmatch(line) is not None or _JAPANESE_PERSON.fullmatch(line) is not None


def is_date_line(line: str) -> bool:
    """Whether a short visible line is a date of publication and nothing else."""
    if len(line) >= _MAX_CREDIT_CHARACTERS or _DATE_LINE.fullmatch(line) is None:
        return False
    # "2026年4月1日、橋が開通した。" (the bridge opened) and "Published in 1962, the novel ..." are sentences.
    return not (line[-1] in "。.다" and len(line) > 24 and not _CLOCK_END.search(line))


def is_caption(line: str, columns: int) -> bool:
    """Whether a visible line of that width describes an image: by its start, its credit or how it ends."""
    if _CAPTION_START.match(line) or _IMAGE_LINE.fullmatch(line[:300]):
        return True
    if columns > _MAX_CAPTION_COLUMNS:
        return False
    length, credit = split_credit(line)
    if credit:
        return not _is_credited_paragraph(line, length, columns)
    end = _CAPTION_END.search(line, max(0, len(line) - _MAX_CREDIT_CHARACTERS))
    if end is None or columns > _MAX_UNCREDITED_COLUMNS:
        return False
    return end.group()[-1] != "." or not end.group().isascii() or _SHOWS_SCENE.search(line) is not None


def _is_credited_paragraph(line: str, length: int, columns: int) -> bool:
    """Whether a line whose credit begins after `length` characters is the last paragraph of an agency's report.

    "…と述べた。（共同）" (..., he said. (Kyodo)) is text; captions in Korean and Japanese have no verb of reporting
    before the credit, and say whose photograph it is.
    """
    if columns < _MIN_CREDITED_PARAGRAPH_COLUMNS or _IMAGE_WORD.search(line, length):
        return False
    if _REPORTED.search(line[max(0, length - 12) : length]):
        return True
    return columns >= _SURE_PARAGRAPH_COLUMNS and line[length - 1 : length] in '.”"' and line[-1] in ")）"


def split_credit(caption: str) -> tuple[int, str]:
    """(length of the caption without its credit, whom the image is credited to); (len(caption), "") if nobody is."""
    match = _CREDIT_AT_END.search(caption, max(0, len(caption) - _MAX_CREDIT_CHARACTERS))
    if match is None:
        return len(caption), ""
    credit = next(match.group(name) for name in _CREDIT_GROUPS if match.group(name))
    end = match.start()
    if match.group("circumstances"):
        end = match.end("circumstances") - 1  # "＝4日、駅前、本紙記者撮影": when and where stay with the caption
    if match.group()[0] in ".。":
        end += 1
    return len(caption[:end].rstrip(" \t\u00a0\u3000/／")), credit.strip(" .。")


def without_label(credit: str) -> str:
    """A credit that stands alone without the word before it: "Photo: Ada Moreau"."""
    label = _CREDIT_LABEL.match(credit)
    return credit[label.end() :] if label else credit
