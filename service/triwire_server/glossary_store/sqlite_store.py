"""Glossaries in one SQLite file, for one machine; several processes may share the file."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from triwire_server.errors import GlossariesUnavailable
from triwire_server.glossary_store.base import (
    GlossaryHead,
    GlossaryStore,
    StoredGlossary,
    WriteMode,
    WriteOutcome,
    decide,
)

_SCHEMA_VERSION = 1
_BUSY_SECONDS = 5.0
"""How long a process waits while another one writes to the file."""

_BUSY_PAUSE_SECONDS = 0.01

_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""The disk takes no more: it is full, or the file is as large as it may be."""

_CREATE = """
CREATE TABLE glossary (
    glossary_id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    term_count INTEGER NOT NULL,
    etag TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    terms BLOB NOT NULL
)
"""
_HEAD = "SELECT glossary_id, display_name, term_count, etag, create_time, update_time FROM glossary"
_WHOLE = "SELECT glossary_id, display_name, term_count, etag, create_time, update_time, terms FROM glossary"
_REPLACE = "INSERT OR REPLACE INTO glossary VALUES (?, ?, ?, ?, ?, ?, ?)"

_Result = TypeVar("_Result")


class SqliteStore(GlossaryStore):
    """A file in write-ahead mode, used by one thread of its own, so that the event loop never waits for the disk.

    The file and its folder are made on first use. It has to lie on a local disk: write-ahead mode does not work over
    a network file system.

    Args:
        path: of the file; "~" is the home folder.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self._path = Path(path).expanduser()
        self.location = f"sqlite:///{self._path}"
        self._log = structlog.get_logger("triwire")
        # One thread: SQLite takes one writer at a time, and a connection belongs to its thread.
        self._thread = ThreadPoolExecutor(1, "triwire-glossaries")
        self._connection: sqlite3.Connection | None = None

    async def check(self) -> None:
        """See the base class."""
        if self._path.exists():
            await self._run(lambda connection: connection.execute("SELECT 1"))

    async def close(self) -> None:
        """See the base class."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    async def head(self, glossary_id: str) -> GlossaryHead | None:
        """See the base class."""

        def read(connection: sqlite3.Connection) -> GlossaryHead | None:
            row = connection.execute(f"{_HEAD} WHERE glossary_id = ?", (glossary_id,)).fetchone()
            return None if row is None else GlossaryHead(*row)

        return await self._run(read)

    async def get(self, glossary_id: str) -> StoredGlossary | None:
        """See the base class."""

        def read(connection: sqlite3.Connection) -> StoredGlossary | None:
            row = connection.execute(f"{_WHOLE} WHERE glossary_id = ?", (glossary_id,)).fetchone()
            return None if row is None else StoredGlossary(GlossaryHead(*row[:-1]), row[-1])

        return await self._run(read)

    async def list_heads(self, after: str, limit: int) -> list[GlossaryHead]:
        """See the base class."""

        def read(connection: sqlite3.Connection) -> list[GlossaryHead]:
            rows = connection.execute(f"{_HEAD} WHERE glossary_id > ? ORDER BY glossary_id LIMIT ?", (after, limit))
            return [GlossaryHead(*row) for row in rows]

        return await self._run(read)

    async def _put(
        self, mode: WriteMode, head: GlossaryHead, terms: bytes, expected_etag: str
    ) -> tuple[WriteOutcome, int]:
        def write(connection: sqlite3.Connection) -> tuple[WriteOutcome, int]:
            with _Transaction(connection):
                row = connection.execute(f"{_HEAD} WHERE glossary_id = ?", (head.glossary_id,)).fetchone()
                current = None if row is None else GlossaryHead(*row)
                outcome = decide(mode, None if current is None else current.etag, expected_etag)
                create_time = head.create_time if current is None else current.create_time
                if outcome is WriteOutcome.DONE:
                    values = (head.glossary_id, head.display_name, head.term_count, head.etag)
                    connection.execute(_REPLACE, (*values, create_time, head.update_time, terms))
            return outcome, create_time

        return await self._run(write)

    async def _remove(self, glossary_id: str, expected_etag: str) -> WriteOutcome:
        def remove(connection: sqlite3.Connection) -> WriteOutcome:
            with _Transaction(connection):
                row = connection.execute("SELECT etag FROM glossary WHERE glossary_id = ?", (glossary_id,)).fetchone()
                outcome = decide(WriteMode.UPDATE, None if row is None else row[0], expected_etag)
                if outcome is WriteOutcome.DONE:
                    connection.execute("DELETE FROM glossary WHERE glossary_id = ?", (glossary_id,))
            return outcome

        return await self._run(remove)

    async def _run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        try:
            return work(self._connect())
        except (sqlite3.Error, OSError) as error:
            # The next call opens the file anew: it may have been put back. Not where it cannot be written alone: what
            # is open can still be read, and a full disk would not let it be opened again.
            if getattr(error, "sqlite_errorcode", None) not in _NO_ROOM:
                self._disconnect()
            self._log.error("glossaries_unavailable", store=self.location, error=f"{type(error).__name__}: {error}")
            raise GlossariesUnavailable from error

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Transactions are begun by hand, so that what is read and then written is one.
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _prepare(connection: sqlite3.Connection) -> None:
    """Set up a new connection, and the table where the file is new."""
    _write_ahead(connection)
    # A write that was answered survives a loss of power; there are few of them.
    connection.execute("PRAGMA synchronous = FULL")
    with _Transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"the file has schema {version}; this version reads {_SCHEMA_VERSION}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn on write-ahead mode. Of several that do so at once SQLite refuses all but one without waiting."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # A disk that is full, for one, does not get better by waiting.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_SECONDS)
        else:
            return


class _Transaction:
    """A transaction that excludes writers of other processes from its beginning."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            # Where the disk is full SQLite may have rolled back by itself, or COMMIT have left it open.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
