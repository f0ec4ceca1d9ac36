"""Parquet files of articles for the tests, and what stands in a folder of answers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TEXT = "The ferry to Westmere left at {hour}:05 with {number} people. The harbour council counted them on Monday."


def articles(count: int) -> pa.Table:
    """Articles that the profile "extractive" answers at once: id, text, and a language that need not be detected."""
    texts = [TEXT.format(hour=number % 12, number=number) for number in range(count)]
    return pa.table({"id": [f"story/{number}" for number in range(count)], "text": texts, "language": ["en"] * count})


def write(path: Path, table: pa.Table, **options: Any) -> Path:
    pq.write_table(table, path, **options)
    return path


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of all parts."""
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def ids_of(folder: Path) -> Counter[str]:
    return Counter(row["id"] for row in rows_of(folder))


def once(ids: Sequence[str]) -> Counter[str]:
    return Counter(dict.fromkeys(ids, 1))
