import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.clients.python.ninjs.items import example, japanese, korean, result_of
from tests.clients.python.ninjs.schema import violations
from triwire.v1.article_pb2 import BLOCK_KIND_CAPTION, BLOCK_KIND_PARAGRAPH, TextRange
from triwire.v1.article_service_pb2 import (
    SUMMARY_STYLE_BULLETS,
    SUMMARY_STYLE_HEADLINE,
    Finding,
    ProcessArticleResponse,
    SummarizeResponse,
    Summary,
    TranslateResponse,
)
from triwire_client import read_ninjs, write_ninjs

MOMENT = datetime(2026, 11, 29, 3, 30, 5, tzinfo=UTC)


def written(item: dict[str, Any], target: str = "ko") -> dict[str, Any]:
    """A marked translation of an item, which is valid."""
    read = read_ninjs(item)
    (output,) = write_ninjs(result_of(read, target), read, created=MOMENT)
    assert violations(output.item) == []
    return output.item


def unmarked(value: Any) -> Any:
    """A value with the marks of a translation taken away."""
    if isinstance(value, dict):
        return {name: unmarked(member) for name, member in value.items()}
    if isinstance(value, list):
        return [unmarked(member) for member in value]
    return value.replace("«", "").replace("»", "") if isinstance(value, str) else value


def summary(language: str, *points: str, style: Any = SUMMARY_STYLE_BULLETS) -> Summary:
    made = Summary(style=style, source_language="en", target_language=language, models=["sums@1"])
    for point in points:
        made.points.add(text=point)
    return made


@pytest.mark.parametrize(("make", "target"), [(example, "ko"), (example, "ja"), (korean, "en"), (japanese, "en")])
def test_words_are_translated_and_everything_else_is_as_it_was(make: Any, target: str) -> None:
    source, made = make(), written(make(), target)
    own = {"uri", "language", "versionCreated", "firstCreated", "altIds", "edNote", "associations", "digitalSourceType"}
    texts = {"headlines", "descriptions", "bodies"}
    for name in source.keys() - own - texts:
        assert made[name] == source[name], name
    for name in texts & source.keys():
        assert all("«" in text["value"] for text in made[name])
        values = [text["value"].replace("&ldquo;", "“").replace("&rdquo;", "”") for text in source[name]]
        assert [text["value"] for text in unmarked(made[name])] == values
    assert made.keys() - source.keys() <= own


def test_each_text_is_in_its_place_with_its_markup() -> None:
    made = written(example())
    assert made["headlines"] == [
        {"role": "main", "value": "«Kestrel Bridge reopens four months early»"},
        {"role": "short", "value": "«Bridge reopens early»"},
    ]
    assert made["descriptions"][0]["value"] == ("<p>«The 310-metre crossing had been closed since <em>March</em>.»</p>")
    assert "<h2>«Ferry keeps running»</h2>\n<p>«The ferry company" in made["bodies"][0]["value"]
    assert made["bodies"][1]["value"].startswith("«The Kestrel Bridge")
    assert "»\n\n«Ferry keeps running»\n\n«" in made["bodies"][1]["value"]
    picture, story = made["associations"][:2]
    assert picture["descriptions"][0]["value"] == "«Painters on the north tower of the Kestrel Bridge in October.»"
    assert (picture["language"], picture["by"], picture["uri"]) == (
        *("ko", "Tomas Reiner/Courier"),
        "https://media.example.org/items/kestrel-1",
    )
    assert story == example()["associations"][1]


def test_lines_of_a_plain_body_stay_lines() -> None:
    body = (
        "«霧ケ岬灯台が11月8日から一般に公開される。»\n«高さ27メートルの塔に登れるのは、1986年の無人化以来初めてだ。»\n"
    )
    assert written(japanese(), "en")["bodies"][0]["value"] == body


def test_the_item_has_an_identity_of_its_own_that_stays_the_same() -> None:
    made = written(example())
    assert made["uri"] == "urn:uuid:d372d086-c5e6-5bb9-964a-c02330b26a2f"
    assert (made["language"], made["versionCreated"]) == ("ko", "2026-11-29T03:30:05Z")
    assert "firstCreated" not in made
    assert written(example(), "ja")["uri"] != made["uri"]
    assert written(example(), "ko-KR")["uri"] == made["uri"]
    assert written(example() | {"version": "3"})["uri"] == made["uri"]
    assert written(example() | {"uri": "urn:x:1"})["uri"] != made["uri"]


def test_the_source_is_linked_with_what_is_its_own() -> None:
    item = example()
    item["renditions"] = [{"name": "pdf", "href": "https://news.example.org/kestrel.pdf"}]
    item["digitalSourceType"] = {"uri": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation"}
    made = written(item)
    assert made["associations"][-1] == {
        "name": "source-en",
        "rel": "translationOf",
        "uri": item["uri"],
        "representationType": "partial",
        "type": "text",
        "language": "en",
        "version": "2",
        "versionCreated": item["versionCreated"],
        "altIds": item["altIds"],
        "digitalSourceType": item["digitalSourceType"],
        "headlines": [item["headlines"][0]],
        "renditions": item["renditions"],
    }
    assert "altIds" not in made
    assert "renditions" not in made
    assert made["digitalSourceType"]["uri"].endswith("/trainedAlgorithmicMedia")


def test_a_picture_keeps_its_files() -> None:
    picture = {
        "uri": "urn:x:picture",
        "type": "picture",
        "language": "en",
        "descriptions": [{"value": "The bridge."}],
        "renditions": [{"name": "main", "href": "https://media.example.org/1.jpg"}],
    }
    assert written(picture)["renditions"] == picture["renditions"]


def test_an_embargo_stays() -> None:
    assert written(japanese(), "en")["embargoedUntil"] == "2099-01-01T05:00:00+09:00"


def test_members_that_the_standard_does_not_have_stay() -> None:
    item = read_ninjs(example() | {"x-desk": {"page": [1, None, 2.5]}})
    (output,) = write_ninjs(result_of(item), item)
    assert output.item["x-desk"] == {"page": [1, None, 2.5]}


def test_counts_are_those_of_the_new_words() -> None:
    html, plain = written(example())["bodies"]
    assert (html["charCount"], html["wordCount"]) == (409 + 2 * 4, 70)  # captions are not counted
    assert plain["charCount"] == len(plain["value"]) == 415 + 2 * 4
    assert "wordCount" not in plain
    assert "wordCount" not in written(example(), "ja")["bodies"][0]


def test_findings_are_told_to_the_editor_and_a_critical_one_withholds_the_item() -> None:
    item = read_ninjs(example())
    result = result_of(item)
    blocks = result.translations[0].blocks
    blocks[0].findings.add(
        kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_WARNING, expected="four", actual="5"
    )
    blocks[-2].findings.add(
        kind=Finding.KIND_QUOTE_MISMATCH, severity=Finding.SEVERITY_CRITICAL, target=TextRange(start=0, end=4)
    )
    blocks[1].findings.add(kind=Finding.KIND_NAME_MISMATCH, severity=Finding.SEVERITY_INFO)
    (output,) = write_ninjs(result, item)
    assert output.item["edNote"] == (
        "Second version: adds the comment of the ferry company.\n\n"
        "Machine translation from English (en) by marks@1, not reviewed.\n"
        "! look: headlines[0]: number mismatch (expected “four”, is “5”)\n"
        "! stop: bodies[0] (b13): quote mismatch at “«The”\n"
        "And 1 finding for the record."
    )
    assert output.item["pubStatus"] == "withheld"
    assert violations(output.item) == []
    canceled = read_ninjs(example() | {"pubStatus": "canceled"})
    assert write_ninjs(result, canceled)[0].item["pubStatus"] == "canceled"


def test_without_a_critical_finding_the_status_stays() -> None:
    assert written(example())["pubStatus"] == "usable"
    assert "pubStatus" not in written(korean(), "en")


def test_summaries_stand_in_the_item_of_their_language() -> None:
    item = read_ninjs(example())
    result = result_of(item)
    result.summaries.append(summary("ko", "하나.", "둘."))
    result.summaries.append(summary("ko", "다리 개통", style=SUMMARY_STYLE_HEADLINE))
    (output,) = write_ninjs(result, item)
    assert output.item["descriptions"][1:] == [
        {"role": "summary-bullets", "contentType": "text/plain", "value": "하나.\n둘."}
    ]
    assert output.item["headlines"][2:] == [
        {"role": "summary-headline", "contentType": "text/plain", "value": "다리 개통"}
    ]
    assert "\nMachine summary (bullets) by sums@1, not reviewed." in output.item["edNote"]
    assert violations(output.item) == []


def test_a_summary_in_the_source_s_language_stands_in_a_copy_of_the_source() -> None:
    item = read_ninjs(korean())
    result = result_of(item, "en")
    result.summaries.append(summary("ko", "산책로가 열린다."))
    english, own = write_ninjs(result, item)
    assert (english.language, own.language) == ("en", "ko-KR")
    assert (own.item["headlines"], own.item["bodies"]) == (korean()["headlines"], korean()["bodies"])
    assert own.item["descriptions"][0]["value"] == "산책로가 열린다."
    assert own.item["associations"][-1]["rel"] == "derivedFrom"
    assert own.item["uri"] not in (korean()["uri"], english.item["uri"])
    assert "digitalSourceType" not in own.item
    assert own.notes == ()
    assert violations(own.item) == []


def test_a_summary_without_an_item_is_told() -> None:
    item = read_ninjs(example())
    result = result_of(item)
    result.summaries.append(summary("ja", "橋が開く。"))
    (output,) = write_ninjs(result, item)
    assert output.notes == ("summary (bullets) in ja: left out: no item in this language",)
    assert output.notes[0] in output.item["edNote"]


def test_what_a_point_of_a_summary_is_doubted_for_is_told() -> None:
    item = read_ninjs(example())
    made = summary("en", "The bridge cost £62 million.")
    made.points[0].findings.add(
        kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_CRITICAL, target=TextRange(start=16, end=27)
    )
    (output,) = write_ninjs(SummarizeResponse(source=result_of(item).source, summary=made), item)
    assert output.item["edNote"].endswith("! stop: descriptions[1]: number mismatch at “£62 million”")
    assert output.item["pubStatus"] == "withheld"


def test_a_result_of_translate_is_written_too() -> None:
    item = read_ninjs(japanese())
    result = result_of(item, "en")
    response = TranslateResponse(source=result.source, translation=result.translations[0])
    assert write_ninjs(response, item, created=MOMENT) == write_ninjs(result, item, created=MOMENT)


def test_kinds_that_were_not_chosen_stay_and_are_told() -> None:
    item = read_ninjs(korean())
    result = result_of(item, "en", without_kinds=[BLOCK_KIND_CAPTION, BLOCK_KIND_PARAGRAPH])
    (output,) = write_ninjs(result, item)
    assert output.notes == (
        "associations[0].descriptions[0]: 1 block not translated: kinds were chosen",
        "bodies[0]: 1 block not translated: kinds were chosen",
    )
    assert output.item["associations"][0] == korean()["associations"][0]


@pytest.mark.parametrize(("version", "made"), [("3.0", "3.1"), ("3.1", "3.1"), ("3.3", "3.3"), ("3", "3")])
def test_the_version_is_at_least_one_that_has_what_is_written(version: str, made: str) -> None:
    standard = {
        "name": "ninjs",
        "version": version,
        "schema": f"http://www.iptc.org/std/ninjs/ninjs-schema_{version}.json#",
    }
    assert written(example() | {"standard": standard})["standard"] == {
        "name": "ninjs",
        "version": made,
        "schema": f"http://www.iptc.org/std/ninjs/ninjs-schema_{made}.json#",
    }
    assert "standard" not in written(korean(), "en")


def test_a_translation_can_be_translated_again() -> None:
    again = written(written(example()), "ja")
    assert [link["name"] for link in again["associations"][2:]] == ["source-en", "source-ko"]
    assert again["associations"][2]["headlines"] == [example()["headlines"][0]]
    assert again["headlines"][0]["value"] == "««Kestrel Bridge reopens four months early»»"


def test_the_source_is_not_changed() -> None:
    item = read_ninjs(example())
    before = copy.deepcopy(item.source)
    first = write_ninjs(result_of(item), item)[0]
    first.item["associations"][-1]["altIds"].clear()
    assert item.source == before


@pytest.mark.parametrize("other", [japanese, korean])
def test_a_result_of_another_item_is_refused(other: Any) -> None:
    with pytest.raises(ValueError, match=r"^result: is not of this item: block 1 is not headlines\[0\]$"):
        write_ninjs(result_of(read_ninjs(other())), read_ninjs(example()))
    with pytest.raises(ValueError, match="is not of this item"):
        write_ninjs(ProcessArticleResponse(), read_ninjs(example()))


def test_a_translation_without_its_html_is_refused() -> None:
    for make in (example, japanese):
        item = read_ninjs(make())
        result = result_of(item)
        result.translations[0].html = ""
        with pytest.raises(ValueError, match="is not of this item"):
            write_ninjs(result, item)
