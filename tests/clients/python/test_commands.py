"""The `triwire` command as a shell runs it: what it shows, and how it fails."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from tests.clients.python.command import COMMAND, triwire
from tests.clients.python.servers import Scripted, scripted_server, served
from triwire.v1 import article_service_pb2
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
