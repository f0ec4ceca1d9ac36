import time

import pytest
from hypothesis import given

from tests.service.text.strategies import texts
from triwire_server.text.summaries.live import live_entries, time_stamp


@pytest.mark.parametrize(
    ("text", "rest", "minutes"),
    [
        ("14:32 The minister has resigned.", "The minister has resigned.", 872),
        ("09:05 BST – Trains are running again.", "Trains are running again.", 545),
        ("3.45pm: The vote begins.", "The vote begins.", 945),
        ("12.10am GMT\nThe count goes on.", "The count goes on.", 10),
        ("7pm Polls close.", "Polls close.", 1140),
        ("[21:07] Polls close.", "Polls close.", 1267),
        ("Posted at 8:15 The doors open.", "The doors open.", 495),
        # The doors open; the vote begins.
        ("오후 3시 20분 투표가 시작됐다.", "투표가 시작됐다.", 920),
        ("[09:05] 문이 열렸다.", "문이 열렸다.", 545),
        ("【15時20分】投票が始まった。", "投票が始まった。", 920),
        ("午前9時5分　開場した。", "開場した。", 545),
        ("14:32", "", 872),
    ],
)
def test_the_time_of_an_entry_is_told_from_its_text(text: str, rest: str, minutes: int) -> None:
    length, found = time_stamp(text)
    assert (text[length:], found) == (rest, minutes)


@pytest.mark.parametrize(
    "text",
    [
        "At 14:32 the minister resigned.",
        "12 people were hurt.",
        "3.4 million pounds were spent.",
        "10-6 was the score.",
        "오후 3시쯤 불이 났다.",  # a fire broke out at about three
        "오후 3시에 불이 났다.",
        "午後3時に火災が起きた。",  # at three
        "午後3時ごろ、火災が起きた。",
        "24時間営業の店が増えた。",  # shops open all day
        "99:99 is no time",
        "",
    ],
)
def test_other_beginnings_are_no_time(text: str) -> None:
    assert time_stamp(text) == (0, -1)


def test_the_newest_entry_is_0_whichever_way_the_page_runs() -> None:
    newest_first = ["Live: the vote", "15:10 Passed.", "More.", "14:50 Debate ends.", "14:20 Debate opens."]
    assert live_entries(newest_first) == [-1, 0, 0, 1, 2]
    oldest_first = ["Live: the vote", "14:20 Debate opens.", "14:50 Debate ends.", "More.", "15:10 Passed."]
    assert live_entries(oldest_first) == [-1, 2, 1, 1, 0]


def test_two_times_make_no_live_blog() -> None:
    assert live_entries(["14:20 Debate opens.", "14:50 It ends.", "The end."]) == []
    assert live_entries(["14:20 a", "14:50 b", "15:10 c", *["Text."] * 30]) == []


@given(text=texts)
def test_any_text_has_a_time_or_none(text: str) -> None:
    length, minutes = time_stamp(text)
    assert 0 <= length <= len(text)
    assert (minutes == -1) == (length == 0)


@pytest.mark.parametrize("piece", ["[", " ", "1", "12:", "오후 ", "posted "])
def test_time_grows_with_the_length_at_most(piece: str) -> None:
    start = time.perf_counter()
    time_stamp(piece * 100_000)
    assert time.perf_counter() - start < 0.1
