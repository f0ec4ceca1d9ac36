"""How far a batch is and how fast: a bar on a terminal, a line every minute in a log, and one at the end."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from triwire.v1.article_service_pb2 import DetectLanguageResponse, ExtractArticleResponse
from triwire_client.article_rows import findings_of
from triwire_client.batch import BatchResult

if TYPE_CHECKING:
    from typing_extensions import Self

LINE_SECONDS = 60.0
"""Between two lines of a log: a batch runs for hours."""

_RATE_SECONDS = 600.0
"""The rate, and with it the time left, is that of the last so many seconds."""


@dataclass(slots=True)
class Totals:
    """What came of the items of one run."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    findings: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def note(self, result: BatchResult) -> None:
        """Count an answer."""
        self.done += result.error is None
        self.failed += result.error is not None
        response = result.response
        if response is None or isinstance(response, DetectLanguageResponse | ExtractArticleResponse):
            return
        self.findings += len(findings_of(response))
        self.input_tokens += response.usage.input_tokens
        self.output_tokens += response.usage.output_tokens

    @property
    def answered(self) -> int:
        """Items of this run."""
        return self.done + self.failed

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens

    def as_json(self, seconds: float) -> dict[str, float]:
        """By name, with the seconds that it took."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"seconds": round(seconds, 3)}


class BatchProgress:
    """Shows how far a batch is, on standard error.

    Args:
        console: standard error.
        total: how many items there are, those of earlier runs included; None: unknown.
        clock: monotonic seconds.
    """

    def __init__(self, console: Console, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.totals = Totals()
        self._console = console
        self._total = total
        self._clock = clock
        self._begun = self._last_line = clock()
        self._samples: deque[tuple[float, int, int]] = deque([(self._begun, 0, 0)])
        self._bar = Progress(
            TextColumn("items"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]} failed"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[rate]}"),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("items", total=total, failed=0, rate="")

    def __enter__(self) -> "Self":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._begun

    def skip(self, count: int = 1) -> None:
        """Items that an earlier run has answered."""
        self.totals.skipped += count
        self._bar.update(self._task, advance=count)

    def note(self, result: BatchResult) -> None:
        """An answer came."""
        self.totals.note(result)
        now = self._clock()
        if now - self._samples[-1][0] >= 1.0:
            self._samples.append((now, self.totals.answered, self.totals.tokens))
            while now - self._samples[0][0] > _RATE_SECONDS:
                self._samples.popleft()
        self._bar.update(self._task, advance=1, failed=self.totals.failed, rate=self.rate())
        if not self._console.is_terminal and now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            total = "" if self._total is None else f" of {self._total:,}"
            count = f"{self.totals.skipped + self.totals.answered:,}{total} items"
            line = f"triwire: {count}, {self.totals.failed:,} failed; {self.rate()}"
            self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def rate(self) -> str:
        """How fast it is now, and how long it takes from here on; empty in the first second."""
        since, answered, tokens = self._samples[0]
        seconds = self._samples[-1][0] - since
        if not seconds:
            return ""
        items = (self._samples[-1][1] - answered) / seconds
        words = f"{items:,.2f} items/s, {(self._samples[-1][2] - tokens) / seconds:,.0f} tokens/s"
        if self._total is None or not items:
            return words
        left = max(0, self._total - self.totals.skipped - self.totals.answered)
        return f"{words}, {duration(left / items)} left"

    def summary(self) -> str:
        """The run in a line: items, doubts, tokens and time."""
        totals, seconds = self.totals, self.seconds
        rate = f"{totals.answered / seconds:,.2f} items/s, {totals.tokens / seconds:,.0f} tokens/s" if seconds else ""
        counts = f"{totals.done:,} done, {totals.skipped:,} skipped, {totals.failed:,} failed"
        return f"{counts}; {totals.findings:,} findings, {totals.tokens:,} tokens in {duration(seconds)} ({rate})"


def duration(seconds: float) -> str:
    """A time in words: "12.3 s", "5 min", "3 h 20 min", "41 days 3 h"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} days {hours % 24} h"
