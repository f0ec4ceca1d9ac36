import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import InvalidRequest, NotFound
from triwire_server.limits import Limits
from triwire_server.loading import load_models
from triwire_server.pipeline.context import CallContext, PartFailure
from triwire_server.pipeline.process import Pipeline
from triwire_server.profiles.profile import load_profile
from triwire_server.telemetry.metrics import Metrics

Finding = article_service_pb2.Finding
CONTEXT = CallContext(request_id="r1")
ARTICLE = article_pb2.Article(
    language="en",
    blocks=[
        article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens again"),
        article_pb2.Block(
            block_id="p1",
            kind=article_pb2.BLOCK_KIND_PARAGRAPH,
            text="The harbour of Westmere opened on Monday. The first ferry left at noon with 212 people.",
        ),
        article_pb2.Block(block_id="c", kind=article_pb2.BLOCK_KIND_CAPTION, text="The harbour.", credit="AP"),
        article_pb2.Block(block_id="ad", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="Advertisement"),
        article_pb2.Block(block_id="k", kind=article_pb2.BLOCK_KIND_QUOTE, text="항구가 다시 열렸다.", language="ko"),
        article_pb2.Block(block_id="n", kind=article_pb2.BLOCK_KIND_LIST_ITEM, text="2-1"),
    ],
)


@pytest_asyncio.fixture
async def pipeline(tiny_profile: Path, tmp_path: Path) -> AsyncIterator[Pipeline]:
    profile = load_profile(str(tiny_profile))
    models = await asyncio.to_thread(load_models, profile, tmp_path, "cpu")
    engine = Engine(models, limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), cache=ResultCache(1_000_000))
    await engine.start()
    yield Pipeline(engine, ModelCatalog([model.card for model in models]), Limits())
    await engine.stop()


def translate_request(target: str = "ko", **options: object) -> article_service_pb2.TranslateRequest:
    return article_service_pb2.TranslateRequest(
        content=article_pb2.Content(article=ARTICLE),
        target_language=target,
        options=article_service_pb2.TranslationOptions(**options),  # type: ignore[arg-type]  # any field
    )


async def test_every_wanted_block_comes_back_in_order_with_its_id_kind_and_credit(pipeline: Pipeline) -> None:
    response = await pipeline.translate(translate_request(), CONTEXT)
    blocks = [block.block for block in response.translation.blocks]
    assert [(block.block_id, block.kind, block.credit) for block in blocks] == [
        ("h", article_pb2.BLOCK_KIND_HEADLINE, ""),
        ("p1", article_pb2.BLOCK_KIND_PARAGRAPH, ""),
        ("c", article_pb2.BLOCK_KIND_CAPTION, "AP"),
        ("k", article_pb2.BLOCK_KIND_QUOTE, ""),
        ("n", article_pb2.BLOCK_KIND_LIST_ITEM, ""),
    ]
    assert not response.HasField("source")
    assert (response.request_id, response.translation.source_language) == ("r1", "en")
    assert response.usage.segments >= 3
    assert response.usage.output_tokens > 0
    assert response.usage.compute_duration.ToNanoseconds() > 0


async def test_a_block_in_the_target_language_or_without_letters_is_copied(pipeline: Pipeline) -> None:
    response = await pipeline.translate(translate_request(), CONTEXT)
    bodies = {block.block.block_id: block.block.text for block in response.translation.blocks}
    assert (bodies["k"], bodies["n"]) == ("항구가 다시 열렸다.", "2-1")  # "The harbour opened again."
    assert bodies["p1"] != ARTICLE.blocks[1].text


async def test_only_the_kinds_asked_for_are_translated(pipeline: Pipeline) -> None:
    response = await pipeline.translate(translate_request(block_kinds=[article_pb2.BLOCK_KIND_HEADLINE]), CONTEXT)
    assert [block.block.block_id for block in response.translation.blocks] == ["h"]


async def test_sentence_ranges_slice_both_bodies_without_a_gap_of_words(pipeline: Pipeline) -> None:
    response = await pipeline.translate(translate_request(include_sentences=True), CONTEXT)
    source = {block.block_id: block.text for block in ARTICLE.blocks}
    for block in response.translation.blocks:
        if block.block.block_id in ("h", "p1", "c"):
            assert block.sentences
            joined = "".join(source[block.block.block_id][s.source.start : s.source.end] for s in block.sentences)
            assert joined.replace(" ", "") == source[block.block.block_id].replace(" ", "")
            made = "".join(block.block.text[s.target.start : s.target.end] for s in block.sentences)
            assert made.replace(" ", "") == block.block.text.replace(" ", "")


async def test_finding_ranges_lie_within_the_bodies_they_point_into(pipeline: Pipeline) -> None:
    response = await pipeline.translate(translate_request("ja"), CONTEXT)
    source = {block.block_id: block.text for block in ARTICLE.blocks}
    findings = [(block.block, finding) for block in response.translation.blocks for finding in block.findings]
    assert findings, "an untrained model gives reason for doubt"
    for block, finding in findings:
        assert finding.source.block_id == block.block_id
        assert 0 <= finding.source.range.start < finding.source.range.end <= len(source[block.block_id])
        if finding.HasField("target"):
            assert 0 <= finding.target.start <= finding.target.end <= len(block.text)


async def test_equal_work_costs_nothing_the_second_time(pipeline: Pipeline) -> None:
    first = await pipeline.translate(translate_request(), CONTEXT)
    second = await pipeline.translate(translate_request(), CONTEXT)
    assert second.translation == first.translation
    assert second.usage.cached_segments == second.usage.segments == first.usage.segments
    assert second.usage.output_tokens == 0


async def test_inline_markup_comes_back_balanced(pipeline: Pipeline) -> None:
    article = article_pb2.Article(
        language="en",
        blocks=[
            article_pb2.Block(
                block_id="b1",
                kind=article_pb2.BLOCK_KIND_PARAGRAPH,
                inline_html="The <b>harbour</b> &amp; the ferry opened.",
            )
        ],
    )
    request = article_service_pb2.TranslateRequest(content=article_pb2.Content(article=article), target_language="ko")
    [block] = (await pipeline.translate(request, CONTEXT)).translation.blocks
    assert block.block.WhichOneof("body") == "inline_html"
    assert block.block.inline_html.count("<b>") == block.block.inline_html.count("</b>") == 1


async def test_html_comes_back_whole_with_only_the_words_changed(pipeline: Pipeline) -> None:
    html = '<div id="x"><p class="lead">The harbour opened.</p><script>let a = 1;</script></div>'
    request = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(html=html, language="en"), target_language="ko"
    )
    response = await pipeline.translate(request, CONTEXT)
    [block] = response.translation.blocks
    body = block.block.inline_html or block.block.text
    assert response.translation.html == html.replace("The harbour opened.", body)
    assert response.HasField("source")


async def test_a_summary_names_the_blocks_it_rests_on(pipeline: Pipeline) -> None:
    for style in (
        article_service_pb2.SUMMARY_STYLE_HEADLINE,
        article_service_pb2.SUMMARY_STYLE_BULLETS,
        article_service_pb2.SUMMARY_STYLE_PARAGRAPH,
    ):
        request = article_service_pb2.SummarizeRequest(
            content=article_pb2.Content(article=ARTICLE), options=article_service_pb2.SummaryOptions(style=style)
        )
        response = await pipeline.summarize(request, CONTEXT)
        assert response.summary.style == style
        assert (response.summary.source_language, response.summary.target_language) == ("en", "en")
        ids = {block.block_id for block in ARTICLE.blocks}
        for point in response.summary.points:
            assert set(point.source_block_ids) <= ids


async def test_process_answers_in_the_order_of_the_request(pipeline: Pipeline) -> None:
    request = process_request()
    response = await pipeline.process(request, CONTEXT)
    assert [translation.target_language for translation in response.translations] == ["ja", "ko-KR"]
    assert [(summary.style, summary.target_language) for summary in response.summaries] == [(2, "en"), (1, "ko")]


async def test_the_stream_starts_with_the_source_and_ends_with_the_usage(pipeline: Pipeline) -> None:
    whole = await pipeline.process(process_request(), CONTEXT)
    parts = [part async for part in pipeline.stream(process_request(), CONTEXT)]
    assert not any(isinstance(part, PartFailure) for part in parts)
    kinds = [part.WhichOneof("part") or "" for part in parts if not isinstance(part, PartFailure)]
    assert (kinds[0], kinds[-1]) == ("started", "usage")
    assert sorted(kinds[1:-1]) == ["block"] * 10 + ["summary"] * 2 + ["translation"] * 2
    last_block = max(i for i, part in enumerate(parts) if is_block_of(part, "ja"))
    end = next(
        i
        for i, part in enumerate(parts)
        if not isinstance(part, PartFailure)
        and part.WhichOneof("part") == "translation"
        and part.translation.target_language == "ja"
    )
    assert last_block < end
    streamed = {
        part.block.block.block.block_id: part.block.block
        for part in parts
        if not isinstance(part, PartFailure) and is_block_of(part, "ja")
    }
    assert [streamed[block.block.block_id] for block in whole.translations[0].blocks] == list(
        whole.translations[0].blocks
    )


async def test_all_directions_that_are_not_served_are_reported_at_once(pipeline: Pipeline) -> None:
    request = process_request()
    request.target_languages[:] = ["fr", "ko", "de"]
    request.ClearField("summaries")
    with pytest.raises(InvalidRequest) as caught:
        await pipeline.process(request, CONTEXT)
    assert [(v.field_path, v.reason, dict(v.metadata)) for v in caught.value.violations] == [
        ("target_languages[0]", "LANGUAGE_UNSUPPORTED", {"source": "en", "target": "fr"}),
        ("target_languages[2]", "LANGUAGE_UNSUPPORTED", {"source": "en", "target": "de"}),
    ]


async def test_an_unknown_model_is_not_found(pipeline: Pipeline) -> None:
    with pytest.raises(NotFound) as caught:
        await pipeline.translate(translate_request(model="nobody"), CONTEXT)
    assert (caught.value.reason, caught.value.resource_name) == ("MODEL_NOT_FOUND", "nobody")


def process_request() -> article_service_pb2.ProcessArticleRequest:
    return article_service_pb2.ProcessArticleRequest(
        content=article_pb2.Content(article=ARTICLE),
        target_languages=["ja", "ko-KR"],
        summaries=[
            article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_BULLETS),
            article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE, target_language="ko"),
        ],
    )


def is_block_of(part: object, language: str) -> bool:
    return (
        isinstance(part, article_service_pb2.StreamProcessArticleResponse)
        and part.WhichOneof("part") == "block"
        and part.block.target_language == language
    )
