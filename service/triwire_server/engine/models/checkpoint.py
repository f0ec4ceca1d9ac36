"""What every architecture needs of a checkpoint: configuration, weights, tokenizer."""

import json
import re
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer, decoders
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from triwire_server.engine.models.linear import pack_linears, quantize_linears
from triwire_server.engine.models.vocabulary import (
    BYTE_PIECES,
    PREFIX_PIECE,
    TRIM_FILE,
    Pieces,
    Trim,
    control_ids,
    read_kept_ids,
)
from triwire_server.model_errors import CheckpointError
from triwire_server.profile import ModelSpec

_BYTES_DECODER = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
"""Pieces and bytes to text; U+2581 (LOWER ONE EIGHTH BLOCK) is a space."""

PUBLISHED_WEIGHTS = "model.safetensors"
"""Where a checkpoint in one file has its weights."""

PUBLISHED_INDEX = f"{PUBLISHED_WEIGHTS}.index.json"
"""Which tensor is in which file, of a checkpoint in several."""


def torch_dtype(spec: ModelSpec, device: torch.device) -> torch.dtype:
    """Type of the weights and activations on a device; those of int8 linears aside."""
    if spec.dtype == "auto":
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    # int8 is a format of linear layers on a CPU; what remains of the model is float32 there.
    names = {name: getattr(torch, name) for name in ("float32", "bfloat16", "float16")} | {"int8": torch.float32}
    return torch.bfloat16 if spec.dtype == "int8" and device.type != "cpu" else names[spec.dtype]


def state_bytes(spec: ModelSpec, device: torch.device) -> int:
    """Bytes of one number of the kept keys and values: those on a CPU are float32 (`kv_cache.py`)."""
    return 4 if device.type == "cpu" else torch_dtype(spec, device).itemsize


def read_config(spec: ModelSpec, directory: Path) -> Any:
    """Configuration of a checkpoint, as the transformers library reads it.

    Raises:
        CheckpointError: there is none, or it is of no kind that the library knows.
    """
    try:
        return AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # the checks of its fields have errors of their own
        raise CheckpointError(f"{spec.full_name}: config.json cannot be read: {_first_line(error)}") from error


def read_generation_config(spec: ModelSpec, directory: Path) -> Any:
    """Settings published beside the weights, of which only the special ids are followed, as the library reads them.

    Raises:
        CheckpointError: they cannot be read.
    """
    with warnings.catch_warnings():
        # It warns of settings that contradict each other; none of them is followed.
        warnings.simplefilter("ignore")
        try:
            if (directory / "generation_config.json").is_file():
                return GenerationConfig.from_pretrained(directory, local_files_only=True)
            return GenerationConfig.from_pretrained(
                directory, config_file_name="config.json", _from_model_config=True, local_files_only=True
            )
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{spec.full_name}: generation_config.json cannot be read: {_first_line(error)}"
            ) from error


def weight_files(spec: ModelSpec, directory: Path) -> list[str]:
    """Names of the files that hold the weights of a checkpoint as published; all of them safetensors beside each other.

    Raises:
        CheckpointError: there are none, or the index names something else: other formats can run code while they are
            loaded, and a path may lead anywhere.
    """
    if (directory / PUBLISHED_WEIGHTS).is_file():
        return [PUBLISHED_WEIGHTS]
    index = directory / PUBLISHED_INDEX
    if not index.is_file():
        raise CheckpointError(
            f"{spec.full_name}: {directory} holds no safetensors weights; other formats are not read, since loading"
            " them can run code (docs/models.md says how to convert a checkpoint once)"
        )
    try:
        names = {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{spec.full_name}: {index.name} is damaged: {_first_line(error)}") from error
    for name in sorted(names):
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise CheckpointError(
                f"{spec.full_name}: {index.name} names {name!r}, which is no safetensors file beside it"
            )
    return sorted(names)


def load_weights(auto_class: Any, spec: ModelSpec, directory: Path, device: torch.device) -> Any:
    """A model of the transformers library, ready to run.

    Only safetensors are read: other formats of weights can run code while they are loaded.

    Args:
        auto_class: class of the library that picks the architecture.
        spec: says the number type.
        directory: the checkpoint.
        device: where it runs.

    Raises:
        CheckpointError: there are no safetensors (see `weight_files`), tensors are missing in them or have other shapes
            than the configuration says, or the class knows no such architecture.
    """
    weight_files(spec, directory)
    with warnings.catch_warnings():
        # Tied weights that a checkpoint stores twice are worth no warning.
        warnings.simplefilter("ignore")
        try:
            model, report = auto_class.from_pretrained(
                directory,
                dtype=torch_dtype(spec, device),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # refused below, by name
                output_loading_info=True,
            )
        except (OSError, SafetensorError, ValueError) as error:
            raise CheckpointError(f"{spec.full_name}: the weights cannot be read: {_first_line(error)}") from error
    if mismatched := sorted(report["mismatched_keys"]):
        name, published, expected = mismatched[0]
        raise CheckpointError(
            f"{spec.full_name}: {name} has the shape {tuple(published)}, config.json says {tuple(expected)}; fetch the"
            " checkpoint again"
        )
    # The library fills what is missing with random numbers.
    if missing := sorted(report["missing_keys"]):
        raise CheckpointError(f"{spec.full_name}: the weights lack {missing[0]}; fetch the checkpoint again")
    model.eval().requires_grad_(False)
    if spec.dtype == "int8" and device.type == "cpu":
        quantize_linears(model)
    elif device.type == "cpu":
        pack_linears(model)
    return model.to(device)


class TokenCodec:
    """A published tokenizer, with article text read as text only: "</s>" in an article is four characters.

    Beside the weights of a trimmed model it takes and gives the ids of that model; `published_ids` alone gives those of
    the tokenizer. Safe to call from several threads at once, which the tokenizers are not.

    Raises:
        CheckpointError: the tokenizer's files are missing or damaged.
    """

    def __init__(self, spec: ModelSpec, directory: Path) -> None:
        self._lock = threading.Lock()
        try:
            with warnings.catch_warnings():
                # Marian's asks for a package that it does not use for reading text.
                warnings.simplefilter("ignore")
                self.tokenizer: Any = AutoTokenizer.from_pretrained(
                    directory, trust_remote_code=False, local_files_only=True
                )
        except Exception as error:  # each format has errors of its own
            raise CheckpointError(f"{spec.full_name}: the tokenizer cannot be read: {_first_line(error)}") from error
        self._reader: Any = None
        self.is_byte_level = False
        """Whether the pieces are written in the alphabet of byte-level BPE."""

        if self.tokenizer.is_fast:
            state = json.loads(self.tokenizer.backend_tokenizer.to_str())
            self.is_byte_level = is_byte_level_state(state)
            if _is_unigram(state) and _pieces(state) >= BYTE_PIECES:
                self.tokenizer.backend_tokenizer.decoder = _BYTES_DECODER
            self._reader = _text_reader(state, set(self.tokenizer.all_special_tokens), self.tokenizer.unk_token_id)
        self._special_ids = control_ids(self.tokenizer, self.tokenizer.get_vocab())
        self._trim = self._read_trim(spec, directory)

    def _read_trim(self, spec: ModelSpec, directory: Path) -> Trim | None:
        try:
            kept = read_kept_ids(directory)
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{spec.full_name}: {TRIM_FILE} is damaged; convert the model again") from error
        return None if kept is None else Trim(kept[0], self.pieces(kept[1]))

    def pieces(self, size: int) -> Pieces:
        """The published vocabulary.

        Args:
            size: ids of the published model, which may be more than the tokenizer's.
        """
        return Pieces.of_tokenizer(self.tokenizer, size, is_byte_level=self.is_byte_level)

    @property
    def is_trimmed(self) -> bool:
        """Whether the model has a part of the published vocabulary."""
        return self._trim is not None

    def published_ids(self, text: str) -> list[int]:
        """The tokenizer's own ids of a text, without any control token."""
        with self._lock:
            if self._reader is not None:
                return list(self._reader.encode(text, add_special_tokens=False).ids)
            ids = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True, verbose=False)
        return list(ids)

    def trim(self, published_ids: Sequence[int]) -> tuple[list[int], int]:
        """The model's ids for the tokenizer's, and how many pieces the model's vocabulary lacks (see `Trim.apply`)."""
        return (list(published_ids), 0) if self._trim is None else self._trim.apply(published_ids)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without any control token."""
        return self.trim(self.published_ids(text))[0]

    def encode_template(self, text: str) -> list[int]:
        """Ids of a piece of a template, in which control tokens are meant."""
        with self._lock:
            ids = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False, verbose=False)
        return self.trim(ids)[0]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of ids, special tokens dropped, white space at both ends stripped."""
        size = len(self.tokenizer)  # some vocabularies are padded to a round number with ids that mean nothing
        ids = token_ids if self._trim is None else self._trim.published_ids(token_ids)
        kept = [token_id for token_id in ids if token_id not in self._special_ids and token_id < size]
        with self._lock:
            text = self.tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text).strip()

    def token_id(self, token: str) -> int | None:
        """Id of a token that is written as one piece; None if the vocabulary has no such token."""
        token_id = self._published_id(token)
        return token_id if token_id is None or self._trim is None else self._trim.new_id(token_id)

    def control_id(self, token: str) -> int | None:
        """Id of a control token; None if the vocabulary has no such token, or has it as a piece of text ("en")."""
        return self.token_id(token) if self._published_id(token) in self._special_ids else None

    @property
    def end_id(self) -> int:
        """Id of the end token."""
        return self._special_id(self.tokenizer.eos_token_id)

    @property
    def start_id(self) -> int | None:
        """Id of the start token, if there is one."""
        token_id = self.tokenizer.bos_token_id
        return None if token_id is None else self._special_id(token_id)

    def _published_id(self, token: str) -> int | None:
        with self._lock:
            token_id = self.tokenizer.convert_tokens_to_ids(token)
        if token_id is None or (token_id == self.tokenizer.unk_token_id and token != self.tokenizer.unk_token):
            return None
        return int(token_id)

    def _special_id(self, published_id: int) -> int:
        # Special tokens are always kept, so that there is nothing to count.
        return self.trim([int(published_id)])[0][0]


def _is_unigram(state: dict[str, Any]) -> bool:
    """Whether a tokenizer's state has a unigram model, whose vocabulary is a list of [piece, score]."""
    return isinstance(state["model"]["vocab"], list)


def is_byte_level_state(state: dict[str, Any]) -> bool:
    """Whether a tokenizer's state writes the bytes of a text as characters of an alphabet of its own."""
    decoder = state["decoder"] or {}
    return any(part["type"] == "ByteLevel" for part in (decoder, *decoder.get("decoders", ())))


def _pieces(state: dict[str, Any]) -> set[str]:
    return {piece for piece, _ in state["model"]["vocab"]} if _is_unigram(state) else set(state["model"]["vocab"])


def _text_reader(state: dict[str, Any], special: set[str], unknown_id: int | None) -> Any:
    """A tokenizer for text alone: no control tokens, and characters without a piece as sentencepiece reads them.

    `split_special_tokens` is not enough: it leaves added tokens that are not marked as special ("<think>"), and
    sentencepiece's unigram models hold "</s>" and language codes as pieces, which then match the text itself.

    Args:
        state: of the published tokenizer, as its JSON; changed.
        special: its special tokens.
        unknown_id: its id for what it cannot read.
    """
    model, added = state["model"], state["added_tokens"]
    pieces = _pieces(state)
    controls = special | {piece for piece in pieces if PREFIX_PIECE.fullmatch(piece)}
    controls |= {token["content"] for token in added if token["special"] or re.search(r"[<>\[\]]", token["content"])}
    state["added_tokens"] = [token for token in added if token["content"] in pieces - controls]
    if _is_unigram(state):
        # No text matches a piece with a space: sentencepiece writes spaces as U+2581. Ids stay as they are.
        model["vocab"] = [[f" {piece}" if piece in controls else piece, score] for piece, score in model["vocab"]]
        # The library's T5 tokenizer takes both from T5 itself, which is wrong for MADLAD-400.
        model["unk_id"] = unknown_id
        model["byte_fallback"] = pieces >= BYTE_PIECES
    reader = Tokenizer.from_str(json.dumps(state))
    reader.no_truncation()
    reader.no_padding()
    return reader


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
