"""The work that every way is given: sources to read, and how many tokens are to be written for each."""

from dataclasses import dataclass

import torch

PAD, END, UNKNOWN = 1, 2, 3
"""Ids of M2M100; sources and outputs hold none, except the end of a source."""

FIRST_WORD = 10
"""Smaller ids are control tokens, or may be."""


@dataclass(frozen=True)
class Work:
    """One sequence: what is read, and how many tokens are to be written."""

    source: list[int]
    length: int
    shared: int = 0
    """How many of the first source tokens are instructions that all others start with too."""


def make_work(count: int, vocabulary: int, *, seed: int = 7) -> list[Work]:
    """Sources for an encoder-decoder, of lognormal lengths as news segments have them.

    Outputs have a median of 35 tokens (4..200), sources one of 40 (6..256); the two go together.

    Args:
        count: how many.
        vocabulary: ids are drawn below this number.
        seed: same seed, same work.
    """
    generator = torch.Generator().manual_seed(seed)
    sources, lengths = _lengths(count, generator)
    return [
        Work([*_words(source - 1, vocabulary, generator), END], length)
        for source, length in zip(sources, lengths, strict=True)
    ]


def make_chat_work(count: int, vocabulary: int, *, shared: int, seed: int = 7) -> list[Work]:
    """Prompts for a decoder-only model: the same instructions, then a text as in `make_work`.

    Args:
        count: how many.
        vocabulary: ids are drawn below this number.
        shared: tokens of the instructions.
        seed: same seed, same work.
    """
    generator = torch.Generator().manual_seed(seed)
    sources, lengths = _lengths(count, generator)
    instructions = _words(shared, vocabulary, generator)
    return [
        Work([*instructions, *_words(source, vocabulary, generator)], length, shared)
        for source, length in zip(sources, lengths, strict=True)
    ]


def num_output_tokens(work: list[Work]) -> int:
    """Tokens that are credited: those asked for, never padding or what was written beyond."""
    return sum(each.length for each in work)


def by_source_length(work: list[Work]) -> list[int]:
    """Indices of the work, shortest source first."""
    return sorted(range(len(work)), key=lambda index: len(work[index].source))


def _lengths(count: int, generator: torch.Generator) -> tuple[list[int], list[int]]:
    shared, own = torch.randn(2, count, generator=generator)
    sources = (40 * torch.exp(0.6 * shared)).round().clamp(6, 256).int().tolist()
    lengths = (35 * torch.exp(0.6 * (0.8 * shared + 0.6 * own))).round().clamp(4, 200).int().tolist()
    return sources, lengths


def _words(count: int, vocabulary: int, generator: torch.Generator) -> list[int]:
    words: list[int] = torch.randint(FIRST_WORD, vocabulary, (count,), generator=generator).tolist()
    return words
