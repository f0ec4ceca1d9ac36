import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from triwire_server.__main__ import app

SOURCES = (
    "The harbour of Westmere reopened on Monday after the storm.",
    "“The wall held, and that is what matters to us,” the mayor said.",
    "The first ferry left at noon.",
)
# The harbour reopened on Monday after the storm. "The wall held," said the mayor. The first ferry left at noon.
TARGETS = (
    "웨스트미어 항구가 폭풍 이후 월요일 다시 열렸다.",
    "시장은 “벽이 버텼고, 우리에게는 그것이 중요하다”고 말했다.",
    "첫 여객선은 정오에 떠났다.",
)
LOST_MARKS = "시장은 벽이 버텼고, 우리에게는 그것이 중요하다고 말했다."


def check(folder: Path, source: bytes, target: bytes, *arguments: str) -> Result:
    (folder / "source.en").write_bytes(source)
    (folder / "target.ko").write_bytes(target)
    files = [str(folder / "source.en"), str(folder / "target.ko")]
    return CliRunner().invoke(app, ["check", *files, "--source-language", "en", "--target-language", "ko", *arguments])


def lines(*texts: str, end: str = "\n") -> bytes:
    return "".join(text + end for text in texts).encode()


def test_a_sound_translation_ends_with_counts_and_exit_code_0(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(*TARGETS))
    assert (result.output, result.exit_code) == ("3 lines: 0 CRITICAL, 0 WARNING, 0 INFO\n", 0)


def test_windows_files_and_a_last_line_without_its_end_are_read(tmp_path: Path) -> None:
    target = b"\xef\xbb\xbf" + lines(*TARGETS, end="\r\n")
    result = check(tmp_path, lines(*SOURCES).rstrip(), target)
    assert (result.output, result.exit_code) == ("3 lines: 0 CRITICAL, 0 WARNING, 0 INFO\n", 0)


def test_a_warning_is_one_line_with_its_place_and_exit_code_0(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(TARGETS[0], LOST_MARKS, TARGETS[2]))
    words = "The wall held, and that is what matters to us,"
    first, last = result.output.splitlines()
    assert first == f"2: WARNING QUOTE_MISMATCH {words} -> - | ⟦“{words}”⟧ the mayor said."
    assert last == "3 lines: 0 CRITICAL, 1 WARNING, 0 INFO"
    assert result.exit_code == 0


def test_what_is_critical_ends_with_exit_code_1(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(SOURCES[0], *TARGETS[1:]))
    first, last = result.output.splitlines()
    assert first == f"1: CRITICAL COPIED_SOURCE the source came back untranslated | ⟦{SOURCES[0]}⟧"
    assert last == "3 lines: 1 CRITICAL, 0 WARNING, 0 INFO"
    assert result.exit_code == 1


def test_json_has_the_names_of_the_contract(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(SOURCES[0], LOST_MARKS, TARGETS[2]), "--json")
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert first["line"], first["findings"][0]["target"] == (1, {"start": 0, "end": len(SOURCES[0])})
    assert [finding["kind"] for finding in first["findings"]] == ["KIND_COPIED_SOURCE"]
    [finding] = second["findings"]
    assert second["line"] == 2
    assert (finding["kind"], finding["severity"]) == ("KIND_QUOTE_MISMATCH", "SEVERITY_WARNING")
    assert finding["source"]["range"] == {"start": 0, "end": 48}
    assert finding["actual"] == ""
    assert result.exit_code == 1


def test_differing_numbers_of_lines_are_named(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(*TARGETS[:2]))
    source, target = tmp_path / "source.en", tmp_path / "target.ko"
    assert result.stderr == f"triwire-server: {source} has 3 lines, {target} has 2\n"
    assert (result.stdout, result.exit_code) == ("", 2)


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    result = check(tmp_path, lines(*SOURCES), lines(TARGETS[0]) + TARGETS[1].encode("cp949") + b"\n")
    assert result.stderr == f"triwire-server: {tmp_path / 'target.ko'}, line 2: not UTF-8\n"
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-file", "-", "en", "ko"], "no-such-file: No such file or directory"),
        ([".", "-", "en", "ko"], ".: Is a directory"),
        (["-", "-", "en", "ko"], "only one of the two files can be standard input"),
        (["-", "x", "en", "fr"], "target language 'fr': one of en, ko, ja is checked"),
        (["-", "x", "en-GB", "en"], "source and target language are both 'en-GB'"),
    ],
)
def test_what_cannot_be_checked_is_said_with_exit_code_2(arguments: list[str], message: str) -> None:
    source, target, source_language, target_language = arguments
    languages = ["--source-language", source_language, "--target-language", target_language]
    result = CliRunner().invoke(app, ["check", source, target, *languages], input="")
    assert (result.stderr, result.exit_code) == (f"triwire-server: {message}\n", 2)


def test_one_file_may_be_standard_input(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(lines(*TARGETS))
    languages = ["--source-language", "en", "--target-language", "ko"]
    result = CliRunner().invoke(app, ["check", "-", str(tmp_path / "target"), *languages], input=lines(*SOURCES))
    assert (result.output, result.exit_code) == ("3 lines: 0 CRITICAL, 0 WARNING, 0 INFO\n", 0)


def test_the_check_starts_without_the_engine() -> None:
    script = (
        "import sys; import triwire_server.__main__, triwire_server.check_files;"
        "print(sorted({'torch', 'transformers', 'trafilatura', 'grpc', 'lingua'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
