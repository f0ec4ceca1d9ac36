"""A server whose model runs at another address: what its callers see."""

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests import server_process
from tests.certificates import Authority
from tests.faults.calls import text_content, texts, translation
from tests.model_server import ModelServer, Request, Script, completion, model_server, profile_text, response
from tests.refusals import told_by
from tests.server import make_app, running_server, target
from tests.service.test_app import health
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server.app import App
from triwire_server.model_errors import ModelMissing

Finding = article_service_pb2.Finding
HARBOUR = "The harbour opened on Tuesday."
IN_KOREAN = "항구가 화요일에 열렸다."  # the same


async def translate(request: Request) -> bytes:
    return completion(IN_KOREAN, prompt_tokens=21, completion_tokens=9)


def write_profile(folder: Path, base_url: str, source: str = "") -> Path:
    path = folder / "remote.toml"
    path.write_text(profile_text(base_url, source), encoding="utf-8")
    return path


@asynccontextmanager
async def serving(folder: Path, script: Script, source: str = "") -> AsyncIterator[tuple[Any, ModelServer, App]]:
    """A stub, the server behind it, and the app in between."""
    async with (
        model_server(script) as server,
        running_server(write_profile(folder, server.base_url, source)) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        yield article_service_pb2_grpc.ArticleServiceStub(channel), server, app


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.01)


async def test_a_translation_comes_with_what_the_other_server_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, translate) as (stub, _, _):
        answer = await stub.Translate(translation(HARBOUR))
        assert texts(answer) == [IN_KOREAN]
        assert answer.translation.models == ["far@1"]
        assert not [finding for block in answer.translation.blocks for finding in block.findings]
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (21, 9)
        again = await stub.Translate(translation(HARBOUR))
        assert (again.usage.cached_segments, again.usage.input_tokens) == (1, 0)
        models = (await stub.ListModels(article_service_pb2.ListModelsRequest())).models
        assert {(model.model, model.license, model.origin_uri) for model in models} == {
            ("far@1", "MIT", "https://example.org/far")
        }


async def test_an_output_that_was_cut_off_is_made_again_and_says_so(tmp_path: Path) -> None:
    async def cut_off(request: Request) -> bytes:
        return completion(IN_KOREAN, "length", prompt_tokens=21, completion_tokens=9)

    async with serving(tmp_path, cut_off) as (stub, server, _):
        num_before = len(server.requests)
        answer = await stub.Translate(translation(HARBOUR))
        kinds = [finding.kind for block in answer.translation.blocks for finding in block.findings]
        assert Finding.KIND_OUTPUT_TRUNCATED in kinds
        asked = server.requests[num_before:]
        assert [request.body["temperature"] for request in asked] == [0.0, 0.6]
        assert asked[1].body["seed"] == 1
        assert "Strictly." in asked[1].text


async def test_a_broken_output_is_repaired(tmp_path: Path) -> None:
    async def script(request: Request) -> bytes:
        return completion(IN_KOREAN if "seed" in request.body else "The harbour opened on Tuesday.")

    async with serving(tmp_path, script) as (stub, _, _):
        assert texts(await stub.Translate(translation(HARBOUR))) == [IN_KOREAN]


async def test_glossary_terms_reach_the_prompt_and_are_checked(tmp_path: Path) -> None:
    async def script(request: Request) -> bytes:
        return completion("웨스트미어 항구가 열렸다.")  # Westmere's harbour opened

    request = translation("The harbour of Westmere opened.")
    request.house_style.terms.add(forms={"en": "Westmere", "ko": "웨스트미어"})
    async with serving(tmp_path, script) as (stub, server, _):
        answer = await stub.Translate(request)
        assert 'Write "Westmere" as "웨스트미어".' in server.requests[-1].text
        kinds = [finding.kind for block in answer.translation.blocks for finding in block.findings]
        assert Finding.KIND_TERM_MISSING not in kinds


async def test_an_article_is_processed_part_by_part(tmp_path: Path) -> None:
    async def script(request: Request) -> bytes:
        if request.text.startswith("Headline"):
            return completion("The harbour opened on Tuesday")
        return completion(IN_KOREAN)

    blocks = [article_pb2.Block(kind=article_pb2.BLOCK_KIND_PARAGRAPH, text=HARBOUR)]
    request = article_service_pb2.ProcessArticleRequest(
        content=article_pb2.Content(article=article_pb2.Article(language="en", blocks=blocks)),
        target_languages=["ko"],
        summaries=[article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)],
    )
    async with serving(tmp_path, script) as (stub, _, _):
        answer = await stub.ProcessArticle(request)
        assert [block.block.text for block in answer.translations[0].blocks] == [IN_KOREAN]
        assert [point.text for point in answer.summaries[0].points] == ["The harbour opened on Tuesday"]


async def test_the_replica_is_ready_once_the_other_server_has_answered(tmp_path: Path) -> None:
    async with model_server(translate) as server:
        profile = write_profile(tmp_path, server.base_url, "retry_seconds = 0.2")
        await server.stop()
        app = make_app(profile, glossaries=f"sqlite:///{tmp_path}/glossaries.sqlite3")
        await app.start()
        loading = asyncio.ensure_future(app.load())
        async with grpc.aio.insecure_channel(target(app)) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            await asyncio.sleep(0.7)
            assert not loading.done()
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.Translate(translation(HARBOUR))
            assert told_by(raised.value).reason == "STARTING"
            await server.start()
            await asyncio.wait_for(loading, 20)
            assert texts(await stub.Translate(translation(HARBOUR))) == [IN_KOREAN]
        await app.stop()


async def test_calls_are_told_when_to_come_back_while_the_other_server_is_away(tmp_path: Path) -> None:
    async with serving(tmp_path, translate, "retry_seconds = 0.3") as (stub, server, app):
        await server.stop()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Translate(translation(HARBOUR), timeout=20)
        assert str(told_by(raised.value)) == "UNAVAILABLE MODEL_UNAVAILABLE"
        seconds = told_by(raised.value).retry_seconds
        assert seconds is not None
        assert 0 < seconds < 10
        async with grpc.aio.insecure_channel(target(app)) as channel:
            assert set((await health(channel)).values()) == {1}  # SERVING: pages are still read, and it comes back
        extracted = article_service_pb2.ExtractArticleRequest(content=text_content(HARBOUR))
        assert (await stub.ExtractArticle(extracted)).article.blocks
        await server.start()
        answer = None
        async with asyncio.timeout(20):
            while answer is None:
                await asyncio.sleep(seconds)
                try:
                    answer = await stub.Translate(translation(HARBOUR))
                except grpc.aio.AioRpcError as error:
                    seconds = told_by(error).retry_seconds or 0.1
        assert texts(answer) == [IN_KOREAN]


async def test_a_server_that_does_not_know_the_model_ends_the_start_with_what_to_mend(tmp_path: Path) -> None:
    async def unknown(request: Request) -> bytes:
        return response(404)

    async with model_server(unknown) as server:
        app = make_app(write_profile(tmp_path, server.base_url), glossaries=f"sqlite:///{tmp_path}/glossaries.sqlite3")
        await app.start()
        with pytest.raises(ModelMissing) as raised:
            await asyncio.wait_for(app.load(), 20)
        await app.stop()
    assert str(raised.value).startswith(f"far@1: the server at {server.base_url} cannot be used: it answers 404 Said; ")


async def test_a_key_that_is_not_there_ends_the_start(tmp_path: Path) -> None:
    profile = write_profile(tmp_path, "http://127.0.0.1:1/v1", 'api_key_env = "NO_SUCH_KEY"')
    app = make_app(profile, glossaries=f"sqlite:///{tmp_path}/glossaries.sqlite3")
    await app.start()
    with pytest.raises(ModelMissing, match=r"^far@1: source.api_key_env: the variable NO_SUCH_KEY is not set$"):
        await app.load()
    await app.stop()


async def test_a_certificate_of_a_private_authority_is_trusted_where_the_profile_names_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("model")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with model_server(translate, context) as server:
        trusting = write_profile(tmp_path, server.base_url, f'ca_certificate = "{authority.certificate.name}"')
        async with running_server(trusting) as app, grpc.aio.insecure_channel(target(app)) as channel:
            stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
            assert texts(await stub.Translate(translation(HARBOUR))) == [IN_KOREAN]
        num_before = len(server.requests)
        for source, message in [
            ("", f"far@1: the server at {server.base_url} cannot be used: its certificate is not valid: "),
            ('ca_certificate = "missing.pem"', f"far@1: source.ca_certificate: {tmp_path / 'missing.pem'}: "),
        ]:
            with pytest.raises(ModelMissing) as raised:
                async with running_server(write_profile(tmp_path, server.base_url, source)):
                    pass
            assert str(raised.value).startswith(message)
        assert len(server.requests) == num_before


WITHOUT_TORCH = """
import sys
HEAVY = {"accelerate", "gguf", "huggingface_hub", "numba", "safetensors", "sentencepiece", "tokenizers", "torch",
         "transformers"}
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from triwire_server.__main__ import main
main()
"""


async def test_a_process_serves_without_torch_and_logs_no_key(tmp_path: Path) -> None:
    async with model_server(translate) as server:
        profile = write_profile(tmp_path, server.base_url, 'api_key_env = "MODEL_KEY", retry_seconds = 0.3')
        command = [sys.executable, "-c", WITHOUT_TORCH]
        variables = {"MODEL_KEY": "sk-secret-1", "TRIWIRE_CACHE_DIR": str(tmp_path), "TRIWIRE_LOG_LEVEL": "debug"}
        with server_process.process(profile, command=command, **variables) as process:
            await asyncio.to_thread(process.wait_until_serving)
            async with grpc.aio.insecure_channel(process.target) as channel:
                stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
                assert texts(await stub.Translate(translation(HARBOUR))) == [IN_KOREAN]
                await server.stop()
                with pytest.raises(grpc.aio.AioRpcError):
                    await stub.Translate(translation("The pier closed on Monday."), timeout=20)
            code = await asyncio.to_thread(process.stop)
    assert code == 0
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk-secret-1"}
    log = "\n".join(process.lines)
    assert f"the server of far@1 at {server.base_url}: " in log
    assert "secret" not in log
    assert "pier" not in log


def test_a_process_that_waits_for_its_model_ends_when_it_is_told_to(tmp_path: Path) -> None:
    base_url = f"http://127.0.0.1:{server_process.free_port()}/v1"
    with server_process.process(write_profile(tmp_path, base_url), TRIWIRE_CACHE_DIR=str(tmp_path)) as process:
        end = time.monotonic() + 30
        while not any("the server of far@1" in line for line in process.lines):
            assert time.monotonic() < end
            time.sleep(0.05)
        asked_to_end = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - asked_to_end < 5


@pytest.mark.parametrize("command", ["list", "pull"])
def test_the_list_of_models_says_where_a_remote_one_runs(command: str, tmp_path: Path) -> None:
    done: subprocess.CompletedProcess[str] = server_process.run(
        "models", command, "--profile", str(write_profile(tmp_path, "https://models.example.org/v1"))
    )
    assert (done.returncode, done.stdout) == (0, "far@1: nothing to fetch, runs at https://models.example.org/v1\n")
