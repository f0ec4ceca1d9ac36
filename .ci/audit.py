"""Ask for known vulnerabilities of the pinned packages: `audit.py [--where-possible]`.

pip-audit asks the package index, which has to offer advisories; a mirror may have the packages and not these. Then
nothing can be checked: that is said, and is a failure unless --where-possible is given. One package is asked for first,
so that an index without advisories is not asked for each of the others.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
FIRST = "grpcio=="


def main(arguments: list[str]) -> int:
    """Exit code: 0 nothing known, 1 vulnerabilities, 2 nothing could be checked."""
    pins = [line for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    [first] = [pin for pin in pins if pin.startswith(FIRST)]
    asked, problem = audit([first])
    if not any("vulns" in package for package in asked):
        reason = problem or next((str(package.get("skip_reason", "")) for package in asked), "")
        print(f"audit: NOT DONE: no advisories can be had from this machine's package index ({reason})")
        return 0 if "--where-possible" in arguments else 2
    asked, problem = audit(pins)
    found = [package for package in asked if package.get("vulns")]
    for package in found:
        for vulnerability in package["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            print(f"audit: {package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    skipped = [package["name"] for package in asked if "skip_reason" in package]
    num_checked = len(asked) - len(skipped)
    print(f"audit: {num_checked} packages checked, {len(found)} vulnerable, not checked: {skipped or 'none'}")
    if not asked:
        print(f"audit: NOT DONE: {problem}")
        return 2
    return 1 if found else 0


def audit(pins: list[str]) -> tuple[list[dict[str, Any]], str]:
    """What pip-audit says of pinned packages, and its last line where it failed."""
    with TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("\n".join(pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        done = subprocess.run(
            [*command, "--format", "json", "--requirement", str(requirements)],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        lines = done.stderr.strip().splitlines()
        return [], lines[-1] if lines else "pip-audit said nothing"
    return packages, ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
