"""How the next token of a row is chosen where that is not simply the best one: repairs of broken outputs."""

from collections.abc import Sequence

import torch

from triwire_server.engine.models.base import Prompt

TEMPERATURE = 0.6
"""Of sampled repairs: far enough from greedy to leave a wrong path, near enough to stay with the text."""

TOP_K = 20
"""How many of the best tokens a sampled repair chooses from."""


class Chooser:
    """Chooses tokens for one prompt by its own rules and its own random state, whatever else is in the batch."""

    def __init__(self, prompt: Prompt) -> None:
        self._ngram_size = prompt.no_repeat_ngram_size
        self._generator: torch.Generator | None = None
        if prompt.sampling_seed is not None:
            self._generator = torch.Generator().manual_seed(prompt.sampling_seed)

    @property
    def is_greedy(self) -> bool:
        """Whether the best token is always the one, so that a batch can be chosen for at once."""
        return self._generator is None and self._ngram_size == 0

    def choose(self, logits: torch.Tensor, ids: Sequence[int]) -> int:
        """The next token after the ids written so far. `logits`: shape (vocabulary,)."""
        scores = logits.to("cpu", torch.float32, copy=True)  # (vocabulary,)
        if banned := repeating_ids(ids, self._ngram_size):
            scores[sorted(banned)] = -torch.inf
        if self._generator is None:
            return int(scores.argmax())
        best = scores.topk(min(TOP_K, scores.numel()))  # values and indices of shape (TOP_K,)
        probabilities = torch.softmax(best.values / TEMPERATURE, dim=-1)
        return int(best.indices[torch.multinomial(probabilities, 1, generator=self._generator)])


def repeating_ids(ids: Sequence[int], ngram_size: int) -> set[int]:
    """Tokens that would complete an n-gram that the ids already hold; none if `ngram_size` is 0."""
    if ngram_size == 0 or len(ids) < ngram_size:
        return set()
    ending = tuple(ids[len(ids) - ngram_size + 1 :])
    return {
        ids[start + ngram_size - 1]
        for start in range(len(ids) - ngram_size + 1)
        if tuple(ids[start : start + ngram_size - 1]) == ending
    }
