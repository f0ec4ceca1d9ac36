"""The rows of one pass of a model, which stand behind each other in one long row, and what their tokens see."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
import torch

MAX_SINGLE_TOKENS = 4
"""Rows of so many new tokens are computed token by token; longer ones as a matrix, which needs more of them to pay."""


class Ragged:
    """The rows of one pass: how many new tokens each has, and where its earlier ones are kept.

    Args:
        counts: new tokens of each row.
        device: where the model runs.
        slots: in which slot each row keeps its keys and values; None for an encoder, which keeps none.
        starts: tokens that each row has kept already.
        sources: slot of the source of each row; None without an encoder.
        source_lengths: tokens of the source of each row.
    """

    def __init__(
        self,
        counts: Sequence[int],
        device: torch.device,
        *,
        slots: Sequence[int] | None = None,
        starts: Sequence[int] | None = None,
        sources: Sequence[int] | None = None,
        source_lengths: Sequence[int] | None = None,
    ) -> None:
        self.device = device
        self._counts = np.asarray(counts, np.int64)
        self._ends = self._counts.cumsum()
        self._slots = slots
        self._starts = np.zeros_like(self._counts) if starts is None else np.asarray(starts, np.int64)
        self._sources = sources
        self._source_lengths = source_lengths
        firsts = self._ends - self._counts
        self.columns = np.arange(self._ends[-1]) + (self._starts - firsts).repeat(self._counts)
        """Position of each token in its row. Shape (tokens,), int64."""

    @property
    def is_encoder(self) -> bool:
        """Whether each row sees all of itself, and nothing is kept."""
        return self._slots is None

    @property
    def has_single_tokens_only(self) -> bool:
        """Whether each row has one new token."""
        return len(self.columns) == len(self._counts)

    @cached_property
    def ends(self) -> list[int]:
        """Index of the last token of each row."""
        return [int(end) - 1 for end in self._ends]

    @cached_property
    def positions(self) -> torch.Tensor:
        """Position of each token in its row. Shape (1, tokens), int64."""
        return to_device(self.columns, self.device)[None]

    @cached_property
    def places(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Slot and column of each token. Shape (tokens,), int64, both."""
        return to_device(self.token_slots, self.device), self.positions[0]

    @cached_property
    def own_view(self) -> "View | None":
        """What the single tokens see of their slots; None without any."""
        return self._view(self.single_tokens, self.token_slots, self.seen)

    @cached_property
    def source_view(self) -> "View | None":
        """What all tokens see of their sources."""
        return self._view(self.all_tokens, self.token_sources, self.seen_sources)

    def _view(self, tokens: np.ndarray, slots: np.ndarray, lengths: np.ndarray) -> "View | None":
        if not len(tokens):
            return None
        is_dense = np.array_equal(slots[tokens], np.arange(len(tokens)))
        return View(
            lengths=to_device(lengths[tokens], self.device),
            columns=int(lengths[tokens].max()),
            tokens=None if len(tokens) == len(self.columns) else to_device(tokens, self.device),
            slots=None if is_dense else to_device(slots[tokens], self.device),
        )

    @cached_property
    def token_slots(self) -> np.ndarray:
        """Slot of each token. Shape (tokens,), int64."""
        return np.asarray(self._slots, np.int64).repeat(self._counts)

    @cached_property
    def seen(self) -> np.ndarray:
        """Columns of its slot that each token sees, its own included. Shape (tokens,), int64."""
        seen: np.ndarray = self.columns + 1
        return seen

    @cached_property
    def token_sources(self) -> np.ndarray:
        """Slot of the source of each token. Shape (tokens,), int64."""
        return np.asarray(self._sources, np.int64).repeat(self._counts)

    @cached_property
    def seen_sources(self) -> np.ndarray:
        """Tokens of the source of each token. Shape (tokens,), int64."""
        return np.asarray(self._source_lengths, np.int64).repeat(self._counts)

    @cached_property
    def all_tokens(self) -> np.ndarray:
        """Every token. Shape (tokens,), int64."""
        return np.arange(len(self.columns))

    @cached_property
    def single_tokens(self) -> np.ndarray:
        """Tokens of the rows that are computed token by token. Shape (at most tokens,), int64."""
        return np.flatnonzero((self._counts <= MAX_SINGLE_TOKENS).repeat(self._counts))

    @cached_property
    def long_rows(self) -> list[tuple[int, int, int, int]]:
        """First token, end, slot and kept tokens of the rows that are computed as a matrix."""
        assert self._slots is not None  # noqa: S101 - for the type checker
        return [
            (int(end - count), int(end), slot, int(start))
            for count, end, slot, start in zip(self._counts, self._ends, self._slots, self._starts, strict=True)
            if count > MAX_SINGLE_TOKENS
        ]

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """First token and end of each row."""
        return [(int(end - count), int(end)) for count, end in zip(self._counts, self._ends, strict=True)]


class View:
    """What some tokens see of some slots, as tensors, for devices that the compiled kernel is not for.

    Args:
        lengths: columns that each token sees, the first ones. Shape (tokens,), int64.
        columns: of the longest of them, or more.
        tokens: which of the tokens of the pass these are; None: all. Shape (tokens,), int64.
        slots: slot of each; None: 0, 1, 2 ..., for which nothing is copied. Shape (tokens,), int64.
    """

    def __init__(
        self,
        *,
        lengths: torch.Tensor,
        columns: int,
        tokens: torch.Tensor | None = None,
        slots: torch.Tensor | None = None,
    ) -> None:
        self.tokens = tokens
        self._lengths = lengths
        self._columns = columns
        self._slots = slots
        self._masks: dict[int, torch.Tensor] = {}

    @cached_property
    def distances(self) -> torch.Tensor:
        """Columns back from the last one seen, negative behind it. Shape (tokens, columns), int64."""
        return self._lengths[:, None] - 1 - torch.arange(self._columns, device=self._lengths.device)

    def mask(self, window: int) -> torch.Tensor:
        """Whether a column is seen; `window`: only the last so many, 0: all. Shape (tokens, 1, 1, columns), bool."""
        if window not in self._masks:
            seen = self.distances >= 0
            self._masks[window] = (seen & (self.distances < window) if window else seen)[:, None, None]
        return self._masks[window]

    def of(self, buffer: torch.Tensor) -> torch.Tensor:
        """The slots and columns of a buffer. Shape (tokens, key heads, columns, size)."""
        if self._slots is None:
            return buffer[: len(self._lengths), :, : self._columns]
        return buffer[:, :, : self._columns][self._slots]


def to_device(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """An array as a tensor. To a GPU it goes through pinned memory, so that nobody waits for it."""
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class _Current(threading.local):
    ragged: Ragged | None = None


_current = _Current()


@contextmanager
def using(ragged: Ragged) -> Iterator[None]:
    """Let the passes of this thread be over these rows."""
    _current.ragged = ragged
    try:
        yield
    finally:
        _current.ragged = None


def current() -> Ragged:
    """The rows of the pass that is under way on this thread."""
    if _current.ragged is None:
        raise RuntimeError("a model with ragged attention runs only within using()")
    return _current.ragged
