"""The result behind the example of the review page: hand-made translations, judged by the service's own checks.

`python examples/review/make_result.py` writes observatory.json: what `triwire process --json` would have printed if a
model had written the translations of observatory.toml. Article, ids, ranges and findings come from the service's code.
"""

import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.glossary_files import read_glossary
from triwire_client.words import BESIDE_THE_ARTICLE
from triwire_server.text.extract import extract_article
from triwire_server.text.findings import check_summary, check_translation
from triwire_server.text.glossary import TermIndex, apply_terms

HERE = Path(__file__).parent
PAGE = HERE.parent / "articles" / "observatory.en.html"
GLOSSARY = HERE.parent / "glossary.csv"
RESULT = HERE / "observatory.json"
AUTHOR = "written-by-hand@1"


def make_result() -> article_service_pb2.ProcessArticleResponse:
    """The result as a message.

    Raises:
        ValueError: the translations do not fit the article.
    """
    made = tomllib.loads((HERE / "observatory.toml").read_text(encoding="utf-8"))
    content = article_pb2.Content(html=PAGE.read_text(encoding="utf-8"), cleaning=article_pb2.CLEANING_PAGE)
    source = extract_article(content)
    blocks = [block for block in source.blocks if block.kind not in BESIDE_THE_ARTICLE]
    result = article_service_pb2.ProcessArticleResponse(request_id="example-observatory", source=source)
    for language in ("ko", "ja"):
        translation = result.translations.add(source_language="en", target_language=language, models=[AUTHOR])
        for block, passages in zip(blocks, made["blocks"], strict=True):
            translation.blocks.append(_translated(block, passages["en"], passages[language], language))
    result.usage.segments = 2 * sum(len(passages["en"]) for passages in made["blocks"])
    result.summaries.extend(_summary(wanted, source, blocks) for wanted in made["summaries"])
    return result


def _translated(
    block: article_pb2.Block, sources: Sequence[str], targets: Sequence[str], language: str
) -> article_service_pb2.TranslatedBlock:
    made = article_service_pb2.TranslatedBlock(block=block)
    is_html = block.WhichOneof("body") == "inline_html"
    body = block.inline_html if is_html else block.text
    written = ("" if language == "ja" else " ").join(targets)
    if is_html:
        made.block.inline_html = written
    else:
        made.block.text = written
    for source, target in zip(_places(body, sources), _places(written, targets), strict=True):
        made.sentences.add(source=source, target=target)
    hits = TermIndex(read_glossary(str(GLOSSARY)).terms, "en", language).find_terms(body)
    _, lost_terms = apply_terms(written, hits, language)
    for finding in [*check_translation(body, written, "en", language, is_html=is_html), *lost_terms]:
        if finding.HasField("source"):
            finding.source.block_id = block.block_id
        made.findings.append(finding)
    return made


def _places(body: str, passages: Sequence[str]) -> Iterator[article_pb2.TextRange]:
    end = 0
    for passage in passages:
        start = body.index(passage, end)
        end = start + len(passage)
        yield article_pb2.TextRange(start=start, end=end)


def _summary(
    wanted: dict[str, Any], source: article_pb2.Article, blocks: Sequence[article_pb2.Block]
) -> article_service_pb2.Summary:
    points = wanted["points"]
    summary = article_service_pb2.Summary(
        style=article_service_pb2.SummaryStyle.Value(f"SUMMARY_STYLE_{wanted['style'].upper()}"),
        source_language="en",
        target_language=wanted["language"],
        models=[AUTHOR],
    )
    findings = check_summary(source, [point["text"] for point in points], wanted["language"])
    for point, found in zip(points, findings, strict=True):
        ids = [blocks[number - 1].block_id for number in point["rests_on"]]
        summary.points.add(text=point["text"], source_block_ids=ids, findings=found)
    return summary


def as_json(result: article_service_pb2.ProcessArticleResponse) -> str:
    """The result as the command prints it."""
    return json_format.MessageToJson(result, preserving_proto_field_name=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    RESULT.write_text(as_json(make_result()), encoding="utf-8")
    sys.stdout.write(f"{RESULT} written\n")
