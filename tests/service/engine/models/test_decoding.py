import pytest
import torch

from triwire_server.engine.models.base import Prompt
from triwire_server.engine.models.decoding import TOP_K, Chooser, repeating_ids


@pytest.mark.parametrize(
    ("ids", "size", "expected"),
    [
        ([], 3, set()),
        ([1, 2], 3, set()),
        ([1, 2, 3, 1, 2], 3, {3}),
        ([1, 2, 3, 1, 2, 4, 1, 2], 3, {3, 4}),
        ([7, 7, 7], 2, {7}),
        ([7, 7, 7], 3, {7}),
        ([5, 6], 1, {5, 6}),
        ([1, 2, 3, 1, 2], 0, set()),
        ([1, 2, 3, 2, 1], 3, set()),
    ],
)
def test_tokens_that_would_repeat_an_ngram(ids: list[int], size: int, expected: set[int]) -> None:
    assert repeating_ids(ids, size) == expected


def chooser(no_repeat_ngram_size: int = 0, sampling_seed: int | None = None) -> Chooser:
    return Chooser(
        Prompt(input_ids=(1,), max_new_tokens=9, no_repeat_ngram_size=no_repeat_ngram_size, sampling_seed=sampling_seed)
    )


def test_without_rules_the_best_token_is_chosen() -> None:
    assert chooser().is_greedy
    assert chooser().choose(torch.tensor([0.1, 0.9, 0.5]), []) == 1


def test_a_token_that_would_repeat_is_passed_over() -> None:
    rules = chooser(no_repeat_ngram_size=2)
    assert not rules.is_greedy
    logits = torch.tensor([0.1, 0.9, 0.5])
    assert rules.choose(logits, [2, 1, 2]) == 2
    assert logits.tolist() == pytest.approx([0.1, 0.9, 0.5]), "the scores of the batch stay as they are"


def test_the_same_seed_chooses_the_same_tokens() -> None:
    logits = torch.linspace(0, 1, 50)
    runs = []
    for seed in (1, 1, 2):
        rules = chooser(sampling_seed=seed)
        runs.append([rules.choose(logits, []) for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]


def test_only_the_best_tokens_are_sampled() -> None:
    rules = chooser(sampling_seed=3)
    chosen = {rules.choose(torch.zeros(1000).index_fill(0, torch.arange(40, 40 + TOP_K), 0.1), []) for _ in range(400)}
    assert chosen <= set(range(40, 40 + TOP_K))
    assert len(chosen) > TOP_K // 2


def test_choosing_leaves_the_shared_random_state_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    chooser(sampling_seed=5).choose(torch.zeros(30), [])
    assert torch.equal(torch.rand(1), expected)
