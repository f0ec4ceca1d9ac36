"""A batch in lines of JSON: the streams that answer them."""

import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path

from triwire.v1.article_service_pb2 import ProcessBatchRequest
from triwire_client import batch_files
from triwire_client.batch import BatchResult
from triwire_client.batch_progress import BatchProgress
from triwire_client.client import Client
from triwire_client.inputs import InputError


class LineBatch:
    """Items of a file or of standard input, and the file of their answers.

    Args:
        items: path, or "-" for standard input.
        answers: file, to which lines are added as answers come.

    Raises:
        InputError: a file cannot be read, or is not what it should be.
    """

    def __init__(self, items: str, answers: Path) -> None:
        if items != "-" and answers.exists() and Path(items).exists() and os.path.samefile(items, answers):
            raise InputError(f"{answers}: is the input; give another output file")
        self._items = items
        self.total = None if items == "-" else batch_files.count_items(Path(items))
        self._done = batch_files.resume(answers)
        self._unfinished: Generator[ProcessBatchRequest, None, None] | None = None
        try:
            self._out = answers.open("ab")
        except OSError as error:
            raise InputError(f"{answers}: cannot be written: {error.strerror or error}") from error

    async def answer(
        self, client: Client, progress: BatchProgress, window: int, seconds_left: Callable[[], float | None]
    ) -> None:
        """Answer items that no other stream answers until there are none; called once for each stream."""
        if self._unfinished is None:
            self._unfinished = self._read(progress)
        async for result in client.process_batch(self._unfinished, window=window, timeout=seconds_left()):
            self._note(result, progress)

    def close(self) -> None:
        """Close the files."""
        self._out.close()
        if self._unfinished is not None:
            self._unfinished.close()

    def _note(self, result: BatchResult, progress: BatchProgress) -> None:
        self._out.write(batch_files.write_answer(batch_files.to_answer(result)))
        self._out.flush()
        progress.note(result)

    def _read(self, progress: BatchProgress) -> Generator[ProcessBatchRequest, None, None]:
        """Items that have to be answered; lines that are none are answered here."""
        lines = sys.stdin.buffer if self._items == "-" else Path(self._items).open("rb")  # noqa: SIM115 - closed below
        with lines:
            for item in batch_files.read_items(lines, self._done):
                if item is None:
                    progress.skip()
                elif isinstance(item, batch_files.BadLine):
                    self._note(item.result, progress)
                else:
                    yield item
