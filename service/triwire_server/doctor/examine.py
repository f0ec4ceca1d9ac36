"""Every check, in the order in which people read them. What a check itself does wrong is told as a problem too."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from triwire_server.doctor.checks import Check, Group, ok, problem
from triwire_server.doctor.configuration import (
    check_settings,
    check_tls,
    check_tokens,
    read_profile,
    settings_problems,
)
from triwire_server.doctor.machine import check_machine
from triwire_server.doctor.versions import check_versions
from triwire_server.progress import Report, no_report
from triwire_server.settings import Settings, SettingsError
from triwire_server.settings_sources import load_settings


def examine(
    flags: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    *,
    deep: bool = False,
    report: Report = no_report,
) -> list[Group]:
    """All that is found.

    Args:
        flags: as `load_settings` takes them.
        environment: variables by name; None: those of this process.
        deep: read all model files and compare their SHA-256.
        report: told of the progress of that.
    """
    try:
        settings = load_settings(flags, environment)
    except SettingsError as error:
        # What does not depend on them is looked at all the same.
        return [
            *_machine_groups(Settings.model_construct(), {"remote"}, needs_torch=False),
            Group("settings", settings_problems(error)),
            Group("profile, models, ports, network", [ok("skipped", "not looked at, since settings are wrong")]),
        ]
    profile, profile_checks = read_profile(settings)
    needs_torch = profile is not None and bool(profile.local_models)
    extras = {"server" if needs_torch else "remote"} | ({"otel"} if settings.otlp_endpoint else set())
    groups = _machine_groups(settings, extras, needs_torch=needs_torch)
    configuration = [*_made(lambda: check_settings(settings)), *profile_checks]
    configuration += [*_made(lambda: check_tls(settings)), *_made(lambda: check_tokens(settings))]
    groups.append(Group("settings", configuration))
    if profile is not None:
        groups.append(Group("models", _made(lambda: _models(profile, settings, deep, report))))
    from triwire_server.doctor.ports import check_ports

    groups.append(Group("ports", _made(lambda: check_ports(settings))))
    groups.append(Group("network", _made(lambda: asyncio.run(_network(settings, profile)))))
    return groups


def _machine_groups(settings: Settings, extras: set[str], *, needs_torch: bool) -> list[Group]:
    return [
        Group("machine", _made(lambda: check_machine(settings, needs_torch=needs_torch))),
        Group("versions", _made(lambda: check_versions(extras))),
    ]


def _models(profile: Any, settings: Settings, deep: bool, report: Report) -> Iterable[Check]:
    from triwire_server.doctor.models import check_models

    return check_models(profile, settings, deep=deep, report=report)


async def _network(settings: Settings, profile: Any) -> list[Check]:
    from triwire_server.doctor.network import check_network

    return await check_network(settings, profile)


def _made(checks: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks that there are until one of them raises, and then that."""
    found: list[Check] = []
    try:
        for check in checks():
            found.append(check)
    except Exception as error:
        detail = f"a check ended with {type(error).__name__}: {error}".splitlines()[0]
        remedy = "this is a fault of doctor's, or a package is missing or broken: report it with this line"
        found.append(problem("doctor", detail, remedy))
    return found
