"""What the engine promises to callers, counted in steps of the device: a headline behind an article, and giving up."""

import asyncio
import gc
import random
import weakref
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from tests.service.engine.gate import GatedRunner, gate, held, num_known, until
from tests.service.engine.small_model import COPY, CopyModel, segment
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.base import Rows
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.errors import DeadlineExceeded, QueueFull
from triwire_server.segment import Output, Priority
from triwire_server.telemetry.metrics import Metrics

INTERACTIVE, STANDARD, BULK = Priority


class Desk:
    """A running engine on a clock that the test turns, behind a gate."""

    def __init__(self, limits: EngineLimits, cache: ResultCache | None = None) -> None:
        self.now = 0.0
        self.rows: weakref.WeakSet[Rows] = weakref.WeakSet()
        self.registry = CollectorRegistry()
        self.cache = cache
        self.runner: GatedRunner

        class Model(CopyModel):
            """Tells which rows there are."""

            def new_rows(model) -> Rows:  # noqa: N805 - `self` is the desk
                made = super().new_rows()
                self.rows.add(made)
                return made

        self.engine = Engine(
            [Model()], limits=limits, metrics=Metrics(self.registry), cache=cache, clock=lambda: self.now
        )

    async def ask(
        self, name: str, texts: list[str], priority: Priority = STANDARD, seconds: float | None = None
    ) -> list[str]:
        async with self.engine.admit(
            request_id=name,
            priority=priority,
            deadline=None if seconds is None else self.now + seconds,
            estimated_tokens=10 * len(texts),
        ) as call:
            return [output.text for output in await call.generate(COPY, [segment(text) for text in texts])]


@asynccontextmanager
async def desk(limits: EngineLimits | None = None, cache: ResultCache | None = None) -> AsyncIterator[Desk]:
    made = Desk(limits or EngineLimits(), cache)
    with gate(made.engine) as made.runner:
        await made.engine.start()
        try:
            yield made
        finally:
            made.runner.open()
            await asyncio.wait_for(made.engine.stop(), 30)


@pytest.mark.parametrize("steps", [0, 1, 7, 40])
@pytest.mark.parametrize("priority", [INTERACTIVE, STANDARD])
async def test_a_headline_behind_a_long_article_starts_within_two_steps_and_one_bounded_prefill(
    priority: Priority, steps: int
) -> None:
    async with desk() as made:
        made.runner.hold_after(0)
        # 400 segments of 20 to 59 tokens, all of the same class as the headline or a less urgent one.
        article = [f"{number:03} " + "x" * (15 + number % 40) for number in range(400)]
        work = asyncio.ensure_future(made.ask("article", article))
        await until(lambda: num_known(made.engine) == 400)
        made.runner.hold_after(steps)
        await held(made.runner)
        assert len(made.runner.batches) == steps
        known = num_known(made.engine)
        headline = asyncio.ensure_future(made.ask("headline", ["A headline."], priority))
        await until(lambda: num_known(made.engine) == known + 1)
        made.runner.open()
        assert await headline == ["A headline."]
        [start] = [
            index
            for index, batch in enumerate(made.runner.batches)
            if any(sequence.request_id == "headline" for sequence in batch.joining)
        ]
        # The step that was about to run when it came, and at most one more before its own.
        assert steps < start <= steps + 2
        after = made.runner.batches[steps + 1 : start + 1]
        read = sum(len(sequence.prompt.input_ids) for batch in after for sequence in batch.joining)
        assert read <= EngineLimits().max_batch_tokens
        assert await work == article


async def test_the_slot_of_a_cancelled_call_is_another_s_in_the_next_step() -> None:
    async with desk(EngineLimits(max_batch_sequences=2)) as made:
        made.runner.hold_after(0)
        unwanted = asyncio.ensure_future(made.ask("unwanted", ["x" * 50]))
        kept = asyncio.ensure_future(made.ask("kept", ["y" * 50]))
        await until(lambda: num_known(made.engine) == 2)
        made.runner.hold_after(3)
        await held(made.runner)
        waiting = asyncio.ensure_future(made.ask("waiting", ["z"]))
        await until(lambda: num_known(made.engine) == 3)
        unwanted.cancel()
        await until(lambda: num_known(made.engine) == 4)
        made.runner.open()
        assert await waiting == ["z"]
        step, after = made.runner.batches[3:5]
        assert {sequence.request_id for sequence in step.sequences} == {"unwanted", "kept"}
        assert [sequence.request_id for sequence in after.sequences] == ["kept", "waiting"]
        assert await kept == ["y" * 50]


async def test_the_slot_of_a_call_whose_deadline_passed_is_another_s_in_the_next_step() -> None:
    async with desk(EngineLimits(max_batch_sequences=1)) as made:
        made.runner.hold_after(3)
        late = asyncio.ensure_future(made.ask("late", ["x" * 50], seconds=1_000.0))
        await held(made.runner)
        waiting = asyncio.ensure_future(made.ask("waiting", ["z"]))
        await until(lambda: num_known(made.engine) == 2)
        made.now = 1_000.0
        made.runner.open()
        with pytest.raises(DeadlineExceeded):
            await late
        assert await waiting == ["z"]
        assert [batch.sequences[0].request_id for batch in made.runner.batches[:5]] == ["late"] * 4 + ["waiting"]


async def cancel_some(made: Desk, chance: random.Random, number: int) -> Counter[type]:
    """Make calls, cancel them one after the other while they are under way, and tell how they ended."""
    tasks = []
    for _ in range(number):
        texts = [
            f"text {chance.randrange(10_000)} " + "x" * chance.randrange(20) if chance.random() < 0.7 else "same"
            for _ in range(chance.randrange(1, 5))
        ]
        name, priority = f"r{chance.randrange(30)}", chance.choice(list(Priority))
        seconds = chance.choice([None, None, 500.0, 2_000.0])
        tasks.append(asyncio.ensure_future(made.ask(name, texts, priority, seconds)))
    while not all(task.done() for task in tasks):
        for task in chance.sample(tasks, number // 5):
            task.cancel()
        await asyncio.sleep(chance.choice([0, 0, 0.001]))
        made.now += chance.choice([0.0, 0.0, 100.0])
    return Counter(type(outcome) for outcome in await asyncio.gather(*tasks, return_exceptions=True))


async def test_a_thousand_calls_cancelled_at_random_leave_nothing_behind() -> None:
    chance = random.Random(11)
    cache = ResultCache(1_000_000)
    async with desk(EngineLimits(max_batch_sequences=8, max_queue_tokens=10_000_000), cache) as made:
        ended: Counter[type] = Counter()
        while ended[asyncio.CancelledError] < 1_000:
            ended += await cancel_some(made, chance, 50)
        # The clock jumps, which makes the device a slow one: some are refused, as they would be late.
        assert set(ended) <= {list, asyncio.CancelledError, DeadlineExceeded, QueueFull}
        # They were cancelled while the device worked on them, too.
        ran = {sequence for batch in made.runner.batches for sequence in batch.sequences}
        assert sum(sequence.is_cancelled for sequence in ran) > 50
        ran.clear()

        scheduler = made.engine._worker.scheduler
        await until(lambda: not len(made.engine._results.in_flight) and not num_known(made.engine) and not made.rows)
        # Queue, slots, tokens and deadlines.
        scheduler.check_invariants()
        assert [scheduler.num_waiting(priority) for priority in Priority] == [0, 0, 0]
        assert (len(scheduler), scheduler.num_running, scheduler.num_slots) == (0, 0, 0)
        # In-flight table and admission.
        made.engine.check_invariants()
        assert not made.engine._results.in_flight._work
        assert not made.engine._admission._tickets
        assert made.registry.get_sample_value("triwire_queue_tokens") == 0
        assert made.registry.get_sample_value("triwire_invariant_violations_total") == 0
        # The cache has whole outputs only, and no sequence is kept anywhere.
        for _, kept in cache._entries:
            found = cache.get(COPY, kept)
            assert found is not None
            assert found.text == kept.text
        made.runner.batches.clear()
        await asyncio.sleep(0)  # the event loop holds what it ran last
        gc.collect()
        assert [item for item in gc.get_objects() if type(item) is EngineSequence] == []
        assert [item for item in gc.get_objects() if type(item) is Output] == []
