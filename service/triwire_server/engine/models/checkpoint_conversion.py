"""From a published encoder-decoder checkpoint to what the server loads: int8 linears, a trimmed vocabulary, or both.

Done once, by `model_store.pull`. Tensors are read, converted and written some rows at a time, so that neither the
published model nor the converted one is ever in memory as a whole.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForSeq2SeqLM

from triwire_server.engine.models.checkpoint import read_config, read_generation_config
from triwire_server.engine.models.checkpoint_files import (
    CHECKPOINT_FILES,
    MANIFEST,
    PUBLISHED_INDEX,
    PUBLISHED_WEIGHTS,
)
from triwire_server.engine.models.converted import SCALE, TIED, WEIGHTS
from triwire_server.engine.models.linear import quantize_weight
from triwire_server.engine.models.published_weights import PublishedWeights, TensorNames, match_names
from triwire_server.engine.models.tensor_file import TensorFileWriter, TensorShape
from triwire_server.engine.models.token_codec import TokenCodec
from triwire_server.engine.models.vocabulary import write_kept_ids
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec

_ID_FIELDS = (
    "bos_token_id",
    "decoder_start_token_id",
    "eos_token_id",
    "pad_token_id",
    "sep_token_id",
)
"""Fields of a configuration that hold token ids."""

_FORCED_IDS = ("forced_bos_token_id", "forced_eos_token_id")
"""Fields that hold token ids too, of decoding settings, which old configurations hold as well."""

_FOLLOWED_IDS = ("pad_token_id", "eos_token_id", "decoder_start_token_id", "forced_bos_token_id")
"""Fields of the published decoding settings that the server follows."""

_UNFOLLOWED_FIELDS = (
    *_FORCED_IDS,
    "bad_words_ids",
    "suppress_tokens",
    "begin_suppress_tokens",
    "task_specific_params",
)
"""Decoding settings in old configurations that name tokens: what is followed of them gets a file of its own."""


def convert_checkpoint(
    spec: ModelSpec, source: Path, directory: Path, report: Callable[[int, int], None] | None = None
) -> None:
    """Write the form of a checkpoint that its profile asks for: weights, configuration, tokenizer, kept ids.

    Args:
        spec: an encoder-decoder model; its `dtype` and `vocabulary` say what is done.
        source: the checkpoint as published.
        directory: where to write; made if it does not exist.
        report: told how many bytes of the tensors are done, and of how many.

    Raises:
        CheckpointError: the checkpoint lacks tensors or cannot be read, or its vocabulary cannot be trimmed.
    """
    config = read_config(spec, source)
    try:
        with torch.device("meta"):
            model = AutoModelForSeq2SeqLM.from_config(config)
    except ValueError as error:
        raise CheckpointError(f"{spec.full_name}: {config.model_type!r} is no encoder-decoder model") from error
    directory.mkdir(parents=True, exist_ok=True)
    with PublishedWeights(spec, source) as checkpoint:
        names = match_names(spec, model, checkpoint)
        kept = _kept_ids(spec, source, config) if spec.vocabulary == "trimmed" else None
        parts = _Parts(spec, model, checkpoint, names, kept)
        layout = parts.layout()
        name = WEIGHTS if spec.dtype == "int8" else PUBLISHED_WEIGHTS
        metadata = {TIED: json.dumps(parts.tied)} if spec.dtype == "int8" else None
        with TensorFileWriter(directory / name, layout, metadata) as writer:
            done, total = 0, sum(shape.num_bytes for shape in layout.values())
            for written, shape in layout.items():
                for rows in parts.read(written):
                    writer.write(written, rows)
                done += shape.num_bytes
                if report is not None:
                    report(done, total)
    _copy_tokenizer(source, directory)
    _write_configs(spec, source, directory, config, kept)
    if kept is not None:
        write_kept_ids(directory, kept, config.vocab_size)


def _kept_ids(spec: ModelSpec, directory: Path, config: Any) -> list[int]:
    """Published ids that a trim keeps: what the text can need, control tokens, and what the configuration names.

    The low ids are control tokens and stay what they are, which M2M100 relies on: it counts positions from the id of
    its padding token on.

    Raises:
        CheckpointError: source and target have vocabularies of their own, or an id is outside the vocabulary.
    """
    size = int(config.vocab_size)
    if getattr(config, "decoder_vocab_size", None) not in (None, size):
        raise CheckpointError(
            f"{spec.full_name}: source and target have vocabularies of their own, which cannot be trimmed;"
            ' set vocabulary = "full"'
        )
    named = {id_ for fields in (config, read_generation_config(spec, directory)) for id_ in _named_ids(fields)}
    if outside := sorted(id_ for id_ in named if not 0 <= id_ < size):
        raise CheckpointError(f"{spec.full_name}: the id {outside[0]} is outside the vocabulary of {size} pieces")
    return TokenCodec(spec, directory).pieces(size).needed(named)


def _named_ids(fields: Any) -> Iterator[int]:
    for name in (*_ID_FIELDS, *_FORCED_IDS):
        value = getattr(fields, name, None)
        if value is not None:
            yield from value if isinstance(value, list) else [value]


class _Parts:
    """The tensors to write, each made from rows of the checkpoint.

    Args:
        spec: says whether linears become int8.
        model: the library's model, without weights.
        checkpoint: what is read.
        names: which tensor is which.
        kept: published ids that stay; None: all.
    """

    def __init__(
        self,
        spec: ModelSpec,
        model: Any,
        checkpoint: PublishedWeights,
        names: TensorNames,
        kept: Sequence[int] | None,
    ) -> None:
        self._checkpoint = checkpoint
        self._kept = None if kept is None else torch.tensor(kept)
        head = _path_of(model, model.get_output_embeddings())
        self._embeddings = {
            f"{path}.weight"
            for path, module in model.named_modules()
            if isinstance(module, nn.Embedding) and path.rpartition(".")[2] in ("shared", "embed_tokens")
        }
        self._by_vocabulary = self._embeddings | {f"{head}.weight", f"{head}.bias"}
        self._is_int8 = spec.dtype == "int8"
        linears = {f"{path}.weight" for path, module in model.named_modules() if isinstance(module, nn.Linear)}
        self._quantized = linears if self._is_int8 else set[str]()
        self._sources = dict(names.stored)
        self.tied = dict(names.tied)
        """Name of the weight that a weight shares, by its name: of those that are not written."""

        if self._is_int8:
            # A head that shares the embedding reads in int8 what the embedding holds in bfloat16.
            for target in linears & self.tied.keys():
                self._sources[target] = names.stored[self.tied.pop(target)]

    def layout(self) -> dict[str, TensorShape]:
        """Type and shape of each tensor, in the order of writing; scales stand behind their weight."""
        layout: dict[str, TensorShape] = {}
        for name, source in sorted(self._sources.items()):
            published = self._checkpoint.shape(source)
            shape = self._trimmed_shape(name, published.shape)
            if name in self._quantized:
                layout[name] = TensorShape(torch.int8, shape)
                layout[f"{name}{SCALE}"] = TensorShape(torch.float32, shape[:1])
            else:
                layout[name] = TensorShape(self._dtype(name, published.dtype), shape)
        return layout

    def read(self, name: str) -> Iterator[torch.Tensor]:
        """A tensor of the layout, some rows at a time."""
        if name.endswith(SCALE):
            for rows in self._rows(name.removesuffix(SCALE)):
                yield quantize_weight(rows)[1]
            return
        for rows in self._rows(name):
            yield quantize_weight(rows)[0] if name in self._quantized else rows.to(self._dtype(name, rows.dtype))

    def _dtype(self, name: str, published: torch.dtype) -> torch.dtype:
        if not self._is_int8:
            return published
        return torch.bfloat16 if name in self._embeddings else torch.float32

    def _trimmed_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self._kept is None:
            return shape
        if name in self._by_vocabulary:
            return (len(self._kept), *shape[1:])
        return (*shape[:-1], len(self._kept)) if name == "final_logits_bias" else shape

    def _rows(self, name: str) -> Iterator[torch.Tensor]:
        """A published tensor without the rows that are dropped."""
        start = 0
        for rows in self._checkpoint.rows(self._sources[name]):
            if self._kept is not None and name == "final_logits_bias":
                yield rows[:, self._kept]
            elif self._kept is not None and name in self._by_vocabulary:
                inside = self._kept[(self._kept >= start) & (self._kept < start + len(rows))]
                yield rows[inside - start]
            else:
                yield rows
            start += len(rows) if rows.dim() else 0


def _path_of(model: Any, wanted: nn.Module) -> str:
    """Name of a module inside a model."""
    names: list[str] = [path for path, module in model.named_modules() if module is wanted]
    return names[0]


def _copy_tokenizer(source: Path, directory: Path) -> None:
    """Every file of the checkpoint but weights and configurations, as published."""
    others = ("config.json", "generation_config.json", PUBLISHED_INDEX, MANIFEST)
    for path in sorted(source.iterdir()):
        is_wanted = any(fnmatch(path.name, pattern) for pattern in CHECKPOINT_FILES) and path.is_file()
        if is_wanted and path.suffix != ".safetensors" and path.name not in others:
            shutil.copyfile(path, directory / path.name)


def _write_configs(spec: ModelSpec, source: Path, directory: Path, config: Any, kept: Sequence[int] | None) -> None:
    """The published configuration in the ids of the converted model, and the ids that decoding follows."""
    new_ids = None if kept is None else {id_: number for number, id_ in enumerate(kept)}
    # As it is written, since the library gives some fields back otherwise than it reads them (T5's tied heads).
    fields: dict[str, Any] = json.loads((source / "config.json").read_text(encoding="utf-8"))
    for name in _UNFOLLOWED_FIELDS:
        fields.pop(name, None)
    if new_ids is not None:
        fields |= _in_new_ids(config, _ID_FIELDS, new_ids)
        fields |= {name: len(new_ids) for name in ("vocab_size", "decoder_vocab_size") if hasattr(config, name)}
    published = read_generation_config(spec, source)
    settings = _in_new_ids(published, _FOLLOWED_IDS, new_ids)
    for name, content in (("config.json", fields), ("generation_config.json", settings)):
        (directory / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _in_new_ids(fields: Any, names: Sequence[str], new_ids: Mapping[int, int] | None) -> dict[str, Any]:
    """Those of the fields that are set, in the ids of the converted model."""

    def convert(value: Any) -> Any:
        if isinstance(value, list):
            return [convert(item) for item in value]
        return value if new_ids is None else new_ids[value]

    values = {name: getattr(fields, name, None) for name in names}
    return {name: convert(value) for name, value in values.items() if value is not None}
