"""The commands of some pages are run, and their tables are those of the code."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.docs.markdown import ROOT, texts
from tests.docs.scripts import run_script, surroundings
from tests.server_process import free_port, without_settings


@pytest.fixture(scope="module")
def environment(tiny_profile: Path) -> Iterator[dict[str, str]]:
    """Where the examples find a server and the commands of this installation."""
    with served(tiny_profile) as target:
        yield surroundings(target)


@pytest.mark.parametrize("number", range(len(texts("docs/cli.md", "sh"))))
@pytest.mark.slow
def test_the_examples_of_the_command_run(number: int, environment: dict[str, str], tmp_path: Path) -> None:
    done = run_script(texts("docs/cli.md", "sh")[number], environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^triwire: (?!\d+ done)", done.stderr, re.M)


@pytest.mark.slow
def test_the_examples_of_ninjs_run(environment: dict[str, str], tmp_path: Path) -> None:
    (command,), (source,) = texts("docs/ninjs.md", "sh"), texts("docs/ninjs.md", "python")
    done = run_script(f"{command}python - <<'END'\n{source}END\n", environment, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    items = (tmp_path / "translated.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["language"] for line in items] == ["ko", "ja"]
    assert [line[:2] for line in done.stdout.splitlines()] == ["ko", "ja", "en"]


@pytest.fixture
def glossary_environment() -> Iterator[dict[str, str]]:
    with served("extractive") as target:
        yield surroundings(target)


@pytest.mark.parametrize("number", range(len(texts("docs/glossaries.md", "sh"))))
@pytest.mark.slow
def test_the_commands_for_glossaries_run(number: int, glossary_environment: dict[str, str], tmp_path: Path) -> None:
    done = run_script(texts("docs/glossaries.md", "sh")[number], glossary_environment, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("house created")


@pytest.mark.slow
def test_the_commands_for_tokens_and_tls_run_one_after_the_other(tmp_path: Path) -> None:
    script = "".join(texts("docs/security.md", "sh"))
    ports = {name: str(free_port()) for name in ("TRIWIRE_PORT", "TRIWIRE_HEALTH_PORT", "TRIWIRE_METRICS_PORT")}
    environment = without_settings() | ports | {"PATH": surroundings("")["PATH"]}
    done = run_script(script.replace("50051", ports["TRIWIRE_PORT"]), environment, tmp_path)
    log = tmp_path / "server.log"
    assert done.returncode == 0, done.stderr + (log.read_text(encoding="utf-8") if log.is_file() else "")
    assert "cms: articles, glossaries.read; up to interactive; 1 token\n" in done.stdout
    assert done.stdout.count("extractive@1") == 2
    assert "security=TLS, client certificate, token" in log.read_text(encoding="utf-8").replace("'", "")


def test_the_table_of_exit_codes_names_the_codes_of_the_command() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| (\d+) \|", text, re.M)
    assert codes == ["0", "1", "2", "3", "4", "130"]


@pytest.mark.slow
def test_the_commands_for_tables_run_one_after_the_other(environment: dict[str, str], tmp_path: Path) -> None:
    (commands,) = texts("docs/backfill.md", "sh")
    done = run_script(commands, environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "'id': 'harbour.en.txt', 'status': 'done'" in done.stdout
    assert done.stderr.startswith("triwire: 2 done, 0 skipped, 0 failed; ")
    (source,) = texts("docs/backfill.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", source], check=False, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, "0 failed\n"), done.stderr


def test_the_columns_of_tables_are_those_of_the_library() -> None:
    import pyarrow as pa

    from triwire_client.parquet_rows import COLUMNS, output_schema

    text = (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
    columns_in, columns_out = (
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", part, re.M)))
        for part in re.findall(r"^### Columns (?:in|out)\n(.*?)\n\n[A-Z]", text, re.M | re.S)
    )
    assert sorted(columns_in) == sorted(COLUMNS)
    assert columns_out == output_schema(pa.string()).names
