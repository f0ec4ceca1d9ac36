"""Equal work that several calls want at the same time is done once."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from triwire_server.engine.sequence import ComputeTime, InvariantBroken, Sequence
from triwire_server.errors import DeadlineExceeded
from triwire_server.segment import Output, Priority, Segment

AnySequence = TypeVar("AnySequence", bound=Sequence)


class SequenceRunner(Protocol):
    """Whom a sequence was handed to: this machine's device, or another server."""

    def cancel(self, sequence: Sequence) -> None:
        """Nobody wants it any more."""

    def change(self, sequence: Sequence, *, request_id: str, priority: Priority, deadline: float | None) -> None:
        """It is wanted by someone else too, or by fewer; see `Scheduler.change`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the work on a segment made."""

    output: Output
    started: float | None
    """Monotonic seconds at which it got its slot."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One part of a call that waits for a result."""

    request_id: str
    priority: Priority
    deadline: float | None
    """Monotonic seconds after which it does not want the result any more; None: no limit."""

    compute: ComputeTime
    """Where the device's time is counted if this one pays."""


@dataclass(slots=True, eq=False)
class Work:
    """The work on one segment, with all that wait for it.

    It waits in the class of the most urgent of them, takes the turns of that one's request, and is given up when the
    last of their deadlines has passed.
    """

    model_name: str
    segment: Segment
    waiting: list[Waiter] = field(default_factory=list)
    """In the order in which they came; the first of them pays."""

    sequence: Sequence | None = None
    """Once it was handed over."""

    runner: SequenceRunner | None = None
    """Whom it was handed to."""

    done: "asyncio.Future[None] | None" = None
    """Set when the sequence has ended."""

    payer: Waiter | None = None
    """Known once there is a result."""

    def hand_over(
        self, make: Callable[..., AnySequence], runner: SequenceRunner, arrival: float
    ) -> tuple[AnySequence, "asyncio.Future[None]"]:
        """Make a sequence that runs for all that wait; from now on its runner is told who they are.

        Args:
            make: makes it, of the fields that are the same for every runner.
            runner: whom the caller submits it to.
            arrival: monotonic seconds.

        Returns:
            The sequence, and what is done, on the event loop, once it has ended on whatever thread.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        sequence = make(
            request_id=self.request_id,
            model_name=self.model_name,
            priority=self.priority,
            arrival=arrival,
            deadline=self.deadline,
            on_finish=lambda _: loop.call_soon_threadsafe(_resolve, done),
            compute=self.waiting[0].compute,
        )
        self.sequence, self.runner, self.done = sequence, runner, done
        return sequence, done

    @property
    def request_id(self) -> str:
        """Of the first of the most urgent."""
        return min(self.waiting, key=lambda waiter: waiter.priority).request_id

    @property
    def priority(self) -> Priority:
        """The most urgent one."""
        return min(waiter.priority for waiter in self.waiting)

    @property
    def deadline(self) -> float | None:
        """The last one, monotonic seconds; None: someone has none."""
        deadlines = [waiter.deadline for waiter in self.waiting if waiter.deadline is not None]
        return max(deadlines) if len(deadlines) == len(self.waiting) else None


class InFlight:
    """Work under way by what it makes. Used on the event loop alone.

    Args:
        compute: does the work, and calls `Work.hand_over`; whom it hands a sequence to is told who wants it. It is
            cancelled when nobody wants the result any more.
    """

    def __init__(self, compute: Callable[[Work], Coroutine[Any, Any, Result]]) -> None:
        self._compute = compute
        self._work: dict[tuple[str, Segment], Work] = {}
        self._tasks: dict[Work, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        return len(self._work)

    async def result(
        self, model_name: str, segment: Segment, waiter: Waiter, seconds: float | None
    ) -> tuple[Result, bool]:
        """The result of work that is under way or begins now.

        Cancelling this, or the end of its time, is felt by nobody else who waits for the same.

        Args:
            model_name: name@version of the model.
            segment: what it is to read.
            waiter: who asks.
            seconds: until the waiter's deadline; None: no limit.

        Returns:
            The result, and whether this waiter is the one that pays for it.

        Raises:
            DeadlineExceeded: the waiter's deadline passed.
            InferenceFailed: the work failed; all that wait get this.
        """
        work = self._work.get((model_name, segment))
        if work is None:
            work = self._work[model_name, segment] = Work(model_name, segment)
            task = self._tasks[work] = asyncio.ensure_future(self._run(work))
            task.add_done_callback(_look_at_exception)
        else:
            task = self._tasks[work]
        work.waiting.append(waiter)
        self._tell(work)
        try:
            await asyncio.wait({task}, timeout=seconds)
            if not task.done():
                raise DeadlineExceeded
            return task.result(), work.payer is waiter
        finally:
            self._leave(work, waiter, task)

    def fail_all(self, error: Exception) -> None:
        """End all work that the device was given and will never return."""
        for work in self._work.values():
            if work.done is not None and not work.done.done():
                work.done.set_exception(error)

    def check_invariants(self) -> None:
        """Compare the books with each other.

        Raises:
            InvariantBroken: they do not agree.
        """
        if set(self._tasks) != set(self._work.values()):
            raise InvariantBroken(f"{len(self._work)} pieces of work have {len(self._tasks)} tasks")
        for work in self._work.values():
            if not work.waiting:
                raise InvariantBroken("nobody waits for work that is under way")

    async def _run(self, work: Work) -> Result:
        try:
            result = await self._compute(work)
            work.payer = work.waiting[0]
            return result
        finally:
            self._forget(work)

    def _leave(self, work: Work, waiter: Waiter, task: "asyncio.Task[Result]") -> None:
        work.waiting.remove(waiter)
        if task.done():
            return
        if work.waiting:
            self._tell(work)
            return
        self._forget(work)
        task.cancel()
        if work.sequence is not None and work.runner is not None:
            work.runner.cancel(work.sequence)

    def _tell(self, work: Work) -> None:
        """Let whoever has a sequence know who wants it now."""
        sequence = work.sequence
        if sequence is None or work.runner is None:
            return
        sequence.compute = work.waiting[0].compute
        work.runner.change(sequence, request_id=work.request_id, priority=work.priority, deadline=work.deadline)

    def _forget(self, work: Work) -> None:
        if self._tasks.pop(work, None) is not None:
            del self._work[work.model_name, work.segment]


def _resolve(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)


def _look_at_exception(task: "asyncio.Task[Result]") -> None:
    # All that waited may have gone in the moment in which the work failed; then nobody else looks.
    if not task.cancelled():
        task.exception()
