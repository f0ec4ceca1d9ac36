import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.command import triwire
from tests.clients.python.glossary_server import Glossaries, served_glossaries
from tests.clients.python.servers import served
from triwire.v1.glossary_service_pb2 import GlossaryTerm

CSV = "en,ko,ja,verbatim,case_insensitive\nWestmere harbour,웨스트미어항,ウェストミア港,,\nFerrant,,,true,true\n"
HARBOUR = GlossaryTerm(forms={"en": "Westmere harbour", "ko": "웨스트미어항", "ja": "ウェストミア港"})


@pytest.fixture
def glossaries() -> Glossaries:
    return Glossaries()


@pytest.fixture
def server(glossaries: Glossaries) -> Iterator[str]:
    with served_glossaries(glossaries) as target:
        yield target


def test_import_creates_and_replaces_in_one_call(server: str, glossaries: Glossaries) -> None:
    done = triwire("glossary", "import", "-", "--id", "westmere", "--name", "Westmere", target=server, text=CSV)
    assert (done.code, done.out, done.err) == (0, "westmere created · Westmere · 2 terms · etag etag-1\n", "")
    done = triwire("glossary", "import", "-", "--id", "glossaries/westmere", target=server, text="en,ko\npier,부두\n")
    assert (done.code, done.out) == (0, "westmere replaced · 1 term · etag etag-2\n")
    assert glossaries.calls == ["UpdateGlossary", "UpdateGlossary"]
    assert glossaries.stored["glossaries/westmere"].terms[0] == GlossaryTerm(forms={"en": "pier", "ko": "부두"})


@pytest.mark.parametrize("form", ["csv", "tbx"])
def test_what_is_exported_is_imported_again(server: str, glossaries: Glossaries, form: str, tmp_path: Path) -> None:
    triwire("glossary", "import", "-", "--id", "westmere", "--name", "W & H", target=server, text=CSV)
    printed = triwire("glossary", "export", "westmere", "--format", form, target=server)
    path = tmp_path / f"westmere.{form}"
    written = triwire("glossary", "export", "westmere", "-o", str(path), target=server)
    assert (printed.code, written.code, written.out, written.err) == (0, 0, "", "")
    assert path.read_text(encoding="utf-8") == printed.out
    assert triwire("glossary", "import", str(path), "--id", "copy", target=server).code == 0
    copy = glossaries.stored["glossaries/copy"]
    assert copy.terms == glossaries.stored["glossaries/westmere"].terms
    assert copy.display_name == ("W & H" if form == "tbx" else "")
    assert form == "tbx" or printed.out == CSV


def test_an_etag_keeps_import_and_delete_from_undoing_another_s_change(server: str, glossaries: Glossaries) -> None:
    triwire("glossary", "import", "-", "--id", "westmere", target=server, text=CSV)
    for command in (["import", "-", "--id", "westmere"], ["delete", "westmere"]):
        done = triwire("glossary", *command, "--etag", "old", target=server, text=CSV)
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith("; `triwire glossary show` has the etag of what is there now [ETAG_MISMATCH]\n")
    assert glossaries.stored["glossaries/westmere"].etag == "etag-1"
    assert triwire("glossary", "import", "-", "--id", "westmere", "--etag", "etag-1", target=server, text=CSV).code == 0
    done = triwire("glossary", "delete", "westmere", "--etag", "etag-2", target=server)
    assert (done.code, done.out, glossaries.stored) == (0, "westmere deleted\n", {})


def test_list_and_show_are_for_people_and_for_programs(server: str) -> None:
    assert triwire("glossary", "list", target=server).out == "no glossaries are stored\n"
    triwire("glossary", "import", "-", "--id", "westmere", "--name", "West\x1bmere", target=server, text=CSV)
    triwire("glossary", "import", "-", "--id", "sea", target=server, text="en,ko\npier,부두\n")
    assert triwire("glossary", "list", target=server).out == (
        "sea       1 term · changed 2026-03-01 12:00:02 UTC\n"
        "westmere  West\ufffdmere · 2 terms · changed 2026-03-01 12:00:01 UTC\n"
    )
    assert triwire("glossary", "show", "westmere", target=server).out == (
        "\nwestmere · West\ufffdmere · 2 terms · etag etag-1\n"
        "en Westmere harbour · ko 웨스트미어항 · ja ウェストミア港\n"
        "en Ferrant  (verbatim, any case)\n"
    )
    listed = triwire("glossary", "list", "--json", target=server).json()["glossaries"]
    assert [found["name"] for found in listed] == ["glossaries/sea", "glossaries/westmere"]
    shown = triwire("--json", "glossary", "show", "westmere", target=server).json()["glossary"]
    assert shown["terms"][1] == {"forms": {"en": "Ferrant"}, "verbatim": True, "case_insensitive": True}
    deleted = triwire("glossary", "delete", "sea", "--json", target=server)
    assert json.loads(deleted.out) == {}
    stored = triwire("glossary", "import", "-", "--id", "sea", "--json", target=server, text=CSV).json()["glossary"]
    assert (stored["etag"], stored["term_count"]) == ("etag-3", 2)


def test_a_file_with_problems_is_told_line_by_line_and_nothing_is_sent(server: str, glossaries: Glossaries) -> None:
    text = "en,ko,verbatim\npier,부두,perhaps\n,,\n,,yes\n"
    done = triwire("glossary", "import", "-", "--id", "westmere", target=server, text=text)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "triwire: standard input:2: column 3 (verbatim): 'perhaps' is none of true, false, 1, 0, yes, no\n"
        "triwire: standard input:4: has no form in en, ko\n"
    )
    done = triwire("glossary", "import", "-", "--id", "westmere", target=server, text="<tbx><text>")
    assert (done.code, done.err) == (2, "triwire: standard input:1:12: is not well-formed XML: no element found\n")
    assert glossaries.calls == []


def test_a_dry_run_checks_the_file_without_a_server() -> None:
    done = triwire("glossary", "import", "-", "--id", "w", "--dry-run", target="127.0.0.1:1", text=CSV)
    assert (done.code, done.out, done.err) == (0, "standard input: 2 terms, nothing was sent\n", "")
    done = triwire("glossary", "import", "-", "--id", "w", "--dry-run", target="127.0.0.1:1", text="en,kr\na,b\n")
    assert (done.code, done.out) == (2, "")
    assert done.err == "triwire: standard input:1: column 2: 'kr' is the code of a country; the language is ko\n"


def test_an_empty_file_does_not_empty_a_glossary(server: str, glossaries: Glossaries) -> None:
    done = triwire("glossary", "import", "-", "--id", "westmere", target=server, text="en,ko\n")
    assert (done.code, done.err) == (
        2,
        "triwire: standard input: has no terms to take over; `triwire glossary delete` removes one\n",
    )
    assert glossaries.calls == []


def test_a_glossary_that_is_too_large_is_refused_before_it_is_sent(server: str, glossaries: Glossaries) -> None:
    text = "en,ko\n" + "".join(f"pier {number} {'x' * 180},부두 {number}\n" for number in range(10_000))
    done = triwire("glossary", "import", "-", "--id", "w", target=server, text=text)
    assert (done.code, glossaries.calls) == (2, [])
    assert done.err.endswith(
        " bytes of terms, encoded; a glossary may have 2,097,152; split it, a request may name several\n"
    )


def test_what_the_server_refuses_is_told_with_file_line_and_field(server: str, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f"en,ko,de\npier,부두,\nport,,Hafen\n{'x' * 201},항,\n", encoding="utf-8")
    done = triwire("glossary", "import", str(path), "--id", "West", "--name", "n" * 121, target=server)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        'triwire: --id (glossary.name): must be "glossaries/{glossary}"',
        "triwire: --name (glossary.display_name): has 121 characters; 120 are allowed",
        f'triwire: {path}:3: glossary.terms[1].forms["de"]: languages of forms are en, ko, ja',
        f'triwire: {path}:4: glossary.terms[2].forms["en"]: has 201 characters; 200 are allowed [INVALID_FIELD]',
    ]
    path.write_text("de\n" + "Hafen\n" * 30, encoding="utf-8")
    lines = triwire("glossary", "import", str(path), "--id", "w", target=server).err.splitlines()
    assert len(lines) == 21
    assert lines[20] == "triwire: and 10 more [INVALID_FIELD]"


def test_a_term_that_a_refusal_mentions_is_told_with_its_line(server: str) -> None:
    text = "en,ko\nport,항\n\npier,부두\nport,항\n"
    done = triwire("glossary", "import", "-", "--id", "w", target=server, text=text)
    assert done.err == (
        "triwire: standard input:5: glossary.terms[2].forms: has the en and ko of terms[0] (standard input:2)"
        " [INVALID_FIELD]\n"
    )


def test_languages_that_are_not_asked_for_are_left_out_with_a_remark(server: str, glossaries: Glossaries) -> None:
    text = "en,ko,de\npier,부두,Steg\nport,,Hafen\n"
    done = triwire(
        "glossary", "import", "-", "--id", "w", "--language", "en-GB", "--language", "ko", target=server, text=text
    )
    assert done.code == 0
    assert done.err == "triwire: standard input:3: is not taken over: fewer than two of its forms are en, ko\n"
    assert list(glossaries.stored["glossaries/w"].terms) == [GlossaryTerm(forms={"en": "pier", "ko": "부두"})]


def test_a_glossary_that_is_not_there_is_told_with_where_to_look(server: str) -> None:
    for command in ("show", "export", "delete"):
        done = triwire("glossary", command, "nowhere", target=server)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "triwire: glossaries/nowhere: GLOSSARY_NOT_FOUND; `triwire glossary list` lists the ids"
            " [GLOSSARY_NOT_FOUND]\n"
        )
    done = triwire("glossary", "show", "No Where", target=server)
    assert done.err == 'triwire: ID (name): must be "glossaries/{glossary}" [INVALID_FIELD]\n'


def test_a_change_whose_answer_was_lost_is_said_to_be_open(tmp_path: Path) -> None:
    glossaries = Glossaries(["", "lost", "lost", ""])
    with served_glossaries(glossaries) as target:
        triwire("glossary", "import", "-", "--id", "w", target=target, text=CSV)
        done = triwire("glossary", "delete", "w", target=target)
        assert done.code == 3
        assert done.err.endswith("; it may have been done all the same: `triwire glossary show w` tells\n")
        assert glossaries.stored == {}
        done = triwire("glossary", "import", "-", "--id", "w", target=target, text=CSV)
        assert (done.code, done.out) == (0, "w replaced · 2 terms · etag etag-3\n")
    assert glossaries.calls == ["UpdateGlossary", "DeleteGlossary", "UpdateGlossary", "UpdateGlossary"]


def test_output_that_cannot_be_written_and_json_for_export_are_refused(server: str, tmp_path: Path) -> None:
    triwire("glossary", "import", "-", "--id", "w", target=server, text=CSV)
    path = tmp_path / "no" / "w.csv"
    done = triwire("glossary", "export", "w", "-o", str(path), target=server)
    assert (done.code, done.err) == (2, f"triwire: {path}: cannot be written: No such file or directory\n")
    done = triwire("glossary", "export", "w", "--json", target=server)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("triwire: --json: `triwire glossary show --json` answers with JSON")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["glossary", "frob"], "No such command 'frob'; see `triwire glossary --help`"),
        (["glossary", "import", "-"], "Missing option '--id'; see `triwire glossary import --help`"),
        (["glossary", "import", "no.csv", "--id", "w"], "no.csv: cannot be read: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_and_code_2(arguments: list[str], line: str) -> None:
    done = triwire(*arguments)
    assert (done.code, done.out, done.err) == (2, "", f"triwire: {line}\n")


def test_a_glossary_goes_through_a_real_server_as_csv_and_tbx_and_is_the_same(tmp_path: Path) -> None:
    example = Path("examples/glossary.csv").read_text(encoding="utf-8")
    with served("extractive") as target:
        assert triwire("glossary", "import", "examples/glossary.csv", "--id", "house", target=target).code == 0
        first = triwire("glossary", "export", "house", target=target).out
        tbx = tmp_path / "house.tbx"
        triwire("glossary", "export", "house", "-o", str(tbx), target=target)
        assert triwire("glossary", "import", str(tbx), "--id", "again", target=target).code == 0
        assert triwire("glossary", "export", "again", target=target).out == first
        assert len(first.splitlines()) == len(example.splitlines())
        # The server's own rules, with the file's lines: a form of 201 characters, and a term with a single form.
        text = f"en,ko\n{'x' * 201},부두\npier,\n"
        done = triwire("glossary", "import", "-", "--id", "bad", target=target, text=text)
        assert done.code == 2
        assert 'standard input:2: glossary.terms[0].forms["en"]: has 201 characters' in done.err
        assert "standard input:3: glossary.terms[1]" in done.err
        assert "house" in triwire("glossary", "list", target=target).out
