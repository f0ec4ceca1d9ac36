"""`triwire-server doctor`: the command around `triwire_server.doctor`."""

from contextlib import nullcontext
from typing import Annotated

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
    given_flags,
)


def doctor(
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
    deep: Annotated[bool, typer.Option("--deep", help="Read all model files and compare their SHA-256.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is wrong: with this machine, versions, settings, models, files, ports and what else a server would use.

    Takes the flags, variables and files that `serve` would take. Exit code 1 if there is a problem.
    """
    from triwire_server.doctor.checks import Outcome, count, describe, to_json
    from triwire_server.doctor.examine import examine
    from triwire_server.progress import ProgressDisplay, no_report
    from triwire_server.telemetry.logs import configure_logs

    # What the server's code would log is told as a check; here it would stand in the way.
    configure_logs("console", "critical")
    with ProgressDisplay() if deep else nullcontext(no_report) as report:
        groups = examine(given_flags(context), deep=deep, report=report)
    colours = {Outcome.OK: None, Outcome.WARNING: "yellow", Outcome.PROBLEM: "red"}
    if as_json:
        typer.echo(to_json(groups))
    else:
        for line, outcome in describe(groups):
            typer.secho(line, fg=colours[outcome] if outcome else None, bold=line[:1].isalpha())
    raise typer.Exit(1 if count(groups, Outcome.PROBLEM) else 0)
