import html
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.service.text.strategies import inline_html, texts
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.placeholders.protect import protect
from triwire_server.text.segment import split_segments


def severities(findings: list[Finding]) -> list[str]:
    return [Finding.Severity.Name(finding.severity).removeprefix("SEVERITY_") for finding in findings]


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
    assert text == "{title}을 읽다 https://example.com"
    assert [(finding.kind, finding.severity, finding.expected) for finding in findings] == [
        (Finding.KIND_PLACEHOLDER_MISMATCH, Finding.SEVERITY_CRITICAL, "https://example.com")
    ]


def test_an_invented_or_repeated_placeholder_is_taken_out_with_a_finding() -> None:
    text, findings = protect("Read {title}").restore("[1] [2] [1] 읽다")
    assert text == "{title} 읽다"
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


@pytest.mark.parametrize(
    ("body", "output", "expected", "findings"),
    [
        # A longer address is not the one that was lost; one that was written out beside its mark is taken out.
        (
            "See https://example.com/",
            "https://example.com/abc를 보라",  # see ...
            "https://example.com/abc를 보라 https://example.com/",
            [("CRITICAL", "https://example.com/", "")],
        ),
        (
            "Write to press@example.com",
            "xpress@example.com에 쓰라",  # write to ...
            "xpress@example.com에 쓰라 press@example.com",
            [("CRITICAL", "press@example.com", "")],
        ),
        (
            "See https://example.com",
            "[1](https://example.com)을 보라",
            "https://example.com을 보라",
            [("INFO", "", "https://example.com")],
        ),
        # Two that are lost come back in their order, with spaces around words.
        (
            "See {a} now and {b} soon",
            "지금 볼 것은 곧 온다",  # what to see now comes soon
            "지금 볼 {a} 것은 곧 {b} 온다",
            [("CRITICAL", "{a}", ""), ("CRITICAL", "{b}", "")],
        ),
        ("See {a} and {b}", "[1][2]", "{a}{b}", []),
    ],
)
def test_fields_and_addresses_stand_in_the_output_once(
    body: str, output: str, expected: str, findings: list[tuple[str, str, str]]
) -> None:
    text, found = protect(body).restore(output)
    assert text == expected
    assert [(severity, f.expected, f.actual) for severity, f in zip(severities(found), found, strict=True)] == findings


@pytest.mark.parametrize(
    ("body", "output", "expected"),
    [
        # A number that stands twice in odd brackets is text: the harbour (2) opened.
        ("The <b>harbour</b> opened", "(1)항구(2)가 (2) 열렸다", "<b>항구(2)가</b> (2) 열렸다"),
        # Marks of a pair the wrong way round, and in the middle of words.
        ("The <b>harbour</b> opened", "항구[2]가 열[1]렸다", "항구<b>가 열</b>렸다"),
        # A field in an element that was lost takes it along: look now.
        ('See <a href="/x">{a}</a> now', "지금 보라", '지금 <a href="/x">{a}</a> 보라'),
        ("<b>12</b> boats and 5 men", "배 12척과 5명", "배 <b>12</b>척과 5명"),  # 12 boats and five men
        # Spaces that the model wrote for the marks' sake, and those of the text.
        ("“<b>Run</b>,” he said", "“[1] 도망쳐 [2],”라고 했다", "“<b>도망쳐</b>,”라고 했다"),
        ("the <b>harbour</b>", "港 [1] 港 [2] が", "港 <b>港</b> が"),
        ('<img src="a"> one <br/>two', "[2]하나 [1]둘", '<br/>하나 <img src="a">둘'),  # one, two
        ("<b>It rained", "비가 왔다", "<b>비가 왔다"),
        ("it rained</b>", "비가 왔다", "비가 왔다</b>"),
        ("a <b>one</b>", "[1][2]", "<b></b>"),
    ],
)
def test_tags_stand_where_their_words_went(body: str, output: str, expected: str) -> None:
    assert protect(body, is_html=True).restore(output)[0] == expected


@given(texts)
def test_plain_text_comes_back_as_it_was(text: str) -> None:
    protected = protect(text)
    assert protected.restore(protected.text) == (text, [])


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


@pytest.mark.parametrize(
    ("body", "output", "expected", "severity"),
    [
        # KTX trains stopped. / KTX trains stopped again.
        ("<b>KTX</b> trains stopped.", "열차 KTX가 멈췄다.", "열차 <b>KTX</b>가 멈췄다.", "INFO"),
        # prices rose 6.25 per cent in May
        ("Prices rose <em>6.25</em> per cent.", "물가가 6.25% 올랐다.", "물가가 <em>6.25%</em> 올랐다.", "INFO"),
        # the firm Nordvale sells it
        ("It is sold by <i>Nordvale</i>.", "Nordvaleが販売している。", "<i>Nordvale</i>が販売している。", "INFO"),
        # The mayor opened the harbour again on Monday.
        (
            "The <b>mayor</b> reopened the harbour.",
            "시장이 항구를 다시 열었다.",
            "<b>시장이</b> 항구를 다시 열었다.",
            "WARNING",
        ),
        ("The mayor reopened the <b>harbour.</b>", "市長は港を再開した。", "市長は港を<b>再開した</b>。", "WARNING"),
        # one mark of two was kept
        ("The <b>old harbour</b> reopened.", "[1]옛 항구가 다시 열렸다.", "<b>옛 항구가</b> 다시 열렸다.", "WARNING"),
    ],
)
def test_lost_tags_go_around_their_own_words_or_whole_words(
    body: str, output: str, expected: str, severity: str
) -> None:
    text, findings = protect(body, is_html=True).restore(output)
    assert text == expected
    assert severities(findings) == [severity]


def test_lost_tags_go_around_the_known_counterpart() -> None:
    protected = protect("Talks in <b>Westmere</b> and <i>Hanbit</i> failed.", is_html=True)
    # Talks in Hanbit and Westmere failed.
    text, findings = protected.restore(
        "한빛과 웨스트미어 회담은 실패했다.", {"Westmere": "웨스트미어", "hanbit": "한빛"}
    )
    assert text == "<i>한빛</i>과 <b>웨스트미어</b> 회담은 실패했다."
    assert severities(findings) == ["INFO", "INFO"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("[ 1 ]항구[ 2 ]가 열렸다", "<b>항구</b>가 열렸다"),  # The harbour opened
        ("[1] 항구 [2]가 열렸다", "<b>항구</b>가 열렸다"),
        ("(1)항구(2)가 열렸다", "<b>항구</b>가 열렸다"),
        ("【1】港【2】が開いた", "<b>港</b>が開いた"),  # The harbour opened
        ("<1>항구<2>가 열렸다", "<b>항구</b>가 열렸다"),
        ("<b>항구</b>가 열렸다", "<b>항구</b>가 열렸다"),
        ("\\[1\\]항구\\[2\\]가 열렸다", "<b>항구</b>가 열렸다"),
        ("The [1] harbour [2] opened", "The <b>harbour</b> opened"),
        ("The har[1]bour op[2]ened", "The <b>harbour opened</b>"),
        ("[1][2]항구가 열렸다", "<b>항구가</b> 열렸다"),
    ],
)
def test_marks_in_other_hands_are_understood(output: str, expected: str) -> None:
    assert protect("The <b>harbour</b> opened", is_html=True).restore(output)[0] == expected


def test_a_number_of_the_text_is_no_mark() -> None:
    protected = protect("The <b>1</b> of 2 harbours", is_html=True)
    assert protected.restore("항구 2곳 중 (1)")[0] == "항구 2곳 중 (<b>1</b>)"  # 1 of 2 harbours
    text, findings = protect("In 2019, {name} won").restore("[1]은 [2019]년에 이겼다")  # {name} won in [2019]
    assert (text, findings) == ("{name}은 [2019]년에 이겼다", [])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("https://example.com 을 보라", "https://example.com 을 보라"),  # See https://example.com
        ("[1](https://example.com)을 보라", "https://example.com을 보라"),
        ("https://example.com ([1])을 보라", "https://example.com ()을 보라"),
    ],
)
def test_an_address_that_the_model_wrote_out_is_not_doubled(output: str, expected: str) -> None:
    text, _ = protect("See https://example.com").restore(output)
    assert text.count("https://example.com") == 1
    if "()" not in expected:
        assert text == expected


def test_a_lost_address_inside_a_link_comes_back_inside_it() -> None:
    protected = protect('See <a href="/x">https://example.com</a> now', is_html=True)
    text, findings = protected.restore("지금 [1][3]를 보라")  # Look at ... now
    assert text == '지금 <a href="/x">https://example.com</a>를 보라'
    assert severities(findings) == ["CRITICAL"]


def test_text_that_looks_like_a_tag_stays_text() -> None:
    protected = protect("Write <b>&lt;b&gt;</b> for bold & more".replace(" & ", " &amp; "), is_html=True)
    assert protected.restore("Fett ist [1]<b>[2] & so")[0] == "Fett ist <b>&lt;b&gt;</b> &amp; so"


def test_tags_whose_partner_is_in_another_piece_stay_outside_pairs() -> None:
    first = protect("<b>It rained on <i>Monday.</i>", is_html=True)
    assert first.restore("[2]월[1]요일[3]에 비가 왔다.")[0] == "<b><i>월요일</i>에 비가 왔다."  # It rained on Monday.


@given(inline_html, st.integers(10, 40), st.data())
def test_pieces_of_a_body_are_balanced_together_whatever_a_model_wrote(
    body: str, limit: int, data: st.DataObject
) -> None:
    pieces = []
    position = 0
    for start, end in split_segments(body, "ko", lambda piece: len(piece) <= limit, is_html=True):
        pieces.append(body[position:start])
        protected = protect(body[start:end], is_html=True)
        marks = re.findall(r"\[\d+\]", protected.text)
        words = data.draw(st.lists(st.sampled_from([*marks, "항구", " harbour ", "。", " "]), max_size=8))
        pieces.append(protected.restore("".join(words))[0])
        position = end
    assert tags_are_nested("".join([*pieces, body[position:]]))


OUTPUTS = st.lists(
    st.sampled_from(
        ["[1]", "[2]", "[3]", "[4]", "(1)", "항구", "가", " ", " harbour", "港", "が", "12.5", "。", ".", "&", "[9]"]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=300)
@given(
    st.sampled_from(["<b>The <i>harbour</i></b>", "<b>Harbour</b> <i>12.5</i> opened", "<b>It</b> <br>{x} a"]), OUTPUTS
)
def test_pairs_are_never_empty_and_no_tag_cuts_a_word(body: str, output: str) -> None:
    protected = protect(body, is_html=True)
    restored, _ = protected.restore(output)
    assert tags_are_nested(restored)
    assert sorted(re.findall(r"<[^<>]*>", restored)) == sorted(re.findall(r"<[^<>]*>", body))
    assert not re.search(
        r"[A-Za-z](?:</?[bi]>)+[A-Za-z]|\d(?:</?[bi]>)+\d|\d(?:</?[bi]>)*\.(?:</?[bi]>)+\d", restored
    ) or (re.search(r"[a-z0-9](?:\[\d\])+[a-z0-9]|harbour12", output))
    if re.search(r"[가-힣港が]|harbour", output):
        bare = re.sub(r"<br>", "", restored)
        assert not re.search(r"<([bi])>[^\w{]*</\1>", bare)


@given(
    inline_html, st.text(st.characters(exclude_characters="[]［］【】", exclude_categories=["Cs", "N"]), max_size=60)
)
def test_text_is_escaped_exactly_once_and_nothing_else_is_changed(body: str, output: str) -> None:
    assume("{name}" not in output and "<" not in output and "<span" not in body)
    restored, _ = protect(body, is_html=True).restore(output)
    assume("http" not in body or body.count("https://example.com ") == body.count("http"))
    kept = re.sub(r"https://example.com|\{name\}", "", restored)
    text = html.unescape(re.sub(r"<[^<>]*>", "", kept))
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", output)
    assert not re.search(r"&(?!amp;|lt;|gt;)", restored)


@given(inline_html, st.data())
def test_whatever_a_model_does_to_the_marks_every_tag_comes_back_nested(body: str, data: st.DataObject) -> None:
    protected = protect(body, is_html=True)
    marks = re.findall(r"\[\d+\]", protected.text)
    pieces = data.draw(st.lists(st.sampled_from([*marks, "항구", " harbour ", "[99]", "。"]), max_size=12))
    restored, _ = protected.restore("".join(pieces))
    assert tags_are_nested(restored)
    assert sorted(re.findall(r"<[^<>]*>", restored)) == sorted(re.findall(r"<[^<>]*>", body))


@given(texts, texts, st.booleans())
def test_no_output_makes_restoring_fail(body: str, output: str, is_html: bool) -> None:
    restored, findings = protect(body, is_html=is_html).restore(output)
    assert isinstance(restored, str)
    assert all(finding.kind == Finding.KIND_PLACEHOLDER_MISMATCH for finding in findings)
