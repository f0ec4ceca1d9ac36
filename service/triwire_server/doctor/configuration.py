"""Settings, the profile, and the files that settings name: certificates and callers."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from triwire_server.doctor.checks import Check, ok, problem, warning
from triwire_server.exposure import takes_anyone, takes_plaintext
from triwire_server.profiles.profile import Profile, ProfileError, load_profile
from triwire_server.settings import Settings, SettingsError
from triwire_server.watched_files import FilesUnusable, read_files

RENEW_DAYS = 30
"""A certificate that is valid for less needs somebody's attention."""


def settings_problems(error: SettingsError) -> list[Check]:
    """What is wrong with settings."""
    remedy = "docs/settings.md, or `triwire-server settings`, has every setting"
    return [_named("settings", text, remedy) for text in error.problems]


def check_settings(settings: Settings) -> Iterator[Check]:
    """What settings say that somebody may regret."""
    given = sorted(settings.model_fields_set)
    yield ok("settings", f"others than the defaults: {', '.join(given)}" if given else "all as by default")
    open_to = f"{settings.host} takes calls from other machines"
    if takes_plaintext(settings):
        yield warning("encryption", f"{open_to} in plaintext (allow_plaintext)", "tls_certificate and tls_key")
    if takes_anyone(settings):
        yield warning("callers", f"{open_to}, and anyone's (allow_anonymous)", "tokens or tls_client_ca")


def read_profile(settings: Settings) -> tuple[Profile | None, list[Check]]:
    """The profile, or what is wrong with it."""
    try:
        profile = load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial)
    except ProfileError as error:
        remedy = "docs/models.md explains every field"
        return None, [problem("profile", line, remedy) for line in str(error).splitlines()]
    names = ", ".join(f"{spec.full_name} ({spec.license})" for spec in profile.models)
    checks = [ok("profile", f"{profile.location}: {names}")]
    for spec in profile.models:
        if spec.noncommercial:
            detail = f"the license of {spec.full_name} ({spec.license}) forbids commercial use (allow_noncommercial)"
            checks.append(warning("license", detail, "another model, unless nobody earns with it"))
    return profile, checks


def check_tls(settings: Settings, now: datetime | None = None) -> Iterator[Check]:
    """Certificates, key, and who may sign callers."""
    if not settings.tls_certificate:
        return
    from triwire_server.tls import read_identity, tls_paths

    now = now or datetime.now(UTC)
    paths = tls_paths(settings)
    try:
        identity = read_identity(read_files(paths))
    except FilesUnusable as error:
        for text in error.problems:
            yield _named("tls", text, "docs/security.md makes these files")
        return
    for name, expiry in identity.expiry.items():
        left = expiry - now
        shown = f"{paths[name]} until {expiry:%Y-%m-%d}"
        if left <= timedelta():
            yield problem(name, f"expired on {expiry:%Y-%m-%d}: {paths[name]}", "renew it; no restart is needed")
        elif identity.start[name] > now:
            yield problem(
                name,
                f"valid from {identity.start[name]:%Y-%m-%d %H:%M} UTC on, which is still to come: {paths[name]}",
                "set the clock of this machine, or of the one that made the certificate",
            )
        elif left < timedelta(days=RENEW_DAYS):
            yield warning(name, f"{shown}, which is in {left.days} days", "renew it; no restart is needed")
        else:
            yield ok(name, shown)
    yield _check_key(paths["tls_key"])


def _check_key(path: Path) -> Check:
    if path.stat().st_mode & stat.S_IROTH:
        return warning("tls_key", f"every user of this machine can read {path}", f"chmod o-r {path}")
    return ok("tls_key", f"{path} is the certificate's")


def check_tokens(settings: Settings) -> Iterator[Check]:
    """The file of callers."""
    if not settings.tokens:
        return
    from triwire_server.api.caller_file import read_callers

    try:
        table = read_callers(read_files({"tokens": Path(settings.tokens)})["tokens"], settings.tokens)
    except FilesUnusable as error:
        for text in error.problems:
            yield _named("tokens", text, "`triwire-server tokens new` makes an entry")
        return
    number = len({caller.name for caller in table.by_digest.values()})
    yield ok("tokens", f"{settings.tokens}: {number} {'caller' if number == 1 else 'callers'}")


def _named(otherwise: str, text: str, remedy: str) -> Check:
    """A problem whose text begins with the name of what it is about, or one that is called otherwise."""
    name, _, detail = text.partition(": ")
    return problem(name, detail, remedy) if detail and " " not in name else problem(otherwise, text, remedy)
