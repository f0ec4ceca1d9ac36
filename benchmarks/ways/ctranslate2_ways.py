"""CTranslate2: the same weights converted in memory, batches in the order that suits it, each row ended at its length.

Its converter takes a model of the library. Its batches drop a row once the callback says that it is done, so it does
not compute rows to the end of the longest one; no row can join a running batch.
"""

import copy
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ways.work import END, Work, by_source_length

MAX_BATCH_TOKENS = 1_024
"""Source tokens of a batch, padding counted."""


class _Tokenizer:
    """What the converters ask for: token number n is written as "tn"."""

    bos_token, eos_token, unk_token, pad_token, unk_token_id = "<s>", "</s>", "<unk>", "<pad>", 3
    special_tokens_map: dict[str, str] = {}  # noqa: RUF012 - the converter's face
    num_madeup_words = 0

    def __init__(self, vocabulary: int) -> None:
        self.tokens = ["<s>", "<pad>", "</s>", "<unk>", *(f"t{number}" for number in range(4, vocabulary))]
        self.ids = {token: number for number, token in enumerate(self.tokens)}

    def get_vocab(self) -> dict[str, int]:
        return self.ids

    def convert_ids_to_tokens(self, number: int) -> str:
        return self.tokens[number]


def convert(model: Any, compute_type: str, directory: Path, *, may_destroy: bool = False) -> None:
    """Write a model of the library in CTranslate2's form.

    Args:
        model: an M2M100 or a Qwen2, in float32.
        compute_type: "float32" or "int8".
        directory: where it goes.
        may_destroy: the converter takes some models apart; without this it gets a copy.
    """
    from ctranslate2.converters.transformers import M2M100Loader, Qwen2Loader

    loader = M2M100Loader() if model.config.is_encoder_decoder else Qwen2Loader()
    spec = loader(model if may_destroy else copy.deepcopy(model), _Tokenizer(model.config.vocab_size))
    spec.validate()
    spec.optimize(quantization=compute_type)
    directory.mkdir(parents=True, exist_ok=True)
    spec.save(str(directory))


class Translator:
    """An encoder-decoder in CTranslate2.

    Args:
        model: of the library, in float32; it stays as it is.
        compute_type: "float32" or "int8".
        threads: for computing.
    """

    def __init__(self, model: Any, compute_type: str, threads: int) -> None:
        import ctranslate2

        self._tokenizer = _Tokenizer(model.config.vocab_size)
        self._directory = tempfile.TemporaryDirectory()
        convert(model, compute_type, Path(self._directory.name))
        self._translator = ctranslate2.Translator(
            self._directory.name, device="cpu", compute_type=compute_type, intra_threads=threads, inter_threads=1
        )

    def run_batch(self, batch: Sequence[Work], on_end: Callable[[int], None] = lambda row: None) -> list[list[int]]:
        """One batch; `on_end` hears of each row when it has its length, in another thread."""

        def is_done(step: Any) -> bool:
            # Step 0 is the token that the output is made to start with.
            done = step.step + 1 > batch[step.batch_id].length
            if done:
                on_end(step.batch_id)
            return bool(done)

        tokens, ids = self._tokenizer.tokens, self._tokenizer.ids
        longest = max(work.length for work in batch) + 2
        made = self._translator.translate_batch(
            [[tokens[token] for token in work.source] for work in batch],
            target_prefix=[["</s>"]] * len(batch),
            beam_size=1,
            max_batch_size=0,
            min_decoding_length=longest,
            max_decoding_length=longest,
            return_end_token=True,
            callback=is_done,
        )
        return [
            [ids[token] for token in result.hypotheses[0]][1 : 1 + work.length]
            for work, result in zip(batch, made, strict=True)
        ]

    def run(self, work: list[Work]) -> list[list[int]]:
        """All of the work, in batches of similar sources."""
        return _run_sorted(work, self.run_batch)


class Generator:
    """A decoder-only model in CTranslate2.

    Args:
        directory: a converted model.
        vocabulary: rows of its embedding.
        compute_type: "float32" or "int8".
        threads: for computing.
        end_id: a token that is not written, whatever the model makes of it.
    """

    def __init__(self, directory: Path, vocabulary: int, compute_type: str, threads: int, *, end_id: int = END) -> None:
        import ctranslate2

        self._tokenizer = _Tokenizer(vocabulary)
        self._end_id = end_id
        self._generator = ctranslate2.Generator(
            str(directory), device="cpu", compute_type=compute_type, intra_threads=threads, inter_threads=1
        )

    def run(self, work: list[Work], *, shares_prefix: bool = True) -> list[list[int]]:
        """All of the work, in batches of similar prompts.

        Args:
            work: the prompts.
            shares_prefix: let it compute the instructions once (its static prompt).
        """

        def run_batch(batch: Sequence[Work]) -> list[list[int]]:
            return self._run_batch(batch, shares_prefix=shares_prefix)

        return _run_sorted(work, run_batch)

    def _run_batch(self, batch: Sequence[Work], *, shares_prefix: bool) -> list[list[int]]:
        tokens = self._tokenizer.tokens
        shared = batch[0].shared if shares_prefix else 0
        counts = [0] * len(batch)

        def is_done(step: Any) -> bool:
            row: int = step.batch_id
            counts[row] += 1
            return counts[row] >= batch[row].length

        longest = max(work.length for work in batch)
        made = self._generator.generate_batch(
            [[tokens[token] for token in work.source[shared:]] for work in batch],
            static_prompt=[tokens[token] for token in batch[0].source[:shared]] if shared else None,
            beam_size=1,
            max_batch_size=0,
            min_length=longest,
            max_length=longest,
            end_token=[self._end_id],
            include_prompt_in_result=False,
            callback=is_done,
        )
        return [list(result.sequences_ids[0])[: work.length] for work, result in zip(batch, made, strict=True)]


def _run_sorted(work: list[Work], run_batch: Callable[[Sequence[Work]], list[list[int]]]) -> list[list[int]]:
    outputs: list[list[int]] = [[] for _ in work]
    batches: list[list[int]] = []
    for index in by_source_length(work):
        if not batches or (len(batches[-1]) + 1) * len(work[index].source) > MAX_BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    for batch in batches:
        for index, output in zip(batch, run_batch([work[index] for index in batch]), strict=True):
            outputs[index] = output
    return outputs
