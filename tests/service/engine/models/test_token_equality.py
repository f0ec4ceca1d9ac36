"""Hundreds of sequences through scheduler and runner, on models of every architecture, against the library.

What arrives when, with which priority, and who is cancelled is drawn; whoever ends has the tokens that `generate`
writes for its text alone, whatever was beside it and at whichever step it joined.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.engine.models import test_bart, test_chat, test_marian, test_t5
from tests.service.engine.models.reference import (
    library_model,
    library_output,
    load,
    mixed_summaries,
    mixed_translations,
)
from tests.tiny_models import save_bart, save_chat, save_m2m100, save_marian, save_mbart, save_t5
from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Sequence, State
from triwire_server.segment import Priority, Segment

SEQUENCES = {1: 40, 8: 150, 32: 300}
"""How many run through so many slots."""


class Case:
    """A model with prompts, and what the library writes for each alone."""

    def __init__(self, model: Model, segments: list[Segment], expect: Callable[[Prompt], list[int]]) -> None:
        self.model = model
        prompts = [model.encode(segment) for segment in segments]
        self.prompts = [*prompts, *(replace(prompt, num_beams=4) for prompt in prompts[::2])]
        self.expected = [expect(prompt) for prompt in self.prompts]


@pytest.fixture(scope="module", params=["m2m100", "mbart", "marian", "t5", "bart", "chat"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    path = tmp_path_factory.mktemp(request.param)
    match request.param:
        case "m2m100":
            save_m2m100(path)
            return Case(load("m2m100", path), mixed_translations(), lambda prompt: library_output(path, prompt))
        case "mbart":
            save_mbart(path)
            return Case(load("mbart", path), mixed_translations(), lambda prompt: library_output(path, prompt))
        case "marian":
            save_marian(path, targets=list(test_marian.CODES.values()))
            bad = [[library_model(path).config.pad_token_id]]
            return Case(
                test_marian.load_multilingual(path),
                mixed_translations(),
                lambda prompt: library_output(path, prompt, bad_words_ids=bad),
            )
        case "t5":
            save_t5(path)
            model = test_t5.load_summarizer(path)
            return Case(model, mixed_summaries(), lambda prompt: library_output(path, prompt))
        case "bart":
            save_bart(path)
            model = test_bart.load_summarizer(path)
            return Case(model, mixed_summaries(), lambda prompt: library_output(path, prompt))
        case _:
            save_chat(path)
            return Case(
                test_chat.load_chat(path),
                test_chat.mixed_segments(),
                lambda prompt: test_chat.library_output(path, prompt),
            )


@pytest.mark.parametrize("slots", SEQUENCES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=1)
def test_every_sequence_has_the_tokens_that_the_library_writes(case: Case, slots: int, seed: int) -> None:
    random = Random(seed)
    scheduler = Scheduler(
        max_batch_tokens=128, max_batch_sequences=slots, max_slot_tokens=100_000, clock=lambda: float(steps)
    )
    runner = ModelRunner({"tiny@1": case.model}, slots)
    to_come = [random.randrange(len(case.prompts)) for _ in range(SEQUENCES[slots])]
    known: list[tuple[Sequence, int]] = []
    cancelled: set[Sequence] = set()
    steps = 0
    while to_come or len(scheduler):
        for _ in range(min(len(to_come), random.choice((0, 0, 1, 2, 5)))):
            index = to_come.pop()
            prompt = case.prompts[index]
            known.append(
                (
                    Sequence(
                        request_id=random.choice("abcdef"),
                        model_name="tiny@1",
                        prompt=prompt,
                        priority=random.choice(list(Priority)),
                        arrival=float(steps),
                    ),
                    index,
                )
            )
            scheduler.add(known[-1][0])
        if random.random() < 0.1 and known:
            sequence = random.choice(known)[0]
            if sequence.state is not State.FINISHED:
                scheduler.cancel(sequence)
                cancelled.add(sequence)
        batch = scheduler.schedule()
        if batch is not None:
            scheduler.postprocess(batch, runner.run(batch))
            scheduler.check_invariants()
        steps += 1
    assert len(cancelled) < len(known)
    for sequence, index in known:
        assert sequence.error is None
        if sequence in cancelled:
            assert sequence.token_ids == case.expected[index][: len(sequence.token_ids)]
        else:
            assert sequence.token_ids == case.expected[index]
