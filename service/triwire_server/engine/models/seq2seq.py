"""What encoder-decoder models share: reading a checkpoint, token ids in and out, greedy decoding of a batch.

A subclass says how a source starts and ends and which tokens its output is made to start with; nothing else differs
between the families. Knows no queue and no articles.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from transformers import AutoModelForSeq2SeqLM, GenerationConfig, StoppingCriteria, StoppingCriteriaList

from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.models.checkpoint import CheckpointError, TokenCodec, load_weights, read_config
from triwire_server.engine.segment import Segment
from triwire_server.profile import ModelSpec

REPAIR_NGRAM_SIZE = 3
"""On a repair no three tokens occur twice: the usual way out of a loop (Paulus et al. 2017, arXiv:1705.04304)."""

MAX_CONTROL_TOKENS = 4
"""Tokens around a text on either side: start, language, end, and one to spare."""


class _RowLimits(StoppingCriteria):  # type: ignore[misc]  # transformers is published without types
    """Ends each row at its own number of new tokens, so that a batch reads as its rows do alone."""

    def __init__(self, start: int, limits: Sequence[int], device: torch.device) -> None:
        self._ends = torch.tensor([start + limit for limit in limits], device=device)  # (batch,), int64

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return self._ends <= input_ids.shape[1]  # (batch,), bool


class Seq2SeqModel(Model):
    """An encoder-decoder model of the transformers library.

    Args:
        spec: what the profile says of it.
        directory: a checkpoint as published: config, safetensors weights, tokenizer files.
        device: where it runs.

    Raises:
        CheckpointError: the checkpoint is of another architecture, or lacks what the profile names.
    """

    model_types: ClassVar[tuple[str, ...]]
    """`model_type` of the checkpoints it reads."""

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        self.card = spec.card
        self.spec = spec
        self._device = device
        self.config: Any = read_config(spec, directory)
        if self.config.model_type not in self.model_types:
            expected = ", ".join(self.model_types)
            raise CheckpointError(
                f"{spec.full_name}: architecture {spec.architecture!r} reads {expected},"
                f" the checkpoint is {self.config.model_type!r}"
            )
        self._check_lengths()
        self.codec = TokenCodec(spec, directory)
        self._model = load_weights(AutoModelForSeq2SeqLM, spec, directory, device)
        published = self._model.generation_config
        self._pad_id = int(published.pad_token_id)
        ends = published.eos_token_id
        self._end_ids = frozenset(int(end) for end in (ends if isinstance(ends, list) else [ends]))
        self._start_id = int(published.decoder_start_token_id)
        self._published_first_id: int | None = published.forced_bos_token_id
        # generate() fills what a call leaves out from here: beams, penalties and lengths of the publisher's choice.
        self._model.generation_config = GenerationConfig()

    def _check_lengths(self) -> None:
        """The profile allows no text that the model has no positions for (T5 has no bound)."""
        positions = getattr(self.config, "max_position_embeddings", None)
        if positions is None:
            return
        for field, tokens in (
            ("max_input_tokens", self.spec.max_input_tokens),
            ("output.max_tokens", self.spec.output.max_tokens),
        ):
            if tokens + MAX_CONTROL_TOKENS > positions:
                raise CheckpointError(
                    f"{self.spec.full_name}: {field} is {tokens}, the model has {positions} positions, of which"
                    f" {MAX_CONTROL_TOKENS} are kept for control tokens; lower it"
                )

    def language_ids(self, default_codes: Mapping[str, str] | None = None) -> dict[str, int]:
        """The token of each language that the profile names, looked up once.

        Args:
            default_codes: the family's own codes, where the profile gives none.

        Raises:
            CheckpointError: the vocabulary lacks one; better known before the first article.
        """
        codes = dict(default_codes or {}) | {str(key): code for key, code in self.spec.language_codes.items()}
        found = {}
        for language in sorted({language for pair in self.spec.language_pairs for language in pair}):
            token = self.language_token(codes.get(language, language))
            token_id = self.codec.control_id(token)
            if token_id is None:
                raise CheckpointError(
                    f"{self.spec.full_name}: language_codes.{language}: the vocabulary has no token {token!r}"
                )
            found[str(language)] = token_id
        return found

    def language_token(self, code: str) -> str:
        """How a language code is written as a token."""
        return code

    def text_ids(self, text: str) -> list[int]:
        """Ids of a text, without any control token."""
        return self.codec.encode(text)

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """Encoder input around the ids of the text."""
        return [*text_ids, self.end_id]

    def forced_ids(self, segment: Segment) -> list[int]:
        """Tokens that the output is made to start with: by default what the checkpoint itself forces."""
        return [] if self._published_first_id is None else [self._published_first_id]

    def suppressed_ids(self) -> list[int]:
        """Tokens that are never written."""
        return []

    @property
    def end_id(self) -> int:
        """Id of the end token, as put behind a source."""
        return int(self.codec.tokenizer.eos_token_id)

    def encode(self, segment: Segment) -> Prompt:
        """See `Model.encode`."""
        text_ids = self.text_ids(segment.text)
        return Prompt(
            input_ids=tuple(self.source_ids(segment, text_ids)),
            max_new_tokens=self.spec.output.for_segment(segment, len(text_ids)),
            forced_ids=tuple(self.forced_ids(segment)),
            no_repeat_ngram_size=REPAIR_NGRAM_SIZE if segment.attempt else 0,
        )

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        """See `Model.decode`."""
        return self.codec.decode(token_ids)

    def count_tokens(self, text: str, language: str) -> int:
        """See `Model.count_tokens`."""
        return len(self.text_ids(text))

    def is_complete(self, token_ids: Sequence[int]) -> bool:
        """See `Model.is_complete`."""
        return bool(token_ids) and token_ids[-1] in self._end_ids

    def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """See `Model.generate`. Prompts that decode by different rules run one group after the other."""
        groups: defaultdict[tuple[int, int, int | None], list[int]] = defaultdict(list)
        for index, prompt in enumerate(prompts):
            # Sampled rows share one random state in generate(), so each of them runs alone.
            alone = None if prompt.sampling_seed is None else index
            groups[len(prompt.forced_ids), prompt.no_repeat_ngram_size, alone].append(index)
        outputs: list[list[int]] = [[] for _ in prompts]
        for indices in groups.values():
            for index, ids in zip(indices, self._generate_group([prompts[i] for i in indices]), strict=True):
                outputs[index] = ids
        return outputs

    @torch.inference_mode()
    def _generate_group(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """One batch with the same decoding rules."""
        longest = max(len(prompt.input_ids) for prompt in prompts)
        input_ids = torch.full((len(prompts), longest), self._pad_id)  # (batch, source_tokens), int64
        mask = torch.zeros_like(input_ids)  # (batch, source_tokens), int64
        for row, prompt in enumerate(prompts):
            input_ids[row, : len(prompt.input_ids)] = torch.tensor(prompt.input_ids)
            mask[row, : len(prompt.input_ids)] = 1
        start = [[self._start_id, *prompt.forced_ids] for prompt in prompts]
        first = prompts[0]
        limits = [prompt.max_new_tokens for prompt in prompts]
        config = GenerationConfig(
            max_new_tokens=max(limits),
            do_sample=first.sampling_seed is not None,
            num_beams=1,
            no_repeat_ngram_size=first.no_repeat_ngram_size,
            suppress_tokens=self.suppressed_ids() or None,
            eos_token_id=sorted(self._end_ids),
            pad_token_id=self._pad_id,
            decoder_start_token_id=self._start_id,
            use_cache=True,
        )
        with torch.random.fork_rng(enabled=first.sampling_seed is not None):
            if first.sampling_seed is not None:
                torch.manual_seed(first.sampling_seed)
            generated = self._model.generate(
                input_ids=input_ids.to(self._device),
                attention_mask=mask.to(self._device),
                decoder_input_ids=torch.tensor(start, device=self._device),
                generation_config=config,
                stopping_criteria=StoppingCriteriaList([_RowLimits(len(start[0]), limits, self._device)]),
            )  # (batch, start + new tokens), int64
        rows = generated[:, len(start[0]) :].tolist()
        return [self._until_end(row, limit) for row, limit in zip(rows, limits, strict=True)]

    def _until_end(self, row: list[int], limit: int) -> list[int]:
        """What a row itself wrote: up to its end token or its limit; what follows is padding."""
        for position, token_id in enumerate(row[:limit]):
            if token_id in self._end_ids:
                return row[: position + 1]
        return row[:limit]
