import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.pipeline.long_articles import live_blog
from triwire.v1.article_pb2 import Block, BlockKind
from triwire_server.pipeline.sections import Reading, group_notes, join_notes, plan_reading
from triwire_server.segment import SummarySpec, SummaryStyle
from triwire_server.text.summaries.summary import Note

SPEC = SummarySpec(style=SummaryStyle.BULLETS, max_characters=400)
LANGUAGES = ("en", "ko", "ja")


def count(text: str) -> int:
    """A token for every four characters begun, each wide one a token, as byte-level models read."""
    wide = sum(character > "\u2fff" for character in text)
    return wide + math.ceil((len(text) - wide) / 4)


def paragraph(name: str, text: str, kind: "BlockKind.ValueType" = BlockKind.BLOCK_KIND_PARAGRAPH) -> Block:
    return Block(block_id=name, kind=kind, text=text)


def plan(blocks: list[Block], limit: int, language: str = "en") -> Reading:
    return plan_reading(blocks, language, limit, SPEC, count)


def test_a_short_article_is_read_at_once() -> None:
    blocks = [paragraph("h", "Harbour", BlockKind.BLOCK_KIND_HEADLINE), paragraph("p", "It opened.")]
    reading = plan(blocks, 100)
    assert [(section.text, section.block_ids) for section in reading.sections] == [
        ("Harbour\n\nIt opened.", ("h", "p"))
    ]
    assert reading.rounds == [1]
    assert plan([], 100).rounds == []
    assert plan([], 100).estimated_tokens(SPEC) == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", [300, 1_000, 3_000])
def test_sections_of_a_long_live_blog_fit_and_hold_every_entry_in_one_piece(language: str, limit: int) -> None:
    article = live_blog(language, 30_000)
    blocks = list(article.blocks)
    reading = plan(blocks, limit, language)
    assert len(reading.sections) >= 3
    assert all(count(section.text) <= limit for section in reading.sections)
    headline = blocks[0].text
    assert all(section.text.startswith(headline + "\n\n") for section in reading.sections)
    body = "\n\n".join(section.text.removeprefix(headline + "\n\n") for section in reading.sections)
    assert body == "\n\n".join(block.text for block in blocks[1:])
    names = [name for section in reading.sections for name in section.block_ids]
    assert names == [block.block_id for block in blocks]
    for section in reading.sections:
        assert not section.block_ids[0].endswith("b"), "an entry was cut in two"
    sizes = [count(section.text) for section in reading.sections]
    assert sorted(sizes)[1] > 0.7 * max(sizes), "sections but the last are about equally long"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_live_blogs_stands_twice(language: str) -> None:
    bodies = [block.text.split(" ", 1)[-1] for block in live_blog(language, 30_000).blocks]
    assert len(set(bodies)) == len(bodies) > 200


def test_a_crosshead_stays_with_what_it_stands_above() -> None:
    blocks = [paragraph("h", "Harbour", BlockKind.BLOCK_KIND_HEADLINE)]
    for number in range(12):
        blocks.append(paragraph(f"s{number}", f"Part {number}", BlockKind.BLOCK_KIND_SUBHEADING))
        blocks.append(paragraph(f"p{number}", f"Paragraph {number} says something about the harbour. " * 3))
    for limit in range(60, 200, 7):
        for section in plan(blocks, limit).sections:
            assert section.block_ids[-1][0] != "s"


def test_a_block_that_is_too_long_is_cut_at_its_sentences() -> None:
    text = " ".join(f"Sentence number {number} is about the harbour of Westmere." for number in range(200))
    reading = plan([paragraph("p", text)], 200)
    assert " ".join(section.text for section in reading.sections) == text
    assert all(section.text.endswith(".") and count(section.text) <= 200 for section in reading.sections)
    assert {section.block_ids for section in reading.sections} == {("p",)}


def test_a_headline_that_would_take_the_room_is_read_once() -> None:
    blocks = [paragraph("h", "A very long headline " * 10, BlockKind.BLOCK_KIND_HEADLINE)]
    blocks += [paragraph(f"p{number}", f"Paragraph {number} about the harbour. " * 4) for number in range(9)]
    reading = plan(blocks, 120)
    assert reading.context == ""
    assert [section.text.startswith("A very long") for section in reading.sections][:2] == [True, False]


@pytest.mark.parametrize(("sections", "fan_in", "rounds"), [
    (1, 2, [1]), (2, 2, [2, 1]), (3, 2, [3, 2, 1]), (12, 5, [12, 3, 1]), (100, 4, [100, 25, 7, 2, 1]), (9, 80, [9, 1]),
])  # fmt: skip
def test_the_number_of_calls_is_known_before(sections: int, fan_in: int, rounds: list[int]) -> None:
    made = plan([paragraph("p", "It opened.")], 100)
    assert replace(made, sections=[*made.sections] * sections, fan_in=fan_in).rounds == rounds


def test_the_estimate_counts_every_round() -> None:
    article = live_blog("en", 30_000)
    blocks = list(article.blocks)
    read = sum(count(block.text) for block in blocks)
    once, often = plan(blocks, 100_000), plan(blocks, 300)
    assert once.rounds == [1]
    assert read < once.estimated_tokens(SPEC) < 1.2 * read + 110
    notes = sum(often.rounds) - 1
    expected = sum(count(s.text) for s in often.sections) + 2 * notes * often.note_spec.max_characters / 4 + 100
    assert often.estimated_tokens(SPEC) == pytest.approx(expected, rel=0.1)


def test_two_notes_can_always_be_read_together() -> None:
    blocks = [paragraph(f"p{number}", f"Paragraph {number} about the harbour. " * 4) for number in range(90)]
    for limit in (64, 100, 200, 500, 1_000):
        reading = plan(blocks, limit)
        assert reading.fan_in >= 2
        note = "x" * reading.note_spec.max_characters
        assert count("\n\n".join([note] * reading.fan_in)) <= limit


def test_notes_are_longer_where_the_summary_is() -> None:
    blocks = list(live_blog("en", 30_000).blocks)
    long = SummarySpec(style=SummaryStyle.PARAGRAPH, max_characters=4_000)
    reading = plan_reading(blocks, "en", 3_000, long, count)
    assert reading.note_spec.max_characters * len(reading.sections) >= 6_000


@given(number=st.integers(1, 60), size=st.integers(2, 9))
def test_groups_of_notes_are_whole_and_few(number: int, size: int) -> None:
    notes = [Note(str(index), ("b",)) for index in range(number)]
    groups = group_notes(notes, size)
    assert [note for group in groups for note in group] == notes
    assert len(groups) == math.ceil(number / size)
    assert 1 <= min(map(len, groups)) <= max(map(len, groups)) <= size


@given(
    texts=st.lists(
        st.sampled_from(["It opened. ", "항구가 열렸다. ", "港が開いた。", "word", "x" * 300]), min_size=1
    ).map("".join),
    number=st.integers(1, 6),
    limit=st.integers(40, 200),
)
@settings(max_examples=60)
def test_joined_notes_never_exceed_what_the_model_reads(texts: str, number: int, limit: int) -> None:
    reading = plan(
        [paragraph("h", "Harbour", BlockKind.BLOCK_KIND_HEADLINE), paragraph("p", "It opened. " * 90)], limit
    )
    joined, shortened = join_notes([Note(texts, ("p",))] * number, reading, "en", count)
    assert count(joined) <= limit
    whole = "\n\n".join([reading.context] * bool(reading.context) + [texts] * number)
    assert (joined == whole) == (shortened == 0) or texts != texts.rstrip()


def test_shortened_notes_end_with_a_sentence() -> None:
    reading = plan([paragraph("p", "It opened. " * 90)], 60)
    note = Note("The pier opened on Monday. " * 10, ("p",))
    joined, shortened = join_notes([note, Note("A ferry left.", ("p",))], reading, "en", count)
    assert shortened == 1
    assert joined.split("\n\n") == [("The pier opened on Monday. " * 4).strip(), "A ferry left."]
