"""What encoder-decoder models share: reading a checkpoint, token ids in and out, the rows that are being decoded.

A subclass says how a source starts and ends and which tokens its output is made to start with; nothing else differs
between the families. Knows no queue and no articles.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from transformers import AutoModelForSeq2SeqLM, DynamicCache, EncoderDecoderCache, GenerationConfig
from transformers.modeling_outputs import BaseModelOutput

from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.models.checkpoint import CheckpointError, TokenCodec, load_weights, read_config
from triwire_server.engine.models.converted import is_converted, load_converted
from triwire_server.engine.models.kv_rows import KeyValues, SourceRows
from triwire_server.engine.models.rows import CachedRows, ReadPrompts
from triwire_server.engine.segment import Segment
from triwire_server.profile import ModelSpec

REPAIR_NGRAM_SIZE = 3
"""On a repair no three tokens occur twice: the usual way out of a loop (Paulus et al. 2017, arXiv:1705.04304)."""

MAX_CONTROL_TOKENS = 4
"""Tokens around a text on either side: start, language, end, and one to spare."""


class Seq2SeqModel(Model):
    """An encoder-decoder model of the transformers library.

    Args:
        spec: what the profile says of it.
        directory: a checkpoint as published (config, safetensors weights, tokenizer files), or its converted form.
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
        self._model = self._load(directory)
        self._report_missing: Callable[[int], None] = lambda count: None
        published = self._model.generation_config
        self._pad_id = int(published.pad_token_id)
        ends = published.eos_token_id
        self._end_ids = frozenset(int(end) for end in (ends if isinstance(ends, list) else [ends]))
        self._start_id = int(published.decoder_start_token_id)
        self._published_first_id: int | None = published.forced_bos_token_id
        # Decoding here follows the profile, never the settings that were published beside the weights.
        self._model.generation_config = GenerationConfig()
        decoder = self._model.get_decoder()
        if hasattr(decoder, "embed_positions"):
            decoder.embed_positions = RowPositions(decoder.embed_positions, self._pad_id)

    def _load(self, directory: Path) -> Any:
        if is_converted(directory):
            return load_converted(directory, self._device, AutoModelForSeq2SeqLM)
        if self.spec.needs_conversion and (self.spec.dtype == "int8" or not self.codec.is_trimmed):
            raise CheckpointError(
                f"{self.spec.full_name}: {directory} holds the checkpoint as published, and the profile asks for a"
                " conversion (dtype, vocabulary); make it once with: triwire-server models pull --profile PROFILE"
            )
        return load_weights(AutoModelForSeq2SeqLM, self.spec, directory, self._device)

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

    def published_ids(self, text: str) -> list[int]:
        """The tokenizer's own ids of a text, without any control token."""
        return self.codec.published_ids(text)

    def text_ids(self, text: str) -> list[int]:
        """The model's ids of a text, without any control token."""
        return self.codec.trim(self.published_ids(text))[0]

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
        return self.codec.end_id

    def encode(self, segment: Segment) -> Prompt:
        """See `Model.encode`."""
        text_ids, num_missing = self.codec.trim(self.published_ids(segment.text))
        if num_missing:
            self._report_missing(num_missing)
        return Prompt(
            input_ids=tuple(self.source_ids(segment, text_ids)),
            max_new_tokens=self.spec.output.for_segment(segment, len(text_ids)),
            forced_ids=tuple(self.forced_ids(segment)),
            no_repeat_ngram_size=REPAIR_NGRAM_SIZE if segment.attempt else 0,
            end_ids=self._end_ids,
        )

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        """See `Model.decode`."""
        return self.codec.decode(token_ids)

    def count_tokens(self, text: str, language: str) -> int:
        """See `Model.count_tokens`."""
        return len(self.text_ids(text))

    def report_missing_pieces(self, report: Callable[[int], None]) -> None:
        """See `Model.report_missing_pieces`."""
        self._report_missing = report

    def is_complete(self, token_ids: Sequence[int]) -> bool:
        """See `Model.is_complete`."""
        return bool(token_ids) and token_ids[-1] in self._end_ids

    def new_rows(self) -> "Seq2SeqRows":
        """See `Model.new_rows`."""
        return Seq2SeqRows(self._model, self._device, self._start_id, self._pad_id, self.suppressed_ids())


class Seq2SeqRows(CachedRows):
    """Running rows of an encoder-decoder, driven through the library's own forward.

    Args:
        model: the library's model, its decoder's positions replaced by `RowPositions` if it has any.
        device: where it runs.
        start_id: first decoder token.
        pad_id: padding of sources.
        suppressed_ids: tokens that are never written.
    """

    def __init__(
        self, model: Any, device: torch.device, start_id: int, pad_id: int, suppressed_ids: Sequence[int]
    ) -> None:
        super().__init__(device, suppressed_ids)
        self._model = model
        self._start_id = start_id
        self._pad_id = pad_id
        self._sources = SourceRows()
        positions = getattr(model.get_decoder(), "embed_positions", None)
        self._positions = positions if isinstance(positions, RowPositions) else None

    def start_ids(self, prompt: Prompt) -> list[int]:
        """The start token, and what the output is made to start with."""
        return [self._start_id, *prompt.forced_ids]

    def pass_key(self, prompt: Prompt) -> int:
        """Outputs that start with as many tokens are read together."""
        return len(prompt.forced_ids)

    def _read(self, prompts: Sequence[Prompt]) -> ReadPrompts:
        longest = max(len(prompt.input_ids) for prompt in prompts)
        input_ids = torch.full((len(prompts), longest), self._pad_id)  # (batch, source tokens), int64
        mask = torch.zeros_like(input_ids)  # (batch, source tokens), int64
        for row, prompt in enumerate(prompts):
            input_ids[row, : len(prompt.input_ids)] = torch.tensor(prompt.input_ids)
            mask[row, : len(prompt.input_ids)] = 1
        mask = mask.to(self._device)
        start = torch.tensor([self.start_ids(prompt) for prompt in prompts], device=self._device)  # (batch, start)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        outputs = self._model(
            input_ids=input_ids.to(self._device),
            attention_mask=mask,
            decoder_input_ids=start,
            past_key_values=cache,
            use_cache=True,
        )
        return ReadPrompts(
            states=KeyValues.of_cache(cache.self_attention_cache, torch.ones_like(start)),
            scores=outputs.logits[:, -1],
            sources=KeyValues.of_cache(cache.cross_attention_cache, mask),
        )

    def _join(self, read: ReadPrompts) -> None:
        super()._join(read)
        assert read.sources is not None  # noqa: S101 - an encoder-decoder always has them; for the type checker
        self._sources.add(read.sources)

    def _leave(self, slot: int) -> None:
        super()._leave(slot)
        self._sources.drop(slot)

    def _next(self, input_ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        cache = EncoderDecoderCache(self._states.cache, self._sources.cache)
        cache.is_updated = dict.fromkeys(range(len(self._sources.cache.layers)), True)
        source_mask = self._sources.mask
        # The sources are in the cache; of this only the shape is looked at.
        shape = torch.zeros((), device=self._device).expand(*source_mask.shape, 1)
        encoded = BaseModelOutput(last_hidden_state=shape)
        if self._positions is not None:
            self._positions.rows = positions
        try:
            outputs = self._model(
                encoder_outputs=encoded,
                attention_mask=source_mask,
                decoder_input_ids=input_ids,
                decoder_attention_mask=mask,
                past_key_values=cache,
                use_cache=True,
            )
        finally:
            if self._positions is not None:
                self._positions.rows = None
        scores: torch.Tensor = outputs.logits[:, -1]
        return scores


class RowPositions(torch.nn.Module):
    """Position embeddings of a decoder in which each row may be at a position of its own.

    The library's decoders know one position for the whole batch. While `rows` is set, its positions are looked up in
    the same table instead. T5 has relative positions alone and needs none of this.

    Args:
        table: the library's module: learned (BART, MBart), sinusoidal (Marian, PEGASUS, M2M100).
        pad_id: M2M100 gives padding a position of its own, also where it was written.
    """

    def __init__(self, table: torch.nn.Module, pad_id: int) -> None:
        super().__init__()
        self.table: Any = table
        self._pad_id = pad_id
        self.rows: torch.Tensor | None = None
        """Position of the one token of each row, or None. Shape (rows, 1), int64."""

    def forward(self, input_ids: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Embeddings. Shape (rows, 1, size) while `rows` is set, else as the library's module gives them."""
        if self.rows is None:
            embeddings: torch.Tensor = self.table(input_ids, *args, **kwargs)
            return embeddings
        if hasattr(self.table, "weights"):  # M2M100 counts from behind the padding position
            places = self.rows + self.table.padding_idx + 1
            places = torch.where(input_ids == self._pad_id, self.table.padding_idx, places)
            return torch.nn.functional.embedding(places, self.table.weights)
        return torch.nn.functional.embedding(self.rows + getattr(self.table, "offset", 0), self.table.weight)
