"""The contract as released is what later versions are compared with."""

import shutil
from pathlib import Path

import pytest

from release.contract import contract_faults

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("gen", "__pycache__"))
    return tmp_path


def test_a_contract_that_grew_since_it_was_released_is_found(tree: Path) -> None:
    path = tree / "proto" / "triwire" / "v1" / "article.proto"
    path.write_text(path.read_text(encoding="utf-8") + "\nmessage Newcomer {}\n", encoding="utf-8")
    assert "triwire/v1/article.proto is not as in proto/released.binpb" in contract_faults(tree)


def test_another_comment_is_no_other_contract(tree: Path) -> None:
    before = contract_faults(tree)
    path = tree / "proto" / "triwire" / "v1" / "article.proto"
    path.write_text(path.read_text(encoding="utf-8") + "\n// The end.\n", encoding="utf-8")
    assert contract_faults(tree) == before
