"""Equal work that several calls want at the same time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.service.engine.gate import GatedRunner, gate, held, num_known, until
from tests.service.engine.small_model import COPY, FAULT, LATE_FAULT, CopyModel, segment
from tests.service.engine.test_engine import Service
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.call import CallUsage
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.in_flight import Work
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.errors import DeadlineExceeded, InferenceFailed, TriwireError
from triwire_server.segment import Output, Priority
from triwire_server.telemetry.metrics import Metrics

INTERACTIVE, STANDARD, BULK = Priority


class Calls:
    """Calls of one segment each to an engine whose device stands still until `runner.open`."""

    def __init__(self, service: Service, runner: GatedRunner) -> None:
        self.service = service
        self.runner = runner
        self.usage: dict[str, CallUsage] = {}

    @property
    def texts(self) -> list[str]:
        """What was computed, in order."""
        return [text for batch in self.service.model.batches for text in batch]

    def start(
        self, name: str, text: str, priority: Priority = STANDARD, timeout: float | None = None
    ) -> "asyncio.Task[Output]":
        async def run() -> Output:
            async with self.service.admit(request_id=name, priority=priority, timeout=timeout) as call:
                self.usage[name] = call.usage
                return (await call.generate(COPY, [segment(text)]))[0]

        return asyncio.ensure_future(run())

    async def joined(self, number: int) -> None:
        """Wait until so many parts of calls wait for a result, and their sequences are with the device's thread."""
        work = self.service.engine._results.in_flight._work

        def is_so() -> bool:
            return sum(len(one.waiting) for one in work.values()) == number and all(
                one.sequence for one in work.values()
            )

        await until(is_so)


@asynccontextmanager
async def calls(cache: ResultCache | None = None, slots: int = 32) -> AsyncIterator[Calls]:
    """A device that stands before its first batch, of a text that no other call has."""
    service = Service(EngineLimits(max_batch_sequences=slots), cache)
    with gate(service.engine) as runner:
        runner.hold_after(0)
        await service.engine.start()
        made = Calls(service, runner)
        first = made.start("first", "first")
        await held(runner)
        yield made
        runner.open()
        await first
        service.engine.check_invariants()
        assert len(service.engine._results.in_flight) == 0
        await service.engine.stop()
    assert len(service.engine._worker.scheduler) == 0
    service.engine._worker.scheduler.check_invariants()
    assert service.value("triwire_invariant_violations_total") == 0


@pytest.mark.parametrize("cache", [None, ResultCache(10_000)])
async def test_equal_work_of_two_calls_is_done_once_and_the_second_pays_nothing(cache: ResultCache | None) -> None:
    async with calls(cache) as made:
        one, two = made.start("one", "same"), made.start("two", "same")
        await made.joined(3)
        made.runner.open()
        assert await one == Output(text="same", input_tokens=5, output_tokens=5)
        assert await two == Output(text="same", input_tokens=0, output_tokens=0, cached=True)
        assert made.texts == ["first", "same"]
        assert [(u.segments, u.cached_segments, u.input_tokens) for u in made.usage.values()] == [
            (1, 0, 6),
            (1, 0, 5),
            (1, 1, 0),
        ]
        assert made.usage["one"].compute_seconds > 0
        assert made.usage["two"].compute_seconds == 0
        assert made.service.value("triwire_cache_hits_total", cache="joined") == 1
        assert made.service.value("triwire_cache_misses_total") == 2
        assert made.service.value("triwire_output_tokens_total", model=COPY) == 11


async def test_a_sentence_that_an_article_has_twice_is_translated_once() -> None:
    async with calls() as made, made.service.admit(request_id="article") as call:
        made.runner.open()
        outputs = await call.generate(COPY, [segment(text) for text in ("twice", "once", "twice", "twice")])
        assert [output.text for output in outputs] == ["twice", "once", "twice", "twice"]
        assert [output.cached for output in outputs] == [False, False, True, True]
        assert (call.usage.segments, call.usage.cached_segments, call.usage.output_tokens) == (4, 2, 11)
        assert sorted(made.texts) == ["first", "once", "twice"]


async def test_other_languages_models_and_attempts_are_other_work() -> None:
    async with calls() as made, made.service.admit() as call:
        made.runner.open()
        await call.generate(COPY, [segment("a", attempt=0), segment("a", attempt=1)])
        assert made.texts == ["first", "a", "a"]


async def test_work_goes_on_for_the_others_when_the_call_that_began_it_is_cancelled() -> None:
    async with calls() as made:
        one, two, three = (made.start(name, "same") for name in ("one", "two", "three"))
        await made.joined(4)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        made.runner.open()
        # Whoever stands first in the end pays.
        assert [output.cached for output in await asyncio.gather(two, three)] == [False, True]
        assert made.texts == ["first", "same"]
        assert [made.usage[name].output_tokens for name in ("one", "two", "three")] == [0, 5, 0]
        assert made.usage["two"].compute_seconds > 0
        assert made.usage["two"].queue_seconds >= 0


async def test_work_that_nobody_wants_any_more_is_dropped_before_it_begins() -> None:
    async with calls() as made:
        tasks = [made.start(name, "unwanted") for name in ("one", "two", "three")]
        await made.joined(4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(made.service.engine._results.in_flight) == 1
        again = made.start("four", "wanted")
        await made.joined(2)
        made.runner.open()
        assert (await again).text == "wanted"
        assert made.texts == ["first", "wanted"]


async def test_work_that_was_given_up_is_begun_anew_by_who_comes_after() -> None:
    async with calls() as made:
        one = made.start("one", "same")
        await made.joined(2)
        one.cancel()
        await asyncio.gather(one, return_exceptions=True)
        two = made.start("two", "same")
        await made.joined(2)
        made.runner.open()
        assert await two == Output(text="same", input_tokens=5, output_tokens=5)


@pytest.mark.parametrize("timeouts", [(0.02, None), (None, 0.02), (0.02, 30.0), (30.0, 0.02)])
async def test_a_deadline_that_passes_is_that_of_one_call_alone(timeouts: tuple[float | None, float | None]) -> None:
    async with calls() as made:
        tasks = [made.start(f"r{number}", "same", timeout=timeout) for number, timeout in enumerate(timeouts)]
        await made.joined(3)
        late = tasks[timeouts.index(0.02)]
        with pytest.raises(DeadlineExceeded):
            await late
        [other] = [task for task in tasks if task is not late]
        made.runner.open()
        assert await other == Output(text="same", input_tokens=5, output_tokens=5)
        assert made.texts == ["first", "same"]


async def test_who_comes_with_more_time_just_when_the_device_dropped_the_work_gets_it_all_the_same() -> None:
    now = 0.0
    model = CopyModel()
    engine = Engine([model], limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), clock=lambda: now)

    async def ask(text: str, deadline: float | None) -> Output:
        async with engine.admit(request_id=text, priority=STANDARD, deadline=deadline, estimated_tokens=1) as call:
            return (await call.generate(COPY, [segment(text)]))[0]

    with gate(engine) as runner:
        runner.hold_after(0)
        await engine.start()
        first = asyncio.ensure_future(ask("first", None))
        await held(runner)
        one = asyncio.ensure_future(ask("same", 1_000.0))
        await until(lambda: num_known(engine) == 2)
        [sequence] = [work.sequence for work in engine._results.in_flight._work.values() if work.segment.text == "same"]
        assert sequence is not None
        now = 1_000.0
        runner.open()
        while sequence.error is None:
            time.sleep(0.001)  # noqa: ASYNC251 - the event loop must not hear of it yet
        assert isinstance(sequence.error, DeadlineExceeded)
        async with engine.admit(request_id="two", priority=STANDARD, deadline=2_000.0, estimated_tokens=1) as call:
            two = asyncio.ensure_future(call._output(COPY, segment("same")))
            # Their timers are on the real clock: the first one is not told before the work is done, and gets it too.
            assert [output.cached for output in await asyncio.gather(one, two)] == [False, True]
        assert model.batches == [["first"], ["same"]]
        await first
        runner.hold_after(0)
        three = asyncio.ensure_future(ask("late", 1_000.5))
        await held(runner)
        now = 1_001.0
        runner.open()
        with pytest.raises(DeadlineExceeded):
            await three
        await engine.stop()


async def test_a_more_urgent_call_does_not_wait_at_the_priority_of_the_work_it_joins() -> None:
    async with calls(slots=1) as made:
        bulk = [made.start("archive", text, BULK) for text in ("b1", "b2", "b3")]
        await made.joined(4)
        standard = made.start("cms", "s", STANDARD)
        await made.joined(5)
        urgent = made.start("editor", "b3", INTERACTIVE)
        await made.joined(6)
        made.runner.open()
        await asyncio.gather(*bulk, standard, urgent)
        assert made.texts == ["first", "b3", "s", "b1", "b2"]
        assert made.service.value("triwire_queue_duration_seconds_count", priority="INTERACTIVE") == 1
        assert made.service.value("triwire_queue_duration_seconds_count", priority="BULK") == 2


async def test_work_waits_as_before_when_the_more_urgent_call_has_gone() -> None:
    async with calls(slots=1) as made:
        bulk = made.start("archive", "b", BULK)
        await made.joined(2)
        urgent = made.start("editor", "b", INTERACTIVE)
        await made.joined(3)
        standard = made.start("cms", "s", STANDARD)
        await made.joined(4)
        urgent.cancel()
        await asyncio.gather(urgent, return_exceptions=True)
        made.runner.open()
        await asyncio.gather(bulk, standard)
        assert made.texts == ["first", "s", "b"]


@pytest.mark.parametrize("text", [FAULT + "x", "x" + LATE_FAULT + "y"])
async def test_a_failure_is_that_of_all_that_wait_and_nobody_else(text: str) -> None:
    async with calls(ResultCache(10_000)) as made:
        tasks = [made.start(f"r{number}", text) for number in range(3)]
        good = made.start("good", "good")
        await made.joined(5)
        made.runner.open()
        outcomes = await asyncio.gather(*tasks, good, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [InferenceFailed] * 3 + [Output]
        assert made.service.value("triwire_cache_hits_total", cache="joined") == 0
        # It is not remembered: who asks again has it tried again.
        tries = made.texts.count(text)
        with pytest.raises(InferenceFailed):
            await made.start("again", text)
        assert made.texts.count(text) > tries


async def test_books_that_do_not_agree_are_found() -> None:
    async with calls() as made:
        in_flight = made.service.engine._results.in_flight
        [work] = in_flight._work.values()
        [waiter] = work.waiting
        work.waiting.clear()
        with pytest.raises(InvariantBroken, match="nobody waits"):
            in_flight.check_invariants()
        work.waiting.append(waiter)
        in_flight._work[COPY, segment("lost")] = Work(COPY, segment("lost"))
        with pytest.raises(InvariantBroken, match="2 pieces of work have 1 tasks"):
            in_flight.check_invariants()
        del in_flight._work[COPY, segment("lost")]


plans = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["", "a", "bb", "ccc", "dd" + LATE_FAULT + "d", FAULT]), min_size=1, max_size=4),
        st.sampled_from(Priority),
        st.none() | st.sampled_from([0.0, 0.001, 0.005, 5.0]),
        st.none() | st.integers(0, 12),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60)
@given(plans, st.booleans(), st.integers(1, 4), st.integers(0, 1000))
def test_everyone_who_waits_gets_the_answer_or_a_reason_of_their_own(
    work: list[tuple[list[str], Priority, float | None, int | None]], cached: bool, slots: int, seed: int
) -> None:
    chance = random.Random(seed)

    async def run() -> None:
        service = Service(EngineLimits(max_batch_sequences=slots), ResultCache(10_000) if cached else None)
        await service.engine.start()
        usages: list[CallUsage] = []

        async def one(number: int) -> list[str]:
            texts, priority, timeout, _ = work[number]
            async with service.admit(request_id=f"r{number}", priority=priority, timeout=timeout) as call:
                usages.append(call.usage)
                return [output.text for output in await call.generate(COPY, [segment(text) for text in texts])]

        async def cancel_after(task: "asyncio.Task[list[str]]", turns: int | None) -> None:
            if turns is not None:
                for _ in range(turns):
                    await asyncio.sleep(chance.choice([0, 0, 0.001]))
                task.cancel()

        tasks = [asyncio.ensure_future(one(number)) for number in range(len(work))]
        cancels = [cancel_after(task, turns) for task, (*_, turns) in zip(tasks, work, strict=True)]
        await asyncio.gather(*cancels)
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        for (texts, _, timeout, turns), outcome in zip(work, outcomes, strict=True):
            is_faulty = any(FAULT in text or LATE_FAULT in text for text in texts)
            if isinstance(outcome, asyncio.CancelledError):
                assert turns is not None
            elif isinstance(outcome, DeadlineExceeded):
                assert timeout is not None
                assert timeout < 5
            elif isinstance(outcome, InferenceFailed):
                assert is_faulty
            else:
                assert not isinstance(outcome, TriwireError)
                assert outcome == texts
                assert not is_faulty
        await until(lambda: not len(service.engine._results.in_flight))
        service.engine.check_invariants()
        await service.engine.stop()
        assert len(service.engine._worker.scheduler) == 0
        assert service.value("triwire_invariant_violations_total") == 0
        # Nobody pays for what another one pays for.
        paid = sum(usage.output_tokens for usage in usages)
        assert paid <= service.value("triwire_output_tokens_total", model=COPY)

    asyncio.run(run())
