"""The library's own `generate`, over batches of a fixed size; each batch runs to the end of its longest row."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria

from triwire_server.engine.models.linear import pack_linears
from ways.models import twin
from ways.work import END, PAD, Work, by_source_length

STATIC_BATCH = 16
"""Rows of a static batch, and of a dynamic one."""


class Lengths(StoppingCriteria):  # type: ignore[misc]  # transformers is published without types
    """Ends each row of `generate` at its own length.

    Args:
        start: tokens before the first that is written.
        lengths: to be written, for each row.
    """

    def __init__(self, start: int, lengths: Sequence[int]) -> None:
        self._ends = torch.tensor([start + length for length in lengths])

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """See the library. Shape (rows,), bool."""
        return self._ends <= input_ids.shape[1]


def packed_copy(model: Any) -> Any:
    """The same model with packed linears, so that scheduling and kernels can be told apart."""
    made = twin(model)
    pack_linears(made)
    return made


@torch.no_grad()
def run_batch(model: Any, batch: Sequence[Work]) -> list[list[int]]:
    """One batch to the end of its longest row."""
    is_translator = model.config.is_encoder_decoder
    longest = max(len(work.source) for work in batch)
    ids = torch.full((len(batch), longest), PAD)  # (rows, tokens), int64
    mask = torch.zeros_like(ids)
    for row, work in enumerate(batch):
        place = slice(0, len(work.source)) if is_translator else slice(longest - len(work.source), longest)
        ids[row, place] = torch.tensor(work.source)
        mask[row, place] = 1
    lengths = [work.length for work in batch]
    start = 2 if is_translator else longest
    generated = model.generate(
        input_ids=ids,
        attention_mask=mask,
        generation_config=GenerationConfig(
            max_new_tokens=max(lengths),
            do_sample=False,
            num_beams=1,
            pad_token_id=PAD,
            eos_token_id=None,
            decoder_start_token_id=END if is_translator else None,
        ),
        stopping_criteria=[Lengths(start, lengths)] if len(batch) > 1 else None,
        **({"decoder_input_ids": torch.full((len(batch), 2), END)} if is_translator else {}),
    )
    return [generated[row, start : start + work.length].tolist() for row, work in enumerate(batch)]


def run_static(model: Any, work: list[Work], size: int, *, is_sorted: bool = False) -> list[list[int]]:
    """Batches of a fixed size, as the work comes or shortest source first."""
    order = by_source_length(work) if is_sorted else list(range(len(work)))
    outputs: list[list[int]] = [[] for _ in work]
    for start in range(0, len(order), size):
        indices = order[start : start + size]
        for index, output in zip(indices, run_batch(model, [work[index] for index in indices]), strict=True):
            outputs[index] = output
    return outputs
