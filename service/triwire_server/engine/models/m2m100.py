"""M2M100 (Fan et al. 2020, arXiv:2010.11125) and NLLB (arXiv:2207.04672): many languages in one encoder-decoder.

Source: language token, text, end token. The output is made to start with the target's language token. M2M100 writes its
languages as `__ko__`, NLLB as `kor_Hang`; the profile's `language_codes` give the part that differs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment


class M2M100Model(Seq2SeqModel):
    """M2M100 and NLLB checkpoints."""

    model_types: ClassVar[tuple[str, ...]] = ("m2m_100",)

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        self._language_ids = self.language_ids()

    def language_token(self, code: str) -> str:
        """`__ko__` for M2M100's tokenizer, the code itself for NLLB's."""
        return f"__{code}__" if hasattr(self.codec.tokenizer, "get_lang_token") else code

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`[language] text [end]`."""
        return [self._language_ids[segment.source_language], *text_ids, self.end_id]

    def forced_ids(self, segment: Segment) -> list[int]:
        """The target's language token."""
        return [self._language_ids[segment.target_language]]
