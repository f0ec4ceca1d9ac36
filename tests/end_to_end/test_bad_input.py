"""Bad and strange input over real gRPC: each gets the contract's answer, and the server goes on."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from tests.refusals import told_by
from tests.server import running_server, target
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARTICLE_TEXT = "The harbour council voted on Tuesday to reopen the northern pier after a winter of repairs."
ALL = ("Translate", "Summarize", "ExtractArticle", "DetectLanguage", "ProcessArticle")
READING = ("Translate", "Summarize", "ExtractArticle", "ProcessArticle")
SUMMARIZING = ("Summarize", "ProcessArticle")
BULLETS = article_service_pb2.SUMMARY_STYLE_BULLETS


def content(**fields: Any) -> article_pb2.Content:
    """A content with the given members."""
    return article_pb2.Content(**fields)


def article(*blocks: article_pb2.Block) -> article_pb2.Content:
    """An English article as content."""
    return content(article=article_pb2.Article(language="en", blocks=blocks))


def block(text: str = ARTICLE_TEXT, **fields: Any) -> article_pb2.Block:
    """A paragraph."""
    return article_pb2.Block(kind=article_pb2.BLOCK_KIND_PARAGRAPH, text=text, **fields)


def request_of(method: str, given: article_pb2.Content | None) -> Any:
    """A request of a method that is right but for its content."""
    options = article_service_pb2.SummaryOptions(style=BULLETS)
    match method:
        case "Translate":
            return article_service_pb2.TranslateRequest(content=given, target_language="ko")
        case "Summarize":
            return article_service_pb2.SummarizeRequest(content=given, options=options)
        case "ExtractArticle":
            return article_service_pb2.ExtractArticleRequest(content=given)
        case "DetectLanguage":
            return article_service_pb2.DetectLanguageRequest(content=given)
        case _:
            return article_service_pb2.ProcessArticleRequest(
                content=given, target_languages=["ko"], summaries=[options]
            )


class Refusal(NamedTuple):
    """What a refused caller is told."""

    code: grpc.StatusCode
    reason: str
    fields: tuple[str, ...]
    metadata: dict[str, str]
    resource: str


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """Code and details of a failed call."""
    told = told_by(error)
    assert told.reason, f"no details: {error.code()} {error.details()}"
    assert all(description for _, description in told.violations)
    return Refusal(told.code, told.reason, tuple(told.fields), told.metadata, told.resource[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(tiny_profile: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with tiny models."""
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as opened:
        yield opened


async def call(channel: grpc.aio.Channel, method: str, request: Message) -> Any:
    """The answer of a method."""
    stub = article_service_pb2_grpc.ArticleServiceStub(channel)
    return await getattr(stub, method)(request, timeout=60)


async def refused(channel: grpc.aio.Channel, method: str, request: Message) -> Refusal:
    """What the caller of a method is told that must not succeed."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(channel, method, request)
    return refusal(caught.value)


TOO_MANY_BLOCKS = {"limit": "max_blocks", "actual": "2001", "maximum": "2000"}
FURNITURE = "Advertisement\n\nRead more\n\nSign up for our newsletter\n\nShare this article"
LONG_TEXT = ("The council met again. " * 4400)[:100_001]

REFUSED = [
    ("no content", ALL, None, "INVALID_FIELD", ("content",)),
    ("content without a kind", ALL, content(), "INVALID_FIELD", ("content",)),
    ("empty text", SUMMARIZING, content(text="", language="en"), "NO_ARTICLE_TEXT", ("content.text",)),
    ("only white space", SUMMARIZING, content(text=" \n\n\t", language="en"), "NO_ARTICLE_TEXT", ("content.text",)),
    ("only boilerplate", SUMMARIZING, content(text=FURNITURE, language="en"), "NO_ARTICLE_TEXT", ("content.text",)),
    ("100,001 characters", ("Translate", *SUMMARIZING), content(text=LONG_TEXT), "CONTENT_TOO_LARGE", None),
    ("2,001 blocks", ALL, article(*[block("One.")] * 2001), "CONTENT_TOO_LARGE", ("content.article.blocks",)),
    (
        "a duplicate block id",
        ALL,
        article(block(block_id="a"), block(block_id="a")),
        "INVALID_FIELD",
        ("content.article.blocks[1].block_id",),
    ),
    (
        "an id on one block only",
        ALL,
        article(block(block_id="a"), block()),
        "INVALID_FIELD",
        ("content.article.blocks[1].block_id",),
    ),
    ("an article without blocks", ALL, article(), "INVALID_FIELD", ("content.article.blocks",)),
    (
        "an unknown language",
        READING,
        content(text=ARTICLE_TEXT, language="fr"),
        "LANGUAGE_UNSUPPORTED",
        ("content.language",),
    ),
    ("no language tag", READING, content(text=ARTICLE_TEXT, language="?"), "INVALID_FIELD", ("content.language",)),
    ("NUL in text", ALL, content(text="The harbour\0 opened."), "INVALID_FIELD", ("content.text",)),
    ("NUL in HTML", ALL, content(html="<p>The harbour\0 opened.</p>"), "INVALID_FIELD", ("content.html",)),
    (
        "a block element in inline HTML",
        ALL,
        article(article_pb2.Block(inline_html="<div>The harbour opened.</div>")),
        "INVALID_FIELD",
        ("content.article.blocks[0].inline_html",),
    ),
    (
        "a tag that is not closed",
        ALL,
        article(article_pb2.Block(inline_html="The <b>harbour opened.")),
        "INVALID_FIELD",
        ("content.article.blocks[0].inline_html",),
    ),
]


@pytest.mark.parametrize(
    ("method", "given", "reason", "fields"),
    [
        pytest.param(method, given, reason, fields, id=f"{name}-{method}")
        for name, methods, given, reason, fields in REFUSED
        for method in methods
    ],
)
async def test_bad_content_is_refused_with_field_and_reason(
    channel: grpc.aio.Channel,
    method: str,
    given: article_pb2.Content | None,
    reason: str,
    fields: tuple[str, ...] | None,
) -> None:
    told = await refused(channel, method, request_of(method, given))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    if fields is not None:
        assert told.fields == fields


async def test_limits_are_told_with_their_sizes(channel: grpc.aio.Channel) -> None:
    told = await refused(channel, "ExtractArticle", request_of("ExtractArticle", article(*[block("One.")] * 2001)))
    assert told.metadata == TOO_MANY_BLOCKS
    told = await refused(channel, "Translate", request_of("Translate", content(text=LONG_TEXT)))
    assert (told.metadata["limit"], told.metadata["maximum"]) == ("max_article_characters", "100000")


@pytest.mark.parametrize("method", ALL)
async def test_lone_surrogates_are_refused(channel: grpc.aio.Channel, method: str) -> None:
    encoded = request_of(method, content(text="The harbour @ opened.")).SerializeToString()
    broken = encoded.replace(b"@", b"\xed\xa0\x80")  # U+D800, a high surrogate on its own
    raw: Any = channel.unary_unary(  # type: ignore[call-arg]  # without serializers it takes and gives bytes
        f"/triwire.v1.ArticleService/{method}"
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raw(broken, timeout=10)
    told = refusal(caught.value)
    assert (told.code, told.reason, told.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
        ("request",),
    )


async def test_every_violation_is_reported_at_once(channel: grpc.aio.Channel) -> None:
    request = article_service_pb2.ProcessArticleRequest(
        request_id="with a blank",
        content=article(block(block_id="a"), block(block_id="a"), block("nul \0", block_id="c")),
        target_languages=["fr", "ko", "ko-KR"],
        summaries=[article_service_pb2.SummaryOptions(bullet_count=-1)],
    )
    told = await refused(channel, "ProcessArticle", request)
    assert told.reason == "INVALID_FIELD"
    assert set(told.fields) == {
        "request_id",
        "content.article.blocks[1].block_id",
        "content.article.blocks[2].text",
        "target_languages[0]",
        "target_languages[2]",
        "summaries[0].style",
        "summaries[0].bullet_count",
    }


async def test_a_language_that_is_not_served_is_named(channel: grpc.aio.Channel) -> None:
    request = article_service_pb2.TranslateRequest(content=content(text=ARTICLE_TEXT), target_language="fr")
    told = await refused(channel, "Translate", request)
    assert (told.reason, told.fields, told.metadata) == (
        "LANGUAGE_UNSUPPORTED",
        ("target_language",),
        {"target": "fr"},
    )


# Trailing metadata, which names the call, takes none of these.
@pytest.mark.parametrize("request_id", ["\u00fc", "a\r\nb: c", "항구", " ", "a" * 65, "a" * 20_000])  # 항구: harbour
@pytest.mark.parametrize("method", ALL)
async def test_a_request_id_that_is_not_allowed_is_refused_as_such(
    channel: grpc.aio.Channel, method: str, request_id: str
) -> None:
    request = request_of(method, content(text=ARTICLE_TEXT, language="en"))
    request.request_id = request_id
    told = await refused(channel, method, request)
    assert (told.code, told.reason, told.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
        ("request_id",),
    )


@pytest.mark.parametrize("language", ["en" + "-abcdefgh" * 900, "xx" + "-abcdefgh" * 900, "항" * 5_000])
async def test_a_long_language_tag_is_refused_in_a_status_that_fits_its_trailers(
    channel: grpc.aio.Channel, language: str
) -> None:
    request = article_service_pb2.ProcessArticleRequest(
        content=content(text=ARTICLE_TEXT, language=language), target_languages=[language] * 8
    )
    told = await refused(channel, "ProcessArticle", request)
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert told.fields == ("content.language", *(f"target_languages[{index}]" for index in range(8)))


@pytest.mark.parametrize("name", ["m" * 20_000, "모델" * 5_000])  # "model" in Korean
async def test_a_long_name_of_a_model_is_not_found_under_its_beginning(channel: grpc.aio.Channel, name: str) -> None:
    request = request_of("Translate", article(block()))
    request.options.model = name
    told = await refused(channel, "Translate", request)
    assert (told.code, told.reason, told.resource) == (grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", name[:64])


async def test_a_cleaning_that_this_version_does_not_know_reads_as_none_given(channel: grpc.aio.Channel) -> None:
    given = content(html="<p>The <b>harbour</b> opened.</p>", language="en", cleaning=99)
    request = article_service_pb2.TranslateRequest(content=given, target_language="en")
    response = await call(channel, "Translate", request)
    assert response.translation.html == "<p>The <b>harbour</b> opened.</p>"
    # As with CLEANING_NONE nothing is left out: what looks like furniture of a page is all there is.
    furniture = request_of("DetectLanguage", content(text=FURNITURE, cleaning=99))
    assert [each.language for each in (await call(channel, "DetectLanguage", furniture)).languages] == ["en"]


def eight_summaries() -> list[article_service_pb2.SummaryOptions]:
    """Different outputs, as many as a request may ask for."""
    styles = [
        article_service_pb2.SUMMARY_STYLE_HEADLINE,
        BULLETS,
        article_service_pb2.SUMMARY_STYLE_PARAGRAPH,
    ]
    pairs = [(style, language) for style in styles for language in ("en", "ko", "ja")][:8]
    return [
        article_service_pb2.SummaryOptions(style=style, target_language=language, max_characters=20)
        for style, language in pairs
    ]


async def test_eight_outputs_are_served_and_nine_refused(channel: grpc.aio.Channel) -> None:
    request = article_service_pb2.ProcessArticleRequest(content=article(block()), summaries=eight_summaries())
    response = await call(channel, "ProcessArticle", request)
    assert len(response.summaries) == 8
    request.target_languages.append("ko")
    told = await refused(channel, "ProcessArticle", request)
    assert (told.reason, told.fields) == ("CONTENT_TOO_LARGE", ("target_languages",))
    assert told.metadata == {"limit": "max_outputs", "actual": "9", "maximum": "8"}


async def test_an_unknown_model_is_not_found(channel: grpc.aio.Channel) -> None:
    request = request_of("Translate", article(block()))
    request.options.model = "gpt-0"
    told = await refused(channel, "Translate", request)
    assert (told.code, told.reason, told.resource) == (grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", "gpt-0")


async def test_an_unknown_glossary_is_not_found(channel: grpc.aio.Channel) -> None:
    request = request_of("Translate", article(block()))
    request.house_style.glossaries.append("glossaries/sport")
    told = await refused(channel, "Translate", request)
    assert (told.reason, told.resource) == ("GLOSSARY_NOT_FOUND", "glossaries/sport")


async def test_source_equal_to_target_comes_back_as_it_is(channel: grpc.aio.Channel) -> None:
    request = article_service_pb2.TranslateRequest(
        content=article(block(block_id="a"), block("Prices rose.", block_id="b")), target_language="en"
    )
    response = await call(channel, "Translate", request)
    texts = {translated.block.block_id: translated.block.text for translated in response.translation.blocks}
    assert texts == {"a": ARTICLE_TEXT, "b": "Prices rose."}
    assert response.usage.output_tokens == 0


async def test_decomposed_hangul_comes_back_composed(channel: grpc.aio.Channel) -> None:
    text = "항만 위원회는 화요일 북쪽 부두를 다시 열기로 결정했다."  # the harbour council decided to reopen the pier
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    request = request_of("ExtractArticle", content(text=decomposed, cleaning=article_pb2.CLEANING_NONE))
    response = await call(channel, "ExtractArticle", request)
    assert [found.text for found in response.article.blocks] == [text]
    assert response.article.language == "ko"


async def test_html_in_text_stays_text(channel: grpc.aio.Channel) -> None:
    text = "The <b>harbour</b> &amp; the ferry: 1 < 2."
    request = request_of("ExtractArticle", content(text=text, cleaning=article_pb2.CLEANING_NONE))
    response = await call(channel, "ExtractArticle", request)
    assert [(found.WhichOneof("body"), found.text) for found in response.article.blocks] == [("text", text)]


async def test_text_in_html_is_a_block(channel: grpc.aio.Channel) -> None:
    request = request_of("ExtractArticle", content(html=ARTICLE_TEXT, cleaning=article_pb2.CLEANING_NONE))
    response = await call(channel, "ExtractArticle", request)
    assert [found.text for found in response.article.blocks] == [ARTICLE_TEXT]


@pytest.mark.parametrize("token", ["!!!!", "LTE=", "OTk5" * 2_000, "bWFu"], ids=["base64", "minus one", "long", "word"])
async def test_a_page_of_models_that_is_asked_for_wrongly_is_told_all_of_it(
    channel: grpc.aio.Channel, token: str
) -> None:
    told = await refused(channel, "ListModels", article_service_pb2.ListModelsRequest(page_size=-1, page_token=token))
    assert (told.reason, told.fields) == ("INVALID_FIELD", ("page_size", "page_token"))


async def test_a_cancelled_call_leaves_the_server_well(channel: grpc.aio.Channel) -> None:
    stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
    blocks = [block(f"Prices rose on pier {number}.") for number in range(200)]
    pending = stub.Translate(request_of("Translate", article(*blocks)), timeout=60)
    await asyncio.sleep(0.05)
    pending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pending
    assert await pending.code() == grpc.StatusCode.CANCELLED
    response = await call(channel, "Translate", request_of("Translate", article(block("Prices rose."))))
    assert len(response.translation.blocks) == 1
