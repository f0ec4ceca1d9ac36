"""A published tokenizer: text to the ids that a model reads, and what it writes back to text."""

import json
import re
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders
from transformers import AutoTokenizer

from triwire_server.engine.models.vocabulary import (
    BYTE_PIECES,
    PREFIX_PIECE,
    TRIM_FILE,
    Pieces,
    Trim,
    control_ids,
    read_kept_ids,
)
from triwire_server.model_errors import CheckpointError, first_line
from triwire_server.profiles.profile import ModelSpec

_BYTES_DECODER = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
"""Pieces and bytes to text; U+2581 (LOWER ONE EIGHTH BLOCK) is a space."""


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
            raise CheckpointError(f"{spec.full_name}: the tokenizer cannot be read: {first_line(error)}") from error
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
