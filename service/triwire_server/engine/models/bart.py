"""Summarizers of two families: BART (Lewis et al. 2019, arXiv:1910.13461) and PEGASUS (Zhang et al., arXiv:1912.08777).

Source: start token, text, end token for BART and KoBART; text, end token for PEGASUS. The output is made to start with
what the checkpoint itself forces (BART: its start token). The style of a summary is the one it was trained on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment


class BartModel(Seq2SeqModel):
    """BART, KoBART and PEGASUS checkpoints."""

    model_types: ClassVar[tuple[str, ...]] = ("bart", "pegasus")

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        self._first_ids: list[int] = []
        if self.config.model_type == "bart":
            if self.codec.start_id is None:
                raise CheckpointError(f"{spec.full_name}: the tokenizer has no start token (bos_token)")
            self._first_ids = [self.codec.start_id]

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`[start] text [end]`; PEGASUS has no start token."""
        return [*self._first_ids, *text_ids, self.end_id]
