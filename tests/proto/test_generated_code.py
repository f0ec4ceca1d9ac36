import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "proto" / "gen"


def test_committed_code_is_what_the_protos_give(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "proto" / "generate.py"))["generate"](tmp_path)
    generated = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.py*")}
    committed = {
        path.relative_to(COMMITTED): path.read_text()
        for path in COMMITTED.rglob("*.py*")
        if "__pycache__" not in path.parts
    }
    assert sorted(generated) == sorted(committed)
    for path, text in generated.items():
        assert text == committed[path], f"{path} differs from the protos: run `make proto`"
