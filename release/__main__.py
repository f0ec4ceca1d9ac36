"""Is the committed tree a release? `python -m release`, or `make release-check`, which installs what it needs.

Every check runs and says in one line what it found; the exit code is 1 if any failed. Installs come from the package
index that pip and npm use. docs/releasing.md says what comes before and after.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from release import versions
from release.contract import RELEASED, contract_faults
from release.environments import clean_variables
from release.installed import Installed
from release.package import Package, fail_for
from release.report import Report, run

ROOT = Path(__file__).parents[1]

GENERATORS = [
    ["proto/generate.py"],
    ["proto/reference.py"],
    ["-m", "monitoring.prometheus_rule"],
    ["-m", "monitoring.dashboard"],
    ["clients/typescript/generate.py"],
]
"""What makes committed files, as arguments of Python."""


def main() -> int:
    """Run all checks; the exit code."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        folder = Path(name).resolve()
        tree = folder / "tree"
        git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(tree))
        version = versions.version(tree)
        report.check("everything is committed", check_committed)
        report.check("one version", partial(check_versions, tree, version))
        report.check("the contract as released", partial(check_contract, tree))
        package = Package(tree, made(folder / "archives"), version)
        package.check(report)
        Installed(package.wheel, tree, made(folder / "installed"), version).check(report)
        report.check("generated files", partial(check_generated, tree))
    num_good = report.num_checks - report.num_failed
    print(f"triwire {version}: {num_good} of {report.num_checks} checks hold")
    return 1 if report.num_failed else 0


def check_committed() -> str:
    """What is committed is what lies here."""
    fail_for(git("status", "--porcelain").splitlines())
    return git("log", "-1", "--format=%h %s").strip()


def check_versions(tree: Path, version: str) -> str:
    """One version everywhere, which is the first of the changelog and the tag of the commit if it has one."""
    tags = git("tag", "--points-at", "HEAD").split()
    fail_for(versions.faults(tree) + versions.tag_faults(tags, version))
    return f"{version}, " + (f"tag {', '.join(tags)}" if tags else "not tagged yet")


def check_contract(tree: Path) -> str:
    """What later versions will be compared with is the contract of this one."""
    fail_for(contract_faults(tree))
    return f"{RELEASED} is what the protos say"


def check_generated(tree: Path) -> str:
    """Committed files are what their generators make. Runs last in the tree: it writes there."""
    paths = ":".join(str(tree / name) for name in ("proto/gen", "service", "clients/python", "."))
    for generator in GENERATORS:
        run([sys.executable, *generator], tree, clean_variables(PYTHONPATH=paths))
    fail_for(run(["git", "status", "--porcelain"], tree, clean_variables()).splitlines())
    return f"{len(GENERATORS)} generators change nothing"


def git(*arguments: str) -> str:
    """Standard output of git in this repository."""
    return run(["git", *arguments], ROOT, clean_variables())


def made(folder: Path) -> Path:
    """A folder that is made."""
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
