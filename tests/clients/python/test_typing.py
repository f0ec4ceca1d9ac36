import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

GOOD = """\
from collections.abc import AsyncIterator

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_client import BatchResult, Client, Html, RetryPolicy, SyncClient, Tls, TriwireError
from triwire_client import read_ninjs, review_page, write_ninjs
from triwire_client.errors import QueueFullError


async def use(client: Client) -> str:
    translated: article_service_pb2.TranslateResponse = await client.translate("text", "ko", priority="bulk")
    summary = await client.summarize(Html("<p>text</p>"), "headline", target_language="ja", cleaning="page")
    results: AsyncIterator[BatchResult] = client.process_batch([], window=8)
    async for result in results:
        if isinstance(result.error, QueueFullError) and result.error.retry_delay is not None:
            print(result.error.retry_delay + 1.0)
    async for part in client.stream_process_article("text", target_languages=["ko"], summaries=["bullets"]):
        print(part.block.block.block.text)
    async for glossary in client.list_glossaries(page_size=3):
        stored: glossary_service_pb2.UpdateGlossaryResponse = await client.update_glossary(glossary, allow_missing=True)
        print(stored.glossary.etag)
    page: str = review_page(translated, models=(await client.list_models()).models)
    item = read_ninjs("{}", language="en")
    written: list[str] = [output.language for output in write_ninjs(translated, item)]
    return page + "".join(written) + translated.translation.blocks[0].block.text + summary.summary.points[0].text


def wait(tls: Tls) -> float:
    with SyncClient("localhost:1", tls=tls, retry=RetryPolicy(max_attempts=2)) as client:
        try:
            found = client.detect_language("text", timeout=3)
            client.translate("text", "ko", source_language="en", priority="interactive")
            client.delete_glossary("house", etag=client.get_glossary("house", timeout=3).glossary.etag)
        except TriwireError as error:
            return error.retry_delay or 0.0
    return found.languages[0].confidence
"""

BAD = """\
from triwire_client import Client, SyncClient, read_ninjs, review_page, write_ninjs


async def use(client: Client, sync: SyncClient) -> None:
    await client.translate(7, "ko")
    await client.summarize("text", "essay")
    await client.translate("text", "ko", priority="urgent")
    sync.translate("text", "ko", priority="urgent")
    sync.detect_language("text", window=3)
    await client.create_glossary("house")
    sync.update_glossary("house", etag="e")
    review_page("text")
    read_ninjs(7)
    write_ninjs("text", read_ninjs("{}"))
"""


def check(path: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Check a caller's file as a caller would, with the cache of the project's own runs."""
    path.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caller")


def test_a_caller_s_file_passes_the_strict_check(folder: Path) -> None:
    checked = check(folder / "caller.py", GOOD)
    assert checked.stdout == "Success: no issues found in 1 source file\n", checked.stdout + checked.stderr


def test_wrong_calls_are_found_by_the_type_checker(folder: Path) -> None:
    checked = check(folder / "wrong.py", BAD)
    lines = [line.split(":")[1] for line in checked.stdout.splitlines() if ": error:" in line]
    assert lines == ["5", "6", "7", "8", "9", "10", "11", "12", "13", "14"], checked.stdout + checked.stderr
