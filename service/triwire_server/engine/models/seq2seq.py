"""What encoder-decoder models share: reading a checkpoint, token ids in and out, the rows that are being decoded.

A subclass says how a source starts and ends and which tokens its output is made to start with; nothing else differs
between the families. Knows no queue and no articles.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from transformers import AutoModelForSeq2SeqLM, EncoderDecoderCache, GenerationConfig
from transformers.modeling_outputs import BaseModelOutput

from triwire_server.engine.models.attention import use_ragged_attention
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.models.checkpoint import load_weights, read_config, state_bytes
from triwire_server.engine.models.converted import is_converted, load_converted
from triwire_server.engine.models.decode_graphs import record_cuda
from triwire_server.engine.models.kv_cache import SlotCache
from triwire_server.engine.models.ragged import Ragged, current, to_device, using
from triwire_server.engine.models.relative_positions import use_relative_positions
from triwire_server.engine.models.rows import CachedRows, Row
from triwire_server.engine.models.token_codec import TokenCodec
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment

REPAIR_NGRAM_SIZE = 3
"""On a repair no three tokens occur twice: the usual way out of a loop (Paulus et al. 2017, arXiv:1705.04304)."""

REPAIR_BEAMS = 4
"""Hypotheses of a repair, where the profile is greedy: the best path may start with the second best step.
A model that searches with beams anyway samples its repair."""

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
        for field in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
            if getattr(published, field, None) is None:
                raise CheckpointError(f"{spec.full_name}: neither generation_config.json nor config.json has {field}")
        self._pad_id = int(published.pad_token_id)
        ends = published.eos_token_id
        self._end_ids = frozenset(int(end) for end in (ends if isinstance(ends, list) else [ends]))
        self._start_id = int(published.decoder_start_token_id)
        self._published_first_id: int | None = published.forced_bos_token_id
        # Decoding here follows the profile, never the settings that were published beside the weights.
        self._model.generation_config = GenerationConfig()
        prepare(self._model, self._pad_id)
        self.token_bytes = sum(
            2 * key_of.out_features * state_bytes(spec, device) for key_of, _, _ in cross_attentions(self._model)
        )

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
        is_repair = segment.attempt > 0
        return Prompt(
            input_ids=tuple(self.source_ids(segment, text_ids)),
            max_new_tokens=self.spec.output.for_segment(segment, len(text_ids)),
            forced_ids=tuple(self.forced_ids(segment)),
            no_repeat_ngram_size=REPAIR_NGRAM_SIZE if is_repair else 0,
            sampling_seed=segment.attempt if is_repair and self.spec.beams > 1 else None,
            end_ids=self._end_ids,
            is_padded=self._device.type != "cpu",
            num_beams=(REPAIR_BEAMS if self.spec.beams == 1 else 1) if is_repair else self.spec.beams,
            length_penalty=self.spec.length_penalty,
            early_stopping=self.spec.early_stopping,
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

    def new_rows(self) -> "Seq2SeqRows":
        """See `Model.new_rows`."""
        return Seq2SeqRows(self._model, self._device, self._start_id, self.suppressed_ids())


class Seq2SeqRows(CachedRows[list[tuple[torch.Tensor, torch.Tensor]]]):
    """Running rows of an encoder-decoder, driven through the library's own forward.

    Args:
        model: the library's model, made ready by `prepare`.
        device: where it runs.
        start_id: first decoder token.
        suppressed_ids: tokens that are never written.
    """

    def __init__(self, model: Any, device: torch.device, start_id: int, suppressed_ids: Sequence[int]) -> None:
        self._cross_attentions = cross_attentions(model)
        super().__init__(device, len(self._cross_attentions), suppressed_ids)
        self._model = model
        self._start_id = start_id
        self._sources: SlotCache = SlotCache(len(self._cross_attentions), device)
        self._cache = EncoderDecoderCache(self._states, self._sources)
        # Sources are written once, when a row joins; the library is to take them as they are.
        self._cache.is_updated = dict.fromkeys(range(len(self._cross_attentions)), True)
        if device.type == "cuda":
            self.record_steps(record_cuda)
        # What the encoder gave is looked at for its shape alone.
        self._encoded = BaseModelOutput(last_hidden_state=torch.zeros(1, 1, 1, device=device))

    def _tokens_before(self, prompt: Prompt) -> int:
        return 1 + len(prompt.forced_ids)

    def _read(self, prompts: Sequence[Prompt]) -> Sequence[list[tuple[torch.Tensor, torch.Tensor]]]:
        """Keys and values of each source, for each layer. Shape of each (heads, source tokens, size)."""
        ragged = Ragged([len(prompt.input_ids) for prompt in prompts], self._device)
        tokens = np.array([token for prompt in prompts for token in prompt.input_ids])  # (tokens,), int64
        self.num_computed_tokens += len(tokens)
        input_ids = to_device(tokens, self._device)[None]  # (1, tokens)
        with using(ragged):
            states = self._model.get_encoder()(input_ids=input_ids).last_hidden_state  # (1, tokens, size)
        sources: list[list[tuple[torch.Tensor, torch.Tensor]]] = [[] for _ in prompts]
        for key_of, value_of, size in self._cross_attentions:
            keys, values = (
                linear(states).view(len(states[0]), -1, size).transpose(0, 1) for linear in (key_of, value_of)
            )  # (heads, tokens, size)
            for source, (first, end) in zip(sources, ragged.spans, strict=True):
                source.append((keys[:, first:end], values[:, first:end]))
        self._sources.reserve(
            len(self._rows) + len(prompts),
            max(len(prompt.input_ids) for prompt in prompts),
            [len(row.prompt.input_ids) for row in self._rows],
        )
        return sources

    def _enter(self, row: Row, read: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self._sources.put(row.place, read)
        row.history = [self._start_id, *row.prompt.forced_ids]
        row.pending = [row.history]

    def _move(self, row: Row, place: int) -> None:
        self._sources.copy([row.place], [place], len(row.prompt.input_ids))

    def _forward(self, input_ids: torch.Tensor, ragged: Ragged) -> torch.Tensor:
        outputs = self._model(
            encoder_outputs=self._encoded,
            decoder_input_ids=input_ids,
            past_key_values=self._cache,
            use_cache=True,
        )
        # Of all tokens, those in front of a row's last one too: they are few, and a copy of the scores costs more.
        scores: torch.Tensor = outputs.logits[0]  # (tokens, vocabulary)
        return scores


def prepare(model: Any, pad_id: int) -> None:
    """Let a model of the library read rows that are at positions of their own, without padding."""
    for stack in (model.get_encoder(), model.get_decoder()):
        if hasattr(stack, "embed_positions"):
            stack.embed_positions = RowPositions(stack.embed_positions, pad_id)
    use_relative_positions(model)
    use_ragged_attention(model)


def cross_attentions(model: Any) -> list[tuple[Any, Any, int]]:
    """For each decoder layer what makes keys and values of the source, and the size of a head."""
    found = []
    for module in model.get_decoder().modules():
        if getattr(module, "is_decoder", False) and getattr(module, "is_causal", None) is False:
            if hasattr(module, "k_proj"):
                found.append((module.k_proj, module.v_proj, module.head_dim))
            else:
                found.append((module.k, module.v, module.key_value_proj_dim))
    return found


class RowPositions(torch.nn.Module):
    """Position embeddings in which each token is at the position of its own row.

    The library's stacks know one position for the whole batch. T5 has relative positions alone and needs none of this.

    Args:
        table: the library's module: learned (BART, MBart), sinusoidal (Marian, PEGASUS, M2M100).
        pad_id: M2M100 gives padding a position of its own, also where it was written.
    """

    def __init__(self, table: torch.nn.Module, pad_id: int) -> None:
        super().__init__()
        self.table: Any = table
        self._pad_id = pad_id

    def forward(self, input_ids: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Embeddings of the tokens of the pass. Shape (1, tokens, size)."""
        positions = current().positions
        if hasattr(self.table, "weights"):  # M2M100 counts from behind the padding position
            places = positions + self.table.padding_idx + 1
            places = torch.where(input_ids == self._pad_id, self.table.padding_idx, places)
            return torch.nn.functional.embedding(places, self.table.weights)
        return torch.nn.functional.embedding(positions + getattr(self.table, "offset", 0), self.table.weight)
