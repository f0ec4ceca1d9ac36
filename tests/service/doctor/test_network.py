import asyncio
import json
import socket
from pathlib import Path

from tests.model_server import Request, model_server, profile_text, response
from tests.redis_server import running_redis
from tests.server_process import free_port
from tests.service.doctor.lines import line, lines, settings_of
from triwire_server.doctor.network import check_network
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.settings import Settings


def settings_in(folder: Path, **settings: object) -> Settings:
    return settings_of(**{"glossaries": f"sqlite:///{folder}/glossaries.sqlite3", **settings})


def remote_profile(folder: Path, base_url: str, source: str = "") -> Profile:
    path = folder / "remote.toml"
    path.write_text(profile_text(base_url, source), encoding="utf-8")
    return load_profile(str(path))


async def test_a_redis_that_answers_is_ok_and_one_that_is_away_a_problem(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        url = redis.url.replace("redis://", "redis://user:hunter2@")
        settings = settings_in(tmp_path, shared_cache=redis.url, glossaries=redis.url)
        assert lines(await check_network(settings, None)) == [
            f"ok glossaries {redis.url}",
            f"ok shared_cache {redis.url} answers",
            f"ok glossaries {redis.url} answers",
        ]
        [refused] = lines(await check_network(settings_in(tmp_path, shared_cache=url), None))[1:]
        assert refused.startswith(f"problem shared_cache {redis.url}: ")
        assert "hunter2" not in refused
    [away] = lines(await check_network(settings_in(tmp_path, shared_cache=redis.url), None))[1:]
    assert away.startswith(f"problem shared_cache {redis.url}: Error ")
    assert away.endswith(" -> start it, or correct its address, password or network")


async def test_a_glossary_store_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "glossaries.sqlite3").write_text("no database, but text that is long enough to be looked at " * 20)
    consequence = "calls that name no stored glossary are served"
    remedy = "see that it is there and can be written, or name another place"
    assert lines(await check_network(settings_in(tmp_path), None)) == [
        f"problem glossaries sqlite:///{tmp_path}/glossaries.sqlite3 cannot be used (file is not a database);"
        f" {consequence} -> {remedy}"
    ]
    within = tmp_path / "glossaries.sqlite3"  # a file, in which no other one can be made
    assert lines(await check_network(settings_in(within), None)) == [
        f"problem glossaries sqlite:///{within}/glossaries.sqlite3 cannot be used (nothing can be made in {within});"
        f" {consequence} -> {remedy}"
    ]


async def test_a_model_server_is_asked_for_its_models(tmp_path: Path) -> None:
    answers = {"status": 200, "models": ["org/far"]}

    async def models(request: Request) -> bytes:
        listed = {"object": "list", "data": [{"id": name} for name in answers["models"]]}  # type: ignore[attr-defined]  # a list by the case
        return response(int(str(answers["status"])), json.dumps(listed).encode())

    async with model_server(models) as server:
        profile = remote_profile(tmp_path, server.base_url)
        settings = settings_in(tmp_path)
        assert line(await check_network(settings, profile), "far@1") == f"ok far@1 {server.base_url} has it"
        answers["models"] = ["org/near", "org/nearer"]
        assert line(await check_network(settings, profile), "far@1") == (
            f"problem far@1 {server.base_url} has org/near, org/nearer, and not 'org/far'"
            " -> start it with that model, or correct source.model"
        )
        answers["models"] = []
        assert line(await check_network(settings, profile), "far@1").startswith("warning far@1 ")
        answers["status"] = 401
        assert line(await check_network(settings, profile), "far@1") == (
            f"problem far@1 {server.base_url}: it answers 401 Said -> what it is asked is in the profile's source"
        )
    found = line(await check_network(settings, profile), "far@1")
    assert found.startswith(f"problem far@1 {server.base_url}: All connection attempts failed")


async def test_a_key_that_is_not_set_is_a_problem(tmp_path: Path) -> None:
    profile = remote_profile(tmp_path, "http://127.0.0.1:9/v1", 'api_key_env = "TESTS_HAVE_NO_KEY"')
    assert line(await check_network(settings_in(tmp_path), profile), "far@1") == (
        "problem far@1 far@1: source.api_key_env: the variable TESTS_HAVE_NO_KEY is not set -> docs/remote-models.md"
    )


async def test_a_collector_is_there_or_not(tmp_path: Path) -> None:
    port = free_port()
    settings = settings_in(tmp_path, otlp_endpoint=f"http://127.0.0.1:{port}")
    found = line(await check_network(settings, None), "traces")
    assert found.startswith(f"problem traces nobody listens at http://127.0.0.1:{port}: ")
    assert found.endswith(" -> start the collector; calls are served")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        await asyncio.sleep(0)
        assert line(await check_network(settings, None), "traces") == (
            f"ok traces http://127.0.0.1:{port} takes connections"
        )
