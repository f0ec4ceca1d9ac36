"""The asyncio face of the engine: `await call.generate(model, segments)`."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from triwire_server.cache.result_cache import ResultCache
from triwire_server.cache.shared_result import SharedResults
from triwire_server.callers import ANYONE, Caller
from triwire_server.engine.admission import Admission
from triwire_server.engine.call import EngineCall
from triwire_server.engine.drain_rate import SlowestRate
from triwire_server.engine.local_models import LocalModels
from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Model, ServedModel
from triwire_server.engine.models.remote import RemoteModel
from triwire_server.engine.remote_client import RemoteClient
from triwire_server.engine.remote_worker import RemoteWorker
from triwire_server.engine.results import Results
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.watchdog import StepTimeout, Watchdog
from triwire_server.engine.worker import Worker
from triwire_server.errors import InferenceFailed, ShuttingDown
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """Bounds of the engine."""

    max_queue_tokens: int = 200_000
    """Estimated tokens of admitted calls that are not done; above, calls are refused."""

    max_queue_seconds: float = 0.0
    """Seconds that the work ahead of a call may take; above, it is refused. 0: any time."""

    max_batch_tokens: int = 512
    """Input tokens that one step may read of sequences that join, which bounds how long the running ones stall."""

    max_batch_sequences: int = 32
    """Slots: sequences that run at once."""

    max_slot_tokens: int = 16_384
    """Tokens that the running sequences may come to hold, which bounds their memory."""

    step_timeout_seconds: float = 600.0
    """A step that takes longer means that the device is lost; 0: a step may take any time."""


class Engine:
    """Batches the segments of all calls on one device, and sends those of remote models to their servers.

    Args:
        models: loaded models and remote ones; each answers under its `card.full_name`.
        limits: of queue and batches.
        metrics: where queue, batches, tokens and cache are counted.
        cache: finished work by content; None: none is kept.
        clock: monotonic seconds; deadlines are on it.
        on_failure: called when the device is lost: on the device's thread, or on the event loop if that thread hangs.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
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
        self._on_failure = on_failure
        scheduler = Scheduler(
            max_batch_tokens=limits.max_batch_tokens,
            max_batch_sequences=limits.max_batch_sequences,
            max_slot_tokens=limits.max_slot_tokens,
            clock=clock,
        )
        local = {name: model for name, model in self._models.items() if isinstance(model, Model)}
        runner = ModelRunner(local, limits.max_batch_sequences)
        self._worker = Worker(scheduler, runner, metrics, clock, self._fail)
        self._local = LocalModels(local, self._worker, clock, lambda: self.is_healthy)
        self._remote = {
            name: RemoteWorker(model, RemoteClient(model.source, model.api_key, model.ssl_context), metrics, clock)
            for name, model in self._models.items()
            if isinstance(model, RemoteModel)
        }
        workers: dict[str, LocalModels | RemoteWorker] = {**dict.fromkeys(local, self._local), **self._remote}
        self._results = Results(self._models, workers, metrics, clock, cache)
        rates = SlowestRate([self._worker.rate, *(remote.rate for remote in self._remote.values())])
        self._admission = Admission(limits.max_queue_tokens, metrics, clock, rates, limits.max_queue_seconds)
        self._step_timeout_seconds = limits.step_timeout_seconds
        self._watching: asyncio.Task[None] | None = None
        self._has_failed = False
        self._is_stopping = False
        metrics.queue_limit_tokens.set(limits.max_queue_tokens)
        _set_first_values(metrics, self._models)

    async def start(self) -> None:
        """Start the device's thread."""
        self._worker.start()

    async def stop(self) -> None:
        """Refuse new calls and those that wait for room, finish the admitted ones, end the thread."""
        self._is_stopping = True
        self._admission.close()
        await self._admission.drained()
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.to_thread(self._worker.stop)
        for remote in self._remote.values():
            await remote.close()
        self._local.close()

    def watch_steps(self) -> None:
        """Learn from steps how fast the device is, and take one that does not come back in time for a lost device.

        From now on: the steps before, which warm the models, take seconds.
        """
        self._worker.rate.forget()
        if self._step_timeout_seconds:
            watchdog = Watchdog(
                lambda: self._worker.step_started, self._step_timeout_seconds, self._clock, self._give_up_device
            )
            self._watching = asyncio.ensure_future(watchdog.run())

    def share_results(self, shared: SharedResults) -> None:
        """Look for results of other replicas and give them ours, from now on: a model is not warmed by a result."""
        self._results.share(shared)

    def check_invariants(self) -> None:
        """Compare the books that are kept on the event loop.

        Raises:
            InvariantBroken: they do not agree.
        """
        self._admission.check_invariants()
        self._results.in_flight.check_invariants()
        for remote in self._remote.values():
            remote.check_invariants()

    @property
    def is_healthy(self) -> bool:
        """Whether the device's thread runs and the device is not lost."""
        return self._worker.is_alive and not self._has_failed

    @property
    def metrics(self) -> Metrics:
        """Where those who use the engine count as well."""
        return self._metrics

    def count_tokens(self, model_name: str, text: str, language: str) -> int:
        """Tokens of a text as a model reads it, instructions not counted. May be called from any thread."""
        return self._models[model_name].count_tokens(text, language)

    def check_room(self, priority: Priority, deadline: float | None, caller: Caller = ANYONE) -> None:
        """Refuse a call for which there is no room whatever it brings, before anything is done for it.

        Raises:
            QueueFull, QuotaExceeded, DeadlineExceeded, ShuttingDown: as `admit` would.
        """
        if self._is_stopping:
            raise ShuttingDown
        self._admission.check(1, priority, deadline, caller)

    @asynccontextmanager
    async def admit(
        self,
        *,
        request_id: str,
        priority: Priority,
        deadline: float | None,
        estimated_tokens: int,
        wait: bool = False,
        caller: Caller = ANYONE,
    ) -> AsyncIterator[EngineCall]:
        """Let a call in, or refuse it at the door. What it has not finished when the block ends is cancelled.

        Args:
            request_id: names the call; requests of one priority take turns.
            priority: its class.
            deadline: seconds on the engine's clock; None: no limit.
            estimated_tokens: to be read and written for the whole call.
            wait: wait for room instead of being refused.
            caller: whose call it is, with the bounds of what it may hold.

        Raises:
            QueueFull: no room for this priority; `retry_seconds` from the measured rate.
            QuotaExceeded: no room for this caller.
            DeadlineExceeded: the deadline passed at the door, or the work takes longer than it leaves.
            ShuttingDown: the engine stops, or began to while the call waited for room.
        """
        if self._is_stopping:
            raise ShuttingDown
        ticket = await self._admission.enter(estimated_tokens, priority, deadline, caller, wait=wait)
        call = EngineCall(
            self._results,
            partial(self._admission.progress, ticket),
            request_id=request_id,
            priority=priority,
            deadline=deadline,
            arrival=self._clock(),
        )
        is_complete = False
        try:
            yield call
            is_complete = True
        finally:
            call.cancel()
            self._admission.leave(ticket, is_complete=is_complete)

    def _give_up_device(self, error: StepTimeout) -> None:
        _log.critical("the device is given up: %s", error)
        self._worker.abandon()
        self._fail(error)
        self._results.in_flight.fail_all(InferenceFailed("the device was lost"))

    def _fail(self, error: Exception) -> None:
        self._has_failed = True
        self._on_failure(error)


def _set_first_values(metrics: Metrics, model_names: Iterable[str]) -> None:
    """Let the series of each model begin at 0, see `first_values.py`."""
    for name in model_names:
        for of_model in (
            metrics.input_tokens,
            metrics.output_tokens,
            metrics.computed_tokens,
            metrics.padding_tokens,
            metrics.batch_duration_seconds,
        ):
            of_model.labels(name)
