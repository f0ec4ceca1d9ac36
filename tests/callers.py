"""A file of callers for tests, whose tokens are "<name>-token"."""

import hashlib
from collections.abc import Sequence
from pathlib import Path


def caller_entry(name: str, rights: Sequence[str] = ("articles",), **fields: str | float) -> str:
    """An entry of the file; `fields` as TOML has them."""
    digest = hashlib.sha256(token_of(name).encode()).hexdigest()
    lines = [f'name = "{name}"', f'token_sha256 = "{digest}"', f"rights = {list(rights)}"]
    lines += [f"{key} = {value!r}" for key, value in fields.items()]
    return "\n".join(["[[callers]]", *lines, ""])


def write_callers(path: Path, *entries: str) -> str:
    """Write the file; gives its path for the setting `tokens`."""
    path.write_text("\n".join(entries), encoding="utf-8")
    return str(path)


def token_of(name: str) -> str:
    """The token of a caller."""
    return f"{name}-token"


def bearer(name: str) -> tuple[tuple[str, str], ...]:
    """The metadata that a caller sends."""
    return (("authorization", f"Bearer {token_of(name)}"),)
