"""A ninjs item as content that can be sent."""

import copy
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triwire.v1.article_pb2 import CLEANING_NONE, Content
from triwire_client.content import without_cdata
from triwire_client.errors import Violation
from triwire_client.ninjs.checks import NinjsError, check_item
from triwire_client.ninjs.passages import Passage, at, find_passages, main_body, place, text_type

BODY_MARK = "<!--triwire:body-->\n"
"""Stands before an HTML body in the content. What stands before it is escaped, so the first one is ours."""

_HINTS = (
    (r"\balt\s*=\s*(?:\"[^\"]*[^\s\"]|'[^']*[^\s']|[^\s\"'>])", "alternative texts of images are not translated"),
    (r"<[a-z][^<>]*\s(?:xml:)?lang\s*=", "its lang attributes name the source's language"),
)


@dataclass(frozen=True, slots=True)
class NinjsItem:
    """An item and what is sent of it. Made by `read_ninjs`."""

    source: dict[str, Any]
    """The item as it was read."""

    content: Content
    """What to send, to any method. Results of `process_article` and `translate` can be written back."""

    passages: tuple[Passage, ...]
    """Where the first blocks of the content come from, in order."""

    body: int | None
    """Index of the body that is the article; None if there is none."""

    notes: tuple[str, ...]
    """What is not translated and could mislead, a line each."""

    @property
    def has_html_body(self) -> bool:
        """Whether the blocks after those of the passages are an HTML body."""
        return self.body is not None and text_type(self.source["bodies"][self.body]) == "html"


def read_ninjs(source: Mapping[str, Any] | str | bytes | Path, *, language: str = "") -> NinjsItem:
    """Read a ninjs 3 item.

    Headlines, descriptions, one HTML body, the plain bodies, and headlines and descriptions of associated pictures,
    graphics, videos and recordings are sent; everything else is kept for `write_ninjs`.

    Args:
        source: the item, its JSON, or the file that holds it.
        language: of the item, where it does not say or is wrong; if nobody says, the server detects it.

    Raises:
        NinjsError: it is no ninjs 3 item, or there is nothing to translate; with all violations.
        OSError: the file cannot be read.
    """
    item = _parse(source)
    check_item(item)
    if language:
        item["language"] = language
    notes: list[str] = []
    passages = tuple(find_passages(item, notes))
    body = main_body(item.get("bodies", []))
    parts = [_element(item, passage) for passage in passages]
    if body is not None and text_type(item["bodies"][body]) == "html":
        value = item["bodies"][body]["value"]
        parts += [BODY_MARK, without_cdata(value) if "xhtml" in item["bodies"][body].get("contentType", "") else value]
        notes += [f"{place(('bodies', body))}: {hint}" for pattern, hint in _HINTS if re.search(pattern, value, re.I)]
    if not parts:
        raise NinjsError([Violation("headlines, descriptions, bodies, associations", "hold no text to translate")])
    content = Content(html="".join(parts), language=item.get("language", ""), cleaning=CLEANING_NONE)
    return NinjsItem(item, content, passages, body, tuple(notes))


def _element(item: dict[str, Any], passage: Passage) -> str:
    words = at(item, passage.path)["value"][passage.start : passage.end]
    return f"<{passage.element}>{words if passage.is_html else html.escape(words, quote=False)}</{passage.element}>\n"


def _parse(source: Mapping[str, Any] | str | bytes | Path) -> dict[str, Any]:
    try:
        if isinstance(source, Mapping):
            item = copy.deepcopy(dict(source))
        else:
            data = source.read_bytes() if isinstance(source, Path) else source
            item = json.loads(data.decode("utf-8-sig") if isinstance(data, bytes) else data)
        # Numbers that JSON does not have, and surrogates without a partner.
        json.dumps(item, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise NinjsError([Violation("item", f"is not JSON: {' '.join(str(error).split())}")]) from error
    if not isinstance(item, dict):
        raise NinjsError([Violation("item", "is not an object")])
    return item
