"""A result as ninjs items, one for each language."""

import copy
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from triwire.v1.article_pb2 import Article
from triwire.v1.article_service_pb2 import SUMMARY_STYLE_HEADLINE, ProcessArticleResponse, Summary, Translation
from triwire_client.ninjs.editors_note import Remark, editors_note, is_critical, remarks
from triwire_client.ninjs.item import NinjsItem
from triwire_client.ninjs.passages import RELATION, at, main_headline, place
from triwire_client.ninjs.words_back import block_place, put_words
from triwire_client.review import Reviewable, as_processed
from triwire_client.review.bodies import body_of
from triwire_client.words import base_language, language_name, summary_style

_LEAST_MINOR_VERSION = 1  # 3.0 has no digitalSourceType, and no rel of an association
_SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
_MADE_BY_A_MODEL = {
    "name": "Created using Generative AI",
    "uri": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
}
# What the source's identity and files are, and not the translation's: they go to the association that names it.
_OF_THE_SOURCE = ("type", "language", "version", "versionCreated", "altIds", "digitalSourceType")


@dataclass(frozen=True, slots=True)
class NinjsOutput:
    """An item in one language."""

    language: str
    """Of its texts."""

    item: dict[str, Any]
    """The ninjs item, as JSON holds it."""

    notes: tuple[str, ...]
    """What is missing, or still in the source's language and could mislead; the item's `edNote` has it too."""


def write_ninjs(result: Reviewable, source: NinjsItem, *, created: datetime | None = None) -> list[NinjsOutput]:
    """Write a result as ninjs items: a translation into each language, and the source where only a summary is new.

    Args:
        result: of `process_article`, `translate` or `summarize`, for the content of `source`.
        source: as it was read.
        created: with time zone; None: now.

    Returns:
        Translations in their order, then the item in the source's language if it has summaries. A summary in a
        language that has no item is told in the notes of every item.

    Raises:
        ValueError: the result is not of this item's content.
    """
    processed = as_processed(result)
    _check_source(processed.source, source)
    utc = (created or datetime.now(timezone.utc)).astimezone(timezone.utc)
    moment = utc.isoformat(timespec="seconds").replace("+00:00", "Z")
    wanted: list[tuple[str, Translation | None]] = [(made.target_language, made) for made in processed.translations]
    languages = {base_language(language) for language, _ in wanted}
    own = base_language(processed.source.language)
    if own not in languages and any(base_language(summary.target_language) == own for summary in processed.summaries):
        wanted.append((processed.source.language, None))
        languages.add(own)
    missing = [
        f"summary ({summary_style(summary.style)}) in {summary.target_language}: left out: no item in this language"
        for summary in processed.summaries
        if base_language(summary.target_language) not in languages
    ]
    return [_output(source, processed, language, translation, moment, missing) for language, translation in wanted]


def _check_source(article: Article, source: NinjsItem) -> None:
    for index, passage in enumerate(source.passages):
        words = at(source.source, passage.path)["value"][passage.start : passage.end]
        # What is left of tags around the words depends on them; the words of plain text come back as they were.
        if index >= len(article.blocks) or not (
            passage.is_html or _folded(words) == _folded(article.blocks[index].text)
        ):
            raise ValueError(f"result: is not of this item: block {index + 1} is not {place(passage.path)}")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _output(
    source: NinjsItem,
    processed: ProcessArticleResponse,
    language: str,
    translation: Translation | None,
    moment: str,
    missing: list[str],
) -> NinjsOutput:
    item = copy.deepcopy(source.source)
    makers: list[str] = []
    found: list[Remark] = []
    notes: list[str] = []
    if translation is not None:
        notes += [*source.notes, *put_words(item, source, processed.source, translation)]
        found += _remarks(source, processed.source, translation)
        makers.append(_by(f"translation from {language_name(translation.source_language)}", translation.models))
        if translation.models:
            item["digitalSourceType"] = dict(_MADE_BY_A_MODEL)
    for summary in processed.summaries:
        if base_language(summary.target_language) == base_language(language):
            found += _put_summary(item, summary)
            makers.append(_by(f"summary ({summary_style(summary.style)})", summary.models))
    notes += missing
    _set_identity(
        item, source.source, processed.source.language, language, moment, is_translation=translation is not None
    )
    item["edNote"] = editors_note(item.get("edNote", ""), makers, found, notes)
    if is_critical(found) and item.get("pubStatus", "usable") == "usable":
        item["pubStatus"] = "withheld"
    return NinjsOutput(language, item, tuple(notes))


def _set_identity(
    item: dict[str, Any], source: dict[str, Any], own_language: str, language: str, moment: str, *, is_translation: bool
) -> None:
    """An identity of its own, and a link to the source."""
    item["uri"] = uuid5(NAMESPACE_URL, f"{source['uri']} {base_language(language)}").urn
    item["language"] = language
    item["versionCreated"] = moment
    item.pop("firstCreated", None)  # when this item was first made is not known here
    item.pop("altIds", None)
    link = {
        "name": f"source-{base_language(own_language)}",
        "rel": RELATION if is_translation else "derivedFrom",
        "uri": source["uri"],
        "representationType": "partial",
        "language": own_language,
        **{name: source[name] for name in _OF_THE_SOURCE if name in source},
    }
    if source.get("headlines"):
        link["headlines"] = [source["headlines"][main_headline(source["headlines"])]]
    if is_translation and source.get("type", "text") == "text" and "renditions" in item:
        link["renditions"] = item.pop("renditions")  # files of the text are in the source's language
    item["associations"] = [*item.get("associations", []), copy.deepcopy(link)]
    standard = item.get("standard", {})
    minor = str(standard.get("version", "")).partition(".")[2]
    if minor.isdecimal() and int(minor) < _LEAST_MINOR_VERSION:
        item["standard"] = {**standard, "version": f"3.{_LEAST_MINOR_VERSION}", "schema": _SCHEMA}


def _put_summary(item: dict[str, Any], summary: Summary) -> list[Remark]:
    """Append a summary, as a headline or as a description, and give what is doubted of it."""
    member = "headlines" if summary.style == SUMMARY_STYLE_HEADLINE else "descriptions"
    texts = item.setdefault(member, [])
    texts.append(
        {
            "role": f"summary-{summary_style(summary.style)}",
            "contentType": "text/plain",
            "value": "\n".join(point.text for point in summary.points),
        }
    )
    where = place((member, len(texts) - 1))
    found = remarks(where, summary.findings)
    for point in summary.points:
        found += remarks(where, point.findings, point.text)
    return found


def _remarks(source: NinjsItem, article: Article, translation: Translation) -> list[Remark]:
    places = {block.block_id: block_place(source, index, block.block_id) for index, block in enumerate(article.blocks)}
    found = remarks("", translation.findings)
    for made in translation.blocks:
        block = made.block
        found += remarks(places[block.block_id], made.findings, body_of(block))
    return found


def _by(what: str, models: Sequence[str]) -> str:
    return f"Machine {what} by {', '.join(models) or 'no model: nothing had to be written'}, not reviewed."
