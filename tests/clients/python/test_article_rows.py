import json

import pytest
from google.rpc import code_pb2

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.article_rows import to_columns, to_request
from triwire_client.errors import InvalidRequestError

ASKED = article_service_pb2.ProcessArticleRequest(
    content=article_pb2.Content(cleaning=article_pb2.CLEANING_NONE),
    target_languages=["ko"],
    summaries=[article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_BULLETS)],
)


def test_a_row_asks_what_the_command_asks_and_waits_behind_everybody() -> None:
    request = to_request({"id": 1, "text": "Harbour opens", "html": None, "language": "en"}, ASKED)
    expected = article_service_pb2.ProcessArticleRequest()
    expected.CopyFrom(ASKED)
    expected.content.text = "Harbour opens"
    expected.content.language = "en"
    expected.priority = article_service_pb2.PRIORITY_BULK
    assert request == expected


def test_columns_of_a_row_go_before_what_the_command_asks() -> None:
    row = {"id": "a", "html": "<p>Hi</p>", "target_languages": ["ja", "ko"], "summaries": ["headline", "bullets:ja"]}
    request = to_request(row, ASKED)
    assert request.content.html == "<p>Hi</p>"
    assert list(request.target_languages) == ["ja", "ko"]
    assert [(summary.style, summary.target_language) for summary in request.summaries] == [
        (article_service_pb2.SUMMARY_STYLE_HEADLINE, ""),
        (article_service_pb2.SUMMARY_STYLE_BULLETS, "ja"),
    ]
    assert not to_request(row | {"summaries": []}, ASKED).summaries


def test_the_request_of_a_row_stands_in_the_place_of_what_the_command_asks() -> None:
    options = {"include_sentences": True}
    own = {"priority": "PRIORITY_STANDARD", "target_languages": ["ja"], "translation_options": options}
    request = to_request({"id": "a", "text": "Hi", "request": json.dumps(own)}, ASKED)
    assert request.priority == article_service_pb2.PRIORITY_STANDARD
    assert list(request.target_languages) == ["ja"]
    assert request.translation_options.include_sentences
    assert not request.summaries


def test_an_article_carries_its_own_language() -> None:
    article = {"blocks": [{"block_id": "h", "kind": "BLOCK_KIND_HEADLINE", "text": "Hafen"}]}
    request = to_request({"id": "a", "article": json.dumps(article), "language": "en"}, ASKED)
    assert request.content.article.blocks[0].block_id == "h"
    assert (request.content.article.language, request.content.language) == ("en", "")


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"text": None, "html": ""}, ["content"]),
        ({"text": "Hi", "html": "<p>Hi</p>"}, ["content"]),
        ({"article": '{"blocks": 3}'}, ["article"]),
        ({"text": "Hi", "request": '{"content": {"text": "Hi"}}'}, ["request"]),
        ({"text": "Hi", "request": "{", "summaries": ["poem", None]}, ["request", "summaries"]),
        ({"text": b"", "request": "3"}, ["text", "request"]),
    ],
)
def test_every_violation_of_a_row_is_told_by_its_column(row: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        to_request({"id": "a", **row}, ASKED)
    assert [violation.field for violation in raised.value.violations] == fields


def test_an_answer_is_columns_and_whole() -> None:
    finding = article_service_pb2.Finding
    answer = article_service_pb2.ProcessBatchResponse(item_id="a")
    response = answer.process_article
    made = response.translations.add(source_language="en", target_language="ko", models=["m@1"])
    made.blocks.add(block=article_pb2.Block(block_id="b1", text="하나"))  # one
    made.blocks.add(block=article_pb2.Block(block_id="b2", inline_html="<b>둘</b>")).findings.add(  # two
        kind=finding.KIND_NUMBER_MISMATCH, severity=finding.SEVERITY_CRITICAL
    )
    made.findings.add(kind=finding.KIND_LENGTH_RATIO, severity=finding.SEVERITY_WARNING)
    summary = response.summaries.add(style=article_service_pb2.SUMMARY_STYLE_BULLETS, target_language="en")
    summary.models.extend(["m@1", "s@2"])
    summary.points.add(text="One.")
    summary.points.add(text="Two.").findings.add(kind=finding.KIND_COPIED_SOURCE)
    response.usage.input_tokens = 7
    row = to_columns(answer)
    assert json.loads(row.pop("result"))["item_id"] == "a"
    assert row == {
        "id": "a",
        "status": "done",
        "source_language": "en",
        "translations": [{"target_language": "ko", "text": "하나\n\n<b>둘</b>", "findings": 2}],
        "summaries": [{"style": "bullets", "target_language": "en", "text": "One.\nTwo.", "findings": 1}],
        "findings": 3,
        "critical_findings": 1,
        "models": ["m@1", "s@2"],
        "input_tokens": 7,
        "output_tokens": 0,
    }


def test_a_failed_answer_has_its_error_in_columns() -> None:
    answer = article_service_pb2.ProcessBatchResponse(item_id="a")
    answer.error.code = code_pb2.RESOURCE_EXHAUSTED
    answer.error.message = "full"
    row = to_columns(answer)
    assert (row["status"], row["error_code"], row["error_reason"], row["error_message"]) == (
        "failed",
        "RESOURCE_EXHAUSTED",
        "",
        "full",
    )


def test_a_style_of_a_newer_server_is_unspecified_in_columns() -> None:
    answer = article_service_pb2.ProcessBatchResponse(item_id="a")
    answer.process_article.summaries.add(style=99)
    assert [made["style"] for made in to_columns(answer)["summaries"]] == ["unspecified"]
