import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.service.engine.small_model import (
    COPY,
    END,
    FAULT,
    LATE_FAULT,
    SLOW,
    SLOW_SECONDS,
    CopyModel,
    LostModel,
    segment,
)
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.engine.sequence import State
from triwire_server.engine.worker import Worker
from triwire_server.errors import DeadlineExceeded, InferenceFailed, QueueFull, ShuttingDown
from triwire_server.loading import load_models
from triwire_server.profiles.profile import load_profile
from triwire_server.segment import Output, Priority, Segment, SummarySpec, SummaryStyle, Task
from triwire_server.telemetry.metrics import Metrics


class MultiplyModel(CopyModel):
    """Multiplies matrices for as long as a slow forward takes on the machine that runs the test."""

    seconds = 0.4

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        import torch

        matrix = torch.full((400, 400), 0.001)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            matrix = matrix @ matrix
        return super().read(prompts)


class Bench:
    """A worker on its own thread, without an engine around it."""

    def __init__(self, model: Model, on_failure: Callable[[Exception], None] = lambda error: None) -> None:
        self.registry = CollectorRegistry()
        scheduler = Scheduler(max_batch_tokens=64, max_batch_sequences=4, max_slot_tokens=10_000, clock=time.monotonic)
        runner = ModelRunner({COPY: model}, 4)
        self.worker = Worker(scheduler, runner, Metrics(self.registry), time.monotonic, on_failure)
        self.ended: list[EngineSequence] = []

    def submit(self, text: str = "a", deadline: float | None = None) -> EngineSequence:
        prompt = Prompt(input_ids=(*text.encode("latin-1"), END), max_new_tokens=20, end_ids=frozenset({END}))
        sequence = EngineSequence(
            request_id="r",
            model_name=COPY,
            prompt=prompt,
            priority=Priority.STANDARD,
            arrival=time.monotonic(),
            deadline=deadline,
            on_finish=self.ended.append,
        )
        self.worker.submit(sequence)
        return sequence

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@contextmanager
def working(model: Model) -> Iterator[Bench]:
    bench = Bench(model)
    bench.worker.start()
    try:
        yield bench
    finally:
        bench.worker.stop()


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.002)


@asynccontextmanager
async def engine_of(*models: Model, **limits: int) -> AsyncIterator[Engine]:
    engine = Engine(models, limits=EngineLimits(**limits), metrics=Metrics(CollectorRegistry()))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def test_what_was_submitted_before_the_end_is_finished_first() -> None:
    bench = Bench(CopyModel())
    sequences = [bench.submit(text) for text in ("one", SLOW + "two", "three")]
    bench.worker.start()
    bench.worker.stop()
    assert {bytes(sequence.token_ids[:-1]) for sequence in sequences} == {b"one", b"\x02two", b"three"}
    assert not bench.worker.is_alive


def test_a_sequence_whose_deadline_passed_while_a_batch_ran_is_not_started() -> None:
    with working(CopyModel()) as bench:
        slow = bench.submit(SLOW * 3)
        wait_until(lambda: slow.state is State.RUNNING)
        late = bench.submit("late", deadline=time.monotonic() + SLOW_SECONDS)
        wait_until(lambda: late.state is State.FINISHED)
    assert isinstance(late.error, DeadlineExceeded)
    assert late.started is None
    assert slow.error is None


def test_batches_and_the_queue_are_counted() -> None:
    bench = Bench(CopyModel())
    for text in ("aa", "bbb", "cc", "dd", "ee"):
        bench.submit(text)
    bench.worker.start()
    bench.worker.stop()
    # Four slots: "aa", "bbb", "cc", "dd" join, and "ee" takes the slot of one of the three that end after three steps.
    assert bench.value("triwire_batch_sequences_count") == 6
    assert bench.value("triwire_batch_sequences_sum") == 4 + 4 + 4 + 2 + 1 + 1
    # 13 tokens of four inputs, three of the fifth, and one for each other token that was written.
    assert bench.value("triwire_batch_tokens_sum") == 13 + 3 + (16 - 5)
    assert bench.value("triwire_batch_duration_seconds_count", model=COPY) == 6
    assert bench.value("triwire_queue_sequences", priority="STANDARD") == 0


def test_a_lost_device_is_reported_once_and_answers_whatever_still_comes() -> None:
    reported: list[Exception] = []
    bench = Bench(LostModel(), reported.append)
    before = [bench.submit(), bench.submit()]
    bench.worker.start()
    wait_until(lambda: len(bench.ended) == 2)
    after = [bench.submit() for _ in range(3)]
    wait_until(lambda: len(bench.ended) == 5)
    bench.worker.stop()
    assert {str(sequence.error) for sequence in before + after} == {"the device was lost"}
    assert [type(error).__name__ for error in reported] == ["DeviceLost"]
    assert len(set(bench.ended)) == 5


def test_wrong_books_are_counted_and_mended_when_nothing_runs(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(CopyModel())
    secret = "Quillmoor"
    bench.submit(secret)
    lost = bench.submit(secret)
    scheduler = bench.worker.scheduler
    # The queue forgets one, as a bug might have it: it waits, and no lane has it.
    add = scheduler.add

    def add_and_lose(sequence: EngineSequence) -> None:
        add(sequence)
        if sequence is lost:
            scheduler._queue._leave_lane(sequence)

    scheduler.add = add_and_lose  # type: ignore[method-assign]  # the damage
    bench.worker.start()
    wait_until(lambda: lost.state is State.FINISHED)
    assert str(lost.error) == "the scheduler lost track of it"
    assert bench.value("triwire_invariant_violations_total") == 1
    after = bench.submit("after")
    bench.worker.stop()
    assert bytes(after.token_ids[:-1]) == b"after"
    assert [sequence.error is None for sequence in bench.ended] == [True, False, True]
    assert bench.value("triwire_invariant_violations_total") == 1
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "1 sequences wait, and the lanes hold 0" in caplog.text
    assert secret not in caplog.text


def test_a_sequence_is_cancelled_and_changed_by_messages() -> None:
    with working(CopyModel()) as bench:
        slow = bench.submit(SLOW * 3)
        wait_until(lambda: slow.state is State.RUNNING)
        cancelled, changed = bench.submit("cancelled"), bench.submit("changed")
        bench.worker.cancel(cancelled)
        bench.worker.change(changed, request_id="r2", priority=Priority.BULK, deadline=time.monotonic() - 1.0)
        bench.worker.cancel(slow)
        wait_until(lambda: len(bench.ended) == 3)
    assert [sequence.error for sequence in (slow, cancelled)] == [None, None]
    assert (slow.is_cancelled, cancelled.is_cancelled, changed.is_cancelled) == (True, True, False)
    assert cancelled.started is None
    assert isinstance(changed.error, DeadlineExceeded)
    assert (changed.request_id, changed.priority) == ("r2", Priority.BULK)


async def test_the_event_loop_ticks_while_the_device_thread_multiplies() -> None:
    async with (
        engine_of(MultiplyModel()) as engine,
        engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=1) as call,
    ):
        work = asyncio.create_task(call.generate(COPY, [segment("slow")]))
        longest, ticks, last = 0.0, 0, time.monotonic()
        while not work.done():
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, ticks, last = max(longest, now - last), ticks + 1, now
        assert [output.text for output in await work] == ["slow"]
    assert ticks >= 10
    assert longest < MultiplyModel.seconds / 2


async def test_only_the_device_thread_runs_a_model() -> None:
    threads: set[str] = set()

    class WatchedModel(CopyModel):
        def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
            threads.add(threading.current_thread().name)
            return super().read(prompts)

    async with (
        engine_of(WatchedModel()) as engine,
        engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=1) as call,
    ):
        await asyncio.gather(*(call.generate(COPY, [segment(text)]) for text in "abcdef"))
    assert threads == {"triwire-device"}


async def test_a_call_that_waits_for_room_when_the_engine_stops_is_told_so() -> None:
    engine = Engine([CopyModel()], limits=EngineLimits(max_queue_tokens=10), metrics=Metrics(CollectorRegistry()))
    await engine.start()

    async def wait_for_room() -> str:
        async with engine.admit(
            request_id="w", priority=Priority.BULK, deadline=None, estimated_tokens=9, wait=True
        ) as call:
            return (await call.generate(COPY, [segment("late")]))[0].text

    async with engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=9) as call:
        waiting = [asyncio.create_task(wait_for_room()) for _ in range(3)]
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(engine.stop())
        ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        assert [type(outcome) for outcome in ended] == [ShuttingDown] * 3
        # The call that is inside is finished all the same.
        assert (await call.generate(COPY, [segment("inside")]))[0].text == "inside"
    await asyncio.wait_for(stopping, 5)
    assert not engine.is_healthy


async def test_the_engine_stops_though_the_device_was_lost() -> None:
    engine = Engine([LostModel()], limits=EngineLimits(), metrics=Metrics(CollectorRegistry()))
    await engine.start()
    async with engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=1) as call:
        outcomes = await asyncio.gather(
            *(call.generate(COPY, [segment(text)]) for text in "abcdef"), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [InferenceFailed] * 6
    await asyncio.wait_for(engine.stop(), 5)


async def test_an_urgent_call_that_may_wait_passes_those_that_have_to() -> None:
    async with engine_of(CopyModel(), max_queue_tokens=100) as engine:
        async with engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=50):

            async def bulk() -> None:
                async with engine.admit(
                    request_id="b", priority=Priority.BULK, deadline=None, estimated_tokens=50, wait=True
                ):
                    pass

            waiting = asyncio.create_task(bulk())
            await asyncio.sleep(0)

            async def urgent() -> str:
                async with engine.admit(
                    request_id="i", priority=Priority.INTERACTIVE, deadline=None, estimated_tokens=50, wait=True
                ) as call:
                    return (await call.generate(COPY, [segment("now")]))[0].text

            assert await asyncio.wait_for(urgent(), 5) == "now"
            assert not waiting.done()
        await asyncio.wait_for(waiting, 5)


async def test_who_gives_up_waiting_no_longer_holds_up_those_behind() -> None:
    async with engine_of(CopyModel(), max_queue_tokens=100) as engine:

        async def wait(tokens: int) -> None:
            async with engine.admit(
                request_id="w", priority=Priority.INTERACTIVE, deadline=None, estimated_tokens=tokens, wait=True
            ):
                pass

        async with engine.admit(request_id="r", priority=Priority.STANDARD, deadline=None, estimated_tokens=50):
            large = asyncio.create_task(wait(90))
            await asyncio.sleep(0)
            small = asyncio.create_task(wait(10))
            await asyncio.sleep(0.01)
            assert not small.done()
            large.cancel()
            await asyncio.wait_for(small, 5)


Work = list[tuple[str, Priority, float | None, bool]]

calls = st.lists(
    st.tuples(
        st.text(st.sampled_from("abc"), max_size=6).flatmap(
            lambda text: st.sampled_from([text, text, text + FAULT, "a" + text + LATE_FAULT + "b"])
        ),
        st.sampled_from(Priority),
        st.none() | st.floats(0.0, 0.01),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(calls)
def test_every_call_ends_with_its_own_text_or_a_reason_and_nothing_is_left(work: Work) -> None:
    model = CopyModel()
    registry = CollectorRegistry()

    async def one(engine: Engine, number: int, row: tuple[str, Priority, float | None, bool]) -> str:
        text, priority, seconds, waits = row
        async with engine.admit(
            request_id=f"r{number}",
            priority=priority,
            deadline=None if seconds is None else time.monotonic() + seconds,
            estimated_tokens=20,
            wait=waits,
        ) as call:
            return (await call.generate(COPY, [segment(text)]))[0].text

    async def run() -> list[str | BaseException]:
        engine = Engine(
            [model],
            limits=EngineLimits(max_queue_tokens=60, max_batch_tokens=24, max_batch_sequences=4),
            metrics=Metrics(registry),
        )
        await engine.start()
        tasks = [asyncio.create_task(one(engine, number, row)) for number, row in enumerate(work)]
        ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        await asyncio.wait_for(engine.stop(), 20)
        return ended

    for (text, _, seconds, waits), outcome in zip(work, asyncio.run(run()), strict=True):
        if isinstance(outcome, str):
            assert outcome == text
            assert not {FAULT, LATE_FAULT} & set(text)
        elif isinstance(outcome, InferenceFailed):
            assert {FAULT, LATE_FAULT} & set(text)
        elif isinstance(outcome, QueueFull):
            assert not waits
            assert outcome.retry_seconds >= 0.1
        else:
            assert isinstance(outcome, DeadlineExceeded)
            assert seconds is not None
    for batch in model.batches:
        assert len(batch) == 1 or sum(len(text) + 1 for text in batch) <= 24
    assert max(model.steps, default=0) <= 4
    assert registry.get_sample_value("triwire_queue_tokens", {}) == (0 if work else 0.0)
    for priority in Priority:
        assert not registry.get_sample_value("triwire_queue_sequences", {"priority": priority.name})


TEXTS = {
    "en": ["The pier is open.", "Prices of fish rose by 6 percent in May, the highest figure in eight years.", "Yes."],
    "ko": ["항구가 열렸다.", "섬의 학교들은 바람 때문에 금요일에 일찍 문을 닫는다."],
    "ja": ["港が開いた。", "大臣は報告書を公表すると約束したが、日付は示さなかった。"],
}


@pytest.fixture(scope="module")
def tiny_models(tiny_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    return load_models(load_profile(str(tiny_profile)), tmp_path_factory.mktemp("cache"), "cpu")


def all_work() -> list[tuple[str, Segment]]:
    """Translations in all directions and summaries in all languages, with the model that does each."""
    work: list[tuple[str, Segment]] = []
    for source, texts in TEXTS.items():
        for target in TEXTS:
            if source != target:
                work += [
                    (
                        "tiny-m2m100@1",
                        Segment(task=Task.TRANSLATION, text=text, source_language=source, target_language=target),
                    )
                    for text in texts
                ]
        for style, text in zip(SummaryStyle, (texts[0], texts[1], " ".join(texts)), strict=True):
            summary = SummarySpec(style=style, max_characters=80)
            work.append(
                (
                    "tiny-chat@1",
                    Segment(
                        task=Task.SUMMARIZATION,
                        text=text,
                        source_language=source,
                        target_language=source,
                        summary=summary,
                    ),
                )
            )
    return work


async def test_a_sequence_reads_the_same_alone_as_in_any_batch(tiny_models: list[Model]) -> None:
    work = all_work()

    async def read(engine: Engine, number: int) -> Output:
        model_name, wanted = work[number]
        async with engine.admit(
            request_id=f"r{number}", priority=Priority.STANDARD, deadline=None, estimated_tokens=1
        ) as call:
            return (await call.generate(model_name, [wanted]))[0]

    async with engine_of(*tiny_models, max_batch_sequences=1) as engine:
        alone = [await read(engine, number) for number in range(len(work))]
    assert len({output.text for output in alone}) > len(work) // 2  # random weights, and yet the source decides

    for max_batch_tokens, max_batch_sequences in ((4_096, 32), (120, 3)):
        limits = EngineLimits(max_batch_tokens=max_batch_tokens, max_batch_sequences=max_batch_sequences)
        registry = CollectorRegistry()
        engine = Engine(tiny_models, limits=limits, metrics=Metrics(registry))
        await engine.start()
        together = (await asyncio.gather(*(read(engine, number) for number in reversed(range(len(work))))))[::-1]
        await engine.stop()
        assert together == alone
        steps = registry.get_sample_value("triwire_batch_sequences_count")
        assert steps is not None
        assert steps < sum(output.output_tokens for output in alone)
