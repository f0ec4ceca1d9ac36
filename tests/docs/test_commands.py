"""Every command of the documents: run here, run by another test, or at least read as the program reads it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.docs.commands import CHECKS, calls, faults
from tests.docs.markdown import ROOT, code_blocks, documents, inline_code
from tests.docs.scripts import run_script, surroundings
from tests.server_process import free_port, without_settings

RUN = {
    "docs/quick-start.md": ("its own", ("SERVING", "1 CRITICAL", "look before you publish", "The harbour of Westmere")),
    "docs/recipes/tls.md": ("its own", ("server.pem: OK", "extractive@1", "refused: 3")),
    "docs/recipes/glossary-in-git.md": ("extractive", ("house created", "refused: 2")),
    "docs/recipes/backfill.md": ("tiny", ()),
}
"""Pages whose blocks are run one after the other in one shell: the profile of the server that runs beside them, and
words that they print. A page with a server of its own starts it."""

RUN_ELSEWHERE = {
    "docs/backfill.md": "tests/docs/test_shell_examples.py",
    "docs/cli.md": "tests/docs/test_shell_examples.py",
    "docs/glossaries.md": "tests/docs/test_shell_examples.py",
    "docs/ninjs.md": "tests/docs/test_shell_examples.py",
    "docs/security.md": "tests/docs/test_shell_examples.py",
    "docs/review.md": "tests/clients/python/review/test_review_command.py",
}
"""Pages whose blocks a test of their own runs."""

ONLY_READ = {
    "README.md": "`make demo` fetches a gigabyte, and `make test` is what runs this",
    "clients/typescript/README.md": "`make test-clients` builds the client",
    "docs/container.md": "needs an engine for containers; `make test-image` builds and runs one",
    "docs/findings.md": "needs data that cannot be handed on",
    "docs/kubernetes.md": "needs a cluster; tests/k8s renders what is applied and makes the secrets without one",
    "docs/models.md": "fetches a gigabyte; `make test-models` has it",
    "docs/operations.md": "tests/end_to_end/test_glossaries.py exports and imports; the copy of a database is SQLite's",
    "docs/quality.md": "needs data that cannot be handed on, and hours",
    "docs/recipes/cms-hook.md": "tests/examples runs the hooks, which go on until they are stopped",
    "docs/recipes/editors-page.md": "the commands of docs/review.md, which run",
    "docs/recipes/kubernetes.md": "needs a cluster; tests/k8s renders what is applied",
    "docs/reflection.md": "tests/end_to_end/test_reflection.py runs them where there is a grpcurl",
    "docs/remote-models.md": "needs a package index",
    "docs/shared-cache.md": "empties a Redis",
    "docs/traces.md": "needs a package index and a collector",
    "tests/corpora/README.md": "minutes",
}
"""Pages whose blocks are read and not run, and why. Their options, files, targets and extras exist."""

SHELL = ("sh", "bash", "console", "shell")
WITHOUT_GRPCURL = "command -v grpcurl > /dev/null || grpcurl() { echo 'no grpcurl here' >&2; }\n"
INLINE = re.compile(r"(?:triwire|triwire-server|make|kubectl) |python (?:benchmarks|examples)/")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def script(path: Path, *others: str) -> str:
    """The shell blocks of a page, one after the other: later ones use what earlier ones define.

    Args:
        path: of the page.
        others: languages whose blocks are put in between, for their own programs.
    """
    texts = []
    for block in code_blocks(path):
        if block.language in SHELL:
            texts.append(block.text)
        elif block.language in others:
            texts.append(f"{block.language} - <<'BLOCK'\n{block.text}BLOCK\n")
    return "".join(texts)


PAGES = [path for path in documents() if script(path)]


def test_every_code_block_says_its_language() -> None:
    assert [str(block) for path in documents() for block in code_blocks(path) if not block.language] == []


def test_every_page_with_commands_is_in_one_class() -> None:
    assert sorted([*RUN, *RUN_ELSEWHERE, *ONLY_READ]) == sorted(name(path) for path in PAGES)


@pytest.mark.parametrize(("page", "test"), RUN_ELSEWHERE.items())
def test_the_other_test_runs_the_blocks_of_the_page(page: str, test: str) -> None:
    assert f'texts("{page}", "sh")' in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_programs_options_and_files_of_the_commands_exist(path: Path, tmp_path: Path) -> None:
    called = calls(script(path), tmp_path)
    assert called
    assert [fault for call in called for fault in faults(call)] == []


def inline_commands() -> Iterator[tuple[Path, str]]:
    """Commands in running text: code that begins as one, unless dots stand for a part of it or a bar for a choice."""
    for path in documents():
        if path.name == "CHANGELOG.md":  # tells of several commands at once
            continue
        for code in inline_code(path):
            if INLINE.match(code) and not re.search(r"\.\.\.|\w\|\w", code):
                yield path, code


def test_commands_in_running_text_exist() -> None:
    """What is left out of one that is only named is no fault."""
    found = []
    for path, text in inline_commands():
        command, *arguments = shlex.split(text)
        if arguments[0].isupper():  # `triwire COMMAND --help`
            continue
        wrong = CHECKS[command](arguments)
        found += [(name(path), text, fault) for fault in wrong if not fault.startswith("Missing ")]
    assert found == []


@pytest.fixture(scope="module")
def targets(tiny_profile: Path) -> Iterator[dict[str, str]]:
    """Where the servers are that pages ask for, by profile."""
    with served("extractive") as extractive, served(tiny_profile) as tiny:
        yield {"extractive": extractive, "tiny": tiny}


@pytest.mark.parametrize("page", RUN)
@pytest.mark.slow
def test_the_commands_of_the_page_run(page: str, targets: dict[str, str], tmp_path: Path) -> None:
    profile, words = RUN[page]
    ports = {name: str(free_port()) for name in ("TRIWIRE_PORT", "TRIWIRE_HEALTH_PORT", "TRIWIRE_METRICS_PORT")}
    environment = without_settings() | ports | {"PATH": surroundings("")["PATH"], "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "0"}
    environment["TRIWIRE_GLOSSARIES"] = f"sqlite:///{tmp_path}/glossaries.sqlite3"
    environment["TRIWIRE_TARGET"] = targets.get(profile, f"127.0.0.1:{ports['TRIWIRE_PORT']}")
    text = WITHOUT_GRPCURL + script(ROOT / page, "python").replace("50051", ports["TRIWIRE_PORT"])
    done = run_script(text, environment, tmp_path)
    logs = "".join(log.read_text(encoding="utf-8") for log in tmp_path.glob("*.log"))
    assert done.returncode == 0, done.stderr + logs
    assert [word for word in words if word not in done.stdout] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("triwire translate a.txt --too ko", "No such option"),
        ("triwire translat a.txt --to ko", "No such command"),
        ("triwire-server serve --prt 1", "No such option"),
        ("echo a | xargs triwire glossary show --jsn", "No such option"),
        ("make nothing", "no target nothing"),
        ("make image TARGTE=cpu", "no variable TARGTE"),
        ("python benchmarks/nothing.py", "no file benchmarks/nothing.py"),
        ("python benchmarks/load.py --jso a", "no option --jso"),
        ("pip install 'triwire[serve]'", "no extra serve"),
        ("kubectl apply -k k8s/overlays/none", "no file k8s/overlays/none"),
        ("if true; then teleport; fi", "no check for this program"),
    ],
)
def test_a_command_that_is_wrong_is_found(text: str, fault: str, tmp_path: Path) -> None:
    found = [fault for call in calls(text, tmp_path) for fault in faults(call)]
    assert len(found) == 1
    assert fault in found[0]
