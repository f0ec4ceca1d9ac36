"""Recorded steps on the CPU: what records here runs the step again, in the same memory, whenever it is replayed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from tests.service.engine.models import facts
from tests.service.engine.models.reference import LIMIT, load, mixed_summaries, mixed_translations
from tests.service.engine.models.test_chat import load_chat, mixed_segments
from tests.service.engine.models.test_t5 import load_summarizer
from tests.tiny_models import save_chat, save_m2m100, save_t5
from triwire_server.engine.models import attention
from triwire_server.engine.models.base import Model, Rows
from triwire_server.engine.models.decode_graphs import Step
from triwire_server.engine.models.rows import CachedRows


class Recording:
    """Counts what is recorded and replayed."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.replays = 0

    def __call__(self, step: Step) -> tuple[Callable[[], None], torch.Tensor]:
        scores = torch.full_like(step(), torch.nan)
        self.shapes.append(tuple(scores.shape))

        def replay() -> None:
            self.replays += 1
            scores.copy_(step())

        return replay, scores


@pytest.fixture(autouse=True)
def without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention is computed as on a GPU."""
    monkeypatch.setattr(attention, "_is_for_kernel", lambda buffer: False)


def record(model: Model, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """Let the rows of a model replay their steps."""
    recording, new_rows = Recording(), model.new_rows

    def recorded_rows() -> Rows:
        rows = new_rows()
        assert isinstance(rows, CachedRows)
        rows.record_steps(recording)
        return rows

    monkeypatch.setattr(model, "new_rows", recorded_rows)
    return recording


def check_replayed(recording: Recording) -> None:
    assert recording.replays > 100
    assert {rows for rows, _ in recording.shapes} <= {1, 2, 4, 8, 16, 32, 64}


def test_m2m100_reads_as_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_m2m100(tmp_path)
    model = load("m2m100", tmp_path)
    recording = record(model, monkeypatch)
    facts.check_reads_as_the_library(model, tmp_path, mixed_translations())
    check_replayed(recording)


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_relative_positions_read_as_the_library(
    family: Literal["t5", "mt5"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_t5(tmp_path, family=family)
    model = load_summarizer(tmp_path)
    recording = record(model, monkeypatch)
    facts.check_reads_as_the_library(model, tmp_path, mixed_summaries())
    check_replayed(recording)


def test_a_chat_model_writes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_chat(tmp_path)
    model = load_chat(tmp_path)
    prompts = [model.encode(segment) for segment in mixed_segments()]
    expected = model.generate(prompts)
    recording = record(model, monkeypatch)
    assert model.generate(prompts) == expected
    assert [model.generate([prompt])[0] for prompt in prompts] == expected
    check_replayed(recording)


def test_joins_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_m2m100(tmp_path)
    model = load("m2m100", tmp_path)
    recording = record(model, monkeypatch)
    facts.check_joins_change_nothing(model, 3 * mixed_translations(), seed=0)
    check_replayed(recording)


def test_a_shape_is_recorded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_m2m100(tmp_path)
    model = load("m2m100", tmp_path)
    recording = record(model, monkeypatch)
    prompts = [model.encode(segment) for segment in mixed_translations()[:5]]
    rows = model.new_rows()
    rows.add(dict(enumerate(prompts)))
    for _ in range(20):
        rows.step()
    # The first step reads two tokens in each row and is of no such shape.
    assert ([shape[0] for shape in recording.shapes], recording.replays) == ([8], 19)
    rows.drop(0)
    rows.step()
    assert ([shape[0] for shape in recording.shapes], recording.replays) == ([8, 4], 20)


def test_rows_of_padding_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_m2m100(tmp_path)
    model = load("m2m100", tmp_path)
    record(model, monkeypatch)
    prompts = [model.encode(segment) for segment in mixed_translations()[:5]]
    rows = model.new_rows()
    rows.add(dict(enumerate(prompts)))
    for _ in range(20):
        rows.step()
    assert rows.num_padding_tokens == 19 * (8 - 5)
    rows.drop(0)
    rows.step()
    assert rows.num_padding_tokens == 57  # four rows fill their shape
    read = sum(len(prompt.input_ids) for prompt in prompts)
    assert rows.num_computed_tokens == read + 5 * 2 + 19 * 8 + 4


def test_buffers_that_moved_are_recorded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_m2m100(tmp_path)
    model = load("m2m100", tmp_path)
    recording = record(model, monkeypatch)
    prompts = [model.encode(segment) for segment in mixed_translations()]
    expected = [model.generate([prompt])[0] for prompt in prompts]
    recording.shapes.clear()
    rows = model.new_rows()
    rows.add({0: prompts[0]})
    outputs: dict[int, list[int]] = {0: []}
    for step in range(LIMIT):
        if step == 5:
            rows.add({1: replace(prompts[1], max_new_tokens=200)})
            outputs[1] = []
        for number, progress in rows.step().items():
            outputs[number] += progress.token_ids
            if progress.has_ended:
                rows.drop(number)
    assert outputs[0] == expected[0]
    assert outputs[1][: len(expected[1])] == expected[1][: len(outputs[1])]
    assert [shape[0] for shape in recording.shapes].count(1) >= 1
