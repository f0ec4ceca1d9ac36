import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.python.servers import served
from tests.docs.markdown import ROOT, texts


def example() -> str:
    """The Python example of the README: ten lines that a newcomer copies."""
    (code,) = texts("README.md", "python")
    return code


def test_the_readme_s_example_runs_against_a_server(tiny_profile: Path, tmp_path: Path) -> None:
    assert '"127.0.0.1:50051"' in example()
    with served(tiny_profile) as target:
        script = tmp_path / "example.py"
        script.write_text(example().replace("127.0.0.1:50051", target), encoding="utf-8")
        done = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^(?:ko|ja)(?= )", done.stdout, re.M) == ["ko", "ja"]


@pytest.mark.parametrize("name", ["docs/client.md", "docs/cli.md", "CONTRIBUTING.md"])
def test_documents_that_the_readme_names_are_there(name: str) -> None:
    assert name in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / name).is_file()
