"""Decoder-only models that follow instructions (Qwen, Gemma, Llama families), through their own chat template.

The article's text is data: it stands between the tags that the profile's templates put around it (`chat_message.py`),
and control tokens inside it are read as plain characters. Instructions that many prompts share are computed once.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from triwire_server.engine.models.attention import use_ragged_attention
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.models.chat_message import (
    TERMS_MARK,
    TEXT_MARK,
    chat_of,
    fenced,
    message_key,
    term_lines,
    user_message,
    without_thoughts,
)
from triwire_server.engine.models.checkpoint import load_weights, read_config, state_bytes, torch_dtype
from triwire_server.engine.models.converted import is_converted, load_converted
from triwire_server.engine.models.decode_graphs import record_cuda
from triwire_server.engine.models.kv_cache import SlotCache
from triwire_server.engine.models.ragged import Ragged, current, using
from triwire_server.engine.models.rows import CachedRows, Row
from triwire_server.engine.models.token_codec import TokenCodec
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec
from triwire_server.profiles.prompts import Prompts
from triwire_server.segment import Segment

REPAIR_NGRAM_SIZE = 8
"""On a repair no eight tokens occur twice. Byte-level pieces are short: eight are two or three Korean words."""

States: TypeAlias = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of a text for each layer. Shape of each (key heads, tokens, size)."""

MAX_CACHED_PREFIXES = 32
"""How many instruction prefixes keep their keys and values (a few MB each on a small model)."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The tokens of a message around its data, which are the article's text and glossary terms."""

    shared: tuple[int, ...]
    """Those before the first of the data: instructions that many prompts start with."""

    rest: tuple[tuple[str, tuple[int, ...]], ...]
    """For each piece of data, in order, its mark and the tokens behind it."""


class ChatModel(Model):
    """A chat model, from a published checkpoint or from one that `model_store.pull` converted.

    Args:
        spec: what the profile says of it, prompts included.
        directory: its checkpoint.
        device: where it runs.

    Raises:
        CheckpointError: the checkpoint cannot be read, or its architecture is not served; the tokenizer has no chat
            template, or the template drops the text.
    """

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        if spec.prompts is None:
            raise CheckpointError(f"{spec.full_name}: a chat model needs prompts")
        self.card = spec.card
        self.spec = spec
        self._prompts: Prompts = spec.prompts
        self._device = device
        config = read_config(spec, directory).get_text_config()
        if getattr(config, "attn_logit_softcapping", None) is not None:
            raise CheckpointError(f"{spec.full_name}: models that cap their attention scores (Gemma 2) are not served")
        self.codec = TokenCodec(spec, directory)
        if not self.codec.tokenizer.chat_template:
            raise CheckpointError(f"{spec.full_name}: the tokenizer has no chat template; take an instruct model")
        self._model: Any = self._load(directory)
        self._compute_dtype = torch_dtype(spec, device)
        ends = self._model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        self._end_ids = frozenset(int(end) for end in [*ends, self.codec.tokenizer.eos_token_id] if end is not None)
        # Decoding here follows the profile, never the settings that were published beside the weights.
        self._model.generation_config = GenerationConfig()
        use_ragged_attention(self._model)
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        heads = config.num_key_value_heads
        self.token_bytes = 2 * config.num_hidden_layers * heads * size * state_bytes(spec, device)
        self._frames: dict[object, _Frame] = {}
        self._prefixes: OrderedDict[tuple[int, ...], States] = OrderedDict()

    def _load(self, directory: Path) -> Any:
        if is_converted(directory):
            return load_converted(directory, self._device)
        return load_weights(AutoModelForCausalLM, self.spec, directory, self._device)

    def encode(self, segment: Segment) -> Prompt:
        """See `Model.encode`."""
        frame, is_shared = self._frame(segment)
        data = {TEXT_MARK: tuple(self.codec.encode(segment.text)), TERMS_MARK: ()}
        if segment.terms:
            data[TERMS_MARK] = tuple(self.codec.encode(term_lines(self._prompts.terms, segment.terms)))
        input_ids = frame.shared
        for mark, behind in frame.rest:
            input_ids += data[mark] + behind
        return Prompt(
            input_ids=input_ids,
            max_new_tokens=self.spec.output.for_segment(segment, len(data[TEXT_MARK])),
            prefix_length=len(frame.shared) if is_shared else 0,
            no_repeat_ngram_size=REPAIR_NGRAM_SIZE if segment.attempt else 0,
            sampling_seed=segment.attempt or None,
            end_ids=self._end_ids,
            is_padded=self._device.type != "cpu",
            # A repair samples instead.
            num_beams=1 if segment.attempt else self.spec.beams,
            length_penalty=self.spec.length_penalty,
            early_stopping=self.spec.early_stopping,
        )

    def _frame(self, segment: Segment) -> tuple[_Frame, bool]:
        """The tokens around the data of a segment, and whether other segments of its kind have the same.

        Made once for each kind; a message that had to be made for one text alone is not kept.
        """
        usual = user_message(self._prompts, segment)
        message = fenced(usual, segment)
        if message != usual:
            return self._make_frame(message), False
        key = message_key(segment)
        if key not in self._frames:
            # A race makes the same frame twice, which does no harm.
            self._frames[key] = self._make_frame(message)
        return self._frames[key], True

    def _make_frame(self, message: str) -> _Frame:
        literal, *others = re.split(f"([{TEXT_MARK}{TERMS_MARK}])", self._render(message))
        marks, behind = others[::2], others[1::2]
        if sorted(marks) != sorted(character for character in message if character in (TEXT_MARK, TERMS_MARK)):
            raise CheckpointError(f"{self.card.full_name}: the chat template does not hold the message once")
        return _Frame(
            tuple(self.codec.encode_template(literal)),
            tuple((mark, tuple(self.codec.encode_template(text))) for mark, text in zip(marks, behind, strict=True)),
        )

    def _render(self, message: str) -> str:
        """The whole prompt in the family's template."""
        messages = chat_of(self._prompts.system, message)
        # Qwen3 reads enable_thinking; templates that do not know it ignore it.
        return str(
            self.codec.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        )

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        """See `Model.decode`. What a model thought aloud is dropped."""
        return without_thoughts(self.codec.decode(token_ids))

    def count_tokens(self, text: str, language: str) -> int:
        """See `Model.count_tokens`."""
        return len(self.codec.encode(text))

    def new_rows(self) -> "ChatRows":
        """See `Model.new_rows`."""
        return ChatRows(self._model, self._device, self._compute_dtype, self._prefixes)


class ChatRows(CachedRows[States]):
    """Running rows of a decoder-only model.

    Args:
        model: the library's model, with ragged attention.
        device: where it runs.
        compute_dtype: of its layers; the embedding may be stored in a smaller type.
        prefixes: keys and values of instructions by their ids, shared by all rows of a model; the least recently used
            first.
    """

    def __init__(
        self,
        model: Any,
        device: torch.device,
        compute_dtype: torch.dtype,
        prefixes: OrderedDict[tuple[int, ...], States],
    ) -> None:
        super().__init__(device, model.config.num_hidden_layers)
        self._model = model
        self._compute_dtype = compute_dtype
        self._prefixes = prefixes
        if device.type == "cuda":
            self.record_steps(record_cuda)

    def _tokens_before(self, prompt: Prompt) -> int:
        return len(prompt.input_ids) + len(prompt.forced_ids)

    def _read(self, prompts: Sequence[Prompt]) -> Sequence[States]:
        """The keys and values of the instructions; the rest of a prompt is read together with the running rows."""
        return [self._prefix(prompt.input_ids[: prompt.prefix_length]) for prompt in prompts]

    def _enter(self, row: Row, read: States) -> None:
        row.length = row.prompt.prefix_length
        if read:
            self._states.put(row.slots[0], read)
        row.read_on([*row.prompt.input_ids[row.length :], *row.prompt.forced_ids])

    def _prefix(self, ids: tuple[int, ...]) -> States:
        """Keys and values of instructions, computed once and kept."""
        if not ids:
            return []
        if ids in self._prefixes:
            self._prefixes.move_to_end(ids)
            return self._prefixes[ids]
        cache = SlotCache(len(self._states.layers), self._device)
        cache.reserve(1, len(ids))
        self.num_computed_tokens += len(ids)
        with using(Ragged([len(ids)], self._device, slots=[0], starts=[0])):
            self._pass(torch.tensor([ids], device=self._device), cache, 1)  # (1, tokens), int64
        self._prefixes[ids] = [
            (layer.keys[0, :, : len(ids)].clone(), layer.values[0, :, : len(ids)].clone()) for layer in cache.layers
        ]
        if len(self._prefixes) > MAX_CACHED_PREFIXES:
            self._prefixes.popitem(last=False)
        return self._prefixes[ids]

    def _forward(self, input_ids: torch.Tensor, ragged: Ragged) -> torch.Tensor:
        if ragged.has_single_tokens_only:
            return self._pass(input_ids, self._states, input_ids.shape[1])
        return self._pass(input_ids, self._states, torch.tensor(ragged.ends, device=self._device))

    def _pass(self, input_ids: torch.Tensor, cache: SlotCache, kept: torch.Tensor | int) -> torch.Tensor:
        """Scores behind some of the tokens.

        Args:
            input_ids: of all rows of the pass. Shape (1, tokens).
            cache: takes up the keys and values.
            kept: which of the tokens, shape (rows,); or how many of the last ones.

        Returns:
            Shape (rows, vocabulary).
        """
        embeddings = self._model.get_input_embeddings()(input_ids)  # (1, tokens, size)
        outputs = self._model(
            # The embedding may be stored in a smaller type than the layers compute in.
            inputs_embeds=embeddings.to(self._compute_dtype),
            position_ids=current().positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=kept,
        )
        logits: torch.Tensor = outputs.logits[0]  # (rows, vocabulary)
        return logits
