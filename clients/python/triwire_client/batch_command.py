"""The command `triwire batch`: items in, answers out, in lines of JSON or in Parquet."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Protocol

import typer

from triwire_client.article_rows import asked_of_all
from triwire_client.batch_progress import BatchProgress
from triwire_client.client import Client
from triwire_client.content import CleaningName
from triwire_client.failures import PARTIAL
from triwire_client.inputs import InputError, source_name
from triwire_client.line_batch import LineBatch
from triwire_client.session import CallFailed, Session, say


class Batch(Protocol):
    """Items and the place of their answers."""

    total: int | None
    """Items that there are; None: unknown."""

    async def answer(
        self, client: Client, progress: BatchProgress, window: int, seconds_left: Callable[[], float | None]
    ) -> None:
        """Answer items that no other stream answers until there are none; called once for each stream."""

    def close(self) -> None:
        """Close the files."""


def batch(
    context: typer.Context,
    items: Annotated[
        str, typer.Argument(metavar="IN", help="IN.jsonl, IN.parquet, a folder of Parquet files, or - for lines.")
    ],
    answers: Annotated[Path, typer.Argument(metavar="OUT", help="OUT.jsonl; for Parquet a folder, a file for a part.")],
    window: Annotated[int, typer.Option(min=1, help="Items that may be under way at once in a stream.")] = 64,
    streams: Annotated[int, typer.Option(min=1, help="Streams at once; two for each replica.")] = 2,
    to: Annotated[list[str] | None, typer.Option(help="Parquet: language of a translation. May be repeated.")] = None,
    summary: Annotated[
        list[str] | None, typer.Option(help="Parquet: headline, bullets, paragraph, or bullets:ko. May be repeated.")
    ] = None,
    cleaning: Annotated[
        CleaningName | None, typer.Option(help="Parquet: page looks for boilerplate, none takes everything.")
    ] = None,
    request: Annotated[
        str, typer.Option(metavar="FILE", help="Parquet: the rest, a ProcessArticleRequest as protobuf JSON.")
    ] = "",
    part_rows: Annotated[int, typer.Option(min=1, help="Parquet: rows for each file of OUT.")] = 10_000,
) -> int:
    """Work through a file of items; run it again to go on and to retry what failed.

    A line of IN.jsonl is a ProcessBatchRequest as protobuf JSON:
    {"item_id": "a1", "translate": {"content": {"text": "..."}, "target_language": "ko"}}.
    A row of IN.parquet is an article: id, and text, html or article. --timeout is for the whole batch.
    """
    session: Session = context.obj
    chosen = {"--to": to, "--summary": summary, "--cleaning": cleaning, "--request": request}
    if "://" in items or Path(items).is_dir() or Path(items).suffix == ".parquet":
        asked = asked_of_all(to or (), summary or (), cleaning, request)
        if find_spec("pyarrow") is None:
            raise InputError(f"{items}: Parquet needs pyarrow: pip install 'triwire[parquet]'")
        from triwire_client.parquet_batch import ParquetBatch

        work: Batch = ParquetBatch(items, answers, asked, part_rows)
    elif given := [name for name, value in chosen.items() if value]:
        raise InputError(f"{', '.join(given)}: for Parquet; each line of {source_name(items)} says itself what it asks")
    else:
        work = LineBatch(items, answers)
    return _run(session, work, answers, window, streams)


def _run(session: Session, work: Batch, answers: Path, window: int, streams: int) -> int:
    progress = BatchProgress(session.err, work.total)
    end = None if session.timeout is None else time.monotonic() + session.timeout

    def seconds_left() -> float | None:
        return None if end is None else end - time.monotonic()

    async def call(client: Client) -> int:
        with closing(work), progress:
            await _in_parallel(streams, lambda: work.answer(client, progress, window, seconds_left))
        return PARTIAL if progress.totals.failed else 0

    totals = progress.totals
    try:
        code = session.run(call)
    except CallFailed as failed:
        failed.line += f"; {totals.answered:,} items were answered before, the same command goes on from there"
        raise
    except OSError as error:
        raise InputError(f"{error.filename or answers}: {error.strerror or error}") from error
    if session.as_json:
        sys.stdout.write(json.dumps(totals.as_json(progress.seconds)) + "\n")
    else:
        remedy = f"; {answers} has the reasons, and the same command tries them again" if totals.failed else ""
        say(progress.summary() + remedy)
    return code


async def _in_parallel(count: int, work: Callable[[], Awaitable[None]]) -> None:
    """Do the same several times at once.

    Raises:
        Exception: the first failure, of which the others end.
    """
    tasks = [asyncio.ensure_future(work()) for _ in range(count)]  # no TaskGroup: Python 3.10 has none
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
