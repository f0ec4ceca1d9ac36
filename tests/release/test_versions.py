"""One version everywhere."""

import shutil
from pathlib import Path

import pytest

from release import versions
from triwire_server import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of this repository that say the version."""
    for name in ("CHANGELOG.md", *versions.PLACES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_every_file_has_the_version_of_the_server() -> None:
    assert versions.version(ROOT) == __version__
    assert [fault for fault in versions.faults(ROOT) if not fault.startswith("CHANGELOG.md")] == []


@pytest.mark.parametrize("name", [name for name in versions.PLACES if name != versions.SOURCE])
def test_a_file_with_another_version_is_found(name: str, copy: Path) -> None:
    path = copy / name
    path.write_text(path.read_text(encoding="utf-8").replace(__version__, "99.1.2"), encoding="utf-8")
    found = versions.faults(copy)
    assert found
    assert set(found) <= {f"{name} has 99.1.2, not {__version__}"}


def test_a_file_that_lost_its_version_is_found(copy: Path) -> None:
    (copy / "k8s/base/kustomization.yaml").write_text("images: []\n", encoding="utf-8")
    assert f"k8s/base/kustomization.yaml has no version, not {__version__}" in versions.faults(copy)


@pytest.mark.parametrize("version", ["1.2.3.dev0", "1.2", "1.2.3+local"])
def test_a_version_that_cannot_be_released_is_found(version: str, copy: Path) -> None:
    (copy / versions.SOURCE).write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    assert versions.faults(copy)[0] == f"{version} cannot be released"


@pytest.mark.parametrize(
    ("heading", "fault"),
    [
        ("1.2.3 - 2026-11-29", []),
        ("Unreleased", ["CHANGELOG.md begins with Unreleased, not with 1.2.3 and its date"]),
        ("1.2.3", ["CHANGELOG.md begins with 1.2.3, not with 1.2.3 and its date"]),
        ("1.2.30 - 2026-11-29", ["CHANGELOG.md begins with 1.2.30 - 2026-11-29, not with 1.2.3 and its date"]),
    ],
)
def test_the_changelog_begins_with_the_version_and_its_date(heading: str, fault: list[str]) -> None:
    text = f"# Changelog\n\n## {heading}\n\n### Added\n- Much.\n\n## 1.2.3 - 2026-01-01\n"
    assert versions.changelog_faults(text, "1.2.3") == fault


def test_a_tag_is_of_this_version_or_of_something_else() -> None:
    assert versions.tag_faults(["v1.2.3", "nightly"], "1.2.3") == []
    assert versions.tag_faults(["v1.2.4", "1.2.3"], "1.2.3") == [
        "the tag v1.2.4 is not v1.2.3",
        "the tag 1.2.3 is not v1.2.3",
    ]
