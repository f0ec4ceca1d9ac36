"""Progress of what takes long: fetching, converting, checking and loading models. A bar on a terminal, else lines."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TextIO, TypeAlias

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

Report: TypeAlias = Callable[[str, int, int], None]
"""Told what is going on, how many bytes of it are done, and of how many; 0 of 0: under way, nobody knows how far."""

LINE_SECONDS = 10.0
"""Between two lines about the same thing, where no bar can be drawn."""

_SPEED_SECONDS = 1.0
"""In less than that no speed can be told."""


def no_report(what: str, done: int, total: int) -> None:
    """A report that nobody reads."""


class ProgressDisplay:
    """Shows what is reported inside a `with` block.

    Args:
        stream: where to; None: standard error.
        clock: monotonic seconds.
        stays: whether bars stay on the terminal when they are done.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic, *, stays: bool = True
    ) -> None:
        console = Console(file=stream, stderr=stream is None)
        self._display = _Bars(console, stays) if console.is_terminal else _Lines(stream, clock)

    def __enter__(self) -> Report:
        self._display.start()
        return self._display.report

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()


def amounts(done: int, total: int, moved: int, seconds: float) -> str:
    """How far something is: share, sizes, speed and the time that is left, as far as they can be told.

    Args:
        done: bytes that are done.
        total: bytes in all; 0: unknown.
        moved: how many of them since the beginning, `seconds` ago.
        seconds: since the beginning.
    """
    if not total:
        return ""
    words = [decimal(done)] if done >= total else [f"{100 * done // total} %", f"{decimal(done)} of {decimal(total)}"]
    if moved > 0 and seconds >= _SPEED_SECONDS:
        words.append(f"{decimal(int(moved / seconds))}/s")
        if done < total:
            words.append(f"{(total - done) * seconds / moved:.0f} s left")
    return ", ".join(words)


class _Amounts(ProgressColumn):
    def render(self, task: Task) -> Text:
        before = task.fields["before"]
        done, total = int(task.completed), int(task.total or 0)
        seconds = task.finished_time if task.finished_time is not None else task.elapsed
        return Text(amounts(done, total, done - before, seconds or 0.0), no_wrap=True)


class _Bars:
    """A bar for each thing; one that moves where nobody knows how far it is."""

    def __init__(self, console: Console, stays: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(20), _Amounts(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=not stays)
        self._tasks: dict[str, TaskID] = {}

    def start(self) -> None:
        self._progress.start()

    def stop(self) -> None:
        for task in self._progress.tasks:
            if task.total is None:
                self._progress.update(task.id, completed=1, total=1, visible=False)
        self._progress.stop()

    def report(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            # What an earlier pull had done already is no speed of this one.
            self._tasks[what] = self._progress.add_task(what, total=total or None, completed=done, before=done)
        elif total:
            self._progress.update(self._tasks[what], completed=done, total=total)


@dataclass
class _Thing:
    """What lines are written about."""

    began: float
    done_before: int
    said: float
    is_done: bool = False


class _Lines:
    """A line at the start, one every ten seconds, and one at the end."""

    def __init__(self, stream: TextIO | None, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._things: dict[str, _Thing] = {}

    def start(self) -> None:
        """Nothing is shown yet."""

    def stop(self) -> None:
        """Nothing has to be put back."""

    def report(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        thing = self._things.get(what)
        is_done = total > 0 and done >= total
        if thing is None:
            thing = self._things[what] = _Thing(now, done, now)
        elif thing.is_done or not (is_done or now - thing.said >= LINE_SECONDS):
            return
        thing.said, thing.is_done = now, is_done
        how_far = amounts(done, total, done - thing.done_before, now - thing.began)
        took = f", took {now - thing.began:.0f} s" if is_done and now > thing.began else ""
        stream = self._stream or sys.stderr
        stream.write(f"{what}: {how_far}{took}\n")
        stream.flush()
