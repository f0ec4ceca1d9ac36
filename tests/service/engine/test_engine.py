import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from tests.service.engine.small_model import COPY, FAULT, SLOW, SLOW_SECONDS, CopyModel, LostModel, segment
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.call import EngineCall
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.errors import DeadlineExceeded, InferenceFailed, QueueFull, ShuttingDown
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics


class Service:
    """A running engine with its model and its registry."""

    def __init__(self, limits: EngineLimits, cache: ResultCache | None) -> None:
        self.model = CopyModel()
        self.registry = CollectorRegistry()
        self.engine = Engine([self.model], limits=limits, metrics=Metrics(self.registry), cache=cache)

    def admit(
        self,
        tokens: int = 10,
        priority: Priority = Priority.STANDARD,
        timeout: float | None = None,
        request_id: str = "r1",
        wait: bool = False,
    ) -> AbstractAsyncContextManager[EngineCall]:
        deadline = None if timeout is None else time.monotonic() + timeout
        return self.engine.admit(
            request_id=request_id, priority=priority, deadline=deadline, estimated_tokens=tokens, wait=wait
        )

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running(limits: EngineLimits | None = None, cache: ResultCache | None = None) -> AsyncIterator[Service]:
    service = Service(limits or EngineLimits(), cache)
    await service.engine.start()
    try:
        yield service
    finally:
        await service.engine.stop()


async def test_outputs_come_in_the_order_of_their_segments_and_are_counted() -> None:
    async with running() as service, service.admit() as call:
        outputs = await call.generate(COPY, [segment("three words here"), segment("one"), segment("two")])
        assert [output.text for output in outputs] == ["three words here", "one", "two"]
        assert call.usage.segments == 3
        assert call.usage.input_tokens == call.usage.output_tokens == 17 + 4 + 4
        assert service.value("triwire_output_tokens_total", model=COPY) == 25
        assert call.usage.queue_seconds < 1
        assert call.usage.compute_seconds > 0


async def test_segments_of_several_calls_share_a_batch() -> None:
    async with running() as service:
        async with service.admit(request_id="first") as first, service.admit(request_id="second") as second:
            blocker = asyncio.create_task(first.generate(COPY, [segment(SLOW * 4)]))
            while not service.model.batches:
                await asyncio.sleep(0.001)
            await asyncio.gather(first.generate(COPY, [segment("abc")]), second.generate(COPY, [segment("xyz")]))
            await blocker
        assert sorted(service.model.batches[1]) == ["abc", "xyz"]


async def test_the_event_loop_goes_on_while_a_batch_runs() -> None:
    async with running() as service, service.admit() as call:
        work = asyncio.create_task(call.generate(COPY, [segment(SLOW * 6)]))
        ticks = 0
        while not work.done():
            await asyncio.sleep(SLOW_SECONDS / 10)
            ticks += 1
        assert ticks >= 6


async def test_only_the_segment_at_fault_fails() -> None:
    async with running() as service:
        async with service.admit() as call:
            texts = ["aa", "bb", FAULT + "c", "dd", "ee"]
            made = await asyncio.gather(
                *(call.generate(COPY, [segment(text)]) for text in texts), return_exceptions=True
            )
        assert [type(outcome) for outcome in made] == [list, list, InferenceFailed, list, list]
        assert service.engine.is_healthy


async def test_a_deadline_that_passes_in_the_queue_ends_the_wait_and_the_work() -> None:
    async with running() as service:
        async with service.admit(request_id="slow") as slow:
            blocker = asyncio.create_task(slow.generate(COPY, [segment(SLOW * 8)]))
            while not service.model.batches:
                await asyncio.sleep(0.001)
            started = time.monotonic()
            with pytest.raises(DeadlineExceeded):
                async with service.admit(timeout=SLOW_SECONDS, request_id="late") as late:
                    await late.generate(COPY, [segment("late")])
            assert time.monotonic() - started < 6 * SLOW_SECONDS
            await blocker
            await slow.generate(COPY, [segment("after")])
        assert not any("late" in batch for batch in service.model.batches)


async def test_a_cancelled_call_leaves_nothing_in_the_queue() -> None:
    async with running() as service:
        async with service.admit(request_id="slow") as slow:
            blocker = asyncio.create_task(slow.generate(COPY, [segment(SLOW * 6)]))
            while not service.model.batches:
                await asyncio.sleep(0.001)

            async def unwanted() -> None:
                async with service.admit(request_id="gone") as gone:
                    await gone.generate(COPY, [segment(f"gone {number}") for number in range(20)])

            task = asyncio.create_task(unwanted())
            await asyncio.sleep(SLOW_SECONDS)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await blocker
            await slow.generate(COPY, [segment("after")])
        assert not any(text.startswith("gone") for batch in service.model.batches for text in batch)
        assert service.value("triwire_queue_tokens") == 0


async def test_a_full_queue_refuses_bulk_first_and_says_when_to_come_back() -> None:
    async with running(EngineLimits(max_queue_tokens=100)) as service, service.admit(45):
        with pytest.raises(QueueFull) as caught:
            async with service.admit(10, Priority.BULK):
                pass
        assert 0 < caught.value.retry_seconds < 60
        assert service.value("triwire_admission_refusals_total", priority="BULK", reason="queue_full") == 1
        assert service.value("triwire_retry_delay_seconds_count", priority="BULK") == 1
        delay = service.value("triwire_retry_delay_seconds_sum", priority="BULK")
        assert delay == pytest.approx(caught.value.retry_seconds)
        async with service.admit(35, Priority.STANDARD):
            with pytest.raises(QueueFull):
                async with service.admit(1, Priority.STANDARD):
                    pass
            async with service.admit(20, Priority.INTERACTIVE):
                pass


async def test_a_call_larger_than_the_queue_is_let_in_alone() -> None:
    async with running(EngineLimits(max_queue_tokens=100)) as service, service.admit(5_000) as call:
        assert (await call.generate(COPY, [segment("big")]))[0].text == "big"


async def test_waiting_calls_enter_in_order_when_room_comes_back() -> None:
    order: list[str] = []
    async with running(EngineLimits(max_queue_tokens=100)) as service:

        async def wait_for_turn(name: str) -> None:
            async with service.admit(80, request_id=name, wait=True):
                order.append(name)

        async with service.admit(80):
            waiting = [asyncio.create_task(wait_for_turn(name)) for name in ("first", "second", "third")]
            await asyncio.sleep(0.01)
            assert order == []
        await asyncio.gather(*waiting)
    assert order == ["first", "second", "third"]


async def test_waiting_for_room_ends_at_the_deadline_and_gives_no_room_away() -> None:
    async with running(EngineLimits(max_queue_tokens=100)) as service:
        async with service.admit(80):
            with pytest.raises(DeadlineExceeded):
                async with service.admit(80, timeout=0.02, wait=True):
                    pass
        assert service.value("triwire_queue_tokens") == 0
        async with service.admit(80):
            pass


async def test_finished_work_comes_from_the_cache_and_costs_no_tokens() -> None:
    async with running(cache=ResultCache(10_000)) as service:
        async with service.admit() as call:
            await call.generate(COPY, [segment("again")])
        async with service.admit() as call:
            [output] = await call.generate(COPY, [segment("again")])
            assert (output.text, output.cached, output.input_tokens, output.output_tokens) == ("again", True, 0, 0)
            assert (call.usage.segments, call.usage.cached_segments, call.usage.input_tokens) == (1, 1, 0)
            [output] = await call.generate(COPY, [segment("again", attempt=1)])
            assert output.cached is False
        assert service.value("triwire_cache_hits_total", cache="local") == 1


async def test_an_output_says_when_the_device_worked_on_it_unless_it_did_not() -> None:
    limits = EngineLimits(max_batch_sequences=1)
    async with running(limits, ResultCache(10_000)) as service, service.admit() as call:
        before = time.monotonic()
        [slow], [quick] = await asyncio.gather(
            call.generate(COPY, [segment(SLOW)]), call.generate(COPY, [segment("waits for the slot")])
        )
        assert slow.timing is not None
        assert quick.timing is not None
        for timing in (slow.timing, quick.timing):
            assert before <= timing.arrived <= timing.started < timing.prefilled <= timing.finished <= time.monotonic()
        first, second = sorted((slow.timing, quick.timing), key=lambda timing: timing.started)
        assert first.finished <= second.started
        [again] = await call.generate(COPY, [segment("waits for the slot")])
        assert again.timing is None


async def test_stopping_finishes_what_was_admitted_and_refuses_the_rest() -> None:
    service = Service(EngineLimits(), None)
    await service.engine.start()
    async with service.admit() as call:
        work = asyncio.create_task(call.generate(COPY, [segment(SLOW * 2), segment("b")]))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(service.engine.stop())
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown):
            async with service.admit(request_id="new"):
                pass
        assert [output.text for output in await work] == [SLOW * 2, "b"]
    await stopping
    assert not service.engine.is_healthy


async def test_a_lost_device_fails_what_waits_and_is_reported() -> None:
    reported: list[Exception] = []
    on_failure: Callable[[Exception], None] = reported.append
    engine = Engine([LostModel()], limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), on_failure=on_failure)
    await engine.start()
    async with engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=1) as call:
        for _ in range(2):
            with pytest.raises(InferenceFailed):
                await call.generate(COPY, [segment("a")])
    assert not engine.is_healthy
    assert len(reported) == 1
    await engine.stop()
