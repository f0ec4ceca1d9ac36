import pytest

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.checks.repetition import check_repetition, check_said_before


def passages(text: str, language: str, source: str = "The harbour reopened on Monday.") -> list[tuple[str, str]]:
    return [
        (Finding.Severity.Name(f.severity)[9:], text[f.target.start : f.target.end])
        for f in check_repetition(text, language, source)
    ]


@pytest.mark.parametrize(
    ("text", "language", "passage"),
    [
        # The harbour, over and over; with capitals; within a sentence.
        (
            "Then the harbour The Harbour THE HARBOUR the harbour closed.",
            "en",
            "the harbour The Harbour THE HARBOUR the harbour",
        ),
        ("항구는 다시 항구는 다시 항구는 다시 열렸다.", "ko", "항구는 다시 항구는 다시 항구는 다시"),
        ("その港は再開その港は再開その港は再開した。", "ja", "その港は再開その港は再開その港は再開"),
        ("No, no, no, no, no, no, no, no, no, no!", "en", "No, no, no, no, no, no, no, no, no, no"),  # ten times
        ("The storm waaaaaaaaaaaas over.", "en", "aaaaaaaaaaaa"),  # twelve letters
        (
            "The harbour of the town is open. Now it is shut. The harbour of the town is open!",
            "en",
            "The harbour of the town is open!",
        ),
    ],
)
def test_what_is_said_over_and_over_is_told_with_its_place(text: str, language: str, passage: str) -> None:
    assert passages(text, language) == [("CRITICAL", passage)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No, no, no, no, no, no, no, no, no!", "en"),  # nine times is speech
        ("Order! Order! Order! Order!", "en"),
        ("The storm waaaaaaaaaaas over.", "en"),
        ("Ring ring. Ring ring.", "en"),
        ("はははははははは", "ja"),
    ],
)
def test_speech_repeats_itself(text: str, language: str) -> None:
    assert passages(text, language) == []


def test_what_the_source_repeats_may_be_repeated() -> None:
    assert passages("으아아아아아아아아아아아아악!", "ko", "Aaaaaaaaaaaaargh!") == []
    assert passages("으아아아아아아아아아아아아악!", "ko") == [("CRITICAL", "아아아아아아아아아아아아")]
    loop = "우리는 이긴다 우리는 이긴다 우리는 이긴다 우리는 이긴다"  # We will win, four times
    assert passages(loop, "ko", "We will win we will win we will win we will win") == []
    twice = "우리는 반드시 다시 돌아온다. 우리는 반드시 다시 돌아온다."  # We will be back for sure, twice
    assert passages(twice, "ko", "We will be back. We will be back.") == []
    assert passages(twice, "ko") == [("CRITICAL", "우리는 반드시 다시 돌아온다.")]


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("The harbour reopened on Monday!", "CRITICAL"),
        ("The harbour reopened on Tuesday.", "WARNING"),  # four words of five
        ("The school reopened on Tuesday.", ""),
        ("The harbour reopened.", ""),
        ("The harbour reopened on Monday after two long winters.", ""),
    ],
)
def test_a_statement_made_before_is_told_by_how_much_is_the_same(point: str, expected: str) -> None:
    found = check_said_before(point, ["Repairs went on.", "The harbour reopened on Monday."])
    assert [Finding.Severity.Name(finding.severity)[9:] for finding in found] == ([expected] if expected else [])
    for finding in found:
        assert (finding.target.start, finding.target.end) == (0, len(point))
