import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import triwire_client

ROOT = Path(__file__).parents[3]

GOOD = """\
from collections.abc import AsyncIterator

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_client import (
    BatchResult,
    Client,
    Html,
    Progress,
    Result,
    ResultFinding,
    RetryPolicy,
    SyncClient,
    TextBlock,
    Tls,
    TriwireError,
    read_ninjs,
    review_page,
    write_ninjs,
)
from triwire_client.errors import QueueFullError


def show(block: TextBlock) -> None:
    print(block.text, [finding.severity for finding in block.findings])


async def tell(progress: Progress) -> None:
    print(progress.done / progress.total)


async def process(client: Client, sync: SyncClient) -> list[ResultFinding]:
    result: Result = await client.process("text", target_languages=["ko"], on_block=show, on_progress=tell)
    same = sync.process("text", summaries=["headline"], on_summary=lambda summary: print(summary.text))
    wrapped = Result(await client.extract_article("text"))
    try:
        texts: list[str] = [result.translations["ko"].text, same.summaries[0].to_html(), wrapped.to_markdown()]
    except TriwireError as error:
        return list(error.partial.findings) if error.partial else []
    print(texts, result.message.usage.input_tokens, result.article["b1"].kind)
    return [*result.findings, *same.findings]


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
import triwire_client
from triwire_client import Client, Result, SyncClient, read_ninjs, review_page, write_ninjs


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
    await client.process("text", on_block=7)
    sync.process("text", on_progress=lambda: None)
    (await client.process("text")).translations[0]
    Result(await client.detect_language("text"))
    triwire_client.Clinet("localhost:1")
"""


ERROR_LINES = [str(number) for number, line in enumerate(BAD.splitlines(), 1) if line.startswith("    ")]
PYRIGHT = ROOT / "node_modules" / ".bin" / "pyright"


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
    assert list(dict.fromkeys(lines)) == ERROR_LINES, checked.stdout + checked.stderr


@pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright is not installed: npm install")
def test_pyright_says_the_same_for_the_oldest_python(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(BAD, encoding="utf-8")
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
        "extraPaths": [str(ROOT / "proto" / "gen"), str(ROOT / "clients" / "python")],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    found = json.loads(checked.stdout)["generalDiagnostics"]
    places = {(Path(problem["file"]).name, problem["range"]["start"]["line"] + 1) for problem in found}
    assert sorted(places) == [("wrong.py", int(line)) for line in ERROR_LINES], checked.stdout


def test_type_checkers_are_told_of_the_names_that_there_are() -> None:
    """Names are imported when they are used; what a type checker reads is the same."""
    tree = ast.parse((ROOT / "clients" / "python" / "triwire_client" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(told) == sorted(triwire_client.__all__)
    assert set(told) <= set(dir(triwire_client))
    for name, module in told.items():
        assert getattr(import_module(str(module)), name) is getattr(triwire_client, name)
