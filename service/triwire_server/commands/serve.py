"""`triwire-server serve`: serves until a signal comes, then drains."""

import asyncio
import gc
import logging
import os
import signal
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, NoReturn

import structlog
import typer

from triwire_server.commands.flags import (
    CacheFlag,
    ConfigFlag,
    DeviceFlag,
    GlossariesFlag,
    HealthHostFlag,
    HealthPortFlag,
    HostFlag,
    LogFormatFlag,
    LogLevelFlag,
    MetricsHostFlag,
    MetricsPortFlag,
    PortFlag,
    ProfileFlag,
    as_command,
    given_flags,
)
from triwire_server.commands.refusals import Refusals, read_settings
from triwire_server.settings import Settings

if TYPE_CHECKING:
    from triwire_server.app import App
    from triwire_server.start_message import Start

_SAME_SIGNAL_SECONDS = 1.0
_HURRY_SECONDS = 3.0
"""For callers to be told, once a second signal asked for the end; then the process ends whatever still runs."""


def serve(
    context: typer.Context,
    profile: ProfileFlag = None,
    config_file: ConfigFlag = None,
    host: HostFlag = None,
    port: PortFlag = None,
    health_host: HealthHostFlag = None,
    health_port: HealthPortFlag = None,
    metrics_host: MetricsHostFlag = None,
    metrics_port: MetricsPortFlag = None,
    cache_dir: CacheFlag = None,
    glossaries: GlossariesFlag = None,
    device: DeviceFlag = None,
    log_format: LogFormatFlag = None,
    log_level: LogLevelFlag = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second one ends it at once.

    Every other setting: TRIWIRE_* or --config.
    """
    flags = given_flags(context)
    hint = f"more about it: {as_command('doctor', flags)}"
    exit_code = asyncio.run(_serve(read_settings(flags, hint), hint))
    if exit_code:
        _exit_now(exit_code)


async def _serve(settings: Settings, hint: str) -> int:
    from triwire_server.app import App
    from triwire_server.telemetry.logs import configure_logs

    configure_logs(settings.log_format, settings.log_level)
    ended = asyncio.Event()
    exit_code = 0

    def fail() -> None:
        nonlocal exit_code
        exit_code = 1
        ended.set()

    signals = _Signals(ended)
    with Refusals(hint):
        server = App(settings, on_failure=fail)
        await server.start()
        loading = await _load(server, ended)
        # What was made so far stays to the end. Looking through it would hold up all calls for a fifth of a second, at
        # every full collection.
        gc.collect()
        gc.freeze()
        # Or the next full one would wait for a quarter as many new objects as were frozen, and take as long.
        gc.collect()
        await ended.wait()
        loading.cancel()
        await _drain(server, signals)
    return exit_code


async def _load(server: "App", ended: asyncio.Event) -> "asyncio.Future[Start]":
    """Load the models and say what is served; back at once, with what still loads, when the server is to end."""
    from rich.console import Console

    from triwire_server.progress import ProgressDisplay, no_report
    from triwire_server.start_message import log_start, show_start

    console = Console(stderr=True)
    is_for_people = server.settings.log_format == "console" and console.is_terminal
    with ProgressDisplay(stays=False) if is_for_people else nullcontext(no_report) as report:
        loading = asyncio.ensure_future(server.load(report))
        stopping = asyncio.ensure_future(ended.wait())
        await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
    if loading.done():
        if loading.exception() is not None:
            await server.stop()
        start = loading.result()
        if is_for_people:
            show_start(start, console)
        else:
            log_start(start)
    return loading


async def _drain(server: "App", signals: "_Signals") -> None:
    draining = asyncio.ensure_future(server.stop())
    hurried = asyncio.ensure_future(signals.second.wait())
    await asyncio.wait((draining, hurried), return_when=asyncio.FIRST_COMPLETED)
    if signals.second.is_set():
        structlog.get_logger("triwire").warning("stopping_now", signal=signals.name)
        server.hurry()
        await asyncio.wait((draining,), timeout=_HURRY_SECONDS)
        _exit_now(signals.exit_code)  # from here: leaving the event loop would wait for threads that compute
    hurried.cancel()
    draining.result()


def _exit_now(exit_code: int) -> NoReturn:
    # A thread that hangs in the device's driver can hold up the interpreter's own end for ever.
    logging.shutdown()
    os._exit(exit_code)


class _Signals:
    """SIGTERM and SIGINT: the first begins the drain, a second one ends it.

    A wrapper that hands a signal on which the process has had already, as Ctrl-C reaches a whole process group, makes
    it come twice at once: within `_SAME_SIGNAL_SECONDS` it is taken for one.
    """

    def __init__(self, first: asyncio.Event) -> None:
        self._first = first
        self._first_at: float | None = None
        self.second = asyncio.Event()
        self.name = ""
        self.exit_code = 0
        """For a process that was ended by the second signal, as a shell counts it: 128 and the signal's number."""

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._take, number)

    def _take(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
            self._first.set()
        elif now - self._first_at >= _SAME_SIGNAL_SECONDS:
            self.name, self.exit_code = number.name, 128 + number
            self.second.set()
