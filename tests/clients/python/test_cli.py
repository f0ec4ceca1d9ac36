import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from tests.clients.python.command import COMMAND, Done, triwire
from tests.clients.python.servers import Scripted, fail, make_status, scripted_server, served
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.inputs import InputError
from triwire_client.session import hoist

ARTICLES = Path(__file__).parents[3] / "examples" / "articles"
HARBOUR = (
    "Harbour opens again\n\nThe harbour of Westmere opened on Monday. The first ferry left at noon with 212 people."
)
KOREAN = "항구가 월요일에 다시 열렸다."  # "The harbour opened again on Monday."


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[str]:
    with served(tiny_profile) as target:
        yield target


def test_extract_shows_each_block_with_its_kind_on_one_line(server: str) -> None:
    done = triwire("extract", str(ARTICLES / "scraped-page.en.txt"), target=server)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[1].startswith("English (en) article · ")
    assert "b1   boilerplate   Advertisement" in lines
    headline = "Islands cut off for a second day as repair ship reaches broken undersea cable"
    assert any(line.endswith(f"headline      {headline}") for line in lines)
    assert "\x1b" not in done.out
    assert done.err == ""


def test_extract_as_json_is_the_response_with_the_names_of_the_contract(server: str) -> None:
    response = article_service_pb2.ExtractArticleResponse()
    done = triwire("extract", str(ARTICLES / "orchard.en.json"), "--json", target=server)
    assert '"block_id": "standfirst"' in done.out
    json_format.Parse(done.out, response)
    assert [block.block_id for block in response.article.blocks][:3] == ["section", "headline", "standfirst"]


def test_detect_reads_standard_input(server: str) -> None:
    assert triwire("detect", "-", target=server, text=KOREAN).out.startswith("ko   Korean (ko)  confidence ")
    assert triwire("detect", "-", "--json", target=server, text=KOREAN).json()["languages"][0]["language"] == "ko"
    assert triwire("detect", "-", target=server, text="12 345").out == "no words, hence no language\n"


def test_summarize_shows_the_blocks_that_a_point_rests_on(server: str) -> None:
    done = triwire("summarize", "-", "--style", "paragraph", "--language", "en", target=server, text=HARBOUR)
    assert done.code == 0, done.err
    assert "Summary in English (en) · paragraph · tiny-chat@1" in done.out
    assert "usage: " in done.out


def test_summarize_takes_language_size_and_register(server: str) -> None:
    options = [
        "--to",
        "ja",
        "--bullets",
        "2",
        "--max-characters",
        "120",
        "--register",
        "polite",
        "--model",
        "tiny-chat",
    ]
    summary = triwire("summarize", "-", *options, "--json", target=server, text=HARBOUR).json()["summary"]
    assert (summary["target_language"], summary["style"]) == ("ja", "SUMMARY_STYLE_BULLETS")
    assert summary["models"] == ["tiny-chat@1"]


def test_translate_puts_findings_under_their_block(server: str) -> None:
    done = triwire("translate", "-", "--to", "ko", "--language", "en", target=server, text=HARBOUR)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[1] == "Korean (ko) · from English (en) · tiny-m2m100@1 · 2 blocks"
    assert lines[2].startswith("b1  ")
    findings = [line for line in lines if line.startswith("    ! ")]
    assert findings, "an untrained model gives reason for doubt"
    assert all(line[6:10] in ("note", "look", "stop") for line in findings)


def test_translate_takes_kinds_and_sentences(server: str) -> None:
    options = ["--kind", "headline", "--sentences", "--model", "tiny-m2m100@1"]
    page = str(ARTICLES / "orchard.en.json")
    answer = triwire("translate", page, "--to", "ja", *options, "--json", target=server).json()
    (block,) = answer["translation"]["blocks"]
    assert (block["block"]["block_id"], block["block"]["kind"]) == ("headline", "BLOCK_KIND_HEADLINE")
    assert block["sentences"]


def test_translate_gives_html_back_as_html(server: str) -> None:
    page = '<p class="lead">The harbour opened.</p>\n'
    done = triwire("translate", "-", "--format", "html", "--to", "ko", "--html", target=server, text=page)
    assert done.code == 0, done.err
    assert done.out.startswith('<p class="lead">')
    assert done.out.endswith("</p>\n")


def test_process_shows_summaries_and_translations_and_then_the_usage(server: str) -> None:
    page = str(ARTICLES / "scraped-page.en.txt")
    done = triwire("--target", server, "process", page, "--summary", "bullets", "--to", "ko", "--to", "ja")
    assert done.code == 0, done.err
    assert " · 31 blocks · " in done.out
    for heading in ("\nSummary in English (en) · bullets", "\nKorean (ko) · from English (en)", "\nJapanese (ja)"):
        assert heading in done.out
    assert done.out.splitlines()[-1].startswith("usage: ")


def test_process_as_json_keeps_the_order_of_the_request(server: str) -> None:
    wanted = ["--to", "ja", "--to", "ko", "--summary", "headline:ko", "--summary", "bullets"]
    answer = triwire("process", "-", *wanted, "--json", target=server, text=HARBOUR).json()
    assert [made["target_language"] for made in answer["translations"]] == ["ja", "ko"]
    assert [(made["style"], made["target_language"]) for made in answer["summaries"]] == [
        ("SUMMARY_STYLE_HEADLINE", "ko"),
        ("SUMMARY_STYLE_BULLETS", "en"),
    ]
    ids = [block["block_id"] for block in answer["source"]["blocks"]]
    for made in answer["translations"]:
        assert [block["block"]["block_id"] for block in made["blocks"]] == ids


def test_progress_is_live_on_a_terminal_and_stays_out_of_the_result(server: str) -> None:
    reader, writer = os.openpty()
    command = [COMMAND, "--target", server, "process", "-", "--to", "ko", "--summary", "bullets"]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=writer, input=HARBOUR.encode(), timeout=60
    )
    os.close(writer)
    shown = os.read(reader, 1_000_000).decode()
    os.close(reader)
    assert done.returncode == 0, shown
    assert "bullets" in shown
    assert "0/2" in shown
    assert b"\x1b" not in done.stdout
    assert "\nKorean (ko) · from English (en)" in done.stdout.decode()


def test_models_are_shown_with_their_licenses(server: str) -> None:
    done = triwire("models", target=server)
    assert "tiny-chat@1 · summarization\nlicense    Apache-2.0\n" in done.out
    assert "en to ja, ko; ja to en, ko; ko to en, ja" in done.out
    assert "limits: content bytes 2,097,152 · article characters 100,000" in done.out
    assert triwire("models", "--json", target=server).json()["limits"]["max_blocks"] == 2000


def test_on_a_terminal_there_are_colours_unless_they_are_not_wanted(server: str) -> None:
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    page = str(ARTICLES / "orchard.en.json")
    assert triwire("extract", page, target=server, **terminal).out.startswith("\n\x1b[1;32mEnglish (en) article")
    plain = triwire("extract", page, target=server, **terminal, NO_COLOR="1").out
    assert "English (en) article" in plain
    assert "[1;32m" not in plain


def test_text_of_an_article_is_neither_markup_nor_a_terminal_s_command(server: str) -> None:
    text = "The [bold red]harbour[/] opened :boat: on Monday \x1b[31mafter\x9b repairs of the pier."
    done = triwire("extract", "-", "--cleaning", "none", target=server, text=text)
    assert "The [bold red]harbour[/] opened :boat: on Monday \ufffd[31mafter\ufffd repairs" in done.out


def test_the_version_is_that_of_the_distribution() -> None:
    done = triwire("--version")
    assert (done.code, done.out.startswith("triwire 0."), done.err) == (0, True, "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["frob"], "triwire: No such command 'frob'; see `triwire --help`"),
        (["translate", "-"], "triwire: Missing option '--to'; see `triwire translate --help`"),
        (["process", "-"], "triwire: --to, --summary: give at least one language or one summary"),
        (
            ["process", "-", "--summary", "essay"],
            "triwire: --summary: 'essay' is not one of headline, bullets, paragraph, with or without :LANGUAGE",
        ),
        (["models", "--timeout"], "triwire: --timeout: needs a value"),
        (["detect", "nowhere.txt"], "triwire: nowhere.txt: cannot be read: No such file or directory"),
        (
            ["translate", "-", "--to", "ko", "--html"],
            "triwire: --html: needs HTML input without --cleaning page and without --json",
        ),
        (
            ["models", "--tls-client-key", "key.pem"],
            "triwire: --tls-client-certificate, --tls-client-key: client_certificate and client_key belong together:"
            " give both or neither",
        ),
        (
            ["models", "--tls-root-certificates", "nowhere.pem"],
            "triwire: nowhere.pem: cannot be read: No such file or directory; see --tls-*",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_and_code_2(arguments: list[str], line: str) -> None:
    done = triwire(*arguments, text="text")
    assert (done.code, done.out, done.err) == (2, "", line + "\n")


def test_input_that_is_not_utf_8_or_no_article_is_told(tmp_path: Path) -> None:
    done = triwire("detect", "-", text=b"caf\xe9")
    message = "triwire: standard input: is not UTF-8 at byte 3; convert it first (iconv -t UTF-8)\n"
    assert (done.code, done.err) == (2, message)
    page = tmp_path / "page.json"
    page.write_text('{"blocks": 7}', encoding="utf-8")
    done = triwire("detect", str(page))
    assert done.code == 2
    assert done.err.startswith(f"triwire: {page}: is not an Article as protobuf JSON: ")
    assert done.err.count("\n") == 1


def test_a_refusal_names_option_field_remedy_reason_and_request(server: str) -> None:
    done = triwire("translate", "-", "--to", "xx", target=server, text=HARBOUR)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("triwire: --to (target_language): ")
    assert "; `triwire models` lists the directions [LANGUAGE_UNSUPPORTED] (request " in done.err
    done = triwire("process", "-", "--to", "ko", "--to", "ko", "--bullets", "99", target=server, text=HARBOUR)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("triwire: --to (target_languages[1]): ")


def test_an_unknown_model_is_refused_with_where_to_look(server: str) -> None:
    done = triwire("translate", "-", "--to", "ko", "--model", "nobody", target=server, text=HARBOUR)
    assert done.code == 2
    assert "; `triwire models` lists the names [MODEL_NOT_FOUND]" in done.err


def test_an_unknown_glossary_is_refused_with_where_to_look(server: str) -> None:
    for command in (["translate", "-", "--to", "ko"], ["summarize", "-"], ["process", "-", "--to", "ko"]):
        done = triwire(*command, "--glossary", "nowhere", target=server, text=HARBOUR)
        assert (done.code, done.out) == (2, "")
        assert "'glossaries/nowhere'; `triwire glossary list` lists the ids [GLOSSARY_NOT_FOUND]" in done.err


def test_a_server_that_is_not_there_is_code_3() -> None:
    done = triwire("models", target="127.0.0.1:1")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert done.err.startswith("triwire: no answer from 127.0.0.1:1: ")
    assert done.err.endswith("is it running? --target or TRIWIRE_TARGET names another one\n")


def test_too_little_time_is_code_3(server: str) -> None:
    page = str(ARTICLES / "scraped-page.en.txt")
    done = triwire("translate", page, "--to", "ko", "--timeout", "0.02", target=server)
    assert done.code == 3
    assert "; give more time with --timeout" in done.err


def test_options_of_every_command_may_stand_anywhere_but_not_after_two_dashes() -> None:
    assert hoist(["detect", "a.txt", "--json", "--target=h:1", "--timeout", "3"]) == [
        *["--json", "--target=h:1", "--timeout", "3"],
        *["detect", "a.txt"],
    ]
    assert hoist(["detect", "--", "--json"]) == ["detect", "--", "--json"]
    with pytest.raises(InputError, match="--token: needs a value"):
        hoist(["detect", "--token"])


def test_without_the_extra_the_command_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['typer'] = None\n"  # as if it were not installed
        "from triwire_client.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "triwire: the command needs typer: pip install 'triwire[cli]'\n"


ITEMS = [
    {"item_id": "a", "detect_language": {"content": {"text": KOREAN}}},
    {"item_id": "b", "translate": {"content": {"text": "The harbour opened."}, "target_language": "xx"}},
    {"detect_language": {"content": {"text": KOREAN}}},
]
LINES = [json.dumps(item, ensure_ascii=False) for item in ITEMS]


def answers(path: Path) -> dict[str, str]:
    """What each line of an output file holds: the operation, or the reason of the error."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        assert answer["item_id"] not in found
        (outcome,) = set(answer) - {"item_id"}
        found[answer["item_id"]] = answer["error"]["details"][0]["reason"] if outcome == "error" else outcome
    return found


def test_a_batch_writes_one_line_for_each_line_and_tells_failures(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([*LINES, "", "nonsense", '{"item_id": "z", "frob": {}}']), encoding="utf-8")
    done = triwire("batch", str(source), str(out), target=server)
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(
        r"triwire: 2 done, 0 skipped, 3 failed; 0 findings, 0 tokens in \d+\.\d s \(\S+ items/s, 0 tokens/s\); "
        + re.escape(f"{out} has the reasons, and the same command tries them again\n"),
        done.err,
    )
    assert answers(out) == {
        "a": "detect_language",
        "b": "LANGUAGE_UNSUPPORTED",
        "line-3": "detect_language",
        "line-5": "INVALID_FIELD",
        "z": "INVALID_FIELD",
    }
    for line in out.read_text(encoding="utf-8").splitlines():
        json_format.Parse(line, article_service_pb2.ProcessBatchResponse())


def test_a_batch_goes_on_where_it_stopped(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    triwire("batch", str(source), str(out), target=server)
    first = {json.loads(line)["item_id"]: line for line in out.read_text(encoding="utf-8").splitlines()}
    fixed = LINES[1].replace('"xx"', '"ko"')
    source.write_text("\n".join([LINES[0], fixed, LINES[2], LINES[0].replace('"a"', '"c"')]), encoding="utf-8")
    with out.open("a", encoding="utf-8") as file:
        file.write('{"item_id": "c", "detect_la')  # cut off in the middle
    done = triwire("batch", str(source), str(out), "--json", target=server)
    told = done.json()
    assert (told["done"], told["skipped"], told["failed"]) == (2, 2, 0)
    assert set(told) == {"done", "skipped", "failed", "findings", "input_tokens", "output_tokens", "seconds"}
    assert answers(out) == {
        "a": "detect_language",
        "b": "translate",
        "c": "detect_language",
        "line-3": "detect_language",
    }
    second = {json.loads(line)["item_id"]: line for line in out.read_text(encoding="utf-8").splitlines()}
    assert second["a"] == first["a"]
    assert list(tmp_path.iterdir()) in ([source, out], [out, source])


def test_a_batch_with_nothing_left_to_do_writes_nothing(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    triwire("batch", str(source), str(out), target=server)
    before = out.read_bytes()
    done = triwire("batch", str(source), str(out), target=server)
    assert done.code == 0
    assert done.err.startswith("triwire: 0 done, 1 skipped, 0 failed; 0 findings, 0 tokens in ")
    assert out.read_bytes() == before


def test_a_batch_reads_items_from_standard_input(server: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert triwire("batch", "-", str(out), target=server, text=LINES[0]).code == 0
    assert answers(out) == {"a": "detect_language"}


def test_an_id_used_twice_is_an_error_on_every_run(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([LINES[0], LINES[0]]), encoding="utf-8")
    for _ in range(2):
        assert triwire("batch", str(source), str(out), target=server).code == 1
        lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert sorted("error" in line for line in lines) == [False, True]


def test_files_given_the_wrong_way_round_are_left_alone(tmp_path: Path) -> None:
    source, other = tmp_path / "in.jsonl", tmp_path / "other.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    other.write_text(LINES[0] + "\n", encoding="utf-8")
    done = triwire("batch", str(source), str(source))
    assert (done.code, done.err) == (2, f"triwire: {source}: is the input; give another output file\n")
    done = triwire("batch", str(source), str(other))
    assert (done.code, done.err) == (
        2,
        f"triwire: {other}:1: is not an answer of a batch; give another output file, or remove this line\n",
    )
    assert other.read_text(encoding="utf-8") == LINES[0] + "\n"


def test_a_batch_that_cannot_reach_its_server_is_code_3_and_can_go_on(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    done = triwire("batch", str(source), str(out), target="127.0.0.1:1")
    assert done.code == 3
    assert "; 0 items were answered before, the same command goes on from there\n" in done.err


STARTED = article_service_pb2.StreamProcessArticleResponse(
    started=article_service_pb2.ArticleStarted(
        request_id="r-1",
        source=article_pb2.Article(
            language="en",
            blocks=[
                article_pb2.Block(block_id="b1", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens"),
                article_pb2.Block(block_id="b2", kind=article_pb2.BLOCK_KIND_PARAGRAPH, text="It opened on Monday."),
            ],
        ),
    )
)


def part_of(block_id: str, text: str) -> article_service_pb2.StreamProcessArticleResponse:
    block = article_service_pb2.TranslatedBlock(block=article_pb2.Block(block_id=block_id, text=text))
    return article_service_pb2.StreamProcessArticleResponse(
        block=article_service_pb2.ArticleBlock(target_language="ko", block=block)
    )


def failed_part(language: str, code: grpc.StatusCode, reason: str) -> article_service_pb2.StreamProcessArticleResponse:
    error = article_service_pb2.ArticleError(target_language=language, status=make_status(code, reason))
    return article_service_pb2.StreamProcessArticleResponse(error=error)


USAGE = article_service_pb2.StreamProcessArticleResponse(usage=article_service_pb2.Usage())
KOREAN_DONE = article_service_pb2.StreamProcessArticleResponse(
    translation=article_service_pb2.Translation(source_language="en", target_language="ko", models=["m@1"])
)


async def process_with(*parts: article_service_pb2.StreamProcessArticleResponse, to: str, breaks: bool = False) -> Done:
    """Run `process` against a server that sends these parts."""

    async def stream(request: Any, context: Any) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        for part in parts:
            yield part
        if breaks:
            await fail(context, grpc.StatusCode.UNAVAILABLE)

    languages = [option for language in to.split() for option in ("--to", language)]
    async with scripted_server(Scripted(stream=stream)) as target:
        return await asyncio.to_thread(triwire, "process", "-", *languages, target=target, text="Harbour opens")


async def test_blocks_that_came_in_any_order_are_shown_in_that_of_the_article() -> None:
    parts = [STARTED, part_of("b2", "월요일에 열렸다."), part_of("b1", "항구가 열린다"), KOREAN_DONE, USAGE]
    done = await process_with(*parts, to="ko")  # "It opened on Monday.", "The harbour opens"
    assert done.code == 0, done.err
    assert done.out.splitlines()[3:6] == [
        "Korean (ko) · from English (en) · m@1 · 2 blocks",
        "b1  항구가 열린다",
        "b2  월요일에 열렸다.",
    ]


async def test_kinds_and_severities_of_a_newer_server_are_shown_as_unspecified() -> None:
    part = part_of("b1", "항구가 열린다")  # "The harbour opens"
    part.block.block.findings.add(kind=99, severity=99, message="new")
    done = await process_with(STARTED, part, KOREAN_DONE, USAGE, to="ko")
    assert done.code == 0, done.err
    assert "    ! look: unspecified: new\n" in done.out


async def test_a_part_that_failed_is_a_line_and_code_1_while_another_is_there() -> None:
    failed = failed_part("ja", grpc.StatusCode.INTERNAL, "INFERENCE_FAILED")
    done = await process_with(
        STARTED, part_of("b1", "항구"), failed, part_of("b2", "월"), KOREAN_DONE, USAGE, to="ko ja"
    )
    assert done.code == 1
    assert done.err.startswith("triwire: Japanese (ja): INTERNAL as told; try again")
    assert done.err.endswith("[INFERENCE_FAILED] (request r-1)\n")


async def test_glossaries_are_asked_for_in_the_order_given() -> None:
    styles = []

    async def stream(request: Any, context: Any) -> AsyncIterator[article_service_pb2.StreamProcessArticleResponse]:
        styles.append(request.request.house_style)
        for part in (STARTED, KOREAN_DONE, USAGE):
            yield part

    options = ["--to", "ko", "--glossary", "sport", "--glossary", "glossaries/house", "--register", "news"]
    async with scripted_server(Scripted(stream=stream)) as target:
        await asyncio.to_thread(triwire, "process", "-", *options, target=target, text="Harbour opens")
    (style,) = styles
    assert style.glossaries == ["glossaries/sport", "glossaries/house"]
    assert style.register == article_service_pb2.REGISTER_NEWS


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (grpc.StatusCode.INTERNAL, "INFERENCE_FAILED", 4),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 3),
        (grpc.StatusCode.INVALID_ARGUMENT, "LANGUAGE_UNSUPPORTED", 2),
    ],
)
async def test_when_every_part_failed_the_code_is_that_of_the_failure(
    status: grpc.StatusCode, reason: str, code: int
) -> None:
    done = await process_with(STARTED, failed_part("ko", status, reason), USAGE, to="ko")
    assert done.code == code


async def test_what_arrived_before_a_stream_broke_is_shown_as_incomplete() -> None:
    block = part_of("b2", "월요일에 열렸다.")  # "It opened on Monday."
    done = await process_with(STARTED, block, to="ko", breaks=True)
    assert done.code == 3
    assert "Korean (ko) · 1 block · incomplete: 1 missing\nb2  월요일에 열렸다.\n" in done.out
    assert done.err.count("\n") == 1


async def test_a_call_that_hangs_can_be_interrupted() -> None:
    called = asyncio.Event()

    async def hang(request: Any, context: Any) -> article_service_pb2.DetectLanguageResponse:
        called.set()
        await asyncio.sleep(30)
        return article_service_pb2.DetectLanguageResponse()

    async with scripted_server(Scripted(detect=hang)) as target:
        command = await asyncio.create_subprocess_exec(
            *[COMMAND, "--target", target, "detect", str(ARTICLES / "station.ko.txt")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Where the tests run in the background of a shell, they inherit that interrupts are ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        await asyncio.wait_for(called.wait(), 60)
        started = time.monotonic()
        command.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(command.communicate(), 10)
    assert (command.returncode, out, err) == (130, b"", b"")
    assert time.monotonic() - started < 5
