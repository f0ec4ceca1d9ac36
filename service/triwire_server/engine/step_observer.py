"""What the metrics tell of the steps of the device and of what waits for them. On the device's thread."""

from collections.abc import Callable
from functools import partial

from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Batch
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

_LOOK_SECONDS = 1.0
"""Time between two looks for the oldest sequences, which cost a look at every request."""


class StepObserver:
    """Reads the scheduler's books before, and the batch after each step.

    Ages go on while a step hangs: they are computed when they are read, from the times that were noted here.

    Args:
        scheduler: whose books are told.
        metrics: where to.
        clock: monotonic seconds.
    """

    def __init__(self, scheduler: Scheduler, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._scheduler = scheduler
        self._metrics = metrics
        self._clock = clock
        self._oldest: dict[Priority, float | None] = dict.fromkeys(Priority)
        self._look_at = -float("inf")
        self._num_out_of_memory = 0
        metrics.max_batch_sequences.set(scheduler.max_batch_sequences)
        metrics.prefill_limit_tokens.set(scheduler.max_batch_tokens)
        metrics.slot_limit_tokens.set(scheduler.max_slot_tokens)
        for priority in Priority:
            metrics.queue_oldest_age_seconds.labels(priority.name).set_function(partial(self._age, priority))
        self.waiting()

    def waiting(self) -> None:
        """Tell what waits and which slots are taken."""
        metrics, scheduler = self._metrics, self._scheduler
        for priority in Priority:
            metrics.queue_sequences.labels(priority.name).set(scheduler.num_waiting(priority))
        metrics.slots_in_use.set(scheduler.num_slots)
        metrics.slot_tokens.set(scheduler.num_slot_tokens)
        now = self._clock()
        if now >= self._look_at or not len(scheduler):
            self._look_at = now + _LOOK_SECONDS
            self._oldest = {priority: scheduler.oldest_arrival(priority) for priority in Priority}

    def step(self, batch: Batch, runner: ModelRunner, started: float, ended: float) -> None:
        """Tell what a step did; before the scheduler learns of it.

        Args:
            batch: what ran.
            runner: that ran it.
            started: when, on the clock.
            ended: when, on the clock.
        """
        metrics, model = self._metrics, batch.pool.model_name
        seconds = ended - started
        for sequence in batch.sequences:
            sequence.compute.add(batch.number, seconds)
            sequence.last_step = ended
        for sequence in batch.joining:
            sequence.prefilled = ended
            # One that runs again has its slot since earlier.
            if sequence.started is not None and not sequence.has_told_wait:
                sequence.has_told_wait = True
                waited = sequence.started - sequence.arrival
                metrics.queue_duration_seconds.labels(sequence.priority.name).observe(waited)
        metrics.batch_sequences.observe(len(batch.sequences))
        metrics.batch_tokens.observe(batch.num_tokens)
        metrics.batch_duration_seconds.labels(model).observe(seconds)
        metrics.computed_tokens.labels(model).inc(runner.num_computed_tokens)
        metrics.padding_tokens.labels(model).inc(runner.num_padding_tokens)
        metrics.out_of_memory.inc(runner.num_out_of_memory - self._num_out_of_memory)
        self._num_out_of_memory = runner.num_out_of_memory
        metrics.max_batch_sequences.set(runner.max_batch_sequences)
        slots = sum(sequence.num_slots for sequence in batch.sequences)
        metrics.batch_fill_ratio.observe(slots / self._scheduler.max_batch_sequences)
        if batch.joining:
            metrics.prefill_tokens.observe(sum(sequence.prompt.num_tokens for sequence in batch.joining))

    def _age(self, priority: Priority) -> float:
        arrival = self._oldest[priority]
        return 0.0 if arrival is None else max(0.0, self._clock() - arrival)
