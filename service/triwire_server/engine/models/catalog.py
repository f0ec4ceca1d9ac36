"""Which model answers what: languages, defaults and routes over the cards of a profile. No tensors."""

from collections.abc import Sequence

from triwire_server.errors import NotFound
from triwire_server.limits import MAX_SHOWN_CHARACTERS
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Task

PIVOT = "en"
"""Language through which a direction without a model of its own is translated."""


class ModelCatalog:
    """The cards of a profile, in its order: the first that serves a direction is the default."""

    def __init__(self, cards: Sequence[ModelCard]) -> None:
        self.cards = tuple(cards)

    def languages(self, task: Task) -> tuple[str, ...]:
        """Tags that some model reads for a task, sorted."""
        return tuple(sorted({source for card in self.cards for source, _ in card.pairs(task)}))

    def pairs(self, task: Task) -> frozenset[tuple[str, str]]:
        """Directions that some model serves by itself."""
        return frozenset(pair for card in self.cards for pair in card.pairs(task))

    def find(self, name: str) -> ModelCard:
        """The card that a caller means by `name` or `name@version`.

        Raises:
            NotFound: MODEL_NOT_FOUND; the message lists what there is.
        """
        for card in self.cards:
            if name in (card.name, card.full_name):
                return card
        known = ", ".join(card.full_name for card in self.cards)
        shown = name[:MAX_SHOWN_CHARACTERS]
        raise NotFound(
            "MODEL_NOT_FOUND", "triwire.v1.Model", shown, f"no model is called {shown!r}; there are: {known}"
        )

    def resolve(self, task: Task, source: str, target: str, name: str = "") -> ModelCard:
        """The model for a direction: the named one, or the first of the profile that serves it.

        Raises:
            NotFound: MODEL_NOT_FOUND, the name is unknown.
            LookupError: no model, or not the named one, serves the direction.
        """
        candidates = (self.find(name),) if name else self.cards
        for card in candidates:
            if (source, target) in card.pairs(task):
                return card
        raise LookupError(f"{task}: no model serves {source} to {target}")

    def route(self, source: str, target: str, name: str = "") -> list[ModelCard]:
        """The models that translate a direction one after the other: one, or two through English.

        Raises:
            NotFound: MODEL_NOT_FOUND, the name is unknown.
            LookupError: the direction is not served, through English either.
        """
        try:
            return [self.resolve(Task.TRANSLATION, source, target, name)]
        except LookupError:
            if PIVOT in (source, target) or source == target:
                raise
            return [
                self.resolve(Task.TRANSLATION, source, PIVOT, name),
                self.resolve(Task.TRANSLATION, PIVOT, target, name),
            ]
