"""Articles in Arrow tables, as Parquet holds them; needs the extra `parquet`. docs/backfill.md has the columns."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from triwire.v1.article_service_pb2 import ProcessArticleRequest, ProcessBatchResponse
from triwire_client.article_rows import CONTENT_COLUMNS, LIST_COLUMNS, TEXT_COLUMNS, Row, RowItems, to_columns
from triwire_client.batch_files import to_answer
from triwire_client.sync import SyncClient

COLUMNS = (*TEXT_COLUMNS, *LIST_COLUMNS)
"""Columns in; a table has the id, one of the contents, and of the others what it needs."""

_SLICE_ROWS = 64
"""Rows turned into Python at a time: a window of them; the others stay in Arrow's memory."""


def output_schema(id_type: pa.DataType) -> pa.Schema:
    """Columns of the rows out; an id that is a number stays one."""
    translation = [("target_language", pa.string()), ("text", pa.string()), ("findings", pa.int32())]
    return pa.schema(
        [
            pa.field("id", id_type if pa.types.is_integer(id_type) else pa.string(), nullable=False),
            pa.field("status", pa.string(), nullable=False),
            pa.field("error_code", pa.string()),
            pa.field("error_reason", pa.string()),
            pa.field("error_message", pa.string()),
            pa.field("source_language", pa.string()),
            pa.field("translations", pa.list_(pa.struct(translation))),
            pa.field("summaries", pa.list_(pa.struct([("style", pa.string()), *translation]))),
            pa.field("findings", pa.int32()),
            pa.field("critical_findings", pa.int32()),
            pa.field("models", pa.list_(pa.string())),
            pa.field("input_tokens", pa.int64()),
            pa.field("output_tokens", pa.int64()),
            pa.field("result", pa.string(), nullable=False),
        ]
    )


def column_problems(schema: pa.Schema) -> list[str]:
    """What is wrong with the columns of an input, a line each; columns of other names are the caller's own."""
    found = []
    types = {field.name: field.type for field in schema}
    if "id" not in types:
        found.append("id: is missing; every row needs one that no other has")
    elif not (pa.types.is_integer(types["id"]) or _is_text(types["id"])):
        found.append(f"id: is {types['id']}, not string or an integer")
    if not types.keys() & set(CONTENT_COLUMNS):
        found.append(f"{', '.join(CONTENT_COLUMNS)}: one of them is needed")
    for name, kind in types.items():
        if name in TEXT_COLUMNS and name != "id" and not _is_text(kind) and not pa.types.is_null(kind):
            found.append(f"{name}: is {kind}, not string")
        if name in LIST_COLUMNS and not _is_list_of_text(kind) and not pa.types.is_null(kind):
            found.append(f"{name}: is {kind}, not list<string>")
    return found


def to_rows(table: pa.Table | pa.RecordBatch) -> Iterator[Row]:
    """The rows of a table, made as they are asked for. Text that is not UTF-8 comes as bytes."""
    for start in range(0, table.num_rows, _SLICE_ROWS):
        part = table.slice(start, _SLICE_ROWS)
        values = [_values(column) for column in part.columns]
        for row in zip(*values, strict=True):
            yield dict(zip(part.column_names, row, strict=True))


def to_batch(answers: Iterable[ProcessBatchResponse], schema: pa.Schema) -> pa.RecordBatch:
    """Answers to `process_article` as rows.

    Args:
        answers: with the ids of their rows.
        schema: see `output_schema`.
    """
    rows = [to_columns(answer) for answer in answers]
    if pa.types.is_integer(schema.field("id").type):
        for row in rows:
            row["id"] = int(row["id"])
    return pa.RecordBatch.from_pylist(rows, schema)


def answer_table(
    client: SyncClient, table: pa.Table, asked: ProcessArticleRequest, *, window: int = 64, timeout: float | None = None
) -> pa.Table:
    """A row out for each row in, in order of completion: what a worker of Ray Data, Spark or Dask does with its share.

    Args:
        client: to call with; one stream of ProcessBatch for each call of this function.
        table: rows with unique ids.
        asked: what is asked of rows that do not say it themselves.
        window: unanswered rows at most.
        timeout: seconds for the table; None: no limit.

    Raises:
        ValueError: columns are missing or of a wrong type.
        TriwireError: the stream failed, retries included. A failed row raises nothing: its columns tell.
    """
    if problems := column_problems(table.schema):
        raise ValueError("; ".join(problems))
    known = table.select([name for name in COLUMNS if name in table.column_names])
    items = RowItems(to_rows(known), asked)
    results = [items.named(result) for result in client.process_batch(items, window=window, timeout=timeout)]
    answers = (to_answer(result) for result in (*results, *items.refused()))
    return pa.Table.from_batches([to_batch(answers, output_schema(table.schema.field("id").type))])


def _values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return b""


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list_of_text(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind)
    return bool(is_list) and _is_text(kind.value_type)
