"""What every store of glossaries offers, and the values that go in and out."""

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from triwire_server.errors import EtagMismatch, GlossaryExists, glossary_not_found

_PREFIX = "glossaries/"


def glossary_name(glossary_id: str) -> str:
    """The resource name of an id: "glossaries/westmere"."""
    return _PREFIX + glossary_id


def glossary_id_of(name: str) -> str:
    """The id in a resource name."""
    return name.removeprefix(_PREFIX)


@dataclass(frozen=True, slots=True)
class GlossaryDraft:
    """A glossary as it is to be stored."""

    display_name: str
    term_count: int
    terms: bytes
    """A serialized `Glossary` with nothing but its terms."""


@dataclass(frozen=True, slots=True)
class GlossaryHead:
    """A stored glossary without its terms."""

    glossary_id: str
    display_name: str
    term_count: int
    etag: str
    """Drawn at random for each write: never the same again, not even when a glossary is deleted and created anew or
    gets back the terms that it had before. A counter or a hash of the content would repeat."""

    create_time: int
    """Nanoseconds since 1970-01-01 UTC."""

    update_time: int
    """Nanoseconds since 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True)
class StoredGlossary:
    """A stored glossary with its terms."""

    head: GlossaryHead
    terms: bytes
    """As given in `GlossaryDraft.terms`."""


class WriteMode(StrEnum):
    """What a write expects to find."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


class WriteOutcome(StrEnum):
    """What became of a write or deletion."""

    DONE = "done"
    EXISTS = "exists"
    MISSING = "missing"
    MISMATCH = "mismatch"


def decide(mode: WriteMode, current_etag: str | None, expected_etag: str) -> WriteOutcome:
    """Whether a write may be done; every store decides like this, within one transaction.

    An etag that is sent for a glossary that is gone is stale: whoever read it would undo the deletion of somebody
    else. `UPDATE` says MISSING all the same, since there is nothing to merge with.

    Args:
        mode: what the write expects.
        current_etag: of the glossary; None: there is none.
        expected_etag: that the caller sent; empty: any.
    """
    if mode is WriteMode.CREATE:
        return WriteOutcome.DONE if current_etag is None else WriteOutcome.EXISTS
    if current_etag is None and mode is WriteMode.UPDATE:
        return WriteOutcome.MISSING
    return WriteOutcome.MISMATCH if expected_etag and expected_etag != current_etag else WriteOutcome.DONE


class GlossaryStore(ABC):
    """Stored glossaries by id. Every method may raise GlossariesUnavailable; none blocks the event loop.

    Args:
        clock: nanoseconds since 1970-01-01 UTC.
    """

    location: str
    """Where the glossaries are, for logs; without a password."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock

    async def create(self, glossary_id: str, draft: GlossaryDraft) -> GlossaryHead:
        """Store a new glossary.

        Raises:
            GlossaryExists: the id is taken.
        """
        return await self._write(WriteMode.CREATE, glossary_id, draft, "")

    async def update(
        self, glossary_id: str, draft: GlossaryDraft, *, etag: str = "", allow_missing: bool = False
    ) -> GlossaryHead:
        """Replace a glossary as a whole; of several calls with the same etag one succeeds.

        Args:
            glossary_id: of the glossary.
            draft: takes the place of what is there.
            etag: of the version to replace; empty: whichever is there.
            allow_missing: create the glossary if there is none.

        Raises:
            NotFound: there is none, and `allow_missing` is not set.
            EtagMismatch: `etag` is not the current one, or there is no glossary any more.
        """
        return await self._write(WriteMode.UPSERT if allow_missing else WriteMode.UPDATE, glossary_id, draft, etag)

    async def delete(self, glossary_id: str, *, etag: str = "") -> None:
        """Remove a glossary.

        Raises:
            NotFound: there is none.
            EtagMismatch: `etag` is set and not the current one.
        """
        _raise(await self._remove(glossary_id, etag), glossary_id)

    async def _write(self, mode: WriteMode, glossary_id: str, draft: GlossaryDraft, etag: str) -> GlossaryHead:
        now = self._clock()
        head = GlossaryHead(glossary_id, draft.display_name, draft.term_count, secrets.token_urlsafe(12), now, now)
        outcome, create_time = await self._put(mode, head, draft.terms, etag)
        _raise(outcome, glossary_id)
        return GlossaryHead(glossary_id, draft.display_name, draft.term_count, head.etag, create_time, now)

    @abstractmethod
    async def check(self) -> None:
        """See whether the store answers. Nothing is created."""

    @abstractmethod
    async def close(self) -> None:
        """Give back files and connections."""

    @abstractmethod
    async def head(self, glossary_id: str) -> GlossaryHead | None:
        """A glossary without its terms, or None."""

    @abstractmethod
    async def get(self, glossary_id: str) -> StoredGlossary | None:
        """A glossary with the terms that belong to its etag, or None."""

    @abstractmethod
    async def list_heads(self, after: str, limit: int) -> list[GlossaryHead]:
        """At most `limit` glossaries in order of id, beginning behind the id `after`; "" begins with the first."""

    @abstractmethod
    async def _put(
        self, mode: WriteMode, head: GlossaryHead, terms: bytes, expected_etag: str
    ) -> tuple[WriteOutcome, int]:
        """Write as `decide` says, in one transaction; gives also the time of creation, which a glossary keeps."""

    @abstractmethod
    async def _remove(self, glossary_id: str, expected_etag: str) -> WriteOutcome:
        """Remove, as `decide` says for UPDATE, in one transaction."""


def _raise(outcome: WriteOutcome, glossary_id: str) -> None:
    name = glossary_name(glossary_id)
    match outcome:
        case WriteOutcome.EXISTS:
            raise GlossaryExists(name)
        case WriteOutcome.MISSING:
            raise glossary_not_found(name)
        case WriteOutcome.MISMATCH:
            raise EtagMismatch(name)
