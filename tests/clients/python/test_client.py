import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_client import Client, Html, RetryPolicy, SyncClient, Tls, errors

ARTICLE = article_pb2.Article(
    language="en",
    blocks=[
        article_pb2.Block(block_id="h", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens again"),
        article_pb2.Block(
            block_id="p1",
            kind=article_pb2.BLOCK_KIND_PARAGRAPH,
            text="The harbour of Westmere opened on Monday. The first ferry left at noon with 212 people.",
        ),
        article_pb2.Block(block_id="ad", kind=article_pb2.BLOCK_KIND_BOILERPLATE, text="Advertisement"),
    ],
)
KOREAN = "항구가 월요일에 다시 열렸다."  # "The harbour opened again on Monday."
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_translate_gives_each_block_under_its_id(client: Client) -> None:
    response = await client.translate(ARTICLE, "ko", request_id="t-1", priority="interactive")
    assert response.request_id == "t-1"
    assert [block.block.block_id for block in response.translation.blocks] == ["h", "p1"]
    assert response.translation.models == ["tiny-m2m100@1"]


async def test_options_of_a_translation_reach_the_server(client: Client) -> None:
    options = article_service_pb2.TranslationOptions(
        block_kinds=[article_pb2.BLOCK_KIND_HEADLINE], include_sentences=True, model="tiny-m2m100@1"
    )
    response = await client.translate(ARTICLE, "ja", options=options)
    assert [block.block.block_id for block in response.translation.blocks] == ["h"]
    assert response.translation.blocks[0].sentences


async def test_html_comes_back_with_its_markup(client: Client) -> None:
    response = await client.translate(Html('<p class="lead">The harbour opened.</p>'), "ko", source_language="en")
    assert response.translation.html.startswith('<p class="lead">')
    assert response.translation.html.endswith("</p>")


async def test_summarize_in_a_style_and_a_language(client: Client) -> None:
    response = await client.summarize(ARTICLE, "headline", target_language="ja")
    assert response.summary.style == article_service_pb2.SUMMARY_STYLE_HEADLINE
    assert response.summary.target_language == "ja"
    assert response.summary.models == ["tiny-chat@1"]


async def test_summary_options_carry_their_own_language(client: Client) -> None:
    options = article_service_pb2.SummaryOptions(
        style=article_service_pb2.SUMMARY_STYLE_PARAGRAPH, target_language="ko", max_characters=90
    )
    summary = (await client.summarize(ARTICLE, options)).summary
    assert (summary.style, summary.target_language) == (article_service_pb2.SUMMARY_STYLE_PARAGRAPH, "ko")


async def test_extract_labels_blocks_and_cleaning_is_a_choice(client: Client) -> None:
    page = "Advertisement\n\nHarbour opens again\n\nThe harbour of Westmere opened on Monday after a year of repairs."
    labelled = (await client.extract_article(page)).article
    assert article_pb2.BLOCK_KIND_BOILERPLATE in [block.kind for block in labelled.blocks]
    plain = (await client.extract_article(page, cleaning="none", source_language="en")).article
    assert article_pb2.BLOCK_KIND_BOILERPLATE not in [block.kind for block in plain.blocks]


async def test_detect_names_the_language(client: Client) -> None:
    assert (await client.detect_language(KOREAN)).languages[0].language == "ko"


async def test_process_answers_in_the_order_of_the_request(client: Client) -> None:
    response = await client.process_article(ARTICLE, target_languages=["ja", "ko"], summaries=["bullets", "headline"])
    assert [translation.target_language for translation in response.translations] == ["ja", "ko"]
    assert [summary.style for summary in response.summaries] == [
        article_service_pb2.SUMMARY_STYLE_BULLETS,
        article_service_pb2.SUMMARY_STYLE_HEADLINE,
    ]


async def test_a_stream_begins_with_the_source_and_ends_with_the_usage(client: Client) -> None:
    parts = [
        part async for part in client.stream_process_article(ARTICLE, target_languages=["ko"], summaries=["headline"])
    ]
    names = [part.WhichOneof("part") for part in parts]
    assert (names[0], names[-1]) == ("started", "usage")
    assert sorted(str(name) for name in names[1:-1]) == ["block", "block", "summary", "translation"]
    assert parts[0].started.source == ARTICLE


async def test_a_stream_may_be_left_early(client: Client) -> None:
    async for part in client.stream_process_article(ARTICLE, target_languages=["ko", "ja"]):
        assert part.WhichOneof("part") == "started"
        break
    assert (await client.detect_language(KOREAN)).languages[0].language == "ko"


def make_items(count: int) -> Iterator[article_service_pb2.ProcessBatchRequest]:
    for number in range(count):
        language = "xx" if number % 5 == 4 else "ko"
        yield article_service_pb2.ProcessBatchRequest(
            item_id=f"i{number}",
            translate=article_service_pb2.TranslateRequest(
                content=article_pb2.Content(text=f"Ferry number {number} left.", language="en"),
                target_language=language,
            ),
        )


@pytest.mark.parametrize("window", [1, 3, 64])
async def test_a_batch_answers_every_item_once_and_failed_items_carry_their_exception(
    client: Client, window: int
) -> None:
    results = [result async for result in client.process_batch(make_items(20), window=window)]
    assert sorted(result.item_id for result in results) == sorted(f"i{number}" for number in range(20))
    failed = [result for result in results if result.error is not None]
    assert sorted(result.item_id for result in failed) == ["i14", "i19", "i4", "i9"]
    for result in failed:
        assert isinstance(result.error, errors.InvalidRequestError)
        assert result.error.violations[0].field == "target_language"
        with pytest.raises(errors.InvalidRequestError):
            result.unwrap()
    whole = next(result for result in results if result.item_id == "i0").unwrap()
    assert isinstance(whole, article_service_pb2.TranslateResponse)
    assert whole.translation.target_language == "ko"


async def test_a_batch_reads_no_more_items_than_its_window_allows(client: Client) -> None:
    num_read = num_answered = 0

    def counted() -> Iterator[article_service_pb2.ProcessBatchRequest]:
        nonlocal num_read
        for item in make_items(12):
            num_read += 1
            assert num_read - num_answered <= 2
            yield item

    async for _ in client.process_batch(counted(), window=2):
        num_answered += 1
    assert (num_read, num_answered) == (12, 12)


async def test_a_batch_without_items_tells_too_that_the_server_is_not_there() -> None:
    async with Client("127.0.0.1:1", retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(errors.UnavailableError):
            _ = [result async for result in client.process_batch([])]


async def test_a_batch_of_every_operation_gives_the_response_of_each(client: Client) -> None:
    content = article_pb2.Content(article=ARTICLE)
    options = article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)
    Item = article_service_pb2.ProcessBatchRequest  # noqa: N806 - a class
    items = [
        Item(item_id="t", translate=article_service_pb2.TranslateRequest(content=content, target_language="ko")),
        Item(item_id="s", summarize=article_service_pb2.SummarizeRequest(content=content, options=options)),
        Item(item_id="e", extract_article=article_service_pb2.ExtractArticleRequest(content=content)),
        Item(item_id="d", detect_language=article_service_pb2.DetectLanguageRequest(content=content)),
        Item(
            item_id="p",
            process_article=article_service_pb2.ProcessArticleRequest(content=content, summaries=[options]),
        ),
    ]
    results = {result.item_id: result.unwrap() async for result in client.process_batch(items)}
    assert {item_id: type(response).__name__ for item_id, response in results.items()} == {
        "t": "TranslateResponse",
        "s": "SummarizeResponse",
        "e": "ExtractArticleResponse",
        "d": "DetectLanguageResponse",
        "p": "ProcessArticleResponse",
    }


async def test_models_are_listed_over_all_pages(client: Client) -> None:
    response = await client.list_models(page_size=1)
    assert [model.model for model in response.models] == ["tiny-chat@1", "tiny-m2m100@1"]
    assert response.limits.max_outputs == 8


async def test_a_cancelled_call_raises_what_asyncio_raises_and_the_next_one_works(client: Client) -> None:
    long = "\n\n".join(f"Ferry number {number} left the harbour at noon." for number in range(400))
    call = asyncio.ensure_future(client.process_article(long, target_languages=["ko", "ja"], source_language="en"))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await client.detect_language(KOREAN)).languages[0].language == "ko"


async def test_every_violation_of_a_request_is_told_at_once(client: Client) -> None:
    with pytest.raises(errors.InvalidRequestError) as raised:
        await client.translate(article_pb2.Content(), "")
    assert [violation.field for violation in raised.value.violations] == ["content", "target_language"]
    assert raised.value.request_id


async def test_an_unknown_model_is_a_class_of_its_own(client: Client) -> None:
    options = article_service_pb2.TranslationOptions(model="nobody@7")
    with pytest.raises(errors.ModelNotFoundError) as raised:
        await client.translate(ARTICLE, "ko", options=options)
    assert raised.value.reason == "MODEL_NOT_FOUND"


async def test_content_of_another_type_or_an_unknown_name_is_refused_before_the_call(client: Client) -> None:
    with pytest.raises(TypeError, match="content is str, Html, Article or Content, not bytes"):
        await client.detect_language(b"text")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="'essay' is not one of headline, bullets, paragraph"):
        await client.summarize("text", "essay")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="'urgent' is not one of interactive, standard, bulk"):
        await client.translate("text", "ko", priority="urgent")  # type: ignore[arg-type]  # what is tested


async def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="belong together"):
        Tls(client_certificate=tmp_path / "client.pem")


async def test_every_method_of_the_contract_has_a_call_and_none_is_extra() -> None:
    services = [*article_service_pb2.DESCRIPTOR.services_by_name.values()]
    services += [*glossary_service_pb2.DESCRIPTOR.services_by_name.values()]
    methods = {method.name for service in services for method in service.methods}
    for face in (Client, SyncClient):
        calls = {name for name, member in inspect.getmembers(face) if not name.startswith("_") and callable(member)}
        # `process` is StreamProcessArticle, put together again.
        calls -= {"close", "process"}
        assert {"".join(word.title() for word in name.split("_")) for name in calls} == methods


async def test_the_synchronous_face_makes_the_same_calls() -> None:
    # Its server is on another thread, since its calls block.
    await asyncio.to_thread(use_synchronously)


def use_synchronously() -> None:
    text = "The harbour of Westmere opened on Monday. The first ferry left at noon with 212 people."
    with served("extractive") as address, SyncClient(address, timeout=30) as client:
        assert client.detect_language(KOREAN).languages[0].language == "ko"
        assert client.extract_article(text).article.blocks[0].text == text
        assert client.summarize(text, "bullets", source_language="en").summary.models == ["extractive@1"]
        assert [model.model for model in client.list_models().models] == ["extractive@1"]
        parts = client.stream_process_article(text, summaries=["headline"])
        assert [part.WhichOneof("part") for part in parts] == ["started", "summary", "usage"]
        assert client.process_article(text, summaries=["headline"]).summaries[0].target_language == "en"
        results = {result.item_id: result.error for result in client.process_batch(make_items(3), window=2)}
        assert {item_id: type(error).__name__ for item_id, error in results.items()} == {
            "i0": "LanguageUnsupportedError",
            "i1": "LanguageUnsupportedError",
            "i2": "LanguageUnsupportedError",
        }
        with pytest.raises(errors.LanguageUnsupportedError):
            client.translate(text, "ko")
        client.close()
        client.close()


async def test_a_synchronous_client_that_cannot_be_made_leaves_no_thread(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SyncClient("127.0.0.1:1", tls=Tls(root_certificates=tmp_path / "nowhere.pem"))
