from collections.abc import Sequence

import pytest
import torch

from tests.service.engine.small_model import END, FAULT, CopyModel
from triwire_server.engine.model_runner import DeviceLost, ModelRunner, is_out_of_memory
from triwire_server.engine.models.base import Prompt
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Batch
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.errors import InferenceFailed


class NarrowModel(CopyModel):
    """Has memory for so many sequences of a batch, by the number that stands for it in each prompt."""

    def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        if len(prompts) > min(prompt.input_ids[0] - ord("0") for prompt in prompts):
            raise MemoryError
        return super().generate(prompts)


def batch(*texts: str) -> Batch:
    sequences = tuple(
        EngineSequence(
            request_id="r",
            model_name="copy@1",
            prompt=Prompt(input_ids=(*text.encode("latin-1"), END), max_new_tokens=20),
            priority=Priority.STANDARD,
            arrival=0.0,
        )
        for text in texts
    )
    return Batch("copy@1", sequences)


def outcomes(runner: ModelRunner, made: Batch) -> list[str]:
    return [
        type(outcome).__name__ if isinstance(outcome, Exception) else bytes(outcome[:-1]).decode("latin-1")
        for outcome in runner.run(made)
    ]


def test_a_batch_that_raises_is_run_in_halves_until_the_one_at_fault_is_alone() -> None:
    model = CopyModel()
    runner = ModelRunner({"copy@1": model})
    assert outcomes(runner, batch("a", "b", "c", FAULT, "e")) == ["a", "b", "c", "InferenceFailed", "e"]
    assert model.batches == [
        ["a", "b", "c", FAULT, "e"],
        ["a", "b"],
        ["c", FAULT, "e"],
        ["c"],
        [FAULT, "e"],
        [FAULT],
        ["e"],
    ]
    assert runner.max_batch_sequences is None


def test_running_out_of_memory_halves_the_bound_and_everything_is_answered() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()})
    assert outcomes(runner, batch(*(f"2{letter}" for letter in "abcdefgh"))) == [f"2{letter}" for letter in "abcdefgh"]
    assert runner.max_batch_sequences == 2


def test_the_bound_never_grows_again() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()})
    # The first half has memory for one at a time, the second for two.
    assert outcomes(runner, batch("1a", "1b", "1c", "1d", "2e", "2f", "2g", "2h"))[0] == "1a"
    assert runner.max_batch_sequences == 1


def test_a_sequence_too_large_for_memory_fails_alone() -> None:
    runner = ModelRunner({"copy@1": NarrowModel()})
    assert outcomes(runner, batch("0a", "3b")) == ["InferenceFailed", "3b"]


def test_torch_says_that_the_host_has_no_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("a kernel failed"))


def test_a_lost_device_is_not_tried_again() -> None:
    class AcceleratorError(RuntimeError):
        """Named as torch names the error of a device that is gone."""

    class LostModel(CopyModel):
        def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
            self.batches.append([])
            raise AcceleratorError

    model = LostModel()
    with pytest.raises(DeviceLost):
        ModelRunner({"copy@1": model}).run(batch("a", "b"))
    assert len(model.batches) == 1


def test_what_a_batch_failed_on_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class QuotingModel(CopyModel):
        def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
            raise ValueError(f"cannot read {bytes(prompts[0].input_ids)!r}")

    [outcome] = ModelRunner({"copy@1": QuotingModel()}).run(batch("the marker word"))
    assert isinstance(outcome, InferenceFailed)
    assert str(outcome) == "the model failed on this input"
    assert [record.getMessage() for record in caplog.records] == ["batch of 1 failed with ValueError"]
    assert caplog.records[0].exc_info is None
