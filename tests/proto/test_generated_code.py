import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "proto" / "gen"


def test_committed_code_is_what_the_protos_give(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "proto" / "generate.py"))["generate"](tmp_path)
    generated = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.*")}
    committed = {
        path.relative_to(COMMITTED): path.read_text()
        for path in COMMITTED.rglob("*.*")
        if "__pycache__" not in path.parts
    }
    assert Path("triwire/v1/py.typed") in generated
    assert sorted(generated) == sorted(committed)
    for path, text in generated.items():
        assert text == committed[path], f"{path} differs from the protos: run `make proto`"


def test_the_reference_in_the_documentation_is_what_the_protos_give(tmp_path: Path) -> None:
    made = tmp_path / "contract.md"
    subprocess.run([sys.executable, str(ROOT / "proto" / "reference.py"), "--out", str(made)], check=True)
    committed = ROOT / "docs" / "contract.md"
    assert made.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8"), "run `make proto`"


def test_the_reference_names_every_method_message_and_enum() -> None:
    headings = set(re.findall(r"^### (.*)$", (ROOT / "docs" / "contract.md").read_text(encoding="utf-8"), re.M))
    for path in sorted((ROOT / "proto" / "triwire").rglob("*.proto")):
        names = re.findall(r"^(?:message|enum|  rpc) (\w+)", path.read_text(encoding="utf-8"), re.M)
        assert names
        assert set(names) <= headings
    assert {"Finding.Kind", "Finding.Severity", "Model.Task"} <= headings
