"""Runs sequences on a model that another server has: who is next, how many at once, and what when it does not answer.

Takes the place of the device's thread: it has the same waiting queue, and requests where the device has slots. All of
it is on the event loop. One pause holds for all requests: while the server is full or away, everything waits in the
queue in its order, and when the pause is over one request alone finds out how it is.
"""

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from triwire_server.engine.drain_rate import DrainRate
from triwire_server.engine.in_flight import Result, Work
from triwire_server.engine.models.base import Prompt
from triwire_server.engine.models.remote import InvalidAnswer, RemoteModel, Withheld
from triwire_server.engine.queue import AGEING_SECONDS, WaitingQueue
from triwire_server.engine.remote_client import RemoteClient, RequestFailed, Trouble
from triwire_server.engine.remote_health import ServerHealth
from triwire_server.engine.scheduler import LOOK_AHEAD, OLDEST_LEADS_EVERY, RESERVED_SHARE
from triwire_server.engine.sequence import Sequence, State
from triwire_server.errors import InferenceFailed, ModelUnavailable
from triwire_server.segment import Output, Priority, Segment, Timing
from triwire_server.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Requests for a text that reached the server and broke there: the text itself may be what breaks it."""

_NO_PROMPT = Prompt(input_ids=(), max_new_tokens=0)
"""The other server makes the tokens."""


@dataclass(slots=True, eq=False, kw_only=True)
class RemoteSequence(Sequence):
    """A segment on its way to another server."""

    segment: Segment
    output: Output | None = None
    failing_since: float | None = None
    """Monotonic seconds of its first failure."""

    num_broken: int = 0
    """Requests for it that broke at the server."""


class RemoteWorker:
    """Sends the sequences of one model to its server.

    A failure that says nothing of the text is tried again: nothing is stored there, so that asking twice costs no more
    than tokens. It ends when the sequence has failed for `retry_seconds` of the source, or when the server has.

    Args:
        model: what is asked for a segment.
        client: connections to its server.
        metrics: where requests are counted.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        model: RemoteModel,
        client: RemoteClient,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self.rate = DrainRate()
        """Tokens a second that the server reads and writes for this replica."""

        self._model = model
        self._client = client
        self._metrics = metrics
        self._clock = clock
        self._name = model.card.full_name
        self._patience = model.source.retry_seconds
        self._health = ServerHealth(model.source.max_concurrent_requests, self._patience, random.random)
        self._queue = WaitingQueue()
        self._running: dict[Sequence, asyncio.Task[None]] = {}
        self._sent_since_oldest = 0
        """Requests sent since the sequence that waits longest was sent."""

        self._measured_since: float | None = None
        self._has_told = False
        self._is_closed = False
        self._wake: asyncio.TimerHandle | None = None
        for outcome in ("answered", "cancelled", *Trouble):
            metrics.remote_requests.labels(self._name, outcome)
        metrics.remote_request_duration_seconds.labels(self._name)
        metrics.remote_requests_waiting.labels(self._name).set_function(lambda: len(self._queue))
        metrics.remote_requests_in_flight.labels(self._name).set_function(lambda: len(self._running))
        metrics.remote_request_limit.labels(self._name).set_function(lambda: self._health.limit.value)

    async def run(self, work: Work) -> Result:
        """What the model makes of a segment.

        Raises:
            ModelUnavailable: the server does not answer, or not in time.
            InferenceFailed: it does not take this text, or breaks at it.
        """
        make = partial(RemoteSequence, prompt=_NO_PROMPT, segment=work.segment)
        sequence, done = work.hand_over(make, self, self._clock())
        self._submit(sequence)
        await done
        if sequence.error is not None:
            raise sequence.error
        if sequence.output is None:
            raise InferenceFailed
        return Result(sequence.output, sequence.started)

    def cancel(self, sequence: Sequence) -> None:
        """Drop a sequence that nobody wants any more; the connection of its request is closed."""
        self._queue.discard(sequence)
        sequence.finish()
        if (task := self._running.get(sequence)) is not None:
            task.cancel()

    def change(self, sequence: Sequence, *, request_id: str, priority: Priority, deadline: float | None) -> None:
        """Let a sequence wait for someone else, see `Scheduler.change`."""
        sequence.deadline = deadline
        if sequence in self._queue and (sequence.request_id, sequence.priority) != (request_id, priority):
            self._queue.move(sequence, priority, request_id)

    async def close(self) -> None:
        """End what runs, and close the connections."""
        self._is_closed = True
        if self._wake is not None:
            self._wake.cancel()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def check_invariants(self) -> None:
        """Compare the books with each other.

        Raises:
            InvariantBroken: they do not agree.
        """
        self._queue.check_invariants()

    def _submit(self, sequence: RemoteSequence) -> None:
        if (refusal := self._health.refusal(sequence.deadline, self._clock())) is not None:
            sequence.finish(refusal)
            return
        self._queue.add(sequence)
        self._fill()

    def _fill(self) -> None:
        """Send what may be sent now."""
        now = self._clock()
        while now >= self._health.paused_until and not self._is_closed:
            sequence = self._next(now)
            if sequence is None:
                return
            self._queue.take([sequence])
            assert isinstance(sequence, RemoteSequence)  # noqa: S101  # nothing else is ever added
            self._running[sequence] = asyncio.ensure_future(self._send(sequence, now))
        if len(self._queue) and self._wake is None and not self._is_closed:
            self._wake = asyncio.get_running_loop().call_later(self._health.paused_until - now, self._go_on)

    def _go_on(self) -> None:
        self._wake = None
        self._fill()

    def _next(self, now: float) -> Sequence | None:
        """The sequence that may be sent now; None: none waits, or none may."""
        allowed = self._health.allowed
        if len(self._running) >= allowed:
            return None
        oldest = self._queue.oldest
        if oldest is not None and _has_aged(oldest, now) and self._sent_since_oldest >= OLDEST_LEADS_EVERY - 1:
            self._sent_since_oldest = 0
            return oldest
        waiting: Iterator[Sequence] = itertools.islice(self._queue.in_order(now), LOOK_AHEAD)
        if len(self._running) >= allowed - allowed // RESERVED_SHARE:
            # What is left is kept for INTERACTIVE sequences, and for those that have aged.
            waiting = (each for each in waiting if each.priority is Priority.INTERACTIVE or _has_aged(each, now))
        sequence = next(waiting, None)
        self._sent_since_oldest = 0 if sequence is oldest else self._sent_since_oldest + 1
        return sequence

    async def _send(self, sequence: RemoteSequence, now: float) -> None:
        sequence.state = State.RUNNING
        if sequence.started is None:
            sequence.started = now
            self._metrics.queue_duration_seconds.labels(sequence.priority.name).observe(now - sequence.arrival)
        if self._measured_since is None:
            self._measured_since = now
        round_number = self._health.round
        try:
            try:
                request = self._model.request(sequence.segment)
                output = await self._ask(request)
            except RequestFailed as failure:
                self._count(failure.trouble)
                self._failed(sequence, failure, now, round_number)
            else:
                self._count("answered")
                self._answered(sequence, output, now)
        except asyncio.CancelledError:
            self._count("cancelled")
            raise
        except Exception as error:  # a bug: whoever waits is told
            _log.critical("a request to the server of %s failed with %s", self._name, type(error).__name__)
            sequence.finish(InferenceFailed())
        finally:
            del self._running[sequence]
            if not self._running and not len(self._queue):
                self._measured_since = None
            self._fill()

    async def _ask(self, request: dict[str, Any]) -> Output:
        content = await self._client.complete(request)
        try:
            return self._model.read(content, request)
        except Withheld as error:
            raise RequestFailed(Trouble.INPUT, str(error)) from None
        except InvalidAnswer as error:
            raise RequestFailed(Trouble.BROKEN, str(error)) from None

    def _answered(self, sequence: RemoteSequence, output: Output, sent: float) -> None:
        now = self._clock()
        self._health.answered(now, len(self._running))
        self._tell_available()
        self._metrics.remote_request_duration_seconds.labels(self._name).observe(now - sent)
        if self._measured_since is not None:
            tokens = output.input_tokens + output.output_tokens
            self.rate.observe(tokens, now - self._measured_since, is_full=len(self._queue) > 0)
            self._measured_since = now
        # When the other server had read it is not known.
        timing = Timing(arrived=sequence.arrival, started=sent, prefilled=sent, finished=now)
        sequence.output = replace(output, timing=timing)
        sequence.finish()

    def _failed(self, sequence: RemoteSequence, failure: RequestFailed, sent: float, round_number: int) -> None:
        """Take note of a failure, and let the sequence wait for another try, or end it."""
        now = self._clock()
        trouble = failure.trouble
        if trouble is Trouble.INPUT:
            self._end(sequence, InferenceFailed("the server of the model does not take this text"), failure)
            return
        if trouble is Trouble.SLOW and self._health.last_answer > sent:
            # It answers others: this text alone takes it too long.
            self._end(sequence, InferenceFailed("the server of the model takes too long for this text"), failure)
            return
        if sequence.failing_since is None:
            sequence.failing_since = now
        sequence.num_broken += trouble in (Trouble.BROKEN, Trouble.CUT)
        if trouble is not Trouble.BROKEN:
            self._health.failed(failure, now, sent, round_number=round_number, in_flight=len(self._running))
            self._give_up_waiting(failure, now)
        if sequence.num_broken >= MAX_ATTEMPTS:
            self._end(sequence, InferenceFailed("the server of the model breaks at this text"), failure)
        elif (refusal := self._health.refusal(sequence.deadline, now)) is not None:
            refusal.needs_operator = trouble is Trouble.SETUP
            self._end(sequence, refusal, failure)
        elif trouble is Trouble.SLOW or now - sequence.failing_since >= self._patience:
            self._end(sequence, ModelUnavailable(retry_seconds=max(1.0, self._health.paused_until - now)), failure)
        elif sequence.state is not State.FINISHED:
            sequence.state = State.WAITING
            self._queue.add(sequence)

    def _give_up_waiting(self, failure: RequestFailed, now: float) -> None:
        """After a failure, end what need not wait until the server is asked again."""
        if failure.trouble is not Trouble.BUSY:
            # Nothing was done meanwhile, which is no measure of how fast it works.
            self._measured_since = None
        if failure.trouble is not Trouble.BUSY or self._health.is_away:
            self._tell_unavailable(failure)
        for sequence in list(self._queue):
            if (refusal := self._health.refusal(sequence.deadline, now)) is not None:
                self._queue.discard(sequence)
                sequence.finish(refusal)

    def _end(self, sequence: Sequence, error: InferenceFailed | ModelUnavailable, failure: RequestFailed) -> None:
        """End a sequence with a failure. What the server did is for the log alone."""
        if isinstance(error, InferenceFailed):
            _log.warning("the server of %s at %s, with one text: %s", self._name, self._model.source.base_url, failure)
        error.__cause__ = failure
        sequence.finish(error)

    def _count(self, outcome: str) -> None:
        self._metrics.remote_requests.labels(self._name, outcome).inc()

    def _tell_unavailable(self, failure: RequestFailed) -> None:
        """The log has one line for the begin of an outage and one for its end."""
        if self._health.is_away:
            self._metrics.model_ready.labels(self._name).set(0)
        if not self._has_told:
            self._has_told = True
            level = logging.ERROR if failure.trouble is Trouble.SETUP else logging.WARNING
            _log.log(level, "the server of %s at %s: %s", self._name, self._model.source.base_url, failure)

    def _tell_available(self) -> None:
        if self._has_told:
            self._has_told = False
            self._metrics.model_ready.labels(self._name).set(1)
            _log.warning("the server of %s at %s answers again", self._name, self._model.source.base_url)


def _has_aged(sequence: Sequence, now: float) -> bool:
    return now - sequence.arrival >= AGEING_SECONDS
