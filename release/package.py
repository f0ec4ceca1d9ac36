"""The wheel and the source distribution: made from the committed tree, and what is in them."""

import email
import sys
from functools import partial
from pathlib import Path

from release.archives import missing, read_archive, strangers
from release.environments import clean_variables
from release.report import CheckFailed, Command, Report, run

PACKAGES = {
    "triwire": "proto/gen/triwire",
    "triwire_client": "clients/python/triwire_client",
    "triwire_server": "service/triwire_server",
}
"""Packages of the wheel, and where they lie in the tree."""

_SOURCE = {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", ".gitignore"}
_SOURCE_FOLDERS = ("clients/python", "proto", "service")


class Package:
    """Both archives of a version, as files in a folder."""

    def __init__(self, tree: Path, folder: Path, version: str) -> None:
        """Nothing is made yet.

        Args:
            tree: a clean copy of the repository.
            folder: where the archives are to lie.
            version: that they are to have.
        """
        self._tree = tree
        self._folder = folder
        self._version = version
        self._info = f"triwire-{version}.dist-info"
        self.wheel = folder / f"triwire-{version}-py3-none-any.whl"
        self.source = folder / f"triwire-{version}.tar.gz"

    def check(self, report: Report) -> None:
        """Make both and look at them."""
        report.check("archives are made", self._build)
        report.check("the source makes the same wheel", self._build_from_source)
        report.check("wheel: packages", self._check_packages)
        report.check("wheel: check-wheel-contents", self._check_wheel_contents)
        for archive in (self.wheel, self.source):
            report.check(f"{archive.name}: nothing strange", partial(self._check_strangers, archive))
        report.check("source: what it is made of", self._check_source)
        report.check("metadata", self._check_metadata)

    def _build(self) -> str:
        command: Command = [sys.executable, "-m", "build", "--sdist", "--wheel", "--outdir", self._folder, self._tree]
        run(command, self._tree, clean_variables())
        if found := sorted({path.name for path in self._folder.iterdir()} ^ {self.wheel.name, self.source.name}):
            raise CheckFailed(f"also, or not: {', '.join(found)}")
        return f"{self.wheel.name}, {self.wheel.stat().st_size // 1024} KiB, and {self.source.name}"

    def _build_from_source(self) -> str:
        again = self._folder / "again"
        run(
            [sys.executable, "-m", "build", "--wheel", "--outdir", again, self._unpacked()],
            self._folder,
            clean_variables(),
        )
        if (again / self.wheel.name).read_bytes() != self.wheel.read_bytes():
            raise CheckFailed("it differs")
        return "byte by byte"

    def _unpacked(self) -> Path:
        folder = self._folder / "unpacked"
        for name, content in read_archive(self.source).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def _check_packages(self) -> str:
        files = read_archive(self.wheel)
        fail_for(wheel_faults(files, self._tree, self._info))
        return f"{len(files)} files of {', '.join(PACKAGES)}, with types and license"

    def _check_wheel_contents(self) -> str:
        command: Command = [sys.executable, "-m", "check_wheel_contents", "--toplevel", ",".join(PACKAGES), self.wheel]
        # W002, equal files: the markers py.typed and some __init__.py are empty. W010: a namespace has no modules.
        return run([*command, "--ignore", "W002,W010"], self._folder, clean_variables()).split()[-1]

    def _check_strangers(self, archive: Path) -> str:
        files = read_archive(archive)
        fail_for(strangers(files, [str(self._tree), str(self._folder), str(Path.home()), str(Path.cwd())]))
        return f"in {len(files)} files"

    def _check_source(self) -> str:
        files = read_archive(self.source)
        committed = run(["git", "ls-files"], self._tree, clean_variables()).splitlines()
        fail_for(source_faults(set(files), set(committed)))
        return f"{len(files)} committed files"

    def _check_metadata(self) -> str:
        run(
            [sys.executable, "-m", "twine", "check", "--strict", self.wheel, self.source],
            self._folder,
            clean_variables(),
        )
        info = read_archive(self.wheel)[f"{self._info}/METADATA"]
        found = email.message_from_bytes(info)["Version"]
        if found != self._version:
            raise CheckFailed(f"the wheel says {found}")
        return f"readable, version {found}"


def wheel_faults(files: dict[str, bytes], tree: Path, info: str) -> list[str]:
    """What a wheel lacks of the packages in the tree and of the license, and what belongs to neither, a line each.

    Args:
        files: contents of the wheel by name.
        tree: a clean copy of the repository.
        info: its folder of metadata.
    """
    wanted = {
        (Path(name) / path.relative_to(tree / place)).as_posix(): path
        for name, place in PACKAGES.items()
        for path in (tree / place).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted[f"{info}/licenses/LICENSE"] = tree / "LICENSE"
    strange = [name for name in sorted(files.keys() - wanted) if not name.startswith(f"{info}/")]
    return missing(files, wanted) + [f"{name} belongs to no package" for name in strange]


def source_faults(names: set[str], committed: set[str]) -> list[str]:
    """What a source distribution has beside the committed files of Python, a line each."""
    found = [f"{name} is not in the repository" for name in sorted(names - committed - {"PKG-INFO"})]
    ours = tuple(f"{folder}/" for folder in _SOURCE_FOLDERS)
    return found + [
        f"{name} does not belong" for name in sorted(names & committed - _SOURCE) if not name.startswith(ours)
    ]


def fail_for(found: list[str]) -> None:
    """Raise if anything was found, with the first few of them."""
    if found:
        more = [f"and {len(found) - 9} more"] if len(found) > 9 else []
        raise CheckFailed("\n      ".join([*found[:9], *more]))
