"""M2M100 (Fan et al. 2020, arXiv:2010.11125) and NLLB (arXiv:2207.04672): many languages in one encoder-decoder.

Source: language token, text, end token. The output is made to start with the target's language token. M2M100 writes its
languages as `__ko__`, NLLB as `kor_Hang`; the profile's `language_codes` give the part that differs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from transformers import M2M100ForConditionalGeneration

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.engine.segment import Segment
from triwire_server.profile import ModelSpec


class M2M100Model(Seq2SeqModel):
    """M2M100 and NLLB checkpoints."""

    model_class = M2M100ForConditionalGeneration
    model_types: ClassVar[tuple[str, ...]] = ("m2m_100",)

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        # Looked up once, so that a wrong code is known before the first article.
        languages = {language for pair in spec.language_pairs for language in pair}
        self._language_ids = {str(language): self._language_id(language) for language in languages}

    def _language_id(self, language: str) -> int:
        code = self.spec.language_code(language)
        is_m2m100 = hasattr(self.codec.tokenizer, "get_lang_token")
        return self.codec.special_id(self.codec.tokenizer.get_lang_token(code) if is_m2m100 else code)

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`[language] text [end]`."""
        return [self._language_ids[segment.source_language], *text_ids, self.end_id]

    def forced_ids(self, segment: Segment) -> list[int]:
        """The target's language token."""
        return [self._language_ids[segment.target_language]]
