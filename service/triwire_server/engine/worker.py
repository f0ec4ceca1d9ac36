"""The thread that owns the device."""

import logging
import queue
import threading
from collections.abc import Callable

from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Batch, Sequence
from triwire_server.errors import InferenceFailed
from triwire_server.metrics import Metrics

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
        self.scheduler = scheduler
        self.model_runner = model_runner
        self._metrics = metrics
        self._clock = clock
        self._on_failure = on_failure
        self._inbox: queue.SimpleQueue[Sequence | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="triwire-device", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, sequence: Sequence) -> None:
        """Hand over a sequence, from any thread."""
        self._inbox.put(sequence)

    def stop(self) -> None:
        """Let the thread end once nothing waits, and wait for it."""
        self._inbox.put(None)
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        stopping = False
        try:
            while True:
                stopping = self._receive(block=not stopping and not len(self.scheduler)) or stopping
                batch = self.scheduler.schedule()
                self._count_waiting()
                if batch is None:
                    self.model_runner.release()
                    if stopping:
                        return
                    continue
                started = self._clock()
                tokens = self.model_runner.run(batch)
                self._observe(batch, self._clock() - started)
                self.scheduler.postprocess(batch, tokens)
                if self.model_runner.max_batch_sequences is not None:
                    self.scheduler.max_batch_sequences = self.model_runner.max_batch_sequences
        except Exception as error:
            _log.critical("the device thread ended with %s", type(error).__name__)
            failure = InferenceFailed("the device was lost")
            self.scheduler.fail_all(failure)
            self._on_failure(error)
            # Until the end is asked for, so that nobody who submits meanwhile waits for ever.
            while not stopping:
                self.scheduler.fail_all(failure)
                stopping = self._receive(block=True)
            self.scheduler.fail_all(failure)

    def _receive(self, *, block: bool) -> bool:
        """Take over what was submitted; whether the end was asked for."""
        stop = False
        while True:
            try:
                sequence = self._inbox.get(block=block)
            except queue.Empty:
                return stop
            block = False
            if sequence is None:
                stop = True
            else:
                self.scheduler.add(sequence)

    def _observe(self, batch: Batch, seconds: float) -> None:
        for sequence in batch.sequences:
            sequence.compute.add(batch.number, seconds)
        self._metrics.batch_sequences.observe(len(batch.sequences))
        self._metrics.batch_tokens.observe(batch.num_tokens)
        self._metrics.batch_duration_seconds.labels(batch.pool.model_name).observe(seconds)

    def _count_waiting(self) -> None:
        for priority in Priority:
            self._metrics.queue_sequences.labels(priority.name).set(self.scheduler.num_waiting(priority))
