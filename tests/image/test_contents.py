"""What is in the image and what it says about itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.engine import ROOT, Engine
from triwire_server import __version__

pytestmark = [pytest.mark.image, pytest.mark.timeout(2400)]  # the first one waits for the build

MOST_BYTES = 1_700_000_000
"""Size of the target cpu, unpacked, that it should not outgrow unnoticed."""


@pytest.fixture(scope="module")
def files(engine: Engine) -> Iterator[Path]:
    """The file system of the image."""
    container = engine.buildah("from", "localhost/triwire:test")
    try:
        yield Path(engine.buildah("mount", container))
    finally:
        engine.buildah("rm", container)


def test_nothing_in_it_can_be_written_but_what_is_declared(engine: Engine) -> None:
    found = engine.once("find", "/", "-xdev", "-writable", "-not", "-type", "l")
    declared = {"/var/cache/triwire", "/var/lib/triwire"}
    of_the_base = {"/run/lock", "/tmp", "/var/tmp"}  # noqa: S108  # open to everybody, in every base
    paths = {path for path in found.stdout.split() if not path.startswith("/proc")}
    assert paths - of_the_base == declared


def test_no_program_in_it_gives_rights(files: Path) -> None:
    paths = [path for path in files.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(paths) > 10_000
    assert [path for path in paths if path.stat().st_mode & 0o6000] == []


def test_it_has_neither_build_tools_nor_caches_nor_models(files: Path) -> None:
    tools = {"as", "c++", "cc", "clang", "cmake", "g++", "gcc", "git", "ld", "make", "nvcc", "rustc"}
    programs = {
        path.name
        for folder in ("bin", "sbin", "usr/local/bin", "opt/triwire/bin")
        for path in (files / folder).glob("*")
    }
    assert {"python3", "triwire-server"} <= programs
    assert not tools & programs
    assert not (files / "opt" / "tools").exists()
    assert not (files / "root" / ".cache").exists()
    assert list((files / "tmp").iterdir()) == []
    for folder in ("home", "opt", "root", "srv", "tmp", "var"):
        assert [path for path in (files / folder).rglob("*") if path.suffix in {".gguf", ".safetensors", ".whl"}] == []
    assert list((files / "var/cache/triwire").iterdir()) == []


def test_it_stays_of_a_size(files: Path) -> None:
    sizes = {path: path.stat().st_size for path in files.rglob("*") if path.is_file() and not path.is_symlink()}
    assert 500_000_000 < sum(sizes.values()) < MOST_BYTES


def test_it_has_the_pinned_versions_and_all_that_they_ask_for(engine: Engine) -> None:
    check = engine.once("python", "-m", "pip", "check")
    assert (check.returncode, check.stdout.strip()) == (0, "No broken requirements found.")
    frozen = engine.once("python", "-m", "pip", "freeze", "--all").stdout
    installed = {name(line): line.split("==")[1].split("+")[0] for line in frozen.splitlines() if "==" in line}
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {name(line): line.split("==")[1] for line in constraints if "==" in line}
    assert len(installed) > 50
    assert installed.items() - pinned.items() == set()


def name(line: str) -> str:
    """Name of a requirement, as indexes compare it."""
    return re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()


def test_its_configuration_is_safe_and_says_what_it_is(engine: Engine) -> None:
    docker = engine.config()["Docker"]
    config = docker["config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["tini", "--", "triwire-server"]
    assert config["Cmd"] == ["serve"]
    assert config["Healthcheck"]["Test"] == ["CMD", "triwire-server", "healthcheck"]
    assert {"50051/tcp", "9464/tcp"} <= set(config["ExposedPorts"])
    assert set(config["Volumes"]) == {"/var/cache/triwire", "/var/lib/triwire"}
    labels = {key.removeprefix("org.opencontainers.image."): text for key, text in config["Labels"].items()}
    assert labels["title"] == "triwire"
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"
    assert {"description", "revision", "source"} <= set(labels)
    environment = dict(entry.split("=", 1) for entry in config["Env"])
    assert not {key for key in environment if re.search("ALLOW|TOKEN|PASSWORD|SECRET|KEY", key)}
    # What the build was lent (indexes may be called with a password) stays in its own stages.
    history = " ".join(entry.get("created_by", "") for entry in docker["history"])
    assert "triwire-server" in history
    assert not re.search(r"PIP_ARGS|TORCH_ARGS|find-links|index|password|token", history, re.IGNORECASE)
