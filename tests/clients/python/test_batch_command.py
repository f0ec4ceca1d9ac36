"""`triwire batch` with lines of JSON; test_parquet_batch.py has it with tables."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import json_format

from tests.clients.python.command import triwire
from tests.clients.python.servers import served
from triwire.v1 import article_service_pb2


@pytest.fixture(scope="module")
def server(tiny_profile: Path) -> Iterator[str]:
    with served(tiny_profile) as target:
        yield target


KOREAN = "항구가 월요일에 다시 열렸다."  # "The harbour opened again on Monday."
ITEMS = [
    {"item_id": "a", "detect_language": {"content": {"text": KOREAN}}},
    {"item_id": "b", "translate": {"content": {"text": "The harbour opened."}, "target_language": "xx"}},
    {"detect_language": {"content": {"text": KOREAN}}},
]
LINES = [json.dumps(item, ensure_ascii=False) for item in ITEMS]


def answers(path: Path) -> dict[str, str]:
    """What each line of an output file holds: the operation, or the reason of the error."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        assert answer["item_id"] not in found
        (outcome,) = set(answer) - {"item_id"}
        found[answer["item_id"]] = answer["error"]["details"][0]["reason"] if outcome == "error" else outcome
    return found


def test_a_batch_writes_one_line_for_each_line_and_tells_failures(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([*LINES, "", "nonsense", '{"item_id": "z", "frob": {}}']), encoding="utf-8")
    done = triwire("batch", str(source), str(out), target=server)
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(
        r"triwire: 2 done, 0 skipped, 3 failed; 0 findings, 0 tokens in \d+\.\d s \(\S+ items/s, 0 tokens/s\); "
        + re.escape(f"{out} has the reasons, and the same command tries them again\n"),
        done.err,
    )
    assert answers(out) == {
        "a": "detect_language",
        "b": "LANGUAGE_UNSUPPORTED",
        "line-3": "detect_language",
        "line-5": "INVALID_FIELD",
        "z": "INVALID_FIELD",
    }
    for line in out.read_text(encoding="utf-8").splitlines():
        json_format.Parse(line, article_service_pb2.ProcessBatchResponse())


def test_a_batch_goes_on_where_it_stopped(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    triwire("batch", str(source), str(out), target=server)
    first = {json.loads(line)["item_id"]: line for line in out.read_text(encoding="utf-8").splitlines()}
    fixed = LINES[1].replace('"xx"', '"ko"')
    source.write_text("\n".join([LINES[0], fixed, LINES[2], LINES[0].replace('"a"', '"c"')]), encoding="utf-8")
    with out.open("a", encoding="utf-8") as file:
        file.write('{"item_id": "c", "detect_la')  # cut off in the middle
    done = triwire("batch", str(source), str(out), "--json", target=server)
    told = done.json()
    assert (told["done"], told["skipped"], told["failed"]) == (2, 2, 0)
    assert set(told) == {"done", "skipped", "failed", "findings", "input_tokens", "output_tokens", "seconds"}
    assert answers(out) == {
        "a": "detect_language",
        "b": "translate",
        "c": "detect_language",
        "line-3": "detect_language",
    }
    second = {json.loads(line)["item_id"]: line for line in out.read_text(encoding="utf-8").splitlines()}
    assert second["a"] == first["a"]
    assert list(tmp_path.iterdir()) in ([source, out], [out, source])


def test_a_batch_with_nothing_left_to_do_writes_nothing(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    triwire("batch", str(source), str(out), target=server)
    before = out.read_bytes()
    done = triwire("batch", str(source), str(out), target=server)
    assert done.code == 0
    assert done.err.startswith("triwire: 0 done, 1 skipped, 0 failed; 0 findings, 0 tokens in ")
    assert out.read_bytes() == before


def test_a_batch_reads_items_from_standard_input(server: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert triwire("batch", "-", str(out), target=server, text=LINES[0]).code == 0
    assert answers(out) == {"a": "detect_language"}


def test_an_id_used_twice_is_an_error_on_every_run(server: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([LINES[0], LINES[0]]), encoding="utf-8")
    for _ in range(2):
        assert triwire("batch", str(source), str(out), target=server).code == 1
        lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert sorted("error" in line for line in lines) == [False, True]


def test_files_given_the_wrong_way_round_are_left_alone(tmp_path: Path) -> None:
    source, other = tmp_path / "in.jsonl", tmp_path / "other.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    other.write_text(LINES[0] + "\n", encoding="utf-8")
    done = triwire("batch", str(source), str(source))
    assert (done.code, done.err) == (2, f"triwire: {source}: is the input; give another output file\n")
    done = triwire("batch", str(source), str(other))
    assert (done.code, done.err) == (
        2,
        f"triwire: {other}:1: is not an answer of a batch; give another output file, or remove this line\n",
    )
    assert other.read_text(encoding="utf-8") == LINES[0] + "\n"


def test_a_batch_that_cannot_reach_its_server_is_code_3_and_can_go_on(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES[0] + "\n", encoding="utf-8")
    done = triwire("batch", str(source), str(out), target="127.0.0.1:1")
    assert done.code == 3
    assert "; 0 items were answered before, the same command goes on from there\n" in done.err
