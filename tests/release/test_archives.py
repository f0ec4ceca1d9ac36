"""Faults of archives are found. `make release-check` looks at real ones."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from release.archives import read_archive, strangers
from release.installed import check_npm_files
from release.package import PACKAGES, source_faults, wheel_faults
from release.report import CheckFailed

INFO = "triwire-1.2.3.dist-info"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a file in each package."""
    for name, place in PACKAGES.items():
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "py.typed").touch()
        (tmp_path / place / "code.py").write_text(f'"""{name}."""\n', encoding="utf-8")
    (tmp_path / "LICENSE").write_text("Apache License\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def good(tree: Path) -> dict[str, bytes]:
    """A wheel of that repository."""
    code = {f"{name}/code.py": (tree / place / "code.py").read_bytes() for name, place in PACKAGES.items()}
    types = {f"{name}/py.typed": b"" for name in PACKAGES}
    return code | types | {f"{INFO}/METADATA": b"", f"{INFO}/licenses/LICENSE": b"Apache License\n"}


def test_a_whole_wheel_has_no_faults(tree: Path, good: dict[str, bytes]) -> None:
    assert wheel_faults(good, tree, INFO) == []
    assert strangers(good, [str(tree)]) == []


@pytest.mark.parametrize(
    ("without", "also", "fault"),
    [
        ("triwire_client/py.typed", {}, "triwire_client/py.typed is missing"),
        (f"{INFO}/licenses/LICENSE", {}, f"{INFO}/licenses/LICENSE is missing"),
        ("", {"triwire/code.py": b"old"}, "triwire/code.py is not the file of the tree"),
        ("", {"conftest.py": b""}, "conftest.py belongs to no package"),
    ],
)
def test_a_broken_wheel_is_found(
    without: str, also: dict[str, bytes], fault: str, tree: Path, good: dict[str, bytes]
) -> None:
    files = {name: content for name, content in good.items() if name != without} | also
    assert wheel_faults(files, tree, INFO) == [fault]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("triwire_client/tests/test_x.py", b"", "triwire_client/tests/test_x.py is in tests"),
        ("triwire/__pycache__/x.py", b"", "triwire/__pycache__/x.py is in __pycache__"),
        ("triwire/x.pyc", b"", "triwire/x.pyc is no source"),
        ("triwire/x.py", b'HERE = "/home/somebody/triwire"', "triwire/x.py names /home/somebody"),
    ],
)
def test_what_has_no_place_in_an_archive_is_found(name: str, content: bytes, fault: str) -> None:
    assert strangers({"triwire/contest.py": b"", name: content}, ["/home/somebody"]) == [fault]


def test_a_source_distribution_has_committed_files_of_python_alone() -> None:
    committed = {"pyproject.toml", "service/triwire_server/app.py", "clients/typescript/package.json"}
    assert source_faults({"PKG-INFO", "pyproject.toml", "service/triwire_server/app.py"}, committed) == []
    assert source_faults(committed | {"service/notes.txt"}, committed) == [
        "service/notes.txt is not in the repository",
        "clients/typescript/package.json does not belong",
    ]


def test_wheels_and_source_distributions_are_read_by_the_names_in_the_tree(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("triwire/code.py", "x")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("triwire-1.2.3/service/code.py")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    assert read_archive(tmp_path / "a.whl") == {"triwire/code.py": b"x"}
    assert read_archive(tmp_path / "a.tar.gz") == {"service/code.py": b"x"}


def test_an_npm_package_without_a_module_or_with_its_tests_is_found(tmp_path: Path) -> None:
    (tmp_path / "src" / "gen").mkdir(parents=True)
    for name in ("index.ts", "gen/article_pb.ts"):
        (tmp_path / "src" / name).touch()
    about = ["LICENSE", "README.md", "package.json"]
    modules = ["dist/index.js", "dist/index.d.ts", "dist/gen/article_pb.js", "dist/gen/article_pb.d.ts"]
    check_npm_files(about + modules, tmp_path)
    with pytest.raises(CheckFailed, match=r"also, or not: dist/index\.d\.ts, test/index\.test\.ts"):
        check_npm_files([*about, *(set(modules) - {"dist/index.d.ts"}), "test/index.test.ts"], tmp_path)
