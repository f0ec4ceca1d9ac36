"""The thread that owns the device."""

import logging
import queue
import threading
from collections.abc import Callable

from triwire_server.engine.drain_rate import DrainRate
from triwire_server.engine.model_runner import DeviceLost, ModelRunner
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Batch, Cancel, Change, InvariantBroken, Sequence
from triwire_server.engine.step_observer import StepObserver
from triwire_server.errors import InferenceFailed
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)


class Worker:
    """Runs the loop: schedule, run, postprocess. Everything it holds is touched by its thread alone.

    Once the device is lost it runs nothing more, and fails whatever waits or is still submitted.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        model_runner: ModelRunner,
        metrics: Metrics,
        clock: Callable[[], float],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self.rate = DrainRate()
        """Tokens a second that the device reads and writes."""

        self.scheduler = scheduler
        self.model_runner = model_runner
        self._metrics = metrics
        self._clock = clock
        self._on_failure = on_failure
        self._last_step_ended: float | None = None
        self._inbox: queue.SimpleQueue[Sequence | Cancel | Change | None] = queue.SimpleQueue()
        self._step_started: float | None = None
        self._is_abandoned = False
        self._observer = StepObserver(scheduler, metrics, clock)
        metrics.step_age_seconds.set_function(self._step_age)
        self._thread = threading.Thread(target=self._loop, name="triwire-device", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, sequence: Sequence) -> None:
        """Hand over a sequence, from any thread."""
        self._inbox.put(sequence)

    def cancel(self, sequence: Sequence) -> None:
        """Drop a sequence before the next step, from any thread."""
        self._inbox.put(Cancel(sequence))

    def change(self, sequence: Sequence, *, request_id: str, priority: Priority, deadline: float | None) -> None:
        """See `Scheduler.change`; from any thread."""
        self._inbox.put(Change(sequence=sequence, request_id=request_id, priority=priority, deadline=deadline))

    def stop(self) -> None:
        """Let the thread end once nothing waits, and wait for it unless it was abandoned."""
        self._inbox.put(None)
        if not self._is_abandoned:
            self._thread.join()

    def abandon(self) -> None:
        """Give up on a thread that does not come back from its step; should it ever, it ends without a word."""
        self._is_abandoned = True

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def step_started(self) -> float | None:
        """When the step that the device is at began, on the clock; None between steps. May be read on any thread."""
        return self._step_started

    def _step_age(self) -> float:
        started = self._step_started
        return 0.0 if started is None else max(0.0, self._clock() - started)

    def _loop(self) -> None:
        stopping = False
        try:
            while not self._is_abandoned:
                stopping = self._receive(block=not stopping and not len(self.scheduler)) or stopping
                if not self._step() and stopping:
                    return
        except BaseException as error:  # whatever ends this thread, those that wait for it are told
            self._step_started = None
            if self._is_abandoned:
                return
            _log.critical("the device thread ended with %s", type(error).__name__)
            failure = InferenceFailed("the device was lost")
            self.scheduler.fail_all(failure)
            self._on_failure(error if isinstance(error, Exception) else DeviceLost(type(error).__name__))
            # Until the end is asked for, so that nobody who submits meanwhile waits for ever.
            while not stopping:
                self.scheduler.fail_all(failure)
                stopping = self._receive(block=True)
            self.scheduler.fail_all(failure)

    def _step(self) -> bool:
        """Schedule, run, postprocess; whether there was anything to run."""
        batch = self.scheduler.schedule()
        self._observer.waiting()
        if batch is not None:
            started = self._step_started = self._clock()
            tokens = self.model_runner.run(batch)
            self._step_started = None
            if self._is_abandoned:
                return False
            ended = self._clock()
            self._observer.step(batch, self.model_runner, started, ended)
            self._learn_rate(batch, ended - (self._last_step_ended or started))
            self._last_step_ended = ended
            self.scheduler.postprocess(batch, tokens)
            self.scheduler.max_batch_sequences = self.model_runner.max_batch_sequences
        if batch is None or not len(self.scheduler):
            self._last_step_ended = None
            self._rest()
        return batch is not None

    def _receive(self, *, block: bool) -> bool:
        """Take over what was submitted; whether the end was asked for."""
        stop = False
        while True:
            try:
                message = self._inbox.get(block=block)
            except queue.Empty:
                return stop
            block = False
            match message:
                case None:
                    stop = True
                case Cancel(sequence):
                    self.scheduler.cancel(sequence)
                case Change(sequence=sequence):
                    self.scheduler.change(
                        sequence,
                        request_id=message.request_id,
                        priority=message.priority,
                        deadline=message.deadline,
                    )
                case _:
                    self.scheduler.add(message)

    def _rest(self) -> None:
        """Nothing is left to run: free what the device holds, and compare the scheduler's books.

        Books that disagree are a bug. It is logged, and the scheduler begins new ones.
        """
        self.model_runner.release()
        self._observer.waiting()
        try:
            self.scheduler.check_invariants()
            if len(self.scheduler):
                raise InvariantBroken(f"nothing runs, and {len(self.scheduler)} sequences wait")
        except InvariantBroken as error:
            _log.critical("the scheduler's books are wrong: %s", error)
            self._metrics.invariant_violations.inc()
            # Safe, because nothing runs: whoever is still waiting would do so for ever.
            self.scheduler.fail_all(InferenceFailed("the scheduler lost track of it"))

    def _learn_rate(self, batch: Batch, seconds: float) -> None:
        tokens = len(batch.sequences) + sum(len(sequence.prompt.input_ids) for sequence in batch.joining)
        self.rate.observe(tokens, seconds, is_full=any(self.scheduler.num_waiting(priority) for priority in Priority))
