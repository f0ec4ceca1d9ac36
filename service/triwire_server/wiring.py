"""Makes what settings name: certificates, callers, glossaries, the shared cache, the tracer."""

from pathlib import Path
from typing import TYPE_CHECKING

from triwire_server.api.caller_file import CallerTable, read_callers
from triwire_server.glossary_store import GlossaryStore, make_store
from triwire_server.settings import Settings, SettingsError, settings_error
from triwire_server.telemetry.metrics import Metrics
from triwire_server.telemetry.tracing import Tracer
from triwire_server.tls import ServerTls
from triwire_server.watched_files import FilesUnusable, WatchedFiles

if TYPE_CHECKING:
    from triwire_server.cache.shared_cache import SharedCache


def open_files(settings: Settings, metrics: Metrics) -> tuple[ServerTls | None, WatchedFiles[CallerTable] | None]:
    """Certificates and callers, as far as settings name them.

    Raises:
        SettingsError: all that is wrong with the files.
    """
    problems: list[str] = []
    tls: ServerTls | None = None
    callers: WatchedFiles[CallerTable] | None = None
    if settings.tls_certificate:
        try:
            tls = ServerTls(settings, metrics)
        except FilesUnusable as error:
            problems += error.problems
    if settings.tokens:
        path = Path(settings.tokens)
        try:
            callers = WatchedFiles(
                "tokens", {"tokens": path}, lambda contents: read_callers(contents["tokens"], str(path)), metrics
            )
        except FilesUnusable as error:
            problems += error.problems
    if problems:
        raise settings_error(problems)
    return tls, callers


def make_glossary_store(settings: Settings) -> GlossaryStore:
    """The store that keeps glossaries.

    Raises:
        SettingsError: its address cannot be read.
    """
    try:
        return make_store(settings.glossary_url)
    except ValueError as error:
        raise SettingsError(f"glossaries: {error}") from error


def make_shared_cache(settings: Settings, metrics: Metrics) -> "SharedCache | None":
    """Where replicas share finished results, if the settings name one.

    Raises:
        SettingsError: its address cannot be read.
    """
    if not settings.shared_cache:
        return None
    # Imported here: the client of Redis imports OpenTelemetry wherever that is installed.
    from triwire_server.cache.shared_cache import SharedCache

    try:
        return SharedCache(
            settings.shared_cache,
            metrics,
            timeout_seconds=settings.shared_cache_timeout_seconds,
            ttl_seconds=settings.shared_cache_ttl_seconds,
            secret=settings.shared_cache_secret,
        )
    except ValueError as error:
        raise SettingsError(f"shared_cache: {error}") from error


def make_tracer(settings: Settings) -> Tracer:
    """The tracer that the settings ask for.

    Raises:
        SettingsError: traces are asked for, and the extra `otel` is not installed.
    """
    if not settings.otlp_endpoint:
        return Tracer()
    try:
        from triwire_server.telemetry.otel_tracing import exporting_tracer
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise SettingsError("otlp_endpoint needs OpenTelemetry: pip install triwire[otel]") from None
    return exporting_tracer(settings.otlp_endpoint, settings.trace_sample_ratio)
