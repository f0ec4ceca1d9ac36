"""The answer of a chat model without what it says about the answer, in English, Korean and Japanese."""

import re

# What the talk of a chat model is about. News uses these words too, so a word alone never makes a line talk.
_EN_WORK = (
    r"summar(?:y|ies|ize[ds]?|izing|i[sz]ation)|headlines?|bullets?(?: points?)?|translat(?:ions?|ed?|ing)|"
    r"(?:key|main) (?:points?|takeaways?|facts?)|takeaways|highlights|rewritten|overview"
)
_KO_WORK = r"요약(?:문|본)?|번역(?:문|본)?|제목|헤드라인|핵심|주요 내용|정리"
_JA_WORK = r"要約文?|要旨|翻訳文?|訳文?|日本語訳|見出し|まとめ|要点|箇条書き"
_OPENING_MARKS = re.compile(r"[*#_>\s]+")

# One after the other, these match at the start of an answer. Those of a whole line are free in what they hold, because
# nothing of the answer is in the line; those before an answer in the same line end with a colon, or are sentences that
# no article writes.
_AGREEMENTS = (
    re.compile(
        r"(?:sure(?: thing)?|certainly|of course|okay|ok|absolutely|alright|no problem)"
        r"(?:[!.]|, (?:here|i|let)\b[^\n]{0,160}[:!.])\s*(?=\S)",
        re.IGNORECASE,
    ),
    re.compile(r"(?:네|예|물론입니다|물론이죠|알겠습니다|그럼요|좋습니다)[,.!]\s*(?=\S)"),
    re.compile(
        r"(?:はい|もちろんです|承知(?:しました|いたしました)|わかりました|了解しました|かしこまりました)[、。!！]\s*(?=\S)"
    ),
)
_TALK_LINES = (
    re.compile(
        rf"(?:here(?:['’]s| is| are)|below (?:is|are)|as requested|i(?:['’]ve| have|['’]ll| will)|let me)\b"
        rf"[^\n]{{0,160}}\b(?:{_EN_WORK})\b[^\n]{{0,120}}[:：.!][*_ ]*\n",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:this is|the following (?:is|are))\b[^\n]{{0,160}}\b(?:{_EN_WORK})\b[^\n]{{0,120}}[:：][*_ ]*\n",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:the|this) (?:article|text|passage|story|news)\b[^\n]{{0,80}}\b(?:{_EN_WORK})\b[^\n]{{0,60}}[:：][*_ ]*\n",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\[?(?:(?:a|the|short|brief|concise|news|article|final|english|korean|japanese)\s){{0,3}}(?:{_EN_WORK})"
        r"(?:\s(?:of|in|for)\s[^\n]{1,40}[:：]|\]?\s?[:：]?)[*_ ]*\n",
        re.IGNORECASE,
    ),
    re.compile(
        rf"[^\n]{{0,40}}(?:(?:다음|아래|여기|요청|주어진)[^\n]{{0,60}}(?:{_KO_WORK})|(?:기사|본문|뉴스)[^\n]{{0,60}}(?:요약|번역))"
        r"[^\n]{0,40}(?:[:：]|니다[.:!]?|드릴게요[.!]?)[*_ ]*\n"
    ),
    re.compile(r"[^\n]{0,40}(?:요약|번역|정리)해 ?드리[^\n]{0,20}[*_ ]*\n"),
    re.compile(
        rf"[\[【<〈]?(?:(?:한국어|영어|일본어|기사|뉴스|본문)\s?)?(?:{_KO_WORK})(?:\s결과)?[\]】>〉]?\s?[:：]?[*_ ]*\n"
    ),
    re.compile(
        rf"(?:[^\n]{{0,40}}(?:以下|下記|次の|こちら|記事|ニュース|ご依頼|ご要望)[^\n]{{0,60}})(?:{_JA_WORK})[^\n]{{0,40}}"
        r"(?:[:：]|(?:です|ます|ました|ください|通りです)[。:：!！]?)[*_ ]*\n"
    ),
    re.compile(r"[^\n]{0,60}(?:以下の?(?:通|とお)り|次の(?:通|とお)り)(?:です|になります)?[。:：]?[*_ ]*\n"),
    re.compile(r"[^\n]{0,60}(?:다음과|아래와) 같습니다[.:]?[*_ ]*\n"),
    re.compile(
        rf"[\[【〈]?(?:(?:日本語|英語|韓国語|記事|ニュース)の?\s?)?(?:{_JA_WORK})(?:結果)?[\]】〉]?\s?[:：]?[*_ ]*\n"
    ),
)
_TALK_PREFIXES = (
    re.compile(
        rf"(?:here(?:['’]s| is| are)|below (?:is|are)|this is)\b[^\n:：]{{0,120}}\b(?:{_EN_WORK})\b"
        r"(?:(?: of| in| for| from| you)\b[^\n:：]{0,80})?[:：]",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:(?:a|the|short|brief|concise|news|article|final|english|korean|japanese)\s){0,3}"
        r"(?:summary|headline|title|translation|takeaways|highlights)(?: \((?:english|korean|japanese)\))?"
        r"(?: (?:in|of|for) (?:english|korean|japanese|the (?:article|story|text)))?\*{0,2}[:：]",
        re.IGNORECASE,
    ),
    re.compile(r"(?:assistant|answer|output|response)\s?[:：]\s", re.IGNORECASE),
    re.compile(
        rf"(?:다음은|아래는|요청하신)[^\n:：.]{{0,50}}(?:{_KO_WORK})[^\n:：.]{{0,20}}(?:[:：]|(?:입니다|습니다)[.:])(?=\s*\S)"
    ),
    re.compile(rf"(?:(?:한국어|영어|일본어|기사|뉴스)\s?)?(?:{_KO_WORK})(?:\s결과)?\*{{0,2}}\s?[:：]"),
    re.compile(r"(?:요약하(?:자면|면)|정리하(?:자면|면)),\s*(?=\S)"),
    re.compile(
        rf"(?:以下|下記|こちら)[^\n:：。]{{0,50}}(?:{_JA_WORK})[^\n:：。]{{0,20}}(?:[:：]|(?:です|ます|ました)[。:：])(?=\s*\S)"
    ),
    re.compile(rf"(?:(?:日本語|英語|韓国語|記事)の?\s?)?(?:{_JA_WORK})(?:結果)?\*{{0,2}}\s?[:：]"),
    re.compile(r"(?:要約する|まとめる)と、(?=\S)"),
)
_TALK_AT_END = re.compile(
    r"\n\s*(?:[*_]*[(（]?(?:note|disclaimer|注|주|참고)\s*[:：][^\n]{0,400}|(?:please )?let me know\b[^\n]{0,200}|"
    r"i hope (?:this|that)\b[^\n]{0,200}|(?:is there|would you like|do you want|feel free|if you)\b[^\n]{0,200}|"
    r"[^\n]{0,30}(?:도움이 (?:되|필요)|더 필요|추가로 필요|궁금한 (?:점|사항)|말씀해 ?주세요|알려 ?주세요)[^\n]{0,120}|"
    r"[^\n]{0,30}(?:お役に立て|ご不明な点|お手伝い|ご(?:質問|要望)があれば|他に(?:ご|何か)|お知らせください)[^\n]{0,120})\s*\Z",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\A```[a-zA-Z]{0,12}[ \t]*\n(.*?)(?:\n?```[^\n`]{0,200})?\Z", re.DOTALL)
_WRAPPER = re.compile(
    r"\A<(summary|translation|headline|answer|output|response|result|article|text|요약|要約)>(.*)</\1>\Z",
    re.DOTALL | re.IGNORECASE,
)
_THOUGHTS = re.compile(r"\A<(think(?:ing)?|reasoning)>.*?</\1>\s*(?=\S)", re.DOTALL | re.IGNORECASE)
_AROUND = {"“": "”", '"': '"', "「": "」", "『": "』", "‘": "’", "'": "'"}
_MAX_OPENINGS = 5


def strip_talk(text: str, language: str) -> tuple[str, bool]:
    """The answer of a chat model without what it says about the answer: "Here is the summary:", "Let me know if ...".

    Openings, closings, code fences, tags such as <summary>, <think> passages and quotation marks around the whole
    answer go. It is made for summaries: a translation may be one quotation because its source is.

    Args:
        text: what the model wrote.
        language: BCP-47 tag that was asked for. Talk is found in English, Korean and Japanese whatever it is.

    Returns:
        The answer without white space around it, and whether anything but white space was taken away. An answer that
        is nothing but talk comes back whole.
    """
    stripped = result = text.strip()
    for _ in range(_MAX_OPENINGS):
        shorter = _without_opening(result)
        if shorter == result or not shorter:
            break
        result = shorter
    ending = _TALK_AT_END.search(result, max(0, len(result) - 600))
    if ending and result[: ending.start()].strip():
        result = without_quotes(result[: ending.start()].rstrip())
    return result, result != stripped


def _without_opening(text: str) -> str:
    """The text without one piece of talk at its start, or one wrapping around it."""
    for wrapping in (_FENCE, _WRAPPER):
        match = wrapping.match(text)
        if match:
            return match.group(match.lastindex or 0).strip()
    match = _THOUGHTS.match(text)
    if match:
        return text[match.end() :].lstrip()
    # "**Summary:**" and "## Summary": the marks belong to the talk if talk follows.
    marks = _OPENING_MARKS.match(text)
    start = marks.end() if marks else 0
    for pattern in (*_AGREEMENTS, *_TALK_LINES, *_TALK_PREFIXES):
        match = pattern.match(text, start)
        if match and text[match.end() :].strip("*_# \n"):
            rest = text[match.end() :].lstrip("* \n") if pattern not in _TALK_LINES else text[match.end() :].lstrip()
            return rest.lstrip("_ ") if start else rest
    return without_quotes(text)


def without_quotes(text: str) -> str:
    """A text without quotation marks around the whole of it; what is quoted inside it stays."""
    closer = _AROUND.get(text[:1])
    if closer is None or len(text) < 3 or not text.endswith(closer):
        return text
    inner = text[1:-1]
    return text if text[0] in inner or closer in inner else inner.strip()
