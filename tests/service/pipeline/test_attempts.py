from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from tests.service.pipeline.phrase_model import PhraseModel
from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.pipeline.context import CallContext
from triwire_server.pipeline.process import Pipeline
from triwire_server.telemetry.metrics import Metrics

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
    takes_terms: bool = False,
    **fields: object,
) -> tuple[article_service_pb2.TranslatedBlock, PhraseModel]:
    """One block translated with a phrase book."""
    model = PhraseModel(phrases, takes_terms=takes_terms)
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


@pytest.mark.parametrize(
    ("outputs", "better", "no_better"), [([LOOP, GOOD], 1, 0), ([LOOP, ""], 0, 1), ([GOOD, LOOP], 0, 0)]
)
async def test_repairs_are_counted_by_whether_they_helped(outputs: list[str], better: int, no_better: int) -> None:
    registry = CollectorRegistry()
    model = PhraseModel({SOURCE: outputs})
    engine = Engine([model], limits=EngineLimits(), metrics=Metrics(registry), cache=ResultCache(0))
    await engine.start()
    try:
        request = article_service_pb2.TranslateRequest(
            content=article_pb2.Content(
                article=article_pb2.Article(language="en", blocks=[article_pb2.Block(text=SOURCE)])
            ),
            target_language="ko",
        )
        pipeline = Pipeline(engine, ModelCatalog([model.card]), Limits())
        await pipeline.translate(request, CallContext(request_id="r1"))
    finally:
        await engine.stop()

    def repairs(outcome: str) -> float:
        labels = {"task": "translation", "outcome": outcome}
        return registry.get_sample_value("triwire_repairs_total", labels) or 0.0

    assert (repairs("better"), repairs("no_better")) == (better, no_better)
    assert registry.get_sample_value("triwire_extractions_total", {"kind": "article"}) == 1


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


def house_style(*terms: dict[str, str], **fields: bool) -> article_service_pb2.HouseStyle:
    return article_service_pb2.HouseStyle(
        terms=[glossary_service_pb2.GlossaryTerm(forms=forms, **fields) for forms in terms]
    )


MAYOR = house_style({"en": "Lindholm", "ko": "린드홀름", "ja": "リンドホルム"})
SAID = "Lindholm said the harbour would stay open all winter."


async def test_findings_of_a_later_segment_are_places_in_the_whole_block() -> None:
    second = (
        "Repairs of the pier cost 3.4 million pounds, which is twice as much as the council had set aside for them."
    )
    wrong = "부두 수리에는 의회가 마련한 돈의 두 배인 340만 유로가 들었다."  # ... cost 3.4 million euros
    block, model = await translate(
        {SOURCE: GOOD, second: wrong}, article_pb2.Block(block_id="p1", text=f"{SOURCE} {second}"), repair=False
    )
    assert [segment.text for segment in model.segments] == [SOURCE, second]
    [finding] = block.findings
    place = finding.source.range
    assert f"{SOURCE} {second}"[place.start : place.end] == "3.4 million pounds"
    assert block.block.text[finding.target.start : finding.target.end] == "340만 유로"
    assert finding.source.block_id == "p1"


async def test_a_model_that_takes_terms_is_told_of_those_in_the_segment() -> None:
    right = "린드홀름은 항구가 겨우내 열려 있을 것이라고 말했다."  # Lindholm said ...
    block, model = await translate({SAID: right}, article_pb2.Block(text=SAID), takes_terms=True, house_style=MAYOR)
    assert (block.block.text, list(block.findings)) == (right, [])
    assert [segment.terms for segment in model.segments] == [(("Lindholm", "린드홀름"),)]


async def test_a_form_left_as_it_was_is_replaced_and_its_particle_agrees() -> None:
    wrong = "Lindholm는 항구가 겨우내 열려 있을 것이라고 말했다."
    block, model = await translate({SAID: wrong}, article_pb2.Block(text=SAID), house_style=MAYOR)
    assert block.block.text == "린드홀름은 항구가 겨우내 열려 있을 것이라고 말했다."
    assert list(block.findings) == []
    assert len(model.segments) == 1


async def test_a_missing_term_is_asked_for_once_more_as_a_mark() -> None:
    marked = "[1] said the harbour would stay open all winter."
    phrases = {
        SAID: "시장은 항구가 겨우내 열려 있을 것이라고 말했다.",  # The mayor said ...
        marked: "[1]는 항구가 겨우내 열려 있을 것이라고 말했다.",
    }
    block, model = await translate(phrases, article_pb2.Block(text=SAID), house_style=MAYOR)
    assert block.block.text == "린드홀름은 항구가 겨우내 열려 있을 것이라고 말했다."
    assert list(block.findings) == []
    assert [segment.text for segment in model.segments] == [SAID, marked]


async def test_a_term_that_stays_missing_is_reported_with_its_place_in_the_body() -> None:
    body = f"The <b>harbour</b> is &quot;safe&quot;. {SAID}"
    said = "[1]항구[2]는 안전하다. 시장은 항구가 겨울에도 열린다고 했다."  # The harbour is safe. The mayor said ...
    read = f'The [1]harbour[2] is "safe". {SAID}'
    phrases = {read: said, read.replace("Lindholm", "[3]"): said}
    block, model = await translate(phrases, article_pb2.Block(inline_html=body), house_style=MAYOR)
    [finding] = [finding for finding in block.findings if finding.kind == Finding.KIND_TERM_MISSING]
    assert (finding.expected, finding.severity) == ("린드홀름", Finding.SEVERITY_WARNING)
    assert body[finding.source.range.start : finding.source.range.end] == "Lindholm"
    assert len(model.segments) == 2


async def test_the_english_between_two_models_has_the_glossary_forms_too() -> None:
    source = "린드홀름은 항구를 열었다."  # Lindholm opened the harbour.
    first = PhraseModel({source: "Lindholm opened the harbour."}, "to-en", pairs=[("ko", "en")])
    second = PhraseModel(
        {"Lindholm opened the harbour.": "リンドホルムは港を開いた。"},
        "from-en",
        pairs=[("en", "ja")],
        takes_terms=True,
    )
    engine = Engine([first, second], limits=EngineLimits(), metrics=Metrics(CollectorRegistry()), cache=ResultCache(0))
    await engine.start()
    try:
        pipeline = Pipeline(engine, ModelCatalog([first.card, second.card]), Limits())
        request = article_service_pb2.TranslateRequest(
            content=article_pb2.Content(text=source, language="ko"), target_language="ja", house_style=MAYOR
        )
        response = await pipeline.translate(request, CallContext(request_id="r1"))
    finally:
        await engine.stop()
    [block] = response.translation.blocks
    assert block.block.text == "リンドホルムは港を開いた。"  # Lindholm opened the harbour.
    assert [segment.terms for segment in second.segments] == [(("Lindholm", "リンドホルム"),)]


@pytest.mark.parametrize(
    ("register", "text", "is_reported"),
    [
        (
            article_service_pb2.REGISTER_NEWS,
            "항구가 다시 열렸다. 배가 떠났다.",
            False,
        ),  # The harbour reopened. The ship left.
        (article_service_pb2.REGISTER_NEWS, "항구가 다시 열렸습니다. 배가 떠났습니다.", True),
        (article_service_pb2.REGISTER_POLITE, "항구가 다시 열렸습니다. 배가 떠났습니다.", False),
        (article_service_pb2.REGISTER_POLITE, "항구가 다시 열렸다. 배가 떠났다.", True),
    ],
)
async def test_sentence_endings_in_another_register_are_reported_once_for_the_whole(
    register: article_service_pb2.Register.ValueType, text: str, is_reported: bool
) -> None:
    source = "The harbour reopened. The ship left."
    model = PhraseModel({source: text})
    async with pipeline_of(model) as pipeline:
        request = article_service_pb2.TranslateRequest(
            content=article_pb2.Content(text=source, language="en"),
            target_language="ko",
            house_style=article_service_pb2.HouseStyle(register=register),
        )
        response = await pipeline.translate(request, CallContext(request_id="r1"))
    expected = [(Finding.KIND_OPTION_NOT_APPLIED, "house_style.register")] if is_reported else []
    assert [(finding.kind, finding.expected) for finding in response.translation.findings] == expected


async def test_sentences_of_a_segment_are_aligned_one_by_one_in_bodies_with_tags() -> None:
    body = "The <b>harbour</b> reopened. A ship left &amp; came back."
    read = "The [1]harbour[2] reopened. A ship left & came back."
    phrases = {read: "[1]항구[2]가 다시 열렸다. 배가 떠났다 & 돌아왔다."}
    options = article_service_pb2.TranslationOptions(include_sentences=True)
    block, _ = await translate(phrases, article_pb2.Block(inline_html=body), options=options)
    target = block.block.inline_html
    assert target == "<b>항구</b>가 다시 열렸다. 배가 떠났다 &amp; 돌아왔다."
    assert [
        (body[pair.source.start : pair.source.end], target[pair.target.start : pair.target.end])
        for pair in block.sentences
    ] == [
        ("The <b>harbour</b> reopened.", "<b>항구</b>가 다시 열렸다."),
        ("A ship left &amp; came back.", "배가 떠났다 &amp; 돌아왔다."),
    ]


async def test_tags_that_were_lost_go_around_the_term_they_were_around() -> None:
    body = "<b>Lindholm</b> said the harbour would stay open all winter."
    read = "[1]Lindholm[2] said the harbour would stay open all winter."
    said = "항구는 겨우내 열려 있을 것이라고 린드홀름이 말했다."  # The harbour would stay open ..., Lindholm said.
    block, _ = await translate({read: said}, article_pb2.Block(inline_html=body), house_style=MAYOR)
    assert block.block.inline_html == "항구는 겨우내 열려 있을 것이라고 <b>린드홀름</b>이 말했다."
    assert {(finding.kind, finding.severity) for finding in block.findings} == {
        (Finding.KIND_PLACEHOLDER_MISMATCH, Finding.SEVERITY_INFO)
    }
