"""The source of kind "openai": a server that runs a model and answers chat completions as OpenAI's API does."""

import re
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from triwire_server.profiles.table import Table

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_OWN_FIELDS = frozenset(
    {"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "seed", "stream", "n"}
)
"""What a request says by itself."""


class OpenAISource(Table):
    """A model behind an address: vLLM, SGLang, TGI, Ollama, llama.cpp, or a service that speaks the same API."""

    kind: Literal["openai"]
    base_url: str = Field(min_length=1, max_length=2048)
    """Address before "/chat/completions", such as "http://127.0.0.1:8000/v1". What it is does not count for the cache:
    the same model may move."""

    model: str = Field(min_length=1, max_length=256)
    """What the server calls the model."""

    api_key_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of this process that holds the key; "" sends none. Never the key itself."""

    allow_plaintext_key: bool = False
    """Send the key over http to another machine, where a mesh encrypts the way."""

    ca_certificate: Path | None = None
    """PEM file with who may have signed the server's certificate, instead of the system's. Relative paths start at the
    profile's folder."""

    max_concurrent_requests: int = Field(default=32, ge=1, le=1024)
    """Requests under way at once, of this replica. Fewer for a while after the server said that it is full."""

    connect_timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """Seconds to connect."""

    request_timeout_seconds: float = Field(default=120.0, gt=0, le=3600)
    """Seconds from a request to the end of its answer."""

    retry_seconds: float = Field(default=30.0, ge=0, le=600)
    """Seconds that a text is tried again for while the server is away or full; then its call fails."""

    extra_body: dict[str, Any] = Field(default={})
    """Further fields of every request that this server reads, such as chat_template_kwargs of vLLM."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, address: str) -> str:
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise ValueError("its host or its port cannot be read") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"\s", address):
            raise ValueError('must be "http://HOST:PORT/v1" or "https://HOST/v1"')
        if "@" in parts.netloc:
            raise ValueError("must hold no password; name the variable that holds the key in api_key_env")
        if parts.query or parts.fragment:
            raise ValueError('must end before any "?" or "#"')
        if parts.path.rstrip("/").endswith("/completions"):
            raise ValueError('must end before "/chat/completions", mostly with "/v1"')
        return address.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _is_no_setting(cls, name: str) -> str:
        if name.startswith("TRIWIRE_"):
            raise ValueError("must not begin with TRIWIRE_: such variables are settings of the server")
        return name

    @field_validator("extra_body")
    @classmethod
    def _adds_fields(cls, body: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(_OWN_FIELDS & set(body)):
            raise ValueError(f"{taken[0]} is set by the server itself")
        return body

    @model_validator(mode="after")
    def _keeps_the_key_secret(self) -> Self:
        is_plaintext = self.base_url.startswith("http:") and urlsplit(self.base_url).hostname not in _LOOPBACK
        if self.api_key_env and is_plaintext and not self.allow_plaintext_key:
            raise ValueError("base_url: http to another machine would show the key: use https, or allow_plaintext_key")
        return self


DEPLOYMENT_FIELDS = frozenset(OpenAISource.model_fields) - {"kind", "model", "extra_body"}
"""What says where the model runs and how hard it is asked, and not what it writes."""
