from typing import Any

from tests.clients.python.review.results import example, hostile
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import Result, ResultFinding

Finding = article_service_pb2.Finding


def number_mismatch(**places: Any) -> Finding:
    return Finding(
        kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_CRITICAL, expected="212", actual="221", **places
    )


def make_result() -> Result:
    response = article_service_pb2.ProcessArticleResponse(
        source=article_pb2.Article(
            language="en", blocks=[article_pb2.Block(block_id="p", text="The ferry left with 212 people.")]
        )
    )
    translation = response.translations.add(source_language="en", target_language="ko")
    translation.findings.add(kind=Finding.KIND_LENGTH_RATIO, severity=Finding.SEVERITY_INFO, message="short")
    place = article_pb2.Location(block_id="p", range=article_pb2.TextRange(start=20, end=23))
    made = translation.blocks.add(block=article_pb2.Block(block_id="p", text="연락선은 221명을 태우고 떠났다."))
    made.findings.append(number_mismatch(source=place, target=article_pb2.TextRange(start=5, end=8)))
    made.findings.append(number_mismatch(source=article_pb2.Location(block_id="p")))
    summary = response.summaries.add(style=article_service_pb2.SUMMARY_STYLE_BULLETS, target_language="en")
    summary.points.add(text="A ferry left.")
    summary.points.add(text="It had 221 people.").findings.append(
        number_mismatch(target=article_pb2.TextRange(start=7, end=10))
    )
    return Result(response)


def test_findings_are_flat_with_both_passages() -> None:
    result = make_result()
    summary, whole, block, without_place = result.findings
    assert block == ResultFinding(
        target_language="ko",
        summary_style="",
        block_id="p",
        statement=None,
        severity="critical",
        kind="number_mismatch",
        expected="212",
        actual="221",
        message="",
        source_block_id="p",
        source_text="212",
        source_range=(20, 23),
        target_text="221",
        target_range=(5, 8),
    )
    assert (without_place.source_text, without_place.source_range) == ("The ferry left with 212 people.", None)
    assert (without_place.target_text, without_place.target_range) == ("", None)
    assert (summary.summary_style, summary.statement, summary.target_text) == ("bullets", 2, "221")
    assert (summary.source_block_id, summary.source_text) == ("", "")
    assert [finding.is_critical for finding in result.findings] == [True, False, True, True]
    assert result.translations["ko"].findings == (whole, block, without_place)
    assert result.translations["ko"]["p"].findings == (block, without_place)
    assert result.summaries[0].findings == (summary,)


def test_a_finding_says_where_it_is_in_words() -> None:
    assert [str(finding) for finding in make_result().findings] == [
        "bullets in English (en), statement 2: number mismatch (expected “212”, is “221”)",
        "Korean (ko), as a whole: length ratio: short",
        "Korean (ko), block p: number mismatch (expected “212”, is “221”)",
        "Korean (ko), block p: number mismatch (expected “212”, is “221”)",
    ]


def test_what_is_missing_is_nothing() -> None:
    response = article_service_pb2.ProcessArticleResponse()
    response.translations.add(target_language="ko").findings.add(kind=Finding.KIND_NAME_MISMATCH, expected="Westmere")
    (finding,) = Result(response).findings
    assert finding.words == "name mismatch (expected “Westmere”, is nothing)"


def test_passages_are_where_the_ranges_are() -> None:
    result = Result(example())
    placed = [finding for finding in result.findings if finding.block_id and finding.target_range]
    assert placed
    for finding in placed:
        assert finding.target_range is not None
        message = result.translations[finding.target_language][finding.block_id].message
        body = message.inline_html or message.text
        assert finding.target_text == body[slice(*finding.target_range)]


def test_ranges_that_are_none_do_not_count_from_the_end() -> None:
    finding = next(finding for finding in Result(hostile()).findings if finding.block_id)
    assert finding.target_range == (-5, 33)
    assert len(finding.target_text) == 33


def test_kinds_and_severities_of_a_newer_server_are_worth_a_look() -> None:
    response = article_service_pb2.ProcessArticleResponse()
    response.translations.add(target_language="ko").findings.add(kind=977, severity=55)
    (finding,) = Result(response).findings
    assert (finding.kind, finding.severity) == ("unspecified", "warning")
