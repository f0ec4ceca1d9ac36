"""Glossary terms through real models: untrained ones, which lose nearly all of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import terms as made
from prometheus_client import CollectorRegistry

from triwire.v1 import article_pb2, article_service_pb2
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.loading import load_models
from triwire_server.pipeline.context import CallContext
from triwire_server.pipeline.process import Pipeline
from triwire_server.profiles.profile import load_profile
from triwire_server.telemetry.metrics import Metrics

Finding = article_service_pb2.Finding
NUM_SENTENCES = 200

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pipeline(tiny_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pipeline]:
    profile = load_profile(str(tiny_profile))
    models = await asyncio.to_thread(load_models, profile, tmp_path_factory.mktemp("models"), "cpu")
    engine = Engine(models, limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), cache=ResultCache(0))
    await engine.start()
    yield Pipeline(engine, ModelCatalog([model.card for model in models]), Limits())
    await engine.stop()


@pytest.mark.parametrize(("source", "target"), made.DIRECTIONS)
async def test_every_term_is_in_the_output_or_reported(pipeline: Pipeline, source: str, target: str) -> None:
    cases = list(made.cases(source, target, NUM_SENTENCES))
    blocks = [article_pb2.Block(block_id=f"s{number}", text=case.source) for number, case in enumerate(cases)]
    terms = {id(name): name.term(source) for case in cases for name in case.names}
    request = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(article=article_pb2.Article(language=source, blocks=blocks)),
        target_language=target,
        house_style=article_service_pb2.HouseStyle(terms=list(terms.values())),
    )
    response = await pipeline.translate(request, CallContext(request_id="r1"))
    reported = 0
    for case, block in zip(cases, response.translation.blocks, strict=True):
        missing = {f.expected: f for f in block.findings if f.kind == Finding.KIND_TERM_MISSING}
        for name in case.names:
            form = form_of(name.term(source), source, target)
            if form in missing:
                place = missing[form].source.range
                assert case.source[place.start : place.end] == name.forms[source]
                reported += 1
            else:
                assert form in block.block.text
    assert reported > NUM_SENTENCES, "an untrained model loses most terms"


def form_of(term: GlossaryTerm, source: str, target: str) -> str:
    """What the output is to hold: a verbatim term has the form of the source."""
    return term.forms[target] if target in term.forms else term.forms[source]
