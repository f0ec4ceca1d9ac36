"""Stored glossaries over real gRPC, in both stores: what is kept, what is refused, and what requests do with it."""

import asyncio
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.redis_server import RedisServer, running_redis
from tests.refusals import Told, refused, told_by
from tests.server import make_app, running_server, target
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire.v1 import glossary_service_pb2 as messages
from triwire.v1.glossary_service_pb2_grpc import GlossaryServiceStub
from triwire_server.glossary_store import GlossaryDraft

TERMS = (
    messages.GlossaryTerm(forms={"en": "Kim You-geun", "ko": "김유근", "ja": "キム・ユグン"}),
    messages.GlossaryTerm(forms={"en": "QX-7"}, verbatim=True),
    messages.GlossaryTerm(forms={"en": "ferry", "ko": "여객선"}, case_insensitive=True),
)
CONTENT = article_pb2.Content(text="The harbour of Westmere opened on Monday.", language="en")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
async def channel(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with an empty store; the profile has no translation, but needs no model either."""
    url = f"sqlite:///{tmp_path}/glossaries.sqlite3"
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        server.flush()
        url = server.url
    async with running_server("extractive", glossaries=url) as app, grpc.aio.insecure_channel(target(app)) as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Any:
    return GlossaryServiceStub(channel)


async def create(stub: Any, glossary_id: str = "westmere", **fields: Any) -> messages.Glossary:
    glossary = messages.Glossary(**({"display_name": "Westmere", "terms": TERMS} | fields))
    request = messages.CreateGlossaryRequest(glossary_id=glossary_id, glossary=glossary)
    answer: messages.Glossary = (await stub.CreateGlossary(request, timeout=10)).glossary
    return answer


async def get(stub: Any, name: str = "glossaries/westmere") -> messages.Glossary:
    answer: messages.Glossary = (await stub.GetGlossary(messages.GetGlossaryRequest(name=name), timeout=10)).glossary
    return answer


def update(stub: Any, glossary: messages.Glossary, *, allow_missing: bool = False) -> Any:
    request = messages.UpdateGlossaryRequest(glossary=glossary, allow_missing=allow_missing)
    return stub.UpdateGlossary(request, timeout=10)


async def test_a_glossary_is_created_read_updated_and_deleted(stub: Any) -> None:
    before = time.time()
    created = await create(stub, name="glossaries/ignored", term_count=99, etag="ignored")
    assert (created.name, created.display_name, created.term_count) == ("glossaries/westmere", "Westmere", 3)
    assert before - 1 < created.create_time.ToNanoseconds() / 1e9 < time.time() + 1
    assert created.update_time == created.create_time
    assert list(created.terms) == list(TERMS)
    assert await get(stub) == created
    changed = messages.Glossary(name=created.name, display_name="Hafen", terms=TERMS[:1], etag=created.etag)
    updated = (await update(stub, changed)).glossary
    assert (updated.display_name, updated.term_count, list(updated.terms)) == ("Hafen", 1, [TERMS[0]])
    assert updated.create_time == created.create_time
    assert updated.etag not in ("", created.etag)
    assert await get(stub) == updated
    await stub.DeleteGlossary(messages.DeleteGlossaryRequest(name=created.name, etag=updated.etag), timeout=10)
    assert (await refused(get(stub))).reason == "GLOSSARY_NOT_FOUND"


async def test_a_taken_id_a_stale_etag_and_a_missing_glossary_name_the_resource(stub: Any) -> None:
    created = await create(stub)
    resource = ("triwire.v1.Glossary", "glossaries/westmere")
    told = await refused(create(stub))
    assert (told.code, told.reason, told.resource) == (grpc.StatusCode.ALREADY_EXISTS, "GLOSSARY_EXISTS", resource)
    await update(stub, messages.Glossary(name=created.name))
    told = await refused(update(stub, created))
    assert (told.code, told.reason, told.resource) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH", resource)
    told = await refused(
        stub.DeleteGlossary(messages.DeleteGlossaryRequest(name=created.name, etag=created.etag), timeout=10)
    )
    assert (told.code, told.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    other = ("triwire.v1.Glossary", "glossaries/other")
    for call in (
        get(stub, "glossaries/other"),
        update(stub, messages.Glossary(name="glossaries/other")),
        stub.DeleteGlossary(messages.DeleteGlossaryRequest(name="glossaries/other"), timeout=10),
    ):
        told = await refused(call)
        assert (told.code, told.reason, told.resource) == (grpc.StatusCode.NOT_FOUND, "GLOSSARY_NOT_FOUND", other)


async def test_an_update_may_create_what_is_missing_but_not_what_was_deleted(stub: Any) -> None:
    glossary = messages.Glossary(name="glossaries/westmere", terms=TERMS)
    first = (await update(stub, glossary, allow_missing=True)).glossary
    second = (await update(stub, glossary, allow_missing=True)).glossary
    assert first.create_time == second.create_time
    await stub.DeleteGlossary(messages.DeleteGlossaryRequest(name=first.name), timeout=10)
    told = await refused(update(stub, second, allow_missing=True))
    assert told.reason == "ETAG_MISMATCH"


async def test_of_two_updates_with_one_etag_one_wins(stub: Any) -> None:
    created = await create(stub)
    changes = [
        messages.Glossary(name=created.name, etag=created.etag, display_name=f"editor {number}") for number in range(6)
    ]
    outcomes = await asyncio.gather(*(update(stub, change) for change in changes), return_exceptions=True)
    won = [outcome.glossary for outcome in outcomes if not isinstance(outcome, BaseException)]
    lost = [told_by(outcome).reason for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
    assert (len(won), lost) == (1, ["ETAG_MISMATCH"] * 5)
    assert await get(stub) == won[0]


async def test_pages_go_in_order_of_name_without_terms(stub: Any) -> None:
    names = [f"g{number:02d}" for number in range(7)]
    for name in reversed(names):
        await create(stub, name)
    found, token, pages = list[messages.Glossary](), "", 0
    while pages == 0 or token:
        request = messages.ListGlossariesRequest(page_size=3, page_token=token)
        page = await stub.ListGlossaries(request, timeout=10)
        found += page.glossaries
        token = page.next_page_token
        pages += 1
    assert [glossary.name for glossary in found] == [f"glossaries/{name}" for name in names]
    assert pages == 3
    assert {(glossary.term_count, len(glossary.terms), glossary.display_name) for glossary in found} == {
        (3, 0, "Westmere")
    }
    whole = await stub.ListGlossaries(messages.ListGlossariesRequest(page_size=7), timeout=10)
    assert (list(whole.glossaries), whole.next_page_token) == (found, "")
    assert len((await stub.ListGlossaries(messages.ListGlossariesRequest(), timeout=10)).glossaries) == 7


@pytest.mark.parametrize("token", ["x", "Z29v\n", "1", "한국", urlsafe_b64encode(b"../etc").decode(), "Zzk"])
async def test_a_token_that_is_none_of_ours_and_a_negative_size_are_told_together(stub: Any, token: str) -> None:
    request = messages.ListGlossariesRequest(page_size=-1, page_token=token)
    told = await refused(stub.ListGlossaries(request, timeout=10))
    assert (told.reason, told.fields) == ("INVALID_FIELD", ["page_size", "page_token"])


async def test_every_violation_of_a_glossary_is_told_at_once(stub: Any) -> None:
    terms = [
        messages.GlossaryTerm(),
        messages.GlossaryTerm(forms={"en": "harbour", "kr": "항구"}),  # "harbour"; kr is no language of ours
        messages.GlossaryTerm(forms={"en": " ", "ko": "가" * 201}),
        messages.GlossaryTerm(forms={"en": "pier\n", "ja": "桟\u2028橋"}),  # "pier"
        messages.GlossaryTerm(forms={"en": "alone"}),
        messages.GlossaryTerm(forms={"en": "ferry", "ko": "여객선", "ja": "フェリー"}),
        messages.GlossaryTerm(forms={"en": "ferry", "ko": "여객선"}),
    ]
    glossary = messages.Glossary(display_name="n" * 121, terms=terms)
    request = messages.CreateGlossaryRequest(glossary_id="9lives", glossary=glossary)
    told = await refused(stub.CreateGlossary(request, timeout=10))
    assert told.violations == [
        ("glossary_id", "must be 1 to 63 of [a-z0-9-], starting with a letter"),
        ("glossary.display_name", "has 121 characters; 120 are allowed"),
        ("glossary.terms[0].forms", "is required"),
        ('glossary.terms[1].forms["kr"]', "languages of forms are en, ko, ja"),
        ('glossary.terms[2].forms["en"]', "is empty"),
        ('glossary.terms[2].forms["ko"]', "has 201 characters; 200 are allowed"),
        ('glossary.terms[3].forms["en"]', "holds the control character U+000A at 4"),
        ('glossary.terms[3].forms["ja"]', "holds the control character U+2028 at 1"),
        ('glossary.terms[3].forms["en"]', "begins or ends with a space, which no text would match"),
        (
            "glossary.terms[4].forms",
            "has one language, which has no effect; add another one, or set verbatim to keep it as it is",
        ),
        ("glossary.terms[6].forms", "repeats terms[5]; one of them is enough"),
    ]


async def test_one_form_may_stand_in_several_terms(stub: Any) -> None:
    terms = [
        messages.GlossaryTerm(forms={"en": "South Korea", "ko": "한국", "ja": "韓国"}),
        messages.GlossaryTerm(forms={"en": "Republic of Korea", "ko": "한국", "ja": "韓国"}),  # the same country
        messages.GlossaryTerm(forms={"en": "QX-7"}, verbatim=True),
    ]
    created = await create(stub, terms=terms)
    assert list(created.terms) == terms
    told = await refused(create(stub, "again", terms=[*terms, terms[2]]))
    assert told.fields == ["glossary.terms[3].forms"]


async def test_thousands_of_violations_are_counted_when_they_fill_the_answer(stub: Any) -> None:
    terms = [messages.GlossaryTerm(forms={"en": f"number {number}"}) for number in range(5000)]
    told = await refused(create(stub, terms=terms))
    assert told.fields[:2] == ["glossary.terms[0].forms", "glossary.terms[1].forms"]
    shown = len(told.violations) - 1
    assert shown > 20
    assert told.violations[-1] == (f"glossary.terms[{shown}].forms", f"and {5000 - shown:,} more places, from here on")


async def test_two_mebibytes_are_stored_and_more_is_refused(stub: Any) -> None:
    terms = [
        messages.GlossaryTerm(forms={"ko": f"{number:04d}" + "가" * 196, "ja": f"{number:04d}" + "あ" * 196})
        for number in range(1737)
    ]
    size = messages.Glossary(terms=terms).ByteSize()
    assert 2 * 1024 * 1024 - 3000 < size <= 2 * 1024 * 1024
    created = await create(stub, terms=terms)
    assert (await get(stub)).terms == created.terms
    told = await refused(create(stub, "larger", terms=[*terms, *terms[:3]]))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "CONTENT_TOO_LARGE")
    assert told.metadata["limit"] == "max_glossary_bytes"
    assert told.metadata["maximum"] == "2097152"


@pytest.mark.parametrize("name", ["", "westmere", "glossaries/", "glossaries/-a", "glossaries/A", "glossaries/a/b"])
async def test_a_name_is_checked_in_every_method(stub: Any, name: str) -> None:
    assert (await refused(get(stub, name))).fields == ["name"]
    assert (await refused(update(stub, messages.Glossary(name=name)))).fields == ["glossary.name"]
    deletion = messages.DeleteGlossaryRequest(name=name)
    assert (await refused(stub.DeleteGlossary(deletion, timeout=10))).fields == ["name"]
    told = await refused(update(stub, messages.Glossary(name=name, display_name="n" * 121)))
    assert told.fields == ["glossary.name", "glossary.display_name"]


async def test_a_glossary_is_required(stub: Any) -> None:
    told = await refused(stub.CreateGlossary(messages.CreateGlossaryRequest(), timeout=10))
    assert told.fields == ["glossary_id", "glossary"]
    told = await refused(stub.UpdateGlossary(messages.UpdateGlossaryRequest(), timeout=10))
    assert told.fields == ["glossary"]


def house_style(*names: str, **fields: Any) -> article_service_pb2.HouseStyle:
    return article_service_pb2.HouseStyle(glossaries=[f"glossaries/{name}" for name in names], **fields)


def requests(style: article_service_pb2.HouseStyle) -> dict[str, Any]:
    """A request of each method that takes a house style."""
    summary = article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)
    process = article_service_pb2.ProcessArticleRequest(content=CONTENT, summaries=[summary], house_style=style)
    return {
        "Translate": article_service_pb2.TranslateRequest(content=CONTENT, target_language="ko", house_style=style),
        "Summarize": article_service_pb2.SummarizeRequest(content=CONTENT, options=summary, house_style=style),
        "ProcessArticle": process,
        "StreamProcessArticle": article_service_pb2.StreamProcessArticleRequest(request=process),
    }


async def failure(channel: grpc.aio.Channel, method: str, style: article_service_pb2.HouseStyle) -> Told:
    articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
    call = getattr(articles, method)(requests(style)[method], timeout=10)
    return await refused(call.read() if method == "StreamProcessArticle" else call)


@pytest.mark.parametrize("method", ["Translate", "Summarize", "ProcessArticle", "StreamProcessArticle"])
async def test_an_unknown_glossary_is_not_found_in_each_method(
    channel: grpc.aio.Channel, stub: Any, method: str
) -> None:
    await create(stub)
    told = await failure(channel, method, house_style("westmere", "sport"))
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "GLOSSARY_NOT_FOUND")
    assert told.resource == ("triwire.v1.Glossary", "glossaries/sport")


@pytest.mark.parametrize("method", ["Translate", "Summarize", "ProcessArticle", "StreamProcessArticle"])
async def test_terms_of_glossaries_count_towards_the_limit_of_a_request(
    channel: grpc.aio.Channel, stub: Any, method: str
) -> None:
    for name in ("a", "b"):
        terms = [messages.GlossaryTerm(forms={"en": f"{name} {n}", "ko": f"{name}{n}"}) for n in range(5000)]
        await create(stub, name, terms=terms)
    told = await failure(channel, method, house_style("a", "b", terms=TERMS))
    prefix = "request." if method == "StreamProcessArticle" else ""
    assert (told.reason, told.fields) == ("CONTENT_TOO_LARGE", [f"{prefix}house_style.glossaries"])
    assert told.metadata == {"limit": "max_terms", "actual": "10003", "maximum": "10000"}


async def test_an_item_of_a_batch_fails_alone_by_its_glossary(channel: grpc.aio.Channel, stub: Any) -> None:
    await create(stub)
    articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
    items = [
        article_service_pb2.ProcessBatchRequest(item_id=name, summarize=requests(house_style(name))["Summarize"])
        for name in ("westmere", "sport")
    ]
    answers = {answer.item_id: answer async for answer in articles.ProcessBatch(iter(items), timeout=20)}
    assert answers["westmere"].WhichOneof("outcome") == "summarize"
    assert answers["sport"].error.code == grpc.StatusCode.NOT_FOUND.value[0]


class Recorder:
    """Passes every request on to the pipeline and keeps its house style."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self.styles: list[article_service_pb2.HouseStyle] = []

    def __getattr__(self, name: str) -> Any:
        def call(request: Any, context: Any) -> Any:
            self.styles.append(request.house_style)
            return getattr(self._pipeline, name)(request, context)

        return call


async def test_every_method_works_with_the_terms_of_glossaries_behind_its_own(tiny_profile: Path) -> None:
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as channel:
        await create(GlossaryServiceStub(channel))
        ready = app._articles._ready
        assert ready is not None
        recorder: Any = Recorder(ready.pipeline)
        app._articles.serve(recorder, ready.catalog)
        articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        inline = messages.GlossaryTerm(forms={"en": "harbour", "ja": "港"})
        given = requests(house_style("westmere", terms=[inline]))
        for method in ("Translate", "Summarize", "ProcessArticle"):
            await getattr(articles, method)(given[method], timeout=30)
        async for _ in articles.StreamProcessArticle(given["StreamProcessArticle"], timeout=30):
            pass
        Item = article_service_pb2.ProcessBatchRequest  # noqa: N806 - a class
        items = [
            Item(item_id="t", translate=given["Translate"]),
            Item(item_id="s", summarize=given["Summarize"]),
            Item(item_id="p", process_article=given["ProcessArticle"]),
        ]
        answers = [answer async for answer in articles.ProcessBatch(iter(items), timeout=30)]
        assert not any(answer.HasField("error") for answer in answers)
        assert len(recorder.styles) == 7
        for style in recorder.styles:
            assert list(style.terms) == [inline, *TERMS]
            assert list(style.glossaries) == ["glossaries/westmere"]


async def test_terms_and_names_are_not_logged(
    channel: grpc.aio.Channel, stub: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    await create(stub)
    await refused(create(stub, terms=[messages.GlossaryTerm(forms={"en": "Kim You-geun\n", "ko": "김유근"})]))
    await failure(channel, "Translate", house_style("westmere"))
    logged = "".join(capfd.readouterr())
    assert "CreateGlossary" in logged
    assert "You-geun" not in logged
    assert "김유근" not in logged


async def test_without_redis_glossaries_are_unavailable_and_everything_else_is_served(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        async with (
            running_server("extractive", glossaries=redis.url) as app,
            grpc.aio.insecure_channel(target(app)) as channel,
        ):
            stub: Any = GlossaryServiceStub(channel)
            articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            created = await create(stub)
            named, plain = requests(house_style("westmere"))["Summarize"], requests(house_style())["Summarize"]
            await articles.Summarize(named, timeout=10)
            redis.kill()
            for call in (get(stub), create(stub, "other"), articles.Summarize(named, timeout=10)):
                told = await refused(call)
                assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "GLOSSARIES_UNAVAILABLE")
                assert (told.retry_seconds or 0) > 0
            await articles.Summarize(plain, timeout=10)
            redis.start()
            assert await get(stub) == created
            await articles.Summarize(named, timeout=10)


async def test_a_server_starts_without_its_redis() -> None:
    url = "redis://127.0.0.1:1/0"
    async with running_server("extractive", glossaries=url) as app, grpc.aio.insecure_channel(target(app)) as channel:
        articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        await articles.Summarize(requests(house_style())["Summarize"], timeout=10)
        assert (await refused(get(GlossaryServiceStub(channel)))).reason == "GLOSSARIES_UNAVAILABLE"


async def test_glossaries_are_there_after_a_restart_and_for_other_replicas(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/glossaries.sqlite3"
    async with running_server("extractive", glossaries=url) as app, grpc.aio.insecure_channel(target(app)) as channel:
        created = await create(GlossaryServiceStub(channel))
    async with (
        running_server("extractive", glossaries=url) as app,
        running_server("extractive", glossaries=url) as other,
        grpc.aio.insecure_channel(target(app)) as channel,
        grpc.aio.insecure_channel(target(other)) as second,
    ):
        assert await get(GlossaryServiceStub(channel)) == created
        changed = (await update(GlossaryServiceStub(second), created)).glossary
        assert await get(GlossaryServiceStub(channel)) == changed


async def test_a_page_has_at_most_500_glossaries(tmp_path: Path) -> None:
    async with running_server("extractive") as app, grpc.aio.insecure_channel(target(app)) as channel:
        for number in range(502):
            await app._glossary_store.create(f"g{number:03d}", GlossaryDraft("", 0, b""))
        stub: Any = GlossaryServiceStub(channel)
        page = await stub.ListGlossaries(messages.ListGlossariesRequest(page_size=1000), timeout=10)
        assert len(page.glossaries) == 500
        request = messages.ListGlossariesRequest(page_size=1000, page_token=page.next_page_token)
        rest = await stub.ListGlossaries(request, timeout=10)
        assert [found.name for found in rest.glossaries] == ["glossaries/g500", "glossaries/g501"]
        default = await stub.ListGlossaries(messages.ListGlossariesRequest(), timeout=10)
        assert len(default.glossaries) == 50


async def test_a_server_that_shuts_down_sends_callers_elsewhere() -> None:
    async with running_server("extractive") as app, grpc.aio.insecure_channel(target(app)) as channel:
        app._draining.set()
        told = await refused(get(GlossaryServiceStub(channel)))
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")


async def test_glossaries_are_served_while_models_are_loaded(tmp_path: Path) -> None:
    app = make_app("extractive", glossaries=f"sqlite:///{tmp_path}/glossaries.sqlite3")
    await app.start()
    try:
        async with grpc.aio.insecure_channel(target(app)) as channel:
            created = await create(GlossaryServiceStub(channel))
            assert await get(GlossaryServiceStub(channel)) == created
    finally:
        await app.stop()


def test_an_address_that_cannot_be_read_ends_the_server_with_what_is_wrong_and_where_to_ask() -> None:
    command = [str(Path(sys.executable).parent / "triwire-server"), "serve", "--profile", "extractive"]
    command += ["--glossaries", "redis://:sec/ret@store:6379"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    fault, hint = done.stderr.splitlines()
    assert done.returncode == 2
    assert fault.startswith("triwire-server: glossaries: this is no address of a Redis such as ")
    assert "triwire-server doctor" in hint
    assert "ret@" not in done.stderr
