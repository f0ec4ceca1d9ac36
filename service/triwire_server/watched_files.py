"""Files that may change while the server runs: certificates that are renewed, tokens that come and go."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from triwire_server.telemetry.metrics import Metrics

_Value = TypeVar("_Value")


class FilesUnusable(Exception):
    """Files do not hold what they should. `problems` has a sentence for each fault, with setting or place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def read_files(paths: Mapping[str, Path]) -> dict[str, bytes]:
    """The contents of files by setting.

    Raises:
        FilesUnusable: some cannot be read; a problem for each.
    """
    contents, problems = {}, []
    for setting, path in paths.items():
        try:
            contents[setting] = path.read_bytes()
        except OSError as error:
            problems.append(f"{setting}: {path} cannot be read: {error.strerror}")
    if problems:
        raise FilesUnusable(problems)
    return contents


class WatchedFiles(Generic[_Value]):
    """What a few small files hold, read again when their contents change. The last good state stays in use.

    Contents are compared, not times: a volume of Kubernetes swaps a link, and what a copy says of time varies.
    `refresh` may be called from any thread.

    Args:
        name: of the setting, as the log and the metrics have it.
        paths: the files by setting.
        parse: makes the value of the files' contents by setting; raises FilesUnusable.
        metrics: where reloads are counted.
        on_change: told of the first value and of each that takes its place.

    Raises:
        FilesUnusable: a file cannot be read, or does not hold what it should.
    """

    def __init__(
        self,
        name: str,
        paths: Mapping[str, Path],
        parse: Callable[[Mapping[str, bytes]], _Value],
        metrics: Metrics,
        on_change: Callable[[_Value], None] = lambda value: None,
    ) -> None:
        self._name = name
        self._paths = dict(paths)
        self._parse = parse
        self._metrics = metrics
        self._on_change = on_change
        self._log = structlog.get_logger("triwire")
        self._lock = threading.Lock()
        self._problem = ""
        self._contents = read_files(self._paths)
        self._value = parse(self._contents)
        metrics.reload_failing.labels(name).set(0)
        on_change(self._value)

    @property
    def current(self) -> _Value:
        """What the files held when they could last be used."""
        return self._value

    def refresh(self) -> None:
        """Take up what changed, or keep what there is and say why. Never raises."""
        with self._lock:
            try:
                contents = read_files(self._paths)
                value = self._value if contents == self._contents else self._parse(contents)
            except FilesUnusable as error:
                self._keep(str(error))
                return
            if value is not self._value:
                self._contents, self._value = contents, value
                self._metrics.reloads.labels(self._name, "success").inc()
                self._log.info("reloaded", file=self._name)
                self._on_change(value)
            self._problem = ""
            self._metrics.reload_failing.labels(self._name).set(0)

    def _keep(self, problem: str) -> None:
        if problem == self._problem:
            return  # said and counted already
        self._problem = problem
        self._metrics.reloads.labels(self._name, "failure").inc()
        self._metrics.reload_failing.labels(self._name).set(1)
        self._log.error("reload_failed", file=self._name, problem=problem, remedy="what was read before stays in use")
