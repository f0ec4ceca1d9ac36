"""A real server in the test's own process, on free ports of the loopback address."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from triwire_server.app import App
from triwire_server.settings import Settings
from triwire_server.start_message import log_start


@asynccontextmanager
async def running_server(profile: str | Path, **settings: object) -> AsyncIterator[App]:
    """Start, load, and drain at the end.

    Args:
        profile: name of a shipped profile or path of a TOML file.
        settings: what differs from the defaults.
    """
    with TemporaryDirectory() as folder:
        async with _running(profile, {"glossaries": f"sqlite:///{folder}/glossaries.sqlite3", **settings}) as app:
            yield app


def make_app(profile: str | Path, on_failure: Callable[[], None] = lambda: None, /, **settings: object) -> App:
    """A server that was not started, on free ports and without a wait before it drains.

    Args:
        profile: name of a shipped profile or path of a TOML file.
        on_failure: see `App`.
        settings: what differs from the defaults.
    """
    values: dict[str, object] = {
        "profile": str(profile),
        "port": 0,
        "health_port": 0,
        "metrics_port": 0,
        "device": "cpu",
        "shutdown_wait_seconds": 0.0,
        **settings,
    }
    return App(Settings.model_validate(values), on_failure)


@asynccontextmanager
async def _running(profile: str | Path, settings: dict[str, object]) -> AsyncIterator[App]:
    app = make_app(profile, **{"shutdown_grace_seconds": 5.0, **settings})
    await app.start()
    try:
        log_start(await app.load())  # as the command does
        yield app
    finally:
        await asyncio.wait_for(app.stop(), 30)


def target(app: App) -> str:
    """Where a client finds a running server."""
    return f"127.0.0.1:{app.port}"
