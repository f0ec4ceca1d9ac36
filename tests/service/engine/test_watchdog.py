"""A device that does not come back from a step."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from tests.service.engine.gate import until
from tests.service.engine.small_model import COPY, SLOW, SLOW_SECONDS, CopyModel, segment
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.base import Prompt
from triwire_server.engine.watchdog import StepTimeout, Watchdog
from triwire_server.errors import InferenceFailed
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

HANG = "\x04"  # END OF TRANSMISSION: reading it does not come back until `go_on`


class HangingModel(CopyModel):
    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        if any(ord(HANG) in prompt.input_ids for prompt in prompts):
            assert self.go_on.wait(30)
        return super().read(prompts)


class Hanging:
    """An engine with a model that can hang, and what it reports on which thread."""

    def __init__(self, step_timeout_seconds: float) -> None:
        self.model = HangingModel()
        self.reported: list[tuple[Exception, str]] = []
        self.engine = Engine(
            [self.model],
            limits=EngineLimits(step_timeout_seconds=step_timeout_seconds, max_batch_sequences=1),
            metrics=Metrics(CollectorRegistry()),
            on_failure=lambda error: self.reported.append((error, threading.current_thread().name)),
        )

    async def ask(self, text: str) -> str:
        async with self.engine.admit(
            request_id=text, priority=Priority.STANDARD, deadline=None, estimated_tokens=1
        ) as call:
            return (await call.generate(COPY, [segment(text)]))[0].text


@asynccontextmanager
async def hanging(step_timeout_seconds: float) -> AsyncIterator[Hanging]:
    made = Hanging(step_timeout_seconds)
    await made.engine.start()
    try:
        yield made
    finally:
        made.model.go_on.set()
        await asyncio.wait_for(made.engine.stop(), 10)
        # Once the step comes back the thread ends by itself.
        await until(lambda: not made.engine._worker.is_alive)


@pytest.mark.parametrize(
    ("started", "now", "left"), [(None, 500.0, 10.0), (500.0, 500.0, 10.0), (500.0, 506.0, 4.0), (500.0, 510.0, 0.0)]
)
def test_the_watchdog_looks_again_when_a_step_can_have_taken_too_long(
    started: float | None, now: float, left: float
) -> None:
    assert Watchdog(lambda: started, 10.0, lambda: now, lambda error: None).seconds_left() == left


async def test_a_step_that_does_not_come_back_fails_all_that_wait_and_is_reported_once() -> None:
    async with hanging(0.1) as made:
        assert await made.ask("before") == "before"
        made.engine.watch_steps()
        running = asyncio.ensure_future(made.ask(HANG))
        waiting = [asyncio.ensure_future(made.ask(text)) for text in ("same", "same", "other")]
        outcomes = await asyncio.wait_for(asyncio.gather(running, *waiting, return_exceptions=True), 10)
        assert [(type(outcome), str(outcome)) for outcome in outcomes] == [(InferenceFailed, "the device was lost")] * 4
        assert not made.engine.is_healthy
        [(error, thread)] = made.reported
        assert (type(error), str(error), thread) == (
            StepTimeout,
            "a step took longer than 0.1 seconds",
            threading.main_thread().name,
        )
        with pytest.raises(InferenceFailed, match="the device was lost"):
            await made.ask("after")
        # The engine stops, though its thread still hangs.
        await asyncio.wait_for(made.engine.stop(), 10)
        assert made.engine._worker.is_alive
        made.engine.check_invariants()
        assert len(made.engine._results.in_flight) == 0
    assert len(made.reported) == 1
    assert made.model.batches == [["before"], [HANG]]


async def test_steps_are_not_timed_while_models_warm() -> None:
    async with hanging(SLOW_SECONDS / 5) as made:
        assert await made.ask(SLOW * 2) == SLOW * 2
        assert made.engine.is_healthy
        assert made.reported == []


async def test_without_a_limit_a_step_may_take_any_time() -> None:
    async with hanging(0) as made:
        made.engine.watch_steps()
        assert await made.ask(SLOW * 2) == SLOW * 2
        assert made.engine.is_healthy


async def test_many_steps_may_together_take_longer_than_one() -> None:
    async with hanging(20 * SLOW_SECONDS) as made:
        made.engine.watch_steps()
        work = [made.ask(SLOW + str(number)) for number in range(25)]
        assert [output[1:] for output in await asyncio.gather(*work)] == [str(number) for number in range(25)]
        assert made.engine.is_healthy
        assert made.reported == []
