"""Keeps stored glossaries: in SQLite on one machine, in Redis where replicas share them.

A store knows nothing about terms: it keeps them as the bytes it was given, beside what lists and comparisons need.
"""

from triwire_server.glossary_store.base import (
    GlossaryDraft,
    GlossaryHead,
    GlossaryStore,
    StoredGlossary,
    glossary_id_of,
    glossary_name,
)

__all__ = [
    "GlossaryDraft",
    "GlossaryHead",
    "GlossaryStore",
    "StoredGlossary",
    "glossary_id_of",
    "glossary_name",
    "make_store",
]


def make_store(url: str) -> GlossaryStore:
    """The store for a setting `glossaries`; nothing is opened or connected before its first use.

    Args:
        url: "sqlite:///FILE", "redis://...", "rediss://..." or "unix:///SOCKET".

    Raises:
        ValueError: the address is none of these.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from triwire_server.glossary_store.sqlite_store import SqliteStore

        return SqliteStore(rest[1:])
    if separator and scheme in ("redis", "rediss", "unix"):
        from triwire_server.glossary_store.redis_store import RedisStore

        return RedisStore(url)
    raise ValueError(f"{scheme}: glossaries are kept in sqlite:///FILE or redis://HOST:PORT")
