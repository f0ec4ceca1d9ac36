"""`triwire-server` that also tells how many objects and tasks it holds, in two more metrics. Run as a script."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import triwire_server.app
from triwire_server.__main__ import main
from triwire_server.app import App

OBJECTS, TASKS = "watched_objects", "watched_tasks"


class Holdings(Collector):
    """Counts when it is asked, on the thread that serves the metrics."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gc.collect()
        yield GaugeMetricFamily(OBJECTS, "Objects that the garbage collector knows.", len(gc.get_objects()))
        yield GaugeMetricFamily(TASKS, "Tasks of the event loop.", len(asyncio.all_tasks(self._loop)))


class WatchedApp(App):
    """The server, with the two metrics."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.registry.register(Holdings(asyncio.get_running_loop()))


if __name__ == "__main__":
    triwire_server.app.App = WatchedApp  # type: ignore[misc]  # what the command makes
    main()
