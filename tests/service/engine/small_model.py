"""A small real torch model behind the `Model` face: it copies characters, and its input decides speed and failure."""

import time
from collections.abc import Sequence

import torch

from triwire_server.engine.models.base import Model, ModelCard, Prompt
from triwire_server.engine.models.rows import Rows
from triwire_server.engine.segment import Segment, Task

END = 0
FAULT = "\x01"  # START OF HEADING: a prompt that holds it makes the batch raise
SLOW = "\x02"  # START OF TEXT: each one makes the batch take SLOW_SECONDS longer
SLOW_SECONDS = 0.05

_PAIRS = frozenset({("en", "ko"), ("ko", "en")})


class CopyModel(Model):
    """Writes its input back, by an embedding whose nearest row is looked up: a matrix product per character."""

    def __init__(self, name: str = "copy") -> None:
        self.card = ModelCard(
            name=name,
            version="1",
            tasks=(Task.TRANSLATION,),
            language_pairs=_PAIRS,
            summary_languages=frozenset(),
            license="Apache-2.0",
        )
        self.weight = torch.eye(256)
        self.batches: list[list[str]] = []

    def encode(self, segment: Segment) -> Prompt:
        ids = (*segment.text.encode("latin-1"), END)
        return Prompt(input_ids=ids, max_new_tokens=len(ids))

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        return bytes(token for token in token_ids if token != END).decode("latin-1")

    def count_tokens(self, text: str, language: str) -> int:
        return len(text)

    def is_complete(self, token_ids: Sequence[int]) -> bool:
        return bool(token_ids) and token_ids[-1] == END

    def new_rows(self) -> Rows:
        raise NotImplementedError

    def generate(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        texts = [bytes(prompt.input_ids[:-1]).decode("latin-1") for prompt in prompts]
        self.batches.append(texts)
        time.sleep(SLOW_SECONDS * sum(text.count(SLOW) for text in texts))
        if any(FAULT in text for text in texts):
            raise RuntimeError("a kernel failed")
        return [(self.weight[list(prompt.input_ids)] @ self.weight).argmax(-1).tolist() for prompt in prompts]
