"""Every setting of the server, with its default, its limits and its unit. `settings_sources` reads their values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from triwire_server.limits import Limits

ENVIRONMENT_PREFIX = "TRIWIRE_"

_INT32_MAX = 2**31 - 1


class SettingsError(Exception):
    """Settings that the server cannot start with; the message names each with its origin and what is allowed.

    Args:
        message: all of it.
        problems: a sentence for each; none: the message is the only one.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


class Settings(BaseSettings):
    """Every setting of the server. Made by `settings_sources.load_settings`; tests make it with keywords."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    host: str = Field("127.0.0.1", min_length=1)
    """Address that the gRPC service listens on. "0.0.0.0" or "[::]" takes calls from other machines."""

    port: int = Field(50051, ge=0, le=65535)
    """Port of the gRPC service. 0 takes a free one, which the log names."""

    health_host: str = Field("127.0.0.1", min_length=1)
    """Address of the health service alone, in plaintext: what probes that know no TLS and no tokens ask."""

    health_port: int = Field(50052, ge=0, le=65535)
    """Port of the health service alone (grpc.health.v1; `port` has it too). 0 takes a free one, which the log names."""

    metrics_host: str = Field("127.0.0.1", min_length=1)
    """Address that the Prometheus endpoint listens on."""

    metrics_port: int = Field(9464, ge=0, le=65535)
    """Port of the Prometheus endpoint (HTTP, /metrics). 0 takes a free one, which the log names."""

    profile: str = Field("demo", min_length=1)
    """Models to serve: the name of a profile that ships, or the path of a TOML file."""

    cache_dir: Path = Field(default_factory=lambda: Path.home() / ".cache" / "triwire")
    """Folder that holds fetched and converted models."""

    glossaries: str = Field("", pattern=r"^(|sqlite:///.+|rediss?://.+|unix:///.+)$")
    """Where stored glossaries are kept: "sqlite:///FILE" on one machine ("sqlite:////var/lib/triwire/glossaries.sqlite3"
    for an absolute path), "redis://HOST:PORT/NUMBER" (or "rediss://" with TLS, "unix:///SOCKET") where replicas share
    them. Empty: a file glossaries.sqlite3 in `cache_dir`."""

    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    """Where models run: "cpu", "cuda", "cuda:1", or "auto" for a GPU if there is one."""

    torch_threads: int = Field(0, ge=0, le=1024)
    """Threads for computing on the CPU. 0 leaves the choice to PyTorch."""

    allow_noncommercial: bool = False
    """Serve models whose license forbids commercial use."""

    reflection: bool = False
    """Answer gRPC server reflection, so that tools can list the methods. It asks for no token."""

    tls_certificate: str = ""
    """PEM file with the server's certificate and the intermediate ones after it. Empty: plaintext. Renewed files are
    taken up without a restart."""

    tls_key: str = ""
    """PEM file with the private key of `tls_certificate`, not encrypted."""

    tls_client_ca: str = ""
    """PEM file with who may have signed the certificates of callers. Empty: callers need none."""

    tokens: str = ""
    """TOML file with the callers, the hashes of their tokens and what each may do (docs/security.md). Empty: no token
    is asked for. A changed file is taken up without a restart."""

    allow_plaintext: bool = False
    """Take calls of other machines without TLS, where a mesh or a proxy beside the server encrypts them."""

    allow_anonymous: bool = False
    """Take calls of other machines without a token and without a client's certificate."""

    log_format: Literal["json", "console"] = "console"
    """One JSON object a line for machines, or aligned text for people."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged. "debug" adds the messages of unexpected exceptions, which may quote an article."""

    otlp_endpoint: str = Field("", pattern=r"^(|https?://[^/@\s]+:\d{1,5}/?)$")
    """Collector that traces are sent to, over OTLP with gRPC: "http://HOST:4317", or "https://HOST:4317" with TLS.
    Empty: no traces. Needs the extra "otel"; its headers, certificates and names are OTEL_* variables."""

    trace_sample_ratio: float = Field(1.0, ge=0, le=1)
    """Share of the traces begun here that are recorded; whether a trace that a caller began is, the caller says."""

    max_content_bytes: int = Field(Limits().max_content_bytes, ge=1, le=_INT32_MAX)
    """Limit, in bytes, for the content of a request, markup included."""

    max_article_characters: int = Field(Limits().max_article_characters, ge=1, le=_INT32_MAX)
    """Limit, in code points, for the text of an article, boilerplate not counted."""

    max_blocks: int = Field(Limits().max_blocks, ge=1, le=_INT32_MAX)
    """Limit for the number of blocks of an article."""

    max_outputs: int = Field(Limits().max_outputs, ge=1, le=_INT32_MAX)
    """Limit for the number of translations and summaries of a request, together."""

    max_terms: int = Field(Limits().max_terms, ge=1, le=_INT32_MAX)
    """Limit for the number of terms of a request, those of its glossaries included."""

    max_items_in_flight: int = Field(Limits().max_items_in_flight, ge=1, le=_INT32_MAX)
    """Unanswered items at which a ProcessBatch stream is not read any further."""

    max_message_bytes: int = Field(4 * 1024 * 1024, ge=1024, le=_INT32_MAX)
    """Limit, in bytes, for a message that a caller sends; the contract promises 4 MiB."""

    max_metadata_bytes: int = Field(16_384, ge=1024, le=1024 * 1024)
    """Limit, in bytes, for the metadata of a call, the token included."""

    max_connections: int = Field(1000, ge=1, le=1_000_000)
    """Connections that are open at once; more are closed as they come. Each takes a file descriptor."""

    max_concurrent_streams: int = Field(1000, ge=1, le=1_000_000)
    """Calls that one connection may have under way; well-behaved clients keep further ones back."""

    max_connection_age_seconds: float = Field(300.0, ge=1, le=86_400)
    """Seconds after which a connection is renewed, calls under way finished, so that clients see new replicas."""

    max_connection_idle_seconds: float = Field(900.0, ge=1, le=86_400)
    """Seconds without a call after which a connection is closed."""

    keepalive_seconds: float = Field(60.0, ge=1, le=86_400)
    """Seconds of silence after which a caller is asked whether it is still there."""

    keepalive_answer_seconds: float = Field(20.0, ge=1, le=3600)
    """Seconds that a caller has to answer that; then its connection is dropped, and its calls with it."""

    min_ping_seconds: float = Field(10.0, ge=0.01, le=86_400)
    """Callers that ask more often than this whether the server is still there are disconnected (too_many_pings)."""

    max_queue_tokens: int = Field(200_000, ge=1)
    """Tokens of accepted work that may wait; above, calls are refused with QUEUE_FULL."""

    max_queue_seconds: float = Field(120.0, ge=0, le=86_400)
    """Seconds that the work ahead of a call may take, of its priority and more urgent ones, at the rate measured;
    above, it is refused with QUEUE_FULL. 0: any time."""

    max_batch_tokens: int = Field(512, ge=1)
    """Input tokens that a step may read of sequences that join; more means longer stalls of those that run."""

    max_batch_sequences: int = Field(32, ge=1)
    """Sequences that run on the device at once."""

    max_slot_tokens: int = Field(0, ge=0)
    """Tokens that the running sequences may come to hold; bounds the memory beside the weights. 0: as many as half of
    the memory holds that is free once the models are loaded."""

    step_timeout_seconds: float = Field(600.0, ge=0, le=86_400)
    """Seconds that a step may take, minutes on a slow CPU; then the device is lost and the server ends. 0: no limit."""

    cache_bytes: int = Field(256 * 1024 * 1024, ge=0)
    """Memory, in bytes, for finished results that are given again to equal work. 0 turns the cache off."""

    shared_cache: str = Field("", pattern=r"^(|rediss?://.+|unix:///.+)$")
    """Where replicas share finished results: "redis://HOST:PORT/NUMBER" (or "rediss://" with TLS, "unix:///SOCKET").
    Empty: each replica has its own alone."""

    shared_cache_ttl_seconds: int = Field(7 * 86_400, ge=1, le=365 * 86_400)
    """Seconds after which a shared result is forgotten. It is not renewed by being read."""

    shared_cache_timeout_seconds: float = Field(0.05, gt=0, le=5)
    """Seconds that a call to the shared cache may take; it is what a Redis that hangs can add to a segment."""

    shared_cache_secret: str = Field("", pattern=r"^(|.{32,})$")
    """Random characters, 32 at least, that all replicas have and nobody else: results that were written without them
    are not believed. Empty: whoever can write to that Redis is."""

    shutdown_wait_seconds: float = Field(5.0, ge=0, le=3600)
    """Seconds between NOT_SERVING and the end of accepting calls, in which load balancers learn of it."""

    shutdown_grace_seconds: float = Field(30.0, ge=0, le=3600)
    """Seconds that calls under way have to finish after that; then they are answered with SHUTTING_DOWN."""

    @property
    def glossary_url(self) -> str:
        """Where stored glossaries are kept, the default filled in."""
        return self.glossaries or f"sqlite:///{self.cache_dir / 'glossaries.sqlite3'}"

    @property
    def limits(self) -> Limits:
        """The limits of the contract."""
        return Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})


def describe(name: str) -> str:
    """The sentence that follows a setting in this file, for help texts and error messages."""
    return str(Settings.model_fields[name].description)


def reference() -> str:
    """Every setting with its variable, default and sentence: the table of docs/settings.md."""
    lines = ["| setting | variable | default | |", "| --- | --- | --- | --- |"]
    for name, info in Settings.model_fields.items():
        default = "a folder of the user's" if info.default_factory else _show(info.default)
        words = " ".join(describe(name).split()).replace("|", "\\|")
        lines.append(f"| `{name}` | `{ENVIRONMENT_PREFIX}{name.upper()}` | {default} | {words} |")
    return "\n".join(lines)


def _show(default: Any) -> str:
    """A default as it is written in a TOML file; nothing for an empty one."""
    if isinstance(default, bool):
        return "true" if default else "false"
    return f"{default:g}" if isinstance(default, float) else str(default)


def settings_error(problems: Sequence[str]) -> SettingsError:
    """All that is wrong with settings as one error, a line for each."""
    count = "a setting is wrong" if len(problems) == 1 else f"{len(problems)} settings are wrong"
    return SettingsError("\n".join([f"{count}:", *(f"  {problem}" for problem in problems)]), problems)
