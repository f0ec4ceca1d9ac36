"""Translated words back in the places where the source has its own."""

import html
import re
from typing import Any

from triwire.v1.article_pb2 import BLOCK_KIND_CAPTION, Article, Block
from triwire.v1.article_service_pb2 import Translation
from triwire_client.ninjs.item import BODY_MARK, NinjsItem
from triwire_client.ninjs.passages import Path, at, place
from triwire_client.words import base_language, count

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"<br\b[^<>]*>", re.I)
_WITHOUT_SPACES = ("ja",)


def put_words(item: dict[str, Any], source: NinjsItem, article: Article, translation: Translation) -> list[str]:
    """Replace the words of an item by those of a translation of its content.

    Args:
        item: a copy of the source; its texts, counts and languages of associations are changed.
        source: as it was read.
        article: whose blocks the translation has, the passages' first.
        translation: of the whole content, or of some kinds of blocks.

    Returns:
        What is left in the source's language because its kind was not chosen, a line each.

    Raises:
        ValueError: the translation's HTML is not that of this item.
    """
    before, mark, body = translation.html.partition(BODY_MARK)
    if bool(mark) != source.has_html_body:
        raise ValueError("result: is not of this item: a translation has other HTML")
    replaced: dict[Path, list[tuple[int, int, str]]] = {}
    position = 0
    for passage in source.passages:
        opening, closing = f"<{passage.element}>", f"</{passage.element}>\n"
        end = before.find(closing, position)
        if not before.startswith(opening, position) or end < 0:
            raise ValueError(f"result: is not of this item: a translation has no {place(passage.path)}")
        words = before[position + len(opening) : end]
        replaced.setdefault(passage.path, []).append(
            (passage.start, passage.end, words if passage.is_html else html.unescape(words))
        )
        position = end + len(closing)
    for path, found in replaced.items():
        text = at(item, path)
        text["value"] = _replaced(text["value"], found)
        _recount(text, [text["value"]], translation.target_language)
        association = at(item, path[:-2])
        if len(path) > 2 and "language" in association:
            association["language"] = translation.target_language
    if source.has_html_body:
        made = {block.block.block_id: block.block for block in translation.blocks}
        text = item["bodies"][source.body]
        text["value"] = body
        blocks = [made.get(block.block_id, block) for block in article.blocks[len(source.passages) :]]
        words_of_body = [plain_text(block) for block in blocks if block.kind != BLOCK_KIND_CAPTION]
        _recount(text, words_of_body, translation.target_language)
    return _left(source, article, {block.block.block_id for block in translation.blocks})


def block_place(source: NinjsItem, index: int, block_id: str) -> str:
    """Where a block of the content stands in the item: "headlines[0]", "bodies[0] (b7)"."""
    if index < len(source.passages):
        return place(source.passages[index].path)
    return f"{place(('bodies', source.body or 0))} ({block_id})"


def plain_text(block: Block) -> str:
    """Readable text of a block: tags dropped, line breaks as line feeds, entities unescaped."""
    if not block.inline_html:
        return block.text
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", block.inline_html)))


def _replaced(value: str, words: list[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, new in words:
        parts += [value[position:start], new]
        position = end
    return "".join([*parts, value[position:]])


def _recount(text: dict[str, Any], words: list[str], language: str) -> None:
    """Counts that the source gives are those of the new words; a language without spaces has no count of words."""
    if "charCount" in text:
        text["charCount"] = sum(map(len, words))
    if "wordCount" in text:
        if base_language(language) in _WITHOUT_SPACES:
            del text["wordCount"]
        else:
            text["wordCount"] = sum(len(passage.split()) for passage in words)


def _left(source: NinjsItem, article: Article, made: set[str]) -> list[str]:
    left: dict[str, int] = {}
    for index, block in enumerate(article.blocks):
        if block.block_id not in made:
            where = block_place(source, index, "").removesuffix(" ()")
            left[where] = left.get(where, 0) + 1
    return [f"{where}: {count(number, 'block')} not translated: kinds were chosen" for where, number in left.items()]
