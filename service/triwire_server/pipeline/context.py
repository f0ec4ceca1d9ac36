"""What the pipeline knows of the call it works for, and how it reports the failure of one part."""

from dataclasses import dataclass

from triwire_server.callers import ANYONE, Caller
from triwire_server.segment import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """One call, without its transport."""

    request_id: str
    caller: Caller = ANYONE
    priority: Priority = Priority.STANDARD
    deadline: float | None = None
    """Monotonic seconds by which the answer must be there; None: no limit."""

    wait_for_queue: bool = False
    """Wait for room in the queue instead of being refused: items of a batch stream."""


@dataclass(frozen=True, slots=True)
class PartFailure:
    """A translation or summary of a streamed article that failed; the others go on."""

    target_language: str
    summary_style: int
    """`triwire.v1.SummaryStyle`; UNSPECIFIED for a translation."""

    error: Exception
