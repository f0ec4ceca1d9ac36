"""What every architecture needs of a checkpoint: its tokenizer, its number type, an error for what does not fit."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from triwire_server.profile import ModelSpec


class CheckpointError(ValueError):
    """A checkpoint does not fit its profile. The message names the model, what is wrong and the remedy."""


def torch_dtype(spec: ModelSpec, device: torch.device) -> torch.dtype:
    """Type of the weights and activations on a device; those of int8 linears aside."""
    if spec.dtype == "auto":
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    # int8 is a format of linear layers on a CPU; what remains of the model is float32 there.
    names = {"float32": torch.float32, "bfloat16": torch.bfloat16, "int8": torch.float32}
    return torch.bfloat16 if spec.dtype == "int8" and device.type != "cpu" else names[spec.dtype]


class TokenCodec:
    """A published tokenizer, with article text read as text only: "</s>" in an article is four characters.

    Safe to call from several threads at once, which the tokenizers are not.
    """

    def __init__(self, directory: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        self._lock = threading.Lock()
        # M2M100 does not count its language tokens as special.
        languages: dict[str, int] = getattr(self.tokenizer, "lang_token_to_id", {})
        self._special_ids = frozenset(self.tokenizer.all_special_ids) | frozenset(languages.values())

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without any special token."""
        with self._lock:
            ids = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True, verbose=False)
        return list(ids)

    def encode_template(self, text: str) -> list[int]:
        """Ids of a piece of a chat template, in which special tokens are meant."""
        with self._lock:
            ids = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False, verbose=False)
        return list(ids)

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of ids, special tokens dropped, white space at both ends stripped."""
        size = len(self.tokenizer)  # some vocabularies are padded to a round number with ids that mean nothing
        kept = [token_id for token_id in token_ids if token_id not in self._special_ids and token_id < size]
        with self._lock:
            text = self.tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text).strip()

    def special_id(self, token: str) -> int:
        """Id of a token that is written as one piece.

        Raises:
            CheckpointError: the vocabulary has no such token.
        """
        with self._lock:
            token_id = self.tokenizer.convert_tokens_to_ids(token)
        if token_id is None or (token_id == self.tokenizer.unk_token_id and token != self.tokenizer.unk_token):
            raise CheckpointError(f"the vocabulary has no token {token!r}; check language_codes in the profile")
        return int(token_id)
