"""Where a result comes from: this replica's cache, equal work under way, another replica, or the model itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from triwire_server.cache.result_cache import CachedResult, ResultCache
from triwire_server.cache.shared_result import SharedResult, SharedResults
from triwire_server.engine.in_flight import InFlight, Result, Waiter, Work
from triwire_server.engine.local_models import LocalModels
from triwire_server.engine.models.base import ServedModel
from triwire_server.engine.remote_worker import RemoteWorker
from triwire_server.segment import Output, Segment
from triwire_server.telemetry.metrics import Metrics


class Results:
    """Finds results or has them made. Used on the event loop alone.

    Args:
        models: by full name.
        workers: whom the work of each model is given to, by full name.
        metrics: where tokens and hits are counted.
        clock: monotonic seconds.
        cache: finished work by content; None: none is kept.
    """

    def __init__(
        self,
        models: Mapping[str, ServedModel],
        workers: Mapping[str, LocalModels | RemoteWorker],
        metrics: Metrics,
        clock: Callable[[], float],
        cache: ResultCache | None,
    ) -> None:
        self._models = models
        self._workers = workers
        self._metrics = metrics
        self._clock = clock
        self._cache = cache
        self._shared: SharedResults | None = None
        self.in_flight = InFlight(self._make)

    def share(self, shared: SharedResults) -> None:
        """Look for results of other replicas and give them ours, from now on."""
        self._shared = shared

    async def get(self, model_name: str, segment: Segment, waiter: Waiter) -> Result:
        """The result for one part of a call.

        Args:
            model_name: name@version of the model.
            segment: what it is to read.
            waiter: who asks. A result that was made for another one costs it nothing: `Output.cached`.

        Raises:
            DeadlineExceeded, InferenceFailed, ModelUnavailable: see `InFlight.result`.
        """
        if self._cache is not None:
            found = self._cache.get(model_name, segment)
            if found is not None:
                return self._for_nothing(_output(found), "local")
        seconds = None if waiter.deadline is None else max(0.0, waiter.deadline - self._clock())
        result, pays = await self.in_flight.result(model_name, segment, waiter, seconds)
        if pays and not result.output.cached:
            return result
        return self._for_nothing(result.output, "shared" if pays else "joined")

    def _for_nothing(self, output: Output, cache: str) -> Result:
        """An output that was made for another call."""
        self._metrics.cache_hits.labels(cache).inc()
        return Result(replace(output, input_tokens=0, output_tokens=0, cached=True, timing=None), None)

    async def _make(self, work: Work) -> Result:
        """What another replica or the model makes of a segment. Its failures are those of all that wait for it."""
        model = self._models[work.model_name]
        if self._shared is not None:
            found = await self._shared.get(model.identity, work.segment)
            if found is not None:
                self._keep(work, found)
                return Result(_output(found), None)
        self._metrics.cache_misses.inc()
        result = await self._workers[work.model_name].run(work)
        output = result.output
        self._metrics.input_tokens.labels(work.model_name).inc(output.input_tokens)
        self._metrics.output_tokens.labels(work.model_name).inc(output.output_tokens)
        made = SharedResult(output.text, output.truncated)
        self._keep(work, made)
        if self._shared is not None:
            self._shared.put(model.identity, work.segment, made)
        return result

    def _keep(self, work: Work, result: SharedResult) -> None:
        """In this replica's own cache."""
        if self._cache is not None:
            self._cache.put(work.model_name, work.segment, result.text, truncated=result.truncated)
            self._metrics.cache_size_bytes.set(self._cache.num_bytes)


def _output(found: CachedResult | SharedResult) -> Output:
    """What was kept, as an output that costs nothing."""
    return Output(text=found.text, input_tokens=0, output_tokens=0, truncated=found.truncated, cached=True)
