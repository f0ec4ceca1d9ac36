"""What a server says once it serves: what, where, for whom, what to try next. Lines of a log, or a page for people."""

import itertools
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from rich.console import Console
from rich.text import Text

from triwire_server import __version__
from triwire_server.exposure import takes_anyone, takes_plaintext
from triwire_server.listeners import on_this_machine, security_of
from triwire_server.loading import SAMPLE_TEXT
from triwire_server.profiles.model_card import ModelCard
from triwire_server.profiles.profile import ModelSpec, Profile
from triwire_server.profiles.remote_source import OpenAISource
from triwire_server.segment import Task
from triwire_server.settings import Settings
from triwire_server.tls import certificate_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A server that serves now."""

    settings: Settings
    profile: Profile
    device: str
    """Of local models; "none" without any."""

    port: int
    health_port: int
    metrics_port: int
    glossaries: str
    shared_cache: str
    seconds: float
    """That loading took."""

    @property
    def address(self) -> str:
        """Where gRPC is served."""
        return f"{self.settings.host}:{self.port}"

    @property
    def health(self) -> str:
        """Where health alone is served."""
        return f"{self.settings.health_host}:{self.health_port}"

    @property
    def metrics(self) -> str:
        """Address of the Prometheus endpoint."""
        return f"http://{self.settings.metrics_host}:{self.metrics_port}/metrics"


def log_start(start: Start) -> None:
    """Log it: one event for the server and one for each model."""
    log = structlog.get_logger("triwire")
    log.info(
        "serving",
        address=start.address,
        security=security_of(start.settings),
        health=start.health,
        metrics=start.metrics,
        glossaries=start.glossaries,
        traces=start.settings.otlp_endpoint or "off",
        shared_cache=start.shared_cache,
        profile=start.profile.name,
        device=start.device,
        seconds=round(start.seconds, 1),
    )
    for spec in start.profile.models:
        log.info(
            "model",
            model=spec.full_name,
            tasks=[str(task) for task in spec.tasks],
            dtype=_runs_as(spec, start.device),
            license=spec.license,
            noncommercial=spec.noncommercial,
        )


def show_start(start: Start, console: Console) -> None:
    """Show it on a terminal. No frame stands around it, so that lines can be copied."""

    def say(*parts: str | tuple[str, str], indent: int = 2) -> None:
        console.print(Text.assemble(" " * indent, *parts), soft_wrap=True, highlight=False)

    say(("\ntriwire ", "bold"), (__version__, "bold"), f" serves the profile {start.profile.name}", indent=0)
    say(f"Ready after {start.seconds:.1f} s. Ctrl-C drains it and ends it.\n", indent=0)
    for name, text in _facts(start):
        say((f"{name:15}", "bold"), text)
    for warning in _warnings(start):
        say((f"\n  WARNING: {warning}", "bold red"), indent=0)
    console.print("\n[bold]Try next[/bold]", highlight=False)
    for command in commands(start):
        say((command, "cyan"))
    console.print()


def _facts(start: Start) -> Iterator[tuple[str, str]]:
    """Names, which are empty where a line goes on, and what they stand for."""
    for task in Task:
        name = str(task)
        for spec in start.profile.models:
            if directions := _directions(spec.card, task):
                mark = ", NO COMMERCIAL USE" if spec.noncommercial else ""
                yield name, f"{directions}   {spec.full_name} ({spec.license}{mark}; {_runs_as(spec, start.device)})"
                name = ""
    yield "device", start.device
    yield "gRPC", f"{start.address} ({security_of(start.settings)})"
    yield "health", start.health
    yield "metrics", start.metrics
    yield "glossaries", start.glossaries
    if start.settings.shared_cache:
        yield "shared cache", start.shared_cache
    if start.settings.otlp_endpoint:
        yield "traces", start.settings.otlp_endpoint


def _directions(card: ModelCard, task: Task) -> str:
    """The directions of a task: "en, ko, ja, any to any", or each of them."""
    pairs = card.pairs(task)
    languages = [language for language in SAMPLE_TEXT if any(language in pair for pair in pairs)]
    if len(languages) > 2 and pairs >= set(itertools.permutations(languages, 2)):
        return f"{', '.join(languages)}, each into each"
    ordered = sorted(pairs, key=lambda pair: [languages.index(language) for language in pair])
    return ", ".join(source if source == target else f"{source} > {target}" for source, target in ordered)


def _runs_as(spec: ModelSpec, device: str) -> str:
    """In what a model computes, or where."""
    if isinstance(spec.source, OpenAISource):
        return f"at {spec.source.base_url}"
    if spec.source is None:
        return "no weights"
    if spec.dtype in ("auto", "int8") and device != "cpu":
        return "bfloat16"
    return "float32" if spec.dtype == "auto" else spec.dtype


def _warnings(start: Start) -> Iterator[str]:
    """What the operator has allowed and must not forget."""
    settings = start.settings
    open_to = f"{start.address} takes calls from other machines"
    if takes_plaintext(settings):
        yield f"{open_to}, unencrypted: only a mesh or a proxy beside it may stand between (allow_plaintext)"
    if takes_anyone(settings):
        yield f"{open_to}, and anyone there may make them: no tokens, no client certificates (allow_anonymous)"
    for spec in start.profile.models:
        if spec.noncommercial:
            yield f"the license of {spec.full_name} ({spec.license}) forbids commercial use (allow_noncommercial)"


def commands(start: Start) -> list[str]:
    """Commands that work against this server, from this machine; what only its operator knows is named first."""
    settings = start.settings
    host = on_this_machine(settings.host)
    words = ["triwire", "--target", f"{host}:{start.port}"]
    if settings.tls_certificate:
        # A client that trusts this certificate itself needs no authority.
        words += ["--tls-root-certificates", settings.tls_certificate]
        names = certificate_names(Path(settings.tls_certificate).read_bytes())
        if names and host.strip("[]") not in names:
            words += ["--tls-server-name", names[0]]
    if settings.tls_client_ca:
        words += ["--tls-client-certificate", "CLIENT.pem", "--tls-client-key", "CLIENT.key"]
    triwire = shlex.join(words)
    found = [f"export TRIWIRE_TOKEN=...  # of a caller in {settings.tokens}"] if settings.tokens else []
    found.append(f"{triwire} models")
    source, target = _example(start.profile)
    text = f"echo {shlex.quote(SAMPLE_TEXT[source])} | {triwire}"
    found.append(f"{text} translate - --language {source} --to {target}" if target else f"{text} summarize -")
    found.append(f"triwire-server healthcheck --target {on_this_machine(settings.health_host)}:{start.health_port}")
    return found


def _example(profile: Profile) -> tuple[str, str]:
    """Source and target of a translation, or the language of a summary and ""."""
    for task in Task:
        for source in SAMPLE_TEXT:
            for target in SAMPLE_TEXT:
                if any((source, target) in card.pairs(task) for card in profile.cards):
                    return source, target if task is Task.TRANSLATION else ""
    raise AssertionError("a profile serves something")
