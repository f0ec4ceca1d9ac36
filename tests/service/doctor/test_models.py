import shutil
from pathlib import Path

import pytest

from tests.service.doctor.lines import line, lines, settings_of
from triwire_server.doctor.checks import Check
from triwire_server.doctor.models import check_memory, check_models
from triwire_server.profiles.profile import SHIPPED_PROFILES, load_profile
from triwire_server.progress import no_report


@pytest.fixture
def profile(tiny_profile: Path, tmp_path: Path) -> Path:
    """A copy of the profile with the tiny models, to be damaged."""
    folder = tmp_path / "profile"
    shutil.copytree(tiny_profile.parent, folder, ignore=shutil.ignore_patterns("*cache*"))
    return folder / tiny_profile.name


def checks(profile: Path | str, cache_dir: Path, *, deep: bool = False) -> list[Check]:
    settings = settings_of(profile=str(profile), cache_dir=cache_dir, device="cpu")
    return list(check_models(load_profile(str(profile)), settings, deep=deep, report=no_report))


def test_whole_models_are_ok_and_need_little_memory(profile: Path, tmp_path: Path) -> None:
    found = lines(checks(profile, tmp_path))
    assert found[0] == f"ok tiny-m2m100@1 0.00 GB in {profile.parent}/tiny-m2m100"
    assert found[1] == f"ok tiny-chat@1 0.00 GB in {profile.parent}/tiny-chat"
    assert found[2].startswith(f"ok cache {tmp_path}, ")
    assert found[3].startswith("ok need 0.9 GB for weights (0.0), what passes need, libraries and cache, and more for")
    assert "tiny-chat@1 0.00 GB" in lines(checks(profile, tmp_path, deep=True))[1]


def test_half_a_file_of_weights_is_a_problem(profile: Path, tmp_path: Path) -> None:
    weights = profile.parent / "tiny-m2m100" / "model.safetensors"
    whole = weights.stat().st_size
    with weights.open("r+b") as file:
        file.truncate(whole // 2)
    assert line(checks(profile, tmp_path), "tiny-m2m100@1") == (
        f"problem tiny-m2m100@1 {weights} has {whole // 2:,} bytes instead of {whole:,}"
        " -> delete the directory and fetch the model again"
    )
    weights.write_bytes(b"PK\x03\x04 a pickle")
    assert line(checks(profile, tmp_path), "tiny-m2m100@1") == (
        f"problem tiny-m2m100@1 {weights} is no safetensors file, or a damaged one"
        " -> delete the directory and fetch the model again"
    )


def test_pickled_weights_are_not_read(profile: Path, tmp_path: Path) -> None:
    directory = profile.parent / "tiny-m2m100"
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    assert line(checks(profile, tmp_path), "tiny-m2m100@1").startswith(
        f"problem tiny-m2m100@1 {directory} holds no weights as safetensors; pytorch_model.bin is of a format that is"
        " not read -> "
    )


def test_a_model_that_was_not_pulled_is_a_problem_with_the_command(tmp_path: Path) -> None:
    found = lines(checks("demo", tmp_path))
    command = f"triwire-server models pull --profile demo --cache-dir {tmp_path}"
    assert found[0] == (
        f"problem qwen2.5-coder-1.5b-instruct@1 is not in {tmp_path}; fetch it with:"
        f" triwire-server models pull --profile demo -> {command}"
    )
    assert len(found) == 2  # nothing is said about memory


def test_a_cache_that_is_a_file_is_a_problem(profile: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert line(checks(profile, tmp_path / "file"), "cache") == (
        f"problem cache {tmp_path}/file is no folder -> choose another folder with cache_dir (TRIWIRE_CACHE_DIR)"
    )


def test_a_disk_without_room_for_what_is_missing_is_a_problem(tmp_path: Path) -> None:
    text = (SHIPPED_PROFILES / "demo.toml").read_text(encoding="utf-8")
    large = tmp_path / "large.toml"
    large.write_text(text.replace("size = 1_117_320_768", "size = 1_000_000_000_000_000"), encoding="utf-8")
    found = line(checks(large, tmp_path), "cache")
    assert found.startswith(f"problem cache {tmp_path} has ")
    assert found.endswith(
        " GB free, pulling takes 4000000.0 -> make room, or choose another folder with cache_dir (TRIWIRE_CACHE_DIR)"
    )


def test_more_weights_than_memory_are_a_problem() -> None:
    [found] = lines([check_memory(settings_of(device="cpu"), 10**15)])
    assert found.startswith(
        "problem need 1200000.9 GB for weights (1000000.0), what passes need, libraries and cache, "
    )
    assert found.endswith(" -> a smaller model, int8, or a larger machine or container")
