import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.placeholders import protect


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://example.com/a?b=1. Now.", "See [1]. Now."),
        ("Write to press@example.com today", "Write to [1] today"),
        ("Dear {name}, you have %d points", "Dear [1], you have [2] points"),
        ("Ask @harbour_master", "Ask [1]"),
        ("As shown before [1]", "As shown before [1]"),
        ("자세한 내용은 https://example.com/ko 참조", "자세한 내용은 [1] 참조"),  # for details see ...
        ("詳細は【1】を参照", "詳細は[1]を参照"),  # for details see 【1】
        ("Costs rose 5% in a year", "Costs rose 5% in a year"),
    ],
)
def test_the_model_reads_numbers_for_what_is_not_translated(text: str, shown: str) -> None:
    protected = protect(text)
    assert protected.text == shown
    assert protected.restore(protected.text) == (text, [])


def test_tags_stand_as_numbers_and_entities_as_their_characters() -> None:
    body = 'The <b>harbour</b> of R&amp;D <a href="/x">reopened</a>.'
    protected = protect(body, is_html=True)
    assert protected.text == "The [1]harbour[2] of R&D [3]reopened[4]."
    assert protected.restore("[3]다시 열린[4] R&D의 [1]항구[2].") == (  # "The reopened harbour of R&D."
        '<a href="/x">다시 열린</a> R&amp;D의 <b>항구</b>.',
        [],
    )


def test_elements_that_ask_to_be_copied_are_one_number() -> None:
    body = 'Built by <span translate="no">Nordvale <b>Telecom</b></span> in May'
    protected = protect(body, is_html=True)
    assert protected.text == "Built by [1] in May"
    assert (
        protected.restore("[1]이 5월에 지었다")[0]
        == '<span translate="no">Nordvale <b>Telecom</b></span>이 5월에 지었다'
    )


def test_a_lost_placeholder_comes_back_with_a_finding() -> None:
    text, findings = protect("Read {title} at https://example.com").restore("[1]을 읽다")  # read [1]
    assert text == "{title}을 읽다https://example.com"
    assert [(finding.kind, finding.severity, finding.expected) for finding in findings] == [
        (Finding.KIND_PLACEHOLDER_MISMATCH, Finding.SEVERITY_WARNING, "https://example.com")
    ]


def test_an_invented_or_repeated_placeholder_is_taken_out_with_a_finding() -> None:
    text, findings = protect("Read {title}").restore("[1] [2] [1] 읽다")
    assert text == "{title}   읽다"
    assert [finding.actual for finding in findings] == ["[2]", "[1]"]


def test_tags_that_a_model_crossed_are_nested_again() -> None:
    protected = protect("<b>one</b> <i>two</i>", is_html=True)
    text, findings = protected.restore("[1]하나 [3]둘[2] 셋[4]")
    assert text == "<b>하나 <i>둘</i></b> 셋"
    assert findings


def test_full_width_brackets_and_digits_are_read_too() -> None:
    assert protect("See {a} and {b}").restore("【２】と［１］を参照")[0] == "{b}と{a}を参照"  # see [2] and [1]


def test_a_piece_of_placeholders_alone_is_verbatim() -> None:
    assert protect("https://example.com").is_verbatim
    assert protect("<b>{name}</b> …", is_html=True).is_verbatim
    assert not protect("항구 {name}").is_verbatim


@settings(deadline=None)
@given(texts)
def test_plain_text_comes_back_as_it_was(text: str) -> None:
    protected = protect(text)
    assert protected.restore(protected.text) == (text, [])


@settings(deadline=None)
@given(inline_html)
def test_inline_html_comes_back_as_it_was(body: str) -> None:
    protected = protect(body, is_html=True)
    assert protected.restore(protected.text) == (body, [])


def tags_are_nested(body: str) -> bool:
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z]+)[^<>]*>", body):
        if name == "br":
            continue
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


@settings(deadline=None)
@given(inline_html, st.data())
def test_whatever_a_model_does_to_the_marks_every_tag_comes_back_nested(body: str, data: st.DataObject) -> None:
    protected = protect(body, is_html=True)
    marks = re.findall(r"\[\d+\]", protected.text)
    pieces = data.draw(st.lists(st.sampled_from([*marks, "항구", " harbour ", "[99]", "。"]), max_size=12))
    restored, _ = protected.restore("".join(pieces))
    assert tags_are_nested(restored)
    assert sorted(re.findall(r"<[^<>]*>", restored)) == sorted(re.findall(r"<[^<>]*>", body))


@settings(deadline=None)
@given(texts, texts, st.booleans())
def test_no_output_makes_restoring_fail(body: str, output: str, is_html: bool) -> None:
    restored, findings = protect(body, is_html=is_html).restore(output)
    assert isinstance(restored, str)
    assert all(finding.kind == Finding.KIND_PLACEHOLDER_MISMATCH for finding in findings)
