"""Facts that hold for every encoder-decoder model, as functions that the tests of each architecture call."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from tests.service.engine.models.reference import has_repeated_trigram, library_output, library_published
from triwire_server.engine.models.base import Model
from triwire_server.segment import Segment


def check_reads_as_the_library(model: Model, directory: Path, segments: Sequence[Segment], **options: Any) -> None:
    """Token equality with `generate` of the library, greedy and with beams, for each text alone and beside others."""
    prompts = [model.encode(segment) for segment in segments]
    expected = [library_output(directory, prompt, **options) for prompt in prompts]
    assert len({tuple(ids[:8]) for ids in expected}) > len(segments) // 2, "the outputs should depend on the texts"
    assert [model.generate([prompt])[0] for prompt in prompts] == expected
    assert model.generate(prompts) == expected
    assert model.generate(prompts[::-1]) == expected[::-1]
    searches = [replace(prompt, num_beams=4) for prompt in prompts]
    best = [library_output(directory, search, **options) for search in searches]
    assert sum(one != other for one, other in zip(best, expected, strict=True)) > len(segments) // 2
    assert [model.generate([search])[0] for search in searches] == best
    assert model.generate([*searches, *prompts]) == [*best, *expected]


def check_int8_rows_are_independent(model: Model, segments: Sequence[Segment]) -> None:
    """A row of an int8 model reads the same whatever its neighbours are, and whenever they join."""
    prompts = [model.encode(segment) for segment in segments]
    alone = [model.generate([prompt])[0] for prompt in prompts]
    assert model.generate(prompts) == alone
    assert model.generate(prompts[::2]) == alone[::2]
    for seed in range(3):
        check_joins_change_nothing(model, segments, seed)


def check_repair_does_not_repeat(model: Model, segments: Sequence[Segment]) -> None:
    """The second attempt at a text that loops holds no three tokens twice, beside first attempts too."""
    outputs = model.generate([model.encode(segment) for segment in segments])
    looping = [index for index, output in enumerate(outputs) if has_repeated_trigram(output)]
    assert looping
    repairs = [model.encode(replace(segments[index], attempt=1)) for index in looping]
    repaired = model.generate([*repairs, *(model.encode(segment) for segment in segments)])
    assert not any(has_repeated_trigram(output) for output in repaired[: len(repairs)])
    assert repaired[len(repairs) :] == outputs


def check_published_settings_are_not_followed(model: Model, directory: Path, segments: Sequence[Segment]) -> None:
    """Beams, penalties and lengths beside the weights would give other outputs, and do not."""
    prompts = [model.encode(segment) for segment in segments]
    outputs = model.generate(prompts)
    assert any(output != library_published(directory, prompt) for output, prompt in zip(outputs, prompts, strict=True))


def check_ends_are_told(model: Model, segments: Sequence[Segment], end_id: int) -> None:
    """Some outputs end by themselves and some at their limit, and `Prompt.is_complete` tells which."""
    prompts = [model.encode(segment) for segment in segments]
    outputs = model.generate(prompts)
    complete = [prompt.is_complete(output) for prompt, output in zip(prompts, outputs, strict=True)]
    assert any(complete)
    assert not all(complete)
    for prompt, output, is_complete in zip(prompts, outputs, complete, strict=True):
        assert end_id not in output[:-1]
        assert (output[-1] == end_id) == is_complete
        assert is_complete or len(output) == prompt.max_new_tokens


def check_joins_change_nothing(model: Model, segments: Sequence[Segment], seed: int) -> None:
    """Texts that join and leave a running batch at random steps read as they do alone."""
    random = Random(seed)
    prompts = [
        replace(model.encode(segment), num_beams=num_beams)
        for segment, num_beams in zip(segments, cycle((1, 1, 4, 1, 2)), strict=False)
    ]
    expected = [model.generate([prompt])[0] for prompt in prompts]
    rows = model.new_rows()
    waiting, running, left = list(range(len(prompts))), set[int](), set[int]()
    outputs: dict[int, list[int]] = {number: [] for number in waiting}
    random.shuffle(waiting)
    while waiting or running:
        joining = [waiting.pop() for _ in range(min(len(waiting), random.choice((0, 0, 1, 1, 2, 4))))]
        if joining:
            rows.add({number: prompts[number] for number in joining})
            running.update(joining)
        progress = rows.step() if running else {}
        assert set(progress) == running
        for number, written in progress.items():
            outputs[number] += written.token_ids
            is_cancelled = random.random() < 0.01
            if written.has_ended or is_cancelled:
                rows.drop(number)
                running.remove(number)
                left |= {number} if is_cancelled and not written.has_ended else set()
    for number, output in outputs.items():
        assert output == (expected[number][: len(output)] if number in left else expected[number])
