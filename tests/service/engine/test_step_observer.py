"""What the metrics tell of slots, of steps and of what waits."""

import time
from pathlib import Path

import pytest

from tests.service.engine.small_model import SLOW, CopyModel, segment
from tests.service.engine.test_worker import Bench, wait_until, working
from triwire_server.loading import load_models
from triwire_server.profiles.profile import load_profile


def submitted(bench: Bench, *texts: str) -> None:
    for text in texts:
        bench.submit(text)


def test_slots_and_queue_are_told_while_a_step_runs_and_are_free_when_nothing_is_left() -> None:
    with working(CopyModel()) as bench:
        submitted(bench, SLOW * 20)
        wait_until(lambda: bench.value("triwire_slots_in_use") == 1)
        assert bench.value("triwire_max_batch_sequences") == 4
        # Room for any input of its pool, of up to 128 tokens, and for the 20 that it may write.
        assert bench.value("triwire_slot_tokens") == 148
        submitted(bench, *("a" * 8 for _ in range(6)))
        wait_until(lambda: len(bench.ended) == 7)
        wait_until(lambda: bench.value("triwire_slots_in_use") == 0)
        assert bench.value("triwire_slot_tokens") == 0
        assert bench.value("triwire_queue_sequences", priority="STANDARD") == 0
        assert bench.value("triwire_queue_oldest_age_seconds", priority="STANDARD") == 0
    fill_steps = bench.value("triwire_batch_fill_ratio_count")
    assert fill_steps == bench.value("triwire_batch_sequences_count")
    sequences = bench.value("triwire_batch_sequences_sum")
    assert sequences is not None
    assert bench.value("triwire_batch_fill_ratio_sum") == pytest.approx(sequences / 4)
    assert bench.value("triwire_prefill_tokens_sum") == 21 + 6 * 9


def test_ages_go_on_while_a_step_does_not_end() -> None:
    with working(CopyModel()) as bench:
        submitted(bench, SLOW * 20)  # a second
        wait_until(lambda: (bench.value("triwire_step_age_seconds") or 0) > 0)
        first = bench.value("triwire_step_age_seconds")
        time.sleep(0.1)
        second = bench.value("triwire_step_age_seconds")
        assert first is not None
        assert second is not None
        assert second >= first + 0.09
        wait_until(lambda: len(bench.ended) == 1)
        wait_until(lambda: bench.value("triwire_step_age_seconds") == 0)


def test_the_oldest_is_told_by_priority() -> None:
    bench = Bench(CopyModel())
    submitted(bench, *(SLOW * 8 for _ in range(6)))  # more than there are slots for
    time.sleep(0.2)
    bench.worker.start()
    try:
        wait_until(lambda: (bench.value("triwire_queue_oldest_age_seconds", priority="STANDARD") or 0) > 0.2)
        assert bench.value("triwire_queue_oldest_age_seconds", priority="BULK") == 0
    finally:
        bench.worker.stop()
    assert len(bench.ended) == 6


def test_a_wait_is_counted_when_it_ends_even_if_nobody_waits_for_the_result() -> None:
    with working(CopyModel()) as bench:
        sequence = bench.submit(SLOW * 4)
        wait_until(lambda: bench.worker.step_started is not None)
        bench.worker.cancel(sequence)
        wait_until(lambda: len(bench.ended) == 1)
        wait_until(lambda: bench.value("triwire_queue_duration_seconds_count", priority="STANDARD") == 1)


def test_computed_tokens_are_those_of_prompts_and_of_each_beam(tiny_profile: Path, tmp_path: Path) -> None:
    profile = load_profile(str(tiny_profile))
    model = load_models(profile, tmp_path, "cpu")[0]
    prompt = model.encode(segment("The pier reopened on Monday."))
    rows = model.new_rows()
    rows.add({1: prompt})
    assert rows.num_computed_tokens == len(prompt.input_ids)
    rows.step()
    # The start token and the language, then one token a step.
    assert rows.num_computed_tokens == len(prompt.input_ids) + 2
    rows.step()
    assert rows.num_computed_tokens == len(prompt.input_ids) + 3
    assert rows.num_padding_tokens == 0
