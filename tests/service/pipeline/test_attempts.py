from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from tests.service.pipeline.phrase_model import PhraseModel
from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.metrics import Metrics
from triwire_server.pipeline.context import CallContext
from triwire_server.pipeline.process import Pipeline
from triwire_server.result_cache import ResultCache

Finding = article_service_pb2.Finding

SOURCE = "The harbour of Westmere opened again on Monday after the storm."
GOOD = "웨스트미어 항구가 폭풍이 지나간 뒤 월요일 다시 열렸다."  # The harbour of Westmere opened again on Monday ...
LOOP = "항구가 항구가 항구가 항구가 항구가 항구가 항구가 항구가 항구가 항구가"  # The harbour, ten times


@asynccontextmanager
async def pipeline_of(model: PhraseModel, *, repair: bool = True) -> AsyncIterator[Pipeline]:
    """A pipeline over one model that says what the test wants it to say."""
    engine = Engine([model], limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), cache=ResultCache(0))
    await engine.start()
    try:
        yield Pipeline(engine, ModelCatalog([model.card]), Limits(), repair=repair)
    finally:
        await engine.stop()


async def translate(
    phrases: Mapping[str, str | Sequence[str]],
    block: article_pb2.Block,
    *,
    target: str = "ko",
    source: str = "en",
    repair: bool = True,
    **fields: object,
) -> tuple[article_service_pb2.TranslatedBlock, PhraseModel]:
    """One block translated with a phrase book."""
    model = PhraseModel(phrases)
    async with pipeline_of(model, repair=repair) as pipeline:
        request = article_service_pb2.TranslateRequest(
            content=article_pb2.Content(article=article_pb2.Article(language=source, blocks=[block])),
            target_language=target,
            **fields,  # type: ignore[arg-type]  # any field
        )
        response = await pipeline.translate(request, CallContext(request_id="r1"))
    return response.translation.blocks[0], model


async def test_a_broken_segment_is_decoded_again_and_the_better_output_delivered() -> None:
    block, model = await translate({SOURCE: [LOOP, GOOD]}, article_pb2.Block(text=SOURCE))
    assert (block.block.text, list(block.findings)) == (GOOD, [])
    assert [segment.attempt for segment in model.segments] == [0, 1]


async def test_a_good_segment_is_decoded_once() -> None:
    block, model = await translate({SOURCE: [GOOD, LOOP]}, article_pb2.Block(text=SOURCE))
    assert (block.block.text, list(block.findings)) == (GOOD, [])
    assert [segment.attempt for segment in model.segments] == [0]


async def test_when_the_second_output_is_no_better_the_first_is_delivered_with_its_finding() -> None:
    block, model = await translate({SOURCE: [LOOP, ""]}, article_pb2.Block(text=SOURCE))
    assert block.block.text == LOOP
    assert Finding.KIND_REPETITION in [finding.kind for finding in block.findings]
    assert len(model.segments) == 2


async def test_without_repair_a_broken_output_is_delivered_at_once() -> None:
    block, model = await translate({SOURCE: [LOOP, GOOD]}, article_pb2.Block(text=SOURCE), repair=False)
    assert block.block.text == LOOP
    assert [finding.severity for finding in block.findings] == [Finding.SEVERITY_CRITICAL]
    assert len(model.segments) == 1


async def test_findings_of_inline_html_are_places_in_the_bodies_with_their_tags() -> None:
    body = f"<b>Westmere</b> closed. {SOURCE} <i>More rain is expected tomorrow in all of the county.</i>"
    first = "[1]Westmere[2] closed. The harbour of Westmere opened again on Monday after the storm."
    phrases = {
        first: f"[1]웨스트미어[2] 폐쇄. {LOOP}",  # Westmere closed. The harbour the harbour ...
        "[1]More rain is expected tomorrow in all of the county.[2]": "[1]내일 전 지역에 비가 더 올 것으로 보인다.[2]",
    }
    block, _ = await translate(phrases, article_pb2.Block(inline_html=body))
    [finding] = [finding for finding in block.findings if finding.kind == Finding.KIND_REPETITION]
    assert block.block.inline_html[finding.target.start : finding.target.end] == LOOP
    assert block.block.inline_html.startswith("<b>웨스트미어</b> 폐쇄.")
    assert body[finding.source.range.start : finding.source.range.end] == f"<b>Westmere</b> closed. {SOURCE}"
