"""Parallel news from files: what is read, what is drawn, and what is refused."""

import json
from pathlib import Path

import pytest

from triwire.v1.article_pb2 import BlockKind
from ways.news_data import DIRECTIONS, Line, choose_lines, is_headline, load_news, to_article

ROOT = Path(__file__).resolve().parent.parent.parent
PARALLEL = ROOT / "tests" / "corpora" / "parallel"


def write_segments(directory: Path, *records: object) -> None:
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    (directory / "segments.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_projects_own_data_has_three_documents_in_three_languages() -> None:
    data = load_news(PARALLEL)

    assert {name: len(lines) for name, lines in data.documents.items()} == {"harbour": 7, "library": 7, "snow": 6}
    assert data.documents["snow"][0].texts["ko"] == "폭설로 북부 도로 이틀째 통제"  # heavy snow closes northern roads
    assert data.summaries["library", "ja", "headline"] == ["廃止寸前の駅、住民の図書館に"]  # dying station, a library


def test_text_files_are_read_where_there_are_no_segments(tmp_path: Path) -> None:
    # LINE SEPARATOR stands inside a line of the corpus and is no end of one.
    (tmp_path / "newstest2019-src.eng.txt").write_text("A ferry.\u2028B.\nA bridge.\n", encoding="utf-8")
    (tmp_path / "newstest2019-ref.kor.txt").write_text("여객선.\n다리.\n", encoding="utf-8")
    (tmp_path / "newstest2019-ref.jpn.txt").write_text("船。\n橋。\n", encoding="utf-8")
    (tmp_path / "DOCUMENT_IDS.tsv").write_text("one\ntwo\n", encoding="utf-8")

    data = load_news(tmp_path)

    assert [(line.document, line.texts["en"]) for line in data.lines] == [
        ("one", "A ferry.\u2028B."),
        ("two", "A bridge."),
    ]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (["{"], "segments.jsonl:1: no JSON"),
        ([{"eng": "A ferry."}], "segments.jsonl:1: an object with doc is expected"),
        ([{"doc": "a"}, {"doc": "b"}, {"doc": "a"}], "do not stand together"),
        ([], "no segments"),
    ],
)
def test_a_fault_in_the_segments_is_named(tmp_path: Path, records: list[object], message: str) -> None:
    write_segments(tmp_path, *records)

    with pytest.raises(ValueError, match=message):
        load_news(tmp_path)


def test_a_directory_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither segments\.jsonl nor newstest2019-src\.eng\.txt"):
        load_news(tmp_path)


def test_a_reference_summary_of_an_unknown_document_is_refused(tmp_path: Path) -> None:
    write_segments(tmp_path, {"doc": "a", "eng": "A ferry."})
    (tmp_path / "summaries.jsonl").write_text('{"doc": "b", "style": "headline", "eng": "A"}', encoding="utf-8")

    with pytest.raises(ValueError, match=r"summaries\.jsonl:1: no such document or style: 'b', 'headline'"):
        load_news(tmp_path)


def test_every_direction_draws_the_same_lines_and_another_seed_others() -> None:
    lines = load_news(PARALLEL).lines

    drawn = [[line.number for line in choose_lines(lines, *direction, 5, seed=1)] for direction in DIRECTIONS]
    other = [line.number for line in choose_lines(lines, "en", "ko", 5, seed=2)]

    assert drawn == [drawn[0]] * len(DIRECTIONS)
    assert drawn[0] == sorted(set(drawn[0]))
    assert len(drawn[0]) == 5
    assert other != drawn[0]
    assert len(choose_lines(lines, "en", "ko", 0, seed=1)) == len(lines)


def test_lines_without_one_of_the_languages_are_not_drawn() -> None:
    lines = [Line(0, "a", {"en": "A ferry."}), Line(1, "a", {"en": "A bridge.", "ko": "다리."})]

    assert [line.number for line in choose_lines(lines, "en", "ko", 0, seed=1)] == [1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Snow closes northern roads", True), ("Snow closed the roads.", False), ('"We waited," she said."', False)],
)
def test_a_first_line_without_a_full_stop_is_the_headline(text: str, expected: bool) -> None:
    assert is_headline([Line(0, "a", {"en": text})]) is expected


def test_blocks_are_named_after_the_lines() -> None:
    lines = load_news(PARALLEL).documents["library"]

    article = to_article(lines[:2], "ja", lines[0])

    assert article.language == "ja"
    assert [(block.block_id, block.kind) for block in article.blocks] == [
        ("l7", BlockKind.BLOCK_KIND_HEADLINE),
        ("l8", BlockKind.BLOCK_KIND_PARAGRAPH),
    ]
