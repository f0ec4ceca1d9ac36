"""How far the `triwire` command is, on standard error: bars on a terminal, a line now and then in a pipe."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from triwire_client.words import clean

if TYPE_CHECKING:
    from typing_extensions import Self

LINE_SECONDS = 10.0
"""Seconds between two lines where there is no terminal: enough to see that work goes on."""


class ArticleProgress:
    """Bars for the parts of one article, with the text that came last.

    Args:
        console: standard error.
        parts: names of what is awaited ("ko", "bullets").
        is_quiet: show nothing.
    """

    def __init__(self, console: Console, parts: Sequence[str], *, is_quiet: bool = False) -> None:
        self._console = console
        self._is_live = console.is_terminal and not is_quiet
        self._has_lines = not console.is_terminal and not is_quiet
        self._done = dict.fromkeys(parts, 0)
        self._total: dict[str, int | None] = dict.fromkeys(parts)
        self._last_line = time.monotonic()
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn(
                "{task.fields[latest]}",
                style="dim",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            console=console,
            transient=True,
            expand=True,
            # Standard output may be a file while standard error is the terminal.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._tasks = {part: self._bars.add_task(part, total=None, latest="") for part in parts}

    def __enter__(self) -> "Self":
        if self._is_live:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_live:
            self._bars.stop()

    def expect(self, part: str, total: int) -> None:
        """Say how many steps a part has."""
        if part in self._total:
            self._total[part] = total
            self._bars.update(self._tasks[part], total=total)

    def advance(self, part: str, latest: str = "") -> None:
        """One step of a part is done; `latest` is its text."""
        if part not in self._total:
            return
        self._done[part] += 1
        self._bars.update(self._tasks[part], advance=1, latest=" ".join(clean(latest).split()))
        if self._has_lines and time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            states = [f"{name} {done}/{self._total[name] or '?'}" for name, done in self._done.items()]
            self._console.print(f"triwire: {', '.join(states)} so far", soft_wrap=True, highlight=False, markup=False)

    def finish(self, part: str) -> None:
        """Nothing more comes of this part; its bar goes."""
        if part in self._total:
            self._bars.update(self._tasks[part], visible=False)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bars away while something is printed on the same terminal."""
        if not self._is_live:
            yield
            return
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()
