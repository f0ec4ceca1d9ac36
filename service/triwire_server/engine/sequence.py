"""One segment as token ids with its state, and the batch that sequences form."""

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from triwire_server.engine.models.base import Prompt
from triwire_server.engine.segment import Priority

_numbers = itertools.count(1)


class State(enum.Enum):
    """Where a sequence is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(slots=True, eq=False, kw_only=True)
class Sequence:
    """A prompt with its place in the queue and, in the end, its output or its failure."""

    request_id: str
    model_name: str
    prompt: Prompt
    priority: Priority
    arrival: float
    """Monotonic seconds at which it entered the queue."""

    deadline: float | None = None
    """Monotonic seconds after which nobody wants it; None: no limit."""

    on_finish: Callable[["Sequence"], None] = lambda sequence: None
    """Called once on the device's thread when the sequence is finished, whichever way."""

    number: int = field(default_factory=lambda: next(_numbers))
    state: State = State.WAITING
    is_cancelled: bool = False
    """Set from any thread; honoured before the next batch is built."""

    first_batch: float | None = None
    """Monotonic seconds at which its batch began."""

    compute_seconds: float = 0.0
    token_ids: list[int] = field(default_factory=list)
    error: Exception | None = None

    @property
    def num_tokens(self) -> int:
        """Tokens to read and, at most, to write: what it weighs in a batch's budget."""
        return len(self.prompt.input_ids) + self.prompt.max_new_tokens


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of one model that run together."""

    model_name: str
    sequences: tuple[Sequence, ...]

    @property
    def num_tokens(self) -> int:
        """Tokens to read with padding counted: as many for each sequence as the longest has."""
        return len(self.sequences) * max((len(s.prompt.input_ids) for s in self.sequences), default=0)

    @property
    def padding_ratio(self) -> float:
        """Share of `num_tokens` that is padding, 0 to 1."""
        used = sum(len(sequence.prompt.input_ids) for sequence in self.sequences)
        return 1.0 - used / self.num_tokens if self.num_tokens else 0.0
