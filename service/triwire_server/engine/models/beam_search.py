"""Beam search as a state of its own: scores of the running rows in, which rows go on out. Knows no model and no cache.

The rules are those of `generate` in the transformers library (5.23), so that outputs equal its own: the same
candidates, ends and stopping rule, the same float32 arithmetic, and `torch.topk` over the same values in the same
order, so that on the CPU equal scores are ordered alike too. There a batch starts and stops together; here a search is
one prompt, which joins and leaves a running batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch

from triwire_server.engine.models.decoding import repeating_ids

EarlyStopping = bool | Literal["never"]
"""When a search stops that has `num_beams` ended hypotheses.

True: at once. False: when the best running row, ended here, would be no better than the worst of them. "never": when it
would be no better even if its other tokens cost it nothing, at the length that suits it best: the limit if
`length_penalty` is above 0, else here.
"""

FAR_BELOW = -1.0e9
"""Added to a score that must not win. Finite, as in the library, so that such scores still have an order."""


@dataclass(frozen=True, slots=True)
class BeamStep:
    """How the rows of a prompt go on; empty when the search is done."""

    parents: list[int]
    """For each row of the next step, which row of this step it continues; a row may go on as several, or not."""

    tokens: list[int]
    """What each of them writes."""

    sums: list[float]
    """Natural-log probability of all that each of them wrote, highest first."""


class BeamSearch:
    """The hypotheses of one prompt.

    Before its first step a prompt is one row, then `num_beams` rows until the search is done. An ended hypothesis is
    scored by its log-probability divided by `length ** length_penalty`. That is the library's form; Wu et al. 2016,
    arXiv:1609.08144, section 7, divide by `((5 + length) / 6) ** alpha` and reward coverage of the source.

    Args:
        num_beams: running rows, and ended hypotheses to choose the output from; at least 2.
        max_new_tokens: limit of the output, start ids not counted; at least 1.
        end_ids: tokens that end a hypothesis.
        start_ids: decoder tokens before the first new one: the start token and what the output is made to start with,
            or the whole prompt of a decoder-only model.
        num_forced_tokens: how many of them the output was made to start with. The library generates these, each with
            probability 1, and they count into the length.
        length_penalty: above 0 favours long outputs, below 0 short ones.
        early_stopping: see `EarlyStopping`.
        no_repeat_ngram_size: length of token n-grams that may not occur twice, start ids included; 0: no limit.
        suppressed_ids: tokens that are never written. What they had of the probability goes to no other token, so the
            caller must not lower their logits instead.

    Raises:
        ValueError: `num_beams` or `max_new_tokens` is too low.
    """

    def __init__(
        self,
        *,
        num_beams: int,
        max_new_tokens: int,
        end_ids: AbstractSet[int],
        start_ids: Sequence[int],
        num_forced_tokens: int = 0,
        length_penalty: float = 1.0,
        early_stopping: EarlyStopping = False,
        no_repeat_ngram_size: int = 0,
        suppressed_ids: AbstractSet[int] = frozenset(),
    ) -> None:
        if num_beams < 2 or max_new_tokens < 1:
            raise ValueError(
                f"num_beams must be at least 2 and is {num_beams}, max_new_tokens at least 1 and is {max_new_tokens}"
            )
        self.is_done = False
        self.num_beams = num_beams
        self.num_candidates = max(2, 1 + len(end_ids)) * num_beams
        """Continuations looked at in each step: enough for `num_beams` of them not to end."""
        self._max_new_tokens = max_new_tokens
        self._end_ids = end_ids
        self._start_ids = list(start_ids)
        self._num_forced_tokens = num_forced_tokens
        self._length_penalty = length_penalty
        self._early_stopping = early_stopping
        self._no_repeat_ngram_size = no_repeat_ngram_size
        self._suppressed_ids = suppressed_ids
        self._num_new_tokens = 0
        self._running: list[list[int]] = [[]]
        # The library starts with equal rows and leaves only the first in the race.
        self._sums = [0.0] + [FAR_BELOW] * (num_beams - 1)
        # Best first. As in the library, places that are still free hold rows that go on.
        self._ended = [_Hypothesis([], has_ended=False)] * num_beams
        self._ended_scores = [FAR_BELOW] * num_beams

    @property
    def num_rows(self) -> int:
        """Rows of the next step: 1, then `num_beams`, 0 when the search is done."""
        return len(self._running)

    def output(self) -> list[int]:
        """The best hypothesis: its new ids, the end token included if it was reached, start ids excluded.

        If no token was left to write before one ended, any of those that had not.

        Raises:
            ValueError: the search is not done.
        """
        if not self.is_done:
            raise ValueError("the search is not done")
        return self._ended[0].ids

    def _banned_ids(self) -> list[AbstractSet[int]]:
        """Tokens that each row may not write now."""
        size = self._no_repeat_ngram_size
        if size == 0:
            return [self._suppressed_ids] * self.num_rows
        return [self._suppressed_ids | repeating_ids(self._start_ids + ids, size) for ids in self._running]

    def _write(self, tokens: list[int]) -> list[bool]:
        """Count one more token; whether each continuation ends with it."""
        self._num_new_tokens += 1
        is_last = self._num_new_tokens == self._max_new_tokens
        return [is_last or token in self._end_ids for token in tokens]

    def _penalties(self) -> tuple[float, float]:
        """What a hypothesis that ends now is divided by, and a running one that ends as well as it can."""
        length = self._num_forced_tokens + self._num_new_tokens
        best_length = length
        if self._early_stopping == "never" and self._length_penalty > 0:
            best_length = self._num_forced_tokens + self._max_new_tokens
        return length**self._length_penalty, best_length**self._length_penalty

    def _keep(self, found: "_Continuations", running: "_Ranking", ended: "_Ranking", best_possible: float) -> BeamStep:
        """Keep what has won.

        Args:
            found: the continuations of this step.
            running: places in them of what goes on.
            ended: places of what has ended, in the former ended hypotheses followed by the continuations.
            best_possible: estimated score of the best row that goes on.
        """
        parents = found.beams if self.num_rows > 1 else [0] * len(found.beams)
        ids = [[*self._running[parent], token] for parent, token in zip(parents, found.tokens, strict=True)]
        hypotheses = [*self._ended, *map(_Hypothesis, ids, found.may_end)]
        self._ended = [hypotheses[place] for place in ended.places]
        self._ended_scores = ended.scores
        is_full = all(hypothesis.has_ended for hypothesis in self._ended)
        worst = self._ended_scores[-1] if is_full else FAR_BELOW
        goes_on = best_possible > worst and not (is_full and self._early_stopping is True)
        self.is_done = found.all_end or not goes_on
        if self.is_done:
            self._running, self._sums = [], []
            return BeamStep([], [], [])
        self._running = [ids[place] for place in running.places]
        self._sums = running.scores
        return BeamStep(
            parents=[parents[place] for place in running.places],
            tokens=[found.tokens[place] for place in running.places],
            sums=running.scores,
        )


class _Hypothesis(NamedTuple):
    """New ids of one hypothesis."""

    ids: list[int]
    has_ended: bool


class _Continuations(NamedTuple):
    """What a prompt could go on with, best first."""

    beams: list[int]
    tokens: list[int]
    may_end: list[bool]
    all_end: bool


class _Ranking(NamedTuple):
    """The best of some candidates, best first."""

    scores: list[float]
    places: list[int]


@torch.inference_mode()
def advance_all(searches: Sequence[BeamSearch], scores: torch.Tensor, rows: Sequence[Sequence[int]]) -> list[BeamStep]:
    """Take one step of several searches, each as it would go alone.

    Args:
        searches: none of them done. Those with as many beams and end ids are computed together.
        scores: logits of a batch, in which other rows may be too. Shape (rows, vocabulary).
        rows: for each search, which of the rows are its own, in the order of its last step; `num_rows` of them.

    Returns:
        A step for each search; its parents are counted among its own rows.

    Raises:
        ValueError: these are not as many rows, or a search is done.
    """
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for number, (search, own) in enumerate(zip(searches, rows, strict=True)):
        if search.is_done:
            raise ValueError("the search is done")
        if len(own) != search.num_rows:
            raise ValueError(f"scores of {len(own)} rows, the search has {search.num_rows}")
        alike[search.num_beams, search.num_candidates].append(number)
    steps: dict[int, BeamStep] = {}
    for numbers in alike.values():
        group = _advance_alike([searches[number] for number in numbers], scores, [rows[number] for number in numbers])
        steps |= zip(numbers, group, strict=True)
    return [steps[number] for number in range(len(searches))]


def _advance_alike(
    searches: Sequence[BeamSearch], scores: torch.Tensor, rows: Sequence[Sequence[int]]
) -> list[BeamStep]:
    """Take one step of searches with as many beams and candidates, on the CPU once the vocabulary is searched."""
    num_beams, vocabulary = searches[0].num_beams, scores.shape[1]
    sums, places = _best_continuations(searches, scores, rows)  # (searches, candidates) each
    beams, tokens = (places // vocabulary).tolist(), (places % vocabulary).tolist()

    ends = torch.tensor([search._write(own) for search, own in zip(searches, tokens, strict=True)])  # bool, as sums
    running = torch.topk(sums + ends * FAR_BELOW, num_beams)

    may_end = ends.clone()
    may_end[:, num_beams:] = False  # these are only there to fill the rows
    penalties = _float32([search._penalties() for search in searches])  # (searches, 2)
    former = _float32([search._ended_scores for search in searches])  # (searches, beams)
    new = sums / penalties[:, :1] + ~may_end * FAR_BELOW  # (searches, candidates)
    ended = torch.topk(torch.cat((former, new), dim=1), num_beams)
    best_possible = running.values[:, 0] / penalties[:, 1]  # (searches,)

    found = map(_Continuations, beams, tokens, may_end.tolist(), ends.all(dim=1).tolist())
    rankings = [map(_Ranking, best.values.tolist(), best.indices.tolist()) for best in (running, ended)]
    return [
        search._keep(*kept) for search, *kept in zip(searches, found, *rankings, best_possible.tolist(), strict=True)
    ]


def _best_continuations(
    searches: Sequence[BeamSearch], scores: torch.Tensor, rows: Sequence[Sequence[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What each prompt could go on with, best first.

    Returns:
        Log-probabilities of all that was written, float32; places among all continuations of the prompt (beam *
        vocabulary + token), int64. Both on the CPU, of shape (searches, candidates).
    """
    beams = range(searches[0].num_beams)
    # Before the first step all beams are one row.
    places = [own[beam % len(own)] for own in rows for beam in beams]
    banned = [own[beam % len(own)] for own in (search._banned_ids() for search in searches) for beam in beams]
    log_probs = torch.log_softmax(scores[places].float(), dim=-1)  # (searches * beams, vocabulary)
    if any(banned):
        at = [(beam, token) for beam, tokens in enumerate(banned) for token in tokens]
        log_probs[tuple(torch.tensor(at).T)] = -torch.inf
    log_probs += _float32([search._sums for search in searches]).view(-1, 1).to(scores.device)
    best = torch.topk(log_probs.view(len(searches), -1), searches[0].num_candidates)
    sums, found = torch.stack((best.values.double(), best.indices.double())).cpu()  # exact, and one transfer
    return sums.float(), found.long()


def _float32(values: Sequence[Sequence[float]]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)
