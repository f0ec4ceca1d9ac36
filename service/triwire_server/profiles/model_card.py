"""What is known of a model without loading it."""

from dataclasses import dataclass

from triwire_server.segment import Register, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a profile says of one model. Shown by ListModels."""

    name: str
    version: str
    tasks: tuple[Task, ...]
    language_pairs: frozenset[tuple[str, str]]
    """(source, target) BCP-47 tags that it translates."""

    summary_languages: frozenset[tuple[str, str]]
    """(article, summary) BCP-47 tags that it summarizes; equal for a summary in the article's language."""

    license: str
    """SPDX identifier of the license of the weights."""

    noncommercial: bool = False
    """Whether that license forbids commercial use."""

    origin_uri: str = ""
    """Where the weights come from; "" if the profile does not say."""

    max_input_tokens: int = 512
    """Tokens of source text read at once, instructions not counted."""

    segment_tokens: int = 40
    """Tokens up to which neighbouring sentences of a block are translated together."""

    takes_terms: bool = False
    """Whether it reads the glossary terms of a segment."""

    registers: tuple[Register, ...] = (Register.NEWS,)
    """Registers it can write."""

    has_weights: bool = True
    """Whether the engine runs it; without any, the pipeline answers with sentences of the article."""

    @property
    def full_name(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    def pairs(self, task: Task) -> frozenset[tuple[str, str]]:
        """Directions served for a task."""
        if task not in self.tasks:
            return frozenset()
        return self.language_pairs if task is Task.TRANSLATION else self.summary_languages
