"""The `triwire-server` command."""

import asyncio
import gc
import logging
import os
import signal
import time
from contextlib import nullcontext
from typing import Annotated, Any, NoReturn

import structlog
import typer

from triwire_server import __version__
from triwire_server.command_flags import (
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
)
from triwire_server.doctor_command import doctor
from triwire_server.settings import Settings, SettingsError, load_settings, reference
from triwire_server.token_commands import tokens_app

# A thread that waits for its next part of a product looks for it for some microseconds and then sleeps: by default it
# would keep its processor busy for milliseconds. Read when torch is loaded, by the OpenMP library that it brings.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# oneDNN keeps the code that it makes for each shape of a product, and torch keeps what it asked for: each by default
# 1,024 times about 0.4 MiB, which would come on top of all memory that is counted. Read at the first product.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")
os.environ.setdefault("LRU_CACHE_CAPACITY", "256")

USAGE_ERROR = 2
"""Exit code for settings, a profile or a model that cannot be used."""

_SAME_SIGNAL_SECONDS = 1.0
_HURRY_SECONDS = 3.0
"""For callers to be told, once a second signal asked for the end; then the process ends whatever still runs."""

app = typer.Typer(
    help="Serves triwire, and keeps the models that it needs.", no_args_is_help=True, add_completion=False
)
models_app = typer.Typer(help="Fetch, list and check the models of a profile.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(tokens_app, name="tokens")
app.command()(doctor)


def main() -> None:
    """Entry point of the command."""
    app()


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Serves triwire, and keeps the models that it needs."""
    if show:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def serve(
    profile: ProfileFlag = None,
    config: ConfigFlag = None,
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
    flags = {
        "config_file": config,
        "profile": profile,
        "host": host,
        "port": port,
        "health_host": health_host,
        "health_port": health_port,
        "metrics_host": metrics_host,
        "metrics_port": metrics_port,
        "cache_dir": cache_dir,
        "glossaries": glossaries,
        "device": device,
        "log_format": log_format,
        "log_level": log_level,
    }
    hint = f"more about it: {as_command('doctor', flags)}"
    settings = _settings(flags, hint)
    exit_code = asyncio.run(_serve(settings, hint))
    if exit_code:
        _exit_now(exit_code)


@app.command(name="settings")
def list_settings() -> None:
    """Print every setting with its variable, its default and what it does, as a Markdown table."""
    typer.echo(reference())


@models_app.command()
def pull(profile: ProfileFlag = None, config: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """Fetch and convert the models of a profile; what is there already is kept."""
    settings = _settings({"config_file": config, "profile": profile, "cache_dir": cache_dir})
    from triwire_server import model_store
    from triwire_server.progress import ProgressDisplay

    with _Refusals(), ProgressDisplay() as report:
        profile_read = _profile(settings)
        states = model_store.pull(profile_read, settings.cache_dir, report)
    for line in (*states, *_remote_lines(profile_read)):
        typer.echo(str(line))


@models_app.command(name="list")
def list_command(profile: ProfileFlag = None, config: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """List the models of a profile, and whether their files are here."""
    settings = _settings({"config_file": config, "profile": profile, "cache_dir": cache_dir})
    from triwire_server import model_store

    with _Refusals():
        profile_read = _profile(settings)
        for line in (*model_store.status(profile_read, settings.cache_dir), *_remote_lines(profile_read)):
            typer.echo(str(line))


@models_app.command()
def verify(profile: ProfileFlag = None, config: ConfigFlag = None, cache_dir: CacheFlag = None) -> None:
    """Read every file of a profile's models again and compare its SHA-256."""
    settings = _settings({"config_file": config, "profile": profile, "cache_dir": cache_dir})
    from triwire_server import model_store
    from triwire_server.progress import ProgressDisplay

    with _Refusals(), ProgressDisplay() as report:
        statuses = model_store.verify(_profile(settings), settings.cache_dir, report)
    for status in statuses:
        typer.echo(str(status))
    if not all(status.is_ready for status in statuses):
        raise typer.Exit(1)


@app.command()
def check(
    source: Annotated[str, typer.Argument(help='UTF-8 file, a passage a line; "-" is standard input.')],
    target: Annotated[str, typer.Argument(help="Its translation, line by line.")],
    source_language: Annotated[str, typer.Option(help="en, ko or ja.")],
    target_language: Annotated[str, typer.Option(help="en, ko or ja.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each line with findings.")] = False,
) -> None:
    """Say what is doubtful in a translation; exit code 1 if somebody has to look before it is published."""
    from triwire_server import check_files

    findings = []
    num_lines = 0
    try:
        for line in check_files.check_files(source, target, source_language, target_language):
            num_lines += 1
            findings += line.findings
            if line.findings:
                for shown in [check_files.to_json(line)] if as_json else check_files.describe(line):
                    typer.echo(shown)
    except check_files.CheckError as error:
        typer.echo(f"triwire-server: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    if not as_json:
        typer.echo(check_files.count(findings, num_lines))
    raise typer.Exit(1 if check_files.has_critical(findings) else 0)


@app.command()
def healthcheck(
    target: Annotated[
        str | None, typer.Option(help="Plaintext port to ask; by default the health port of the settings.")
    ] = None,
    config: ConfigFlag = None,
    service: Annotated[str, typer.Option(help="Service to ask for; empty: the whole server.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 3.0,
) -> None:
    """Ask the health service; exit code 0 means SERVING, 1 anything else."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    target = target or _health_target(_settings({"config_file": config}))
    with grpc.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            typer.echo(f"{target}: {error.code().name}", err=True)
            raise typer.Exit(1) from None
    name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    typer.echo(name)
    raise typer.Exit(0 if name == "SERVING" else 1)


def _health_target(settings: Settings) -> str:
    from triwire_server.listeners import health_target

    if settings.health_port == 0:
        typer.echo("triwire-server: health_port is 0, a free port that only the log names; give --target", err=True)
        raise typer.Exit(USAGE_ERROR)
    return health_target(settings)


async def _serve(settings: Settings, hint: str) -> int:
    from rich.console import Console

    from triwire_server.app import App
    from triwire_server.logs import configure_logs
    from triwire_server.progress import ProgressDisplay, no_report
    from triwire_server.start_message import log_start, show_start

    configure_logs(settings.log_format, settings.log_level)
    console = Console(stderr=True)
    is_for_people = settings.log_format == "console" and console.is_terminal
    ended = asyncio.Event()
    exit_code = 0

    def fail() -> None:
        nonlocal exit_code
        exit_code = 1
        ended.set()

    signals = _Signals(ended)
    with _Refusals(hint):
        server = App(settings, on_failure=fail)
        await server.start()
        stopping = asyncio.ensure_future(ended.wait())
        with ProgressDisplay(stays=False) if is_for_people else nullcontext(no_report) as report:
            loading = asyncio.ensure_future(server.load(report))
            await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        if loading.done() and loading.exception() is not None:
            await server.stop()
            loading.result()
        if loading.done() and is_for_people:
            show_start(loading.result(), console)
        elif loading.done():
            log_start(loading.result())
        # What was made so far stays to the end. Looking through it would hold up all calls for a fifth of a second, at
        # every full collection.
        gc.collect()
        gc.freeze()
        # Or the next full one would wait for a quarter as many new objects as were frozen, and take as long.
        gc.collect()
        await stopping
        loading.cancel()
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
    return exit_code


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


def _settings(flags: dict[str, Any], hint: str = "") -> Settings:
    try:
        return load_settings(flags)
    except SettingsError as error:
        _say(error, hint)
        raise typer.Exit(USAGE_ERROR) from None


def _profile(settings: Settings) -> Any:
    from triwire_server.profile import load_profile

    return load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial)


def _remote_lines(profile: Any) -> list[str]:
    """A line for each model that another server runs."""
    return [f"{spec.full_name}: nothing to fetch, runs at {spec.source.base_url}" for spec in profile.remote_models]


class _Refusals:
    """Turns what the operator can mend into one readable message and exit code 2.

    Args:
        hint: a line after it; "" for none.
    """

    def __init__(self, hint: str = "") -> None:
        self._hint = hint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        from triwire_server.model_errors import ModelUnusable
        from triwire_server.profile import ProfileError

        if isinstance(error, ProfileError | ModelUnusable | SettingsError | OSError) or (
            isinstance(error, RuntimeError) and "bind" in str(error).lower()
        ):
            _say(error, self._hint)
            raise typer.Exit(USAGE_ERROR) from None


def _say(error: BaseException, hint: str) -> None:
    typer.echo(f"triwire-server: {error}", err=True)
    if hint:
        typer.echo(hint, err=True)


if __name__ == "__main__":
    main()
