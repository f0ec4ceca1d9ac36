"""A small real torch model behind the `Model` face: it copies characters, and its input decides speed and failure."""

import time
from collections.abc import Mapping, Sequence

import torch

from triwire_server.engine.models.base import Model, Progress, Prompt, Rows
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Segment, Task

END = 0
FAULT = "\x01"  # START OF HEADING: a prompt that holds it makes reading it raise
LATE_FAULT = "\x03"  # END OF TEXT: the step that is to write it raises
SLOW = "\x02"  # START OF TEXT: each one makes reading it take SLOW_SECONDS longer
SLOW_SECONDS = 0.05

COPY = "copy@1"
"""Full name of the model."""

_PAIRS = frozenset({("en", "ko"), ("ko", "en")})


def segment(text: str, attempt: int = 0) -> Segment:
    """A text for the model."""
    return Segment(task=Task.TRANSLATION, text=text, source_language="en", target_language="ko", attempt=attempt)


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
        """Texts that joined, by step."""

        self.steps: list[int] = []
        """Rows of each step."""

    def encode(self, segment: Segment) -> Prompt:
        ids = (*segment.text.encode("latin-1"), END)
        return Prompt(input_ids=ids, max_new_tokens=len(ids), end_ids=frozenset({END}))

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        return bytes(token for token in token_ids if token != END).decode("latin-1")

    def count_tokens(self, text: str, language: str) -> int:
        return len(text)

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Whole outputs of prompts that join. Tests replace it to fail, or to see when it is called."""
        texts = [bytes(prompt.input_ids[:-1]).decode("latin-1") for prompt in prompts]
        self.batches.append(texts)
        time.sleep(SLOW_SECONDS * sum(text.count(SLOW) for text in texts))
        if any(FAULT in text for text in texts):
            raise RuntimeError("a kernel failed")
        return [(self.weight[list(prompt.input_ids)] @ self.weight).argmax(-1).tolist() for prompt in prompts]

    def new_rows(self) -> Rows:
        return CopyRows(self)


class CopyRows(Rows):
    """Gives one character a step."""

    def __init__(self, model: CopyModel) -> None:
        self._model = model
        self._left: dict[int, list[int]] = {}

    @property
    def numbers(self) -> Sequence[int]:
        return list(self._left)

    def add(self, prompts: Mapping[int, Prompt]) -> None:
        outputs = self._model.read(list(prompts.values()))
        self._left |= dict(zip(prompts, outputs, strict=True))

    def step(self) -> dict[int, Progress]:
        self._model.steps.append(len(self._left))
        if any(left[0] == ord(LATE_FAULT) for left in self._left.values()):
            raise RuntimeError("a kernel failed")
        return {number: Progress((left.pop(0),), not left) for number, left in self._left.items()}

    def drop(self, number: int) -> None:
        del self._left[number]


class AcceleratorError(RuntimeError):
    """Named as torch names the error of a device that is gone."""


class LostModel(CopyModel):
    """Finds the device gone at the first prompt that it reads."""

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        self.batches.append([])
        raise AcceleratorError("lost")
