"""A model that says what a phrase book has for a text, so that a test decides which output the pipeline gets."""

from collections.abc import Iterable, Mapping, Sequence

from tests.service.engine.small_model import END, CopyModel
from triwire_server.engine.models.base import Prompt
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Segment, Task

_ALL_PAIRS = frozenset((a, b) for a in ("en", "ko", "ja") for b in ("en", "ko", "ja") if a != b)
_SHIFT = 1  # keeps the bytes of the text off the end token


class PhraseModel(CopyModel):
    """Writes `phrases[text]`: one output for every attempt, or a list with one for each; other texts come back as read.

    `segments` holds all that it was given, in order.
    """

    def __init__(
        self,
        phrases: Mapping[str, str | Sequence[str]],
        name: str = "phrases",
        *,
        pairs: Iterable[tuple[str, str]] = _ALL_PAIRS,
        takes_terms: bool = False,
    ) -> None:
        super().__init__(name)
        self.card = ModelCard(
            name=name,
            version="1",
            tasks=(Task.TRANSLATION,),
            language_pairs=frozenset(pairs),
            summary_languages=frozenset(),
            license="Apache-2.0",
            segment_tokens=120,  # a token is a character
            takes_terms=takes_terms,
        )
        self.phrases = phrases
        self.segments: list[Segment] = []

    def encode(self, segment: Segment) -> Prompt:
        self.segments.append(segment)
        said = self.phrases.get(segment.text, segment.text)
        output = said if isinstance(said, str) else said[segment.attempt]
        # UTF-8 has no byte above 0xF4, so that there is room for the shift.
        ids = (*(byte + _SHIFT for byte in output.encode()), END)
        return Prompt(input_ids=ids, max_new_tokens=len(ids), end_ids=frozenset({END}))

    def read(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        return [(self.weight[list(prompt.input_ids)] @ self.weight).argmax(-1).tolist() for prompt in prompts]

    def decode(self, segment: Segment, token_ids: Sequence[int]) -> str:
        return bytes(token - _SHIFT for token in token_ids if token != END).decode()
