"""The face of a model: what the engine and the API need to know of any architecture.

A model turns a `Segment` into a `Prompt` (token ids with its decoding limits) and token ids back into text. Both may be
called from any thread but the device's, and must not touch the device. Rows and `generate` are used on the device's
thread alone.
"""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A segment as token ids, with the limits of its decoding."""

    input_ids: tuple[int, ...]
    """Encoder input, or the whole chat prompt. Special tokens included."""

    max_new_tokens: int
    """Limit of the output, the end token included, forced ones not."""

    prefix_length: int = 0
    """How many of the first input ids are instructions that other prompts start with too, so that they can be computed
    once. 0: none."""

    forced_ids: tuple[int, ...] = ()
    """Tokens that the output is made to start with (a target language token); not part of the output text."""

    no_repeat_ngram_size: int = 0
    """Length of token n-grams that may not occur twice; 0: no limit. Set on repair attempts."""

    sampling_seed: int | None = None
    """Greedy if None, else sampled with this seed."""

    end_ids: frozenset[int] = frozenset()
    """Tokens that end the output."""

    is_padded: bool = True
    """Whether its row costs as much as the longest one beside it. On a CPU attention reads only what a row holds."""

    num_beams: int = 1
    """Hypotheses of beam search, each of which takes a slot; 1: no search."""

    length_penalty: float = 1.0
    """Of beam search: above 0 favours long outputs, below 0 short ones."""

    early_stopping: bool | Literal["never"] = False
    """Of beam search, see `beam_search.EarlyStopping`."""

    @property
    def num_tokens(self) -> int:
        """Tokens that reading it computes: those of the input, shared instructions not counted."""
        return len(self.input_ids) - self.prefix_length

    def is_complete(self, token_ids: Sequence[int]) -> bool:
        """Whether an output ends with an end token."""
        return bool(token_ids) and token_ids[-1] in self.end_ids

    def has_ended(self, token_ids: Sequence[int]) -> bool:
        """Whether an output is done: its end token was written, or its limit is reached."""
        return len(token_ids) >= self.max_new_tokens or self.is_complete(token_ids)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step gave for one prompt."""

    token_ids: tuple[int, ...]
    """Written in this step. Beam search writes everything at its end."""

    has_ended: bool
    """Whether there is no more to come."""


class Rows(abc.ABC):
    """Prompts that a model is decoding together. They join and leave at any step. Used on the device's thread alone."""

    num_computed_tokens: int = 0
    """Tokens that the passes so far computed: of prompts and of each beam, padding included."""

    num_padding_tokens: int = 0
    """How many of them were padding."""

    @property
    @abc.abstractmethod
    def numbers(self) -> Sequence[int]:
        """The numbers that name the rows."""

    @abc.abstractmethod
    def add(self, prompts: Mapping[int, Prompt]) -> None:
        """Let prompts join. If this raises, none of them has joined, and the others are as they were.

        Args:
            prompts: by a number that names the row from now on.
        """

    @abc.abstractmethod
    def step(self) -> dict[int, Progress]:
        """Decode one step of every row. If this raises, nothing in here is of use any more."""

    @abc.abstractmethod
    def drop(self, number: int) -> None:
        """Forget a row."""


class ServedModel(abc.ABC):
    """What the engine and the API know of any model, wherever it runs."""

    card: ModelCard
    fingerprint: str = ""
    """Names what its outputs depend on beside `card.full_name` and the segment: see `ModelSpec.fingerprint`."""

    @property
    def identity(self) -> str:
        """The same for two models that give the same outputs, in whatever process."""
        return f"{self.card.full_name}#{self.fingerprint}"

    @abc.abstractmethod
    def count_tokens(self, text: str, language: str) -> int:
        """Tokens of a text as this model reads it, special tokens and instructions not counted. From any thread."""


class Model(ServedModel):
    """A model of any architecture that is loaded on this machine's device."""

    token_bytes: int = 0
    """Memory of the keys and values of one token, all layers together; 0: unknown."""

    @abc.abstractmethod
    def encode(self, segment: Segment) -> Prompt:
        """Token ids for a segment. Never truncates; the caller has split the text to fit `max_input_tokens`."""

    @abc.abstractmethod
    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        """Text of generated token ids, special tokens dropped and the model's own wrapping stripped."""

    def report_missing_pieces(self, report: Callable[[int], None]) -> None:
        """Have `report` told, from any thread, of source pieces that a trimmed vocabulary lacks: how many of a segment.

        Models with their whole vocabulary have nothing to tell.
        """

    @abc.abstractmethod
    def new_rows(self) -> Rows:
        """An empty batch, which prompts join and leave at any step."""

    def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Run one batch to its end on the device; a row that has ended leaves it.

        Returns:
            For each prompt the generated ids, forced ids excluded, the end token included if it was reached. A list
            without the end token stopped at `max_new_tokens`.
        """
        outputs: list[list[int]] = [[] for _ in prompts]
        if not prompts:
            return outputs
        rows = self.new_rows()
        rows.add(dict(enumerate(prompts)))
        while rows.numbers:
            for number, progress in rows.step().items():
                outputs[number] += progress.token_ids
                if progress.has_ended:
                    rows.drop(number)
        return outputs
