"""Items through a real server with tiny models, from Python and by the command."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.clients.python.command import triwire
from tests.clients.python.ninjs.items import EXAMPLE, example, japanese, korean, result_of
from tests.clients.python.ninjs.schema import violations
from tests.clients.python.servers import Scripted, make_status, scripted_server, served
from triwire.v1.article_service_pb2 import ArticleBlock, ArticleError, ArticleStarted, Usage
from triwire.v1.article_service_pb2 import StreamProcessArticleResponse as Part
from triwire_client import SyncClient, read_ninjs, write_ninjs

PARTIAL, REFUSED = 1, 2


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[str]:
    with served(tiny_profile) as target:
        yield target


@pytest.mark.parametrize(
    ("make", "targets"), [(example, ["ko", "ja"]), (korean, ["en", "ja"]), (japanese, ["ko", "en"])]
)
def test_items_go_through_the_service_and_come_back_as_items(make: Any, targets: list[str], server: str) -> None:
    item = read_ninjs(make())
    with SyncClient(server) as client:
        result = client.process_article(item.content, target_languages=targets, summaries=["bullets"])
    outputs = write_ninjs(result, item)
    assert [output.language for output in outputs] == [*targets, make()["language"]]
    for output in outputs:
        assert violations(output.item) == []
        assert [body.keys() >= {"value"} for body in output.item["bodies"]] == [True] * len(make()["bodies"])
    for output in outputs[:-1]:
        assert output.item["headlines"][0]["value"] != make()["headlines"][0]["value"]
        assert "tiny-m2m100@1" in output.item["edNote"]
    assert outputs[-1].item["bodies"] == make()["bodies"]


def test_process_prints_an_item_in_each_language_on_a_line(server: str, tmp_path: Path) -> None:
    source = example()
    source["bodies"].append({"contentType": "application/xml", "value": "<nitf/>"})
    path = tmp_path / "item.json"
    path.write_text(json.dumps(source), encoding="utf-8")
    page = tmp_path / "review.html"
    wanted = ["--to", "ja", "--to", "ko", "--summary", "headline:ko", "--html", str(page)]
    done = triwire("process", str(path), "--format", "ninjs", *wanted, target=server)
    assert done.code == 0, done.err
    items = [json.loads(line) for line in done.out.splitlines()]
    assert [item["language"] for item in items] == ["ja", "ko"]
    assert [violations(item) for item in items] == [[], []]
    assert items[1]["headlines"][-1]["role"] == "summary-headline"
    assert [item["bodies"][2] for item in items] == [source["bodies"][2]] * 2
    assert done.err == "triwire: bodies[2] (application/xml): not translated: neither plain text nor HTML\n"
    assert "Kestrel Bridge reopens four months early" in page.read_text(encoding="utf-8")


def test_with_json_process_prints_the_response(server: str) -> None:
    arguments = ("process", "-", "--format", "ninjs", "--to", "ko", "--json")
    answer = triwire(*arguments, target=server, text=EXAMPLE.read_bytes()).json()
    assert answer["translations"][0]["blocks"][0]["block"]["kind"] == "BLOCK_KIND_HEADLINE"


async def test_a_translation_that_failed_leaves_the_items_of_the_others() -> None:
    done_part = result_of(read_ninjs(korean()), "en")
    failed = ArticleError(target_language="ja", status=make_status(grpc.StatusCode.INTERNAL, "INFERENCE_FAILED"))

    async def stream(request: Any, context: Any) -> AsyncIterator[Part]:
        yield Part(started=ArticleStarted(source=done_part.source))
        for block in done_part.translations[0].blocks:
            yield Part(block=ArticleBlock(target_language="en", block=block))
        yield Part(translation=done_part.translations[0])
        yield Part(error=failed)
        yield Part(usage=Usage())

    text = json.dumps(korean())
    async with scripted_server(Scripted(stream=stream)) as target:
        arguments = ("process", "-", "--format", "ninjs", "--to", "ja", "--to", "en")
        done = await asyncio.to_thread(triwire, *arguments, target=target, text=text)
    assert done.code == PARTIAL
    assert json.loads(done.out)["headlines"][0]["value"] == "«새울저수지, 9년 만에 산책로 다시 연다»"
    assert done.err.startswith("triwire: Japanese (ja): ")


def test_a_language_that_is_not_served_is_refused(server: str) -> None:
    done = triwire("process", str(EXAMPLE), "--format", "ninjs", "--to", "xx", target=server)
    assert (done.code, done.out) == (REFUSED, "")
    assert done.err.startswith("triwire: --to (target_languages[0]): ")


def test_other_commands_read_an_item_as_an_article(server: str) -> None:
    detected = triwire("detect", str(EXAMPLE), "--format", "ninjs", target=server)
    assert detected.out.startswith("en   English (en)")
    extracted = triwire("extract", str(EXAMPLE), "--format", "ninjs", target=server)
    assert "b1   headline    Kestrel Bridge reopens four months early" in extracted.out
    translated = triwire("translate", str(EXAMPLE), "--format", "ninjs", "--to", "ko", "--json", target=server)
    assert translated.json()["translation"]["target_language"] == "ko"


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (
            ["process", "-", "--format", "ninjs", "--to", "ko"],
            '{"headlines": [{"value": 3}], "bodies": {}}',
            "triwire: standard input: uri: is missing\n"
            "triwire: standard input: headlines[0].value: is not a string\n"
            "triwire: standard input: bodies: is not an array\n",
        ),
        (
            ["process", "-", "--format", "ninjs", "--to", "ko"],
            '{"uri": "urn:x:1", "body_text": "A"}',
            "triwire: standard input: standard.version: is ninjs 1 (body_text);"
            " only ninjs 3 is read, convert it first\n",
        ),
        (
            ["process", "-", "--format", "ninjs", "--to", "ko", "--cleaning", "page"],
            "",
            "triwire: --cleaning page: a ninjs item is all article; leave it away\n",
        ),
        (
            ["translate", "-", "--format", "ninjs", "--to", "ko", "--html"],
            '{"uri": "urn:x:1", "headlines": [{"value": "A"}]}',
            "triwire: --html: needs HTML input without --cleaning page and without --json\n",
        ),
    ],
)
def test_an_item_that_cannot_be_used_is_told_before_a_server_is_asked(
    arguments: list[str], text: str, message: str
) -> None:
    done = triwire(*arguments, text=text)
    assert (done.code, done.out, done.err) == (REFUSED, "", message)


def test_an_item_that_is_read_as_an_article_is_told_how_to_say_it() -> None:
    done = triwire("process", str(EXAMPLE), "--to", "ko")
    assert done.code == REFUSED
    assert done.err.endswith("; for a ninjs item say --format ninjs\n")
