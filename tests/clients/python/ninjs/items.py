"""ninjs items for the tests, one in each language, and the service's reading and writing of them without a model."""

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from triwire.v1.article_pb2 import Block
from triwire.v1.article_service_pb2 import ProcessArticleResponse, TranslatedBlock
from triwire_client.ninjs import NinjsItem
from triwire_server.text.extract import extract_article
from triwire_server.text.html import replace_text

EXAMPLE = Path(__file__).parents[4] / "examples" / "ninjs" / "bridge.en.json"

_KOREAN: dict[str, Any] = {
    "uri": "urn:newsml:example.org:20261117:reservoir",
    "type": "text",
    "language": "ko-KR",
    "versionCreated": "2026-11-17T09:20:00+09:00",
    "by": "서지완 기자",
    "headlines": [{"role": "main", "value": "새울저수지, 9년 만에 산책로 다시 연다"}],
    "bodies": [
        {
            "contentType": "application/xhtml+xml",
            "charCount": 90,
            "wordCount": 22,
            "value": "<p>새울시는 저수지 둘레 4.2km 산책로를 <strong>12월 1일</strong> 다시 연다고 17일 밝혔다.</p>"
            "<blockquote><p>“주민 3만 명이 기다린 길”이라고 시장은 말했다.</p></blockquote>"
            "<ul><li>입장은 무료다.</li><li>야간에는 닫는다.</li></ul>",
        }
    ],
    "associations": [
        {
            "name": "사진1",
            "uri": "urn:newsml:example.org:20261117:reservoir-photo",
            "type": "picture",
            "by": "도하람",
            "descriptions": [{"role": "caption", "value": "공사를 마친 새울저수지 산책로."}],
        }
    ],
}
_JAPANESE: dict[str, Any] = {
    "uri": "https://news.example.jp/20261105/observatory",
    "type": "text",
    "language": "ja",
    "embargoedUntil": "2099-01-01T05:00:00+09:00",
    "headlines": [{"value": "霧ケ岬の灯台、無人化から40年で一般公開"}],
    "descriptions": [{"value": "灯台守の宿舎も資料館に"}],
    "bodies": [
        {
            "contentType": "text/plain",
            "charCount": 57,
            "wordCount": 2,
            "value": "霧ケ岬灯台が11月8日から一般に公開される。\n"
            "高さ27メートルの塔に登れるのは、1986年の無人化以来初めてだ。\n",
        }
    ],
    "people": [{"name": "鳥越冬馬", "rel": "about"}],
}


def example() -> dict[str, Any]:
    """The English item in examples/ninjs."""
    loaded: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    return loaded


def korean() -> dict[str, Any]:
    """An item with an XHTML body and a captioned picture, without a version of the standard."""
    return copy.deepcopy(_KOREAN)


def japanese() -> dict[str, Any]:
    """An item with a plain body and an embargo."""
    return copy.deepcopy(_JAPANESE)


def marked(text: str) -> str:
    """Words as if they were translated."""
    return f"«{text}»"


def result_of(
    item: NinjsItem,
    target: str = "ko",
    change: Callable[[str], str] = marked,
    *,
    without_kinds: Iterable[int] = (),
) -> ProcessArticleResponse:
    """What the service answers if the model makes `change(words)` of each block: read and written by its own code."""
    article = extract_article(item.content)
    response = ProcessArticleResponse(source=article)
    translation = response.translations.add(
        source_language=article.language, target_language=target, models=["marks@1"]
    )
    for block in article.blocks:
        if block.kind in without_kinds:
            continue
        made = Block()
        made.CopyFrom(block)
        if block.WhichOneof("body") == "inline_html":
            made.inline_html = change(block.inline_html)
        else:
            made.text = change(block.text)
        translation.blocks.append(TranslatedBlock(block=made))
    translation.html = replace_text(item.content.html, article, [made.block for made in translation.blocks])
    return response
