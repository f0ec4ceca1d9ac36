import pytest

from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import NotFound
from triwire_server.profiles.model_card import ModelCard
from triwire_server.segment import Task


def card(name: str, *pairs: tuple[str, str], version: str = "1", summaries: tuple[str, ...] = ()) -> ModelCard:
    tasks = (*([Task.TRANSLATION] if pairs else []), *([Task.SUMMARIZATION] if summaries else []))
    return ModelCard(
        name=name,
        version=version,
        tasks=tasks,
        language_pairs=frozenset(pairs),
        summary_languages=frozenset((tag, tag) for tag in summaries),
        license="Apache-2.0",
    )


CATALOG = ModelCatalog(
    [
        card("from-korean", ("ko", "en")),
        card("all", ("ko", "en"), ("en", "ja"), ("en", "ko"), version="2", summaries=("en",)),
        card("summarizer", summaries=("en", "ko")),
    ]
)


def names(cards: list[ModelCard]) -> list[str]:
    return [found.full_name for found in cards]


def test_the_first_model_that_serves_a_direction_is_its_default() -> None:
    assert CATALOG.resolve(Task.TRANSLATION, "ko", "en").full_name == "from-korean@1"
    assert CATALOG.resolve(Task.TRANSLATION, "en", "ko").full_name == "all@2"
    assert CATALOG.resolve(Task.SUMMARIZATION, "ko", "ko").full_name == "summarizer@1"


@pytest.mark.parametrize("name", ["all", "all@2"])
def test_a_named_model_goes_before_the_default(name: str) -> None:
    assert CATALOG.resolve(Task.TRANSLATION, "ko", "en", name).full_name == "all@2"


@pytest.mark.parametrize("name", ["other", "all@1", "ALL", "al"])
def test_an_unknown_name_is_not_found_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        CATALOG.resolve(Task.TRANSLATION, "ko", "en", name)
    assert caught.value.reason == "MODEL_NOT_FOUND"
    assert str(caught.value) == f"no model is called {name!r}; there are: from-korean@1, all@2, summarizer@1"


@pytest.mark.parametrize(("source", "target", "name"), [("ja", "en", ""), ("en", "ko", "from-korean")])
def test_a_direction_that_is_not_served_is_a_lookup_error(source: str, target: str, name: str) -> None:
    with pytest.raises(LookupError):
        CATALOG.resolve(Task.TRANSLATION, source, target, name)


def test_a_model_is_not_asked_for_a_task_it_does_not_do() -> None:
    with pytest.raises(LookupError):
        CATALOG.resolve(Task.SUMMARIZATION, "ko", "en", "from-korean")


def test_a_direction_without_a_model_goes_through_english() -> None:
    assert names(CATALOG.route("ko", "ja")) == ["from-korean@1", "all@2"]
    assert names(CATALOG.route("ko", "ja", "all")) == ["all@2", "all@2"]


def test_a_direction_with_a_model_goes_straight() -> None:
    assert names(CATALOG.route("ko", "en")) == ["from-korean@1"]


@pytest.mark.parametrize(("source", "target"), [("ja", "ko"), ("ja", "en"), ("en", "en"), ("ko", "ko")])
def test_where_no_model_goes_there_is_no_route(source: str, target: str) -> None:
    with pytest.raises(LookupError):
        CATALOG.route(source, target)


def test_languages_and_pairs_are_those_of_all_models() -> None:
    assert CATALOG.languages(Task.TRANSLATION) == ("en", "ko")
    assert CATALOG.languages(Task.SUMMARIZATION) == ("en", "ko")
    assert CATALOG.pairs(Task.TRANSLATION) == {("ko", "en"), ("en", "ja"), ("en", "ko")}
