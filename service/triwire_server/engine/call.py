"""One admitted call, as what processes an article sees the engine."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triwire_server.engine.in_flight import Result, Waiter
from triwire_server.engine.results import Results
from triwire_server.engine.sequence import ComputeTime
from triwire_server.segment import Output, Priority, Segment


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


class EngineCall:
    """One admitted call: its segments may be generated in any number of concurrent `generate` calls.

    Args:
        results: where its outputs come from.
        count: is told the tokens that the device has read and written for it.
        request_id: names the call.
        priority: its class.
        deadline: seconds on the engine's clock; None: no limit.
        arrival: seconds on the engine's clock.
    """

    def __init__(
        self,
        results: Results,
        count: Callable[[int], None],
        *,
        request_id: str,
        priority: Priority,
        deadline: float | None,
        arrival: float,
    ) -> None:
        self.usage = CallUsage()
        self._results = results
        self._count = count
        self._request_id = request_id
        self._priority = priority
        self._deadline = deadline
        self._arrival = arrival
        self._compute = ComputeTime()
        self._started = math.inf
        self._tasks: set[asyncio.Task[Output]] = set()

    async def generate(self, model_name: str, segments: Sequence[Segment]) -> list[Output]:
        """Outputs of segments, in their order.

        Raises:
            DeadlineExceeded, InferenceFailed, ModelUnavailable: of any of them; the rest is cancelled.
        """
        tasks = [asyncio.ensure_future(self._output(model_name, segment)) for segment in segments]
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

    async def _output(self, model_name: str, segment: Segment) -> Output:
        self.usage.segments += 1
        waiter = Waiter(self._request_id, self._priority, self._deadline, self._compute)
        result = await self._results.get(model_name, segment, waiter)
        if result.output.cached:
            self.usage.cached_segments += 1
        else:
            self._pay(result)
        return result.output

    def _pay(self, result: Result) -> None:
        """Take over what a result cost."""
        self.usage.input_tokens += result.output.input_tokens
        self.usage.output_tokens += result.output.output_tokens
        self._count(result.output.input_tokens + result.output.output_tokens)
        if result.started is not None:
            # Segments may be read back in another order than that of their slots.
            self._started = min(self._started, result.started)
            # Work that another call began may have had its slot before this call arrived.
            self.usage.queue_seconds = max(0.0, self._started - self._arrival)
        self.usage.compute_seconds = self._compute.seconds
