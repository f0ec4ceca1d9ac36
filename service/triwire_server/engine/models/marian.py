"""Marian (Junczys-Dowmunt et al. 2018, arXiv:1804.00344), as OPUS-MT publishes it (Tiedemann and Thottingal 2020).

Source: text, end token; models with several target languages want `>>code<<` in front, which the profile's
`source_prefix` gives (">>{target}<<"). Decoding starts with the padding token, which is never written: Marian itself
has no such word, and OPUS-MT's own settings forbid it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment


class MarianModel(Seq2SeqModel):
    """OPUS-MT checkpoints, for one direction or for several."""

    model_types: ClassVar[tuple[str, ...]] = ("marian",)

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        self._prefixes = {str(target): self._prefix(source, target) for source, target in spec.language_pairs}

    def _prefix(self, source: str, target: str) -> list[int]:
        token = self.spec.prefix_for(source, target).strip()
        if not token:
            return []
        token_id = self.codec.token_id(token)
        if token_id is None:
            raise CheckpointError(
                f"{self.spec.full_name}: source_prefix, language_codes.{target}: the vocabulary has no token {token!r}"
            )
        return [token_id]

    def published_ids(self, text: str) -> list[int]:
        """The tokenizer's ids of a text. The library would take a code that an article starts with for the prefix."""
        tokenizer = self.codec.tokenizer
        return [
            int(tokenizer.convert_tokens_to_ids(piece)) for piece in tokenizer.spm_source.encode(text, out_type=str)
        ]

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`[>>target<<] text [end]`."""
        return [*self._prefixes[segment.target_language], *text_ids, self.end_id]

    def suppressed_ids(self) -> list[int]:
        """The padding token."""
        return [self._pad_id]
