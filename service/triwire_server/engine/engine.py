"""The asyncio face of the engine: `await call.generate(model, segments)`."""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.segment import Output, Priority, Segment
from triwire_server.engine.sequence import ComputeTime
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.engine.worker import Worker
from triwire_server.errors import DeadlineExceeded, InferenceFailed, QueueFull, ShuttingDown
from triwire_server.metrics import Metrics
from triwire_server.result_cache import ResultCache

_SHARE = {Priority.INTERACTIVE: 1.0, Priority.STANDARD: 0.8, Priority.BULK: 0.5}
"""Share of the queue that a priority may fill: BULK is refused first, INTERACTIVE last."""

_START_TOKENS_PER_SECOND = 500.0
"""Drain rate assumed before anything was measured."""

_TOKENIZER_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """Bounds of the engine."""

    max_queue_tokens: int = 200_000
    """Estimated tokens of admitted calls that are not done; above, calls are refused."""

    max_batch_tokens: int = 512
    """Input tokens that one step may read of sequences that join, which bounds how long the running ones stall."""

    max_batch_sequences: int = 32
    """Slots: sequences that run at once."""

    max_slot_tokens: int = 16_384
    """Tokens that the running sequences may come to hold, which bounds their memory."""


@dataclass(slots=True)
class CallUsage:
    """What one call cost so far. Parts from the cache cost no tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    segments: int = 0
    cached_segments: int = 0
    queue_seconds: float = 0.0
    """From the arrival of the call to its first slot."""

    compute_seconds: float = 0.0
    """On the device, summed over the steps that held parts of the call."""


class Engine:
    """Batches the segments of all calls on one device.

    Args:
        models: loaded models; each answers under its `card.full_name`.
        limits: of queue and batches.
        metrics: where queue, batches, tokens and cache are counted.
        cache: finished work by content; None: none is kept.
        clock: monotonic seconds; deadlines are on it.
        on_failure: called on the device's thread when the device is lost.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        limits: EngineLimits,
        metrics: Metrics,
        cache: ResultCache | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_failure: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._models = {model.card.full_name: model for model in models}
        self._metrics = metrics
        self._clock = clock
        self._cache = cache
        self._on_failure = on_failure
        scheduler = Scheduler(
            max_batch_tokens=limits.max_batch_tokens,
            max_batch_sequences=limits.max_batch_sequences,
            max_slot_tokens=limits.max_slot_tokens,
            clock=clock,
        )
        self._worker = Worker(scheduler, ModelRunner(self._models), metrics, clock, self._fail)
        self._admission = _Admission(limits.max_queue_tokens, metrics, clock)
        self._pool = ThreadPoolExecutor(_TOKENIZER_THREADS, thread_name_prefix="triwire-tokenizer")
        self._has_failed = False
        self._is_stopping = False

    async def start(self) -> None:
        """Start the device's thread."""
        self._worker.start()

    async def stop(self) -> None:
        """Refuse new calls and those that wait for room, finish the admitted ones, end the thread."""
        self._is_stopping = True
        self._admission.close()
        await self._admission.drained()
        await asyncio.to_thread(self._worker.stop)
        self._pool.shutdown()

    @property
    def is_healthy(self) -> bool:
        """Whether the device's thread runs and the device is not lost."""
        return self._worker.is_alive and not self._has_failed

    def count_tokens(self, model_name: str, text: str, language: str) -> int:
        """Tokens of a text as a model reads it, instructions not counted. May be called from any thread."""
        return self._models[model_name].count_tokens(text, language)

    @asynccontextmanager
    async def admit(
        self,
        *,
        request_id: str,
        priority: Priority,
        deadline: float | None,
        estimated_tokens: int,
        wait: bool = False,
    ) -> AsyncIterator["EngineCall"]:
        """Let a call in, or refuse it at the door. What it has not finished when the block ends is cancelled.

        Args:
            request_id: names the call; requests of one priority take turns.
            priority: its class.
            deadline: seconds on the engine's clock; None: no limit.
            estimated_tokens: to be read and written for the whole call.
            wait: wait for room instead of being refused.

        Raises:
            QueueFull: no room for this priority; `retry_seconds` from the measured rate.
            DeadlineExceeded: the deadline passed at the door.
            ShuttingDown: the engine stops, or began to while the call waited for room.
        """
        if self._is_stopping:
            raise ShuttingDown
        await self._admission.enter(estimated_tokens, priority, deadline, wait=wait)
        call = EngineCall(self, request_id, priority, deadline, self._clock())
        try:
            yield call
        finally:
            call.cancel()
            self._admission.leave(estimated_tokens)

    async def run(self, call: "EngineCall", model_name: str, segment: Segment) -> Output:
        """One segment of a call: from the cache, or computed."""
        key = (model_name, segment)
        call.usage.segments += 1
        if self._cache is not None:
            found = self._cache.get(*key)
            if found is not None:
                self._metrics.cache_hits.inc()
                call.usage.cached_segments += 1
                return Output(text=found.text, input_tokens=0, output_tokens=0, truncated=found.truncated, cached=True)
        self._metrics.cache_misses.inc()
        output = await self._compute(call, model_name, segment)
        if self._cache is not None:
            self._cache.put(*key, output.text, truncated=output.truncated)
            self._metrics.cache_size_bytes.set(self._cache.num_bytes)
        return output

    async def _compute(self, call: "EngineCall", model_name: str, segment: Segment) -> Output:
        loop = asyncio.get_running_loop()
        model = self._models[model_name]
        prompt: Prompt = await loop.run_in_executor(self._pool, model.encode, segment)
        if not self.is_healthy:
            raise InferenceFailed("the device was lost")
        done: asyncio.Future[None] = loop.create_future()

        def tell(_: EngineSequence) -> None:
            loop.call_soon_threadsafe(_resolve, done)

        sequence = EngineSequence(
            request_id=call.request_id,
            model_name=model_name,
            prompt=prompt,
            priority=call.priority,
            arrival=self._clock(),
            deadline=call.deadline,
            on_finish=tell,
            compute=call.compute,
        )
        self._worker.submit(sequence)
        try:
            await self._until_deadline(done, call.deadline)
        except asyncio.CancelledError:
            self._worker.cancel(sequence)
            raise
        except TimeoutError:
            self._worker.cancel(sequence)
            raise DeadlineExceeded from None
        if sequence.error is not None:
            raise sequence.error
        text = await loop.run_in_executor(self._pool, model.decode, segment, sequence.token_ids)
        self._count(call, model_name, sequence)
        return Output(
            text=text,
            input_tokens=len(prompt.input_ids),
            output_tokens=len(sequence.token_ids),
            truncated=not model.is_complete(sequence.token_ids),
        )

    async def _until_deadline(self, done: "asyncio.Future[None]", deadline: float | None) -> None:
        async with asyncio.timeout(None if deadline is None else max(0.0, deadline - self._clock())):
            await done

    def _count(self, call: "EngineCall", model_name: str, sequence: EngineSequence) -> None:
        input_tokens, output_tokens = len(sequence.prompt.input_ids), len(sequence.token_ids)
        call.usage.input_tokens += input_tokens
        call.usage.output_tokens += output_tokens
        self._metrics.input_tokens.labels(model_name).inc(input_tokens)
        self._metrics.output_tokens.labels(model_name).inc(output_tokens)
        self._admission.measured(input_tokens + output_tokens)
        if sequence.first_batch is not None:
            waited = sequence.first_batch - sequence.arrival
            self._metrics.queue_duration_seconds.labels(call.priority.name).observe(waited)
            call.started(sequence.first_batch)

    def _fail(self, error: Exception) -> None:
        self._has_failed = True
        self._on_failure(error)


class EngineCall:
    """One admitted call: its segments may be generated in any number of concurrent `generate` calls."""

    def __init__(
        self, engine: Engine, request_id: str, priority: Priority, deadline: float | None, arrival: float
    ) -> None:
        self._engine = engine
        self.request_id = request_id
        self.priority = priority
        self.deadline = deadline
        self.usage = CallUsage()
        self._arrival = arrival
        self.compute = ComputeTime()
        self._first_batch = math.inf
        self._tasks: set[asyncio.Task[Output]] = set()

    async def generate(self, model_name: str, segments: Sequence[Segment]) -> list[Output]:
        """Outputs of segments, in their order.

        Raises:
            DeadlineExceeded, InferenceFailed: of any of them; the rest is cancelled.
        """
        tasks = [asyncio.ensure_future(self._engine.run(self, model_name, segment)) for segment in segments]
        self._tasks.update(tasks)
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            self._tasks.difference_update(tasks)

    def cancel(self) -> None:
        """Drop what is not finished."""
        for task in self._tasks:
            task.cancel()

    def started(self, first_batch: float) -> None:
        """Take note of when a part of the call got its slot, and of what the call cost so far."""
        # Segments may be read back in another order than that of their slots.
        self._first_batch = min(self._first_batch, first_batch)
        self.usage.queue_seconds = self._first_batch - self._arrival
        self.usage.compute_seconds = self.compute.seconds


class _Admission:
    """Counts the estimated tokens of admitted calls and says whether there is room for more."""

    def __init__(self, max_tokens: int, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._max_tokens = max_tokens
        self._metrics = metrics
        self._clock = clock
        self._outstanding = 0
        self._num_calls = 0
        self._rate = _START_TOKENS_PER_SECOND
        self._measured_tokens = 0
        self._measured_since = clock()
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._empty = asyncio.Event()
        self._empty.set()

    async def enter(self, tokens: int, priority: Priority, deadline: float | None, *, wait: bool) -> None:
        """Take room for a call, see `Engine.admit`."""
        if deadline is not None and deadline <= self._clock():
            raise DeadlineExceeded
        if wait:
            await self._wait_for_room(tokens, priority, deadline)
            return
        if not self._has_room(tokens, priority):
            self._metrics.admission_refusals.labels(priority.name).inc()
            ahead = self._outstanding + tokens - self._max_tokens * _SHARE[priority]
            message = f"the queue is full for {priority.name} ({self._outstanding:,} tokens are ahead)"
            raise QueueFull(message, max(0.1, min(ahead, self._outstanding) / self._rate))
        self._take(tokens)

    def leave(self, tokens: int) -> None:
        """Give the room of a call back and let waiting ones in."""
        self._outstanding -= tokens
        self._num_calls -= 1
        self._let_in()
        self._publish()

    def close(self) -> None:
        """Let in nobody who waits: they are told that the engine stops."""
        waiting, self._waiting = self._waiting, []
        for *_, turn in waiting:
            if not turn.done():
                turn.set_exception(ShuttingDown())

    def _let_in(self) -> None:
        """Give those who wait the room that there is, by priority and then in order."""
        while self._waiting:
            priority, _, wanted, turn = self._waiting[0]
            if not turn.done():
                if not self._has_room(wanted, Priority(priority)):
                    break
                self._take(wanted)
                turn.set_result(None)
            heapq.heappop(self._waiting)

    def measured(self, tokens: int) -> None:
        """Learn the drain rate from finished tokens, over windows of at least a second."""
        self._measured_tokens += tokens
        elapsed = self._clock() - self._measured_since
        if elapsed >= 1.0:
            self._rate += 0.3 * (self._measured_tokens / elapsed - self._rate)
            self._rate = max(self._rate, 1.0)
            self._measured_tokens, self._measured_since = 0, self._clock()

    async def drained(self) -> None:
        """Wait until no call is left."""
        await self._empty.wait()

    def _has_room(self, tokens: int, priority: Priority) -> bool:
        # A call larger than the whole queue is let in alone, so that no valid article is refused for ever.
        return not self._outstanding or self._outstanding + tokens <= self._max_tokens * _SHARE[priority]

    def _take(self, tokens: int) -> None:
        if not self._num_calls:
            # Idle time says nothing about how fast the device is.
            self._measured_tokens, self._measured_since = 0, self._clock()
        self._outstanding += tokens
        self._num_calls += 1
        self._publish()

    async def _wait_for_room(self, tokens: int, priority: Priority, deadline: float | None) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), tokens, turn))
        self._let_in()
        try:
            async with asyncio.timeout(None if deadline is None else deadline - self._clock()):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(tokens)
            turn.cancel()
            self._let_in()  # whoever stood behind it
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded from None
            raise

    def _publish(self) -> None:
        self._metrics.queue_tokens.set(self._outstanding)
        if self._num_calls:
            self._empty.clear()
        else:
            self._empty.set()


def _resolve(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
