"""T5 (Raffel et al. 2020, arXiv:1910.10683), mT5, umT5 and MADLAD-400 (Kudugunta et al. 2023, arXiv:2309.04662).

What to do stands in front of the text, and the profile's `source_prefix` says it: "summarize: " as T5 was trained
(appendix D), "<2{target}> " for MADLAD-400, whose tag names the target language. Source: prefix, text, end token.
Nothing is forced; positions are relative, so that no length is a hard bound.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch

from triwire_server.engine.models.seq2seq import Seq2SeqModel
from triwire_server.engine.models.vocabulary import PREFIX_PIECE
from triwire_server.model_errors import CheckpointError
from triwire_server.profiles.profile import ModelSpec
from triwire_server.segment import Segment


class T5Model(Seq2SeqModel):
    """T5, mT5, umT5 and MADLAD-400 checkpoints."""

    model_types: ClassVar[tuple[str, ...]] = ("t5", "mt5", "umt5")

    def __init__(self, spec: ModelSpec, directory: Path, device: torch.device) -> None:
        super().__init__(spec, directory, device)
        pairs = {*spec.language_pairs, *spec.summary_languages}
        self._prefixes = {(str(source), str(target)): self._prefix(source, target) for source, target in pairs}

    def _prefix(self, source: str, target: str) -> list[int]:
        prefix = self.spec.prefix_for(source, target)
        for tag in PREFIX_PIECE.findall(prefix):
            # Cut into characters, a tag would name no language, and the model would answer in any.
            if self.codec.token_id(tag) is None:
                raise CheckpointError(
                    f"{self.spec.full_name}: source_prefix, language_codes.{target}:"
                    f" the vocabulary has no token {tag!r}"
                )
        # The space behind the prefix is part of the text's first piece.
        return self.codec.encode_template(prefix.rstrip())

    def source_ids(self, segment: Segment, text_ids: Sequence[int]) -> list[int]:
        """`prefix text [end]`."""
        return [*self._prefixes[segment.source_language, segment.target_language], *text_ids, self.end_id]
