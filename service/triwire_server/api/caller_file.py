"""The file of callers: whose token has which hash, and what each caller may do.

Tokens are drawn at random with 256 bits, so that a plain SHA-256 of one cannot be turned back, however fast it is:
slow hashes are for what people choose. docs/decisions/0011-tokens-and-tls.md has the reasons.
"""

import difflib
import hashlib
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from triwire_server.callers import Caller, Right
from triwire_server.segment import Priority
from triwire_server.watched_files import FilesUnusable

TOKEN_PREFIX = "triwire_"  # noqa: S105  # what every token begins with, so that scanners of repositories find one
_TOKEN_BYTES = 32
_CALLER_HEADER = re.compile(r"\s*\[\[\s*callers\s*\]\]")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_HASH = re.compile(r"[0-9a-f]{64}")

PriorityName = Literal["interactive", "standard", "bulk"]


@dataclass(frozen=True, slots=True)
class CallerTable:
    """Callers by the SHA-256 of their tokens."""

    by_digest: Mapping[bytes, Caller]

    def find(self, token: str) -> Caller | None:
        """Whose token this is.

        A look-up may take longer where more of two hashes agrees. That tells nothing of use: who tries tokens cannot
        choose their hashes, and a hash that is known does not give the token.
        """
        return self.by_digest.get(hashlib.sha256(token.encode()).digest())


class _Entry(BaseModel):
    """One `[[callers]]` of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(pattern=_NAME)
    token_sha256: str | list[str]
    rights: list[str] = Field(min_length=1)
    highest_priority: PriorityName = "standard"
    max_queue_share: float = Field(1.0, gt=0, le=1)
    max_tokens_per_minute: int = Field(0, ge=0)
    max_concurrent_calls: int = Field(0, ge=0)

    @field_validator("token_sha256")
    @classmethod
    def _are_hashes(cls, value: str | list[str]) -> list[str]:
        hashes = [value] if isinstance(value, str) else value
        # The value itself is not repeated: somebody may have put the token here.
        if not hashes or not all(_HASH.fullmatch(text) for text in hashes):
            raise ValueError("give the 64 small hex digits that `triwire-server tokens new` prints, or a list of such")
        return hashes

    @field_validator("rights")
    @classmethod
    def _are_rights(cls, value: list[str]) -> list[str]:
        known = [str(right) for right in Right]
        for text in value:
            if text not in known:
                raise ValueError(f"there is no right {text[:40]!r}{_suggestion(text, known)}")
        return value

    def caller(self) -> Caller:
        """The caller that this describes."""
        return Caller(
            name=self.name,
            rights=frozenset(Right(text) for text in self.rights),
            highest_priority=Priority[self.highest_priority.upper()],
            max_queue_share=self.max_queue_share,
            max_tokens_per_minute=self.max_tokens_per_minute,
            max_concurrent_calls=self.max_concurrent_calls,
        )


def read_callers(content: bytes, location: str) -> CallerTable:
    """The callers of a TOML file.

    Args:
        content: of the file.
        location: of the file, for messages.

    Raises:
        FilesUnusable: names every fault with its line and entry. No message holds a hash or what stands in its place.
    """
    try:
        text = content.decode()
        tables = tomllib.loads(text)
    except UnicodeDecodeError:
        raise FilesUnusable([f"tokens: {location} is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise FilesUnusable([f"tokens: {location} is not TOML: {error}"]) from None
    entries = tables.get("callers")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise FilesUnusable([f"tokens: {location} names no caller: each is a table [[callers]]"])
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _CALLER_HEADER.match(line)]
    places = [_place(location, lines, entries, index) for index in range(len(entries))]
    problems = [
        f"tokens: {location}: there is no setting {name!r}{_suggestion(name, ['callers'])}"
        for name in tables
        if name != "callers"
    ]
    checked: list[_Entry | None] = []
    for entry, place in zip(entries, places, strict=True):
        try:
            checked.append(_Entry.model_validate(entry))
        except ValidationError as error:
            checked.append(None)
            problems += [f"{place}: {_describe(fault)}" for fault in error.errors()]
    problems += _repeated(checked, places)
    if problems:
        raise FilesUnusable(problems)
    return CallerTable(
        {
            bytes.fromhex(text): caller
            for caller, entry in ((entry.caller(), entry) for entry in checked if entry is not None)
            for text in entry.token_sha256
        }
    )


def new_token() -> tuple[str, str]:
    """A fresh token and its SHA-256 in hex digits."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    return token, hashlib.sha256(token.encode()).hexdigest()


def caller_entry(name: str, digest: str, rights: Sequence[str], highest_priority: str) -> str:
    """The lines to put into the file for a caller.

    Raises:
        FilesUnusable: the name, a right or the priority is none.
    """
    shown = ", ".join(f'"{right}"' for right in rights)
    entry = (
        f'[[callers]]\nname = "{name}"\ntoken_sha256 = "{digest}"\nrights = [{shown}]\n'
        f'highest_priority = "{highest_priority}"\n'
    )
    read_callers(entry.encode(), "the entry")
    return entry


def _place(location: str, lines: Sequence[int], entries: Sequence[dict[str, Any]], index: int) -> str:
    """Where an entry is: its line where that is known, its number, and its name."""
    line = f":{lines[index]}" if len(lines) == len(entries) else ""
    name = entries[index].get("name")
    named = f" ({name[:64]!r})" if isinstance(name, str) else ""
    return f"tokens: {location}{line}: callers[{index}]{named}"


def _describe(fault: Any) -> str:
    """One fault of pydantic's as `field: message`."""
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return f"there is no field {name!r}{_suggestion(name, list(_Entry.model_fields))}"
    return f"{name}: {str(fault['msg']).removeprefix('Value error, ')}"


def _repeated(entries: Sequence[_Entry | None], places: Sequence[str]) -> Iterator[str]:
    """Names and hashes that stand for two callers."""
    names: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for entry, place in zip(entries, places, strict=True):
        if entry is None:
            continue
        if entry.name in names:
            yield f"{place}: name: is that of {names[entry.name]} too"
        names.setdefault(entry.name, place)
        for text in entry.token_sha256:
            if text in hashes:
                yield f"{place}: token_sha256: is a hash of {hashes[text]} too"
            hashes.setdefault(text, place)


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
