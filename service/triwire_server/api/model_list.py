"""The models of a deployment as ListModels shows them."""

import re

from triwire.v1 import article_service_pb2
from triwire_server.api.paging import page_place, page_size, page_token
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Register, Task

_NUMBER = re.compile(r"[0-9]{1,9}")
_TASKS = {
    Task.TRANSLATION: article_service_pb2.Model.TASK_TRANSLATION,
    Task.SUMMARIZATION: article_service_pb2.Model.TASK_SUMMARIZATION,
}
_REGISTERS = {
    Register.NEWS: article_service_pb2.REGISTER_NEWS,
    Register.POLITE: article_service_pb2.REGISTER_POLITE,
}


def list_models(
    request: article_service_pb2.ListModelsRequest, catalog: ModelCatalog, limits: Limits
) -> article_service_pb2.ListModelsResponse:
    """A page of the models, in order of name and then task; one that does two tasks is there twice.

    Raises:
        InvalidRequest: the page is asked for wrongly.
    """
    start = int(page_place(request, lambda place: bool(_NUMBER.fullmatch(place))) or 0)
    end = start + page_size(request)
    cards = sorted(catalog.cards, key=lambda card: card.full_name)
    models = [_model(catalog, card, task) for card in cards for task in Task if card.pairs(task)]
    return article_service_pb2.ListModelsResponse(
        models=models[start:end],
        next_page_token=page_token(str(end)) if end < len(models) else "",
        limits=article_service_pb2.Limits(**{name: getattr(limits, name) for name in Limits.__dataclass_fields__}),
    )


def _model(catalog: ModelCatalog, card: ModelCard, task: Task) -> article_service_pb2.Model:
    model = article_service_pb2.Model(
        model=card.full_name,
        task=_TASKS[task],
        license=card.license,
        noncommercial=card.noncommercial,
        origin_uri=card.origin_uri,
        max_input_tokens=card.max_input_tokens,
        registers=[_REGISTERS[register] for register in card.registers],
    )
    for source, target in sorted(card.pairs(task)):
        is_default = catalog.resolve(task, source, target) is card
        model.language_pairs.add(source_language=source, target_language=target, is_default=is_default)
    return model
