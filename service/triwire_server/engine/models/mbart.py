"""MBart-50 (Tang et al. 2020, arXiv:2008.00401): fifty languages in one encoder-decoder.

Source: language code, text, end token. The output is made to start with the target's language code. (MBart-25 puts the
code behind the text; its checkpoints are for one direction each, and not for this file.)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment

CODES = {"en": "en_XX", "ko": "ko_KR", "ja": "ja_XX"}
"""The published codes; a profile need not repeat them."""


class MBartModel(Seq2SeqModel):
    """MBart-50 checkpoints: many-to-many, many-to-one and one-to-many."""

    model_types: ClassVar[tuple[str, ...]] = ("mbart",)

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        self._language_ids = self.language_ids(CODES)

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`[language] text [end]`."""
        return [self._language_ids[segment.source_language], *text_ids, self.end_id]

    def forced_ids(self, segment: Segment) -> list[int]:
        """The target's language code."""
        return [self._language_ids[segment.target_language]]
