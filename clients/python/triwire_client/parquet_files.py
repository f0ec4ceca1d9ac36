"""Batches in Parquet: files of articles in, a folder of numbered parts out, resumable; needs the extra `parquet`.

A part answers so many rows of the input, by their place in it. While it is worked on, its answers stand in a journal
(`_part-00007.jsonl`, in the form of `batch_files`), where each is safe once it has come: a Parquet file that was not
closed is lost as a whole. When all are there, the journal becomes `part-00007.parquet`, under that name at once.
"""

import os
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.protobuf import json_format
from pyarrow import fs

from triwire.v1.article_service_pb2 import ProcessArticleRequest, ProcessBatchResponse
from triwire_client import batch_files
from triwire_client.article_rows import Row
from triwire_client.inputs import MAX_TOLD, InputError, bounded, one_line
from triwire_client.parquet_rows import COLUMNS, column_problems, output_schema, to_batch, to_rows

_GROUP_ROWS = 1_000
_GROUP_BYTES = 64 << 20
"""A row group is written when it has so many rows, or answers of so many bytes: what a reader holds at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the input, by their place."""

    number: int
    """From 1."""

    tables: Sequence[pa.Table]

    def ids(self) -> list[str]:
        """Ids of its rows, as text."""
        return [str(value) for table in self.tables for value in table["id"].to_pylist()]

    def rows(self, done: set[str]) -> Iterator[Row]:
        """Its rows without those that are done."""
        return (row for table in self.tables for row in to_rows(table) if str(row["id"]) not in done)


class ParquetInput:
    """A Parquet file, or every one of a folder in order of their names.

    Args:
        place: path of the file or folder, or a URI that pyarrow knows ("s3://bucket/folder").

    Raises:
        InputError: it cannot be read, or its columns are not those of articles; a line for each problem.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        try:
            self._files, self._paths = _find(place)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{place}: cannot be read: {one_line(error)}") from error
        if not self._paths:
            raise InputError(f"{place}: has no *.parquet files")
        problems = []
        self.num_rows = 0
        self._columns: list[set[str]] = []
        self._id_types: set[pa.DataType] = set()
        for path in self._paths:
            with self._open(path) as file:
                schema = file.schema_arrow
                self.num_rows += file.metadata.num_rows
            problems += [f"{path}: {problem}" for problem in column_problems(schema)]
            self._columns.append(set(schema.names))
            if "id" in schema.names:
                self._id_types.add(output_schema(schema.field("id").type).field("id").type)
        if len(self._id_types) > 1:
            problems.append(f"{place}: id: is of several types: {', '.join(sorted(map(str, self._id_types)))}")
        if problems:
            raise InputError("\n".join(bounded(problems)))
        self.schema = output_schema(self._id_types.pop())

    @property
    def other_columns(self) -> set[str]:
        """Columns that are the caller's own and not read."""
        return set[str]().union(*self._columns) - set(COLUMNS)

    def check(self, asked: ProcessArticleRequest) -> None:
        """Make sure that rows say what they want, that each has an id, and no two the same. Reads the ids alone.

        Takes 8 bytes of memory a row, and three times that for a moment: it compares hashes, and the ids themselves
        only where hashes are equal.

        Args:
            asked: what is asked of rows that do not say it themselves.

        Raises:
            InputError: with a line for each row without an id and each id used again, or the first of many.
        """
        if not (asked.target_languages or asked.summaries) and not all(_SAY_WHAT & names for names in self._columns):
            columns = ", ".join(sorted(_SAY_WHAT))
            raise InputError(f"--to, --summary: say what is wanted, or {self._place} in a column: {columns}")
        problems: list[str] = []
        num_problems = 0
        hashes = array("q")
        for place, value in self._ids():
            if value is None or value == "" or isinstance(value, bytes):
                num_problems += 1
                if len(problems) < MAX_TOLD:
                    problems.append(f"{place}: id: {'is not UTF-8' if isinstance(value, bytes) else 'is missing'}")
            else:
                hashes.append(hash(value))
        suspects = _repeated(hashes)
        seen: dict[str | int, str] = {}
        for place, value in self._ids() if suspects else ():
            if hash(value) not in suspects or value is None or isinstance(value, bytes):
                continue
            if value in seen:
                num_problems += 1
                if len(problems) < MAX_TOLD:
                    problems.append(f"{place}: id: {value!r} is that of {seen[value]} too")
            else:
                seen[value] = place
        if num_problems:
            raise InputError("\n".join(bounded(problems, num_problems)))

    def parts(self, num_rows: int) -> Generator[Part, None, None]:
        """The input in parts of so many rows, the last one of what is left. Reads a part at a time."""
        pending: list[pa.Table] = []
        num_pending = 0
        number = 0
        for batch in self._batches(COLUMNS, min(num_rows, 10_000)):
            while num_pending + batch.num_rows >= num_rows:
                room = num_rows - num_pending
                number += 1
                yield Part(number, [*pending, batch.slice(0, room)])
                pending, num_pending, batch = [], 0, batch.slice(room)
            if batch.num_rows:
                pending.append(batch)
                num_pending += batch.num_rows
        if num_pending:
            yield Part(number + 1, pending)

    def _ids(self) -> Iterator[tuple[str, str | int | bytes | None]]:
        """Where each row is, and its id."""
        for path in self._paths:
            number = 0
            for batch in self._batches(["id"], 10_000, [path]):
                for row in to_rows(batch):
                    number += 1
                    yield f"{path}: row {number:,}", row["id"]

    def _batches(self, columns: Sequence[str], num_rows: int, paths: Sequence[str] = ()) -> Iterator[pa.Table]:
        for path in paths or self._paths:
            with self._open(path) as file:
                wanted = [name for name in columns if name in file.schema_arrow.names]
                try:
                    for batch in file.iter_batches(batch_size=num_rows, columns=wanted):
                        yield pa.Table.from_batches([batch])
                except (OSError, pa.ArrowException) as error:
                    raise InputError(f"{path}: cannot be read: {one_line(error)}") from error

    def _open(self, path: str) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(path, filesystem=self._files)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path}: cannot be read as Parquet: {one_line(error)}") from error


class PartsFolder:
    """The folder that a batch in Parquet is written to.

    Args:
        place: of the folder; made if it is not there.
        schema: of the parts, see `output_schema`.

    Raises:
        InputError: it cannot be made.
    """

    def __init__(self, place: Path, schema: pa.Schema) -> None:
        self._place = place
        self._schema = schema
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{place}: cannot be made a folder: {error.strerror or error}") from error

    def check_numbers(self, num_parts: int) -> None:
        """Make sure that there are no parts beyond those that the input has now.

        Raises:
            InputError: there are.
        """
        for path in self._place.glob("part-*.parquet"):
            if path.name not in {self._path(number).name for number in range(1, num_parts + 1)}:
                raise InputError(f"{path}: {_OTHER_INPUT}")

    def journal(self, part: Part) -> Path:
        """Where the answers of a part stand while it is worked on."""
        return self._place / f"_part-{part.number:05}.jsonl"

    def resume(self, part: Part) -> set[str]:
        """Bring a part into the state from which it goes on, and tell which of its rows have a result.

        Rows that failed are tried again: a part with some is opened again, and its file stays until it is replaced.

        Raises:
            InputError: what is there answers other rows, or cannot be used.
        """
        path, journal = self._path(part.number), self.journal(part)
        ids = set(part.ids())
        if not journal.exists() and path.exists():
            states = self._states(path)
            if not states.keys() <= ids:
                raise InputError(f"{path}: {_OTHER_INPUT}")
            if states.keys() == ids and all(state == "done" for state in states.values()):
                return ids
            self._reopen(path, journal)
        done = batch_files.resume(journal)
        if not done <= ids:
            raise InputError(f"{journal}: {_OTHER_INPUT}")
        return done

    def is_finished(self, part: Part) -> bool:
        """Whether nothing is left to do for a part that was resumed."""
        return self._path(part.number).exists() and not self.journal(part).exists()

    def finish(self, part: Part) -> None:
        """Make the Parquet file of a part whose answers are all in its journal, and remove that.

        Raises:
            InputError: an answer is missing or there twice, as when two runs share a folder.
        """
        journal, written = self.journal(part), self._place / f"_part-{part.number:05}.parquet.new"
        num_rows = 0
        with pq.ParquetWriter(written, self._schema, compression="zstd") as writer:
            for answers in _groups(journal):
                num_rows += len(answers)
                writer.write_batch(to_batch(answers, self._schema))
        if num_rows != len(part.ids()):
            raise InputError(f"{journal}: has {num_rows:,} answers to {len(part.ids()):,} rows; do two runs share it?")
        os.replace(written, self._path(part.number))
        journal.unlink()

    def _path(self, number: int) -> Path:
        return self._place / f"part-{number:05}.parquet"

    def _states(self, path: Path) -> dict[str, str]:
        """Status by id of the rows of a part's file."""
        try:
            table = pq.read_table(path, columns=["id", "status"])
            return dict(zip(map(str, table["id"].to_pylist()), table["status"].to_pylist(), strict=True))
        except (OSError, pa.ArrowException, KeyError) as error:
            raise InputError(f"{path}: is no part of a batch: {one_line(error)}; give another folder") from error

    @staticmethod
    def _reopen(path: Path, journal: Path) -> None:
        """Make the journal of a part's file again, of the rows that are done: as a whole or not at all."""
        written = journal.with_name(journal.name + ".new")
        with pq.ParquetFile(path) as file, written.open("w", encoding="utf-8") as out:
            for batch in file.iter_batches(batch_size=_GROUP_ROWS, columns=["status", "result"]):
                for row in batch.to_pylist():
                    if row["status"] == "done":
                        out.write(row["result"] + "\n")
        os.replace(written, journal)


def _find(place: str) -> tuple[fs.FileSystem, list[str]]:
    """The file system of a place and the paths of its files in it."""
    files, path = fs.FileSystem.from_uri(place) if "://" in place else (fs.LocalFileSystem(), place)
    if files.get_file_info(path).type != fs.FileType.Directory:
        return files, [path]
    found = files.get_file_info(fs.FileSelector(path))
    return files, sorted(one.path for one in found if one.type == fs.FileType.File and one.path.endswith(".parquet"))


_SAY_WHAT = {"target_languages", "summaries", "request"}

_OTHER_INPUT = "answers other rows than the input has there: it changed, or --part-rows did; give another folder"


def _groups(journal: Path) -> Iterator[list[ProcessBatchResponse]]:
    """The answers of a journal, as many at a time as a row group takes."""
    group: list[ProcessBatchResponse] = []
    num_bytes = 0
    with journal.open("rb") as lines:
        for line in lines:
            group.append(json_format.Parse(line, ProcessBatchResponse()))
            num_bytes += len(line)
            if len(group) == _GROUP_ROWS or num_bytes >= _GROUP_BYTES:
                yield group
                group, num_bytes = [], 0
    if group:
        yield group


def _repeated(hashes: "array[int]") -> set[int]:
    """Values that are there more than once."""
    if not hashes:
        return set()
    values = pa.Array.from_buffers(pa.int64(), len(hashes), [None, pa.py_buffer(hashes)])
    ordered = values.take(pc.sort_indices(values))
    is_repeated = pc.equal(ordered.slice(1), ordered.slice(0, len(ordered) - 1))
    return set(ordered.slice(1).filter(is_repeated).to_pylist())
