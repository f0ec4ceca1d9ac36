"""Running rows of the library's models, with their keys and values kept between steps."""

import abc
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch

from triwire_server.engine.models.base import Prompt, Rows
from triwire_server.engine.models.decoding import Chooser
from triwire_server.engine.models.kv_rows import KeyValueRows, KeyValues


@dataclass(frozen=True, slots=True)
class ReadPrompts:
    """What one pass over some prompts gave.

    Attributes:
        states: self-attention keys and values of what was read.
        scores: of the first new tokens. Shape (prompts, vocabulary).
        sources: cross-attention keys and values of encoder-decoders.
    """

    states: KeyValues
    scores: torch.Tensor
    sources: KeyValues | None = None


@dataclass(slots=True)
class _Row:
    """One prompt while it is decoded."""

    number: int
    prompt: Prompt
    chooser: Chooser
    ids: list[int]
    """Decoder tokens so far: what the output was made to start with, and what was written."""


class CachedRows(Rows):
    """The running rows of one model; each reads as it would alone.

    Args:
        device: where the model runs.
        suppressed_ids: tokens that are never written.
    """

    def __init__(self, device: torch.device, suppressed_ids: Sequence[int] = ()) -> None:
        self._device = device
        self._suppressed = list(suppressed_ids)
        self._rows: list[_Row] = []
        self._states = KeyValueRows()

    @property
    def numbers(self) -> Sequence[int]:
        """See `Rows.numbers`."""
        return [row.number for row in self._rows]

    @torch.inference_mode()
    def add(self, prompts: Mapping[int, Prompt]) -> dict[int, int]:
        """See `Rows.add`."""
        read = [(numbers, self._read([prompts[number] for number in numbers])) for numbers in self._passes(prompts)]
        tokens: dict[int, int] = {}
        self.is_sound = False
        for numbers, result in read:
            self._join(result)
            joined = [
                _Row(number, prompts[number], Chooser(prompts[number]), self.start_ids(prompts[number]))
                for number in numbers
            ]
            self._rows += joined
            tokens |= self._choose(joined, result.scores)
        self.is_sound = True
        return tokens

    @torch.inference_mode()
    def step(self) -> dict[int, int]:
        """See `Rows.step`."""
        self.is_sound = False
        mask, positions = self._states.next_token()
        last = torch.tensor([[row.ids[-1]] for row in self._rows], device=self._device)  # (rows, 1), int64
        tokens = self._choose(self._rows, self._next(last, mask, positions))
        self.is_sound = True
        return tokens

    @torch.inference_mode()
    def drop(self, number: int) -> None:
        """See `Rows.drop`. The last row takes the slot."""
        slot = next(slot for slot, row in enumerate(self._rows) if row.number == number)
        self._leave(slot)
        self._rows[slot] = self._rows[-1]
        self._rows.pop()

    @abc.abstractmethod
    def start_ids(self, prompt: Prompt) -> list[int]:
        """Decoder tokens before the first one that is written."""

    @abc.abstractmethod
    def pass_key(self, prompt: Prompt) -> Hashable:
        """What prompts must have in common to be read in one pass."""

    @abc.abstractmethod
    def _read(self, prompts: Sequence[Prompt]) -> ReadPrompts:
        """Read prompts of one pass."""

    @abc.abstractmethod
    def _next(self, input_ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Scores after one more token in each row.

        Args:
            input_ids: the token. Shape (rows, 1), int64.
            mask: columns of the states that a row owns, that of the token included. Shape (rows, columns), int64.
            positions: of the token in its row. Shape (rows, 1), int64.

        Returns:
            Shape (rows, vocabulary).
        """

    def _join(self, read: ReadPrompts) -> None:
        self._states.add(read.states)

    def _leave(self, slot: int) -> None:
        self._states.drop(slot)

    def _choose(self, rows: Sequence[_Row], scores: torch.Tensor) -> dict[int, int]:
        if self._suppressed:
            scores[:, self._suppressed] = -torch.inf
        tokens: dict[int, int] = {}
        for row, best, row_scores in zip(rows, scores.argmax(dim=-1).tolist(), scores, strict=True):
            token = best if row.chooser.is_greedy else row.chooser.choose(row_scores, row.ids)
            row.ids.append(token)
            tokens[row.number] = token
        return tokens

    def _passes(self, prompts: Mapping[int, Prompt]) -> list[list[int]]:
        """Numbers of prompts that are read in one pass: alike, and of lengths that need little padding."""
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for number, prompt in prompts.items():
            groups[self.pass_key(prompt)].append(number)
        passes: list[list[int]] = []
        for numbers in groups.values():
            lengths = {number: len(prompts[number].input_ids) - prompts[number].prefix_length for number in numbers}
            shortest = -1
            for number in sorted(numbers, key=lambda number: lengths[number]):
                if shortest < 0 or lengths[number] > max(1.3 * shortest, shortest + 8):
                    shortest = lengths[number]
                    passes.append([])
                passes[-1].append(number)
        return passes
