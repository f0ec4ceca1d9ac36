"""Who calls, and what they may do. Where callers come from (the file of callers) is known in `api/`."""

import enum
from dataclasses import dataclass, field

from triwire_server.segment import Priority


class Right(enum.StrEnum):
    """What a caller may do."""

    ARTICLES = "articles"
    """Every method of ArticleService."""

    GLOSSARIES_READ = "glossaries.read"
    """Reading stored glossaries, and naming them in requests."""

    GLOSSARIES_WRITE = "glossaries.write"
    """Creating, replacing and deleting them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller and the bounds of what it may take. 0 is "no bound" wherever a bound is a number."""

    name: str
    """For logs and the books of admission; never a secret."""

    rights: frozenset[Right] = field(default_factory=lambda: frozenset(Right))
    highest_priority: Priority = Priority.INTERACTIVE
    """The most urgent priority that it may ask for."""

    max_queue_share: float = 1.0
    """Part of the queue's tokens that its calls may hold together, above 0 and at most 1."""

    max_tokens_per_minute: int = 0
    """Estimated tokens of its calls, on average over a minute."""

    max_concurrent_calls: int = 0
    """Calls that it may have under way; a stream is one."""


ANYONE = Caller(name="anyone")
"""The caller where no tokens are asked for."""
