import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.python.ninjs.items import EXAMPLE, example, japanese, korean
from tests.clients.python.ninjs.schema import violations
from triwire.v1.article_pb2 import CLEANING_NONE, BlockKind
from triwire_client import NinjsError, read_ninjs
from triwire_server.text.extract import extract_article

TEXT = {"uri": "urn:example:1", "headlines": [{"value": "Harbour opens"}]}


def blocks(item: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and words of each block that the service reads in an item."""
    article = extract_article(read_ninjs(item).content)
    return [
        (BlockKind.Name(block.kind).removeprefix("BLOCK_KIND_"), block.text or block.inline_html)
        for block in article.blocks
    ]


def wrong(item: object) -> list[str]:
    with pytest.raises(NinjsError) as caught:
        read_ninjs(item)  # type: ignore[arg-type]  # what the types forbid
    return [f"{violation.field}: {violation.description}" for violation in caught.value.violations]


@pytest.mark.parametrize("make", [example, korean, japanese])
def test_the_items_of_these_tests_are_as_the_standard_wants_them(make: Any) -> None:
    assert violations(make()) == []


def test_the_schema_lets_nothing_else_in() -> None:
    link = {"name": "a", "uri": "urn:x:2", "rel": "seeAlso"}
    assert violations(TEXT | {"associations": [link]}) == []
    wrong_items: list[dict[str, Any]] = [
        {"headlines": []},
        TEXT | {"x-desk": 1},
        TEXT | {"rel": "seeAlso"},
        TEXT | {"associations": [link | {"x-desk": 1}]},
        TEXT | {"associations": [{"uri": "urn:x:2"}]},
        TEXT | {"bodies": [{"value": "A", "charCount": "1"}]},
        TEXT | {"versionCreated": "2026-11-20"},
        TEXT | {"embargoed": "2026-11-20T05:00:00Z"},
    ]
    for wrong_item in wrong_items:
        assert len(violations(wrong_item)) == 1, wrong_item


def test_an_item_becomes_blocks_in_the_order_that_a_reader_and_a_summary_need() -> None:
    found = blocks(example())
    assert found[0] == ("HEADLINE", "Kestrel Bridge reopens four months early")
    assert found[1:3] == [
        ("CAPTION", "Bridge reopens early"),
        ("CAPTION", "The 310-metre crossing had been closed since <em>March</em>."),
    ]
    assert found[-6] == ("CAPTION", "Painters on the north tower of the Kestrel Bridge in October.")
    assert [kind for kind, _ in found[-5:]] == ["PARAGRAPH", "PARAGRAPH", "SUBHEADING", "PARAGRAPH", "CAPTION"]


def test_an_xhtml_body_keeps_its_structure() -> None:
    assert [kind for kind, _ in blocks(korean())] == [
        *["HEADLINE", "CAPTION", "PARAGRAPH", "QUOTE", "LIST_ITEM", "LIST_ITEM"]
    ]


def test_lines_of_a_plain_body_are_its_paragraphs() -> None:
    assert [kind for kind, _ in blocks(japanese())] == ["HEADLINE", "CAPTION", "PARAGRAPH", "PARAGRAPH"]


def test_blank_lines_separate_paragraphs_whose_lines_are_wrapped() -> None:
    body = {"value": "The harbour\r\nopened.\r\n \r\nThe ferry left.\n"}
    assert blocks({**TEXT, "bodies": [body]})[1:] == [
        ("PARAGRAPH", "The harbour opened."),
        ("PARAGRAPH", "The ferry left."),
    ]


def test_the_content_says_its_language_and_is_all_article() -> None:
    content = read_ninjs(korean()).content
    assert (content.language, content.cleaning) == ("ko-KR", CLEANING_NONE)
    assert read_ninjs(TEXT).content.language == ""
    assert read_ninjs(korean(), language="ja").content.language == "ja"


def test_an_item_may_be_given_as_object_text_bytes_or_file() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    given = (json.loads(text), text, b"\xef\xbb\xbf" + text.encode(), EXAMPLE)
    (content,) = {read_ninjs(source).content.html for source in given}
    assert "<h1>Kestrel Bridge" in content


def test_an_object_is_neither_changed_nor_shared() -> None:
    item = example()
    read = read_ninjs(item, language="ko")
    assert item == example()
    item["headlines"][0]["value"] = "Changed"
    assert read.source["headlines"][0]["value"] == "Kestrel Bridge reopens four months early"


@pytest.mark.parametrize(
    ("bodies", "main"),
    [
        ([{"contentType": "text/plain", "value": "A"}, {"contentType": "text/html; charset=utf-8", "value": "B"}], 1),
        ([{"contentType": "text/html", "value": "A"}, {"contentType": "text/html", "role": "main", "value": "B"}], 1),
        ([{"contentType": "text/html", "value": "A"}, {"contentType": "text/html", "value": "B"}], 0),
        ([{"contentType": "application/xml", "value": "<nitf/>"}, {"value": "A"}], 1),
        ([{"role": "teaser", "value": "A"}, {"value": "<p>B</p>"}], 1),
    ],
)
def test_the_body_that_is_the_article_is_chosen_by_type_role_and_order(bodies: list[Any], main: int) -> None:
    assert read_ninjs({**TEXT, "bodies": bodies}).body == main


def test_the_main_headline_is_chosen_by_role_and_order() -> None:
    short, plain, main = ({"role": "short", "value": "Short"}, {"value": "Plain"}, {"role": "main", "value": "Main"})
    for headlines, chosen in (([short, plain, main], "Main"), ([short, plain], "Plain"), ([short], "Short")):
        assert blocks({**TEXT, "headlines": headlines})[0] == ("HEADLINE", chosen)


def test_what_is_not_translated_and_could_mislead_is_told() -> None:
    item = example()
    item["bodies"] += [
        {"role": "rich", "contentType": "text/html", "value": "<p>Rich</p>"},
        {"contentType": "application/xml", "value": "<nitf/>"},
    ]
    item["bodies"][0]["value"] += '<p lang="en"><img src="a.png" alt="A tower"/></p>'
    item["descriptions"].append({"contentType": "text/html", "value": "<p>One.</p><p>Two.</p>"})
    item["associations"].append({"name": "fr", "uri": "urn:x:fr", "language": "fr", "headlines": [{"value": "Pont"}]})
    read = read_ninjs(item)
    assert read.notes == (
        "descriptions[1] (text/html): not translated: more than one paragraph of inline HTML",
        "bodies[2] (rich, text/html): not translated: only one HTML body is translated",
        "bodies[3] (application/xml): not translated: neither plain text nor HTML",
        "associations[2]: not translated: its language is fr",
        "bodies[0]: alternative texts of images are not translated",
        "bodies[0]: its lang attributes name the source's language",
    )
    assert "Pont" not in read.content.html


def test_pictures_within_a_picture_are_read_and_other_stories_are_not() -> None:
    inner = {"name": "2", "uri": "urn:x:2", "type": "graphic", "headlines": [{"value": "Inner"}]}
    gallery = {"name": "1", "uri": "urn:x:1", "type": "picture", "associations": [inner]}
    story = {"name": "3", "uri": "urn:x:3", "type": "text", "headlines": [{"value": "Story"}], "associations": [inner]}
    assert [words for _, words in blocks({**TEXT, "associations": [gallery, story]})] == ["Harbour opens", "Inner"]


@pytest.mark.parametrize(
    "value",
    ["a < b", "<div>a</div>", "a<br><br>b", "<b>a", "<b><i>a</b></i>", "a</b>", "<!-- c -->a", "<p>a</p><p>b</p>"],
)
def test_html_that_is_no_single_paragraph_stays_as_it_is(value: str) -> None:
    item = {**TEXT, "descriptions": [{"contentType": "text/html", "value": value}]}
    assert len(read_ninjs(item).notes) == 1
    assert len(blocks(item)) == 1


@pytest.mark.parametrize("value", ["", " \n", "&nbsp;", "<p> </p>", "<b></b>"])
def test_html_without_words_is_nothing_to_tell(value: str) -> None:
    item = {**TEXT, "descriptions": [{"contentType": "text/html", "value": value}]}
    assert read_ninjs(item).notes == ()
    assert len(blocks(item)) == 1


def test_all_that_is_wrong_is_told_at_once_with_its_path() -> None:
    item = {
        "uri": "no uri",
        "type": "story",
        "language": 7,
        "pubStatus": "ready",
        "headlines": [{"role": "main"}, "Headline"],
        "bodies": {"value": "text"},
        "descriptions": [{"value": 3, "contentType": 4}],
        "standard": "ninjs",
        "altIds": "x",
        "associations": [{"uri": "urn:x:1", "descriptions": [{"value": None}]}, None],
    }
    assert wrong(item) == [
        "uri: is not a URI",
        "language: is not a string",
        "type: is none of text, audio, video, picture, graphic, composite, component, event, planning",
        "pubStatus: is none of usable, withheld, canceled",
        "headlines[0].value: is missing",
        "headlines[1]: is not an object",
        "descriptions[0].value: is not a string",
        "descriptions[0].contentType: is not a string",
        "bodies: is not an array",
        "standard: is not an object",
        "altIds: is not an array",
        "associations[0].name: is missing",
        "associations[0].descriptions[0].value: is not a string",
        "associations[1]: is not an object",
    ]


@pytest.mark.parametrize(
    ("item", "version"),
    [
        ({"uri": "urn:x:1", "headline": "A", "body_xhtml": "<p>B</p>"}, "1 (headline, body_xhtml)"),
        ({"uri": "urn:x:1", "$standard": {"version": "1.4"}}, "1.4"),
        ({"uri": "urn:x:1", "versioncreated": "2026-11-20T11:40:00Z"}, "2 (versioncreated)"),
        ({**TEXT, "standard": {"name": "ninjs", "version": "2.1"}}, "2.1"),
        ({**TEXT, "standard": {"version": 4}}, "4"),
    ],
)
def test_other_major_versions_are_refused_by_name(item: dict[str, Any], version: str) -> None:
    assert wrong(item) == [f"standard.version: is ninjs {version}; only ninjs 3 is read, convert it first"]


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2", "3"])
def test_every_ninjs_3_is_read(version: str) -> None:
    assert read_ninjs({**TEXT, "standard": {"name": "ninjs", "version": version}}).passages


@pytest.mark.parametrize(
    ("source", "start"),
    [
        ("{", "item: is not JSON: "),
        ("[]", "item: is not an object"),
        (b"\xff", "item: is not JSON: "),
        ('{"uri": "urn:x:1", "urgency": NaN}', "item: is not JSON: "),
        ('{"uri": "urn:x:1", "title": "\\ud800"}', "item: is not JSON: "),
        ("[" * 100_000, "item: is not JSON: "),
        ({"uri": "urn:x:1", "at": Path()}, "item: is not JSON: "),
        ({"uri": "urn:x:1", "title": "only metadata"}, "headlines, descriptions, bodies, associations: hold no text"),
    ],
)
def test_what_is_no_item_is_refused(source: object, start: str) -> None:
    (line,) = wrong(source)
    assert line.startswith(start)


def test_a_chain_of_associations_without_end_is_refused() -> None:
    item: dict[str, Any] = dict(TEXT)
    for number in range(40):
        item = {"name": str(number), "uri": "urn:x:1", "associations": [item]}
    assert "associations: is nested deeper than 16" in wrong(item)[0]
