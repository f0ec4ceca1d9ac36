import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.clients.python.tables import articles, write
from triwire.v1.article_service_pb2 import ProcessArticleRequest
from triwire_client.inputs import InputError
from triwire_client.parquet_files import ParquetInput, Part, PartsFolder
from triwire_client.parquet_rows import column_problems, output_schema, to_rows

ASKED = ProcessArticleRequest(target_languages=["ko"])
NUM_ROWS = 200_000


def parts_of(source: Path, num_rows: int) -> list[list[str]]:
    return [part.ids() for part in ParquetInput(str(source)).parts(num_rows)]


def test_every_problem_of_the_columns_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", pa.table({"title": ["a"], "summaries": ["bullets"], "language": [3]}))
    with pytest.raises(InputError) as raised:
        ParquetInput(str(path))
    assert str(raised.value).splitlines() == [
        f"{path}: id: is missing; every row needs one that no other has",
        f"{path}: text, html, article: one of them is needed",
        f"{path}: summaries: is string, not list<string>",
        f"{path}: language: is int64, not string",
    ]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.uint8()],
)
def test_ids_are_text_of_any_kind_or_whole_numbers(kind: pa.DataType) -> None:
    assert column_problems(pa.schema([("id", kind), ("text", pa.string())])) == []


def test_a_column_without_any_value_is_no_problem() -> None:
    schema = pa.schema([("id", pa.int64()), ("text", pa.string()), ("html", pa.null()), ("summaries", pa.null())])
    assert column_problems(schema) == []


def test_a_file_that_is_not_parquet_and_a_folder_without_any_are_told(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_text("id,text\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"in\.parquet: cannot be read as Parquet: "):
        ParquetInput(str(tmp_path))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=r"^s4://bucket/in: cannot be read: Unrecognized filesystem type"):
        ParquetInput("s4://bucket/in")
    with pytest.raises(InputError, match=r"none: has no \*\.parquet files"):
        ParquetInput(str(tmp_path / "none"))


def test_missing_and_repeated_ids_are_told_with_their_rows(tmp_path: Path) -> None:
    first = write(tmp_path / "1.parquet", pa.table({"id": ["a", None, "b", "a", ""], "text": ["t"] * 5}))
    second = write(tmp_path / "2.parquet", pa.table({"id": ["c", "b", "b"], "text": ["t"] * 3}))
    with pytest.raises(InputError) as raised:
        ParquetInput(str(tmp_path)).check(ASKED)
    assert str(raised.value).splitlines() == [
        f"{first}: row 2: id: is missing",
        f"{first}: row 5: id: is missing",
        f"{first}: row 4: id: 'a' is that of {first}: row 1 too",
        f"{second}: row 2: id: 'b' is that of {first}: row 3 too",
        f"{second}: row 3: id: 'b' is that of {first}: row 3 too",
    ]


def test_of_many_problems_the_rest_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", pa.table({"id": pa.array([1] * 1_500), "text": ["t"] * 1_500}))
    with pytest.raises(InputError) as raised:
        ParquetInput(str(path)).check(ASKED)
    lines = str(raised.value).splitlines()
    assert (len(lines), lines[-1]) == (21, "and 1,479 more")


def test_ids_with_equal_hashes_are_not_the_same(tmp_path: Path) -> None:
    assert hash(-1) == hash(-2)
    path = write(tmp_path / "in.parquet", pa.table({"id": pa.array([-1, -2]), "text": ["t"] * 2}))
    ParquetInput(str(path)).check(ASKED)


def test_parts_go_on_over_row_groups_and_files(tmp_path: Path) -> None:
    table = articles(25)
    write(tmp_path / "a.parquet", table.slice(0, 11), row_group_size=4)
    write(tmp_path / "b.parquet", table.slice(11).append_column("note", [["x"] * 14]))
    ids = table["id"].to_pylist()
    assert parts_of(tmp_path, 10) == [ids[:10], ids[10:20], ids[20:]]
    assert parts_of(tmp_path, 25) == [ids]
    assert [part.ids() for part in ParquetInput(tmp_path.as_uri()).parts(25)] == [ids]


def test_text_that_is_not_utf_8_fails_its_row_alone() -> None:
    bad = pa.array([b"ok", b"\xff\xfe"]).view(pa.string())
    assert [row["text"] for row in to_rows(pa.table({"text": bad}))] == ["ok", b""]


def test_a_large_file_is_read_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = pa.array(range(NUM_ROWS))
    path = write(tmp_path / "in.parquet", pa.table({"id": ids, "text": ids.cast(pa.string())}), row_group_size=NUM_ROWS)
    num_read = 0
    iter_batches = pq.ParquetFile.iter_batches

    def counted(self: pq.ParquetFile, *arguments: Any, **options: Any) -> Iterator[pa.RecordBatch]:
        nonlocal num_read
        for batch in iter_batches(self, *arguments, **options):
            num_read += batch.num_rows
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    source = ParquetInput(str(path))
    assert (source.num_rows, num_read) == (NUM_ROWS, 0)
    parts = source.parts(1_000)
    for number in (1, 2, 3):
        assert next(parts).number == number
        assert num_read <= (number + 1) * 1_000
    parts.close()


def answer_line(item_id: str, *, is_failed: bool = False) -> str:
    outcome: dict[str, Any] = {"error": {"code": 3, "message": "no"}} if is_failed else {"process_article": {}}
    return json.dumps({"item_id": item_id, **outcome}) + "\n"


@pytest.fixture
def part() -> Part:
    return Part(1, [articles(3)])


@pytest.fixture
def folder(tmp_path: Path) -> PartsFolder:
    return PartsFolder(tmp_path / "out", output_schema(pa.string()))


def finish(folder: PartsFolder, part: Part, *lines: str) -> None:
    folder.journal(part).write_text("".join(lines), encoding="utf-8")
    folder.finish(part)


def test_a_part_is_there_as_a_whole_and_its_journal_gone(folder: PartsFolder, part: Part, tmp_path: Path) -> None:
    finish(folder, part, *map(answer_line, part.ids()))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["part-00001.parquet"]
    assert folder.resume(part) == set(part.ids())
    assert folder.is_finished(part)


def test_a_part_with_failed_rows_is_opened_again_and_stays_until_then(
    folder: PartsFolder, part: Part, tmp_path: Path
) -> None:
    first, second, third = part.ids()
    finish(folder, part, answer_line(second), answer_line(first, is_failed=True), answer_line(third))
    assert folder.resume(part) == {second, third}
    assert not folder.is_finished(part)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_part-00001.jsonl", "part-00001.parquet"]
    with folder.journal(part).open("a", encoding="utf-8") as journal:
        journal.write(answer_line(first))
    folder.finish(part)
    assert folder.resume(part) == {first, second, third}


def test_a_killed_finish_is_done_again(folder: PartsFolder, part: Part, tmp_path: Path) -> None:
    folder.journal(part).write_text("".join(map(answer_line, part.ids())), encoding="utf-8")
    (tmp_path / "out" / "_part-00001.parquet.new").write_bytes(b"PAR1 half")
    (tmp_path / "out" / "_part-00001.jsonl.new").write_text("half", encoding="utf-8")
    assert folder.resume(part) == set(part.ids())
    assert not folder.is_finished(part)
    folder.finish(part)
    assert folder.is_finished(part)


def test_answers_to_other_rows_are_left_alone(folder: PartsFolder, part: Part) -> None:
    other = Part(1, [articles(5).slice(2)])
    finish(folder, part, *map(answer_line, part.ids()))
    with pytest.raises(InputError, match=r"part-00001\.parquet: answers other rows than the input has there"):
        folder.resume(other)
    folder.journal(part).write_text(answer_line("elsewhere"), encoding="utf-8")
    with pytest.raises(InputError, match=r"_part-00001\.jsonl: answers other rows"):
        folder.resume(part)
    with pytest.raises(InputError, match=r"part-00001\.parquet: answers other rows"):
        folder.check_numbers(0)


def test_an_answer_that_is_there_twice_makes_no_part(folder: PartsFolder, part: Part) -> None:
    with pytest.raises(InputError, match=r"has 4 answers to 3 rows; do two runs share it\?"):
        finish(folder, part, *map(answer_line, [*part.ids(), part.ids()[0]]))


def test_a_file_of_another_kind_is_left_alone(folder: PartsFolder, part: Part, tmp_path: Path) -> None:
    write(tmp_path / "out" / "part-00001.parquet", pa.table({"a": [1]}))
    with pytest.raises(InputError, match=r"part-00001\.parquet: is no part of a batch"):
        folder.resume(part)
