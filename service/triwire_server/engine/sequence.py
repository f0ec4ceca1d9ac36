"""One segment as token ids with its state, and what the device is to do with sequences next."""

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from triwire_server.engine.models.base import Prompt
from triwire_server.segment import Priority

_numbers = itertools.count(1)


class State(enum.Enum):
    """Where a sequence is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


class RunAgain(Exception):
    """The batch of a sequence raised, and the sequence itself need not be at fault.

    Args:
        alone: memory ran out: run it with nothing beside it on the device.
    """

    def __init__(self, *, alone: bool = False) -> None:
        super().__init__()
        self.alone = alone


class InvariantBroken(Exception):
    """Books that have to agree do not: a bug. The message holds numbers and no text of an article."""


@dataclass(slots=True)
class ComputeTime:
    """Time on the device of the steps that held any sequence of a call. Written by the device's thread."""

    seconds: float = 0.0
    _last_batch: int = 0

    def add(self, batch_number: int, seconds: float) -> None:
        """Count a step, once however many sequences of the call it held."""
        if batch_number != self._last_batch:
            self._last_batch = batch_number
            self.seconds += seconds


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

    compute: ComputeTime = field(default_factory=ComputeTime)
    """Shared by the sequences of a call."""

    number: int = field(default_factory=lambda: next(_numbers))
    state: State = State.WAITING
    is_cancelled: bool = False
    """Nobody wants it any more; see `Scheduler.cancel`."""

    started: float | None = None
    """Monotonic seconds at which it got its slot."""

    has_told_wait: bool = False
    """Whether the time that it waited was counted, see `StepObserver`."""

    prefilled: float | None = None
    """Monotonic seconds at the end of the step that read its prompt."""

    last_step: float | None = None
    """Monotonic seconds at the end of the last step that held it."""

    token_ids: list[int] = field(default_factory=list)
    error: Exception | None = None

    @property
    def num_slots(self) -> int:
        """Slots that it takes: one for each beam."""
        return self.prompt.num_beams

    def finish(self, error: Exception | None = None) -> None:
        """End it and tell whoever waits for it; one that has ended already stays as it is."""
        if self.state is State.FINISHED:
            return
        self.state = State.FINISHED
        self.error = error
        self.on_finish(self)


@dataclass(frozen=True, slots=True)
class Pool:
    """Sequences that run together: of one model, with inputs of at most `width` tokens; 0: of any length."""

    model_name: str
    width: int
    quarantine: int = 0
    """Above 0: part of a batch that raised, and runs apart from all others."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One step of the device, in one pool: a token more for what runs, and the first one of what joins."""

    number: int
    pool: Pool
    running: tuple[Sequence, ...]
    joining: tuple[Sequence, ...]
    pools: frozenset[Pool]
    """Every pool that has sequences. What is kept for another one is of no use any more."""

    num_slots: int
    """Slots that are taken in all pools, those of the sequences that join included."""

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """All of them, those that run already first."""
        return self.running + self.joining

    @property
    def num_tokens(self) -> int:
        """Tokens to read: one of each running sequence, and the inputs of those that join."""
        return len(self.running) + sum(s.prompt.num_tokens for s in self.joining)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Message to the device's thread: nobody wants this sequence any more."""

    sequence: Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Message to the device's thread: a sequence is wanted by someone else too, or by fewer."""

    sequence: Sequence
    request_id: str
    priority: Priority
    deadline: float | None
