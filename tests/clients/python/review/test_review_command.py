import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from examples.review import make_result
from tests.clients.python.command import triwire
from tests.clients.python.review.results import EXAMPLE
from tests.clients.python.servers import Scripted, scripted_server, served
from tests.clients.python.streamed import KOREAN_DONE, STARTED, USAGE, failed_part, part_of
from tests.docs.markdown import texts
from tests.docs.scripts import run_script, surroundings
from triwire.v1.article_service_pb2 import StreamProcessArticleResponse

ROOT = Path(__file__).parents[4]
ARTICLE = str(ROOT / "examples" / "articles" / "observatory.en.html")
GLOSSARY = str(ROOT / "examples" / "glossary.csv")


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[str]:
    with served(tiny_profile) as target:
        yield target


def test_process_writes_a_page_with_aligned_sentences_licenses_and_terms(server: str, tmp_path: Path) -> None:
    assert triwire("glossary", "import", GLOSSARY, "--id", "house", target=server).code == 0
    page, wanted = tmp_path / "review.html", ["--to", "ko", "--to", "ja", "--summary", "bullets", "--glossary", "house"]
    done = triwire("process", ARTICLE, *wanted, "--html", str(page), target=server)
    assert done.code == 0, done.err
    assert "\nKorean (ko) · from English (en)" in done.out
    written = page.read_text(encoding="utf-8")
    assert "Schoolchildren find a lost asteroid" in written
    assert 'data-s="0-' in written
    assert "Apache-2.0" in written
    assert 'title="term: HOT = 홀린 재단 = ホリン財団"' in written  # the trust, in Korean and Japanese


def test_json_of_process_becomes_the_page_that_process_writes(server: str, tmp_path: Path) -> None:
    page, result = tmp_path / "a.html", tmp_path / "out.json"
    done = triwire("process", ARTICLE, "--to", "ko", "--html", str(page), "--json", target=server)
    assert done.code == 0, done.err
    result.write_text(done.out, encoding="utf-8")
    again = triwire("review", str(result))
    assert again.code == 0, again.err
    without_license = "not known here; <code>triwire models</code> lists it"
    assert without_license in again.out
    assert page.read_text(encoding="utf-8").split("Models and cost")[0] == again.out.split("Models and cost")[0]


@pytest.mark.parametrize("command", [["translate", "--to", "ja", "--sentences"], ["summarize"]])
def test_review_takes_what_translate_and_summarize_write(command: list[str], server: str) -> None:
    result = triwire(command[0], ARTICLE, *command[1:], "--json", target=server)
    page = triwire("review", "-", "--terms", GLOSSARY, text=result.out)
    assert page.code == 0, page.err
    assert "Schoolchildren find a lost asteroid" in page.out


def test_an_article_that_the_result_does_not_repeat_is_given_beside_it(server: str, tmp_path: Path) -> None:
    article = str(ROOT / "examples" / "articles" / "orchard.en.json")
    result = triwire("translate", article, "--to", "ko", "--json", target=server).out
    fields = json.loads(result)
    fields.pop("source", None)
    refused = triwire("review", "-", text=json.dumps(fields))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "triwire: standard input: --source: the result does not repeat the article that was sent; give it\n"
    )
    given = triwire("review", "-", "--source", article, text=json.dumps(fields))
    assert given.code == 0, given.err
    assert "Growers turn to night picking" in given.out


async def test_a_part_that_failed_is_told_on_the_page(tmp_path: Path) -> None:
    async def stream(request: Any, context: Any) -> AsyncIterator[StreamProcessArticleResponse]:
        assert request.request.translation_options.include_sentences
        failed = failed_part("ja", grpc.StatusCode.INTERNAL, "INFERENCE_FAILED")
        for part in (STARTED, part_of("b1", "항구"), failed, KOREAN_DONE, USAGE):  # "harbour"
            yield part

    page = tmp_path / "review.html"
    options = ["--to", "ko", "--to", "ja", "--html", str(page)]
    async with scripted_server(Scripted(stream=stream)) as target:
        done = await asyncio.to_thread(triwire, "process", "-", *options, target=target, text="Harbour opens")
    assert done.code == 1
    assert "triwire: --html: without licenses: " in done.err  # this server lists no models
    assert "Japanese (ja): INTERNAL as told; try again" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nonsense", "triwire: standard input: is not JSON: Expecting value"),
        ('{"translations": 7}', "triwire: standard input: is not a result as protobuf JSON: "),
        ('{"blocks": []}', "triwire: standard input: has no translation and no summary; give what `triwire process`"),
        ("[" * 100_000, "triwire: standard input: is not JSON: "),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(text: str, line: str) -> None:
    done = triwire("review", "-", text=text)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(line)


def test_a_page_that_could_not_be_written_is_refused_before_the_call(tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "review.html"
    for command in (["process", "-", "--to", "ko", "--html"], ["review", str(EXAMPLE), "-o"]):
        done = triwire(*command, str(place), target="127.0.0.1:1", text="text")
        assert done.code == 2
        assert done.err.endswith(f"{place}: cannot be written: no such folder\n")


def test_the_example_is_what_the_service_s_own_checks_make_of_it() -> None:
    assert make_result.as_json(make_result.make_result()) == EXAMPLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(texts("docs/review.md", "sh"))))
def test_the_commands_of_the_document_run(number: int, server: str, tmp_path: Path) -> None:
    done = run_script(texts("docs/review.md", "sh")[number], surroundings(server), tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "review.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("number", range(len(texts("docs/review.md", "python"))))
def test_the_examples_of_the_document_run(number: int, server: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(texts("docs/review.md", "python")[number], encoding="utf-8")
    done = run_script("python example.py", surroundings(server), tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "review.html").is_file()
