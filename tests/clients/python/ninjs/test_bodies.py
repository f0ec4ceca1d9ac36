"""Bodies as pages on the web have them: whatever is not a word stays where and as it was."""

import html
import unicodedata
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients.python.ninjs.items import example, result_of
from tests.clients.python.ninjs.schema import violations
from triwire_client import read_ninjs, write_ninjs

# A body, and the same with its words marked. What stands between the words of a paragraph comes to stand behind them.
BODIES = [
    ("<p>Tom &amp; Ina &lt;b&gt; &hellip;</p>", "<p>«Tom &amp; Ina &lt;b&gt; …»</p>"),
    (
        '<p>One <script>alert("</p>two")</script>three.</p>',
        '<p>«One three.»<script>alert("</p>two")</script></p>',
    ),
    ("<style>p { color: red }</style><p>A</p>", "<style>p { color: red }</style><p>«A»</p>"),
    ("<p>A<!-- <p>no</p> -->B</p>", "<p>«AB»<!-- <p>no</p> --></p>"),
    (
        "<ul><li>One<ol><li>Two</li></ol></li><li>Three</ul>",
        "<ul><li>«One»<ol><li>«Two»</li></ol></li><li>«Three»</ul>",
    ),
    (
        '<table class="t"><tr><th>Ships</th><td>12 <b>new</b></td></tr></table>',
        '<table class="t"><tr><th>«Ships»</th><td>«12 <b>new</b>»</td></tr></table>',
    ),
    ("<p><ruby>東京<rt>とうきょう</rt></ruby>の港</p>", "<p>«<ruby>東京<rt>とうきょう</rt></ruby>の港»</p>"),
    (
        '<p>Ship <img src="x.png" onerror="steal()"/> left</p>',
        '<p>«Ship <img src="x.png" onerror="steal()"/> left»</p>',
    ),
    (
        '<iframe src="https://video.example/1"><p>no frames</p></iframe><p>A</p>',
        '<iframe src="https://video.example/1"><p>no frames</p></iframe><p>«A»</p>',
    ),
    (
        '<p>A <a href="javascript:steal()" onclick="steal()">link</a></p>',
        '<p>«A <a href="javascript:steal()" onclick="steal()">link</a>»</p>',
    ),
    ("<p>a<br/>b<br/><br/>c</p>", "<p>«a<br/>b»<br/><br/>«c»</p>"),
    ("</figcaption></h1><h1>A</h1>", "</figcaption></h1><h1>«A»</h1>"),
    ("<!--triwire:body-->\n<p>A</p>", "<!--triwire:body-->\n<p>«A»</p>"),
    ("loose <p>closed", "«loose» <p>«closed»"),
    ("<p>A</p><!-- open <p>B</p>", "<p>«A»</p><!-- open <p>B</p>"),
    ("<p>A</p><script>open <p>B</p>", "<p>«A»</p><script>open <p>B</p>"),
    (
        '<html><head><title>T</title></head><body><p translate="no">Kestrel</p></body></html>',
        '<html><head><title>«T»</title></head><body><p translate="no">Kestrel</p></body></html>',
    ),
]


def translated(body: str, content_type: str = "text/html") -> str:
    item = example()
    item["bodies"][0] |= {"value": body, "contentType": content_type}
    read = read_ninjs(item)
    (output,) = write_ninjs(result_of(read), read)
    assert violations(output.item) == []
    assert output.item["headlines"][0]["value"] == "«Kestrel Bridge reopens four months early»"
    assert output.item["associations"][0]["descriptions"][0]["value"].startswith("«Painters")
    value: str = output.item["bodies"][0]["value"]
    return value


@pytest.mark.parametrize(("body", "made"), BODIES)
def test_markup_stays_in_its_place(body: str, made: str) -> None:
    assert translated(body) == made


def test_cdata_of_xhtml_is_text_and_stays_text() -> None:
    body = "<p><![CDATA[Tom & <Ina>]]> left.</p><![CDATA[open"
    assert translated(body, "application/xhtml+xml").startswith("<p>«Tom &amp; &lt;Ina&gt; left.»</p>")


def test_an_xhtml_body_stays_well_formed() -> None:
    body = "<p>A &lt; B &amp; C<br/>D</p><p><img src='a?b&amp;c' alt=''/><![CDATA[<i>]]></p>"
    read = ElementTree.fromstring(f"<div>{translated(body, 'application/xhtml+xml')}</div>")  # noqa: S314 - made here
    assert "".join(read.itertext()) == "«A < B & CD»«<i>»"


def test_what_a_model_writes_is_never_markup() -> None:
    item = read_ninjs(example())
    (output,) = write_ninjs(result_of(item, change=lambda words: words if "<" in words else "<script>&amp;"), item)
    assert "<script>" not in output.item["bodies"][0]["value"]
    assert "<h2>&lt;script&gt;&amp;amp;</h2>" in output.item["bodies"][0]["value"]
    assert output.item["bodies"][1]["value"].split("\n\n")[2] == "<script>&amp;"  # plain text: no markup either


WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)
_TAGS = """
<p> </p> <b> </b> <br/> <ul> <li> </ul> <script> </script> <!-- --> <![CDATA[ ]]> <figcaption> </figcaption> <h1> </h1>
<!--triwire:body--> <iframe> </iframe> <ruby> <rt> </ruby> <img/> &amp; &#x3042; < > &
"""
PIECES = st.sampled_from([*_TAGS.split(), "\n"])
HTML = st.lists(PIECES | WORDS | st.sampled_from(["word", " 단어 ", "言葉"]), max_size=25).map("".join)
TEXTS = st.fixed_dictionaries(
    {"value": WORDS | HTML},
    optional={
        "role": st.sampled_from(["main", "short", "x"]),
        "contentType": st.sampled_from(["text/plain", "text/html", "application/xhtml+xml", "application/xml"]),
        "x-unknown": st.integers(),
    },
)
ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | WORDS, lambda inner: st.lists(inner, max_size=3))
PICTURE = {
    "name": st.just("p"),
    "uri": st.just("urn:x:p"),
    "descriptions": st.lists(TEXTS, max_size=2),
    "x-unknown": ANYTHING,
}
ITEMS = st.fixed_dictionaries(
    {
        "uri": st.just("urn:x:1"),
        "language": st.just("en"),
        "headlines": st.lists(TEXTS, max_size=3),
        "bodies": st.lists(TEXTS, max_size=3),
        "descriptions": st.lists(TEXTS, max_size=2),
        "associations": st.lists(st.fixed_dictionaries(PICTURE), max_size=2),
        "x-unknown": ANYTHING,
    }
)


def alike(value: Any) -> Any:
    """A value without what a translation that changes no word may change.

    That is white space, how a letter is written, and where a comment between words stands: its characters, sorted.
    """
    if isinstance(value, dict):
        return {name: alike(member) for name, member in value.items()}
    if isinstance(value, list):
        return [alike(member) for member in value]
    if not isinstance(value, str):
        return value
    words = value
    for _ in range(3):  # an entity of an entity
        words = html.unescape(words)
    words = words.replace("<![CDATA[", "").replace("]]>", "")
    return sorted("".join(unicodedata.normalize("NFC", words).split()))


@settings(max_examples=60)
@given(ITEMS)
def test_an_item_written_with_its_own_words_is_the_same_item(item: dict[str, Any]) -> None:
    item["headlines"].append({"value": "One that is there"})
    read = read_ninjs(item)
    (output,) = write_ninjs(result_of(read, change=lambda words: words), read)
    made = output.item
    assert made["associations"].pop()["rel"] == "translationOf"
    for name in item.keys() - {"uri", "language"}:
        assert alike(made[name]) == alike(item[name])
