import itertools
from collections.abc import Sequence

import pytest
import torch

from tests.service.engine.small_model import END, FAULT, LATE_FAULT, CopyModel, CopyRows, LostModel
from triwire_server.engine.model_runner import DeviceLost, ModelRunner, is_out_of_memory
from triwire_server.engine.models.base import Progress, Prompt
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Batch, Pool, RunAgain
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.engine.slot_bound import STEPS_PER_SLOT
from triwire_server.errors import InferenceFailed
from triwire_server.segment import Priority

POOL = Pool("copy@1", 128)
_numbers = itertools.count(1)


class NarrowModel(CopyModel):
    """Has memory for so many sequences that join at once, by the number that stands for it in each prompt."""

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        if len(prompts) > min(prompt.input_ids[0] - ord("0") for prompt in prompts):
            raise MemoryError
        return super().read(prompts)


def sequence(text: str) -> EngineSequence:
    ids = (*text.encode("latin-1"), END)
    return EngineSequence(
        request_id="r",
        model_name="copy@1",
        prompt=Prompt(input_ids=ids, max_new_tokens=20, end_ids=frozenset({END})),
        priority=Priority.STANDARD,
        arrival=0.0,
    )


def batch(running: Sequence[EngineSequence] = (), joining: Sequence[EngineSequence] = (), pool: Pool = POOL) -> Batch:
    return Batch(
        next(_numbers), pool, tuple(running), tuple(joining), frozenset({POOL, pool}), len(running) + len(joining)
    )


def shown(outcomes: list[Progress | Exception]) -> str:
    return " ".join(
        type(outcome).__name__ if isinstance(outcome, Exception) else bytes(outcome.token_ids).decode("latin-1")
        for outcome in outcomes
    )


def run_all(runner: ModelRunner, *texts: str) -> list[str]:
    """What becomes of sequences under a scheduler."""
    scheduler = Scheduler(max_batch_tokens=1_000, max_batch_sequences=16, max_slot_tokens=100_000, clock=lambda: 0.0)
    sequences = [sequence(text) for text in texts]
    for each in sequences:
        scheduler.add(each)
    while (step := scheduler.schedule()) is not None:
        scheduler.postprocess(step, runner.run(step))
        scheduler.max_batch_sequences = runner.max_batch_sequences
    return [
        type(each.error).__name__ if each.error else bytes(each.token_ids[:-1]).decode("latin-1") for each in sequences
    ]


def test_a_step_gives_each_sequence_one_token() -> None:
    runner = ModelRunner({"copy@1": CopyModel()}, 16)
    first, second = sequence("abc"), sequence("xyz")
    assert shown(runner.run(batch(joining=[first]))) == "a"
    assert shown(runner.run(batch(running=[first], joining=[second]))) == "b x"
    assert shown(runner.run(batch(running=[first, second]))) == "c y"
    # The first is not in the batch any more: its row is dropped.
    assert shown(runner.run(batch(running=[second]))) == "z"


def test_what_was_kept_for_a_pool_that_is_gone_is_dropped() -> None:
    model = CopyModel()
    runner = ModelRunner({"copy@1": model}, 16)
    first, second = sequence("abc"), sequence("abc")
    runner.run(batch(joining=[first]))
    other = Pool("copy@1", 512)
    runner.run(Batch(next(_numbers), other, (), (second,), frozenset({other}), 1))
    assert shown(runner.run(batch(joining=[first]))) == "a"
    runner.run(batch(running=[first]))
    assert model.steps == [1, 1, 1, 1]


def test_a_batch_that_cannot_be_read_leaves_those_that_run_alone() -> None:
    runner = ModelRunner({"copy@1": CopyModel()}, 16)
    running = sequence("abc")
    runner.run(batch(joining=[running]))
    assert shown(runner.run(batch([running], [sequence("x"), sequence(FAULT)]))) == "b RunAgain RunAgain"
    assert shown(runner.run(batch([running], [sequence(FAULT)]))) == "c InferenceFailed"


def test_a_step_that_raises_has_everything_in_its_pool_run_again() -> None:
    runner = ModelRunner({"copy@1": CopyModel()}, 16)
    running = [sequence("abc"), sequence("a" + LATE_FAULT)]
    runner.run(batch(joining=running))
    assert shown(runner.run(batch(running, [sequence("x")]))) == "RunAgain RunAgain RunAgain"


def test_only_the_sequence_at_fault_fails() -> None:
    for fault in (FAULT, "d" + LATE_FAULT):
        runner = ModelRunner({"copy@1": CopyModel()}, 16)
        texts = ["aaaa", "b", "cc", fault, "eee", "ffffff"]
        assert run_all(runner, *texts) == ["aaaa", "b", "cc", "InferenceFailed", "eee", "ffffff"]
        assert (runner.max_batch_sequences, runner.num_out_of_memory) == (16, 0)


def test_running_out_of_memory_halves_the_bound_and_everything_is_answered() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 16)
    texts = [f"2{letter}" for letter in "abcdefgh"]
    assert run_all(runner, *texts) == texts
    assert runner.max_batch_sequences == 2
    # All eight at once, and four; two are few enough.
    assert runner.num_out_of_memory == 3


def test_the_bound_falls_to_one_sequence_at_a_time_and_everything_is_answered() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 16)
    texts = ["1a", "1b", "1c", "1d", "2e", "2f", "2g", "2h"]
    assert run_all(runner, *texts) == texts
    assert runner.max_batch_sequences == 1


def test_the_bound_grows_by_one_after_many_steps_that_had_memory() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 4)
    assert run_all(runner, "1a", "1b", "1c", "1d") == ["1a", "1b", "1c", "1d"]
    assert runner.max_batch_sequences == 1
    steps = 0
    while runner.max_batch_sequences == 1:
        runner.run(batch(joining=[sequence("9a")]))
        steps += 1
        assert steps <= STEPS_PER_SLOT
    # Those of the four sequences count as well, once each ran alone.
    assert steps > STEPS_PER_SLOT - 20
    assert runner.max_batch_sequences == 2


def test_memory_that_runs_out_while_decoding_has_everything_run_again_in_halves() -> None:
    class HungryRows(CopyRows):
        def step(self) -> dict[int, Progress]:
            if len(self.numbers) > 3:
                raise MemoryError
            return super().step()

    class HungryModel(CopyModel):
        def new_rows(self) -> CopyRows:
            return HungryRows(self)

    runner = ModelRunner({"copy@1": HungryModel()}, 16)
    texts = ["aaaa", "b", "cc", "dddddd", "eee", "ffffff", "g"]
    assert run_all(runner, *texts) == texts
    assert runner.max_batch_sequences == 2


def test_a_sequence_too_large_for_memory_fails_alone() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 16)
    assert run_all(runner, "0a", "3b") == ["InferenceFailed", "3b"]


def test_out_of_memory_beside_others_is_tried_again_alone() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 16)
    running = sequence("9abc")
    runner.run(batch(joining=[running]))
    [_, outcome] = runner.run(batch([running], [sequence("0x")]))
    assert isinstance(outcome, RunAgain)
    assert outcome.alone
    # Those that run had room; it need not be halved for one that is uncommonly long.
    assert runner.max_batch_sequences == 1


def test_half_of_all_that_was_on_the_device_is_left_when_several_join_in_vain() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()}, 16)
    running = [sequence(f"9{letter}bc") for letter in "abcdef"]
    runner.run(batch(joining=running))
    assert shown(runner.run(batch(running, [sequence("1x"), sequence("1y")]))) == "a b c d e f RunAgain RunAgain"
    assert runner.max_batch_sequences == 4


def test_torch_says_that_the_host_has_no_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("a kernel failed"))


def test_a_lost_device_is_not_tried_again() -> None:
    model = LostModel()
    with pytest.raises(DeviceLost):
        ModelRunner({"copy@1": model}, 16).run(batch(joining=[sequence("a"), sequence("b")]))
    assert len(model.batches) == 1


def test_what_a_batch_failed_on_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class QuotingModel(CopyModel):
        def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
            raise ValueError(f"cannot read {bytes(prompts[0].input_ids)!r}")

    [outcome] = ModelRunner({"copy@1": QuotingModel()}, 16).run(batch(joining=[sequence("the marker word")]))
    assert isinstance(outcome, InferenceFailed)
    assert str(outcome) == "the model failed on this input"
    assert [record.getMessage() for record in caplog.records] == ["batch of 1 failed with ValueError"]
    assert caplog.records[0].exc_info is None
