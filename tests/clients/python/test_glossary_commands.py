"""`triwire glossary` as a shell runs it, against a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.clients.python.test_cli import triwire

EXAMPLE = Path(__file__).parents[3] / "examples" / "glossary.csv"
ROWS = "en,ko,ja,verbatim\nWestmere,웨스트미어,ウェストミア,\nQX-7,,,yes\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served("extractive") as target:
        yield target


@pytest.fixture
def glossary_id(request: pytest.FixtureRequest) -> str:
    """An id of the test's own; the server is shared."""
    return "g" + str(abs(hash(request.node.name)))


def test_a_file_is_imported_shown_listed_exported_and_deleted(server: str, glossary_id: str, tmp_path: Path) -> None:
    done = triwire("glossary", "import", str(EXAMPLE), "--id", glossary_id, "--name", "Harbour desk", target=server)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"glossaries/{glossary_id}: 12 terms, etag ")
    shown = triwire("glossary", "show", glossary_id, target=server).out.splitlines()
    assert shown[0] == f"glossaries/{glossary_id} · Harbour desk"
    assert shown[1].startswith("12 terms, created 20")
    assert "en Kim You-geun · ko 김유근 · ja キム・ユグン" in shown
    assert "en QX-7  (verbatim)" in shown
    listed = triwire("glossary", "list", target=server).out
    assert f"{glossary_id}      12 terms  20" in listed
    assert "Harbour desk" in listed
    out = tmp_path / "out.tbx"
    done = triwire("glossary", "export", f"glossaries/{glossary_id}", "-o", str(out), target=server)
    assert done.out == f"{out}: 12 terms\n"
    assert "<title>Harbour desk</title>" in out.read_text(encoding="utf-8")
    done = triwire("glossary", "delete", glossary_id, target=server)
    assert done.out == f"glossaries/{glossary_id}: deleted\n"
    done = triwire("glossary", "delete", glossary_id, target=server)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "`triwire glossary list` lists the ids [GLOSSARY_NOT_FOUND]" in done.err


def test_csv_to_server_to_tbx_to_server_to_csv_loses_nothing(server: str, glossary_id: str, tmp_path: Path) -> None:
    tbx = tmp_path / "terms.tbx"
    other = f"{glossary_id}-again"
    for arguments in (
        ["import", str(EXAMPLE), "--id", glossary_id, "--name", "Harbour & <desk>"],
        ["export", glossary_id, "-o", str(tbx)],
        ["import", str(tbx), "--id", other],
    ):
        done = triwire("glossary", *arguments, target=server)
        assert (done.code, done.err) == (0, "")
    first = triwire("glossary", "export", glossary_id, target=server).out
    assert triwire("glossary", "export", other, target=server).out == first
    rows = [row.rsplit(",", 1)[0] for row in EXAMPLE.read_text(encoding="utf-8").splitlines()]  # without the notes
    assert first.splitlines() == rows
    names = [triwire("glossary", "show", each, "--json", target=server).json() for each in (glossary_id, other)]
    assert [found["display_name"] for found in names] == ["Harbour & <desk>"] * 2
    assert names[0]["terms"] == names[1]["terms"]


def test_an_id_is_taken_unless_an_update_is_asked_for(server: str, glossary_id: str) -> None:
    arguments = ["glossary", "import", "-", "--id", glossary_id]
    first = triwire(*arguments, "--update", "--name", "Desk", "--json", target=server, text=ROWS).json()
    assert (first["term_count"], first["display_name"]) == (2, "Desk")
    done = triwire(*arguments, target=server, text=ROWS)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "exists already; --update replaces it [GLOSSARY_EXISTS]" in done.err
    fewer = "en,ko\npier,부두\n"
    second = triwire(*arguments, "--update", "--json", target=server, text=fewer).json()
    assert (second["term_count"], second["display_name"]) == (1, "Desk")
    assert second["etag"] != first["etag"]
    stale = triwire(*arguments, "--etag", first["etag"], target=server, text=ROWS)
    assert stale.code == 2
    assert "[ETAG_MISMATCH]" in stale.err
    stale = triwire("glossary", "delete", glossary_id, "--etag", first["etag"], target=server)
    assert (stale.code, "[ETAG_MISMATCH]" in stale.err) == (2, True)
    third = triwire(*arguments, "--etag", second["etag"], "--name", "", "--json", target=server, text=ROWS).json()
    assert third["term_count"] == 2
    assert "display_name" not in third


def test_an_etag_alone_creates_nothing(server: str, glossary_id: str) -> None:
    done = triwire("glossary", "import", "-", "--id", glossary_id, "--etag", "x", target=server, text=ROWS)
    assert (done.code, "[GLOSSARY_NOT_FOUND]" in done.err) == (2, True)


def test_problems_of_a_file_are_told_at_once_and_nothing_is_sent(server: str, glossary_id: str, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text("en,ko,verbatim\npier,부두,maybe\nferry,여객선,,more\n", encoding="utf-8")
    done = triwire("glossary", "import", str(path), "--id", glossary_id, "--update", target=server)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"triwire: {path}: 2 places are wrong, nothing was sent:",
        "  line 2, column 3 (verbatim): is 'maybe'; write yes or no, or leave it empty",
        "  line 3, column 4: is beyond the 3 of the first row",
    ]
    assert glossary_id not in triwire("glossary", "list", target=server).out


def test_many_problems_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text("en,ko\n" + "a,b,c\n" * 60, encoding="utf-8")
    lines = triwire("glossary", "import", str(path), "--id", "x").err.splitlines()
    assert len(lines) == 52
    assert lines[0].endswith(": 60 places are wrong, nothing was sent:")
    assert lines[-1] == "  and 10 more"


def test_a_dry_run_needs_no_server_and_notes_go_to_standard_error() -> None:
    text = "en,ko,owner\npier,부두,Kim\nferry,,\n"
    done = triwire("glossary", "import", "-", "--id", "x", "--dry-run", text=text)
    assert (done.code, done.out) == (0, "standard input: 1 term, nothing was sent\n")
    assert done.err.splitlines() == [
        "triwire: standard input: line 1, column 3 (owner): left out:"
        " neither a language (en, ko, ja) nor verbatim or case_insensitive",
        "triwire: standard input: line 3: left out: has en alone; a term has two languages or is verbatim",
    ]


def test_what_a_spreadsheet_writes_as_unicode_text_is_read() -> None:
    for data in (ROWS.replace(",", "\t").encode("utf-16"), ROWS.encode("utf-8-sig")):
        done = triwire("glossary", "import", "-", "--id", "x", "--dry-run", text=data)
        assert done.out == "standard input: 2 terms, nothing was sent\n"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("terms.xls", b"", "neither .csv, .tsv, .txt, .tbx, .xml; name the format with --format csv or --format tbx"),
        ("terms.csv", "en,ko\n부두".encode("cp949"), "is not UTF-8 at byte 6; convert it first (iconv -t UTF-8)"),
        ("terms.csv", b"en,ko\n", "a place is wrong, nothing was sent:\n  no term is left"),
        (
            "terms.tbx",
            b"<tbx>",
            "a place is wrong, nothing was sent:\n  line 1, column 6: is not XML: no element found",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, name: str, content: bytes, line: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = triwire("glossary", "import", str(path), "--id", "x")
    assert (done.code, done.err) == (2, f"triwire: {path}: {line}\n")


def test_refusals_of_the_server_name_option_and_line(server: str) -> None:
    done = triwire("glossary", "import", "-", "--id", "9", "--name", "n" * 121, target=server, text=ROWS)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "triwire: the id (glossary_id): must be 1 to 63 of" in done.err
    assert "; --name (glossary.display_name): has 121 characters; 120 are allowed" in done.err


def test_a_glossary_that_is_not_there_is_refused_by_the_commands_that_use_it(server: str) -> None:
    for command in (["show", "nothing"], ["export", "nothing"]):
        done = triwire("glossary", *command, target=server)
        assert (done.code, "[GLOSSARY_NOT_FOUND]" in done.err) == (2, True)
    done = triwire("summarize", "-", "--glossary", "nothing", target=server, text="The harbour opened.")
    assert (done.code, "'glossaries/nothing'" in done.err) == (2, True)
    done = triwire("process", "-", "--summary", "bullets", "--glossary", "N", target=server, text="The harbour opened.")
    assert done.err.startswith("triwire: --glossary (house_style.glossaries[0]): must be ")


def test_an_article_is_worked_on_with_the_terms_of_a_glossary(server: str, glossary_id: str) -> None:
    assert triwire("glossary", "import", "-", "--id", glossary_id, target=server, text=ROWS).code == 0
    text = "The harbour of Westmere opened on Monday."
    done = triwire("summarize", "-", "--glossary", glossary_id, "--register", "news", target=server, text=text)
    assert done.code == 0
    assert "Westmere" in done.out


def test_an_export_that_cannot_be_written_is_told(server: str, glossary_id: str, tmp_path: Path) -> None:
    assert triwire("glossary", "import", "-", "--id", glossary_id, target=server, text=ROWS).code == 0
    path = tmp_path / "nowhere" / "terms.csv"
    done = triwire("glossary", "export", glossary_id, "-o", str(path), target=server)
    assert (done.code, done.err) == (2, f"triwire: {path}: cannot be written: No such file or directory\n")


def test_without_a_command_the_group_shows_its_help() -> None:
    done = triwire("glossary")
    assert done.code == 2
    for word in ("import", "export", "list", "show", "delete"):
        assert word in done.out + done.err


def test_sizes_that_the_server_would_refuse_are_told_before(tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    arguments = ["glossary", "import", str(path), "--id", "x", "--dry-run"]
    path.write_text("en,ko\n" + "".join(f"name {n},이름 {n}\n" for n in range(10_001)), encoding="utf-8")
    done = triwire(*arguments)
    assert done.code == 0
    assert done.err == f"triwire: {path}: has 10,001 terms; a request takes 10,000, see `triwire models`\n"
    path.write_text("en,ko\n" + "".join(f"{n:0200d},{'가' * 200}\n" for n in range(3_000)), encoding="utf-8")
    done = triwire(*arguments)
    assert done.code == 2
    assert "bytes of terms; 2,097,152 are allowed; make several glossaries of it" in done.err


def test_xml_on_standard_input_is_read_as_tbx() -> None:
    text = '\ufeff\n<tbx><conceptEntry><langSec xml:lang="en"><term>pier</term></langSec>'
    text += '<langSec xml:lang="ko"><term>부두</term></langSec></conceptEntry></tbx>'
    done = triwire("glossary", "import", "-", "--id", "x", "--dry-run", text=text.replace("\n", ""))
    assert done.out == "standard input: 1 term, nothing was sent\n"
