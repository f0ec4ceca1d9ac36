"""Decode steps that are recorded once for each shape and replayed.

On a GPU a step is hundreds of small kernels, whose launches take longer than their work. A recorded step reads its
inputs from, and leaves its scores in, the memory that it was recorded with. So rows are padded to a power of two, and
columns to a multiple; rows of padding write into slots that nobody has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch

from triwire_server.engine.models.kv_cache import SlotCache
from triwire_server.engine.models.ragged import Ragged, View, to_device, using

COLUMNS = 128
"""Columns are padded to a multiple of so many: fewer shapes to record, for some work that the mask hides."""

Step: TypeAlias = Callable[[], torch.Tensor]
Recorder: TypeAlias = Callable[[Step], tuple[Callable[[], None], torch.Tensor]]
"""Takes a step; gives what replays it, and the scores that each replay leaves."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A step with the memory of its inputs."""

    input_ids: torch.Tensor  # (1, rows), int64
    columns: torch.Tensor  # (rows,), int64
    source_lengths: torch.Tensor  # (rows,), int64
    replay: Callable[[], None]
    scores: torch.Tensor  # (rows, vocabulary)


class DecodeGraphs:
    """The recorded steps of some running rows.

    Args:
        forward: scores of a pass over the rows, see `CachedRows._forward`.
        states: where the rows keep their keys and values.
        sources: where their sources are kept; None for a decoder-only model.
        record: how a step is recorded.
    """

    def __init__(
        self,
        forward: Callable[[torch.Tensor, Ragged], torch.Tensor],
        states: SlotCache,
        sources: SlotCache | None,
        record: Recorder,
    ) -> None:
        self._forward = forward
        self._states = states
        self._sources = sources
        self._record = record
        self._recorded: dict[tuple[int, int, int], _Recorded] = {}
        self._generations = (-1, -1)

    def can_run(self, ragged: Ragged) -> bool:
        """Whether a pass has a shape that is recorded: one token for each row, rows in slots 0, 1, 2 ..."""
        rows = len(ragged.ends)
        return (
            self._states.is_made
            and ragged.has_single_tokens_only
            and list(ragged.token_slots) == list(range(rows))
            and (self._sources is None or list(ragged.token_sources) == list(range(rows)))
        )

    def run(self, input_ids: torch.Tensor, ragged: Ragged) -> torch.Tensor:
        """Scores of a pass that `can_run`.

        Args:
            input_ids: the tokens of all rows. Shape (1, rows), int64.
            ragged: the rows.

        Returns:
            Shape (rows, vocabulary), good until the next pass.
        """
        generations = (self._states.generation, 0 if self._sources is None else self._sources.generation)
        if generations != self._generations:
            # The buffers are elsewhere now.
            self._recorded.clear()
            self._generations = generations
        rows = input_ids.shape[1]
        shape = (
            padded_rows(rows),
            _padded(int(ragged.seen.max())),
            0 if self._sources is None else _padded(int(ragged.seen_sources.max())),
        )
        recorded = self._recorded.get(shape)
        inputs = [input_ids[0], ragged.positions[0]]
        if self._sources is not None:
            inputs.append(to_device(ragged.seen_sources, ragged.device))
        if recorded is None:
            recorded = self._recorded[shape] = self._make(shape, inputs, ragged.device)
        _fill(recorded, inputs)
        recorded.replay()
        return recorded.scores[:rows]

    def _make(self, shape: tuple[int, int, int], inputs: Sequence[torch.Tensor], device: torch.device) -> _Recorded:
        rows, columns, source_columns = shape
        slots = torch.arange(rows, device=device)  # (rows,), int64
        input_ids = torch.zeros(1, rows, dtype=torch.int64, device=device)  # (1, rows)
        own_columns = torch.zeros(rows, dtype=torch.int64, device=device)  # (rows,)
        source_lengths = torch.ones(rows, dtype=torch.int64, device=device)  # (rows,)
        # Rows of padding must have a slot to write into.
        for cache in (self._states, self._sources):
            assert cache is None or cache.num_slots >= rows  # noqa: S101 - `reserve` takes powers of two

        def step() -> torch.Tensor:
            ragged = Ragged([1] * rows, device, slots=range(rows), sources=range(rows), source_lengths=[1] * rows)
            ragged.positions = own_columns[None]
            ragged.places = (slots, own_columns)
            # Made anew in each run, so that their masks are part of what is recorded.
            ragged.own_view = View(lengths=own_columns + 1, columns=min(columns, self._states.num_columns))
            if self._sources is not None:
                ragged.source_view = View(
                    lengths=source_lengths, columns=min(source_columns, self._sources.num_columns)
                )
            with using(ragged):
                return self._forward(input_ids, ragged)

        # What is run to warm up writes what the step itself will.
        _copy((input_ids[0], own_columns, source_lengths), inputs)
        replay, scores = self._record(step)
        return _Recorded(input_ids, own_columns, source_lengths, replay, scores)


def padded_rows(rows: int) -> int:
    """Rows of the recorded step that so many rows take."""
    return 1 << (rows - 1).bit_length()


def record_cuda(step: Step) -> tuple[Callable[[], None], torch.Tensor]:
    """Record a step as a CUDA graph, after two runs in which kernels are chosen and workspaces made."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch has no types here
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        scores = step()
    return graph.replay, scores


def _fill(recorded: _Recorded, inputs: Sequence[torch.Tensor]) -> None:
    rows = len(inputs[0])
    recorded.input_ids.zero_()
    recorded.columns[rows:] = 0
    recorded.source_lengths[rows:] = 1
    _copy((recorded.input_ids[0], recorded.columns, recorded.source_lengths), inputs)


def _copy(targets: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor]) -> None:
    for target, given in zip(targets, inputs, strict=False):  # a decoder-only model has no sources
        target[: len(given)] = given


def _padded(columns: int) -> int:
    return columns + -columns % COLUMNS
