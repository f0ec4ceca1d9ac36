import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.copied import check_copied, check_taken_over, check_whole_article

# Prices rose; the mayor thanked everyone.
SOURCE = "The council approved the new budget after a long debate, and the Mayor thanked everyone."
KO_SOURCE = "구조대가 밤새 수색 작업을 벌였다. 수색 작업은 새벽에 끝났다."  # Rescuers searched all night, until dawn.


def passages(source: str, target: str, from_to: str) -> list[tuple[str, str, str]]:
    """(severity, passage of the source, passage of the output)."""
    found = check_copied(source, target, *from_to.split("-"))
    return [
        (
            Finding.Severity.Name(f.severity)[9:],
            source[f.source.range.start : f.source.range.end],
            target[f.target.start : f.target.end],
        )
        for f in found
    ]


def test_a_source_that_came_back_is_told_from_its_first_to_its_last_letter() -> None:
    assert passages(SOURCE, SOURCE + " ", "en-ko") == [("CRITICAL", SOURCE, SOURCE + " ")]


@pytest.mark.parametrize(
    ("source", "is_told"),
    [
        ("Premier league", False),  # a name of few words, one of them small
        ("Trump, Xi, Kim and Abe meet in Rome", True),
        ("https://example.org/the/mayor/thanked/everyone/there @the_mayor", False),
        ("Abe, Kim, Xi https://example.org/who/thanked/everyone", False),
        ("수색 작업", False),  # search work: four syllables
        ("밤새 수색 작업", True),  # search work all night
    ],
)
def test_names_and_addresses_stay_and_sentences_do_not(source: str, is_told: bool) -> None:
    direction = "en-ko" if source.isascii() else "ko-en"
    assert [severity for severity, _, _ in passages(source, source, direction)] == ["CRITICAL"] * is_told


def test_a_passage_that_was_left_is_told_with_its_place_in_both() -> None:
    target = "시의회는 긴 논쟁 끝에 새 예산을 승인했고 and the mayor thanked everyone."
    left = ("and the Mayor thanked everyone", "and the mayor thanked everyone")
    assert passages(SOURCE, target, "en-ko") == [("CRITICAL", *left)]  # more than half of the output
    longer = f"긴 논쟁이 이어졌지만 시의회는 결국 화요일 늦은 밤 {target}"
    assert passages(SOURCE, longer, "en-ko") == [("WARNING", *left)]


@pytest.mark.parametrize("opener", ["(", "“", "「"])
def test_the_original_in_brackets_or_marks_is_no_passage_that_was_left(opener: str) -> None:
    target = f"시장은 {opener}and the mayor thanked everyone라고 말했다."
    assert passages(SOURCE, target, "en-ko") == []
    assert passages(KO_SOURCE, f"{opener}수색 작업) went on all night.", "ko-en") == []


def test_every_passage_of_another_script_is_told_where_the_source_has_it_first() -> None:
    target = "Rescuers did 수색 작업 in the 밤새 hours, 새벽에."
    assert passages(KO_SOURCE, target, "ko-en") == [
        ("WARNING", "수색 작업", "수색 작업"),
        ("WARNING", "밤새", "밤새"),
        ("WARNING", "새벽에", "새벽에"),
    ]
    [first, *_] = check_copied(KO_SOURCE, target, "ko", "en")
    assert first.source.range.start == 8


PARAGRAPHS = [
    "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon with passengers.",
    "The mayor, Ada Lindholm, said that repairs had cost 3.4 million crowns, twice what the town had planned.",
    "Fishermen want the outer wall raised by two metres before winter, and the council will vote on it in October.",
    "The school stays closed until Friday because its roof was damaged by a falling crane on Sunday night.",
]
BODIES = [(f"b{number}", body) for number, body in enumerate(PARAGRAPHS, 1)]


def test_a_sentence_taken_over_is_told_after_a_short_one_too() -> None:
    point = f"It is open. {PARAGRAPHS[1]}"
    [finding] = check_taken_over(point, "en", BODIES)
    assert finding.severity == Finding.SEVERITY_INFO
    assert finding.source.block_id == "b2"
    assert point[finding.target.start : finding.target.end] == PARAGRAPHS[1]
    body = PARAGRAPHS[1].removesuffix(".")
    assert (finding.source.range.start, finding.source.range.end) == (0, len(body))


def test_an_article_that_came_back_is_told_of_the_statements_that_hold_it() -> None:
    own = "Repairs cost twice what was planned."
    points = [own, PARAGRAPHS[0], PARAGRAPHS[2]]
    results = [check_taken_over(point, "en", BODIES) for point in points]
    assert [
        [Finding.Severity.Name(finding.severity) for finding in added]
        for added in check_whole_article(BODIES, points, results)
    ] == [[], ["SEVERITY_CRITICAL"], ["SEVERITY_CRITICAL"]]


def test_one_sentence_behind_many_words_of_its_own_is_not_the_article() -> None:
    point = f"{'What the town had feared for many weeks did not come to pass in the end. ' * 4}{PARAGRAPHS[0]}"
    results = [check_taken_over(point, "en", BODIES)]
    assert len(results[0]) == 1
    assert check_whole_article(BODIES, [point], results) == [[]]
    assert check_whole_article(BODIES[:1], PARAGRAPHS[:1], [check_taken_over(PARAGRAPHS[0], "en", BODIES)]) == [[]]
