"""Each method of ArticleService over real gRPC, as the contract's comments describe it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from tests.server import running_server, target
from triwire.v1 import (
    article_pb2,
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
)
from triwire_server.profiles.profile import SHIPPED_PROFILES

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARTICLE = article_pb2.Article(
    language="en",
    blocks=[
        article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Northern pier reopens"),
        article_pb2.Block(
            block_id="p1",
            kind=article_pb2.BLOCK_KIND_PARAGRAPH,
            text="The council voted on Tuesday to reopen the pier. Engineers said the concrete was weak.",
        ),
        article_pb2.Block(block_id="ad", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="Sign up for our newsletter"),
        article_pb2.Block(
            block_id="c",
            kind=article_pb2.BLOCK_KIND_CAPTION,
            text="The pier in May.",
            credit="Harbour Press",
        ),
    ],
)
CONTENT = article_pb2.Content(article=ARTICLE)
HEADLINE = article_service_pb2.SUMMARY_STYLE_HEADLINE
BULLETS = article_service_pb2.SUMMARY_STYLE_BULLETS
SCRAPED_PAGE = Path("examples/articles/scraped-page.en.txt").read_text(encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(tiny_profile: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with tiny models."""
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Any:
    """Stub of ArticleService."""
    return article_service_pb2_grpc.ArticleServiceStub(channel)


async def test_translate_answers_block_by_block_under_the_same_ids(stub: Any) -> None:
    request = article_service_pb2.TranslateRequest(request_id="r-1", content=CONTENT, target_language="ko")
    response = await stub.Translate(request, timeout=60)
    translation = response.translation
    assert response.request_id == "r-1"
    assert (translation.source_language, translation.target_language) == ("en", "ko")
    assert list(translation.models) == ["tiny-m2m100@1"]
    assert [block.block.block_id for block in translation.blocks] == ["h", "p1", "c"]
    assert translation.blocks[2].block.credit == "Harbour Press"
    assert not response.HasField("source")
    assert response.usage.input_tokens > 0
    assert response.usage.output_tokens > 0
    sources = {block.block_id: block for block in ARTICLE.blocks}
    for found in translation.blocks:
        source = sources[found.block.block_id]
        for sentence in found.sentences:
            assert source.text[sentence.source.start : sentence.source.end].strip()
            assert 0 <= sentence.target.start <= sentence.target.end <= len(found.block.text)


async def test_the_request_id_is_made_up_when_absent_and_sent_as_metadata(stub: Any) -> None:
    call = stub.Translate(article_service_pb2.TranslateRequest(content=CONTENT, target_language="ja"), timeout=60)
    response = await call
    metadata = dict([*await call.initial_metadata(), *await call.trailing_metadata()])
    assert len(response.request_id) >= 16
    assert metadata["triwire-request-id"] == response.request_id


async def test_text_comes_back_with_its_source_article(stub: Any) -> None:
    request = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(text="The pier opened.\n\nPrices rose.", language="en"), target_language="ko"
    )
    response = await stub.Translate(request, timeout=60)
    assert [(block.block_id, block.text) for block in response.source.blocks] == [
        ("b1", "The pier opened."),
        ("b2", "Prices rose."),
    ]


async def test_inline_terms_are_never_dropped_in_silence(stub: Any) -> None:
    request = article_service_pb2.TranslateRequest(content=CONTENT, target_language="ko")
    request.house_style.terms.append(glossary_service_pb2.GlossaryTerm(forms={"en": "pier", "ko": "부두"}))
    response = await stub.Translate(request, timeout=60)
    for block in response.translation.blocks:  # "pier" is in each of them
        missing = [f for f in block.findings if f.kind == article_service_pb2.Finding.KIND_TERM_MISSING]
        assert "부두" in block.block.text or [finding.expected for finding in missing] == ["부두"]


@pytest.mark.parametrize("style", [HEADLINE, BULLETS, article_service_pb2.SUMMARY_STYLE_PARAGRAPH])
@pytest.mark.parametrize("language", ["", "ja"])
async def test_summaries_in_each_style_and_language(stub: Any, style: Any, language: str) -> None:
    request = article_service_pb2.SummarizeRequest(
        content=CONTENT, options=article_service_pb2.SummaryOptions(style=style, target_language=language)
    )
    response = await stub.Summarize(request, timeout=60)
    assert response.summary.style == style
    assert (response.summary.source_language, response.summary.target_language) == ("en", language or "en")
    for point in response.summary.points:
        assert set(point.source_block_ids) <= {"h", "p1", "c"}


async def test_detect_language_names_the_main_one_first(stub: Any) -> None:
    request = article_service_pb2.DetectLanguageRequest(
        content=article_pb2.Content(
            text="항만 위원회는 화요일 북쪽 부두를 다시 열기로 결정했다."
        )  # the council reopens it
    )
    response = await stub.DetectLanguage(request, timeout=10)
    assert response.languages[0].language == "ko"


async def test_extract_labels_and_deletes_nothing(stub: Any) -> None:
    page = SCRAPED_PAGE
    response = await stub.ExtractArticle(
        article_service_pb2.ExtractArticleRequest(content=article_pb2.Content(text=page)), timeout=10
    )
    kinds = [block.kind for block in response.article.blocks]
    assert kinds.count(article_pb2.BLOCK_KIND_HEADLINE) == 1
    assert kinds.count(article_pb2.BLOCK_KIND_PARAGRAPH) >= 10
    kept = "".join("".join(f"{block.text}{block.credit}".split()) for block in response.article.blocks)
    assert len(kept) >= 0.98 * len("".join(page.split()))


async def test_the_stream_holds_what_the_whole_answer_holds(stub: Any) -> None:
    request = article_service_pb2.ProcessArticleRequest(
        content=CONTENT,
        target_languages=["ja", "ko"],
        summaries=[article_service_pb2.SummaryOptions(style=BULLETS)],
    )
    streamed = article_service_pb2.StreamProcessArticleRequest(request=request)
    whole = await stub.ProcessArticle(request, timeout=60)
    parts = [part async for part in stub.StreamProcessArticle(streamed, timeout=60)]
    kinds = [part.WhichOneof("part") for part in parts]
    assert (kinds[0], kinds[-1]) == ("started", "usage")
    assert kinds.count("block") == sum(len(translation.blocks) for translation in whole.translations)
    assert kinds.count("translation") == 2
    assert [part.summary for part in parts if part.WhichOneof("part") == "summary"] == list(whole.summaries)


async def test_a_deadline_that_passes_is_told(stub: Any) -> None:
    # No two blocks are equal: equal ones are translated once.
    blocks = [article_pb2.Block(text=f"{ARTICLE.blocks[1].text} Page {number}.") for number in range(500)]
    long = article_pb2.Article(language="en", blocks=blocks)
    request = article_service_pb2.TranslateRequest(content=article_pb2.Content(article=long), target_language="ko")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Translate(request, timeout=0.3)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    response = await stub.Translate(
        article_service_pb2.TranslateRequest(content=CONTENT, target_language="ko"), timeout=60
    )
    assert len(response.translation.blocks) == 3


async def test_list_models_shows_languages_license_and_limits(stub: Any) -> None:
    response = await stub.ListModels(article_service_pb2.ListModelsRequest(), timeout=10)
    assert [model.model for model in response.models] == ["tiny-chat@1", "tiny-m2m100@1"]
    assert {model.license for model in response.models} == {"Apache-2.0"}
    assert (response.limits.max_outputs, response.limits.max_blocks) == (8, 2000)


async def test_extractive_summarizes_and_refuses_to_translate() -> None:
    async with running_server("extractive") as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        response = await stub.Summarize(
            article_service_pb2.SummarizeRequest(
                content=CONTENT, options=article_service_pb2.SummaryOptions(style=HEADLINE)
            ),
            timeout=10,
        )
        assert [point.text for point in response.summary.points] == ["Northern pier reopens"]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Translate(
                article_service_pb2.TranslateRequest(content=CONTENT, target_language="ko"), timeout=10
            )
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_what_a_profile_calls_its_extractive_model_does_not_matter(tmp_path: Path) -> None:
    shipped = (SHIPPED_PROFILES / "extractive.toml").read_text(encoding="utf-8")
    profile = tmp_path / "sentences.toml"
    profile.write_text(
        shipped.replace('[[models]]\nname = "extractive"', '[[models]]\nname = "lead"'), encoding="utf-8"
    )
    async with running_server(profile) as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        response = await stub.Summarize(
            article_service_pb2.SummarizeRequest(
                content=CONTENT, options=article_service_pb2.SummaryOptions(style=HEADLINE)
            ),
            timeout=10,
        )
    assert response.summary.models == ["lead@1"]
    assert [point.text for point in response.summary.points] == ["Northern pier reopens"]
