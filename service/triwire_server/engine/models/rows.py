"""Running rows of the library's models, with their keys and values kept between steps."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import torch

from triwire_server.engine.models.base import Progress, Prompt, Rows
from triwire_server.engine.models.beam_search import BeamSearch, advance_all
from triwire_server.engine.models.decode_graphs import DecodeGraphs, Recorder, padded_rows
from triwire_server.engine.models.decoding import Chooser
from triwire_server.engine.models.kv_cache import SlotCache
from triwire_server.engine.models.ragged import Ragged, to_device, using

MAX_READ_TOKENS = 512
"""Tokens of one prompt that a pass reads; the rest follows in the next ones, so that others do not wait for it."""

Read = TypeVar("Read")
"""What reading a prompt gave before it joins."""


@dataclass(slots=True, eq=False)
class Row:
    """One prompt while it is decoded."""

    number: int
    prompt: Prompt
    chooser: Chooser
    slots: list[int]
    """Where its keys and values are kept; one for each beam."""

    place: int
    """Which of the rows it is; its source is kept in the slot of that number."""

    pending: list[list[int]] = field(default_factory=list)
    """Tokens that the next pass reads, for each slot in use."""

    history: list[int] = field(default_factory=list)
    """Decoder tokens that count as written before: what the output was made to start with."""

    unread: list[int] = field(default_factory=list)
    """Tokens of the prompt that later passes read."""

    length: int = 0
    """Tokens that each of its slots keeps."""

    output: list[int] = field(default_factory=list)
    search: BeamSearch | None = None
    """Chooses the tokens of all its slots instead of `chooser`; None where there is one beam."""

    @property
    def num_slots(self) -> int:
        """Slots in use: a search starts from one."""
        return len(self.pending)

    def read_on(self, tokens: Sequence[int]) -> None:
        """Read these tokens next, a part in each pass."""
        self.pending, self.unread = [list(tokens[:MAX_READ_TOKENS])], list(tokens[MAX_READ_TOKENS:])


class CachedRows(Rows, Generic[Read]):
    """The running rows of one model; each reads as it would alone.

    Args:
        device: where the model runs.
        num_layers: layers that keep keys and values.
        suppressed_ids: tokens that are never written.
    """

    def __init__(self, device: torch.device, num_layers: int, suppressed_ids: Sequence[int] = ()) -> None:
        self._device = device
        self._suppressed = list(suppressed_ids)
        self._rows: list[Row] = []
        self._owners: list[Row] = []
        """The row that owns each slot in use."""

        self._states = SlotCache(num_layers, device)
        self._sources: SlotCache | None = None
        """Where encoder-decoders keep their sources."""

        self._graphs: DecodeGraphs | None = None

    def record_steps(self, record: Recorder) -> None:
        """Record steps, and replay those of a shape that was seen before. Before the first step."""
        self._graphs = DecodeGraphs(self._forward, self._states, self._sources, record)

    @property
    def numbers(self) -> Sequence[int]:
        """See `Rows.numbers`."""
        return [row.number for row in self._rows]

    @torch.inference_mode()
    def add(self, prompts: Mapping[int, Prompt]) -> None:
        """See `Rows.add`."""
        everything = self._read(list(prompts.values()))
        self._states.reserve(
            len(self._owners) + sum(prompt.num_beams for prompt in prompts.values()),
            max(self._tokens_before(prompt) + prompt.max_new_tokens for prompt in prompts.values()),
            [row.length for row in self._owners],
        )
        num_rows = len(self._rows)
        try:
            for (number, prompt), read in zip(prompts.items(), everything, strict=True):
                row = Row(
                    number=number,
                    prompt=prompt,
                    chooser=Chooser(prompt),
                    slots=list(range(len(self._owners), len(self._owners) + prompt.num_beams)),
                    place=len(self._rows),
                )
                self._rows.append(row)
                self._owners += [row] * prompt.num_beams
                self._enter(row, read)
                if prompt.num_beams > 1:
                    row.search = self._search(row)
        except Exception:
            for row in self._rows[num_rows:]:
                self.drop(row.number)
            raise

    @torch.inference_mode()
    def step(self) -> dict[int, Progress]:
        """See `Rows.step`."""
        scores, places = self._read_pending()
        progress: dict[int, Progress] = {}
        written: list[tuple[Row, list[int]]] = []
        for row, own in zip(self._rows, places, strict=True):
            row.length += len(row.pending[0])
            if row.unread:
                row.read_on(row.unread)
                progress[row.number] = Progress((), has_ended=False)
            else:
                written.append((row, own))
        return progress | self._search_all(scores, written) | self._choose_all(scores, written)

    def _read_pending(self) -> tuple[torch.Tensor, list[list[int]]]:
        """One pass over what is pending in every row.

        Returns:
            Scores, shape (any, vocabulary); and for each row the places in them that are behind its slots.
        """
        entries = [(row, slot, ids) for row in self._rows for slot, ids in zip(row.slots, row.pending, strict=False)]
        ragged = Ragged(
            [len(ids) for _, _, ids in entries],
            self._device,
            slots=[slot for _, slot, _ in entries],
            starts=[row.length for row, _, _ in entries],
            sources=[row.place for row, _, _ in entries],
            source_lengths=[len(row.prompt.input_ids) for row, _, _ in entries],
        )
        tokens = np.array([token for _, _, ids in entries for token in ids])  # (tokens,), int64
        input_ids = to_device(tokens, self._device)[None]  # (1, tokens)
        self.num_computed_tokens += len(tokens)
        if self._graphs is not None and self._graphs.can_run(ragged):
            padding = padded_rows(len(tokens)) - len(tokens)
            self.num_computed_tokens += padding
            self.num_padding_tokens += padding
            scores = self._graphs.run(input_ids, ragged)
        else:
            with using(ragged):
                scores = self._forward(input_ids, ragged)
        ends = iter(ragged.ends if len(scores) == input_ids.shape[1] else range(len(entries)))
        return scores, [[next(ends) for _ in range(row.num_slots)] for row in self._rows]

    @torch.inference_mode()
    def drop(self, number: int) -> None:
        """See `Rows.drop`. The last row takes its place, and the last slots its slots."""
        row = next(row for row in self._rows if row.number == number)
        for slot in sorted(row.slots, reverse=True):
            last = self._owners.pop()
            if last is not row or slot != len(self._owners):
                self._states.copy([len(self._owners)], [slot], last.length)
                last.slots[last.slots.index(len(self._owners))] = slot
                self._owners[slot] = last
        last_row = self._rows.pop()
        if last_row is not row:
            self._move(last_row, row.place)
            last_row.place = row.place
            self._rows[row.place] = last_row

    @abc.abstractmethod
    def _tokens_before(self, prompt: Prompt) -> int:
        """Tokens that a slot keeps before the first one that is written."""

    @abc.abstractmethod
    def _read(self, prompts: Sequence[Prompt]) -> Sequence[Read]:
        """Read prompts. If this raises, nothing has changed."""

    @abc.abstractmethod
    def _enter(self, row: Row, read: Read) -> None:
        """Let a row that was read begin: fill its slots, and say which tokens the next pass reads."""

    def _move(self, row: Row, place: int) -> None:
        """Move what is kept by the place of a row."""

    @abc.abstractmethod
    def _forward(self, input_ids: torch.Tensor, ragged: Ragged) -> torch.Tensor:
        """Scores after some more tokens in each row.

        Args:
            input_ids: the tokens of all rows. Shape (1, tokens), int64.
            ragged: the rows.

        Returns:
            For every token, or for the last one of each row alone. Shape (tokens or rows, vocabulary).
        """

    def _choose_all(self, scores: torch.Tensor, rows: Sequence[tuple[Row, list[int]]]) -> dict[int, Progress]:
        """The next token of each row without a search.

        Args:
            scores: of the pass; changed. Shape (any, vocabulary).
            rows: each with the places of its scores.
        """
        if self._suppressed:
            scores[:, self._suppressed] = -torch.inf
        best = scores.argmax(dim=-1).tolist()  # of all places at once, those of searches too
        progress: dict[int, Progress] = {}
        for row, [place, *_] in rows:
            if row.search is not None:
                continue
            token = best[place]
            if not row.chooser.is_greedy:
                token = row.chooser.choose(scores[place], [*row.history, *row.output])
            row.output.append(token)
            row.pending = [[token]]
            progress[row.number] = Progress((token,), row.prompt.has_ended(row.output))
        return progress

    def _search(self, row: Row) -> BeamSearch:
        prompt = row.prompt
        return BeamSearch(
            num_beams=prompt.num_beams,
            max_new_tokens=prompt.max_new_tokens,
            end_ids=prompt.end_ids,
            start_ids=row.history,
            num_forced_tokens=len(prompt.forced_ids),
            length_penalty=prompt.length_penalty,
            early_stopping=prompt.early_stopping,
            no_repeat_ngram_size=prompt.no_repeat_ngram_size,
            suppressed_ids=frozenset(self._suppressed),
        )

    def _search_all(self, scores: torch.Tensor, rows: Sequence[tuple[Row, list[int]]]) -> dict[int, Progress]:
        """Take a step of every search, and let its slots go on from those of their parents. See `_choose_all`."""
        searching = [(row, row.search, own) for row, own in rows if row.search is not None]
        steps = advance_all([search for _, search, _ in searching], scores, [own for _, _, own in searching])
        progress: dict[int, Progress] = {}
        for (row, search, _), step in zip(searching, steps, strict=True):
            if search.is_done:
                progress[row.number] = Progress(tuple(search.output()), has_ended=True)
                continue
            self._fork(row, step.parents)
            row.pending = [[token] for token in step.tokens]
            progress[row.number] = Progress((), has_ended=False)
        return progress

    def _fork(self, row: Row, parents: Sequence[int]) -> None:
        """Let each beam go on from its parent: the first one in the parent's slot, others in slots without a beam."""
        kept: dict[int, int] = {}
        for beam, parent in enumerate(parents):
            kept.setdefault(row.slots[parent], beam)
        free = [slot for slot in row.slots if slot not in kept]
        slots = {beam: slot for slot, beam in kept.items()}
        copied = {beam: free.pop() for beam in range(len(parents)) if beam not in slots}
        self._states.copy([row.slots[parents[beam]] for beam in copied], list(copied.values()), row.length)
        slots |= copied
        row.slots = [slots[beam] for beam in range(len(parents))]
