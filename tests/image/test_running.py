"""The image at work as a cluster restricts it: read-only, without rights, with a bound on memory."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.image.engine import OPEN, Container, Engine

pytestmark = [pytest.mark.image, pytest.mark.timeout(2400)]  # the first one waits for the build

ARTICLE = "examples/articles/scraped-page.en.txt"


def mounted(models: Path) -> list[str]:
    return ["--volume", f"{models}:/models:ro"]


def wait_until_in_flight(container: Container, method: str) -> None:
    read = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9464/metrics').read().decode())"
    end = time.monotonic() + 60
    while f'triwire_requests_in_flight{{method="{method}"}} 1.0' not in container.execute("python", "-c", read).stdout:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_it_serves_without_rights_and_without_a_place_to_write(engine: Engine) -> None:
    with engine.container("serve", "--profile", "extractive", options=["--memory", "512m"]) as container:
        container.wait_until_healthy()
        assert "extractive" in container.call("models")
        assert container.call("summarize", ARTICLE, "--to", "en").strip()
        status = dict(line.split(":\t", 1) for line in container.execute("cat", "/proc/1/status").stdout.splitlines())
        assert status["Uid"].split() == ["10001"] * 4
        assert status["Gid"].split() == ["10001"] * 4
        assert status["CapEff"] == "0000000000000000"
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
        for path in ("/file", "/opt/triwire/file", "/var/file"):
            touched = container.execute("touch", path)
            assert (touched.returncode, "Read-only file system" in touched.stderr) == (1, True)
        assert container.stop() == 0


def test_models_come_from_a_mounted_folder_that_it_cannot_write(engine: Engine, models: Path) -> None:
    options = [*mounted(models), "--memory", "2g"]
    with engine.container("serve", "--profile", "/models/tiny.toml", options=options) as container:
        container.wait_until_healthy()
        assert container.call("translate", ARTICLE, "--to", "ko").strip()
        assert container.execute("touch", "/models/file").returncode == 1
        assert container.stop() == 0


def test_sigterm_under_load_answers_what_was_accepted_and_ends_with_zero(
    engine: Engine, models: Path, tmp_path: Path
) -> None:
    article = tmp_path / "long.txt"
    article.write_text(" ".join(f"Pier {number} reopened on Monday." for number in range(150)), encoding="utf-8")
    with engine.container("serve", "--profile", "/models/tiny.toml", options=mounted(models)) as container:
        container.wait_until_healthy()
        command = container.client("translate", str(article), "--to", "ko", "--language", "en")
        call = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until_in_flight(container, "Translate")
        assert container.stop() == 0
        answer, errors = call.communicate(timeout=60)
        assert (call.returncode, errors) == (0, "")
        assert answer.strip()
        events = re.findall(r'"event": "(\w+)"', container.logs())
        assert events[-3:] == ["draining", "request", "stopped"]


def test_sigterm_before_it_serves_ends_it_at_once(engine: Engine, models: Path) -> None:
    with engine.container("serve", "--profile", "/models/tiny.toml", options=mounted(models)) as container:
        started = time.monotonic()
        assert container.stop(60) in (0, 143)  # 143: the signal came before Python had a handler for it
        assert time.monotonic() - started < 40


def test_healthcheck_tells_a_server_that_does_not_serve(engine: Engine) -> None:
    with engine.container("1000", options=["--entrypoint", "sleep"]) as container:
        assert not container.is_healthy()


def test_too_little_memory_ends_it_clearly(engine: Engine, models: Path) -> None:
    options = [*mounted(models), "--memory", "160m", "--memory-swap", "160m"]
    with engine.container("serve", "--profile", "/models/tiny.toml", options=options) as container:
        assert container.wait() == 137
        assert '"event": "serving"' not in container.logs()


def test_without_models_it_says_what_helps(engine: Engine) -> None:
    with engine.container() as container:
        assert container.wait() == 2
        assert "triwire-server models pull --profile demo" in container.logs()


@pytest.mark.skipif(not OPEN, reason="this server takes calls of other machines without being told to")
def test_by_itself_it_takes_no_calls_of_strangers(engine: Engine) -> None:
    with engine.container("serve", "--profile", "extractive", variables={}) as container:
        assert container.wait() == 2
        assert "allow_plaintext" in container.logs()
        assert "allow_anonymous" in container.logs()


def test_a_volume_keeps_glossaries_over_a_restart(engine: Engine) -> None:
    engine.podman("volume", "create", "triwire-data")
    try:
        options = ["--volume", "triwire-data:/var/lib/triwire"]
        with engine.container("serve", "--profile", "extractive", options=options) as container:
            container.wait_until_healthy()
            container.call("glossary", "import", "examples/glossary.csv", "--id", "house")
            assert container.stop() == 0
        with engine.container("serve", "--profile", "extractive", options=options) as container:
            container.wait_until_healthy()
            assert "house" in container.call("glossary", "list")
    finally:
        engine.podman("volume", "rm", "--force", "triwire-data")


def test_any_other_user_can_run_it(engine: Engine) -> None:
    """As on platforms that give every project users of its own."""
    options = ["--user", "54321:54321", "--tmpfs", "/var/lib/triwire", "--tmpfs", "/var/cache/triwire"]
    with engine.container("serve", "--profile", "extractive", options=options) as container:
        container.wait_until_healthy()
        assert container.call("summarize", ARTICLE, "--to", "en").strip()
        assert container.stop() == 0
