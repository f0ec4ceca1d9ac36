"""A batch in Parquet: the streams that answer its parts. Needs the extra `parquet`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from triwire.v1.article_service_pb2 import ProcessArticleRequest
from triwire_client import batch_files
from triwire_client.article_rows import RowItems
from triwire_client.batch import BatchResult
from triwire_client.batch_progress import BatchProgress
from triwire_client.client import Client
from triwire_client.inputs import InputError
from triwire_client.parquet_files import ParquetInput, Part, PartsFolder
from triwire_client.session import say


class ParquetBatch:
    """Articles of a file or folder, and the folder of their answers.

    Args:
        source: see `ParquetInput`.
        answers: folder.
        asked: what is asked of rows that do not say it themselves.
        part_rows: rows that a part answers.

    Raises:
        InputError: with a line for each problem of the input's columns and ids; nothing is sent then.
    """

    def __init__(self, source: str, answers: Path, asked: ProcessArticleRequest, part_rows: int) -> None:
        if Path(source).resolve() == answers.resolve():
            raise InputError(f"{answers}: is the input; give another folder")
        self._source = ParquetInput(source)
        self.total: int | None = self._source.num_rows
        self._asked = asked
        self._source.check(asked)
        if self._source.other_columns:
            say(f"{source}: columns that are not read: {', '.join(sorted(self._source.other_columns))}")
        self._folder = PartsFolder(answers, self._source.schema)
        self._folder.check_numbers(-(-self._source.num_rows // part_rows))
        self._parts = self._source.parts(part_rows)

    async def answer(
        self, client: Client, progress: BatchProgress, window: int, seconds_left: Callable[[], float | None]
    ) -> None:
        """Answer parts that no other stream answers until there are none; called once for each stream."""
        for part in self._parts:
            done = self._folder.resume(part)
            progress.skip(len(done))
            if not self._folder.is_finished(part):
                await self._answer_part(part, done, client, progress, window, seconds_left())
                await asyncio.to_thread(self._folder.finish, part)

    def close(self) -> None:
        """Close the files."""
        self._parts.close()

    async def _answer_part(
        self,
        part: Part,
        done: set[str],
        client: Client,
        progress: BatchProgress,
        window: int,
        timeout: float | None,
    ) -> None:
        items = RowItems(part.rows(done), self._asked)
        with self._folder.journal(part).open("ab") as journal:

            def note(result: BatchResult) -> None:
                journal.write(batch_files.write_answer(batch_files.to_answer(result)))
                journal.flush()
                progress.note(result)

            async for result in client.process_batch(items, window=window, timeout=timeout):
                note(items.named(result))
                for refused in items.refused():
                    note(refused)
            for refused in items.refused():
                note(refused)
